"""A sample of the campaign of suggestions: the promise of the sure ones, on one labelled set."""

from __future__ import annotations

from pathlib import Path

from core.domain.suggestions_vendors import VendorIndex
from tests.campaigns import sections, suggestions
from tests.campaigns.suggestion_books import CLOSED, MERGED, RENAMED, account_books, vendor_books


def test_sure_suggestions_are_right_and_cover_most() -> None:
    vendors, accounts = suggestions.measure(range(11, 12))
    for found in (vendors, accounts):
        assert found.precision >= suggestions.PRECISION, found.wrong
        assert found.coverage >= suggestions.COVERAGE
        assert sum(found.bands.values()) > found.asked * 0.9
    assert (vendors.asked, accounts.asked) == (2000, 800)
    text = suggestions.section((vendors, accounts), 1)
    assert "| score | candidates | right | share right |" in text


def test_the_books_hold_what_the_promise_speaks_of() -> None:
    books = vendor_books(3)
    kinds = list(books.kinds.values())
    assert [kinds.count(name) for name in ("renamed", "merged", "closed")] == [
        RENAMED, MERGED, CLOSED,
    ]  # fmt: skip
    codes = {vendor.code.casefold() for vendor in books.vendors}
    assert all(not label or label.casefold() in codes for label in books.truth.values())
    assert vendor_books(3).vendors == books.vendors
    ledger = account_books(3)
    there = {code.value for code in ledger.codes}
    assert len(there) == len(ledger.codes)
    assert all(not label or label in there for label in ledger.truth.values())


def test_a_wrong_sure_one_is_counted_and_named() -> None:
    books = vendor_books(3, 40)
    measured = suggestions.Measured("suppliers")
    index = VendorIndex(books.vendors)
    for supplier in books.suppliers:
        found = index.suggest(supplier, books.addresses[supplier.code], 1)
        measured.note("as it was", supplier.code, "NOBODY", found)
    assert measured.precision == 0
    assert not measured.is_good
    assert len(measured.wrong) == measured.sure(right=False) > 0


def test_it_writes_its_section(tmp_path: Path) -> None:
    vendors, accounts = suggestions.measure(range(1, 2), suppliers=60, accounts=60)
    path = tmp_path / "measurements.md"
    path.write_text("# Measurements\n", encoding="utf-8")
    sections.put(suggestions.HEADING, suggestions.section((vendors, accounts), 1), path)
    assert "60 asked" in path.read_text(encoding="utf-8")
