"""What stands there already, and what changes in X3 after an invoice was sent (product.md 4)."""

from __future__ import annotations

import pytest

from tests.engine.conftest import MakeSite
from tests.engine.site import VENDOR, Site


def _other_copy(site: Site, number: str, amount: str = "100.00") -> None:
    """An invoice under our reference that this store knows nothing of."""
    codes = [("Accounting Codes", "61100"), ("Department", "ADM")]
    line = {"LineNumber": 1, "Amount": amount, "Description": None}
    line["Codes"] = [{"GroupName": g, "CodeValue": v} for g, v in codes]
    fields = {
        "ExternalId": {"Value": f"X3|SANDBOX|US10|{number}|1", "Scheme": "Invoice"},
        "Reference": number,
        "Lines": [line],
    }
    document = site.x3(number)["BPRVCR"]
    site.act("avid.insert_foreign_invoice", VENDOR, document, amount, "Received", fields)


def test_equal_invoice_under_our_reference_is_linked_not_sent(site: Site) -> None:
    number = site.invoice("100.00")
    _other_copy(site, number)
    result = site.sync()
    assert site.count("submit_invoice") == 0
    assert site.row(number).state == "sent"
    assert [e["code"] for e in result.report["errors"]] == ["ENV-01"]
    assert result.exit_status == 3
    again = site.sync()
    assert (again.report["errors"], again.exit_status) == ([], 0)


def test_different_invoice_under_our_reference_goes_to_a_person(site: Site) -> None:
    number = site.invoice("100.00")
    _other_copy(site, number, "99.00")
    result = site.sync()
    assert site.count("submit_invoice") == 0
    assert (site.row(number).state, result.exit_status) == ("needs_review", 3)
    assert "99" in site.item("DUP-01").text


def test_what_is_not_to_be_sent_any_more_is_linked_where_it_stands(site: Site) -> None:
    """A restored backup: the supplier is held since, so that no sending would look it up."""
    number = site.invoice("100.00")
    _other_copy(site, number)
    site.act("x3.hold_supplier", "S1")
    result = site.sync()
    assert [e["code"] for e in result.report["errors"]] == ["ENV-01"]
    (there,) = site.there(number)
    row = site.row(number)
    assert (row.avid_invoice_id, row.external_id) == (
        str(there["Id"]),
        f"X3|SANDBOX|US10|{number}|1",
    )
    assert (site.codes(), result.exit_status) == (["SUP-01"], 3)
    site.resolve("SUP-01", "withdraw")
    again = site.sync()
    assert (again.report["errors"], again.report["withdrawn"]) == ([], 1)
    assert site.count("submit_invoice") == 0
    site.check()


def test_what_another_copy_sent_after_it_was_excluded_here_is_linked(site: Site) -> None:
    site.act("x3.hold_supplier", "S1")
    number = site.invoice("100.00")
    site.sync()
    assert site.row(number).state == "held"
    _other_copy(site, number)
    result = site.sync()
    assert [e["code"] for e in result.report["errors"]] == ["ENV-01"]
    assert site.row(number).avid_invoice_id == str(site.there(number)[0]["Id"])


def test_same_supplier_document_twice_sends_the_first_only(site: Site) -> None:
    first = site.invoice("100.00", BPRVCR="INV-7")
    second = site.invoice("220.00", BPRVCR=" inv-7 ")
    result = site.sync()
    assert (site.row(first).state, site.row(second).state) == ("sent", "needs_review")
    assert (site.codes(), result.exit_status) == (["DUP-01"], 3)
    site.sync()
    assert site.there(second) == []
    site.resolve("DUP-01", "exclude")
    site.sync()
    assert (site.row(second).state, site.codes()) == ("excluded", [])


def test_invoice_that_came_another_way_stops_ours(site: Site) -> None:
    site.act("avid.insert_foreign_invoice", VENDOR, "INV-9", "100.00")
    number = site.invoice("100.00", BPRVCR="INV-9")
    site.sync()
    assert site.there(number) == []
    assert site.codes() == ["DUP-01"]
    foreign = next(r for r in site.rows("avid:invoice") if r["InvoiceNumber"] == "INV-9")
    site.resolve("DUP-01", "link", to=str(foreign["Id"]))
    site.sync()
    assert (site.row(number).state, site.codes()) == ("excluded", [])


def test_close_by_amount_and_date_is_sent_and_noted(site: Site) -> None:
    site.invoice("100.00")
    site.invoice("100.00")
    result = site.sync()
    assert result.report["sent"] == 2
    assert set(site.codes()) == {"DUP-01"}


def test_supplier_on_hold_before_sending_waits_by_itself(site: Site) -> None:
    site.act("x3.hold_supplier", "S1")
    number = site.invoice("100.00")
    result = site.sync()
    assert (site.row(number).state, site.codes()) == ("held", ["SUP-01"])
    assert result.exit_status == 0
    site.act("x3.hold_supplier", "S1", held=False)
    site.sync()
    assert (site.row(number).state, site.codes()) == ("sent", [])


def test_supplier_on_hold_after_sending_asks_at_once(site: Site) -> None:
    number = site.sent("100.00")
    site.act("x3.hold_supplier", "S1")
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["SUP-01"])
    assert set(site.item("SUP-01").how) == {"withdraw", "done"}
    site.resolve("SUP-01", "withdraw")
    result = site.sync()
    assert result.report["withdrawn"] == 1
    assert site.there(number)[0]["Status"] == "Deleted"
    site.sync()
    assert (site.row(number).state, site.codes()) == ("excluded", [])
    assert site.count("withdraw_invoice") == 1


