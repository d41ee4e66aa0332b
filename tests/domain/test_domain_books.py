"""Books: what the rules look up, and what it means that a site publishes nothing of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.domain.books import is_valid_on
from core.domain.reference_documents import FiscalPeriod
from tests.domain.domain_samples import DAY, PERIODS, SUPPLIER, books, vendor_key


@pytest.mark.parametrize(
    ("company", "day", "status"),
    [
        ("US10", "2026-03-01", 2),
        ("US10", "2026-03-31", 2),
        ("US10", "2026-02-28", 3),
        ("US10", "2026-04-01", 1),
        ("US10", "2026-05-01", 1),  # no period holds it: not open
        ("CA10", "2026-03-01", None),  # nothing published for the company
    ],
)
def test_a_day_has_the_status_of_its_period(company: str, day: str, status: int | None) -> None:
    assert books().period_status(company, date.fromisoformat(day)) == status


def test_a_period_without_ends_holds_no_day() -> None:
    endless = FiscalPeriod("US10", 6, 3, status=2)
    assert books(periods={"US10": (endless,)}).period_status("US10", DAY) == 1


def test_the_next_open_day_begins_the_earliest_open_period_after_a_day() -> None:
    later = tuple(
        replace(PERIODS[0], number=month, start=date(2026, month, 1), status=status)
        for month, status in ((8, 2), (6, 2), (5, 3))
    )
    site = books(periods={"US10": (*PERIODS, *later, FiscalPeriod("US10", 7, 1, status=2))})
    assert site.next_open_day("US10", DAY) == date(2026, 6, 1)  # not the one that DAY begins
    assert site.next_open_day("US10", date(2026, 6, 1)) == date(2026, 8, 1)
    assert site.next_open_day("US10", date(2026, 8, 1)) is None
    assert site.next_open_day("CA10", DAY) is None


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (date(2026, 3, 2), None, False),
        (None, date(2026, 2, 28), False),
    ],
)
def test_both_ends_of_a_validity_belong_to_it_and_none_is_open(
    valid_from: date | None,
    valid_to: date | None,
    holds: bool,  # noqa: FBT001 - a table
) -> None:
    assert is_valid_on(DAY, valid_from, valid_to) is holds


def test_vendors_are_found_by_code_trimmed_in_any_case() -> None:
    assert vendor_key(" V00101 ") == "v00101"
    site = books()
    assert site.vendor(" V00101 ") is site.vendors["v00101"]
    assert site.vendor("V9") is None


def test_the_paid_party_is_the_pay_to_where_one_is_set() -> None:
    assert books().paid_party("0113", "") == "0113"
    assert books().paid_party("0113", "0200") == "0200"


def test_addresses_belong_to_their_supplier() -> None:
    site = books()
    assert site.default_address(SUPPLIER) is site.addresses[("0113", "A01")]
    assert site.remit_address(SUPPLIER) is site.addresses[("0113", "A01")]
    assert site.remit_address(replace(SUPPLIER, code="0114")) is None
