"""Starts and ends the window: application, event loop, second start, faults, quit (house.md 5).

`run` is the window's `main`. The core comes in as functions, because the window may not know how it
is made. Nothing here knows a tab.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import qasync  # type: ignore[import-untyped] # it comes without types
from PySide6.QtCore import QObject, QProcess, QSettings, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from core.desk import Desk
from core.errors import AppError
from core.words import area
from ui import start_with_windows, theme
from ui.bridge import Bridge
from ui.crash_dialog import Support
from ui.faults import FaultBox, dialog_of
from ui.single_instance import Doorbell, raise_first
from ui.stalls import StallWatch
from ui.tray import Tray, program_icon
from ui.window import Window

say = area(__name__)

QUIT_S = 3.0
_ENGINE_S = 2.0  # of these three seconds, for the engine to put down what is on its way
_SPARE_S = 0.3
SWITCH_S = 0.0005  # the GUI thread waits for reading threads so long at most, not 5 ms
_COLLECT_MS = 2_000
_FULL_EVERY = 30
_FIRST_PICTURE_MS = 1_000
_PREFERENCES = "window"
_LOG = logging.getLogger(__name__)
_HELD, _OK, _FAULT, _USAGE = "ENV-01", 0, 1, 2


@dataclass(frozen=True, slots=True)
class Start:
    """What `main.py` hands over.

    `directory` says where the workspace lies and may refuse; `desk` opens it for the life of the
    window; `end_logs` writes what is queued; `redact` takes secrets out of what is shown of a
    fault; `begun` gets the session when all of it is made, before its first picture.
    """

    directory: Callable[[], Path]
    desk: Callable[[], AbstractContextManager[Desk]]
    end_logs: Callable[[], None]
    redact: Callable[[str], str]
    begun: Callable[[Session], None] | None = None


def run(start: Start) -> int:
    """Show the window until it is closed; the exit status.

    A second start on the same workspace raises the first one's window and ends with 0.
    """
    sys.setswitchinterval(SWITCH_S)
    app = application()
    try:
        return _work(app, start)
    except AppError as error:
        if error.code == _HELD and raise_first(start.directory()):
            return _OK
        return _tell_and_end(app, start, error, _USAGE)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person waits for the window
        _LOG.exception(say("the_window_could_not_be_opened"))
        return _tell_and_end(app, start, error, _FAULT)
    finally:
        # While the application lives: without one, at Python's own end, Qt objects die badly.
        gc.collect()
        gc.enable()  # not before: a thread that still ends would collect objects of Qt


def _work(app: QApplication, start: Start) -> int:
    with start.desk() as desk:
        session = Session(app, desk, start)
        if start.begun is not None:
            start.begun(session)
        status = session.run()
    session.watchdog.cancel()
    return status


def application() -> QApplication:
    """The one application, with its name and its look."""
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(["Crossfoot"])
    app.setOrganizationName("Crossfoot")
    app.setApplicationName("Crossfoot")
    app.setApplicationDisplayName("Crossfoot")
    app.setQuitOnLastWindowClosed(False)
    theme.apply(app)
    app.setWindowIcon(program_icon())
    return app


def preferences_of(directory: Path) -> QSettings:
    """Where the window keeps sizes and columns: with the workspace, for every `QSettings()`."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(directory / _PREFERENCES)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)
    return QSettings()


def demo_command(told: Sequence[str]) -> list[str]:
    """How this program is started on the demo; one told where its data lies has it beside them."""
    is_frozen = bool(getattr(sys, "frozen", False))
    command = [sys.executable] if is_frozen else [sys.executable, str(Path(told[0]).resolve())]
    places = [
        value.partition("=")[2] or following
        for value, following in zip(told, [*told[1:], ""], strict=True)
        if value.partition("=")[0] == "--data-dir"
    ]
    beside = ["--data-dir", f"{places[0]}-demo"] if places and places[0] else []
    return [*command, "--sandbox", *beside]


def _tell_and_end(app: QApplication, start: Start, error: Exception, status: int) -> int:
    """The workspace could not be opened: say why, in a dialog of its own."""
    dialog = dialog_of(error, start.redact, logs=_logs_of(start))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    dialog.finished.connect(lambda _result: app.quit())
    dialog.show()
    app.exec()
    return status


def _logs_of(start: Start) -> Path | None:
    """Where the log of this start lies; None when there is no place for data at all."""
    try:
        return start.directory() / "logs"
    except AppError:
        return None


