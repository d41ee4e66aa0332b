"""What to answer a supplier who asks where the money is: plain words, nothing of our inside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from core.words import area
from ui import formats

say = area(__name__)

_ENDS = {
    "ready": say("we_have_it_and_are_passing_it"),
    "needs_mapping": say("we_have_it_and_are_completing_its"),
    "needs_review": say("we_have_it_and_are_checking_its"),
    "held": say("we_have_it_it_is_on_hold"),
    "sending": say("we_are_passing_it_on_for_approval"),
    "in_doubt": say("we_are_passing_it_on_for_approval_2"),
    "sent": say("it_is_waiting_to_be_taken_up"),
    "in_approval": say("it_is_with_our_approvers"),
    "approved": say("it_is_approved_and_waits_for_the"),
    "rejected": say("it_was_not_approved_we_will_come"),
    "payment_scheduled": say("it_is_approved_and_its_payment_is"),
    "payment_issued": say("its_payment_is_on_its_way_to"),
    "part_paid": say("it_is_paid_in_part_the_rest"),
    "paid": say("it_is_paid"),
    "payment_voided": say("its_payment_was_voided_we_will_come"),
    "payment_returned": say("its_payment_came_back_to_us_please"),
    "changed_after_sending": say("it_is_with_us_a_change_to"),
    "excluded": say("it_is_not_paid_this_way_we"),
}


def reply(row: Mapping[str, Any], payment: Mapping[str, Any] | None = None) -> str:
    """Two sentences or three about an invoice; `payment` is its latest one."""
    number = str(row["supplier_document"] or row["number"])
    parts = [say("your_invoice", number=number)]
    if day := _day(row.get("document_date")):
        parts.append(say("of", day=day))
    if row.get("amount"):
        amount = formats.money(Decimal(row["amount"]), str(row["currency"]))
        parts.append(say("over", amount=amount))
    said = f"{' '.join(parts)}: {_ENDS[str(row['state'])]}"
    if payment is not None and (paid := _paid(payment)):
        said += f" {paid}"
    elif str(row["state"]) not in {"paid", "excluded"} and (due := _day(row.get("due_date"))):
        said += say("it_is_due", due=due)
    return said


def _paid(payment: Mapping[str, Any]) -> str:
    if payment.get("state") not in {"issued", "cleared"}:
        return ""
    words = [str(payment.get("method") or say("payment"))]
    if payment.get("check_number"):
        words.append(str(payment["check_number"]))
    amount = formats.money(Decimal(payment["amount"]), str(payment["currency"]))
    words.append(say("over", amount=amount))
    if day := _day(payment.get("payment_date")):
        words.append(say("was_issued", day=day))
    if day := _day(payment.get("cleared_date")):
        words.append(say("and_cleared", day=day))
    return f"{' '.join(words)}."


def _day(text: Any) -> str:
    return formats.day(date.fromisoformat(str(text))) if text else ""
