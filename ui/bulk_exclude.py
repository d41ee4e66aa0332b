"""Several invoices at once: exclude those that wait for a person, and say which cannot and why.

An invoice can be excluded here through its open review item, when every document of that item is
selected; otherwise the decision would also hold for documents that are not in sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
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
class Eligible:
    """Review items that may be settled for a selection, and how many invoices they name."""

    items: tuple[int, ...]
    invoices: int
    selected: int

    @property
    def others(self) -> int:
        """How many of the selected cannot be excluded."""
        return self.selected - self.invoices


class BulkExclude(QWidget):
    """The row that takes the place of the filter row while two or more invoices are selected."""

    said = Signal(str)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._numbers: frozenset[str] = frozenset()
        self._found: Eligible | None = None
        self._asking: Ticket | None = None
        room = theme.sizes()
        self.count = TextLabel("", weight=theme.Weight.DemiBold)
        self.exclude = Button(say("exclude"), icon="circle-minus")
        self.exclude.refuse(say("select_two_invoices_or_more"))
        self.exclude.clicked.connect(self.ask)
        self.note = TextLabel("", tone="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, 0, room.margin, 0)
        row.setSpacing(room.unit * 3)
        row.addWidget(self.count)
        row.addWidget(self.exclude)
        row.addWidget(self.note)
        row.addStretch(1)
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
            self.exclude.refuse(say("at_most_at_once", count=formats.count(_MOST)))
            self.note.setText(say("select_fewer_or_scroll_through_them"))
            return
        self.exclude.refuse(say("looking_which_ones_can_be_excluded"))
        self.note.setText("")
        numbers = self._numbers
        self._asking = self._bridge.read_later(
            self, lambda: eligible(self._desk.source("review"), numbers), self._take, self._fail
        )

    def _take(self, found: Eligible) -> None:
        self._found = found
        if found.items:
            self.exclude.set_text(say("exclude_2", count=formats.count(found.invoices)))
            self.exclude.allow()
        else:
            self.exclude.set_text(say("exclude"))
            self.exclude.refuse(say("none_of_them_waits_for_a_person"))
        self.note.setText(self._why_not(found))

    @staticmethod
    def _why_not(found: Eligible) -> str:
        if not found.others:
            return ""
        verb = "waits" if found.others == 1 else "wait"
        count = formats.count(found.others)
        return say("cannot_nothing_of_theirs_for_you_or", count=count, verb=verb)

    def ask(self) -> None:
        """Asks for the reason first; nothing is written before."""
        found = self._found
        if found is None or not found.items:
            return
        counted = formats.counted(found.invoices, "invoice")
        dialog = ConfirmDialog(
            Question(
                title=say("exclude_3", counted=counted),
                sentence=say("they_will_not_be_sent_to_avidxchange"),
                verb=say("exclude_4", counted=counted),
                safe=say("nothing_in_sage_x3_or_avidxchange_is"),
                icon="circle-minus",
                reason_label=say("why_are_they_excluded"),
            ),
            self,
        )
        dialog.confirmed.connect(self._exclude)
        dialog.open()

    def _exclude(self, reason: str) -> None:
        found = self._found
        if found is None:
            return
        self.exclude.set_busy(say("excluding"))
        self._bridge.call_later(
            self,
            lambda: settle_all(self._desk, found.items, "exclude", reason),
            lambda _: self._done(found),
            self._fail,
        )

    def _done(self, found: Eligible) -> None:
        self.exclude.set_busy("")
        self.said.emit(say("excluded", counted=formats.counted(found.invoices, "invoice")))
        self.offer(len(self._numbers), [{"number": number} for number in self._numbers])

    def _fail(self, error: BaseException) -> None:
        self.exclude.set_busy("")
        problems.show(self, error, say("what_was_not_excluded_yet_stays_as"))


def eligible(source: Any, numbers: frozenset[str]) -> Eligible:
    """The open items that can be settled by *exclude* for exactly these invoices; reader thread."""
    items: list[int] = []
    held: set[str] = set()
    after: Any = None
    while True:
        page = source.page(Query(), after, _PAGE)
        for row in page.rows:
            documents = set(row["documents"])
            if documents and "exclude" in row["how"] and documents <= numbers:
                items.append(int(row["id"]))
                held |= documents
        if page.next is None:
            return Eligible(tuple(items), len(held), len(numbers))
        after = page.next


def settle_all(desk: Any, items: Sequence[int], how: str, reason: str) -> int:
    """Settles items one after the other with one reason; how many. Task pool."""
    for item in items:
        desk.resolve(item, how, reason=reason)
    return len(items)
