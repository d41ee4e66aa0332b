"""Text as it was kept: in a fixed font, to be read and copied; and the window that shows it.

Such windows are read only and not modal to anything: several may be open beside each other.
"""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from core.words import area
from ui import theme
from ui.own_dialog import OwnDialog
from ui.widgets import Button, QuotedBox, TextLabel, dress
from ui.widgets_scroll import OwnFocusEdge

say = area(__name__)

_SIZE = QSize(780, 640)


class CodeView(QPlainTextEdit):
    """Text of the wire in a fixed font; can be selected and copied, not changed."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        dress(self)
        self.setReadOnly(True)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(theme.font(0.95).pointSizeF())
        self.setFont(fixed)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setPlainText(text)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(theme.sizes().unit * 2 - 1)  # clear of the ring
        OwnFocusEdge(self)


def quoted(view: CodeView) -> QuotedBox:
    """The text on the surface of what is quoted, up to its line: there the ring stands."""
    box = QuotedBox()
    box.body.setContentsMargins(1, 1, 1, 1)
    box.body.addWidget(view)
    return box


class KeptTextDialog(OwnDialog):
    """Fill `column`, then call `end`. *Copy* takes `as_text`, Escape closes and ends the window."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, title)
        unit = theme.sizes().unit
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(unit * 5, unit * 4, unit * 5, unit * 4)
        self.column.setSpacing(unit * 2)

    def end(self, note: str, copies: str) -> None:
        """Add the foot: a note, *Copy* with what it `copies`, *Close*."""
        copy = Button(say("copy"), kind="link", icon="copy")
        copy.setAccessibleDescription(copies)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.as_text()))
        close = Button(say("close"))
        close.clicked.connect(self.leave)
        row = QHBoxLayout()
        row.addWidget(TextLabel(note, tone="muted"))
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(close)
        self.column.addLayout(row)
        room = theme.sizes()
        self.resize(QSize(room.scaled(_SIZE.width()), room.scaled(_SIZE.height())))

    def as_text(self) -> str:
        """All texts of the window; one with more to say says it here."""
        return "\n\n".join(view.toPlainText() for view in self.findChildren(CodeView))
