"""The whole way of an invoice from X3 to paid in X3, and the money beside it (avidxchange.md 5)."""

from __future__ import annotations

from decimal import Decimal

from tests.engine.conftest import MakeSite
from tests.engine.site import VENDOR, Site


def _paid(site: Site, number: str) -> Decimal:
    return sum((Decimal(item["PAYCUR"]) for item in site.items(number)), Decimal(0))


def test_invoice_goes_the_whole_way_and_ends_paid_in_both(site: Site) -> None:
    number = site.invoice("100.00", "50.25", PTE="US2X50")
    site.sync()
    (there,) = site.there(number)
    assert there["ExternalId"]["Value"] == f"X3|SANDBOX|US10|{number}|1"
    assert there["VendorExternalCode"] == VENDOR
    assert Decimal(there["Amount"]) == Decimal("150.25")
    assert site.row(number).state == "sent"
    site.act("avid.start_approval", number)
    site.sync()
    assert site.row(number).state == "in_approval"
    site.act("avid.approve", number)
    site.sync()
    assert (site.row(number).state, site.level(number)) == ("approved", {4})
    site.act("x3.post", number)
    site.sync()
    assert site.level(number) == {4}
    payment = site.act("avid.pay", [number])
    site.sync()
    assert site.row(number).state == "payment_scheduled"
    assert not site.postings()
    while site.act("avid.advance_payment", payment) != "Issued to Supplier":
        pass
    result = site.sync()
    assert (result.exit_status, result.report["payments_posted"]) == (0, 1)
    (posting,) = site.postings(payment)
    assert [line["AMTLIN"] for line in posting["PAYMENTD"]] == ["75.13", "75.12"]
    assert posting["DES"].startswith("AvidXchange B-")
    assert posting["CHQNUM"].startswith("00900")
    assert all(item["FLGCLE"] == 2 for item in site.items(number))
    assert site.row(number).state == "payment_issued"
    site.act("avid.advance_payment", payment)
    site.sync()
    assert (site.row(number).state, site.codes()) == ("paid", [])
    assert (site.row(number).open_x3, site.row(number).open_avidxchange) == (0, 0)


def test_order_number_codes_and_description_reach_avidxchange(site: Site) -> None:
    order = {"POHNUM": "PO1", "CPY": "US10", "POHFCY": "US011", "BPSNUM": "S1", "CUR": "USD"}
    site.act("x3.row", "PORDER", {**order, "CLEFLG": 1})
    lines = [
        {"ACC": "61100", "AMTNOTLIN": "10.00", "DIE1": "DPT", "CCE1": "ADM", "POHNUM": "PO1"},
        {"ACC": "62200", "AMTNOTLIN": "5.50", "DIE1": "DPT", "CCE1": "FIN", "DES": "Advice"},
    ]
    number = site.sent(lines=lines)
    (there,) = site.there(number)
    assert there["PONumber"] == "PO1"
    codes = [{c["GroupName"]: c["CodeValue"] for c in line["Codes"]} for line in there["Lines"]]
    assert codes == [
        {"Accounting Codes": "61100", "Department": "ADM"},
        {"Accounting Codes": "62200", "Department": "FIN"},
    ]
    assert there["Lines"][1]["Description"] == "Advice"


def test_credit_memo_is_netted_in_a_payment(site: Site) -> None:
    number = site.invoice("100.00", post=True)
    memo = site.invoice("30.00", INVTYP=2, post=True)
    site.sync()
    assert Decimal(site.there(memo)[0]["Amount"]) == Decimal("-30.00")
    for each in (number, memo):
        site.act("avid.approve", each)
    payment = site.act("avid.pay", [number, memo], status="Cleared")
    site.sync()
    (posting,) = site.postings(payment)
    assert posting["AMTCUR"] == "70.00"
    assert [line["AMTLIN"] for line in posting["PAYMENTD"]] == ["100.00", "-30.00"]
    assert {site.row(number).state, site.row(memo).state} == {"paid"}


