"""The documents of a review item: the list's table and cells over rows that are already here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.words import area
from ui import theme
from ui.bridge import Bridge
from ui.list_columns import ColumnLayout
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.list_table import ListTable
from ui.models import PagedModel
from ui.widgets import Panel

say = area(__name__)

_MOST_ROWS = 9


def _sentence(row: Row) -> str:
    return ", ".join(str(row[name]) for name in ("number", "theirs", "amount", "what") if row[name])


#: Documents of one item.
DOCUMENTS = ListSpec(
    name="review_documents",
    columns=(
        Column("number", say("x3_no"), "code", is_strong=True),
        Column("theirs", say("suppliers_no"), "code", priority_to_hide=2),
        Column("date", say("date"), "date", priority_to_hide=1),
        Column("due", say("due"), "date", priority_to_hide=3),
        Column("amount", say("amount"), "amount", second="currency"),
        Column("age", say("days"), "count", priority_to_hide=4),
        Column("what", say("what_it_is"), "text", is_elastic=True, is_muted=True),
    ),
    noun=("document", "documents"),
    row_key="key",
    sentence=_sentence,
)

#: Payments of one item.
PAYMENTS = ListSpec(
    name="review_payments",
    columns=(
        Column("number", say("number"), "code", is_strong=True),
        Column("theirs", say("x3_payment"), "code", priority_to_hide=2),
        Column("date", say("issued"), "date", priority_to_hide=1),
        Column("amount", say("amount"), "amount", second="currency"),
        Column("what", say("what_it_is"), "text", is_elastic=True, is_muted=True),
    ),
    noun=("payment", "payments"),
    row_key="key",
    sentence=_sentence,
)
#: Items of one group.
ITEMS = ListSpec(
    name="review_items",
    columns=(
        Column("number", say("about"), "code", is_strong=True),
        Column("amount", say("amount"), "amount", second="currency"),
        Column("age", say("days"), "count", priority_to_hide=1),
        Column("what", say("what_it_is"), "text", is_elastic=True, is_muted=True),
    ),
    noun=("cause", "causes"),
    row_key="key",
    sentence=_sentence,
)


class _Held:
    """Rows in memory as a source."""

    def __init__(self) -> None:
        self.rows: tuple[Row, ...] = ()

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:  # noqa: ARG002 - one order
        """The rows behind a position."""
        start = int(after or 0)
        end = start + limit
        return PageOf(self.rows[start:end], end if end < len(self.rows) else None)

    def count(self, wanted: Query) -> int:  # noqa: ARG002 - nothing restricts
        """All of them."""
        return len(self.rows)

    def totals(self, wanted: Query) -> dict[str, str]:  # noqa: ARG002 - the item has the sum
        """None: the item itself says the sum."""
        return {}


class DocumentsPanel(Panel):
    """A panel of documents; `opened` names the one opened by Enter or a double click."""

    opened = Signal(str)

    def __init__(self, bridge: Bridge, spec: ListSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec.noun[1].capitalize())
        self.setParent(parent)
        self._held = _Held()
        self.model = PagedModel(spec, self._held, bridge, self)
        self.table = ListTable(self.model)
        self.table.setAccessibleName(spec.noun[1].capitalize())
        self._columns = ColumnLayout(spec, self.table.header, self.table.cells, None, self)
        self.table.room_changed.connect(self._columns.fit)
        self.table.sight_changed.connect(self.model.need)
        self.table.activated.connect(self._open)
        self.model.replaced.connect(self._measure)
        self.set_content(self.table)

    def show_rows(self, title: str, fact: str, rows: Sequence[Row]) -> None:
        """Shows these documents."""
        self.title.setText(title)
        self.fact.setText(fact)
        self.setAccessibleName(title)
        if self._held.rows == tuple(rows) and self.model.has_read:
            return
        self._held.rows = tuple(rows)
        room = theme.sizes()
        shown = min(max(len(rows), 1), _MOST_ROWS)
        self.table.setFixedHeight(room.control + shown * room.row + 2)
        self.model.ask(Query())

    def _measure(self, _is_new: bool) -> None:  # noqa: FBT001 - a signal's argument
        self._columns.forget()
        self._columns.measure(self._held.rows[:200])
        self._columns.fit(self.table.viewport().width())

    def _open(self) -> None:
        row = self.table.current_row()
        if row is not None and row["open"]:
            self.opened.emit(str(row["open"]))
