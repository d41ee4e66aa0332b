"""What documents were before they changed: each earlier content once, compressed, under its hash.

The audit log says which content was heard when (`received`); the content itself stands in the
document's row while it is the last one, and here from then on. A content whose hash is not the one
the log names is never given out.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.ap_documents import AP_ENTITIES
from core.store.sqlite import Store, lots
from core.store.statements import by_key
from core.store.tables import ApPayment, Audit, Document, Earlier, Invoice, Table

INVOICE, PAYMENT = "invoice", "ap_payment"
_KEEP = 'INSERT OR IGNORE INTO "earlier" ("hash", "body") VALUES (?, ?)'
#: Entities with a table of their own: table, column of the key, what the log calls them before it.
_OWN: dict[str, tuple[type[Table], str, str]] = {
    INVOICE: (Invoice, "number", ""),
    PAYMENT: (ApPayment, "payment_id", "payment "),
}


@dataclass(frozen=True, slots=True)
class Image:
    """A document as it was at a moment.

    `heard` is when this content was read, `sequence` the audit row that says so. `body` is its
    canonical JSON, empty when the content is not kept; its hash without the change stamp is `hash`.
    """

    key: str
    hash: str
    heard: str
    sequence: int
    body: str
    is_gone: bool = False


def keep(store: Store, entity: str, keys: Iterable[str]) -> dict[str, str]:
    """Keeps the present content of documents that are about to change, and gives it by key.

    Inside `store.write()`.
    """
    table, column, also = _place(entity)
    rows = by_key(store, table, column, keys, columns=(column, "hash", "body"), also=also)
    store.run(_KEEP, [(row["hash"], zlib.compress(row["body"].encode())) for row in rows])
    return {row[column]: row["body"] for row in rows}


def _place(entity: str) -> tuple[type[Table], str, Mapping[str, Any]]:
    if entity in _OWN:
        table, column, _ = _OWN[entity]
        return table, column, {}
    return Document, "key", {"entity": entity}


def images(store: Store, entity: str, keys: Iterable[str], moment: str) -> list[Image]:
    """Documents as last heard up to a moment (instant text), in order of key; indexed.

    Those first heard later are left out.
    """
    prefix = _OWN[entity][2] if entity in _OWN else f"{entity} "
    wanted = sorted(set(keys))
    told = _told(store, [f"{prefix}{key}" for key in wanted], moment)
    heard = {key: told[f"{prefix}{key}"] for key in wanted if f"{prefix}{key}" in told}
    bodies = _bodies(store, entity, {key: str(rows[0]["after"]) for key, rows in heard.items()})
    return [
        Image(
            key, str(row["after"]), str(row["time"]), int(row["sequence"]), bodies[key],
            is_gone=gone > int(row["sequence"]),
        )
        for key, (row, gone) in heard.items()
    ]  # fmt: skip


def keys_of(store: Store, entity: str, parents: Iterable[str]) -> list[str]:
    """Keys of what belongs to these parents, gone ones too, in order; indexed."""
    also = {"entity": entity}
    rows = by_key(store, Document, "parent", sorted(set(parents)), columns=("key",), also=also)
    return sorted(row["key"] for row in rows)


def _told(store: Store, objects: list[str], moment: str) -> dict[str, tuple[dict[str, Any], int]]:
    """Object -> its last row `received` up to a moment, and the sequence of its last `gone`."""
    heard: dict[str, dict[str, Any]] = {}
    gone: dict[str, int] = {}
    for lot in lots(objects):
        query = Audit.select().where(Audit.object.in_(lot), Audit.time <= moment)
        for row in store.rows(query.order_by(Audit.sequence)):
            if row["action"] == "received":
                heard[row["object"]] = row
            elif row["action"] == "gone":
                gone[row["object"]] = int(row["sequence"])
    return {name: (row, gone.get(name, 0)) for name, row in heard.items()}


def _bodies(store: Store, entity: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Key -> content of the hash that is wanted; empty where it is not kept as it was."""
    table, column, also = _place(entity)
    rows = by_key(store, table, column, wanted, columns=(column, "hash", "body"), also=also)
    present = {(row[column], row["hash"]): str(row["body"]) for row in rows}
    missing = {digest for key, digest in wanted.items() if (key, digest) not in present}
    kept = {
        row["hash"]: zlib.decompress(row["body"]).decode()
        for row in by_key(store, Earlier, "hash", missing)
    }
    stamp = "last_modified" if entity in AP_ENTITIES or entity == PAYMENT else "changed"
    found = {}
    for key, digest in wanted.items():
        body = present.get((key, digest)) or kept.get(digest, "")
        found[key] = body if body and body_hash(body, stamp) == digest else ""
    return found


def body_hash(body: str, *without: str) -> str:
    """Content hash of a canonical body less some members; as `document_hash` and `ap_hash` give."""
    members = json.loads(body)
    for name in without:
        members.pop(name, None)
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