def test_hold_taken_back_closes_the_item_by_itself(site: Site) -> None:
    site.sent("100.00")
    site.act("x3.hold_supplier", "S1")
    site.sync()
    site.act("x3.hold_supplier", "S1", held=False)
    site.sync()
    assert site.codes() == []


def test_payment_already_out_is_posted_though_the_supplier_is_held(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.act("x3.hold_supplier", "S1")
    payment = site.act("avid.pay", [number], status="Issued to Supplier")
    site.sync()
    assert len(site.postings(payment)) == 1


@pytest.mark.parametrize("moves", [[], ["start_approval"], ["hold"], ["dispute"]])
def test_changed_in_x3_is_replaced_while_open_there(site: Site, moves: list[str]) -> None:
    number = site.sent("100.00")
    for move in moves:
        site.act(f"avid.{move}", number)
    change = {"AMTNOT": "120.00", "AMTATI": "120.00"}
    lines = {"1": {"AMTNOTLIN": "120.00", "AMTATILIN": "120.00"}}
    site.act("x3.change_invoice", number, change, lines)
    result = site.sync()
    assert (result.report["replaced"], site.codes()) == (1, [])
    (there,) = site.there(number)
    assert (there["Amount"], there["Status"]) == ("120.00", "Received")
    site.sync()
    assert site.count("replace_invoice") == 1


def test_answer_to_a_replacement_lost_is_repeated_after_reading(site: Site) -> None:
    number = site.sent("100.00")
    site.act("x3.change_invoice", number, {"BPRVCR": "NEW-1"})
    site.fault("avid", "replace_invoice", "reset_after")
    site.sync()
    assert site.there(number)[0]["InvoiceNumber"] == "NEW-1"
    assert (site.codes(), site.row(number).state) == ([], "sent")


@pytest.mark.parametrize("move", ["approve", "recode"])
def test_changed_in_x3_when_it_cannot_be_replaced_asks(site: Site, move: str) -> None:
    number = site.sent("100.00")
    site.act(f"avid.{move}", number)
    site.sync()
    site.act("x3.change_invoice", number, {"BPRVCR": "NEW-1"})
    result = site.sync()
    assert (result.exit_status, site.count("replace_invoice")) == (3, 0)
    assert site.row(number).state == "changed_after_sending"
    site.resolve("CHG-01", "keep")
    site.sync()
    assert "CHG-01" not in site.codes()


@pytest.mark.parametrize("change", [{"PAZ": 3}, {"STA": 1}, {"STRDUDDAT": "2026-12-01"}])
def test_approval_status_and_due_dates_are_no_change(site: Site, change: dict[str, object]) -> None:
    number = site.sent("100.00")
    site.act("x3.change_invoice", number, dict(change))
    site.sync()
    assert site.count("replace_invoice") == 0
    assert "CHG-01" not in site.codes()


def test_posting_is_no_change(site: Site) -> None:
    number = site.sent("100.00")
    site.act("x3.post", number)
    result = site.sync()
    assert (site.count("replace_invoice"), result.report["planned"]) == (0, 0)


def test_closed_there_between_look_and_replacement_ends_as_changed(site: Site) -> None:
    number = site.sent("100.00")
    site.act("x3.change_invoice", number, {"BPRVCR": "NEW-1"})
    site.fault("avid", "replace_invoice", "delay", args={"seconds": 0.5})
    run = site.begin()
    site.until(lambda: site.count("replace_invoice") == 1)
    site.act("avid.approve", number)
    run.result(timeout=30)
    site.sync()
    assert site.row(number).state == "changed_after_sending"
    assert site.codes() == ["CHG-01"]


def test_paid_by_hand_in_x3_is_told(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("x3.pay_by_hand", number)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["DEL-01"])
    site.resolve("DEL-01", "withdraw")
    site.sync()
    assert site.there(number)[0]["Status"] == "Deleted"
    assert site.codes() == []


def test_deleted_in_the_portal_is_told_and_the_level_set_back(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.hold", number)
    site.sync()
    assert site.level(number) == {3}
    site.act("avid.delete", number)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["DEL-02"])
    assert (site.row(number).state, site.level(number)) == ("needs_review", {1})
    site.resolve("DEL-02", "done")
    assert site.sync().exit_status == 0


def test_settled_before_it_was_seen_is_left_out(site: Site) -> None:
    number = site.invoice("100.00", post=True)
    site.act("x3.pay_by_hand", number)
    assert site.sync().exit_status == 0
    assert (site.row(number).state, site.there(number)) == ("excluded", [])


def test_above_the_ceiling_waits_for_a_word(make_site: MakeSite) -> None:
    site = make_site(settings={"workspace": {"ceiling": 500}})
    number = site.invoice("600.00")
    result = site.sync()
    assert (result.exit_status, site.row(number).state) == (3, "held")
    site.resolve("LIM-01", "accept")
    site.sync()
    assert site.row(number).state == "sent"


def test_unmapped_account_waits_for_its_mapping(site: Site) -> None:
    with site.store.write():
        from core.store import rules

        kept = [r.draft for r in rules.current(site.store, "gl") if r.key2 != "62200"]
        rules.apply_rows(site.store, "gl", kept, replace=True, actor="tester")
    line = {"ACC": "62200", "AMTNOTLIN": "9.00", "DIE1": "DPT", "CCE1": "ADM"}
    number = site.invoice(lines=[line])
    result = site.sync()
    assert (result.exit_status, site.row(number).state) == (3, "needs_mapping")
    assert site.codes() == ["MAP-03"]
    site.map("gl", ("USA", "62200", "62200"))
    site.sync()
    assert (site.row(number).state, site.codes()) == ("sent", [])
