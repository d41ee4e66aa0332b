"""Who is paid, where the money goes, what a person accepted, and the payload that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.ap_documents import Vendor
from core.domain.books import Books
from core.domain.documents import Invoice, InvoiceLine
from core.domain.findings import Acceptances
from core.domain.mapping import Rule
from core.domain.policy import Policy
from core.domain.reference_documents import PaymentTerm, PurchaseOrder
from core.domain.remittance import details_of
from core.domain.validate import Assessment, Candidate, assess, order_numbers
from tests.domain.domain_samples import (
    ADDRESS,
    LINES,
    RULES,
    SUPPLIER,
    accepting,
    books,
    candidate,
    dec,
    invoice,
    item,
    policy,
    posted,
    with_supplier,
)

HALVES = (
    PaymentTerm("NET30", "USA", 1, days=30, share=dec("50"), method="CHQ"),
    PaymentTerm("NET30", "USA", 2, days=60, share=dec("50"), method="CHQ"),
)


def check(
    found: Invoice | Candidate | None = None,
    site: Books | None = None,
    chosen: Policy | None = None,
    accepted: Acceptances | None = None,
) -> Assessment:
    entry = found if isinstance(found, Candidate) else candidate(found)
    return assess(entry, site or books(), chosen or policy(), accepted or Acceptances())


def orders(*numbers: str) -> tuple[InvoiceLine, ...]:
    return tuple(
        replace(LINES[0], line=at, po_number=number, gross=dec("1224.00") if at == 1 else dec("0"))
        for at, number in enumerate(numbers, start=1)
    )


# Pay-to (product.md 4, *Vendor*)

PAY_TO = replace(SUPPLIER, code="0200", name="Factor Ltd", pay_to="0200", pay_to_address="F01")
FACTORED = invoice(pay_to="0200", pay_to_address="F01")
FACTOR = {
    "suppliers": {"0113": replace(SUPPLIER, pay_to="0200"), "0200": PAY_TO},
    "addresses": {
        ("0113", "A01"): ADDRESS,
        ("0200", "F01"): replace(ADDRESS, supplier="0200", code="F01"),
    },
    "rules": (*RULES, Rule("vendors", "0200", "", "V00200")),
    "vendors": {"v00101": Vendor("V00101"), "v00200": Vendor("V00200")},
    "baselines": {
        "0113": details_of(replace(SUPPLIER, pay_to="0200"), ADDRESS),
        "0200": details_of(PAY_TO, replace(ADDRESS, supplier="0200", code="F01")),
    },
}


def test_the_vendor_is_that_of_the_pay_to_when_it_differs() -> None:
    result = check(FACTORED, books(**FACTOR))
    assert result.findings == ()
    assert result.payload
    assert result.payload.vendor_code == "V00200"


def test_a_pay_to_without_a_row_is_map_01_and_is_named() -> None:
    result = check(FACTORED, books(**{**FACTOR, "rules": RULES}))
    assert [(f.code, f.cause) for f in result.findings] == [("MAP-01", "supplier 0200")]
    assert "Pay-to 0200" in result.findings[0].text


def test_an_invoice_without_pay_to_goes_to_its_own_supplier() -> None:
    result = check(invoice(pay_to=""))
    assert result.payload
    assert result.payload.vendor_code == "V00101"


# BNK-01


def codes(result: Assessment) -> list[str]:
    return [finding.code for finding in result.findings]


@pytest.mark.parametrize(
    "site",
    [
        with_supplier(name="Northwind Holding LLC"),
        with_supplier(pay_to="0999"),
        with_supplier(pay_to_address="A02"),
        books(addresses={("0113", "A01"): replace(ADDRESS, line1="13 Mill Road")}),
        books(addresses={}),
    ],
    ids=["name", "pay-to", "address code", "address", "address gone"],
)
def test_a_change_of_where_money_goes_holds_the_suppliers_invoices(site: Books) -> None:
    result = check(invoice(), site)
    assert codes(result) == ["BNK-01"]
    finding = result.findings[0]
    assert (finding.blocking_state, finding.cause) == ("held", "supplier 0113")
    assert not finding.waits_by_itself


@pytest.mark.parametrize(
    "site",
    [
        with_supplier(tax_id="99"),
        with_supplier(payment_term="X"),
        books(addresses={("0113", "A01"): replace(ADDRESS, phone="1", email="x@y.example")}),
        books(baselines={}),
        books(suppliers={}),
    ],
    ids=["tax id", "term", "telephone", "never released", "suppliers not published"],
)
def test_other_changes_of_a_supplier_hold_nothing(site: Books) -> None:
    assert codes(check(invoice(), site)) == []


def test_an_invoice_to_another_address_than_the_vendors_is_bnk_01() -> None:
    result = check(invoice(pay_to_address="A09"))
    assert codes(result) == ["BNK-01"]
    assert "A09" in result.findings[0].text
    assert codes(check(invoice(pay_to_address=""))) == []


def test_a_supplier_that_is_now_paid_to_another_party_is_held_though_that_party_is_known() -> None:
    """product.md 2, suppliers: a changed pay-to holds the supplier's invoices."""
    before = details_of(SUPPLIER, ADDRESS)
    baselines = {**FACTOR["baselines"], "0113": before}  # type: ignore[dict-item]  # a mixed table
    result = check(FACTORED, books(**{**FACTOR, "baselines": baselines}))
    assert codes(result) == ["BNK-01"]
    assert result.findings[0].cause == "supplier 0113"


