"""Where invoices stand: three groups of lines, each of which opens the list it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import formats, list_text, looks, painting, theme
from ui.overview import NEEDS, ON_THEIR_WAY, SETTLED, STANDING, Overview, Standing
from ui.widgets import Card, Hairline, group_heading

say = area(__name__)

_MEDIUM = theme.Weight.Medium
_COUNT_WIDTH = 46
_GROUPS = (
    (say("needs_you"), NEEDS),
    (say("on_their_way"), ON_THEIR_WAY),
    (say("this_month"), SETTLED),
)


class StandingLine(QAbstractButton):
    """One state with its count and amount; a click opens the list."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self._look = looks.INVOICES[state]
        self._count, self._amount = 0, ""
        self.amount_width = 0
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.members: Mapping[str, str] = {"state": state}

    def show_standing(self, standing: Standing, currency: str) -> None:
        """Show count and amount in one currency; the others stand in the tool tip."""
        self._count = standing.count
        self.members = standing.members
        self._amount = _amount(standing.amounts.get(currency, "0.00" if currency else ""))
        sums = list_text.totals(dict(standing.amounts))
        self.setToolTip(sums if len(standing.amounts) > 1 else "")
        said = f"{self._look.text}: {formats.counted(standing.count, 'invoice')}"
        self.setAccessibleName(f"{said}, {sums}" if sums else said)
        self.setAccessibleDescription(say("opens_these_invoices"))
        self.updateGeometry()
        self.update()

    def amount_needs(self) -> int:
        """Width of the amount, for a column that all lines of a group share."""
        return -int(-painting.text_width(self._amount, theme.font()) // 1) if self._amount else 0

    def sizeHint(self) -> QSize:
        """Room for pill, count and amount."""
        room = theme.sizes()
        amount = self.amount_width + room.unit * 3 if self.amount_width else 0
        width = painting.pill_width(self._look) + room.scaled(_COUNT_WIDTH) + amount
        return QSize(width, room.small_row)

    def minimumSizeHint(self) -> QSize:
        """Figures are never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pill, count, amount; none of it is a link's blue, the pointer says it."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        if self.underMouse():
            fill = theme.colour("hover")
            painting.rounded(painter, box, painting.CONTROL_RADIUS, fill)
        painting.paint_pill(painter, QPointF(0, box.center().y()), self._look)
        right = box.adjusted(0, 0, -theme.sizes().unit, 0)
        self._write(painter, right, self._amount, theme.font(), "muted")
        if self.amount_width:
            right.setRight(right.right() - self.amount_width - theme.sizes().unit * 3)
        tone = "text" if self._count else "muted"
        self._write(painter, right, formats.count(self._count), theme.font(1.0, _MEDIUM), tone)
        if self.hasFocus():
            painting.focus_ring(painter, box)

    @staticmethod
    def _write(painter: QPainter, box: QRectF, text: str, font: QFont, tone: str) -> None:
        if text:
            painting.draw_text(painter, box, text, font, theme.colour(tone), painting.RIGHT)


class _Group(QWidget):
    """A heading and its lines; lines of nothing stand only where they always stand."""

    def __init__(self, title: str, lines: Sequence[StandingLine]) -> None:
        super().__init__()
        self.lines = lines
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        heading = group_heading(title)
        # The fill of a pill hangs out to the left, so that its icon stands on the text edge.
        heading.setContentsMargins(painting.pill_inset(), 0, 0, theme.sizes().unit // 2)
        column.addWidget(heading)
        for line in lines:
            column.addWidget(line)
        column.addStretch(1)

    def align(self) -> None:
        """Amounts of a group stand in one column."""
        width = max((line.amount_needs() for line in self.lines), default=0)
        for line in self.lines:
            line.amount_width = width
            line.updateGeometry()


class StandingCard(Card):
    """All states in three groups. `opened` has the members that the list is restricted to."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__(say("where_invoices_stand"))
        room = theme.sizes()
        inset = painting.pill_inset()
        self.head.setContentsMargins(inset, 0, 0, 0)
        whole = self.layout()
        if whole is not None:
            margins = whole.contentsMargins()
            margins.setLeft(margins.left() - inset)
            whole.setContentsMargins(margins)
        self.lines: dict[str, StandingLine] = {}
        self._groups: list[_Group] = []
        self._rules: list[Hairline] = []
        row = QHBoxLayout()
        row.setSpacing(room.unit * 3)
        for title, states in _GROUPS:
            lines = [self._line(state) for state in states]
            if self._groups:
                rule = Hairline(is_upright=True)
                self._rules.append(rule)
                row.addWidget(rule)
            group = _Group(title, lines)
            self._groups.append(group)
            row.addWidget(group, 1)
        self.body.addLayout(row)

    def _line(self, state: str) -> StandingLine:
        line = StandingLine(state)
        line.clicked.connect(self._open)
        if state not in STANDING:  # never shown here: without a parent it would be a window
            line.hide()
        self.lines[state] = line
        return line

    def show_overview(self, overview: Overview) -> None:
        """Take the newest figures."""
        currency = _main_currency(overview.standings.values())
        self.set_fact(currency)
        for state, standing in overview.standings.items():
            line = self.lines[state]
            line.show_standing(standing, currency)
            line.setVisible(state in STANDING or standing.count > 0)
        for group in self._groups:
            group.align()

    def set_wide(self, *, is_wide: bool) -> None:
        """*This month* stands only where there is room (design.md 4)."""
        self._groups[-1].setVisible(is_wide)
        self._rules[-1].setVisible(is_wide)

    def _open(self) -> None:
        line = self.sender()
        if isinstance(line, StandingLine):
            self.opened.emit(line.members)


def _main_currency(standings: Iterable[Standing]) -> str:
    """The currency most of the money is in; empty while nothing is known."""
    sums: dict[str, Decimal] = {}
    for standing in standings:
        for currency, value in standing.amounts.items():
            sums[currency] = sums.get(currency, Decimal(0)) + abs(Decimal(value))
    return max(sums, key=lambda currency: sums[currency], default="")


def _amount(value: str) -> str:
    if not value:
        return ""
    _, _, decimals = value.partition(".")
    return formats.amount(Decimal(value), len(decimals))
