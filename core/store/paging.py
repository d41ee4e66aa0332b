"""One keyset page of any list: the next page costs what the first did, at any depth.

Rows that arrive or go between two pages neither repeat nor hide others. A page ends with the key of
its last row, which is handed back to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import peewee

from core.store.sqlite import Store
from core.words import area

say = area(__name__)

#: (value of the sorted column, primary key) of a page's last row.
Key = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: a column that is never NULL; the primary key breaks ties."""

    column: str = ""  # empty = the primary key alone
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and the key to go on with; None after the last page."""

    rows: tuple[dict[str, Any], ...]
    next: Key | None = None


def page(
    store: Store,
    query: peewee.ModelSelect[Any],
    order: Order,
    after: Key | None,
    limit: int,
    shape: Callable[[dict[str, Any]], dict[str, Any]],
) -> Page:
    """The rows behind `after` in the order asked for, each passed through `shape`.

    Raises:
        ValueError: the list cannot be sorted by that column.
    """
    meta = query.model._meta  # noqa: SLF001 - peewee offers a model's fields nowhere else
    key = meta.primary_key
    column = meta.fields.get(order.column) if order.column else key
    if column is None or column.null:
        raise ValueError(say("this_list_is_not_sorted_by", column=order.column))
    if after is not None:
        query = query.where(_behind(column, key, after, descending=order.descending))
    parts = [column] if column is key else [column, key]
    query = query.order_by(*(part.desc() if order.descending else part.asc() for part in parts))
    rows = store.rows(query.limit(limit + 1))
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit and shown else None
    following = (last[column.name], last[key.name]) if last else None
    return Page(tuple(shape(row) for row in shown), following)


def walked(page_after: Callable[[Key | None], Page]) -> Iterator[dict[str, Any]]:
    """Every row of a list, a page at a time."""
    after: Key | None = None
    while True:
        found = page_after(after)
        yield from found.rows
        if found.next is None:
            return
        after = found.next


def _behind(column: Any, key: Any, after: Key, *, descending: bool) -> Any:
    """The condition of the rows behind a key."""
    value, last = after
    if column is key:
        return key < last if descending else key > last
    if descending:
        return (column < value) | ((column == value) & (key < last))
    return (column > value) | ((column == value) & (key > last))
