"""Values and documents as they may come (avidxchange.md 3, rows 1 and 7 to 10; 2.9, 2.10)."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avidxchange import load_profile
from core.avidxchange.records import RecordReader
from core.avidxchange.values import (
    Members,
    RecordError,
    parse_json,
    read_amount,
    read_count,
    read_date,
    read_flag,
    read_id,
    read_instant,
    read_text,
)
from core.domain.ap_documents import ApImage, Code, CodeGroup, PostalAddress, Remittance
from tests.contract.avidxchange_server import invoice_json, payment_json

READER = RecordReader(load_profile())


def read(entity: str, record: Any) -> Any:
    """The document of a record that has been through JSON, as on the wire."""
    return READER.read(entity, parse_json(json.dumps(record).encode()))


def test_names_in_any_case_and_the_exact_spelling_wins() -> None:
    members = Members({"paymentid": 1, "PaymentId": 2, "PAYMENTID": 3, "Empty": None})
    assert members.get("PaymentId") == 2
    assert members.get("PaymentID") == 1
    assert members.get("Empty", "paymentId") == 1
    assert members.get("absent") is None
    assert members.has("EMPTY")


def test_a_whole_invoice() -> None:
    image = {"Id": 5501, "FileName": "a.pdf", "ContentType": "x/y", "Size": "5", "Sha256": "AB"}
    invoice = read("ap_invoice", invoice_json(Images=image, SubmittedDate="2026-06-02 08:20"))
    assert invoice.invoice_id == "991823"
    assert (invoice.state, invoice.status_text) == ("approved", "Approved")
    assert (invoice.invoice_date, invoice.posting_date) == (date(2026, 5, 30), None)
    assert invoice.amount == Decimal(1250)
    assert (invoice.approver, invoice.rejection_reason) == ("", "")
    assert invoice.approved == datetime(2026, 6, 3, 16, 2, 44, tzinfo=UTC)
    assert invoice.submitted == datetime(2026, 6, 2, 8, 20, tzinfo=UTC)
    assert invoice.lines[0].codes == (("Accounting Codes", "6100"),)
    assert invoice.images == (ApImage("5501", "a.pdf", "x/y", 5, "ab"),)


def test_an_invoice_in_other_clothes() -> None:
    plain = read("ap_invoice", invoice_json())
    line = {"amount": "1250.00", "Description": "Landscaping", "Codes": None}
    record = invoice_json(
        Status="  pending   APPROVAL",
        ExternalId="X3|PROD|US01|PIH26060012|1",
        InvoiceNumber=1001,
        PONumber=778,
        Amount="1250.00",
        InvoiceDate="2026-05-30T00:00:00",
        Lines=line,
        Images=None,
    )
    del record["LastModified"], record["Id"]
    record |= {"InvoiceId": "991823", "lastchangeddate": "2026-06-03T18:02:44+02:00"}
    invoice = read("ap_invoice", record)
    assert (invoice.state, invoice.status_text) == ("in_approval", "pending   APPROVAL")
    assert (invoice.number, invoice.po_number) == ("1001", "778")
    assert (invoice.invoice_id, invoice.external_id) == (plain.invoice_id, plain.external_id)
    assert (invoice.amount, invoice.invoice_date) == (plain.amount, plain.invoice_date)
    assert invoice.last_modified == plain.last_modified
    assert (invoice.lines[0].number, invoice.lines[0].codes) == (1, ())


def test_an_invoice_that_is_not_ours_and_an_unknown_state() -> None:
    invoice = read("ap_invoice", invoice_json(ExternalId=None, Status=None))
    assert (invoice.external_id, invoice.state, invoice.status_text) == ("", "unknown", "")
    strange = read("ap_invoice", invoice_json(Status={"Id": 5, "Description": "Frozen"}))
    assert (strange.state, strange.status_text) == ("unknown", "Frozen")


def test_a_whole_payment() -> None:
    payment = read("ap_payment", payment_json())
    assert (payment.payment_id, payment.external_ids) == ("4765360", ("AP-4765360",))
    assert (payment.state, payment.payment_class) == ("issued", "out")
    assert (payment.method, payment.method_text) == ("check", "AvidPay Check")
    assert (payment.check_number, payment.printed_check_number) == ("10455", "0090012345")
    assert (payment.payment_date, payment.cleared_date) == (date(2026, 6, 12), None)
    assert payment.last_modified == datetime(2026, 6, 12, 18, 22, 10, 120_000, tzinfo=UTC)
    assert payment.remittances == (
        Remittance(
            "991823",
            "X3|PROD|US01|PIH26060012|1",
            "INV-1001",
            Decimal(1250),
            Decimal(0),
            Decimal(1250),
        ),
    )


def test_a_payment_in_other_clothes() -> None:
    record = payment_json(
        ExternalPaymentIds="AP-1",
        Status="Void by supplier",
        PaymentMethod="carrier pigeon",
        Exceptions={"ReasonCode": {"Id": 4, "Description": "Missing bank account"}},
        RefundAmount="12.50",
        Remittances={"InvoiceExternalId": "X3|1", "Gross": 10, "Discount": "0.50"},
        CheckNumber=None,
        Number=10455,
    )
    del record["AvidPayCheckNumber"]
    record["AvidPayChecknumber"] = 90
    payment = read("ap_payment", record)
    assert payment.external_ids == ("AP-1",)
    assert (payment.state, payment.method, payment.method_text) == (
        "voided",
        "other",
        "carrier pigeon",
    )
    assert (payment.exceptions, payment.exception_texts) == ((4,), ("Missing bank account",))
    assert payment.refund_amount == Decimal("12.50")
    assert (payment.check_number, payment.printed_check_number) == ("10455", "90")
    assert payment.remittances is not None
    assert payment.remittances[0].net == Decimal("9.50")
    assert payment.remittances[0].external_id == "X3|1"


def test_remittances_that_are_missing_are_not_an_empty_list() -> None:
    record = payment_json()
    del record["Remittances"]
    assert read("ap_payment", record).remittances is None
    assert read("ap_payment", payment_json(Remittances=None)).remittances is None
    assert read("ap_payment", payment_json(Remittances=[])).remittances == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        ([], ()),
        ([{"Value": "A"}, "B", {"Value": None}], ("A", "B")),
        ({"Value": 7}, ("7",)),
    ],
)
def test_external_payment_ids(value: Any, expected: tuple[str, ...]) -> None:
    assert read("ap_payment", payment_json(ExternalPaymentIds=value)).external_ids == expected


def test_vendors_codes_and_groups() -> None:
    vendor = read(
        "vendor",
        {
            "VendorId": 70211,
            "ExternalVendorCode": "V00101",
            "Name": "Acme LLC",
            "Address": {"Line1": "1 Main St", "Line2": None, "PostalCode": 28206},
            "RemitToAddress": {"Line1": None},
            "Active": "false",
        },
    )
    assert (vendor.vendor_id, vendor.active, vendor.remit_to) == ("70211", False, None)
    assert vendor.address == PostalAddress(line1="1 Main St", postal_code="28206")
    assert read("code_group", {"GroupName": "Location", "IsRequired": "true"}) == CodeGroup(
        "Location", required=True
    )
    code = {"GroupName": "Location", "CodeValue": 102, "Description": None, "IsActive": 0}
    assert read("code", code) == Code("Location", "102", "", active=False)


def test_an_account_that_is_none_is_no_code() -> None:
    codes = [
        {"GroupName": "Accounting Codes", "CodeValue": "None"},
        {"GroupName": "Location", "CodeValue": " "},
        {"GroupName": "Project", "CodeValue": 7},
    ]
    invoice = read("ap_invoice", invoice_json(Lines=[{"Amount": 1250, "Codes": codes}]))
    assert invoice.lines[0].codes == (("Project", "7"),)


@pytest.mark.parametrize(
    ("entity", "record", "text"),
    [
        ("ap_invoice", invoice_json(Amount=None), "ap_invoice 991823: Amount is missing"),
        ("ap_invoice", invoice_json(Amount=1.005), "has more than 2 decimals"),
        ("ap_invoice", invoice_json(Amount="1 250"), "is no amount"),
        ("ap_invoice", invoice_json(Amount=True), "is no amount"),
        ("ap_invoice", invoice_json(InvoiceDate="05/30/2026"), "InvoiceDate '05/30/2026'"),
        ("ap_invoice", invoice_json(DueDate="2026-02-30"), "is no date"),
        ("ap_invoice", invoice_json(DueDate=1_781_000_000), "is no date"),
        ("ap_invoice", invoice_json(LastModified="2026-06-03T25:00:00"), "is no date-time"),
        ("ap_invoice", invoice_json(Id=" "), "without id|Id is missing"),
        ("ap_invoice", invoice_json(Lines=["x"]), "no object"),
        ("ap_invoice", invoice_json(InvoiceNumber=[1]), "is no text"),
        ("ap_payment", payment_json(PaymentId=None), "PaymentId is missing"),
        ("ap_payment", payment_json(Remittances=[{"Number": 1}]), "neither Gross nor Net"),
        ("vendor", {"Name": "Acme", "FedTaxId": "12-3456789"}, "ExternalVendorCode is missing"),
        ("code", {"GroupName": "Location"}, "CodeValue is missing"),
        ("code", {"GroupName": "L", "CodeValue": "1", "IsActive": "maybe"}, "neither true"),
    ],
)
def test_records_that_cannot_be_read_say_why(entity: str, record: Any, text: str) -> None:
    with pytest.raises(RecordError, match=text) as caught:
        read(entity, record)
    assert "12-3456789" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-12T18:22:10.120", "2026-06-12T18:22:10.120000+00:00"),
        ("2026-06-12 18:22:10", "2026-06-12T18:22:10+00:00"),
        ("2026-06-12T18:22:10Z", "2026-06-12T18:22:10+00:00"),
        ("2026-06-12T18:22:10.1234567-05:00", "2026-06-12T23:22:10.123456+00:00"),
        ("2026-06-12T18:22:10+0530", "2026-06-12T12:52:10+00:00"),
        ("2026-06-12", "2026-06-12T00:00:00+00:00"),
    ],
)
def test_date_times(text: str, expected: str) -> None:
    moment = read_instant(text, "LastModified", UTC)
    assert moment is not None
    assert moment.isoformat() == expected
    assert read_date(text, "StatusDate") == date(2026, 6, 12)


@pytest.mark.parametrize("value", ["2026/06/12", "/Date(1781000000)/", 1_781_000_000, "x", [1]])
def test_slashes_and_epochs_are_errors(value: Any) -> None:
    with pytest.raises(RecordError):
        read_instant(value, "LastModified", UTC)
    with pytest.raises(RecordError):
        read_date(value, "StatusDate")


def test_times_without_a_zone_take_the_profiles() -> None:
    moment = read_instant("2026-06-12T18:00:00", "x", ZoneInfo("America/New_York"))
    assert moment == datetime(2026, 6, 12, 22, tzinfo=UTC)
    assert read_instant("", "x", UTC) is None
    assert read_date(None, "x") is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, max_value=10**13))
def test_amounts_are_exact_from_the_text(amount: Decimal) -> None:
    if abs(amount) >= 10**15:
        return
    body = f'{{"Amount":{amount:f},"Text":"{amount:f}"}}'.encode()
    payload = parse_json(body)
    assert read_amount(payload["Amount"], "Amount", 2) == amount
    assert read_amount(payload["Text"], "Amount", 2) == amount


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.10", "0.10"), ("1e3", "1000"), ("1250.0000", "1250.0000"), ("-80.00", "-80.00")],
)
def test_amounts_keep_their_notation(text: str, expected: str) -> None:
    amount = read_amount(parse_json(text.encode()), "Amount", 2)
    assert str(amount) == expected


@pytest.mark.parametrize("text", ["NaN", "1_000", "0x10", "1,5", "1e999", "9" * 40, "€5", "--1"])
def test_texts_that_are_no_amounts(text: str) -> None:
    with pytest.raises(RecordError):
        read_amount(text, "Amount", 2)


def test_small_values() -> None:
    assert read_text("  ", "x") == ""
    assert read_text(" a ", "x") == " a "
    assert read_text(Decimal("10.50"), "x") == "10.50"
    for reader in (read_text, read_id, read_count):  # written out it would fill the memory
        with pytest.raises(RecordError):
            reader(Decimal("1e999999999"), "x")
    assert read_id(Decimal("991823.0"), "x") == "991823"
    assert read_count("12", "x") == 12
    assert read_count(None, "x") is None
    assert read_flag(None, "x", default=True)
    with pytest.raises(RecordError):
        read_count("1.5", "x")
    with pytest.raises(RecordError):
        read_text(True, "x")  # noqa: FBT003 - a value of the wire


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a":Infinity}', b"[" * 100_000, b"\xff"])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are the standard library's
        parse_json(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from(sorted(invoice_json()) + sorted(payment_json())),
)
def test_nothing_but_a_record_error_comes_of_any_value(value: Any, member: str) -> None:
    for entity, record in (("ap_invoice", invoice_json()), ("ap_payment", payment_json())):
        plain = parse_json(json.dumps(record).encode())
        with suppress(RecordError):
            assert READER.read(entity, {**plain, member: value}).key
