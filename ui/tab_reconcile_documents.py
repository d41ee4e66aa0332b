"""Under the causes: the documents of the chosen one with its note, or what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from core.desk_reconcile_views import CauseView
from core.words import area
from ui import formats, list_text, theme
from ui.bridge import Bridge
from ui.list_spec import Row
from ui.tab_reconcile_lists import CHANGES, HeldList, add_ways, document_spec
from ui.tab_reconcile_words import STEPS, key_of
from ui.widgets import Button, ElidingLabel, Hairline, IconLabel, LineEdit, Panel, TextLabel

say = area(__name__)

_FIND_FROM = 30  # documents: fewer are seen at a glance
_LEAST_ROWS = 5
_NOTE_WIDTH = 220


class DocumentsPanel(Panel):
    """The documents of one cause, and the note on it or on one of them.

    `noted` has the cause's key, the document (empty: the cause itself) and the text. `opened` names
    an invoice, `payment_wanted` a payment.
    """

    opened = Signal(str)
    payment_wanted = Signal(str)
    noted = Signal(str, str, str)
    export_wanted = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(say("documents"))
        self._shown: CauseView | None = None
        self._document = ""
        self._kept = ""
        self.count = TextLabel("", tone="muted")
        self.head.insertWidget(1, self.count)
        self.acts = ElidingLabel("", tone="muted")
        self.note = LineEdit(icon="message-2", name=say("note_on_this_cause"))
        self.aim_button = Button(say("note_on_a_document"), kind="quiet")
        self.lists = tuple(HeldList(document_spec(at), bridge) for at in range(len(STEPS)))
        self._stack = QStackedWidget()
        self._build()
        self._connect()

    def _build(self) -> None:
        room = theme.sizes()
        line = QHBoxLayout()
        line.setContentsMargins(room.margin, room.unit, room.unit * 2, room.unit)
        line.setSpacing(room.unit * 2)
        line.addWidget(IconLabel("user"))
        line.addWidget(self.acts, 1)
        line.addWidget(self.note, 1)
        line.addWidget(self.aim_button)
        self.note.setMinimumWidth(room.scaled(_NOTE_WIDTH))
        for view in self.lists:
            self._stack.addWidget(view)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(Hairline())
        column.addWidget(self._stack, 1)
        self._stack.setMinimumHeight(room.control + _LEAST_ROWS * room.row)
        self.set_content(content)

    def _connect(self) -> None:
        self.note.editingFinished.connect(self.commit)
        self.aim_button.clicked.connect(self._turn_aim)
        for view in self.lists:
            view.activated.connect(self._open)
            view.menu_wanted.connect(self._fill_menu)
            view.export_wanted.connect(self._wish_export)

    @property
    def key(self) -> str:
        """The cause in sight; empty for none."""
        return key_of(self._shown) if self._shown is not None else ""

    @property
    def list(self) -> HeldList:
        """The documents in sight."""
        at = STEPS.index(self._shown.step) if self._shown is not None else 0
        return self.lists[at]

    def show_line(self, line: CauseView) -> None:
        """What the statement says of a cause; its documents come after."""
        is_other = self._shown is None or key_of(line) != self.key
        if is_other:
            self.commit()
        self._shown = line
        self.title.setText(line.title)
        self.setAccessibleName(line.title)
        self.count.setText(formats.counted(line.documents, "document"))
        self.fact.setText(list_text.totals({line.currency: line.amount}))
        self.acts.setText(line.acts)
        if is_other:
            self._aim("")
        elif not self._document:
            self._take_note(line.note)
        self._stack.setCurrentWidget(self.list)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """The documents of the cause in sight."""
        self.list.put(rows, finds_from=_FIND_FROM)
        if self._document:
            self._take_note(self._note_of(self._document))

    # -- the note ----------------------------------------------------------------------------

    def commit(self) -> None:
        """Hand over what was typed into the note, once."""
        text = self.note.text().strip()
        if self._shown is not None and text != self._kept:
            self._kept = text
            self.noted.emit(self.key, self._document, text)

    def note_on(self, document: str) -> None:
        """The keyboard goes into the note on one document; empty: into that on the cause."""
        self.commit()
        self._aim(document)
        self.note.setFocus(Qt.FocusReason.OtherFocusReason)
        self.note.selectAll()

    def _turn_aim(self) -> None:
        row = self.list.current_row()
        self.note_on("" if self._document or row is None else str(row["document"]))

    def _aim(self, document: str) -> None:
        self._document = document
        name = say("note_on", document=document) if document else say("note_on_this_cause")
        self.note.setPlaceholderText(name)
        self.note.setAccessibleName(name)
        self.aim_button.set_text(
            say("note_on_the_cause") if document else say("note_on_a_document")
        )
        note = self._shown.note if self._shown is not None else ""
        self._kept = self._note_of(document) if document else note
        self.note.setText(self._kept)

    def _note_of(self, document: str) -> str:
        found = (str(row["note"]) for row in self.list.held.rows if row["document"] == document)
        return next(found, "")

    def _take_note(self, text: str) -> None:
        """Shows what is kept, unless the person is at it."""
        if not self.note.hasFocus() and self.note.text().strip() == self._kept:
            self._kept = text
            self.note.setText(text)

    # -- ways --------------------------------------------------------------------------------

    def _open(self, row: Row) -> None:
        if row["open"]:
            self.opened.emit(str(row["open"]))
        elif row["payment"]:
            self.payment_wanted.emit(str(row["payment"]))

    def _fill_menu(self, menu: QMenu, _rows: object) -> None:
        row = self.list.current_row()
        if row is None:
            return
        ways = add_ways(menu, row)
        slots = {
            "invoice": partial(self.opened.emit, str(row["open"])),
            "payment": partial(self.payment_wanted.emit, str(row["payment"])),
            "note": partial(self.note_on, str(row["document"])),
        }
        for name, action in ways.items():
            action.triggered.connect(lambda _=False, go=slots[name]: go())

    def _wish_export(self, *_: object) -> None:
        self.export_wanted.emit()


class ChangesPanel(Panel):
    """Documents that stand otherwise than in the statement before."""

    opened = Signal(str)
    left = Signal()
    export_wanted = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(say("changed"))
        room = theme.sizes()
        self.list = HeldList(CHANGES, bridge)
        self.list.set_empty(say("nothing_changed"), say("every_document_stands_as_in_the_one"))
        self.back_button = Button(say("back_to_the_cause"), kind="quiet", icon="arrow-left")
        self.back_button.clicked.connect(self.left)
        self.add_to_head(self.back_button)
        self.list.setMinimumHeight(room.control + (_LEAST_ROWS + 1) * room.row)
        self.list.activated.connect(self._open)
        self.list.export_wanted.connect(self._wish_export)
        self.set_content(self.list)

    def show_rows(self, title: str, rows: Sequence[Row]) -> None:
        """What changed since a statement that the title names."""
        self.title.setText(title)
        self.setAccessibleName(title)
        self.fact.setText(formats.counted(len(rows), "document"))
        self.list.put(rows, finds_from=_FIND_FROM)

    def _open(self, row: Row) -> None:
        self.opened.emit(str(row["open"]))

    def _wish_export(self, *_: object) -> None:
        self.export_wanted.emit()
