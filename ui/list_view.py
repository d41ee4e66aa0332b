"""The one list of the window: find, filter, sort, columns, copy, counts, and rows without end.

A tab declares a `ListSpec`, the facade offers a `Source`, and this widget does the rest. It knows
no tab. All methods belong to the GUI thread and return at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from core.words import area
from ui import find_syntax, formats, list_menu, list_text
from ui.bridge import Bridge, Ticket
from ui.find_syntax import Term
from ui.list_columns import ColumnLayout
from ui.list_filter_row import FilterRow
from ui.list_spec import Column, ListSpec, Query, Row, Source
from ui.list_states import TableArea
from ui.list_status import ListStatus
from ui.list_table import ListTable
from ui.models import PagedModel
from ui.saved_views import SavedView, SavedViews
from ui.soon import Soon

say = area(__name__)

_MEASURED = 60  # rows: more than a screen shows
_AT_ONCE = 300  # rows that are summed or copied without a detour
_DOWNWARD_FIRST = frozenset({"amount", "count", "date", "instant", "confidence"})


class ListView(QWidget):
    """One list with its filter row. Call `start` once it is placed.

    `current_changed` has the row for the details pane or None, `selection_changed` how many rows
    are selected and their sums per currency, `export_wanted` the query and the names of the
    columns in sight, `menu_wanted` a menu to add to and the selected rows.
    """

    current_changed = Signal(object)
    activated = Signal(object)
    selection_changed = Signal(int, object)
    query_changed = Signal(object)
    export_wanted = Signal(object, object)
    menu_wanted = Signal(object, object)

    def __init__(
        self,
        spec: ListSpec,
        source: Source,
        bridge: Bridge,
        settings: QSettings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._bridge = bridge
        self._base: dict[str, str] = {}
        self._kept: tuple[set[Any], Any, int] = (set(), None, -1)
        self._has_to_stand_first = False
        self._told: Row | None = None
        self._summing: Ticket | None = None
        self.model = PagedModel(spec, source, bridge, self)
        self.table = ListTable(self.model)
        self.filter_row = FilterRow(spec.fields)
        self.area = TableArea(self.table)
        self.columns = ColumnLayout(spec, self.table.header, self.table.cells, settings, self)
        self._status = ListStatus(self.model, self.filter_row, self.area, self)
        self._head = QStackedWidget()
        self._selection_timer = Soon(self, self._tell_selection)
        self._current_timer = Soon(self, self._tell_current)
        self._widths_timer = Soon(self, self._widen)
        self._too_narrow: dict[str, int] = {}
        self._build()
        self._connect_rows()
        self._connect_wishes()
        if settings is not None and spec.fields:
            self.views = SavedViews(self, settings)

    def _build(self) -> None:
        self.table.setAccessibleName(self.spec.noun[1].capitalize())
        self._head.addWidget(self.filter_row)
        self._head.setSizePolicy(self.filter_row.sizePolicy())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._status.place)
        column.addWidget(self.area, 1)
        self.setFocusProxy(self.table)

    def _connect_rows(self) -> None:
        model, table = self.model, self.table
        model.modelAboutToBeReset.connect(self._remember)
        model.replaced.connect(self._recall)
        model.news_changed.connect(self._show_news)
        model.end_reached.connect(self._stand_last)
        model.grown_above.connect(table.grown_above)
        model.change_missed.connect(self.note_change)
        model.dataChanged.connect(self._current_timer.begin_anew)
        table.verticalScrollBar().valueChanged.connect(self._scrolled)
        table.sight_changed.connect(model.need)
        table.current_moved.connect(self._current_timer.begin_anew)
        table.selectionModel().selectionChanged.connect(self._selection_timer.begin_anew)

    def _connect_wishes(self) -> None:
        table, row = self.table, self.filter_row
        table.room_changed.connect(self.columns.fit)
        table.first_wanted.connect(self.go_to_start)
        table.last_wanted.connect(self.model.go_to_end)
        table.copy_wanted.connect(self.copy)
        table.menu_wanted.connect(self._open_menu)
        table.activated.connect(self._activate)
        table.header.sectionClicked.connect(self._sort_section)
        table.header.customContextMenuRequested.connect(self._open_columns)
        for cell in table.cells.values():
            cell.too_narrow.connect(self._note_narrow)
        row.asked.connect(self._ask)
        row.left_downward.connect(self._enter_rows)
        row.columns_wanted.connect(self._open_columns)
        row.export_wanted.connect(self.export)
        self.area.news.clicked.connect(self.go_to_start)
        for keys, slot in (("Ctrl+F", self.focus_find), ("Ctrl+E", self.export)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    # -- for the owner -----------------------------------------------------------------------

    def start(self) -> None:
        """Reads the first page."""
        self.table.header.show_order(self.query.order, descending=self.query.descending)
        self.model.ask(self.query)
        self._status.show()

    @property
    def query(self) -> Query:
        """What is shown now."""
        return self.model.query

    def note_change(self) -> None:
        """Something under this list changed: see `Bridge.changed`."""
        first, _ = self.table.in_sight()
        self.model.note_change(is_at_top=self.table.is_at_top, first_in_sight=first)

    def reload(self) -> None:
        """Reads everything again; old rows stay until new ones are there."""
        self.model.reload()

    def set_base(self, members: Mapping[str, str]) -> None:
        """Restricts the list by what is chosen outside it, as a segment; never shown as chips."""
        self._base = dict(members)
        self._ask_terms()

    def set_terms(self, terms: Iterable[Term]) -> None:
        """Restricts the list by these chips."""
        self.filter_row.set_terms(terms)

    def set_empty(self, title: str, sentence: str) -> None:
        """What a list without any row says; not for one where nothing was found."""
        self._status.set_empty(title, sentence)

    def set_bulk(self, widget: QWidget) -> None:
        """What takes the place of the filter row while two or more rows are selected."""
        self._head.addWidget(widget)

    def focus_find(self) -> None:
        """The keyboard goes into the find box, where the list shows one."""
        if not self.filter_row.isVisibleTo(self):
            return
        self.filter_row.box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_row.box.selectAll()

    def _enter_rows(self) -> None:
        self.table.setFocus()

    def selected_rows(self) -> list[Row]:
        """The selected rows that are in memory, from top to bottom."""
        return self.model.rows_in(self.table.selected_ranges())

    def current_row(self) -> Row | None:
        """The row the details pane is about."""
        return self.table.current_row()

    def select_key(self, key: Any) -> bool:
        """Makes this row the current one; False when it is not in memory."""
        number = self.model.numbers_of({key}).get(key)
        if number is not None:
            self.table.go_to(number)
        return number is not None

    def go_to_start(self) -> None:
        """The first row of the whole list becomes the current one."""
        if self.model.is_at_start and not self.area.news.isVisible():
            if self.model.rowCount():
                self.table.go_to(0)
            return
        self._has_to_stand_first = True
        self.model.reload()

    def copy(self) -> None:
        """The selected rows to the clipboard; many of them are written down off this thread."""
        rows, columns = self.selected_rows(), self.columns.visible()
        if len(rows) <= _AT_ONCE:
            list_menu.put_on_clipboard(*list_menu.copied(rows, columns))
            return
        self._bridge.call_later(
            self,
            lambda: list_menu.copied(rows, columns),
            lambda copied: list_menu.put_on_clipboard(*copied),
        )

    def export(self) -> None:
        """Asks the owner to write this view to a file."""
        names = tuple(column.name for column in self.columns.visible())
        self.export_wanted.emit(self.query, names)

    # -- saved views -------------------------------------------------------------------------

    def as_view(self) -> SavedView:
        """What is shown now, without a name."""
        query, row = self.query, self.filter_row
        return SavedView(
            "", row.box.text(), row.terms, query.order, query.descending, self.columns.wanted()
        )

    def show_view(self, view: SavedView) -> None:
        """Filter, order and columns of a saved view."""
        self.filter_row.take(view.text, view.terms)
        self.columns.take(view.columns)
        asked = self.filter_row.asked_for
        members = {**self._base, **find_syntax.members(asked[1], self.spec.fields)}
        known = {column.sort_name for column in self.spec.columns if column.sort_name}
        order = view.order if view.order in known else self.query.order
        self._show(Query(asked[0], members, order, view.descending))

    # -- what is asked -----------------------------------------------------------------------

    def _ask_terms(self) -> None:
        self.filter_row.say_again()

    def _ask(self, text: str, terms: tuple[Term, ...]) -> None:
        members = {**self._base, **find_syntax.members(terms, self.spec.fields)}
        self._show(Query(text, members, self.query.order, self.query.descending))

    def _show(self, query: Query) -> None:
        self.table.header.show_order(query.order, descending=query.descending)
        self.model.ask(query)
        self.query_changed.emit(query)
        self._status.show()

    def _sort_section(self, section: int) -> None:
        self.sort_by(self.spec.columns[section])

    def sort_by(self, column: Column) -> None:
        """Sorts by this column, the other way round when it is sorted by it already."""
        if not column.sort_name:
            return
        is_same = self.query.order == column.sort_name
        descending = not self.query.descending if is_same else column.kind in _DOWNWARD_FIRST
        self._show(Query(self.query.text, self.query.members, column.sort_name, descending))

    # -- rows --------------------------------------------------------------------------------

    def _remember(self) -> None:
        """Before rows are exchanged: what is selected, by key."""
        keys = {row[self.spec.row_key] for row in self.selected_rows()}
        index = self.table.currentIndex()
        self._kept = (keys, self.model.key_at(index.row()), index.column())

    def _recall(self, is_new: bool) -> None:  # noqa: FBT001 - a signal's argument
        """After rows were exchanged: the same selection as far as it is there."""
        is_first_page = not self.columns.has_measured
        if is_first_page and self.model.rowCount():
            last = min(self.model.rowCount(), _MEASURED) - 1
            self.columns.measure(self.model.rows_in([(0, last)]))
        elif is_first_page:
            self.columns.measure(())  # headers alone; the first rows that come are measured
            self.columns.has_measured = False
        keys, current, section = self._kept
        places = self.model.numbers_of(keys | {current})
        numbers = sorted(places[key] for key in keys if key in places)
        self.table.take_selection(numbers, places.get(current, -1), section)
        self.table.verticalScrollBar().setValue(0)
        has_none = current is None or (is_new and current not in places)
        if self.model.rowCount() and (has_none or self._has_to_stand_first):
            self.table.go_to(0)
        self._has_to_stand_first = False
        self._current_timer.start()
        self._selection_timer.start()
        self._status.show()

    def _stand_last(self) -> None:
        if self.model.rowCount():
            self.table.go_to(self.model.rowCount() - 1)

    def _scrolled(self) -> None:
        if self.table.is_at_top and self.area.news.isVisible():
            self.model.reload()

    def _activate(self) -> None:
        row = self.current_row()
        if row is not None:
            self.activated.emit(row)

    def _tell_current(self) -> None:
        row = self.current_row()
        if row != self._told:
            self._told = row
            self.current_changed.emit(row)

    def _tell_selection(self) -> None:
        count = self.table.selected_count()
        has_bulk = self._head.count() > 1
        self._head.setCurrentIndex(1 if has_bulk and count > 1 else 0)
        if self._summing is not None:
            self._summing.cancel()
        if not self.spec.sum_of:
            self.selection_changed.emit(count, {})
            return
        rows, column = self.selected_rows(), self.spec.column(self.spec.sum_of)
        if count <= _AT_ONCE:
            self.selection_changed.emit(count, list_text.sum_of(rows, column))
            return
        self._summing = self._bridge.call_later(
            self,
            lambda: list_text.sum_of(rows, column),
            lambda sums: self.selection_changed.emit(count, sums),
        )

    def _show_news(self, count: int) -> None:
        self.area.show_news(say("new", count=formats.count(count)) if count > 0 else "")

    # -- columns and menus -------------------------------------------------------------------

    def _note_narrow(self, name: str, width: int) -> None:
        """While painting nothing may be resized."""
        self._too_narrow[name] = max(width, self._too_narrow.get(name, 0))
        self._widths_timer.start()

    def _widen(self) -> None:
        narrow, self._too_narrow = self._too_narrow, {}
        for name, width in narrow.items():
            self.columns.widen(name, width)

    def _open_columns(self, *_: object) -> None:
        menu = self._menu()
        list_menu.add_columns(menu, self.spec, self.columns)
        button = self.filter_row.columns_button
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _open_menu(self, at: QPoint) -> None:
        menu = self._menu()
        index, row = self.table.currentIndex(), self.current_row()
        if row is not None:
            column = self.spec.columns[index.column()]
            list_menu.add_copy(menu, row, column, self.copy)
            list_menu.add_filter(menu, self.spec, row, column, self.filter_row.add_term)
        list_menu.add_sorting(menu, self.spec, self.sort_by)
        menu.addAction(say("export_this_view_ctrl_e")).triggered.connect(self.export)
        self.menu_wanted.emit(menu, self.selected_rows())
        menu.popup(at)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def changeEvent(self, event: QEvent) -> None:
        """Another font: heights and widths are taken anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.table.take_sizes()
            self.columns.forget()
            if self.model.rowCount():
                self.columns.measure(self.model.rows_in([(0, self.model.rowCount() - 1)])[:200])
