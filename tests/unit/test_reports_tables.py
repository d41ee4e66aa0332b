"""The figures of a month-end report: each adds up, and says what it says it does."""

from __future__ import annotations

from datetime import date

import pytest

from core.desk_reconcile_views import balance_views, cause_view
from core.domain.money import Money
from core.domain.reconcile_books import ApSide, PaymentFact, X3Side
from core.reports import Pack
from core.reports_tables import Table, accruals, ageing, debits, spread, times
from tests.domain.reconcile_samples import OCTOBER, books, paid, posted, share, statement
from tests.unit.report_samples import pack_of


@pytest.mark.parametrize(
    ("amount", "weights", "wanted"),
    [
        (100, [("a", 1), ("b", 1), ("c", 1)], [("a", 34), ("b", 33), ("c", 33)]),
        (-100, [("a", 1), ("b", 1), ("c", 1)], [("a", -33), ("b", -33), ("c", -34)]),
        (50, [("a", 100), ("", -50)], [("a", 100), ("(no account)", -50)]),
        (7, [], [("(no account)", 7)]),
        (7, [("a", 0)], [("a", 7)]),
    ],
)
def test_an_amount_is_spread_to_the_last_cent(
    amount: int, weights: list[tuple[str, int]], wanted: list[tuple[str, int]]
) -> None:
    found = spread(amount, weights)
    assert sum(part for _, part in found) == amount
    assert sorted(found) == sorted(wanted)


def minor(table: Table, row: int, name: str) -> int:
    at = [column.name for column in table.columns].index(name)
    cell = table.rows[row][at]
    assert isinstance(cell, Money)
    return cell.minor


def test_accruals_are_what_is_unpaid_by_account() -> None:
    accounts = (("60100", 3_000), ("61200", 7_000))
    made = books(
        paid(posted(accounts=accounts), in_x3=5_000, shares=[share(5_000, is_posted=True)]),
        posted(number="N2", x3=None, accounts=accounts),
        posted(number="N3", x3=None, is_gone=True, accounts=accounts),
    )
    table = accruals(made, OCTOBER, {"60100": "Raw materials"}, "")
    assert [row[:4] for row in table.rows] == [
        ("US10", "60100", "Raw materials", 2),
        ("US10", "61200", "", 2),
    ]
    assert (minor(table, 0, "Open in X3"), minor(table, 0, "Not posted yet")) == (1_500, 3_000)
    assert minor(table, 1, "Unpaid") == 10_500
    (total,) = table.totals
    assert total[-1] == Money(15_000, "USD")


def test_ageing_counts_days_at_the_periods_end() -> None:
    days = {"2026-10-31": 0, "2026-10-30": 1, "2026-10-01": 1, "2026-09-30": 2, "2026-08-31": 3,
            "2026-07-01": 4, "": 0, "2026-12-01": 0}  # fmt: skip
    for day, bucket in days.items():
        table = ageing(books(posted(due_day=day)), OCTOBER, {}, "")
        parts = [cell.minor for cell in table.rows[0][4:9] if isinstance(cell, Money)]
        assert parts == [10_000 if at == bucket else 0 for at in range(5)], day
    assert date.fromisoformat(OCTOBER.last) == date(2026, 10, 31)


def test_times_are_of_what_was_approved_and_paid_in_the_month() -> None:
    done = paid(
        posted(sent_day="2026-10-03", approved_day="2026-10-08", paid_day="2026-10-20"),
        in_x3=10_000, shares=[share(10_000, is_posted=True)],
    )  # fmt: skip
    earlier = posted(number="N2", sent_day="2026-09-01", approved_day="2026-09-30")
    table = times(books(done, earlier), OCTOBER, {"S1": "Maple"}, "")
    assert list(table.rows) == [("S1", "Maple", 1, 5, 5, 1, 18, 18)]
    assert table.totals[0][2:] == (1, 5, 5, 1, 18, 18)
    assert times(books(earlier), OCTOBER, {}, "").totals == ()


def test_debits_are_summed_by_batch() -> None:
    def fact(identity: str, kind: str, day: str, *, is_posted: bool = False) -> PaymentFact:
        return PaymentFact(
            identity, "US10", "USD", 500, 500, kind, kind, batch="B1", payment_day=day,
            is_posted=is_posted,
        )  # fmt: skip

    made = books(
        payments=[
            fact("P1", "done", "2026-10-05", is_posted=True),
            fact("P2", "out", "2026-10-05"),
            fact("P3", "back", "2026-10-05"),
            fact("P4", "done", "2026-11-01"),
        ]
    )
    table = debits(made, OCTOBER, "")
    assert list(table.rows) == [
        ("US10", "B1", "2026-10-05", 2, "USD", *(Money(m, "USD") for m in (1000, 500, 500, 500)))
    ]
    assert debits(made, OCTOBER, "CA10").rows == []


def test_the_views_of_a_statement_add_up() -> None:
    found = statement(
        books(
            posted(),
            posted(number="N2", ap=ApSide("A2", "rejected", 10_000)),
            posted(number="N3", x3=X3Side(9_000)),
            posted(number="N4", x3=X3Side(10_000, paid=500)),
        )
    )
    assert isinstance(pack_of(found), Pack)
    (balance,) = balance_views(found)
    assert (balance.x3, balance.avidxchange) == ("385.00", "300.00")
    assert (balance.explained, balance.unexplained) == ("95.00", "-10.00")
    view = cause_view(found.unexplained[0], "looked at")
    assert (view.state, view.note, view.documents) == ("unexplained", "looked at", 1)
