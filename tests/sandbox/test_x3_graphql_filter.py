"""The filter and order language of the simulated GraphQL, over real HTTP and by itself."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.sandbox.x3_graphql_text import TextError, read_text
from tests.sandbox.x3_reader import Reader

ITEM = "x3FinanceData.openItem"
INVOICE = "x3InvoicingData.supplierInvoiceHeader"
LINE = "x3InvoicingData.supplierInvoiceLine"


@pytest.fixture(scope="module")
def peer() -> Iterator[Reader]:
    """Three posted invoices, one of them Canadian and one paid, and one that is not posted."""
    made = Reader()
    made.act("supplier", fields={"BPSNUM": "0900", "BPSNAM": "O'Neill \\ Söhne"})
    for number, day, amount, fields in (
        ("A", "2026-01-10", "10.00", {"BPR": "0113"}),
        ("B", "2026-02-10", "20.50", {"BPR": "0113", "FCY": "CA011", "CUR": "CAD"}),
        ("C", "2026-03-10", "30.00", {"BPR": "0900", "CUR": "USD"}),
    ):
        made.posted(amount, NUM=number, BPRDAT=day, **fields)
        made.item(number)["UPDDATTIM"] = f"{day}T12:00:00Z"
    made.act("pay_by_hand", number="C")
    made.item("C")["UPDDATTIM"] = "2026-03-10T12:00:00Z"
    made.act("invoice", fields={"NUM": "D", "BPR": "0113", "BPRDAT": "2026-04-10"})
    yield made
    made.sandbox.stop()


def items(peer: Reader, text: str, order: str = "{documentNumber:1}") -> str:
    found = peer.nodes(ITEM, "documentNumber", text, order)
    return "".join(one["documentNumber"] for one in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "ABC"),
        ("{}", "ABC"),
        ("{documentNumber:'A'}", "A"),
        ('{"documentNumber":{"_eq":"A"}}', "A"),
        ("{documentNumber:{_ne:'A'}}", "BC"),
        ("{documentNumber:{_in:['A','C','Z']}}", "AC"),
        ("{documentNumber:{_nin:['A','C']}}", "B"),
        ("{documentNumber:{_in:[]}}", ""),
        ("{company:'US10'}", "AC"),
        ("{company:{_in:['US10']}}", "AC"),
        ("{company:{code:{_in:['US10','CA10']}}}", "ABC"),
        ("{company:{code:'CA10'}}", "B"),
        ("{businessPartnerType:'supplier'}", "ABC"),
        ("{businessPartnerType:{_ne:'supplier'}}", ""),
        ("{businessPartnerType:'supplier',company:{code:{_in:['US10']}},closedStatus:1}", "A"),
        ("{paymentApprovalLevel:{_in:['pending','delayed']}}", "ABC"),
        ("{amountInCurrency:{_gt:10}}", "BC"),
        ("{amountInCurrency:{_gte:'20.50',_lt:30}}", "B"),
        ("{amountInCurrency:20.50}", "B"),
        ("{dueDate:{_gte:'2026-03-01'}}", "BC"),
        ("{dueDate:{_lte:'2026-02-28'}}", "A"),
        ("{paymentDate:null}", "AB"),
        ("{paymentDate:{_ne:null}}", "C"),
        ("{paymentDate:{_lt:'2099-01-01'}}", "C"),
        ("{_updateStamp:{_gte:'2026-02-10T12:00:00.000Z'}}", "BC"),
        ("{_updateStamp:{_gt:'2026-02-10T12:00:00Z'}}", "C"),
        ("{_id:'SPINV|B|1|1'}", "B"),
        ("{_or:[{documentNumber:'A'},{company:'CA10'}]}", "AB"),
        ("{_and:[{company:'US10'},{closedStatus:2}]}", "C"),
        ("{documentNumber:{_or:[{_eq:'A'},{_eq:'C'}]}}", "AC"),
        ("{_not:{company:'US10'}}", "B"),
        ("{site:{legalCompany:{code:'CA10'}}}", "B"),
        ("{businessPartner:{companyName1:'O\\'Neill \\\\ Söhne'}}", "C"),
        ('{businessPartner:{companyName1:"O\'Neill \\\\ Söhne"}}', "C"),
        ("{controlAccount:'SUP'}", "ABC"),
        ("{controlAccount:'SUP  '}", "ABC"),
        ("{dispute:''}", "ABC"),
        ("{dispute:null}", "ABC"),
    ],
)
def test_a_filter_finds(peer: Reader, text: str, found: str) -> None:
    assert items(peer, text) == found


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        (INVOICE, "{company:{code:{_in:['US10']}},accountingDate:{_gte:'2026-03-01'}}", 2),
        (INVOICE, "{id:{_in:['A','D']}}", 2),
        (INVOICE, "{status:'toValidate'}", 1),
        (LINE, "{supplierInvoice:{id:{_in:['A','B']}}}", 2),
        (LINE, "{supplierInvoice:'D'}", 1),
        ("x3MasterData.supplier", "{billBySupplier:{code:{code:'0113'}}}", 1),
        ("x3MasterData.supplier", "{code:'0900',isActive:true,isPaymentHeld:'no'}", 1),
        ("x3MasterData.supplier", "{disputeStatus:'warning'}", 2),
        ("x3FinanceData.period", "{ledgerTypeNumber:'legal',company:'US10',status:'open'}", 5),
        ("x3FinanceData.account", "{chartOfAccounts:{code:'USA'},code:'61100'}", 1),
        ("x3FinanceData.dimension", "{dimensionType:'PRJ',dimension:{_lt:'P0043'}}", 3),
    ],
)
def test_a_filter_finds_in_other_nodes(peer: Reader, path: str, text: str, count: int) -> None:
    assert len(peer.nodes(path, "_id", text)) == count


def test_a_filter_through_another_row_sees_its_change(peer: Reader) -> None:
    text = "{businessPartner:{companyName1:'Moved'}}"
    assert items(peer, text) == ""
    peer.act("supplier", fields={"BPSNUM": "0900", "BPSNAM": "Moved"})
    assert items(peer, text) == "C"
    peer.act("supplier", fields={"BPSNUM": "0900", "BPSNAM": "O'Neill \\ Söhne"})


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("{dueDate:-1}", "CBA"),
        ("{_updateStamp:1,_id:1}", "ABC"),
        ("{_updateStamp:-1}", "CBA"),
        ("{currency:1,documentNumber:-1}", "BCA"),
        ("{company:{code:1},amountInCurrency:-1}", "BCA"),
        ("{_id:-1}", "CBA"),
    ],
)
def test_an_order_sorts(peer: Reader, order: str, found: str) -> None:
    assert items(peer, "", order) == found


@pytest.mark.parametrize(
    ("text", "order", "message"),
    [
        ("{nothing:1}", "", "Unknown property: nothing"),
        ("{company:{nothing:1}}", "", "Unknown property: company.nothing"),
        ("{controlAccount:{code:1}}", "", "Unknown property: controlAccount.code"),
        ("{documentNumber:{_like:'A'}}", "", "Unknown operator: _like"),
        ("{documentNumber:5}", "", "Type mismatch: documentNumber"),
        ("{amountInCurrency:'x'}", "", "Type mismatch: amountInCurrency"),
        ("{amountInCurrency:true}", "", "Type mismatch: amountInCurrency"),
        ("{dueDate:'01/02/2026'}", "", "Type mismatch: dueDate"),
        ("{_updateStamp:'2026-01-01'}", "", "Type mismatch: _updateStamp"),
        ("{businessPartnerType:'nobody'}", "", "Type mismatch: businessPartnerType"),
        ("{businessPartnerType:{_gt:'supplier'}}", "", "_gt cannot be used: businessPartnerType"),
        ("{documentNumber:{_in:'A'}}", "", "_in needs a list: documentNumber"),
        ("{_or:{documentNumber:'A'}}", "", "_or needs a list of objects"),
        ("{_not:[1]}", "", "_not needs an object"),
        ("{_gt:1}", "", "Unknown property: "),
        ("[1]", "", "An object was expected"),
        ("{documentNumber:'A'", "", "Syntax error near: end"),
        ("{documentNumber:'A}", "", "Syntax error near: 'A}"),
        ("", "{dueDate:2}", "Invalid order: dueDate"),
        ("", "{businessPartner:{companyName1:1}}", "Cannot sort by businessPartner.companyName1"),
        ("", "{nothing:1}", "Unknown property: nothing"),
    ],
)
def test_what_cannot_be_used_is_said(peer: Reader, text: str, order: str, message: str) -> None:
    body = peer.graphql(ITEM, "documentNumber", filter=text, orderBy=order)
    assert [one["message"] for one in body["errors"]] == [message]
    assert body["data"] == {"x3FinanceData": {"openItem": None}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"{a:'it\'s \\ ok',b:[1,-2.50,true,false,null]}", None),
        (r'{"a":"x\u00e9\n","b":{}}', {"a": "xé\n", "b": {}}),
        ("[]", []),
        (" 'x' ", "x"),
    ],
)
def test_text_is_read(text: str, value: Any) -> None:
    expected = value
    if value is None:
        expected = {"a": "it's \\ ok", "b": [1, Decimal("-2.50"), True, False, None]}
    assert read_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{a}",
        "{a:}",
        "{a:1 b:2}",
        "{a:1,}",
        "{a:1,a:2}",
        "{1:2}",
        "[1 2]",
        "nothing",
        "1 2",
        "{a:#}",
        "[" * 40 + "]" * 40,
        "'" + "x" * 20_001 + "'",
    ],
)
def test_text_that_cannot_be_read(text: str) -> None:
    with pytest.raises(TextError):
        read_text(text)
