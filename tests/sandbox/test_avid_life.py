"""The demo's life inside AvidXchange: moves of invoices, notches, the seeded company (2.9, 5.2)."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.sandbox import avid_pay, company_avid, company_x3, life_avid
from core.sandbox.state import State
from tests.sandbox.avid_site import CODES, Site, conforms, fresh_site, invoice

STATES = {
    "Received": [],
    "In Approval": ["start_approval"],
    "On Hold": ["hold"],
    "Disputed": ["dispute"],
    "Approved": ["approve"],
    "Rejected": ["reject"],
    "Exported": ["approve", "export"],
    "Deleted": ["delete"],
}
POSSIBLE = {
    "start_approval": {"Received", "On Hold", "Disputed", "Approved"},
    "approve": {"Received", "In Approval", "On Hold", "Disputed"},
    "reject": {"Received", "In Approval", "On Hold", "Disputed"},
    "delete": {"Received", "In Approval", "On Hold", "Disputed"},
    "hold": {"Received", "In Approval"},
    "dispute": {"Received", "In Approval"},
    "unhold": {"On Hold", "Disputed"},
    "reopen": {"Approved"},
    "export": {"Approved"},
}


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


@pytest.fixture(scope="module")
def company() -> Iterator[State]:
    state = State(None)
    company_x3.seed(state, seed=1, invoices=1000)
    company_avid.seed(state, 1)
    yield state
    state.close()


@pytest.mark.parametrize("event", POSSIBLE)
@pytest.mark.parametrize("start", STATES)
def test_moves_that_are_possible(site: Site, start: str, event: str) -> None:
    key = site.submitted()
    for move in STATES[start]:
        site.event(move, key)
    before = site.get(f"/v1/invoices/{key}").body
    if start in POSSIBLE[event]:
        site.event(event, key)
        after = site.get(f"/v1/invoices/{key}").body
        assert after["Status"] != before["Status"]
        assert after["LastModified"] > before["LastModified"]
    else:
        with pytest.raises(ValueError, match=r"does not become|neither|only"):
            site.event(event, key)
        assert site.get(f"/v1/invoices/{key}").body == before


def test_approver_and_reason(site: Site) -> None:
    one, two, three = (site.submitted(number) for number in "ABC")
    site.event("approve", one)
    site.event("approve", two, None)
    site.event("reject", three, "Too dear")
    read = [site.get(f"/v1/invoices/{key}").body for key in (one, two, three)]
    assert [item["ApproverName"] for item in read] == ["Approver One", None, "Approver One"]
    assert [bool(item["ApprovedDate"]) for item in read] == [True, True, False]
    assert read[2]["RejectionReason"] == "Too dear"
    site.event("reopen", "X3|T|US10|A|1")
    again = site.get(f"/v1/invoices/{one}").body
    assert (again["ApproverName"], again["ApprovedDate"]) == (None, None)
    with pytest.raises(LookupError):
        site.event("approve", "nothing")


@pytest.mark.parametrize("how", ["account", "split", "add"])
def test_recoding_keeps_the_sum(site: Site, how: str) -> None:
    key = site.submitted()
    site.event("recode", key, how)
    reply = site.get(f"/v1/invoices/{key}")
    conforms(reply, "Invoice")
    lines = reply.body["Lines"]
    assert sum(line["Amount"] for line in lines) == Decimal(1250)
    assert len(lines) == (2 if how == "account" else 3)
    accounts = {line["Codes"][0]["CodeValue"] for line in lines}
    assert accounts == {"6100", "6150"}


def test_portal_work_and_odd_states(site: Site) -> None:
    key = site.submitted()
    site.event("set_invoice_status", key, "Half Done")
    assert site.get(f"/v1/invoices/{key}").body["Status"] == {"Id": 99, "Description": "Half Done"}
    site.event("change_invoice", key, {"Amount": "99.00"}, touch=False)
    assert site.get(f"/v1/invoices/{key}").body["Amount"] == Decimal(99)
    site.event("vanish_invoice", key)
    assert site.get(f"/v1/invoices/{key}").status == 404
    look_up = "/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1"
    assert site.get(look_up).body["Items"] == []


def _snapshot(state: State) -> str:
    rows = [dict(row) for row in state.table("avid:payment").values()]
    for row in rows:
        row.pop("Versions")
        row.pop("LastModified")
    return json.dumps(rows, sort_keys=True)


def _demo(site: Site, count: int, vendors: int = 2) -> None:
    codes = [f"V8{number:04d}" for number in range(vendors)]
    for code in codes:
        site.event("vendor", code, Name=f"Vendor {code}")
    for number in range(count):
        amount = -40.0 if number % 10 == 9 else 100.0 + number
        vendor = codes[number // 5 % vendors]
        lines = [{"LineNumber": 1, "Amount": amount, "Codes": CODES}]
        body = invoice(f"N-{number}", Amount=amount, Lines=lines, VendorExternalCode=vendor)
        assert site.submit(body).successful


def test_after_eight_notches_most_is_paid(site: Site) -> None:
    _demo(site, 60)
    for _turn in range(8):
        life_avid.notch(site.state)
    invoices = list(site.state.table("avid:invoice").values())
    payments = list(site.state.table("avid:payment").values())
    out = {
        one["InvoiceId"]
        for row in payments
        if row["Status"] in avid_pay.OUT
        for one in row["Remittances"]
    }
    assert len(out) > len(invoices) * 2 / 3
    assert any(len(row["Remittances"]) > 1 for row in payments)
    assert all(Decimal(row["Amount"]) > 0 for row in payments)
    paid = avid_pay.standing(site.state)
    for row in invoices:
        total = Decimal(row["Amount"])
        assert abs(paid.get(row["Id"], Decimal(0))) <= abs(total)
    for row in payments:
        conforms(site.get(f"/v1/payments/{row['PaymentId']}"), "Payment")


def test_notches_are_the_same_for_the_same_seed(site: Site) -> None:
    snapshots = []
    for _run in range(2):
        twin = next(fresh_site())
        _demo(twin, 20)
        for _turn in range(6):
            life_avid.notch(twin.state)
        snapshots.append(_snapshot(twin.state))
    assert snapshots[0] == snapshots[1]
    assert "PaymentId" in snapshots[0]


def test_a_notch_is_visible_at_once(site: Site) -> None:
    key = site.submitted()
    site.set("lag_seconds", 60)
    site.event("notch")
    listed = site.get("/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1").body["Items"]
    assert listed == [site.get(f"/v1/invoices/{key}").body]


def test_the_demo_moves_on_by_itself_when_told(site: Site) -> None:
    key = site.submitted()
    assert site.get(f"/v1/invoices/{key}").body["Status"]["Description"] == "Received"
    site.set("notch_every_seconds", 60)
    site.get("/v1/codes")
    site.get("/v1/codes")
    assert site.state.get_value("avid.notch") == 1
    site.state.shift_clock(61)
    site.get("/v1/codes")
    assert site.state.get_value("avid.notch") == 2


@pytest.mark.slow
def test_a_long_life_never_pays_twice(site: Site) -> None:
    _demo(site, 300, vendors=60)
    seen: Counter[str] = Counter()
    for _turn in range(40):
        life_avid.notch(site.state)
        for row in site.state.table("avid:payment").values():
            seen[row["Status"]] += 1
        for key, amount in avid_pay.standing(site.state).items():
            row = site.state.table("avid:invoice").get(str(key)) or {}
            assert abs(amount) <= abs(Decimal(row["Amount"]))
    assert {"Held", "Cleared", "Issued to Supplier", "VCC Processing", "Void"} <= set(seen)
    ended = Counter(row["Status"] for row in site.state.table("avid:payment").values())
    assert ended["Cleared"] > sum(ended.values()) * 3 / 4


def _codes(state: State, group: str) -> dict[str, bool]:
    return {
        row["CodeValue"]: row["IsActive"]
        for row in state.table("avid:code").values()
        if row["GroupName"] == group
    }


def test_the_seeded_company(company: State) -> None:
    groups = {row["GroupName"]: row["IsRequired"] for row in company.table("avid:group").values()}
    assert groups == {
        "Accounting Codes": True,
        "Department": True,
        "Location": False,
        "Project": False,
    }
    suppliers = len(company.table("x3:BPSUPPLIER"))
    vendors = list(company.table("avid:vendor").values())
    assert len(vendors) == suppliers - company_avid.WITHOUT_VENDOR
    assert sum(not row["Active"] for row in vendors) == 1
    names = {row["BPSNAM"] for row in company.table("x3:BPSUPPLIER").values()}
    assert 5 < sum(row["Name"] not in names for row in vendors) < suppliers / 2
    accounts = _codes(company, "Accounting Codes")
    assert len(accounts) == len(company.table("x3:GACCOUNT"))
    assert 3 <= sum(not active for active in accounts.values()) < 8


def test_the_mapping_leaves_a_few_cases_open(company: State) -> None:
    rows = company_avid.mapping_rows(company)
    assert {name: list(rows[name][0]) for name in rows} == {
        "vendors": ["x3_supplier", "avid_vendor_code"],
        "gl": ["chart", "x3_account", "avid_code"],
        "dimensions": ["dimension_type", "x3_value", "avid_group", "avid_code"],
    }
    suppliers = {str(row["BPSNUM"]) for row in company.table("x3:BPSUPPLIER").values()}
    linked = {row["x3_supplier"]: row["avid_vendor_code"] for row in rows["vendors"]}
    assert len(suppliers - set(linked)) == 4 + 3
    assert list(linked.values()).count("-") == 2
    known = {row["ExternalVendorCode"] for row in company.table("avid:vendor").values()}
    assert set(linked.values()) - {"-"} <= known
    assert len(company.table("x3:GACCOUNT")) - len(rows["gl"]) == 2
    assert len(company.table("x3:CACCE")) - len(rows["dimensions"]) == 1
    assert {row["avid_code"] for row in rows["gl"]} <= set(_codes(company, "Accounting Codes"))
    for row in rows["dimensions"]:
        assert row["avid_code"] in _codes(company, row["avid_group"])


def test_seeding_is_the_same_for_the_same_seed(company: State) -> None:
    other = State(None)
    company_x3.seed(other, seed=1, invoices=1000)
    company_avid.seed(other, 1)

    def shown(state: State) -> Any:
        vendors = [(row["Name"], row["Active"]) for row in state.table("avid:vendor").values()]
        return vendors, company_avid.mapping_rows(state)

    assert shown(other) == shown(company)
    company_avid.seed(other, 2)
    assert shown(other) != shown(company)


def test_the_seeded_lists_conform(site: Site, company: State) -> None:
    for table in ("avid:group", "avid:code", "avid:vendor"):
        for key, row in company.table(table).items():
            site.state.table(table).put(key, row)
    for page in (1, 2):
        conforms(site.get(f"/v1/vendors?pageSize=200&pageNumber={page}"), "VendorList")
    conforms(site.get("/v1/codes?pageSize=500"), "CodeList")
