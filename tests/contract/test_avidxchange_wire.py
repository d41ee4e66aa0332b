"""The bytes that are sent: exact, valid by the OpenAPI file, refused when they do not fit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.avidxchange import Encoder, idempotency_key, load_profile
from core.domain.ap_documents import PostalAddress
from core.domain.payload import InvoicePayload, PayloadLine, VendorPayload
from core.ports import ApEncoder
from tests.contract.avidxchange_server import CONTRACT, profile_with

DOCUMENT = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
ENCODER = Encoder(load_profile())
CODES = (("Accounting Codes", "6100"), ("Location", "102F"))
LINES = (
    PayloadLine(1, Decimal(1000), "Landscaping", CODES),
    PayloadLine(2, Decimal("250.0"), "", (("Accounting Codes", "6150"), ("Location", "102F"))),
)
INVOICE = InvoicePayload(
    external_id="X3|PROD|US01|PIH26060012|1",
    company="US01",
    vendor_code="V00101",
    number="INV-1001",
    invoice_date=date(2026, 5, 30),
    due_date=date(2026, 6, 29),
    posting_date=date(2026, 6, 1),
    amount=Decimal(1250),
    currency="USD",
    description="May service",
    po_number="PO-778",
    reference="PIH26060012",
    lines=LINES,
)
ADDRESS = PostalAddress("1 Main St", "", "Charlotte", "NC", "28206", "US")
VENDOR = VendorPayload(
    code="V00101",
    name="Acme LLC",
    tax_id="12-3456789",
    active=True,
    address=ADDRESS,
    telephone="7045551212",
    email="ap@acme.example",
)


def check(schema: str, body: bytes) -> Any:
    """The body as JSON, after it was held against a schema of the contract."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    payload = json.loads(body)
    jsonschema.Draft202012Validator(whole).validate(payload)
    return payload


def changed(**members: Any) -> bytes:
    return ENCODER.invoice(dataclasses.replace(INVOICE, **members))


def one_line(**members: Any) -> bytes:
    return changed(lines=(dataclasses.replace(LINES[0], amount=INVOICE.amount, **members),))


def test_an_invoice_byte_for_byte() -> None:
    encoder: ApEncoder = ENCODER
    body = encoder.invoice(INVOICE)
    check("InvoiceInput", body)
    assert body == (
        b'{"ExternalId":{"Value":"X3|PROD|US01|PIH26060012|1","Scheme":"Invoice",'
        b'"SchemeOwner":"Buyer"},"CompanyExternalCode":"US01","VendorExternalCode":"V00101",'
        b'"InvoiceNumber":"INV-1001","InvoiceDate":"2026-05-30","DueDate":"2026-06-29",'
        b'"PostingDate":"2026-06-01","Amount":1250.00,"CurrencyCode":"USD",'
        b'"Description":"May service","PONumber":"PO-778","Reference":"PIH26060012","Lines":['
        b'{"LineNumber":1,"Amount":1000.00,"Description":"Landscaping","Codes":['
        b'{"GroupName":"Accounting Codes","CodeValue":"6100"},'
        b'{"GroupName":"Location","CodeValue":"102F"}]},'
        b'{"LineNumber":2,"Amount":250.00,"Codes":['
        b'{"GroupName":"Accounting Codes","CodeValue":"6150"},'
        b'{"GroupName":"Location","CodeValue":"102F"}]}]}'
    )
    assert encoder.invoice(dataclasses.replace(INVOICE)) == body


def test_absent_members_are_left_out() -> None:
    body = changed(company="", posting_date=None, description=" ", po_number="", reference="")
    payload = check("InvoiceInput", body)
    assert list(payload) == [
        "ExternalId",
        "VendorExternalCode",
        "InvoiceNumber",
        "InvoiceDate",
        "DueDate",
        "Amount",
        "CurrencyCode",
        "Lines",
    ]
    assert b"null" not in body


