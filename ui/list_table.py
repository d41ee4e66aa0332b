"""The rows of the list: one table without grid, moved through by keyboard, painted by its cells.

It knows rows and columns, not what is asked of the source; the list decides that.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView, QWidget

from ui import measures
from ui.list_cells import Cell, cell_for
from ui.list_header import ListHeader
from ui.list_scroll import QuietScrollBar
from ui.list_spec import Row
from ui.models import AnyIndex, PagedModel
from ui.widgets_scroll import FocusEdge

_SELECT_ROW = (
    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
)
_BY_KEYS = frozenset({Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason})
_KEEP_ROW = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class ListTable(QTableView):
    """Uniform rows over a `PagedModel`; Tab enters and leaves it in one step."""

    first_wanted = Signal()
    last_wanted = Signal()
    copy_wanted = Signal()
    menu_wanted = Signal(QPoint)
    sight_changed = Signal(int, int)
    room_changed = Signal(int)
    current_moved = Signal()

    def __init__(self, model: PagedModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.cells: dict[str, Cell] = {}
        self._hover_row = -1
        self.setModel(model)
        self.header = ListHeader(model.spec.columns, self)
        self.setHorizontalHeader(self.header)
        for section, column in enumerate(model.spec.columns):
            cell = cell_for(column, self)
            self.cells[column.name] = cell
            self.setItemDelegateForColumn(section, cell)
        self._set_up()
        self._edge = FocusEdge(self)
        model.modelReset.connect(self._ring_of_empty)
        model.rowsInserted.connect(self._ring_of_empty)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Before anything listens to the bars: Qt's own ones are deleted by this.
        self.setVerticalScrollBar(QuietScrollBar(Qt.Orientation.Vertical, self))
        self.setHorizontalScrollBar(QuietScrollBar(Qt.Orientation.Horizontal, self))
        vertical = self.verticalHeader()
        vertical.hide()
        vertical.setSectionResizeMode(vertical.ResizeMode.Fixed)
        self.take_sizes()

    def take_sizes(self) -> None:
        """Heights from the font in force."""
        height = measures.sizes().row
        vertical = self.verticalHeader()
        vertical.setMinimumSectionSize(height)
        vertical.setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(height)
        for cell in self.cells.values():
            cell.forget()

    # -- where the list stands ---------------------------------------------------------------

    @property
    def is_at_top(self) -> bool:
        """Whether nothing is scrolled out above."""
        return self.verticalScrollBar().value() == 0

    def in_sight(self) -> tuple[int, int]:
        """First and last row on the screen."""
        height = self.verticalHeader().defaultSectionSize()
        first = self.verticalScrollBar().value() // height
        return first, first + self.viewport().height() // height

    def selected_ranges(self) -> list[tuple[int, int]]:
        """First and last row of each stretch that is selected, from top to bottom."""
        blocks = self.selectionModel().selection().toList()
        return sorted({(block.top(), block.bottom()) for block in blocks})

    def selected_count(self) -> int:
        """How many rows are selected, without touching each."""
        return sum(last - first + 1 for first, last in self.selected_ranges())

    def current_row(self) -> Row | None:
        """The row of the current cell."""
        index = self.currentIndex()
        return self._model.row_at(index.row()) if index.isValid() else None

    def go_to(self, number: int, *, section: int = -1) -> None:
        """Makes a row the current and only selected one and brings it into sight."""
        at = section if section >= 0 else self._current_section()
        index = self._model.index(number, at)
        self.selectionModel().setCurrentIndex(index, _SELECT_ROW)
        self.scrollTo(index)

    def take_selection(self, numbers: list[int], current: int, section: int) -> None:
        """Selects these rows again after the model was exchanged, without scrolling."""
        chosen = self.selectionModel()
        for number in numbers:
            chosen.select(self._model.index(number, 0), _KEEP_ROW)
        if current >= 0:
            index = self._model.index(current, max(section, self._current_section()))
            chosen.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _current_section(self) -> int:
        """The column the ring stands in: the present one, else that of the row's key."""
        index = self.currentIndex()
        if index.isValid() and not self.isColumnHidden(index.column()):
            return index.column()
        spec = self._model.spec
        for section, column in enumerate(spec.columns):
            if column.name == spec.row_key and not self.isColumnHidden(section):
                return section
        shown = (place for place in range(len(spec.columns)) if not self.isColumnHidden(place))
        return next(shown, 0)

    # -- what Qt tells -----------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End go to the first and last row of the whole list, not of what was read."""
        has_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.key() == Qt.Key.Key_Home and not has_shift:
            self.first_wanted.emit()
        elif event.key() == Qt.Key.Key_End and not has_shift:
            self.last_wanted.emit()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Does nothing: it would walk rows on the GUI thread; the find box asks the store."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Entered by Tab there is always a current row; without rows the list has the ring."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._model.rowCount():
            self.go_to(self.in_sight()[0])
        elif event.reason() in _BY_KEYS:
            self.scrollTo(self.currentIndex())
        self._ring_of_empty()

    def _ring_of_empty(self, *_: object) -> None:
        # The words that say why there are no rows lie over all but the header.
        head = QRect(0, 0, self.width(), self.header.height())
        is_empty = not self._model.rowCount()
        self._edge.follow(is_focused=self.hasFocus() and is_empty, box=head)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The ring goes, in a list without rows too."""
        super().focusOutEvent(event)
        self._edge.follow(is_focused=False)

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        """Tells when another row became the current one."""
        super().currentChanged(current, previous)
        if current.row() != previous.row() or current.isValid() != previous.isValid():
            self.current_moved.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The whole row under the pointer is tinted, not one cell."""
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def viewportEvent(self, event: QEvent) -> bool:
        """No row is under a pointer that has left."""
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By the menu key it opens at the current cell."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self.menu_wanted.emit(event.globalPos())
            return
        place = self.visualRect(self.currentIndex())
        self.menu_wanted.emit(self.viewport().mapToGlobal(place.bottomLeft()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns are fitted to the new room; the ring of a list without rows keeps to it."""
        super().resizeEvent(event)
        self._ring_of_empty()
        if event.size().width() != event.oldSize().width():
            self.room_changed.emit(event.size().width())
        self._scrolled()

    def grown_above(self, rows: int) -> None:
        """Rows were put before the first: what is in sight stays where it is."""
        bar = self.verticalScrollBar()
        self.updateGeometries()
        bar.setValue(bar.value() + rows * self.verticalHeader().defaultSectionSize())

    def _scrolled(self, _value: Any = None) -> None:
        pointer = self.viewport().mapFromGlobal(self.cursor().pos())
        if self._hover_row >= 0:
            self._hover(self.rowAt(pointer.y()))
        first, last = self.in_sight()
        self.sight_changed.emit(first, last)

    def _hover(self, row: int) -> None:
        if row == self._hover_row:
            return
        was, self._hover_row = self._hover_row, row
        for cell in self.cells.values():
            cell.hover_row = row
        height = self.verticalHeader().defaultSectionSize()
        for number in (was, row):
            if number >= 0:
                top = self.rowViewportPosition(number)
                self.viewport().update(0, top, self.viewport().width(), height)
