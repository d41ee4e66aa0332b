"""The lists of the window as sources of pages; the same shape as the window's own declarations.

A source is called on a reading thread. What it raises is shown to the person. Rows are members by
name; amounts are texts with the currency's decimals, None where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.exports import Cell, write_table
from core.store.listing import Listing, Wanted

Row = Mapping[str, Any]
NAMES = ("invoices", "payments", "review", "runs", "audit", "vendors", "gl", "dimensions")
ACTIONS = "actions:"
_LOT = 1000
#: Members that are written as numbers.
_FIGURES = frozenset(("amount", "open_x3", "open_avidxchange", "waiting"))


@dataclass(frozen=True, slots=True)
class Query:
    """What a list is asked for.

    A member's value may hold several conditions: `held,rejected` are alternatives;
    `>100 <=500` (operators `> >= < <=`, amounts with a decimal point, dates in ISO) all apply.
    """

    text: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    order: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PageOf:
    """Rows in the order asked for and the key to go on with; None after the last page."""

    rows: tuple[Row, ...]
    next: Any = None


class ListSource:
    """One list. Each call is one query on the calling thread's connection, at any depth."""

    def __init__(self, listing: Callable[[], Listing]) -> None:
        self._listing = listing

    def page(self, wanted: Any, after: Any, limit: int) -> PageOf:
        """At most `limit` rows behind the key `after`; None begins at the first.

        Raises:
            ValueError: the list cannot be sorted by that or has no such member; says which.
        """
        rows, following = self._listing().page(_wanted(wanted), after, limit)
        return PageOf(tuple(rows), following)

    def count(self, wanted: Any) -> int:
        """How many rows the query matches; reads an index or the rows once."""
        return self._listing().count(_wanted(wanted))

    def totals(self, wanted: Any) -> dict[str, str]:
        """Currency -> sum of what the query matches; empty when the list has no amounts."""
        return self._listing().totals(_wanted(wanted))

    def rows(self, wanted: Any) -> Iterator[Row]:
        """Every row in the order asked for, read page by page."""
        after = None
        while True:
            page = self.page(wanted, after, _LOT)
            yield from page.rows
            if page.next is None:
                return
            after = page.next


def _wanted(query: Any) -> Wanted:
    """The store's form of a query of either the window or this module."""
    return Wanted(query.text, dict(query.members), query.order, query.descending)


def export(
    source: ListSource, wanted: Query, columns: Sequence[tuple[str, str]], path: Path
) -> int:
    """Write what a list shows; how many rows. `columns` are pairs (member, title).

    Cost: reads the whole query page by page, flat memory. Raises as `exports.write_table`; `.json`
    holds one object a line as `.jsonl` does.
    """
    count = 0

    def cells() -> Iterator[list[Cell]]:
        nonlocal count
        for row in source.rows(wanted):
            count += 1
            yield [cell_of(name, row.get(name)) for name, _ in columns]

    titles = [title for _, title in columns]
    if path.suffix.casefold() == ".json":
        part = path.with_name(f"{path.name}.part.jsonl")
        write_table(part, titles, cells())
        part.replace(path)
    else:
        write_table(path, titles, cells())
    return count


def cell_of(name: str, value: Any) -> Cell:
    """A member as a cell: amounts are numbers, lists are joined, everything else as it is."""
    if name in _FIGURES and isinstance(value, str) and value:
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {entry}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(entry) for entry in value)
    if value is None or isinstance(value, str | int | Decimal | bool):
        return value
    return str(value)
