"""Pages of the first-run wizard that decide: which mappings to accept, and to turn Crossfoot on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from core.desk import Desk
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

_LOOK_MS = 400
_MEDIUM = theme.Weight.Medium
#: What stands in place of figures that are all 0.
_NOTHING = {
    "vendors": "No supplier has been read.",
    "gl": "No account has been read.",
    "dimensions": (
        "None is carried over yet. Map one value of a dimension in Mappings, and all of its values "
        "are carried along."
    ),
}
#: State -> (mapped, suggestions that are sure, other suggestions, not near anything).
Left = dict[str, tuple[int, int, int, int]]


class MappingsPage(WizardPage):
    """What is mapped, what is suggested, what is left for the Mappings tab."""

    step = "Suggested mappings"
    question = "Which is which?"
    sentence = (
        "Look through what is alike and accept it. The rest can wait: an invoice that needs a "
        "mapping is held, never sent wrongly."
    )

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
                ("95 % sure or more", formats.count(sure)),
                ("Less sure", formats.count(alike)),
                ("Nothing near", formats.count(none)),
            ]
            row = QHBoxLayout()
            row.addWidget(Facts(facts, label_width=130), 1)
            verb = f"Accept {formats.count(sure)}…" if sure else "Accept…"
            button = Button(verb, icon="checks")
            button.setProperty("kind", kind)
            button.setProperty("count", sure)
            button.setAccessibleName(f"Accept the sure suggestions of {title}")
            if not sure:
                button.refuse("No suggestion is that sure")
            button.clicked.connect(self._accept)
            self.buttons[kind] = button
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
            card.body.addLayout(row)
        open_ = sum(sure + alike + none for _, sure, alike, none in left.values())
        self.said = f"{formats.count(open_)} left" if open_ else "All mapped"

    def _accept(self) -> None:
        kind = str(self.sender().property("kind"))
        count = int(self.sender().property("count"))
        source = mapping_lists.MappingSource(self.desk.source(kind))
        dialog = AcceptAllDialog(source, self.bridge, kind, count, self)
        dialog.confirmed.connect(partial(self._accept_sure, kind))
        dialog.open()

    def _accept_sure(self, kind: str) -> None:
        from ui.tab_mappings import accept_sure

        self.busy_changed.emit("Accepting")
        self.bridge.call_later(self, partial(accept_sure, self.desk, kind), self._done, self.failed)

    def _done(self, _count: int) -> None:
        self.busy_changed.emit("")
        self.enter()


class LivePage(WizardPage):
    """The last page: from here on Crossfoot may write."""

    step = "Turn on"
    question = "Turn Crossfoot on?"
    sentence = (
        "From then on each run writes its plan: vendors and invoices to AvidXchange, approvals "
        "and payments to Sage X3. You can go back to preview at any time in Connections."
    )
    verb = "Turn on"

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self.box = QuotedBox()
        self.facts = Facts(label_width=150)
        self.box.body.addWidget(self.facts)
        self.body.addWidget(self.box)
        self.body.addWidget(
            safe_line(
                "No invoice is sent twice, and no payment is posted twice. Everything written "
                "stands in a plan and in the audit log."
            )
        )
        self.body.addStretch(1)

    def enter(self) -> None:
        """Says once more what was set."""
        self.bridge.read_later(self, self.desk.settings_form, self._show, self.failed)

    def _show(self, fields: Any) -> None:
        values = {view.key: view.value for view in fields}
        rows = [
            ("Workspace", values.get("workspace.name", "")),
            ("Start date", day_words(values.get("workspace.start_date", ""))),
            ("Currencies", values.get("scope.currencies", "") or "All"),
            ("Every", f"{values.get('workspace.poll_minutes', '')} minutes"),
            ("Mode now", values.get("workspace.mode", "").capitalize()),
        ]
        self.facts.set_rows([row for row in rows if row[1]])

    def test(self) -> None:
        """Writes the mode into the settings; a demo is live already."""
        if self.desk.is_demo:
            self.passed.emit()
            return
        self.busy_changed.emit("Turning on")
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
