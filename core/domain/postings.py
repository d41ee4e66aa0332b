"""Which payment is posted to X3, spread over which open items, or why not (avidxchange.md 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from core.domain.ap_documents import ApPayment, Remittance, fold
from core.domain.books import Books
from core.domain.canonical import content_hash
from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Finding
from core.domain.policy import Policy
from core.domain.reference_documents import PERIOD_CLOSED, PERIOD_OPEN
from core.words import area

say = area(__name__)

Period = Literal["as dated", "accepted", "refused"]
_REF_LENGTH = 20
_ID_LENGTH = 14


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a payment to post: how much of which open item; negative for a credit.

    `used` is what will be paid of the item when this payment's turn comes.
    """

    item: OpenItem
    amount: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Posting:
    """One X3 payment to make; amounts in the payment's currency."""

    reference: str
    payment: ApPayment
    date: date
    company: str
    site: str
    partner: str
    bank: str
    shares: tuple[Share, ...]
    numbers: tuple[str, ...]
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """An invoice a payment names, with what X3 shows open of it."""

    invoice: Invoice
    items: tuple[OpenItem, ...]
    is_credit: bool


@dataclass(slots=True)
class Balances:
    """What is open of each item while several postings of one plan take from it."""

    taken: dict[str, Decimal] = field(default_factory=dict)

    def left(self, item: OpenItem) -> Decimal:
        """Open amount of an item less what this plan has given away already."""
        return item.open_amount - self.taken.get(item.key, Decimal(0))

    def used(self, item: OpenItem) -> Decimal:
        """Paid and provisionally paid, with what this plan has given away before."""
        return item.paid + item.provisional + self.taken.get(item.key, Decimal(0))

    def copy(self) -> Balances:
        """The same, to take from without taking from this one."""
        return Balances(dict(self.taken))

    def take(self, item: OpenItem, amount: Decimal) -> None:
        """Give part of an item away; `amount` is positive."""
        self.taken[item.key] = self.taken.get(item.key, Decimal(0)) + amount


def is_due(payment: ApPayment, policy: Policy) -> bool:
    """Whether the payment has come far enough to be posted (setting `post_when`)."""
    classes = ("out", "done") if policy.post_when == "issued" else ("done",)
    return payment.payment_class in classes


def posting_date(payment: ApPayment, policy: Policy) -> date | None:
    """The day a payment is posted under (avidxchange.md 5.2 and 10.6)."""
    if policy.post_when == "cleared":
        return payment.cleared_date or payment.status_date
    return payment.payment_date or payment.cleared_date or payment.status_date


def hand_basis(payment: ApPayment) -> str:
    """What a person's word that they post a payment by hand is given for: this money, no other.

    No words: it is compared with what stands in the store, in whatever language that was written.
    """
    return f"by_hand:{payment.payment_id}:{money_of(payment)}"


def reference_of(payment: ApPayment, sequence: int) -> str:
    """X3's REF: `AVD` + payment id, and `-n` for a posting after a reversal."""
    return f"AVD{payment.payment_id}" + (f"-{sequence}" if sequence else "")


def decide(
    payment: ApPayment,
    paid: Mapping[str, PaidInvoice],
    books: Books,
    policy: Policy,
    balances: Balances,
    *,
    sequence: int = 0,
    period: Period = "as dated",
) -> Posting | Finding:
    """The posting of a payment that is due and not posted, or the finding that holds it.

    `period` tells whether a person let it go to the next open one, and whether X3 said no to its
    own date, whatever its periods show. `paid` maps external ids to invoices of ours. Takes from
    `balances` only when it posts.
    """
    document = payment.payment_id
    reference = reference_of(payment, sequence)
    if len(document) > _ID_LENGTH or len(reference) > _REF_LENGTH:
        return Finding("PAY-01", document, say("is_longer_than_x3s_ref", reference=reference))
    remittances = payment.remittances or ()
    problem = _sums(payment, remittances) or _membership(payment, remittances, paid)
    if problem:
        return problem
    invoices = [paid[remittance.external_id] for remittance in remittances]
    unposted = [entry.invoice.number for entry in invoices if not entry.invoice.is_posted]
    if unposted:
        text = say("invoice_is_paid_but_not_posted_in", unposted=", ".join(unposted))
        return Finding("PER-02", document, text, how=("done",))
    day = _day(payment, invoices[0].invoice.company, books, policy, period)
    if isinstance(day, Finding):
        return day
    bank = policy.bank_of(invoices[0].invoice.company)
    if not bank:
        text = say("x3_payment_bank_names_none_for_company", company=invoices[0].invoice.company)
        return Finding("CFG-01", document, text, state="needs_review")
    shares = _spread(payment, remittances, invoices, balances)
    if isinstance(shares, Finding):
        return shares
    return _posting(payment, reference, day, bank, invoices, shares, balances)


