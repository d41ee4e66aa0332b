"""Resolving one supplier releases all invoices that wait for it, and only those."""

from __future__ import annotations

from core.store import reviews, rules
from core.store.invoices import invoice_rows
from tests.engine.site import Site


def test_mapping_one_supplier_sends_all_its_invoices_and_no_other(site: Site) -> None:
    for code, vendor in (("S8", "VS8"), ("S9", "VS9")):
        site.supplier(code, vendor="")
        site.act("avid.vendor", vendor)
    released = [site.invoice(f"{n}0.00", BPR="S9") for n in range(1, 5)]
    waiting = [site.invoice(f"{n}1.00", BPR="S8") for n in range(1, 4)]
    twice = site.invoice("75.00", BPR="S9", BPRPAY="S8")  # paid to the one that stays unmapped
    site.sync()
    items = {tuple(sorted(row.documents)) for row in _items(site)}
    assert items == {tuple(sorted(released)), tuple(sorted([*waiting, twice]))}
    assert site.count("submit_invoice") == 0

    site.map("vendors", ("S9", "VS9"))
    site.sync()
    assert {site.row(number).state for number in released} == {"sent"}
    assert site.count("submit_invoice") == len(released)
    assert {site.row(number).state for number in [*waiting, twice]} == {"needs_mapping"}
    assert [sorted(row.documents) for row in _items(site)] == [sorted([*waiting, twice])]
    assert all(site.there(number)[0]["VendorExternalCode"] == "VS9" for number in released)

    _unmap(site, "S9")  # what was sent stays; what comes now waits again
    later = site.invoice("12.34", BPR="S9")
    site.sync()
    assert site.row(later).state == "needs_mapping"
    assert {site.row(number).state for number in released} == {"sent"}
    states = {row.number: row.state for row in invoice_rows(site.store)}
    assert all(states[number] == "needs_mapping" for number in waiting)


def _items(site: Site) -> list[reviews.ReviewRow]:
    return reviews.open_items(site.store, ["MAP-01"])


def _unmap(site: Site, supplier: str) -> None:
    with site.store.write():
        kept = [row.draft for row in rules.current(site.store, "vendors") if row.key1 != supplier]
        rules.apply_rows(site.store, "vendors", kept, replace=True, actor="tester")
