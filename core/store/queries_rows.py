"""Single rows and small facts that panes show beside the lists; indexed, read only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

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


def attempt_row(store: Store, attempt: int) -> AttemptRow | None:
    """One exchange by its id; indexed."""
    row = store.first(Attempt.select().where(Attempt.id == attempt))
    return AttemptRow(**row) if row else None


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
