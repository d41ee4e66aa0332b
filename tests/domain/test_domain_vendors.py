"""Vendors: created only when previewed, changed only where money still goes where it went."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.ap_documents import PostalAddress, Vendor, fold
from core.domain.books import Books
from core.domain.documents import Address, Supplier
from core.domain.mapping import Rule
from core.domain.policy import Policy
from core.domain.remittance import RemitDetails, details_of
from core.domain.vendors import VendorPlan, make, payload_of
from tests.domain.domain_samples import (
    ADDRESS,
    ENCODERS,
    RULES,
    SUPPLIER,
    books,
    hash_of,
    policy,
    with_supplier,
)

TODAY = date(2026, 3, 2)
KNOWN = {"v00101": hash_of(payload_of(SUPPLIER, "V00101", books(), policy()))}


def planned(
    site: Books | None = None,
    *,
    last: dict[str, str] | None = None,
    refused: dict[str, str] | None = None,
    may_create: frozenset[str] | None = frozenset(),
    chosen: Policy | None = None,
) -> VendorPlan:
    return make(
        site or books(),
        chosen or policy(),
        ENCODERS,
        last_sent=KNOWN if last is None else last,
        refused=refused or {},
        may_create=may_create,
        today=TODAY,
    )


def whats(plan: VendorPlan) -> list[tuple[str, str]]:
    return [(action.key, str(action.info["what"])) for action in plan.actions]


NEW = books(vendors={}, baselines={})


# Creation


@pytest.mark.parametrize(
    ("may_create", "is_created"),
    [
        (frozenset(), False),
        (frozenset({"v00999"}), False),
        (frozenset({"v00101"}), True),
        (None, True),  # a preview itself shows all
    ],
)
def test_a_vendor_is_created_only_when_it_was_previewed(
    may_create: frozenset[str] | None,
    is_created: bool,  # noqa: FBT001 - a table
) -> None:
    plan = planned(NEW, last={}, may_create=may_create)
    assert whats(plan) == ([("V00101", "create")] if is_created else [])
    assert plan.creatable == ({"v00101"} if is_created else set())


def test_an_inactive_supplier_gets_no_vendor() -> None:
    site = replace(with_supplier(active=False), vendors={})
    assert planned(site, may_create=None).actions == []
    unknown = replace(with_supplier(active=None), vendors={})
    assert len(planned(unknown, may_create=None).actions) == 1


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ({"line1": ""}, "no street"),
        ({"city": ""}, "no city"),
        ({"postcode": ""}, "no postal code"),
        ({"country": ""}, "no country"),
        ({"country": "USA"}, "no country"),
        ({"line1": "", "city": ""}, "no street, no city"),
    ],
)
def test_a_vendor_without_a_whole_address_is_fit_01(address: dict[str, Any], missing: str) -> None:
    site = replace(NEW, addresses={("0113", "A01"): replace(ADDRESS, **address)})
    plan = planned(site, last={}, may_create=None)
    assert (plan.actions, plan.creatable) == ([], set())
    (finding,) = plan.findings
    assert (finding.code, finding.document) == ("FIT-01", "0113")
    assert missing in finding.text


def test_a_supplier_without_an_address_gets_no_vendor() -> None:
    plan = planned(replace(NEW, addresses={}), last={}, may_create=None)
    assert [finding.code for finding in plan.findings] == ["FIT-01"]


def test_two_suppliers_of_one_vendor_create_it_once() -> None:
    both = {"0113": SUPPLIER, "0114": replace(SUPPLIER, code="0114", default_address="")}
    site = replace(NEW, suppliers=both)
    site = replace(site, rules=books(rules=(*RULES, Rule("vendors", "0114", "", "v00101"))).rules)
    assert whats(planned(site, last={}, may_create=None)) == [("V00101", "create")]


@pytest.mark.parametrize("code", ["-", "V00101"])
def test_no_vendor_is_made_for_a_dash_or_a_supplier_that_x3_does_not_show(code: str) -> None:
    rules = (Rule("vendors", "0113" if code == "-" else "0999", "", code),)
    plan = planned(replace(books(rules=rules), vendors={}), may_create=None)
    assert (plan.actions, plan.baselines, plan.findings) == ([], [], [])


def test_a_vendor_that_does_not_fit_the_wire_is_fit_01() -> None:
    site = replace(NEW, suppliers={"0113": replace(SUPPLIER, name="N" * 256)})
    plan = planned(site, last={}, may_create=None)
    assert [finding.code for finding in plan.findings] == ["FIT-01"]
    assert plan.creatable == set()


def test_what_avidxchange_refused_is_not_sent_again_unchanged() -> None:
    content = planned(NEW, last={}, may_create=None).actions[0].info["content"]
    plan = planned(NEW, last={}, may_create=None, refused={str(content): "Name is required"})
    (finding,) = plan.findings
    assert (plan.actions, plan.creatable) == ([], set())
    assert "Name is required" in finding.text
    assert finding.resolutions == ("send_again",)


def test_a_vendor_just_written_is_not_created_again_before_a_list_shows_it() -> None:
    """avidxchange.md 2.2: lists show a create late."""
    plan = planned(NEW, last=KNOWN, may_create=frozenset({"v00101"}))
    assert (plan.actions, plan.creatable) == ([], {"v00101"})
    corrected = replace(NEW, suppliers={"0113": replace(SUPPLIER, tax_id="9")})
    again = planned(corrected, last=KNOWN, may_create=frozenset({"v00101"}))
    assert whats(again) == [("V00101", "create")]


# Changes


def test_the_first_look_at_a_mapped_vendor_writes_nothing_and_remembers() -> None:
    plan = planned(last={})
    assert plan.actions == []
    assert plan.seen == KNOWN


def test_an_unchanged_supplier_writes_nothing() -> None:
    plan = planned()
    assert (plan.actions, plan.seen, plan.findings) == ([], {}, [])


@pytest.mark.parametrize(
    "site",
    [
        with_supplier(tax_id="99-1"),
        with_supplier(active=False),
        books(addresses={("0113", "A01"): replace(ADDRESS, phone="1")}),
        books(addresses={("0113", "A01"): replace(ADDRESS, email="new@x.example")}),
    ],
)
def test_a_change_in_x3_is_written_to_the_vendor(site: Books) -> None:
    plan = planned(site)
    (action,) = plan.actions
    assert (action.kind, action.key, action.remote) == (
        "vendor",
        "V00101",
        "avidxchange|vendor|v00101",
    )
    assert action.info["what"] == "change"
    assert action.info["content"] != KNOWN["v00101"]


@pytest.mark.parametrize(
    "site",
    [
        with_supplier(name="Northwind Holding LLC"),
        with_supplier(pay_to="0999"),
        books(addresses={("0113", "A01"): replace(ADDRESS, line1="13 Mill Road")}),
    ],
)
def test_bnk_01_holds_the_change_of_a_vendor_until_it_is_released(site: Books) -> None:
    assert planned(site, last={"v00101": "older"}).actions == []
    supplier = site.suppliers["0113"]
    released = details_of(supplier, site.remit_address(supplier))
    plan = planned(replace(site, baselines={"0113": released}), last={"v00101": "older"})
    assert whats(plan) == [("V00101", "change")]


def test_a_vendor_of_several_suppliers_is_not_changed_by_one_of_them() -> None:
    site = replace(
        with_supplier(tax_id="1"),
        rules=books(rules=(*RULES, Rule("vendors", "0114", "", "V00101"))).rules,
    )
    assert planned(site).actions == []


def test_several_rows_of_one_supplier_and_vendor_write_it_once() -> None:
    rules = (
        Rule("vendors", "0113", "", "V00101", company="US10"),
        Rule("vendors", "0113", "", "v00101", company="CA10"),
    )
    site = replace(with_supplier(tax_id="1"), rules=books(rules=rules).rules)
    assert len(planned(site).actions) == 1


def test_a_supplier_with_a_vendor_for_each_company_comes_to_rest() -> None:
    rules = (
        Rule("vendors", "0113", "", "V1", company="US10"),
        Rule("vendors", "0113", "", "V2", company="CA10"),
    )
    site = replace(books(rules=rules), vendors={"v1": Vendor("V1"), "v2": Vendor("V2")})
    remembered = dict(planned(site, last={}).seen)
    for _ in range(3):
        actions = planned(site, last=remembered).actions
        remembered |= {fold(a.key): str(a.info["content"]) for a in actions}
    assert planned(site, last=remembered).actions == []


def test_details_seen_for_the_first_time_become_the_baseline_once() -> None:
    plan = planned(replace(books(), baselines={}))
    assert plan.baselines == [details_of(SUPPLIER, ADDRESS)]
    assert planned().baselines == []


# The payload (product.md 4, *Vendor payload*)


def payload(supplier: Supplier | None = None, **choices: Any) -> Any:
    site = books(addresses={("0113", "A01"): ADDRESS, ("0113", "B02"): OTHER})
    return payload_of(supplier or SUPPLIER, "V00101", site, policy(**choices))


OTHER = Address(
    "0113", "B02", line1="PO Box 9", line3="Dock", postcode="28607", city="Boone", country="US"
)


def test_the_payload_carries_the_members_of_product_md() -> None:
    found = payload()
    assert (found.code, found.name, found.tax_id) == (
        "V00101",
        "Northwind Paper LLC",
        "36-4412345",
    )
    assert found.active is True
    assert found.address == PostalAddress("12 Mill Road", "Suite 4", "Chicago", "IL", "60601", "US")
    assert (found.telephone, found.email) == ("3125550100", "ar@northwind.example")


def test_the_remit_to_address_is_absent_when_it_is_the_default_one() -> None:
    assert payload().remit_to is None
    found = payload(replace(SUPPLIER, pay_to_address="B02"))
    assert found.remit_to == PostalAddress("PO Box 9", "Dock", "Boone", "", "28607", "US")
    assert payload(replace(SUPPLIER, pay_to_address="")).remit_to is None


def test_what_x3_leaves_empty_is_left_out() -> None:
    found = payload(Supplier("0113", active=None))
    assert (found.name, found.tax_id, found.active, found.address) == ("", "", None, None)
    assert (found.telephone, found.email) == ("", "")


@pytest.mark.parametrize(
    ("country", "countries", "expected"),
    [
        ("US", {}, "US"),
        ("us", {}, "US"),
        ("USA", {}, ""),
        ("USA", {"USA": "US"}, "US"),
        ("US", {"US": "CA"}, "CA"),
        ("1A", {}, ""),
        ("", {}, ""),
    ],
)
def test_a_country_is_two_letters_or_one_that_the_profile_translates(
    country: str, countries: dict[str, str], expected: str
) -> None:
    site = books(addresses={("0113", "A01"): replace(ADDRESS, country=country)})
    found = payload_of(SUPPLIER, "V1", site, policy(countries=countries))
    assert found.address
    assert found.address.country == expected


# Remittance details


def test_an_acceptance_is_given_for_all_details() -> None:
    one = details_of(SUPPLIER, ADDRESS)
    for name in ("name", "pay_to", "address_code", "line1", "line2", "line3", "postcode", "city"):
        assert replace(one, **{name: "other"}).fingerprint != one.fingerprint
    assert details_of(SUPPLIER, replace(ADDRESS, phone="9")).fingerprint == one.fingerprint


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        (
            details_of(SUPPLIER, ADDRESS),
            "Northwind Paper LLC, 12 Mill Road, Suite 4, 60601 Chicago, IL, US",
        ),
        (RemitDetails("0113", name="N", pay_to="0200"), "N (paid to 0200)"),
        (RemitDetails("0113", name="N", pay_to="0113", city="Basel"), "N, Basel"),
        (details_of(Supplier("0113", name="N"), None), "N"),
    ],
)
def test_details_read_as_one_line(details: RemitDetails, sentence: str) -> None:
    assert details.sentence == sentence
