"""What a list is told about itself: its columns, its find fields and where its rows come from.

Declarations only; nothing here asks Qt or the store. The tabs make one `ListSpec` each and the
facade offers one `Source` for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from ui.find_syntax import Field
from ui.painting import PillLook

Row = Mapping[str, Any]
Kind = Literal[
    "state", "text", "code", "amount", "date", "instant", "count", "confidence", "change",
    "icon_text",
]  # fmt: skip

#: Kinds that stand at the right edge of their column.
FIGURES: frozenset[str] = frozenset({"amount", "count"})
#: Kinds that are never shown shortened, however narrow their column is.
NEVER_ELIDED: frozenset[str] = frozenset(
    {"amount", "count", "date", "instant", "code", "confidence"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `name` is the member of the row it shows.

    `second` is a further member: the currency of an amount, what came after in a change. Columns
    with a `priority_to_hide` above zero go, 1 first, when the list is too narrow for all.
    """

    name: str
    title: str
    kind: Kind
    is_elastic: bool = False
    least_characters: int = 0
    priority_to_hide: int = 0
    sort_name: str | None = None
    hidden_at_first: bool = False
    is_strong: bool = False
    is_muted: bool = False
    second: str = ""
    looks: Mapping[str, PillLook] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """What a list asks its source for.

    A member's value may hold several conditions: `held,rejected` are alternatives;
    `>100 <=500` (operators `> >= < <=`, amounts with a decimal point, dates in ISO) all apply.
    """

    text: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    order: str = ""
    descending: bool = False

    @property
    def is_restricted(self) -> bool:
        """Whether it asks for less than everything."""
        return bool(self.text or self.members)

    def turned(self) -> Query:
        """The same rows in the opposite order."""
        return replace(self, descending=not self.descending)

    def unrestricted(self) -> Query:
        """Every row of the list."""
        return Query(order=self.order, descending=self.descending)


@dataclass(frozen=True, slots=True)
class PageOf:
    """Rows in the order asked for and the key to go on with; None after the last page."""

    rows: tuple[Row, ...]
    next: Any = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a query: what it matches, what the list has at all, and sums per currency.

    None: not counted yet.
    """

    matched: int | None = None
    everything: int | None = None
    totals: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Rows of one list, read on the reader thread only; errors are raised, never hidden."""

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        """At most `limit` rows behind the key `after`; None begins at the first."""
        ...

    def count(self, wanted: Query) -> int:
        """How many rows the query matches."""
        ...

    def totals(self, wanted: Query) -> dict[str, str]:
        """Currency -> sum of what the query matches; empty when the list has no amounts."""
        ...


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One list: what it shows, what it may be asked and how a row is read aloud.

    `name` is the key its columns are kept under; `sum_of` the amount column that a selection adds
    up, with its currency in that column's `second`.
    """

    name: str
    columns: tuple[Column, ...]
    noun: tuple[str, str]
    row_key: str
    sentence: Callable[[Row], str]
    fields: Mapping[str, Field] = field(default_factory=dict)
    order: str = ""
    descending: bool = False
    sum_of: str = ""

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises:
            KeyError: the list has none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def counted(self, number: int, shown: str) -> str:
        """`1 invoice`, `12 invoices`; `shown` is the number as people read it."""
        return f"{shown} {self.noun[0] if number == 1 else self.noun[1]}"
