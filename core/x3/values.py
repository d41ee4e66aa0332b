"""Tolerant reading of X3's values (sage-x3.md 2.4): exact or `Unclear`, never a guess.

Amounts never pass a binary float. Nothing here knows which entity a value belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.domain.canonical import well_formed
from core.x3.fields import Path

_LONGEST_ARRAY = 1000
_LARGEST_EXPONENT = 30
_LONE_BACKSLASH = re.compile(r'\\(["\\/bfnrtu])|\\')
_YES_WORDS = {"yes": True, "true": True, "2": True, "no": False, "false": False, "1": False}


class Unclear(ValueError):
    """A value that cannot be read; its text is shown to a person."""


class Missing:
    """The type of `MISSING`."""


MISSING: Final = Missing()  # the property is not there at all, as opposed to empty


def load_json(text: str) -> Any:
    """JSON with decimals, repaired once where X3 leaves backslashes and control characters raw.

    Raises:
        ValueError: it is no JSON, or holds NaN or Infinity.
    """
    options: dict[str, Any] = {"parse_float": Decimal, "parse_constant": _no_constant}
    try:
        return json.loads(text, **options)
    except ValueError:
        repaired = _LONE_BACKSLASH.sub(lambda m: m[0] if m[1] else "\\\\", text)
        return json.loads(repaired, strict=False, **options)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def pick(row: Mapping[str, Any], path: Path) -> Any:
    """What stands at an api1 path, `MISSING` when the property is absent (sage-x3.md 2.1)."""
    if not path.steps:
        return path.constant
    name, index = path.steps[0]
    value = row.get(name, MISSING)
    if index is None:
        return value
    if value is MISSING:
        return row.get(f"{name}{index}", MISSING)
    if isinstance(value, list):  # trailing empty elements are left out
        return value[index - 1] if index <= len(value) else None
    return value if index == 1 else row.get(f"{name}{index}", MISSING)


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
    if value is None or value is MISSING:
        return ""
    if isinstance(value, str):
        return well_formed(value).rstrip()
    if isinstance(value, bool):
        raise Unclear(f"{value} is no text")
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    raise Unclear("a list or an object is no text")


def decimal(value: Any) -> Decimal | None:
    """An exact decimal; None for nothing."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unclear(f"{value!r} is no amount")
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
    try:
        result = Decimal(value)
    except InvalidOperation:
        raise Unclear(f"{value!r} is no amount") from None
    if not result.is_finite() or abs(result.adjusted()) > _LARGEST_EXPONENT:
        raise Unclear(f"{value!r} is no amount")
    return result


def integer(value: Any) -> int | None:
    """A whole number; None for nothing."""
    number = decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Unclear(f"{value!r} is no whole number")
    return int(number)


def menu(value: Any) -> int | None:
    """The number of a local menu; None for 0 (not set), nothing, or a name that is not known."""
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
        raise Unclear(f"{value!r} is no date")
    head = value.strip()[:10]
    if not head or head in empty_dates:
        return None
    try:
        return date.fromisoformat(head)
    except ValueError:
        raise Unclear(f"{value!r} is no date") from None


def stamp(value: Any, empty_dates: Collection[str], zone: tzinfo) -> datetime | None:
    """An instant in UTC; `zone` is taken for one that names none."""
    if day(value, empty_dates) is None:
        return None
    try:
        read = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise Unclear(f"{value!r} is no time stamp") from None
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
