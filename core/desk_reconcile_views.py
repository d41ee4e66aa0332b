"""What front ends are shown of a month end: frozen values, ready to draw; no query is made here.

Amounts are texts with the currency's decimals, instants ISO texts in UTC, days ISO texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.money import Money
from core.domain.reconcile import Difference, Moved, Statement
from core.domain.reconcile_parts import CAUSES, TO_AVIDXCHANGE, UNEXPLAINED
from core.words import area

say = area(__name__)

#: Cause -> who acts next, in words; empty where nobody has to.
ACTS: Mapping[str, str] = {
    "not_sent_yet": say("clerk_clear_what_holds_it_needs_review"),
    "in_transit": say("nobody_it_is_looked_up_by_itself"),
    "in_approval": say("approvers_in_avidxchange"),
    "not_posted_in_x3": say("clerk_post_the_invoice_in_x3"),
    "rejected": say("clerk_correct_and_send_again_or_cancel"),
    "changed_after_sending": say("clerk_keep_what_was_sent_or_withdraw"),
    "recoded": say("controller_book_the_approvers_change_in"),
    "rounding": say("controller_write_off_the_cents"),
    "currency": say("clerk_correct_the_currency_on_one_side"),
    "paid_not_posted": say("nobody_while_the_next_run_posts_it"),
    "issued_not_cleared": say("nobody_the_bank_clears_it"),
    "posted_by_hand": say("clerk_stop_the_payment_in_avidxchange"),
    "void_not_reversed": say("clerk_reverse_the_payment_in_x3"),
    "returned": say("clerk_reverse_the_payment_in_x3"),
    "not_ours": say("nobody_it_does_not_go_through_crossfoot"),
    UNEXPLAINED: say("controller_find_the_cause_and_note_it"),
}
#: Cause -> its words, in the order of a statement.
CAUSE_TITLES: Mapping[str, str] = CAUSES
STEP_TITLES: Mapping[str, str] = {
    TO_AVIDXCHANGE: say("sage_x3_avidxchange"),
    "avidxchange-payments": say("avidxchange_payments"),
}


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """What can be reconciled: months as `YYYY-MM`, newest first, and the companies by code."""

    months: tuple[str, ...]
    companies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BalanceView:
    """The balances of a company and currency: x3 = avidxchange + explained + unexplained.

    `to_payments` is AvidXchange less payments. `paid`, `posted` and `cleared` are of the period.
    """

    company: str
    currency: str
    x3: str
    avidxchange: str
    payments: str
    explained: str
    unexplained: str
    to_payments: str
    open_items: int
    open_invoices: int
    open_payments: int
    documents: int
    causes: int
    paid: str
    posted: str
    cleared: str


@dataclass(frozen=True, slots=True)
class CauseView:
    """One line: all documents of one cause in one step. `state` is explained or unexplained.

    `in_x3` and `in_avidxchange` are what stands in the first and second balance of the step.
    """

    company: str
    currency: str
    step: str
    cause: str
    title: str
    acts: str
    documents: int
    in_x3: str
    in_avidxchange: str
    amount: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document of a line: `text` says why, `payment` names the payment it comes from.

    `is_invoice`: X3 has shown an invoice of that number.
    """

    document: str
    supplier: str
    supplier_name: str
    due_day: str
    amount: str
    in_x3: str
    in_avidxchange: str
    text: str
    payment: str
    note: str = ""
    is_invoice: bool = False


@dataclass(frozen=True, slots=True)
class MovedView:
    """A document that stands otherwise than in the statement before."""

    document: str
    company: str
    currency: str
    before: str
    before_amount: str
    now: str
    now_amount: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """A month end as it was kept under `id`.

    `changed` counts the documents that stand otherwise than in the statement before it, whose id
    is `before` (0 for none). `signed_by` is empty until it is signed off. `may_sign` is False for a
    month that has not ended, and for a statement after which a later one was made. `files` are what
    a sign-off has just written, `files_problem` says why that is not all.
    """

    id: int
    period: str
    title: str
    company: str
    at: str
    read_x3: str
    read_avidxchange: str
    is_as_of_today: bool
    hash: str
    snapshot: int
    snapshot_hash: str
    balances: tuple[BalanceView, ...]
    causes: tuple[CauseView, ...]
    by: str
    made_at: str
    before: int
    changed: int
    may_sign: bool
    signed_by: str = ""
    signed_at: str = ""
    note: str = ""
    files: tuple[str, ...] = ()
    files_problem: str = ""

    @property
    def is_explained(self) -> bool:
        """Whether every cent has a cause."""
        return all(line.state != UNEXPLAINED for line in self.causes)


