"""The filter and order language of the simulated ``/xtrem/api`` (wire contract, 6.3).

Text such as ``{company:{code:{_in:['US10']}},dueDate:{_gte:'2026-01-01'}}`` is read here and
turned into a test of rows. Which properties there are, the node's description says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core.sandbox.state import Row
from core.sandbox.x3_graphql_nodes import (
    MENUS,
    TYPES,
    Column,
    NodeType,
    Property,
    Reference,
)
from core.sandbox.x3_graphql_schema import Context, node_id, stamp_text
from core.sandbox.x3_graphql_text import TextError, read_text
from core.sandbox.x3_pages import Order

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,3})\d*)?Z")
_YES = 2
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "_lt": lambda left, right: bool(left < right),
    "_lte": lambda left, right: bool(left <= right),
    "_gt": lambda left, right: bool(left > right),
    "_gte": lambda left, right: bool(left >= right),
}
_LISTED = ("_in", "_nin")
_EQUAL = ("_eq", "_ne")

Test = Callable[[Row], bool]
Choices = dict[str, frozenset[str]]


class FilterError(ValueError):
    """The filter or the order cannot be used; the text is the error's message."""


@dataclass(frozen=True)
class Filter:
    """A filter that was understood: a test, and equalities that an index may use.

    ``is_plain`` says that only the rows themselves decide, not rows they refer to.
    """

    holds: Test
    choices: Choices
    is_plain: bool = True


@dataclass(frozen=True)
class _Place:
    """A property that was found: how to read it from a row of the node that is asked for.

    ``column`` is set when it is one column of the row itself.
    """

    kind: str
    menu: int
    get: Callable[[Row], Any]
    column: str = ""
    is_plain: bool = True


def filter_of(text: str, node: NodeType, context: Context, names: dict[str, str]) -> Filter:
    """Return the test that a filter text stands for; ``names`` are own names by shown ones.

    Raises:
        FilterError: Bad syntax, unknown property or operator, or a value of another type.
    """
    return _Compiler(node, context, names).whole(_object(text) if text.strip() else {})


def orders_of(text: str, node: NodeType, context: Context, names: dict[str, str]) -> list[Order]:
    """Return the columns to sort by, completed by the key's.

    Raises:
        FilterError: Bad syntax, or a property that cannot be sorted by.
    """
    compiler = _Compiler(node, context, names)
    orders: list[Order] = []
    for path, way in _leaves(_object(text) if text.strip() else {}, ()):
        if way not in (1, -1) or isinstance(way, bool):
            raise FilterError(f"Invalid order: {'.'.join(path)}")
        if path == ("_id",):
            orders += [
                Order(name, compiler.key_kind(name), descending=way < 0) for name in node.keys
            ]
            continue
        place = compiler.place(path)
        if not place.column:
            raise FilterError(f"Cannot sort by {'.'.join(path)}")
        orders.append(Order(place.column, place.kind, descending=way < 0))
    named = {order.name for order in orders}
    missing = [Order(name, compiler.key_kind(name)) for name in node.keys if name not in named]
    return orders + missing


def _object(text: str) -> dict[str, Any]:
    try:
        read = read_text(text)
    except TextError as error:
        raise FilterError(str(error)) from error
    if not isinstance(read, dict):
        raise FilterError("An object was expected")
    return read


