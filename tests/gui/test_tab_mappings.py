"""The Mappings tab over a real desk on the demo: evidence, edits and their undo, files, keys."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from tests.gui.window_site import nameless
from ui import mapping_lists
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog, ErrorDialog
from ui.list_spec import Query
from ui.list_view import ListView
from ui.mapping_dialogs import AcceptAllDialog, AccountDialog, CodeDialog, sure_members
from ui.mapping_import import ImportDialog
from ui.mapping_page import MappingPage
from ui.tab_mappings import MappingsTab

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
_Dialog = TypeVar("_Dialog", bound=QWidget)
_WAIT_MS = 15_000


def row_of(view: ListView) -> Any:
    """The first row of a list, empty when there is none."""
    return view.model.row_at(0) or {"code": "", "key": None}


def is_open(site: "Site") -> bool:
    """Whether the details are in sight now."""
    return site.page.is_pane_open


class Site:
    """The tab in a window of its own, listening to the desk as the frame does."""

    def __init__(self, desk: Desk, bridge: Bridge, qtbot: QtBot, width: int = 1500) -> None:
        self.desk, self.bridge, self.qtbot = desk, bridge, qtbot
        self.window = QWidget()
        self.tab = MappingsTab(desk, bridge, self.window)
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tab)
        bridge.changed.connect(self.tab.show_topic)
        self.window.resize(width, 800)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow, timeout=_WAIT_MS)
        self.tab.first_focus()
        self.settle()

    @property
    def page(self) -> MappingPage:
        return self.tab.page

    def settle(self) -> None:
        model = self.page.list.model
        self.qtbot.waitUntil(lambda: model.has_read and not model.is_busy, timeout=_WAIT_MS)
        self.qtbot.waitUntil(lambda: bool(self.tab.counts), timeout=_WAIT_MS)
        self.qtbot.wait(50)

    def open(self, kind: str, state: str) -> Any:
        """Makes the first row of a state the current one, with its details read."""
        self.tab.segment.setCurrentIndex(mapping_lists.KINDS.index(kind))
        self.settle()
        page = self.desk.source(kind).page(Query(members={"state": state}, order="rank"), None, 1)
        row = page.rows[0]
        assert self.page.list.select_key(row["key"])
        pane = self.page.details
        self.qtbot.waitUntil(
            lambda: pane.row is not None and pane.row["key"] == row["key"], timeout=_WAIT_MS
        )
        if state == "suggested":
            self.qtbot.waitUntil(lambda: pane.chosen is not None, timeout=_WAIT_MS)
        else:
            self.qtbot.wait(400)
        return row

    def state(self, kind: str, row: Any) -> Any:
        return self.desk.mapping_row(kind, row["key1"], row["key2"]).row["state"]

    def becomes(self, kind: str, row: Any, state: str) -> None:
        self.qtbot.waitUntil(lambda: self.state(kind, row) == state, timeout=_WAIT_MS)
        self.settle()

    def dialog(self, kind: type[_Dialog]) -> _Dialog:
        def found() -> list[_Dialog]:
            return [each for each in self.window.findChildren(kind) if each.isVisible()]

        self.qtbot.waitUntil(lambda: bool(found()), timeout=_WAIT_MS)
        return found()[0]

    def press(self, key: Qt.Key, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.page.list.table, key, modifier)


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    """Columns and panes of one test are not those of the next."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def bridge(desk_with_demo: Desk) -> Iterator[Bridge]:
    made = Bridge()
    made.attach(desk_with_demo.subscribe)
    yield made
    made.close(desk_with_demo.close_thread)


@pytest.fixture
def site(desk_with_demo: Desk, bridge: Bridge, qtbot: QtBot) -> Iterator[Site]:
    made = Site(desk_with_demo, bridge, qtbot)
    yield made
    made.window.close()
    made.window.deleteLater()


def test_what_is_not_mapped_stands_first_and_the_counts_say_what_waits(site: Site) -> None:
    first = row_of(site.page.list)
    assert first["state"] in mapping_lists.TO_DO
    for kind in mapping_lists.KINDS:
        wanted = {"state": "conflict,unmapped,suggested", "open": ">0"}
        assert site.tab.counts[kind][0] == site.desk.source(kind).count(Query(members=wanted))
    assert sum(left for left, _ in site.tab.counts.values()) > 0


def test_evidence_stands_beside_a_suggestion(site: Site) -> None:
    row = site.open("vendors", "suggested")
    pane = site.page.details
    assert pane.chosen is not None
    assert pane.chosen.code == row["code"]
    assert f"{pane.chosen.score} % sure it is {row['code']}" == pane.headline.text()
    assert pane.accept_button.isEnabled()


