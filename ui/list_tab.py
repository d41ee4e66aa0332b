"""A tab that is one list with its details pane: Invoices, Payments and Audit log stand on it.

It knows how list, pane, export and narrow windows go together, and no document. Everything of the
core is asked through the bridge.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QLayout, QVBoxLayout, QWidget

from core.words import area
from ui import formats, list_export, list_text, problems, theme
from ui.bridge import Bridge, Ticket
from ui.details_pane import DetailsPane
from ui.document_lists import Shown
from ui.exchange_dialog import ExchangeDialog
from ui.find_syntax import Term
from ui.list_place import ListPlace
from ui.list_spec import ListSpec, Query, Row
from ui.list_view import ListView
from ui.pane_edge import PaneEdge
from ui.soon import Soon
from ui.widgets import IconButton, TextLabel

say = area(__name__)

PANE, NARROW_PANE = 400, 360  # design.md 3, "Details pane"
_WIDE, _DOCKED = 1500, 1200  # design.md 4, "Narrow"
_READ_MS = 120  # who holds the arrow key down does not read every row
_EMPTY_MS = 600
_SAID_MS = 12_000


class ListTab(QWidget):
    """A list, at its right the details of the current row.

    `selection_said` has words for the status bar. A topic that came while the tab was hidden is
    looked at when it is shown. What its pane shows is the matter of each tab; one that lacks a part
    of that is found by mypy, for Qt's classes cannot be abstract at run time.
    """

    open_invoice = Signal(str)
    open_list = Signal(str, object)
    wants = Signal(str)
    selection_said = Signal(str)

    topics: frozenset[str] = frozenset()

    def __init__(
        self,
        desk: Any,
        bridge: Bridge,
        spec: ListSpec,
        source: Shown,
        pane: DetailsPane,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._settings = QSettings()
        self._main = QWidget(self)
        self.list = ListView(spec, source, bridge, self._settings, self._main)
        self.place = ListPlace(self._settings, self.list)
        self.pane = pane
        self.pane.setParent(self)
        self.edge = PaneEdge(self._settings, spec.name, self)
        self._wants_pane = self._settings.value(f"pane/{spec.name}", "yes") != "no"
        self._is_laid_over = False
        self._is_stale = False
        self._has_started = False
        self._reading: Ticket | None = None
        self._row: Row | None = None
        self._base: dict[str, str] = {}
        self._said = TextLabel("", tone="muted")
        self.head = QVBoxLayout()
        self.pane_button = IconButton("layout-sidebar-right", say("show_the_details_pane_f4"))
        self._read_timer = Soon(self, self._read_details, _READ_MS)
        self._empty_timer = Soon(self, self._show_none, _EMPTY_MS)
        self._said_timer = Soon(self, self._hide_said, _SAID_MS)
        self._build()
        self._connect()

    def _build(self) -> None:
        room = theme.sizes()
        self._said.setContentsMargins(room.margin, room.unit, room.margin, room.unit)
        self._said.hide()
        column = QVBoxLayout(self._main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.head)
        column.addWidget(self.list, 1)
        column.addWidget(self._said)
        filter_row = self.list.filter_row
        self.pane_button.setParent(filter_row)
        outer = filter_row.layout()
        line = outer.itemAt(0) if outer is not None else None
        inner = line.layout() if line is not None else None
        if isinstance(inner, QLayout):
            margins = inner.contentsMargins()
            beside = self.pane_button.sizeHint().width() + 2 * room.unit
            margins.setRight(margins.right() + beside)
            inner.setContentsMargins(margins)
        filter_row.installEventFilter(self)

    def _connect(self) -> None:
        self.list.current_changed.connect(self._show_row)
        self.list.activated.connect(self._enter_pane)
        self.list.selection_changed.connect(self._tell_selection)
        self.list.export_wanted.connect(self._export)
        self.pane.close_wanted.connect(self.hide_pane)
        self.edge.moved.connect(self._place)
        self.edge.close_wanted.connect(self.hide_pane)
        self.pane_button.clicked.connect(self.toggle_pane)
        shortcut = QShortcut(QKeySequence("F4"), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.toggle_pane)

    # -- for the window ----------------------------------------------------------------------

    def first_focus(self) -> None:
        """The keyboard goes into the list."""
        self.list.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> list[QWidget]:
        """The parts that F6 goes round."""
        return [self.list, self.pane]

    def explain(self) -> None:
        """F1: why the current row stands where it stands, read from its first sentence on."""
        if self._row is None:
            return
        self.show_pane()
        self.pane.scroll_up()
        self.pane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keep_place(self) -> None:
        """Where the list stands is there again at the next start."""
        if self._has_started:
            self.place.keep()

    def show_topic(self, topic: str) -> None:
        """Something under this topic changed."""
        if topic not in self.topics:
            return
        if not self.isVisible():
            self._is_stale = True
            return
        self.list.note_change()
        self._read_timer.start()

    def show_filtered(self, wanted: Mapping[str, str]) -> None:
        """Only rows with these values of members, as chips where the find box has a field."""
        terms: list[Term] = []
        base = dict(wanted)
        for name, known in self.list.spec.fields.items():
            value = base.pop(known.member, "")
            if value:
                codes = {code: word for word, code in known.words.items()}
                shown = ", ".join(codes.get(part, part) for part in value.split(","))
                terms.append(Term(name, value, shown))
        self._start()
        self.list.filter_row.box.clear()
        if base != self._base:
            self._base = base
            self.list.set_base(base)
        self.list.set_terms(terms)

    def show_document(self, key: str) -> None:
        """Only the document of this key, with its details."""
        self.show_filtered({self.list.spec.row_key: key})
        self.show_pane()

    # -- rows and details --------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Reads the first page when it is first shown, and again what changed meanwhile."""
        super().showEvent(event)
        if not self._has_started:
            self._start()
        elif self._is_stale:
            self._is_stale = False
            self.list.note_change()
            self._read_timer.start()

    def _start(self) -> None:
        if not self._has_started:
            self._has_started = True
            self.place.take_up()
            self.list.start()

    def _show_row(self, row: Row | None) -> None:
        if row is None:
            # While rows are exchanged there is none; the pane does not come and go for that.
            self._empty_timer.start()
            return
        self._empty_timer.stop()
        is_other = self._row is None or self._key(row) != self._key(self._row)
        self._row = row
        if is_other and self._reading is not None:
            self._reading.cancel()
        self.show_details(row)
        self._place()
        self._read_timer.start()

    def _show_none(self) -> None:
        self._row = None
        self._place()

    def _key(self, row: Row) -> Any:
        return row[self.list.spec.row_key]

    @abstractmethod
    def show_details(self, row: Row) -> None:
        """The pane shows what the row itself says; the tab's own matter."""

    @abstractmethod
    def read_details(self, row: Row) -> Any:
        """Everything else about the row; runs on the reader thread, so it touches no widget."""

    @abstractmethod
    def take_details(self, found: Any) -> None:
        """What was read, back on the GUI thread."""

    def _read_details(self) -> None:
        row = self._row
        if row is None or not self.pane.isVisible():
            return
        key = self._key(row)

        def take(found: Any) -> None:
            if self._row is not None and self._key(self._row) == key:
                self.take_details(found)

        if self._reading is not None:
            self._reading.cancel()
        self._reading = self._bridge.read_later(
            self, lambda: self.read_details(row), take, self.show_fault
        )

    def open_exchange(self, exchange: int) -> None:
        """Shows a request with its answer in a window of its own."""
        self._bridge.read_later(
            self, lambda: self._desk.exchange(exchange), self._show_exchange, self.show_fault
        )

    def _show_exchange(self, view: Any) -> None:
        if view is not None:
            ExchangeDialog(view, self).show()

    def show_fault(self, error: BaseException) -> None:
        """Something that was asked for could not be done."""
        problems.show(self, error)

    # -- selection and export ----------------------------------------------------------------

    def _tell_selection(self, count: int, sums: dict[str, str]) -> None:
        self.selection_said.emit(list_text.selection(count, sums))

    def say(self, text: str) -> None:
        """A line below the list, for a while."""
        self._said.setText(text)
        self._said.show()
        self._said_timer.start()

    def _hide_said(self) -> None:
        self._said.hide()

    def _export(self, query: Query, names: tuple[str, ...]) -> None:
        spec = self.list.spec
        list_export.ask(
            self,
            say("export_these", noun=spec.noun[1]),
            spec.name,
            list_export.FILTERS,
            lambda path: self.write_view(path, query, names),
        )

    def write_view(self, path: Path, query: Query, names: tuple[str, ...]) -> None:
        """Writes what the list shows to a file; says when it is there."""
        button = self.list.filter_row.export_button
        button.set_busy(say("exporting"))
        columns = list_export.columns(self.list.spec, names)

        def done(count: int) -> None:
            button.set_busy("")
            counted = self.list.spec.counted(count, formats.count(count))
            self.say(say("written_to", counted=counted, path=path))

        def failed(error: BaseException) -> None:
            button.set_busy("")
            self.show_fault(error)

        name = self.list.spec.name
        self._bridge.call_later(
            self, lambda: self._desk.export(name, query, columns, path), done, failed
        )

    # -- the pane ----------------------------------------------------------------------------

    @property
    def _is_docked(self) -> bool:
        return self.width() >= _DOCKED

    @property
    def is_pane_open(self) -> bool:
        """Whether the details stand beside or over the list."""
        wanted = self._wants_pane if self._is_docked else self._is_laid_over
        return wanted and self._row is not None

    def show_pane(self) -> None:
        """The details are in sight."""
        self._set_pane(is_open=True)

    def hide_pane(self) -> None:
        """The list takes all the room, and the keyboard."""
        focused = QApplication.focusWidget()
        had_focus = focused is not None and (
            focused is self.edge or self.pane.isAncestorOf(focused)
        )
        self._set_pane(is_open=False)
        if had_focus:
            self.first_focus()

    def toggle_pane(self) -> None:
        """F4."""
        if self.is_pane_open:
            self.hide_pane()
        else:
            self.show_pane()

    def _set_pane(self, *, is_open: bool) -> None:
        if self._is_docked:
            self._wants_pane = is_open
            name = f"pane/{self.list.spec.name}"
            self._settings.setValue(name, "yes" if is_open else "no")
        else:
            self._is_laid_over = is_open
        self._place()
        if is_open:
            self._read_timer.start()

    def _enter_pane(self, _row: Row) -> None:
        self.show_pane()
        self.pane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """List and pane share the new room."""
        super().resizeEvent(event)
        if self._is_docked:
            self._is_laid_over = False
        self._place()

    def _place(self) -> None:
        is_open = self.is_pane_open
        wanted = PANE if self.width() >= _WIDE else NARROW_PANE
        usual = min(theme.sizes().scaled(wanted), self.width())
        width = self.edge.width_in(self.width(), usual) if is_open else 0
        beside = self.width() - width if self._is_docked else self.width()
        self._main.setGeometry(0, 0, beside, self.height())
        if is_open:
            # Never narrower than it is shown: its words are measured at every width they get.
            self.pane.setGeometry(self.width() - width, 0, width, self.height())
            self.pane.raise_()
            self.edge.stand_at(self.width() - width, self.height())
        self.pane.setVisible(is_open)
        self.edge.setVisible(is_open)
        name = say("hide_the_details_pane_f4") if is_open else say("show_the_details_pane_f4")
        self.pane_button.set_name(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The button of the pane keeps its place at the end of the filter row."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show}:
            row, button = self.list.filter_row, self.pane_button
            size = button.sizeHint()
            top = row.export_button.geometry().top() or 2 * theme.sizes().unit
            left = row.width() - size.width() - theme.sizes().scaled(8)
            button.setGeometry(left, top, size.width(), size.height())
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        """The list folds and the pane lies over it, so both fit the least window."""
        room = theme.sizes()
        return QSize(room.scaled(PANE), room.row * 8)
