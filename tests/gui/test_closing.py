"""Closing to the tray is asked once; what needs a person is told there and a click opens it."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.desk_lists import Query
from tests.gui.keyboard import ALT, KEY, Keyboard
from tests.gui.window_site import shown
from ui.dialogs import ConfirmDialog
from ui.notices import Notice, Notices, notice_of
from ui.tray import Tray
from ui.window import Window

pytestmark = [
    pytest.mark.qt_log_ignore(
        "This plugin does not support", "No such signal QPlatformNativeInterface", extend=True
    ),
    pytest.mark.timeout(180),
]


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    """What one test keeps is not there for the next."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "preferences")
    )


def test_closing_is_asked_once_and_can_be_decided_anew(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        keys = Keyboard(qtbot)
        quits: list[bool] = []
        window.quit_asked.connect(lambda: quits.append(True))
        window.close()
        assert quits == [True], "without a place beside the clock closing is quitting"
        Tray(window)
        window.close()
        assert keys.dialog(ConfirmDialog).accessibleName() == "Keep Crossfoot running?"
        window.close()
        assert len(window.findChildren(ConfirmDialog)) == 1
        keys.press(KEY.Key_Escape)
        keys.alone(window)
        assert window.isVisible()
        assert _answer(window) is None
        window.close()
        keys.dialog(ConfirmDialog)
        keys.press(KEY.Key_Return)
        assert not window.isVisible()
        assert QApplication.activeModalWidget() is None
        window.come_forward()
        window.close()
        assert not window.isVisible()
        assert quits == [True]
        window.come_forward()
        keys.alone(window)
        keys.press(KEY.Key_W, ALT)
        keys.choose("Keep running when closed")
        assert _answer(window) is False
        window.close()
        assert quits == [True, True]


def test_a_notice_is_told_to_who_does_not_look_and_opens_its_item(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    asked = Query(members={"asks": "yes"}, order="since", descending=True)
    row = desk_with_demo.source("review").page(asked, None, 1).rows[0]
    with shown(desk_with_demo, qtbot) as window:
        notices = Notices(window)
        told: list[Notice] = []
        notices.told.connect(told.append)
        notices.hear(3)
        notices.hear(4)
        qtbot.wait(50)
        assert told == [], "the window is in front: who looks at it sees it"
        window.hide()
        notices.hear(2)
        notices.hear(3)
        qtbot.waitUntil(lambda: bool(told), timeout=30_000)
        assert told[0].title == row["title"]
        assert told[0].item == row["id"]
        notices.open()
        assert window.isVisible()
        assert window.pages.current_name == "review"
        page = window.pages.current
        qtbot.waitUntil(
            lambda: (
                page.queue.current() is not None
                and row["id"] in [each["id"] for each in page.queue.current().items]
            ),
            timeout=30_000,
        )


def test_several_are_told_as_one_with_the_first_of_them() -> None:
    rows = [
        _item(9, "Supplier not linked", "PIH1"),
        _item(8, "Bank details changed", "PIH2"),
        _item(7, "Supplier not linked", "PIH3"),
    ]
    assert notice_of(1, rows) == Notice("Supplier not linked", "PIH1. Open it", 9)
    several = notice_of(3, rows)
    assert several == Notice("3 problems need you", "Supplier not linked; Bank details changed", 9)


def _item(item: int, title: str, document: str) -> dict[str, object]:
    return {"id": item, "title": title, "document": document, "system": "", "fix": "Open it"}


def _answer(window: Window) -> object:
    return window.closing.keeps_running
