"""A whole window over a desk, opened and closed in order, for tests that use it as people do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from ui.bridge import Bridge
from ui.shell import preferences_of
from ui.window import Window

WAIT_MS = 30_000


@contextmanager
def shown(desk: Desk, qtbot: QtBot, width: int = 1366, height: int = 768) -> Iterator[Window]:
    """A window that has read its health once."""
    bridge = Bridge()
    bridge.attach(desk.subscribe)
    window = Window(desk, bridge, preferences_of(desk.directory))
    window.resize(width, height)
    window.restore_and_show()
    window.resize(width, height)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
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


def run_to_end(window: Window, qtbot: QtBot) -> None:
    """Wait until the run that was asked for has ended and its result has been taken."""
    qtbot.waitUntil(lambda: not window.is_running, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not window.desk.is_running, timeout=WAIT_MS)


def nameless(root: QWidget) -> list[str]:
    """Visible parts that take the keyboard or a click and have no accessible name."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QScrollBar

    found = []
    for part in root.findChildren(QWidget):
        if not part.isVisible() or isinstance(part, QScrollBar):
            continue
        takes = part.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(part, QAbstractButton)
        inner = isinstance(part.parentWidget(), QAbstractScrollArea)
        if takes and not inner and not (part.accessibleName() or getattr(part, "text", str)()):
            found.append(f"{type(part).__name__} {part.objectName()}")
    return found
