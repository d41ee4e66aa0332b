"""The states of an invoice and of an outbox entry, as tables (product.md 3, house.md 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.domain.ap_documents import ApInvoice, ApPayment
from core.words import area

say = area(__name__)

#: State -> the word people read, and its kind of colour (design.md 2).
INVOICE_STATES: dict[str, tuple[str, str]] = {
    "ready": (say("ready"), "go"),
    "needs_mapping": (say("needs_mapping"), "warn"),
    "needs_review": (say("needs_review"), "warn"),
    "held": (say("held"), "warn"),
    "sending": (say("sending"), "go"),
    "in_doubt": (say("in_doubt"), "doubt"),
    "sent": (say("sent"), "wait"),
    "in_approval": (say("in_approval"), "wait"),
    "approved": (say("approved"), "wait"),
    "rejected": (say("rejected"), "bad"),
    "payment_scheduled": (say("payment_scheduled"), "wait"),
    "payment_issued": (say("payment_issued"), "wait"),
    "part_paid": (say("part_paid"), "wait"),
    "paid": (say("paid"), "ok"),
    "payment_voided": (say("payment_voided"), "bad"),
    "payment_returned": (say("payment_returned"), "bad"),
    "changed_after_sending": (say("changed_after_sending"), "warn"),
    "excluded": (say("excluded"), "wait"),
}

#: Outbox state -> states it may leave for. `ready -> done`: found before the first byte left.
OUTBOX_MOVES: dict[str, frozenset[str]] = {
    "ready": frozenset(("sending", "cancelled", "done", "review")),
    "sending": frozenset(("done", "rejected", "ready", "in_doubt")),
    "in_doubt": frozenset(("done", "review", "ready", "in_doubt", "rejected", "cancelled")),
    "rejected": frozenset(("cancelled",)),
    "review": frozenset(("done", "ready", "cancelled")),
    "done": frozenset(),
    "cancelled": frozenset(),
}
LIVE_OUTBOX = frozenset(("ready", "sending", "in_doubt", "rejected", "review"))

#: State of the AvidXchange invoice -> ours; `deleted` and `unknown` need more facts.
_BY_AP_STATE = {
    "received": "sent",
    "in_approval": "in_approval",
    "on_hold": "in_approval",
    "disputed": "in_approval",
    "approved": "approved",
    "exported": "approved",
    "rejected": "rejected",
}


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """What one payment settles of one invoice, and whether X3 holds it posted and not undone."""

    payment: ApPayment
    net: Decimal
    is_posted: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """State of a sent invoice and the word for its payments."""

    state: str
    payment: str = ""
    open_amount: Decimal | None = None


def payment_word(amount: Decimal, shares: Sequence[PaymentShare]) -> str:
    """Where the payments of an invoice of this signed amount stand (product.md 3 and 4)."""
    undone = {s.payment.state for s in shares if s.is_posted and s.payment.payment_class == "back"}
    if undone & {"returned", "refunded"}:
        return "returned"
    if undone:
        return "voided"
    out = _sum(shares, "out")
    moved = out + _sum(shares, "done")
    if moved == 0:
        return "scheduled" if _has_before(shares) else ""
    if abs(moved) < abs(amount):
        return "part_paid"
    return "issued" if out else "paid"


def _sum(shares: Sequence[PaymentShare], kind: str) -> Decimal:
    nets = (share.net for share in shares if share.payment.payment_class == kind)
    return sum(nets, Decimal(0))


def _has_before(shares: Sequence[PaymentShare]) -> bool:
    return any(share.payment.payment_class == "before" for share in shares)


def _has_unknown(shares: Sequence[PaymentShare]) -> bool:
    return any(share.payment.payment_class == "unknown" for share in shares)


_UNDONE = ("returned", "voided")
_BY_PAYMENT = {
    "returned": "payment_returned",
    "voided": "payment_voided",
    "scheduled": "payment_scheduled",
    "issued": "payment_issued",
    "part_paid": "part_paid",
    "paid": "paid",
}
_WORDS = {state: word for word, state in _BY_PAYMENT.items()}


def standing(
    found: ApInvoice, shares: Sequence[PaymentShare], *, last: str, was_withdrawn: bool
) -> Standing:
    """State of an invoice that stands in AvidXchange.

    `last` is the state before, kept when the status text is not known, of the invoice or of one of
    its payments. `was_withdrawn` tells that Crossfoot deleted it on a person's word.
    """
    word = payment_word(found.amount, shares)
    moved = _sum(shares, "out") + _sum(shares, "done")
    gone = found.state in ("rejected", "deleted")
    remaining = None if gone and not moved else found.amount - moved
    if word not in _UNDONE and last in _WORDS and _has_unknown(shares):
        return Standing(last, _WORDS[last], remaining)
    if word:
        return Standing(_BY_PAYMENT[word], word, remaining)
    if found.state == "deleted":
        return Standing("excluded" if was_withdrawn else "needs_review", "", None)
    if found.state == "unknown":
        return Standing(last or "sent", "", remaining)
    return Standing(_BY_AP_STATE[found.state], "", remaining)
