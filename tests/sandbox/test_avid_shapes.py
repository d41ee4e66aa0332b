"""Shapes in which servers deviate: names, dates, wrappers, pages, faults (avidxchange.md 3, 7)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from core.sandbox.avid_exchange import VARIANTS
from tests.sandbox.avid_site import ADDRESS, CODES, Site, fresh_site, invoice

GROUPS = "/v1/codes/groups"


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _window(site: Site, seconds: float = 600) -> str:
    since = (site.state.now() - timedelta(seconds=seconds)).isoformat()
    return f"/v1/invoices?lastModifiedFrom={quote(since)}"


def _once(site: Site, path: str, kind: str, **args: Any) -> Any:
    site.signed()
    site.vary("*", kind, 1, **args)
    return site.get(path).body


@pytest.mark.parametrize(
    ("how", "items", "id_name"),
    [("lower", "items", "id"), ("upper", "ITEMS", "ID"), ("seen", "Items", "Id")],
)
def test_names_in_another_case(site: Site, how: str, items: str, id_name: str) -> None:
    key = site.submitted()
    assert _once(site, _window(site), "case", how=how)[items][0][id_name] == key


def test_spellings_that_have_been_seen(site: Site) -> None:
    key = site.submitted()
    site.event("approve", key)
    payment = site.event("pay", [key])
    body = _once(site, f"/v1/payments/{payment}", "case", how="seen")
    assert body["PaymentID"] == payment
    assert "AvidPayChecknumber" in body


@pytest.mark.parametrize("before", [True, False])
def test_a_name_given_twice(site: Site, before: bool) -> None:  # noqa: FBT001 - a parameter
    key = site.submitted()
    site.vary("*", "twice_named", 1, before=before)
    content = site.get(f"/v1/invoices/{key}").content
    pairs = [name for name, _value in json.loads(content, object_pairs_hook=list)]
    assert ("id" in pairs, "Id" in pairs) == (True, True)
    assert (pairs.index("id") < pairs.index("Id")) is before
    whole = json.loads(content)
    assert (whole["Id"], whole["id"]) == (key, "given twice")


def test_date_forms(site: Site) -> None:
    key = site.submitted()
    path = f"/v1/invoices/{key}"
    plain = site.get(path).body
    slash = _once(site, path, "dates_slash")
    assert slash["InvoiceDate"] == "05/30/2026"
    assert slash["LastModified"].count("/") == 2
    epoch = _once(site, path, "dates_epoch")["LastModified"]
    assert epoch.startswith("/Date(")
    moved = _once(site, path, "dates_offset", hours=-5)
    assert moved["LastModified"].endswith("-05:00")
    instant = datetime.fromisoformat(plain["LastModified"] + "+00:00")
    assert datetime.fromisoformat(moved["LastModified"]) == instant
    assert int(epoch[6:-2]) == round(instant.timestamp() * 1000)
    assert moved["InvoiceDate"] == plain["InvoiceDate"]


@pytest.mark.parametrize("text", ["none", "", "   "])
def test_empty_accounts(site: Site, text: str) -> None:
    key = site.submitted()
    assert _once(site, f"/v1/invoices/{key}", "none_texts", text=text)["AccountNumber"] == text


def test_variations_that_stand_may_have_arguments(site: Site) -> None:
    key = site.submitted()
    site.set("variants", {"none_texts": {"text": "-"}, "case": {"how": "upper"}})
    for _call in "12":
        assert site.get(f"/v1/invoices/{key}").body["ACCOUNTNUMBER"] == "-"


def test_one_record_that_cannot_be_read(site: Site) -> None:
    good, bad = site.submitted("A"), site.submitted("B")
    fields = {"Amount": 1250.005, "LastModified": "yesterday"}
    items = _once(site, _window(site), "broken_record", id=bad, fields=fields)["Items"]
    assert [one["Id"] for one in items] == [good, bad]
    assert (items[0]["Amount"], items[1]["Amount"]) == (Decimal("1250.00"), Decimal("1250.005"))
    assert items[1]["LastModified"] == "yesterday"
    items = _once(site, _window(site), "broken_record", id=bad, without=["Amount"])["Items"]
    assert ["Amount" in one for one in items] == [True, False]
    site.event("change_invoice", bad, {"Amount": "a lot"})
    assert site.get(f"/v1/invoices/{bad}").body["Amount"] == "a lot"


def test_single_objects_and_histories_in_items(site: Site) -> None:
    key = site.submitted()
    site.event("approve", key)
    payment = site.event("pay", [key])
    assert _once(site, f"/v1/invoices/{key}", "single_in_items")["Items"][0]["Id"] == key
    history = _once(site, f"/v1/payments/{payment}/paymenthistory", "single_in_items")
    assert history["Items"][0]["PaymentID"] == payment


def test_remittances_null_and_absent(site: Site) -> None:
    key = site.submitted()
    site.event("approve", key)
    path = f"/v1/payments/{site.event('pay', [key])}"
    assert _once(site, path, "no_remittances", how="null")["Remittances"] is None
    assert "Remittances" not in _once(site, path, "no_remittances", how="absent")


def test_pages_that_do_not_say_how_many(site: Site) -> None:
    for number in "ABC":
        site.submitted(number)
    path = _window(site) + "&pageSize=2"
    paging = _once(site, path, "no_total")["Paging"]
    assert ("TotalItems" in paging, paging["PageCount"]) == (False, 2)
    assert _once(site, path, "empty_last_page")["Paging"]["PageCount"] == 3
    last = _once(site, path + "&pageNumber=3", "empty_last_page")
    assert (last["Items"], last["Paging"]["PageCount"]) == ([], 3)
    assert _once(site, path, "wrong_page_number")["Paging"]["PageNumber"] == 2


def test_links_that_lead_elsewhere_or_nowhere(site: Site) -> None:
    path = "/v1/codes?pageSize=2"
    outside = _once(site, path, "link_outside")["Paging"]["Links"][1]
    assert outside["Rel"] == "next"
    assert outside["Href"].startswith("https://elsewhere.example/v1/codes?")
    again = _once(site, path, "link_repeats")["Paging"]["Links"][1]["Href"]
    assert again.endswith("pageNumber=1")


def _walk(site: Site, path: str, pages: int = 4) -> list[int]:
    walked: list[int] = []
    for page in range(1, pages + 1):
        items = site.get(f"{path}&pageSize=2&pageNumber={page}").body["Items"]
        walked += [one["Id"] for one in items]
    return walked


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("seen", [0, 1, 3, 4, 0]),  # the third was skipped, the first came twice
        ("next", [0, 1, 3, 4, 2]),
        ("gone", [0, 1, 3, 4]),
    ],
)
def test_a_record_really_changes_between_two_pages(
    site: Site, how: str, expected: list[int]
) -> None:
    ids = [site.submitted(number) for number in "ABCDE"]
    for age, key in enumerate(reversed(ids)):
        site.event("restamp", "invoice", key, 100 + age)
    site.vary("list_invoices", "page_drift", 1, how=how)
    assert _walk(site, _window(site)) == [ids[place] for place in expected]
    after = _walk(site, _window(site))
    assert len(after) == len(set(after)) == (4 if how == "gone" else 5)


def test_drift_of_vendors_and_payments(site: Site) -> None:
    site.vary("list_vendors", "page_drift", 1)
    first = site.get("/v1/vendors?pageSize=1").body["Items"][0]
    last = site.get("/v1/vendors?pageSize=1&pageNumber=3").body["Items"][0]
    assert last["ExternalVendorCode"] == first["ExternalVendorCode"]
    assert last["LastModified"] > first["LastModified"]
    site.vary("list_codes", "page_drift", 1)
    assert site.get("/v1/codes").status == 200


def test_more_odd_answers_to_writes(site: Site) -> None:
    def answered(number: str, kind: str, **members: Any) -> Any:
        site.vary("submit_invoice", kind, 1)
        return site.submit(invoice(number, **members)).body

    assert "Errors" not in answered("W-1", "errors_absent")["Results"][0]
    refused = answered("W-2", "errors_absent", VendorExternalCode="V9")["Results"][0]
    assert refused["Errors"] == [{"Message": "Vendor not found: V9"}]
    bare = answered("W-3", "successful_absent")["Results"][0]
    assert set(bare) == {"Item", "Errors"}
    assert answered("W-4", "results_null") == {"Results": None}
    assert answered("W-5", "results_absent") == {}
    assert site.count("invoices_created") == 4


def test_item_errors_by_command(site: Site) -> None:
    """A refusal on 200 for any write; nothing is stored."""
    key = site.submitted()
    told = ["External id already exists"]
    site.vary("*", "item_error", 4, messages=told)
    assert site.submit(invoice("X"), "key-1").messages == told
    changed = invoice("INV-1", Description="x")
    assert site.json("PUT", f"/v1/invoices/{key}", changed).messages == told
    assert site.json("DELETE", f"/v1/invoices/{key}", b"").messages == told
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
    body = head + b"Content-Type: application/pdf\r\n\r\nx\r\n--b--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    image = site.send("POST", f"/v1/invoices/{key}/images", site.signed(**kind), body)
    assert image.messages == told
    read = site.get(f"/v1/invoices/{key}").body
    assert (read["Description"], read["Images"]) == (None, [])
    assert read["Status"]["Description"] == "Received"
    assert site.submit(invoice("X"), "key-1").successful
    vendors = [{"ExternalVendorCode": f"N{n}", "Name": "N", "Address": ADDRESS} for n in (1, 2)]
    site.vary("upsert_vendors", "item_error", 1, codes=["N2"])
    results = site.json("POST", "/v1/vendors", vendors).body["Results"]
    assert [one["Successful"] for one in results] == [True, False]


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("short", "application/json", {"exception": {"reason": "NotFound", "detail": "D"}}),
        ("oauth", "application/json", {"error": "NotFound", "error_description": "D"}),
        (
            "gateway",
            "application/json",
            {"code": "404", "message": "NotFound", "description": "D"},
        ),
        (
            "results",
            "application/json",
            {"Results": [{"Successful": False, "Item": None, "Errors": [{"Message": "D"}]}]},
        ),
        (
            "problem",
            "application/problem+json",
            {"type": "about:blank", "title": "NotFound", "status": 404, "detail": "D"},
        ),
        ("text", "text/plain", None),
    ],
)
def test_forms_of_a_fault(site: Site, form: str, kind: str, body: Any) -> None:
    site.vary("get_invoice", "fault_form", 1, form=form)
    reply = site.get("/v1/invoices/7")
    assert reply.status == 404
    assert reply.headers["content-type"].partition(";")[0] == kind
    told = "Invoice 7 was not found"
    expected = json.loads(json.dumps(body).replace('"D"', f'"{told}"'))
    assert reply.body == expected
    if body is None:
        assert reply.content == told.encode()


def test_a_fault_unwrapped_and_inside_fault(site: Site) -> None:
    site.vary("get_invoice", "fault_form", 1, form="unwrapped")
    assert set(site.get("/v1/invoices/7").body) == {"reason", "detail", "source", "avidMessageId"}
    site.vary("get_invoice", "fault_form", 1, form="fault")
    assert site.get("/v1/invoices/7").body["fault"]["reason"] == "NotFound"


@pytest.mark.parametrize("form", ["", "soon"])
def test_an_expiry_that_is_a_text(site: Site, form: str) -> None:
    site.vary("token", "expires_text", 1, **({"text": form} if form else {}))
    told = site.token().body["expires_in"]
    assert told == form or int(told) >= 3598


def test_half_of_a_surrogate_pair_is_no_text(site: Site) -> None:
    body = json.dumps(invoice("U")).replace("Work", "\\ud83d").encode()
    reply = site.submit(body)
    assert (reply.status, reply.detail) == (400, "Body is not valid JSON")
    whole = json.dumps(invoice("U")).replace("Work", "\\ud83d\\ude00").encode()
    assert site.submit(whole).successful


def test_page_numbers_far_behind_the_end(site: Site) -> None:
    reply = site.get(f"{GROUPS}?pageNumber=999999999999&pageSize=999999999999")
    assert (reply.status, reply.body["Items"]) == (200, [])
    assert reply.body["Paging"]["PageSize"] == 500


def test_every_variation_leaves_reading_alive(site: Site) -> None:
    """No variation makes the simulator itself break, whatever is asked for."""
    lines = [{"LineNumber": 1, "Amount": 10, "Codes": CODES}]
    key = site.submitted("V-1", Amount=10, Lines=lines)
    site.event("approve", key)
    payment = site.event("pay", [key])
    paths = [GROUPS, "/v1/codes", "/v1/vendors", _window(site), f"/v1/invoices/{key}"]
    paths += [f"/v1/payments?paymentIds={payment}", f"/v1/payments/{payment}"]
    signed = site.signed()
    for kind in sorted(VARIANTS - {"working", "revoked"}):
        for path in paths:
            site.vary("*", kind, 1)
            reply = site.send("GET", path, signed)
            assert reply.status in (200, 401, 403, 404, 429, 500), (kind, path)
            assert reply.headers["content-type"].startswith("application/json"), (kind, path)
