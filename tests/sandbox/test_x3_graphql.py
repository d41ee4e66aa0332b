"""GraphQL of the simulated X3 over real HTTP: schema, values, paging, refusals and variants."""

import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from core.sandbox.x3_graphql_nodes import NODES
from tests.sandbox.x3_reader import DOCUMENT, Reader

ITEM = "x3FinanceData.openItem"
INVOICE = "x3InvoicingData.supplierInvoiceHeader"
LINE = "x3InvoicingData.supplierInvoiceLine"
# The selections of the wire contract, 6.2, equal prefixes merged.
SELECTIONS = {
    "x3MasterData.supplier": "code { code vatNumber } companyName1 shortCompanyName isActive "
    "category { code } currency { code } payToBusinessPartner { code } "
    "billBySupplier { code { code } } addressByDefault { code } isPaymentHeld disputeStatus",
    INVOICE: "id category purchaseInvoiceCategory company { code } site { code } "
    "billBySupplier { code { code } } control payToBusinessPartner { code } sourceDocument "
    "sourceDocumentDate accountingDate dueDateCalculationStartDate internalReference "
    "originalInvoiceNumber currency { code } rateDate paymentTerm { code } "
    "earlyDiscountOrLateCharge { code } taxRule { code } totalAmountExcludingTax "
    "totalAmountIncludingTax totalAmountExcludingTaxInCompanyCurrency "
    "totalAmountIncludingTaxInCompanyCurrency numberOfTaxes status paymentApproval debitOrCredit "
    "internalNumber",
    LINE: "supplierInvoice { id } lineNumber ledgersCoa { query { edges { node { "
    "chartOfAccounts { code } account { code } } } } } site { code } lineAmountExcludingTax "
    "lineAmountIncludingTax taxCode { code } description quantity unit { code } "
    "purchaseOrderNumber distributionKey dimensions { query { edges { node { dimensionType { "
    "dimensionType } dimension { dimension } } } } }",
    ITEM: "documentType { code } documentNumber lineNumber openItemLineNumber "
    "journalEntryLineInternalNumber company { code } site { code } businessPartner { code } "
    "businessPartnerType payToOrPayByBusinessPartner { code } currency { code } controlAccount "
    "sign dueDate paymentMethod { code } paymentType amountInCurrency amountInCompanyCurrency "
    "paidAmountInCurrency paidAmountInCompanyCurrency provisionalPaidAmountInCurrency "
    "provisionalPaidAmountInCompanyCurrency paymentApprovalLevel dispute { code } postedStatus "
    "closedStatus paymentDate",
    "x3FinanceData.account": "chartOfAccounts { code } code localizedDescription",
    "x3FinanceData.dimension": "dimensionType { dimensionType } dimension localizedDescription "
    "localizedShortDescription",
    "x3Purchasing.purchaseOrder": "id company { code } purchaseSite { code } "
    "orderFromSupplier { code { code } } orderDate internalOrderReference paymentTerm { code } "
    "isClosed",
    "x3InvoicingData.paymentTerm": "code legislation { code } line localizedDescription",
    "x3System.company": "code name",
    "x3System.site": "code name legalCompany { code } country { code }",
    "x3FinanceData.period": "company { code } ledgerTypeNumber fiscalYear code startDate endDate "
    "status",
}
WALK = (
    "{ __schema { queryType { name } types { name fields { name type { name kind ofType { name "
    "kind ofType { name kind } } } } } } }"
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Reader]:
    """One company with invoices for the tests that change nothing."""
    made = Reader(invoices=240)
    yield made
    made.sandbox.stop()


@pytest.fixture
def peer() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.sandbox.stop()


def message(body: Any) -> str:
    assert len(body["errors"]) == 1
    return str(body["errors"][0]["message"])


def test_every_node_of_the_contract_is_known() -> None:
    assert set(SELECTIONS) == set(NODES)


@pytest.mark.parametrize("path", sorted(SELECTIONS))
def test_every_node_answers_with_the_clients_selection(shared: Reader, path: str) -> None:
    found = shared.nodes(path, SELECTIONS[path], order="{_id:1}")
    assert found
    assert all(re.fullmatch(r".+T\d\d:\d\d:\d\d\.000Z", one["_updateStamp"]) for one in found)
    assert len({one["_id"] for one in found}) == len(found)