def amount(minor: int, currency: str) -> str:
    """The canonical text of an amount."""
    return Money(minor, currency).text


def balance_views(statement: Statement) -> Iterator[BalanceView]:
    """The balances with what explains their first step."""
    for found in statement.balances:
        lines = statement.of(found.company, found.currency, TO_AVIDXCHANGE)
        loose = sum(line.amount for line in lines if line.cause == UNEXPLAINED)
        named = [line for line in lines if line.cause != UNEXPLAINED]
        money = found.currency
        yield BalanceView(
            company=found.company,
            currency=money,
            x3=amount(found.x3, money),
            avidxchange=amount(found.avidxchange, money),
            payments=amount(found.payments, money),
            explained=amount(sum(line.amount for line in named), money),
            unexplained=amount(loose, money),
            to_payments=amount(found.avidxchange - found.payments, money),
            open_items=found.open_items,
            open_invoices=found.open_invoices,
            open_payments=found.open_payments,
            documents=len({name for line in lines for name in line.documents}),
            causes=len(named),
            paid=amount(found.paid, money),
            posted=amount(found.posted, money),
            cleared=amount(found.cleared, money),
        )


def cause_view(line: Difference, note: str) -> CauseView:
    """A line with the note a person left on its cause."""
    is_loose = line.cause == UNEXPLAINED
    return CauseView(
        company=line.company,
        currency=line.currency,
        step=line.step,
        cause=line.cause,
        title=CAUSES[line.cause],
        acts=ACTS[line.cause],
        documents=len(line.documents),
        in_x3=amount(line.before, line.currency),
        in_avidxchange=amount(line.after, line.currency),
        amount=amount(line.amount, line.currency),
        state=UNEXPLAINED if is_loose else "explained",
        note=note,
    )


def moved_view(moved: Moved) -> MovedView:
    """What changed about one document, its causes in words."""
    return MovedView(
        moved.document,
        moved.company,
        moved.currency,
        _titles(moved.before),
        amount(moved.before_amount, moved.currency),
        _titles(moved.now),
        amount(moved.now_amount, moved.currency),
    )


def _titles(causes: str) -> str:
    return ", ".join(CAUSES[name] for name in causes.split(", ") if name)


def line_members(statement: Statement) -> Iterator[dict[str, Any]]:
    """`reconcile --json`: one object a difference (product.md 6), then one of totals.

    Amounts are X3 less AvidXchange, and AvidXchange less payments; `between` tells which.
    """
    for line in statement.differences:
        yield {
            "company": line.company,
            "currency": line.currency,
            "cause": line.cause,
            "amount": amount(line.amount, line.currency),
            "documents": list(line.documents),
            "between": line.step,
        }


def totals_members(view: StatementView) -> dict[str, Any]:
    """The last line of `reconcile --json`."""
    return {
        "period": view.period,
        "title": view.title,
        "at": view.at,
        "read": {"x3": view.read_x3, "avidxchange": view.read_avidxchange},
        "as_of_today": view.is_as_of_today,
        "hash": view.hash,
        "snapshot": view.snapshot_hash,
        "changed": view.changed,
        "signed_by": view.signed_by,
        "explained": view.is_explained,
        "totals": [
            {
                "company": found.company,
                "currency": found.currency,
                "x3": found.x3,
                "avidxchange": found.avidxchange,
                "payments": found.payments,
                "explained": found.explained,
                "unexplained": found.unexplained,
            }
            for found in view.balances
        ],
    }
