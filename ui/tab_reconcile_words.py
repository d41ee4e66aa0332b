"""What a month-end statement says on the screen: months, the equation, rows of its lists.

Amounts come as exact texts and are added up as such; nothing is rounded here. No widget.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from PySide6.QtCore import QDate, QLocale

from core import views
from core.desk_reconcile_views import (
    STEP_TITLES,
    BalanceView,
    CauseView,
    DocumentView,
    MovedView,
    StatementView,
)
from core.words import area
from ui import formats, frame_words
from ui.list_spec import Row

say = area(__name__)

#: The two steps, from X3 to AvidXchange and from there to the payments.
STEPS = tuple(STEP_TITLES)
#: Step -> what it leads from and to.
STEP_WORDS = (say("sage_x3_to_avidxchange"), say("avidxchange_to_payments"))
UNEXPLAINED = "unexplained"
#: Stands for every company in the choice of one.
ALL_COMPANIES = say("all_companies")


def month(period: str) -> str:
    """`October 2026` for `2026-10`."""
    year, number = (int(part) for part in period.split("-"))
    english = QLocale(QLocale.Language.English)
    return english.toString(QDate(year, number, 1), say("mmmm_yyyy"))


def last_day(period: str) -> date:
    """The last day of a month."""
    year, number = (int(part) for part in period.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def has_ended(period: str) -> bool:
    """Whether a month is over where the person sits."""
    return datetime.now(UTC).astimezone().date() > last_day(period)


def month_to_offer(months: Sequence[str]) -> str:
    """Which month is shown first: the one that ended last, else the one that goes on."""
    return months[min(1, len(months) - 1)] if months else ""


def currencies(view: StatementView) -> list[str]:
    """Its currencies, the one with the most documents first."""
    weight: dict[str, int] = {}
    for found in view.balances:
        weight[found.currency] = weight.get(found.currency, 0) + found.open_items + found.documents
    return sorted(weight, key=lambda name: (-weight[name], name))


@dataclass(frozen=True, slots=True)
class Equation:
    """One step in one currency: `first = second + explained + unexplained`, exact.

    `documents` and `causes` are those with a cause, `loose` the documents without one.
    """

    first: Decimal
    second: Decimal
    explained: Decimal
    unexplained: Decimal
    first_count: int
    second_count: int
    documents: int
    causes: int
    loose: int
    decimals: int

    def shown(self, value: Decimal) -> str:
        """A figure with all decimals of the currency."""
        return formats.amount(value, self.decimals)


def equation(view: StatementView, currency: str, step: str) -> Equation:
    """The figures of one step, over all companies of the statement."""
    balances = [found for found in view.balances if found.currency == currency]
    lines = lines_of(view, currency, step)
    named = [line for line in lines if line.state != UNEXPLAINED]
    loose = [line for line in lines if line.state == UNEXPLAINED]
    is_first = step == STEPS[0]
    text = balances[0].x3 if balances else "0.00"
    return Equation(
        first=_sum(found.x3 if is_first else found.avidxchange for found in balances),
        second=_sum(found.avidxchange if is_first else found.payments for found in balances),
        explained=_sum(line.amount for line in named),
        unexplained=_sum(line.amount for line in loose),
        first_count=sum(_first_count(found, is_first=is_first) for found in balances),
        second_count=sum(_second_count(found, is_first=is_first) for found in balances),
        documents=sum(line.documents for line in named),
        causes=len({line.cause for line in named}),
        loose=sum(line.documents for line in loose),
        decimals=len(text.partition(".")[2]),
    )


def _first_count(found: BalanceView, *, is_first: bool) -> int:
    return found.open_items if is_first else found.open_invoices


def _second_count(found: BalanceView, *, is_first: bool) -> int:
    return found.open_invoices if is_first else found.open_payments


def _sum(values: Iterable[str]) -> Decimal:
    return sum((Decimal(value) for value in values), Decimal(0))


def lines_of(view: StatementView, currency: str, step: str) -> list[CauseView]:
    """The causes of one step in one currency, as the statement orders them."""
    return [line for line in view.causes if line.currency == currency and line.step == step]


def loose_in(view: StatementView, currency: str, step: str) -> int:
    """How many documents of a step have no cause."""
    found = lines_of(view, currency, step)
    return sum(line.documents for line in found if line.state == UNEXPLAINED)


# --- rows ------------------------------------------------------------------------------------


def key_of(line: CauseView) -> str:
    """The name of a line within its statement."""
    return f"{line.step}|{line.company}|{line.currency}|{line.cause}"


def cause_rows(lines: Iterable[CauseView]) -> list[Row]:
    """One row a cause; what has none stands first, because it needs a person."""
    ordered = sorted(lines, key=lambda line: line.state != UNEXPLAINED)
    return [
        {
            "key": key_of(line),
            "cause": line.cause,
            "title": line.title,
            "company": line.company,
            "documents": line.documents,
            "first": line.in_x3,
            "second": line.in_avidxchange,
            "amount": line.amount,
            "currency": line.currency,
            "state": line.state,
            "acts": line.acts,
            "note": line.note,
        }
        for line in ordered
    ]


def document_rows(line: CauseView, found: Iterable[DocumentView]) -> list[Row]:
    """One row a document; `open` is the invoice it can be opened as, empty for one not read."""
    return [
        {
            "key": f"{key_of(line)}|{at}",
            "document": one.document,
            "supplier": one.supplier_name or one.supplier,
            "due": one.due_day,
            "first": one.in_x3,
            "second": one.in_avidxchange,
            "amount": one.amount,
            "currency": line.currency,
            "payment": one.payment,
            "why": views.word_of(one.text),
            "note": one.note,
            "open": one.document if one.is_invoice else "",
        }
        for at, one in enumerate(found)
    ]


def change_rows(found: Iterable[MovedView], currency: str) -> list[Row]:
    """One row a document that stands otherwise than before, those of the currency in sight."""
    return [
        {
            "key": f"{one.company}|{one.document}|{at}",
            "document": one.document,
            "company": one.company,
            "before": one.before or say("no_difference"),
            "before_amount": one.before_amount,
            "now": one.now or say("no_difference"),
            "now_amount": one.now_amount,
            "currency": one.currency,
            "open": one.document,
        }
        for at, one in enumerate(found)
        if one.currency == currency
    ]


# --- sentences -------------------------------------------------------------------------------


def read_fact(view: StatementView) -> str:
    """Which balances these are."""
    at = formats.moment(frame_words.instant(view.at))
    return say("as_of_today", at=at) if view.is_as_of_today else say("at_the_turn", at=at)


def read_tip(view: StatementView) -> str:
    """Up to when each side was read, and what proves it."""
    x3, avidxchange = (
        formats.moment(frame_words.instant(text)) for text in (view.read_x3, view.read_avidxchange)
    )
    return say(
        "sage_x3_read_up_to_avidxchange_up",
        x3=x3,
        avidxchange=avidxchange,
        hash=view.hash[:12],
        snapshot_hash=view.snapshot_hash[:12],
    )


def refusal(view: StatementView) -> str:
    """Why this statement cannot be signed off now, and what would help; empty when it can."""
    if view.may_sign or view.signed_by:
        return ""
    name, end = month(view.period), last_day(view.period)
    if not has_ended(view.period):
        day = formats.day(end + timedelta(days=1))
        return say("has_not_ended_it_can_be_signed", name=name, day=day)
    if view.made_at[:10] <= end.isoformat():
        return say("this_was_made_before_ended_run_it", name=name)
    return say("a_later_statement_of_was_made_meanwhile", name=name)


def promise(view: StatementView) -> str:
    """What signing does."""
    loose = sorted({line.currency for line in view.causes if line.state == UNEXPLAINED})
    if loose:
        where = " and ".join(loose)
        return say("something_in_is_unexplained_say_in_the", where=where)
    return say("signing_keeps_figures_causes_and_read")


def estimate(took_s: float) -> str:
    """What is said while a statement is made; nothing is guessed before the first."""
    began = say("both_sides_are_being_compared")
    return (
        say("it_took_last_time", began=began, took=formats.took(took_s)) if took_s >= 1 else began
    )


def signed(view: StatementView) -> str:
    """What a sign-off did, and where its files lie."""
    told = say("is_signed_off_by", month=month(view.period), signed_by=view.signed_by)
    if view.files_problem:
        return say("its_files_could_not_be_written", told=told, files_problem=view.files_problem)
    folder = view.files[0].replace("\\", "/").rpartition("/")[0] if view.files else ""
    return say("workbook_and_pdf_are_in", told=told, folder=folder) if folder else told
