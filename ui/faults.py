"""Faults that nobody awaited, told one at a time in a dialog whose text can be copied.

What is told passes through `redact`, because an exception may quote what it was given.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.errors import AppError
from ui.dialogs import ErrorDialog, Problem

_SAFE = "What was stored is safe; nothing is sent twice."
_MOST_LINES = 12


def problem_of(error: BaseException, redact: Callable[[str], str] = str) -> Problem:
    """What a dialog says about an error; one that is not ours carries the end of its trace."""
    if isinstance(error, AppError):
        return Problem(
            code=error.code,
            title=error.title,
            why=redact(error.why),
            safe="Nothing was changed.",
            remedy=redact(error.fix),
        )
    trace = "".join(traceback.format_exception(error)).splitlines()[-_MOST_LINES:]
    return Problem(
        code=type(error).__name__,
        title="Something in the window went wrong",
        why=redact(str(error) or "It is not known why."),
        safe=_SAFE,
        facts=(("Where", redact("\n".join(trace))),),
        remedy="Copy this and report it with the log file.",
    )


class FaultBox(QObject):
    """Shows one fault at a time over the window; a second one waits for nobody and is dropped."""

    def __init__(self, parent: QWidget, redact: Callable[[str], str]) -> None:
        super().__init__(parent)
        self._window = parent
        self._redact = redact
        self.dialog: ErrorDialog | None = None

    def tell(self, error: BaseException) -> None:
        """Tells a fault; GUI thread."""
        if self.dialog is not None:
            return
        self.dialog = ErrorDialog(problem_of(error, self._redact), self._window)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()

    def _forget(self) -> None:
        self.dialog = None
