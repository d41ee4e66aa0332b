"""The tabs that are one list, each in a window of its own over the demo, for their tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from core.desk import Desk
from ui.bridge import Bridge
from ui.list_tab import ListTab


def keep_in(folder: Path) -> None:
    """Columns, panes and places of one test are not those of the next."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(folder / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


class Site:
    """A tab in a window of its own."""

    def __init__(self, desk: Desk, bridge: Bridge, qtbot: QtBot) -> None:
        self.desk, self.bridge, self.qtbot = desk, bridge, qtbot
        self._tabs: list[ListTab] = []  # else one is collected in the middle of making the next

    def open(self, kind: Callable[..., ListTab], width: int = 1366, height: int = 680) -> Any:
        tab = kind(self.desk, self.bridge, None)
        self._tabs.append(tab)
        self.qtbot.addWidget(tab)
        self.bridge.changed.connect(tab.show_topic)
        tab.resize(width, height)
        with self.qtbot.waitExposed(tab):
            tab.show()
        tab.activateWindow()
        tab.first_focus()
        self.settle(tab)
        return tab

    def settle(self, tab: Any) -> None:
        model = tab.list.model
        self.qtbot.waitUntil(lambda: model.has_read and not model.is_busy, timeout=10_000)
        self.qtbot.waitUntil(lambda: model.figures.matched is not None, timeout=10_000)
        self.qtbot.wait(300)


def first(desk: Desk, name: str, **members: str) -> Any:
    """The first row of a list with these members."""
    from core.desk_lists import Query

    page = desk.source(name).page(Query(members=members), None, 1)
    return page.rows[0] if page.rows else None
