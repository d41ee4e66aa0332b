"""What to answer a supplier who asks where the money is: plain words, nothing of our inside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ui import formats

_ENDS = {
    "ready": "We have it and are passing it on for approval.",
    "needs_mapping": "We have it and are completing its details before it goes for approval.",
    "needs_review": "We have it and are checking its details before it goes for approval.",
    "held": "We have it; it is on hold with us at present.",
    "sending": "We are passing it on for approval.",
    "in_doubt": "We are passing it on for approval and confirming that it arrived.",
    "sent": "It is waiting to be taken up for approval.",
    "in_approval": "It is with our approvers.",
    "approved": "It is approved and waits for the next payment run.",
    "rejected": "It was not approved; we will come back to you about it.",
    "payment_scheduled": "It is approved and its payment is being prepared.",
    "payment_issued": "Its payment is on its way to you.",
    "part_paid": "It is paid in part; the rest is open.",
    "paid": "It is paid.",
    "payment_voided": "Its payment was voided; we will come back to you about it.",
    "payment_returned": "Its payment came back to us; please confirm where we should pay.",
    "changed_after_sending": "It is with us; a change to it is being checked.",
    "excluded": "It is not paid this way; we will come back to you about it.",
}


def reply(row: Mapping[str, Any], payment: Mapping[str, Any] | None = None) -> str:
    """Two sentences or three about an invoice; `payment` is its latest one."""
    number = str(row["supplier_document"] or row["number"])
    parts = [f"Your invoice {number}"]
    if day := _day(row.get("document_date")):
        parts.append(f"of {day}")
    if row.get("amount"):
        amount = formats.money(Decimal(row["amount"]), str(row["currency"]))
        parts.append(f"over {amount}")
    said = f"{' '.join(parts)}: {_ENDS[str(row['state'])]}"
    if payment is not None and (paid := _paid(payment)):
        said += f" {paid}"
    elif str(row["state"]) not in {"paid", "excluded"} and (due := _day(row.get("due_date"))):
        said += f" It is due {due}."
    return said


def _paid(payment: Mapping[str, Any]) -> str:
    if payment.get("state") not in {"issued", "cleared"}:
        return ""
    words = [str(payment.get("method") or "Payment")]
    if payment.get("check_number"):
        words.append(str(payment["check_number"]))
    amount = formats.money(Decimal(payment["amount"]), str(payment["currency"]))
    words.append(f"over {amount}")
    if day := _day(payment.get("payment_date")):
        words.append(f"was issued {day}")
    if day := _day(payment.get("cleared_date")):
        words.append(f"and cleared {day}")
    return f"{' '.join(words)}."


def _day(text: Any) -> str:
    return formats.day(date.fromisoformat(str(text))) if text else ""
