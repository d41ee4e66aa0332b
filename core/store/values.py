"""Small values: settings, contacts, sealed secrets, bookmarks; writes inside `store.write()`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.canonical import canonical
from core.store.sqlite import Store
from core.store.statements import by_key
from core.store.tables import Bookmark, Secret, Setting
from core.words import area

say = area(__name__)


def setting(store: Store, name: str, default: str = "") -> str:
    """The value of a setting; `default` when there is none. One indexed row."""
    found = by_key(store, Setting, "name", [name], columns=("value",))
    return str(found[0]["value"]) if found else default


def settings(store: Store, names: Iterable[str]) -> dict[str, str]:
    """Name -> value of those settings that there are; one look-up per 500."""
    rows = by_key(store, Setting, "name", sorted(set(names)), columns=("name", "value"))
    return {row["name"]: row["value"] for row in rows}


def put_setting(store: Store, name: str, value: str) -> None:
    """Keeps a setting."""
    store.put(Setting, [{"name": name, "value": value}], key=("name",), update=("value",))


def contact(store: Store, system: str) -> dict[str, Any]:
    """What was last put for `x3` or `avidxchange`; empty before the first contact."""
    found: dict[str, Any] = json.loads(setting(store, f"contact.{system}", "{}"))
    return found


def put_contact(store: Store, system: str, members: Mapping[str, Any]) -> None:
    """Lays members over a system's contact, for example `reachable` and `last_contact`."""
    merged = contact(store, system) | dict(members)
    put_setting(store, f"contact.{system}", canonical(merged))


def secret(store: Store, name: str) -> bytes | None:
    """The sealed bytes of a secret, None when it is not set."""
    found = store.value(Secret.select(Secret.blob).where(Secret.name == name))
    return None if found is None else bytes(found)


def put_secret(store: Store, name: str, blob: bytes) -> None:
    """Keeps a sealed secret; the caller appends the audit row (who, never what)."""
    row = {"name": name, "blob": blob, "at": store.now()}
    store.put(Secret, [row], key=("name",), update=("blob", "at"))


def forget_secret(store: Store, name: str) -> bool:
    """Removes a secret; whether there was one."""
    return store.change(Secret.delete().where(Secret.name == name)) > 0


def secret_names(store: Store) -> dict[str, str]:
    """Name of each secret that is set -> when it was set."""
    rows = store.rows(Secret.select(Secret.name, Secret.at).order_by(Secret.name))
    return {row["name"]: row["at"] for row in rows}


@dataclass(frozen=True, slots=True)
class BookmarkRow:
    """How far a flow has been read; all empty before its first read.

    `value` is an instant text. `progress` and `walk` belong to a read that has not come to its end.
    """

    flow: str
    value: str = ""
    progress: str = ""
    walk: dict[str, Any] = field(default_factory=dict)
    updated: str = ""


def bookmark(store: Store, flow: str) -> BookmarkRow:
    """The flow's bookmark."""
    rows = by_key(store, Bookmark, "flow", [flow])
    if not rows:
        return BookmarkRow(flow)
    return BookmarkRow(**(rows[0] | {"walk": json.loads(rows[0]["walk"])}))


def bookmarks(store: Store) -> dict[str, BookmarkRow]:
    """All bookmarks by flow."""
    rows = store.rows(Bookmark.select().order_by(Bookmark.flow))
    return {row["flow"]: BookmarkRow(**(row | {"walk": json.loads(row["walk"])})) for row in rows}


def put_progress(store: Store, flow: str, progress: str, walk: Mapping[str, Any]) -> None:
    """Keeps where an unfinished read goes on, in the transaction that stored its page."""
    row = {
        "flow": flow,
        "progress": progress,
        "walk": canonical(dict(walk)),
        "updated": store.now(),
    }
    store.put(Bookmark, [row], key=("flow",), update=("progress", "walk", "updated"))


def put_bookmark(store: Store, flow: str, value: str) -> None:
    """Ends a read: sets the bookmark and clears its progress. An empty `value` keeps the old one.

    Raises:
        ValueError: the bookmark would move back; the transaction is to be given up.
    """
    old = bookmark(store, flow).value
    if value and value < old:
        raise ValueError(
            say("the_bookmark_of_would_move_back_from", flow=flow, old=old, value=value)
        )
    row = {
        "flow": flow,
        "value": value or old,
        "progress": "",
        "walk": "{}",
        "updated": store.now(),
    }
    store.put(Bookmark, [row], key=("flow",), update=("value", "progress", "walk", "updated"))
