"""Every variation of the contract through every reading call, and answers cut at every byte.

avidxchange.md 3 and 7.6 to 7.14: whatever form an answer has, the documents are the same, or the
error says so; what is written is never thought done, refused or absent without proof.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from core.avidxchange import AvidClient
from core.errors import AppError, Unreadable
from core.ports import Accepted, Doubt
from tests.contract.avidxchange_server import (
    Answer,
    created,
    invoice_json,
    listing,
    payment_json,
    profile_with,
    refused,
    site,
)

SINCE = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime(2026, 6, 12, tzinfo=UTC)
EXTERNAL_ID = "X3|PROD|US01|PIH26060012|1"
GROUP = {"GroupName": "Location", "IsRequired": True}
CODE = {"GroupName": "Location", "CodeValue": "102", "Description": "Main", "IsActive": False}
VENDOR = {
    "VendorId": 70211,
    "ExternalVendorCode": "V00101",
    "Name": "Acme LLC",
    "Active": True,
    "Address": {"Line1": "1 Main St", "City": "Charlotte", "Country": "US"},
    "LastModified": "2026-06-01T09:00:00.000",
}
INVOICE = invoice_json(InvoiceNumber="1001", PONumber="778", Reference="12")
PAYMENT = payment_json()

Reading = Callable[[AvidClient], Any]


def _page(entity: str, **window: datetime) -> Reading:
    return lambda client: client.first_page(entity, **window).rows


#: Name of a reading call -> the record it reads, the call, and whether its list is a bare array.
READS: dict[str, tuple[dict[str, Any], Reading]] = {
    "groups": (GROUP, _page("code_group")),
    "codes": (CODE, _page("code")),
    "vendors": (VENDOR, _page("vendor")),
    "vendors changed": (VENDOR, _page("vendor", since=SINCE)),
    "invoices": (INVOICE, _page("ap_invoice", since=SINCE, until=UNTIL)),
    "payments": (PAYMENT, _page("ap_payment", since=SINCE)),
    "find invoices": (INVOICE, lambda client: client.find_invoices([EXTERNAL_ID])),
    "find payments": (PAYMENT, lambda client: client.find_payments(["4765360"])),
    "find reissues": (PAYMENT, lambda client: client.find_reissues(["AP-4765360"])),
    "find vendors": (VENDOR, lambda client: client.find_vendors([" v00101 "])),
    "invoice": (INVOICE, lambda client: (client.invoice("991823"),)),
    "payment": (PAYMENT, lambda client: (client.payment("4765360"),)),
}


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {rename(name): _renamed(item, rename) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, rename) for item in value]
    return value


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _changed(value: Any, change: Callable[[str, Any], Any]) -> Any:
    """A record with every member's value put through `change`, at any depth."""
    if isinstance(value, Mapping):
        return {
            name: _changed(change(name, item), change)
            if isinstance(item, dict | list)
            else change(name, item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    return value


def _numbers_as_texts(name: str, value: Any) -> Any:
    del name
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _texts_as_numbers(name: str, value: Any) -> Any:
    is_text = name in ("InvoiceNumber", "PONumber", "Reference", "CheckNumber", "CodeValue")
    return int(value) if is_text and str(value).isdigit() else value


def _flags_as_texts(name: str, value: Any) -> Any:
    del name
    return str(value).lower() if isinstance(value, bool) else value


def _named_as_texts(name: str, value: Any) -> Any:
    if name in ("Status", "PaymentMethod"):
        return value["Description"]
    if name in ("ExternalId", "InvoiceExternalId"):
        return value["Value"]
    return [one["Value"] for one in value] if name == "ExternalPaymentIds" else value


def _lists_as_objects(name: str, value: Any) -> Any:
    is_list = name in ("Lines", "Codes", "Remittances", "ExternalPaymentIds")
    return value[0] if is_list and len(value) == 1 else value


def _is_time(name: str, value: Any) -> bool:
    names = ("LastModified", "ApprovedDate")
    return name in names and isinstance(value, str)


def _times(form: Callable[[str], str]) -> Callable[[str, Any], Any]:
    return lambda name, value: form(value) if _is_time(name, value) else value


def _dates_with_times(name: str, value: Any) -> Any:
    is_date = name.endswith("Date") and isinstance(value, str) and len(value) == len("2026-06-01")
    return f"{value}T00:00:00" if is_date else value


def _nulls_left_out(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _nulls_left_out(item) for name, item in value.items() if item is not None}
    return [_nulls_left_out(item) for item in value] if isinstance(value, list) else value


_EMPTY = {"PageNumber": 1, "PageSize": 200}
#: Name of a variation -> from a record to the answer.
FORMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "names in small letters": lambda one: _renamed(listing(one), str.lower),
    "names in capitals": lambda one: _renamed(listing(one), str.upper),
    "camelCase": lambda one: _renamed(listing(one), _camel),
    "a name twice, the exact one wins": lambda one: listing(
        {**{name.upper(): 7 for name in one if name.upper() not in one}, **one}
    ),
    "unknown members": lambda one: {**listing({**one, "Colour": ["red"]}), "Version": 3},
    "bare array": lambda one: [one],
    "items without paging": lambda one: {"Items": [one]},
    "one object in items": lambda one: {"Items": one},
    "paging is null": lambda one: {"Items": [one], "Paging": None},
    "Pages for PageCount": lambda one: {"Items": [one], "Paging": {**_EMPTY, "Pages": 1}},
    "only a total": lambda one: {"Items": [one], "Paging": {"TotalItems": 1}},
    "numbers of paging as texts": lambda one: listing(
        one, PageNumber="1", PageSize="200", PageCount="1", TotalItems="1"
    ),
    "links beside": lambda one: {**listing(one), "Links": [{"Rel": "self", "Href": "/v1"}]},
    "numbers as texts": lambda one: listing(_changed(one, _numbers_as_texts)),
    "texts as numbers": lambda one: listing(_changed(one, _texts_as_numbers)),
    "flags as texts": lambda one: listing(_changed(one, _flags_as_texts)),
    "statuses and ids as texts": lambda one: listing(_changed(one, _named_as_texts)),
    "objects for arrays": lambda one: listing(_changed(one, _lists_as_objects)),
    "times with a blank": lambda one: listing(
        _changed(one, _times(lambda text: text.replace("T", " ")))
    ),
    "times with Z": lambda one: listing(_changed(one, _times(lambda text: f"{text}Z"))),
    "times with an offset": lambda one: listing(_changed(one, _times(lambda t: f"{t}+00:00"))),
    "dates with a time": lambda one: listing(_changed(one, _dates_with_times)),
    "nulls left out": lambda one: listing(_nulls_left_out(one)),
    "a byte order mark": lambda one: b"\xef\xbb\xbf" + json.dumps(listing(one)).encode(),
}


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize("form", FORMS)
def test_every_variation_gives_the_same_documents(call: str, form: str) -> None:
    record, read = READS[call]
    with site() as found:
        found.server.script = [Answer(listing(record))]
        plain = read(found.client)
        found.server.script = [Answer(FORMS[form](record))]
        assert read(found.client) == plain
        assert len(plain) == 1
        assert None not in plain


@pytest.mark.parametrize("call", [name for name in READS if name.startswith("find")])
def test_a_look_up_that_drifts_is_read_again_and_an_empty_last_page_ends_it(call: str) -> None:
    record, read = READS[call]
    short = {"PageCount": None, "TotalItems": 2}
    with site() as found:
        found.server.script = [
            Answer(listing(record, **short)),
            Answer(listing(PageNumber=2, PageCount=None, TotalItems=1)),
            Answer(listing(record)),
        ]
        assert len(read(found.client)) == 1
        numbers = [seen.query["pageNumber"] for seen in found.server.seen]
        assert numbers == ["1", "2", "1"]


@pytest.mark.parametrize(
    ("call", "member", "value", "state"),
    [
        ("invoices", "Status", {"Id": 99, "Description": "Lost at sea"}, "unknown"),
        ("invoices", "Status", "Lost at sea", "unknown"),
        ("invoices", "Status", None, "unknown"),
        ("payments", "Status", {"Id": 99, "Description": "Lost at sea"}, "unknown"),
        ("payments", "Status", None, "unknown"),
        ("payment", "Status", {"Id": 14}, "unknown"),
    ],
)
def test_an_unknown_status_is_kept_as_it_came(
    call: str, member: str, value: Any, state: str
) -> None:
    record, read = READS[call]
    with site() as found:
        found.server.script = [Answer(listing({**record, member: value}))]
        document = read(found.client)[0]
    text = value["Description"] if isinstance(value, dict) and "Description" in value else value
    assert document.state == state
    assert document.status_text == (text if isinstance(text, str) else "")


@pytest.mark.parametrize("value", [{"Id": 9, "Description": "Carrier pigeon"}, "Carrier pigeon"])
def test_an_unknown_method_is_other_and_keeps_its_text(value: Any) -> None:
    with site() as found:
        found.server.script = [Answer({**PAYMENT, "PaymentMethod": value})]
        payment = found.client.payment("4765360")
    assert payment is not None
    assert (payment.method, payment.method_text) == ("other", "Carrier pigeon")


@pytest.mark.parametrize("call", READS)
def test_html_with_200_is_an_error_of_every_reading_call(call: str) -> None:
    with site(profile_with(("attempts = 5", "attempts = 1"))) as found:
        found.server.script = [Answer(b"<html><body>Sign in</body></html>")]
        with pytest.raises(Unreadable) as caught:
            READS[call][1](found.client)
    assert (caught.value.code, caught.value.status) == ("NET-01", 200)


CUT = ("groups", "vendors", "invoices", "find invoices", "payments", "find payments", "payment")


@pytest.mark.parametrize("call", CUT)
def test_a_read_cut_at_every_byte_is_an_error_and_never_less_than_there_is(call: str) -> None:
    record, read = READS[call]
    whole = json.dumps(listing(record)).encode()
    with site(profile_with(("attempts = 5", "attempts = 1"))) as found:
        for size in range(len(whole)):
            found.server.script = [Answer(whole[:size])]
            with pytest.raises(AppError) as caught:
                read(found.client)
            assert caught.value.code == "NET-01", size


WRITES: dict[str, tuple[Any, Callable[[AvidClient], Any]]] = {
    "submit": (created(), lambda client: client.submit_invoice(b"{}", EXTERNAL_ID)),
    "replace": (created(), lambda client: client.replace_invoice("991823", b"{}")),
    "withdraw": (created(), lambda client: client.withdraw_invoice("991823")),
    "vendor": (
        {"Results": [{"Successful": True, "Item": {"ExternalVendorCode": "V1"}, "Errors": []}]},
        lambda client: client.upsert_vendor(b"{}", "V1"),
    ),
    "image": (
        {"Results": [{"Successful": True, "Item": {"Id": 5501}, "Errors": []}]},
        lambda client: client.attach_image("991823", "a.pdf", "application/pdf", b"%PDF"),
    ),
    "refusal": (
        refused("Vendor not found: V1"),
        lambda client: client.submit_invoice(b"{}", EXTERNAL_ID),
    ),
}


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("is_told_whole", [False, True])
def test_a_write_whose_answer_is_cut_at_any_byte_is_in_doubt(
    call: str,
    is_told_whole: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    answer, write = WRITES[call]
    whole = json.dumps(answer).encode()
    with site() as found:
        for size in range(len(whole)):
            cut = Answer(whole, keep=size) if is_told_whole else Answer(whole[:size])
            found.server.script = [cut]
            outcome = write(found.client)
            assert isinstance(outcome, Doubt), size
            assert outcome.error is not None
            assert (outcome.error.code, outcome.error.was_sent) == ("NET-01", True)
        assert len(found.server.seen) == len(whole)


@pytest.mark.parametrize("call", [name for name in WRITES if name != "refusal"])
@pytest.mark.parametrize(
    "vary",
    [
        lambda one: _renamed(one, str.lower),
        lambda one: _renamed(one, _camel),
        lambda one: {"Results": one["Results"][0]},
        lambda one: {"Results": [{**one["Results"][0], "Successful": "true"}]},
        lambda one: {"Results": [{**one["Results"][0], "Errors": None}]},
        lambda one: {"Results": [{"Item": one["Results"][0]["Item"]}]},
        lambda one: one["Results"][0],
        lambda one: one["Results"][0]["Item"],
    ],
)
def test_every_form_of_a_success_is_accepted(
    call: str, vary: Callable[[dict[str, Any]], Any]
) -> None:
    answer, write = WRITES[call]
    with site() as found:
        for status in (200, 201):
            found.server.script = [Answer(vary(answer), status=status)]
            assert isinstance(write(found.client), Accepted)


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize(
    "answer", [Answer(b"<html>Sign in</html>"), Answer(status=204), Answer(b"<html>", status=502)]
)
def test_an_answer_that_proves_nothing_is_in_doubt(call: str, answer: Answer) -> None:
    with site() as found:
        found.server.script = [answer]
        assert isinstance(WRITES[call][1](found.client), Doubt)
