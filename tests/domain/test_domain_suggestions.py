"""Candidates for a mapping: what counts as alike, what makes one sure, and what never does."""

from __future__ import annotations

from typing import Any

import pytest

from core.domain.ap_documents import Code, PostalAddress, Vendor
from core.domain.documents import Address, Supplier
from core.domain.suggestions import SURE, evidence_text
from core.domain.suggestions_codes import CodeIndex
from core.domain.suggestions_names import name_score, numbered, plain_name
from core.domain.suggestions_vendors import VendorIndex

HERE = Address(
    "S1", "A", line1="1 Main St", city="Dallas", postcode="75201", phone="(214) 555-0101"
)
THERE = PostalAddress(line1="1 Main Street", city="DALLAS", postal_code="75201-0042")


def scores(found: Any) -> list[tuple[str, int]]:
    return [(entry.code, entry.score) for entry in found]


def test_names_are_compared_without_legal_forms_and_in_one_spelling() -> None:
    assert plain_name("Acme & Sons, Inc.") == "acme sons"
    assert plain_name("The Co.") == "the co"
    assert name_score("Acme Tooling LLC", "ACME TOOLING, L.L.C.") == 100
    assert name_score("Acme Manufacturing Services", "Acme Mfg Svcs") == 100
    assert name_score("Tooling Acme", "Acme Tooling") == 100
    assert name_score("Acme Tooling", "Delta Legal") < 60


def test_a_slip_in_a_tax_id_is_no_other_tax_id() -> None:
    assert numbered("Tax id", "12-3456789", "123456789").verdict == "same"
    assert numbered("Tax id", "12-3456789", "123456798").verdict == "alike"
    assert numbered("Tax id", "12-3456789", "987654321").verdict == "differs"
    assert numbered("Tax id", "123", "124").verdict == "differs"
    assert numbered("Tax id", "--", "124").verdict == ""


def test_a_tax_id_decides_between_two_of_one_name() -> None:
    index = VendorIndex([
        Vendor("V1", name="Acme Tooling LLC", tax_id="12-3456789", address=THERE),
        Vendor("V2", name="Acme Tooling", tax_id="98-7654321"),
    ])  # fmt: skip
    found = index.suggest(Supplier("S1", "Acme Tooling Inc", tax_id="123456789"), HERE, 5)
    assert scores(found) == [("V1", 99)]
    assert {fact.name for fact in found[0].evidence if fact.verdict == "same"} >= {
        "Tax id", "Street", "City", "Postal code",
    }  # fmt: skip
    assert evidence_text(found[0]).startswith("Same tax id, street, city and postal code")


def test_a_name_alone_is_never_sure_and_two_of_one_name_even_less() -> None:
    one = VendorIndex([Vendor("V1", name="Acme Tooling")])
    assert 50 <= one.suggest(Supplier("S2", "Acme Tooling"), HERE, 5)[0].score < SURE
    two = VendorIndex([Vendor("V1", name="Acme Tooling"), Vendor("V2", name="Acme Tooling")])
    found = two.suggest(Supplier("S2", "Acme Tooling"), None, 5)
    assert [entry.code for entry in found] == ["V1", "V2"]
    assert all(entry.score < 50 for entry in found)
    assert one.suggest(Supplier("S9", "Nobody"), None, 5) == []
    assert one.suggest(Supplier("S9", ""), None, 5) == []


def test_the_same_code_is_certain_unless_something_speaks_against_it() -> None:
    index = VendorIndex([
        Vendor("S3", name="Something else", tax_id="11-1111111"),
        Vendor("V7", name="Acme Tooling", tax_id="12-3456789", address=THERE),
    ])  # fmt: skip
    assert scores(index.suggest(Supplier(" s3 ", "Else entirely"), None, 1)) == [("S3", 100)]
    denied = index.suggest(Supplier("S3", "Something else", tax_id="22-2222222"), None, 1)
    assert denied[0].score < SURE
    # Another company bears its code in AvidXchange, while its own vendor is plainly there.
    acme = Supplier("S3", "Acme Tooling", tax_id="12-3456789")
    assert scores(index.suggest(acme, HERE, 1)) == [("V7", 99)]


