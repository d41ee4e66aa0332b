"""The sign-in at the gateway: a browser does it, this dialog waits and takes a pasted code.

Nothing secret is shown; the address that can be copied serves one sign-in only. The wait itself is
the core's; the dialog looks at it and never waits.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.desk_sign_in import SignIn
from core.errors import AppError
from core.words import area
from ui import icons, theme
from ui.own_dialog import OwnDialog
from ui.widgets import Button, Field, IconLabel, LineEdit, TextLabel

say = area(__name__)

_WIDTH, _DISC, _TITLE_RATIO = 560, 40, 1.25
_LOOK_MS = 200
_PASTE_HINT = say("only_when_the_browser_cannot_come_back")


class SignInDialog(OwnDialog):
    """Waits for one sign-in; `signed_in` or `failed` (with its error) end it, Escape too."""

    signed_in = Signal()
    failed = Signal(object)

    def __init__(self, sign_in: SignIn, parent: QWidget | None = None) -> None:
        super().__init__(parent, "Crossfoot", say("sign_in_to_sage_x3"))
        self._sign_in = sign_in
        self.setModal(True)
        self.code = LineEdit()
        self._field = Field(say("code"), self.code, _PASTE_HINT)
        self.copy_button = Button(say("copy_address"), kind="link", icon="copy")
        self.copy_button.setAccessibleDescription(say("for_a_browser_that_did_not_open"))
        self.use_button = Button(say("use_this_code"), icon="check")
        self.cancel_button = Button(say("cancel"))
        self._build()
        self.code.textChanged.connect(self._typed)
        self.copy_button.clicked.connect(self._copy)
        self.use_button.clicked.connect(self._use)
        self.cancel_button.clicked.connect(self.leave)
        self._typed()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _build(self) -> None:
        room = theme.sizes()
        words = QVBoxLayout()
        words.setSpacing(room.unit * 3 - 2)
        title = say("sign_in_to_sage_x3_in_the")
        words.addWidget(TextLabel(title, ratio=_TITLE_RATIO, weight=theme.Weight.DemiBold))
        text = say("a_page_has_been_opened_sign_in")
        words.addWidget(TextLabel(text, is_wrapped=True))
        words.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self._field)
        top = QHBoxLayout()
        top.setSpacing(room.unit * 4)
        disc = IconLabel("key", tone="go", size=icons.DIALOG, disc=_DISC)
        top.addWidget(disc, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(room.unit * 2)
        buttons.addWidget(TextLabel(say("waiting_for_the_browser"), tone="muted"))
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(room.unit * 5, room.unit * 5, room.unit * 6, room.unit * 4)
        column.setSpacing(room.unit * 4)
        column.addLayout(top, 1)
        column.addLayout(buttons)
        self.setFixedWidth(room.scaled(_WIDTH))

    def _typed(self) -> None:
        self._field.set_error("")
        self.code.set_error(is_wrong=False)
        if self.code.text().strip():
            self.use_button.allow()
        else:
            self.use_button.refuse(say("paste_the_code_first"))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._sign_in.address)

    def _use(self) -> None:
        try:
            self._sign_in.paste(self.code.text())
        except AppError as error:
            self._field.set_error(f"{error.why} {error.fix}")
            self.code.set_error(is_wrong=True)

    def _look(self) -> None:
        """Close when the sign-in has come to its end."""
        state = self._sign_in.state
        if state == "waiting":
            return
        self._timer.stop()
        error = self._sign_in.error
        self.accept()
        if state == "done":
            self.signed_in.emit()
        elif error is not None:
            self.failed.emit(error)

    def reject(self) -> None:
        """Give the sign-in up."""
        self._timer.stop()
        self._sign_in.cancel()
        super().reject()
