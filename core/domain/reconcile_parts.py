"""Why the two sides differ, document by document: each step taken apart into named parts; pure.

What the balances and steps are stands in `core.domain.reconcile`. A part is named only on evidence;
what no evidence accounts for is left, and is the unexplained part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from core.domain.reconcile_books import EXECUTED, REFUSED, ApSide, Position, Share, X3Side
from core.words import area

say = area(__name__)

TO_AVIDXCHANGE, TO_PAYMENTS = "x3-avidxchange", "avidxchange-payments"
STEPS = (TO_AVIDXCHANGE, TO_PAYMENTS)
UNEXPLAINED = "unexplained"

#: Cause -> its words, in the order of a statement.
CAUSES: Mapping[str, str] = {
    "not_sent_yet": say("not_sent_to_avidxchange_yet"),
    "in_transit": say("sent_not_shown_by_avidxchange_yet"),
    "in_approval": say("in_approval_in_avidxchange"),
    "not_posted_in_x3": say("in_avidxchange_not_posted_in_x3_yet"),
    "rejected": say("rejected_or_taken_back_in_avidxchange"),
    "changed_after_sending": say("changed_or_gone_in_x3_after_sending"),
    "recoded": say("amount_changed_in_avidxchange"),
    "rounding": say("rounding"),
    "currency": say("another_currency_in_avidxchange"),
    "paid_not_posted": say("paid_in_avidxchange_not_posted_in_x3"),
    "issued_not_cleared": say("payment_issued_not_cleared_by_the_bank"),
    "posted_by_hand": say("paid_or_closed_by_hand_in_x3"),
    "void_not_reversed": say("payment_voided_not_reversed_in_x3"),
    "returned": say("payment_returned_not_reversed_in_x3"),
    "not_ours": say("not_carried_by_crossfoot"),
    UNEXPLAINED: say("unexplained"),
}
_SENDING = frozenset(("sending", "in_doubt"))
_RETURNED = frozenset(("returned", "refunded"))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of one document's step, with the one cause it has.

    `document` is an X3 number, for what X3 does not have an id of AvidXchange or a key of an item.
    `before - after` is `amount`: what of it stands in the first and in the second balance of the
    step. `payment` is the payment it comes from.
    """

    company: str
    currency: str
    step: str
    cause: str
    document: str
    amount: int
    before: int = 0
    text: str = ""
    payment: str = ""
    supplier: str = ""

    @property
    def after(self) -> int:
        """What of it stands in the second balance."""
        return self.before - self.amount


def issued(position: Position) -> int:
    """What payments on their way to the bank take of a position."""
    return sum(share.net for share in position.shares if share.payment_class == "out")


_Named = tuple[str, int, str, str]  # cause, amount, text, payment


def parts_of(position: Position, *, waits_for_clearing: bool) -> Iterator[Part]:
    """Both steps of a position, taken apart."""
    if position.ap_currency != position.currency:
        yield from _in_two_currencies(position)
    else:
        step = position.open_x3 - position.open_ap
        if step or position.x3 or position.ap:
            named = list(_named(position, waits_for_clearing=waits_for_clearing))
            yield from _whole(position, TO_AVIDXCHANGE, step, position.open_x3, named)
    yield from _to_payments(position)


def _whole(
    position: Position, step: str, amount: int, before: int, named: Iterable[_Named]
) -> Iterator[Part]:
    """Parts that add up to the step: those with evidence, then what is left of it."""
    merged: dict[tuple[str, str, str], int] = defaultdict(int)
    for cause, part, text, payment in named:
        merged[cause, text, payment] += part
    left = amount - sum(merged.values())
    if left:
        text = say("no_document_of_either_side_accounts_for")
        merged[UNEXPLAINED, text, ""] += left
    for (cause, text, payment), part in merged.items():
        if part:
            yield Part(
                position.company, position.currency, step, cause, position.document, part,
                before=before, text=text, payment=payment, supplier=position.supplier,
            )  # fmt: skip
            before = 0


def _in_two_currencies(position: Position) -> Iterator[Part]:
    """An amount of one currency is never set off against one of another."""
    own, there = position.currency, position.ap_currency
    text = say("in_x3_in_avidxchange", own=own, there=there)
    common = (TO_AVIDXCHANGE, "currency", position.document)
    if position.open_x3:
        yield Part(
            position.company, own, *common, position.open_x3, before=position.open_x3, text=text,
            supplier=position.supplier,
        )  # fmt: skip
    if position.open_ap:
        yield Part(
            position.company, there, *common, -position.open_ap, text=text,
            supplier=position.supplier,
        )  # fmt: skip


