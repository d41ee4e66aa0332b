"""The lists of a statement: its causes, the documents of one, and what changed since the last.

Rows are a statement's, which is kept whole: they are found and sorted here, on the reader thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QMenu, QStackedWidget

from core.desk_reconcile_views import CAUSE_TITLES
from core.words import area
from ui import list_text, theme
from ui.bridge import Bridge
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.list_view import ListView
from ui.painting import PillLook
from ui.tab_reconcile_words import STEP_WORDS, STEPS, UNEXPLAINED
from ui.widgets import Panel, Segment, TextLabel

say = area(__name__)

_MEASURED = 200  # rows whose cells say how wide a column is
_MOST_ROWS, _FEW_ROWS = 9, 5
_LOW = 760  # a page that is less high shows fewer causes at once
_ICONS = {
    "not_sent_yet": "circle-dashed",
    "in_transit": "send",
    "in_approval": "hourglass",
    "not_posted_in_x3": "receipt",
    "rejected": "circle-x",
    "changed_after_sending": "file-diff",
    "recoded": "equal-not",
    "rounding": "tilde",
    "currency": "replace",
    "paid_not_posted": "credit-card",
    "issued_not_cleared": "building-bank",
    "posted_by_hand": "hand-stop",
    "void_not_reversed": "ban",
    "returned": "arrow-back-up",
    "not_ours": "circle-minus",
    UNEXPLAINED: "zoom-question",
}
#: Cause -> its icon and words.
CAUSES = {name: PillLook(_ICONS[name], title, "wait") for name, title in CAUSE_TITLES.items()}
_STATES = {
    "explained": PillLook("check", say("explained"), "wait"),
    UNEXPLAINED: PillLook("alert-triangle", say("unexplained"), "warn"),
}
#: Column titles of what stands in the first and in the second balance of a step.
_SIDES = ((say("in_x3"), say("in_avidxchange")), (say("in_avidxchange"), say("in_payments")))


def _cause_sentence(row: Row) -> str:
    state = _STATES[str(row["state"])].text
    return say(
        "documents",
        title=row["title"],
        documents=row["documents"],
        amount=row["amount"],
        currency=row["currency"],
        state=state,
    )


def _document_sentence(row: Row) -> str:
    return f"{row['document']}, {row['supplier']}, {row['amount']} {row['currency']}, {row['why']}"


def _change_sentence(row: Row) -> str:
    return say("before_now", document=row["document"], before=row["before"], now=row["now"])


def _cause_spec(at: int) -> ListSpec:
    first, second = _SIDES[at]
    return ListSpec(
        name=f"causes_{at + 1}",
        columns=(
            Column("cause", say("cause"), "icon_text", looks=CAUSES, sort_name="title"),
            Column("company", say("company"), "code", sort_name="company"),
            Column("documents", say("documents_2"), "count", sort_name="documents"),
            Column("first", first, "amount", second="currency", sort_name="first",
                   priority_to_hide=3),
            Column("second", second, "amount", second="currency", sort_name="second",
                   priority_to_hide=2),
            Column("amount", say("difference"), "amount", second="currency", sort_name="amount"),
            Column("state", say("state"), "state", looks=_STATES, sort_name="state",
                   priority_to_hide=1),
            Column("note", say("note"), "text", is_elastic=True, is_muted=True),
        ),
        noun=("cause", "causes"),
        row_key="key",
        sentence=_cause_sentence,
    )  # fmt: skip


def document_spec(at: int) -> ListSpec:
    """The documents of a cause of the step of this number."""
    first, second = _SIDES[at]
    return ListSpec(
        name=f"reconciled_{at + 1}",
        columns=(
            Column("document", say("document"), "code", is_strong=True, sort_name="document"),
            Column("supplier", say("supplier"), "text", is_elastic=True, sort_name="supplier",
                   priority_to_hide=6),
            Column("due", say("due"), "date", sort_name="due", priority_to_hide=5),
            Column("first", first, "amount", second="currency", sort_name="first",
                   priority_to_hide=3),
            Column("second", second, "amount", second="currency", sort_name="second",
                   priority_to_hide=2),
            Column("amount", say("difference"), "amount", second="currency", sort_name="amount"),
            Column("payment", say("payment"), "code", sort_name="payment", priority_to_hide=4),
            Column("why", say("why"), "text", is_elastic=True, is_muted=True),
            Column("note", say("note"), "text", is_elastic=True, is_muted=True, priority_to_hide=1),
        ),
        noun=("document", "documents"),
        row_key="key",
        sentence=_document_sentence,
        sum_of="amount",
    )  # fmt: skip


#: Documents that stand otherwise than in the statement before.
CHANGES = ListSpec(
    name="reconciled_changes",
    columns=(
        Column("document", say("document"), "code", is_strong=True, sort_name="document"),
        Column("company", say("company"), "code", sort_name="company", priority_to_hide=1),
        Column("before", say("before"), "text", is_elastic=True, is_muted=True, sort_name="before"),
        Column("before_amount", say("difference_then"), "amount", second="currency",
               sort_name="before_amount"),
        Column("now", say("now"), "text", is_elastic=True, sort_name="now"),
        Column("now_amount", say("difference_now"), "amount", second="currency",
               sort_name="now_amount"),
    ),
    noun=("document", "documents"),
    row_key="key",
    sentence=_change_sentence,
)  # fmt: skip


class Held:
    """Rows of a statement as the source of a list; any thread."""

    def __init__(self, spec: ListSpec) -> None:
        self._spec = spec
        self._rows: tuple[Row, ...] = ()
        self._last: tuple[tuple[Row, ...], Query, list[Row]] = ((), Query(), [])

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them, in the statement's order."""
        return self._rows

    def put(self, rows: Sequence[Row]) -> None:
        """Other rows; the list has to be read again."""
        self._rows = tuple(rows)

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        """As `Source.page`."""
        rows = self._asked(wanted)
        start = int(after or 0)
        end = start + limit
        return PageOf(tuple(rows[start:end]), end if end < len(rows) else None)

    def count(self, wanted: Query) -> int:
        """As `Source.count`."""
        return len(self._asked(wanted))

    def totals(self, wanted: Query) -> dict[str, str]:
        """Sums of what is found, where the list has one amount to add up."""
        if not self._spec.sum_of:
            return {}
        return list_text.sum_of(self._asked(wanted), self._spec.column(self._spec.sum_of))

    def _asked(self, wanted: Query) -> list[Row]:
        rows, query, found = self._last
        if rows is self._rows and query == wanted:
            return found
        rows = self._rows
        words = wanted.text.casefold().split()
        found = [row for row in rows if all(word in _text(row) for word in words)]
        if wanted.order:
            kind = next(c.kind for c in self._spec.columns if c.sort_name == wanted.order)
            is_figure = kind in {"amount", "count"}
            found.sort(
                key=lambda row: _order(row[wanted.order], is_figure=is_figure),
                reverse=wanted.descending,
            )
        self._last = (rows, wanted, found)
        return found