def test_one_payment_pays_several_invoices(site: Site) -> None:
    numbers = [site.invoice(f"{amount}.00", post=True) for amount in (40, 50, 60)]
    site.sync()
    for number in numbers:
        site.act("avid.approve", number)
    payment = site.act("avid.pay", numbers, status="Cleared")
    site.sync()
    (posting,) = site.postings(payment)
    assert {line["VCRNUM"] for line in posting["PAYMENTD"]} == set(numbers)
    assert posting["AMTCUR"] == "150.00"
    assert {site.row(number).state for number in numbers} == {"paid"}


def test_parts_of_an_invoice_are_posted_one_by_one(site: Site) -> None:
    number = site.sent("1000.00", post=True, PTE="US2X50")
    site.act("avid.approve", number)
    first = site.act("avid.pay", [number], amounts=["600.00"], status="Cleared")
    site.sync()
    assert site.row(number).state == "part_paid"
    assert [item["PAYCUR"] for item in site.items(number)] == ["500.00", "100.00"]
    second = site.act("avid.pay", [number], amounts=["400.00"], status="Cleared")
    site.sync()
    assert site.row(number).state == "paid"
    assert len(site.postings()) == 2
    assert {p["REF"] for p in site.postings()} == {f"AVD{first}", f"AVD{second}"}


def test_two_parts_met_in_one_run_are_both_posted(site: Site) -> None:
    number = site.sent("1000.00", post=True)
    site.act("avid.approve", number)
    for amount in ("600.00", "400.00"):
        site.act("avid.pay", [number], amounts=[amount], status="Cleared")
    site.sync()
    assert _paid(site, number) == 1000
    assert site.row(number).state == "paid"


def test_more_than_open_is_not_posted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.act("x3.pay_by_hand", number, "40.00")
    payment = site.act("avid.pay", [number], status="Cleared")
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["BAL-01"])
    assert not site.postings(payment)
    assert _paid(site, number) == 40


def test_discount_is_named_and_the_net_posted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], discounts=["2.00"], status="Cleared")
    site.sync()
    assert site.postings(payment)[0]["AMTCUR"] == "98.00"
    assert "2.00" in site.item("PAY-01").text
    site.resolve("PAY-01", "done")
    site.sync()
    assert site.codes() == []


def test_payment_that_names_a_foreign_invoice_is_left_alone(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.act("avid.insert_foreign_invoice", VENDOR, "F-1", "25.00")
    payment = site.act("avid.pay", [number, "F-1"], status="Cleared")
    site.sync()
    assert site.codes() == ["PAY-01"]
    assert "F-1" in site.item("PAY-01").text
    assert not site.postings(payment)


def test_paid_before_posting_waits_without_asking_anybody(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    assert site.sync().exit_status == 0
    assert not site.postings(payment)
    site.act("x3.post", number)
    site.sync()
    assert len(site.postings(payment)) == 1
    assert site.row(number).state == "paid"


def test_posted_on_cleared_when_the_setting_says_so(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"payment": {"post_when": "cleared"}}})
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Issued to Supplier")
    site.sync()
    assert not site.postings(payment)
    site.act("avid.advance_payment", payment)
    site.sync()
    assert len(site.postings(payment)) == 1


def test_provisional_posting_counts_as_posted(site: Site) -> None:
    site.value("x3.payment_posting", "deferred")
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync()
    (posting,) = site.postings(payment)
    assert (posting["STA"], site.items(number)[0]["TMPCUR"]) == (1, "100.00")
    site.act("x3.post_payment", posting["NUM"])
    site.sync()
    assert len(site.postings(payment)) == 1
    assert (site.row(number).state, site.codes()) == ("paid", [])


def test_pay_to_of_the_supplier_gets_the_payment(site: Site) -> None:
    site.supplier("S2", "VS2")
    site.act("x3.supplier", {"BPSNUM": "S1", "BPRPAY": "S2"})
    number = site.sent("80.00", post=True)
    assert site.there(number)[0]["VendorExternalCode"] == "VS2"
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync()
    assert site.postings(payment)[0]["BPR"] == "S2"
    assert site.row(number).state == "paid"


def test_bank_missing_for_the_company_is_said(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"payment": {"bank": {"CA10": "CABNK"}}}})
    site.policy_changes["banks"] = {"CA10": "CABNK"}
    number = site.sent("80.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["CFG-01"])
    assert not site.postings(payment)
