"""SQL whose text is made once, for what a run asks thousands of times.

Building a query out of peewee's expressions takes longer than SQLite takes to answer it. Tables and
columns come from our own models, never from outside; all values are parameters. Nothing here
decides anything: what the rows mean stands with those who ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from core.store.sqlite import Store, lots
from core.store.tables import Table


def by_key(
    store: Store,
    table: type[Table],
    column: str,
    values: Iterable[Any],
    *,
    columns: tuple[str, ...] = (),
    where: str = "",
    also: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Rows whose column has one of these values, in no order; one look-up per 500.

    `columns` are those wanted, empty = all. `where` is SQL of ours that is true of each, without
    parameters; `also` are columns with the one value they must have.
    """
    found: list[dict[str, Any]] = []
    equal = dict(also or {})
    conditions = " AND ".join([f'"{name}" = ?' for name in equal] + [where] * bool(where))
    for lot in lots(values):
        sql = _selection(table, column, len(lot), columns, conditions)
        found += store.select(sql, [*lot, *equal.values()])
    return found


@cache
def _selection(
    table: type[Table], column: str, count: int, columns: tuple[str, ...], where: str
) -> str:
    meta = table._meta  # noqa: SLF001 - peewee tells names nowhere else
    wanted = ", ".join(f'"{name}"' for name in columns or meta.sorted_field_names)
    marks = ", ".join("?" * count)
    more = f" AND {where}" if where else ""
    sql = f'SELECT {wanted} FROM "{meta.table_name}" WHERE "{column}" IN ({marks}){more}'  # noqa: S608
    return sql


@cache
def update(table: type[Table], columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """The text of an UPDATE of one row: parameters are the columns, then the keys."""
    name = table._meta.table_name  # noqa: SLF001
    sets = ", ".join(f'"{column}" = ?' for column in columns)
    conditions = " AND ".join(f'"{key}" = ?' for key in keys)
    return f'UPDATE "{name}" SET {sets} WHERE {conditions}'  # noqa: S608


def change(
    store: Store,
    table: type[Table],
    columns: tuple[str, ...],
    keys: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
) -> int:
    """Change rows one by one inside `store.write()`; how many were there to change."""
    return store.run(update(table, columns, keys), rows)


def change_in(
    store: Store,
    table: type[Table],
    sets: tuple[str, Any],
    column: str,
    values: Iterable[Any],
    where: str,
) -> int:
    """Set one column of all rows whose `column` has one of these values and where `where` holds.

    Inside `store.write()`; one write per 500. How many rows it touched.
    """
    touched = 0
    for lot in lots(values):
        sql = _change_in(table, sets[0], column, len(lot), where)
        touched += store.run(sql, [(sets[1], *lot)])
    return touched


@cache
def _change_in(table: type[Table], name: str, column: str, count: int, where: str) -> str:
    marks = ", ".join("?" * count)
    return (
        f'UPDATE "{table._meta.table_name}" SET "{name}" = ?'  # noqa: S608, SLF001
        f' WHERE "{column}" IN ({marks}) AND {where}'
    )
