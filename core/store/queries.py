"""The lists that front ends show, as dicts with exactly the members of product.md section 6.

Each list is one keyset page and one count, sorted and filtered in SQL; any thread, read only.
Amounts are texts with the currency's decimals. Dates that are not known are empty texts.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import peewee

from core.domain.ap_documents import fold
from core.domain.documents import KINDS
from core.domain.money import Money
from core.store.invoices import InvoiceRow
from core.store.outbox import rows_of
from core.store.paging import Key, Order, Page, page
from core.store.payments import payment_rows, settled_by
from core.store.sqlite import Store, lots
from core.store.tables import ApPayment, Audit, Invoice, PaymentInvoice, Review, Run

_FIRST = Order()


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices; empty members do not restrict. `since` is the start date (ISO)."""

    states: tuple[str, ...] = ()
    number: str = ""
    supplier: str = ""
    company: str = ""
    currency: str = ""
    text: str = ""
    since: str = ""
    amount_from: int | None = None  # minor units, of the absolute amount
    amount_to: int | None = None
    state_before: str = ""  # in its state since before this instant


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments; empty members do not restrict. `number` is an X3 invoice."""

    states: tuple[str, ...] = ()
    payment_id: str = ""
    number: str = ""
    text: str = ""
    posted: bool | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit rows; empty members do not restrict. Instants are texts, `until` excluded."""

    object: str = ""
    actor: str = ""
    action: str = ""
    run: int | None = None
    since: str = ""
    until: str = ""


_ALL_INVOICES = InvoiceFilter()
_ALL_PAYMENTS = PaymentFilter()
_ALL_AUDIT = AuditFilter()


def amount_text(minor: int | None, currency: str) -> str | None:
    """`-1224.00`; None stays None."""
    return None if minor is None else Money(minor, currency).text


def _invoice_query(query: Any, wanted: InvoiceFilter) -> Any:
    """The query with the filter's conditions."""
    conditions = [
        (wanted.states, Invoice.state.in_(wanted.states)),
        (wanted.number, Invoice.number == wanted.number),
        (wanted.supplier, Invoice.supplier == wanted.supplier),
        (wanted.company, Invoice.company == wanted.company),
        (wanted.currency, Invoice.currency == wanted.currency),
        (wanted.text, Invoice.search.contains(fold(wanted.text))),
        (wanted.since, Invoice.accounting_date >= wanted.since),
        (wanted.amount_from is not None, peewee.fn.ABS(Invoice.amount) >= wanted.amount_from),
        (wanted.amount_to is not None, peewee.fn.ABS(Invoice.amount) <= wanted.amount_to),
        (wanted.state_before, Invoice.since < wanted.state_before),
    ]
    for is_asked, condition in conditions:
        if is_asked:
            query = query.where(condition)
    return query


def invoices(
    store: Store,
    wanted: InvoiceFilter = _ALL_INVOICES,
    *,
    order: Order = _FIRST,
    after: Key | None = None,
    limit: int = 500,
) -> Page:
    """A page of invoices; sorted by number unless `order` names another column."""
    return page(
        store, _invoice_query(Invoice.select(), wanted), order, after, limit, invoice_members
    )


_INVOICE_TEXTS = (
    "number", "company", "state", "supplier", "supplier_document", "document_date",
    "accounting_date", "due_date", "currency", "approval", "payment", "external_id", "revision",
    "avid_invoice_id", "since", "why",
)  # fmt: skip


def invoice_members(row: dict[str, Any]) -> dict[str, Any]:
    """A stored invoice as the members that lists show."""
    shown = {name: row[name] for name in _INVOICE_TEXTS}
    currency = row["currency"]
    shown["kind"] = KINDS.get(row["kind"], str(row["kind"] or ""))
    for name in ("amount", "open_x3", "open_avidxchange"):
        shown[name] = amount_text(row[name], currency)
    shown["codes"] = json.loads(row["codes"])
    return shown