def _leaves(asked: dict[str, Any], path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, inner in asked.items():
        if isinstance(inner, dict):
            found += _leaves(inner, (*path, name))
        else:
            found.append(((*path, name), inner))
    return found


class _Compiler:
    def __init__(self, node: NodeType, context: Context, names: dict[str, str]) -> None:
        self._node = node
        self._context = context
        self._names = names
        self._is_plain = True

    def key_kind(self, column: str) -> str:
        """Return the kind of a key column; it is text unless a property says otherwise."""
        for part in self._node.properties.values():
            if isinstance(part, Column) and part.name == column:
                return part.kind
        return "C"

    def whole(self, asked: dict[str, Any]) -> Filter:
        """Return the filter; all members must hold."""
        choices: Choices = {}
        tests = self._all_of(asked, (), choices)
        return Filter(lambda row: all(test(row) for test in tests), choices, self._is_plain)

    def _all_of(self, asked: dict[str, Any], path: tuple[str, ...], choices: Choices) -> list[Test]:
        tests: list[Test] = []
        for name, inner in asked.items():
            if name in ("_and", "_or"):
                tests.append(self._joined(name, inner, path))
            elif name == "_not":
                tests.append(self._negated(inner, path))
            elif name.startswith("_") and name not in ("_id", "_updateStamp"):
                tests.append(self._compared(path, name, inner, choices))
            elif isinstance(inner, dict):
                tests += self._all_of(inner, (*path, name), choices)
            else:
                tests.append(self._compared((*path, name), "_eq", inner, choices))
        return tests

    def _joined(self, name: str, inner: Any, path: tuple[str, ...]) -> Test:
        if not isinstance(inner, list) or not all(isinstance(one, dict) for one in inner):
            raise FilterError(f"{name} needs a list of objects")
        groups = [self._all_of(one, path, {}) for one in inner]
        if name == "_and":
            return lambda row: all(test(row) for tests in groups for test in tests)
        return lambda row: any(all(test(row) for test in tests) for tests in groups)

    def _negated(self, inner: Any, path: tuple[str, ...]) -> Test:
        if not isinstance(inner, dict):
            raise FilterError("_not needs an object")
        tests = self._all_of(inner, path, {})
        return lambda row: not all(test(row) for test in tests)

    def _compared(self, path: tuple[str, ...], operator: str, value: Any, choices: Choices) -> Test:
        place = self.place(path)
        self._is_plain = self._is_plain and place.is_plain
        get = place.get
        shown = ".".join(path)
        if operator in _LISTED:
            if not isinstance(value, list):
                raise FilterError(f"{operator} needs a list: {shown}")
            wanted = frozenset(_literal(one, place, shown) for one in value)
            if operator == "_in":
                _choose(choices, place, wanted)
            return lambda row: (get(row) in wanted) is (operator == "_in")
        wanted_one = _literal(value, place, shown)
        if operator in _EQUAL:
            if operator == "_eq":
                _choose(choices, place, frozenset((wanted_one,)))
            return lambda row: bool(get(row) == wanted_one) is (operator == "_eq")
        if operator not in _ORDERED:
            raise FilterError(f"Unknown operator: {operator}")
        if place.kind in ("M", "B"):
            raise FilterError(f"{operator} cannot be used: {shown}")
        return _ordered(_ORDERED[operator], get, wanted_one)

    def place(self, path: tuple[str, ...]) -> _Place:
        """Return the property at the end of a path; raises FilterError for an unknown one."""
        node, own = self._node, {name: name for name in self._all_columns()}
        row_of: Callable[[Row], Row | None] = _itself
        for position, shown in enumerate(path[:-1]):
            part = self._property(node, shown, is_own=position == 0)
            if not isinstance(part, Reference):
                raise FilterError(f"Unknown property: {'.'.join(path)}")
            target = TYPES[part.target]
            row_of = self._step(part, target, row_of)
            links = target.columns_of(part).items()
            own = {theirs: own[mine] for theirs, mine in links if mine in own}
            node = target
        if path[-1:] in (("_id",), ("_updateStamp",)):
            return _system_place(path[-1], node, row_of, is_own=len(path) == 1)
        part = self._property(node, path[-1], is_own=len(path) == 1) if path else None
        if isinstance(part, Reference):
            part = Column(part.columns[-1])
        if not isinstance(part, Column):
            raise FilterError(f"Unknown property: {'.'.join(path)}")
        return _column_place(part, own.get(part.name, ""), row_of)

    def _property(self, node: NodeType, shown: str, *, is_own: bool) -> Property | None:
        names = self._names if is_own else {}
        if shown in names.values() and shown not in names:
            return None
        return node.properties.get(names.get(shown, shown))

    def _all_columns(self) -> set[str]:
        found = {"UPDDATTIM", *self._node.keys}
        for part in self._node.properties.values():
            if isinstance(part, Column):
                found.add(part.name)
            elif isinstance(part, Reference):
                found.update(part.columns)
        return found

    def _step(
        self, part: Reference, target: NodeType, before: Callable[[Row], Row | None]
    ) -> Callable[[Row], Row | None]:
        find = self._context.find

        def follow(row: Row) -> Row | None:
            found = before(row)
            return None if found is None else find(target, part, found)

        return follow


def _choose(choices: Choices, place: _Place, wanted: frozenset[Any]) -> None:
    """Note equalities of a text column; an empty value is left to the test."""
    if place.column and place.kind == "C" and all(wanted):
        choices[place.column] = choices.get(place.column, wanted) & wanted


def _ordered(compare: Callable[[Any, Any], bool], get: Callable[[Row], Any], wanted: Any) -> Test:
    def test(row: Row) -> bool:
        value = get(row)
        return value is not None and wanted is not None and compare(value, wanted)

    return test


def _itself(row: Row) -> Row | None:
    return row


def _system_place(
    name: str, node: NodeType, row_of: Callable[[Row], Row | None], *, is_own: bool
) -> _Place:
    def value(row: Row) -> str | None:
        found = row_of(row)
        if found is None:
            return None
        return node_id(node, found) if name == "_id" else stamp_text(found)

    column = "UPDDATTIM" if is_own and name == "_updateStamp" else ""
    return _Place("S" if name == "_updateStamp" else "C", 0, value, column, is_own)


def _column_place(part: Column, own: str, row_of: Callable[[Row], Row | None]) -> _Place:
    if own:
        return _Place(part.kind, part.menu, lambda row: _value(row.get(own), part), own)

    def value(row: Row) -> Any:
        found = row_of(row)
        return None if found is None else _value(found.get(part.name), part)

    return _Place(part.kind, part.menu, value, is_plain=False)


def _value(value: Any, part: Column) -> Any:
    """Return a stored value as it is compared; empty text is empty, all else empty is None."""
    match part.kind:
        case "C":
            return str(value or "").rstrip(" ")
        case "N" | "Q" | "I":
            return Decimal(str(value or 0))
        case "B":
            return None if not value else value == _YES
        case "D":
            return str(value)[:10] if value else None
        case _:
            names = MENUS[part.menu]
            place = int(value or 0)
            return names[place - 1] if 1 <= place <= len(names) else None


def _literal(value: Any, place: _Place, shown: str) -> Any:
    """Return a written value as it is compared; raises FilterError when it is of another type."""
    read = None if value is None else _READ[place.kind](value, place)
    if value is not None and read is None:
        raise FilterError(f"Type mismatch: {shown}")
    return "" if read is None and place.kind == "C" else read


def _read_number(value: Any, _place: _Place) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _read_stamp(value: Any, _place: _Place) -> str | None:
    match = _STAMP.fullmatch(str(value))
    return f"{match[1]}.{(match[2] or '').ljust(3, '0')}Z" if match else None


def _read_flag(value: Any, _place: _Place) -> bool | None:
    if isinstance(value, str):
        return {"yes": True, "no": False}.get(value)
    return value if isinstance(value, bool) else None


_READ: dict[str, Callable[[Any, _Place], Any]] = {
    "C": lambda value, _place: value.rstrip(" ") if isinstance(value, str) else None,
    "N": _read_number,
    "Q": _read_number,
    "I": _read_number,
    "B": _read_flag,
    "D": lambda value, _place: value if _DATE.fullmatch(str(value)) else None,
    "S": _read_stamp,
    "M": lambda value, place: value if value in MENUS[place.menu] else None,
}
