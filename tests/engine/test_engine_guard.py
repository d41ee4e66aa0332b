"""Nothing is paid twice: X3 is read again before each send and posting, and proposals pass by."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.store import values
from core.store.records import documents
from tests.engine.conftest import MakeSite
from tests.engine.site import VENDOR, Site
from tests.engine.test_engine_sweeps import delete

METHOD = "AVX"  # a method that no payment proposal of X3 takes


def _proposal(site: Site, payment_methods: frozenset[str] = frozenset()) -> list[str]:
    """X3's own payment proposal: pays every open item of level 4, those methods left out."""
    paid = []
    for item in site.rows("x3:GACCDUDATE"):
        is_open = item["FLGCLE"] == 1 and item["FLGPAZ"] == 4
        if is_open and item["PAM"] not in payment_methods and item["NUM"] not in paid:
            site.act("x3.pay_by_hand", item["NUM"], "", "PROPOSAL")
            paid.append(item["NUM"])
    return paid


def _method(site: Site, number: str, method: str) -> None:
    """Give the open items of an invoice another payment method, as a term of X3 does."""
    with site.state.lock:
        rows = site.state.table("x3:GACCDUDATE")
        for key, row in list(rows.items()):
            if row["NUM"] == number:
                rows.put(key, {**row, "PAM": method})
        site.state.commit()


def _paid(site: Site, number: str) -> Decimal:
    return sum((Decimal(item["PAYCUR"]) for item in site.items(number)), Decimal(0))


# Between plan and send


def _between(site: Site, *happenings: tuple[Any, ...]) -> Any:
    """A run whose plan is made, and in which something happens in X3 before anything is sent."""
    site.fault("x3", "query", "delay", args={"seconds": 1.0}, match="NUM%20in")
    run = site.begin()
    site.until(lambda: bool(site.outbox("invoice")))
    for name, *args in happenings:
        site.act(name, *args)
    return run.result(timeout=40)


def test_closed_in_x3_between_plan_and_send_is_left_out(site: Site) -> None:
    site.sync()
    number = site.invoice("100.00", post=True)
    _between(site, ("x3.pay_by_hand", number))
    assert (site.there(number), site.count("submit_invoice")) == ([], 0)
    assert (site.row(number).state, site.codes()) == ("excluded", [])


def test_partly_paid_between_plan_and_send_goes_to_a_person(site: Site) -> None:
    site.sync()
    number = site.invoice("100.00", post=True)
    _between(site, ("x3.pay_by_hand", number, "40.00"))
    assert (site.there(number), site.row(number).state) == ([], "needs_review")
    assert site.codes() == ["BAL-01"]


def test_posted_and_paid_between_plan_and_send_is_left_out(site: Site) -> None:
    site.sync()
    number = site.invoice("100.00")
    _between(site, ("x3.post", number), ("x3.pay_by_hand", number))
    assert (site.there(number), site.row(number).state) == ([], "excluded")


def test_deleted_between_plan_and_send_is_asked_about(site: Site) -> None:
    site.sync()
    number = site.invoice("100.00")
    _between(site, ("x3.cancel_invoice", number))
    assert (site.there(number), site.codes()) == ([], ["DEL-01"])


def test_posting_between_plan_and_send_stops_nothing(site: Site) -> None:
    site.sync()
    number = site.invoice("100.00")
    _between(site, ("x3.post", number))
    assert len(site.there(number)) == 1
    assert site.row(number).state == "sent"


def test_invoice_left_ready_by_an_earlier_run_is_looked_at_again(site: Site) -> None:
    site.sync()
    number = site.invoice("100.00", post=True)
    site.fault("avid", "list_invoices", "status", times=None, args={"status": 503})
    site.sync()
    site.sandbox.faults.clear()
    site.act("x3.pay_by_hand", number)
    site.sync()
    assert (site.there(number), site.row(number).state) == ([], "excluded")


# Before a posting


