"""What is not meant for AvidXchange is excluded, noted with its rule, and is no finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.books import Books
from core.domain.documents import Invoice
from core.domain.findings import Acceptances
from core.domain.mapping import Rule
from core.domain.policy import Scope
from core.domain.unsent import decide
from core.domain.validate import Candidate, assess
from tests.domain.domain_samples import (
    ENCODERS,
    RULES,
    books,
    candidate,
    dec,
    invoice,
    item,
    policy,
    posted,
    with_supplier,
)


def excluded(found: Candidate | None = None, site: Books | None = None, **scope: Any) -> str:
    chosen = policy(scope=replace(Scope(), **scope))
    result = assess(found or candidate(), site or books(), chosen, Acceptances())
    if result.excluded:
        assert result.findings == ()
        assert result.payload is None
    return result.excluded


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        ({"suppliers_not": frozenset({"0113"})}, "suppliers_not"),
        ({"supplier_categories": frozenset({"USFOR"})}, "supplier_categories"),
        ({"invoice_types": frozenset({"OTHER"})}, "invoice_types"),
        ({"currencies": frozenset({"CAD"})}, "currencies"),
        ({"payment_methods": frozenset({"ACH"})}, "payment_methods"),
    ],
)
def test_what_does_not_fit_one_rule_of_the_scope_is_excluded_and_names_it(
    scope: dict[str, Any], word: str
) -> None:
    assert word in excluded(**scope)


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"currencies": frozenset()},
        {"suppliers_not": frozenset({"0114"})},
        {"supplier_categories": frozenset({"USDOM"})},
        {"invoice_types": frozenset({"USINV", "OTHER"})},
        {"payment_methods": frozenset({"CHQ", "ACH"})},
    ],
)
def test_what_fits_all_rules_is_in_scope_and_an_empty_rule_means_all(scope: dict[str, Any]) -> None:
    assert excluded(**scope) == ""


def test_the_method_of_a_posted_invoice_is_that_of_its_open_items() -> None:
    methods = frozenset({"ACH"})
    by_check = candidate(posted(), items=(item(method="CHQ"),))
    by_ach = candidate(posted(), items=(item(method="ACH"),))
    mixed = candidate(posted(), items=(item("612", method="ACH"), item("612", 2, method="CHQ")))
    assert "CHQ" in excluded(by_check, payment_methods=methods)
    assert excluded(by_ach, payment_methods=methods) == ""
    assert "CHQ" in excluded(mixed, payment_methods=methods)


def test_a_supplier_that_x3_does_not_show_has_no_category() -> None:
    found = excluded(None, books(suppliers={}), supplier_categories=frozenset({"USDOM"}))
    assert "none" in found


def test_a_row_with_a_dash_excludes_the_supplier_and_its_pay_to() -> None:
    dash = (Rule("vendors", "0113", "", "-"), *RULES[1:])
    assert "0113" in excluded(None, books(rules=dash))
    factor = (*RULES, Rule("vendors", "0200", "", "-"))
    assert "0200" in excluded(candidate(invoice(pay_to="0200")), books(rules=factor))
    assert excluded(candidate(invoice(pay_to="")), books(rules=factor)) == ""


def test_a_dash_for_another_company_excludes_nothing_here() -> None:
    rules = (*RULES, Rule("vendors", "0113", "", "-", company="CA10"))
    assert excluded(None, books(rules=rules)) == ""


@pytest.mark.parametrize(
    ("day", "is_excluded"),
    [("2025-12-31", True), ("2026-01-01", False), ("2026-03-01", False)],
)
def test_an_accounting_date_before_the_start_date_is_never_sent(
    day: str,
    is_excluded: bool,  # noqa: FBT001 - a table
) -> None:
    """settings.md `start_date`; it may be raised after an invoice was read."""
    found = candidate(invoice(accounting_date=date.fromisoformat(day)))
    assert bool(excluded(found, books(periods={}))) is is_excluded


def test_a_kind_to_skip_is_excluded() -> None:
    assert "proforma" in excluded(candidate(invoice(kind=5)))
    assert (
        "document"
        in assess(
            candidate(invoice(kind=8)), books(), policy(skip_kinds=frozenset({8})), Acceptances()
        ).excluded
    )


@pytest.mark.parametrize(
    ("found", "is_settled"),
    [
        (candidate(posted(), items=(item(closed=2),)), True),
        (candidate(posted(), items=(item(paid=dec("1224.00")),)), True),
        (candidate(posted()), True),
        (candidate(posted(), items=(item(closed=2), item("1.00", 2))), False),
        (candidate(invoice()), False),
    ],
)
def test_nothing_open_at_first_sight_was_settled_before_it_was_sent(
    found: Candidate,
    is_settled: bool,  # noqa: FBT001 - a table
) -> None:
    assert (excluded(found) == "It was settled before it was sent.") is is_settled


def test_a_posted_amount_of_nothing_needs_a_person_and_is_not_settled() -> None:
    found: Invoice = posted(gross=dec("0"))
    result = assess(candidate(found), books(), policy(), Acceptances())
    assert result.excluded == ""
    assert "SUM-02" in {finding.code for finding in result.findings}


def test_a_persons_reason_excludes_first_and_is_kept() -> None:
    assert excluded(candidate(excluded_because="paid by card")) == "paid by card"


def test_an_excluded_invoice_shows_the_reason_and_is_not_sent() -> None:
    verdict = decide(
        candidate(excluded_because="paid by card"), books(), policy(), Acceptances(), ENCODERS
    )
    assert (verdict.state, verdict.why, verdict.is_live) == ("excluded", "paid by card", False)
    assert verdict.action is None
    assert verdict.findings == ()


def test_an_excluded_supplier_on_hold_is_no_finding() -> None:
    site = with_supplier(payment_hold=True)
    assert excluded(candidate(excluded_because="x"), site) == "x"
