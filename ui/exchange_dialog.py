"""One request and its answer, as they were kept: the bytes made readable, secrets removed.

Read only and not modal to anything: several may be open beside each other.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontDatabase, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from core.desk_views import ExchangeView
from ui import formats, theme
from ui.painting import PillLook
from ui.reading_order import InReadingOrder
from ui.widgets import Button, Facts, PillLabel, QuotedBox, TextLabel, dress, group_heading
from ui.widgets_scroll import FocusEdge

_SIZE = QSize(780, 640)
_LABEL = 88
_SIDES = {"x3": "Sage X3", "avidxchange": "AvidXchange"}
_LOOKS = {
    "accepted": PillLook("circle-check", "Accepted", "ok"),
    "found": PillLook("circle-check", "Found", "ok"),
    "doubt": PillLook("zoom-question", "No answer", "doubt"),
    "in_doubt": PillLook("zoom-question", "No answer", "doubt"),
    "refused": PillLook("circle-x", "Refused", "bad"),
    "rejected": PillLook("circle-x", "Refused", "bad"),
}
_OBJECTS = {"approval": "Approval level", "withdraw": "Withdrawal", "replace": "Changed invoice"}
_DONE = {"send": "sent", "lookup": "looked up"}


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
        self._edge = FocusEdge(self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """With the keyboard it has a ring."""
        super().focusInEvent(event)
        self._edge.follow(is_focused=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without it none."""
        super().focusOutEvent(event)
        self._edge.follow(is_focused=False)


def quoted(view: CodeView) -> QuotedBox:
    """The text on the surface of what is quoted."""
    box = QuotedBox()
    box.body.setContentsMargins(*[theme.sizes().unit] * 4)
    box.body.addWidget(view)
    return box


class ExchangeDialog(InReadingOrder, QDialog):
    """Shows an exchange; *Copy* takes all of it as text, Escape closes."""

    def __init__(self, view: ExchangeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        room = theme.sizes()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Request and answer: {view.object}")
        self.setAccessibleName(self.windowTitle())
        column = QVBoxLayout(self)
        column.setContentsMargins(room.unit * 5, room.unit * 4, room.unit * 5, room.unit * 4)
        column.setSpacing(room.unit * 2)
        column.addLayout(self._head())
        column.addWidget(Facts(self.facts(), label_width=_LABEL))
        column.addSpacing(room.unit)
        column.addWidget(group_heading("What left this computer"))
        self.request = CodeView("Request", view.request or "There was no body.")
        column.addWidget(quoted(self.request), 3)
        column.addWidget(group_heading("What came back"))
        self.answer = CodeView("Answer", view.answer or "No readable answer came.")
        column.addWidget(quoted(self.answer), 2)
        column.addLayout(self._foot())
        self.resize(QSize(room.scaled(_SIZE.width()), room.scaled(_SIZE.height())))

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.sizes().unit * 2)
        weight = theme.Weight.DemiBold
        row.addWidget(TextLabel(title_of(self._view), ratio=1.25, weight=weight))
        row.addStretch(1)
        row.addWidget(PillLabel(look_of(self._view), is_flush=True))
        return row

    def facts(self) -> list[tuple[str, str]]:
        """What is known of the exchange beside its bytes."""
        view = self._view
        rows = [("Object", view.object)]
        if view.started:
            started = datetime.fromisoformat(view.started)
            when = f"{formats.moment(started, has_seconds=True)} · {formats.utc(started)}"
            rows.append(("Started", f"{when} · took {formats.milliseconds(view.took_s)}"))
        status = "none" if view.status is None else str(view.status)
        rows.append(("HTTP status", status))
        if view.request_id:
            rows.append(("Request id", view.request_id))
        if view.fingerprint:
            rows.append(("Fingerprint", view.fingerprint))
        return rows

    def _foot(self) -> QHBoxLayout:
        copy = Button("Copy", kind="link", icon="copy")
        copy.setAccessibleDescription("Copies request and answer as text")
        copy.clicked.connect(self._copy)
        close = Button("Close")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(TextLabel("Secrets were removed before this was kept.", tone="muted"))
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(close)
        return row

    def as_text(self) -> str:
        """All of it as text."""
        facts = "\n".join(f"{name}: {value}" for name, value in self.facts())
        return f"{facts}\n\nRequest\n{self._view.request}\n\nAnswer\n{self._view.answer}\n"

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.as_text())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the surface of a card."""
        QPainter(self).fillRect(self.rect(), theme.colour("base"))


def title_of(view: ExchangeView) -> str:
    """`Invoice sent · AvidXchange`."""
    kind, _, done = view.purpose.partition(" ")
    what = _OBJECTS.get(kind, kind.capitalize())
    side = _SIDES.get(view.system, view.system)
    return f"{what} {_DONE.get(done, done)} · {side}"


def look_of(view: ExchangeView) -> PillLook:
    """How it ended, as a state."""
    known = _LOOKS.get(view.outcome.casefold())
    if known is not None:
        return known
    word = view.outcome.replace("_", " ").capitalize() or "Not known"
    return PillLook("check" if view.status else "zoom-question", word, "wait")