def test_a_place_and_past_invoices_make_a_name_sure() -> None:
    index = VendorIndex([
        Vendor("V1", name="Acme Tooling", address=THERE, telephone="214-555-0101"),
        Vendor("V2", name="Acme Toolng"),
        Vendor("V3", name="New Horizon Partners"),
    ])  # fmt: skip
    supplier = Supplier("S1", "ACME TOOLING INC")
    assert scores(index.suggest(supplier, HERE, 1)) == [("V1", 99)]
    by_past = index.suggest(Supplier("S1", "Acme Holdings"), None, 1, {"v3": 4})
    assert scores(by_past) == [("V3", 50)] or by_past[0].code == "V3"
    assert by_past[0].verdict("Past invoices") == "same"
    torn = index.suggest(supplier, None, 3, {"v1": 1, "v2": 1})
    assert all(entry.score < SURE for entry in torn)


def test_an_inactive_vendor_is_shown_and_never_sure() -> None:
    index = VendorIndex([Vendor("S1", name="Acme Tooling", tax_id="123456789", active=False)])
    found = index.suggest(Supplier("S1", "Acme Tooling", tax_id="123456789"), None, 5)
    assert (found[0].score, found[0].is_active) == (SURE - 1, False)


@pytest.mark.parametrize(
    ("code", "name", "wanted"),
    [
        ("6000", "Office supplies", [("6000", 100)]),
        ("6000", "", [("6000", 99)]),
        ("7000", "Electricity Expense", [("7000", 100)]),
        ("1", "electricity", [("7000", 90)]),
        ("1", "", []),
    ],
)
def test_codes_by_value_and_by_name(code: str, name: str, wanted: list[tuple[str, int]]) -> None:
    index = CodeIndex([
        Code("Accounting Codes", "6000", "Office supplies"),
        Code("Accounting Codes", "7000", "Electricity"),
    ])  # fmt: skip
    found = scores(index.suggest(code, name, 1))
    assert [entry for entry, _ in found] == [entry for entry, _ in wanted]
    for (_, score), (_, least) in zip(found, wanted, strict=True):
        assert (score >= SURE) == (least >= SURE)


def test_the_same_number_of_another_chart_is_not_sure() -> None:
    index = CodeIndex([
        Code("Accounting Codes", "6000", "Office supplies"),
        Code("Accounting Codes", "C6000", "Office supplies (CA)"),
    ])  # fmt: skip
    found = scores(index.suggest("6000", "Office supplies (CA)", 5))
    assert [code for code, _ in found] == ["C6000", "6000"]
    assert all(score < SURE for _, score in found)
    assert index.suggest("6000", "Office supplies", 5)[0].score == 100


def test_a_number_in_another_spelling_with_its_name_is_sure() -> None:
    index = CodeIndex([
        Code("Accounting Codes", "06100-00", "Rent"), Code("Accounting Codes", "7", "Water"),
    ])  # fmt: skip
    found = index.suggest("6100", "Rent expense", 1)
    assert (found[0].code, found[0].verdict("Code")) == ("06100-00", "alike")
    assert found[0].score >= SURE
    assert index.suggest("6100", "Water", 1)[0].score < SURE


def test_past_lines_speak_for_a_code_that_shares_nothing_else() -> None:
    index = CodeIndex([Code("G", "A", "Freight"), Code("G", "B", "Hauling", active=False)])
    assert index.suggest("6100", "Freight", 1, {"a": 12})[0].score >= SURE
    assert index.suggest("6100", "Hauling", 1, {"b": 12})[0].score < SURE
    assert index.suggest("6100", "Freight", 1, {"b": 12})[0].score < SURE
