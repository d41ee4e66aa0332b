"""A whole window over a desk, opened and closed in order, for tests that use it as people do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QMainWindow,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.desk import Desk
from ui.bridge import Bridge
from ui.shell import preferences_of
from ui.window import Window

WAIT_MS = 30_000


class Strays(QObject):
    """Parts that were shown before they had a parent: each opens a window for a moment."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            is_plain = watched.windowType() == Qt.WindowType.Window
            if watched.isWindow() and is_plain and not isinstance(watched, QMainWindow):
                self.found.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


@contextmanager
def shown(desk: Desk, qtbot: QtBot, width: int = 1366, height: int = 768) -> Iterator[Window]:
    """A window that has read its health once."""
    strays = Strays()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(strays)
    bridge = Bridge()
    bridge.attach(desk.subscribe)
    window = Window(desk, bridge, preferences_of(desk.directory))
    window.resize(width, height)
    window.restore_and_show()
    window.resize(width, height)
    assert strays.found == []
    activate(window, qtbot)
    qtbot.waitUntil(lambda: window.health is not None, timeout=WAIT_MS)
    try:
        yield window
    finally:
        window.end()
        desk.close()
        bridge.close(desk.close_thread)
        window.deleteLater()
        bridge.deleteLater()
        qtbot.wait(20)
        app.removeEventFilter(strays)
    assert strays.found == []


def activate(window: QWidget, qtbot: QtBot) -> None:
    """Give the window the keyboard, as a window manager does; the offscreen screen has none."""

    def has_it() -> bool:
        window.activateWindow()
        return window.isActiveWindow()

    qtbot.waitUntil(has_it, timeout=WAIT_MS)


def run_to_end(window: Window, qtbot: QtBot) -> None:
    """Wait until the run that was asked for has ended and its result has been taken."""
    qtbot.waitUntil(lambda: not window.is_running, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not window.desk.is_running, timeout=WAIT_MS)


def nameless(root: QWidget) -> list[str]:
    """Visible parts that take the keyboard or a click and have no accessible name."""
    found = []
    for part in root.findChildren(QWidget):
        if not part.isVisible() or isinstance(part, QScrollBar):
            continue
        takes = part.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(part, QAbstractButton)
        inner = isinstance(part.parentWidget(), QAbstractScrollArea)
        if takes and not inner and not (part.accessibleName() or getattr(part, "text", str)()):
            found.append(f"{type(part).__name__} {part.objectName()}")
    return found
