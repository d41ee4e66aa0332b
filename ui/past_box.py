"""The date box of an invoice's history, and the window that shows the invoice as it was then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from core import past_words
from ui import theme
from ui.exchange_dialog import CodeView, quoted
from ui.widgets import Button, LineEdit, TextLabel, group_heading

_SIZE = QSize(780, 640)
_WIDTH = 150


class PastBox(QWidget):
    """A day or time to type; `wanted` asks for the invoice as of it. Enter does the same."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        room = theme.sizes()
        self.moment = LineEdit("2026-10-31", icon="calendar", name="As of this day or time")
        self.moment.setAccessibleDescription("A day like 2026-10-31, or 2026-10-31T14:00")
        self.moment.setFixedWidth(room.scaled(_WIDTH))
        self.moment.setText(datetime.now(UTC).astimezone().date().isoformat())
        self.moment.returnPressed.connect(self._ask)
        self.moment.textEdited.connect(lambda: self.moment.set_error(is_wrong=False))
        self.button = Button("Show as of then", icon="history", is_small=True)
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


class PastDialog(QDialog):
    """Shows an invoice as of a moment with its proofs; *Copy* takes all of it, Escape closes."""

    def __init__(self, found: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        room = theme.sizes()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{found['number']} as of {found['at'][:16].replace('T', ' ')} UTC")
        self.setAccessibleName(self.windowTitle())
        column = QVBoxLayout(self)
        column.setContentsMargins(room.unit * 5, room.unit * 4, room.unit * 5, room.unit * 4)
        column.setSpacing(room.unit * 2)
        column.addWidget(group_heading("What was known, planned, sent and answered by then"))
        self.text = CodeView("As of then", past_words.text(found))
        column.addWidget(quoted(self.text), 1)
        column.addLayout(self._foot())
        self.resize(QSize(room.scaled(_SIZE.width()), room.scaled(_SIZE.height())))

    def _foot(self) -> QHBoxLayout:
        copy = Button("Copy", kind="link", icon="copy")
        copy.setAccessibleDescription("Copies all of it as text")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        close = Button("Close")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(TextLabel("The rows named are those of the audit log.", tone="muted"))
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(close)
        return row

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the surface of a card."""
        QPainter(self).fillRect(self.rect(), theme.colour("base"))
