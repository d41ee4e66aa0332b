"""Lists: pages, order, filters and their 400s, windows, lag (avidxchange.md 2.2, 2.4)."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from core.sandbox.avid_answers import stamp
from tests.sandbox.avid_site import Site, conforms, fresh_site, invoice

WINDOW = "lastModifiedFrom=2026-01-01T00:00:00Z&lastModifiedTo=2026-01-20T00:00:00Z"


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _ids(site: Site, path: str) -> list[int]:
    return [item["Id"] for item in site.get(path).body["Items"]]


def _since(site: Site, seconds: float) -> str:
    return quote((site.state.now() - timedelta(seconds=seconds)).isoformat())


def test_groups_and_codes(site: Site) -> None:
    groups = site.get("/v1/codes/groups")
    conforms(groups, "CodeGroupList")
    assert groups.body == {
        "Items": [
            {"GroupName": "Accounting Codes", "IsRequired": True},
            {"GroupName": "Location", "IsRequired": True},
            {"GroupName": "Project", "IsRequired": False},
        ],
        "Paging": {
            "PageNumber": 1,
            "PageSize": 100,
            "PageCount": 1,
            "PageItems": 3,
            "TotalItems": 3,
        },
    }
    codes = site.get("/v1/codes")
    conforms(codes, "CodeList")
    pairs = [(one["GroupName"], one["CodeValue"]) for one in codes.body["Items"]]
    assert pairs == sorted(pairs)
    assert len(pairs) == 6
    one = site.get("/v1/codes?groupName=Location&pageSize=1&pageNumber=2")
    assert one.body["Items"] == [
        {
            "GroupName": "Location",
            "CodeValue": "103A",
            "Description": "Harbour",
            "IsActive": False,
        }
    ]
    assert one.body["Paging"]["PageCount"] == 3
    assert site.get("/v1/codes?groupName=location").body["Items"] == []
    assert len(site.get("/v1/codes?groupName=").body["Items"]) == 6


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("codes?pageNumber=0", "pageNumber is not valid"),
        ("codes?pageNumber=-1", "pageNumber is not valid"),
        ("codes?pageNumber=x", "pageNumber is not valid"),
        ("codes?pageSize=0", "pageSize is not valid"),
        ("codes?pageSize=1.5", "pageSize is not valid"),
        ("vendors?lastModifiedFrom=yesterday", "lastModifiedFrom is not valid"),
        (
            "vendors?lastModifiedFrom=2026-02-01&lastModifiedTo=2026-01-01",
            "lastModifiedFrom is after lastModifiedTo",
        ),
        ("vendors?externalVendorCodes=" + "%2C".join("V" * 51), "More than 50 ids"),
        ("invoices", "A filter is required"),
        ("invoices?lastModifiedTo=2026-01-01", "A filter is required"),
        ("invoices?externalIds=", "A filter is required"),
        ("invoices?externalIds=a&" + WINDOW, "Filters cannot be combined"),
        ("invoices?externalIds=" + "%2C".join("x" * 51), "More than 50 ids"),
        (
            "invoices?lastModifiedFrom=2026-01-01&lastModifiedTo=2026-01-31T00:00:01Z",
            "Window is longer than 30 days",
        ),
        (
            "invoices?lastModifiedFrom=2026-01-32&lastModifiedTo=2026-02-01",
            "lastModifiedFrom is not valid",
        ),
        (
            "invoices?lastModifiedFrom=2026-01-01&lastModifiedTo=01/02/2026",
            "lastModifiedTo is not valid",
        ),
        ("invoices?" + WINDOW + "&pageSize=none", "pageSize is not valid"),
        ("payments", "A filter is required"),
        ("payments?lastModifiedTo=2026-01-01", "A filter is required"),
        ("payments?paymentIds=1&externalPaymentIds=AP-1", "Filters cannot be combined"),
        ("payments?externalPaymentIds=AP-1&" + WINDOW, "Filters cannot be combined"),
        ("payments?paymentIds=" + "%2C".join("1" * 51), "More than 50 ids"),
    ],
)
def test_wrong_queries(site: Site, path: str, detail: str) -> None:
    reply = site.get(f"/v1/{path}")
    assert (reply.status, reply.detail) == (400, detail)
    assert reply.body["exception"]["reason"] == "BadRequest"
    conforms(reply, "ApiFault")


@pytest.mark.parametrize(
    "query",
    [
        "lastModifiedFrom=2026-01-01&lastModifiedTo=2026-01-31",
        "lastModifiedFrom=2026-01-01T00:00:00&lastModifiedTo=2026-01-02T10:00:00.1234567",
        "lastModifiedFrom=2026-01-01T00:00:00%2B02:00&lastModifiedTo=2026-01-02T00:00:00-05:00",
        "externalIds=a&lastModifiedTo=rubbish",
    ],
)
def test_queries_that_are_right(site: Site, query: str) -> None:
    reply = site.get(f"/v1/invoices?{query}")
    assert reply.status == 200
    assert reply.body["Items"] == []
    assert reply.body["Paging"]["PageCount"] == 0


def test_a_walk_over_pages_is_the_plain_sort(site: Site) -> None:
    ids = [site.submitted(f"I-{number}") for number in range(7)]
    for number, key in enumerate(ids):
        site.event("restamp", "invoice", key, 100 + 10 * (number % 3))
    base = f"/v1/invoices?lastModifiedFrom={_since(site, 500)}"
    whole = site.get(base)
    conforms(whole, "InvoiceList")
    keys = [(item["LastModified"], item["Id"]) for item in whole.body["Items"]]
    assert keys == sorted(keys)
    assert len(keys) == 7
    walked: list[int] = []
    for page in range(1, 6):
        walked += _ids(site, f"{base}&pageSize=2&pageNumber={page}")
    assert walked == [key for _stamp, key in keys]
    past = site.get(f"{base}&pageSize=2&pageNumber=5").body
    assert past["Items"] == []
    assert past["Paging"]["PageItems"] == 0
    assert past["Paging"]["TotalItems"] == 7


def test_page_size_is_clamped(site: Site) -> None:
    for number in range(501):
        site.event("code", "Project", f"P{number:04d}", "x")
    reply = site.get("/v1/codes?pageSize=10000").body
    assert len(reply["Items"]) == 500
    assert reply["Paging"]["PageSize"] == 500
    assert reply["Paging"]["PageCount"] == 2


def test_the_window_is_half_open(site: Site) -> None:
    key = site.submitted()
    stamped = site.event("restamp", "invoice", key, 3600.25)
    path = "/v1/invoices?lastModifiedFrom={}&lastModifiedTo={}"
    later = stamp(site.state.now())
    assert _ids(site, path.format(stamped, later)) == [key]
    assert _ids(site, path.format(_since(site, 86_400), stamped)) == []
    assert _ids(site, path.format(stamped + "001Z", later)) == []
    day = stamped[:10]
    site.vary("list_invoices", "window_inclusive", 1)
    assert _ids(site, path.format(stamped, stamped)) == [key]
    site.vary("list_invoices", "window_days", 1)
    assert _ids(site, path.format(f"{day}T23:59:59Z", f"{day}T23:59:59Z")) == [key]


def test_external_ids_are_split_after_decoding(site: Site) -> None:
    ids = [site.submitted(number) for number in ("A", "B")]
    encoded = quote("X3|T|US10|A|1,X3|T|US10|nothing|1,X3|T|US10|B|1", safe="")
    assert _ids(site, f"/v1/invoices?externalIds={encoded}") == ids
    assert _ids(site, "/v1/invoices?externalIds=" + quote("x3|t|us10|a|1")) == []


def test_lists_lag_and_ids_do_not(site: Site) -> None:
    site.set("lag_seconds", 2)
    reply = site.submit(invoice("L"))
    key = reply.item["Id"]
    look_up = "/v1/invoices?externalIds=" + quote("X3|T|US10|L|1")
    window = f"/v1/invoices?lastModifiedFrom={_since(site, 60)}"
    assert site.get(f"/v1/invoices/{key}").status == 200
    assert _ids(site, look_up) == []
    assert _ids(site, window) == []
    site.state.shift_clock(2.1)
    assert _ids(site, look_up) == [key]
    assert _ids(site, window) == [key]
    site.event("approve", key)
    assert site.get(f"/v1/invoices/{key}").body["Status"]["Description"] == "Approved"
    before = site.get(look_up).body["Items"][0]
    assert before["Status"]["Description"] == "Received"
    assert before["LastModified"] == reply.item["LastModified"]
    site.event("reopen", key)
    site.state.shift_clock(2.1)
    after = site.get(look_up).body["Items"][0]
    assert after == site.get(f"/v1/invoices/{key}").body
    assert after["Status"]["Description"] == "In Approval"


def test_vendor_filters_combine(site: Site) -> None:
    assert len(site.get("/v1/vendors").body["Items"]) == 3
    found = site.get("/v1/vendors?externalVendorCodes=v00101%2C%20V00900%20%2CV7")
    conforms(found, "VendorList")
    assert [one["ExternalVendorCode"] for one in found.body["Items"]] == ["V00101", "V00900"]
    window = f"lastModifiedFrom={_since(site, 86400 * 400)}"
    assert len(site.get(f"/v1/vendors?{window}").body["Items"]) == 3
    both = site.get(f"/v1/vendors?{window}&externalVendorCodes=V00102").body["Items"]
    assert [one["ExternalVendorCode"] for one in both] == ["V00102"]
    old = "lastModifiedFrom=2020-01-01&lastModifiedTo=2025-01-01&externalVendorCodes=V00102"
    assert site.get(f"/v1/vendors?{old}").body["Items"] == []


def test_shapes_of_lists(site: Site) -> None:
    path = "/v1/codes?groupName=Location&pageSize=2"
    site.vary("list_codes", "pages", 1)
    assert site.get(path).body["Paging"]["Pages"] == 2
    site.vary("list_codes", "no_paging", 2)
    whole = site.get(path).body
    assert set(whole) == {"Items"}
    assert len(whole["Items"]) == 3
    assert site.get(path + "&pageNumber=2").body == {"Items": []}
    site.vary("list_codes", "bare_array", 1)
    assert len(site.get(path).body) == 3
    site.vary("list_codes", "camel", 1)
    assert site.get(path).body["items"][0]["codeValue"] == "102F"
    site.vary("list_codes", "object_for_array", 1)
    one = site.get("/v1/codes?groupName=Project").body["Items"]
    assert one["CodeValue"] == "P1"
    site.vary("list_codes", "total_off", 1)
    assert site.get(path).body["Paging"]["TotalItems"] == 4
    site.vary("list_codes", "same_page", 1)
    assert site.get(path + "&pageNumber=2").body["Items"][0]["CodeValue"] == "102F"
    site.vary("list_codes", "page_shift", 1, by=-1)
    assert site.get(path + "&pageNumber=2").body["Items"][0]["CodeValue"] == "103A"
    site.vary("list_codes", "query_time", 1)
    conforms(site.get(path), "CodeList")


def test_links(site: Site) -> None:
    site.vary("list_codes", "links", None)
    path: str | None = "/v1/codes?groupName=Location&pageSize=1"
    values = []
    while path:
        body = site.get(path).body
        values += [one["CodeValue"] for one in body["Items"]]
        links = {link["Rel"]: link["Href"] for link in body["Paging"]["Links"]}
        path = links.get("next")
    assert values == ["102F", "103A", "104B"]
    site.faults.clear()
    site.vary("list_codes", "links_beside", 1)
    assert site.get("/v1/codes?pageSize=1").body["Links"][1]["Rel"] == "next"


def test_older_data_on_a_later_page(site: Site) -> None:
    ids = [site.submitted(number) for number in "AB"]
    fields = {"Status": "In Approval", "LastModified": "2026-01-01T00:00:00.000"}
    site.vary("list_invoices", "older_again", None, fields=fields)
    path = f"/v1/invoices?lastModifiedFrom={_since(site, 60)}&pageSize=1&pageNumber="
    walked = [item for page in "12" for item in site.get(path + page).body["Items"]]
    assert [item["Id"] for item in walked] == [*ids, ids[0]]
    assert walked[2]["Status"]["Description"] == "In Approval"


def test_variants_of_the_state_hold_for_all_answers(site: Site) -> None:
    site.set("variants", ["camel", "dates_z"])
    item = site.get("/v1/vendors").body["items"][0]
    assert item["lastModified"].endswith("Z")
    assert "paging" in site.get("/v1/codes").body


def test_pages_of_500_come_quickly(site: Site) -> None:
    site.event("fill", vendors=600, codes=600, payments=5000)
    path = (
        f"/v1/payments?lastModifiedFrom={_since(site, 30 * 86_400 - 60)}&pageSize=500&pageNumber="
    )
    conforms(site.get(path + "1"), "PaymentList")
    started = time.monotonic()
    walked = [item["PaymentId"] for page in range(1, 11) for item in _items(site, path, page)]
    assert len(set(walked)) == len(walked) == 5000
    # More than five pages a second are promised; the wide margin is for a busy machine.
    assert time.monotonic() - started < 10
    assert site.get("/v1/vendors?pageSize=500").body["Paging"]["PageCount"] == 2
    conforms(site.get("/v1/vendors?pageSize=500&pageNumber=2"), "VendorList")
    assert site.get("/v1/codes").body["Paging"]["TotalItems"] == 606


def _items(site: Site, path: str, page: int) -> list[Any]:
    return list(site.get(path + str(page)).body["Items"])
