"""The list as a person uses it, over 100,000 rows in SQLite: keys, sorting, finding, copying."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject, QPoint, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.list_source import SPEC, SqliteSource, fill
from ui import theme
from ui.bridge import Bridge
from ui.find_syntax import Term
from ui.list_view import ListView
from ui.reading_order import InReadingOrder

ROWS = 100_000
NEWEST = f"PIH{ROWS - 1:07}"
KEY = Qt.Key
_NONE = Qt.KeyboardModifier.NoModifier
# What the platform without a screen says of every window; it is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("list") / "list.db"
    fill(path, ROWS)
    return path


class Room(InReadingOrder, QWidget):
    """A window as the program has them."""


class Desk:
    """A window with a field before the list and one behind it."""

    def __init__(self, path: Path, qtbot: QtBot, settings: QSettings | None = None) -> None:
        self.qtbot = qtbot
        self.source = SqliteSource(path)
        self.bridge = Bridge()
        self.window = Room()
        self.before, self.behind = QLineEdit(), QLineEdit()
        self.view = ListView(SPEC, self.source, self.bridge, settings)
        column = QVBoxLayout(self.window)
        for part in (self.before, self.view, self.behind):
            column.addWidget(part)
        self.window.resize(1300, 700)
        self.model, self.table = self.view.model, self.view.table
        self.find = self.view.filter_row.box

    def open(self) -> None:
        self.window.show()
        self.qtbot.waitExposed(self.window)
        self.window.activateWindow()
        self.view.start()
        self.settle()
        self.qtbot.waitUntil(lambda: bool(self.model.figures.totals))

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.model.has_read and not self.model.is_busy)
        self.qtbot.wait(20)

    def press(self, key: Qt.Key, *, on: QWidget | None = None, modifier: Any = _NONE) -> None:
        QTest.keyClick(on or self.table, key, modifier)

    def current(self) -> Any:
        row = self.view.current_row()
        return None if row is None else row["number"]

    def close(self) -> None:
        self.bridge.close(self.source.close)
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def desk(store: Path, qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(store, qtbot)
    made.open()
    yield made
    made.close()


@pytest.fixture
def own_desk(tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """With a store that the test may change."""
    fill(tmp_path / "own.db", 1_000)
    made = Desk(tmp_path / "own.db", qtbot)
    made.open()
    yield made
    made.close()


def change(desk: Desk, sql: str) -> None:
    with sqlite3.connect(desk.source.path) as store:
        store.execute(sql)
    store.close()


def add(desk: Desk, count: int) -> None:
    for number in range(count):
        change(
            desk,
            "INSERT INTO invoice SELECT 'PIZ' || substr(number, 4), state, supplier, document,"
            " document_date, due_date, amount, open_x3, open_avid, why FROM invoice"
            f" WHERE number = 'PIH000000{number}'",
        )


def test_it_opens_on_the_first_row_with_count_and_total(desk: Desk) -> None:
    assert desk.current() == NEWEST
    assert desk.view.filter_row.count.text() == "100,000 invoices"
    assert desk.view.filter_row.total.text().endswith(" USD")
    assert desk.table.accessibleName() == "Invoices"
    assert desk.model.rowCount() == 200


def test_the_keyboard_goes_through_the_list_and_out_of_it(desk: Desk) -> None:
    desk.view.filter_row.export_button.setFocus()
    desk.press(KEY.Key_Tab, on=desk.view.filter_row.export_button)
    assert desk.table.hasFocus()
    desk.press(KEY.Key_Down)
    desk.press(KEY.Key_PageDown)
    desk.press(KEY.Key_Up)
    assert desk.current() < NEWEST
    desk.press(KEY.Key_Tab)
    assert desk.behind.hasFocus()
    desk.press(KEY.Key_Backtab, on=desk.behind)
    assert desk.table.hasFocus()
    desk.press(KEY.Key_F, modifier=Qt.KeyboardModifier.ControlModifier)
    assert desk.find.hasFocus()
    desk.press(KEY.Key_Down, on=desk.find)
    assert desk.table.hasFocus()


def test_end_and_home_reach_the_ends_of_the_whole_list(desk: Desk) -> None:
    asked = len(desk.source.pages)
    desk.press(KEY.Key_End)
    desk.qtbot.waitUntil(lambda: desk.current() == "PIH0000000")
    assert len(desk.source.pages) - asked <= 2
    for _ in range(12):
        desk.press(KEY.Key_PageUp)
        desk.settle()
    shown = [desk.model.key_at(number) for number in range(desk.model.rowCount())]
    assert shown == sorted(shown, reverse=True)
    assert desk.model.rowCount() > 200
    desk.press(KEY.Key_Home)
    desk.qtbot.waitUntil(lambda: desk.current() == NEWEST)
    assert desk.table.is_at_top


def test_scrolling_up_from_the_end_keeps_what_is_in_sight(desk: Desk) -> None:
    desk.press(KEY.Key_End)
    desk.qtbot.waitUntil(lambda: desk.current() == "PIH0000000")
    desk.settle()
    bar = desk.table.verticalScrollBar()
    height = desk.table.verticalHeader().defaultSectionSize()
    bar.setValue(50 * height)
    top = desk.model.key_at(desk.table.rowAt(0))
    rows = desk.model.rowCount()
    desk.qtbot.waitUntil(lambda: desk.model.rowCount() > rows)
    desk.settle()
    assert desk.model.key_at(desk.table.rowAt(0)) == top


def test_paging_down_reads_on_without_a_break(desk: Desk) -> None:
    for _ in range(30):
        desk.press(KEY.Key_PageDown)
        desk.settle()
    assert desk.model.rowCount() >= 600
    at = desk.table.currentIndex().row()
    assert desk.current() == f"PIH{ROWS - 1 - at:07}"


def test_a_click_on_a_title_sorts_in_the_store_and_again_turns_round(desk: Desk) -> None:
    header = desk.table.header
    section = [column.name for column in SPEC.columns].index("amount")
    at = QPoint(header.sectionViewportPosition(section) + 20, 10)
    for descending in (True, False):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, _NONE, at)
        desk.settle()
        assert (desk.view.query.order, desk.view.query.descending) == ("amount", descending)
        rows = [desk.model.row_at(number) or {} for number in range(100)]
        amounts = [float(row["amount"]) for row in rows]
        assert amounts == sorted(amounts, reverse=descending)
        assert desk.table.is_at_top


def test_typing_finds_enter_makes_chips_and_keys_take_them_away(desk: Desk) -> None:
    QTest.keyClicks(desk.find, "paper state:held amount:>29000")
    desk.qtbot.waitUntil(lambda: bool(desk.view.query.members))
    assert desk.view.query.text == "paper"
    assert desk.view.query.members == {"state": "held", "amount": ">29000"}
    desk.press(KEY.Key_Return, on=desk.find)
    desk.settle()
    desk.qtbot.waitUntil(lambda: " of 100,000" in desk.view.filter_row.count.text())
    assert desk.find.text() == "paper"
    assert [term.shown for term in desk.view.filter_row.terms] == ["Held", ">29000"]
    rows = [desk.model.row_at(number) or {} for number in range(desk.model.rowCount())]
    assert rows
    assert all(row["state"] == "held" and float(row["amount"]) > 29_000 for row in rows)
    desk.find.clear()
    desk.press(KEY.Key_Backspace, on=desk.find)
    assert [term.field for term in desk.view.filter_row.terms] == ["state"]
    desk.find.setText("mill")
    desk.press(KEY.Key_Escape, on=desk.find)
    assert desk.find.text() == ""
    desk.press(KEY.Key_Escape, on=desk.find)
    assert not desk.view.query.is_restricted
    desk.settle()
    assert desk.current() == NEWEST


def test_what_is_not_understood_is_said_below_the_box(desk: Desk) -> None:
    desk.find.setText("suplier:acme")
    assert desk.view.filter_row.problem.isVisible()
    assert "Did you mean supplier" in desk.view.filter_row.problem.text()
    desk.press(KEY.Key_Return, on=desk.find)
    assert not desk.view.query.is_restricted
    desk.find.clear()
    assert not desk.view.filter_row.problem.isVisible()


def test_nothing_found_says_so_and_offers_all(desk: Desk) -> None:
    desk.find.setText("nobody has this name")
    desk.qtbot.waitUntil(desk.view.area.empty.isVisible)
    desk.qtbot.waitUntil(lambda: desk.view.filter_row.count.text() == "0 of 100,000")
    assert desk.view.area.empty.accessibleName() == "No invoices match"
    assert "100,000 invoices searched" in desk.view.area.empty.accessibleDescription()
    assert desk.table.header.isVisible()
    desk.table.setFocus()
    desk.window.resize(1500, 700)
    assert desk.table._edge.isVisible()
    assert desk.table._edge.width() == desk.table.width()
    QTest.mouseClick(desk.view.area.button, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: not desk.view.area.empty.isVisible())
    assert desk.current() == NEWEST


def test_reading_is_said_only_when_it_takes_long(store: Path, qtbot: QtBot) -> None:
    desk = Desk(store, qtbot)
    desk.source.gate.clear()
    desk.window.show()
    desk.view.start()
    qtbot.wait(100)
    assert not desk.view.area.reading.isVisible()
    qtbot.waitUntil(desk.view.area.reading.isVisible, timeout=2_000)
    desk.source.gate.set()
    desk.settle()
    assert not desk.view.area.reading.isVisible()
    desk.close()


def test_a_fault_is_a_sentence_and_old_rows_stay(desk: Desk) -> None:
    desk.source.error = OSError("The disk is gone")
    desk.view.reload()
    desk.qtbot.waitUntil(desk.view._status.fault.isVisible)
    assert "The disk is gone." in desk.view._status.fault.accessibleDescription()
    assert desk.model.rowCount() == 200
    desk.source.error = None
    desk.view.reload()
    desk.qtbot.waitUntil(lambda: not desk.view._status.fault.isVisible())


def test_a_list_that_cannot_be_read_at_all_says_why(store: Path, qtbot: QtBot) -> None:
    desk = Desk(store, qtbot)
    desk.source.error = OSError("The disk is gone")
    desk.window.show()
    desk.view.start()
    qtbot.waitUntil(desk.view.area.empty.isVisible)
    assert desk.view.area.empty.accessibleName() == "The invoices could not be read"
    desk.source.error = None
    QTest.mouseClick(desk.view.area.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.model.rowCount() == 200)
    assert not desk.view.area.empty.isVisible()
    desk.close()


def test_rows_are_copied_as_text_and_table(desk: Desk) -> None:
    desk.table.go_to(0)
    for _ in range(2):
        desk.press(KEY.Key_Down, modifier=Qt.KeyboardModifier.ShiftModifier)
    desk.press(KEY.Key_C, modifier=Qt.KeyboardModifier.ControlModifier)
    data = QGuiApplication.clipboard().mimeData()
    lines = data.text().split("\n")
    assert lines[0].startswith("State\tX3 no.\tSupplier\t")
    assert [line.split("\t")[1] for line in lines[1:4]] == [
        f"PIH{ROWS - number:07}" for number in (1, 2, 3)
    ]
    assert "'=Halcyon Waste" in data.text()
    assert "mso-number-format" in data.html()


def test_thousands_of_rows_are_copied_and_summed_too(desk: Desk) -> None:
    while desk.model.rowCount() < 1_000:
        bar = desk.table.verticalScrollBar()
        bar.setValue(bar.maximum())
        desk.settle()
    with desk.qtbot.waitSignal(desk.view.selection_changed) as told:
        desk.table.selectAll()
    count = desk.model.rowCount()
    total = sum(round(float((desk.model.row_at(n) or {})["amount"]) * 100) for n in range(count))
    assert told.args is not None
    assert told.args[0] == count
    assert round(float(told.args[1]["USD"]) * 100) == total
    QGuiApplication.clipboard().clear()
    desk.view.copy()
    desk.qtbot.waitUntil(lambda: desk.model.key_at(count - 1) in QGuiApplication.clipboard().text())


def test_the_pane_hears_of_the_current_row_and_of_enter(desk: Desk) -> None:
    with desk.qtbot.waitSignal(desk.view.current_changed) as told:
        desk.press(KEY.Key_Down)
    assert told.args is not None
    assert told.args[0]["number"] == f"PIH{ROWS - 2:07}"
    with desk.qtbot.waitSignal(desk.view.activated) as opened:
        desk.press(KEY.Key_Return)
    assert opened.args == told.args
    desk.table.setFocus()
    with desk.qtbot.waitSignal(desk.view.export_wanted) as wanted:
        desk.press(KEY.Key_E, modifier=Qt.KeyboardModifier.ControlModifier)
    assert wanted.args is not None
    assert wanted.args[0] == desk.view.query
    assert wanted.args[1][:3] == ("state", "number", "supplier")


def test_at_the_top_new_rows_come_and_the_selection_stays_by_key(own_desk: Desk) -> None:
    desk = own_desk
    desk.table.go_to(2)
    desk.press(KEY.Key_Down, modifier=Qt.KeyboardModifier.ShiftModifier)
    desk.qtbot.wait(20)
    chosen = [row["number"] for row in desk.view.selected_rows()]
    current = desk.current()
    add(desk, 3)
    desk.view.note_change()
    desk.qtbot.waitUntil(lambda: str(desk.model.key_at(0)).startswith("PIZ"))
    desk.settle()
    assert [row["number"] for row in desk.view.selected_rows()] == chosen
    assert desk.current() == current
    assert desk.table.currentIndex().row() == 6
    assert not desk.view.area.news.isVisible()


def test_scrolled_down_new_rows_wait_behind_a_bar(own_desk: Desk) -> None:
    desk = own_desk
    desk.table.verticalScrollBar().setValue(1_500)
    desk.settle()
    top, rows = desk.table.rowAt(0), desk.model.rowCount()
    key = desk.model.key_at(top)
    add(desk, 4)
    change(desk, f"UPDATE invoice SET why = 'Seen at once' WHERE number = '{key}'")
    desk.view.note_change()
    desk.qtbot.waitUntil(desk.view.area.news.isVisible)
    assert desk.view.area.news.text() == "4 new"
    assert (desk.table.rowAt(0), desk.model.rowCount()) == (top, rows)
    seen = desk.model.row_at(top)
    assert seen is not None
    assert (seen["number"], seen["why"]) == (key, "Seen at once")
    QTest.mouseClick(desk.view.area.news, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: not desk.view.area.news.isVisible())
    desk.settle()
    assert str(desk.current()).startswith("PIZ")
    assert desk.table.is_at_top


def test_figures_are_never_cut_and_only_names_are_shortened(desk: Desk) -> None:
    told: list[str] = []
    for cell in desk.table.cells.values():
        cell.too_narrow.connect(lambda name, _width: told.append(name))
    for width in (700, 900, 1_300, 1_700):
        desk.window.resize(width, 600)
        desk.qtbot.wait(30)
        desk.table.viewport().repaint()
    assert told == []
    section = [column.name for column in SPEC.columns].index("amount")
    desk.table.header.resizeSection(section, 40)
    desk.qtbot.waitUntil(lambda: "amount" in told)
    desk.qtbot.waitUntil(lambda: desk.table.columnWidth(section) > 80)


def test_columns_go_by_priority_when_the_list_is_narrow(desk: Desk) -> None:
    seen: list[set[str]] = []
    for width in (1_800, 1_100, 800):
        desk.window.resize(width, 600)
        desk.qtbot.wait(20)
        seen.append({column.name for column in desk.view.columns.visible()})
    assert {"open_avid", "document_date", "open_x3"} <= seen[0]
    assert seen[0] > seen[1] > seen[2]
    assert "open_avid" not in seen[1]
    assert {"state", "number", "supplier", "due_date", "amount", "why"} <= seen[2]


def test_columns_are_kept_per_user(store: Path, qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "user.ini"), QSettings.Format.IniFormat)
    desk = Desk(store, qtbot, settings)
    desk.open()
    desk.view.columns.show("currency", is_wanted=True)
    desk.view.columns.show("why", is_wanted=False)
    desk.table.header.moveSection(2, 0)
    qtbot.wait(400)
    desk.close()
    other = Desk(store, qtbot, settings)
    other.open()
    names = [column.name for column in other.view.columns.visible()]
    assert names[:2] == ["supplier", "state"]
    assert "currency" in names
    assert "why" not in names
    other.view.columns.reset()
    assert [c.name for c in other.view.columns.visible()][:3] == ["state", "number", "supplier"]
    other.close()


def test_bulk_actions_take_the_filter_row_while_rows_are_selected(desk: Desk) -> None:
    bulk = QWidget()
    desk.view.set_bulk(bulk)
    desk.table.go_to(0)
    desk.qtbot.wait(20)
    assert not bulk.isVisible()
    desk.press(KEY.Key_Down, modifier=Qt.KeyboardModifier.ShiftModifier)
    desk.qtbot.waitUntil(bulk.isVisible)
    desk.press(KEY.Key_Down)
    desk.qtbot.waitUntil(lambda: not bulk.isVisible())


def test_a_base_restricts_without_a_chip(desk: Desk) -> None:
    desk.view.set_base({"state": "held"})
    desk.settle()
    desk.view.set_terms([Term("supplier", "Corvane Chemicals", "Corvane Chemicals")])
    desk.settle()
    assert desk.view.query.members == {"state": "held", "supplier": "Corvane Chemicals"}
    assert len(desk.view.filter_row.terms) == 1


def test_the_menu_offers_sorting_and_what_the_owner_adds(desk: Desk) -> None:
    with desk.qtbot.waitSignal(desk.view.menu_wanted) as told:
        desk.table.menu_wanted.emit(QPoint(50, 50))
    assert told.args is not None
    menu, rows = told.args
    titles = [action.text() for action in menu.actions()]
    assert "Copy rows" in titles
    assert "Sort by" in titles
    assert [row["number"] for row in rows] == [NEWEST]
    menu.close()


def test_an_answer_for_a_list_that_is_gone_reaches_nobody(store: Path, qtbot: QtBot) -> None:
    desk = Desk(store, qtbot)
    desk.open()
    desk.source.gate.clear()
    desk.view.reload()
    shiboken6.delete(desk.window)
    desk.source.gate.set()
    heard: list[object] = []
    owner = QObject()
    desk.bridge.read_later(owner, lambda: 1, heard.append)
    qtbot.waitUntil(lambda: heard == [1])
    desk.bridge.close(desk.source.close)


def test_both_themes_paint_every_cell(desk: Desk, qapp: QObject) -> None:
    light = desk.view.grab().toImage()
    theme.apply(QGuiApplication.instance(), "dark")  # type: ignore[arg-type] # the one application
    desk.qtbot.wait(20)
    dark = desk.view.grab().toImage()
    middle = light.rect().center()
    assert light.pixelColor(middle).lightness() > 200
    assert dark.pixelColor(middle).lightness() < 80
