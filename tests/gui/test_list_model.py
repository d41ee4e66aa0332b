"""Pages of a list over a real store: complete, in order, kept while reading, few in memory."""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QObject, Qt
from pytestqt.qtbot import QtBot

from tests.gui.list_source import SPEC, SqliteSource, fill
from ui.bridge import Bridge
from ui.list_spec import Figures, Query
from ui.list_window import Window
from ui.models import PAGE, ROW_ROLE, PagedModel

ROWS = 1_130


class Site:
    """A model over a store of its own."""

    def __init__(self, path: Path, rows: int = ROWS) -> None:
        fill(path, rows)
        self.source = SqliteSource(path)
        self.bridge = Bridge()
        self.owner = QObject()
        self.model = PagedModel(SPEC, self.source, self.bridge, self.owner)

    def settle(self, qtbot: QtBot) -> None:
        qtbot.waitUntil(lambda: self.model.has_read and not self.model.is_busy)

    def keys(self) -> list[Any]:
        return [self.model.key_at(number) for number in range(self.model.rowCount())]

    def read_all(self, qtbot: QtBot) -> None:
        while self.model.canFetchMore(QModelIndex()):
            self.model.fetchMore(QModelIndex())
            self.settle(qtbot)


@pytest.fixture
def site(qapp: QObject, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "list.db")
    yield made
    made.bridge.close(made.source.close)


def sorted_keys(site: Site, order: str, *, descending: bool) -> list[Any]:
    query = Query(order=order, descending=descending)
    rows = site.source.page(query, None, 10 * ROWS).rows
    return [row["number"] for row in rows]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ["number", "supplier", "amount", "state"])
def test_pages_equal_a_plain_sort(
    site: Site, qtbot: QtBot, order: str, *, descending: bool
) -> None:
    expected = sorted_keys(site, order, descending=descending)
    site.source.close()
    site.source._store = None
    site.model.ask(Query(order=order, descending=descending))
    site.settle(qtbot)
    site.read_all(qtbot)
    assert site.keys() == expected
    assert site.source.threads >= {"reader_0"}


def test_read_backward_from_the_end_it_is_the_same_list(site: Site, qtbot: QtBot) -> None:
    site.model.ask(Query(order="supplier"))
    site.settle(qtbot)
    with qtbot.waitSignal(site.model.end_reached):
        site.model.go_to_end()
    site.settle(qtbot)
    assert (site.model.is_at_start, site.model.is_at_end) == (False, True)
    while not site.model.is_at_start:
        site.model.need(0, 20)
        site.settle(qtbot)
    keys = site.keys()
    site.model.ask(Query(order="supplier"))
    site.model.reload()
    qtbot.waitUntil(lambda: site.model.rowCount() == PAGE)
    site.read_all(qtbot)
    assert keys == site.keys()
    assert len(keys) == ROWS


