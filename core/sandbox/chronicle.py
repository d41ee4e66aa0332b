"""For simulations: a clock that stands still until it is moved, and what was committed, in order.

Both belong to one ``State``, which guards them with its lock. Neither is on unless asked for.
"""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

Row = dict[str, Any]
Work = Callable[[], Any]


class Changed(Protocol):
    """A table as far as its history needs it."""

    name: str

    def get(self, key: str) -> Row | None:
        """Return the row, None when there is none."""

    def changed(self) -> list[str]:
        """Return the keys put or deleted since the last commit."""


class HeldClock:
    """An instant that stays; work can be put off to a later one.

    ``at`` is None while the real clock is used.
    """

    def __init__(self) -> None:
        self.at: datetime | None = None
        self._waiting: list[tuple[datetime, int, Work]] = []
        self._number = 0

    def hold(self, at: datetime) -> None:
        """Let it be this instant; what was put off until then is done first, each at its own."""
        while self._waiting and self._waiting[0][0] <= at:
            due, _, work = self._waiting.pop(0)
            self.at = max(due, self.at or due)
            work()
        self.at = at

    def put_off(self, due: datetime, work: Work) -> None:
        """Do this when the clock gets there."""
        self._number += 1
        self._waiting.append((due, self._number, work))
        self._waiting.sort(key=lambda entry: entry[:2])

    def release(self, at: datetime | None) -> None:
        """Forget what was put off; it is this instant, or the real one."""
        self._waiting.clear()
        self.at = at

    def moved(self, seconds: float) -> datetime | None:
        """Return the held instant so many seconds on; None while none is held."""
        return None if self.at is None else self.at + timedelta(seconds=seconds)


class Chronicle:
    """What each commit changed, oldest first; entries are added and never changed.

    An entry has ``sequence`` (from 1), ``time``, ``cause`` (the operation of a request or the name
    of an event), ``table``, ``key``, and the ``row`` after it, None when it was deleted.
    """

    def __init__(self) -> None:
        self._entries: list[Row] | None = None
        self._thread = threading.local()

    def begin(self) -> None:
        """Record from now on, anew."""
        self._entries = []

    def end(self) -> None:
        """Record nothing any more, and forget."""
        self._entries = None

    def since(self, after: int) -> list[Row]:
        """Return the entries behind this sequence number."""
        return (self._entries or [])[after:]

    def caused_by(self, cause: str) -> None:
        """Name what the next commit of this thread is due to."""
        self._thread.cause = cause

    def note(self, time: datetime, tables: Iterable[Changed]) -> None:
        """Add what is about to be committed."""
        cause = getattr(self._thread, "cause", "")
        self._thread.cause = ""
        if self._entries is None:
            return
        for table in tables:
            for key in table.changed():
                row = table.get(key)
                self._entries.append(
                    {
                        "sequence": len(self._entries) + 1,
                        "time": time.isoformat(timespec="microseconds"),
                        "cause": cause,
                        "table": table.name,
                        "key": key,
                        "row": None if row is None else json.loads(json.dumps(row)),
                    }
                )
