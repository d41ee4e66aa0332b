"""Pages of the first-run wizard that decide: which mappings to accept, and to turn Crossfoot on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.desk import Desk
from core.words import area
from ui import formats, mapping_lists, theme
from ui.bridge import Bridge
from ui.details_pane import clear
from ui.list_spec import Query
from ui.mapping_dialogs import AcceptAllDialog, sure_members
from ui.mapping_lists import KINDS, TITLES
from ui.widgets import (
    Button,
    Card,
    Facts,
    QuotedBox,
    TextLabel,
)
from ui.wizard_forms import day_words
from ui.wizard_start import WizardPage, safe_line

say = area(__name__)

_LOOK_MS = 400
_MEDIUM = theme.Weight.Medium
#: What stands in place of figures that are all 0.
_NOTHING = {
    "vendors": say("no_supplier_has_been_read"),
    "gl": say("no_account_has_been_read"),
    "dimensions": (say("none_is_carried_over_yet_map_one")),
}
#: State -> (mapped, suggestions that are sure, other suggestions, not near anything).
Left = dict[str, tuple[int, int, int, int]]


class MappingsPage(WizardPage):
    """What is mapped, what is suggested, what is left for the Mappings tab."""

    step = say("suggested_mappings")
    question = say("which_is_which")
    sentence = say("look_through_what_is_alike_and_accept")

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(theme.sizes().unit * 3)
        self.buttons: dict[str, Button] = {}
        self.body.addLayout(self._cards)
        self.body.addStretch(1)

    def enter(self) -> None:
        """Counts what is left."""
        self.bridge.read_later(self, partial(_read_left, self.desk), self._show, self.failed)

    def _show(self, left: Left) -> None:
        clear(self._cards)
        self.buttons = {}
        for kind, title in zip(KINDS, TITLES, strict=True):
            mapped, sure, alike, none = left[kind]
            card = Card(title, formats.counted(mapped, "mapped", "mapped"))
            self._cards.addWidget(card)
            if not any(left[kind]):
                card.body.addWidget(TextLabel(_NOTHING[kind], tone="muted", is_wrapped=True))
                continue
            facts = [
                (say("95_sure_or_more"), formats.count(sure)),
                (say("less_sure"), formats.count(alike)),
                (say("nothing_near"), formats.count(none)),
            ]
            row = QHBoxLayout()
            row.addWidget(Facts(facts, label_width=130), 1)
            verb = say("accept", count=formats.count(sure)) if sure else say("accept_2")
            button = Button(verb, icon="checks")
            button.setProperty("kind", kind)
            button.setProperty("count", sure)
            button.setAccessibleName(say("accept_the_sure_suggestions_of", title=title))
            if not sure:
                button.refuse(say("no_suggestion_is_that_sure"))
            button.clicked.connect(self._accept)
            self.buttons[kind] = button
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
            card.body.addLayout(row)
        open_ = sum(sure + alike + none for _, sure, alike, none in left.values())
        self.said = say("left", count=formats.count(open_)) if open_ else say("all_mapped")

    def _accept(self) -> None:
        kind = str(self.sender().property("kind"))
        count = int(self.sender().property("count"))
        source = mapping_lists.MappingSource(self.desk.source(kind))
        dialog = AcceptAllDialog(source, self.bridge, kind, count, self)
        dialog.confirmed.connect(partial(self._accept_sure, kind))
        dialog.open()

    def _accept_sure(self, kind: str) -> None:
        from ui.tab_mappings import accept_sure

        self.busy_changed.emit(say("accepting"))
        self.bridge.call_later(self, partial(accept_sure, self.desk, kind), self._done, self.failed)

    def _done(self, _count: int) -> None:
        self.busy_changed.emit("")
        self.enter()


class LivePage(WizardPage):
    """The last page: from here on Crossfoot may write."""

    step = say("turn_on")
    question = say("turn_crossfoot_on")
    sentence = say("from_then_on_each_run_writes_its")
    verb = say("turn_on")

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self.box = QuotedBox()
        self.facts = Facts(label_width=150)
        self.box.body.addWidget(self.facts)
        self.body.addWidget(self.box)
        self.body.addWidget(safe_line(say("no_invoice_is_sent_twice_and_no")))
        self.body.addStretch(1)

    def enter(self) -> None:
        """Says once more what was set."""
        self.bridge.read_later(self, self.desk.settings_form, self._show, self.failed)

    def _show(self, fields: Any) -> None:
        values = {view.key: view.value for view in fields}
        rows = [
            (say("workspace"), values.get("workspace.name", "")),
            (say("start_date"), day_words(values.get("workspace.start_date", ""))),
            (say("currencies"), values.get("scope.currencies", "") or say("all")),
            (say("every"), say("minutes", value=values.get("workspace.poll_minutes", ""))),
            (say("mode_now"), values.get("workspace.mode", "").capitalize()),
        ]
        self.facts.set_rows([row for row in rows if row[1]])

    def test(self) -> None:
        """Writes the mode into the settings; a demo is live already."""
        if self.desk.is_demo:
            self.passed.emit()
            return
        self.busy_changed.emit(say("turning_on"))
        save = partial(self.desk.save_settings, {"workspace.mode": "live"})
        self.bridge.call_later(self, save, self._saved, self.failed)

    def _saved(self, _: object) -> None:
        self.busy_changed.emit("")
        self.passed.emit()


def _read_left(desk: Desk) -> Left:
    """What is mapped and what is left, by kind."""
    found: Left = {}
    for kind in KINDS:
        count: Callable[[Query], int] = desk.source(kind).count
        sure = count(Query(members=sure_members()))
        suggested = count(Query(members={"state": "suggested"}))
        none = count(Query(members={"state": "unmapped,conflict"}))
        found[kind] = (count(Query(members={"state": "mapped"})), sure, suggested - sure, none)
    return found
