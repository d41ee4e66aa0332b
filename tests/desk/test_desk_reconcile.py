"""The month end by the facade: made, looked into, noted, signed off, compared, exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from core.desk_reconcile_views import ACTS, STEP_TITLES
from core.domain.reconcile_books import Period, kept, to_json
from core.domain.reconcile_parts import CAUSES, STEPS
from core.engine import month_end
from core.errors import ConfigError
from core.facade import Facade
from core.store import history, snapshots, tables
from tests.campaigns.planted_books import PLANTS, Books, clean
from tests.campaigns.reconciling import POLICY
from tests.desk.reconcile_desk import Moment, facade_in, store_of

OCTOBER = "2026-10"


@pytest.fixture
def clock() -> Moment:
    return Moment()


@pytest.fixture
def facade(tmp_path: Path, clock: Moment) -> Iterator[Facade]:
    made = facade_in(tmp_path / "data", clock)
    yield made
    store_of(made).close_thread()


def plant(facade: Facade, *causes: str, each: int = 2) -> Books:
    books = Books(5)
    for _ in range(4):
        clean(books)
    for cause in causes:
        for _ in range(each):
            PLANTS[cause](books)
    books.store(store_of(facade))
    return books


def turn(facade: Facade) -> None:
    """The snapshot that the first run of November keeps."""
    store = store_of(facade)
    period = Period.parse(OCTOBER)
    made = kept(month_end.books_of(store, POLICY, period), period)
    with store.write():
        snapshots.keep(
            store, snapshots.draft(to_json(made)), kind=snapshots.TURN, period=OCTOBER,
            at=made.at, run=1, actor="engine",
        )  # fmt: skip


def actions(facade: Facade) -> list[str]:
    return [row["action"] for row in history.stream(store_of(facade))]


def test_every_cause_has_its_words() -> None:
    assert set(ACTS) == set(CAUSES)
    assert tuple(STEP_TITLES) == STEPS


def test_a_statement_is_kept_with_what_it_was_made_from(facade: Facade) -> None:
    books = plant(facade, "rejected", "not_sent_yet")
    view = facade.reconcile(OCTOBER)
    assert (view.title, view.is_as_of_today) == (
        "Reconciliation October 2026, balances as of today (2026-11-01)",
        True,
    )
    assert view.is_explained
    assert facade.reconciliation(view.id) == view
    planted = {(key[3], key[4]): amount for key, amount in books.expected.items()}
    drilled = {
        (line.cause, document.document): int(Decimal(document.amount) * 100)
        for line in view.causes
        for document in facade.reconciled_documents(
            view.id, line.company, line.currency, line.step, line.cause
        )
    }
    assert drilled == planted
    for balance in view.balances:
        left = Decimal(balance.avidxchange) + Decimal(balance.explained)
        assert Decimal(balance.x3) == left + Decimal(balance.unexplained)
    assert actions(facade)[-2:] == ["snapshot", "reconciled"]
    stored = snapshots.snapshot_row(store_of(facade), view.snapshot)
    assert stored is not None
    assert view.snapshot_hash == stored.hash


def test_the_months_turn_goes_before_today(facade: Facade, clock: Moment) -> None:
    plant(facade, "in_transit")
    turn(facade)
    clock.at += timedelta(days=9)
    view = facade.reconcile(OCTOBER)
    assert view.title == "Reconciliation October 2026, balances as of 2026-11-01"
    assert {line.cause for line in view.causes} == {"in_transit"}
    today = facade.reconcile(OCTOBER, today=True)
    assert today.is_as_of_today
    assert today.at[:10] == "2026-11-10"
    assert (today.before, today.changed) == (view.id, 0)


def test_a_new_statement_says_what_changed(facade: Facade) -> None:
    books = plant(facade, "not_sent_yet", each=1)
    first = facade.reconcile(OCTOBER)
    assert (first.before, first.changed) == (0, 0)
    ((*_, number), amount) = next(iter(books.expected.items()))
    store = store_of(facade)
    with store.write():
        query = tables.Invoice.update(state="excluded", why="Out of scope.")
        store.change(query.where(tables.Invoice.number == number))
    again = facade.reconcile(OCTOBER)
    assert (again.before, again.changed) == (first.id, 1)
    (moved,) = facade.reconciliation_changes(again.id)
    assert (moved.document, moved.before, moved.now) == (
        number,
        "Not sent to AvidXchange yet",
        "Not carried by Crossfoot",
    )
    assert moved.before_amount == moved.now_amount == f"{Decimal(amount) / 100:.2f}"


def test_notes_belong_to_the_month(facade: Facade) -> None:
    plant(facade, "posted_by_hand", each=1)
    view = facade.reconcile(OCTOBER)
    (line,) = view.causes
    where = {"company": line.company, "currency": line.currency, "cause": line.cause}
    facade.note_reconciliation(view.id, " Two wires ", **where)
    (document,) = facade.reconciled_documents(
        view.id, line.company, line.currency, line.step, line.cause
    )
    facade.note_reconciliation(view.id, "Clerk 1", document=document.document, **where)
    again = facade.reconcile(OCTOBER)
    assert again.causes[0].note == "Two wires"
    (document,) = facade.reconciled_documents(
        again.id, line.company, line.currency, line.step, line.cause
    )
    assert document.note == "Clerk 1"
    facade.note_reconciliation(again.id, "", **where)
    assert facade.reconciliation(again.id).causes[0].note == ""
    assert actions(facade).count("noted") == 3
    with pytest.raises(ConfigError, match="no cause bad luck"):
        facade.note_reconciliation(view.id, "x", **(where | {"cause": "bad luck"}))


def test_sign_off_holds_reviewer_figures_and_hash(facade: Facade) -> None:
    plant(facade, "rejected", each=1)
    old = facade.reconcile(OCTOBER)
    view = facade.reconcile(OCTOBER)
    for number, reviewer, why in (
        (view.id, "  ", "needs the reviewer"),
        (old.id, "Controller", "Only the last statement"),
    ):
        with pytest.raises(ConfigError, match=why):
            facade.sign_off(number, reviewer)
    signed = facade.sign_off(view.id, " Controller ", "all looked at")
    assert (signed.signed_by, signed.note, signed.may_sign) == (
        "Controller",
        "all looked at",
        False,
    )
    with pytest.raises(ConfigError, match="signed it off"):
        facade.sign_off(view.id, "Somebody")
    row = list(history.stream(store_of(facade)))[-1]
    assert (row["action"], row["object"], row["actor"]) == ("signed off", "period 2026-10", "anna")
    after = json.loads(row["after"])
    assert (after["reviewer"], after["hash"], row["result"]) == (
        "Controller",
        view.hash,
        view.hash,
    )
    assert snapshots.signed(store_of(facade), OCTOBER, "") is not None


def test_what_is_unexplained_is_signed_off_only_with_a_word(facade: Facade) -> None:
    plant(facade, "unexplained", each=3)
    view = facade.reconcile(OCTOBER)
    assert not view.is_explained
    with pytest.raises(ConfigError, match="say in the note"):
        facade.sign_off(view.id, "Controller")
    assert facade.sign_off(view.id, "Controller", "written off").signed_by == "Controller"


def test_a_month_that_has_not_ended_is_not_signed_off(facade: Facade) -> None:
    plant(facade)
    view = facade.reconcile("2026-11")
    assert not view.may_sign
    with pytest.raises(ConfigError, match="has ended"):
        facade.sign_off(view.id, "Controller")


def test_one_company_and_what_is_refused(facade: Facade) -> None:
    plant(facade, "rejected", each=5)
    view = facade.reconcile(OCTOBER, "US10")
    assert {line.company for line in view.causes} == {"US10"}
    with pytest.raises(ConfigError, match="no company XX"):
        facade.reconcile(OCTOBER, "XX")
    with pytest.raises(ConfigError, match="no month"):
        facade.reconcile("2026-13")
    with pytest.raises(ConfigError, match="No statement is kept"):
        facade.reconciliation(99)
    lines = list(facade.reconciliation_lines(view.id))
    assert list(lines[0])[:5] == ["company", "currency", "cause", "amount", "documents"]
    assert lines[-1]["totals"][0]["company"] == "US10"


def test_snapshots_on_demand_do_not_pile_up_and_signed_ones_stay(facade: Facade) -> None:
    plant(facade)
    turn(facade)
    first = facade.sign_off(facade.reconcile(OCTOBER, today=True).id, "Controller")
    for _ in range(8):
        facade.reconcile(OCTOBER, today=True)
    store = store_of(facade)
    kinds = [row["kind"] for row in store.rows(tables.Snapshot.select(tables.Snapshot.kind))]
    assert sorted(kinds) == ["demand"] * 6 + ["turn"]
    assert facade.reconciliation(first.id).signed_by == "Controller"
    assert store.problems() == []


def test_a_damaged_snapshot_is_told_and_never_used(facade: Facade) -> None:
    plant(facade)
    turn(facade)
    store = store_of(facade)
    with store.write():
        store.change(tables.Snapshot.update(body=b"damaged"))
    with pytest.raises(Exception, match="cannot be used") as raised:
        facade.reconcile(OCTOBER)
    assert getattr(raised.value, "code", "") == "STO-01"


def test_the_workbook_holds_every_document_and_computes_nothing(
    facade: Facade, tmp_path: Path
) -> None:
    books = plant(facade, *PLANTS, each=2)
    store = store_of(facade)
    odd = "=HYPERLINK(1)"
    with store.write():
        store.change(tables.Invoice.update(why=odd).where(tables.Invoice.state == "held"))
        store.change(tables.Invoice.update(why=odd).where(tables.Invoice.state == "ready"))
        store.change(tables.Invoice.update(why=odd).where(tables.Invoice.state == "needs_mapping"))
    view = facade.reconcile(OCTOBER)
    done = facade.export_reconciliation(view.id, tmp_path / "october.xlsx")
    book = openpyxl.load_workbook(tmp_path / "october.xlsx")
    assert book.sheetnames[:4] == ["Summary", "Differences", "Items", "Accruals"]
    assert book.sheetnames[-1] == "Evidence"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
    assert any(cell.value == odd for cell in cells)
    items = book["Items"]
    header = [cell.value for cell in items[1]]
    at, exact = header.index("Difference"), header.index("Difference, exact")
    rows = [row for row in items.iter_rows(min_row=2) if row[exact].value]
    assert sum(int(Decimal(str(r[exact].value)) * 100) for r in rows) == sum(
        books.expected.values()
    )
    assert all(Decimal(str(r[at].value)) == Decimal(str(r[exact].value)) for r in rows)
    assert len(rows) == len(books.expected)
    foot = items.oddFooter
    assert foot is not None
    assert done["head"] in str(foot.left.text)
    evidence = {row[0].value: row[1].value for row in book["Evidence"].iter_rows()}
    assert evidence["Hash of the statement"] == view.hash
    with pytest.raises(ConfigError, match="neither"):
        facade.export_reconciliation(view.id, tmp_path / "october.csv")


def test_what_can_be_reconciled_and_the_youngest_statement_are_offered(
    facade: Facade, clock: Moment
) -> None:
    plant(facade, "rejected", each=4)
    clock.at += timedelta(days=92)  # over the turn of the year
    choices = facade.reconcilable()
    assert choices.months[:3] == ("2027-02", "2027-01", "2026-12")
    assert choices.months[-1] == "2026-01"
    assert choices.companies == ("CA10", "US10")
    assert facade.last_statement(OCTOBER) is None
    first = facade.reconcile(OCTOBER)
    clock.at += timedelta(hours=1)
    second = facade.reconcile(OCTOBER, today=True)
    assert second.id != first.id
    assert facade.last_statement(OCTOBER) == second
    assert facade.last_statement(OCTOBER, "US10") is None
    lines = [line for line in second.causes if line.cause == "rejected"]
    for line in lines:
        found = facade.reconciled_documents(
            second.id, line.company, line.currency, line.step, line.cause
        )
        assert all(one.is_invoice for one in found)
