"""The pane of one mapping: who it is, what speaks for a candidate, what is mapped, what waits.

It shows and asks; reading and writing is the tab's. Nothing here writes to another system, and the
pane says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import MappingView, RuleView, Suggestion
from core.words import area
from ui import formats, mapping_lists, painting, theme
from ui.details_pane import DetailsPane, clear
from ui.list_spec import Row
from ui.painting import PillLook
from ui.widgets import (
    Button,
    ChoiceCard,
    Evidence,
    EvidenceRow,
    Facts,
    Hairline,
    TextLabel,
    Timeline,
    TimelineEntry,
)

say = area(__name__)

_DEMI = theme.Weight.DemiBold
_OTHERS = 3  # further candidates that are shown
_SHOWN = 5  # invoices that are shown by number
_CARD_ROOM = 150  # of the narrow pane, for code and name of a candidate
_HELD = 5  # older versions that are shown
_SAFE = say("only_this_computers_mapping_changes")
_NEXT_KEY = QKeySequence("Ctrl+Down").toString(QKeySequence.SequenceFormat.NativeText)


class MappingPane(DetailsPane):
    """What is known of the current row.

    `chosen` is the candidate that *Accept* takes, `rule` the stored row that holds today.
    """

    accept_wanted = Signal()
    next_wanted = Signal()
    search_wanted = Signal()
    create_wanted = Signal()
    exclude_wanted = Signal()
    end_wanted = Signal()
    test_wanted = Signal()
    invoice_wanted = Signal(str)
    invoices_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("mapping"), parent)
        self.title.setWordWrap(True)
        self.who.set_tone("muted")
        self.kind = "vendors"
        self.row: Row | None = None
        self.chosen: Suggestion | None = None
        self.rule: RuleView | None = None
        self._candidates: list[Suggestion] = []
        self._group = QButtonGroup(self)
        self.accept_button = Button(say("accept"), kind="primary", key="Enter")
        self.next_button = Button(say("next"), key=_NEXT_KEY.replace("Down", "↓"))
        self.search_button = Button(say("search"), icon="search")
        self.accept_button.clicked.connect(self.accept_wanted)
        self.next_button.clicked.connect(self.next_wanted)
        self.search_button.clicked.connect(self.search_wanted)
        self.next_button.setAccessibleName(say("next_that_is_not_mapped"))
        self.next_button.setToolTip(say("the_next_one_that_is_not_mapped"))
        self.set_buttons((self.accept_button, self.next_button, self.search_button))
        self.headline = TextLabel("", weight=_DEMI, is_wrapped=True)
        self._proof = _column()
        self._choices = _column()
        self._links = _column()
        self._more = _column()
        self._foot = TextLabel("", tone="muted", ratio=0.92, is_wrapped=True)
        self.body.addWidget(self.headline)
        for part in (self._proof, self._choices, self._links, self._more):
            self.body.addLayout(part)
        self.body.addStretch(1)
        self.body.addWidget(self._foot)
        self.show_row("vendors", None)

    # -- what is shown -----------------------------------------------------------------------

    def show_row(self, kind: str, row: Row | None) -> None:
        """Show a row of a list at once; what must be read for it comes by `show_details`."""
        is_same = self.row is not None and row is not None and row["key"] == self.row["key"]
        is_same = is_same and kind == self.kind
        self.kind, self.row = kind, row
        if row is None:
            self._show_nothing()
            return
        look = mapping_lists.STATES[str(row["state"])]
        is_filled = None if row["state"] != "suggested" else True
        self.show_head(
            PillLook(look.icon, look.text, look.kind, is_filled), _title(kind, row), _who(kind, row)
        )
        self._show_buttons(row)
        if not is_same:
            self.chosen, self.rule, self._candidates = None, None, []
            for part in (self._proof, self._choices, self._links, self._more):
                clear(part)
            self.headline.setText(_headline(kind, row, None))
            self.scroll_up()
        self._foot.setText(_foot(row))

    def show_details(self, view: MappingView, candidates: Sequence[Suggestion]) -> None:
        """Show what was read of the row in sight."""
        row = self.row = mapping_lists.readable(view.row)
        standing = [rule for rule in view.rules if not rule.ended]
        same = [rule for rule in standing if rule.code == row["code"]]
        self.rule = next(iter([*same, *standing]), None)
        self._candidates = list(candidates)
        is_open = mapping_lists.is_to_do(row)
        self._choose(self._candidates[0] if is_open and self._candidates else None)
        clear(self._more)
        self._show_invoices(view)
        self._show_history(view.rules)

    def _show_nothing(self) -> None:
        self.show_head(PillLook("circle-dashed", say("nothing_chosen"), "wait"), "", "")
        for part in (self._proof, self._choices, self._links, self._more):
            clear(part)
        self.headline.setText(say("choose_a_row_to_see_what_speaks"))
        self._foot.setText(_SAFE)
        self.accept_button.hide()
        self.search_button.hide()

    def _show_buttons(self, row: Row) -> None:
        is_open = mapping_lists.is_to_do(row)
        self.accept_button.setVisible(row["state"] in ("suggested", "conflict", "unmapped"))
        self.accept_button.refuse(say("there_is_no_candidate_search_for_one"))
        self.search_button.setVisible(True)
        self.search_button.set_text(say("search") if is_open else say("change"))

    def _choose(self, candidate: Suggestion | None) -> None:
        """Take this candidate for the one to accept; the others stand below."""
        self.chosen = candidate
        row = self.row
        if row is None:
            return
        self.headline.setText(_headline(self.kind, row, candidate))
        clear(self._proof)
        if candidate is not None:
            self._proof.addWidget(Evidence(_rows(candidate)))
            self.accept_button.allow(
                say("maps_to_this_one", name_of=mapping_lists.name_of(self.kind, row))
            )
        elif row["state"] not in ("unmapped", "suggested"):
            self._proof.addWidget(Facts(_facts(row), label_width=80))
        self._show_others()
        self._show_links(row)

    def _show_others(self) -> None:
        clear(self._choices)
        for button in self._group.buttons():
            self._group.removeButton(button)
        others = [c for c in self._candidates if c is not self.chosen][:_OTHERS]
        if self.chosen is None or not others:
            return
        self._choices.addWidget(Hairline(tone="hair"))
        self._choices.addWidget(TextLabel(say("or_one_of_these"), weight=_DEMI))
        for candidate in others:
            name = painting.elided(candidate.name, theme.font(), _name_room(candidate.code))
            card = ChoiceCard(candidate.code, name, _why(candidate), float(candidate.score))
            card.setToolTip(candidate.name if name != candidate.name else "")
            card.setProperty("code", candidate.code)
            card.chosen.connect(self._take_other)
            self._group.addButton(card.radio)
            self._choices.addWidget(card)

    def _take_other(self) -> None:
        code = self.sender().property("code")
        for candidate in self._candidates:
            if candidate.code == code:
                self._choose(candidate)
                self.accept_button.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def _show_links(self, row: Row) -> None:
        clear(self._links)
        made: list[Button] = []
        if self.kind == "vendors" and row["state"] in ("unmapped", "suggested"):
            made.append(_link(say("create_vendor"), "plus", self.create_wanted))
        if self.kind == "vendors" and row["state"] != "excluded":
            made.append(_link(say("exclude"), "circle-minus", self.exclude_wanted))
        if self.rule is not None:
            word = say("take_in_again") if row["state"] == "excluded" else say("end_this_mapping")
            icon = "check" if row["state"] == "excluded" else "trash"
            made.append(_link(word, icon, self.end_wanted))
        if self.kind == "gl":
            made.append(_link(say("test_this_account"), "eye-check", self.test_wanted))
        self._links.addWidget(Hairline(tone="hair"))
        for pair in (made[:2], made[2:]):
            line = QHBoxLayout()
            line.setSpacing(theme.sizes().unit * 2)
            for button in pair:
                line.addWidget(button)
            line.addStretch(1)
            self._links.addLayout(line)

    def _show_invoices(self, view: MappingView) -> None:
        if not view.invoices:
            return
        self._more.addWidget(Hairline(tone="hair"))
        self._more.addWidget(TextLabel(say("open_invoices"), weight=_DEMI))
        for row in view.invoices[:_SHOWN]:
            line = QHBoxLayout()
            button = Button(str(row["number"]), kind="link")
            button.setProperty("number", row["number"])
            button.clicked.connect(self._open_invoice)
            line.addWidget(button)
            line.addWidget(TextLabel(formats.day(_day(row["due_date"])), tone="muted"))
            line.addStretch(1)
            line.addWidget(TextLabel(_amount(row)))
            self._more.addLayout(line)
        if len(view.invoices) > _SHOWN:
            button = Button(
                say("all", counted=formats.counted(len(view.invoices), "invoice")), kind="link"
            )
            button.clicked.connect(self.invoices_wanted)
            self._more.addWidget(button)

    def _open_invoice(self) -> None:
        self.invoice_wanted.emit(str(self.sender().property("number")))

    def _show_history(self, rules: Sequence[RuleView]) -> None:
        if not rules:
            return
        self._more.addWidget(Hairline(tone="hair"))
        self._more.addWidget(TextLabel(say("history"), weight=_DEMI))
        entries = [entry for rule in rules[:_HELD] for entry in _entries(rule)]
        self._more.addWidget(Timeline(entries))


def _name_room(code: str) -> float:
    """What the narrow pane leaves for a name beside code, bar and margins of a card."""
    wide = theme.font(1.0, theme.Weight.DemiBold)
    return theme.sizes().scaled(_CARD_ROOM) - painting.text_width(code, wide)


def _column() -> QVBoxLayout:
    made = QVBoxLayout()
    made.setSpacing(theme.sizes().unit * 2)
    return made


def _link(word: str, icon: str, signal: object) -> Button:
    button = Button(word, kind="link", icon=icon)
    button.clicked.connect(signal)
    return button


def _title(kind: str, row: Row) -> str:
    return str(row["name"]) or mapping_lists.name_of(kind, row)


def _who(kind: str, row: Row) -> str:
    parts = [mapping_lists.name_of(kind, row)] if row["name"] else []  # else it is the title
    count = int(row["open"])
    held = mapping_lists.money(row)
    if count and held and not mapping_lists.is_to_do(row):
        # It is mapped: what waits does so for another reason, as an account.
        parts.append(say("waiting", counted=formats.counted(count, say("open_invoice")), held=held))
    elif count and held:
        verb = "waits" if count == 1 else "wait"
        parts.append(say("for_it", counted=formats.counted(count, "invoice"), held=held, verb=verb))
    elif count:
        parts.append(formats.counted(count, say("open_invoice")))
    return " · ".join(parts)


def _headline(kind: str, row: Row, candidate: Suggestion | None) -> str:
    state, code = row["state"], row["code"]
    if state in ("conflict", "planned"):
        return str(row["evidence"])
    if candidate is not None:
        return say("sure_it_is", percent=formats.percent(candidate.score), code=candidate.code)
    noun = mapping_lists.WORDS[kind].code
    return {
        "unmapped": say("no_is_near_search_for_one", noun=noun)
        + (say("create_it_or_exclude_the_supplier") if kind == "vendors" else "."),
        "suggested": say(
            "sure_it_is", percent=formats.percent(float(row["score"] or 0)), code=code
        ),
        "inactive": say("documents_wait_until_that_changes", evidence=row["evidence"]),
        "excluded": say("not_carried_to_avidxchange"),
    }.get(str(state), say("mapped_to", code=code))


def _rows(candidate: Suggestion) -> list[EvidenceRow]:
    return [
        EvidenceRow(entry.name, entry.x3 or formats.NONE, entry.avidxchange or formats.NONE,
                    entry.verdict)
        for entry in candidate.evidence
        if entry.x3 or entry.avidxchange
    ]  # fmt: skip


def _why(candidate: Suggestion) -> str:
    """The few words under another candidate."""
    said = [f"{e.name.lower()} {e.verdict}" for e in candidate.evidence if e.verdict]
    if not candidate.is_active:
        said.insert(0, "inactive")
    return " · ".join(said[:3])


def _facts(row: Row) -> list[tuple[str, str]]:
    span = [formats.day(_day(row[name])) for name in ("valid_from", "valid_to")]
    found = [
        (say("code"), str(row["code"])),
        (say("group"), str(row["code_group"])),
        (say("name"), str(row["code_name"])),
        (say("company"), str(row["company"])),
        (say("valid"), " to ".join(span) if row["valid_from"] or row["valid_to"] else ""),
        (say("by"), str(row["by"])),
        (say("since"), formats.moment(datetime.fromisoformat(row["at"])) if row["at"] else ""),
        (say("note"), str(row["note"])),
    ]
    return [(name, value) for name, value in found if value and value != "-"]


def _entries(rule: RuleView) -> list[TimelineEntry]:
    """What happened to one stored row, newest first."""
    made = []
    detail = ", ".join(part for part in (rule.company, rule.note) if part)
    if rule.ended:
        made.append(_entry(say("ended"), say("was", code=rule.code), rule.ended))
    word = say("excluded") if rule.code == "-" else say("mapped_to", code=rule.code)
    made.append(_entry(word, say("by_2", by=rule.by) + (f" · {detail}" if detail else ""), rule.at))
    return made


def _entry(title: str, detail: str, at: str) -> TimelineEntry:
    when = formats.short_moment(datetime.fromisoformat(at), datetime.now(UTC)) if at else ""
    return TimelineEntry("link", title, when, detail)


def _foot(row: Row) -> str:
    start = say("valid_from", day=formats.day(_day(row["valid_from"]))) if row["valid_from"] else ""
    return start + _SAFE


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None


def _amount(row: Row) -> str:
    return formats.money(Decimal(str(row["amount"])), str(row["currency"]))
