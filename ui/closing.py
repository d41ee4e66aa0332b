"""What closing the window means: to go on beside the clock, or to quit. It is asked once.

Without a place beside the clock closing is quitting. The answer is kept with the window's sizes
and can be changed in the menu.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.words import area
from ui.dialogs import ConfirmDialog, Question

say = area(__name__)

if TYPE_CHECKING:
    from ui.window import Window

_KEY = "window/keeps_running"
_QUESTION = Question(
    title=say("keep_crossfoot_running"),
    sentence=(say("the_schedule_goes_on_and_the_icon")),
    verb=say("keep_it_running"),
    kind="go",
    icon="refresh",
    safe=say("you_are_asked_once_the_menu_workspace"),
    leave=say("quit_crossfoot"),
)


class Closing(QObject):
    """Decides for one window. `has_tray` is set by the tray; `changed` tells of a new answer."""

    changed = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.has_tray = False
        self._asked: ConfirmDialog | None = None

    @property
    def keeps_running(self) -> bool | None:
        """The answer; None while nobody was asked."""
        kept = str(self._window.preferences.value(_KEY, ""))
        return {"yes": True, "no": False}.get(kept)

    def decide(self, *, keeps_running: bool) -> None:
        """Keep the answer for the next time."""
        self._window.preferences.setValue(_KEY, "yes" if keeps_running else "no")
        self.changed.emit()

    def close(self) -> None:
        """The person has closed the window: hide it, quit, or ask which."""
        if not self.has_tray or self.keeps_running is False:
            self._window.quit_asked.emit()
        elif self.keeps_running:
            self._window.hide()
        elif self._asked is None:
            self._ask()

    def _ask(self) -> None:
        dialog = ConfirmDialog(_QUESTION, self._window)
        dialog.confirmed.connect(self._keep_running)
        # Escape leaves everything as it is; only its button quits.
        dialog.leave_button.clicked.connect(self._quit)
        dialog.finished.connect(self._answered)
        self._asked = dialog
        dialog.open()

    def _answered(self, _result: int) -> None:
        self._asked = None

    def _keep_running(self, _reason: str) -> None:
        self.decide(keeps_running=True)
        self._window.hide()

    def _quit(self) -> None:
        self.decide(keeps_running=False)
        self._window.quit_asked.emit()