@pytest.mark.parametrize("amount", ["", "40.00"])
def test_paid_in_x3_between_plan_and_posting_is_not_paid_again(site: Site, amount: str) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    plan = site.sync(preview=True).report["plan_hash"]
    site.act("x3.pay_by_hand", number, amount)
    site.sync(plan=plan)
    assert (site.postings(payment), site.codes()) == ([], ["BAL-01"])
    assert _paid(site, number) == Decimal(amount or "100.00")


# X3's own payment proposal


def test_proposal_passes_by_a_method_of_its_own(make_site: MakeSite) -> None:
    site = make_site(settings={"scope": {"payment_methods": [METHOD]}})
    ours = site.invoice("100.00", post=True)
    _method(site, ours, METHOD)
    theirs = site.invoice("70.00", post=True)
    site.act("x3.set_level", theirs, 4)
    site.sync()
    assert (site.row(ours).state, site.row(theirs).state) == ("sent", "excluded")
    site.act("avid.approve", ours)
    site.sync()
    assert site.level(ours) == {4}
    assert _proposal(site, frozenset({METHOD})) == [theirs]
    payment = site.act("avid.pay", [ours], status="Cleared")
    site.sync()
    assert (len(site.postings(payment)), _paid(site, ours)) == (1, Decimal(100))
    assert (site.row(ours).state, site.codes()) == ("paid", [])


def test_proposal_passes_by_what_is_approved_below_its_level(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"approval": {"approved": 3}}})
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    assert site.level(number) == {3}
    assert _proposal(site) == []
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync()
    assert (len(site.postings(payment)), _paid(site, number)) == (1, Decimal(100))
    assert site.codes() == []


def test_without_a_safe_set_up_a_proposal_is_alarmed_within_one_poll(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    assert _proposal(site) == [number]
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["DEL-01"])
    assert "100.00 USD were paid there" in site.item("DEL-01").text
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync()
    assert (site.postings(payment), site.codes()) == ([], ["BAL-01"])


# Where the money goes


def test_vendor_is_not_created_while_its_remit_to_waits_for_a_person(site: Site) -> None:
    site.supplier("S7", vendor="")
    site.map("vendors", ("S7", "NEW7"))
    number = site.invoice("10.00", BPR="S7")
    assert site.sync(preview=True).report["planned"] == 2
    site.act("x3.touch", "BPADDRESS", "1~S7~A01", {"CTY": "Elsewhere"})
    result = site.sync()
    assert (result.report["vendors"], site.row(number).state) == (0, "held")
    assert site.codes() == ["BNK-01"]
    site.resolve("BNK-01", "accept")
    assert site.sync().report["vendors"] == 1
    site.sync()
    assert (site.row(number).state, site.codes()) == ("sent", [])


def test_remit_to_that_became_the_default_address_is_written_over_the_old_one(site: Site) -> None:
    old = {"Line1": "PO Box 1", "City": "Boone", "PostalCode": "28607", "Country": "US"}
    site.act("avid.vendor", VENDOR, RemitToAddress=old)
    site.sync()
    site.act("x3.supplier", {"BPSNUM": "S1", "CRN": "99-1"})
    site.sync()
    vendor = next(r for r in site.rows("avid:vendor") if r["ExternalVendorCode"] == VENDOR)
    assert vendor["RemitToAddress"]["Line1"] == vendor["Address"]["Line1"] == "1 Main Street"


# Open items linked by posting number


@pytest.fixture
def linked(make_site: MakeSite, tmp_path: Path) -> Site:
    """A site whose profile links open items by posting number."""
    profile = tmp_path / "accnum.toml"
    text = 'profile_version = 1\nname = "accnum"\n[meaning]\nopen_item_link = "accnum"\n'
    profile.write_text(text, encoding="utf-8")
    return make_site(settings={"x3": {"profile": str(profile)}})


def _rename_items(site: Site, number: str) -> None:
    """Give open items a document number of their own: only the posting number links them."""
    with site.state.lock:
        rows = site.state.table("x3:GACCDUDATE")
        for key, row in list(rows.items()):
            if row["NUM"] == number:
                rows.delete(key)
                rows.put(key.replace(number, f"J-{number}"), {**row, "NUM": f"J-{number}"})
        site.state.commit()


