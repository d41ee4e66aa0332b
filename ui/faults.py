"""Faults that nobody awaited, told one at a time in a dialog whose text can be copied.

An error of the catalogue is told as such; everything else is a fault of the program, goes into the
log with its trace, and offers a bundle. What is told passes through `redact`, because an exception
may quote what it was given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from core.errors import AppError
from core.words import area
from ui.crash_dialog import CrashDialog, Support, crash_of
from ui.dialogs import ErrorDialog, Problem

say = area(__name__)

# A fault that comes back with every painting would open its dialog again as it is closed.
_SAME_AGAIN_S = 5.0
_LOG = logging.getLogger(__name__)


def dialog_of(
    error: BaseException,
    redact: Callable[[str], str] = str,
    *,
    support: Support | None = None,
    logs: Path | None = None,
    parent: QWidget | None = None,
) -> ErrorDialog | CrashDialog:
    """The dialog that tells of an error, not shown yet."""
    if not isinstance(error, AppError):
        return CrashDialog(crash_of(error, redact), support, logs, parent)
    problem = Problem(
        code=error.code,
        title=error.title,
        why=redact(error.why),
        safe=say("nothing_was_changed"),
        remedy=redact(error.fix),
    )
    return ErrorDialog(problem, parent)


def box_over(part: QWidget | None) -> FaultBox | None:
    """The box of the window that a part lies in; None without one."""
    while part is not None:
        found = getattr(part, "faults", None)
        if isinstance(found, FaultBox):
            return found
        part = part.parentWidget()
    return None


class FaultBox(QObject):
    """Shows one fault at a time over the window; a second one waits for nobody and is dropped.

    Faults of the program are logged in any case, and told by the box of the window when this is the
    box of a tab.
    """

    def __init__(
        self, parent: QWidget, redact: Callable[[str], str], support: Support | None = None
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._redact = redact
        self._support = support
        self._last = ("", 0.0)
        self.dialog: QDialog | None = None

    def tell(self, error: BaseException) -> None:
        """Tells a fault, and logs it when it is the program's; GUI thread."""
        of_window = box_over(self._window)
        if isinstance(error, AppError) or of_window is None or of_window is self:
            if not isinstance(error, AppError):
                _LOG.error(say("a_fault_in_the_window"), exc_info=error)
            self.show(error)
        else:
            of_window.tell(error)

    def show(self, error: BaseException) -> None:
        """Tells a fault that is in the log already; GUI thread."""
        if not isinstance(error, AppError):
            place, closed = self._last
            is_same = place == crash_of(error, self._redact).place
            if is_same and time.monotonic() - closed < _SAME_AGAIN_S:
                return
        self._open(error)

    def _open(self, error: BaseException) -> None:
        if self.dialog is not None and shiboken6.isValid(self.dialog):
            return
        self.dialog = dialog_of(error, self._redact, support=self._support, parent=self._window)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()

    def _forget(self) -> None:
        if isinstance(self.dialog, CrashDialog):
            self._last = (self.dialog.crash.place, time.monotonic())
        self.dialog = None
