"""What a run planned and left unsent goes out as the next plan has it, or not at all."""

from __future__ import annotations

from tests.engine.invoice_life import OTHER, OTHER_LINES
from tests.engine.site import Site


def _left(site: Site, *, post: bool = False) -> str:
    """An invoice that is planned and was not sent, because AvidXchange did not answer."""
    site.sync()  # both sides' reference data: nothing is planned without
    number = site.invoice("100.00", post=post)
    site.fault("avid", "list_invoices", "status", args={"status": 503}, times=None)
    site.sync()
    assert site.outbox("invoice")[-1].state == "ready"
    assert site.there(number) == []
    site.sandbox.faults.clear()
    return number


def _payment_in_doubt(site: Site) -> int:
    """A payment whose posting was broken off before X3 took it."""
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    payment = site.act("avid.pay", [number], status="Issued to Supplier")
    site.fault("x3", "save", "reset_before")
    site.sync(wait_s=0.0)
    assert [row.state for row in site.outbox("payment")] == ["in_doubt"]
    return int(payment)


def test_what_did_not_change_is_sent_as_it_was_planned(site: Site) -> None:
    number = _left(site)
    site.sync()
    assert site.row(number).state == "sent"
    assert [row.state for row in site.outbox("invoice")] == ["done"]


def test_an_invoice_that_was_changed_in_x3_is_never_sent_as_it_was(site: Site) -> None:
    number = _left(site)
    site.act("x3.change_invoice", number, OTHER, OTHER_LINES)
    result = site.sync()
    (there,) = site.there(number)
    assert there["Amount"] == OTHER["AMTATI"]
    assert (site.count("submit_invoice"), site.count("replace_invoice")) == (1, 0)
    assert [row.state for row in site.outbox("invoice")] == ["cancelled", "done"]
    assert result.report["drifted"] == 1


def test_a_mapping_that_was_changed_is_in_force_for_what_was_left(site: Site) -> None:
    number = _left(site)
    site.act("avid.vendor", "V2")
    site.map("vendors", ("S1", "V2"))
    site.sync()
    (there,) = site.there(number)
    assert there["VendorExternalCode"] == "V2"
    assert site.count("submit_invoice") == 1


def test_what_a_person_holds_does_not_go_out_though_it_was_left(site: Site) -> None:
    number = _left(site)
    assert site.running.decide([number], "invoice", "hold", "wait", "tester").result(20)[
        "done"
    ] == [number]
    for _ in range(2):
        site.sync()
    assert (site.row(number).state, site.there(number)) == ("held", [])
    assert [row.state for row in site.outbox("invoice")] == ["cancelled"]
    assert (
        site.running.decide([number], "invoice", "release", "go on", "tester").result(20)["refused"]
        == {}
    )
    site.sync()
    assert site.row(number).state == "sent"
    assert len(site.there(number)) == 1


def test_a_replacement_that_was_left_carries_the_last_change(site: Site) -> None:
    number = site.sent("100.00")
    site.act("x3.change_invoice", number, {"BPRVCR": "FIRST-1"})
    site.fault("avid", "get_invoice", "status", args={"status": 503}, times=None)
    result = site.sync()
    assert [row.state for row in site.outbox("replace")] == ["ready"], result.report
    site.sandbox.faults.clear()
    site.act("x3.change_invoice", number, OTHER, OTHER_LINES)
    site.sync()
    (there,) = site.there(number)
    assert there["Amount"] == OTHER["AMTATI"]
    assert site.count("replace_invoice") == 1


def test_a_level_that_was_left_gives_way_to_the_one_asked_for_now(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.fault("x3", "query", "status", args={"status": 503}, times=None, match="NUM%20in")
    site.sync()
    site.sandbox.faults.clear()
    site.act("avid.reopen", number)
    site.act("avid.reject", number)
    site.sync()
    assert site.level(number) == {2}
    assert site.count("run") == 1


def test_a_level_in_doubt_that_did_not_arrive_is_judged_anew(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.fault("x3", "run", "reset_before")
    site.sync(wait_s=0.0)
    assert [row.state for row in site.outbox("approval")] == ["in_doubt"]
    site.act("avid.reopen", number)
    site.act("avid.reject", number)
    site.sync(wait_s=5.0)
    assert [row.state for row in site.outbox("approval")] == ["cancelled", "done"]
    assert site.level(number) == {2}
    assert site.count("run") == 2  # the one that was broken off, and the refusal


def test_a_payment_that_was_left_and_voided_is_not_posted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    payment = site.act("avid.pay", [number], status="Issued to Supplier")
    site.fault("x3", "soap_query", "status", args={"status": 503}, times=None)
    site.sync()
    assert [row.state for row in site.outbox("payment")] == ["ready"]
    site.sandbox.faults.clear()
    site.act("avid.void", payment)
    site.sync()
    assert site.postings(payment) == []
    assert site.count("save") == 0


def test_a_payment_in_doubt_that_did_not_arrive_and_was_voided_is_not_posted(site: Site) -> None:
    payment = _payment_in_doubt(site)
    site.act("avid.void", payment)
    site.sync(wait_s=5.0)
    assert site.postings(payment) == []
    assert site.count("save") == 1
    assert site.outbox("payment")[-1].state == "cancelled"


def test_a_payment_in_doubt_that_did_not_arrive_is_posted_by_the_next_run(site: Site) -> None:
    payment = _payment_in_doubt(site)
    site.sync(wait_s=5.0)
    (row,) = site.outbox("payment")
    assert (row.state, row.attempts, row.resent) == ("done", 2, 1)
    assert len(site.postings(payment)) == 1


def test_a_payment_that_x3_did_not_take_and_avidxchange_voided_is_not_posted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    payment = site.act("avid.pay", [number], status="Issued to Supplier")
    site.fault("x3", "save", "no_web_services", times=None)
    site.sync()
    assert [(row.state, row.attempts) for row in site.outbox("payment")] == [("ready", 1)]
    site.sandbox.faults.clear()
    site.act("avid.void", payment)
    site.sync()
    assert site.postings(payment) == []
    assert [row.state for row in site.outbox("payment")] == ["cancelled"]


def test_a_supplier_that_pays_elsewhere_now_holds_what_was_left(site: Site) -> None:
    site.sent("50.00")
    number = _left(site)
    site.act("x3.supplier", {"BPSNUM": "S1", "BPSNAM": "Somebody else"})
    site.sync()
    assert site.there(number) == []
    assert (site.row(number).state, site.codes()) == ("held", ["BNK-01"])


def test_a_preview_shows_what_was_left_and_gives_nothing_up(site: Site) -> None:
    number = _left(site)
    site.act("x3.change_invoice", number, OTHER, OTHER_LINES)
    result = site.sync(preview=True)
    assert result.report["planned"] == 1
    assert [row.state for row in site.outbox("invoice")] == ["ready"]
    site.sync(plan=result.report["plan_hash"])
    (there,) = site.there(number)
    assert there["Amount"] == OTHER["AMTATI"]
    assert site.count("submit_invoice") == 1
