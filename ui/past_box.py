"""The date box of an invoice's history, and the window that shows the invoice as it was then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core import past_words
from core.words import area
from ui import theme
from ui.kept_text import CodeView, KeptTextDialog, quoted
from ui.widgets import Button, LineEdit, group_heading

say = area(__name__)

_WIDTH = 150


class PastBox(QWidget):
    """A day or time to type; `wanted` asks for the invoice as of it. Enter does the same."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        room = theme.sizes()
        self.moment = LineEdit("2026-10-31", icon="calendar", name=say("as_of_this_day_or_time"))
        self.moment.setAccessibleDescription(say("a_day_like_2026_10_31_or"))
        self.moment.setFixedWidth(room.scaled(_WIDTH))
        self.moment.setText(datetime.now(UTC).astimezone().date().isoformat())
        self.moment.returnPressed.connect(self._ask)
        self.moment.textEdited.connect(lambda: self.moment.set_error(is_wrong=False))
        self.button = Button(say("show_as_of_then"), icon="history", is_small=True)
        self.button.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(room.unit * 2)
        row.addWidget(self.moment)
        row.addWidget(self.button)
        row.addStretch(1)

    def _ask(self) -> None:
        text = self.moment.text().strip()
        try:
            datetime.fromisoformat(text)
        except ValueError:
            self.moment.set_error(is_wrong=True)
            return
        self.wanted.emit(text)


class PastDialog(KeptTextDialog):
    """Shows an invoice as of a moment with its proofs; *Copy* takes all of it, Escape closes."""

    def __init__(self, found: dict[str, Any], parent: QWidget | None = None) -> None:
        moment = found["at"][:16].replace("T", " ")
        super().__init__(say("as_of_utc", number=found["number"], moment=moment), parent)
        self.column.addWidget(group_heading(say("what_was_known_planned_sent_and")))
        self.text = CodeView(say("as_of_then"), past_words.text(found))
        self.column.addWidget(quoted(self.text), 1)
        self.end(say("the_rows_named_are_those_of_the"), say("copies_all_of_it_as_text"))
