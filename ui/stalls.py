"""Notices when the GUI thread stands still and writes down where it stood (house.md 1.10).

A beat on the GUI thread, a look at it from a thread of its own. Nothing here knows a widget.
"""

from __future__ import annotations

import faulthandler
import logging
import tempfile
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

from core.words import area

say = area(__name__)

LIMIT_S = 0.1
_BEAT_MS = 50
_LOOK_S = 0.025
_ASLEEP_S = 30.0  # no program stands that long: the computer slept
_LOG = logging.getLogger(__name__)


class StallWatch(QObject):
    """Logs every stall over 100 ms once, with the stack it was seen in; make it on the GUI thread.

    `told` is called with seconds and stack as well, from the watching thread; for benches and
    tests.
    """

    def __init__(
        self, parent: QObject | None = None, told: Callable[[float, str], None] | None = None
    ) -> None:
        super().__init__(parent)
        self._told = told
        self._watched = threading.get_ident()
        self._beat_at = time.monotonic()
        self._ended = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._thread = threading.Thread(target=self._watch, name="stalls", daemon=True)

    def start(self) -> None:
        """Begin to watch; nothing happens once it was ended."""
        if self._ended.is_set():
            return
        self._beat()
        self._timer.start()
        self._thread.start()

    def stop(self) -> None:
        """End within a moment; a second call does nothing."""
        self._timer.stop()
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _beat(self) -> None:
        self._beat_at = time.monotonic()

    def _watch(self) -> None:
        limit = LIMIT_S + _BEAT_MS / 1000
        while not self._ended.wait(_LOOK_S):
            seen = self._beat_at
            if time.monotonic() - seen <= limit:
                continue
            stack = self._stack()
            while self._beat_at == seen and not self._ended.wait(_LOOK_S):
                pass
            self._tell(self._beat_at - seen - _BEAT_MS / 1000, stack)

    def _stack(self) -> str:
        """Where the GUI thread stands, innermost call first.

        Not by `sys._current_frames`: on Python 3.11 taking the frames of a thread that paints
        through PySide6 ended the process with a segmentation fault (seen in one run of two).
        faulthandler reads them without making objects of them.
        """
        with tempfile.TemporaryFile() as file:
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            text = file.read().decode("utf-8", errors="replace")
        mark = f"0x{self._watched:016x} "
        return next((part for part in text.split("\n\n") if mark in part.split("\n")[0]), "")

    def _tell(self, seconds: float, stack: str) -> None:
        if not 0 < seconds < _ASLEEP_S:
            return
        _LOG.warning(say("the_window_stood_still_for_d_ms"), round(seconds * 1000), stack)
        if self._told is not None:
            self._told(seconds, stack)
