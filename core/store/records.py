"""Documents as they were read; the way of an invoice stands in `invoices`, payments in `payments`.

Every function that writes is called inside `store.write()` and appends its audit rows there. What
has not changed writes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.domain.ap_documents import AP_ENTITIES, fold
from core.domain.canonical import canonical, hash_of, instant_text, plain, text_of
from core.domain.documents import Invoice as X3Invoice
from core.domain.money import nearest_minor
from core.store import earlier, history, renames
from core.store.earlier import body_hash
from core.store.sqlite import Store
from core.store.statements import by_key
from core.store.tables import Document, Invoice

#: What a document belongs to, where it belongs to something.
_PARENTS: dict[str, Callable[[Any], str]] = {
    "supplier_address": lambda document: str(document.supplier),
    "open_item": lambda document: str(document.number),
    "payment": lambda document: str(document.reference),
    "ap_invoice": lambda document: str(document.external_id),
}


#: What a reading that found no new content still keeps of an invoice.
_BUMPED = ("changed", "body", "read_at")


@dataclass(frozen=True, slots=True)
class Changes:
    """What storing did; `keys` and `parents` are those of new and changed documents, in order."""

    new: int = 0
    changed: int = 0
    same: int = 0
    keys: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


def _stamp(value: datetime | None) -> str:
    return instant_text(value) if value else ""


def minor_nearest(amount: Decimal | None, currency: str) -> int:
    """Minor units for a column that is only shown; more decimals than the currency are rounded.

    Validation looks at the document itself, so nothing rounded here is ever sent.
    """
    if amount is None or not amount.is_finite():
        return 0
    return nearest_minor(amount, currency)


def store_documents(
    store: Store,
    entity: str,
    documents: Iterable[Any],
    run: int,
    *,
    actor: str = "schedule",
    parent_of: Callable[[Any], str] | None = None,
) -> Changes:
    """Keeps what was read of one entity (not invoices of X3, not payments of AvidXchange).

    A document read twice in one call counts once, as last read. `parent_of` tells what a document
    belongs to where that does not stand in it. Cost: one look-up per 500, one insert for all that
    changed.
    """
    stamp_name = "last_modified" if entity in AP_ENTITIES else "changed"
    parent_of = parent_of or _PARENTS.get(entity, lambda _: "")
    by_key = {document.key: document for document in documents}
    known = _known_documents(store, entity, by_key)
    writes: list[dict[str, Any]] = []
    bumps: list[dict[str, Any]] = []
    entries: list[history.Entry] = []
    for key, document in by_key.items():
        form = plain(document)
        body = text_of(form)
        digest = hash_of({name: form[name] for name in form if name != stamp_name})
        row = {
            "entity": entity, "key": key, "parent": parent_of(document), "body": body,
            "hash": digest, "changed": _stamp(getattr(document, stamp_name, None)),
            "run": run, "gone": 0, "unfinished": _is_unfinished(entity, document),
        }  # fmt: skip
        old = known.get(key)
        if old and old["hash"] == digest and not old["gone"]:
            if old["changed"] != row["changed"]:
                bumps.append(row)
            continue
        writes.append(row)
        entries.append(_received(actor, f"{entity} {key}", old, digest, run))
    old_bodies = earlier.keep(store, entity, _overwritten(writes, known, "key"))
    renames.note(store, entity, writes, old_bodies, run)
    update = ("parent", "body", "hash", "changed", "run", "gone", "unfinished")
    store.put(Document, writes + bumps, key=("entity", "key"), update=update)
    history.append_many(store, entries)
    return _changes(writes, known, len(by_key))


def _overwritten(
    writes: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]], name: str
) -> list[str]:
    """Keys of what is written over another content."""
    return [r[name] for r in writes if r[name] in known and known[r[name]]["hash"] != r["hash"]]


def _is_unfinished(entity: str, document: Any) -> int:
    """1 for an open item that X3 has not closed: it is looked at again every day."""
    return int(entity == "open_item" and not document.is_closed)


def _known_documents(store: Store, entity: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    columns = ("key", "hash", "changed", "gone")
    rows = by_key(store, Document, "key", keys, columns=columns, also={"entity": entity})
    return {row["key"]: row for row in rows}


def _received(
    actor: str, name: str, old: Mapping[str, Any] | None, digest: str, run: int
) -> history.Entry:
    before = str(old["hash"]) if old else None
    result = "changed" if old else "new"
    return history.Entry(actor, "received", name, before, digest, result, run)


def _changes(writes: Sequence[Mapping[str, Any]], known: Collection[str], total: int) -> Changes:
    keys = tuple(row["key"] for row in writes)
    changed = sum(1 for key in keys if key in known)
    parents = dict.fromkeys(row["parent"] for row in writes if row["parent"])
    return Changes(len(keys) - changed, changed, total - len(keys), keys, tuple(parents))


def store_invoices(
    store: Store,
    invoices: Iterable[X3Invoice],
    run: int,
    *,
    credit_kinds: Collection[int],
    actor: str = "schedule",
    read_at: datetime | None = None,
) -> Changes:
    """Keeps whole invoices; new ones are `ready`, live and dirty, changed ones become dirty.

    `amount` takes the sign of the kind: negative for those in `credit_kinds`. State and what else
    Crossfoot knows of an invoice stay. `read_at` is the server's time when they were read. `keys`
    of the result are numbers.
    """
    by_number = {invoice.number: invoice for invoice in invoices}
    known = _known_invoices(store, by_number)
    now = store.now()
    writes: list[dict[str, Any]] = []
    bumps: list[dict[str, Any]] = []
    entries: list[history.Entry] = []
    for number, invoice in by_number.items():
        old = known.get(number)
        row = _invoice_columns(invoice, is_credit=invoice.kind in credit_kinds) | {"run": run}
        row["read_at"] = _stamp(read_at) or (old["read_at"] if old else "")
        if old and old["hash"] == row["hash"] and not old["gone"]:
            if any(old[name] != row[name] for name in ("changed", "read_at")):
                bumps.append({name: row[name] for name in ("number", *_BUMPED)})
            continue
        writes.append(row | {"first_seen": now, "since": now})
        entries.append(_received(actor, number, old, row["hash"], run))
    earlier.keep(store, earlier.INVOICE, _overwritten(writes, known, "number"))
    kept = {"number", "first_seen", "since"}
    update = [name for name in writes[0] if name not in kept] if writes else []
    store.put(Invoice, writes, key=("number",), update=update)
    store.put(Invoice, bumps, key=("number",), update=_BUMPED)
    history.append_many(store, entries)
    named = [{"key": row["number"], "parent": row["supplier"]} for row in writes]
    return _changes(named, known, len(by_number))


def _known_invoices(store: Store, numbers: Iterable[str]) -> dict[str, dict[str, Any]]:
    columns = ("number", "hash", "changed", "gone", "read_at")
    rows = by_key(store, Invoice, "number", numbers, columns=columns)
    return {row["number"]: row for row in rows}


def _invoice_columns(invoice: X3Invoice, *, is_credit: bool) -> dict[str, Any]:
    form = plain(invoice)
    stamped = {name: form[name] for name in form if name != "changed"}
    header = {name: stamped[name] for name in stamped if name != "lines"}
    amount = minor_nearest(invoice.gross, invoice.currency)
    words = (
        invoice.number, invoice.supplier, invoice.supplier_document, invoice.reference,
        invoice.company, *dict.fromkeys(line.po_number for line in invoice.lines),
    )  # fmt: skip
    return {
        "number": invoice.number,
        "company": invoice.company,
        "kind": invoice.kind or 0,
        "supplier": invoice.supplier,
        "supplier_document": invoice.supplier_document,
        "document_folded": fold(invoice.supplier_document),
        "document_date": invoice.document_date.isoformat() if invoice.document_date else "",
        "accounting_date": invoice.accounting_date.isoformat() if invoice.accounting_date else "",
        "currency": invoice.currency,
        "amount": -amount if is_credit else amount,
        "body": text_of(form),
        "hash": hash_of(stamped),
        "header_hash": hash_of(header),
        "changed": _stamp(invoice.changed),
        "gone": 0,
        "dirty": 1,
        "search": fold(" ".join(word for word in words if word)),
    }


def header_hashes(store: Store, numbers: Iterable[str]) -> dict[str, str]:
    """Number -> content hash without lines and change stamp, for invoices that are not gone."""
    columns = ("number", "header_hash")
    rows = by_key(store, Invoice, "number", numbers, columns=columns, also={"gone": 0})
    return {row["number"]: row["header_hash"] for row in rows}


def header_hash(invoice: X3Invoice) -> str:
    """The same hash for an invoice just read, with or without its lines."""
    return body_hash(canonical(dataclasses.replace(invoice, lines=())), "changed")


def documents(
    store: Store,
    entity: str,
    *,
    keys: Iterable[str] | None = None,
    parents: Iterable[str] | None = None,
    with_gone: bool = False,
) -> list[str]:
    """Bodies of an entity in the order of their keys, all or by key or parent; indexed."""
    column, wanted = ("key", keys) if keys is not None else ("parent", parents)
    if wanted is None:
        query = Document.select(Document.key, Document.body).where(Document.entity == entity)
        if not with_gone:
            query = query.where(Document.gone == 0)
        return [row["body"] for row in store.rows(query.order_by(Document.key))]
    also: dict[str, Any] = {"entity": entity} if with_gone else {"entity": entity, "gone": 0}
    asked = dict.fromkeys(wanted)
    rows = by_key(store, Document, column, asked, columns=("key", "body"), also=also)
    found = {row["key"]: row["body"] for row in rows}
    return [found[key] for key in sorted(found)]


def gone_documents(store: Store, entity: str) -> list[str]:
    """Bodies of what the source no longer shows, as they were last; a partial index has them."""
    query = Document.select(Document.body).where(Document.entity == entity, Document.gone > 0)
    return [row["body"] for row in store.rows(query.order_by(Document.key))]


def document_hashes(store: Store, entity: str, keys: Iterable[str]) -> dict[str, str]:
    """Key -> content hash, for documents that are not gone."""
    known = _known_documents(store, entity, keys)
    return {key: row["hash"] for key, row in known.items() if not row["gone"]}


def stamps(store: Store, entity: str, keys: Iterable[str]) -> dict[str, str]:
    """Key -> instant text of the last change, where a document is stored; empty = none given."""
    return {key: row["changed"] for key, row in _known_documents(store, entity, keys).items()}


def document_keys(store: Store, entity: str, *, with_gone: bool = False) -> list[str]:
    """Keys of an entity, in order."""
    query = Document.select(Document.key).where(Document.entity == entity)
    if not with_gone:
        query = query.where(Document.gone == 0)
    return [row["key"] for row in store.rows(query.order_by(Document.key))]
