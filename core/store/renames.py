"""What AvidXchange called its codes and vendors before; noted when a reading brings a new name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.domain.canonical import canonical
from core.store.sqlite import Store
from core.store.statements import by_key
from core.store.tables import Document

ENTITY = "renamed"
#: Entity -> the member that names it.
NAMED = {"code": "description", "vendor": "name"}
Past = tuple[tuple[str, str], ...]


def note(
    store: Store, entity: str, writes: Iterable[Mapping[str, Any]], old: Mapping[str, str], run: int
) -> None:
    """Keeps the earlier names of what is written over; inside `store.write()`.

    `old` are the bodies that stood there, by key.
    """
    member = NAMED.get(entity)
    if member is None or not old:
        return
    was: dict[str, str] = {}
    for row in writes:
        if row["key"] in old:
            before, after = (json.loads(b).get(member, "") for b in (old[row["key"]], row["body"]))
            if before and before.strip().casefold() != after.strip().casefold():
                was[f"{entity} {row['key']}"] = before
    also = {"entity": ENTITY}
    known = by_key(store, Document, "key", was, columns=("key", "body"), also=also)
    past = {row["key"]: json.loads(row["body"]) for row in known}
    rows = [
        {
            "entity": ENTITY, "key": key, "parent": entity,
            "body": canonical([*past.get(key, []), [store.now(), name]]), "run": run,
        }
        for key, name in was.items()
    ]  # fmt: skip
    store.put(Document, rows, key=("entity", "key"), update=("body", "run"))


def load(store: Store) -> dict[tuple[str, str], Past]:
    """(entity, key) -> pairs (until when, name), oldest first; reads all of them."""
    query = Document.select(Document.key, Document.parent, Document.body).where(
        Document.entity == ENTITY
    )
    found = {}
    for row in store.rows(query):
        key = row["key"].removeprefix(f"{row['parent']} ")
        found[(row["parent"], key)] = tuple((at, name) for at, name in json.loads(row["body"]))
    return found
