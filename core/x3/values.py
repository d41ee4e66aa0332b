"""Tolerant reading of X3's values (sage-x3.md 2.4): exact or `Unclear`, never a guess.

Amounts never pass a binary float. Nothing here knows which entity a value belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.domain.canonical import well_formed
from core.words import area
from core.x3.fields import Path

say = area(__name__)

_LONGEST_ARRAY = 1000
_LARGEST_EXPONENT = 30
_LARGEST_WHOLE = 10**_LARGEST_EXPONENT
_NUMBERS = (str, int, Decimal)  # as a tuple: a union takes five times as long to ask
_LONE_BACKSLASH = re.compile(r'\\(["\\/bfnrtu])|\\')
_LONGEST_NUMBER = 60  # characters; a longer one is kept as a text, which no amount may be
# Names of menu values in GraphQL, the first is value 1 (sage-x3.md 6.3, 10.15).
_MENU_NAMES: Final[Mapping[int, tuple[str, ...]]] = {
    214: ("notOpen", "open", "closed"),
    292: ("openItem", "prepayment", "holdback"),
    509: ("pending", "toValidate", "validated"),
    510: ("pending", "conflict", "delayed", "authorizedToPay"),
    516: ("none", "warning", "hold"),
    533: ("invoice", "additionalInvoice", "creditMemo", "creditMemoReturn"),
    644: ("customer", "supplier"),
    645: ("invoice", "creditMemo", "debitNote", "creditNote", "proforma"),
    2644: ("legal",),
}
_YES_WORDS = {"yes": True, "true": True, "2": True, "no": False, "false": False, "1": False}


class Unclear(ValueError):
    """A value that cannot be read; its text is shown to a person."""


class Missing:
    """The type of `MISSING`."""


MISSING: Final = Missing()  # the property is not there at all, as opposed to empty


def load_json(text: str) -> Any:
    """JSON with decimals, repaired once where X3 leaves backslashes and control characters raw.

    Raises:
        ValueError: it is no JSON, holds NaN or Infinity, or one name twice with other values.
    """
    options: dict[str, Any] = {
        "parse_float": _number,
        "parse_constant": _no_constant,
        "object_pairs_hook": _object,
    }
    try:
        return json.loads(text, **options)
    except ValueError:
        repaired = _LONE_BACKSLASH.sub(lambda m: m[0] if m[1] else "\\\\", text)
        return json.loads(repaired, strict=False, **options)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; of two values under one name nobody could say which is lost."""
    table = dict(pairs)
    if len(table) != len(pairs) and any(table[name] != value for name, value in pairs):
        raise ValueError(say("a_name_stands_twice_with_different"))
    return table


def _number(text: str) -> Decimal | str:
    """The decimal; its text when writing it out could take the computer's memory."""
    exponent = text.lower().partition("e")[2]
    is_sane = len(text) <= _LONGEST_NUMBER and len(exponent.lstrip("+-")) <= len("999")
    return Decimal(text) if is_sane else text


def _no_constant(name: str) -> Any:
    raise ValueError(say("is_no_number", name=name))


def pick(row: Mapping[str, Any], path: Path) -> Any:
    """What stands at a path, `MISSING` when a property is absent (sage-x3.md 2.1).

    A path through nothing is nothing (10.15).

    Raises:
        Unclear: a step of the path leads into what is no object.
    """
    if not path.steps:
        return path.constant
    value: Any = row
    for name, index in path.steps:
        if value is None or value is MISSING:
            return value
        if not isinstance(value, dict):  # of JSON, and far quicker than asking for any Mapping
            raise Unclear(say("what_holds_is_no_object", name=name))
        value = value.get(name, MISSING) if index is None else _element(value, name, index)
    return value


def picker(path: Path) -> Callable[[Mapping[str, Any]], Any]:
    """`pick` for one path, made ready once for many rows."""
    if len(path.steps) == 1 and path.steps[0][1] is None:
        name = path.steps[0][0]
        return lambda row: row.get(name, MISSING)
    return lambda row: pick(row, path)


