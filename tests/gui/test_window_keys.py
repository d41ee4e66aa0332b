"""Keys of the window where people press them: F1 explains, Ctrl+Z takes back; a new day wakes."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.desk_lists import Query
from core.store import reviews
from tests.gui.window_site import WAIT_MS, shown
from ui.day_turn import DayTurn

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(180),
]


@pytest.fixture(autouse=True)
def preferences(tmp_path: object) -> None:
    """What one test keeps is not there for the next."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = f"{tmp_path}/preferences"
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


def test_f1_opens_the_explanation_of_the_current_row(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        page = window.pages.open("invoices")
        qtbot.waitUntil(lambda: page.list.current_row() is not None, timeout=WAIT_MS)
        page.hide_pane()
        assert not page.pane.isVisible()
        page.first_focus()
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)
        assert page.pane.isVisible()
        focused = QApplication.focusWidget()
        assert focused is not None
        assert page.pane.isAncestorOf(focused)
        number = page.list.current_row()["number"]
        qtbot.waitUntil(lambda: page.pane._view is not None, timeout=WAIT_MS)
        assert page.pane.title.text() == number
        assert page.pane._first.text()


def test_f1_leads_to_the_fix_of_a_cause(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        page = window.pages.open("review")
        qtbot.waitUntil(lambda: page.queue.current() is not None, timeout=WAIT_MS)
        QTest.keyClick(page.queue, Qt.Key.Key_F1)
        focused = QApplication.focusWidget()
        assert focused is not None
        assert page.page.isAncestorOf(focused)


def test_ctrl_z_takes_a_mapping_back(desk_with_demo: Desk, qtbot: QtBot) -> None:
    rows = desk_with_demo.source("vendors").rows(Query(members={"state": "suggested"}))
    key = str(next(iter(rows))["key1"])
    with shown(desk_with_demo, qtbot) as window:
        window.pages.open_mapping("vendors", key, "")
        page = window.pages.current.page
        model = page.list.model
        qtbot.waitUntil(lambda: model.figures.matched == 1, timeout=WAIT_MS)
        qtbot.waitUntil(page.details.accept_button.isEnabled, timeout=WAIT_MS)
        QTest.keyClick(page.list.table, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: _state(desk_with_demo, key) == "mapped", timeout=WAIT_MS)
        page.list.table.setFocus()
        QTest.keyClick(page.list.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: _state(desk_with_demo, key) == "suggested", timeout=WAIT_MS)
        qtbot.waitUntil(lambda: "Undone" in page._said.text(), timeout=WAIT_MS)
        QTest.keyClick(page.list.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None, timeout=WAIT_MS)
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        assert "nothing left to undo" in dialog.accessibleDescription()
        dialog.close()


def _state(desk: Desk, key: str) -> str:
    return str(desk.mapping_row("vendors", key).row["state"])


def test_an_item_that_was_put_off_wakes_when_its_day_begins(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    today = datetime.now(UTC).astimezone().date()
    asked = Query(members={"asks": "yes"})
    item = int(desk_with_demo.source("review").page(asked, None, 1).rows[0]["id"])
    before = desk_with_demo.health().needs_you
    with shown(desk_with_demo, qtbot) as window:
        window.pages.open("review")
        desk_with_demo.snooze(item, (today + timedelta(days=1)).isoformat())
        qtbot.waitUntil(lambda: _needs(window) == before - 1, timeout=WAIT_MS)
        # Midnight, as the store sees it: what was put off until tomorrow is put off until today.
        with desk_with_demo._store.write():
            reviews.put_info(
                desk_with_demo._store, item, {"snoozed": today.isoformat()}, actor="test"
            )
        window.day_turn._day = today - timedelta(days=1)
        window.day_turn.look()
        qtbot.waitUntil(lambda: _needs(window) == before, timeout=WAIT_MS)


def _needs(window: object) -> int:
    health = getattr(window, "health", None)
    return health.needs_you if health is not None else -1


def test_a_new_day_is_told_once(qtbot: QtBot) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC).date() for day in (30, 30)]
    days += [datetime(2026, 12, 1, tzinfo=UTC).date()] * 2
    turn = DayTurn(None, iter(days).__next__)
    told: list[int] = []
    turn.turned.connect(lambda: told.append(1))
    for _ in range(3):
        turn.look()
    assert told == [1]
