"""Somebody who has only a keyboard: keys go to what has them, and names are what is read out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.window_site import activate

KEY = Qt.Key
CONTROL, SHIFT, ALT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)
_Dialog = TypeVar("_Dialog", bound=QWidget)
_WAIT_MS = 90_000
_MOST_STEPS = 80


def name_of(part: QWidget | None) -> str:
    """What a screen reader says of a part."""
    if part is None:
        return "nothing"
    word = str(getattr(part, "text", str)())
    return part.accessibleName() or word.replace("&&", "\0").replace("&", "").replace("\0", "&")


class Keyboard:
    """Keys for the popup, the dialog or the window that has the keyboard now."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot

    @property
    def at(self) -> QWidget:
        """Where a key goes."""
        found = (
            QApplication.activePopupWidget()
            or QApplication.focusWidget()
            or QApplication.activeModalWidget()
            or QApplication.activeWindow()
        )
        assert found is not None, "nothing has the keyboard"
        return found

    @property
    def name(self) -> str:
        """Name of what has the keyboard."""
        return name_of(QApplication.focusWidget())

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.at, key, modifier)

    def write(self, text: str) -> None:
        QTest.keyClicks(self.at, text)

    def until(self, is_so: Callable[[], object]) -> None:
        try:
            self.qtbot.waitUntil(lambda: bool(is_so()), timeout=_WAIT_MS)
        except self.qtbot.TimeoutError:
            raise AssertionError(f"it never came; the screen says: {self.read_out()}") from None

    def read_out(self) -> str:
        """Words of the window in front, and what has the keyboard; for a test that failed."""
        front = QApplication.activeModalWidget() or QApplication.activeWindow()
        labels = [] if front is None else front.findChildren(QLabel)
        words = [one.text() for one in labels if one.isVisible() and one.text()]
        return f"{words}; the keyboard is at {self.name!r}"

    def dialog(self, kind: type[_Dialog]) -> _Dialog:
        """The dialog of this kind, once it stands in front with the keyboard."""
        self.until(lambda: isinstance(QApplication.activeModalWidget(), kind))
        found = cast("_Dialog", QApplication.activeModalWidget())
        activate(found, self.qtbot)
        return found

    def alone(self, window: QWidget) -> None:
        """The window has the keyboard again, once no dialog stands over it."""
        self.until(lambda: QApplication.activeModalWidget() is None)
        activate(window, self.qtbot)

    def tab_to(self, name: str, *, back: bool = False) -> None:
        """Tab, until what begins with this name has the keyboard."""
        seen: list[QWidget] = []
        for _ in range(_MOST_STEPS):
            self.press(KEY.Key_Backtab if back else KEY.Key_Tab)
            if self.name.startswith(name):
                return
            if self.at in seen:
                break
            seen.append(self.at)
        stops = [name_of(part) for part in seen]
        raise AssertionError(f"{name!r} cannot be reached; Tab stops at {stops}")

    def fill(self, name: str, text: str) -> None:
        """Go to a field and type over what stands in it."""
        if not self.name.startswith(name):
            self.tab_to(name)
        self.press(KEY.Key_A, CONTROL)
        self.write(text)

    def choose(self, *words: str) -> None:
        """Of the menu that is open, the line of these words, and of the menu it opens."""
        for word in words:
            self.until(lambda: QApplication.activePopupWidget() is not None)
            menu = cast("QMenu", QApplication.activePopupWidget())
            for _ in range(_MOST_STEPS):
                action = cast("QAction | None", menu.activeAction())
                if action is not None and action.text().replace("&", "").startswith(word):
                    break
                self.press(KEY.Key_Down)
            else:
                raise AssertionError(f"the menu has no line {word!r}")
            self.press(KEY.Key_Return)
