"""Money: exact in minor units, never rounded in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import Money, digits, minor_of, nearest_minor, total

CURRENCIES = st.sampled_from(["USD", "CAD", "JPY", "KWD"])
MINORS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLP", 0), ("CLF", 4), ("???", 2)],
)
def test_a_currency_has_its_own_number_of_decimals(currency: str, expected: int) -> None:
    assert digits(currency) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1224.00", "USD", 122400),
        ("1224", "USD", 122400),
        ("-0.01", "USD", -1),
        ("1.500", "USD", 150),
        ("1000", "JPY", 1000),
        ("1000.0", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("1E+2", "USD", 10000),
        ("-0", "USD", 0),
    ],
)
def test_an_amount_becomes_whole_minor_units(amount: str, currency: str, minor: int) -> None:
    assert minor_of(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("1.005", "USD"), ("0.5", "JPY"), ("1.2345", "KWD"), ("NaN", "USD"), ("Infinity", "USD")],
)
def test_more_decimals_than_the_currency_has_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"decimals|no amount"):
        Money.of(Decimal(amount), currency)


def test_an_amount_too_long_for_the_decimal_context_is_not_rounded_in_silence() -> None:
    long = "123456789012345678901234567890.12"
    with pytest.raises(ValueError, match="decimals"):
        Money.of(Decimal(long + "5"), "USD")
    assert Money.of(Decimal(long), "USD").minor == 12345678901234567890123456789012
    assert Money.of(Decimal(long), "USD").text == long


@given(MINORS, CURRENCIES)
def test_minor_units_and_amount_are_two_forms_of_one_number(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(money.amount, currency) == money
    assert Money.of(Decimal(money.text), currency) == money


@given(MINORS, MINORS, CURRENCIES)
def test_adding_and_taking_away_are_exact(one: int, two: int, currency: str) -> None:
    a, b = Money(one, currency), Money(two, currency)
    assert (a + b).minor == one + two
    assert a + b - b == a
    assert a - a - a == -a
    assert (a + b).amount == a.amount + b.amount


def test_two_currencies_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="USD and CAD"):
        Money(1, "USD") + Money(1, "CAD")


@pytest.mark.parametrize(
    ("money", "text", "shown"),
    [
        (Money(-122400, "USD"), "-1224.00", "-1,224.00 USD"),
        (Money(5, "USD"), "0.05", "0.05 USD"),
        (Money(1234567, "JPY"), "1234567", "1,234,567 JPY"),
        (Money(1500, "KWD"), "1.500", "1.500 KWD"),
    ],
)
def test_the_canonical_text_has_no_grouping_and_the_shown_one_has(
    money: Money, text: str, shown: str
) -> None:
    assert money.text == text
    assert str(money) == shown


@given(st.lists(st.tuples(MINORS, CURRENCIES)))
def test_totals_are_sums_by_currency_whatever_the_order(pairs: list[tuple[int, str]]) -> None:
    amounts = [Money(minor, currency) for minor, currency in pairs]
    sums = total(amounts)
    assert sums == total(reversed(amounts))
    assert list(sums) == sorted({currency for _, currency in pairs})
    for currency in sums:
        assert sums[currency] == sum(minor for minor, c in pairs if c == currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1.005", "USD", 101), ("-1.005", "USD", -101), ("1.004", "USD", 100), ("0.5", "JPY", 1)],
)
def test_an_amount_that_is_only_shown_is_rounded_half_up(
    amount: str, currency: str, minor: int
) -> None:
    assert nearest_minor(Decimal(amount), currency) == minor


@given(MINORS, CURRENCIES)
def test_an_exact_amount_is_shown_as_it_is(minor: int, currency: str) -> None:
    assert nearest_minor(Money(minor, currency).amount, currency) == minor
