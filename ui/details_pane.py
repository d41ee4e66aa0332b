"""The pane at the right of a list: what the current row is, in full, and what can be done about it.

The frame only: head with state, title, amount and buttons that stay, and a body that scrolls as
one. What is inside belongs to the pane of each list.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from core.words import area
from ui import theme
from ui.painting import PillLook
from ui.widgets import Button, IconButton, PillLabel, ScrollArea, TextLabel

say = area(__name__)

_TITLE_RATIO, _AMOUNT_RATIO = 1.35, 1.75
_NONE = PillLook("circle-dashed", "", "wait")


class DetailsPane(QFrame):
    """Frame of a details pane; `close_wanted` comes from its cross and from Escape."""

    close_wanted = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        room = theme.sizes()
        self.setAccessibleName(name)
        self.pill = PillLabel(_NONE, is_flush=True)
        self.close_button = IconButton("x", say("close_the_details_f4"), is_small=True)
        self.close_button.clicked.connect(self.close_wanted)
        self.setFocusProxy(self.close_button)
        self.title = TextLabel(
            "", ratio=_TITLE_RATIO, weight=theme.Weight.DemiBold, is_selectable=True
        )
        self.who = TextLabel("", is_wrapped=True, is_selectable=True)
        self.amount = TextLabel(
            "", ratio=_AMOUNT_RATIO, weight=theme.Weight.DemiBold, is_selectable=True
        )
        self.currency = TextLabel("", tone="muted")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(room.unit * 2)
        self._head = self._make_head()
        content = QWidget()
        # One long word must not push everything else out of sight.
        content.setMinimumWidth(1)
        self.body = QVBoxLayout(content)
        self.body.setContentsMargins(room.margin, room.unit * 2, room.margin, room.margin)
        self.body.setSpacing(room.unit * 3)
        self.area = ScrollArea(content)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self.area, 1)

    def _make_head(self) -> QVBoxLayout:
        room = theme.sizes()
        line = QHBoxLayout()
        line.setSpacing(room.unit)
        line.addWidget(self.pill)
        line.addStretch(1)
        line.addWidget(self.close_button)
        figure = QHBoxLayout()
        figure.setSpacing(room.unit * 2)
        figure.addWidget(self.amount)
        figure.addWidget(self.currency, 0, Qt.AlignmentFlag.AlignBottom)
        figure.addStretch(1)
        head = QVBoxLayout()
        head.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit)
        head.setSpacing(round(room.unit / 2))
        head.addLayout(line)
        head.addWidget(self.title)
        head.addWidget(self.who)
        head.addLayout(figure)
        head.addSpacing(room.unit)
        head.addLayout(self._buttons)
        return head

    def show_head(
        self, look: PillLook, title: str, who: str, amount: str = "", currency: str = ""
    ) -> None:
        """Say what it is about; without an amount its line is not there."""
        self.pill.set_look(look)
        self.title.setText(title)
        self.who.setText(who)
        self.who.setVisible(bool(who))
        self.amount.setText(amount)
        self.currency.setText(currency)
        self.amount.setVisible(bool(amount))
        self.currency.setVisible(bool(currency))

    def set_buttons(self, buttons: Sequence[Button]) -> None:
        """Put at most three buttons under the amount."""
        for button in buttons:
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def scroll_up(self) -> None:
        """The begin of the body is in sight; for another document."""
        self.area.verticalScrollBar().setValue(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes the pane."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_wanted.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the surface and the line at its left."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("base"))
        painter.fillRect(QRectF(0, 0, 1, self.height()), theme.colour("line"))


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; widgets go when Qt is next idle."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)
