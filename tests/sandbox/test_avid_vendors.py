"""Vendors: upsert by code, absent and null, item errors (avidxchange.md 2.5)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.avid_site import ADDRESS, Reply, Site, conforms, fresh_site

NEW = {"ExternalVendorCode": "V1", "Name": "One", "Address": ADDRESS}


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _post(site: Site, *vendors: Any) -> Reply:
    return site.json("POST", "/v1/vendors", list(vendors))


def _read(site: Site, code: str) -> Any:
    return site.get(f"/v1/vendors?externalVendorCodes={code}").body["Items"][0]


def test_create_repeat_and_change(site: Site) -> None:
    first = _post(site, NEW)
    conforms(first, "VendorResults")
    assert first.successful
    again = _post(site, {**NEW, "ExternalVendorCode": " v1 "})
    assert again.item == first.item
    assert site.count("vendors_created") == 1
    changed = _post(site, {"ExternalVendorCode": "V1", "Name": "Two"})
    assert changed.item["VendorId"] == first.item["VendorId"]
    assert changed.item["LastModified"] > first.item["LastModified"]
    read = _read(site, "V1")
    assert read["Name"] == "Two"
    assert read["Active"] is True
    assert read["Address"] == {**ADDRESS, "Line2": None, "State": None}


def test_absent_stays_and_null_empties(site: Site) -> None:
    _post(site, {**NEW, "Email": "a@b.example", "Telephone1": "1", "RemitToAddress": ADDRESS})
    _post(site, {"ExternalVendorCode": "V1", "Name": "One", "Email": None, "Active": False})
    read = _read(site, "V1")
    assert (read["Email"], read["Telephone1"], read["Active"]) == (None, "1", False)
    partly = {"Line2": "Suite 2", "Line1": None}
    _post(
        site,
        {
            "ExternalVendorCode": "V1",
            "Name": "One",
            "Active": None,
            "Address": partly,
            "RemitToAddress": None,
        },
    )
    read = _read(site, "V1")
    assert read["Active"] is False
    assert (read["Address"]["Line1"], read["Address"]["Line2"]) == (None, "Suite 2")
    assert read["Address"]["City"] == "Charlotte"
    assert read["RemitToAddress"] is None


@pytest.mark.parametrize(
    ("vendor", "messages"),
    [
        ({"ExternalVendorCode": "V9"}, ["Name is required", "Address is required"]),
        ({"Name": "N"}, ["ExternalVendorCode is required"]),
        ({**NEW, "Name": "  "}, ["Name is required"]),
        ({**NEW, "Name": None}, ["Name is required"]),
        ({**NEW, "Name": 7}, ["Name has the wrong type"]),
        ({**NEW, "Name": "x" * 256}, ["Name is longer than 255"]),
        ({**NEW, "ExternalVendorCode": "x" * 51}, ["ExternalVendorCode is longer than 50"]),
        ({**NEW, "FedTaxId": "1" * 21}, ["FedTaxId is longer than 20"]),
        ({**NEW, "Active": "yes"}, ["Active has the wrong type"]),
        ({**NEW, "Address": "Main St"}, ["Address has the wrong type"]),
        ({**NEW, "Address": None}, ["Address is required"]),
        (
            {**NEW, "Address": {"Line1": "x"}},
            [
                "Address.City is required",
                "Address.PostalCode is required",
                "Address.Country is required",
            ],
        ),
        (
            {**NEW, "Address": {**ADDRESS, "Country": "usa"}},
            ["Address.Country is not a valid value"],
        ),
        ({**NEW, "Address": {**ADDRESS, "City": "x" * 51}}, ["Address.City is longer than 50"]),
        (
            {**NEW, "RemitToAddress": {"PostalCode": "1" * 21}},
            ["RemitToAddress.PostalCode is longer than 20"],
        ),
    ],
)
def test_item_errors(site: Site, vendor: dict[str, Any], messages: list[str]) -> None:
    reply = _post(site, vendor)
    conforms(reply, "VendorResults")
    assert reply.status == 200
    assert reply.successful is False
    assert sorted(reply.messages) == sorted(messages)
    assert site.count("vendors_created") == 0


def test_one_result_per_element_in_order(site: Site) -> None:
    reply = _post(
        site,
        NEW,
        {"ExternalVendorCode": "V00101", "Name": "Changed"},
        {"ExternalVendorCode": "V2"},
        {**NEW, "ExternalVendorCode": "v1"},
        {**NEW, "ExternalVendorCode": "Ü" * 50},
    )
    outcome = [one["Successful"] for one in reply.body["Results"]]
    assert outcome == [True, True, False, False, True]
    assert reply.body["Results"][2]["Item"] == {"ExternalVendorCode": "V2"}
    assert reply.body["Results"][3]["Errors"] == [{"Message": "Vendor code given twice: v1"}]
    assert site.count("vendors_created") == 2


@pytest.mark.parametrize("body", [[], {}, "x", None, [1], [NEW, None], [NEW] * 101])
def test_what_is_no_list_of_vendors(site: Site, body: Any) -> None:
    reply = site.json("POST", "/v1/vendors", body)
    assert (reply.status, reply.detail) == (400, "Body must be an array of 1 to 100")


def test_one_bad_vendor_fails_all(site: Site) -> None:
    site.vary("upsert_vendors", "vendors_all_fail", 1)
    reply = _post(site, NEW, {"ExternalVendorCode": "V2", "Address": ADDRESS})
    assert [one["Successful"] for one in reply.body["Results"]] == [False, False]
    assert site.count("vendors_created") == 0
    assert _post(site, NEW).successful
