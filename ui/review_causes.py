"""The queue at the left of Needs review: causes that ask you, below what goes on by itself.

A list of Qt with its own painting, so that arrows, Home and End, and screen readers work as in any
list. A group of several causes opens and closes by Right, Left, Enter on its line or a click.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from core.words import area
from ui import formats, icons, painting, theme
from ui.review_words import Cause
from ui.widgets import dress

say = area(__name__)

_Index = QModelIndex | QPersistentModelIndex
_DISC, _INDENT, _LINES = 24, 44, 19
_LINE = Qt.ItemDataRole.UserRole
_ROOT = QModelIndex()
_RATIO = 0.95


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a heading, or a cause that can be chosen."""

    heading: str = ""
    cause: Cause | None = None
    is_open: bool = False


class CauseModel(QAbstractListModel):
    """Lines in order; which groups are open is kept by key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self._asking: list[Cause] = []
        self._waiting: list[Cause] = []
        self._open: set[str] = set()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """How many lines."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The line itself, and its words for a screen reader."""
        line = self.lines[index.row()]
        if role == _LINE:
            return line
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return line.heading if line.cause is None else line.cause.spoken
        if role == Qt.ItemDataRole.ToolTipRole and line.cause is not None:
            return line.cause.items[0]["title"] if line.cause.children else line.cause.spoken
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if self.lines[index.row()].cause is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def show(self, asking: list[Cause], waiting: list[Cause]) -> None:
        """Shows other causes."""
        self._asking, self._waiting = asking, waiting
        self._rebuild()

    def turn(self, key: str, *, is_open: bool | None = None) -> None:
        """Opens or closes a group; None does the opposite of what is."""
        wanted = key not in self._open if is_open is None else is_open
        if wanted == (key in self._open):
            return
        if wanted:
            self._open.add(key)
        else:
            self._open.discard(key)
        self._rebuild()

    def row_of(self, key: str) -> int:
        """Where the cause of this key stands; -1 when it is not in sight."""
        for row, line in enumerate(self.lines):
            if line.cause is not None and line.cause.key == key:
                return row
        return -1

    def reveal(self, item: int) -> str:
        """Opens the group an item stands in; the key of its line, empty when there is none."""
        for cause in (*self._asking, *self._waiting):
            for child in cause.children or (cause,):
                if any(int(row["id"]) == item for row in child.items):
                    if cause.children:
                        self.turn(cause.key, is_open=True)
                    return child.key
        return ""

    def _rebuild(self) -> None:
        self.beginResetModel()
        self.lines = [*self._lines_of(self._asking)]
        if self._waiting:
            self.lines.append(Line(say("runs_by_itself")))
            self.lines += self._lines_of(self._waiting)
        self.endResetModel()

    def _lines_of(self, causes: Iterable[Cause]) -> list[Line]:
        lines: list[Line] = []
        for cause in causes:
            is_open = cause.key in self._open
            lines.append(Line(cause=cause, is_open=is_open))
            if is_open:
                lines += [Line(cause=child) for child in cause.children]
        return lines


