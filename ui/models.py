"""Rows of one list as Qt sees them, read page by page on the reader thread.

The GUI thread only takes over what has arrived. Old rows stay until new ones are there; sorting and
filtering are the source's work. No widget here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from ui.bridge import Bridge, Ticket
from ui.list_spec import Figures, ListSpec, PageOf, Query, Row, Source
from ui.list_window import Window

PAGE = 200
#: Pages kept in memory (50,000 rows); those farthest from the eye are read again when seen.
MOST_PAGES = 250
ROW_ROLE = Qt.ItemDataRole.UserRole + 1

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class PagedModel(QAbstractTableModel):
    """One list, grown by key from either end; all methods on the GUI thread, none waits."""

    busy_changed = Signal(bool)
    problem_changed = Signal(object)  # the error, None once a page came again
    figures_changed = Signal(object)  # Figures
    news_changed = Signal(int)  # rows that wait above while the list is scrolled
    replaced = Signal(bool)  # rows were exchanged; True: for another query
    change_missed = Signal()  # a change came while a page was on its way
    end_reached = Signal()
    grown_above = Signal(int)

    def __init__(
        self, spec: ListSpec, source: Source, bridge: Bridge, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._width = len(spec.columns)
        self.query = Query(order=spec.order, descending=spec.descending)
        self.figures = Figures()
        self.has_read = False
        self.most_pages = MOST_PAGES
        self._source = source
        self._bridge = bridge
        self._window = Window()
        self._ticket: Ticket | None = None
        self._counting: Ticket | None = None
        self._rereading: Ticket | None = None
        self._has_failed = False
        self._has_problem = False
        self._is_stale = False
        self._top_keys: frozenset[Any] = frozenset()

    # -- what Qt asks ------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        """Rows read so far."""
        return 0 if parent.isValid() else len(self._window)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        """Every declared column; the view hides some."""
        return 0 if parent.isValid() else self._width

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The plain value, or the row under `ROW_ROLE`; delegates format."""
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None:
            return None
        column = self.spec.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            value = row.get(column.name)
            return "" if value is None else str(value)
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spec.sentence(row)
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return f"{column.title}: {row.get(column.name) or ''}"
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.spec.columns[section].title
        return None

    def canFetchMore(self, parent: AnyIndex) -> bool:
        """Whether rows follow and nothing is being read."""
        free = not self.is_busy and not self._has_failed
        return free and not parent.isValid() and self._window.has_next

    def fetchMore(self, parent: AnyIndex) -> None:
        """Asks for the next page; rows are inserted when it has arrived."""
        if self.canFetchMore(parent):
            self._read_page(self.query, self._window.next, self._append)

    # -- what the list asks ------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a page is on its way."""
        return self._ticket is not None

    @property
    def is_at_start(self) -> bool:
        """Whether the first row shown is the first of the whole list."""
        return not self._window.has_previous

    @property
    def is_at_end(self) -> bool:
        """Whether the last row shown is the last of the whole list."""
        return not self._window.has_next

    def row_at(self, number: int) -> Row | None:
        """The row at this place; None when there is none or its page was let go."""
        return self._window.row(number) if 0 <= number < len(self._window) else None

    def key_at(self, number: int) -> Any:
        """Key of the row at this place; None as `row_at`."""
        row = self.row_at(number)
        return None if row is None else row[self.spec.row_key]

    def rows_in(self, ranges: Iterable[tuple[int, int]]) -> list[Row]:
        """Rows of these stretches (first, last) that are in memory, in order."""
        found: list[Row] = []
        for first, last in ranges:
            found += self._window.rows_between(first, last)
        return found

    def numbers_of(self, keys: set[Any]) -> dict[Any, int]:
        """Key -> place, for those that are in memory."""
        found: dict[Any, int] = {}
        for place, block in enumerate(self._window.blocks):
            if len(found) == len(keys):
                break
            start = self._window.start_of(place)
            for offset, row in enumerate(block.rows or ()):
                if row[self.spec.row_key] in keys:
                    found[row[self.spec.row_key]] = start + offset
        return found

    def ask(self, query: Query) -> None:
        """Shows the rows of another query from the first on; counts follow."""
        is_other = query.text != self.query.text or query.members != self.query.members
        is_new = query != self.query
        self.query = query
        if is_other:
            self.figures = Figures(None, self.figures.everything)
        self._read_first(is_new=is_new, has_to_count=self._lacks_counts or is_other)

    def reload(self) -> None:
        """Reads the same rows again from the first on, with counts; old ones stay until then."""
        self.figures = Figures(self.figures.matched, None, self.figures.totals)
        self._read_first(is_new=False, has_to_count=True)

    def go_to_end(self) -> None:
        """Shows the last page, read backward; `end_reached` follows."""
        if self.is_at_end and not self.is_busy:
            self.end_reached.emit()
            return
        self._drop_pages()
        self._read_page(self.query.turned(), None, self._take_last)

    def need(self, first: int, last: int) -> None:
        """These rows are in sight: reads let-go pages, and a further one when an end is near."""
        if self.is_busy or self._has_failed or not len(self._window):
            return
        for number in (first, last):
            place = self._window.place_of(min(max(number, 0), len(self._window) - 1))
            if self._window.blocks[place].rows is None:
                self._refill(place)
                return
        if self._window.has_next and last > len(self._window) - PAGE // 2:
            self.fetchMore(_ROOT)
        elif self._window.has_previous and first < PAGE // 2:
            self._read_page(self.query.turned(), self._window.previous, self._prepend)

    def note_change(self, *, is_at_top: bool, first_in_sight: int = 0) -> None:
        """The list changed in the store: read again at the top, else only what is in sight.

        Nothing moves while the list is scrolled; `news_changed` says how many rows are new.
        """
        if not self.has_read or self.is_busy:
            self._is_stale = True
            return
        self._is_stale = False
        if is_at_top and self.is_at_start:
            self.reload()
            return
        place = self._window.place_of(min(first_in_sight, len(self._window) - 1))
        self._look_again(place)

    # -- pages -------------------------------------------------------------------------------

    def _read_first(self, *, is_new: bool, has_to_count: bool) -> None:
        self._drop_requests()

        def take(page: PageOf) -> None:
            self._take_first(page, is_new=is_new)
            if has_to_count:
                self._count()

        self._read_page(self.query, None, take)

    @property
    def _lacks_counts(self) -> bool:
        return not self.has_read or self._counting is not None

    def _drop_requests(self) -> None:
        self._drop_pages()
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None

    def _drop_pages(self) -> None:
        """Counts go on: they are right for whatever page of the same query is shown."""
        for ticket in (self._ticket, self._rereading):
            if ticket is not None:
                ticket.cancel()
        self._rereading = None
        self._has_failed = False

    def _read_page(self, query: Query, after: Any, take: Callable[[PageOf], None]) -> None:
        source, was_busy = self._source, self.is_busy

        def taken(page: PageOf) -> None:
            self._ticket = None
            if self._has_problem:
                self._has_problem = False
                self.problem_changed.emit(None)
            take(page)
            self.busy_changed.emit(self.is_busy)
            if self._is_stale and self._counting is None and not self.is_busy:
                self.change_missed.emit()

        self._ticket = self._bridge.read_later(
            self, lambda: source.page(query, after, PAGE), taken, self._fail
        )
        if not was_busy:
            self.busy_changed.emit(True)  # noqa: FBT003 - a signal takes no keywords

    def _fail(self, error: BaseException) -> None:
        self._ticket = None
        self._has_failed = self._has_problem = True
        self.busy_changed.emit(False)  # noqa: FBT003 - a signal takes no keywords
        self.problem_changed.emit(error)

    def _fail_beside(self, error: BaseException) -> None:
        """A count could not be read; pages go on."""
        self._counting = self._rereading = None
        self._has_problem = True
        self.problem_changed.emit(error)

    def _take_first(self, page: PageOf, *, is_new: bool) -> None:
        keys = [row[self.spec.row_key] for row in page.rows]
        self._top_keys = frozenset(keys)
        if not (not is_new and self._take_in_place(page, keys)):
            self.beginResetModel()
            self._window.begin(page, is_backward=False)
            self.has_read = True
            self.endResetModel()
            self.replaced.emit(is_new)
        self.news_changed.emit(0)

    def _take_in_place(self, page: PageOf, keys: list[Any]) -> bool:
        """Whether the same rows came in the same order, so that only values had to change."""
        if len(self._window.blocks) != 1 or not self.is_at_start or not self.has_read:
            return False
        shown = self._window.blocks[0].rows or ()
        if [row[self.spec.row_key] for row in shown] != keys:
            return False
        changed = self._window.update(0, self.spec.row_key, dict(zip(keys, page.rows, strict=True)))
        self._window.next = page.next
        self._tell_changed(changed)
        return True

    def _take_last(self, page: PageOf) -> None:
        self.beginResetModel()
        self._window.begin(page, is_backward=True)
        self.endResetModel()
        self.replaced.emit(False)  # noqa: FBT003 - a signal takes no keywords
        self.end_reached.emit()

    def _append(self, page: PageOf) -> None:
        size = len(self._window)
        if not page.rows:
            self._window.next = None
            return
        self.beginInsertRows(_ROOT, size, size + len(page.rows) - 1)
        self._window.append(page)
        self.endInsertRows()
        self._window.let_go(len(self._window.blocks) - 1, self.most_pages)

    def _prepend(self, page: PageOf) -> None:
        if not page.rows:
            self._window.previous = None
            return
        self.beginInsertRows(_ROOT, 0, len(page.rows) - 1)
        self._window.prepend(page)
        self.endInsertRows()
        self._window.let_go(0, self.most_pages)
        self.grown_above.emit(len(page.rows))

    def _refill(self, place: int) -> None:
        block = self._window.blocks[place]
        query = self.query.turned() if block.is_backward else self.query

        def take(page: PageOf) -> None:
            start, size = self._window.start_of(place), block.size
            kept = min(len(page.rows), size)
            if kept < size:
                self.beginRemoveRows(_ROOT, start + kept, start + size - 1)
                self._window.replace(place, page)
                self.endRemoveRows()
            else:
                self._window.replace(place, page)
            self._window.let_go(place, self.most_pages)
            if kept:
                self._tell_changed([start, start + kept - 1])

        self._read_page(query, block.after, take)

    def _tell_changed(self, numbers: list[int]) -> None:
        if numbers:
            last = len(self.spec.columns) - 1
            self.dataChanged.emit(self.index(min(numbers), 0), self.index(max(numbers), last))

    # -- counts and changes ------------------------------------------------------------------

    def _count(self) -> None:
        """Counts step by step, so that a page asked for in between does not wait for all three."""
        query, source = self.query, self._source
        steps: list[tuple[str, Callable[[], Any]]] = [("matched", lambda: source.count(query))]
        if query.is_restricted and self.figures.everything is None:
            steps.append(("everything", lambda: source.count(query.unrestricted())))
        steps.append(("totals", lambda: source.totals(query)))
        self._step(steps, {"everything": self.figures.everything})

    def _step(self, steps: list[tuple[str, Callable[[], Any]]], known: dict[str, Any]) -> None:
        name, ask = steps[0]

        def take(answer: Any) -> None:
            known[name] = answer
            if not self.query.is_restricted:
                known["everything"] = known.get("matched")
            totals = known.get("totals", self.figures.totals)
            self.figures = Figures(known.get("matched"), known["everything"], totals)
            self.figures_changed.emit(self.figures)
            self._counting = None
            if steps[1:]:
                self._step(steps[1:], known)
            elif self._is_stale:
                self.change_missed.emit()

        self._counting = self._bridge.read_later(self, ask, take, self._fail_beside)

    def _look_again(self, place: int) -> None:
        """Reads page one, the count and the page in sight again, without moving a row."""
        query, source = self.query, self._source
        block = self._window.blocks[place]
        turned = query.turned() if block.is_backward else query

        def look() -> tuple[PageOf, PageOf, int]:
            first = source.page(query, None, PAGE)
            return first, source.page(turned, block.after, PAGE), source.count(query)

        def take(answer: tuple[PageOf, PageOf, int]) -> None:
            self._rereading = None
            first, seen, matched = answer
            key = self.spec.row_key
            fresh = {row[key]: row for row in (*first.rows, *seen.rows)}
            self._tell_changed(self._window.update(place, key, fresh))
            more = matched - (self.figures.matched or 0)
            unknown = sum(row[key] not in self._top_keys for row in first.rows)
            self.news_changed.emit(more if more > 0 else unknown if self.is_at_start else 0)

        if self._rereading is not None:
            self._rereading.cancel()
        self._rereading = self._bridge.read_later(self, look, take, self._fail_beside)
