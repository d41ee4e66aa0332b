"""Cells of the list, painted in the order background, row line, content, focus.

One delegate per kind of column. They read colours when painting and keep fonts and metrics until
`forget`. Figures, dates and codes are never shortened: a cell that is too narrow for one says so by
`too_narrow`, and the list widens the column.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPixmap,
    QStaticText,
    QTransform,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from ui import icons, list_text, measures, painting, theme
from ui.list_spec import FIGURES, NEVER_ELIDED, Column, Row
from ui.painting import PillLook

_Index = QModelIndex | QPersistentModelIndex
_PADDING, _BAR, _RING_INSET = 10, 3, 2
_GAUGE_WIDTH, _GAUGE_HEIGHT, _GAUGE_GAP = 46, 5, 8
_ICON_GAP = 6
_ROOM = 4  # design.md 3: a column is its widest cell + 24, of which 20 are padding
_MOST_LINES = 4_000
# As numbers: a flag of Qt's costs a microsecond to combine, for each cell painted.
_SELECTED = QStyle.StateFlag.State_Selected.value
_FOCUSED = QStyle.StateFlag.State_HasFocus.value


class Cell(QStyledItemDelegate):
    """A column of plain text, date, code or figure, and the frame of all other kinds."""

    too_narrow = Signal(str, int)  # column, the width that would do

    def __init__(self, column: Column, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.column = column
        self.is_first = False
        self.hover_row = -1
        self._told = 0
        self.forget()

    def forget(self) -> None:
        """Takes fonts and sizes anew; after a change of font or scheme."""
        weight = measures.Weight.Medium if self.column.is_strong else measures.Weight.Normal
        self.sizes = measures.sizes()
        self.font = measures.font(1.0, weight)
        self.metrics = QFontMetricsF(self.font)
        self._height = self.metrics.height()
        self._lines: dict[str, tuple[QStaticText, float]] = {}
        self.padding = self.sizes.scaled(_PADDING)
        self._told = 0

    # -- what kinds change -------------------------------------------------------------------

    def content_width(self, row: Row) -> float:
        """Width of what the cell shows of this row, with nothing cut."""
        return self._line(list_text.shown(row, self.column))[1]

    def paint_content(self, painter: QPainter, box: QRectF, row: Row, ink: QColor) -> None:
        """Paints into a box that has no padding any more."""
        text = list_text.shown(row, self.column)
        if not text:
            return
        is_figure = self.column.kind in FIGURES
        if self.column.is_muted or (is_figure and list_text.is_zero(text)):
            ink = _quiet(ink)
        self.write(painter, box, text, ink, is_right=is_figure)

    def write(
        self, painter: QPainter, box: QRectF, text: str, ink: QColor, *, is_right: bool = False
    ) -> None:
        """One line; names and reasons end in an ellipsis, what may not be cut is told instead."""
        room = box.width()
        line, width = self._line(text)
        if width > room + 0.5:
            if self.column.kind in NEVER_ELIDED:
                self._tell(width - room)
            else:
                shorter = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
                line, width = self._line(shorter)
        painter.setFont(self.font)
        painter.setPen(ink)
        left = box.right() - width if is_right else box.left()
        painter.drawStaticText(QPointF(left, box.center().y() - self._height / 2), line)

    def _line(self, text: str) -> tuple[QStaticText, float]:
        """The text laid out, and its width; kept, because rows are painted over and over."""
        found = self._lines.get(text)
        if found is None:
            if len(self._lines) >= _MOST_LINES:
                self._lines.clear()
            line = QStaticText(text)
            line.setTextFormat(Qt.TextFormat.PlainText)
            line.prepare(QTransform(), self.font)
            found = (line, line.size().width())
            self._lines[text] = found
        return found

    def _tell(self, missing: float) -> None:
        width = self._width + int(missing) + 1 + self.sizes.scaled(_ROOM)
        if width > self._told:
            self._told = width
            self.too_narrow.emit(self.column.name, width)

    # -- the frame ---------------------------------------------------------------------------

    def width_for(self, row: Row) -> int:
        """Width a column needs for this row."""
        inset = self.sizes.margin - self.padding if self.is_first else 0
        return (
            int(self.content_width(row)) + 1 + 2 * self.padding + self.sizes.scaled(_ROOM) + inset
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: ARG002 - Qt's
        """Every row is as high as the next; the width is that of this row."""
        row = _row_of(index)
        return QSize(self.width_for(row) if row is not None else 0, self.sizes.row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paints one cell; a row that is being read again is left empty."""
        place: QRect = option.rect
        state = option.state.value
        is_selected = bool(state & _SELECTED)
        self._width = place.width()
        if is_selected:
            painter.fillRect(place, theme.colour("select"))
        elif index.row() == self.hover_row:
            painter.fillRect(place, theme.colour("hover"))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.colour("hair"))
        if is_selected and self.is_first:
            bar = self.sizes.scaled(_BAR)
            painter.fillRect(place.left(), place.top(), bar, place.height(), theme.colour("accent"))
        row = _row_of(index)
        if row is None:
            return
        left = self.sizes.margin if self.is_first else self.padding
        box = QRectF(place).adjusted(left, 0, -self.padding, -1)
        self.paint_content(painter, box, row, theme.colour("selecttext" if is_selected else "text"))
        if state & _FOCUSED:
            painting.focus_ring(
                painter,
                QRectF(place).adjusted(_RING_INSET, 1, -_RING_INSET, -2),
                painting.CELL_RADIUS,
                painting.ring_tone(is_selected=is_selected),
            )

    _width = 0

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,  # noqa: ARG002 - Qt's
        index: _Index,
    ) -> bool:
        """The full text of a cell that had to be shortened."""
        row = _row_of(index)
        if event.type() != QEvent.Type.ToolTip or row is None:
            return False
        place = view.visualRect(_plain_index(index))
        room = self.sizes.scaled(_ROOM)
        is_cut = self.width_for(row) - room > place.width()
        text = list_text.shown(row, self.column) if is_cut else ""
        QToolTip.showText(event.globalPos(), text, view.viewport(), place)
        return True