def count_invoices(store: Store, wanted: InvoiceFilter = _ALL_INVOICES) -> int:
    """How many invoices the filter matches."""
    count = Invoice.select(peewee.fn.COUNT(Invoice.number))
    return int(store.value(_invoice_query(count, wanted)))


def counts_by_state(store: Store, since: str = "") -> dict[str, int]:
    """State -> number of invoices accounted on or after `since`; states without one are absent."""
    query = Invoice.select(Invoice.state, peewee.fn.COUNT(Invoice.number).alias("count"))
    query = query.where(Invoice.accounting_date >= since).group_by(Invoice.state)
    return {row["state"]: row["count"] for row in store.rows(query.order_by(Invoice.state))}


def totals(store: Store, wanted: InvoiceFilter = _ALL_INVOICES) -> dict[str, str]:
    """Currency -> sum of the amounts of the invoices that the filter matches."""
    query = Invoice.select(Invoice.currency, peewee.fn.SUM(Invoice.amount).alias("sum"))
    rows = store.rows(_invoice_query(query, wanted).group_by(Invoice.currency))
    sums = {row["currency"]: Money(row["sum"], row["currency"]).text for row in rows}
    return dict(sorted(sums.items()))


def _payment_query(query: Any, wanted: PaymentFilter) -> Any:
    if wanted.states:
        query = query.where(ApPayment.state.in_(wanted.states))
    if wanted.payment_id:
        query = query.where(ApPayment.payment_id == wanted.payment_id)
    if wanted.number:
        of_invoice = PaymentInvoice.select(PaymentInvoice.payment_id)
        of_invoice = of_invoice.where(PaymentInvoice.number == wanted.number)
        query = query.where(ApPayment.payment_id.in_(of_invoice))
    if wanted.text:
        query = query.where(ApPayment.search.contains(fold(wanted.text)))
    if wanted.posted is not None:
        query = query.where(ApPayment.posted == int(wanted.posted))
    return query


_PAYMENT_TEXTS = (
    "payment_id", "state", "text", "method", "check_number", "currency", "payment_date",
    "cleared_date", "batch", "reference", "x3_payment",
)  # fmt: skip


def payments(
    store: Store,
    wanted: PaymentFilter = _ALL_PAYMENTS,
    *,
    order: Order = _FIRST,
    after: Key | None = None,
    limit: int = 500,
) -> Page:
    """A page of payments; `invoices` are X3 numbers, the external id where none is known."""
    with store.read():
        found = page(store, _payment_query(ApPayment.select(), wanted), order, after, limit, dict)
        named: dict[str, list[str]] = {}
        for row in settled_by(store, ids=[row["payment_id"] for row in found.rows]):
            named.setdefault(row.payment_id, []).append(row.number or row.external_id)
    return Page(tuple(payment_members(row, named) for row in found.rows), found.next)


def payment_members(row: dict[str, Any], named: dict[str, list[str]]) -> dict[str, Any]:
    """A stored payment as the members that lists show; `named` are invoices by payment id."""
    shown = {name: row[name] for name in _PAYMENT_TEXTS}
    shown["amount"] = amount_text(row["amount"], row["currency"])
    shown["posted"] = bool(row["posted"])
    shown["invoices"] = named.get(row["payment_id"], [])
    shown["codes"] = json.loads(row["codes"])
    return shown


def count_payments(store: Store, wanted: PaymentFilter = _ALL_PAYMENTS) -> int:
    """How many payments the filter matches."""
    count = ApPayment.select(peewee.fn.COUNT(ApPayment.payment_id))
    return int(store.value(_payment_query(count, wanted)))


def runs(
    store: Store,
    *,
    order: Order = _FIRST,
    after: Key | None = None,
    limit: int = 500,
    only_ended: bool = False,
) -> Page:
    """A page of runs: the object of `sync` with `run`, `started`, `ended`, `by`, `mode`, `only`."""
    query = Run.select()
    if only_ended:
        query = query.where(Run.ended != "")
    return page(store, query, order, after, limit, run_members)


