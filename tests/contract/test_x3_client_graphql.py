"""GraphQL reading over real HTTP: questions, pages, values, records by key (sage-x3.md 6)."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, TransientError, Unreadable
from core.x3.graphql import GraphqlReader
from core.x3.profile import GraphNode, Profile
from tests.contract.x3_site import (
    ROOT,
    Desk,
    Heard,
    Said,
    Site,
    desk_at,
    diagnosis,
    page,
    running_site,
    shipped,
    with_entity,
)

ITEM: dict[str, Any] = {
    "documentType": {"code": "SPINV"}, "documentNumber": "BIS1", "lineNumber": 1,
    "openItemLineNumber": 1, "journalEntryLineInternalNumber": 88213, "company": {"code": "US10"},
    "site": None, "businessPartner": {"code": "0113"}, "businessPartnerType": "supplier",
    "currency": {"code": "USD"}, "dueDate": "2026-03-29", "amountInCurrency": "612.00",
    "paidAmountInCurrency": "0.00", "provisionalPaidAmountInCurrency": "0.00",
    "paymentApprovalLevel": "authorizedToPay", "closedStatus": 1, "paymentDate": None,
    "_id": "SPINV|BIS1|1|1", "_updateStamp": "2026-03-02T15:04:11.000Z",
}  # fmt: skip
HEADER: dict[str, Any] = {
    "id": "BIS1", "category": "invoice", "purchaseInvoiceCategory": "additionalInvoice",
    "company": {"code": "US10"}, "site": {"code": "US011"},
    "billBySupplier": {"code": {"code": "0113"}}, "payToBusinessPartner": None,
    "sourceDocument": "INV-1 ", "sourceDocumentDate": "2026-02-27",
    "accountingDate": "2026-03-01", "currency": {"code": "USD"},
    "totalAmountExcludingTax": "1140.00", "totalAmountIncludingTax": "1224.00",
    "numberOfTaxes": 2, "status": "validated", "paymentApproval": "pending", "debitOrCredit": 1,
    "internalNumber": 88213, "_id": "BIS1", "_updateStamp": "2026-03-02T15:04:11.250Z",
}  # fmt: skip
LINE: dict[str, Any] = {
    "supplierInvoice": {"id": "BIS1"}, "lineNumber": 1, "site": {"code": "US011"},
    "ledgersCoa": {"query": {"edges": [
        {"node": {"chartOfAccounts": {"code": "USA"}, "account": {"code": "61100"}}},
    ]}},
    "lineAmountExcludingTax": "600.00", "lineAmountIncludingTax": "648.00",
    "taxCode": {"code": "NY8"}, "description": "A4", "quantity": "120", "unit": {"code": "BOX"},
    "purchaseOrderNumber": "PO1", "distributionKey": "",
    "dimensions": {"query": {"edges": [
        {"node": {"dimensionType": {"dimensionType": "DPT"}, "dimension": {"dimension": "ADM"}}},
        {"node": {"dimensionType": {"dimensionType": "PRJ"}, "dimension": None}},
    ]}},
    "_id": "1", "_updateStamp": None,
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def answer(node: str, *rows: Any, after: str = "") -> dict[str, Any]:
    """A page of a node as X3 gives it."""
    package, name = node.split(".")
    edges = [{"cursor": str(n), "node": row} for n, row in enumerate(rows)]
    told = {"hasNextPage": bool(after), "endCursor": after or None}
    return {"data": {package: {name: {"query": {"edges": edges, "pageInfo": told}}}}}


def items(*rows: Any, after: str = "") -> dict[str, Any]:
    return answer("x3FinanceData.openItem", *rows, after=after)


def headers(*rows: Any, after: str = "") -> dict[str, Any]:
    return answer("x3InvoicingData.supplierInvoiceHeader", *rows, after=after)


def lines(*rows: Any) -> dict[str, Any]:
    return answer("x3InvoicingData.supplierInvoiceLine", *rows)


def asked(heard: Heard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(heard.body)
    return found


def node_of(heard: Heard) -> str:
    text = asked(heard)["query"] if heard.method == "POST" else ""
    found = re.search(r"\) \{ (\w+) \{ (\w+) \{ query\(", text)
    return f"{found[1]}.{found[2]}" if found else ""


def say(site: Site, *answers: Said) -> None:
    """Give these answers to GraphQL in turn; api1 knows of nothing."""
    script = list(answers)

    def respond(heard: Heard) -> Said:
        if heard.method == "GET":
            return Said(page())
        return script.pop(0) if len(script) > 1 else script[0]

    site.respond = respond


def questions(site: Site) -> list[Heard]:
    return [heard for heard in site.heard if heard.method == "POST"]


def whole_site(heard: Heard) -> Said:
    """A site with one invoice, its line and its open item; api1 knows of nothing."""
    if heard.method == "GET":
        return Said(page())
    told = {
        "x3FinanceData.openItem": items(ITEM),
        "x3InvoicingData.supplierInvoiceHeader": headers(HEADER),
        "x3InvoicingData.supplierInvoiceLine": lines(LINE),
    }
    return Said(told[node_of(heard)])


def desk(site: Site, profile: Profile | None = None, **settings: Any) -> Desk:
    return desk_at(site.base_url, profile=profile, read="graphql", **settings)


def reader(site: Site, profile: Profile | None = None, **settings: Any) -> GraphqlReader:
    found = desk(site, profile, **settings).client.reader
    assert isinstance(found, GraphqlReader)
    return found


def with_node(profile: Profile, entity: str, **changes: Any) -> Profile:
    node = GraphNode.model_validate({"node": "", **changes}) if "fields" in changes else None
    node = node or profile.graphql[entity].model_copy(update=changes)
    return profile.model_copy(update={"graphql": {**profile.graphql, entity: node}})


def test_the_document_is_the_contracts(site: Site) -> None:
    contract = (ROOT / "docs" / "contracts" / "sage-x3.md").read_text("utf-8")
    expanded = contract.partition("The document of `open_item`, expanded:")[2]
    wanted = expanded.partition("```graphql")[2].partition("```")[0]
    site.say(Said(items()))
    reader(site).first_page("open_item")
    assert asked(site.heard[0])["query"].split() == wanted.split()


def test_a_question_goes_out_as_the_contract_says(site: Site) -> None:
    site.say(Said(items(ITEM)))
    found = reader(site, companies=("US10", "O'N\\X")).first_page("open_item")
    heard = site.heard[0]
    assert (heard.method, heard.target) == ("POST", "/xtrem/api")
    assert heard.headers["x-xtrem-endpoint"] == "PROD"
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["Authorization"] == "Basic QVZJRFdTOnMzY3JldA=="
    body = asked(heard)
    assert set(body) == {"operationName", "query", "variables"}
    assert body["operationName"] == "Crossfoot"
    assert body["variables"] == {
        "first": 200,
        "orderBy": "{_updateStamp:1,_id:1}",
        "filter": (
            "{businessPartnerType:'supplier',company:{code:{_in:['US10','O\\'N\\\\X']}},"
            "closedStatus:{_in:[1]}}"
        ),
    }
    assert found.server_time == datetime(2026, 11, 25, 15, tzinfo=UTC)
    assert found.changed_max == datetime(2026, 3, 2, 15, 4, 11, tzinfo=UTC)
    assert (found.next, found.unreadable) == (None, ())


@pytest.mark.parametrize(
    ("entity", "since", "wanted", "order"),
    [
        (
            "invoice",
            datetime(2026, 3, 2, 9, 50, tzinfo=UTC),
            (
                "{company:{code:{_in:['US10']}},accountingDate:{_gte:'2026-01-01'},"
                "_updateStamp:{_gte:'2026-03-02T09:50:00.000Z'}}"
            ),
            "{_updateStamp:1,_id:1}",
        ),
        (
            "open_item",
            datetime(2026, 3, 2, 9, 50, 0, 999999, tzinfo=UTC),
            (
                "{businessPartnerType:'supplier',company:{code:{_in:['US10']}},"
                "_updateStamp:{_gte:'2026-03-02T09:50:00.999Z'}}"
            ),
            "{_updateStamp:1,_id:1}",
        ),
        ("supplier", None, None, "{_updateStamp:1,_id:1}"),
        ("company", datetime(2026, 3, 2, tzinfo=UTC), None, "{_id:1}"),
        (
            "fiscal_period",
            None,
            "{ledgerTypeNumber:'legal',company:{code:{_in:['US10']}}}",
            "{_id:1}",
        ),
    ],
)
def test_filters_and_orders(
    site: Site, entity: str, since: datetime | None, wanted: str | None, order: str
) -> None:
    profile = shipped()
    site.say(Said(answer(profile.graphql[entity].node)))
    reader(site, companies=("US10",)).first_page(entity, since=since)
    variables = asked(site.heard[0])["variables"]
    assert variables.get("filter") == wanted
    assert variables["orderBy"] == order


def test_pages_are_followed_by_their_cursor_and_resumed(site: Site) -> None:
    site.say(Said(items(ITEM, after='["SPINV"]#52')), Said(items({**ITEM, "lineNumber": 2})))
    since = datetime(2026, 3, 1, tzinfo=UTC)
    first = reader(site).first_page("open_item", since=since)
    assert first.next is not None
    second = reader(site).first_page("open_item", resume=first.next)
    before, after = (asked(heard)["variables"] for heard in site.heard)
    assert after == {**before, "after": '["SPINV"]#52'}
    assert ([row.line for row in second.rows], second.next) == ([2], None)


def no_page(**changes: Any) -> dict[str, Any]:
    found = items(ITEM)
    found["data"]["x3FinanceData"]["openItem"]["query"] |= changes
    return found


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ([items(ITEM, after="A")] * 2, "leads back"),
        ([items(after="A"), items(after="B")], "two pages in a row are empty"),
        ([no_page(pageInfo={"hasNextPage": True, "endCursor": None})], "endCursor"),
        ([no_page(pageInfo={"endCursor": "A"})], "hasNextPage"),
        ([no_page(pageInfo=None)], "holds no page"),
        ([no_page(edges={})], "holds no page"),
        ([no_page(edges=[None])], "edge"),
        ([{"data": {"x3FinanceData": {"openItem": None}}}], "holds no page"),
        ([{"data": None}], "holds no page"),
        ([{}], "holds no page"),
        ([headers(HEADER)], "holds no page"),
    ],
)
def test_walks_that_cannot_end(site: Site, answers: list[Any], named: str) -> None:
    site.say(*(Said(told) for told in answers))
    asks = reader(site)

    def walk() -> None:
        found = asks.first_page("open_item")
        while found.next is not None:
            found = asks.next_page("open_item", found.next)

    with pytest.raises(Unreadable, match=named):
        walk()


@pytest.mark.parametrize("text", ["nonsense", '{"target":"/api1/x"}', '{"target":"[1]"}'])
def test_a_place_saved_by_another_way_of_reading_is_an_error(site: Site, text: str) -> None:
    with pytest.raises(Unreadable, match="saved place"):
        reader(site).next_page("open_item", text)
    assert site.heard == []


def test_a_walk_has_a_longest(site: Site) -> None:
    site.respond = lambda _: Said(items(ITEM, after=str(len(site.heard))))
    asks = reader(site, shipped(limits={"max_pages": 2}))
    with pytest.raises(Unreadable, match="more than 2 pages"):
        asks.next_page("open_item", asks.first_page("open_item").next or "")


def test_values_of_an_open_item(site: Site) -> None:
    site.say(Said(items(ITEM)))
    item = reader(site).first_page("open_item").rows[0]
    assert (item.key, item.partner, item.site) == ("SPINV~BIS1~1~1", "0113", "")
    assert (item.approval, item.partner_type, item.closed) == (4, 2, 1)
    assert (item.amount, item.due_date, item.paid_date) == (
        Decimal("612.00"),
        date(2026, 3, 29),
        None,
    )
    assert str(item.amount) == "612.00"


@pytest.mark.parametrize(
    ("changes", "member", "value"),
    [
        ({"amountInCurrency": 612.5}, "amount", Decimal("612.5")),
        ({"paymentApprovalLevel": "somethingNew"}, "approval", None),
        ({"paymentApprovalLevel": 2}, "approval", 2),
        ({"paymentApprovalLevel": "3"}, "approval", 3),
        ({"closedStatus": "2"}, "closed", 2),
        ({"currency": None}, "currency", ""),
        ({"dispute": {"code": None}}, "dispute", ""),
        ({"dueDate": "2026-03-29T00:00:00.000Z"}, "due_date", date(2026, 3, 29)),
        ({"_updateStamp": None}, "changed", None),
    ],
)
def test_values_that_are_tolerated(
    site: Site, changes: dict[str, Any], member: str, value: Any
) -> None:
    site.say(Said(items({**ITEM, **changes})))
    found = reader(site).first_page("open_item")
    assert getattr(found.rows[0], member) == value


def test_an_unknown_name_of_a_menu_is_kept_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.say(Said(items(*[{**ITEM, "paymentApprovalLevel": "halfPaid"}] * 2)))
    reader(site).first_page("open_item")
    assert [record.getMessage() for record in caplog.records if "menu" in record.getMessage()] == [
        "x3 menu 510 has a value that is not known: halfPaid"
    ]


@pytest.mark.parametrize(
    ("entity", "node", "member", "told"),
    [
        ("supplier", {"code": {"code": "1"}, "companyName1": "N", "disputeStatus": "hold"},
         "dispute", 3),
        ("supplier", {"code": {"code": "1"}, "companyName1": "N", "disputeStatus": "none"},
         "dispute", 1),
        ("supplier", {"code": {"code": "1"}, "companyName1": "N", "isActive": True}, "active",
         True),
        ("supplier", {"code": {"code": "1"}, "companyName1": "N", "isActive": "no"}, "active",
         False),
        ("fiscal_period",
         {"company": {"code": "US10"}, "ledgerTypeNumber": "legal", "fiscalYear": 6, "code": 3,
          "startDate": "2026-03-01", "endDate": "2026-03-31", "status": "closed"}, "status", 3),
        ("site", {"code": "US011", "name": "S", "legalCompany": {"code": "US10"},
                  "country": None}, "country", ""),
        ("purchase_order", {"id": "PO1", "company": {"code": "US10"}, "isClosed": False,
                            "orderFromSupplier": {"code": {"code": "0113"}}}, "supplier", "0113"),
    ],
)  # fmt: skip
def test_values_of_other_entities(
    site: Site, entity: str, node: dict[str, Any], member: str, told: Any
) -> None:
    say(site, Said(answer(shipped().graphql[entity].node, node)))
    found = reader(site).first_page(entity)
    assert found.unreadable == ()
    assert getattr(found.rows[0], member) == told


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"amountInCurrency": "much"}, "amountInCurrency"),
        ({"amountInCurrency": None}, "amountInCurrency is empty"),
        ({"documentType": None}, "type is empty"),
        ({"company": "US10"}, "company.code: what holds code is no object"),
        ({"dueDate": "soon"}, "dueDate"),
    ],
)
def test_a_node_that_cannot_be_read_costs_only_itself(
    site: Site, changes: dict[str, Any], named: str
) -> None:
    broken = {**ITEM, **changes, "_id": "X|2"}
    site.say(Said(items(ITEM, broken, {**ITEM, "lineNumber": 3})))
    found = reader(site).first_page("open_item")
    assert [row.line for row in found.rows] == [1, 3]
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("open_item X|2: ")
    assert named in found.unreadable[0]
    with pytest.raises(Unreadable, match=r"X\|2"):
        reader(site).open_items(["BIS1"])


def test_a_missing_required_path_is_told(site: Site) -> None:
    without = {name: value for name, value in ITEM.items() if name != "dueDate"}
    site.say(Said(items(without, "odd", None)))
    found = reader(site).first_page("open_item")
    assert found.rows == ()
    assert [text.partition(": ")[2] for text in found.unreadable] == [
        "dueDate is missing", "the row is no object", "the row is no object",
    ]  # fmt: skip


def test_invoice_headers_have_the_entry_type_of_their_open_items(site: Site) -> None:
    unposted = {**HEADER, "id": "BIS2", "status": "toValidate"}
    say(site, Said(headers(HEADER, unposted)), Said(items(ITEM)))
    found = reader(site).first_page("invoice", since=datetime(2026, 3, 2, tzinfo=UTC))
    posted, other = found.rows
    assert (posted.kind, posted.category, posted.status, posted.approval) == (1, 2, 3, 1)
    assert (posted.supplier, posted.supplier_document) == ("0113", "INV-1")
    assert (posted.entry_type, other.entry_type, posted.match) == ("SPINV", "", None)
    assert posted.changed == datetime(2026, 3, 2, 15, 4, 11, 250000, tzinfo=UTC)
    assert len(questions(site)) == 2
    filters = asked(questions(site)[1])["variables"]["filter"]
    assert filters == "{businessPartnerType:'supplier',documentNumber:{_in:['BIS1']}}"


def test_an_unreadable_open_item_does_not_keep_an_invoice_from_being_read(site: Site) -> None:
    say(site, Said(headers(HEADER)), Said(items({**ITEM, "paidAmountInCurrency": "x"})))
    assert reader(site).first_page("invoice").rows[0].entry_type == ""


def test_unposted_invoices_need_no_open_items(site: Site) -> None:
    say(site, Said(headers({**HEADER, "status": "pending"})))
    assert reader(site).first_page("invoice").rows[0].status == 1
    assert len(questions(site)) == 1


def test_a_whole_invoice_is_its_header_and_lines(site: Site) -> None:
    site.respond = whole_site
    asks = reader(site)
    found = asks.invoice("BIS1")
    assert found is not None
    line = found.lines[0]
    assert (line.chart, line.account, line.site) == ("USA", "61100", "US011")
    assert (line.net, line.tax_amount1) == (Decimal("600.00"), Decimal("48.00"))
    assert (line.quantity, line.unit, line.po_number) == (Decimal(120), "BOX", "PO1")
    assert line.dimensions == (("DPT", "ADM"),)
    asked_for = [
        asked(heard)["variables"]["filter"]
        for heard in questions(site)
        if node_of(heard).endswith("Line")
    ]
    assert asked_for == ["{supplierInvoice:{id:{_in:['BIS1']}}}"]
    header = asks.first_page("invoice").rows[0]
    assert (header.entry_type, found.entry_type) == ("SPINV", "SPINV")
    assert found.lines
    assert header == asks.invoice_headers(["BIS1"])[0]


def test_lines_of_many_invoices_come_in_bulk(site: Site) -> None:
    rows = [{**HEADER, "id": f"B{n}", "status": "pending"} for n in range(5)]
    lines_of = [
        {**LINE, "supplierInvoice": {"id": f"B{n}"}, "lineNumber": line}
        for n in range(5)
        for line in (2, 1)
    ]

    def respond(heard: Heard) -> Said:
        if heard.method == "GET":
            return Said(page())
        listed = asked(heard)["variables"]["filter"]
        wanted = [n for n in range(5) if f"'B{n}'" in listed]
        if node_of(heard).endswith("Line"):
            return Said(lines(*(lines_of[2 * n + k] for n in wanted for k in (0, 1))))
        return Said(headers(*(rows[n] for n in wanted)))

    site.respond = respond
    found = reader(site, shipped(limits={"keys_per_request": 2})).invoices(
        ["B0", "B1", "B2", "B3", "B4", "B4", "B9"]
    )
    assert [(one.number, [line.line for line in one.lines]) for one in found] == [
        (f"B{n}", [1, 2]) for n in range(5)
    ]
    assert len(questions(site)) == 3 + 3
    among = [heard.query["where"] for heard in site.heard if heard.method == "GET"]
    assert [where.partition(" and ")[2] for where in among] == [
        "NUM in ('B0','B1')", "NUM in ('B2','B3')", "NUM in ('B4')",
    ]  # fmt: skip


def test_lines_may_be_left_out_by_the_profile(site: Site) -> None:
    site.respond = whole_site
    found = reader(site, with_entity(shipped(), "invoice", lines="none")).invoice("BIS1")
    assert found is not None
    assert found.lines == ()
    assert not [heard for heard in site.heard if node_of(heard).endswith("Line")]


def test_a_missing_invoice_is_none(site: Site) -> None:
    site.say(Said(headers()))
    asks = reader(site)
    assert asks.invoice("BIS9") is None
    assert asks.invoice_headers(["BIS9"]) == ()
    assert asks.invoice_headers([]) == ()
    assert asks.open_items([]) == ()


API1 = {
    "NUM": "BIS1", "INVTYP": 1, "GTE": "SPINV", "CPY": "US10", "FCY": "US011", "BPR": "0113",
    "BPRVCR": "INV-1", "BPRDAT": "2026-02-27", "ACCDAT": "2026-03-01", "CUR": "USD",
    "AMTNOT": 1140, "AMTATI": 1224, "STA": 3, "PAZ": 1, "DES": ["Paper", ""], "JOU": "PUR",
    "PILLINES": [{"LIG": 1, "COA": ["USA"], "ACC": ["61110"], "AMTNOTLIN": 600}],
}  # fmt: skip


def with_api1(heard: Heard) -> Said:
    """The same site where api1 knows the invoice too."""
    if heard.method == "POST":
        return whole_site(heard)
    return Said(API1 if heard.path.endswith("('BIS1')") else page(API1))


def test_lines_without_a_node_are_read_by_api1(site: Site) -> None:
    site.respond = with_api1
    asks = reader(site, with_node(shipped(), "invoice_line", node=""))
    found = asks.invoice("BIS1")
    assert found is not None
    assert (found.lines[0].account, found.comment1) == ("61110", "Paper")
    header = asks.invoice_headers(["BIS1"])[0]
    assert dataclasses.replace(found, lines=(), comment1="") == header
    assert [heard.path for heard in site.heard if heard.method == "GET"] == [
        "/api1/x3/erp/PROD/PINVOICE", "/api1/x3/erp/PROD/PINVOICE('BIS1')",
        "/api1/x3/erp/PROD/PINVOICE",
    ]  # fmt: skip


def test_an_older_x3_without_lines_is_read_by_api1_from_then_on(site: Site) -> None:
    text = 'Cannot query field "supplierInvoiceLine" on type "X3InvoicingData".'

    def respond(heard: Heard) -> Said:
        if heard.method == "POST" and b"__schema" in heard.body:
            return Said({"errors": [{"message": "introspection is off"}]})
        if node_of(heard).endswith("Line"):
            return Said({"errors": [{"message": text}]})
        return with_api1(heard)

    site.respond = respond
    asks = reader(site)
    for _ in range(2):
        found = asks.invoice("BIS1")
        assert found is not None
        assert found.lines[0].account == "61110"
    assert len([one for one in site.heard if node_of(one).endswith("Line")]) == 1


def test_a_wrong_field_of_the_line_is_not_taken_for_an_older_x3(site: Site) -> None:
    text = 'Cannot query field "distributionKey" on type "SupplierInvoiceLine".'

    def respond(heard: Heard) -> Said:
        if b"__schema" in heard.body or node_of(heard).endswith("Line"):
            return Said({"errors": [{"message": text}]})
        return with_api1(heard)

    site.respond = respond
    with pytest.raises(ConfigError, match="distributionKey"):
        reader(site).invoice("BIS1")


def test_open_items_of_invoices_closed_ones_included(site: Site) -> None:
    closed = {**ITEM, "openItemLineNumber": 2, "closedStatus": 2}
    site.say(Said(items(ITEM, after="A")), Said(items(closed)))
    found = reader(site, companies=("US10",)).open_items(["BIS1", "BIS2", "BIS1"])
    assert [row.closed for row in found] == [1, 2]
    wanted = (
        "{businessPartnerType:'supplier',company:{code:{_in:['US10']}},"
        "documentNumber:{_in:['BIS1','BIS2']}}"
    )
    assert [asked(heard)["variables"]["filter"] for heard in site.heard] == [wanted] * 2


def test_open_items_by_the_posting_number(site: Site) -> None:
    other = {**ITEM, "documentNumber": "JRN0001", "documentType": {"code": "PURCH"}}
    site.say(Said(headers(HEADER)), Said(items(other)))
    profile = shipped(meaning={"open_item_link": "accnum"})
    found = reader(site, profile).open_items(["BIS1"])
    assert [row.number for row in found] == ["JRN0001"]
    assert asked(site.heard[1])["variables"]["filter"] == (
        "{businessPartnerType:'supplier',journalEntryLineInternalNumber:{_in:[88213]}}"
    )
    say(site, Said(headers(HEADER)), Said(items(other)))
    assert reader(site, profile).invoice_headers(["BIS1"])[0].entry_type == "PURCH"


def test_what_has_no_node_is_read_by_api1(site: Site) -> None:
    payment = {
        "NUM": "PY1", "CPY": "US10", "BPR": "0113", "CUR": "USD", "AMTCUR": "1224.00",
        "ACCDAT": "2026-03-18", "REF": "AVD1", "STA": 9, "UPDDATTIM": "2026-03-18T16:20:05Z",
    }  # fmt: skip
    site.say(Said(page(payment)), Said(page()), Said(payment), Said(page(payment)))
    asks = reader(site)
    assert asks.first_page("payment").rows[0].reference == "AVD1"
    assert asks.next_page("payment", '{"target":"/api1/x3/erp/PROD/PAYMENTH?k=1"}').rows == ()
    assert asks.payment("PY1") is not None
    assert len(asks.payments_by_reference("AVD1")) == 1
    assert {heard.method for heard in site.heard} == {"GET"}
    entities = ("payment_term", "gl_account", "dimension", "supplier_address", "payment")
    assert not any(asks.has_node(entity) for entity in entities)
    assert all(asks.has_node(entity) for entity in ("invoice", "open_item", "supplier", "site"))


def test_a_site_may_read_invoices_and_items_by_api1(site: Site) -> None:
    site.respond = lambda heard: Said(page(API1) if "GACC" not in heard.path else page())
    profile = with_node(with_node(shipped(), "invoice", node=""), "open_item", node="")
    asks = reader(site, with_entity(profile, "invoice", details="never", lines="none"))
    assert [one.number for one in asks.invoices(["BIS1"])] == ["BIS1"]
    assert asks.invoice_headers(["BIS1"])[0].journal == "PUR"
    assert asks.open_items(["BIS1"]) == ()
    assert {heard.method for heard in site.heard} == {"GET"}


def test_change_kinds(site: Site) -> None:
    profile = with_entity(shipped(), "invoice", change_kind="date")
    asks = reader(site, with_entity(profile, "payment", change_kind="date"))
    assert asks.change_kind("invoice") == "datetime"  # a node has a stamp
    assert asks.change_kind("payment") == "date"
    assert asks.change_kind("company") == "none"


def error(message: str | None, **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "path": ["x3FinanceData"], **more}]}


HTML = b"<html><body>Please log in</body></html>"
DENIED = error("Access denied", extensions={"code": "unauthorized"})
CANNOT = 'Cannot query field "closedStatus" on type "OpenItem".'


@pytest.mark.parametrize(
    ("said", "kind", "code", "named", "calls"),
    [
        (Said({**items(ITEM), **error("boom")}), RemoteRefused, "NET-01", "boom", 1),
        (Said({**items(ITEM), "errors": ["odd"]}), RemoteRefused, "NET-01", "odd", 1),
        (Said({**items(ITEM), "errors": [{}]}), RemoteRefused, "NET-01", "no reason", 1),
        (Said({**items(ITEM), "errors": "odd"}), RemoteRefused, "NET-01", "odd", 1),
        (Said(error("boom"), 500), RemoteRefused, "NET-01", "boom", 1),
        (Said(error("boom"), 503), TransientError, "NET-01", "boom", 4),
        (Said(error("Locked record")), TransientError, "LCK-01", "Locked", 4),
        (Said(error("721 : Record does not exist")), RemoteRefused, "NET-01", "721", 1),
        (Said(error("Web service X must be published again")), ConfigError, "CFG-01", "again", 1),
        (Said(error("Syntax Error: x"), 400), ConfigError, "CFG-01", "Syntax", 1),
        (Said(error("x-xtrem-endpoint"), 400), ConfigError, "CFG-01", "endpoint PROD", 1),
        (Said(b"", 400), ConfigError, "CFG-01", "endpoint PROD", 1),
        (Said(error("no right"), 403), ConfigError, "CFG-01", "openItem", 1),
        (Said(DENIED), ConfigError, "CFG-01", "no right to read x3FinanceData.openItem", 1),
        (Said(HTML, 404, "text/html"), ConfigError, "CFG-01", "no GraphQL", 1),
        (Said(error("Unauthorized"), 401), AuthError, "AUT-01", "refused", 1),
        (Said(b"Error 50: Invalid token", 401, "text/plain"), AuthError, "AUT-01", "Error 50", 1),
        (Said(error("wait"), 429), TransientError, "RAT-01", "wait", 4),
        (Said(diagnosis("Access denied"), 200), RemoteRefused, "NET-01", "denied", 1),
        (Said(b"", 302, "", (("Location", "/x"),)), ConfigError, "CFG-01", "redirects", 1),
        (Said(HTML, 200, "text/html"), Unreadable, "NET-01", "no JSON", 4),
        (Said(HTML, 502, "text/html"), TransientError, "NET-01", "502", 4),
        (Said(b"", 200), Unreadable, "NET-01", "empty", 4),
        (Said(b'{"data":{"x3Fin', 200), Unreadable, "NET-01", "no JSON", 4),
        (Said(b"[]", 200), Unreadable, "NET-01", "no JSON", 4),
        (Said({"phase": "Tracking"}, 202), Unreadable, "NET-01", "202", 4),
        (Said(b"", 0), TransientError, "NET-01", "broken off", 4),
    ],
)
def test_every_answer_that_is_no_page(
    site: Site, said: Said, kind: type[AppError], code: str, named: str, calls: int
) -> None:
    site.say(said)
    working = desk(site)
    with pytest.raises(kind) as caught:
        working.client.reader.first_page("open_item")
    assert (caught.value.code, caught.value.system, caught.value.was_sent) == (code, "x3", True)
    assert named in caught.value.why
    assert len(site.heard) == calls
    usual = [10, 30, 60] if code == "LCK-01" else [1, 4, 15]
    assert len(working.waits) == calls - 1
    waited = zip(working.waits, usual, strict=False)
    assert all(abs(wait - base) <= base / 4 for wait, base in waited)


def test_an_unknown_field_is_a_wrong_setting_and_not_asked_again(site: Site) -> None:
    site.say(Said(error(CANNOT), 400))
    working = desk(site)
    with pytest.raises(ConfigError, match="closedStatus"):
        working.client.reader.first_page("open_item")
    assert working.waits == []
    questions = [heard for heard in site.heard if b"__schema" not in heard.body]
    assert len(questions) == 1


def test_a_failed_page_is_asked_again_and_good(site: Site) -> None:
    site.say(Said(HTML, 502, "text/html"), Said(b"", 0), Said(items(ITEM)))
    working = desk(site)
    assert len(working.client.reader.first_page("open_item").rows) == 1
    assert len({heard.body for heard in site.heard}) == 1
    assert len(working.waits) == 2


def test_secrets_never_stand_in_an_error(site: Site) -> None:
    site.say(Said(error("password s3cret is wrong")))
    with pytest.raises(RemoteRefused) as caught:
        desk(site).client.reader.first_page("open_item")
    assert "s3cret" not in str(caught.value)
    assert "***" in caught.value.why
    site.say(Said(items({**ITEM, "_id": "s3cret", "dueDate": "s3cret"})))
    assert "s3cret" not in str(reader(site).first_page("open_item").unreadable)


def test_an_unreadable_line_is_an_error(site: Site) -> None:
    bad = {**LINE, "lineAmountExcludingTax": "x"}
    site.respond = lambda heard: (
        Said(lines(bad)) if node_of(heard).endswith("Line") else whole_site(heard)
    )
    with pytest.raises(Unreadable, match=r"BIS1.*lineAmountExcludingTax"):
        reader(site).invoice("BIS1")


def test_an_invoice_whose_details_are_gone_has_no_lines(site: Site) -> None:
    missing = Said(diagnosis("721 : Record does not exist"), 404)
    site.respond = lambda heard: missing if "BIS1')" in heard.path else whole_site(heard)
    found = reader(site, with_node(shipped(), "invoice_line", node="")).invoice("BIS1")
    assert found is not None
    assert found.lines == ()


def test_items_by_the_posting_number_of_invoices_that_api1_reads(site: Site) -> None:
    site.respond = lambda heard: Said(page(API1 | {"ACCNUM": 7}) if heard.method == "GET"
                                      else items(ITEM))  # fmt: skip
    profile = with_node(shipped(meaning={"open_item_link": "accnum"}), "invoice", node="")
    assert len(reader(site, profile).open_items(["BIS1"])) == 1
    assert "journalEntryLineInternalNumber:{_in:[7]}" in asked(site.heard[1])["variables"]["filter"]
