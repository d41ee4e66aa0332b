"""The window's lists of documents: which members each can be asked and sorted by, and its rows.

Each function makes a `Listing`; nothing is read before it is asked. What a supplier or vendor is
called comes in as functions, because names stand in documents that SQL does not look into.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from core.domain.ap_documents import fold
from core.domain.canonical import parse_instant
from core.store import queries
from core.store.holds import held_payments
from core.store.listing import Listing, Member, Rows, Wanted
from core.store.payments import settled_by
from core.store.reviews import open_items
from core.store.sqlite import Store, lots
from core.store.tables import (
    Action,
    ApPayment,
    Audit,
    Invoice,
    Outbox,
    PaymentInvoice,
    Run,
)

#: Before a text that is a whole name, not a part of one.
EXACTLY = "="


@dataclass(frozen=True, slots=True)
class Names:
    """What parties are called: code -> name, empty when unknown; text -> codes it may mean."""

    supplier: Callable[[str], str]
    suppliers_like: Callable[[str], list[str]]
    vendor: Callable[[str], str]


def age_days(since: str, now: datetime) -> int:
    """Whole days since an instant; 0 for one that is not known or still to come."""
    return max(0, (now - parse_instant(since)).days) if since else 0


# --- invoices --------------------------------------------------------------------------------


def invoice_list(store: Store, names: Names, since: str = "") -> Listing:
    """Invoices accounted on or after `since`, as `invoices` gives them with a few members more.

    Further members: `supplier_name`, `why`, `age` (days in its state).
    """

    def supplier(part: str) -> Any:
        by_code = Invoice.supplier.contains(part)
        return by_code | Invoice.supplier.in_(names.suppliers_like(part))

    def search(text: str) -> Any:
        return Invoice.search.contains(fold(text)) | supplier(text)

    def shape(rows: Rows) -> Rows:
        now = store.clock()
        return [
            queries.invoice_members(row)
            | {
                "supplier_name": names.supplier(row["supplier"]),
                "age": age_days(row["since"], now),
            }
            for row in rows
        ]

    members = plain(
        Invoice, "state company currency approval payment external_id avid_invoice_id supplier_code"
    ) | {
        "number": contains(Invoice.number),
        "supplier": Member(Invoice.supplier, "chosen", choose=supplier),
        "supplier_name": Member(Invoice.supplier, "chosen", choose=supplier),
        "supplier_document": contains(Invoice.supplier_document),
        "code": Member(
            Invoice.codes, "chosen", choose=lambda part: Invoice.codes.contains(f'"{part}"')
        ),
        "why": contains(Invoice.why),
        "document_date": Member(Invoice.document_date, "date"),
        "accounting_date": Member(Invoice.accounting_date, "date"),
        "due_date": Member(Invoice.due_date, "date"),
        "amount": Member(Invoice.amount, "amount", currency=Invoice.currency),
        "open_x3": Member(Invoice.open_x3, "amount", nullable=True, currency=Invoice.currency),
        "open_avidxchange": Member(
            Invoice.open_avidxchange, "amount", nullable=True, currency=Invoice.currency
        ),
        "since": Member(Invoice.since, "instant"),
        "age": Member(Invoice.since, "age"),
    }
    return Listing(
        store=store,
        query=Invoice.select(),
        key=Invoice.number,
        key_name="number",
        members=members,
        shape=shape,
        search=search,
        money=(Invoice.amount, Invoice.currency),
        base=(Invoice.accounting_date >= since,) if since else (),
    )


def contains(column: Any) -> Member:
    """A member that is found by any part of its text."""
    return Member(column, "chosen", choose=column.contains)


def plain(table: Any, names: str) -> dict[str, Member]:
    """Members that are columns of the same name, compared whole."""
    columns = {"supplier_code": "supplier"}
    return {name: Member(getattr(table, columns.get(name, name))) for name in names.split()}


# --- payments --------------------------------------------------------------------------------


def payment_list(store: Store, names: Names) -> Listing:
    """Payments as `payments` gives them; further `vendor`, `vendor_name`, `why`, `held`."""

    def invoice(part: str) -> Any:
        of = PaymentInvoice.select(PaymentInvoice.payment_id)
        return ApPayment.payment_id.in_(of.where(PaymentInvoice.number.contains(part)))

    def search(text: str) -> Any:
        return ApPayment.search.contains(fold(text)) | invoice(text)

    members = plain(ApPayment, "state method currency") | {
        "payment_id": contains(ApPayment.payment_id),
        "check_number": contains(ApPayment.check_number),
        "number": contains(ApPayment.check_number),
        "supplier": Member(ApPayment.search, "text"),
        "invoice": Member(ApPayment.payment_id, "chosen", choose=invoice),
        "amount": Member(ApPayment.amount, "amount", currency=ApPayment.currency),
        "payment_date": Member(ApPayment.payment_date, "date"),
        "cleared_date": Member(ApPayment.cleared_date, "date"),
        "batch": contains(ApPayment.batch),
        "reference": contains(ApPayment.reference),
        "x3_payment": contains(ApPayment.x3_payment),
        "posted": Member(
            ApPayment.posted, "chosen", choose=lambda part: ApPayment.posted == int(part == "yes")
        ),
        "code": Member(
            ApPayment.codes, "chosen", choose=lambda part: ApPayment.codes.contains(f'"{part}"')
        ),
    }
    return Listing(
        store=store,
        query=ApPayment.select(),
        key=ApPayment.payment_id,
        key_name="payment_id",
        members=members,
        shape=lambda rows: _payments(store, names, rows),
        search=search,
        money=(ApPayment.amount, ApPayment.currency),
    )


def _payments(store: Store, names: Names, rows: Rows) -> Rows:
    ids = [row["payment_id"] for row in rows]
    named: dict[str, list[str]] = {}
    for entry in settled_by(store, ids=ids):
        named.setdefault(entry.payment_id, []).append(entry.number or entry.external_id)
    why = {name: item.text for item in open_items(store) for name in item.documents}
    held = held_payments(store, ids)
    shown: Rows = []
    for row in rows:
        body = json.loads(row["body"])
        code = str(body.get("vendor_code", ""))
        more = {
            "vendor": code,
            "vendor_name": str(body.get("vendor_name", "")) or names.vendor(code),
            "why": why.get(row["payment_id"], ""),
            "held": held.get(row["payment_id"], ""),
        }
        shown.append(queries.payment_members(row, named) | more)
    return shown


# --- runs ------------------------------------------------------------------------------------


def run_list(store: Store) -> Listing:
    """Runs, with `amount_sent` by currency."""
    members = plain(Run, "mode only") | {
        "run": Member(Run.id, "number"),
        "by": contains(Run.by),
        "started": Member(Run.started, "instant"),
        "ended": Member(Run.ended, "instant"),
    }
    return Listing(
        store=store,
        query=Run.select(),
        key=Run.id,
        key_name="id",
        members=members,
        shape=lambda rows: _runs(store, rows),
        search=lambda text: Run.by.contains(text.strip()) | Run.result.contains(text.strip()),
    )


def _runs(store: Store, rows: Rows) -> Rows:
    sent = amounts_sent(store, [row["id"] for row in rows])
    return [queries.run_members(row) | {"amount_sent": sent.get(row["id"], {})} for row in rows]


def amounts_sent(store: Store, runs: Iterable[int]) -> dict[int, dict[str, str]]:
    """Run -> currency -> sum of the invoices that are known to have arrived through it; indexed."""
    found: dict[int, dict[str, str]] = {}
    total = peewee.fn.SUM(Invoice.amount).alias("total")
    for lot in lots(runs):
        query = (
            Outbox.select(Outbox.run, Invoice.currency, total)
            .join(Invoice, on=(Invoice.number == Outbox.key))
            .where(Outbox.run.in_(lot), Outbox.kind == "invoice", Outbox.state == "done")
            .group_by(Outbox.run, Invoice.currency)
        )
        for row in store.rows(query):
            text = queries.amount_text(row["total"], row["currency"]) or ""
            found.setdefault(row["run"], {})[row["currency"]] = text
    return found


# --- the audit log ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditListing(Listing):
    """The log; it has no gaps, so that all of it is counted by its last row."""

    def count(self, wanted: Wanted) -> int:
        """How many rows match; one indexed row when nothing restricts."""
        if not wanted.text.strip() and not any(wanted.members.values()):
            return int(self.store.value(Audit.select(peewee.fn.MAX(Audit.sequence))) or 0)
        return Listing.count(self, wanted)


def audit_list(store: Store) -> AuditListing:
    """The audit log; sorted by sequence, which is also the order of time."""
    members = plain(Audit, "actor action") | {
        "sequence": Member(Audit.sequence, "number"),
        "time": Member(Audit.time, "instant"),
        "object": Member(Audit.object, "chosen", choose=_of_object),
        "result": contains(Audit.result),
        "run": Member(Audit.run, "number"),
    }
    return AuditListing(
        store=store,
        query=Audit.select(),
        key=Audit.sequence,
        key_name="sequence",
        members=members,
        shape=lambda rows: rows,
        search=lambda text: (
            Audit.object.contains(text.strip())
            | Audit.after.contains(text.strip())
            | Audit.result.contains(text.strip())
        ),
    )


def _of_object(part: str) -> Any:
    """Rows about an object: `=NAME` is this name, by the index; else names that contain it."""
    if part.startswith(EXACTLY):
        return Audit.object == part.removeprefix(EXACTLY)
    return Audit.object.contains(part)


# --- a plan ----------------------------------------------------------------------------------


def action_list(store: Store, plan: str, shape: Callable[[Rows], Rows]) -> Listing:
    """The actions of a plan in the order of writing; amounts are those of their invoices."""
    amount = peewee.fn.COALESCE(Invoice.amount, 0)
    currency = peewee.fn.COALESCE(Invoice.currency, "")
    supplier = peewee.fn.COALESCE(Invoice.supplier, "")
    columns = (Invoice.supplier, Invoice.supplier_document, Invoice.amount, Invoice.currency)
    query = Action.select(Action, *columns).join(
        Invoice, peewee.JOIN.LEFT_OUTER, on=(Invoice.number == Action.key)
    )
    members = plain(Action, "kind key reference") | {
        "position": Member(Action.position, "number"),
        "object": contains(Action.key),
        "supplier": Member(supplier, "chosen", choose=supplier.contains),
        "amount": Member(amount, "amount", currency=peewee.fn.COALESCE(Invoice.currency, "")),
        "currency": Member(currency),
    }
    return Listing(
        store=store,
        query=query,
        key=Action.position,
        key_name="position",
        members=members,
        shape=shape,
        search=lambda text: (
            Action.key.contains(text.strip())
            | Action.reference.contains(text.strip())
            | Action.info.contains(text.strip())
        ),
        base=(Action.plan == plan,),
    )
