"""Reconciliation: what explains that both sides differ at a month's end, noted and signed off.

A statement is made on demand and kept by the core; the tab shows the youngest one of the month and
company that are chosen, and never makes one by itself. Neither system is asked or written.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from core.desk import Desk
from core.desk_reconcile_views import ChoicesView, MovedView, StatementView
from core.desk_views import HealthView
from core.words import area
from ui import formats, frame_words, list_export, list_text, problems, theme
from ui import tab_reconcile_words as words
from ui.announce import announce
from ui.bridge import Bridge, Ticket
from ui.soon import Soon
from ui.tab_reconcile_head import ChoiceRow
from ui.tab_reconcile_lists import HeldList
from ui.tab_reconcile_page import StatementPage
from ui.widgets import Button, EmptyState, TextLabel

say = area(__name__)
_ZIP = {say("evidence_pack_zip"): ".zip"}
_FILTERS = {say("excel_workbook_xlsx"): ".xlsx", say("pdf_document_pdf"): ".pdf"}
_SAID_MS, _TOOK = 12_000, "reconcile/took_s"
_NOT_RUN = say("it_compares_what")
_MADE_OF = say("it_compares_what_2")


@dataclass(frozen=True, slots=True)
class _Changes:
    """What differs from the statement before, and when that was made."""

    made_at: str
    moved: tuple[MovedView, ...]


class ReconcileTab(QWidget):
    """The statement of one month. It reads when it is first shown, then when another is chosen."""

    open_invoice = Signal(str)
    open_payment = Signal(str)
    wants = Signal(str)
    selection_said = Signal(str)
    _worked = Signal(str, int, int)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self.view: StatementView | None = None
        self._has_begun = self._is_running = self._has_run = False
        self._began_s = 0.0
        self._settings = QSettings()
        self._reading: Ticket | None = None
        self._looking: Ticket | None = None
        self.setAccessibleName(say("reconciliation"))
        self.choices = ChoiceRow()
        self.page = StatementPage(bridge)
        self.first_button = Button(say("reconcile"), kind="primary", icon="refresh")
        self.empty = EmptyState(
            "receipt-dollar", say("nothing_was"), _MADE_OF, (self.first_button,)
        )
        self._said = TextLabel("", tone="muted")
        self._said_timer = Soon(self, partial(self._say, ""), _SAID_MS)
        self._build()
        self._connect()
        self._show(None)

    def _build(self) -> None:
        room = theme.sizes()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.page)
        self._stack.addWidget(self.empty)
        self._said.setContentsMargins(room.margin, room.unit, room.margin, room.unit)
        self._said.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.choices)
        outer.addWidget(self._stack, 1)
        outer.addWidget(self._said)

    def _connect(self) -> None:
        page = self.page
        self.choices.chosen.connect(self._read)
        self.choices.currency_chosen.connect(self._show_step)
        self.choices.run_wanted.connect(self._run_as)
        self.choices.export_wanted.connect(self.export)
        self.choices.evidence_wanted.connect(self.take_evidence)
        self._worked.connect(self._show_work)
        self._desk.on_progress = self._worked.emit
        self.first_button.clicked.connect(self._begin)
        page.causes.step_chosen.connect(self._show_step)
        page.causes.chosen.connect(self._show_cause)
        page.sign.signed.connect(self._sign)
        page.sign.changes_wanted.connect(self.show_changes)
        page.documents.noted.connect(self._note)
        page.documents.payment_wanted.connect(self.open_payment)
        for panel in (page.documents, page.changes):
            panel.opened.connect(self.open_invoice)
        for part in (page.causes, page.documents, page.changes):
            part.export_wanted.connect(self.export)
        for view in page.documents.lists:
            view.selection_changed.connect(self._tell_selection)

    # -- for the window ----------------------------------------------------------------------

    @property
    def list(self) -> HeldList:
        """The list that the menu's commands work on."""
        return self.page.list

    def first_focus(self) -> None:
        """The keyboard goes to the causes, or to the button that makes a statement."""
        if self._stack.currentWidget() is self.empty:
            self.first_button.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.page.causes.list.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> tuple[QWidget, ...]:
        """The parts that F6 goes round."""
        page = self.page
        return (self.choices.period, page.causes.list, page.list, page.sign.sign_button)

    def show_health(self, health: HealthView) -> None:
        """Without a run there is nothing to compare."""
        has_run = bool(health.last_run) or any(side.last_contact for side in health.sides)
        if has_run != self._has_run:
            self._has_run = has_run
            self._show_empty()

    def showEvent(self, event: QShowEvent) -> None:
        """Reads what can be chosen each time, the statement when another one is chosen."""
        super().showEvent(event)
        self._bridge.read_later(self, self._desk.reconcilable, self._take_choices, self._no_choices)

    # -- which statement ---------------------------------------------------------------------

    def _take_choices(self, found: ChoicesView) -> None:
        self.choices.show_choices(found)
        self._show_empty()
        if not self._has_begun:
            self._has_begun = True
            self._read()

    def _no_choices(self, error: BaseException) -> None:
        """Settings that are not whole: Connections says what is missing."""
        problem = problems.problem_of(error)
        self._show(None)
        self.empty.set_words(say("this_workspace_is"), problem.why)
        self.first_button.refuse(say("set_the_workspace"))

    def _read(self) -> None:
        """The youngest statement of the month and company that are chosen."""
        period, company = self.choices.chosen_period, self.choices.chosen_company
        if not period:
            return
        self._say("")
        if self._reading is not None:
            self._reading.cancel()
        self._reading = self._bridge.read_later(
            self, partial(self._desk.last_statement, period, company), self._show, self._failed
        )

    def _show(self, view: StatementView | None) -> None:
        self.view = view
        period = self.choices.chosen_period
        has_ended = bool(period) and words.has_ended(period)
        self.choices.show_statement(view, has_ended=has_ended)
        self.choices.show_currencies(words.currencies(view) if view is not None else [])
        if view is None:
            self._stack.setCurrentWidget(self.empty)
            self._show_empty()
            return
        had_focus = self.first_button.hasFocus()
        self._stack.setCurrentWidget(self.page)
        self.page.show_view(view, self.choices.chosen_currency)
        if had_focus:
            self.first_focus()

    def _show_empty(self) -> None:
        """What is missing, and the button for it."""
        period = self.choices.chosen_period
        if self.view is not None or not period:
            return
        name = words.month(period)
        self.empty.set_words(
            say("has_not_been", name=name), _MADE_OF if self._has_run else _NOT_RUN
        )
        self.first_button.set_text(
            say("reconcile_2", name=name) if self._has_run else say("sync_now")
        )
        if not self._is_running:
            self.first_button.allow()

    def _show_step(self, *_: object) -> None:
        self.page.show_step(self.choices.chosen_currency)

    # -- one cause ---------------------------------------------------------------------------

    def _show_cause(self, key: str) -> None:
        view, line = self.view, self.page.line(key)
        if view is None or line is None:
            return
        self.page.show_line(line)
        if self._looking is not None:
            self._looking.cancel()
        read = partial(
            self._desk.reconciled_documents,
            view.id, line.company, line.currency, line.step, line.cause,
        )  # fmt: skip
        self._looking = self._bridge.read_later(
            self,
            lambda: words.document_rows(line, read()),
            self.page.documents.show_rows,
            self._failed,
        )

    def _tell_selection(self, count: int, sums: dict[str, str]) -> None:
        self.selection_said.emit(list_text.selection(count, sums))

    def _note(self, key: str, document: str, text: str) -> None:
        view, line = self.view, self.page.line(key)
        if view is None or line is None:
            return
        write = partial(
            self._desk.note_reconciliation, view.id, text,
            company=line.company, currency=line.currency, cause=line.cause, document=document,
        )  # fmt: skip

        def noted(_: object) -> None:
            self._say(say("the_note_is_kept") if text else say("the_note_was"))
            self._read_again()

        self._bridge.call_later(self, write, noted, self._failed)

    def _read_again(self) -> None:
        """The same statement with what was noted meanwhile."""
        view = self.view
        if view is not None:
            read = partial(self._desk.reconciliation, view.id)
            self._bridge.read_later(self, read, self._take_again, self._failed)

    def _take_again(self, view: StatementView) -> None:
        if self.view is not None and self.view.id == view.id:
            self._show(view)
            self._show_cause(self.page.documents.key)

    # -- commands ----------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._has_run:
            self.reconcile()
        else:
            self.wants.emit("sync")

    def _run_as(self, is_today: bool) -> None:  # noqa: FBT001 - a signal's argument
        self.reconcile(is_today=is_today)

    def reconcile(self, *, is_today: bool = False) -> None:
        """Makes the statement of what is chosen; from the month's turn unless `is_today`."""
        period, company = self.choices.chosen_period, self.choices.chosen_company
        if not period or self._is_running:
            return
        self._show_running(is_running=True)
        make = partial(self._desk.reconcile, period, company, today=is_today)
        self._bridge.call_later(self, make, self._made, self._failed)

    def _made(self, view: StatementView) -> None:
        self._show_running(is_running=False)
        self._settings.setValue(_TOOK, time.monotonic() - self._began_s)
        self._show(view)
        name = words.month(view.period)
        ending = say("every_cent_has_a") if view.is_explained else say("something_is")
        self._say(say("is_reconciled", name=name, ending=ending))
        self.first_focus()

    def _show_running(self, *, is_running: bool) -> None:
        self._is_running = is_running
        if is_running:
            self._began_s = time.monotonic()
            self._say(words.estimate(self._took_s()), stays=True)
        self.choices.show_running(is_running=is_running)
        self.first_button.set_busy(say("reconciling") if is_running else "")

    def show_changes(self) -> None:
        """What stands otherwise than in the statement before."""
        view = self.view
        if view is None or not view.before:
            return
        read = partial(_changes, self._desk, view)
        self._bridge.read_later(self, read, self._take_changes, self._failed)

    def _take_changes(self, found: _Changes) -> None:
        made = formats.moment(frame_words.instant(found.made_at))
        rows = words.change_rows(found.moved, self.choices.chosen_currency)
        self.page.show_changes(say("changed_since", made=made), rows)

    def _sign(self, reviewer: str, note: str) -> None:
        view = self.view
        if view is None:
            return
        sign = partial(self._desk.sign_off, view.id, reviewer, note)
        self._bridge.call_later(self, sign, self._signed, self._failed)

    def _signed(self, view: StatementView) -> None:
        self.page.sign.show_idle()
        self._take_again(view)
        self._say(words.signed(view))

    def export(self) -> None:
        """Asks where the statement with its reports is to be written."""
        if self.view is None:
            return
        title = say("export_the", month=words.month(self.view.period))
        name = "-".join(part for part in ("reconciliation", self.view.period, self.view.company)
                        if part)  # fmt: skip
        list_export.ask(self, title, name, _FILTERS, self.write)

    def write(self, path: Path) -> None:
        """Writes it, as xlsx or PDF by the ending; says when it is there."""
        view = self.view
        if view is None:
            return
        self.choices.export_button.set_busy(say("exporting"))
        write = partial(self._desk.export_reconciliation, view.id, path)
        self._bridge.call_later(self, write, self._written, self._failed)

    def _written(self, found: dict[str, object]) -> None:
        self._end_writing()
        self._say(say("written_to_head", file=found["file"], head=found["head"]))

    def take_evidence(self) -> None:
        """Asks where the evidence of the month is to be written."""
        period = self.choices.chosen_period
        if period:
            title = say("evidence_of", month=words.month(period))
            write = partial(self.write_evidence, period)
            list_export.ask(self, title, f"evidence-{period}", _ZIP, write)

    def write_evidence(self, period: str, path: Path) -> None:
        """Writes it; says when it is there, and which head of the audit log it ends in."""
        self.choices.evidence_button.set_busy(say("gathering"))
        write = partial(self._desk.evidence, period, path)
        self._bridge.call_later(self, write, self._written, self._failed)

    def _show_work(self, phase: str, done: int, total: int) -> None:
        """What is done just now by the process that does it."""
        estimate = f" · {words.estimate(self._took_s())}" if self._is_running else ""
        self._say(
            say("step_of", phase=phase, done=done + 1, total=total, estimate=estimate), stays=True
        )

    def _took_s(self) -> float:
        """How long the last statement took on this computer; 0 before the first."""
        return float(str(self._settings.value(_TOOK, 0.0)))

    def _say(self, text: str, *, stays: bool = False) -> None:
        """A line below the page, for a while or until the next."""
        self._said.setText(text)
        self._said.setVisible(bool(text))
        self._said_timer.stop()
        if text:
            announce(self, text)
        if text and not stays:
            self._said_timer.start()

    def _failed(self, error: BaseException) -> None:
        if self._is_running:
            self._show_running(is_running=False)
            self._say("")
        self._end_writing()
        self.page.sign.show_idle()
        problems.show(self, error)

    def _end_writing(self) -> None:
        for button in (self.choices.export_button, self.choices.evidence_button):
            button.set_busy("")

    def minimumSizeHint(self) -> QSize:
        """The page scrolls, so it never holds the window open."""
        return QSize(0, theme.sizes().row * 8)


def _changes(desk: Desk, view: StatementView) -> _Changes:
    """On a reader thread."""
    before = desk.reconciliation(view.before)
    return _Changes(before.made_at, tuple(desk.reconciliation_changes(view.id)))
