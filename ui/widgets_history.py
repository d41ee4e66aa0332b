"""What happened to one document, newest first: dots on a line (design.md 3, "Timeline")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import icons, painting, theme

say = area(__name__)

_DOT = 22
_DETAIL_RATIO, _TIME_RATIO = 0.92, 0.92
_WRAPPED = int(Qt.TextFlag.TextWordWrap.value | Qt.AlignmentFlag.AlignTop.value)
_LEAST_WIDTH = 220


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry. `when` is ready to be shown; `key` comes back when the entry is opened."""

    icon: str
    title: str
    when: str
    detail: str = ""
    is_ours: bool = False
    key: str = ""


class _Row(QPushButton):
    """One entry as a button; its height follows its width."""

    def __init__(self, entry: TimelineEntry, *, is_first: bool, is_last: bool) -> None:
        super().__init__()
        self.entry = entry
        self._is_first, self._is_last = is_first, is_last
        self.setFlat(True)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(f"{entry.title}, {entry.when}")
        self.setAccessibleDescription(entry.detail)
        if entry.key:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(say("show_request_and_answer"))
        else:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def hasHeightForWidth(self) -> bool:
        """Titles and details wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Room for all lines at this width."""
        room = theme.sizes()
        title, detail = self._boxes(width)
        bottom = detail.bottom() if self.entry.detail else title.bottom()
        return max(room.scaled(_DOT), -int(-bottom // 1)) + room.unit

    def sizeHint(self) -> QSize:
        """As high as its lines need at the least width."""
        width = theme.sizes().scaled(_LEAST_WIDTH)
        return QSize(width, self.heightForWidth(max(width, self.width())))

    def minimumSizeHint(self) -> QSize:
        """Its lines wrap, so it may be as narrow as the least width."""
        return QSize(theme.sizes().scaled(_LEAST_WIDTH), theme.sizes().scaled(_DOT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Claim the height of all lines at the new width: a layout would cut them."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint line, dot and words in the colours in force."""
        painter = QPainter(self)
        if self.underMouse() and self.entry.key:
            box = QRectF(self.rect()).adjusted(theme.sizes().scaled(_DOT) + 2, 0, 0, -2)
            painting.rounded(painter, box, painting.CONTROL_RADIUS, theme.colour("hover"))
        self._paint_dot(painter)
        title, detail = self._boxes(self.width())
        painter.setFont(self._title_font())
        painter.setPen(theme.colour("text"))
        painter.drawText(title, _WRAPPED, self.entry.title)
        when = QRectF(title.right(), title.top(), self.width() - title.right(), title.height())
        painter.setFont(theme.font(_TIME_RATIO))
        painter.setPen(theme.colour("muted"))
        top_right = int(Qt.AlignmentFlag.AlignRight.value | Qt.AlignmentFlag.AlignTop.value)
        painter.drawText(when, top_right, self.entry.when)
        if self.entry.detail:
            painter.setFont(theme.font(_DETAIL_RATIO))
            painter.drawText(detail, _WRAPPED, self.entry.detail)
        if self.hasFocus():
            painting.focus_ring(painter, QRectF(self.rect()).adjusted(0, 0, 0, -1))

    def _paint_dot(self, painter: QPainter) -> None:
        size = theme.sizes().scaled(_DOT)
        middle = size / 2
        start, end = 0.0 if not self._is_first else middle, float(self.height())
        if not (self._is_last and self._is_first):
            end = middle if self._is_last else end
            painting.line(painter, QPointF(round(middle), start), QPointF(round(middle), end))
        box = QRectF(0, 0, size, size)
        is_filled = self.entry.is_ours and not theme.tokens().is_high_contrast
        fill = theme.tint("go") if is_filled else theme.colour("base")
        edge = None if is_filled else theme.colour("line")
        painting.rounded(painter, box, middle, fill, edge)
        ink = theme.colour("go" if self.entry.is_ours else "muted")
        side = theme.sizes().scaled(icons.CELL)
        place = QRectF((size - side) / 2, (size - side) / 2, side, side)
        icons.paint(painter, self.entry.icon, place, ink)

    def _boxes(self, width: int) -> tuple[QRectF, QRectF]:
        room = theme.sizes()
        left = room.scaled(_DOT) + room.unit * 2
        when = painting.text_width(self.entry.when, theme.font(_TIME_RATIO)) + room.unit * 2
        top = (room.scaled(_DOT) - room.height) / 2
        title = self._wrapped(self.entry.title, self._title_font(), width - left - when)
        title.moveTo(left, top)
        title.setWidth(max(1.0, width - left - when))
        font = theme.font(_DETAIL_RATIO)
        detail = self._wrapped(self.entry.detail, font, width - left)
        detail.moveTo(left, title.bottom())
        detail.setWidth(max(1.0, width - left))
        return title, detail

    @staticmethod
    def _wrapped(text: str, font: QFont, width: float) -> QRectF:
        room = QRectF(0, 0, max(1.0, width), 10_000)
        return QFontMetricsF(font).boundingRect(room, _WRAPPED, text)

    def _title_font(self) -> QFont:
        weight = theme.Weight.Medium if self.entry.is_ours else theme.Weight.Normal
        return theme.font(1.0, weight)


class Timeline(QWidget):
    """Entries newest first; `opened` tells the key of the one whose request is asked for."""

    opened = Signal(str)

    def __init__(self, entries: Sequence[TimelineEntry] = ()) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setAccessibleName(say("history"))
        self.set_entries(entries)

    def set_entries(self, entries: Sequence[TimelineEntry]) -> None:
        """Show other entries."""
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        last = len(entries) - 1
        for at, entry in enumerate(entries):
            row = _Row(entry, is_first=at == 0, is_last=at == last)
            row.clicked.connect(self._open)
            self._column.addWidget(row)
        self._column.addStretch(1)

    def _open(self) -> None:
        row = self.sender()
        if isinstance(row, _Row) and row.entry.key:
            self.opened.emit(row.entry.key)