def test_values_are_written_as_in_the_contracts_sample(peer: Reader) -> None:
    number = peer.posted("612.00", BPRDAT="2026-02-27")
    [item] = peer.nodes(ITEM, SELECTIONS[ITEM], "{closedStatus:1}")
    stored = peer.item(number)
    assert item["_id"] == f"SPINV|{number}|1|1"
    assert item["_updateStamp"] == stored["UPDDATTIM"].replace("Z", ".000Z")
    assert item["documentType"] == {"code": "SPINV"}
    assert (item["lineNumber"], item["closedStatus"], item["sign"]) == (1, 1, -1)
    assert (item["amountInCurrency"], item["paidAmountInCurrency"]) == ("612.00", "0.00")
    assert (item["businessPartnerType"], item["paymentType"]) == ("supplier", "openItem")
    assert (item["paymentApprovalLevel"], item["dueDate"]) == ("pending", stored["DUDDAT"])
    assert (item["paymentDate"], item["dispute"]) == (None, None)
    [invoice] = peer.nodes(INVOICE, SELECTIONS[INVOICE])
    assert (invoice["status"], invoice["category"]) == ("validated", "invoice")
    assert invoice["purchaseInvoiceCategory"] is None
    assert invoice["billBySupplier"] == {"code": {"code": "0113"}}


def test_lines_show_ledgers_and_dimensions_as_collections(peer: Reader) -> None:
    line = {"ACC": "61100", "AMTNOTLIN": "5", "DIE1": "DPT", "CCE1": "ADM", "DIE2": "PRJ"}
    peer.act("invoice", fields={"BPR": "0113"}, lines=[line])
    [one] = peer.nodes(LINE, SELECTIONS[LINE])
    ledgers = [edge["node"] for edge in one["ledgersCoa"]["query"]["edges"]]
    assert ledgers == [{"chartOfAccounts": {"code": "USA"}, "account": {"code": "61100"}}]
    dimensions = [edge["node"] for edge in one["dimensions"]["query"]["edges"]]
    assert dimensions == [
        {"dimensionType": {"dimensionType": "DPT"}, "dimension": {"dimension": "ADM"}},
        {"dimensionType": {"dimensionType": "PRJ"}, "dimension": None},
    ]
    assert (one["lineAmountExcludingTax"], one["quantity"]) == ("5.00", "1")


def test_references_lead_to_the_rows_behind_them(shared: Reader) -> None:
    [one] = shared.nodes("x3MasterData.supplier", "code { companyName1 }", "{code:'0113'}")
    assert one["code"] == {"companyName1": "Northwind Paper LLC"}
    sites = shared.nodes("x3System.site", "code legalCompany { name }", "{code:'CA011'}")
    assert sites[0]["legalCompany"] == {"name": "Harbor & Pine Canada ltée"}


def test_introspection_walks_as_the_client_does(shared: Reader) -> None:
    answer = shared.post_graphql({"query": WALK})
    schema = answer.json()["data"]["__schema"]
    types = {one["name"]: one for one in schema["types"]}

    def target(kind: Any) -> str:
        while kind["name"] is None:
            kind = kind["ofType"]
        return str(kind["name"])

    for path, selection in SELECTIONS.items():
        place = schema["queryType"]["name"]
        for step in (*path.split("."), "query", "edges", "node"):
            fields = {one["name"]: one["type"] for one in types[place]["fields"]}
            place = target(fields[step])
        names = {one["name"] for one in types[place]["fields"]}
        asked = selection
        while "{" in asked:
            asked = re.sub(r"\{[^{}]*\}", "", asked)
        assert {*asked.split(), "_id", "_updateStamp"} <= names


