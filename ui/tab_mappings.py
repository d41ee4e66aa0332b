"""Mappings: what X3 calls things and what AvidXchange calls them, with the evidence for each pair.

One page per kind, and over them what concerns a whole kind: how much is left, accepting the sure
ones together, files, undo. Nothing here writes to another system.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.desk import Desk
from core.desk_views import Pasted
from core.errors import AppError
from core.words import area
from ui import formats, list_export, mapping_lists, problems, theme
from ui.announce import announce
from ui.bridge import Bridge, Ticket
from ui.list_spec import Query
from ui.list_view import ListView
from ui.mapping_dialogs import AcceptAllDialog, sure_members
from ui.mapping_import import ImportDialog
from ui.mapping_lists import KINDS, TITLES
from ui.mapping_page import MappingPage
from ui.widgets import Button, IconButton, Segment

say = area(__name__)

_FILTERS = {say("excel_workbook_xlsx"): ".xlsx", say("comma_separated_values_csv"): ".csv"}
_FILES = say("mapping_files_xlsx_csv")
_LOT = 1_000
_FOLDED = 900  # below this width import and export are icons alone
Counts = dict[str, tuple[int, int]]


class MappingsTab(QWidget):
    """The three kinds of mapping. `unmapped_changed` has how many codes ask for a person."""

    open_invoice = Signal(str)
    open_list = Signal(str, object)
    wants = Signal(str)
    selection_said = Signal(str)
    unmapped_changed = Signal(int)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self.counts: Counts = {}
        self._counting: Ticket | None = None
        self.setAccessibleName(say("mappings"))
        self.segment = Segment(say("kind_of_mapping"), TITLES)
        self.accept_all_button = Button(say("accept_all_at_95_and_above"), icon="checks")
        self.import_button = Button(say("import"), kind="quiet", icon="file-import")
        self.export_button = Button(say("export"), kind="quiet", icon="table-export")
        self.import_icon = IconButton("file-import", say("import_a_mapping_file"))
        self.export_icon = IconButton("table-export", say("export_this_mapping"))
        self.bar = QWidget()
        self.stack = QStackedWidget()
        self.pages = {kind: MappingPage(desk, bridge, kind) for kind in KINDS}
        self._build()
        self._connect()
        self._show_counts({})

    def _build(self) -> None:
        room = theme.sizes()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(room.margin, room.unit * 2 + 1, room.margin, 0)
        row.setSpacing(room.unit * 2)
        row.addWidget(self.segment)
        row.addStretch(1)
        for button in self._buttons():
            row.addWidget(button)
        for page in self.pages.values():
            self.stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        self._show_page(0)

    def _connect(self) -> None:
        self.segment.currentChanged.connect(self._show_page)
        self.accept_all_button.clicked.connect(self.accept_all)
        for button in (self.import_button, self.import_icon):
            button.clicked.connect(self.import_file)
        for button in (self.export_button, self.export_icon):
            button.clicked.connect(self.export_file)
        for keys, slot in (
            ("Ctrl+Down", self.go_next), ("Ctrl+Z", self.undo), ("Ctrl+Y", self.redo),
            ("Ctrl+V", self.paste),
        ):  # fmt: skip
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        for page in self.pages.values():
            page.open_invoice.connect(self.open_invoice)
            page.open_list.connect(self.open_list)
            page.selection_said.connect(self.selection_said)
            page.edited.connect(self._count)

    # -- for the window ----------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The kind in sight."""
        return KINDS[max(0, self.segment.currentIndex())]

    @property
    def page(self) -> MappingPage:
        """The page in sight."""
        return self.pages[self.kind]

    def first_focus(self) -> None:
        """The keyboard goes into the list."""
        self.page.first_focus()
        if not self.counts:
            self._count()

    def current_list(self) -> ListView:
        """The list in sight."""
        return self.page.list

    def panes(self) -> list[QWidget]:
        """The parts that F6 goes round."""
        return self.page.panes()

    def explain(self) -> None:
        """F1: what speaks for the mapping of the current row."""
        self.page.explain()

    def toggle_pane(self) -> None:
        """F4."""
        self.page.toggle_pane()

    def keep_place(self) -> None:
        """Where each list stands is there again at the next start."""
        for page in self.pages.values():
            page.keep_place()

    def show_topic(self, topic: str) -> None:
        """Something under this topic changed."""
        for page in self.pages.values():
            page.show_topic(topic)
        if topic in MappingPage.topics:
            self._count()

    def show_key(self, kind: str, key1: str, key2: str = "") -> None:
        """Only the rows of one X3 code, with its details; the chips say so and can be removed."""
        self.segment.setCurrentIndex(KINDS.index(kind))
        wanted = {"key1": key1} | ({"key2": key2} if key2 else {})
        self.page.show_filtered(wanted)
        self.page.show_pane()

    def _show_page(self, at: int) -> None:
        """One row above all lists: it moves to the page in sight."""
        page = self.pages[KINDS[at]]
        had_focus = self.segment.hasFocus()
        page.head.addWidget(self.bar)
        self.stack.setCurrentWidget(page)
        self._show_counts(self.counts)
        if had_focus:
            self.segment.setFocus()

    def _buttons(self) -> tuple[Button, ...]:
        """The commands over the lists, from left to right."""
        return (
            self.accept_all_button, self.import_button, self.export_button, self.import_icon,
            self.export_icon,
        )  # fmt: skip

    # -- what is left ------------------------------------------------------------------------

    def _count(self, *_: object) -> None:
        if self._counting is not None:
            self._counting.cancel()
        self._counting = self._bridge.read_later(
            self, partial(_counted, self._desk), self._show_counts, self._not_counted
        )

    def _not_counted(self, error: BaseException) -> None:
        """The list says itself what could not be read; the counts are only taken away."""
        if not isinstance(error, AppError):
            raise error
        self._show_counts({})

    def _show_counts(self, counts: Counts) -> None:
        self.counts = counts
        for at, kind in enumerate(KINDS):
            self.segment.set_count(at, counts.get(kind, (0, 0))[0])
        sure = counts.get(self.kind, (0, 0))[1]
        self.accept_all_button.set_text(
            say("accept_all_at_95_and_above_2", count=formats.count(sure))
            if sure
            else say("accept_all_at_95_and_above")
        )
        if sure:
            self.accept_all_button.allow(say("shows_the_list_first"))
        else:
            self.accept_all_button.refuse(say("no_suggestion_is_that_sure"))
        if counts:
            self.unmapped_changed.emit(sum(left for left, _ in counts.values()))

    # -- commands ----------------------------------------------------------------------------

    def go_next(self) -> None:
        """The next row that is not mapped."""
        self.page.go_next()

    def undo(self) -> None:
        """Takes the last edit of this window back."""
        self._bridge.call_later(self, self._desk.undo_mapping, self._undone, self._failed)

    def redo(self) -> None:
        """Makes the edit again that was taken back last."""
        self._bridge.call_later(self, self._desk.redo_mapping, self._undone, self._failed)

    def _undone(self, said: str) -> None:
        self.page.say(said)
        announce(self, said)
        for page in self.pages.values():
            page.list.reload()
        self._count()

    def accept_all(self) -> None:
        """Shows what is sure before it is accepted in one step."""
        kind = self.kind
        count = self.counts.get(kind, (0, 0))[1]
        source = mapping_lists.MappingSource(self._desk.source(kind))
        dialog = AcceptAllDialog(source, self._bridge, kind, count, self)
        dialog.confirmed.connect(partial(self._accept_all, kind))
        dialog.open()

    def _accept_all(self, kind: str) -> None:
        self.accept_all_button.set_busy(say("accepting"))
        self._bridge.call_later(
            self, partial(accept_sure, self._desk, kind), self._accepted, self._failed
        )

    def _accepted(self, count: int) -> None:
        self.accept_all_button.set_busy("")
        noun = mapping_lists.WORDS[self.kind].noun
        said = say("mapped_ctrl_z_takes_them_back_together", counted=formats.counted(count, *noun))
        self.page.say(said)
        announce(self, said)
        self.page.list.reload()
        self._count()

    def export_file(self) -> None:
        """Writes the mapping of this kind as a file that *Import* takes back."""
        kind = self.kind
        list_export.ask(
            self, say("export_the_mapping_of", titles=TITLES[KINDS.index(kind)]), f"mapping-{kind}",
            _FILTERS, partial(self.write_file, kind),
        )  # fmt: skip

    def write_file(self, kind: str, path: Path) -> None:
        """Writes a mapping file; says how many rows it holds."""
        page = self.pages[kind]

        def done(count: int) -> None:
            page.say(
                say("written_to", counted=formats.counted(count, say("mapping_row")), path=path)
            )

        export = partial(self._desk.export_mapping, kind, path)  # type: ignore[arg-type] # KINDS
        self._bridge.call_later(self, export, done, self._failed)

    def import_file(self) -> None:
        """Asks for a mapping file; it is shown before it is taken."""
        dialog = QFileDialog(self, say("import_2", titles=TITLES[KINDS.index(self.kind)]))
        dialog.setObjectName("import")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_FILES])
        dialog.fileSelected.connect(self._file_chosen)
        dialog.open()

    def _file_chosen(self, name: str) -> None:
        self.preview_import(self.kind, Path(name))

    def paste(self) -> None:
        """Shows what cells copied out of a spreadsheet would change; they are taken as a file."""
        self.preview_import(self.kind, Pasted(QGuiApplication.clipboard().text()))

    def preview_import(self, kind: str, path: Path | Pasted) -> ImportDialog:
        """Shows what a file or pasted cells would change, and takes it when the person says so."""
        dialog = ImportDialog(self._bridge, kind, path, self)
        dialog.preview_wanted.connect(partial(self._read_import, dialog, kind, path))
        dialog.confirmed.connect(partial(self._import, kind, path))
        dialog.open()
        self._read_import(dialog, kind, path, False)  # noqa: FBT003 - as the signal has it
        return dialog

    def _read_import(
        self,
        dialog: ImportDialog,
        kind: str,
        path: Path | Pasted,
        is_whole: bool,  # noqa: FBT001 - a signal's
    ) -> None:
        def failed(error: BaseException) -> None:
            dialog.reject()
            self._failed(error)

        read = partial(self._desk.preview_import, kind, path, replace_all=is_whole)  # type: ignore[arg-type] # KINDS
        self._bridge.call_later(dialog, read, dialog.show_preview, failed)

    def _import(
        self,
        kind: str,
        path: Path | Pasted,
        is_whole: bool,  # noqa: FBT001 - a signal's
    ) -> None:
        page = self.pages[kind]

        def done(taken: object) -> None:
            said = say("imported_ctrl_z_takes_it_back", name=path.name)
            count = len(getattr(taken, "refused", ()))
            if count:
                said += say("of_it_could_not_be_taken", counted=formats.counted(count, "row"))
            page.say(said)
            page.list.reload()
            self._count()

        take = partial(self._desk.import_mapping, kind, path, replace=is_whole)  # type: ignore[arg-type] # KINDS
        self._bridge.call_later(self, take, done, self._failed)

    def _failed(self, error: BaseException) -> None:
        self.accept_all_button.set_busy("")
        problems.show(self, error)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window import and export are icons alone."""
        super().resizeEvent(event)
        is_folded = self.width() < theme.sizes().scaled(_FOLDED + 200)
        for button in (self.import_button, self.export_button):
            button.setVisible(not is_folded)
        for button in (self.import_icon, self.export_icon):
            button.setVisible(is_folded)


def _counted(desk: Desk) -> Counts:
    """Kind -> how many hold documents up, and how many suggestions are sure; on a reader thread."""
    found: Counts = {}
    for kind in KINDS:
        source = desk.source(kind)
        left = source.count(Query(members={"state": ",".join(mapping_lists.TO_DO), "open": ">0"}))
        sure = source.count(Query(members=sure_members()))
        found[kind] = (left, sure)
    return found


def accept_sure(desk: Desk, kind: str) -> int:
    """Accepts every suggestion that is sure, in one step; how many."""
    source, after = desk.source(kind), None
    drafts = []
    while True:
        page = source.page(Query(members=sure_members(), order="key"), after, _LOT)
        for row in page.rows:
            group = str(row["code_group"]) if kind == "dimensions" else ""
            drafts.append(mapping_lists.draft(row, str(row["code"]), group))
        after = page.next
        if after is None:
            break
    if drafts:
        desk.save_rule(kind, *drafts)
    return len(drafts)
