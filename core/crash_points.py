"""Named places at which a test lets the program die as a power cut would; nothing else is here.

`CRASH_AT` in the environment names one: `name` or `name:nth`, the nth time the process comes by,
counted from 1. It is read once, when this module is loaded. Dying there must be as harmless as
dying anywhere: nothing is flushed, closed or told.

A place on the way to one of the two systems is meant for that system alone when the name begins
with it, as `x3.intent.committed`; else for both.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

VARIABLE: Final = "CRASH_AT"
STATUS: Final = 137  # as a shell shows a killed process

#: Writes stand in the outbox, uncommitted, as about to be sent.
BEFORE_INTENT: Final = "intent.uncommitted"
#: Intents are committed; no byte of a request has left.
AFTER_INTENT: Final = "intent.committed"
#: The head and half of the body of a writing request have left.
HALF_A_REQUEST: Final = "request.half"
#: The other side has done it and its answer is here; nobody has been told of it.
AFTER_ITS_COMMIT: Final = "answer.heard"
#: The engine has answers of writes in hand and has not begun to keep them.
AFTER_ANSWER: Final = "answer.taken"
#: Answers are kept, uncommitted.
BEFORE_SETTLING: Final = "settle.uncommitted"
#: Answers are kept and committed; nothing that follows from them has been done.
AFTER_SETTLING: Final = "settle.committed"
#: A page and what its reading says of how far the flow is read stand uncommitted.
BEFORE_BOOKMARK: Final = "bookmark.uncommitted"
#: A plan and its verdicts are stored, uncommitted.
BEFORE_PLAN: Final = "plan.uncommitted"
#: A run has ended and is sealed, uncommitted.
BEFORE_SEAL: Final = "run.uncommitted"
#: A person's decision on a review item is carried out, uncommitted.
BEFORE_RESOLUTION: Final = "resolve.uncommitted"
#: The same, committed; nobody has been told of it.
AFTER_RESOLUTION: Final = "resolve.committed"
#: A new pair of tokens was given and is not stored yet.
BEFORE_TOKENS_ARE_STORED: Final = "tokens.save"
#: The tables of a step are made; that it was taken is not noted.
IN_MIGRATION: Final = "migration.step"
#: A copy of the store is made under a name of its own and has not taken its place.
IN_BACKUP: Final = "backup.copied"
#: The present store is copied away; the other one has not taken its place.
IN_RESTORE: Final = "restore.saved"
#: The other store is in place; that it was restored is not noted.
AFTER_RESTORE: Final = "restore.replaced"
#: A file, as `settings.toml`, is written anew beside the old one and has not taken its place.
BEFORE_FILE: Final = "file.written"

#: Places passed for a system, whose names may begin with it.
OF_A_SYSTEM: Final = (
    BEFORE_INTENT,
    AFTER_INTENT,
    HALF_A_REQUEST,
    AFTER_ITS_COMMIT,
    AFTER_ANSWER,
    BEFORE_SETTLING,
    AFTER_SETTLING,
)
#: Places passed for none.
OF_NONE: Final = (
    BEFORE_BOOKMARK,
    BEFORE_PLAN,
    BEFORE_SEAL,
    BEFORE_RESOLUTION,
    AFTER_RESOLUTION,
    BEFORE_TOKENS_ARE_STORED,
    IN_MIGRATION,
    IN_BACKUP,
    IN_RESTORE,
    AFTER_RESTORE,
    BEFORE_FILE,
)


class _Armed:
    """The one place to die at, and how often it is passed before."""

    def __init__(self, text: str) -> None:
        self.name, _, nth = text.partition(":")
        self._left = int(nth) if nth.isdecimal() else 1
        self._lock = threading.Lock()

    def is_reached(self) -> bool:
        """Count one passing; whether it is the one."""
        with self._lock:
            self._left -= 1
            return self._left == 0


_text = os.environ.get(VARIABLE, "")
_armed = _Armed(_text) if _text else None


def reach(name: str, *systems: str, last: Callable[[], object] | None = None) -> None:
    """End the process at once when this is the place; else nothing, at no cost.

    Args:
        name: one of the names above.
        systems: whose writes are under way here; a place of a system is passed only with some.
        last: done just before the end, for a place that lies inside of what it does.
    """
    if _armed is None:
        return
    if name in OF_A_SYSTEM and not systems:
        return
    names = (name, *(f"{system}.{name}" for system in systems))
    if _armed.name in names and _armed.is_reached():
        if last is not None:
            last()
        os._exit(STATUS)
