"""An invoice whose details cannot be read is its own problem: the rest of X3 goes on."""

from __future__ import annotations

import pytest

from core.domain import documents
from core.domain.canonical import decode
from core.engine.asking import Readable, readable
from core.errors import UnreadableRecord
from core.store import values
from core.store.tables import Invoice
from tests.engine.site import Site
from tests.engine.test_engine_sweeps import delete, edit, last_run, swept

LATER = ("x3:unfinished",)


def stored(site: Site, number: str) -> documents.Invoice:
    """The invoice as the store has it."""
    return decode(documents.Invoice, site.row(number).body)


def break_lines(site: Site, number: str) -> None:
    """Let X3, which writes all as texts now, give a word where a line's amount belongs."""
    site.fault("x3", "details", "as_text", times=None)
    edit(site, "BPSINVLIG", number, AMTNOTLIN="much")


def age(site: Site, number: str) -> None:
    """Let the invoice look as if it had been read long ago."""
    with site.store.write():
        past = Invoice.update(read_at="2026-01-01T00:00:00.000000Z")
        site.store.change(past.where(Invoice.number == number))


def test_of_a_list_with_one_unreadable_record_all_others_are_read() -> None:
    asked: list[list[str]] = []

    def call(numbers: list[str]) -> list[str]:
        asked.append(numbers)
        if "B" in numbers:
            raise UnreadableRecord("NET-01", "no amount")
        return numbers

    read = readable(call, ["A", "B", "C"])
    assert read.found == ("A", "C")
    assert list(read.unclear) == ["B"]
    assert asked == [["A", "B", "C"], ["A"], ["B"], ["C"]]
    assert (readable(call, []), len(asked)) == (Readable(), 4)


def test_the_rest_goes_on_and_the_invoice_waits_for_its_details(site: Site) -> None:
    good, bad = site.invoice("100.00"), site.invoice("120.00")
    break_lines(site, bad)
    result = site.sync()
    assert result.exit_status == 3
    assert [entry["code"] for entry in result.report["errors"]] == ["UNK-01"]
    assert bad in result.report["errors"][0]["text"]
    assert (site.row(good).state, site.row(bad).state) == ("sent", "needs_review")
    item = site.item("SUM-01")
    assert item.title == "X3 does not give its details in a form that can be read"
    assert "AMTNOTLIN" in item.text
    assert site.count("submit_invoice") == 1
    assert values.bookmark(site.store, "x3:invoice").value


def test_it_is_read_again_the_next_day_and_sent(site: Site) -> None:
    bad = site.invoice("120.00")
    break_lines(site, bad)
    site.sync()
    edit(site, "BPSINVLIG", bad, AMTNOTLIN="120.00")  # corrected by SQL: no stamp moves
    assert site.sync().report["errors"] == []  # not tried again with every run
    age(site, bad)
    swept(site, *LATER)
    assert site.row(bad).state == "sent"
    assert stored(site, bad).unread == ""
    assert site.codes() == []


def test_one_that_was_sent_keeps_its_lines_and_is_no_change_of_them(site: Site) -> None:
    number = site.sent("100.00")
    break_lines(site, number)
    site.act("x3.post", number)
    result = site.sync()
    assert [entry["code"] for entry in result.report["errors"]] == ["UNK-01"]
    found = stored(site, number)
    assert (found.is_posted, len(found.lines), bool(found.unread)) == (True, 1, True)
    assert site.row(number).state == "sent"
    assert "CHG-01" not in site.codes()


@pytest.mark.parametrize("kind", ["cut_json", "html_200", "status"])
def test_whatever_answer_one_record_gets_it_costs_only_itself(site: Site, kind: str) -> None:
    good, bad = site.invoice("100.00"), site.invoice("120.00")
    args = {"status": 500, "body": '{"$diagnoses":[{"$severity":"error","$message":"Oops"}]}'}
    site.fault(
        "x3", "details", kind, times=None, match=f"'{bad}'", args=args if kind == "status" else {}
    )
    site.sync()
    assert (site.row(good).state, site.row(bad).state) == ("sent", "needs_review")
    site.sandbox.faults.clear()
    age(site, bad)
    swept(site, *LATER)
    assert site.row(bad).state == "sent"


def test_when_no_record_is_given_it_is_the_side_that_fails(site: Site) -> None:
    site.invoice("100.00")
    site.invoice("120.00")
    site.fault("x3", "details", "html_200", times=None)
    assert site.sync().exit_status == 4
    assert not values.bookmark(site.store, "x3:invoice").value
    site.sandbox.faults.clear()
    assert site.sync().exit_status == 0
    assert site.count("submit_invoice") == 2


def test_one_unreadable_record_does_not_hide_what_vanished(site: Site) -> None:
    unclear, lost = site.sent("100.00", post=True), site.sent("120.00", post=True)
    edit(site, "PINVOICE", unclear, BPRDAT="no date")
    edit(site, "GACCDUDATE", unclear, DUDDAT="no date")
    delete(site, lost)
    result = swept(site, *LATER)
    assert (site.row(lost).gone > 0, site.row(unclear).gone) == (True, 0)
    assert {entry["code"] for entry in result.report["errors"]} == {"UNK-01"}
    assert last_run(site)["sweep"]["gone"] == 2


def test_lines_that_changed_without_a_trace_are_read_again_after_a_week(site: Site) -> None:
    site.supplier("S9", "")
    number = site.invoice("100.00", BPR="S9")
    site.sync()
    edit(site, "BPSINVLIG", number, DES="Other words")
    swept(site, *LATER)
    assert stored(site, number).lines[0].description == ""
    age(site, number)
    swept(site, *LATER)
    assert stored(site, number).lines[0].description == "Other words"
    assert site.row(number).read_at > "2026-02-01"
