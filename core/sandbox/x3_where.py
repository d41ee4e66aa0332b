"""The filter language of api1: text in, predicate over rows out.

The grammar is section 3.3 of the wire contract with the rules of its clarification 9. Nothing
here knows a class; the caller gives the properties that may be used and their kinds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.sandbox.state import Row

Getter = Callable[[Row], Any]
Predicate = Callable[[Row], bool]

_TOKENS = re.compile(
    r"\s*(?:(?P<stamp>@[^@]*@)|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_$][A-Za-z0-9_$.]*)|(?P<mark>[(),]))"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_KEYWORDS = frozenset(
    ["and", "or", "not", "between", "in", "like", "eq", "ne", "lt", "le", "gt", "ge"]
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "lt": lambda left, right: bool(left < right),
    "le": lambda left, right: bool(left <= right),
    "gt": lambda left, right: bool(left > right),
    "ge": lambda left, right: bool(left >= right),
}
_KIND_OF = {
    "C": "text",
    "N": "number",
    "Q": "number",
    "I": "number",
    "M": "number",
    "B": "number",
    "D": "date",
    "S": "stamp",
}


class WhereError(ValueError):
    """The condition cannot be understood; the text is the diagnosis."""


@dataclass(frozen=True)
class _Value:
    kind: str
    get: Getter
    literal: bool = False
    name: str = ""


@dataclass(frozen=True)
class Condition:
    """A parsed condition: ``holds`` for each row, and equalities an index may use.

    ``choices`` maps a text property to the values of which one must hold for the row to be found.
    """

    holds: Predicate
    choices: dict[str, frozenset[str]]


def parse(text: str, kinds: dict[str, str], columns: dict[str, str] | None = None) -> Condition:
    """Return the condition; raises WhereError for bad syntax, properties or types.

    ``kinds`` are by the name a property shows; ``columns`` gives the columns of those whose name
    is another.
    """
    try:
        return _Parser(text, kinds, columns or {}).parse()
    except RecursionError:
        raise WhereError("Syntax error near: (") from None


def value_of(row: Row, name: str, kind: str) -> Any:
    """Return a property as it is compared and sorted; an empty date or stamp is None."""
    value = row.get(name)
    sort = _KIND_OF[kind]
    if sort == "text":
        return str(value or "").rstrip(" ")
    if sort == "number":
        return Decimal(str(value or 0))
    return (str(value)[:10] if kind == "D" else value) if value else None


class _Parser:
    def __init__(self, text: str, kinds: dict[str, str], columns: dict[str, str]) -> None:
        self._kinds = kinds
        self._columns = columns
        self._tokens = _tokens(text)
        self._place = 0

    def parse(self) -> Condition:
        condition = self._any()
        if self._place != len(self._tokens):
            raise WhereError(f"Syntax error near: {self._peek()[1]}")
        return condition

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "end")

    def _take(self, *expected: str) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end" or (expected and token[1] not in expected):
            raise WhereError(f"Syntax error near: {token[1]}")
        self._place += 1
        return token

    def _takes(self, word: str) -> bool:
        if self._peek() in (("word", word), ("mark", word)):
            self._place += 1
            return True
        return False

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        if len(parts) == 1:
            return parts[0]
        tests = [part.holds for part in parts]
        choices = _united([part.choices for part in parts])
        return Condition(lambda row: any(test(row) for test in tests), choices)

    def _all(self) -> Condition:
        parts = [self._negated()]
        while self._takes("and"):
            parts.append(self._negated())
        if len(parts) == 1:
            return parts[0]
        tests = [part.holds for part in parts]
        choices: dict[str, frozenset[str]] = {}
        for part in parts:
            for name, values in part.choices.items():
                choices[name] = choices.get(name, values) & values
        return Condition(lambda row: all(test(row) for test in tests), choices)

    def _negated(self) -> Condition:
        if not self._takes("not"):
            return self._primary()
        inner = self._primary().holds
        return Condition(lambda row: not inner(row), {})

    def _primary(self) -> Condition:
        if self._takes("("):
            condition = self._any()
            self._take(")")
            return condition
        left = self._value()
        word = self._take("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "like")[1]
        if word == "between":
            low = self._value()
            self._take("and")
            high = self._value()
            above, below = _comparison("ge", left, low), _comparison("le", left, high)
            return Condition(lambda row: above(row) and below(row), {})
        if word == "in":
            return self._one_of(left)
        if word == "like":
            return _like(left, self._take())
        right = self._value()
        return Condition(_comparison(word, left, right), _choice(word, left, [right]))

    def _one_of(self, left: _Value) -> Condition:
        self._take("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._take(")")
        choices = _choice("eq", left, values)
        if choices:
            wanted, get = next(iter(choices.values())), left.get
            return Condition(lambda row: get(row) in wanted, choices)
        tests = [_comparison("eq", left, value) for value in values]
        return Condition(lambda row: any(test(row) for test in tests), {})

    def _value(self) -> _Value:
        sort, text = self._take()
        if sort == "text":
            return _constant("text", _unquoted(text).rstrip(" "))
        if sort == "number":
            return _constant("number", Decimal(text))
        if sort == "stamp":
            return _time(text.strip("@"))
        if sort == "mark" or text in _KEYWORDS:
            raise WhereError(f"Syntax error near: {text}")
        if self._peek() == ("mark", "("):
            return self._function(text)
        return self._property(text)

    def _property(self, name: str) -> _Value:
        kind = self._kinds.get(name)
        if kind not in _KIND_OF:
            raise WhereError(f"Property not found: {name}")
        column = self._columns.get(name, name)
        return _Value(_KIND_OF[kind], lambda row: value_of(row, column, kind), name=column)

    def _function(self, name: str) -> _Value:
        self._take("(")
        given: list[_Value] = []
        while not self._takes(")"):
            if given:
                self._take(",")
            given.append(self._value())
        return _call(name, given)


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKENS.match(text, place)
        if match is None:
            raise WhereError(f"Syntax error near: {text[place:].strip()[:20]}")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        place = match.end()
    if not found:
        raise WhereError("Syntax error near: end")
    return found


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)


def _constant(kind: str, value: Any) -> _Value:
    return _Value(kind, lambda _row: value, literal=True)


def _time(text: str) -> _Value:
    if _DATE.fullmatch(text):
        return _constant("date", text)
    if _STAMP.fullmatch(text):
        return _constant("stamp", text)
    raise WhereError(f"Invalid date: {text}")


def _comparison(word: str, left: _Value, right: _Value) -> Predicate:
    compare = _COMPARE[word]
    first, second = _levelled(left, right), _levelled(right, left)
    if left.kind in ("text", "number"):
        return lambda row: compare(first(row), second(row))

    def compare_times(row: Row) -> bool:
        one, other = first(row), second(row)
        if (one is None or other is None) and word not in ("eq", "ne"):
            return False
        return compare(one, other)

    return compare_times


def _levelled(value: _Value, other: _Value) -> Getter:
    """Return the getter, a date raised to midnight GMT when it meets a stamp."""
    if value.kind == other.kind:
        return value.get
    if {value.kind, other.kind} != {"date", "stamp"}:
        raise WhereError("Type mismatch")
    if value.kind == "stamp":
        return value.get

    def midnight(row: Row) -> Any:
        day = value.get(row)
        return None if day is None else f"{day}T00:00:00Z"

    return midnight


def _choice(word: str, left: _Value, values: list[_Value]) -> dict[str, frozenset[str]]:
    usable = word == "eq" and left.kind == "text" and left.name
    if not usable or any(not value.literal or value.kind != "text" for value in values):
        return {}
    return {left.name: frozenset(value.get({}) for value in values)}


def _united(choices: list[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    shared = set(choices[0]).intersection(*choices[1:])
    return {name: frozenset().union(*(each[name] for each in choices)) for name in shared}


def _like(left: _Value, token: tuple[str, str]) -> Condition:
    if token[0] != "text":
        raise WhereError(f"Syntax error near: {token[1]}")
    if left.kind != "text":
        raise WhereError("Type mismatch")
    steps = {"%": ".*", "_": "."}
    text = _unquoted(token[1]).rstrip(" ")
    pattern = re.compile("".join(steps.get(sign) or re.escape(sign) for sign in text), re.DOTALL)
    get = left.get
    return Condition(lambda row: pattern.fullmatch(get(row)) is not None, {})


# Name of each function: kind of its result, kinds of its arguments, the work.
_FUNCTIONS: dict[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "left": ("text", ("text", "number"), lambda text, size: text[: max(int(size), 0)]),
    "right": (
        "text",
        ("text", "number"),
        lambda text, size: text[-int(size) :] if size > 0 else "",
    ),
    "substring": (
        "text",
        ("text", "number", "number"),
        lambda text, start, size: text[max(int(start) - 1, 0) :][: max(int(size), 0)],
    ),
    "upper": ("text", ("text",), lambda text: text.upper()),
    "lower": ("text", ("text",), lambda text: text.lower()),
    "year": ("number", ("time",), lambda day: Decimal(day[:4] if day else 0)),
    "month": ("number", ("time",), lambda day: Decimal(day[5:7] if day else 0)),
    "day": ("number", ("time",), lambda day: Decimal(day[8:10] if day else 0)),
}


def _call(name: str, given: list[_Value]) -> _Value:
    if name not in _FUNCTIONS:
        raise WhereError(f"Function not found: {name}")
    result, wanted, work = _FUNCTIONS[name]
    if len(given) != len(wanted):
        raise WhereError(f"Wrong number of arguments: {name}")
    for value, kind in zip(given, wanted, strict=True):
        if value.kind != kind and not (kind == "time" and value.kind in ("date", "stamp")):
            raise WhereError("Type mismatch")
    getters = [value.get for value in given]
    return _Value(result, lambda row: work(*(get(row) for get in getters)))
