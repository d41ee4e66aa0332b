"""The members that lists and answers show, in their order (product.md 6); the same for all fronts.

Names only: no row is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.domain.states import INVOICE_STATES

STATES = tuple(INVOICE_STATES)
HOWS = ("send_again", "link", "withdraw", "exclude", "keep", "reverse", "accept", "done")
MAPPINGS = ("vendors", "gl", "dimensions")
AUDIT_FORMS = ("jsonl", "csv", "xlsx")
STATEMENT_FORMS = (".xlsx", ".pdf")
INVOICE = (
    "number", "company", "kind", "state", "supplier", "supplier_document", "document_date",
    "accounting_date", "due_date", "currency", "amount", "open_x3", "open_avidxchange", "approval",
    "payment", "external_id", "revision", "avid_invoice_id", "codes", "since",
)  # fmt: skip
PAYMENT = (
    "payment_id", "state", "text", "method", "check_number", "currency", "amount", "payment_date",
    "cleared_date", "invoices", "batch", "reference", "x3_payment", "posted", "codes",
)  # fmt: skip
REVIEW = (
    "id", "code", "document", "documents", "system", "currency", "amount", "since", "title",
    "text", "fix", "how",
)  # fmt: skip
AUDIT = (
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run", "version",
    "previous", "hash",
)  # fmt: skip
FLOWS = ("reference", "suppliers", "invoices", "approvals", "payments")
SIDES = ("x3", "avidxchange")
INVARIANTS = tuple(f"I{number}" for number in range(1, 9))


def word_of(state: str) -> str:
    """The word people read for a state."""
    return INVOICE_STATES[state][0] if state in INVOICE_STATES else state


def picked(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The members of these names, in this order."""
    return {name: row[name] for name in names}


def run_members(row: Mapping[str, Any]) -> dict[str, Any]:
    """A run as `sync` reports it, with `started`, `ended` and `by`.

    One that has not ended has every member too, at 0 or empty.
    """
    counts = (
        "sent", "replaced", "withdrawn", "vendors", "approvals_written", "payments_posted",
        "drifted", "in_doubt", "review",
    )  # fmt: skip
    empty: dict[str, Any] = {
        "run": row["run"],
        "mode": row["mode"],
        "read": dict.fromkeys(FLOWS, 0),
        "planned": 0,
        "plan_hash": "",
        **dict.fromkeys(counts, 0),
        "errors": [],
        "complete_to": dict.fromkeys(SIDES),
        "started": row["started"],
        "ended": row["ended"],
        "by": row["by"],
    }
    return {name: row.get(name, value) for name, value in empty.items()}