class Session(QObject):
    """One window from its first picture to its last; `run` returns when it has ended."""

    _closed = Signal()
    _fell_elsewhere = Signal(object)

    def __init__(self, app: QApplication, desk: Desk, start: Start) -> None:
        super().__init__()
        self._app = app
        self._desk = desk
        self._start = start
        self._loop = qasync.QEventLoop(app)
        self._is_ending = False
        self.watchdog = threading.Timer(QUIT_S - _SPARE_S, self._end_hard)
        self.watchdog.daemon = True
        preferences = preferences_of(desk.directory)
        self.bridge = Bridge(self)
        self.bridge.attach(desk.subscribe)
        self.window = Window(desk, self.bridge, preferences)
        self.window.setWindowIcon(program_icon())
        self.window.quit_asked.connect(self.quit)
        self.window.demo_wanted.connect(self._go_to_demo)
        self.faults = self.window.faults = FaultBox(
            self.window, start.redact, Support(desk, self.bridge)
        )
        self.doorbell = Doorbell(desk.directory, self)
        self.doorbell.rung.connect(self.window.come_forward)
        self.stalls = StallWatch(self)
        self.autostart = start_with_windows.begin(desk, self.bridge, sys.argv)
        self.tray = self._tray()
        self._closed.connect(self._finish, Qt.ConnectionType.QueuedConnection)
        self._fell_elsewhere.connect(self.faults.show, Qt.ConnectionType.QueuedConnection)
        self._hooks_before = (sys.excepthook, threading.excepthook)
        self._collector = QTimer(self)
        self._collector.setInterval(_COLLECT_MS)
        self._collector.timeout.connect(self._collect)
        self._rounds = 0

    def _tray(self) -> Tray | None:
        if not Tray.is_possible():
            return None
        tray = Tray(self.window)
        tray.open_asked.connect(self.window.come_forward)
        tray.sync_asked.connect(self.window.sync_now)
        tray.quit_asked.connect(self.quit)
        self.window.needs_you_changed.connect(tray.hear)
        return tray

    def run(self) -> int:
        """Show the window and work until `quit` has done its part."""
        self._take_hooks()
        # Qt objects must die on the GUI thread: only this timer collects (house.md 5).
        gc.disable()
        self.window.restore_and_show()
        _begin_collecting()
        self._collector.start()
        # The first picture may take its time; from then on nobody is kept waiting.
        QTimer.singleShot(_FIRST_PICTURE_MS, self.stalls.start)
        self.bridge.call_later(self, self._desk.open, _done, self.faults.tell)
        try:
            with self._loop:
                self._loop.run_forever()
        finally:
            self._leave_hooks()
            gc.unfreeze()
        return _OK

    def _collect(self) -> None:
        """The young often, all of it once a minute while nothing runs."""
        self._rounds += 1
        is_time = self._rounds % _FULL_EVERY == 0 and not self.window.is_running
        gc.collect(2 if is_time else 1)

    def quit(self) -> None:
        """End within three seconds, whatever runs; what was sent is settled at the next start."""
        if self._is_ending:
            return
        self._is_ending = True
        self.watchdog.start()
        self.stalls.stop()
        self.doorbell.close()
        if self.tray is not None:
            self.tray.hide()
        self.window.end()
        threading.Thread(target=self._close_desk, name="closing", daemon=True).start()

    def _go_to_demo(self) -> None:
        """The demo is a workspace of its own: its window opens and this one ends."""
        program, *arguments = demo_command(sys.argv)
        if QProcess.startDetached(program, arguments):
            self.quit()

    def _close_desk(self) -> None:
        try:
            if not self._desk.close(_ENGINE_S):
                _LOG.warning(say("the_engine_did_not_end_in_time"))
        finally:
            self._closed.emit()

    def _finish(self) -> None:
        self.bridge.close(self._desk.close_thread)
        self._collector.stop()
        self.window.close()
        self._loop.call_soon(self._loop.stop)

    def _end_hard(self) -> None:
        """The end that always comes; allowed because starting is recovering (house.md 1.7)."""
        _LOG.warning(say("something_still_ran_after_1f_s_the"), QUIT_S)
        self._start.end_logs()
        os._exit(_OK)

    # -- faults ------------------------------------------------------------------------------

    def _take_hooks(self) -> None:
        sys.excepthook = self._fell
        threading.excepthook = self._fell_in_thread
        # Python sees signals between two of its own steps; the beat of the stall watch is one.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._told_to_end)
        self._loop.set_exception_handler(self._fell_in_loop)

    def _leave_hooks(self) -> None:
        sys.excepthook, threading.excepthook = self._hooks_before
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    def _told_to_end(self, *_: object) -> None:
        self.quit()

    def _fell(
        self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self.quit()
            return
        if threading.current_thread() is threading.main_thread():
            self.faults.tell(error)
        else:
            _LOG.error(say("a_fault_beside_the_window"), exc_info=error)
            self._fell_elsewhere.emit(error)

    def _fell_in_thread(self, fell: threading.ExceptHookArgs) -> None:
        """A thread ended by a fault: the log has it from the hook before, a person hears of it."""
        self._hooks_before[1](fell)
        is_fault = fell.exc_value is not None and not issubclass(fell.exc_type, SystemExit)
        if is_fault and not self._is_ending:
            self._fell_elsewhere.emit(fell.exc_value)

    def _fell_in_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._fell(type(error), error, error.__traceback__)
        else:
            _LOG.error(say("a_fault_in_the_event_loop_s"), context.get("message"))


def _begin_collecting() -> None:
    """What the start has made stays: it need not be looked through again and again."""
    gc.collect()
    gc.freeze()


def _done(_result: object) -> None:
    """What a call without an answer is followed by."""