def test_the_header_and_the_verb_are_demanded(shared: Reader) -> None:
    body = {"query": "{ __typename }"}
    assert shared.post_graphql(body).json() == {"data": {"__typename": "Query"}}
    missing = shared.post_graphql(body, endpoint="")
    assert (missing.status_code, message(missing.json())) == (
        400,
        "Missing header: x-xtrem-endpoint",
    )
    other = shared.post_graphql(body, endpoint="NOWHERE")
    assert (other.status_code, message(other.json())) == (400, "Endpoint not found: NOWHERE")
    read = requests.get(f"{shared.base}/xtrem/api", auth=shared.auth, timeout=10)
    assert read.status_code == 405
    unsigned = requests.post(f"{shared.base}/xtrem/api", json=body, timeout=10)
    assert unsigned.status_code == 401


@pytest.mark.parametrize(
    "raw",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"query": 5}',
        b'{"query": "{"}',
        b'{"query": "{ x3System { company } }", "variables": 3}',
        b'{"query": "' + b"{ a " * 3000 + b'"}',
        b'{"query": "' + b"#" * 200_001 + b'"}',
        b"[" * 150_000,
        b"\xff\xfe",
        b'{"query": "{ x3System { company { query(filter: ' + b"[" * 2500 + b"]" * 2500 + b') }"}',
    ],
)
def test_what_cannot_be_read_is_400(shared: Reader, raw: bytes) -> None:
    headers = {"x-xtrem-endpoint": "SANDBOX", "content-type": "application/json"}
    answer = requests.post(
        f"{shared.base}/xtrem/api", data=raw, headers=headers, auth=shared.auth, timeout=10
    )
    assert answer.status_code == 400
    assert message(answer.json())


def test_an_unknown_field_is_a_validation_error(shared: Reader) -> None:
    body = shared.graphql(ITEM, "nothing")
    assert message(body).startswith("Cannot query field 'nothing' on type 'OpenItem'.")
    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == "graphql-error"
    shared.fault("graphql", "validation_is_400", times=1)
    text = "{ x3System { nothing } }"
    assert shared.post_graphql({"query": text}).status_code == 400
    assert shared.post_graphql({"query": text}).status_code == 200


def test_a_document_may_not_ask_for_too_much(shared: Reader) -> None:
    many = " ".join(f"a{place}: company {{ __typename }}" for place in range(21))
    body = shared.post_graphql({"query": f"{{ x3System {{ {many} }} }}"}).json()
    assert message(body) == "The document asks for too much"
    deep = "ofType { " * 21 + "name" + " }" * 21
    text = f"{{ __schema {{ types {{ fields {{ type {{ {deep} }} }} }} }} }}"
    assert message(shared.post_graphql({"query": text}).json()) == "The document asks for too much"
    wide = "fragment a on Query { " + "...b " * 50 + "} fragment b on Query { " + "...c " * 50
    text = f"{{ ...a }} {wide} }} fragment c on Query {{ __typename }}"
    assert message(shared.post_graphql({"query": text}).json()) == "The document asks for too much"


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(
    ("order", "text"),
    [
        ("{_updateStamp:1,_id:1}", ""),
        ("{dueDate:-1}", "{closedStatus:2}"),
        ("{currency:1,amountInCurrency:-1}", ""),
        ("", "{company:'CA10'}"),
    ],
)
def test_a_walk_over_pages_equals_one_page(
    shared: Reader, size: int, order: str, text: str
) -> None:
    whole = shared.connection(ITEM, "dueDate", first=1000, filter=text, orderBy=order)
    expected = [edge["node"]["_id"] for edge in whole["edges"]][: size * 12]
    assert not whole["pageInfo"]["hasNextPage"]
    found: list[str] = []
    after = None
    while len(found) < len(expected):
        page = shared.connection(
            ITEM, "dueDate", first=size, after=after, filter=text, orderBy=order
        )
        found += [edge["node"]["_id"] for edge in page["edges"]]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        after = page["pageInfo"]["endCursor"]
    assert found[: len(expected)] == expected
    assert len(set(found)) == len(found)


