"""Which payment is posted to X3, over which open items, or why not (avidxchange.md 5.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.ap_documents import PAYMENT_CLASSES
from core.domain.books import Books
from core.domain.findings import Finding
from core.domain.postings import (
    PaidInvoice,
    Posting,
    is_due,
    posting_date,
    reference_of,
)
from core.domain.reference_documents import FiscalPeriod
from tests.domain.domain_samples import (
    EXTERNAL_ID,
    books,
    item,
    payment,
    policy,
    posted,
    remittance,
)
from tests.domain.payment_samples import (
    SECOND,
    code_of,
    good,
    other,
    paid,
    posting,
    refused,
    shares,
)


def test_a_payment_that_fits_is_posted_under_its_reference() -> None:
    found = good(posting())
    assert found.reference == "AVD4765360"
    assert (found.company, found.site, found.partner, found.bank) == (
        "US10",
        "US011",
        "0113",
        "USBNK",
    )
    assert found.date == date(2026, 3, 18)
    assert found.numbers == ("BIS1",)
    assert found.notes == ()
    assert shares(found) == [("BIS1", 1, "1224.00")]


# When


@pytest.mark.parametrize("state", sorted(PAYMENT_CLASSES))
def test_a_payment_is_posted_when_issued_or_when_cleared_and_never_on_another_state(
    state: str,
) -> None:
    found = payment(state=state)
    assert is_due(found, policy(post_when="issued")) is (state in ("issued", "cleared"))
    assert is_due(found, policy(post_when="cleared")) is (state == "cleared")


P, C, S = date(2026, 3, 18), date(2026, 3, 25), date(2026, 3, 26)


@pytest.mark.parametrize(
    ("post_when", "dates", "expected"),
    [
        ("issued", (P, C, S), P),
        ("issued", (None, C, S), C),
        ("issued", (None, None, S), S),
        ("issued", (None, None, None), None),
        ("cleared", (P, C, S), C),
        ("cleared", (P, None, S), S),
        ("cleared", (P, None, None), None),
    ],
)
def test_a_posting_has_the_date_of_what_it_waits_for(
    post_when: str, dates: tuple[date | None, ...], expected: date | None
) -> None:
    found = payment(payment_date=dates[0], cleared_date=dates[1], status_date=dates[2])
    assert posting_date(found, policy(post_when=post_when)) == expected
    result = posting(found, chosen=policy(post_when=post_when))
    if expected is None:
        assert code_of(result) == "PAY-01"
    else:
        assert good(result).date == expected


@pytest.mark.parametrize(
    ("payment_id", "sequence", "expected"),
    [
        ("4765360", 0, "AVD4765360"),
        ("4765360", 2, "AVD4765360-2"),
        ("1" * 14, 0, "AVD" + "1" * 14),
        ("1" * 14, 9, "AVD" + "1" * 14 + "-9"),
    ],
)
def test_the_reference_names_payment_and_sequence(
    payment_id: str, sequence: int, expected: str
) -> None:
    found = payment(payment_id=payment_id)
    assert reference_of(found, sequence) == expected
    assert good(posting(found, sequence=sequence)).reference == expected
    assert len(expected) <= 20


@pytest.mark.parametrize(("payment_id", "sequence"), [("1" * 15, 0), ("1" * 14, 100)])
def test_a_reference_that_x3_cannot_hold_goes_to_a_person(payment_id: str, sequence: int) -> None:
    result = posting(payment(payment_id=payment_id), sequence=sequence)
    assert isinstance(result, Finding)
    assert result.code == "PAY-01"


# Conditions of 5.2


@pytest.mark.parametrize("remittances", [None, ()])
def test_a_payment_without_invoices_goes_to_a_person(remittances: tuple[()] | None) -> None:
    assert code_of(posting(payment(remittances=remittances))) == "PAY-01"


@pytest.mark.parametrize(
    ("amount", "nets"),
    [
        ("1224.00", ("1223.99",)),
        ("1224.00", ("1224.01",)),
        ("0.00", ("100.00", "-100.00")),
        ("-5.00", ("-5.00",)),
    ],
)
def test_the_invoices_must_add_up_to_the_payment_and_to_more_than_nothing(
    amount: str, nets: tuple[str, ...]
) -> None:
    found = payment(amount, remittances=tuple(remittance(net) for net in nets))
    assert code_of(posting(found)) == "PAY-01"


def test_an_invoice_that_is_not_ours_sends_the_whole_payment_to_a_person() -> None:
    foreign = remittance("24.00", "", number="F-9")
    found = payment(remittances=(remittance("1200.00"), foreign))
    finding = refused(posting(found), "PAY-01")
    assert "F-9" in finding.text
    nameless = payment(remittances=(remittance("1224.00", "", number=""),))
    assert "991823" in refused(posting(nameless), "PAY-01").text


def two(second: PaidInvoice) -> Posting | Finding:
    found = payment("1324.00", remittances=(remittance("1224.00"), remittance("100.00", SECOND)))
    return posting(found, {EXTERNAL_ID: paid(), SECOND: second})


def test_one_company_only() -> None:
    entry = PaidInvoice(posted(number="BIS2", company="CA10"), (item("100", number="BIS2"),), False)  # noqa: FBT003 - a plain field
    assert "CA10, US10" in refused(two(entry), "PAY-01").text


def test_one_currency_only_and_that_of_the_payment() -> None:
    other_currency = PaidInvoice(
        posted(number="BIS2", currency="CAD"), (item("100", number="BIS2"),), is_credit=False
    )
    assert code_of(two(other_currency)) == "PAY-01"
    assert code_of(posting(payment(currency="CAD"))) == "PAY-01"


def test_one_supplier_only_but_one_pay_to_may_stand_for_several() -> None:
    assert code_of(two(other("BIS2", "100.00", partner="0777"))) == "PAY-01"
    ours = {
        EXTERNAL_ID: paid((item(pay_to="0200"),)),
        SECOND: other("BIS2", "100.00", partner="0777", pay_to="0200"),
    }
    found = payment("1324.00", remittances=(remittance("1224.00"), remittance("100.00", SECOND)))
    assert good(posting(found, ours)).partner == "0200"


def test_an_invoice_not_posted_in_x3_yet_waits() -> None:
    entry = paid(found=replace(posted(), status=2))
    finding = refused(posting(ours={EXTERNAL_ID: entry}), "PER-02")
    assert "BIS1" in finding.text
    assert finding.blocking_state == "held"


def test_a_company_without_a_bank_is_cfg_01() -> None:
    finding = refused(posting(chosen=policy(banks={"CA10": "CABNK"})), "CFG-01")
    assert finding.blocking_state == "needs_review"
    own = policy(banks={"": "X", "US10": "OWN"})
    assert good(posting(chosen=own)).bank == "OWN"


# Periods


def periods(*status: tuple[int, int]) -> Books:
    """Periods of 2026 by month and status."""
    made = tuple(
        FiscalPeriod(
            "US10",
            6,
            month,
            start=date(2026, month, 1),
            end=date(2026, month + 1, 1) - timedelta(days=1),
            status=code,
        )
        for month, code in status
    )
    return books(periods={"US10": made})


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (periods((3, 2)), date(2026, 3, 18)),
        (books(periods={}), date(2026, 3, 18)),
        (periods((3, 3), (4, 2)), ("accept",)),
        (periods((3, 1)), ("done",)),
        (periods((4, 2)), ("done",)),
    ],
)
def test_a_payment_falls_in_an_open_period_or_a_person_is_asked(
    site: Books, expected: date | tuple[str, ...]
) -> None:
    result = posting(site=site)
    if isinstance(expected, date):
        assert good(result).date == expected
    else:
        finding = refused(result, "PER-01")
        assert finding.resolutions == expected
        assert finding.basis == "2026-03-18"


@pytest.mark.parametrize(
    "options", [{"period": "accepted"}, {"chosen": policy(closed_period="next")}]
)
def test_a_closed_period_moves_to_the_first_day_of_the_next_open_one(
    options: dict[str, Any],
) -> None:
    site = periods((2, 2), (3, 3), (4, 1), (5, 2), (6, 2))
    assert good(posting(site=site, **options)).date == date(2026, 5, 1)
    assert code_of(posting(site=periods((3, 3), (4, 1)), **options)) == "PER-01"
    assert code_of(posting(site=periods((3, 1), (4, 2)), **options)) == "PER-01"
