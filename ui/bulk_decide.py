"""Several invoices at once: send them again, or exclude them; and say which cannot and why.

An invoice is decided here through its open review item, when every document of that item is
selected; otherwise the decision would also hold for documents that are not in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from core.words import area
from ui import formats, problems, theme
from ui.bridge import Bridge, Ticket
from ui.dialogs import ConfirmDialog, Question
from ui.list_spec import Query, Row
from ui.widgets import Button, TextLabel

say = area(__name__)

_PAGE = 500
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done with several: `how` of a review item, and its words.

    Only items that can be settled by `beside` too are decided so: what offers *send again* alone
    is in doubt, or about a level or a document image. `counted` has a `{count}`; `title`, `verb`
    and `done` have a `{counted}`.
    """

    how: str
    icon: str
    word: str
    counted: str
    title: str
    sentence: str
    verb: str
    safe: str
    reason_label: str
    busy: str
    done: str
    beside: str


ACTIONS = (
    Action(
        "send_again",
        "send",
        say("send_again"),
        say("send_again_2"),
        say("send_again_3"),
        say("the_next_run_sends_what_then_stands"),
        say("send_again_4"),
        say("until_then_nothing_is_written"),
        say("why_send_again"),
        say("noting"),
        say("are_sent_with_the_next_run"),
        "exclude",
    ),
    Action(
        "exclude",
        "circle-minus",
        say("exclude"),
        say("exclude_2"),
        say("exclude_3"),
        say("what_is_excluded_is_not_sent"),
        say("exclude_4"),
        say("nothing_in_sage_x3_or_avidxchange_is"),
        say("why_exclude"),
        say("excluding"),
        say("excluded"),
        "exclude",
    ),
)


@dataclass(slots=True)
class Found:
    """What a selection allows: for each `how` the review items, and which invoices they name."""

    selected: frozenset[str]
    items: dict[str, list[int]] = field(default_factory=dict)
    invoices: dict[str, set[str]] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)

    def take(self, row: Row) -> None:
        """Look at one open review item."""
        documents = set(row["documents"])
        here = documents & self.selected
        if here and not row.get("waits"):
            self.asking |= here
        if not documents or documents - self.selected:
            return
        for action in ACTIONS:
            if {action.how, action.beside} <= set(row["how"]):
                self.items.setdefault(action.how, []).append(int(row["id"]))
                self.invoices.setdefault(action.how, set()).update(documents)

    def count(self, how: str) -> int:
        """How many invoices can be decided so."""
        return len(self.invoices.get(how, ()))

    def cannot(self) -> tuple[int, int]:
        """How many can be decided in no way here: through their own item, and not at all."""
        able = set().union(*self.invoices.values())
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
            self, lambda: find(self._desk.source("review"), numbers), self._take, self._fail
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
        self.note.setText(_why_not(found))

    def ask(self, action: Action, *_: object) -> None:
        """Asks for the reason first; nothing is written before."""
        found = self._found
        if found is None or not found.items.get(action.how):
            return
        counted = formats.counted(found.count(action.how), "invoice")
        dialog = ConfirmDialog(
            Question(
                title=action.title.format(counted=counted),
                sentence=action.sentence,
                verb=action.verb.format(counted=counted),
                safe=action.safe,
                icon=action.icon,
                reason_label=action.reason_label,
            ),
            self,
        )
        dialog.confirmed.connect(partial(self._decide, action, found))
        dialog.open()

    def _decide(self, action: Action, found: Found, reason: str) -> None:
        for one in ACTIONS:
            if one.how != action.how:
                self.buttons[one.how].refuse(action.busy)
        self.buttons[action.how].set_busy(action.busy)
        items = found.items[action.how]
        self._bridge.call_later(
            self,
            lambda: settle_all(self._desk, items, action.how, reason),
            lambda _: self._done(action, found),
            self._fail,
        )

    def _done(self, action: Action, found: Found) -> None:
        self.buttons[action.how].set_busy("")
        counted = formats.counted(found.count(action.how), "invoice")
        self.said.emit(action.done.format(counted=counted))
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


def find(source: Any, numbers: frozenset[str]) -> Found:
    """What the open review items allow for exactly these invoices; reader thread."""
    found = Found(numbers)
    after: Any = None
    while True:
        page = source.page(Query(), after, _PAGE)
        for row in page.rows:
            found.take(row)
        if page.next is None:
            return found
        after = page.next


def settle_all(desk: Any, items: Sequence[int], how: str, reason: str) -> int:
    """Settles items one after the other with one reason; how many. Task pool."""
    for item in items:
        desk.resolve(item, how, reason=reason)
    return len(items)
