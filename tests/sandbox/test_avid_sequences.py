"""Lives of invoices and payments, played by the control with any date (2.9, 5.2, 7.18)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from core.sandbox import server
from tests.sandbox.avid_site import invoice as body_of
from tests.sandbox.avid_site import prepare

DAY = 86_400
CHECK, CARD = "AvidPay Check", "Virtual Credit Card"


class Desk:
    """A client of a whole sandbox: the wire with static tokens, and the control beside it."""

    def __init__(self, sandbox: server.Sandbox) -> None:
        self.sandbox = sandbox
        self.base = sandbox.addresses.avid_url
        self.headers = {
            "X-Company-Token": sandbox.addresses.company_token,
            "X-User-Token": sandbox.addresses.user_token,
        }

    def act(self, name: str, /, **args: Any) -> Any:
        order = {"name": f"avid.{name}", "args": args}
        answer = requests.post(f"{self.base}/_sandbox/act", json=order, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def refused(self, name: str, /, **args: Any) -> str:
        order = {"name": f"avid.{name}", "args": args}
        answer = requests.post(f"{self.base}/_sandbox/act", json=order, timeout=10)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    def post(self, path: str, body: Any) -> None:
        answer = requests.post(f"{self.base}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text

    def read(self, path: str) -> Any:
        answer = requests.get(f"{self.base}/v1/{path}", headers=self.headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def submit(self, number: str = "INV-1", **members: Any) -> int:
        answer = requests.post(
            f"{self.base}/v1/invoices",
            json=body_of(number, **members),
            headers=self.headers,
            timeout=10,
        )
        return int(answer.json()["Results"][0]["Item"]["Id"])

    def approved(self, number: str = "INV-1", amount: float = 100.0) -> int:
        lines = body_of()["Lines"][:1]
        lines = [{**lines[0], "Amount": amount}]
        key = self.submit(number, Amount=amount, Lines=lines)
        self.act("approve", invoice=key)
        return key


@pytest.fixture(scope="module")
def started() -> Iterator[server.Sandbox]:
    sandbox = server.start(None, seed=3, invoices=0)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def desk(started: server.Sandbox) -> Desk:
    with started.state.lock:
        for name in started.state.tables():
            if name.startswith("avid:"):
                table = started.state.table(name)
                for key in list(table.keys()):
                    table.delete(key)
        prepare(started.state)
        for name in ("on_submit", "clock_ahead_s"):
            started.state.set_value(f"avid.{name}", [] if name == "on_submit" else 0)
        started.state.commit()
    return Desk(started)


def test_an_invoice_dated_by_instants(desk: Desk) -> None:
    key = desk.submit()
    desk.act("start_approval", invoice=key, at="2026-06-02T10:00:00Z")
    desk.act("dispute", invoice="INV-1", at="2026-06-03T10:00:00+02:00")
    desk.act("undispute", invoice="X3|T|US10|INV-1|1", at="2026-06-04T10:00:00")
    desk.act("hold", invoice=key, at="2026-06-05T10:00:00.250Z")
    held = desk.read(f"invoices/{key}")
    assert held["Status"] == {"Id": 3, "Description": "On Hold"}
    assert held["LastModified"] == "2026-06-05T10:00:00.250"
    desk.act("unhold", invoice=key, at="2026-06-06T08:00:00Z")
    desk.act("approve", invoice=key, approver="Dana Mills", at="2026-06-07T16:02:44Z")
    approved = desk.read(f"invoices/{key}")
    assert approved["ApprovedDate"] == approved["LastModified"] == "2026-06-07T16:02:44.000"
    assert approved["ApproverName"] == "Dana Mills"
    desk.act("reopen", invoice=key, at="2026-06-08T09:00:00Z")
    desk.act("reject", invoice=key, reason=None, approver=None, at="2026-06-09T09:00:00Z")
    refused = desk.read(f"invoices/{key}")
    assert (refused["Status"]["Id"], refused["RejectionReason"]) == (6, None)
    assert refused["LastModified"] == "2026-06-09T09:00:00.000"


def test_a_plain_date_is_a_business_date_and_the_news_are_new(desk: Desk) -> None:
    key = desk.approved()
    before = desk.read(f"invoices/{key}")["LastModified"]
    payment = desk.act("pay", invoices=[key], at="2026-06-10")
    desk.act("advance_payment", payment=payment, to="Issued to Supplier", at="2026-06-12")
    issued = desk.read(f"payments/{payment}")
    assert (issued["PaymentDate"], issued["StatusDate"]) == ("2026-06-12", "2026-06-12")
    assert issued["BatchId"] == "B-20260610-01"
    assert issued["LastModified"] >= before
    desk.act("advance_payment", payment=payment, at="2026-06-20")
    cleared = desk.read(f"payments/{payment}")
    assert (cleared["PaymentDate"], cleared["ClearedDate"]) == ("2026-06-12", "2026-06-20")
    desk.act("reopen", invoice=key)
    desk.act("approve", invoice=key, at="2026-05-01")
    assert desk.read(f"invoices/{key}")["ApprovedDate"] == "2026-05-01T12:00:00.000"


def test_dates_that_are_seconds_and_dates_that_are_none(desk: Desk) -> None:
    key = desk.submit()
    desk.act("approve", invoice=key, at=-7200)
    ages = desk.sandbox.state.now().timestamp() - _seconds(desk.read(f"invoices/{key}"))
    assert 7199 < ages < 7215
    other = desk.submit("INV-2")
    assert "ValueError" in desk.refused("approve", invoice=other, at="yesterday")
    assert "TypeError" in desk.refused("restamp", table="invoice", key=key, at=-5)
    assert desk.read(f"invoices/{other}")["Status"]["Id"] == 1


def _seconds(row: Any) -> float:
    return datetime.fromisoformat(row["LastModified"] + "+00:00").timestamp()


def test_a_whole_sequence_in_one_order(desk: Desk) -> None:
    """Card, unused, turned into a check, cleared, and refunded months later less a fee."""
    desk.submit()
    at = "2026-06-{:02d}T12:00:00Z".format
    results = desk.act(
        "play",
        steps=[
            {"name": "approve", "args": {"invoice": "INV-1", "at": at(1)}},
            {
                "name": "pay",
                "args": {"invoices": ["INV-1"], "method": CARD, "at": at(2)},
                "as": "p",
            },
            {
                "name": "advance_payment",
                "args": {"payment": "$p", "to": "VCC Processing", "at": at(4)},
            },
            {"name": "reissue_same", "args": {"payment": "$p", "method": CHECK, "at": at(14)}},
            {
                "name": "advance_payment",
                "args": {"payment": "$p", "to": "Cleared", "at": at(25)},
            },
            {
                "name": "refund",
                "args": {"payment": "$p", "fee": "25.00", "at": "2026-09-25T12:00:00Z"},
            },
        ],
    )
    payment = results[1]
    read = desk.read(f"payments/{payment}")
    assert read["Status"]["Description"] == "Refunded"
    assert (read["RefundAmount"], read["Amount"]) == (Decimal("1225.00"), Decimal("1250.00"))
    dates = (read["PaymentDate"], read["ClearedDate"], read["StatusDate"])
    assert dates == ("2026-06-25", "2026-06-25", "2026-09-25")
    history = desk.read(f"payments/{payment}/paymenthistory")
    assert [one["Description"] for one in history] == [
        "Pending Approval",
        "Processing",
        "Debit Requested",
        "Funds Received",
        "VCC Processing",
        "Processing",
        "Debit Requested",
        "Funds Received",
        "Sent to Check Printer",
        "Issued to Supplier",
        "Cleared",
        "Refunded",
    ]
    assert history[-1]["InsertDateTime"] == "2026-09-25 12:00:00"


def test_an_order_that_cannot_be_played_says_why(desk: Desk) -> None:
    desk.submit()
    assert "no event" in desk.refused("play", steps=[{"name": "dance"}])
    steps: list[dict[str, Any]] = [{"name": "void", "args": {"payment": "$p"}}]
    assert "no step was called p" in desk.refused("play", steps=steps)
    assert "ValueError" in desk.refused("play", steps=[{"name": "approve", "when": 3}])
    assert "ValueError" in desk.refused("script", steps=[{"args": {}}])


def test_a_script_goes_on_by_the_clock(desk: Desk) -> None:
    key = desk.submit()
    waiting = desk.act(
        "script",
        steps=[
            {"name": "start_approval", "args": {"invoice": key}, "after_s": 60},
            {"name": "approve", "args": {"invoice": key}, "after_s": 3600},
            {"name": "pay", "args": {"invoices": [key]}, "after_s": 2 * DAY, "as": "p"},
            {
                "name": "advance_payment",
                "args": {"payment": "$p", "to": "Cleared"},
                "after_s": 9 * DAY,
            },
            {"name": "delete", "args": {"invoice": key}, "after_s": 10 * DAY},
        ],
    )
    assert waiting == 5
    begun = desk.sandbox.state.now().timestamp()
    assert desk.read(f"invoices/{key}")["Status"]["Id"] == 1
    desk.post("clock", {"shift_seconds": 61})
    assert desk.read(f"invoices/{key}")["Status"]["Id"] == 2
    desk.post("clock", {"shift_seconds": 11 * DAY})
    approved = desk.read(f"invoices/{key}")
    assert approved["Status"]["Id"] == 5
    assert abs(_seconds(approved) - begun - 3600) < 30
    payments = desk.sandbox.state.table("avid:payment")
    (row,) = payments.values()
    assert row["Status"] == "Cleared"
    assert abs(_seconds(row) - begun - 9 * DAY) < 30
    (failure,) = desk.sandbox.state.table("avid:script_failure").values()
    assert failure["Reason"] == "ValueError: Approved does not become Deleted"
    assert len(desk.sandbox.state.table("avid:script")) == 0
    desk.post("clock", {"shift_seconds": -11 * DAY - 61})


def test_every_invoice_submitted_gets_the_script(desk: Desk) -> None:
    steps = [{"name": "approve", "args": {"invoice": "$invoice"}, "after_s": 5}]
    desk.post("value", {"name": "avid.on_submit", "value": steps})
    keys = [desk.submit(number) for number in "AB"]
    assert {desk.read(f"invoices/{key}")["Status"]["Id"] for key in keys} == {1}
    desk.post("clock", {"shift_seconds": 6})
    assert {desk.read(f"invoices/{key}")["Status"]["Id"] for key in keys} == {5}


def test_the_approver_changes_amount_vendor_and_number(desk: Desk) -> None:
    key = desk.submit()
    desk.act("amend", invoice=key, amount="1300", vendor="V00102", number="INV-1B")
    read = desk.read(f"invoices/{key}")
    assert read["Amount"] == sum(line["Amount"] for line in read["Lines"]) == 1300
    assert (read["VendorExternalCode"], read["VendorName"]) == ("V00102", "Vendor V00102")
    assert read["InvoiceNumber"] == "INV-1B"
    desk.act("amend", invoice=key, vendor="NEW", at="2026-06-01T00:00:00Z")
    read = desk.read(f"invoices/{key}")
    assert (read["VendorName"], read["LastModified"]) == (None, "2026-06-01T00:00:00.000")


def test_held_failed_cured_and_changed_before_it_is_out(desk: Desk) -> None:
    payment = desk.act("pay", invoices=[desk.approved()])
    assert desk.act("hold_payment", payment=payment) == "Held"
    assert "not" in desk.refused("cure", payment=payment)
    assert "only a payment that waits" in desk.refused("hold_payment", payment=payment)
    assert desk.act("release_payment", payment=payment) == "Pending Approval"
    assert "not held" in desk.refused("release_payment", payment=payment)
    desk.act("change_method", payment=payment, method="Carrier Pigeon")
    odd = desk.read(f"payments/{payment}")
    assert odd["PaymentMethod"] == {"Id": 99, "Description": "Carrier Pigeon"}
    assert odd["CheckNumber"] is None
    desk.act("change_method", payment=payment, method=CHECK)
    assert desk.read(f"payments/{payment}")["CheckNumber"]
    desk.act("advance_payment", payment=payment)
    for reason, text in ((4, "Missing bank account"), (77, "Payment could not be made")):
        desk.act("fail", payment=payment, reason=reason, at="2026-06-03")
        failed = desk.read(f"payments/{payment}")
        assert failed["Exceptions"] == [{"ReasonCode": {"Id": reason, "Description": text}}]
        assert failed["StatusDate"] == "2026-06-03"
        assert desk.act("cure", payment=payment) == "Processing"
    desk.act("advance_payment", payment=payment, to="Issued to Supplier")
    assert "issued again" in desk.refused("change_method", payment=payment, method=CARD)


@pytest.mark.parametrize("gone", ["void", "stop", "return_"])
def test_a_new_payment_after_one_that_went_wrong(desk: Desk, gone: str) -> None:
    payment = desk.act("pay", invoices=[desk.approved()], status="Issued to Supplier")
    desk.act(gone, payment=payment, at="2026-06-20")
    old = desk.read(f"payments/{payment}")
    assert old["StatusDate"] == "2026-06-20"
    new = desk.act("reissue_new", payment=payment, at="2026-06-21")
    assert new != payment
    shared = desk.read(f"payments?externalPaymentIds=AP-{payment}")["Items"]
    assert {one["PaymentId"] for one in shared} == {payment, new}
    assert desk.read(f"payments/{payment}")["Status"] == old["Status"]
    assert desk.act("advance_payment", payment=f"AP-{payment}") == "Processing"
    assert desk.read(f"payments/{new}")["Status"]["Description"] == "Processing"


def test_money_matters_of_payments(desk: Desk) -> None:
    one, two = desk.approved("A", 100.0), desk.approved("B", -20.0)
    netted = desk.act("pay", invoices=[one, two], amounts=["60", "-20"])
    over = desk.act("pay", invoices=[one], amounts=["70"], discounts=["5"])
    nothing = desk.act("pay", invoices=[one, two], amounts=["20", "-20"])
    amounts = [desk.read(f"payments/{key}")["Amount"] for key in (netted, over, nothing)]
    assert amounts == [Decimal("40.00"), Decimal("65.00"), Decimal("0.00")]
    desk.act("change_payment", payment=netted, fields={"Amount": "41.00"}, at="2026-06-01")
    odd = desk.read(f"payments/{netted}")
    assert odd["Amount"] != sum(part["Net"] for part in odd["Remittances"])


def test_payments_that_never_came_from_us(desk: Desk) -> None:
    payment = desk.act(
        "insert_foreign_payment",
        vendor="V00101",
        number="PORTAL-1",
        status="Cleared",
        at="2026-06-05T10:00:00Z",
    )
    read = desk.read(f"payments/{payment}")
    (part,) = read["Remittances"]
    assert (part["InvoiceExternalId"], part["Number"]) == (None, "PORTAL-1")
    assert (read["ClearedDate"], read["LastModified"]) == ("2026-06-05", "2026-06-05T10:00:00.000")
    foreign = desk.read(f"invoices/{part['InvoiceId']}")
    assert (foreign["ExternalId"], foreign["InvoiceDate"]) == (None, "2026-06-05")


def test_a_change_that_leaves_no_stamp(desk: Desk) -> None:
    """Found by the look-back only (avidxchange.md 7.28)."""
    key = desk.approved()
    payment = desk.act("pay", invoices=[key], status="Cleared", at="2026-06-05T10:00:00Z")
    desk.act("set_payment_status", payment=payment, status="Returned", touch=False)
    read = desk.read(f"payments/{payment}")
    assert read["Status"]["Description"] == "Returned"
    assert read["LastModified"] == "2026-06-05T10:00:00.000"
    stamp = desk.read(f"invoices/{key}")["LastModified"]
    desk.act("set_invoice_status", invoice=key, status="Half Way", touch=False)
    after = desk.read(f"invoices/{key}")
    assert (after["Status"]["Description"], after["LastModified"]) == ("Half Way", stamp)


def test_news_dated_back_overtake_those_that_still_lag(desk: Desk) -> None:
    key = desk.submit()
    desk.post("value", {"name": "avid.lag_seconds", "value": 60})
    desk.act("start_approval", invoice=key)
    desk.act("approve", invoice=key, at=-3600)
    window = "invoices?lastModifiedFrom=2020-01-01&lastModifiedTo=2020-01-02"
    assert desk.read(window)["Items"] == []
    since = f"{desk.sandbox.state.now() - timedelta(days=1):%Y-%m-%d}"
    for path in (
        "invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1",
        f"invoices?lastModifiedFrom={since}",
    ):
        (found,) = desk.read(path)["Items"]
        assert found["Status"]["Description"] == "Approved"


def test_another_company_has_its_own_data(desk: Desk) -> None:
    desk.post("value", {"name": "avid.companies", "value": ["C-1001", "C-2"]})
    desk.act("group", name="Accounting Codes", company="C-2", required=True)
    desk.act("code", group="Accounting Codes", value="9", company="C-2")
    desk.act("vendor", code="OTHER", company="C-2", Name="Other")
    desk.act("insert_foreign_invoice", vendor="OTHER", number="O-1", fields={"Company": "C-2"})
    desk.post("value", {"name": "avid.company_of_token", "value": "C-2"})
    try:
        assert [one["CodeValue"] for one in desk.read("codes")["Items"]] == ["9"]
        assert [one["Name"] for one in desk.read("vendors")["Items"]] == ["Other"]
        listed = desk.read(f"invoices?lastModifiedFrom={desk.sandbox.state.now():%Y-%m-%d}")
        assert [one["InvoiceNumber"] for one in listed["Items"]] == ["O-1"]
    finally:
        desk.post("value", {"name": "avid.company_of_token", "value": "C-1001"})
    assert {one["CodeValue"] for one in desk.read("codes")["Items"]}.isdisjoint({"9"})