class _CauseCell(QStyledItemDelegate):
    """Paints a line: disc, words and number, below who and amount."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Two lines of writing for a cause, one for a heading."""
        room = theme.sizes()
        line: Line = index.data(_LINE)
        if line.cause is None:
            return QSize(0, room.row + room.unit * 2)
        if line.cause.is_child:
            return QSize(0, room.row + room.unit)
        return QSize(0, 2 * room.height + room.scaled(_LINES))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Background, row line, content, focus."""
        line: Line = index.data(_LINE)
        room = theme.sizes()
        state = option.state
        box = QRectF(option.rect)
        painter.save()
        if line.cause is None:
            font = theme.font(0.88, theme.Weight.DemiBold)
            words = box.adjusted(room.margin, room.unit * 2, 0, 0)
            painting.draw_text(painter, words, line.heading.upper(), font, theme.colour("muted"))
            painter.restore()
            return
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(box, theme.colour("select"))
            painter.fillRect(QRectF(box.left(), box.top(), 3, box.height()), theme.colour("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.colour("hover"))
        bottom = QRectF(box.left(), box.bottom() - 1, box.width(), 1)
        painter.fillRect(bottom, theme.colour("hair"))
        self._paint_cause(painter, box, line, is_selected=is_selected)
        if state & QStyle.StateFlag.State_HasFocus:
            tone = painting.ring_tone(is_selected=is_selected)
            painting.focus_ring(painter, box.adjusted(3, 1, -2, -2), painting.CELL_RADIUS, tone)
        painter.restore()

    def _paint_cause(
        self, painter: QPainter, box: QRectF, line: Line, *, is_selected: bool
    ) -> None:
        cause = line.cause
        if cause is None:
            return
        room = theme.sizes()
        inner = box.adjusted(room.margin, 0, -room.margin, 0)
        left = room.scaled(_INDENT)
        muted = theme.colour("selecttext" if is_selected else "muted")
        plain = "selecttext" if is_selected else "text"
        if cause.is_child:
            self._paint_child(painter, inner.adjusted(left, 0, 0, 0), cause, plain)
            return
        self._paint_mark(painter, inner, line)
        words = inner.adjusted(left, 0, 0, 0)
        middle = box.top() + (box.height() - 2 * room.height) / 2
        first = QRectF(words.left(), middle, words.width(), room.height)
        second = first.translated(0, room.height + 1)
        weight = theme.Weight.DemiBold if not cause.waits else theme.Weight.Medium
        count = formats.count(cause.documents)
        self._paint_pair(painter, first, (cause.title, count), theme.font(1.0, weight), plain)
        pair = (cause.second, cause.amount)
        self._paint_pair(painter, second, pair, theme.font(_RATIO), "muted", muted)

    @staticmethod
    def _paint_mark(painter: QPainter, inner: QRectF, line: Line) -> None:
        cause = line.cause
        room = theme.sizes()
        size = room.scaled(_DISC)
        disc = QRectF(inner.left(), inner.center().y() - size / 2, size, size)
        if cause is None:
            return
        painting.paint_disc(painter, disc, cause.look.icon, cause.look.kind, room.scaled(14))
        if cause.children:
            name = "chevron-down" if line.is_open else "chevron-right"
            side = room.scaled(icons.CHEVRON)
            # Right of the disc, below the number: at the end of the words there is room.
            place = QRectF(disc.right() + 4, disc.center().y() - side / 2, side, side)
            icons.paint(painter, name, place, theme.colour("muted"))

    def _paint_child(self, painter: QPainter, words: QRectF, cause: Cause, tone: str) -> None:
        amount = cause.brief or cause.second
        count = f"{formats.count(cause.documents)}  ·  " if cause.documents > 1 else ""
        pair = (cause.title, f"{count}{amount}")
        self._paint_pair(painter, words, pair, theme.font(_RATIO), tone)

    @staticmethod
    def _paint_pair(
        painter: QPainter,
        box: QRectF,
        pair: tuple[str, str],
        font: Any,
        tone: str,
        ink: Any = None,
    ) -> None:
        left, right = pair
        colour = ink if ink is not None else theme.colour(tone)
        width = painting.text_width(right, font) + (theme.sizes().unit * 2 if right else 0)
        shown = painting.elided(left, font, box.width() - width)
        painting.draw_text(painter, box, shown, font, colour)
        painting.draw_text(painter, box, right, font, colour, painting.RIGHT)


class CauseList(QListView):
    """The queue. `chosen` has the cause under the keyboard or None, `entered` asks for its fix."""

    chosen = Signal(object)
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self)
        self.causes = CauseModel(self)
        self.setModel(self.causes)
        self.setItemDelegate(_CauseCell(self))
        self.setAccessibleName(say("causes"))
        self.setAccessibleDescription(say("right_opens_a_group_left_closes_it"))
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self._last = ""
        self._place = 0

    def current(self) -> Cause | None:
        """The chosen cause."""
        index = self.currentIndex()
        return self.causes.lines[index.row()].cause if index.isValid() else None

    def show_causes(self, asking: list[Cause], waiting: list[Cause]) -> None:
        """Shows these; the chosen one stays, and where it is gone the next one is chosen."""
        key, place = self._last, self._place
        self.causes.show(asking, waiting)
        self._choose(key, place)

    def choose_item(self, item: int) -> bool:
        """Chooses the line of this item; whether it is there."""
        key = self.causes.reveal(item)
        if key:
            self._choose(key, 0)
        return bool(key)

    def turn(self, *, is_open: bool | None = None) -> None:
        """Opens or closes the chosen group."""
        cause = self.current()
        if cause is not None and cause.children:
            self.causes.turn(cause.key, is_open=is_open)
            self._choose(cause.key, self._place)

    def _choose(self, key: str, place: int) -> None:
        row = self.causes.row_of(key) if key else -1
        if row < 0:
            row = self._nearest(place)
        if row < 0:
            self._last = ""
            self.chosen.emit(None)
            return
        index = self.causes.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)
        # A reset forgets what was current without telling; what stands there may be a new value.
        self._tell()

    def _nearest(self, place: int) -> int:
        rows = [row for row, line in enumerate(self.causes.lines) if line.cause is not None]
        return next((row for row in rows if row >= place), rows[-1] if rows else -1)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Tells who listens which cause is chosen now."""
        super().currentChanged(current, previous)
        if current.isValid():
            self._tell()

    def _tell(self) -> None:
        cause = self.current()
        if cause is not None:
            self._last, self._place = cause.key, self.currentIndex().row()
            self.chosen.emit(cause)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Entered by keys, the chosen line is in sight."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Right and Left open and close a group, Enter goes to the fix."""
        key = event.key()
        if key == Qt.Key.Key_Right:
            self.turn(is_open=True)
        elif key == Qt.Key.Key_Left:
            self._close_group()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def _close_group(self) -> None:
        cause = self.current()
        if cause is None:
            return
        if not cause.is_child:
            self.turn(is_open=False)
            return
        for row in range(self.currentIndex().row(), -1, -1):
            above = self.causes.lines[row].cause
            if above is not None and above.children:
                self.causes.turn(above.key, is_open=False)
                self._choose(above.key, row)
                return

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the mark of a group opens or closes it; a double click too."""
        super().mouseReleaseEvent(event)
        room = theme.sizes()
        if event.position().x() < room.margin + room.scaled(_INDENT):
            self.turn()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens or closes a group."""
        super().mouseDoubleClickEvent(event)
        self.turn()