def test_item_read_before_its_invoice_is_linked_when_that_comes(linked: Site) -> None:
    site = linked
    number = site.sent("100.00")
    site.act("x3.post", number)
    _rename_items(site, number)
    held = dict(site.x3(number))
    _edit(site, number, ACCNUM=0, STA=2)  # the header still shows what it was
    site.sync()
    assert site.row(number).open_x3 is None
    _edit(site, number, ACCNUM=held["ACCNUM"], STA=3)
    site.act("x3.touch", "PINVOICE", number)
    site.sync()
    assert site.row(number).open_x3 == 10000


def _edit(site: Site, number: str, **members: Any) -> None:
    with site.state.lock:
        rows = site.state.table("x3:PINVOICE")
        rows.put(number, {**site.x3(number), **members})
        site.state.commit()


def test_open_items_are_linked_by_posting_number(linked: Site) -> None:
    site = linked
    number = site.invoice("100.00", post=True)
    site.sync()
    assert site.row(number).state == "sent"
    site.act("avid.approve", number)
    site.sync()
    assert site.level(number) == {4}
    payment = site.act("avid.pay", [number], status="Issued to Supplier")
    site.sync()
    assert (len(site.postings(payment)), site.row(number).open_x3) == (1, 0)
    site.act("avid.void", payment)
    site.sync()
    site.act("x3.reverse_payment", site.postings(payment)[0]["NUM"])
    site.sync()
    assert (site.row(number).state, site.codes()) == ("approved", [])


# What is open in AvidXchange is asked for by its ids


def _again(site: Site, *kinds: str) -> None:
    """Make the looks by id due, and run."""
    with site.store.write():
        for name in ("open_invoices", "open_payments"):
            for kind in kinds:
                values.put_setting(site.store, f"sweep.{kind}.avidxchange:{name}", "")
    site.sync()


def _hours_pass(site: Site) -> None:
    """Let the servers' clocks go on: what is known now lies behind every window from here on."""
    with site.state.lock:
        site.state.shift_clock(3 * 3600)
        site.state.commit()
    site.sync()


def test_change_that_moves_no_stamp_is_found_by_id_within_a_day(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Processing")
    site.sync()
    _hours_pass(site)
    site.act("avid.change_payment", payment, {"Status": "Void"}, touch=False)
    site.act("avid.change_invoice", number, {"Status": "On Hold"}, touch=False)
    site.sync()
    assert site.row(number).state == "payment_scheduled"
    _again(site, "day")
    assert (site.row(number).state, site.level(number)) == ("in_approval", {3})


def test_payment_that_was_done_is_watched_by_id_every_week(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync()
    _hours_pass(site)
    site.act("avid.change_payment", payment, {"Status": "Returned"}, touch=False)
    _again(site, "day")
    assert site.row(number).state == "paid"
    _again(site, "week")
    assert (site.row(number).state, site.codes()) == ("payment_returned", ["RET-01"])


def test_invoice_that_avidxchange_denies_is_told_and_nothing_written(site: Site) -> None:
    number = site.sent("100.00", post=True)
    levels = site.count("run", "modify")
    site.act("avid.vanish_invoice", number)
    _again(site, "day")
    assert (site.row(number).state, site.codes()) == ("needs_review", ["DEL-02"])
    assert site.count("run", "modify") == levels
    site.act("avid.change_invoice", number, {"Vanished": False})
    _again(site, "day")
    assert (site.row(number).state, site.codes()) == ("sent", [])


def test_payment_that_avidxchange_denies_is_told_and_never_posted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Processing")
    site.sync()
    site.act("avid.vanish_payment", payment)
    _again(site, "day")
    assert (site.codes(), site.postings(payment)) == (["UNK-01"], [])
    assert not documents(site.store, "payment")


def test_a_level_of_an_invoice_that_x3_deleted_is_tried_once_and_asked_of_a_person(
    site: Site,
) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    delete(site, number)
    result = site.sync()
    assert (result.report["drifted"], result.report["approvals_written"]) == (1, 0)
    assert site.codes() == ["DEL-01"]
    assert site.sync().report["drifted"] == 0
