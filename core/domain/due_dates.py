"""When an invoice falls due (sage-x3.md 7): from its open items, else from its payment term."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.domain.documents import HOLDBACK, Invoice, OpenItem
from core.domain.reference_documents import PaymentTerm

_NO_ROUNDING, _END_OF_NEXT_MONTH, _END_OF_MONTH = 1, 2, 3  # menu 2237


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of what is owed; `amount` is None where only a share is known."""

    due: date
    amount: Decimal | None
    method: str = ""
    is_holdback: bool = False


def instalments(
    invoice: Invoice, items: Sequence[OpenItem], terms: Sequence[PaymentTerm]
) -> tuple[Instalment, ...]:
    """The parts still open, earliest first; empty when no due date can be told.

    `terms` are the lines of the invoice's payment term in every legislation.
    """
    if invoice.is_posted:
        parts = [
            Instalment(item.due_date, item.open_amount, item.method, item.item_type == HOLDBACK)
            for item in items
            if not item.is_closed and item.due_date
        ]
        return tuple(sorted(parts, key=lambda part: part.due))
    return _from_term(invoice, terms)


def _from_term(invoice: Invoice, terms: Sequence[PaymentTerm]) -> tuple[Instalment, ...]:
    """Parts by the term's lines; the sets of several legislations must agree."""
    start = invoice.due_start or invoice.document_date
    if start is None:
        return ()
    sets = {
        _parts(invoice, start, [term for term in terms if term.legislation == legislation])
        for legislation in {term.legislation for term in terms}
    }
    return sets.pop() if len(sets) == 1 else ()


def _parts(invoice: Invoice, start: date, lines: list[PaymentTerm]) -> tuple[Instalment, ...]:
    parts = []
    for line in sorted(lines, key=lambda term: term.line or 0):
        due = _due(start, line)
        if due is None:
            return ()
        amount = None
        if invoice.gross is not None and line.share is not None:
            amount = (invoice.gross * line.share / 100).quantize(Decimal("0.01"))
        parts.append(Instalment(due, amount, line.method, line.item_type == HOLDBACK))
    return tuple(sorted(parts, key=lambda part: part.due))


def _due(start: date, term: PaymentTerm) -> date | None:
    """`start` + months + days, then the end of a month; None for a setting we do not know."""
    rounding = term.end_of_month or _NO_ROUNDING
    if rounding not in (_NO_ROUNDING, _END_OF_NEXT_MONTH, _END_OF_MONTH):
        return None
    day = add_months(start, term.months or 0) + timedelta(days=term.days or 0)
    if rounding == _END_OF_NEXT_MONTH:
        day = add_months(day.replace(day=1), 1)
    if rounding != _NO_ROUNDING:
        day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of a month that is too short."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
