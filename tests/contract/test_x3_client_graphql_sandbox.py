"""Both ways of reading meet the simulated company: what GraphQL shows is what api1 shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.documents import Invoice
from core.errors import AppError, ConfigError, RemoteRefused
from core.sandbox import server
from core.x3.auth import BasicAuth
from core.x3.client import X3Client
from core.x3.profile import Profile, load
from tests.contract.x3_site import SHIPPED, desk_at, shipped

ENTITIES = (
    "supplier", "invoice", "open_item", "company", "site", "fiscal_period", "purchase_order",
)  # fmt: skip


@pytest.fixture(scope="module")
def company() -> Iterator[server.Sandbox]:
    running = server.start(None, seed=1, invoices=40)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _plain(company: server.Sandbox) -> Iterator[None]:
    yield
    company.faults.clear()
    company.state.set_value("x3.denied_classes", [])
    company.state.set_value("x3.renames", {})
    company.state.set_value("x3.graphql_renames", {})


def client(
    company: server.Sandbox, read: str, profile: Profile | None = None, **settings: Any
) -> X3Client:
    addresses = company.addresses
    quick = {"read_retry_s": (0.0,), "busy_read_s": (0.0,)}
    return desk_at(
        addresses.x3_url,
        profile=profile or shipped(times=quick),
        auth=BasicAuth(addresses.x3_user, lambda: addresses.x3_password),
        **{
            "endpoint": addresses.endpoint, "start_date": date(2020, 1, 1), "page_size": 7,
            "read": read, **settings,
        },
    ).client  # fmt: skip


def walk(found: X3Client, entity: str, since: datetime | None = None) -> dict[str, Any]:
    """All rows of an entity by key."""
    rows: dict[str, Any] = {}
    page = found.reader.first_page(entity, since=since)
    while True:
        assert page.unreadable == ()
        rows |= {row.key: row for row in page.rows}
        if page.next is None:
            return rows
        page = found.reader.next_page(entity, page.next)


def fault(company: server.Sandbox, kind: str, operation: str = "graphql", **more: Any) -> None:
    entry = {"system": "x3", "operation": operation, "kind": kind, **more}
    company.faults.add([entry])


@pytest.mark.parametrize("entity", ENTITIES)
def test_both_ways_show_the_same(company: server.Sandbox, entity: str) -> None:
    plain, graph = client(company, "api1"), client(company, "graphql")
    by_api1, by_graphql = walk(plain, entity), walk(graph, entity)
    assert len(by_api1) > 1
    assert set(by_api1) == set(by_graphql)
    # One key part: api1 completes what the node has no path for. Else only the node's own.
    is_whole = len(shipped().entity[entity].key) == 1
    told = {field.name for field in shipped().graphql[entity].fields}
    for key, expected in by_api1.items():
        shown = by_graphql[key]
        names = {field.name for field in dataclasses.fields(shown)} if is_whole else told
        assert {n: getattr(shown, n) for n in names} == {n: getattr(expected, n) for n in names}
        assert shown.changed == expected.changed


def test_set_up_finds_everything(company: server.Sandbox) -> None:
    set_up = client(company, "graphql").set_up
    set_up.check_paging()
    missing = {entity: set_up.missing_properties(entity) for entity in shipped().entity}
    assert all(found == () for found in missing.values()), missing


def test_whole_invoices_are_the_same(company: server.Sandbox) -> None:
    plain, graph = client(company, "api1"), client(company, "graphql")
    numbers = sorted(walk(plain, "invoice"))[:20]
    seen = 0
    for number in numbers:
        expected, shown = plain.reader.invoice(number), graph.reader.invoice(number)
        assert expected is not None
        assert shown is not None
        names = ("line", "chart", "account", "site", "net", "gross", "description", "quantity")
        for left, right in zip(expected.lines, shown.lines, strict=True):
            assert [getattr(left, n) for n in names] == [getattr(right, n) for n in names]
            assert set(right.dimensions) <= set(left.dimensions)
            taxes = (left.tax_amount1, left.tax_amount2, left.tax_amount3)
            assert right.tax_amount1 == sum(tax for tax in taxes if tax is not None)
            seen += 1
        if expected.is_posted:
            assert shown.entry_type == expected.entry_type
    assert seen > len(numbers)
    assert graph.reader.invoice("NO-SUCH") is None
    bulk = graph.reader.invoices(numbers)
    assert {one.number: one for one in bulk} == {n: graph.reader.invoice(n) for n in numbers}


def test_headers_of_a_page_and_of_a_look_up_are_one(company: server.Sandbox) -> None:
    graph = client(company, "graphql")
    listed: dict[str, Invoice] = walk(graph, "invoice")
    looked_up = graph.reader.invoice_headers(list(listed))
    assert {one.number: one for one in looked_up} == listed
    posted = [number for number, one in listed.items() if one.is_posted]
    items = graph.reader.open_items(posted)
    assert {item.number for item in items} == set(posted)
    expected = client(company, "api1").reader.open_items(posted)
    assert sorted(item.key for item in items) == sorted(item.key for item in expected)


def test_items_by_the_posting_number(company: server.Sandbox) -> None:
    profile = shipped(meaning={"open_item_link": "accnum"})
    listed = walk(client(company, "api1"), "invoice")
    posted = [number for number, one in listed.items() if one.is_posted]
    for read in ("api1", "graphql"):
        found = client(company, read, profile).reader.open_items(posted)
        assert {item.number for item in found} == set(posted)


def test_only_what_changed_since(company: server.Sandbox) -> None:
    graph = client(company, "graphql")
    every = walk(graph, "invoice")
    moments = sorted(one.changed for one in every.values())
    since = moments[len(moments) // 2]
    wanted = {key for key, one in every.items() if one.changed >= since}
    assert 0 < len(wanted) < len(every)
    assert set(walk(graph, "invoice", since)) == wanted
    assert walk(graph, "invoice", datetime.now(UTC) + timedelta(days=1)) == {}


def test_a_company_and_a_start_date_bound_what_is_read(company: server.Sandbox) -> None:
    every = walk(client(company, "graphql"), "invoice")
    bounded = client(company, "graphql", companies=("US10",), start_date=date(2026, 9, 1))
    wanted = {
        key
        for key, one in every.items()
        if one.company == "US10" and one.accounting_date >= date(2026, 9, 1)
    }
    assert 0 < len(wanted) < len(every)
    assert set(walk(bounded, "invoice")) == wanted


@pytest.mark.parametrize("kind", ["decimals_as_numbers", "yes_no_names", "trailing_blanks", "bom"])
def test_values_written_otherwise_are_the_same(company: server.Sandbox, kind: str) -> None:
    graph = client(company, "graphql")
    for entity in ("supplier", "open_item", "purchase_order"):
        plain = walk(graph, entity)
        fault(company, kind)
        assert walk(graph, entity) == plain
        company.faults.clear()


def test_a_member_that_no_contract_knows_is_unknown(company: server.Sandbox) -> None:
    fault(company, "strange_member", args={"menu": 510, "name": "underReview"})
    found = walk(client(company, "graphql"), "open_item")
    assert {item.approval for item in found.values()} == {None}


@pytest.mark.parametrize("kind", ["graphql_partial", "graphql_error"])
def test_partial_data_is_not_used(company: server.Sandbox, kind: str) -> None:
    fault(company, kind)
    with pytest.raises(RemoteRefused):
        client(company, "graphql").reader.first_page("open_item")


def test_an_older_release_reads_lines_by_api1(company: server.Sandbox) -> None:
    plain, graph = client(company, "api1"), client(company, "graphql")
    number = min(walk(plain, "invoice"))
    fault(company, "no_line_node", "*")
    expected, shown = plain.reader.invoice(number), graph.reader.invoice(number)
    assert expected is not None
    assert shown is not None
    assert shown.lines == expected.lines
    assert graph.set_up.missing_properties("invoice_line") == ()


@pytest.mark.parametrize("how", ["next", "seen", "new", "late"])
def test_rows_that_move_while_we_page_are_not_lost(company: server.Sandbox, how: str) -> None:
    graph = client(company, "graphql", page_size=5)
    before = set(walk(graph, "open_item"))
    fault(company, "page_drift", args={"how": how}, times=1)
    assert before <= set(walk(graph, "open_item"))


def test_a_wrong_endpoint_is_a_wrong_setting(company: server.Sandbox) -> None:
    with pytest.raises(AppError) as caught:
        client(company, "graphql", endpoint="NOWHERE").reader.first_page("company")
    assert isinstance(caught.value, ConfigError)
    assert "NOWHERE" in caught.value.why


def test_a_node_without_right_is_told_as_on_api1(company: server.Sandbox) -> None:
    company.state.set_value("x3.denied_classes", ["FACILITY"])
    for read in ("api1", "graphql"):
        with pytest.raises(ConfigError) as caught:
            client(company, read).reader.first_page("site")
        assert (caught.value.code, caught.value.status) == ("CFG-01", 403)
    assert walk(client(company, "graphql"), "company")


RENAMES = {
    "BPSUPPLIER": {"class": "YSUPP", "representation": "YSUPPR", "BPSNUM": "YCODE",
                   "UPDDATTIM": "modifiedDateTime"},
    "PINVOICE": {"class": "ZPINV", "NUM": "ZNUM", "CPY": "ZCPY", "ACCDAT": "ZDATE",
                 "UPDDATTIM": "modifiedDateTime", "PILLINES": "ZLINES", "PILLINES.ACC": "ZACC"},
    "GACCDUDATE": {"class": "YDUE", "NUM": "YNUM", "BPRTYP": "YKIND", "FLGCLE": "YCLOSED",
                   "UPDDATTIM": "modifiedDateTime"},
}  # fmt: skip
NODES = {
    "x3FinanceData.openItem": {
        "node": "yOpenItem",
        "properties": {"documentNumber": "docNumber", "businessPartnerType": "partnerType"},
    },
    "x3InvoicingData.supplierInvoiceHeader": {
        "node": "yHeader",
        "properties": {"accountingDate": "postingDate", "status": "state"},
    },
}  # fmt: skip
OVERLAY = """
[entity.supplier]
class = "YSUPP"
representation = "YSUPPR"
key = ["YCODE"]
change = "modifiedDateTime"
fields = ["code=YCODE!"]
[entity.invoice]
class = "ZPINV"
key = ["ZNUM"]
company = "ZCPY"
change = "modifiedDateTime"
children = { lines = "ZLINES" }
fields = ["number=ZNUM!", "company=ZCPY!", "accounting_date:d=ZDATE!"]
[entity.invoice_line]
fields = ["account=ZACC[1]!"]
[entity.open_item]
class = "YDUE"
key = ["TYP", "YNUM", "LIG", "DUDLIG"]
change = "modifiedDateTime"
where = "YKIND eq 2"
fields = ["number=YNUM!", "partner_type:m644=YKIND", "closed:i=YCLOSED!"]
[graphql.invoice]
node = "x3InvoicingData.yHeader"
start_date = "postingDate"
fields = ["accounting_date:d=postingDate!", "status:m509=state!"]
[graphql.open_item]
node = "x3FinanceData.yOpenItem"
filter = "partnerType:'supplier'"
fields = ["number=docNumber!", "partner_type:m644=partnerType"]
"""


@pytest.mark.parametrize("read", ["api1", "graphql"])
def test_a_customised_site_needs_a_profile_only(
    company: server.Sandbox, tmp_path: Path, read: str
) -> None:
    entities = ("supplier", "invoice", "open_item")
    usual = client(company, read)
    expected = {entity: walk(usual, entity) for entity in entities}
    number = next(key for key, one in sorted(expected["invoice"].items()) if one.is_posted)
    whole, items = usual.reader.invoice(number), usual.reader.open_items([number])
    company.state.set_value("x3.renames", RENAMES)
    company.state.set_value("x3.graphql_renames", NODES)
    path = tmp_path / "site.toml"
    path.write_text(OVERLAY, "utf-8")
    custom = client(company, read, load(SHIPPED, path))
    assert {entity: walk(custom, entity) for entity in entities} == expected
    assert custom.reader.invoice(number) == whole
    assert custom.reader.open_items([number]) == items
    assert [custom.set_up.missing_properties(entity) for entity in entities] == [()] * 3
    lacking = client(company, read).set_up
    for entity in ("invoice", "open_item"):
        try:
            assert lacking.missing_properties(entity)
        except AppError as error:
            assert isinstance(error, ConfigError)  # noqa: PT017 - one way refuses, the other names
