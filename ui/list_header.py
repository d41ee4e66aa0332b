"""The header of the list: titles, a chevron at the sorted one, figures to the right.

It paints and reports clicks; the list sorts, in the store.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from core.words import area
from ui import icons, measures, painting, theme
from ui.list_spec import FIGURES, Column

say = area(__name__)

_RATIO = 0.92
_PADDING, _GAP, _ROOM = 10, 3, 4


class ListHeader(QHeaderView):
    """One line of titles; only columns that can be sorted by react to the pointer."""

    def __init__(self, columns: tuple[Column, ...], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = columns
        self._sorted = ""
        self._is_descending = False
        self._under_pointer = -1
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setMouseTracking(True)
        self.setMinimumSectionSize(measures.sizes().scaled(32))
        self.setAccessibleName(say("columns"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def show_order(self, name: str, *, descending: bool) -> None:
        """Marks the column that the rows are sorted by."""
        self._sorted, self._is_descending = name, descending
        self.viewport().update()

    def width_for(self, section: int) -> int:
        """Width the title needs, with room for its chevron."""
        column = self._columns[section]
        sizes = measures.sizes()
        text = QFontMetricsF(self._font()).horizontalAdvance(column.title)
        chevron = sizes.scaled(icons.CHEVRON) + sizes.scaled(_GAP) if column.sort_name else 0
        inset = sizes.margin - sizes.scaled(_PADDING) if self._is_first(section) else 0
        return int(text) + 1 + chevron + 2 * sizes.scaled(_PADDING) + sizes.scaled(_ROOM) + inset

    def sizeHint(self) -> QSize:
        """As high as a button."""
        return QSize(super().sizeHint().width(), measures.sizes().control)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paints one title."""
        if not rect.isValid():
            return
        column = self._columns[section]
        is_sorted = bool(column.sort_name) and column.sort_name == self._sorted
        painter.save()
        hot = section == self._under_pointer and column.sort_name
        painter.fillRect(rect, theme.colour("hover" if hot else "alt"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.colour("line"))
        sizes = measures.sizes()
        padding = sizes.scaled(_PADDING)
        left = sizes.margin if self._is_first(section) else padding
        box = QRectF(rect).adjusted(left, 0, -padding, -1)
        font = self._font()
        text = painting.elided(column.title, font, box.width())
        width = painting.text_width(text, font)
        is_figure = column.kind in FIGURES
        ink = theme.colour("text" if is_sorted else "muted")
        painting.draw_text(
            painter, box, text, font, ink, painting.RIGHT if is_figure else painting.LEFT
        )
        if is_sorted:
            size, gap = sizes.scaled(icons.CHEVRON), sizes.scaled(_GAP)
            at = box.right() - width - gap - size if is_figure else box.left() + width + gap
            mark = QRectF(at, box.center().y() - size / 2, size, size)
            icons.paint(painter, "chevron-down" if self._is_descending else "chevron-up", mark, ink)
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fills what lies behind the last column as well."""
        painter = QPainter(self.viewport())
        area = self.viewport().rect()
        painter.fillRect(area, theme.colour("alt"))
        painter.fillRect(area.left(), area.bottom(), area.width(), 1, theme.colour("line"))
        painter.end()
        super().paintEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows which title a click would sort by."""
        super().mouseMoveEvent(event)
        self._point_at(self.logicalIndexAt(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """No title is under the pointer."""
        super().leaveEvent(event)
        self._point_at(-1)

    def _point_at(self, section: int) -> None:
        if section != self._under_pointer:
            self._under_pointer = section
            self.viewport().update()

    def _font(self) -> QFont:
        return measures.font(_RATIO, measures.Weight.Medium)

    def _is_first(self, section: int) -> bool:
        """Whether no visible column stands before this one."""
        place = self.visualIndex(section)
        return all(self.isSectionHidden(self.logicalIndex(before)) for before in range(place))