def test_a_credit_memo_and_texts_beyond_ascii() -> None:
    line = PayloadLine(1, Decimal(-80), 'Käse "日" \\ \n', CODES)
    body = changed(amount=Decimal("-80.00"), lines=(line,))
    assert b'"Amount":-80.00' in body
    assert check("InvoiceInput", body)["Lines"][0]["Description"] == 'Käse "日" \\ \n'


def test_forms_that_a_profile_may_change() -> None:
    profile = profile_with(
        ('amount_out = "number"', 'amount_out = "string"'),
        ('date_out = "%Y-%m-%d"', 'date_out = "%d.%m.%Y"'),
        ("send_company_code = true", "send_company_code = false"),
        ('owner = "Buyer"', 'owner = ""'),
        ("amount_scale = 2", "amount_scale = 3"),
    )
    payload = json.loads(Encoder(profile).invoice(INVOICE))
    assert payload["Amount"] == "1250.000"
    assert payload["InvoiceDate"] == "30.05.2026"
    assert "CompanyExternalCode" not in payload
    assert payload["ExternalId"] == {"Value": INVOICE.external_id, "Scheme": "Invoice"}


def test_a_limit_of_0_is_no_limit() -> None:
    profile = profile_with(("description = 255", "description = 0"), ("lines = 500", "lines = 0"))
    many = tuple(PayloadLine(number, Decimal(1), "", CODES) for number in range(1, 602))
    invoice = dataclasses.replace(INVOICE, description="x" * 999, amount=Decimal(601), lines=many)
    assert len(json.loads(Encoder(profile).invoice(invoice))["Lines"]) == 601


LONG = "x" * 256


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"external_id": "x" * 101}, "ExternalId.Value has 101 characters, more than 100"),
        ({"external_id": ""}, "ExternalId.Value is missing"),
        ({"external_id": "X3|a,b"}, "ExternalId.Value 'X3|a,b' holds a comma"),
        ({"company": "x" * 51}, "CompanyExternalCode has 51 characters, more than 50"),
        ({"vendor_code": "x" * 51}, "VendorExternalCode has 51 characters, more than 50"),
        ({"vendor_code": " "}, "VendorExternalCode is missing"),
        ({"vendor_code": "V,1"}, "VendorExternalCode 'V,1' holds a comma"),
        ({"number": "x" * 51}, "InvoiceNumber has 51 characters, more than 50"),
        ({"number": ""}, "InvoiceNumber is missing"),
        ({"description": LONG}, "Description has 256 characters, more than 255"),
        ({"po_number": "x" * 51}, "PONumber has 51 characters, more than 50"),
        ({"reference": "x" * 51}, "Reference has 51 characters, more than 50"),
        ({"currency": "usd"}, "CurrencyCode 'usd' must be three capitals"),
        ({"amount": Decimal(0), "lines": ()}, "Amount must not be zero"),
        ({"amount": Decimal(1)}, "Lines add up to 1250.0 instead of 1"),
        ({"lines": ()}, "Lines is missing"),
        ({"lines": (LINES[0], LINES[0]), "amount": Decimal(2000)}, "LineNumber must be unique"),
        ({"description": "\ud800"}, "cannot be sent"),
    ],
)
def test_what_does_not_fit(members: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text.replace("|", r"\|")):
        changed(**members)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"number": 0}, "from 1 on"),
        ({"description": LONG}, r"Lines\[0\].Description has 256 characters, more than 255"),
        ({"codes": (("", "1"),)}, r"Lines\[0\].Codes.GroupName is missing"),
        ({"codes": (("G" * 51, "1"),)}, "GroupName has 51 characters, more than 50"),
        ({"codes": (("G", "x" * 51),)}, "CodeValue has 51 characters, more than 50"),
        ({"codes": (("G", "1"), ("G", "2"))}, "a group is given twice"),
    ],
)
def test_lines_that_do_not_fit(members: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        one_line(**members)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1.005", "has more than 2 decimals"), ("1e20", "no amount"), ("NaN", "NaN")],
)
def test_amounts_that_cannot_be_sent(amount: str, text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError), match=text):
        changed(
            amount=Decimal(amount), lines=(dataclasses.replace(LINES[0], amount=Decimal(amount)),)
        )