def test_enter_accepts_and_control_z_takes_back(site: Site) -> None:
    row = site.open("vendors", "suggested")
    site.press(Qt.Key.Key_Return)
    site.becomes("vendors", row, "mapped")
    assert site.page.list.current_row() != row
    site.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    site.becomes("vendors", row, "suggested")


def test_control_down_goes_to_the_next_that_is_not_mapped(site: Site) -> None:
    row = site.open("vendors", "mapped")
    site.press(Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    now = site.page.list.current_row()
    assert now is not None
    assert now["key"] != row["key"]
    assert mapping_lists.is_to_do(now)


def test_a_supplier_is_excluded_with_a_reason_and_taken_in_again(site: Site) -> None:
    row = site.open("vendors", "unmapped")
    site.page.exclude()
    dialog = site.dialog(ConfirmDialog)
    assert not dialog.confirm_button.isEnabled()
    dialog.reason.setText("Paid by direct debit")
    dialog.confirm_button.click()
    site.becomes("vendors", row, "excluded")
    view = site.desk.mapping_row("vendors", row["key1"])
    assert view.rules[0].note == "Paid by direct debit"
    site.tab.show_key("vendors", row["key1"])
    pane = site.page.details
    site.qtbot.waitUntil(
        lambda: pane.rule is not None and pane.row is not None and pane.row["key"] == row["key"],
        timeout=_WAIT_MS,
    )
    site.page.end_mapping()
    site.dialog(ConfirmDialog).confirm_button.click()
    site.becomes("vendors", row, "unmapped")


def test_a_vendor_to_create_is_planned_under_the_supplier_code(site: Site) -> None:
    row = site.open("vendors", "unmapped")
    site.page.create_vendor()
    dialog = site.dialog(ConfirmDialog)
    assert dialog.reason.text() == row["key1"]
    dialog.confirm_button.click()
    site.qtbot.waitUntil(
        lambda: bool(site.desk.mapping_row("vendors", row["key1"]).rules), timeout=_WAIT_MS
    )
    assert site.desk.mapping_row("vendors", row["key1"]).rules[0].code == row["key1"]


def test_all_sure_ones_are_shown_first_accepted_in_one_step_and_taken_back_in_one(
    site: Site,
) -> None:
    before = site.desk.source("vendors").count(Query(members=sure_members()))
    assert before > 1
    assert f"({before})" in site.tab.accept_all_button.word()
    site.tab.accept_all_button.click()
    dialog = site.dialog(AcceptAllDialog)
    site.qtbot.waitUntil(lambda: dialog.view.model.rowCount() == before, timeout=_WAIT_MS)
    dialog.do_button.click()
    site.qtbot.waitUntil(
        lambda: site.desk.source("vendors").count(Query(members=sure_members())) == 0,
        timeout=_WAIT_MS,
    )
    site.qtbot.waitUntil(lambda: site.tab.counts["vendors"][1] == 0, timeout=_WAIT_MS)
    site.tab.undo()
    site.qtbot.waitUntil(
        lambda: site.desk.source("vendors").count(Query(members=sure_members())) == before,
        timeout=_WAIT_MS,
    )
    site.window.activateWindow()
    site.qtbot.waitUntil(site.window.isActiveWindow, timeout=_WAIT_MS)
    site.tab.first_focus()
    site.settle()
    site.press(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    site.qtbot.waitUntil(
        lambda: site.desk.source("vendors").count(Query(members=sure_members())) == 0,
        timeout=_WAIT_MS,
    )
    site.tab.undo()
    site.qtbot.waitUntil(
        lambda: site.desk.source("vendors").count(Query(members=sure_members())) == before,
        timeout=_WAIT_MS,
    )


def test_a_code_is_found_by_its_name_and_mapped(site: Site) -> None:
    row = site.open("vendors", "unmapped")
    site.page.search()
    dialog = site.dialog(CodeDialog)
    wanted = site.desk.search_codes("vendors", "", 1)[0]
    dialog.view.filter_row.box.setText(wanted.name)
    site.qtbot.waitUntil(
        lambda: row_of(dialog.view)["code"] == wanted.code,
        timeout=_WAIT_MS,
    )
    dialog.view.select_key(row_of(dialog.view)["key"])
    site.qtbot.waitUntil(lambda: wanted.code in dialog.do_button.word(), timeout=_WAIT_MS)
    dialog.valid_from.setText("not a day")
    dialog.do_button.click()
    assert dialog.isVisible()
    dialog.valid_from.setText("2026-01-01")
    dialog.do_button.click()
    site.qtbot.waitUntil(
        lambda: bool(site.desk.mapping_row("vendors", row["key1"]).rules), timeout=_WAIT_MS
    )
    rule = site.desk.mapping_row("vendors", row["key1"]).rules[0]
    assert (rule.code, rule.valid_from) == (wanted.code, "2026-01-01")


def test_a_file_is_shown_before_it_is_taken_with_a_reason_for_each_refused_row(
    site: Site, tmp_path: Path
) -> None:
    row = site.open("vendors", "unmapped")
    file = tmp_path / "vendors.csv"
    file.write_text(f"x3_supplier,avid_vendor_code\n{row['key1']},V-NEW\n,V-LOST\n", "utf-8")
    dialog = site.tab.preview_import("vendors", file)
    site.qtbot.waitUntil(dialog.do_button.isEnabled, timeout=_WAIT_MS)
    assert "1 new" in dialog.sentence.text()
    assert "1 refused" in dialog.sentence.text()
    assert not site.desk.mapping_row("vendors", row["key1"]).rules
    site.qtbot.waitUntil(lambda: dialog.lists[0].model.rowCount() == 1, timeout=_WAIT_MS)
    assert row_of(dialog.lists[0])["after"] == "V-NEW"
    site.qtbot.waitUntil(lambda: dialog.lists[1].model.rowCount() == 1, timeout=_WAIT_MS)
    assert row_of(dialog.lists[1])["why"]
    dialog.do_button.click()
    site.qtbot.waitUntil(
        lambda: bool(site.desk.mapping_row("vendors", row["key1"]).rules), timeout=_WAIT_MS
    )


def test_cells_copied_out_of_a_spreadsheet_are_shown_and_taken_as_one_step(site: Site) -> None:
    row = site.open("vendors", "unmapped")
    clipboard = QGuiApplication.clipboard()
    clipboard.setText(f"{row['key1']}\t0007\r\n\tV-LOST\r\n")
    site.tab.paste()
    dialog = site.dialog(ImportDialog)
    site.qtbot.waitUntil(dialog.do_button.isEnabled, timeout=_WAIT_MS)
    assert "1 new" in dialog.sentence.text()
    assert "1 refused" in dialog.sentence.text()
    dialog.do_button.click()
    site.qtbot.waitUntil(
        lambda: bool(site.desk.mapping_row("vendors", row["key1"]).rules), timeout=_WAIT_MS
    )
    assert site.desk.mapping_row("vendors", row["key1"]).rules[0].code == "0007"
    site.desk.undo_mapping()
    assert site.desk.mapping_row("vendors", row["key1"]).row["state"] == "unmapped"
    clipboard.setText("no table")
    site.tab.paste()
    error = site.dialog(ErrorDialog)
    assert error.accessibleName()
    error.close()


def test_a_file_that_is_none_is_told_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("this,that\n1,2\n", "utf-8")
    site.tab.preview_import("vendors", file)
    dialog = site.dialog(ErrorDialog)
    assert dialog.accessibleName()
    dialog.close()


def test_the_mapping_is_written_as_a_file_that_import_takes_back(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "gl.csv"
    site.tab.write_file("gl", file)
    site.qtbot.waitUntil(file.exists, timeout=_WAIT_MS)
    site.qtbot.wait(300)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    assert {"chart", "x3_account", "avid_code"} <= set(rows[0])
    view = site.desk.preview_import("gl", file)
    assert (view.added, view.changed, view.same) == (0, 0, len(rows))


def test_an_account_is_tried_for_a_company_and_a_day(site: Site) -> None:
    row = site.open("gl", "mapped")
    site.page.test_account()
    dialog = site.dialog(AccountDialog)
    assert dialog.edits["account"].text() == row["key2"]
    dialog.do_button.click()
    site.qtbot.waitUntil(lambda: row["code"] in dialog.answer.text(), timeout=_WAIT_MS)


def test_review_opens_one_code_as_chips_that_can_be_removed(site: Site) -> None:
    row = site.desk.source("gl").page(Query(order="rank"), None, 1).rows[0]
    site.tab.show_key("gl", row["key1"], row["key2"])
    site.settle()
    site.qtbot.waitUntil(lambda: site.page.list.model.rowCount() == 1, timeout=_WAIT_MS)
    assert row_of(site.page.list)["key"] == row["key"]


def test_every_part_has_a_name_and_the_pane_gives_way_in_a_narrow_window(
    desk_with_demo: Desk, bridge: Bridge, qtbot: QtBot
) -> None:
    site = Site(desk_with_demo, bridge, qtbot)
    site.open("vendors", "suggested")
    assert nameless(site.window) == []
    assert is_open(site)
    site.window.resize(900, 500)
    qtbot.wait(100)
    assert not is_open(site)
    assert site.tab.import_icon.isVisible()
    site.press(Qt.Key.Key_Return)
    assert is_open(site)
    site.window.close()
    site.window.deleteLater()
