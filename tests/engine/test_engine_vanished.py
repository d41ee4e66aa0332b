"""What is finished and vanishes in X3 is found by the look back of a week, at almost no cost."""

from __future__ import annotations

from core.store.invoices import GONE_TOGETHER
from core.store.records import document_keys
from core.store.tables import Document, Invoice
from tests.engine.site import Site
from tests.engine.test_engine_sweeps import asked, delete, edit, swept

WEEKLY = ("x3:invoice", "x3:open_item")


def closed(site: Site, *amounts: str) -> list[str]:
    """Posted invoices that were settled in X3 before they were sent: finished for the store."""
    site.sent("1.00", post=True)  # a first reading, which ends with one, asks for open items only
    numbers = [site.invoice(amount, post=True) for amount in amounts]
    for number in numbers:
        edit(site, "GACCDUDATE", number, FLGCLE=2)
    site.sync()
    assert {site.row(number).state for number in numbers} == {"excluded"}
    assert set(numbers) <= set(with_items(site))
    return numbers


def with_items(site: Site) -> list[str]:
    """Numbers of the invoices whose open items are known and not gone."""
    return [key.split("~")[1] for key in document_keys(site.store, "open_item")]


def gone(site: Site) -> list[str]:
    """Numbers of the invoices that are known to be gone."""
    query = Invoice.select(Invoice.number).where(Invoice.gone > 0)
    return [row["number"] for row in site.store.rows(query)]


def test_closed_item_that_vanished_is_gone_after_the_look_back_of_the_week(site: Site) -> None:
    lost, kept = closed(site, "100.00", "120.00")
    delete(site, lost, tables=("GACCDUDATE",))
    swept(site, "x3:unfinished")
    swept(site, *WEEKLY, kinds=("day",))
    assert {lost, kept} <= set(with_items(site))
    result = swept(site, *WEEKLY)
    assert set(with_items(site)) & {lost, kept} == {kept}
    assert (result.sweep["gone"], gone(site)) == (1, [])


def test_paid_invoice_that_vanished_is_told_and_may_come_back(site: Site) -> None:
    lost, kept = site.sent("100.00", post=True), site.sent("120.00", post=True)
    for number in (lost, kept):
        site.act("avid.approve", number)
        site.act("avid.pay", [number], status="Cleared")
    site.sync()
    assert (site.row(lost).state, site.row(kept).state) == ("paid", "paid")
    row = site.x3(lost)
    delete(site, lost, tables=("PINVOICE",))
    swept(site, "x3:unfinished")
    assert gone(site) == []
    swept(site, *WEEKLY)
    assert gone(site) == [lost]
    assert site.item("DEL-01").documents == (lost,)
    with site.state.lock:
        site.state.table("x3:PINVOICE").put(lost, row)
        site.state.commit()
    swept(site, "x3:unfinished")
    assert (gone(site), site.codes()) == ([], [])
    assert site.row(lost).state == "paid"


def test_excluded_invoice_is_of_no_concern(site: Site) -> None:
    lost, _kept = closed(site, "100.00", "120.00")
    delete(site, lost, tables=("PINVOICE",))
    swept(site, *WEEKLY)
    assert (gone(site), site.codes()) == ([], [])


def test_where_nothing_is_missing_the_week_asks_for_nothing_more(site: Site) -> None:
    closed(site, "100.00", "120.00", "130.00")
    before = asked(site, "PINVOICE"), asked(site, "GACCDUDATE")
    swept(site, *WEEKLY)
    after = asked(site, "PINVOICE"), asked(site, "GACCDUDATE")
    assert after == (before[0] + 2, before[1] + 2)  # the poll and the look back of each


def test_row_that_a_look_back_cannot_read_is_not_taken_for_gone(site: Site) -> None:
    lost, unclear = closed(site, "100.00", "120.00")
    edit(site, "GACCDUDATE", unclear, DUDDAT="no date")
    delete(site, lost, tables=("GACCDUDATE",))
    result = swept(site, *WEEKLY)
    assert set(with_items(site)) & {lost, unclear} == {unclear}
    assert result.sweep["gone"] == 1
    assert {entry["code"] for entry in result.report["errors"]} == {"UNK-01"}


def test_many_that_vanished_together_are_noted_so(site: Site) -> None:
    numbers = closed(site, *(f"{100 + n}.00" for n in range(7)))
    delete(site, *numbers, tables=("GACCDUDATE",))
    result = swept(site, *WEEKLY)
    assert result.sweep["gone"] == 7
    query = Document.select(Document.gone).where(Document.gone > 0)
    assert [row["gone"] for row in site.store.rows(query)] == [GONE_TOGETHER] * 7
