"""Whether what stands on the far side is what we sent: invoices by content, payments by REF."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.domain.ap_documents import ApInvoice
from core.domain.approvals import differs
from core.domain.sent import submitted_of
from core.ports import PaymentLookup
from core.store.journal import OutboxRow
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class PaymentVerdict:
    """A payment found and equal (`number`), a reason for a person, or neither: not posted."""

    number: str = ""
    problem: str = ""


def difference_of_invoice(row: OutboxRow, found: ApInvoice) -> str:
    """How vendor, number, amount or currency differ (avidxchange.md 2.12); empty when equal."""
    return differs(found, submitted_of(row.info))


def payment_verdict(row: OutboxRow, lookup: PaymentLookup) -> PaymentVerdict:
    """What a look-up by REF says of one payment (sage-x3.md 5.5)."""
    rows = lookup.rows
    if len(rows) > 1:
        numbers = ", ".join(sorted(found.number for found in rows))
        return PaymentVerdict(
            problem=say("x3_has_several_times", reference=row.reference, numbers=numbers)
        )
    if not rows:
        if lookup.is_conclusive:
            return PaymentVerdict()
        text = say("x3s_list_for_was_full_whether_it", reference=row.reference)
        return PaymentVerdict(problem=text)
    found = rows[0]
    amount = Decimal(str(row.info["amount"]))
    wanted = (str(row.info["partner"]), str(row.info["currency"]))
    if (found.partner, found.currency) != wanted or found.amount != amount:
        text = say(
            "x3_has_under_instead_of",
            number=found.number,
            reference=row.reference,
            partner=found.partner,
            amount=found.amount,
            currency=found.currency,
            wanted=wanted[0],
            amount2=amount,
            wanted2=wanted[1],
        )
        return PaymentVerdict(problem=text)
    return PaymentVerdict(number=found.number)
