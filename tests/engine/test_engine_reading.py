"""Reading: classes a site does not publish, rows that move, walks that are broken off, stopping."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError

import pytest

from core.errors import Stopped
from core.store import values
from tests.engine.conftest import MakeSite
from tests.engine.site import SUPPLIER, Site

OPTIONAL = ["PORDER", "PERIOD", "TABPAYTERM", "CACCE", "BPADDRESS", "COMPANY", "FACILITY"]
NEEDED = ["BPSUPPLIER", "GACCOUNT", "PINVOICE", "GACCDUDATE"]


@pytest.mark.parametrize("name", [*OPTIONAL, "PAYMENTH"])
def test_class_a_site_does_not_publish_costs_only_its_checks(site: Site, name: str) -> None:
    site.value("x3.denied_classes", [name])
    number = site.invoice("100.00", post=True)
    result = site.sync()
    assert site.row(number).state in ("sent", "needs_mapping")
    assert not [e for e in result.report["errors"] if e["code"] == "AUT-01"]
    if name != "CACCE":
        assert site.row(number).state == "sent"
        site.act("avid.approve", number)
        payment = site.act("avid.pay", [number], status="Cleared")
        site.sync()
        assert len(site.postings(payment)) == 1


@pytest.mark.parametrize("name", NEEDED)
def test_class_that_is_needed_stops_x3_and_sends_nothing(site: Site, name: str) -> None:
    site.value("x3.denied_classes", [name])
    site.invoice("100.00", post=True)
    result = site.sync()
    assert result.exit_status == 4
    assert site.count("submit_invoice") == 0
    site.value("x3.denied_classes", [])
    assert site.sync().exit_status == 0
    assert site.count("submit_invoice") == 1


def test_rows_that_move_while_x3_is_paged_are_all_read(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"page_size": 4}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(12)]
    site.fault("x3", "query", "delay", args={"seconds": 0.4}, match="/PINVOICE", skip=1)
    run = site.begin()
    site.until(lambda: _asked(site, "PINVOICE") >= 1)
    time.sleep(0.3)
    for number in numbers[:6]:
        site.act("x3.touch", "PINVOICE", number)
    late = site.invoice("9.00")
    run.result(timeout=30)
    site.sync()
    assert all(len(site.there(number)) == 1 for number in [*numbers, late])


def test_list_that_shifts_in_avidxchange_is_read_again(make_site: MakeSite) -> None:
    site = make_site(settings={"avidxchange": {"page_size": 3}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(8)]
    site.sync()
    for number in numbers:
        site.act("avid.approve", number)
    site.fault("avid", "list_invoices", "page_shift", match="pageNumber=2")
    site.sync()
    site.sync()
    assert {site.row(number).state for number in numbers} == {"approved"}


def test_same_page_for_ever_is_an_error_not_an_endless_walk(make_site: MakeSite) -> None:
    site = make_site(settings={"avidxchange": {"page_size": 3}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(8)]
    site.sync()
    site.fault("avid", "list_invoices", "same_page", times=None)
    result = site.sync()
    assert result.exit_status in (0, 4)
    site.sandbox.faults.clear()
    for number in numbers:
        site.act("avid.approve", number)
    site.sync()
    assert {site.row(number).state for number in numbers} == {"approved"}


def test_walk_that_was_broken_off_goes_on_where_it_was(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"page_size": 4}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(12)]
    site.fault("x3", "query", "reset_before", times=None, match="/PINVOICE", skip=2)
    assert site.sync().exit_status == 4
    mark = values.bookmark(site.store, "x3:invoice")
    assert mark.progress
    assert not mark.value
    site.sandbox.faults.clear()
    before = _asked(site, "PINVOICE")
    site.restart()
    site.sync()
    # 12 rows in pages of 4: the first two pages are not asked for again.
    assert _asked(site, "PINVOICE") - before <= 2
    assert all(len(site.there(number)) == 1 for number in numbers)
    assert not values.bookmark(site.store, "x3:invoice").progress


def test_stopped_while_reading_goes_on_with_the_next_start(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"page_size": 4}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(12)]
    site.fault("x3", "query", "delay", args={"seconds": 1}, match="/PINVOICE", skip=1)
    run = site.begin()
    site.until(lambda: bool(values.bookmark(site.store, "x3:invoice").progress))
    began = time.monotonic()
    assert site.stop()
    assert time.monotonic() - began < 3.5
    with pytest.raises((Stopped, CancelledError)):
        run.result(timeout=1)
    site.start()
    site.sync()
    assert all(len(site.there(number)) == 1 for number in numbers)


def test_stopped_in_the_middle_of_writing_sends_nothing_twice(site: Site) -> None:
    numbers = [site.invoice(f"{100 + n}.00") for n in range(12)]
    site.fault("avid", "submit_invoice", "slow", times=None, args={"seconds": 0.3})
    run = site.begin()
    site.until(lambda: site.state.counters.get("avid.invoices_created", 0) >= 3)
    began = time.monotonic()
    assert site.stop()
    assert time.monotonic() - began < 3.5
    with pytest.raises((Stopped, CancelledError)):
        run.result(timeout=1)
    site.sandbox.faults.clear()
    site.start()
    site.sync()
    assert site.state.counters["avid.invoices_created"] == 12
    assert {site.row(number).state for number in numbers} == {"sent"}


def test_stopped_while_an_answer_hangs_finds_it_with_the_next_start(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "slow", args={"seconds": 6})
    site.begin()
    site.until(lambda: site.state.counters.get("avid.invoices_created", 0) == 1)
    began = time.monotonic()
    site.stop()
    assert time.monotonic() - began < 3.5
    site.until(lambda: site.outbox("invoice")[0].state == "sending", 1)
    site.start()
    site.sync()
    assert (site.row(number).state, site.count("submit_invoice")) == ("sent", 1)


def test_stopped_while_x3_posts_posts_once(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    payment = site.act("avid.pay", [number], status="Cleared")
    site.fault("x3", "save", "slow", args={"seconds": 6})
    site.begin()
    site.until(lambda: bool(site.postings(payment)))
    site.stop()
    site.start()
    site.sync()
    assert (len(site.postings(payment)), site.count("save")) == (1, 1)
    assert site.row(number).state == "paid"


def test_commands_that_wait_are_refused_when_it_stops(site: Site) -> None:
    site.invoice("100.00")
    site.fault("avid", "submit_invoice", "slow", args={"seconds": 1})
    site.begin()
    site.until(lambda: site.count("submit_invoice") == 1)
    second = site.begin()
    site.stop()
    assert second.cancelled()


def test_one_unreadable_record_costs_only_itself(site: Site) -> None:
    good, bad = site.sent("100.00"), site.sent("120.00")
    for number in (good, bad):
        site.act("avid.approve", number)
    site.act("avid.change_invoice", bad, {"ApprovedDate": "12/31/2026"})
    result = site.sync()
    assert site.row(good).state == "approved"
    assert [e["code"] for e in result.report["errors"]] == ["UNK-01"]


def test_invoice_that_appears_with_an_old_stamp_is_found_by_the_sweep(site: Site) -> None:
    site.sync()
    site.invoice("1.00")
    site.sync()
    number = site.invoice("100.00")
    with site.state.lock:
        for row in site.state.table("x3:PINVOICE").values():
            if row["NUM"] == number:
                row["UPDDATTIM"] = _an_hour_ago(site)
                site.state.table("x3:PINVOICE").put(number, row)
        site.state.commit()
    site.sync()
    assert site.there(number) == []
    with site.store.write():
        for name in ("day", "week"):
            values.put_setting(site.store, f"sweep.{name}.x3:invoice", "")
    site.sync()
    assert len(site.there(number)) == 1


def test_change_of_the_supplier_is_seen_by_its_unsent_invoices(site: Site) -> None:
    number = site.invoice("100.00")
    site.act("x3.supplier", {"BPSNUM": SUPPLIER, "DOUFLG": 3})
    site.sync()
    assert site.row(number).state == "held"
    site.act("x3.supplier", {"BPSNUM": SUPPLIER, "DOUFLG": 1})
    site.sync()
    assert site.row(number).state == "sent"


def _asked(site: Site, name: str) -> int:
    return sum(
        1
        for entry in site.state.journal_tail(5000)
        if entry["operation"] == "query"
        and entry["path"].endswith(f"/{name}")
        and "NUM%20in" not in entry["query"]  # asked by number before a send, not by the walk
    )


def _an_hour_ago(site: Site) -> str:
    from datetime import timedelta

    return f"{site.state.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
