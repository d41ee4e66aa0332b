"""An error of the core as a dialog; what it says comes from the error itself.

What is no error of the catalogue is a fault of the program: the box of the window tells it.
"""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from core.errors import AppError
from ui.dialogs import ErrorDialog, Problem
from ui.faults import box_over

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


def show(parent: QWidget, error: BaseException, safe: str = _SAFE) -> QDialog | None:
    """Tells it; the window stays usable and the person closes the dialog.

    Answers the dialog; None when another fault is being told.
    """
    box = box_over(parent)
    if box is not None and not isinstance(error, AppError):
        box.tell(error)
        return box.dialog
    dialog = ErrorDialog(problem_of(error, safe), parent)
    dialog.open()
    return dialog
