"""The rail of the first-run wizard: eight numbered steps, done, now and to come.

A click on a step that is done goes back to it. Painting only; the wizard decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy, QVBoxLayout

from core.words import area
from ui import icons, painting, theme
from ui.widgets import TextLabel

say = area(__name__)

_WIDTH, _DISC, _GAP, _STEP = 236, 22, 12, 50
_SECOND_RATIO = 0.95


class Step(QAbstractButton):
    """One step. Its state is `done`, `now` or `next`; only a done one can be pressed."""

    def __init__(self, number: int, title: str, *, is_last: bool) -> None:
        super().__init__()
        self._number, self._is_last = number, is_last
        self._state, self._second = "next", ""
        self.setText(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_state("next")

    def set_state(self, state: str, second: str = "") -> None:
        """Show another state and what was chosen there."""
        self._state, self._second = state, second
        words = {
            "done": say("done_click_to_go_back"),
            "now": say("the_current_step"),
            "next": say("to_come"),
        }
        self.setAccessibleName(
            say("step", number=self._number, value=self.text(), words=words[state])
        )
        self.setEnabled(state == "done")
        is_done = state == "done"
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_done else Qt.FocusPolicy.NoFocus)
        shape = Qt.CursorShape.PointingHandCursor if is_done else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the rail."""
        room = theme.sizes()
        return QSize(room.scaled(_WIDTH - 44), room.scaled(_STEP))

    def minimumSizeHint(self) -> QSize:
        """Words are never cut."""
        room = theme.sizes()
        words = painting.text_width(self.text(), theme.font(1.0, theme.Weight.DemiBold))
        return QSize(int(words) + room.scaled(_DISC + _GAP), room.scaled(_STEP))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint disc, word, and the line to the next step."""
        painter = QPainter(self)
        room = theme.sizes()
        side = room.scaled(_DISC)
        disc = QRectF(0, room.scaled(2), side, side)
        if not self._is_last:
            line = QRectF(disc.center().x(), disc.bottom() + 4, 1, self.height() - side - 8)
            painter.fillRect(line, theme.colour("line"))
        self._paint_disc(painter, disc)
        weight = theme.Weight.DemiBold if self._state == "now" else theme.Weight.Normal
        ink = theme.colour("muted" if self._state == "next" else "text")
        words = QRectF(disc.right() + room.scaled(_GAP), disc.top(), self.width(), side)
        font = theme.font(1.0, weight)
        if self._second:
            height = room.height
            words = QRectF(words.left(), disc.center().y() - height + 1, self.width(), height)
            below = words.translated(0, height - 1)
            small = theme.font(_SECOND_RATIO)
            painting.draw_text(painter, below, self._second, small, theme.colour("muted"))
        painting.draw_text(painter, words, self.text(), font, ink)
        if self.hasFocus():
            box = QRectF(self.rect()).adjusted(0, 0, -1, -room.scaled(_STEP - _DISC - 4))
            painting.focus_ring(painter, box)

    def _paint_disc(self, painter: QPainter, disc: QRectF) -> None:
        radius = disc.height() / 2
        if self._state == "done":
            painting.rounded(painter, disc, radius, theme.tint("ok"))
            inner = disc.adjusted(4, 4, -4, -4)
            icons.paint(painter, "check", inner, theme.colour("ok"))
            return
        is_now = self._state == "now"
        fill = theme.colour("accent" if is_now else "base")
        edge = None if is_now else theme.colour("edge")
        painting.rounded(painter, disc, radius, fill, edge)
        ink = theme.colour("accenttext" if is_now else "muted")
        font = theme.font(_SECOND_RATIO, theme.Weight.DemiBold if is_now else theme.Weight.Normal)
        painting.draw_text(painter, disc, str(self._number), font, ink, painting.CENTRE)


class Rail(QFrame):
    """All steps; `chosen` has the place of a done one that was pressed."""

    chosen = Signal(int)

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        room = theme.sizes()
        self.setFixedWidth(room.scaled(_WIDTH))
        self.setAccessibleName(say("steps"))
        column = QVBoxLayout(self)
        column.setContentsMargins(room.scaled(22), room.scaled(24), room.scaled(8), room.unit)
        column.setSpacing(0)
        column.addWidget(
            TextLabel(say("set_up_crossfoot"), ratio=1.2, weight=theme.Weight.DemiBold)
        )
        column.addSpacing(room.unit * 5)
        self.steps: list[Step] = []
        for number, title in enumerate(titles, start=1):
            step = Step(number, title, is_last=number == len(titles))
            step.clicked.connect(self._pressed)
            self.steps.append(step)
            column.addWidget(step)
        column.addStretch(1)

    def show_place(self, now: int, reached: int, said: Sequence[str]) -> None:
        """Show the current step, how far the set-up has come, and what was chosen at each."""
        for at, step in enumerate(self.steps):
            state = "now" if at == now else "done" if at < reached or at < now else "next"
            step.set_state(state, said[at] if state == "done" else "")

    def _pressed(self) -> None:
        sender = self.sender()
        if isinstance(sender, Step):
            self.chosen.emit(self.steps.index(sender))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the page's colour and the line to the page."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        line = QRectF(self.width() - 1, 0, 1, self.height())
        painter.fillRect(line, theme.colour("line"))
