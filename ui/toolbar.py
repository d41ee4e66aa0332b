"""The toolbar at the right of the tabs: Preview, Sync now, Pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from core.words import area
from ui import theme
from ui.widgets import Button, IconButton

say = area(__name__)

_PAUSES = (
    (say("for_15_minutes"), 15.0),
    (say("for_an_hour"), 60.0),
    (say("for_four_hours"), 240.0),
)
_MORNING = 6


class Toolbar(QWidget):
    """Three buttons; `pause_asked` has minutes, 0 to go on. The keys are bound by the menu."""

    preview_asked = Signal()
    sync_asked = Signal()
    pause_asked = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.setAccessibleName(say("toolbar"))
        self._is_narrow = False
        self._is_running = False
        self.preview = Button(say("preview"), icon="eye")
        self.preview.setToolTip(say("shows_what_would_be_written_nothing_is"))
        self.sync = Button(say("sync_now"), kind="primary", icon="refresh", key="F9")
        self.sync.setToolTip(say("reads_both_sides_and_writes_what_is"))
        self.pause = IconButton("player-pause", say("pause_the_schedule"), kind="plain")
        self._menu = QMenu(self)
        self._menu.setAccessibleName(say("pause"))
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
        self.sync.set_busy(say("syncing") if is_running else "")
        if is_running:
            self.preview.refuse(say("a_run_goes_on"))
        else:
            self.preview.allow(say("shows_what_would_be_written_nothing_is"))

    def show_pause(self, until: str) -> None:
        """Offer what fits: to pause, or to go on."""
        self._menu.clear()
        if until:
            self._menu.addAction(say("go_on_now")).triggered.connect(self._resume)
            self._menu.addSeparator()
        for words, minutes in _PAUSES:
            self._menu.addAction(words).setData(minutes)
        self._menu.addAction(say("until_tomorrow_at_6_00")).setData(-1.0)
        self.pause.set_name(
            say("paused_go_on_or_pause_longer") if until else say("pause_the_schedule")
        )

    def set_narrow(self, *, is_narrow: bool) -> None:
        """Below 1200 the words go; the icons keep their names."""
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        self.preview.set_text("" if is_narrow else say("preview"))
        self.preview.setAccessibleName(say("preview"))
        self.sync.set_text("" if is_narrow else say("sync_now"))
        self.sync.setAccessibleName(say("sync_now"))

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
