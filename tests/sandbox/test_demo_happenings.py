"""The demo's happenings: each comes once, only where they are asked for, the same every time."""

import pytest

from core.sandbox import avid_pay, company_avid, company_documents, life_avid, life_planted, life_x3
from core.sandbox.avid_codes import put_code
from core.sandbox.avid_exchange import companies
from core.sandbox.company_x3_planted import PLANTED
from core.sandbox.state import State
from core.sandbox.x3_classes import table
from tests.sandbox.avid_site import ADDRESS, prepare
from tests.sandbox.test_x3_company import company

_YOUNG = "2026-09-15"  # older ones are paid in X3


def _demo() -> State:
    """A company whose young invoices were sent, as a first run leaves it."""
    state = company(seed=1, invoices=600)
    prepare(state)
    life_avid.EVENTS["vendor"](state, "DEMO", Name="Demo vendor", Address=ADDRESS)
    rows = [row for row in table(state, "PINVOICE").values() if row["CPY"] == "US10"]
    rows = [row for row in rows if row["STA"] >= 2 and row["INVTYP"] == 1 and not row["INVREF"]]
    for row in (row for row in rows if row["ACCDAT"] >= _YOUNG):
        key = life_avid.EVENTS["insert_foreign_invoice"](
            state, "DEMO", row["NUM"], row["AMTATI"], "Received"
        )
        mine = {
            "ExternalId": {"Value": f"X3|T|US10|{row['NUM']}|1"},
            "Reference": row["NUM"],
            "CompanyExternalCode": "US10",
        }
        life_avid.EVENTS["change_invoice"](state, key, mine)
    _retire(state, "64100")
    return state


def _retire(state: State, account: str) -> None:
    """One code is inactive in AvidXchange, though the mapping still leads to it."""
    row = {"chart": "USA", "x3_account": account, "avid_code": account}
    state.set_value(company_avid.MAPPING, {"gl": [row]})
    put_code(state, companies(state)[0], company_avid.ACCOUNTS, account, "Old", active=False)


def _happened(state: State) -> list[str]:
    done: list[str] = state.get_value("demo.happened", [])
    return done


def test_nothing_happens_where_nobody_asks_for_it() -> None:
    state = _demo()
    before = len(list(table(state, "PINVOICE").values()))
    for _ in range(3):
        life_planted.notch(state)
    assert _happened(state) == []
    assert len(list(table(state, "PINVOICE").values())) == before


def test_a_company_without_sent_invoices_waits() -> None:
    state = company(seed=1, invoices=260)
    state.set_value(life_planted.ASKED, value=True)
    life_planted.notch(state)
    assert _happened(state) == []


def test_each_happening_comes_once_and_none_is_missing() -> None:
    state = _demo()
    state.set_value(life_planted.ASKED, value=True)
    for turn in range(6):
        life_planted.notch(state)
        if turn:
            _approve_all(state)
    early = set(life_planted.HAPPENINGS) - {"VOI-01", "RET-01"}  # these need a posting in X3
    assert early - set(_happened(state)) == set()
    again = _happened(state)
    assert len(again) == len(set(again))
    entered = [row["INVREF"] for row in table(state, "PINVOICE").values()]
    for name in ("YEN", "LONG-NUMBER", "HOLDBACK", "PERIOD-TO-COME", "NEW-ADDRESS",
                 "RETIRED-CODE",
                 "LOST-ANSWER", "VERY-LARGE"):  # fmt: skip
        assert entered.count(name) == 1, name


def _approve_all(state: State) -> None:
    for row in list(state.table("avid:invoice").values()):
        if row["Status"] in ("Received", "In Approval"):
            life_avid.EVENTS["approve"](state, row["Id"])


@pytest.mark.parametrize(
    ("code", "status", "ends"),
    [("VOI-01", "Issued to Supplier", "Void"), ("RET-01", "Cleared", "Returned")],
)
def test_money_comes_back_only_after_x3_holds_the_payment(
    code: str, status: str, ends: str
) -> None:
    state, happen = _demo(), life_planted.HAPPENINGS[code]
    _approve_all(state)
    posted = {row["NUM"] for row in table(state, "PINVOICE").values() if row["STA"] == 3}
    rows = state.table("avid:invoice").values()
    row = next(row for row in rows if row["Reference"] in posted)
    payment = avid_pay.pay(state, [row["Id"]], status=status)
    assert not happen(state)
    life_x3.pay_by_hand(state, row["Reference"], reference=f"AVD{payment}")
    assert happen(state)
    (paid,) = state.table("avid:payment").values()
    assert paid["Status"] == ends


def test_documents_are_pages_of_planted_invoices_and_one_that_is_empty() -> None:
    state = company(seed=1, invoices=260)
    files = company_documents.files(state)
    assert company_documents.files(company(seed=1, invoices=90)) == {}
    numbers = {row["NUM"] for row in table(state, "PINVOICE").values() if row["INVREF"] in PLANTED}
    assert {name.partition(".")[0].partition("-")[0] for name in files} <= numbers
    assert [name for name, content in files.items() if not content] == [
        name for name in files if name.endswith("-2.pdf")
    ]
    page = next(content for content in files.values() if content)
    assert page.startswith(b"%PDF-1.4\n")
    assert page.rstrip().endswith(b"%%EOF")
    start = int(page.split(b"startxref\n")[1].split(b"\n")[0])
    assert page[start:].startswith(b"xref")
