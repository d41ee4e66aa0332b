"""An error of the core as a dialog; what it says comes from the error itself.

What is no error of the catalogue is a fault of the program: the box of the window tells it.
"""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from core.errors import AppError
from core.words import area
from ui.dialogs import ErrorDialog, Problem
from ui.faults import box_over

say = area(__name__)

_SAFE = say("nothing_was_changed")


def problem_of(error: BaseException, safe: str = _SAFE) -> Problem:
    """What a dialog says about an error; one that is ours is named as such."""
    if isinstance(error, AppError):
        return Problem(
            code=error.code, title=error.title, why=error.why, safe=safe, remedy=error.fix
        )
    return Problem(
        code=type(error).__name__,
        title=say("this_could_not_be_done"),
        why=str(error) or say("it_is_not_known_why"),
        safe=safe,
        remedy=say("if_it_happens_again_copy_this_and"),
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
