"""A submitted invoice that X3 no longer shows, or shows paid by somebody else; pure.

Told at once with the amount, and never acted on by itself (product.md 4, *Reversed in X3*).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from core.domain import absence
from core.domain.absence import Absence
from core.domain.ap_documents import ApInvoice
from core.domain.findings import Finding
from core.domain.policy import Policy
from core.domain.postings import is_due
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.domain.sent import SentInvoice

#: How a fix ends where the wire no longer offers a withdrawal.
IN_THE_PORTAL = say("have_it_taken_back_in_avidxchanges")


def findings(sent: SentInvoice, found: ApInvoice, policy: Policy) -> Iterator[Finding]:
    """Gone from X3, or closed or paid there without a payment of ours."""
    elsewhere = paid_elsewhere(sent, policy)
    lost = _loss(sent, elsewhere)
    if lost is not None and found.state not in policy.changeable and not lost.how:
        fix = say("keep_it_or", in_the_portal=IN_THE_PORTAL)
        lost = replace(lost, how=("keep", "done"), fix=fix)
    if lost is not None:
        yield lost
    elif elsewhere > 0:
        yield _part_paid_elsewhere(sent, found, policy, elsewhere)


def _loss(sent: SentInvoice, elsewhere: Decimal) -> Finding | None:
    """The DEL-01 of what X3 no longer shows, or shows closed by somebody else."""
    number, items = sent.invoice.number, sent.candidate.items
    if sent.is_gone:
        return absence.finding(number, sent.absence or Absence(), was_sent=True)
    if _was_paid_by_us(sent):
        return None
    if sent.absence:
        return absence.finding(number, sent.absence, was_sent=True)
    if sent.reversed_by:
        text = say("credit_memo_takes_the_whole_of_it", reversed_by=sent.reversed_by)
        return Finding("DEL-01", number, text, basis=f"reversed by {sent.reversed_by}")
    if sent.invoice.is_posted and items and all(item.is_closed for item in items):
        return Finding("DEL-01", number, _closed_text(sent, elsewhere), basis="closed")
    return None


def _closed_text(sent: SentInvoice, elsewhere: Decimal) -> str:
    if elsewhere <= 0:
        return say("all_its_open_items_are_closed_in")
    amount = f"{elsewhere:.2f} {sent.invoice.currency}"
    return say("all_its_open_items_are_closed_in_2", amount=amount)


def _part_paid_elsewhere(
    sent: SentInvoice, found: ApInvoice, policy: Policy, elsewhere: Decimal
) -> Finding:
    """Somebody else pays in X3 what AvidXchange is to pay: told at once, with the amount."""
    amount = f"{elsewhere:.2f} {sent.invoice.currency}"
    may_withdraw = found.state in policy.changeable and not has_money(sent)
    return Finding(
        "BAL-01",
        sent.invoice.number,
        say("x3_shows_of_it_paid_by_somebody", amount=amount),
        basis=f"paid in X3: {amount}",
        title=say("it_was_paid_in_x3_while_avidxchange"),
        fix=say("take_it_back_from_avidxchange_or_stop"),
        how=("withdraw", "done") if may_withdraw else ("done",),
    )


def paid_elsewhere(sent: SentInvoice, policy: Policy) -> Decimal:
    """What X3 shows paid of an invoice beyond our own postings; 0 where that cannot be told yet.

    A payment of ours that is due and not posted tells it itself when its turn comes.
    """
    waiting = [s for s in sent.shares if is_due(s.payment, policy) and not s.is_posted]
    if waiting or sent.is_gone:
        return Decimal(0)
    paid = sum((item.paid + item.provisional for item in sent.candidate.items), Decimal(0))
    ours = sum((share.net for share in sent.shares if share.is_posted), Decimal(0))
    return max(paid - abs(ours), Decimal(0))


def _was_paid_by_us(sent: SentInvoice) -> bool:
    """A payment that came back closed the items too, until its posting is reversed in X3."""
    return has_money(sent) or any(share.is_posted for share in sent.shares)


def has_money(sent: SentInvoice) -> bool:
    """Whether a payment of AvidXchange for it is out or done."""
    return any(share.payment.payment_class in ("out", "done") for share in sent.shares)
