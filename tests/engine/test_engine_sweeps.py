"""Sweeps: what a poll cannot see is found within a day or a week; absence deletes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain import absence, timing
from core.domain.canonical import instant_text, parse_instant
from core.engine.run import RunResult
from core.store import reviews, values
from core.store.invoices import invoice_rows
from core.store.records import document_keys
from core.store.tables import Run
from tests.engine.conftest import MakeSite
from tests.engine.site import SUPPLIER, Site

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
OVERNIGHT = ("x3:unfinished",)


def swept(site: Site, *names: str, kinds: tuple[str, ...] = ("day", "week")) -> RunResult:
    """One run in which these sweeps are due."""
    with site.store.write():
        for name in names:
            for kind in kinds:
                values.put_setting(site.store, f"sweep.{kind}.{name}", "")
    return site.sync()


def edit(site: Site, table: str, number: str, **members: Any) -> None:
    """Change rows of a document by SQL: no stamp moves."""
    with site.state.lock:
        rows = site.state.table(f"x3:{table}")
        for key, row in list(rows.items()):
            if row.get("NUM", row.get("BPSNUM", row.get("ACC"))) == number:
                row.update(members)
                rows.put(key, row)
        site.state.commit()


def delete(site: Site, *numbers: str, tables: tuple[str, ...] = ("PINVOICE", "GACCDUDATE")) -> None:
    """Take documents out of X3."""
    with site.state.lock:
        for table in tables:
            rows = site.state.table(f"x3:{table}")
            for key, row in list(rows.items()):
                if row.get("NUM", row.get("ACC")) in numbers:
                    rows.delete(key)
        site.state.commit()


def last_run(site: Site) -> dict[str, Any]:
    """The result that is kept with the last run."""
    rows = site.store.rows(Run.select().order_by(Run.id))
    found: dict[str, Any] = json.loads(rows[-1]["result"])
    return found


def asked(site: Site, name: str) -> int:
    """How many lists of a class X3 was asked for."""
    return sum(
        1
        for entry in site.state.journal_tail(5000)
        if entry["operation"] == "query" and entry["path"].endswith(f"/{name}")
    )


# When


@pytest.mark.parametrize(
    ("hours", "days", "expected"),
    [
        (1, 1, False), (11, 1, False), (13, 1, False), (19.9, 1, False), (20.1, 1, True),
        (26, 1, True), (26, 7, False), (6 * 24 + 19, 7, False), (6 * 24 + 21, 7, True),
    ],
)  # fmt: skip
def test_a_sweep_is_due_on_the_first_run_of_a_day_when_the_last_is_old(
    hours: float, days: int, *, expected: bool
) -> None:
    assert timing.sweep_is_due(NOON, NOON + timedelta(hours=hours), days) is expected


def test_a_sweep_is_made_once_a_day_and_at_all_after_a_wrong_clock() -> None:
    early = NOON.replace(hour=1)
    assert not timing.sweep_is_due(early, early.replace(hour=23), 1)
    assert timing.sweep_is_due(None, NOON, 7)
    assert timing.sweep_is_due(NOON + timedelta(days=900), NOON, 1)
    assert not timing.sweep_is_due(NOON + timedelta(hours=2), NOON, 1)


def test_first_reading_counts_as_a_sweep_and_the_next_run_makes_none(site: Site) -> None:
    site.sent("100.00", post=True)
    before = asked(site, "PINVOICE")
    site.sync()
    assert asked(site, "PINVOICE") - before == 1
    last = values.setting(site.store, "sweep.day.x3:unfinished")
    assert last
    site.restart()
    swept(site, *OVERNIGHT)
    assert asked(site, "PINVOICE") - before == 3
    assert values.setting(site.store, "sweep.day.x3:unfinished") > last


def test_dates_look_back_by_whole_days() -> None:
    bound = timing.erp_lower_bound(NOON, timedelta(days=3, minutes=10), "date")
    assert bound == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "read_after_s", "now_after_s", "expected"),
    [
        ("datetime", 0, 30, False), ("datetime", 0, 61, True), ("datetime", 61, 999, False),
        ("date", 0, 1800, False), ("date", 0, 3600, True), ("date", 36 * 3600, 99 * 3600, False),
    ],
)  # fmt: skip
def test_a_stamp_that_may_have_been_given_twice_is_read_again_once_it_is_over(
    kind: str, read_after_s: int, now_after_s: int, *, expected: bool
) -> None:
    read, now = (NOON + timedelta(seconds=s) for s in (read_after_s, now_after_s))
    found = timing.is_worth_reading_again(NOON, read, now, kind, timedelta(minutes=10))
    assert found is expected


# What is late


def test_late_rows_are_found_and_counted(site: Site) -> None:
    site.sync()
    site.invoice("1.00")
    site.sync()
    number = site.invoice("100.00")
    edit(site, "PINVOICE", number, UPDDATTIM=f"{site.state.now():%Y-%m-%d}T00:00:00Z")
    old = f"{site.state.now() - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    edit(site, "PINVOICE", number, UPDDATTIM=old)
    assert site.sync().sweep["late"] == 0
    result = swept(site, "x3:invoice", kinds=("day",))
    assert result.sweep["late"] == 1
    assert last_run(site)["sweep"] == result.sweep
    assert result.report["read"]["invoices"] == 1
    assert site.row(number).state == "sent"


def test_sweep_goes_on_after_a_kill_and_never_moves_the_bookmark(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"page_size": 4}})
    for n in range(12):
        site.invoice(f"{100 + n}.00")
    site.sync()
    mark = values.bookmark(site.store, "x3:invoice").value
    # The poll asks for three pages and more, the sweep begins behind them.
    site.fault("x3", "query", "reset_before", times=None, match="/PINVOICE", skip=5)
    result = swept(site, "x3:invoice")
    assert [e["code"] for e in result.report["errors"]] == ["NET-01"]
    assert values.bookmark(site.store, "sweep:x3:invoice").progress
    assert values.bookmark(site.store, "x3:invoice").value == mark
    site.sandbox.faults.clear()
    before = asked(site, "PINVOICE")
    assert site.sync().exit_status == 0
    assert asked(site, "PINVOICE") - before == 3  # it failed within the hour: polls only
    with site.store.write():
        values.put_setting(site.store, "sweep.failed.x3:invoice", "")
    site.restart()
    before = asked(site, "PINVOICE")
    site.sync()
    assert asked(site, "PINVOICE") - before == 4  # three for the poll, the last page of the sweep
    assert not values.bookmark(site.store, "sweep:x3:invoice").progress


def test_failing_sweep_holds_up_neither_polls_nor_writes(site: Site) -> None:
    site.sent("100.00")
    number = site.invoice("120.00")
    # The poll asks once for open items; what asks by number comes after it.
    site.fault(
        "x3", "query", "status", times=None, match="/GACCDUDATE", skip=1, args={"status": 503}
    )
    result = swept(site, *OVERNIGHT)
    assert site.row(number).state == "sent"
    assert [e["code"] for e in result.report["errors"]] == ["NET-01"]
    assert values.setting(site.store, "sweep.day.x3:unfinished") == ""


def test_place_that_x3_no_longer_understands_begins_anew(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"page_size": 4}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(6)]
    site.fault("x3", "query", "reset_before", times=None, match="/PINVOICE", skip=1)
    site.sync()
    site.sandbox.faults.clear()
    mark = values.bookmark(site.store, "x3:invoice")
    with site.store.write():
        place = mark.progress.replace("orderBy=UPDDATTIM", "orderBy=UNKNOWN")
        assert place != mark.progress
        values.put_progress(site.store, "x3:invoice", place, mark.walk)
    assert site.sync().exit_status == 0
    assert {site.row(number).state for number in numbers} == {"sent"}


def test_company_that_comes_into_scope_is_read_from_the_start(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"companies": ["CA10"]}})
    number = site.invoice("100.00")
    old = f"{site.state.now() - timedelta(days=60):%Y-%m-%dT%H:%M:%SZ}"
    edit(site, "PINVOICE", number, UPDDATTIM=old)
    site.sent("120.00", FCY="CA011", CUR="CAD")
    assert [row.number for row in invoice_rows(site.store)] != [number]
    site.stop()
    again = Site(
        site.directory, sandbox=site.sandbox, settings={"x3": {"companies": ["CA10", "US10"]}}
    )
    try:
        again.sync()
        assert again.row(number).state == "sent"
        before = asked(site, "PINVOICE")
        again.sync()
        assert asked(site, "PINVOICE") - before == 1
    finally:
        again.stop()


def test_rows_without_a_stamp_are_counted_and_read_whole_every_week(site: Site) -> None:
    number = site.invoice("100.00")
    site.supplier("S2", "VS2", UPDDATTIM="")
    edit(site, "BPSUPPLIER", "S2", UPDDATTIM="")
    result = site.sync()
    assert result.sweep["without_stamp"] == 1
    assert site.row(number).state == "sent"
    other = site.invoice("200.00")
    edit(site, "PINVOICE", other, UPDDATTIM="")
    with site.store.write():
        values.put_setting(site.store, "without_stamp.x3:invoice", "1")
    result = swept(site, "x3:invoice")
    assert result.sweep["without_stamp"] == 2
    assert site.row(other).state == "sent"


# What changed without a trace


def test_change_that_moved_no_stamp_is_found_by_the_next_day(site: Site) -> None:
    number = site.invoice("100.00", post=True)
    old = f"{site.state.now() - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    for table in ("PINVOICE", "GACCDUDATE"):
        edit(site, table, number, UPDDATTIM=old)
    site.sync()
    site.sent("120.00", post=True)
    edit(site, "PINVOICE", number, BPRVCR="CORRECTED")
    site.sync()
    assert site.row(number).supplier_document != "CORRECTED"
    result = swept(site, *OVERNIGHT)
    assert site.row(number).supplier_document == "CORRECTED"
    assert result.sweep["changed"] == 1
    assert site.there(number)[0]["InvoiceNumber"] == "CORRECTED"


# What is gone


def test_one_invoice_gone_from_x3_is_an_item_that_can_be_withdrawn(site: Site) -> None:
    number = site.sent("100.00")
    other = site.sent("120.00")
    delete(site, number)
    site.sync()
    assert site.codes() == []
    result = swept(site, *OVERNIGHT)
    assert (result.exit_status, result.sweep["gone"]) == (3, 1)
    assert site.item("DEL-01").how == ("withdraw", "keep", "done")
    assert site.there(number)[0]["Status"] != "Deleted"
    site.resolve("DEL-01", "withdraw")
    site.sync()
    assert site.there(number)[0]["Status"] == "Deleted"
    assert site.row(other).state in ("sent", "in_approval")
    assert swept(site, *OVERNIGHT).exit_status == 0


def test_unsent_invoice_gone_from_x3_is_told_and_not_sent(site: Site) -> None:
    site.supplier("S9", "")
    number = site.invoice("100.00", BPR="S9")
    site.sync()
    delete(site, number)
    swept(site, *OVERNIGHT)
    assert (site.row(number).state, site.item("DEL-01").how) == ("needs_review", ("keep", "done"))
    site.resolve("DEL-01", "done")
    site.sync()
    assert (site.row(number).state, site.codes()) == ("excluded", [])
    assert site.count("submit_invoice") == 0


def test_many_gone_together_are_one_item_without_a_withdrawal_and_may_come_back(
    site: Site,
) -> None:
    numbers = [site.invoice(f"{100 + n}.00") for n in range(8)]
    site.sync()
    with site.state.lock:
        rows = {n: dict(site.x3(n)) for n in numbers[:6]}
    delete(site, *numbers[:6])
    result = swept(site, *OVERNIGHT)
    item = site.item("DEL-01")
    assert result.exit_status == 3
    assert set(item.documents) == set(numbers[:6])
    assert item.how == ("keep", "done")
    assert item.fix.startswith("Check the rights of the X3 user")
    assert item.text.startswith("X3 no longer shows 6 invoices of US10: rights or folder changed?")
    assert {r["Status"] for n in numbers for r in site.there(n)} == {"Received"}
    with site.state.lock:
        for number in numbers[1:6]:
            site.state.table("x3:PINVOICE").put(number, rows[number])
        site.state.commit()
    swept(site, *OVERNIGHT)
    left = site.item("DEL-01")
    assert (left.id, left.documents) == (item.id, (numbers[0],))
    assert left.text.startswith("X3 no longer shows 1 invoice of US10")
    with site.state.lock:
        site.state.table("x3:PINVOICE").put(numbers[0], rows[numbers[0]])
        site.state.commit()
    assert swept(site, *OVERNIGHT).exit_status == 0
    assert {site.row(number).state for number in numbers} == {"sent"}


def test_open_items_gone_while_their_invoice_stays_are_told(site: Site) -> None:
    number = site.sent("100.00", post=True)
    delete(site, number, tables=("GACCDUDATE",))
    swept(site, *OVERNIGHT)
    item = site.item("DEL-01")
    assert item.text == "X3 no longer shows open items of it; it still stands in AvidXchange."
    assert site.row(number).state == "needs_review"


def test_row_that_a_page_lacks_is_not_taken_for_gone(site: Site) -> None:
    number = site.sent("100.00")
    edit(site, "PINVOICE", number, ACCDAT="2020-01-01")  # out of the conditions, still there
    swept(site, *OVERNIGHT)
    assert site.row(number).gone == 0
    assert site.row(number).accounting_date == "2020-01-01"


def test_account_is_gone_only_after_a_whole_reading_that_was_readable(site: Site) -> None:
    site.sync()
    known = document_keys(site.store, "gl_account")
    delete(site, "61110", tables=("GACCOUNT",))
    site.sync()
    assert document_keys(site.store, "gl_account") == known
    edit(site, "GACCOUNT", "61100", VLYEND="no date")
    swept(site, "x3:gl_account")
    assert document_keys(site.store, "gl_account") == known
    edit(site, "GACCOUNT", "61100", VLYEND=None)
    swept(site, "x3:gl_account")
    gone = set(known) - set(document_keys(site.store, "gl_account"))
    assert {key.split("~")[1] for key in gone} == {"61110"}


def test_list_that_is_empty_now_is_not_believed(site: Site) -> None:
    site.sync()
    known = document_keys(site.store, "dimension")
    with site.state.lock:
        table = site.state.table("x3:CACCE")
        for key in list(table.keys()):
            table.delete(key)
        site.state.commit()
    result = swept(site, "x3:dimension")
    assert document_keys(site.store, "dimension") == known
    assert "The list of dimension is empty now" in result.report["errors"][0]["text"]


@pytest.mark.parametrize(
    ("missing", "asked_for", "together"),
    [(1, 1, False), (1, 1000, False), (2, 1000, False), (2, 50, True), (5, 1000, False),
     (6, 1000, True), (0, 0, False)],
)  # fmt: skip
def test_more_than_five_or_two_percent_are_missing_together(
    missing: int, asked_for: int, *, together: bool
) -> None:
    assert absence.are_missing_together(missing, asked_for) is together


def test_sentence_names_how_many_and_which_companies() -> None:
    assert absence.sentence({"US20": 214}) == (
        "X3 no longer shows 214 invoices of US20: rights or folder changed?"
    )
    assert absence.sentence({"US20": 3, "CA10": 4}, absence.ITEMS) == (
        "X3 no longer shows the open items of 7 invoices of CA10 and US20: "
        "rights or folder changed?"
    )


def test_supplier_is_known_as_gone_only_by_the_weekly_whole_reading(site: Site) -> None:
    site.supplier("S7", "")
    site.sync()
    with site.state.lock:
        site.state.table("x3:BPSUPPLIER").delete("S7")
        site.state.commit()
    swept(site, "x3:supplier", kinds=("day",))
    assert "S7" in document_keys(site.store, "supplier")
    swept(site, "x3:supplier")
    assert "S7" not in document_keys(site.store, "supplier")
    assert SUPPLIER in document_keys(site.store, "supplier")
    assert (
        instant_text(datetime.now(UTC))[:10]
        == (values.setting(site.store, "sweep.week.x3:supplier")[:10])
    )
    assert reviews.open_items(site.store) == []


def test_vendors_are_read_far_back_as_often_as_the_profile_says(site: Site) -> None:
    site.changes = {"vendors_full_days": 2}
    site.sync()
    name = "sweep.week.avidxchange:vendor"
    made = parse_instant(values.setting(site.store, name))
    for days, is_made in ((1, False), (3, True)):
        past = instant_text(made - timedelta(days=days))
        with site.store.write():
            values.put_setting(site.store, name, past)
        site.sync()
        assert (values.setting(site.store, name) != past) == is_made, days
