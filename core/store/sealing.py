"""Which workspace key seals the log, told apart by a mark; a key made anew is noted once.

A key that was lost (another computer, another user) cannot be had again: seals made with it are
still part of the chain, but nobody can check them any more.
"""

from __future__ import annotations

import hashlib
import hmac

from core.store import history, values
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_MARK = "key.mark"
_SHOWN = 16


def marked_text(workspace: str) -> str:
    """What the mark of a key is the HMAC-SHA256 of."""
    return say("the_key_of_workspace", workspace=workspace)


def mark_of(key: bytes, workspace: str) -> str:
    """Tells a key from another one without telling the key; lower-case hex."""
    return hmac.new(key, marked_text(workspace).encode(), hashlib.sha256).hexdigest()


def is_other_key(store: Store, mark: str) -> bool:
    """Whether the log was last sealed with another key than the one of this mark."""
    held = values.setting(store, _MARK)
    return bool(held) and held != mark


def note_key(store: Store, mark: str, *, actor: str = "engine") -> bool:
    """Keep the mark of the key in use; whether it is another one than before (one audit row).

    Writes only where it differs, in a transaction of its own or in the one it stands in.
    """
    if values.setting(store, _MARK) == mark:
        return False
    if not store.is_writing:
        with store.write():
            return note_key(store, mark, actor=actor)
    is_other = is_other_key(store, mark)
    if is_other:
        before = values.setting(store, _MARK)[:_SHOWN]
        why = say("the_earlier_key_is_not_in_this")
        entry = history.Entry(actor, history.KEY_MADE, "workspace key", before, mark[:_SHOWN], why)
        history.append(store, entry)
    values.put_setting(store, _MARK, mark)
    return is_other