def _posting(
    payment: ApPayment,
    reference: str,
    day: date,
    bank: str,
    invoices: Sequence[PaidInvoice],
    shares: list[Share],
    balances: Balances,
) -> Posting | Finding:
    partners = {share.item.pay_to or share.item.partner for share in shares}
    if len(partners) != 1:
        text = say("it_pays_several_suppliers_of_x3", sorted=", ".join(sorted(partners)))
        return Finding("PAY-01", payment.payment_id, text)
    for share in shares:
        balances.take(share.item, abs(share.amount))
    first = invoices[0].invoice
    return Posting(
        reference=reference,
        payment=payment,
        date=day,
        company=first.company,
        site=first.site,
        partner=partners.pop(),
        bank=bank,
        shares=tuple(shares),
        numbers=tuple(dict.fromkeys(entry.invoice.number for entry in invoices)),
        notes=tuple(discounts(payment)),
    )


def _sums(payment: ApPayment, remittances: Sequence[Remittance]) -> Finding | None:
    if not remittances:
        return Finding("PAY-01", payment.payment_id, say("it_names_no_invoices"))
    total = sum((remittance.net for remittance in remittances), Decimal(0))
    if total != payment.amount or payment.amount <= 0:
        text = say("its_invoices_add_up_to_the_payment", total=total, amount=payment.amount)
        return Finding("PAY-01", payment.payment_id, text)
    return None


def _membership(
    payment: ApPayment, remittances: Sequence[Remittance], paid: Mapping[str, PaidInvoice]
) -> Finding | None:
    """All remittances are invoices we sent, of one company and the payment's currency."""
    foreign = [r.number or r.invoice_id for r in remittances if r.external_id not in paid]
    if foreign:
        text = say("it_also_pays_what_crossfoot_did_not", foreign=", ".join(foreign))
        return Finding("PAY-01", payment.payment_id, text)
    invoices = [paid[remittance.external_id].invoice for remittance in remittances]
    companies = sorted({invoice.company for invoice in invoices})
    if len(companies) > 1:
        text = say("it_pays_invoices_of_several_companies", companies=", ".join(companies))
        return Finding("PAY-01", payment.payment_id, text)
    currencies = {invoice.currency for invoice in invoices} | {payment.currency}
    if len(currencies) > 1:
        text = say("payment_and_invoices_are_in", sorted=", ".join(sorted(currencies)))
        return Finding("PAY-01", payment.payment_id, text)
    return None


def _day(
    payment: ApPayment, company: str, books: Books, policy: Policy, period: Period
) -> date | Finding:
    """The posting date, in an open period."""
    day = posting_date(payment, policy)
    if day is None:
        return Finding("PAY-01", payment.payment_id, say("avidxchange_gives_no_date_for_it"))
    status = PERIOD_CLOSED if period == "refused" else books.period_status(company, day)
    if status in (None, PERIOD_OPEN):
        return day
    if status == PERIOD_CLOSED and (period != "as dated" or policy.closed_period == "next"):
        moved = books.next_open_day(company, day)
        if moved:
            return moved
        if not books.periods.get(company):
            return day  # not published: X3 may have opened it again since it refused
    what = "is closed" if status == PERIOD_CLOSED else say("is_not_open_yet")
    how = ("accept",) if status == PERIOD_CLOSED else ("done",)
    text = say("it_is_dated_that_period_of_in", day=day, company=company, what=what)
    return Finding("PER-01", payment.payment_id, text, how=how, basis=str(day))


def _spread(
    payment: ApPayment,
    remittances: Sequence[Remittance],
    invoices: Sequence[PaidInvoice],
    balances: Balances,
) -> list[Share] | Finding:
    """Each remittance over its invoice's open items, oldest due date first."""
    shares: list[Share] = []
    used: dict[str, Decimal] = {}
    for remittance, entry in zip(remittances, invoices, strict=True):
        rest = -remittance.net if entry.is_credit else remittance.net
        sign = -1 if entry.is_credit else 1
        for item in sorted(entry.items, key=lambda i: (i.due_date or date.max, i.due_line or 0)):
            left = balances.left(item) - used.get(item.key, Decimal(0))
            part = min(left, rest)
            if part > 0:
                shares.append(Share(item, sign * part, balances.used(item)))
                used[item.key] = used.get(item.key, Decimal(0)) + part
                rest -= part
        if rest != 0:
            text = say(
                "it_pays_of_invoice_x3_shows_less",
                net=abs(remittance.net),
                currency=payment.currency,
                number=entry.invoice.number,
                rest=abs(rest),
            )
            return Finding("BAL-01", payment.payment_id, text)
    return _unambiguous(payment, shares, invoices)


