"""A window over a tab that shows a list or a form before something is done.

Errors and short confirmations are `ui.dialogs`; what fits a pane is no window at all.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import theme
from ui.own_dialog import OwnDialog
from ui.widgets import Button, TextLabel

say = area(__name__)

_TITLE_RATIO = 1.25


class Sheet(OwnDialog):
    """A window over a tab: title, sentence, body, and a footer with *Cancel* and one primary."""

    def __init__(
        self,
        title: str,
        sentence: str,
        verb: str,
        parent: QWidget | None = None,
        *,
        has_list: bool = False,
    ) -> None:
        """With a list title and buttons stand on the edge of its text."""
        super().__init__(parent, "Crossfoot", title)
        room = theme.sizes()
        self._wide = room.margin if has_list else room.unit * 5
        self.setAccessibleDescription(sentence)
        self.setModal(True)
        self.title = TextLabel(
            title, ratio=_TITLE_RATIO, weight=theme.Weight.DemiBold, is_wrapped=True
        )
        self.sentence = TextLabel(sentence, is_wrapped=True, is_selectable=True)
        self.body = QVBoxLayout()
        self.body.setSpacing(room.unit * 3)
        self.cancel_button = Button(say("cancel"))
        self.cancel_button.clicked.connect(self.leave)
        self.do_button = Button(verb, kind="primary", key="Enter")
        self.do_button.setDefault(True)
        self.footer = QHBoxLayout()
        self._lay()

    def _lay(self) -> None:
        room = theme.sizes()
        wide = self._wide
        head = QVBoxLayout()
        head.setContentsMargins(wide, wide, wide, room.unit * 3)
        head.setSpacing(room.unit)
        head.addWidget(self.title)
        head.addWidget(self.sentence)
        foot = _Foot()
        line = QHBoxLayout(foot)
        line.setContentsMargins(wide, room.unit * 3, wide, room.unit * 3)
        line.setSpacing(room.unit * 2)
        line.addLayout(self.footer)
        line.addStretch(1)
        line.addWidget(self.cancel_button)
        line.addWidget(self.do_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(self.body, 1)
        column.addWidget(foot)

    def take_room(self, width: int, height: int) -> None:
        """As large as this at 100 %, but never larger than the window below it."""
        room = theme.sizes()
        wanted = QSize(room.scaled(width), room.scaled(height))
        above = self.parentWidget()
        if above is not None:
            wanted = wanted.boundedTo(above.window().size() - QSize(room.unit * 6, room.unit * 6))
        self.resize(wanted.expandedTo(self.minimumSizeHint()))


class _Foot(QFrame):
    """The line of buttons on the colour of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint page and line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
