"""Several invoices at once: send again, hold, release, exclude; and say which cannot and why.

An invoice is decided here through its open review item only when every document of that item is
selected; otherwise the decision would also hold for documents that are not in sight. What
AvidXchange does not have is also decided without an item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from core.words import area
from ui import formats, problems, theme
from ui.bridge import Bridge, Ticket
from ui.decisions import ACTIONS, RELEASE, Action, question
from ui.dialogs import ConfirmDialog
from ui.list_spec import Query, Row
from ui.widgets import Button, TextLabel

say = area(__name__)

_PAGE = 500
_MOST = 2_000


@dataclass(slots=True)
class Found:
    """What a selection allows: for each `how` the review items, and which invoices they name.

    `direct` are invoices that can be decided so without an item.
    """

    selected: frozenset[str]
    items: dict[str, list[int]] = field(default_factory=dict)
    invoices: dict[str, set[str]] = field(default_factory=dict)
    direct: dict[str, set[str]] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)

    def allow(self, decidable: Mapping[str, Mapping[str, str]]) -> None:
        """Note what is possible without an item; what goes through one goes that way."""
        for how, refusals in decidable.items():
            possible = {number for number, why in refusals.items() if not why}
            self.direct[how] = possible - self.invoices.get(how, set())

    def take(self, row: Row) -> None:
        """Look at one open review item."""
        documents = set(row["documents"])
        here = documents & self.selected
        if here and not row.get("waits"):
            self.asking |= here
        if not documents or documents - self.selected:
            return
        for action in ACTIONS:
            if action.beside and {action.how, action.beside} <= set(row["how"]):
                self.items.setdefault(action.how, []).append(int(row["id"]))
                self.invoices.setdefault(action.how, set()).update(documents)

    def count(self, how: str) -> int:
        """How many invoices can be decided so."""
        return len(self.invoices.get(how, ())) + len(self.direct.get(how, ()))

    def cannot(self) -> tuple[int, int]:
        """How many can be decided in no way here: through their own item, and not at all."""
        able = set().union(*self.invoices.values(), *self.direct.values())
        alone = self.asking - able
        return len(alone), len(self.selected - able - alone)


class BulkDecide(QWidget):
    """The row that takes the place of the filter row while two or more invoices are selected."""

    said = Signal(str)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._numbers: frozenset[str] = frozenset()
        self._found: Found | None = None
        self._asking: Ticket | None = None
        room = theme.sizes()
        self.count = TextLabel("", weight=theme.Weight.DemiBold)
        self.buttons = {one.how: Button(one.word, icon=one.icon) for one in ACTIONS}
        for action in ACTIONS:
            self.buttons[action.how].clicked.connect(partial(self.ask, action))
        self._refuse(say("select_two_invoices_or_more"))
        self.note = TextLabel("", tone="muted", is_wrapped=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, 0, room.margin, 0)
        row.setSpacing(room.unit * 3)
        row.addWidget(self.count)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addWidget(self.note, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def offer(self, count: int, rows: Sequence[Row]) -> None:
        """Another selection; what can be done with it is found out off the GUI thread."""
        self.count.setText(say("selected", count=formats.count(count)))
        self._numbers = frozenset(str(row["number"]) for row in rows)
        self._found = None
        if self._asking is not None:
            self._asking.cancel()
        if count < 2:  # noqa: PLR2004 - one invoice is the pane's matter
            return
        if count > _MOST or len(self._numbers) < count:
            self._refuse(say("at_most_at_once", count=formats.count(_MOST)))
            self.note.setText(say("select_fewer_or_scroll_through_them"))
            return
        self._refuse(say("looking_which_ones_can_be_decided"))
        self.note.setText("")
        numbers = self._numbers
        self._asking = self._bridge.read_later(
            self, lambda: find(self._desk, numbers), self._take, self._fail
        )

    def _refuse(self, why: str) -> None:
        for action in ACTIONS:
            self.buttons[action.how].set_text(action.word)
            self.buttons[action.how].refuse(why)

    def _take(self, found: Found) -> None:
        self._found = found
        self._refuse(say("none_of_them_waits_for_that"))
        for action in ACTIONS:
            count = found.count(action.how)
            if count:
                button = self.buttons[action.how]
                button.set_text(action.counted.format(count=formats.count(count)))
                button.allow()
        self.buttons[RELEASE.how].setVisible(bool(found.count(RELEASE.how)))
        self.note.setText(_why_not(found))

    def ask(self, action: Action, *_: object) -> None:
        """Asks for the reason first; nothing is written before."""
        found = self._found
        if found is None or not found.count(action.how):
            return
        counted = formats.counted(found.count(action.how), "invoice")
        dialog = ConfirmDialog(question(action, counted), self)
        dialog.confirmed.connect(partial(self._decide, action, found))
        dialog.open()

    def _decide(self, action: Action, found: Found, reason: str) -> None:
        for one in ACTIONS:
            if one.how != action.how:
                self.buttons[one.how].refuse(action.busy)
        self.buttons[action.how].set_busy(action.busy)
        self._bridge.call_later(
            self,
            lambda: carry_out(self._desk, found, action.how, reason),
            lambda count: self._done(action, count),
            self._fail,
        )

    def _done(self, action: Action, count: int) -> None:
        self.buttons[action.how].set_busy("")
        self.said.emit(action.done.format(counted=formats.counted(count, "invoice")))
        self.offer(len(self._numbers), [{"number": number} for number in self._numbers])

    def _fail(self, error: BaseException) -> None:
        for button in self.buttons.values():
            button.set_busy("")
        self._refuse(say("select_two_invoices_or_more"))
        problems.show(self, error, say("what_was_not_decided_yet_stays_as"))


def _why_not(found: Found) -> str:
    alone, others = found.cannot()
    said = []
    if alone:
        said.append(say("cannot_here_only_in_needs_review", count=formats.count(alone)))
    if others:
        said.append(say("cannot_no_decision_is_asked_of_you", count=formats.count(others)))
    return " ".join(said)


def find(desk: Any, numbers: frozenset[str]) -> Found:
    """What can be decided about exactly these invoices; reader thread."""
    found, source = Found(numbers), desk.source("review")
    after: Any = None
    while True:
        page = source.page(Query(), after, _PAGE)
        for row in page.rows:
            found.take(row)
        if page.next is None:
            found.allow(desk.decidable(sorted(numbers)))
            return found
        after = page.next


def carry_out(desk: Any, found: Found, how: str, reason: str) -> int:
    """Decide all that was found, through items and without; how many invoices. Task pool."""
    settle_all(desk, found.items.get(how, ()), how, reason)
    direct = sorted(found.direct.get(how, ()))
    done = len(desk.decide(direct, how, reason=reason)["done"]) if direct else 0
    return len(found.invoices.get(how, ())) + done


def settle_all(desk: Any, items: Sequence[int], how: str, reason: str) -> int:
    """Settles items one after the other with one reason; how many. Task pool."""
    for item in items:
        desk.resolve(item, how, reason=reason)
    return len(items)
