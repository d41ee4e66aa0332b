"""The toolbar at the right of the tabs: Preview, Sync now, Pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from ui import theme
from ui.widgets import Button, IconButton

_PAUSES = (("For 15 minutes", 15.0), ("For an hour", 60.0), ("For four hours", 240.0))
_MORNING = 6


class Toolbar(QWidget):
    """Three buttons; `pause_asked` has minutes, 0 to go on. The keys are bound by the menu."""

    preview_asked = Signal()
    sync_asked = Signal()
    pause_asked = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.setAccessibleName("Toolbar")
        self._is_narrow = False
        self._is_running = False
        self.preview = Button("Preview", icon="eye")
        self.preview.setToolTip("Shows what would be written; nothing is written (Shift+F9)")
        self.sync = Button("Sync now", kind="primary", icon="refresh", key="F9")
        self.sync.setToolTip("Reads both sides and writes what is due (F9)")
        self.pause = IconButton("player-pause", "Pause the schedule", kind="plain")
        self._menu = QMenu(self)
        self._menu.setAccessibleName("Pause")
        self._menu.triggered.connect(self._chosen)
        self.pause.clicked.connect(self._open_pause)
        self.preview.clicked.connect(self.preview_asked)
        self.sync.clicked.connect(self.sync_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(room.unit * 2)
        for button in (self.preview, self.sync, self.pause):
            row.addWidget(button)
        self.show_pause("")

    def set_primary(self, *, is_primary: bool) -> None:
        """Sync now is the primary button unless the page has one of its own (design.md 1.2)."""
        self.sync.set_kind("primary" if is_primary else "plain")

    def show_running(self, *, is_running: bool) -> None:
        """Both commands rest while a run goes on."""
        if is_running == self._is_running:
            return
        self._is_running = is_running
        self.sync.set_busy("Syncing" if is_running else "")
        if is_running:
            self.preview.refuse("A run goes on")
        else:
            self.preview.allow("Shows what would be written; nothing is written (Shift+F9)")

    def show_pause(self, until: str) -> None:
        """Offer what fits: to pause, or to go on."""
        self._menu.clear()
        if until:
            self._menu.addAction("Go on now").triggered.connect(self._resume)
            self._menu.addSeparator()
        for words, minutes in _PAUSES:
            self._menu.addAction(words).setData(minutes)
        self._menu.addAction("Until tomorrow at 6:00").setData(-1.0)
        self.pause.set_name("Paused; go on or pause longer" if until else "Pause the schedule")

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Below 1200 the words go; the icons keep their names."""
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        self.preview.set_text("" if is_narrow else "Preview")
        self.preview.setAccessibleName("Preview")
        self.sync.set_text("" if is_narrow else "Sync now")
        self.sync.setAccessibleName("Sync now")

    def _open_pause(self) -> None:
        at = self.pause.mapToGlobal(self.pause.rect().bottomLeft())
        self._menu.popup(at)

    def _chosen(self, action: QAction) -> None:
        minutes = action.data()
        if minutes:
            self.pause_asked.emit(minutes_until_morning() if minutes < 0 else float(minutes))

    def _resume(self) -> None:
        self.pause_asked.emit(0.0)


def minutes_until_morning(now: datetime | None = None) -> float:
    """Minutes until six o'clock of the next day, local time."""
    here = (now or datetime.now(UTC)).astimezone()
    morning = (here + timedelta(days=1)).replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    return (morning - here).total_seconds() / 60
