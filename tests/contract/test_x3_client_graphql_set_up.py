"""Set-up by introspection, and servers whose nodes are not those of the profile (10.15).

The answers are made by a GraphQL engine of its own, so that every document sent is also proven to
be one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, graphql_sync

from core.errors import AuthError, ConfigError, Unreadable
from core.x3.graphql_schema import Schema
from core.x3.profile import Profile
from tests.contract.x3_site import (
    Desk,
    Heard,
    Said,
    Site,
    desk_at,
    diagnosis,
    page,
    running_site,
    shipped,
)

SDL = """
type Query { x3System: X3System x3FinanceData: X3Finance x3InvoicingData: X3Invoicing }
type X3System { company: CompanyQuery site: SiteQuery }
type X3Finance { openItem: ItemQuery }
type X3Invoicing { supplierInvoiceHeader: HeaderQuery supplierInvoiceLine: LineQuery }
type CompanyQuery { query(first: Int, after: String, filter: String, orderBy: String): Companies }
type Companies { edges: [CompanyEdge!] pageInfo: PageInfo! }
type CompanyEdge { cursor: String! node: Company }
type Company { code: String! name: String currency: Currency _id: ID! _updateStamp: String }
type SiteQuery { query(first: Int, after: String, filter: String, orderBy: String): Sites }
type Sites { edges: [SiteEdge] pageInfo: PageInfo! }
type SiteEdge { cursor: String! node: Place }
type Place {
  code: String! name: String legalCompany: Company country: String _id: ID! _updateStamp: String
}
type ItemQuery { query(first: Int, after: String, filter: String, orderBy: String): Items }
type Items { edges: [ItemEdge!]! pageInfo: PageInfo! }
type ItemEdge { cursor: String! node: Item }
type Item { documentNumber: String! _id: ID! _updateStamp: String }
type HeaderQuery { query(first: Int, after: String, filter: String, orderBy: String): Headers }
type Headers { edges: [HeaderEdge] pageInfo: PageInfo! }
type HeaderEdge { cursor: String! node: Header }
type Header { id: String! company: Company status: Status _id: ID! _updateStamp: String }
type LineQuery { query(first: Int, after: String, filter: String, orderBy: String): Lines }
type Lines { edges: [LineEdge] pageInfo: PageInfo! }
type LineEdge { cursor: String! node: Line }
type Line {
  supplierInvoice: Header lineNumber: Int ledgersCoa: LedgerQuery lineAmountExcludingTax: String
  _id: ID! _updateStamp: String
}
type LedgerQuery { query(first: Int): Ledgers }
type Ledgers { edges: [LedgerEdge] }
type LedgerEdge { node: Ledger }
type Ledger { chartOfAccounts: Currency account: Currency }
type Currency { code: String! }
enum Status { pending toValidate validated }
type PageInfo { hasNextPage: Boolean! endCursor: String }
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def company(number: int) -> dict[str, Any]:
    return {"code": f"US{number}0", "name": f"Company {number}", "currency": None,
            "_id": str(number), "_updateStamp": None}  # fmt: skip


def served(site: Site, tables: Mapping[str, list[dict[str, Any]]], sdl: str = SDL) -> None:
    """Let the site answer from lists of nodes, by a schema of its own."""
    schema = build_schema(sdl)

    def query(name: str) -> Any:
        def resolve(_: Any, first: int = 20, after: str = "0", **more: Any) -> Any:
            start = int(after)
            rows = tables.get(name, [])[start : start + first]
            end = start + len(rows)
            told = {"hasNextPage": end < len(tables.get(name, [])), "endCursor": str(end)}
            return {"edges": [{"cursor": "", "node": row} for row in rows], "pageInfo": told}

        return {"query": resolve}

    root = {
        "x3System": {"company": query("company"), "site": query("site")},
        "x3FinanceData": {"openItem": query("open_item")},
        "x3InvoicingData": {"supplierInvoiceHeader": query("invoice")},
    }

    def respond(heard: Heard) -> Said:
        if heard.method == "GET":
            return Said(page())
        asked = json.loads(heard.body)
        found = graphql_sync(
            schema,
            asked["query"],
            root,
            variable_values=asked["variables"],
            operation_name=asked["operationName"],
        )
        return Said({"data": found.data, **_told(found.errors)})

    site.respond = respond


def _told(errors: list[GraphQLError] | None) -> dict[str, Any]:
    return {"errors": [error.formatted for error in errors]} if errors else {}


def desk(site: Site, profile: Profile | None = None) -> Desk:
    return desk_at(site.base_url, profile=profile, read="graphql")


def introspections(site: Site) -> int:
    return len([heard for heard in site.heard if b"__schema" in heard.body])


def test_the_introspection_is_the_contracts(site: Site) -> None:
    served(site, {"company": [company(1)]})
    desk(site).client.set_up.check_paging()
    asked = json.loads(site.heard[0].body)
    walked = (
        "__schema { queryType { name } types { name fields { name type { name kind "
        "ofType { name kind ofType { name kind } } } } } }"
    )
    assert asked == {
        "operationName": "Crossfoot",
        "query": f"query Crossfoot {{ {walked} }}",
        "variables": {},
    }


