"""Single rows and small facts that panes show beside the lists; indexed, read only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from core.domain.money import Money
from core.store.listing import Rows
from core.store.outbox import AttemptRow
from core.store.records import documents
from core.store.sqlite import Store, lots
from core.store.tables import ApPayment, Attempt, Invoice


def invoices_by_number(store: Store, numbers: Iterable[str]) -> Rows:
    """Stored invoices by number, in order of number; indexed."""
    return _by_key(store, Invoice, Invoice.number, numbers)


def payments_by_id(store: Store, ids: Iterable[str]) -> Rows:
    """Stored payments by id, in order of id; indexed."""
    return _by_key(store, ApPayment, ApPayment.payment_id, ids)


def _by_key(store: Store, table: Any, key: Any, wanted: Iterable[str]) -> Rows:
    found: Rows = []
    for lot in lots(sorted(set(wanted))):
        found += store.rows(table.select().where(key.in_(lot)).order_by(key))
    return found


def amounts_of(store: Store, names: Iterable[str]) -> dict[str, Money]:
    """What documents amount to, by number or payment id, as far as they are known; indexed."""
    found: dict[str, Money] = {}
    for table, key in ((ApPayment, ApPayment.payment_id), (Invoice, Invoice.number)):
        for lot in lots(sorted(set(names))):
            query = table.select(key.alias("name"), table.amount, table.currency)
            for row in store.rows(query.where(key.in_(lot))):
                found[row["name"]] = Money(int(row["amount"]), row["currency"])
    return found


def attempt_row(store: Store, attempt: int) -> AttemptRow | None:
    """One exchange by its id; indexed."""
    row = store.first(Attempt.select().where(Attempt.id == attempt))
    return AttemptRow(**row) if row else None


def ap_invoices(
    store: Store, *, keys: Iterable[str] | None = None, parents: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """The members of AvidXchange's invoices, by their ids or by external references; indexed."""
    empty = {"external_id": ""}
    bodies = documents(store, "ap_invoice", keys=keys, parents=parents)
    return [empty | json.loads(body) for body in bodies]


def ap_invoice_of(store: Store, external_id: str) -> dict[str, Any]:
    """The members of AvidXchange's invoice of our reference, empty without one; indexed."""
    bodies = documents(store, "ap_invoice", parents=[external_id]) if external_id else []
    found: dict[str, Any] = json.loads(bodies[-1]) if bodies else {}
    return found


def codes_in_state(store: Store, state: str, since: str = "") -> list[str]:
    """The finding codes of the invoices in a state, once for each invoice; indexed."""
    query = Invoice.select(Invoice.codes).where(
        Invoice.state == state, Invoice.gone == 0, Invoice.accounting_date >= since
    )
    return [str(code) for row in store.rows(query) for code in json.loads(row["codes"])]
