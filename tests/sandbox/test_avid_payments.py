"""Payments: how they are read, and each way of their life (avidxchange.md 2.10, 5.2, 7.23-7.28)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.avid_site import CODES, Site, conforms, fresh_site

CHECK, DIRECT, CARD, E_PAYMENT = (
    "AvidPay Check",
    "AvidPay Direct",
    "Virtual Credit Card",
    "e-Payment",
)
START = ["Pending Approval", "Processing", "Debit Requested", "Funds Received"]


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _approved(site: Site, number: str = "INV-1", amount: float = 1250) -> int:
    lines = [{"LineNumber": 1, "Amount": amount, "Codes": CODES}]
    key = site.submitted(number, Amount=amount, Lines=lines)
    site.event("approve", key)
    return key


def _paid(site: Site, method: str = CHECK, status: str = "Pending Approval") -> int:
    return int(site.event("pay", [_approved(site)], method, status=status))


def _read(site: Site, payment: int) -> Any:
    reply = site.get(f"/v1/payments/{payment}")
    conforms(reply, "Payment")
    return reply.body


def _history(site: Site, payment: int) -> list[str]:
    reply = site.get(f"/v1/payments/{payment}/paymenthistory")
    assert isinstance(reply.body, list)
    assert [entry["Id"] for entry in reply.body] == sorted(entry["Id"] for entry in reply.body)
    return [entry["Description"] for entry in reply.body]


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        (CHECK, ["Sent to Check Printer", "Issued to Supplier", "Cleared"]),
        (DIRECT, ["ACH Credit Issued", "Cleared"]),
        (CARD, ["VCC Processing", "Cleared"]),
        (E_PAYMENT, ["Issued to Supplier", "Cleared"]),
    ],
)
def test_the_way_of_each_method(site: Site, method: str, rest: list[str]) -> None:
    payment = _paid(site, method)
    seen = [_read(site, payment)]
    for _step in range(len(START) + len(rest) - 1):
        site.state.shift_clock(86_400)
        site.set("token_seconds", 1e9)
        site._token = ""
        site.event("advance_payment", payment)
        seen.append(_read(site, payment))
    assert [one["Status"]["Description"] for one in seen] == START + rest
    assert _history(site, payment) == START + rest
    days = [one["StatusDate"] for one in seen]
    assert days == sorted(set(days))
    issued = len(START) + rest.index("Cleared" if method == CARD else rest[-2])
    assert {one["PaymentDate"] for one in seen[:issued]} == {None}
    assert {one["PaymentDate"] for one in seen[issued:]} == {days[issued]}
    assert [one["ClearedDate"] for one in seen] == [None] * (len(seen) - 1) + [days[-1]]
    assert (seen[-1]["AvidPayCheckNumber"] is not None) is (method == CHECK)
    assert seen[-1]["HasClearedCheckImages"] is (method == CHECK)
    with pytest.raises(ValueError, match="nothing follows Cleared"):
        site.event("advance_payment", payment)


def test_one_payment_of_many_invoices_with_a_credit(site: Site) -> None:
    keys = [_approved(site, "A"), _approved(site, "B", -80), _approved(site, "C", 300.1)]
    payment = site.event("pay", keys)
    read = _read(site, payment)
    assert read["Amount"] == Decimal("1470.10")
    assert [one["Net"] for one in read["Remittances"]] == [
        Decimal("1250.00"),
        Decimal("-80.00"),
        Decimal("300.10"),
    ]
    first = read["Remittances"][0]
    assert first["InvoiceExternalId"] == {"Value": "X3|T|US10|A|1"}
    assert (first["InvoiceId"], first["Number"]) == (keys[0], "A")
    assert read["ExternalPaymentIds"] == [{"Value": f"AP-{payment}"}]


def test_parts_and_discount(site: Site) -> None:
    key = _approved(site)
    one = site.event("pay", [key], CHECK, ["750"])
    two = site.event("pay", [key], CHECK, ["500"], ["10.5"])
    assert _read(site, one)["Amount"] == Decimal("750.00")
    last = _read(site, two)
    assert last["Amount"] == Decimal("489.50")
    assert last["Remittances"][0]["Discount"] == Decimal("10.50")
    assert site.count("payments_made") == 2


def test_only_approved_invoices_are_paid(site: Site) -> None:
    with pytest.raises(ValueError, match="only approved"):
        site.event("pay", [site.submitted("X")])


def test_filters(site: Site) -> None:
    first, second = _paid(site), int(site.event("pay", [_approved(site, "B")]))
    listed = site.get(f"/v1/payments?paymentIds={second}%2Cabc%2C%20{first}%2C1")
    conforms(listed, "PaymentList")
    assert [one["PaymentId"] for one in listed.body["Items"]] == [first, second]
    external = site.get(f"/v1/payments?externalPaymentIds=AP-{second}%2CAP-1").body["Items"]
    assert [one["PaymentId"] for one in external] == [second]
    since = quote((site.state.now() - timedelta(minutes=5)).isoformat())
    window = site.get(f"/v1/payments?lastModifiedFrom={since}").body["Items"]
    assert [one["PaymentId"] for one in window] == [first, second]
    site.event("restamp", "payment", first, 3600)
    assert len(site.get(f"/v1/payments?lastModifiedFrom={since}").body["Items"]) == 1
    assert site.get(f"/v1/payments/{first}").status == 200


def test_unknown_payments_and_no_history(site: Site) -> None:
    for path in ("5", "abc", "5/paymenthistory"):
        reply = site.get(f"/v1/payments/{path}")
        key = path.partition("/")[0]
        assert (reply.status, reply.detail) == (404, f"Payment {key} was not found")
    payment = _paid(site)
    site.state.table("avid:history").delete(str(payment))
    assert site.get(f"/v1/payments/{payment}/paymenthistory").body == []
    site.vary("get_payment", "not_found", 1)
    assert site.get(f"/v1/payments/{payment}").status == 404
    site.event("vanish_payment", payment)
    assert site.get(f"/v1/payments?paymentIds={payment}").body["Items"] == []


def test_held_failed_and_cured(site: Site) -> None:
    payment = _paid(site)
    site.event("set_payment_status", payment, "Held")
    assert site.event("advance_payment", payment) == "Pending Approval"
    site.event("advance_payment", payment)
    site.event("fail", payment, 4)
    read = _read(site, payment)
    assert read["Status"] == {"Id": 6, "Description": "Error"}
    assert read["Exceptions"][0]["ReasonCode"]["Id"] == 4
    assert site.event("advance_payment", payment) == "Processing"
    assert _read(site, payment)["Exceptions"] == []
    assert _history(site, payment)[-2:] == ["Error", "Processing"]


@pytest.mark.parametrize("status", ["Processing", "Issued to Supplier", "Cleared"])
def test_void_before_and_after_issue(site: Site, status: str) -> None:
    payment = _paid(site, CHECK, status)
    site.event("void", payment)
    assert _read(site, payment)["Status"] == {"Id": 3, "Description": "Void"}


def test_stopped_returned_and_refunded_less_a_fee(site: Site) -> None:
    payment = _paid(site, CHECK, "Issued to Supplier")
    site.event("stop", payment)
    assert _read(site, payment)["Status"]["Id"] == 22
    site.event("refund", payment, "15")
    read = _read(site, payment)
    assert (read["Status"]["Id"], read["RefundAmount"]) == (21, Decimal("1235.00"))
    other = int(site.event("pay", [_approved(site, "B")], DIRECT, status="Cleared"))
    site.event("return_", other)
    assert _read(site, other)["Status"]["Id"] == 23
    site.state.shift_clock(90 * 86_400)
    site._token = ""
    site.event("refund", other)
    assert _read(site, other)["RefundAmount"] == Decimal("1250.00")


def test_reissue_of_the_same_payment(site: Site) -> None:
    payment = _paid(site, CARD, "VCC Processing")
    assert site.event("reissue_same", payment) == payment
    read = _read(site, payment)
    assert read["Status"]["Description"] == "Processing"
    assert read["PaymentMethod"] == {"Id": 2, "Description": CHECK}
    dates = (read["PaymentDate"], read["ClearedDate"], read["AvidPayCheckNumber"])
    assert dates == (None, None, None)
    for _step in range(4):
        site.event("advance_payment", payment)
    first = _read(site, payment)["AvidPayCheckNumber"]
    site.event("reissue_same", payment)
    for _step in range(4):
        site.event("advance_payment", payment)
    assert _read(site, payment)["AvidPayCheckNumber"] not in (None, first)


def test_reissue_as_a_new_payment(site: Site) -> None:
    old = _paid(site, CHECK, "Issued to Supplier")
    new = site.event("reissue_new", old, DIRECT)
    assert _read(site, old)["Status"] == {"Id": 24, "Description": "Reissued"}
    shared = site.get(f"/v1/payments?externalPaymentIds=AP-{old}").body["Items"]
    assert sorted(one["PaymentId"] for one in shared) == [old, new]
    assert shared[0]["Remittances"] == shared[1]["Remittances"]
    site.event("void", new)
    last = site.event("reissue_new", new, share_ids=False)
    assert _read(site, new)["Status"]["Description"] == "Void"
    assert _read(site, last)["ExternalPaymentIds"] == []


def test_foreign_remittances(site: Site) -> None:
    foreign = site.event("insert_foreign_invoice", "V00101", "F-1")
    read = site.get(f"/v1/invoices/{foreign}")
    conforms(read, "Invoice")
    assert read.body["ExternalId"] is None
    payment = site.event("pay", [foreign, _approved(site)])
    assert _read(site, payment)["Remittances"][0]["InvoiceExternalId"] is None
    site.event("change_payment", payment, {"Amount": "0.00", "Status": "Lost"}, touch=False)
    odd = _read(site, payment)
    assert (odd["Amount"], odd["Status"]) == (Decimal("0.00"), {"Id": 99, "Description": "Lost"})


def test_shapes_of_payments(site: Site) -> None:
    payment = _paid(site, CHECK, "Issued to Supplier")
    single, listed = f"/v1/payments/{payment}", f"/v1/payments?paymentIds={payment}"

    def varied(path: str, *kinds: str) -> Any:
        site.set("variants", list(kinds))
        return site.get(path).body

    assert varied(single, "single_in_items")["Items"][0]["PaymentId"] == payment
    assert varied(single, "status_text")["Status"] == "Issued to Supplier"
    assert varied(single, "method_text")["PaymentMethod"] == CHECK
    assert "Status" not in varied(single, "status_missing")
    assert varied(single, "payment_ids_text")["ExternalPaymentIds"] == [f"AP-{payment}"]
    one = varied(single, "payment_ids_object")["ExternalPaymentIds"]
    assert one == {"Value": f"AP-{payment}"}
    assert varied(single, "payment_ids_empty")["ExternalPaymentIds"] == []
    assert varied(single, "external_id_text")["Remittances"][0]["InvoiceExternalId"]
    assert varied(single, "texts_for_numbers")["Amount"] == "1250.00"
    assert varied(single, "texts_for_numbers")["PaymentId"] == str(payment)
    assert isinstance(varied(single, "numbers_for_texts")["CheckNumber"], int)
    assert varied(single, "date_time_dates")["PaymentDate"].endswith("T00:00:00")
    assert " " in varied(single, "dates_blank")["LastModified"]
    assert varied(single, "dates_offset")["LastModified"].endswith("+00:00")
    assert varied(listed, "no_remittances_in_lists")["Items"][0]["Remittances"] == []
    assert len(varied(single, "no_remittances_in_lists")["Remittances"]) == 1
    assert varied(single, "no_remittances")["Remittances"] == []
    key = varied(single)["Remittances"][0]["InvoiceId"]
    bent = varied(f"/v1/invoices/{key}", "none_texts", "approver_absent")
    assert bent["AccountNumber"] == "none"
    assert "ApproverName" not in bent
