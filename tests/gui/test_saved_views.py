"""Saved views of a list: kept by name, shown as chips; chosen, replaced and removed by keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.keyboard import CONTROL, KEY, Keyboard
from tests.gui.list_source import SPEC, SqliteSource, fill
from tests.gui.window_site import activate
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog
from ui.list_view import ListView
from ui.reading_order import InReadingOrder
from ui.widgets_choices import Chip

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]


class Room(InReadingOrder, QWidget):
    """A window as the program has them."""


class Clerk(Keyboard):
    """A person with one list of 400 invoices."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        path = folder / "list.db"
        if not path.exists():
            fill(path, 400)
        self.source, self.bridge, self.window = SqliteSource(path), Bridge(), Room()
        settings = QSettings(str(folder / "user.ini"), QSettings.Format.IniFormat)
        self.view = ListView(SPEC, self.source, self.bridge, settings)
        QVBoxLayout(self.window).addWidget(self.view)
        self.window.resize(1366, 700)
        self.window.show()
        activate(self.window, qtbot)
        self.view.start()
        self.view.table.setFocus()
        self.settle()

    def settle(self) -> None:
        model = self.view.model
        self.until(lambda: model.has_read and not model.is_busy)
        self.until(lambda: model.figures.matched is not None)

    def shown(self) -> list[str]:
        """Names of the chips in sight, the one that is shown with a mark."""
        chips = self.view.filter_row.views.findChildren(Chip)
        return [chip.accessibleName() for chip in chips if chip.isVisible()]

    def ask(self, text: str) -> None:
        self.press(KEY.Key_F, CONTROL)
        self.press(KEY.Key_A, CONTROL)
        self.write(text)
        self.press(KEY.Key_Return)
        self.settle()

    def from_filter_menu(self, *words: str) -> None:
        self.press(KEY.Key_F, CONTROL)
        self.tab_to("Filter")
        self.press(KEY.Key_Space)
        self.choose(*words)

    def save(self, name: str) -> None:
        self.from_filter_menu("Save this view")
        self.dialog(ConfirmDialog)
        self.write(name)
        self.press(KEY.Key_Return)
        self.alone(self.window)

    def close(self) -> None:
        self.bridge.close(self.source.close)
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def clerk(tmp_path: Path, qtbot: QtBot) -> Iterator[Clerk]:
    made = Clerk(tmp_path, qtbot)
    yield made
    made.close()


def test_a_view_is_saved_by_keys_and_comes_back_with_filter_order_and_columns(
    clerk: Clerk,
) -> None:
    clerk.ask("state:held amount:>100")
    clerk.view.sort_by(clerk.view.spec.column("amount"))
    clerk.view.columns.show("document", is_wanted=False)
    clerk.settle()
    clerk.save("Held above 100")
    assert clerk.shown() == ["Held above 100, shown now"]
    asked = clerk.view.query
    columns = clerk.view.columns.wanted()
    clerk.press(KEY.Key_F, CONTROL)
    clerk.view.filter_row.clear()
    clerk.view.columns.reset()
    clerk.settle()
    assert clerk.shown() == ["Held above 100"]
    assert clerk.view.query != asked
    clerk.tab_to("Held above 100")
    clerk.press(KEY.Key_Space)
    clerk.settle()
    assert clerk.view.query == asked
    assert clerk.view.columns.wanted() == columns
    assert [term.shown for term in clerk.view.filter_row.terms] == ["Held", ">100"]
    assert clerk.shown() == ["Held above 100, shown now"]
    assert {row["state"] for row in clerk.view.model.rows_in([(0, 5)])} == {"held"}


def test_views_are_there_at_the_next_start_and_go_when_removed(
    clerk: Clerk, tmp_path: Path, qtbot: QtBot
) -> None:
    clerk.ask("state:held")
    clerk.save("Held")
    clerk.ask("state:rejected")
    clerk.save("Rejected")
    other = Clerk(tmp_path, qtbot)
    try:
        assert other.shown() == ["Held", "Rejected"]
        assert other.view.model.figures.matched == 400
        other.from_filter_menu("Remove a view", "Held")
        other.until(lambda: other.shown() == ["Rejected"])
    finally:
        other.close()
    # What another program wrote into the file is passed over.
    file = QSettings(str(tmp_path / "user.ini"), QSettings.Format.IniFormat)
    file.setValue("lists/invoices/views", '[{"name": "Broken"}, 7]')
    file.sync()
    third = Clerk(tmp_path, qtbot)
    assert third.shown() == []
    third.close()


def test_a_view_is_replaced_from_the_menu_of_its_chip(clerk: Clerk) -> None:
    clerk.ask("state:held")
    clerk.save("Mine")
    clerk.view.filter_row.clear()
    clerk.ask("state:paid")
    clerk.tab_to("Mine")
    chip = QApplication.focusWidget()
    assert chip is not None
    chip.customContextMenuRequested.emit(chip.rect().center())
    clerk.choose("Keep what is shown")
    assert clerk.shown() == ["Mine, shown now"]
    assert [view.terms[0].value for view in clerk.view.views.kept] == ["paid"]


def test_chips_that_do_not_fit_are_still_in_the_menu(clerk: Clerk) -> None:
    clerk.ask("state:held")
    for number in range(6):
        clerk.view.views.save(f"A view with a long name, number {number}")
    clerk.window.resize(900, 500)
    clerk.qtbot.wait(50)
    assert len(clerk.shown()) < 6
    row = clerk.view.filter_row
    inside = [part for part in row.findChildren(QWidget) if part.isVisible()]
    assert all(part.mapTo(row, part.rect().topRight()).x() < row.width() for part in inside)
    clerk.view.filter_row.clear()
    clerk.from_filter_menu("Saved views", "A view with a long name, number 5")
    clerk.settle()
    assert [term.value for term in row.terms] == ["held"]
    assert not any(menu.isVisible() for menu in clerk.view.findChildren(QMenu))