def test_page_sizes_and_bad_places(shared: Reader) -> None:
    assert len(shared.connection(INVOICE, "id")["edges"]) == 20
    shared.state.set_value("x3.first_cap", 5)
    assert len(shared.connection(INVOICE, "id", first=300)["edges"]) == 5
    shared.state.set_value("x3.first_cap", 1000)
    empty = shared.connection(INVOICE, "id", filter="{id:'NOSUCH'}")
    assert empty == {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert message(shared.graphql(INVOICE, "id", first=0)) == "Invalid first: 0"
    assert message(shared.graphql(INVOICE, "id", after="x")) == "Invalid cursor: x"
    cursor = shared.connection(INVOICE, "id", first=1)["pageInfo"]["endCursor"]
    assert re.fullmatch(r'\["[A-Z0-9]+"\]#\d\d', cursor)
    body = shared.graphql(INVOICE, "id", after=cursor, orderBy="{_updateStamp:1}")
    assert message(body) == f"The cursor is of another order: {cursor}"
    assert body["data"] == {"x3InvoicingData": {"supplierInvoiceHeader": None}}
    assert body["errors"][0]["path"] == ["x3InvoicingData", "supplierInvoiceHeader", "query"]


def test_odd_texts_are_refused_and_nothing_breaks(shared: Reader) -> None:
    for text in ("{id:'\ud800", "{id:{_in:[[1]]}}", "{totalAmountIncludingTax:{_lt:'NaN'}}"):
        assert message(shared.graphql(INVOICE, "id", filter=text))
    for text in ('["A"]', "5", '[5,"A"]', '[["x"],"A"]', "[1,", "\ud800", ""):
        cursor = f"{text}#{zlib.crc32(text.encode('utf-8', 'replace')) % 100:02d}"
        body = shared.graphql(INVOICE, "id", after=cursor, orderBy="{_updateStamp:1}")
        assert message(body).startswith("The cursor is of another order: ")
    body = shared.post_graphql({"query": "mutation { a }"}).json()
    assert "data" not in body or body["data"] is None
    assert body["errors"]
    odd = {"query": "query A { __typename } query B { __typename }", "operationName": "C"}
    assert shared.post_graphql(odd).json()["errors"]


def test_endpoints_and_rights_are_kept_apart(peer: Reader) -> None:
    peer.act("endpoint", name="SECOND")
    peer.act("row", name="COMPANY", row={"CPY": "ZZ1", "CPYNAM": "Z"}, endpoint="SECOND")
    text = DOCUMENT.format(package="x3System", node="company", selection="code")
    body = peer.post_graphql({"query": text}, endpoint="SECOND").json()
    edges = body["data"]["x3System"]["company"]["query"]["edges"]
    assert [edge["node"]["code"] for edge in edges] == ["ZZ1"]
    peer.state.set_value("x3.denied_classes", ["PERIOD"])
    refused = peer.graphql("x3FinanceData.period", "code")
    assert message(refused) == "Access denied"
    assert refused["data"] == {"x3FinanceData": {"period": None}}
    assert len(peer.nodes("x3System.company", "code")) == 2


def test_what_changes_shows_at_once(peer: Reader) -> None:
    number = peer.posted()
    text = "{documentNumber:{_in:['" + number + "']}}"
    assert peer.nodes(ITEM, "closedStatus", text)[0]["closedStatus"] == 1
    peer.act("pay_by_hand", number=number)
    paid = peer.nodes(ITEM, "closedStatus paidAmountInCurrency", text)[0]
    assert (paid["closedStatus"], paid["paidAmountInCurrency"]) == (2, "100.00")
    peer.act("cancel_invoice", number=number)
    assert peer.nodes(ITEM, "closedStatus", text) == []


def test_variant_partial_data_stands_beside_errors(peer: Reader) -> None:
    peer.posted()
    peer.fault("graphql", "graphql_partial", times=1)
    body = peer.graphql(ITEM, "documentNumber")
    assert message(body) == "The record could not be read"
    assert body["data"]["x3FinanceData"]["openItem"]["query"]["edges"][0]["node"] is None
    path = ["x3FinanceData", "openItem", "query", "edges", 0, "node"]
    assert body["errors"][0]["path"] == path
    peer.fault("graphql", "graphql_error", times=1, message="Session lost")
    body = peer.graphql(ITEM, "documentNumber")
    assert (message(body), body["data"]) == ("Session lost", {"x3FinanceData": {"openItem": None}})
    assert body["errors"][0]["extensions"]["diagnoses"][0]["message"] == "Session lost"
    assert "errors" not in peer.graphql(ITEM, "documentNumber")


def test_variant_older_version_without_lines(peer: Reader) -> None:
    peer.fault("*", "no_line_node")
    body = peer.graphql(LINE, "lineNumber")
    assert message(body).startswith("Cannot query field 'supplierInvoiceLine'")
    assert "SupplierInvoiceLine" not in peer.post_graphql({"query": WALK}).text


def test_variants_of_values(peer: Reader) -> None:
    peer.posted("1234567890123.10")
    peer.fault("graphql", "decimals_as_numbers", times=1)
    text = DOCUMENT.format(
        package="x3FinanceData", node="openItem", selection="amountInCurrency controlAccount"
    )
    assert '"amountInCurrency":1234567890123.10,' in peer.post_graphql({"query": text}).text
    peer.fault("graphql", "yes_no_names", times=1)
    supplier = peer.nodes("x3MasterData.supplier", "isActive isPaymentHeld", "{code:'0113'}")
    assert (supplier[0]["isActive"], supplier[0]["isPaymentHeld"]) == ("yes", "no")
    plain = peer.nodes("x3MasterData.supplier", "isActive isPaymentHeld", "{code:'0113'}")
    assert (plain[0]["isActive"], plain[0]["isPaymentHeld"]) == (True, False)
    peer.fault("graphql", "strange_member", times=1, menu=510, name="underReview")
    assert peer.nodes(ITEM, "paymentApprovalLevel")[0]["paymentApprovalLevel"] == "underReview"
    assert peer.nodes(ITEM, "paymentApprovalLevel")[0]["paymentApprovalLevel"] == "pending"
    peer.fault("graphql", "trailing_blanks", times=1)
    assert peer.nodes(ITEM, "controlAccount currency { code }")[0]["controlAccount"] == "SUP  "


def test_variant_no_introspection_and_noise(peer: Reader) -> None:
    peer.fault("introspection", "no_introspection")
    assert message(peer.post_graphql({"query": WALK}).json()).endswith("not allowed")
    assert peer.nodes("x3System.company", "code")
    peer.fault("graphql", "bom", times=1)
    answer = peer.post_graphql({"query": "{ __typename }"})
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    peer.state.set_value("x3.variants", ["decimals_as_numbers"])
    peer.posted()
    assert peer.nodes(ITEM, "amountInCurrency")[0]["amountInCurrency"] == 100


def test_variant_french(peer: Reader) -> None:
    peer.fault("graphql", "french")
    peer.state.set_value("x3.denied_classes", ["PERIOD"])
    assert message(peer.graphql("x3FinanceData.period", "code")) == "Accès refusé"
    other = peer.post_graphql({"query": "{ __typename }"}, endpoint="NOWHERE")
    assert (other.status_code, message(other.json())) == (400, "Point d'accès introuvable: NOWHERE")


def test_a_site_may_call_nodes_and_properties_otherwise(peer: Reader) -> None:
    number = peer.posted()
    renames = {ITEM: {"node": "yOpenItem", "properties": {"documentNumber": "docNumber"}}}
    peer.state.set_value("x3.graphql_renames", renames)
    other = "x3FinanceData.yOpenItem"
    found = peer.nodes(other, "docNumber", "{docNumber:{_in:['" + number + "']}}")
    assert [one["docNumber"] for one in found] == [number]
    unknown = peer.graphql(other, "docNumber", filter="{documentNumber:'x'}")
    assert message(unknown) == "Unknown property: documentNumber"
    assert message(peer.graphql(ITEM, "docNumber")).startswith("Cannot query field 'openItem'")


def test_rows_drift_between_pages(peer: Reader) -> None:
    numbers = [peer.posted() for _ in range(4)]
    for place, number in enumerate(numbers):
        peer.row("PINVOICE", number)["UPDDATTIM"] = f"2026-01-0{place + 1}T00:00:00Z"
    peer.fault("graphql", "page_drift", times=1, how="next")
    order = "{_updateStamp:1,_id:1}"
    found: list[str] = []
    after = None
    while True:
        page = peer.connection(INVOICE, "id", first=2, after=after, orderBy=order)
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == [numbers[0], numbers[1], numbers[3], numbers[2]]