def _unambiguous(
    payment: ApPayment, shares: list[Share], invoices: Sequence[PaidInvoice]
) -> list[Share] | Finding:
    """X3 finds an item by type, number and due line; several such: a person (sage-x3.md 10.5)."""
    for share in shares:
        name = (share.item.type, share.item.number, share.item.due_line)
        same = {
            item.key
            for entry in invoices
            for item in entry.items
            if (item.type, item.number, item.due_line) == name
        }
        if len(same) > 1:
            text = say("several_open_items_of_have_the_due", number=share.item.number, name=name[2])
            return Finding("PAY-01", payment.payment_id, text)
    return shares


def discounts(payment: ApPayment) -> list[Finding]:
    """What a discount leaves open in X3, one note each; stands until a person has done it."""
    return [
        Finding(
            "PAY-01",
            payment.payment_id,
            say(
                "a_discount_of_on_stays_open_in",
                discount=remittance.discount,
                number=remittance.number,
            ),
            cause=f"discount {payment.payment_id} {remittance.number}",
            blocks=False,
            notes=True,
            how=("done",),
            basis=str(remittance.discount),
        )
        for remittance in payment.remittances or ()
        if remittance.discount
    ]


def money_of(payment: ApPayment) -> str:
    """Hash of what is paid to whom: amount, currency and remittances."""
    shares = sorted((r.external_id, r.net) for r in payment.remittances or ())
    return content_hash([payment.amount, payment.currency, shares])


def identity_of(payment: ApPayment) -> str:
    """Hash of what a re-issue under the same id changes: method and check number."""
    return content_hash([payment.method, payment.printed_check_number])


def replaces(new: ApPayment, old: ApPayment) -> bool:
    """Whether `new` is a re-issue of `old` under another id (avidxchange.md 5.2, R2)."""
    if new.payment_id == old.payment_id:
        return False
    if new.external_ids or old.external_ids:
        return bool(set(new.external_ids) & set(old.external_ids))
    same = fold(new.vendor_code) == fold(old.vendor_code) and money_of(new) == money_of(old)
    return same and old.payment_class == "back"


def after_posting(payment: ApPayment, reference: str, x3_payment: str) -> Finding | None:
    """What a person must do about a payment that was posted and has come back or changed."""
    number = payment.check_number or payment.payment_id
    day = payment.status_date or payment.cleared_date
    head = f"{payment.status_text or payment.state}{say('on', day=day) if day else ''}"
    if payment.state in ("voided", "stopped", "reissued"):
        text = say(
            "payment_is_in_avidxchange_reverse",
            number=number,
            head=head.lower(),
            x3_payment=x3_payment,
            reference=reference,
        )
        return Finding("VOI-01", payment.payment_id, text, basis=payment.state)
    if payment.state in ("returned", "refunded"):
        less = ""
        if payment.refund_amount is not None and payment.refund_amount != payment.amount:
            less = say("of_came_back", refund_amount=payment.refund_amount, amount=payment.amount)
        text = say(
            "payment_is_reverse_in_x3",
            number=number,
            head=head.lower(),
            less=less,
            x3_payment=x3_payment,
            reference=reference,
        )
        return Finding("RET-01", payment.payment_id, text, basis=payment.state)
    return None


def after_refund(payment: ApPayment, basis: str, x3_payment: str) -> Finding:
    """A payment that had been refunded and is out again: a person says whether it is (5.2)."""
    number = payment.check_number or payment.payment_id
    shown = payment.status_text or payment.state
    text = say("payment_had_been_refunded_and_shows_as", number=number, shown=shown)
    if x3_payment:
        text += say("x3_holds_it_as_nothing_was_changed", x3_payment=x3_payment)
        fix = say("find_out_which_is_true_in_the")
        return Finding("RET-01", payment.payment_id, text, basis=basis, how=("done",), fix=fix)
    text += say("nothing_was_posted")
    fix = say("accept_it_when_the_supplier_is_being")
    how = ("accept", "done")
    return Finding("RET-01", payment.payment_id, text, basis=basis, how=how, fix=fix)


def is_overdue_failure(payment: ApPayment, now: date, policy: Policy) -> bool:
    """A failed payment that does not cure itself, or has not within two days."""
    if payment.state != "failed":
        return False
    if any(code not in policy.curable_exceptions for code in payment.exceptions):
        return True
    changed = payment.last_modified.date() if payment.last_modified else None
    since = payment.status_date or changed
    return since is not None and now - since > timedelta(days=2)