def test_a_company_of_several_must_lead_on(site: Site) -> None:
    set_up = desk(site).client.set_up
    served(site, {"company": [company(1), company(2)]})
    set_up.check_paging()
    served(site, {"company": [company(1)]})
    set_up.check_paging()
    alone = {"hasNextPage": False, "endCursor": None}

    def respond(heard: Heard) -> Said:
        if b"__schema" in heard.body:
            return Said({"errors": [{"message": "off"}]})
        count = json.loads(heard.body)["variables"]["first"]
        edges = [{"node": company(n)} for n in range(count)]
        paged = {"query": {"edges": edges, "pageInfo": alone}}
        return Said({"data": {"x3System": {"company": paged}}})

    site.respond = respond
    with pytest.raises(ConfigError, match="first 1"):
        set_up.check_paging()


def test_missing_required_paths_are_named(site: Site) -> None:
    served(site, {})
    set_up = desk(site).client.set_up
    assert set_up.missing_properties("company") == ()
    assert set_up.missing_properties("site") == ()  # country.code is not required
    missing = set_up.missing_properties("invoice")
    assert missing is not None
    assert missing[:3] == ("category", "site.code", "billBySupplier.code.code")
    assert "currency.code" in missing
    assert not {"id", "company.code", "status", "control"} & set(missing)
    lines = ("ledgersCoa[1].chartOfAccounts.code", "ledgersCoa[1].account.code")
    assert set_up.missing_properties("invoice_line") == ()
    assert set_up.missing_properties("supplier") == ("x3MasterData.supplier",)
    assert set_up.missing_properties("purchase_order") == ("x3Purchasing.purchaseOrder",)
    assert introspections(site) == 1
    served(site, {}, SDL.replace("chartOfAccounts: Currency account: Currency", "account: String"))
    assert desk(site).client.set_up.missing_properties("invoice_line") == lines


def test_what_the_answer_cannot_tell_counts_as_there(site: Site) -> None:
    served(site, {})
    # `[ItemEdge!]!` is wrapped once deeper than the walk of the contract describes.
    assert desk(site).client.set_up.missing_properties("open_item") == ()


def test_lines_that_x3_does_not_have_are_checked_by_api1(site: Site) -> None:
    served(site, {}, SDL.replace("supplierInvoiceLine: LineQuery", ""))
    assert desk(site).client.set_up.missing_properties("invoice_line") is None
    assert site.heard[-1].path.startswith("/api1/x3/erp/PROD/BPSINVLIG")


def test_entities_without_a_node_are_checked_by_api1(site: Site) -> None:
    described: dict[str, Any] = {"$properties": {"PTE": {}, "LEG": {}}}
    site.say(Said(described))
    assert desk(site).client.set_up.missing_properties("payment_term") == ("PTELIN",)
    profile = shipped()
    node = profile.graphql["company"].model_copy(update={"node": ""})
    profile = profile.model_copy(update={"graphql": {**profile.graphql, "company": node}})
    site.say(Said(page({"CPY": "US10"}, size=1, next_url="/api1/x3/erp/PROD/COMPANY?key=1")))
    desk(site, profile).client.set_up.check_paging()
    assert {heard.method for heard in site.heard} == {"GET"}


def test_without_introspection_a_page_tells(site: Site) -> None:
    off = Said({"errors": [{"message": "GraphQL introspection is not allowed"}]})
    names = ['Cannot query field "id" on type "X".', "Cannot query field 'status' on type 'X'."]
    wrong = Said({"errors": [{"message": name} for name in names]}, 400)
    good = Said({"data": {"x3InvoicingData": {"supplierInvoiceHeader": {
        "query": {"edges": [], "pageInfo": {"hasNextPage": False}}}}}})  # fmt: skip
    site.say(off, wrong, off, off, good)
    set_up = desk(site).client.set_up
    assert set_up.missing_properties("invoice") == ("id", "status")
    assert set_up.missing_properties("invoice") == ()


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"__schema": None},
        {"__schema": {"types": []}},
        {"__schema": {"queryType": {"name": "Q"}, "types": []}},
        {"__schema": {"queryType": {"name": "Q"}, "types": [1]}},
    ],
)
def test_what_is_no_introspection(site: Site, data: Any) -> None:
    with pytest.raises(ValueError, match="it "):
        Schema(data)
    site.say(Said({"data": data}))
    set_up = desk(site).client.set_up
    with pytest.raises(Unreadable, match="no page"):
        set_up.missing_properties("invoice")


def test_a_refused_sign_in_is_no_missing_schema(site: Site) -> None:
    site.say(Said(diagnosis("Wrong username"), 401))
    with pytest.raises(AuthError):
        desk(site).client.set_up.missing_properties("invoice")
    assert len(site.heard) == 1


def test_optional_paths_that_x3_does_not_have_are_left_out(site: Site) -> None:
    rows = [{"code": f"S{n}", "name": "Site", "legalCompany": {"code": "US10"}, "_id": str(n)}
            for n in range(3)]  # fmt: skip
    served(site, {"site": rows})
    reader = desk(site).client.reader
    found = reader.first_page("site")
    assert [(row.code, row.company, row.country) for row in found.rows] == [
        ("S0", "US10", ""), ("S1", "US10", ""), ("S2", "US10", ""),
    ]  # fmt: skip
    assert len(site.heard) == 3  # as the profile says, the schema, without the country
    reader.first_page("site")
    assert len(site.heard) == 4
    assert introspections(site) == 1


def test_a_required_path_is_never_left_out(site: Site) -> None:
    served(site, {"site": []}, SDL.replace("legalCompany: Company", ""))
    reader = desk(site).client.reader
    for _ in range(2):
        with pytest.raises(ConfigError, match="legalCompany"):
            reader.first_page("site")
    assert introspections(site) == 1
    with pytest.raises(ConfigError, match="x3MasterData"):
        reader.first_page("supplier")
