"""Changes of the settings in the audit log, whoever made them and with whatever program.

The settings as last noted are kept in the store; each key that differs becomes one row with its
value before and after. No secret stands in the settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.domain.canonical import canonical
from core.settings import Settings
from core.store import history, values
from core.store.sqlite import Store

ACTION, NOTED = "setting changed", "settings noted"
_NOTED = "settings.noted"
#: Tables that are the value of one key.
_VALUES = frozenset(("workspace.ceiling", "x3.payment.bank"))


def note(store: Store, settings: Settings, actor: str) -> int:
    """Append a row for each key that differs from what was noted last; how many.

    One indexed look where nothing changed, else one transaction. The first time is one row with
    all of them. Those of the simulated systems, which have new addresses at each start, are not
    noted.
    """
    if values.setting(store, "sandbox") == "1":
        return 0
    now = dict(_flat(settings.model_dump(mode="json")))
    known = values.setting(store, _NOTED)
    before: dict[str, Any] = json.loads(known) if known else {}
    changed = [key for key in sorted(now.keys() | before.keys()) if now.get(key) != before.get(key)]
    if not changed:
        return 0
    entries = [
        history.Entry(actor, ACTION, key, _text(before.get(key)), _text(now.get(key)))
        for key in changed
    ]
    if not known:
        entries = [history.Entry(actor, NOTED, "settings.toml", None, now)]
    with store.write():
        values.put_setting(store, _NOTED, canonical(now))
        history.append_many(store, entries)
    return len(changed)


def _flat(members: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in members.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in _VALUES:
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return canonical(value)