def _text(row: Row) -> str:
    return " ".join(str(value) for name, value in row.items() if name != "key").casefold()


def _order(value: Any, *, is_figure: bool) -> Any:
    return Decimal(value or 0) if is_figure else str(value).casefold()


class HeldList(ListView):
    """A list over rows at hand; it starts with the first ones that are put."""

    def __init__(self, spec: ListSpec, bridge: Bridge) -> None:
        self.held = Held(spec)
        self._has_begun = False
        super().__init__(spec, self.held, bridge, QSettings())
        self.filter_row.export_button.hide()
        self._show_find(is_wanted=False)
        self.model.replaced.connect(self._measure)

    def put(self, rows: Sequence[Row], *, finds_from: int = 0) -> None:
        """Show other rows; from so many on there is a find box, for 0 never."""
        self.held.put(rows)
        self._show_find(is_wanted=bool(finds_from) and len(rows) >= finds_from)
        if self._has_begun:
            self.reload()
        else:
            self._has_begun = True
            self.start()

    def _measure(self, _is_new: bool) -> None:  # noqa: FBT001 - a signal's argument
        """Rows of another cause need other widths."""
        self.columns.measure(self.held.rows[:_MEASURED])

    def _show_find(self, *, is_wanted: bool) -> None:
        head = self.filter_row.parentWidget()
        if isinstance(head, QStackedWidget):
            head.setVisible(is_wanted)


