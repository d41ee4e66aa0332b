"""What a person puts aside: invoices held or excluded, payments held; and which of them may be.

An invoice can be put aside while AvidXchange surely does not have it, a payment while X3 surely
does not have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.store import journal, reviews
from core.store.invoices import InvoiceRow, invoice_rows
from core.store.journal import OutboxRow
from core.store.payments import PaymentRow, payment_rows
from core.store.reviews import DecisionRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

HOLD, RELEASE, EXCLUDE = "hold", "release", "exclude"
INVOICE, PAYMENT = "invoice", "payment"
#: How each kind of document can be decided.
HOWS = {INVOICE: (HOLD, RELEASE, EXCLUDE), PAYMENT: (HOLD, RELEASE)}
_UNDER_WAY = ("sending", "in_doubt", "review", "ready")
_NOT_SENT = frozenset(("ready", "needs_mapping", "needs_review", "held", "excluded"))


def put_aside(store: Store, names: Iterable[str]) -> dict[str, list[DecisionRow]]:
    """Invoice number or `payment_name` -> the decisions in force that put it aside; indexed."""
    found: dict[str, list[DecisionRow]] = defaultdict(list)
    for decision in reviews.decisions(store, names):
        if decision.how in (HOLD, EXCLUDE):
            found[decision.document].append(decision)
    return found


def payment_name(payment_id: str) -> str:
    """The name that decisions about a payment are noted under; no invoice bears it."""
    return f"payment {payment_id}"


def why(reason: str) -> str:
    """The sentence of a document that a person holds."""
    return say("a_person_holds_it", reason=reason.strip().rstrip("."))


def held_payments(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Payment id -> why a person holds it, of those that are held; indexed."""
    names = {payment_name(payment_id): payment_id for payment_id in ids}
    found = put_aside(store, names)
    return {names[name]: why(standing[-1].reason) for name, standing in found.items()}


def standings(
    store: Store, documents: Iterable[str], kind: str
) -> Mapping[str, Standing | PaymentStanding]:
    """How documents of a kind stand: invoices by number, payments by id."""
    looked: dict[str, Callable[..., Mapping[str, Standing | PaymentStanding]]]
    looked = {INVOICE: invoice_standings, PAYMENT: payment_standings}
    return looked[kind](store, documents)


def invoice_standings(store: Store, numbers: Iterable[str]) -> dict[str, Standing]:
    """Invoice number -> how it stands; in the order given, indexed."""
    wanted = list(dict.fromkeys(numbers))
    rows = {row.number: row for row in invoice_rows(store, numbers=wanted)}
    aside = put_aside(store, rows)
    last = {entry.key: entry for entry in journal.rows_of(store, rows, ("invoice",))}
    return {
        number: Standing(number, rows.get(number), last.get(number), tuple(aside.get(number, ())))
        for number in wanted
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """An invoice as far as putting it aside goes.

    `name` is what its decisions are noted under. `row` is None when X3 has shown none;
    `submission` is its last one; `decisions` put it aside.
    """

    name: str
    row: InvoiceRow | None
    submission: OutboxRow | None
    decisions: tuple[DecisionRow, ...]

    @property
    def is_held(self) -> bool:
        """Whether a person holds it."""
        return any(one.how == HOLD for one in self.decisions)

    @property
    def is_seen(self) -> bool:
        """Whether being put aside is what is shown of it, and nothing that it lacks besides."""
        if self.row is None or not self.decisions:
            return False
        shown = {why(one.reason) for one in self.decisions if one.how == HOLD}
        return self.row.state == "excluded" or (self.row.state == "held" and self.row.why in shown)

    def why_not(self, how: str) -> str:
        """Why it cannot be decided so; empty when it can."""
        row = self.row
        if row is None:
            return say("x3_has_shown_no_such_invoice")
        if row.gone:
            return say("x3_no_longer_shows_it")
        is_there = row.state not in _NOT_SENT
        if is_there or (self.submission is not None and _may_be_there(self.submission, row)):
            return say("it_is_not_only_here_any_more")
        if how != RELEASE and row.state == "excluded":
            return say("it_is_excluded_already")
        return _already(self.decisions, how)


def payment_standings(store: Store, ids: Iterable[str]) -> dict[str, PaymentStanding]:
    """Payment id -> how it stands; in the order given, indexed."""
    wanted = list(dict.fromkeys(ids))
    rows = {row.payment_id: row for row in payment_rows(store, ids=wanted)}
    aside = put_aside(store, map(payment_name, rows))
    under_way = {
        str(entry.info["payment_id"])
        for entry in journal.outbox_rows(store, states=_UNDER_WAY)
        if entry.kind == PAYMENT and not entry.is_unsent
    }
    return {
        payment_id: PaymentStanding(
            payment_name(payment_id),
            rows.get(payment_id),
            payment_id in under_way,
            tuple(aside.get(payment_name(payment_id), ())),
        )
        for payment_id in wanted
    }


@dataclass(frozen=True, slots=True)
class PaymentStanding:
    """A payment as far as holding it goes.

    `name` is what its decisions are noted under. `row` is None when AvidXchange has shown none.
    `is_under_way`: X3 was asked to post it and may have done so.
    """

    name: str
    row: PaymentRow | None
    is_under_way: bool
    decisions: tuple[DecisionRow, ...]

    def why_not(self, how: str) -> str:
        """Why it cannot be decided so; empty when it can."""
        if self.row is None:
            return say("avidxchange_has_shown_no_such_payment")
        if how == HOLD and (self.row.posted or self.is_under_way):
            return say("x3_has_it_or_may_have_it")
        if how == HOLD and self.row.payment_class == "back":
            return say("its_money_came_back")
        return _already(self.decisions, how)


def _already(decisions: Sequence[DecisionRow], how: str) -> str:
    """Why this decision would say nothing new; empty when it says something."""
    ways = {decision.how for decision in decisions}
    if how == RELEASE:
        return "" if ways else say("it_is_neither_held_nor_excluded")
    return say("it_is_held_already") if how in ways else ""


def _may_be_there(submission: OutboxRow, row: InvoiceRow) -> bool:
    """Whether its last submission was sent and neither refused nor given up."""
    if submission.state == "done":
        return submission.revision >= row.revision
    return not submission.is_unsent and submission.state not in ("rejected", "cancelled")