class StateCell(Cell):
    """A pill, or icon and word alone where nobody must act; the icon stands on the text edge."""

    def content_width(self, row: Row) -> float:
        """Pill without its left padding, which hangs out."""
        look = self.column.looks.get(str(row.get(self.column.name)))
        if look is None:
            return super().content_width(row)
        return painting.pill_width(look) - painting.pill_inset()

    def paint_content(self, painter: QPainter, box: QRectF, row: Row, ink: QColor) -> None:
        """Paints the pill so that its icon stands where text would."""
        look = self.column.looks.get(str(row.get(self.column.name)))
        if look is None:
            super().paint_content(painter, box, row, ink)
            return
        ratio = painter.device().devicePixelRatio()
        made = self._pill(look, ratio, is_selected=ink == theme.colour("selecttext"))
        left = round((box.left() - self._inset) * ratio) / ratio
        top = round((box.center().y() - self.sizes.pill / 2) * ratio) / ratio
        painter.drawPixmap(QPointF(left, top), made)

    def forget(self) -> None:
        """Pills are painted anew too."""
        super().forget()
        self._pills: dict[tuple[PillLook, float, bool, int], QPixmap] = {}
        self._inset = painting.pill_inset()

    def _pill(self, look: PillLook, ratio: float, *, is_selected: bool) -> QPixmap:
        """The pill as a picture: a list shows few of them, over and over."""
        # With its colour: a row may be painted before the list hears of another scheme.
        key = (look, ratio, is_selected, theme.colour(look.kind).rgba())
        found = self._pills.get(key)
        if found is None:
            size = QSizeF(painting.pill_width(look), self.sizes.pill) * ratio
            found = QPixmap(ceil(size.width()), ceil(size.height()))
            found.setDevicePixelRatio(ratio)
            found.fill(Qt.GlobalColor.transparent)
            painter = QPainter(found)
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            middle = QPointF(0, self.sizes.pill / 2)
            painting.paint_pill(painter, middle, look, is_selected=is_selected)
            painter.end()
            self._pills[key] = found
        return found