def run_members(row: dict[str, Any]) -> dict[str, Any]:
    """A stored run as the object of `sync` with what the row knows itself."""
    result: dict[str, Any] = json.loads(row["result"])
    own = {name: row[name] for name in ("started", "ended", "by", "mode", "only")}
    return result | {"run": row["id"]} | own


def run_row(store: Store, run: int) -> dict[str, Any] | None:
    """One run by its id."""
    row = store.first(Run.select().where(Run.id == run))
    return run_members(row) if row else None


def _review_query(query: Any, codes: Collection[str], *, is_open: bool) -> Any:
    query = query.where(Review.closed == "") if is_open else query.where(Review.closed != "")
    return query.where(Review.code.in_(list(codes))) if codes else query


def reviews(
    store: Store,
    codes: Collection[str] = (),
    *,
    is_open: bool = True,
    after: Key | None = None,
    limit: int = 500,
) -> Page:
    """A page of review items in order of id; `info` is there for front ends."""
    query = _review_query(Review.select(), codes, is_open=is_open)
    return page(store, query, _FIRST, after, limit, review_members)


_REVIEW_TEXTS = (
    "id", "code", "document", "system", "currency", "since", "title", "text", "fix", "cause",
    "closed", "resolution", "reason", "by",
)  # fmt: skip


def review_members(row: dict[str, Any]) -> dict[str, Any]:
    """A stored review item as the members that lists show."""
    shown = {name: row[name] for name in _REVIEW_TEXTS}
    shown["amount"] = amount_text(row["amount"], row["currency"]) if row["currency"] else ""
    return shown | {name: json.loads(row[name]) for name in ("documents", "how", "info")}


def count_reviews(store: Store, codes: Collection[str] = (), *, is_open: bool = True) -> int:
    """How many review items."""
    query = _review_query(Review.select(peewee.fn.COUNT(Review.id)), codes, is_open=is_open)
    return int(store.value(query))


def _audit_query(query: Any, wanted: AuditFilter) -> Any:
    conditions = [
        (wanted.object, Audit.object == wanted.object),
        (wanted.actor, Audit.actor == wanted.actor),
        (wanted.action, Audit.action == wanted.action),
        (wanted.run is not None, Audit.run == wanted.run),
        (wanted.since, Audit.time >= wanted.since),
        (wanted.until, Audit.time < wanted.until),
    ]
    for is_asked, condition in conditions:
        if is_asked:
            query = query.where(condition)
    return query


def audit(
    store: Store,
    wanted: AuditFilter = _ALL_AUDIT,
    *,
    descending: bool = False,
    after: Key | None = None,
    limit: int = 500,
) -> Page:
    """A page of the audit log in order of sequence."""
    query = _audit_query(Audit.select(), wanted)
    return page(store, query, Order("", descending=descending), after, limit, dict)


def count_audit(store: Store, wanted: AuditFilter = _ALL_AUDIT) -> int:
    """How many audit rows the filter matches."""
    return int(store.value(_audit_query(Audit.select(peewee.fn.COUNT(Audit.sequence)), wanted)))


def names_of(store: Store, row: InvoiceRow) -> set[str]:
    """Names under which the audit log tells of an invoice and of its payments."""
    ids = {entry.payment_id for entry in settled_by(store, numbers=[row.number])}
    objects = {row.number, row.external_id, *(f"payment {identity}" for identity in ids)}
    objects |= {entry.object for entry in rows_of(store, [row.number, *ids])}
    objects |= {paid.reference for paid in payment_rows(store, ids=ids)}
    return objects - {""}


def audit_of(store: Store, objects: Collection[str]) -> list[dict[str, Any]]:
    """All audit rows about some objects, in order: the timeline of a document. Indexed."""
    found: list[dict[str, Any]] = []
    for lot in lots(sorted(set(objects))):
        found += store.rows(Audit.select().where(Audit.object.in_(lot)))
    return sorted(found, key=lambda row: int(row["sequence"]))
