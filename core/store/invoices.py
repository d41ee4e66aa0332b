"""An invoice's way: its state, what is known of it on the other side, and what must be looked at.

Writes are called inside `store.write()`. Each change of state appends its audit row (invariant I6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.canonical import canonical, loads
from core.store import history
from core.store.sqlite import Store, lots
from core.store.statements import by_key, change, change_in
from core.store.tables import Document, Invoice


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as stored.

    `amount` and `open_...` are signed minor units; `read_at` is the server's time when it was read;
    `gone` is 0, `GONE` or `GONE_TOGETHER`; `body` is the canonical JSON of
    `core.domain.documents.Invoice`.
    """

    number: str
    company: str
    kind: int
    supplier: str
    supplier_document: str
    document_folded: str
    document_date: str
    accounting_date: str
    due_date: str
    currency: str
    amount: int
    body: str
    hash: str
    header_hash: str
    changed: str
    first_seen: str
    read_at: str
    run: int
    gone: int
    state: str
    since: str
    revision: int
    external_id: str
    avid_invoice_id: str
    approval: str
    payment: str
    open_x3: int | None
    open_avidxchange: int | None
    codes: tuple[str, ...]
    why: str
    sent_hash: str
    level: int
    level_for: str
    dirty: int
    live: int
    search: str


#: Values of `gone`: missing alone, or among so many that rights or folder may have changed.
GONE, GONE_TOGETHER = 1, 2

#: What `change_invoices` may set; `since` follows from `state`.
COLUMNS = (
    "due_date", "state", "revision", "external_id", "avid_invoice_id", "approval", "payment",
    "open_x3", "open_avidxchange", "codes", "why", "sent_hash", "level", "level_for", "dirty",
    "live",
)  # fmt: skip

_NAMES = frozenset(COLUMNS)
_KNOWN = ("number", *COLUMNS)


#: As literals, and without an order: only so are the partial indexes used.
_DIRTY = 'SELECT * FROM "invoice" WHERE "dirty" = 1'
_LIVE_TOO = 'SELECT * FROM "invoice" WHERE "live" = 1 AND "dirty" = 0'


def _row(row: Mapping[str, Any]) -> InvoiceRow:
    members = dict(row)
    codes = members["codes"]
    members["codes"] = tuple(loads(codes)) if codes != "[]" else ()
    return InvoiceRow(**members)


def invoice_rows(
    store: Store,
    *,
    numbers: Iterable[str] | None = None,
    dirty: bool = False,
    live: bool = False,
    with_gone: bool = True,
) -> list[InvoiceRow]:
    """Invoices by number, or all that are dirty, or live (partial indexes), in order of number."""
    if numbers is not None and not dirty and not live and with_gone:
        wanted = sorted(set(numbers))
        rows = {row["number"]: row for row in by_key(store, Invoice, "number", wanted)}
        return [_row(rows[number]) for number in wanted if number in rows]
    query = Invoice.select().order_by(Invoice.number)
    if dirty:
        query = query.where(Invoice.dirty == 1)
    if live:
        query = query.where(Invoice.live == 1)
    if not with_gone:
        query = query.where(Invoice.gone == 0)
    if numbers is None:
        return [_row(row) for row in store.rows(query)]
    found: list[InvoiceRow] = []
    for lot in lots(sorted(set(numbers))):
        found += [_row(row) for row in store.rows(query.where(Invoice.number.in_(lot)))]
    return found


def bodies(store: Store, numbers: Iterable[str]) -> list[str]:
    """The bodies of these invoices, in no order."""
    return [row["body"] for row in by_key(store, Invoice, "number", numbers, columns=("body",))]


def to_look_at(store: Store, *, with_live: bool) -> list[InvoiceRow]:
    """Invoices that are dirty, `with_live` those that are live too (partial indexes), by number."""
    found = store.select(_DIRTY) + (store.select(_LIVE_TOO) if with_live else [])
    return sorted(map(_row, found), key=lambda row: row.number)


def same_document(store: Store, pairs: Iterable[tuple[str, str]]) -> list[InvoiceRow]:
    """Invoices of these (supplier, folded document number) pairs, gone ones left out; indexed."""
    found: list[InvoiceRow] = []
    wanted: dict[str, set[str]] = {}
    for supplier, document in pairs:
        wanted.setdefault(supplier, set()).add(document)
    for supplier, folded in sorted(wanted.items()):
        for lot in lots(sorted(folded)):
            query = Invoice.select().where(
                Invoice.supplier == supplier, Invoice.document_folded.in_(lot), Invoice.gone == 0
            )
            found += [_row(row) for row in store.rows(query.order_by(Invoice.number))]
    return found


def of_suppliers(store: Store, suppliers: Iterable[str]) -> list[InvoiceRow]:
    """All invoices of these suppliers, gone ones left out, by number; indexed."""
    rows = by_key(store, Invoice, "supplier", sorted(set(suppliers)), also={"gone": 0})
    return sorted(map(_row, rows), key=lambda row: row.number)


def numbers_of_external_ids(store: Store, external_ids: Iterable[str]) -> dict[str, str]:
    """External id -> invoice number, for those an invoice carries now; indexed."""
    wanted = sorted({i for i in external_ids if i})
    rows = by_key(store, Invoice, "external_id", wanted, columns=("number", "external_id"))
    return {row["external_id"]: row["number"] for row in rows}


