"""Invoices: every item error, replace, withdraw, read, images (avidxchange.md 2.6-2.9)."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.avid_site import CODES, Reply, Site, conforms, external_id, fresh_site, invoice

OPEN = ("Received", "In Approval", "On Hold", "Disputed")
CLOSED = ("Approved", "Rejected", "Exported", "Deleted")


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _line(number: Any = 1, amount: Any = 1250, codes: Any = CODES, **more: Any) -> dict[str, Any]:
    return {"LineNumber": number, "Amount": amount, "Codes": codes, **more}


def _code(group: str, value: str) -> dict[str, str]:
    return {"GroupName": group, "CodeValue": value}


def test_created_as_in_the_contract(site: Site) -> None:
    reply = site.submit(invoice("INV-1", Unknown={"x": 1}, PONumber=None))
    conforms(reply, "InvoiceResults")
    assert reply.status == 200
    assert reply.item["Status"] == {"Id": 1, "Description": "Received"}
    assert reply.item["ExternalId"] == external_id("X3|T|US10|INV-1|1")
    read = site.get(f"/v1/invoices/{reply.item['Id']}")
    conforms(read, "Invoice")
    assert b'"Amount":1250.00,' in read.content
    assert read.body["VendorName"] == "Vendor V00101"
    assert read.body["SubmittedDate"] == read.body["LastModified"]
    assert read.body["Lines"][1]["Description"] == "Parts"
    assert (read.body["ApproverName"], read.body["Images"]) == (None, [])
    assert site.count("invoices_created") == 1


def test_the_body_is_kept_byte_for_byte(site: Site) -> None:
    sent = json.dumps(invoice("É-1"), ensure_ascii=False, indent=1).encode()
    key = site.submit(sent).item["Id"]
    row = site.state.table("avid:invoice").get(str(key))
    assert row is not None
    assert row["Body"].encode() == sent


@pytest.mark.parametrize(
    ("members", "messages"),
    [
        ({"ExternalId": None}, ["ExternalId is required"]),
        ({"ExternalId": "x"}, ["ExternalId has the wrong type"]),
        ({"ExternalId": {}}, ["ExternalId.Value is required"]),
        ({"ExternalId": {"Value": " "}}, ["ExternalId.Value is required"]),
        ({"ExternalId": external_id("x" * 101)}, ["ExternalId.Value is longer than 100"]),
        (
            {"ExternalId": {"Value": "x", "SchemeOwner": "Me"}},
            ["ExternalId.SchemeOwner is not a valid value"],
        ),
        (
            {"ExternalId": {"Value": "x", "Scheme": "s" * 51}},
            ["ExternalId.Scheme is longer than 50"],
        ),
        ({"CompanyExternalCode": ""}, ["CompanyExternalCode is not a valid value"]),
        ({"CompanyExternalCode": "c" * 51}, ["CompanyExternalCode is longer than 50"]),
        ({"VendorExternalCode": None}, ["VendorExternalCode is required"]),
        ({"VendorExternalCode": "V00999"}, ["Vendor not found: V00999"]),
        ({"VendorExternalCode": "V00900"}, ["Vendor is inactive: V00900"]),
        ({"InvoiceNumber": "   "}, ["InvoiceNumber is required"]),
        ({"InvoiceNumber": 7}, ["InvoiceNumber has the wrong type"]),
        ({"InvoiceNumber": "n" * 51}, ["InvoiceNumber is longer than 50"]),
        ({"InvoiceDate": None}, ["InvoiceDate is required"]),
        ({"InvoiceDate": "2026-02-30"}, ["InvoiceDate is not a valid value"]),
        ({"DueDate": "2026-06-29T00:00:00"}, ["DueDate is not a valid value"]),
        ({"DueDate": 20260629}, ["DueDate has the wrong type"]),
        ({"PostingDate": ""}, ["PostingDate is not a valid value"]),
        ({"Amount": None}, ["Amount is required"]),
        ({"Amount": "1250.00"}, ["Amount has the wrong type"]),
        ({"Amount": True}, ["Amount has the wrong type"]),
        ({"Amount": 1250.001}, ["Amount has more than 2 decimals"]),
        ({"Amount": 1e15}, ["Amount is not a valid value"]),
        ({"Amount": 1251}, ["Lines do not add up: 1250.00 instead of 1251.00"]),
        ({"Amount": 0, "Lines": [_line(1, 5), _line(2, -5)]}, ["Amount must not be zero"]),
        ({"CurrencyCode": "usd"}, ["CurrencyCode is not a valid value"]),
        ({"CurrencyCode": ""}, ["CurrencyCode is not a valid value"]),
        ({"Description": "d" * 256}, ["Description is longer than 255"]),
        ({"PONumber": "p" * 51}, ["PONumber is longer than 50"]),
        ({"Reference": "r" * 51}, ["Reference is longer than 50"]),
        ({"AccountNumber": "a" * 101}, ["AccountNumber is longer than 100"]),
        ({"Lines": None}, ["Lines is required"]),
        ({"Lines": []}, ["Lines is required"]),
        ({"Lines": {}}, ["Lines has the wrong type"]),
        ({"Lines": [_line()] * 501}, ["Too many lines: 500"]),
        ({"Lines": ["x"]}, ["Lines[0] has the wrong type"]),
        ({"Lines": [_line(None)]}, ["Lines[0].LineNumber is required"]),
        ({"Lines": [_line("1")]}, ["Lines[0].LineNumber has the wrong type"]),
        ({"Lines": [_line(0)]}, ["Lines[0].LineNumber is not a valid value"]),
        ({"Lines": [_line(3, 250), _line(3, 1000)]}, ["Line number given twice: 3"]),
        ({"Lines": [_line(1, None)]}, ["Lines[0].Amount is required"]),
        ({"Lines": [_line(1, 1250.005)]}, ["Lines[0].Amount has more than 2 decimals"]),
        ({"Lines": [_line(Description="d" * 256)]}, ["Lines[0].Description is longer than 255"]),
        ({"Lines": [_line(codes=None)]}, ["Lines[0].Codes is required"]),
        (
            {"Lines": [_line(7, codes=[])]},
            [
                "Required code missing: Accounting Codes on line 7",
                "Required code missing: Location on line 7",
            ],
        ),
        (
            {"Lines": [_line(None, codes=[CODES[0]])]},
            ["Lines[0].LineNumber is required", "Required code missing: Location on line 1"],
        ),
        ({"Lines": [_line(codes=[*CODES, 1])]}, ["Lines[0].Codes[2] has the wrong type"]),
        (
            {"Lines": [_line(codes=[*CODES, {"GroupName": "Project"}])]},
            ["Lines[0].Codes[2].CodeValue is required"],
        ),
        (
            {"Lines": [_line(codes=[*CODES, _code("Colour", "red")])]},
            ["Code group not found: Colour"],
        ),
        (
            {"Lines": [_line(codes=[CODES[0], _code("Location", "999")])]},
            ["Code not found: Location/999"],
        ),
        (
            {"Lines": [_line(codes=[CODES[0], _code("Location", "103A")])]},
            ["Code is inactive: Location/103A"],
        ),
        (
            {"Lines": [_line(4, codes=[*CODES, _code("Location", "104B")])]},
            ["Code group given twice: Location on line 4"],
        ),
    ],
)
def test_item_errors(site: Site, members: dict[str, Any], messages: list[str]) -> None:
    body = {**invoice("E-1"), **members}
    body = {name: value for name, value in body.items() if value is not None}
    reply = site.submit(body)
    conforms(reply, "InvoiceResults")
    assert (reply.status, reply.successful, reply.item) == (200, False, None)
    assert sorted(reply.messages) == sorted(messages)
    assert len(site.state.table("avid:invoice")) == 0


def test_all_reasons_at_once(site: Site) -> None:
    reply = site.submit(
        invoice("E-2", VendorExternalCode="V00999", Lines=[_line(2, 1, [CODES[0]])], DueDate="x")
    )
    assert sorted(reply.messages) == [
        "DueDate is not a valid value",
        "Lines do not add up: 1.00 instead of 1250.00",
        "Required code missing: Location on line 2",
        "Vendor not found: V00999",
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"Amount": -80, "Lines": [_line(1, -100), _line(2, 20)]},
        {"Amount": 5, "Lines": [_line(1, 5), _line(2, 0)]},
        {"Lines": [{**_line(1, 2.5), "LineNumber": n} for n in range(1, 501)]},
        {"Description": "", "VendorExternalCode": " v00101 "},
        {"InvoiceNumber": "ü" * 50, "PostingDate": "2026-06-01"},
        {"Lines": [_line(codes=[*CODES, _code("Project", "P1")])]},
    ],
)
def test_what_is_accepted(site: Site, members: dict[str, Any]) -> None:
    reply = site.submit(invoice("OK-1", **members))
    assert reply.messages == []
    conforms(site.get(f"/v1/invoices/{reply.item['Id']}"), "Invoice")


def test_amounts_of_strange_spelling(site: Site) -> None:
    body = json.dumps(invoice("S-1", Amount=1111)).replace("1111", "1.250e3").encode()
    body = body.replace(b"1000.0,", b"1000.000,")
    key = site.submit(body).item["Id"]
    assert b'"Amount":1250.00,"Cur' in site.get(f"/v1/invoices/{key}").content
    for spelling in (b"1e999999999", b"1e-999999999", b"9" * 4000):
        other = json.dumps(invoice("S-2", Amount=1111)).encode().replace(b"1111", spelling)
        assert site.submit(other).successful is False


def test_duplicate_numbers(site: Site) -> None:
    key = site.submitted("N-1")
    text = ["Duplicate invoice number for vendor:  n-1"]
    copy = invoice(
        " n-1", ExternalId=external_id("other"), Amount=-1250, CompanyExternalCode="CA10"
    )
    copy["Lines"] = [_line(1, -1250)]
    assert site.submit(copy).messages == text
    assert site.submit({**copy, "VendorExternalCode": "V00102"}).successful
    site.event("reject", key, "no")
    assert site.submit({**copy, "ExternalId": external_id("third")}).successful


def test_purchase_orders_when_they_are_known(site: Site) -> None:
    site.set("purchase_orders", {"PO-1": "V00101", "PO-2": "V00102"})
    assert site.submit(invoice("P-1", PONumber="PO-9")).messages == [
        "Purchase order not found: PO-9"
    ]
    assert site.submit(invoice("P-1", PONumber="PO-2")).messages == [
        "Purchase order is of another vendor: PO-2"
    ]
    assert site.submit(invoice("P-1", PONumber="PO-1")).successful


def _in_state(site: Site, state: str, number: str = "R-1") -> int:
    key = site.submitted(number)
    moves = {
        "In Approval": ["start_approval"],
        "On Hold": ["hold"],
        "Disputed": ["dispute"],
        "Approved": ["approve"],
        "Rejected": ["reject"],
        "Exported": ["approve", "export"],
        "Deleted": ["delete"],
    }
    for move in moves.get(state, []):
        site.event(move, key)
    return key


@pytest.mark.parametrize("state", OPEN)
def test_replace_while_open(site: Site, state: str) -> None:
    key = _in_state(site, state)
    site.event("recode", key, "split")
    changed = invoice("R-1", Description="New", Lines=[_line()])
    reply = site.json("PUT", f"/v1/invoices/{key}", changed)
    conforms(reply, "InvoiceResults")
    assert reply.item["Status"]["Description"] == "Received"
    read = site.get(f"/v1/invoices/{key}").body
    assert (read["Description"], len(read["Lines"])) == ("New", 1)
    assert (read["ApproverName"], read["RejectionReason"], read["ApprovedDate"]) == (None,) * 3
    assert read["SubmittedDate"] == read["LastModified"]
    again = site.json("PUT", f"/v1/invoices/{key}", changed)
    assert again.item == reply.item
    assert site.count("invoices_replaced") == 1


@pytest.mark.parametrize("state", CLOSED)
def test_no_replace_and_no_withdrawal_when_closed(site: Site, state: str) -> None:
    key = _in_state(site, state)
    text = [f"Invoice can no longer be changed: {state}"]
    assert site.json("PUT", f"/v1/invoices/{key}", invoice("R-1")).messages == text
    assert site.json("PUT", f"/v1/invoices/{key}", {}).messages == text
    reply = site.json("DELETE", f"/v1/invoices/{key}", b"")
    if state == "Deleted":
        assert reply.item["Status"] == {"Id": 8, "Description": "Deleted"}
    else:
        assert (reply.messages, reply.item) == (text, None)
    assert site.count("invoices_withdrawn") == 0


def test_equal_content_leaves_an_invoice_alone(site: Site) -> None:
    key = _in_state(site, "In Approval")
    before = site.get(f"/v1/invoices/{key}").body
    same = invoice("r-1", ExternalId=external_id("X3|T|US10|R-1|1"), Reference="PR-1")
    same["Lines"] = [
        {**line, "Codes": [*reversed(line["Codes"]), line["Codes"][0]]}
        for line in reversed(same["Lines"])
    ]
    assert site.json("PUT", f"/v1/invoices/{key}", same).successful
    assert site.get(f"/v1/invoices/{key}").body == before
    assert site.count("invoices_replaced") == 0


def test_replace_refuses_another_id_and_bad_content(site: Site) -> None:
    key = site.submitted("R-1")
    site.submitted("R-2")
    other = invoice("R-1", ExternalId=external_id("X3|T|US10|R-1|2"), DueDate="x")
    reply = site.json("PUT", f"/v1/invoices/{key}", other)
    assert sorted(reply.messages) == [
        "DueDate is not a valid value",
        "External id cannot be changed",
    ]
    taken = invoice("R-2", ExternalId=external_id("X3|T|US10|R-1|1"))
    assert site.json("PUT", f"/v1/invoices/{key}", taken).messages == [
        "Duplicate invoice number for vendor: R-2"
    ]
    moved = invoice("R-3", ExternalId=external_id("X3|T|US10|R-1|1"))
    assert site.json("PUT", f"/v1/invoices/{key}", moved).successful
    assert site.submit(invoice("R-1", ExternalId=external_id("free again"))).successful


@pytest.mark.parametrize("state", OPEN)
def test_withdraw_while_open_and_twice(site: Site, state: str) -> None:
    key = _in_state(site, state)
    first = site.json("DELETE", f"/v1/invoices/{key}", b"")
    conforms(first, "InvoiceResults")
    assert first.item["Status"] == {"Id": 8, "Description": "Deleted"}
    assert site.json("DELETE", f"/v1/invoices/{key}", b"").item == first.item
    assert site.get(f"/v1/invoices/{key}").body["Status"]["Description"] == "Deleted"
    assert site.count("invoices_withdrawn") == 1
    again = invoice("R-1", ExternalId=external_id("X3|T|US10|R-1|2"))
    assert site.submit(again).successful


@pytest.mark.parametrize("key", ["0", "abc", "991001x", "%20", "%E2%80%A6"])
def test_unknown_ids(site: Site, key: str) -> None:
    reply = site.get(f"/v1/invoices/{key}")
    assert reply.status == 404
    assert reply.body["exception"]["reason"] == "NotFound"
    conforms(reply, "ApiFault")
    assert site.json("PUT", "/v1/invoices/77", invoice()).detail == "Invoice 77 was not found"


def _upload(
    site: Site,
    key: int,
    name: str,
    content: bytes,
    kind: str = "application/pdf",
    part: str = "file",
) -> Reply:
    head = (
        f'--b0\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    body = head.encode() + content + b"\r\n--b0--\r\n"
    headers = site.signed(**{"Content-Type": "multipart/form-data; boundary=b0"})
    return site.send("POST", f"/v1/invoices/{key}/images", headers, body)


def test_images(site: Site) -> None:
    key = site.submitted()
    content = b"%PDF\r\n--b0x\r\n\x00\xff\n\r end\r\n"
    before = site.get(f"/v1/invoices/{key}").body["LastModified"]
    first = _upload(site, key, "a.pdf", content)
    conforms(first, "ImageResults")
    assert first.item["Sha256"] == hashlib.sha256(content).hexdigest()
    assert first.item["Size"] == len(content)
    read = site.get(f"/v1/invoices/{key}").body
    assert read["Images"] == [first.item]
    assert read["LastModified"] > before
    assert read["Status"]["Description"] == "Received"
    assert _upload(site, key, "a.pdf", content).item == first.item
    assert _upload(site, key, "a.pdf", b"other").messages == ["Image name already exists: a.pdf"]
    changed = invoice("INV-1", Description="New")
    assert site.json("PUT", f"/v1/invoices/{key}", changed).successful
    assert site.get(f"/v1/invoices/{key}").body["Images"] == [first.item]
    site.event("reject", key)
    assert _upload(site, key, "a.pdf", content).item == first.item
    closed = ["Invoice can no longer be changed: Rejected"]
    assert _upload(site, key, "b.pdf", content).messages == closed


@pytest.mark.parametrize("state", [*OPEN, *CLOSED])
def test_images_in_each_state(site: Site, state: str) -> None:
    key = _in_state(site, state)
    allowed = state in (*OPEN, "Approved")
    assert _upload(site, key, "a.pdf", b"x").successful is allowed


def test_what_is_no_image(site: Site) -> None:
    key = site.submitted()
    path = f"/v1/invoices/{key}/images"
    reply = site.json("POST", path, {})
    assert (reply.status, reply.detail) == (415, "Content type must be multipart/form-data")
    reply = _upload(site, key, "a.txt", b"x", "text/plain")
    assert (reply.status, reply.detail) == (415, "Image type is not taken: text/plain")
    reply = _upload(site, key, "a.pdf", b"x", part="image")
    assert (reply.status, reply.detail) == (400, "One part named file is required")
    for kind in ("multipart/form-data", "multipart/form-data; boundary=other"):
        headers = site.signed(**{"Content-Type": kind})
        reply = site.send("POST", path, headers, b"--b0\r\n\r\nx\r\n--b0--")
        assert (reply.status, reply.detail) == (400, "One part named file is required")
    reply = _upload(site, key, "a.pdf", b"x" * (10_485_760 + 1))
    assert (reply.status, reply.detail) == (413, "Image is too large")
    assert _upload(site, key, "a.pdf", b"x" * 10_485_760).successful
    assert _upload(site, 5, "a.pdf", b"x").detail == "Invoice 5 was not found"
