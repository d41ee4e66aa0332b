"""Errors on their way to a person: what the catalogue knows, and faults of the program itself.

A fault is shown once while its dialog is open, with a detail to copy from which secrets are gone.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.errors import AppError, Stopped
from ui.dialogs import ErrorDialog, Problem

_SAFE = "Nothing was sent by this; no record changed."
_SAFE_FAULT = (
    "What is on its way is settled by itself, and nothing is sent twice. The log has the details."
)
_LONGEST = 6_000


@dataclass(frozen=True, slots=True)
class Fault(Problem):
    """A fault of the program; `detail` is not shown but goes with what *Copy* takes."""

    detail: str = ""

    def as_text(self) -> str:
        """The whole of it as text."""
        return f"{Problem.as_text(self)}\n\n{self.detail}".rstrip()


def problem_of(error: BaseException, redact: Callable[[str], str] = str) -> Problem:
    """What the dialog says of any error; secrets are taken out of a fault's detail by `redact`."""
    if isinstance(error, AppError):
        return Problem(
            error.code,
            error.title,
            redact(error.why),
            _SAFE,
            facts=(("Detail", redact(error.detail)),) if error.detail else (),
            remedy=error.fix,
        )
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return Fault(
        type(error).__name__,
        "Crossfoot met a fault of its own",
        redact(str(error)) or "It came without words.",
        _SAFE_FAULT,
        remedy="Go on working. If it comes back, copy this and send it to who looks after "
        "Crossfoot.",
        detail=redact("".join(lines))[-_LONGEST:],
    )


class FaultBox(QObject):
    """Shows errors over a window, one dialog at a time; the same one again is not shown twice."""

    def __init__(self, window: QWidget, redact: Callable[[str], str]) -> None:
        super().__init__(window)
        self._window = window
        self._redact = redact
        self._open: ErrorDialog | None = None

    def tell(self, error: BaseException) -> None:
        """Show an error; one that a stop brought about is none."""
        if isinstance(error, Stopped) or self._open is not None:
            return
        self._open = ErrorDialog(problem_of(error, self._redact), self._window)
        self._open.finished.connect(self._forget)
        self._open.show()

    def _forget(self) -> None:
        self._open = None
