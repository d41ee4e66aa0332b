"""Invoices that stand in AvidXchange though this store did not send them, and what follows."""

from __future__ import annotations

from pathlib import Path

from tests.engine.site import VENDOR, Site


def _another_copy_sent(site: Site, number: str) -> None:
    """The invoice stands there under our reference; this store knows nothing of it."""
    codes = [("Accounting Codes", "61100"), ("Department", "ADM")]
    line = {
        "LineNumber": 1,
        "Amount": "100.00",
        "Description": None,
        "Codes": [{"GroupName": group, "CodeValue": value} for group, value in codes],
    }
    fields = {
        "ExternalId": {"Value": f"X3|SANDBOX|US10|{number}|1", "Scheme": "Invoice"},
        "Reference": number,
        "Lines": [line],
    }
    document = site.x3(number)["BPRVCR"]
    site.act("avid.insert_foreign_invoice", VENDOR, document, "100.00", "Received", fields)


def test_one_that_was_taken_over_can_change_in_x3(site: Site) -> None:
    """Found by the simulation: its due date was not known, and no run came to its end any more."""
    number = site.invoice("100.00")
    _another_copy_sent(site, number)
    site.act("x3.hold_supplier", "S1")
    site.sync()
    assert site.row(number).avid_invoice_id == str(site.there(number)[0]["Id"])
    site.act("x3.hold_supplier", "S1", held=False)
    # The header too: a line that changes within the second of the last read shows no sign of it.
    site.act("x3.change_invoice", number, {"INVREF": "R"}, {"1": {"ACC": ["62100"]}})
    result = site.sync()
    assert result.report["replaced"] == 1
    (there,) = site.there(number)
    assert there["Lines"][0]["Codes"][0]["CodeValue"] == "62100"
    assert there["DueDate"]
    site.check()


def test_one_that_was_refused_here_gives_way_to_the_one_that_stands_there(site: Site) -> None:
    """Found by the simulation: its refused row was in the way, and the run broke off."""
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "item_error", args={"messages": ["Something is wrong"]})
    site.sync()
    assert [row.state for row in site.outbox("invoice")] == ["rejected"]
    _another_copy_sent(site, number)
    site.act("x3.hold_supplier", "S1")
    result = site.sync()
    assert [error["code"] for error in result.report["errors"]] == ["ENV-01"]
    assert site.row(number).avid_invoice_id == str(site.there(number)[0]["Id"])
    assert [row.state for row in site.outbox("invoice")] == ["cancelled", "done"]
    assert len(site.there(number)) == 1
    site.check()


def test_a_payment_that_a_lost_store_posted_and_that_was_voided_since_is_told(
    site: Site, tmp_path: Path
) -> None:
    """Found by the simulation: nobody was told that X3 still shows it as paid."""
    number = site.sent("100.00", post=True)
    (there,) = site.there(number)
    site.act("avid.approve", there["Id"])
    payment = site.act("avid.pay", [there["Id"]], status="Issued to Supplier")
    site.sync()
    assert len(site.postings(payment)) == 1
    site.stop()
    site.act("avid.void", payment)
    other = Site(tmp_path / "restored", sandbox=site.sandbox)
    try:
        other.sync()
        other.sync()
        row = other.payment(payment)
        assert (row.posted, row.x3_payment) == (1, site.postings(payment)[0]["NUM"])
        assert other.codes() == ["VOI-01"]
        other.check()
    finally:
        other.stop()
        other.store.close_thread()