def _named(position: Position, *, waits_for_clearing: bool) -> Iterator[_Named]:
    """The parts of `X3 - AvidXchange` that have evidence."""
    ap, x3 = position.ap, position.x3
    if ap is None:
        cause, text = _absent(position)
        if cause:
            yield cause, position.open_x3, text, ""
    elif not position.number:
        if not position.external_id:
            text = say("an_invoice_of_avidxchange_that")
            yield "not_ours", -position.open_ap, text, ""
    elif ap.state in REFUSED and not position.moved:
        text = ap.status or ap.state
        yield "rejected", position.open_x3, text, ""
    elif position.is_gone and x3 is None:
        text = say("x3_no_longer_shows_it")
        yield "changed_after_sending", -position.open_ap, text, ""
    elif x3 is None:
        yield "not_posted_in_x3", -ap.amount, position.why, ""
        unposted = [s for s in position.shares if s.payment_class in EXECUTED and not s.is_posted]
        yield from _unposted(unposted, waits_for_clearing=waits_for_clearing)
    else:
        yield from _invoiced(position, ap)
        yield from _paid(position, x3, waits_for_clearing=waits_for_clearing)


def _absent(position: Position) -> tuple[str, str]:
    """Why AvidXchange does not have it; nothing where it took it and no longer shows it."""
    if position.is_vanished:
        return "", ""
    if position.state in _SENDING or (position.external_id and position.state == "sent"):
        return "in_transit", position.why
    if position.state == "excluded":
        return "not_ours", position.why
    if position.external_id and position.sent is not None:
        return "", ""
    return "not_sent_yet", position.why


def _invoiced(position: Position, ap: ApSide) -> Iterator[_Named]:
    """Where the amount of the invoice itself differs; cents a line are rounding.

    X3's items against its own total are not named: a difference there is nobody's intention.
    """
    sent = position.sent if position.sent is not None else position.gross
    in_x3, there = position.gross - sent, sent - ap.amount
    cents = max(1, position.lines)
    if in_x3:
        is_rounding = abs(in_x3) <= cents and not position.is_changed
        cause = "rounding" if is_rounding else "changed_after_sending"
        yield cause, in_x3, say("x3s_total_is_not_what_was_sent"), ""
    if there and position.sent is None:
        if abs(there) <= cents:
            yield "rounding", there, say("avidxchanges_amount_is_not_x3s"), ""
        return
    if there:
        cause = "rounding" if abs(there) <= cents else "recoded"
        yield cause, there, say("avidxchanges_amount_is_not_what_was"), ""


def _paid(position: Position, x3: X3Side, *, waits_for_clearing: bool) -> Iterator[_Named]:
    """Where the payments differ: paid there and not posted, posted and taken back, by hand."""
    posted = sum(share.net for share in position.shares if share.is_posted)
    by_hand = x3.paid - posted
    sign = -1 if position.gross < 0 else 1
    unposted = [s for s in position.shares if s.payment_class in EXECUTED and not s.is_posted]
    if by_hand * sign > 0:
        unposted, by_hand = _set_off(unposted, by_hand, sign)
        yield "posted_by_hand", -by_hand, say("x3_shows_it_paid_by_somebody_else"), ""
    yield from _unposted(unposted, waits_for_clearing=waits_for_clearing)
    for share in position.shares:
        if share.is_posted and share.payment_class == "back":
            cause = "returned" if share.state in _RETURNED else "void_not_reversed"
            yield cause, -share.net, say("the_payment_is", state=share.state), share.payment_id
    if x3.closed:
        yield "posted_by_hand", -x3.closed, say("x3_closed_it_without_a_payment"), ""


def _set_off(unposted: list[Share], by_hand: int, sign: int) -> tuple[list[Share], int]:
    """What a person posted by hand of a payment of AvidXchange is no difference."""
    left: list[Share] = []
    for share in unposted:
        taken = sign * min(abs(share.net), abs(by_hand)) if share.net * sign > 0 else 0
        by_hand -= taken
        left.append(replace(share, net=share.net - taken))
    return left, by_hand


def _unposted(shares: Iterable[Share], *, waits_for_clearing: bool) -> Iterator[_Named]:
    for share in shares:
        if waits_for_clearing and share.payment_class == "out":
            text = say("x3_is_posted_when_it_clears")
            yield "issued_not_cleared", share.net, text, share.payment_id
        else:
            yield "paid_not_posted", share.net, say("x3_does_not_have_it_yet"), share.payment_id


def _to_payments(position: Position) -> Iterator[Part]:
    """What AvidXchange holds open and does not pay yet, and what left it and not the bank."""
    if position.ap is None and not position.shares:
        return
    named: list[_Named] = []
    step = -issued(position)
    if not position.is_released and position.open_ap:
        step += position.open_ap
        text = (position.ap.status if position.ap else "") or say("not_released_for_payment")
        named.append(("in_approval", position.open_ap, text, ""))
    named += [
        ("issued_not_cleared", -share.net, say("on_its_way"), share.payment_id)
        for share in position.shares
        if share.payment_class == "out"
    ]
    placed = replace(position, currency=position.ap_currency)
    before = 0 if position.is_released else position.open_ap
    yield from _whole(placed, TO_PAYMENTS, step, before, named)