class CausesPanel(Panel):
    """The causes of one step at a time. `chosen` has the key of the current one, empty for none."""

    chosen = Signal(str)
    step_chosen = Signal(str)
    export_wanted = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(say("difference_by_cause"))
        room = theme.sizes()
        self.segment = Segment(say("which_step"), STEP_WORDS)
        self.lists = tuple(HeldList(_cause_spec(at), bridge) for at in range(len(STEPS)))
        self._agree = TextLabel(say("there_is_no_difference"), tone="muted")
        self._agree.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        self._stack = QStackedWidget()
        for part in (*self.lists, self._agree):
            self._stack.addWidget(part)
        self.head.insertWidget(1, self.segment)
        self.set_content(self._stack)
        self._height = 0
        self.segment.currentChanged.connect(self._choose_step)
        for view in self.lists:
            view.current_changed.connect(partial(self._choose, view))
            view.model.replaced.connect(partial(self._choose_again, view))
            view.export_wanted.connect(self._wish_export)

    @property
    def step(self) -> str:
        """The step in sight."""
        return STEPS[max(0, self.segment.currentIndex())]

    @property
    def list(self) -> HeldList:
        """The list of the step in sight."""
        return self.lists[max(0, self.segment.currentIndex())]

    def show_rows(self, rows: Sequence[Row], fact: str, *, has_companies: bool) -> None:
        """The causes of the step in sight, with the sum of their differences."""
        self.set_fact(fact)
        view = self.list
        if view.columns.is_wanted("company") != has_companies:
            view.columns.show("company", is_wanted=has_companies)
        view.put(rows)
        self._stack.setCurrentWidget(view if rows else self._agree)
        self._fit()

    def set_fact(self, fact: str) -> None:
        """The sum at the right of the title."""
        self.fact.setText(fact)

    def fit_height(self, height: int) -> None:
        """Show as many causes at once as suit a page of this height."""
        self._height = height
        self._fit()

    def _fit(self) -> None:
        room = theme.sizes()
        count = len(self.list.held.rows)
        most = _FEW_ROWS if self._height < room.scaled(_LOW) else _MOST_ROWS
        rows = min(count, most)
        height = room.control + rows * room.row + 2 if rows else self._agree.sizeHint().height()
        self._stack.setFixedHeight(height)

    def _choose_step(self, _at: int) -> None:
        self.step_chosen.emit(self.step)

    def _choose(self, view: HeldList, row: Row | None) -> None:
        if view is self.list and row is not None:
            self.chosen.emit(str(row["key"]))

    def _choose_again(self, view: HeldList, _is_new: bool) -> None:  # noqa: FBT001 - a signal's
        """Other rows: one of them is the current one, and its documents are shown."""
        if view.current_row() is None and view.model.rowCount():
            view.table.go_to(0)
        self._choose(view, view.current_row())

    def _wish_export(self, *_: object) -> None:
        self.export_wanted.emit()


def add_ways(menu: QMenu, row: Row) -> dict[str, Any]:
    """Offer in a menu what a document leads to; name -> action."""
    ways: dict[str, Any] = {}
    menu.addSeparator()
    if row["open"]:
        ways["invoice"] = menu.addAction(say("open_the_invoice_enter"))
    if row.get("payment"):
        ways["payment"] = menu.addAction(say("open_the_payment"))
    ways["note"] = menu.addAction(say("note_on_this_document"))
    return ways
