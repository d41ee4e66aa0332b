"""Suggestions and what speaks for them: percent with bar, compared fields, a choice that opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QRadioButton,
    QSizePolicy,
    QWidget,
)

from core.words import area
from ui import formats, icons, painting, theme
from ui.widgets_cards import Box
from ui.widgets_text import CAPTION, SECOND, IconLabel, TextLabel

say = area(__name__)

_MEDIUM, _DEMI = theme.Weight.Medium, theme.Weight.DemiBold
_BAR_WIDTH, _BAR_HEIGHT = 64, 5
_VERDICTS = {
    "same": ("check", "ok"),
    "alike": ("tilde", "muted"),
    "differs": ("equal-not", "warn"),
}


class MatchBar(QProgressBar):
    """How sure a suggestion is: percent and a bar, accent from 95 on (design.md 3)."""

    def __init__(self, percent: float) -> None:
        super().__init__()
        self.setRange(0, 100)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setValue(round(percent))
        self.setAccessibleName(say("match"))

    def sizeHint(self) -> QSize:
        """Room for `100 %` and the bar."""
        room = theme.sizes()
        words = painting.text_width(formats.percent(100), self._font())
        return QSize(round(words) + room.unit * 2 + room.scaled(_BAR_WIDTH), room.height)

    def minimumSizeHint(self) -> QSize:
        """Never narrower."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint percent and bar in the colours in force."""
        painter = QPainter(self)
        room = theme.sizes()
        width, height = room.scaled(_BAR_WIDTH), room.scaled(_BAR_HEIGHT)
        left = self.width() - width
        words = QRectF(0, 0, left - room.unit * 2, self.height())
        text, ink = formats.percent(self.value()), theme.colour("text")
        painting.draw_text(painter, words, text, self._font(), ink, painting.RIGHT)
        bar = QRectF(left, (self.height() - height) / 2, width, height)
        painting.paint_bar(painter, bar, self.value() / 100, painting.match_token(self.value()))

    @staticmethod
    def _font() -> QFont:
        return theme.font(1.0, _MEDIUM)


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One compared field. `verdict` is `same`, `alike`, `differs` or empty."""

    field: str
    x3: str
    avidxchange: str
    verdict: str = ""


class Evidence(QWidget):
    """Field by field what both sides say and whether it agrees, as mark and word."""

    def __init__(
        self, rows: Sequence[EvidenceRow], sides: tuple[str, str] = (say("sage_x3"), "AvidXchange")
    ) -> None:
        super().__init__()
        room = theme.sizes()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(room.unit * 3)
        grid.setVerticalSpacing(room.unit)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(2, 3)
        grid.setColumnStretch(3, 1)
        for at, side in enumerate(sides, start=1):
            grid.addWidget(TextLabel(side, tone="muted", ratio=CAPTION, weight=_MEDIUM), 0, at)
        for at, row in enumerate(rows, start=1):
            self._add(grid, at, row)
        said = (f"{row.field} {row.verdict or say('not_compared')}" for row in rows)
        self.setAccessibleName("Evidence: " + ", ".join(said))

    def _add(self, grid: QGridLayout, at: int, row: EvidenceRow) -> None:
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(TextLabel(row.field, tone="muted"), at, 0, top)
        grid.addWidget(TextLabel(row.x3, is_wrapped=True), at, 1)
        grid.addWidget(TextLabel(row.avidxchange, is_wrapped=True), at, 2)
        if row.verdict:
            icon, tone = _VERDICTS[row.verdict]
            mark = QHBoxLayout()
            mark.setSpacing(theme.sizes().unit)
            mark.addWidget(IconLabel(icon, tone=tone, size=icons.CELL))
            mark.addWidget(TextLabel(row.verdict, tone=tone, ratio=SECOND))
            mark.addStretch(1)
            grid.addLayout(mark, at, 3, top)


class ChoiceCard(Box):
    """One suggestion to choose, with its evidence inside while it is chosen.

    A click anywhere in it chooses; `chosen` tells. Put the `radio`s of all into one QButtonGroup:
    that also lets the arrows move between them.
    """

    chosen = Signal()

    def __init__(
        self, code: str, name: str, why: str, percent: float, evidence: QWidget | None = None
    ) -> None:
        super().__init__(radius=painting.BOX_RADIUS)
        room = theme.sizes()
        self._evidence = evidence
        self.radio = QRadioButton()
        self.radio.setAccessibleName(f"{code} {name}, {formats.percent(percent)}")
        self.radio.setAccessibleDescription(why)
        self.radio.toggled.connect(self._show_choice)
        self.radio.installEventFilter(self)
        words = QHBoxLayout()
        words.setSpacing(room.unit * 2)
        words.addWidget(TextLabel(code, weight=_MEDIUM))
        words.addWidget(TextLabel(name))
        words.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(room.unit * 3 - 2, room.unit * 2, room.unit * 3 - 2, room.unit * 2)
        grid.setHorizontalSpacing(room.unit * 3 - 2)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.radio, 0, 0, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addLayout(words, 0, 1)
        grid.addWidget(TextLabel(why, tone="muted", ratio=CAPTION, is_wrapped=True), 1, 1)
        grid.addWidget(MatchBar(percent), 0, 2, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        if evidence is not None:
            evidence.setContentsMargins(0, room.unit * 2, 0, 0)
            grid.addWidget(evidence, 2, 1, 1, 2)
            evidence.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Repaint the ring when the focus comes and goes."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click anywhere chooses."""
        super().mousePressEvent(event)
        self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
        self.radio.setChecked(True)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the chosen one as selected; the others as plain boxes."""
        painter = QPainter(self)
        is_chosen = self.radio.isChecked()
        is_strong = theme.tokens().is_high_contrast
        fill = theme.colour("select" if is_chosen and not is_strong else "base")
        edge = theme.colour("accent" if is_chosen else "line")
        painting.rounded(painter, QRectF(self.rect()), self._radius, fill, edge)
        if self.radio.hasFocus():
            painting.focus_ring(painter, QRectF(self.rect()), self._radius)

    def _show_choice(self, is_checked: bool) -> None:  # noqa: FBT001 a slot of Qt
        if self._evidence is not None:
            self._evidence.setVisible(is_checked)
        self.updateGeometry()
        self.update()
        if is_checked:
            self.chosen.emit()
