"""One kind of mapping: its list, its pane, and every edit of one row.

Edits go to this computer's mapping only, in the background; the next row to do is the current one
as soon as an edit is asked for, so that the hand never waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.desk_views import MappingView, Suggestion
from core.errors import ConfigError
from core.words import area
from ui import mapping_lists
from ui.announce import announce
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog, Question
from ui.list_spec import Row
from ui.list_tab import ListTab
from ui.mapping_dialogs import AccountDialog, CodeDialog
from ui.mapping_pane import MappingPane

say = area(__name__)

_AHEAD = 3_000  # rows in memory that are searched for the next one to do
_SAFE = say("nothing_changes_in_sage_x3_or")
Details = tuple[MappingView, list[Suggestion]]


class MappingPage(ListTab):
    """`edited` comes after each edit that was taken; `invoices_wanted` names what to show."""

    topics = frozenset(("mappings", "review"))
    edited = Signal(str)

    def __init__(self, desk: Any, bridge: Bridge, kind: str, parent: QWidget | None = None) -> None:
        self.kind = kind
        self.details = MappingPane()
        source = mapping_lists.MappingSource(desk.source(kind))
        super().__init__(desk, bridge, mapping_lists.spec(kind), source, self.details, parent)
        self.setAccessibleName(mapping_lists.TITLES[mapping_lists.KINDS.index(kind)])
        self.list.set_empty(*mapping_lists.EMPTY[kind])
        pane = self.details
        pane.accept_wanted.connect(self.accept_chosen)
        pane.next_wanted.connect(self.go_next)
        pane.search_wanted.connect(self.search)
        pane.create_wanted.connect(self.create_vendor)
        pane.exclude_wanted.connect(self.exclude)
        pane.end_wanted.connect(self.end_mapping)
        pane.test_wanted.connect(self.test_account)
        pane.invoice_wanted.connect(self.open_invoice)
        pane.invoices_wanted.connect(self._open_invoices)

    # -- what the pane shows -----------------------------------------------------------------

    def show_details(self, row: Row) -> None:
        """What the row itself says."""
        self.details.show_row(self.kind, row)

    def read_details(self, row: Row) -> Details | None:
        """Facts, history and candidates; None when the code is gone since the list was read."""
        try:
            view = self._desk.mapping_row(self.kind, row["key1"], row["key2"])
        except ConfigError:
            return None  # an undo took it back; the list is being read again
        return view, self._desk.suggestions(self.kind, row["key1"], row["key2"])

    def take_details(self, found: Details | None) -> None:
        """Shows what was read."""
        if found is not None:
            self.details.show_details(*found)

    # -- the way through the list ------------------------------------------------------------

    def go_next(self) -> None:
        """The next row that is not mapped becomes the current one; from the end, the first."""
        key = self._next_key()
        if key is None:
            self.say(say("nothing_is_left_to_map_here"))
            announce(self, say("nothing_is_left_to_map_here"))
        else:
            self.list.select_key(key)

    def _next_key(self) -> Any:
        row = self.list.current_row()
        rows = self.list.model.rows_in([(0, min(_AHEAD, self.list.model.rowCount()) - 1)])
        at = -1
        if row is not None:
            same = [place for place, each in enumerate(rows) if each["key"] == row["key"]]
            at = same[0] if same else -1
        others = [*rows[at + 1 :], *rows[: max(at, 0)]]
        return next((each["key"] for each in others if mapping_lists.is_to_do(each)), None)

    def _enter_pane(self, row: Row) -> None:
        """Enter accepts what is in sight; with the pane closed it opens it first."""
        if self.is_pane_open and self.details.accept_button.isEnabled():
            self.accept_chosen()
        else:
            super()._enter_pane(row)

    # -- edits -------------------------------------------------------------------------------

    def accept_chosen(self) -> None:
        """Maps the current row to the candidate that is chosen in the pane."""
        row, chosen = self.details.row, self.details.chosen
        if row is None or chosen is None or not self.details.accept_button.isEnabled():
            return
        self._save(row, chosen.code, chosen.group)

    def search(self) -> None:
        """Opens the search for a code."""
        row = self.details.row
        if row is not None:
            dialog = CodeDialog(self._desk, self._bridge, self.kind, row, self)
            dialog.picked.connect(partial(self._take_picked, row))
            dialog.open()

    def _take_picked(self, row: Row, picked: dict[str, str]) -> None:
        limits = {name: picked[name] for name in ("company", "valid_from", "valid_to")}
        self._save(row, picked["code"], picked["avid_group"], **limits)

    def create_vendor(self) -> None:
        """Asks for the code of a vendor that AvidXchange does not have yet."""
        row = self.details.row
        if row is None:
            return
        dialog = ConfirmDialog(
            Question(
                title=say("create_a_vendor_for", name=row["name"] or row["key1"]),
                sentence=say("the_next_plan_creates_it_in_avidxchange"),
                verb=say("plan_this_vendor"),
                safe=say("until_that_plan_is_approved_nothing_is"),
                kind="go",
                icon="plus",
                reason_label=say("vendor_code"),
                reason_hint=say("as_a_rule_the_suppliers_code_in"),
                leave=say("cancel"),
            ),
            self,
        )
        dialog.reason.setText(str(row["key1"]))
        dialog.confirmed.connect(partial(self._save, row))
        dialog.open()

    def exclude(self) -> None:
        """Asks why a supplier is not paid through AvidXchange."""
        row = self.details.row
        if row is None:
            return
        dialog = ConfirmDialog(
            Question(
                title=say("exclude", name=row["name"] or row["key1"]),
                sentence=say("its_invoices_are_not_sent_to"),
                verb=say("exclude_this_supplier"),
                safe=_SAFE,
                icon="circle-minus",
                reason_label=say("reason"),
            ),
            self,
        )
        dialog.confirmed.connect(partial(self._exclude, row))
        dialog.open()

    def _exclude(self, row: Row, reason: str) -> None:
        self._edit(
            partial(self._desk.exclude_supplier, row["key1"], reason),
            say("is_excluded", name_of=mapping_lists.name_of(self.kind, row)),
        )

    def end_mapping(self) -> None:
        """Asks before a row ends; its documents wait for another one."""
        row, rule = self.details.row, self.details.rule
        if row is None or rule is None:
            return
        name = mapping_lists.name_of(self.kind, row)
        is_back = row["state"] == "excluded"
        what = "" if is_back else say("to", code=rule.code)
        dialog = ConfirmDialog(
            Question(
                title=say("take_in_again", name=name)
                if is_back
                else say("end_the_mapping_of", name=name, what=what),
                sentence=say("its_documents_wait_until_it_is_mapped"),
                verb=say("take_it_in_again") if is_back else say("end_this_mapping"),
                safe=_SAFE,
                icon="check" if is_back else "trash",
            ),
            self,
        )
        dialog.confirmed.connect(partial(self._end, row))
        dialog.open()

    def _end(self, row: Row, _reason: str) -> None:
        rule = self.details.rule
        if rule is None:
            return
        draft = mapping_lists.draft(
            row, rule.code, rule.group, company=rule.company, valid_from=rule.valid_from,
            valid_to=rule.valid_to, note=rule.note,
        )  # fmt: skip
        name = mapping_lists.name_of(self.kind, row)
        self._edit(
            partial(self._desk.end_rule, self.kind, draft), say("the_row_of_has_ended", name=name)
        )

    def _save(self, row: Row, code: str, group: str = "", **limits: str) -> None:
        is_grouped = self.kind == "dimensions"
        draft = mapping_lists.draft(row, code, group if is_grouped else "", **limits)
        said = say(
            "is_mapped_to_ctrl_z_takes_it", name_of=mapping_lists.name_of(self.kind, row), code=code
        )
        self._edit(partial(self._desk.save_rule, self.kind, draft), said)

    def _edit(self, change: Callable[[], object], said: str) -> None:
        """Makes an edit off this thread; the next one to do is in sight at once."""
        key = self._next_key()

        def done(_: object) -> None:
            self.say(said)
            announce(self, said)
            self.edited.emit(said)
            self.list.reload()
            self._read_timer.start()

        self.details.accept_button.refuse(say("being_written"))
        self._bridge.call_later(self, change, done, self._failed)
        if key is not None:
            self.list.select_key(key)

    def _failed(self, error: BaseException) -> None:
        self._read_timer.start()
        self.show_fault(error)

    # -- looking further ---------------------------------------------------------------------

    def test_account(self) -> None:
        """Opens the question what an account becomes, with the current one filled in."""
        dialog = AccountDialog(self.details.row, self)
        dialog.wanted.connect(partial(self._test, dialog))
        dialog.open()

    def _test(
        self, dialog: AccountDialog, chart: str, account: str, company: str, day: date
    ) -> None:
        ask = partial(self._desk.test_mapping, chart, account, company, day)
        self._bridge.call_later(dialog, ask, dialog.show_answer, self.show_fault)

    def _open_invoices(self) -> None:
        row = self.details.row
        if row is not None and self.kind == "vendors":
            self.open_list.emit("invoices", {"supplier": row["key1"]})
        elif row is not None:
            self.open_list.emit("invoices", {"state": "needs_mapping"})
