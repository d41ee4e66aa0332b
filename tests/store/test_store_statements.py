"""Prepared statements: the same rows as by peewee's expressions, in any number."""

from __future__ import annotations

import pytest

from core.store import statements
from core.store.sqlite import Store
from core.store.tables import Invoice, Setting


def _fill(store: Store, count: int) -> list[str]:
    names = [f"n{at:04}" for at in range(count)]
    with store.write():
        store.put(Setting, [{"name": name, "value": name[-1]} for name in names])
    return names


def test_rows_are_found_by_key_in_any_number(store: Store) -> None:
    names = _fill(store, 1203)
    assert statements.by_key(store, Setting, "name", []) == []
    found = statements.by_key(store, Setting, "name", [*names, "absent"])
    assert sorted(row["name"] for row in found) == names
    wanted = store.rows(Setting.select().where(Setting.name.in_(names[:3])).order_by(Setting.name))
    assert sorted(found, key=lambda row: str(row["name"]))[:3] == wanted


def test_only_what_was_asked_for_is_read(store: Store) -> None:
    names = _fill(store, 30)
    found = statements.by_key(
        store, Setting, "name", names, columns=("value",), where="\"value\" = '7'"
    )
    assert found == [{"value": "7"}] * 3


def test_a_change_says_how_many_rows_it_touched(store: Store) -> None:
    names = _fill(store, 4)
    with store.write():
        rows = [("x", names[0], "0"), ("y", names[1], "0"), ("z", "absent", "0")]
        assert statements.change(store, Setting, ("value",), ("name", "value"), rows) == 1
        assert statements.change(store, Setting, ("value",), ("name",), []) == 0
    listed = {row["name"]: row["value"] for row in store.rows(Setting.select())}
    assert [listed[name] for name in names] == ["x", "1", "2", "3"]


def test_one_column_of_many_rows_is_set_where_a_condition_holds(store: Store) -> None:
    with store.write():
        rows = [{"number": f"I{at:04}", "dirty": at % 2} for at in range(1001)]
        store.put(Invoice, rows)
        numbers = [row["number"] for row in rows]
        touched = statements.change_in(
            store, Invoice, ("dirty", 1), "number", numbers, '"dirty" = 0'
        )
    assert touched == 501
    assert store.rows(Invoice.select(Invoice.number).where(Invoice.dirty == 0)) == []


def test_nothing_is_changed_outside_of_a_transaction(store: Store) -> None:
    _fill(store, 1)
    with pytest.raises(RuntimeError):
        statements.change(store, Setting, ("value",), ("name",), [("x", "n0000")])