class IconCell(Cell):
    """A small muted icon before the word."""

    def content_width(self, row: Row) -> float:
        """Icon, gap and word."""
        return self._indent() + super().content_width(row)

    def _indent(self) -> int:
        return self.sizes.scaled(icons.CELL) + self.sizes.scaled(_ICON_GAP)

    def paint_content(self, painter: QPainter, box: QRectF, row: Row, ink: QColor) -> None:
        """Words stand in one line even where there is no icon."""
        look = self.column.looks.get(str(row.get(self.column.name)))
        if look is not None and look.icon:
            size = self.sizes.scaled(icons.CELL)
            place = QRectF(box.left(), box.center().y() - size / 2, size, size)
            is_quiet = look.kind == "wait" or theme.tokens().is_high_contrast
            tone = _quiet(ink) if is_quiet else theme.colour(look.kind)
            icons.paint(painter, look.icon, place, tone)
        super().paint_content(painter, box.adjusted(self._indent(), 0, 0, 0), row, ink)


class ChangeCell(Cell):
    """Before, an arrow, after: what was is muted."""

    def content_width(self, row: Row) -> float:
        """Both texts with the arrow between them."""
        before, after = list_text.change(row, self.column)
        width = sum(self._line(text)[1] for text in (before, after))
        return width + (self._arrow() if before and after else 0)

    def _arrow(self) -> int:
        return self.sizes.scaled(icons.CELL) + 2 * self.sizes.unit

    def paint_content(self, painter: QPainter, box: QRectF, row: Row, ink: QColor) -> None:
        """The later value keeps its place at least with its ellipsis."""
        before, after = list_text.change(row, self.column)
        if not (before and after):
            self.write(painter, box, before or after, ink)
            return
        arrow = self._arrow()
        half = max(0.0, (box.width() - arrow) / 2)
        first = QRectF(box)
        wanted = self._line(before)[1]
        rest = box.width() - arrow - self._line(after)[1]
        first.setWidth(min(wanted, max(half, rest)))
        self.write(painter, first, before, _quiet(ink))
        size = self.sizes.scaled(icons.CELL)
        spot = QRectF(first.right() + self.sizes.unit, box.center().y() - size / 2, size, size)
        icons.paint(painter, "arrow-narrow-right", spot, _quiet(ink))
        self.write(painter, box.adjusted(first.width() + arrow, 0, 0, 0), after, ink)


class ConfidenceCell(Cell):
    """A percentage and a small bar, so that the eye finds the sure ones."""

    def forget(self) -> None:
        """Percent is Medium."""
        super().forget()
        self.font = measures.font(1.0, measures.Weight.Medium)
        self.metrics = QFontMetricsF(self.font)
        self._lines.clear()
        self._words = self.metrics.horizontalAdvance("100 %")

    def content_width(self, row: Row) -> float:  # noqa: ARG002 - no row is wider
        """The same for every row: bars stand in one line."""
        gap, bar = self.sizes.scaled(_GAUGE_GAP), self.sizes.scaled(_GAUGE_WIDTH)
        return self._words + gap + bar

    def paint_content(self, painter: QPainter, box: QRectF, row: Row, ink: QColor) -> None:
        """Nothing where no match is known."""
        text = list_text.shown(row, self.column)
        if not text:
            return
        words = QRectF(box.left(), box.top(), self._words, box.height())
        self.write(painter, words, text, ink, is_right=True)
        height = self.sizes.scaled(_GAUGE_HEIGHT)
        left = words.right() + self.sizes.scaled(_GAUGE_GAP)
        bar = QRectF(left, box.center().y() - height / 2, self.sizes.scaled(_GAUGE_WIDTH), height)
        percent = float(row[self.column.name])
        painter.save()
        painting.paint_bar(painter, bar, percent / 100, painting.match_token(percent))
        painter.restore()


_KINDS: dict[str, type[Cell]] = {
    "state": StateCell,
    "icon_text": IconCell,
    "change": ChangeCell,
    "confidence": ConfidenceCell,
}


def cell_for(column: Column, parent: QObject | None = None) -> Cell:
    """The delegate of this column's kind."""
    return _KINDS.get(column.kind, Cell)(column, parent)


def _quiet(ink: QColor) -> QColor:
    """Muted, but where the system asks for contrast the full ink of the row."""
    return ink if theme.tokens().is_high_contrast else theme.colour("muted")


def _row_of(index: _Index) -> Row | None:
    model: Any = index.model()
    found: Row | None = model.row_at(index.row())
    return found


def _plain_index(index: _Index) -> QModelIndex:
    model: QAbstractItemModel = index.model()
    return model.index(index.row(), index.column())
