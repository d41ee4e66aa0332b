"""Every list by pages is the plain sort; filters mean what the find box writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core.desk import Desk
from core.desk_lists import NAMES, ListSource, Query
from core.store import queries_lists
from core.store.listing import condition_of

ORDERS = {
    "invoices": ("", "state", "supplier", "due_date", "amount", "open_x3", "age", "why"),
    "payments": ("", "state", "amount", "payment_date", "method"),
    "review": ("", "code", "amount", "since", "age"),
    "runs": ("", "started", "by"),
    "audit": ("", "sequence", "action", "object"),
    "vendors": ("", "rank", "state", "name", "score", "waiting"),
    "gl": ("", "rank", "key2", "code"),
    "dimensions": ("", "rank", "key1"),
}
KEYS = {"invoices": "number", "payments": "payment_id", "review": "id", "runs": "run",
        "audit": "sequence", "vendors": "key", "gl": "key", "dimensions": "key"}  # fmt: skip


def paged(source: ListSource, wanted: Query, limit: int) -> list[Any]:
    rows: list[Any] = []
    after: Any = None
    while True:
        page = source.page(wanted, after, limit)
        assert len(page.rows) <= limit
        rows += page.rows
        if page.next is None:
            return rows
        after = page.next


def rows_of(desk: Desk, name: str, **members: str) -> list[Any]:
    return list(desk.source(name).rows(Query(members=members)))


@pytest.mark.parametrize("name", NAMES)
def test_pages_in_every_order_hold_every_row_once(worked: Desk, name: str) -> None:
    source, key = worked.source(name), KEYS[name]
    everything = sorted(row[key] for row in source.rows(Query()))
    assert everything
    assert source.count(Query()) == len(everything)
    for order in ORDERS[name]:
        up = paged(source, Query(order=order), 37)
        down = paged(source, Query(order=order, descending=True), 53)
        assert sorted(row[key] for row in up) == everything
        assert [row[key] for row in up] == [row[key] for row in down][::-1]


def test_amounts_dates_and_texts_are_in_order(worked: Desk) -> None:
    source = worked.source("invoices")
    listed = list(source.rows(Query(order="amount")))
    amounts = [Decimal(row["amount"]) for row in listed]
    assert amounts == sorted(amounts)
    dues = [row["due_date"] for row in source.rows(Query(order="due_date"))]
    assert dues == sorted(dues)
    ages = [row["age"] for row in source.rows(Query(order="age"))]
    assert ages == sorted(ages)
    opened = [row["open_x3"] for row in source.rows(Query(order="open_x3"))]
    known = [Decimal(text) for text in opened if text is not None]
    assert opened[: opened.count(None)] == [None] * opened.count(None)
    assert known == sorted(known)


def test_alternatives_and_comparisons(worked: Desk) -> None:
    rows = rows_of(worked, "invoices")
    states = sorted({row["state"] for row in rows})[:2]
    found = rows_of(worked, "invoices", state=",".join(states))
    assert {row["number"] for row in found} == {
        row["number"] for row in rows if row["state"] in states
    }
    found = rows_of(worked, "invoices", amount=">1000 <=3000")
    assert found
    assert {row["number"] for row in found} == {
        row["number"] for row in rows if 1000 < Decimal(row["amount"]) <= 3000
    }
    day = sorted(row["document_date"] for row in rows)[len(rows) // 2]
    found = rows_of(worked, "invoices", document_date=f">={day}")
    assert len(found) == len([row for row in rows if row["document_date"] >= day])


def test_a_supplier_is_found_by_its_name_and_by_its_code(worked: Desk) -> None:
    row = next(row for row in rows_of(worked, "invoices") if row["supplier_name"])
    word = row["supplier_name"].split()[0].upper()
    by_name = rows_of(worked, "invoices", supplier=word)
    assert row["number"] in {entry["number"] for entry in by_name}
    assert all(word.casefold() in entry["supplier_name"].casefold() for entry in by_name)
    by_code = rows_of(worked, "invoices", supplier=row["supplier"])
    assert {entry["supplier"] for entry in by_code} == {row["supplier"]}
    by_text = list(worked.source("invoices").rows(Query(text=row["number"].lower())))
    assert [entry["number"] for entry in by_text] == [row["number"]]


def test_what_is_typed_is_no_pattern(worked: Desk) -> None:
    assert rows_of(worked, "invoices", number="%") == []
    assert list(worked.source("invoices").rows(Query(text="_______"))) == []


def test_audit_by_day_run_and_object(worked: Desk) -> None:
    rows = rows_of(worked, "audit")
    today = datetime.now(UTC).date()
    assert len(rows_of(worked, "audit", time=f">={today - timedelta(days=1)}")) == len(rows)
    assert rows_of(worked, "audit", time=f">{today + timedelta(days=1)}") == []
    run = rows_of(worked, "audit", run="1")
    assert run
    assert {row["run"] for row in run} == {1}
    number = rows_of(worked, "invoices", state="sent,in_approval,approved")[0]["number"]
    assert all(number in row["object"] for row in rows_of(worked, "audit", object=number))


def test_items_that_ask_and_items_that_wait(worked: Desk) -> None:
    asking, waiting = rows_of(worked, "review", asks="yes"), rows_of(worked, "review", asks="no")
    assert len(asking) + len(waiting) == worked.source("review").count(Query())
    assert not any(row["waits"] for row in asking)
    assert all(row["waits"] for row in waiting)
    health = worked.health()
    assert (health.needs_you, health.waiting) == (len(asking), len(waiting))


def test_what_asks_amounts_to_its_documents_each_once_by_currency(worked: Desk) -> None:
    asked = Query(members={"asks": "yes"})
    items = list(worked.source("review").rows(asked))
    names = {name for item in items for name in item["documents"]}
    sums: dict[str, Decimal] = {}
    for name in ("invoices", "payments"):
        for row in worked.source(name).rows(Query()):
            if row[KEYS[name]] in names:
                before = sums.get(row["currency"], Decimal(0))
                sums[row["currency"]] = before + Decimal(row["amount"])
    assert len(sums) > 1
    totals = worked.source("review").totals(asked)
    assert {key: Decimal(text) for key, text in totals.items()} == sums
    mixed = next(item for item in items if len(item["amounts"]) > 1)
    assert mixed["currency"] == ""
    assert set(mixed["amounts"]) <= set(sums)


def test_an_object_is_found_by_its_whole_name_or_by_a_part(worked: Desk) -> None:
    number = rows_of(worked, "invoices", state="sent,in_approval,approved")[0]["number"]
    source = worked.source("audit")
    whole = rows_of(worked, "audit", object=f"={number}")
    assert whole
    assert {row["object"] for row in whole} == {number}
    parts = rows_of(worked, "audit", object=number)
    assert len(parts) > len(whole)
    assert source.count(Query(members={"object": number})) == len(parts)
    by_object = list(source.rows(Query(members={"object": number}, order="object")))
    assert [row["object"] for row in by_object] == sorted(row["object"] for row in parts)


def test_an_exact_name_is_looked_up_in_the_index(worked: Desk) -> None:
    listing = queries_lists.audit_list(worked._store)
    condition = condition_of(listing.members["object"], "=PIH1", datetime.now(UTC))
    query = listing.query.where(condition).order_by(listing.key.desc()).limit(200)
    sql, values = query.bind(worked._store.db).sql()
    plan = worked._store.db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    assert [row[3] for row in plan] == ["SEARCH t1 USING INDEX audit_object (object=?)"]


def test_what_is_not_there_is_said(worked: Desk) -> None:
    with pytest.raises(ValueError, match="There is no list wishes"):
        worked.source("wishes")
    source = worked.source("invoices")
    with pytest.raises(ValueError, match="not sorted by colour"):
        source.page(Query(order="colour"), None, 10)
    with pytest.raises(ValueError, match="no colour"):
        source.count(Query(members={"colour": "red"}))
    with pytest.raises(ValueError, match="no amount"):
        source.count(Query(members={"amount": ">much"}))
    with pytest.raises(ValueError, match="no date"):
        source.count(Query(members={"due_date": ">soon"}))


def test_totals_are_the_sum_of_the_rows(worked: Desk) -> None:
    source, wanted = worked.source("invoices"), Query(members={"state": "excluded,sent"})
    sums: dict[str, Decimal] = {}
    for row in source.rows(wanted):
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    assert {key: Decimal(text) for key, text in source.totals(wanted).items()} == sums


def test_a_view_is_exported_as_it_is_shown(worked: Desk, tmp_path: Path) -> None:
    columns = [("number", "X3 no."), ("supplier", "Supplier"), ("amount", "Amount")]
    wanted = Query(members={"amount": ">0"}, order="amount", descending=True)
    rows = list(worked.source("invoices").rows(wanted))
    for name in ("view.xlsx", "view.csv", "view.json"):
        assert worked.export("invoices", wanted, columns, tmp_path / name) == len(rows)
    sheet = openpyxl.load_workbook(tmp_path / "view.xlsx").active
    assert sheet is not None
    cells = list(sheet.values)
    assert cells[0] == ("X3 no.", "Supplier", "Amount")
    assert cells[1][:2] == (rows[0]["number"], rows[0]["supplier"])
    lines = (tmp_path / "view.json").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["X3 no."] == rows[0]["number"]
    assert len(lines) == len(rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "view.csv",
        "view.json",
        "view.xlsx",
    ]


def test_actions_of_a_plan_are_a_list(worked: Desk) -> None:
    first = next(iter(worked.source("runs").rows(Query())))
    plan = worked.plan(first["plan_hash"])
    assert plan is not None
    assert not plan.is_current
    source = worked.source(f"actions:{plan.hash}")
    rows = list(source.rows(Query()))
    assert len(rows) == plan.actions == sum(plan.kinds.values())
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    action = worked.action(plan.hash, 1)
    assert action is not None
    assert action.row == rows[0]
    assert rows[0]["reference"] in action.body
    assert worked.action(plan.hash, len(rows) + 1) is None
