"""The seeded company: consistent sums, planted cases, determinism, and the demo's notches."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.sandbox import company_x3, life_x3
from core.sandbox.company_x3_invoices import PAID_AFTER_DAYS
from core.sandbox.company_x3_planted import PLANTED, UNKNOWN_ORDER
from core.sandbox.state import Row, State
from core.sandbox.x3_documents import due_date, term_lines

TODAY = "2026-11-25"


def company(seed: int = 5, invoices: int = 600, path: Path | None = None) -> State:
    state = State(path)
    state.set_value("today", TODAY)
    company_x3.seed(state, seed=seed, invoices=invoices)
    state.commit()
    return state


@pytest.fixture(scope="module")
def state() -> State:
    return company()


def rows(state: State, name: str) -> list[Row]:
    return list(state.table(f"x3:{name}").values())


def lines_of(state: State) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for line in rows(state, "BPSINVLIG"):
        found.setdefault(line["NUM"], []).append(line)
    return found


def everything(state: State) -> dict[str, list[tuple[str, Any]]]:
    return {name: list(state.table(name).items()) for name in state.tables()}


def test_the_same_seed_and_day_give_the_same_company() -> None:
    one, other, third = company(), company(), company(seed=6)
    assert everything(one) == everything(other)
    assert everything(one) != everything(third)


def test_sums_are_consistent_but_for_the_planted_cents(state: State) -> None:
    lines = lines_of(state)
    off = Counter[str]()
    for invoice in rows(state, "PINVOICE"):
        own = lines[invoice["NUM"]]
        for line in own:
            taxes = sum(Decimal(line[name]) for name in ("AMTTAX1", "AMTTAX2", "AMTVAT"))
            assert Decimal(line["AMTNOTLIN"]) + taxes == Decimal(line["AMTATILIN"])
        assert sum(Decimal(line["AMTNOTLIN"]) for line in own) == Decimal(invoice["AMTNOT"])
        gross = sum(Decimal(line["AMTATILIN"]) for line in own)
        if gross != Decimal(invoice["AMTATI"]):
            off[invoice["INVREF"]] += 1
            by = {"ROUNDING": "0.01", "SUM-OFF": "12.50"}[invoice["INVREF"]]
            assert Decimal(invoice["AMTATI"]) - gross == Decimal(by)
        assert invoice["NBRTAX"] == len(invoice["TAX"]) == len(invoice["AMTTAX"])
    assert off == {"ROUNDING": 3, "SUM-OFF": 1}


def test_posted_invoices_have_items_that_add_up(state: State) -> None:
    items: dict[str, list[Row]] = {}
    for item in rows(state, "GACCDUDATE"):
        items.setdefault(item["NUM"], []).append(item)
    counts = Counter[int]()
    for invoice in rows(state, "PINVOICE"):
        own = items.get(invoice["NUM"], [])
        assert bool(own) == (invoice["STA"] == 3)
        if own:
            counts[len(own)] += 1
            for amount, total in (("AMTCUR", "AMTATI"), ("AMTLOC", "AMTATIL")):
                assert sum(Decimal(item[amount]) for item in own) == Decimal(invoice[total])
            assert {item["ACCNUM"] for item in own} == {invoice["ACCNUM"]}
            assert {item["SNS"] for item in own} == {-invoice["SNS"]}
            for item in own:
                closed = Decimal(item["PAYCUR"]) == Decimal(item["AMTCUR"])
                assert (item["FLGCLE"] == 2) == closed
    assert set(counts) == {1, 2, 3}


def test_every_code_that_a_document_uses_exists(state: State) -> None:
    accounts = {(row["COA"], row["ACC"]) for row in rows(state, "GACCOUNT")}
    values = {(row["DIE"], row["CCE"]) for row in rows(state, "CACCE")}
    suppliers = {row["BPSNUM"] for row in rows(state, "BPSUPPLIER")}
    orders = {row["POHNUM"] for row in rows(state, "PORDER")}
    for line in rows(state, "BPSINVLIG"):
        assert (line["COA"][0], line["ACC"][0]) in accounts
        assert line.get("POHNUM", "") in orders | {"", UNKNOWN_ORDER}
        for slot in (1, 2, 3):
            if line.get(f"CCE{slot}"):
                assert (line[f"DIE{slot}"], line[f"CCE{slot}"]) in values
    for invoice in rows(state, "PINVOICE"):
        assert invoice["BPR"] in suppliers
        has_term = bool(term_lines(state, invoice["PTE"], invoice["CPY"]))
        assert has_term == (invoice["INVREF"] != "UNKNOWN-TERM")


def test_what_is_planted_is_there(state: State) -> None:
    invoices = rows(state, "PINVOICE")
    planted = Counter(row["INVREF"] for row in invoices if row["INVREF"])
    assert planted == Counter(PLANTED)
    assert len(invoices) == 600
    twice = Counter((row["BPR"], row["BPRVCR"]) for row in invoices)
    assert [count for count in twice.values() if count > 1] == [2]
    assert [row["INVREF"] for row in invoices if row["CUR"] == "EUR"] == ["EURO"]
    assert [row["INVREF"] for row in invoices if row["TWMSTA"] == 4] == ["BLOCKED-MATCH"]
    spread = [line for line in rows(state, "BPSINVLIG") if line.get("DSP")]
    assert len(spread) == 1
    bare = {line["NUM"] for line in rows(state, "BPSINVLIG") if not line["CCE1"]}
    assert len(bare) == 2
    by_case = {row["INVREF"]: row for row in invoices}
    lines = lines_of(state)
    orders = {row["POHNUM"]: row["BPSNUM"] for row in rows(state, "PORDER")}
    foreign = by_case["ORDER-OF-ANOTHER"]
    owners = {orders[line["POHNUM"]] for line in lines[foreign["NUM"]]}
    assert owners - {foreign["BPR"]}
    several = by_case["SEVERAL-ORDERS"]
    own = {orders[line["POHNUM"]] for line in lines[several["NUM"]]}
    assert own == {several["BPR"]}
    assert by_case["ZERO-AMOUNT"]["AMTATI"] == "0.00"
    assert by_case["OTHER-PAY-TO"]["BPRPAY"] != by_case["OTHER-PAY-TO"]["BPR"]
    assert {by_case[name]["STA"] for name in ("ZERO-AMOUNT", "UNKNOWN-TERM", "UNKNOWN-KIND")} == {2}
    kinds = {row["INVTYP"] for row in invoices}
    assert kinds == {1, 2, 3, 4, 5, 6}
    assert {row["STA"] for row in invoices} == {1, 2, 3}
    currencies = {(row["CPY"], row["CUR"]) for row in invoices}
    assert {("US10", "USD"), ("CA10", "CAD"), ("CA10", "USD")} <= currencies


def test_master_data_has_its_edges(state: State) -> None:
    suppliers = rows(state, "BPSUPPLIER")
    assert len(suppliers) == 300
    names = "".join(row["BPSNAM"] for row in suppliers)
    assert all(sign in names for sign in "'\"&\\éÆŻ<")
    assert any(row["PAYLOKFLG"] == 2 for row in suppliers)
    assert any(row["ENAFLG"] == 1 for row in suppliers)
    assert any(row["DOUFLG"] == 2 for row in suppliers)
    charts = {chart: set() for chart in ("USA", "CAN")}  # type: dict[str, set[str]]
    for row in rows(state, "GACCOUNT"):
        charts[row["COA"]].add(row["ACC"])
    assert charts["USA"] & charts["CAN"]
    periods = [row for row in rows(state, "PERIOD") if (row["CPY"], row["LEDTYP"]) == ("US10", 1)]
    by_start = {row["PERSTR"]: row["PERSTA"] for row in periods}
    assert by_start["2026-07-01"] == 3
    assert [by_start[f"2026-{month:02d}-01"] for month in (8, 9, 10, 11, 12)] == [2] * 5
    assert by_start["2027-01-01"] == 1
    assert {row["DIE"] for row in rows(state, "CACCE")} == {"DPT", "PRJ", "LOC"}


def test_old_invoices_are_paid_and_no_stamp_is_ahead(state: State) -> None:
    limit = (date.fromisoformat(TODAY) - timedelta(days=PAID_AFTER_DAYS)).isoformat()
    items = rows(state, "GACCDUDATE")
    posted_on = {row["NUM"]: row["ACCDAT"] for row in rows(state, "PINVOICE")}
    old = [item["FLGCLE"] for item in items if posted_on[item["NUM"]] < limit]
    young = [item["FLGCLE"] for item in items if posted_on[item["NUM"]] >= limit]
    assert old.count(2) / len(old) > 0.9
    assert set(young) == {1}
    stamps = [row["UPDDATTIM"] for name in ("PINVOICE", "GACCDUDATE") for row in rows(state, name)]
    assert max(stamps) <= f"{TODAY}T00:00:00Z"
    assert max(Counter(stamps).values()) > 1


def test_no_invoices_gives_master_data_only() -> None:
    empty = company(invoices=0)
    assert len(empty.table("x3:PINVOICE")) == 0
    assert len(empty.table("x3:BPSUPPLIER")) == 300


@pytest.mark.parametrize(
    ("start", "term", "due"),
    [
        ("2026-02-27", (30, 0, 1), "2026-03-29"),
        ("2026-01-31", (0, 1, 1), "2026-02-28"),
        ("2026-12-15", (0, 2, 1), "2027-02-15"),
        ("2026-11-10", (45, 0, 3), "2026-12-31"),
        ("2026-11-10", (0, 0, 2), "2026-12-31"),
        ("2026-12-10", (0, 0, 2), "2027-01-31"),
    ],
)
def test_due_dates_follow_the_term(start: str, term: tuple[int, int, int], due: str) -> None:
    row = dict(zip(("NBRDAY", "NBRMON", "ENDMONFLG"), term, strict=True))
    assert due_date(date.fromisoformat(start), row).isoformat() == due


def test_a_notch_brings_invoices_and_posts_some(tmp_path: Path) -> None:
    state = company(invoices=300, path=tmp_path / "a.db")
    for _step in range(3):
        before = rows(state, "PINVOICE")
        waiting = {row["NUM"] for row in before if row["STA"] == 2}
        life_x3.notch(state)
        after = rows(state, "PINVOICE")
        assert 8 <= len(after) - len(before) <= 20
        assert {row["ACCDAT"] for row in after[len(before) :]} == {state.now().date().isoformat()}
        posted = [row for row in after if row["NUM"] in waiting and row["STA"] == 3]
        assert posted
    state.close()


def test_persons_events_move_what_x3_would_move(tmp_path: Path) -> None:
    state = company(invoices=0, path=tmp_path / "a.db")
    number = life_x3.invoice(state, {"BPR": "0113"}, post=True)
    payment = life_x3.pay_by_hand(state, number, "60.00")
    item = state.table("x3:GACCDUDATE").get(f"SPINV~{number}~1~1")
    assert item is not None
    assert (item["PAYCUR"], item["FLGCLE"]) == ("50.00", 2)
    life_x3.EVENTS["reverse_payment"](state, payment)
    assert (item["PAYCUR"], item["FLGCLE"]) == ("0.00", 1)
    life_x3.set_level(state, number, 3)
    assert item["FLGPAZ"] == 3
    life_x3.change_invoice(state, number, {"INVREF": "X"}, {"1": {"DES": "changed"}})
    line = state.table("x3:BPSINVLIG").get(f"{number}~1")
    assert line is not None
    assert line["DES"] == "changed"
    life_x3.supplier(state, {"BPSNUM": "0900", "BPSNAM": "New"})
    life_x3.hold_supplier(state, "0900")
    held = state.table("x3:BPSUPPLIER").get("0900")
    assert held is not None
    assert held["PAYLOKFLG"] == 2
    life_x3.cancel_invoice(state, number)
    assert len(rows(state, "GACCDUDATE")) == len(rows(state, "BPSINVLIG")) == 0
    with pytest.raises(LookupError):
        life_x3.post(state, number)
    state.close()