def test_a_jump_to_the_end_costs_one_page(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    site.settle(qtbot)
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    asked = len(site.source.pages)
    with qtbot.waitSignal(site.model.end_reached):
        site.model.go_to_end()
    assert site.source.pages[asked:] == [(site.model.query.turned(), None)]
    assert site.model.key_at(site.model.rowCount() - 1) == "PIH0000000"


def test_counts_and_totals_follow_the_page(site: Site, qtbot: QtBot) -> None:
    site.model.ask(Query("Paper", {"state": "held,paid"}, "number"))
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    site.read_all(qtbot)
    rows = [site.model.row_at(number) or {} for number in range(site.model.rowCount())]
    total = sum(Decimal(row["amount"]) for row in rows)
    assert len(rows) > 0
    assert {row["supplier"] for row in rows} == {"Delmarva Paper Mill"}
    assert {row["state"] for row in rows} == {"held", "paid"}
    assert site.model.figures == Figures(len(rows), ROWS, {"USD": str(total)})


def test_old_rows_stay_while_new_ones_are_read(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    site.settle(qtbot)
    before = site.keys()
    site.source.gate.clear()
    site.model.ask(Query("Paper", {}, "number"))
    qtbot.wait(50)
    assert site.model.is_busy
    assert site.keys() == before
    assert not site.model.canFetchMore(QModelIndex())
    site.source.gate.set()
    qtbot.waitUntil(lambda: site.keys() != before)


def test_only_the_last_question_is_answered(site: Site, qtbot: QtBot) -> None:
    site.source.gate.clear()
    for text in ("Paper", "Label", "Electric"):
        site.model.ask(Query(text, {}, "number"))
    site.source.gate.set()
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    names = {(site.model.row_at(n) or {})["supplier"] for n in range(site.model.rowCount())}
    assert names == {"Sable Ridge Electric"}
    assert "Label" not in [query.text for query, _ in site.source.pages]


def test_an_error_stops_paging_until_it_is_read_again(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    site.source.error = OSError("disk is gone")
    with qtbot.waitSignal(site.model.problem_changed) as told:
        site.model.fetchMore(QModelIndex())
    assert isinstance(told.args, list)
    assert str(told.args[0]) == "disk is gone"
    assert site.model.rowCount() == PAGE
    assert not site.model.canFetchMore(QModelIndex())
    site.source.error = None
    with qtbot.waitSignal(site.model.problem_changed) as told:
        site.model.reload()
    assert told.args == [None]
    assert site.model.canFetchMore(QModelIndex())


def test_pages_far_from_the_eye_are_let_go_and_read_again(site: Site, qtbot: QtBot) -> None:
    site.model.most_pages = 2
    site.model.ask(site.model.query)
    site.settle(qtbot)
    first = site.keys()
    site.read_all(qtbot)
    assert site.model.rowCount() == ROWS
    assert site.model.row_at(0) is None
    assert site.model.data(site.model.index(0, 0)) is None
    site.model.need(0, 20)
    site.settle(qtbot)
    assert [site.model.key_at(n) for n in range(PAGE)] == first
    assert site.model.key_at(ROWS - 1) is None


def test_rows_deleted_meanwhile_leave_no_hole(site: Site, qtbot: QtBot) -> None:
    site.model.most_pages = 1
    site.model.ask(Query(order="number"))
    site.settle(qtbot)
    site.read_all(qtbot)
    with sqlite3.connect(site.source.path) as store:
        store.execute("DELETE FROM invoice WHERE number >= 'PIH0001000'")
        store.execute("DELETE FROM invoice WHERE number BETWEEN 'PIH0000200' AND 'PIH0001000'")
    store.close()
    site.model.need(250, 260)
    site.settle(qtbot)
    assert site.model.rowCount() == ROWS - PAGE


def test_values_change_in_place_when_the_rows_are_the_same(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    resets: list[int] = []
    site.model.modelReset.connect(lambda: resets.append(1))
    site.source._store = None
    with sqlite3.connect(site.source.path) as store:
        store.execute("UPDATE invoice SET state='held' WHERE number='PIH0001120'")
    store.close()
    with qtbot.waitSignal(site.model.dataChanged) as changed:
        site.model.note_change(is_at_top=True)
    assert changed.args is not None
    assert changed.args[0].row() == changed.args[1].row() == ROWS - 1 - 1120
    assert not resets


def test_ten_thousand_questions_of_qt(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    site.settle(qtbot)
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole, ROW_ROLE)
    answers = [
        site.model.data(site.model.index(number % PAGE, number % 11), role)
        for number in range(12_000)
        for role in roles
    ]
    assert answers.count(None) == 12_000
    heads = [
        site.model.headerData(at % 11, Qt.Orientation.Vertical, Qt.ItemDataRole.DisplayRole)
        for at in range(12_000)
    ]
    assert set(heads) == {None}


def test_a_row_is_read_aloud_as_one_sentence(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    site.settle(qtbot)
    row = site.model.row_at(0)
    assert row is not None
    said = site.model.data(site.model.index(0, 2), Qt.ItemDataRole.AccessibleTextRole)
    assert said == SPEC.sentence(row)


def test_an_empty_window_answers_for_nothing() -> None:
    window = Window()
    assert len(window) == 0
    assert window.rows_between(0, 10) == []
    assert not window.has_next
    assert not window.has_previous


def test_a_change_while_a_page_is_on_its_way_is_not_missed(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    with qtbot.waitSignal(site.model.change_missed):
        site.model.fetchMore(QModelIndex())
        site.model.note_change(is_at_top=False)


def test_a_jump_does_not_cost_the_counts(site: Site, qtbot: QtBot) -> None:
    site.model.ask(Query(order="amount"))
    site.model.ask(Query(order="number"))
    qtbot.waitUntil(lambda: site.model.has_read)
    site.model.go_to_end()
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    assert site.model.figures.matched == ROWS


def test_a_failed_count_does_not_stop_the_pages(site: Site, qtbot: QtBot) -> None:
    site.model.ask(site.model.query)
    qtbot.waitUntil(lambda: bool(site.model.figures.totals))
    site.source.error = OSError("busy")
    with qtbot.waitSignal(site.model.problem_changed):
        site.model.note_change(is_at_top=False)
    site.source.error = None
    site.read_all(qtbot)
    assert len(set(site.keys())) == ROWS
