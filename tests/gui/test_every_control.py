"""Every control of every tab, dialog and wizard page: named, reachable, in order, seen, unique."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from tests.gui import control_walk, every_dialog
from tests.gui.keyboard import ALT, CONTROL, KEY, Keyboard
from tests.gui.window_site import activate, shown
from ui.reading_order import InReadingOrder, stops
from ui.widgets_buttons import Button
from ui.window import Window

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(600),
]
_KEYS = {
    "F9", "Shift+F9", "F1", "F6", "Ctrl+Q",
    "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5", "Ctrl+6", "Ctrl+7", "Ctrl+8",
}  # fmt: skip
_WAIT_MS = 60_000


class Room(InReadingOrder, QWidget):
    """A window as the program has them."""


class Walk:
    """Collects what is wrong, by kind and surface."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.wrong: dict[str, list[str]] = defaultdict(list)
        self.looked_at: dict[str, int] = {}

    def until(self, is_so: object) -> None:
        self.qtbot.waitUntil(lambda: bool(is_so()), timeout=_WAIT_MS)  # type: ignore[operator] # a function

    def over(self, surface: str, root: QWidget) -> None:
        """Everything that can be looked at without knowing what it is."""
        activate(root, self.qtbot)
        self.qtbot.wait(20)
        with contextlib.suppress(self.qtbot.TimeoutError):  # what stays cut is told below
            self.qtbot.waitUntil(lambda: not control_walk.cut(root), timeout=5_000)
        self.wrong["letters"] += [f"{surface}: {one}" for one in control_walk.letters_wrong(root)]
        parts = control_walk.walked(root)
        self.looked_at[surface] = len(parts)
        found = {
            "no name": control_walk.nameless(root),
            "does not say why": control_walk.silent(root),
            "named alike": control_walk.alike(root),
            "not in reading order": control_walk.backwards(parts),
            "no ring": control_walk.ringless(parts),
            "cut": control_walk.cut(root),
            "not reached by Tab": [str(p) for p in stops(root) if p not in parts],
        }
        for kind, texts in found.items():
            self.wrong[kind] += [f"{surface}: {text}" for text in texts]


def _menus(window: Window) -> list[QMenu]:
    return [one for one in window.findChildren(QMenu) if one.title()]


def test_every_control_of_tabs_and_dialogs(
    desk_with_demo: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    walk = Walk(qtbot)
    with shown(desk_with_demo, qtbot) as window:
        for tab in (*every_dialog.tabs(window), every_dialog.plan(window)):
            tab.bring()
            qtbot.wait(300)
            walk.over(tab.name, window)
        window.pages.page("sync").hide_plan()
        for dialog in every_dialog.dialogs(window, tmp_path, walk.until):
            dialog.bring()
            walk.until(lambda: every_dialog.in_front(window))
            if dialog.name != "export":  # Qt's own
                walk.over(dialog.name, every_dialog.in_front(window)[-1])
            every_dialog.close_all(window)
            walk.until(lambda: not every_dialog.in_front(window))
        letters = [control_walk.letter_of(one.text()) for one in window.menuBar().actions()]
        assert sorted(letters) == sorted(set(letters) - {""})
        assert control_walk.mnemonics_twice(_menus(window)) == []
    wrong = [f"{kind}: {text}" for kind, texts in walk.wrong.items() for text in texts]
    assert wrong == [], "\n".join(wrong)
    assert min(walk.looked_at.values()) >= 1
    assert walk.looked_at["invoices"] > 10


def test_the_keys_of_the_window_work_from_wherever_the_keyboard_is(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    with shown(desk_with_demo, qtbot) as window:
        keys = Keyboard(qtbot)
        bound = {
            action.shortcut().toString() for menu in _menus(window) for action in menu.actions()
        }
        assert bound >= _KEYS
        for number, name in ((2, "invoices"), (3, "payments"), (5, "mappings"), (7, "audit")):
            keys.press(getattr(KEY, f"Key_{number}"), CONTROL)
            assert window.pages.current_name == name
            window.tabs.setFocus()
            keys.press(KEY.Key_F, CONTROL)
            assert keys.name == "Find"
            keys.press(KEY.Key_F6)
            assert keys.name != "Find"
        page = window.pages.current
        keys.until(lambda: page.list.current_row() is not None)
        is_open = page.pane.isVisible()
        window.tabs.setFocus()
        keys.press(KEY.Key_F4)
        assert page.pane.isVisible() is not is_open
        keys.press(KEY.Key_8, CONTROL)
        keys.press(KEY.Key_F1)
        keys.until(lambda: every_dialog.in_front(window))
        assert "Keys" in every_dialog.in_front(window)[-1].accessibleName()
        every_dialog.close_all(window)


def test_alt_gives_each_button_a_letter_that_presses_it(qtbot: QtBot) -> None:
    room = Room()
    qtbot.addWidget(room)
    pressed: list[str] = []
    column = QVBoxLayout(room)
    for word in ("Save", "Save & close", "Search", "Äpfel", "12"):
        button = Button(word)
        button.clicked.connect(lambda _=False, word=word: pressed.append(word))
        column.addWidget(button)
    room.show()
    activate(room, qtbot)
    keys = Keyboard(qtbot)
    plain = room.grab().toImage()
    QTest.keyPress(room, KEY.Key_Alt, ALT)
    assert room.grab().toImage() != plain, "the letters are shown while Alt is down"
    QTest.keyRelease(room, KEY.Key_Alt)
    assert room.grab().toImage() == plain
    letters = [one.shortcut().toString() for one in room.findChildren(Button)]
    assert letters == ["Alt+S", "Alt+C", "Alt+E", "Alt+P", ""]
    keys.press(KEY.Key_C, ALT)
    qtbot.waitUntil(lambda: pressed == ["Save & close"])