def test_too_many_lines() -> None:
    lines = tuple(PayloadLine(number, Decimal(1), "", CODES) for number in range(1, 502))
    with pytest.raises(ValueError, match="Lines holds 501 lines, more than 500"):
        changed(lines=lines, amount=Decimal(501))


def test_lengths_count_code_points() -> None:
    assert changed(description="😀" * 255)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_any_amounts_go_out_exactly(minors: list[int]) -> None:
    amount = Decimal(sum(minors)).scaleb(-2)
    if not amount:
        return
    lines = tuple(
        PayloadLine(number, Decimal(minor).scaleb(-2), "", CODES)
        for number, minor in enumerate(minors, start=1)
    )
    body = changed(amount=amount, lines=lines)
    check("InvoiceInput", body)
    sent = json.loads(body, parse_float=Decimal)
    assert sent["Amount"] == sum(line["Amount"] for line in sent["Lines"]) == amount
    assert b"E" not in body.split(b'"Amount":')[1][:20]


def test_a_vendor_byte_for_byte() -> None:
    body = ENCODER.vendor(VENDOR)
    check("VendorInput", body)
    assert body == (
        b'{"ExternalVendorCode":"V00101","Name":"Acme LLC","FedTaxId":"12-3456789","Active":true,'
        b'"Address":{"Line1":"1 Main St","City":"Charlotte","State":"NC","PostalCode":"28206",'
        b'"Country":"US"},"Telephone1":"7045551212","Email":"ap@acme.example"}'
    )


def test_a_vendor_with_the_least() -> None:
    body = ENCODER.vendor(VendorPayload("V1", "Acme", remit_to=PostalAddress(), active=False))
    assert check("VendorInput", body) == {
        "ExternalVendorCode": "V1",
        "Name": "Acme",
        "Active": False,
    }
    remit = ENCODER.vendor(VendorPayload("V1", "Acme", remit_to=ADDRESS))
    assert check("VendorInput", remit)["RemitToAddress"]["Country"] == "US"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"code": "V,1"}, "holds a comma"),
        ({"code": "x" * 51}, "ExternalVendorCode has 51 characters, more than 50"),
        ({"name": ""}, "Name is missing"),
        ({"name": LONG}, "Name has 256 characters, more than 255"),
        ({"tax_id": "x" * 21}, "FedTaxId has 21 characters, more than 20"),
        ({"telephone": "x" * 21}, "Telephone1 has 21 characters, more than 20"),
        ({"email": LONG}, "Email has 256 characters, more than 255"),
        ({"address": PostalAddress(line1=LONG)}, "Address.Line1 has 256 characters"),
        ({"address": PostalAddress(city="x" * 51)}, "Address.City has 51 characters"),
        ({"remit_to": PostalAddress(state="x" * 51)}, "RemitToAddress.State has 51 characters"),
        ({"address": PostalAddress(postal_code="x" * 21)}, "PostalCode has 21 characters"),
        ({"address": PostalAddress(country="USA")}, "Address.Country 'USA' must be two capitals"),
    ],
)
def test_vendors_that_do_not_fit(members: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ENCODER.vendor(dataclasses.replace(VENDOR, **members))


def test_the_key_is_the_same_for_ever() -> None:
    """UUIDv5 by RFC 4122, made here by hand from the product's namespace."""
    external_id = "X3|PROD|US01|PIH26060012|1"
    space = bytes.fromhex("196673a1 3a54 49c5 8bec ad559c341dbe")
    digest = bytearray(hashlib.sha1(space + external_id.encode(), usedforsecurity=False).digest())
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    assert idempotency_key(external_id) == str(uuid.UUID(bytes=bytes(digest[:16])))
    assert idempotency_key(external_id) == "6c8ea92f-f137-59f9-9fbe-88d5b1a01e6b"
