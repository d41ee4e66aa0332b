"""The frame: menu, strips, tabs with the toolbar, the page, and the status bar (design.md 4).

It asks the core for the health of the whole and for progress; what a tab shows is the tab's.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.desk import Desk
from core.desk_views import HealthView, ProgressView
from core.facade import SyncOrder
from core.words import area
from ui import frame_words, theme
from ui.announce import announce
from ui.bridge import Bridge, Ticket
from ui.closing import Closing
from ui.day_turn import DayTurn
from ui.faults import FaultBox
from ui.frame_menu import FrameMenu
from ui.pages import PAGES, Pages
from ui.reading_order import InReadingOrder
from ui.toolbar import Toolbar
from ui.widgets import EnvironmentStrip, Hairline, ProgressStrip, StatusBar, TabBar

say = area(__name__)

_LEAST = QSize(900, 500)
_FIRST = QSize(1366, 768)
NARROW = 1200
_TICK_MS = 1_000
_RUN_TOPICS = frozenset({"health", "runs", "review"})


class Window(InReadingOrder, QMainWindow):
    """The one window. `needs_you_changed` has the number of open items that ask a person."""

    quit_asked = Signal()
    needs_you_changed = Signal(int)
    demo_wanted = Signal()
    _ran = Signal(object, bool)

    def __init__(self, desk: Desk, bridge: Bridge, preferences: QSettings) -> None:
        super().__init__()
        self.desk = desk
        self.bridge = bridge
        self.preferences = preferences
        self.health: HealthView | None = None
        self.faults = FaultBox(self, str)
        self._wizard: QWidget | None = None
        self._is_ending = False
        self._is_running = False
        self._has_asked = False  # a run was asked for and its end has not been heard of
        self._reading: Ticket | None = None
        self._reads_again = False
        self._asking: Ticket | None = None
        self.setMinimumSize(_LEAST)
        self.setWindowTitle("Crossfoot")
        self.environment = EnvironmentStrip()
        self.tabs = TabBar(say("tabs"), [page.title for page in PAGES])
        self.toolbar = Toolbar()
        self.progress = ProgressStrip()
        self.stack = QStackedWidget()
        self.status = StatusBar()
        self.pages = Pages(self)
        self.closing = Closing(self)
        self.menu = FrameMenu(self)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._read_progress)
        self.day_turn = DayTurn(self)
        self._build()
        self._connect()
        self._read_health()

    def _build(self) -> None:
        room = theme.sizes()
        head = QHBoxLayout()
        head.setContentsMargins(room.unit // 2, 0, room.margin, 0)
        head.setSpacing(room.unit * 2)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.toolbar)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.environment)
        column.addLayout(head)
        column.addWidget(Hairline())
        column.addWidget(self.progress)
        column.addWidget(self.stack, 1)
        column.addWidget(self.status)
        self.setCentralWidget(body)
        frame_words.status(self.status, None, is_running=False)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self.pages.show)
        self.toolbar.sync_asked.connect(self.sync_now)
        self.toolbar.preview_asked.connect(self.preview)
        self.toolbar.pause_asked.connect(self.pause)
        self.progress.stop_asked.connect(self.desk.cancel_run)
        self.status.needs_you.clicked.connect(self._open_review)
        self.bridge.changed.connect(self._changed)
        self._ran.connect(self._run_ended)
        self.day_turn.turned.connect(partial(self._changed, "review"))

    # -- for the shell -----------------------------------------------------------------------

    def restore_and_show(self) -> None:
        """As large and where it was last time; else 1366 by 768."""
        kept = self.preferences.value("window/geometry")
        if not (kept is not None and self.restoreGeometry(kept)):
            self.resize(_FIRST)
        name = str(self.preferences.value("window/tab", PAGES[0].name))
        self.pages.make_all()
        self.show()
        self.pages.open(name if name in self.pages.names else PAGES[0].name)

    def come_forward(self) -> None:
        """In front of everything, also from the task bar."""
        if self._is_ending:
            return
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def end(self) -> None:
        """Keep where things are, leave the screen, and ask nothing any more."""
        self._is_ending = True
        self._tick.stop()
        self.preferences.setValue("window/geometry", self.saveGeometry())
        self.preferences.setValue("window/tab", self.pages.current_name)
        self.pages.keep_places()
        self.preferences.sync()
        for dialog in self.findChildren(QWidget):
            if dialog.isWindow() and dialog.isVisible():
                dialog.close()
        self.hide()

    # -- commands ----------------------------------------------------------------------------

    def sync_now(self) -> None:
        """One run; nothing happens while one runs."""
        if not self._is_running:
            self._ask(SyncOrder(), is_preview=False)

    def preview(self) -> None:
        """Read both sides and show the plan; nothing is written, nothing happens in a run."""
        if not self._is_running:
            self._ask(SyncOrder(preview=True), is_preview=True)

    def apply_plan(self, plan_hash: str) -> None:
        """Write exactly what this plan holds; after the run that goes on, if one does."""
        self._ask(SyncOrder(plan=plan_hash), is_preview=False)

    def stop(self) -> None:
        """End the run after the one on its way."""
        if self._is_running:
            self.progress.stop.click()

    def pause(self, minutes: float) -> None:
        """Hold the schedule for so long; 0 ends the pause."""
        self._work(lambda: self.desk.pause(minutes))

    def open_wizard(self) -> None:
        """Show the steps of the first set-up; a second wish brings the same one forward."""
        from ui.wizard import Wizard

        if self._wizard is None or not shiboken6.isValid(self._wizard):
            wizard = Wizard(self.desk, self.bridge, self)
            wizard.demo_wanted.connect(self.demo_wanted)
            wizard.finished.connect(self._read_health)
            self._wizard = wizard
        self._wizard.show()
        self._wizard.raise_()

    def _ask(self, order: SyncOrder, *, is_preview: bool) -> None:
        if self._has_asked or self._is_ending:
            return
        self._has_asked = True
        self._show_running(is_running=True)
        self.bridge.call_later(
            self,
            lambda: self.desk.sync_now(order),
            lambda future: self._await(future, is_preview=is_preview),
            self._refused,
        )

    def _await(self, future: Future[Any], *, is_preview: bool) -> None:
        def ended(done: Future[Any]) -> None:
            # The window may be gone by now: then nobody wants to know.
            with contextlib.suppress(RuntimeError):
                self._ran.emit(done, is_preview)

        future.add_done_callback(ended)

    def _run_ended(self, done: Future[Any], is_preview: bool) -> None:  # noqa: FBT001 - a signal's argument
        self._has_asked = False
        self._forget_reads()  # what was asked while it ran would say that it still does
        self._show_running(is_running=False)
        self._read_health()
        if done.cancelled() or isinstance(done.exception(), CancelledError):
            return
        error = done.exception()
        if error is not None:
            self.faults.tell(error)
            return
        announce(self, say("the_preview_is_ready") if is_preview else say("the_run_has_ended"))
        if is_preview:
            self.pages.show_plan(str(done.result().report.get("plan_hash", "")))

    def _forget_reads(self) -> None:
        for ticket in (self._reading, self._asking):
            if ticket is not None:
                ticket.cancel()
        self._reading = self._asking = None
        self._reads_again = False

    def _refused(self, error: BaseException) -> None:
        self._has_asked = False
        self._show_running(is_running=False)
        self.faults.tell(error)

    def _work(self, function: Any) -> None:
        if not self._is_ending:
            self.bridge.call_later(self, function, self._worked, self.faults.tell)

    def _worked(self, _result: object) -> None:
        self._read_health()

    # -- what changed ------------------------------------------------------------------------

    def _changed(self, topic: str) -> None:
        if self._is_ending:
            return
        if topic == "progress":
            self._read_progress()
            return
        if topic in _RUN_TOPICS:
            self._read_health()
        self.pages.tell(topic)

    def _read_health(self, *_: object) -> None:
        if self._reading is not None:
            self._reads_again = True
            return
        self._reading = self.bridge.read_later(
            self, self.desk.health, self._show_health, self._health_failed
        )

    def _health_failed(self, error: BaseException) -> None:
        self._reading = None
        self.faults.tell(error)

    def _show_health(self, health: HealthView) -> None:
        self._reading = None
        lost_before = frame_words.lost(self.health)
        needs_before = self.health.needs_you if self.health is not None else None
        self.health = health
        self.show_strip()
        if not self._is_running and health.is_running:
            self._show_running(is_running=True)
        frame_words.status(self.status, health, is_running=self._is_running)
        self.toolbar.show_pause(health.paused_until)
        self.pages.show_needs(health.needs_you)
        self.pages.show_health(health)
        if needs_before != health.needs_you:
            self.needs_you_changed.emit(health.needs_you)
        if needs_before is None and health.problem:
            self.open_wizard()
        for name in frame_words.lost(health) - lost_before:
            announce(self, say("is_not_reached", name=name))
        if self._reads_again:
            self._reads_again = False
            self._read_health()

    def show_strip(self) -> None:
        """Say where one works: in the demo, on a plan that waits, in preview; nothing when live."""
        if self.health is not None:
            frame_words.environment(self.environment, self.health, self.pages.plan)

    def _read_progress(self) -> None:
        if self._asking is None:
            self._asking = self.bridge.read_later(
                self, self.desk.progress, self._show_progress, self._progress_failed
            )

    def _progress_failed(self, error: BaseException) -> None:
        self._asking = None
        self.faults.tell(error)

    def _show_progress(self, view: ProgressView | None) -> None:
        self._asking = None
        if view is None:
            self._show_running(is_running=self._has_asked)
            return
        self._show_running(is_running=True)
        self.progress.show_progress(
            frame_words.phase(view.phase),
            view.done,
            view.total,
            needs=view.needs_you,
            elapsed_s=frame_words.elapsed_for(view),
        )

    def _show_running(self, *, is_running: bool) -> None:
        """One place says everywhere whether a run goes on."""
        if is_running == self._is_running:
            return
        self._is_running = is_running
        self.toolbar.show_running(is_running=is_running)
        self.menu.show_running(is_running=is_running)
        if is_running:
            self._tick.start()
            self.progress.show_progress(frame_words.phase(""), 0, 0)  # until it is known
        else:
            self._tick.stop()
            self.progress.hide()
        frame_words.status(self.status, self.health, is_running=is_running)
        self.pages.show_running(is_running=is_running)

    @property
    def is_running(self) -> bool:
        """Whether a run goes on, as far as the window knows."""
        return self._is_running

    def _open_review(self) -> None:
        self.pages.open("review")

    # -- Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Below 1200 the frame is narrow (design.md 4)."""
        super().resizeEvent(event)
        is_narrow = self.width() < theme.sizes().scaled(NARROW)
        self.tabs.set_compact(is_compact=is_narrow)
        self.toolbar.set_narrow(is_narrow=is_narrow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the page work wherever on it the keyboard is."""
        if not self.menu.press(event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is what the person decided: to hide, or to quit; it stays until that began."""
        if self._is_ending:
            event.accept()
            return
        event.ignore()
        self.closing.close()
