"""The fix card of Needs review: the reason first, then what can be done, each as a button.

It writes nothing itself: `settle_wanted` has how, reason and what it is linked to.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import CandidateView, EvidenceView
from core.words import area
from ui import theme
from ui.details_pane import clear
from ui.formats import counted
from ui.review_candidates import CandidateList, evidence_table
from ui.review_words import WAYS, Cause, mapping_of, noun, verb
from ui.widgets import (
    Button,
    Card,
    Field,
    Hairline,
    LineEdit,
    TextLabel,
)

say = area(__name__)

_REASONS = {
    "BNK-01": (
        say("who_was_called_on_which_number_when"),
        say("use_a_number_you_knew_before_it"),
    ),
}
_REASON = (say("why"), say("it_stands_in_the_audit_log"))
_FIELD_WIDTH = 460
_MAP_WORDS = {
    "vendors": say("map_the_supplier"),
    "gl": say("map_the_account"),
    "dimensions": say("map_the_value"),
}


class FixCard(Card):
    """Shows what can be done about a cause. `map_wanted` has kind and keys of the mapping."""

    settle_wanted = Signal(str, str, str)
    map_wanted = Signal(str, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("what_to_do"))
        self.setParent(parent)
        self._cause: Cause | None = None
        self.buttons: dict[str, Button] = {}
        self.map_button: Button | None = None
        self.reason = LineEdit(name=_REASON[0])
        self.reason_field = Field(*_REASON[:1], self.reason, _REASON[1])
        self.target = LineEdit(name=say("what_it_is_linked_to"))
        self.target_field = Field(say("what_it_is_linked_to"), self.target)
        self.candidates = CandidateList()
        self._evidence = QVBoxLayout()
        self._first_row = QHBoxLayout()
        self._rest = TextLabel("", tone="muted", is_wrapped=True)
        self._line = Hairline()
        self._ways = QVBoxLayout()
        self._build()

    def _build(self) -> None:
        room = theme.sizes()
        for field in (self.reason_field, self.target_field):
            field.setMaximumWidth(room.scaled(_FIELD_WIDTH))
        self._ways.setSpacing(room.unit * 2)
        self.body.setSpacing(room.unit * 3)
        self.body.addLayout(self._evidence)
        self.body.addLayout(self._first_row)
        self.body.addWidget(self._line)
        self.body.addWidget(self._rest)
        for widget in (self.candidates, self.target_field, self.reason_field):
            self.body.addWidget(widget)
        self.body.addLayout(self._ways)
        self.reason.textChanged.connect(self._check)
        self.target.textChanged.connect(self._check)
        self.reason.returnPressed.connect(self._press_first)
        self.target.returnPressed.connect(self._press_first)
        self.candidates.chosen.connect(self._take_candidate)

    def show_cause(self, cause: Cause) -> None:
        """Offers what can be done about this one; what was typed for another is gone."""
        is_other = self._cause is None or cause.key != self._cause.key
        self._cause = cause
        for part in (self._evidence, self._first_row, self._ways):
            clear(part)
        self.buttons = {}
        if is_other:
            self.reason.clear()
            self.target.clear()
            self.candidates.forget()
        self._show_mapping(cause)
        has_map = self.map_button is not None
        self._show_ways(cause, is_first=not has_map)
        label, hint = _REASONS.get(cause.code, _REASON)
        self.reason_field.label.setText(label)
        self.reason_field.set_hint(hint)
        self.reason.setAccessibleName(label)
        self.reason_field.setVisible(bool(cause.how))
        self.target_field.setVisible("link" in cause.how and len(cause.items) == 1)
        self.target_field.set_hint(_target_hint(cause))
        self._line.setVisible(has_map and bool(cause.how))
        self.set_title(say("what_to_do") if cause.how or has_map else say("nothing_to_do_here"))
        self._rest.setText(_rest(cause, has_map=has_map))
        self._rest.setVisible(bool(self._rest.text()))
        self._check()

    def show_evidence(self, evidence: Sequence[EvidenceView]) -> None:
        """What both sides say, above the ways."""
        clear(self._evidence)
        if not evidence:
            return
        self._evidence.addWidget(evidence_table(evidence))

    def show_candidates(self, candidates: Sequence[CandidateView]) -> None:
        """What a link may go to; the only one is filled in, the person still decides."""
        can_link = self._cause is not None and "link" in self._cause.how
        self.candidates.show_candidates(candidates if can_link else ())

    def _take_candidate(self, number: str) -> None:
        self.target.setText(number)

    def first(self) -> QWidget | None:
        """Where the keyboard belongs: the mapping, else the reason; None when nothing is asked."""
        if self.map_button is not None:
            return self.map_button
        return self.reason if self.buttons else None

    def set_busy(self, how: str) -> None:
        """A resolution is being carried out; empty: it has ended."""
        for name, button in self.buttons.items():
            if name == how:
                button.set_busy(say("working"))
            elif how:
                button.refuse(say("another_decision_is_being_carried_out"))
        self.reason.setEnabled(not how)
        if not how:
            for button in self.buttons.values():
                button.set_busy("")
            self._check()

    # -- inside ------------------------------------------------------------------------------

    def _show_mapping(self, cause: Cause) -> None:
        self.map_button = None
        found = mapping_of(cause.items[0]) if len(cause.items) == 1 else None
        if found is None:
            return
        words = _MAP_WORDS[found[0]]
        self.map_button = Button(words, kind="primary", icon="link", key="Enter")
        self.map_button.setAutoDefault(True)
        self.map_button.clicked.connect(self._open_mapping)
        self._first_row.addWidget(self.map_button)
        documents = counted(cause.documents, noun(cause))
        verb_of = "goes" if cause.documents == 1 else "go"
        note = say("on_with_the_next_run_once_it", documents=documents, verb_of=verb_of)
        self._first_row.addWidget(TextLabel(note, tone="muted"), 1)

    def _show_ways(self, cause: Cause, *, is_first: bool) -> None:
        for how in cause.how:
            if how == "link" and len(cause.items) > 1:
                continue
            kind = "primary" if is_first and not self.buttons else "plain"
            is_primary = kind == "primary"
            button = Button(
                verb(cause, how),
                kind="primary" if is_primary else "plain",
                icon=WAYS[how].icon,
                key=say("enter") if is_primary else "",
            )
            button.setObjectName(how)
            button.clicked.connect(self._settle)
            self.buttons[how] = button
            row = QHBoxLayout()
            row.setSpacing(theme.sizes().unit * 3)
            row.addWidget(button)
            row.addWidget(TextLabel(WAYS[how].what, tone="muted"), 1)
            self._ways.addLayout(row)

    def _check(self) -> None:
        has_reason = bool(self.reason.text().strip())
        for how, button in self.buttons.items():
            if not has_reason:
                button.refuse(say("type_a_reason_first"))
            elif how == "link" and not self.target.text().strip():
                button.refuse(say("say_what_it_is_linked_to_first"))
            else:
                button.allow(WAYS[how].what)

    def _press_first(self) -> None:
        """Enter in a field is the primary way; with a mapping there is none among these."""
        if self.map_button is None and self.buttons:
            next(iter(self.buttons.values())).click()

    def _settle(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            how = button.objectName()
            to = self.target.text().strip() if how == "link" else ""
            self.settle_wanted.emit(how, self.reason.text().strip(), to)

    def _open_mapping(self) -> None:
        found = mapping_of(self._cause.items[0]) if self._cause is not None else None
        if found is not None:
            self.map_wanted.emit(*found)


def _target_hint(cause: Cause) -> str:
    if noun(cause) == "payment":
        return say("the_number_of_the_payment_in_sage")
    return say("the_id_of_the_invoice_in_avidxchange")


def _rest(cause: Cause, *, has_map: bool) -> str:
    fix = str(cause.items[0]["fix"])
    if has_map:
        return say("or_decide_it_here") if cause.how else ""
    if cause.waits and not cause.how:
        return say("it_goes_on_by_itself_then", fix=fix)
    if cause.waits:
        return say("it_goes_on_by_itself_then_you", fix=fix)
    return fix