# Acceptances


@pytest.mark.parametrize(
    ("found", "site", "chosen"),
    [
        (None, books(), policy(ceiling={"": dec("1")})),
        (None, with_supplier(name="Other"), policy()),
        (invoice(pay_to_address="A09"), books(), policy()),
        (None, books(orders={"PO9": PurchaseOrder("PO9")}), policy()),
        (None, books(terms={"NET30": HALVES}), policy(instalments="hold")),
    ],
    ids=["LIM-01", "BNK-01 supplier", "BNK-01 address", "PO-01", "DUE-02"],
)
def test_an_accepted_finding_blocks_no_more_until_its_basis_changes(
    found: Invoice | None, site: Books, chosen: Policy
) -> None:
    (finding,) = check(found, site, chosen).findings
    assert finding.basis
    accepted = check(found, site, chosen, accepting(finding))
    assert accepted.findings == ()
    assert accepted.payload
    stale = accepting(replace(finding, basis="something else"))
    assert check(found, site, chosen, stale).payload is None


def test_equal_findings_of_several_lines_are_one() -> None:
    lines = tuple(replace(line, account="61100", chart="USA") for line in LINES)
    site = books(codes={("Location", "102F"): books().codes[("Location", "102F")]})
    result = check(invoice(lines=lines), site)
    assert len(result.findings) == 1


# Payload


def payload_of(found: Invoice, site: Books | None = None) -> Any:
    result = check(found, site)
    assert result.payload, [finding.text for finding in result.findings]
    return result.payload


def test_the_payload_carries_the_members_of_product_md() -> None:
    found = payload_of(invoice())
    assert found.external_id == "X3|PROD|US10|BIS1|1"
    assert (found.company, found.vendor_code, found.number) == ("US10", "V00101", "INV-90871")
    assert found.invoice_date == date(2026, 2, 27)
    assert found.posting_date == date(2026, 3, 1)
    assert found.due_date == date(2026, 3, 29)
    assert (found.amount, found.currency) == (dec("1224.00"), "USD")
    assert (found.reference, found.po_number) == ("BIS1", "PO1")
    assert found.description == "Paper, March"


def test_the_revision_stands_in_the_reference() -> None:
    result = check(candidate(revision=3))
    assert result.payload
    assert result.payload.external_id == "X3|PROD|US10|BIS1|3"


@pytest.mark.parametrize("kind", [2, 4])
def test_what_reduces_a_debt_is_negative(kind: int) -> None:
    found = payload_of(invoice(kind=kind))
    assert found.amount == dec("-1224.00")
    assert all(line.amount < 0 for line in found.lines)


def test_the_first_order_is_sent_and_further_ones_stand_in_the_description() -> None:
    found = payload_of(invoice(lines=orders("", "PO2", "PO1", "PO2", "PO3"), comment2="rush"))
    assert found.po_number == "PO2"
    assert found.description == "Paper, March rush Further orders: PO1, PO3"
    assert order_numbers(invoice(lines=orders("", "PO2", "PO1", "PO2"))) == ["PO2", "PO1"]


def test_no_order_is_sent_when_no_line_has_one() -> None:
    assert payload_of(invoice(lines=orders("", ""))).po_number == ""


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("", "", ""),
        ("", "b", "b"),
        ("a" * 300, "", "a" * 255),
        ("é" * 200, "b" * 100, "é" * 200 + " " + "b" * 54),
    ],
)
def test_the_description_is_cut_to_255(one: str, two: str, expected: str) -> None:
    found = payload_of(invoice(comment1=one, comment2=two, lines=orders("PO1")))
    assert found.description == expected


def test_a_posted_invoice_is_due_with_its_earliest_open_item() -> None:
    result = check(candidate(posted(), items=(item("612.00", 2), item("612.00", 1))))
    assert result.payload
    assert result.payload.due_date == date(2026, 3, 29)
