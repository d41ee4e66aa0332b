"""Due dates from open items, else from the payment term (sage-x3.md 7, *Due dates*)."""

from __future__ import annotations

import calendar
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.due_dates import Instalment, add_months, instalments
from core.domain.reference_documents import PaymentTerm
from tests.domain.domain_samples import dec, invoice, item, posted

NO, NEXT, CURRENT = 1, 2, 3
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def term(line: int = 1, legislation: str = "USA", **changes: Any) -> PaymentTerm:
    return PaymentTerm("T", legislation, line, **changes)


def due(start: date, **changes: Any) -> date | None:
    parts = instalments(invoice(due_start=start), (), [term(**changes)])
    return parts[0].due if parts else None


@pytest.mark.parametrize(
    ("start", "months", "days", "rounding", "expected"),
    [
        ("2026-02-27", 0, 30, NO, "2026-03-29"),
        ("2026-02-27", 0, 0, NO, "2026-02-27"),
        ("2026-02-27", 0, 30, 0, "2026-03-29"),  # menu 0 = not set
        ("2026-01-31", 1, 0, NO, "2026-02-28"),
        ("2028-01-31", 1, 0, NO, "2028-02-29"),  # leap year
        ("2028-02-29", 12, 0, NO, "2029-02-28"),
        ("2026-11-30", 3, 0, NO, "2027-02-28"),
        ("2026-12-31", 1, 0, NO, "2027-01-31"),
        ("2026-01-31", 1, 5, NO, "2026-03-05"),  # months first, then days
        ("2026-02-10", 0, 0, CURRENT, "2026-02-28"),
        ("2028-02-10", 0, 0, CURRENT, "2028-02-29"),
        ("2026-02-10", 0, 30, CURRENT, "2026-03-31"),
        ("2026-02-28", 0, 0, CURRENT, "2026-02-28"),
        ("2026-01-31", 0, 0, NEXT, "2026-02-28"),
        ("2026-12-15", 0, 0, NEXT, "2027-01-31"),
        ("2026-02-10", 1, 10, NEXT, "2026-04-30"),
    ],
)
def test_months_then_days_then_the_end_of_a_month(
    start: str, months: int, days: int, rounding: int, expected: str
) -> None:
    found = due(date.fromisoformat(start), months=months, days=days, end_of_month=rounding)
    assert found == date.fromisoformat(expected)


def test_a_term_without_settings_is_due_at_once() -> None:
    assert due(date(2026, 2, 27)) == date(2026, 2, 27)


@pytest.mark.parametrize("rounding", [4, 5, 99])
def test_a_setting_that_is_not_known_gives_no_due_date(rounding: int) -> None:
    assert due(date(2026, 2, 27), end_of_month=rounding) is None


def test_one_unknown_line_makes_the_whole_due_date_unknown() -> None:
    lines = [term(1, days=10), term(2, days=20, end_of_month=9)]
    assert instalments(invoice(), (), lines) == ()


@given(DAYS, st.integers(0, 36), st.integers(0, 120))
def test_the_end_of_a_month_is_its_last_day_and_never_earlier(
    start: date, months: int, days: int
) -> None:
    plain = due(start, months=months, days=days)
    current = due(start, months=months, days=days, end_of_month=CURRENT)
    following = due(start, months=months, days=days, end_of_month=NEXT)
    assert plain
    assert current
    assert following
    assert plain <= current < following
    assert (current.year, current.month) == (plain.year, plain.month)
    for day in (current, following):
        assert day.day == calendar.monthrange(day.year, day.month)[1]
    assert 28 <= (following - current).days <= 31


@given(DAYS, st.integers(-60, 60))
def test_months_keep_the_day_where_the_month_has_it(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == min(day.day, calendar.monthrange(moved.year, moved.month)[1])


def test_without_a_start_the_document_date_counts_and_without_both_nothing_is_known() -> None:
    lines = [term(days=10)]
    found = instalments(invoice(due_start=None, document_date=date(2026, 3, 1)), (), lines)
    assert found[0].due == date(2026, 3, 11)
    assert instalments(invoice(due_start=None, document_date=None), (), lines) == ()


def test_a_term_of_which_nothing_is_known_gives_no_due_date() -> None:
    assert instalments(invoice(), (), []) == ()


def test_several_legislations_must_agree() -> None:
    same = [term(1, "USA", days=10), term(1, "CAN", days=10)]
    other = [term(1, "USA", days=10), term(1, "CAN", days=15)]
    more = [term(1, "USA", days=10), term(1, "CAN", days=10), term(2, "CAN", days=20)]
    assert [part.due for part in instalments(invoice(), (), same)] == [date(2026, 3, 9)]
    assert instalments(invoice(), (), other) == ()
    assert instalments(invoice(), (), more) == ()


def test_shares_of_a_term_become_amounts_earliest_first() -> None:
    lines = [
        term(1, days=60, share=dec("50"), method="CHQ"),
        term(2, days=30, share=dec("50"), method="ACH", item_type=3),
    ]
    assert instalments(invoice(gross=dec("1224.00")), (), lines) == (
        Instalment(date(2026, 3, 29), dec("612.00"), "ACH", is_holdback=True),
        Instalment(date(2026, 4, 28), dec("612.00"), "CHQ"),
    )


@pytest.mark.parametrize(("gross", "share"), [(None, dec("100")), (dec("1"), None)])
def test_an_amount_is_not_told_without_gross_or_share(
    gross: Decimal | None, share: Decimal | None
) -> None:
    line = PaymentTerm("T", "USA", 1, share=share)
    assert instalments(invoice(gross=gross), (), [line])[0].amount is None


def test_a_posted_invoice_is_due_by_its_open_items_and_not_by_its_term() -> None:
    items = [
        item("612.00", 2, due_date=date(2026, 4, 28), method="ACH"),
        item("300.00", 1, due_date=date(2026, 3, 29), provisional=dec("100.00")),
        item("100.00", 3, due_date=date(2026, 1, 1), closed=2),
        item("212.00", 4, due_date=date(2026, 1, 2), paid=dec("212.00")),
        item("50.00", 5, due_date=None),
        item("50.00", 6, due_date=date(2026, 5, 1), item_type=3),
    ]
    assert instalments(posted(), items, [term(days=5)]) == (
        Instalment(date(2026, 3, 29), dec("200.00"), "CHQ"),
        Instalment(date(2026, 4, 28), dec("612.00"), "ACH"),
        Instalment(date(2026, 5, 1), dec("50.00"), "CHQ", is_holdback=True),
    )


def test_a_posted_invoice_without_open_items_has_no_due_date() -> None:
    assert instalments(posted(), [item(closed=2)], [term(days=5)]) == ()


@pytest.mark.parametrize(
    ("amount", "paid", "provisional", "closed", "is_closed", "left"),
    [
        ("612.00", "0", "0", 1, False, "612.00"),
        ("612.00", "0", "612.00", 1, False, "0.00"),  # paid provisionally: still an open item
        ("612.00", "600.00", "2.00", 1, False, "10.00"),
        ("612.00", "612.00", "0", 1, True, "0.00"),
        ("612.00", "0", "0", 2, True, "0"),
    ],
)
def test_what_is_open_of_an_item(
    amount: str,
    paid: str,
    provisional: str,
    closed: int,
    is_closed: bool,  # noqa: FBT001 - a table
    left: str,
) -> None:
    found = item(amount, paid=dec(paid), provisional=dec(provisional), closed=closed)
    assert found.is_closed is is_closed
    assert found.open_amount == dec(left)