def _element(row: Mapping[str, Any], name: str, index: int) -> Any:
    """The element of an array (api1) or a collection (GraphQL), from 1."""
    value = row.get(name, MISSING)
    if value is MISSING:
        return row.get(f"{name}{index}", MISSING)
    if isinstance(value, Mapping):
        value = _nodes(value, name)
    if isinstance(value, list):  # trailing empty elements are left out
        return value[index - 1] if index <= len(value) else None
    return value if index == 1 else row.get(f"{name}{index}", MISSING)


def _nodes(collection: Mapping[str, Any], name: str) -> list[Any]:
    """The nodes of `NAME { query { edges { node } } }`."""
    inner = collection.get("query")
    edges = inner.get("edges") if isinstance(inner, Mapping) else None
    if not isinstance(edges, list) or not all(isinstance(edge, Mapping) for edge in edges):
        raise Unclear(say("is_no_collection", name=name))
    return [edge.get("node") for edge in edges]


def pick_list(row: Mapping[str, Any], path: Path) -> Any:
    """A whole array; `NAME1`, `NAME2`, … where the representation spreads it over properties."""
    value, name = pick(row, path), path.property_name
    if value is not MISSING:
        return value
    found = []
    for index in range(1, _LONGEST_ARRAY):
        if f"{name}{index}" not in row:
            break
        found.append(row[f"{name}{index}"])
    return found or MISSING


def text(value: Any) -> str:
    """A text without trailing blanks; numbers in plain notation, nothing as an empty text."""
    if isinstance(value, str):  # what there is most of, first
        return value.rstrip() if value.isascii() else well_formed(value).rstrip()
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        raise Unclear(say("is_no_text", value=value))
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    raise Unclear(say("a_list_or_an_object_is_no"))


def decimal(value: Any) -> Decimal | None:
    """An exact decimal; None for nothing."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise Unclear(say("is_no_amount", value=value))
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
    try:
        result = Decimal(value)
    except InvalidOperation:
        raise Unclear(say("is_no_amount", value=value)) from None
    if not result.is_finite() or abs(result.adjusted()) > _LARGEST_EXPONENT:
        raise Unclear(say("is_no_amount", value=value))
    return result


def integer(value: Any) -> int | None:
    """A whole number; None for nothing."""
    if type(value) is int and -_LARGEST_WHOLE < value < _LARGEST_WHOLE:
        return value
    number = decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Unclear(say("is_no_whole_number", value=value))
    return int(number)


def menu(value: Any, number: int = 0) -> int | None:
    """The value of local menu `number`, also by its GraphQL name (sage-x3.md 6.3).

    None for 0 (not set), nothing, or a name that is not known.
    """
    names = _MENU_NAMES.get(number, ())
    if isinstance(value, str) and value.strip() in names:
        return names.index(value.strip()) + 1
    try:
        return integer(value) or None
    except Unclear:
        return None


def yes_no(value: Any) -> bool | None:
    """Menu 1, where **1 is No and 2 is Yes**; None for 0, nothing or anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int | Decimal):
        return _YES_WORDS.get(str(value).strip().casefold())
    return None


def day(value: Any, empty_dates: Collection[str]) -> date | None:
    """A business date; None for nothing and for a database's sentinel."""
    if value is None or value is MISSING:
        return None
    if not isinstance(value, str):
        raise Unclear(say("is_no_date", value=value))
    head = value.strip()[:10]
    if not head or head in empty_dates:
        return None
    try:
        return date.fromisoformat(head)
    except ValueError:
        raise Unclear(say("is_no_date", value=value)) from None


def stamp(value: Any, empty_dates: Collection[str], zone: tzinfo) -> datetime | None:
    """An instant in UTC; `zone` is taken for one that names none."""
    if day(value, empty_dates) is None:
        return None
    try:
        read = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise Unclear(say("is_no_time_stamp", value=value)) from None
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
