"""Figures, dates and ages as the screen shows them, in more than one locale."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import QLocale

from ui import formats

NOW = datetime(2026, 11, 23, 14, 41, 22, tzinfo=UTC)
MINUS = "\u2212"


@pytest.fixture
def german() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    yield
    QLocale.setDefault(before)


@pytest.fixture(autouse=True)
def american() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.00"),
        ("999.999", "1,000.00"),
        ("-57.47", f"{MINUS}57.47"),
        ("-0.004", "0.00"),
        ("1204331.07", "1,204,331.07"),
        ("0.005", "0.01"),
        ("12345678901234567.89", "12,345,678,901,234,567.89"),
    ],
)
def test_amounts_are_exact_and_have_a_true_minus(value: str, text: str) -> None:
    assert formats.amount(Decimal(value)) == text


def test_amounts_follow_the_locale(german: None) -> None:
    assert formats.amount(Decimal("1204331.07")) == "1.204.331,07"
    assert formats.day(date(2026, 11, 3)) == "03.11.2026"


def test_money_names_its_currency() -> None:
    assert formats.money(Decimal(39120), "USD") == "39,120.00 USD"
    assert formats.money(None, "USD") == formats.NONE
    assert formats.amount(Decimal(1500), 0) == "1,500"
    assert formats.spoken_money(Decimal("-1884.45"), "USD") == "minus 1,884.45 US dollars"
    assert formats.spoken_money(Decimal(1), "SEK") == "1.00 SEK"


def test_counts_have_their_noun() -> None:
    assert formats.count(48310) == "48,310"
    assert formats.counted(1, "invoice") == "1 invoice"
    assert formats.counted(1204, "entry", "entries") == "1,204 entries"
    assert formats.percent(96.6) == "97 %"


def test_dates_have_a_full_year_and_equal_width() -> None:
    assert formats.day(date(2026, 3, 4)) == "03/04/2026"
    assert formats.day(None) == formats.NONE


def test_instants_are_shown_in_local_time() -> None:
    local = NOW.astimezone()
    assert formats.clock(NOW) == local.strftime("%H:%M")
    assert formats.moment(NOW, has_seconds=True) == local.strftime("%m/%d/%Y %H:%M:%S")
    assert formats.moment(None) == formats.NONE
    assert formats.utc(local) == "14:41:22 UTC"


def test_the_timeline_names_the_day_only_when_it_is_another() -> None:
    assert formats.short_moment(NOW, NOW) == formats.clock(NOW)
    earlier = NOW - timedelta(days=5)
    assert formats.short_moment(earlier, NOW) == f"Nov 18 {formats.clock(earlier)}"
    last_year = datetime(2025, 11, 18, 12, tzinfo=UTC)
    assert formats.short_moment(last_year, NOW) == f"Nov 18 2025 {formats.clock(last_year)}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "now"),
        (59, "now"),
        (240, "4 min"),
        (7_200, "2 h"),
        (86_400, "1 day"),
        (350_000, "4 days"),
    ],
)
def test_ages_are_words(seconds: int, text: str) -> None:
    assert formats.age(NOW - timedelta(seconds=seconds), NOW) == text


def test_due_dates_are_told_against_today() -> None:
    today = date(2026, 11, 23)
    assert formats.due_in(date(2026, 12, 17), today) == "in 24 days"
    assert formats.due_in(today, today) == "today"
    assert formats.due_in(date(2026, 11, 22), today) == "1 day ago"


def test_durations() -> None:
    assert formats.took(38) == "0:38"
    assert formats.took(72.4) == "1:12"
    assert formats.took(3_725) == "1:02:05"
    assert formats.milliseconds(0.038) == "38 ms"
    assert formats.milliseconds(2.14) == "2.1 s"
