"""Every request that the client makes is one of the OpenAPI file: path, names, headers and body."""

from __future__ import annotations

import email
import json
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from email.policy import HTTP
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
import yaml

from core.avidxchange import AvidClient, Encoder, load_profile
from core.domain.ap_documents import PostalAddress
from core.domain.payload import InvoicePayload, PayloadLine, VendorPayload
from core.errors import AppError
from core.version import VERSION
from tests.contract.avidxchange_server import CONTRACT, Answer, Seen, listing, site

DOCUMENT = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
SINCE = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime(2026, 6, 12, 18, tzinfo=UTC)
EXTERNAL_ID = "X3|PROD|US01|PIH26060012|1"
ENCODER = Encoder(load_profile())
INVOICE = ENCODER.invoice(
    InvoicePayload(
        external_id=EXTERNAL_ID,
        company="US01",
        vendor_code="V00101",
        number="INV-1001",
        invoice_date=date(2026, 5, 30),
        due_date=date(2026, 6, 29),
        posting_date=None,
        amount=Decimal("-80.5"),
        currency="USD",
        description="Crédit",
        po_number="",
        reference="PIH26060012",
        lines=(PayloadLine(1, Decimal("-80.50"), "", (("Accounting Codes", "6100"),)),),
    )
)
VENDOR = ENCODER.vendor(
    VendorPayload(
        code="V00101",
        name="Acme LLC",
        tax_id="",
        active=True,
        address=PostalAddress("1 Main St", "", "Charlotte", "NC", "28206", "US"),
        telephone="",
        email="",
    )
)

CALLS: dict[str, tuple[str, Callable[[AvidClient], Any]]] = {
    "groups": ("list_code_groups", lambda client: client.first_page("code_group")),
    "codes": ("list_codes", lambda client: client.first_page("code")),
    "vendors": ("list_vendors", lambda client: client.first_page("vendor")),
    "changed vendors": ("list_vendors", lambda client: client.first_page("vendor", since=SINCE)),
    "vendors by code": ("list_vendors", lambda client: client.find_vendors(["V 1", "Vü"])),
    "changed invoices": (
        "list_invoices",
        lambda client: client.first_page("ap_invoice", since=SINCE, until=UNTIL),
    ),
    "invoices by reference": (
        "list_invoices",
        lambda client: client.find_invoices([EXTERNAL_ID, "X3|PROD|US01|PIH2|1"]),
    ),
    "changed payments": (
        "list_payments",
        lambda client: client.first_page("ap_payment", since=SINCE),
    ),
    "payments by id": ("list_payments", lambda client: client.find_payments(["1", "2"])),
    "payments by reference": ("list_payments", lambda client: client.find_reissues(["AP-1"])),
    "invoice": ("get_invoice", lambda client: client.invoice("991823")),
    "payment": ("get_payment", lambda client: client.payment("4765360")),
    "submit": ("submit_invoice", lambda client: client.submit_invoice(INVOICE, EXTERNAL_ID)),
    "replace": ("replace_invoice", lambda client: client.replace_invoice("991823", INVOICE)),
    "withdraw": ("withdraw_invoice", lambda client: client.withdraw_invoice("991823")),
    "vendor": ("upsert_vendors", lambda client: client.upsert_vendor(VENDOR, "V00101")),
    "image": (
        "attach_image",
        lambda client: client.attach_image("991823", "P-1-9f86d081.pdf", "application/pdf", b"%P"),
    ),
}


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    while "$ref" in value:
        target: Any = DOCUMENT
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def described(seen: Seen) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The operation of a request, and its parameters with those of its path."""
    for path, methods in DOCUMENT["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        if re.fullmatch(pattern, seen.path) and seen.method.lower() in methods:
            call = methods[seen.method.lower()]
            given = [*methods.get("parameters", []), *call.get("parameters", [])]
            return call, [resolved(parameter) for parameter in given]
    raise AssertionError(f"{seen.method} {seen.path} is not in the file")


def check_schema(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(whole, format_checker=checker).validate(value)


def check_text(schema: dict[str, Any], text: str) -> None:
    """A header or query value, which is a text on the wire."""
    check_schema(schema, int(text) if schema.get("type") == "integer" else text)
    if schema.get("format") == "date-time":
        assert datetime.fromisoformat(text).tzinfo is not None


def check_body(call: dict[str, Any], seen: Seen) -> None:
    if "requestBody" not in call:
        assert seen.body == b""
        assert "content-type" not in seen.headers
        return
    kind = seen.headers["content-type"].partition(";")[0]
    schema = resolved(call["requestBody"])["content"][kind]["schema"]
    if kind == "application/json":
        check_schema(schema, json.loads(seen.body))
        return
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + seen.body, policy=HTTP).iter_parts())
    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == schema.get("required", ["file"]) == ["file"]


@pytest.mark.parametrize("name", CALLS)
def test_a_request_is_one_of_the_file(name: str) -> None:
    operation, make = CALLS[name]
    with site() as found:
        found.server.script = [
            Answer(listing()) if operation.startswith(("list", "payment_")) else Answer(status=404)
        ]
        with suppress(AppError):  # only the request is looked at
            make(found.client)
        seen = found.server.seen[0]
    call, parameters = described(seen)
    assert call["operationId"] == operation
    known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
    assert set(seen.query) <= set(known)
    for key, text in seen.query.items():
        check_text(known[key]["schema"], text)
    for parameter in parameters:
        if parameter["in"] == "header" and parameter["name"].lower() in seen.headers:
            check_text(parameter["schema"], seen.headers[parameter["name"].lower()])
    check_body(call, seen)


@pytest.mark.parametrize("name", CALLS)
def test_a_request_carries_the_headers_of_the_contract_and_no_others(name: str) -> None:
    operation, make = CALLS[name]
    with site() as found:
        found.server.script = [Answer(listing())]
        with suppress(AppError):  # only the request is looked at
            make(found.client)
        seen = found.server.seen[0]
    headers = dict(seen.headers)
    assert headers.pop("authorization") == "Bearer token-1"
    assert headers.pop("x-company-id") == "C-1001"
    assert headers.pop("accept") == "application/json"
    assert headers.pop("user-agent") == f"Crossfoot/{VERSION}"
    assert uuid.UUID(headers.pop("x-request-id")).version
    if operation == "submit_invoice":
        assert uuid.UUID(headers.pop("idempotency-key")).version == 5
    if seen.body:
        assert headers.pop("content-type").startswith(("application/json", "multipart/form-data;"))
    transport = {"host", "connection", "accept-encoding", "content-length"}
    assert set(headers) <= transport


def test_whole_values_are_encoded() -> None:
    with site() as found:
        found.server.script = [Answer(listing())]
        found.client.find_invoices([EXTERNAL_ID, "X3|PROD|US01|PIH2|1"])
        raw = found.server.seen[0].target.partition("?")[2].split("&")[0]
    name, _, value = raw.partition("=")
    assert name == "externalIds"
    assert re.fullmatch(r"[A-Za-z0-9%._~-]+", value)
    assert unquote(value) == f"{EXTERNAL_ID},X3|PROD|US01|PIH2|1"