def change_invoices(
    store: Store, changes: Mapping[str, Mapping[str, Any]], run: int | None, *, actor: str
) -> tuple[str, ...]:
    """Sets columns of invoices (names in `COLUMNS`); the numbers that really changed.

    A new state sets `since` and appends an audit row `state` with both states and, as its result,
    why. Cost: one look-up per 500, one write for all that get the same columns.

    Raises:
        KeyError: an invoice is not stored, or a column is not one of `COLUMNS`.
    """
    found = by_key(store, Invoice, "number", changes, columns=_KNOWN)
    known = {row["number"]: row for row in found}
    now = store.now()
    writes: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    entries: list[history.Entry] = []
    changed: list[str] = []
    for number, wanted in changes.items():
        old = known[number]
        new = _differing(old, wanted)
        if not new:
            continue
        if "state" in new:
            new["since"] = now
            why = new.get("why", old["why"])
            entries.append(
                history.Entry(actor, "state", number, old["state"], new["state"], why, run)
            )
        changed.append(number)
        writes[tuple(new)].append((*new.values(), number))
    for columns, rows in writes.items():
        change(store, Invoice, columns, ("number",), rows)
    history.append_many(store, entries)
    return tuple(changed)


def _differing(old: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a change makes otherwise, as they are stored."""
    strange = set(wanted) - _NAMES
    if strange:
        raise KeyError(f"not a column to change: {sorted(strange)}")
    found: dict[str, Any] = {}
    for name, value in wanted.items():
        stored = value
        if name == "codes":
            stored = canonical(tuple(value)) if value else "[]"
        elif name in ("dirty", "live"):
            stored = int(value)
        if stored != old[name]:
            found[name] = stored
    return found


def mark_dirty(
    store: Store,
    *,
    numbers: Iterable[str] = (),
    suppliers: Iterable[str] = (),
    all_live: bool = False,
) -> int:
    """Marks invoices to be looked at by the next plan; how many rows it touched.

    By number any invoice, by supplier the live ones, with `all_live` every live one.
    """
    count = 0
    if all_live:
        query = Invoice.update(dirty=1).where(Invoice.live == 1, Invoice.dirty == 0)
        count += store.change(query)
    count += change_in(store, Invoice, ("dirty", 1), "number", numbers, '"dirty" = 0')
    is_live = '"live" = 1 AND "dirty" = 0'
    return count + change_in(store, Invoice, ("dirty", 1), "supplier", suppliers, is_live)


def mark_clean(store: Store, numbers: Iterable[str]) -> int:
    """Takes invoices off the list of the next plan; how many rows it touched."""
    return change_in(store, Invoice, ("dirty", 0), "number", numbers, '"dirty" = 1')


def mark_gone(
    store: Store,
    entity: str,
    keys: Iterable[str],
    run: int,
    *,
    actor: str = "schedule",
    together: bool = False,
) -> tuple[str, ...]:
    """Notes that the source no longer shows documents; the keys that were there until now.

    Nothing is deleted. Invoices (entity `invoice`) become dirty. One audit row `gone` each; a
    document that is read again is no longer gone. `together` tells that so many are missing that
    rights or folder may have changed.
    """
    gone = GONE_TOGETHER if together else GONE
    is_invoice = entity == "invoice"
    found: list[str] = []
    for lot in lots(sorted(set(keys))):
        if is_invoice:
            present = Invoice.select(Invoice.number.alias("key")).where(
                Invoice.number.in_(lot), Invoice.gone == 0
            )
            now_gone = [row["key"] for row in store.rows(present)]
            store.change(
                Invoice.update(gone=gone, dirty=1, run=run).where(Invoice.number.in_(now_gone))
            )
        else:
            condition = (Document.entity == entity) & Document.key.in_(lot) & (Document.gone == 0)
            now_gone = [
                row["key"] for row in store.rows(Document.select(Document.key).where(condition))
            ]
            store.change(Document.update(gone=gone, unfinished=0, run=run).where(condition))
        found += now_gone
    names = found if is_invoice else [f"{entity} {key}" for key in found]
    history.append_many(store, [history.Entry(actor, "gone", name, run=run) for name in names])
    return tuple(found)


def numbers_in_state(store: Store, state: str) -> list[str]:
    """Numbers of the invoices in a state, in order; indexed."""
    query = Invoice.select(Invoice.number).where(Invoice.state == state, Invoice.gone == 0)
    return [row["number"] for row in store.rows(query.order_by(Invoice.number))]


def suppliers_of(store: Store, numbers: Iterable[str]) -> tuple[str, ...]:
    """The suppliers of these invoices, in order; one look-up per 500."""
    found: set[str] = set()
    for lot in lots(sorted(set(numbers))):
        rows = store.rows(Invoice.select(Invoice.supplier).where(Invoice.number.in_(lot)))
        found |= {row["supplier"] for row in rows}
    return tuple(sorted(found - {""}))


def numbers_of_suppliers(store: Store, suppliers: Iterable[str]) -> dict[str, str]:
    """Number -> supplier of all invoices of these suppliers; indexed."""
    found: dict[str, str] = {}
    for lot in lots(sorted(set(suppliers))):
        query = Invoice.select(Invoice.number, Invoice.supplier).where(Invoice.supplier.in_(lot))
        found |= {row["number"]: row["supplier"] for row in store.rows(query)}
    return found
