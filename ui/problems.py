"""An error of the core as a dialog; what it says comes from the error itself."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.errors import AppError
from ui.dialogs import ErrorDialog, Problem

_SAFE = "Nothing was changed."


def problem_of(error: BaseException, safe: str = _SAFE) -> Problem:
    """What a dialog says about an error; one that is ours is named as such."""
    if isinstance(error, AppError):
        return Problem(
            code=error.code, title=error.title, why=error.why, safe=safe, remedy=error.fix
        )
    return Problem(
        code=type(error).__name__,
        title="This could not be done",
        why=str(error) or "It is not known why.",
        safe=safe,
        remedy="If it happens again, copy this and report it with the log file.",
    )


def show(parent: QWidget, error: BaseException, safe: str = _SAFE) -> ErrorDialog:
    """Tells it; the window stays usable and the person closes the dialog."""
    dialog = ErrorDialog(problem_of(error, safe), parent)
    dialog.open()
    return dialog
