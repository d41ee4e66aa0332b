"""Values of the wire, read tolerantly and exactly (avidxchange.md 3, rows 1 and 7 to 10).

Amounts come from the text of the answer and never pass through binary floating point. A value that
cannot be read raises `RecordError`, which costs its record and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from core.domain.canonical import well_formed
from core.words import area

say = area(__name__)

_AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:\.(?P<fraction>\d+))? ?"
    r"(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?)?"
)
_SHOWN = 40  # characters of a foreign value in a message
_LARGEST_EXPONENT = 15  # numbers beyond are neither amounts nor texts


class RecordError(ValueError):
    """One record cannot be read; the text names its member."""


class Members:
    """The members of a JSON object by name in any case; the exact spelling wins.

    `null` counts as absent.
    """

    __slots__ = ("_folded", "_members")

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members
        self._folded: dict[str, Any] = {}
        for name, value in members.items():
            self._folded.setdefault(name.casefold(), value)

    def get(self, *names: str) -> Any:
        """The value of the first of these names that is there and not null, else None."""
        for name in names:
            value = self._members.get(name)
            if value is None and name not in self._members:
                value = self._folded.get(name.casefold())
            if value is not None:
                return value
        return None

    def has(self, *names: str) -> bool:
        """Whether one of these names is there, null included."""
        return any(name in self._members or name.casefold() in self._folded for name in names)


def parse_json(body: bytes) -> Any:
    """The JSON of a body, numbers with a point as `Decimal` from their text.

    Raises:
        ValueError: the body is not JSON in UTF-8, or holds NaN or Infinity.
    """
    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(say("nested_too_deeply")) from None


def _no_number(name: str) -> Any:
    raise ValueError(say("is_no_json", name=name))


def _is_plain(value: Decimal) -> bool:
    """Whether a number has a size that can be written out; `1e999999999` has not."""
    return value.is_finite() and abs(value.adjusted()) <= _LARGEST_EXPONENT


def _whole(value: Any) -> Any:
    """A whole number that came with a point (`5.0`) without it; all else as it is."""
    if isinstance(value, Decimal) and _is_plain(value) and value == value.to_integral_value():
        return int(value)
    return value


def read_text(value: Any, member: str) -> str:
    """A text as it came, a number as its text; null and blanks are empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return well_formed(value) if value.strip() else ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and _is_plain(value):
        return f"{value:f}"
    raise RecordError(say("is_no_text", member=member))


def read_account(value: Any, member: str) -> str:
    """A text, where `none` in any case is empty as well [S]."""
    text = read_text(value, member)
    return "" if text.strip().casefold() == "none" else text


def read_id(value: Any, member: str) -> str:
    """An id as text, never empty."""
    text = read_text(_whole(value), member).strip()
    if not text:
        raise RecordError(say("is_missing", member=member))
    return text


def read_count(value: Any, member: str) -> int | None:
    """A whole number from a number or a text of digits; None when absent."""
    if value is None or value == "":
        return None
    value = _whole(value)
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,18}\s*", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecordError(say("is_no_whole_number", member=member))
    return value


def read_flag(value: Any, member: str, *, default: bool) -> bool:
    """True or false, also as a text; absent = `default`."""
    if value is None or value == "":
        return default
    word = str(value).strip().casefold()
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise RecordError(say("is_neither_true_nor_false", member=member))


def read_amount(value: Any, member: str, scale: int) -> Decimal | None:
    """A decimal exactly as written, from a number or a numeric text; None when absent.

    Raises:
        RecordError: no number, or more significant decimals than `scale`.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RecordError(say("is_no_amount", member=member))
    text = str(value).strip()
    if not _AMOUNT.fullmatch(text):
        raise RecordError(say("is_no_amount_2", member=member, shown=_shown(text)))
    amount = Decimal(text)
    if amount and amount.adjusted() > _LARGEST_EXPONENT:
        raise RecordError(say("is_too_large", member=member, shown=_shown(text)))
    exponent = amount.normalize().as_tuple().exponent
    if amount and isinstance(exponent, int) and -exponent > scale:
        raise RecordError(
            say("has_more_than_decimals", member=member, shown=_shown(text), scale=scale)
        )
    # 1E+3 and 1000 are one amount, so only plain notation goes on.
    return Decimal(f"{amount:f}")


def read_date(value: Any, member: str) -> date | None:
    """The first ten characters as a date, never shifted by a zone; None when absent."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = value.strip() if isinstance(value, str) else ""
    if not _INSTANT.fullmatch(text):
        raise RecordError(say("is_no_date", member=member, shown=_shown(value)))
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise RecordError(say("is_no_date", member=member, shown=_shown(value))) from None


def read_instant(value: Any, member: str, zone: tzinfo) -> datetime | None:
    """An aware UTC instant; `zone` is that of texts without one; None when absent."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise RecordError(say("is_no_date_time", member=member, shown=_shown(value)))
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00:00'}")
        fraction = (found["fraction"] or "")[:6].ljust(6, "0")
        moment = moment.replace(microsecond=int(fraction), tzinfo=_zone(found["zone"], zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RecordError(say("is_no_date_time", member=member, shown=_shown(value))) from None


def _zone(text: str | None, default: tzinfo) -> tzinfo:
    if not text:
        return default
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def read_named(value: Any, member: str, *names: str) -> str:
    """The text of a value that is an object with one of `names`, or the text itself."""
    if isinstance(value, Mapping):
        value = Members(value).get(*names)
    return read_text(value, member).strip()


def as_list(value: Any) -> list[Any]:
    """A list as it is, one object or value as a list of one, null as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def objects(value: Any, member: str) -> Iterable[Members]:
    """The objects of a list member; a single object counts as a list of one."""
    for item in as_list(value):
        if not isinstance(item, Mapping):
            raise RecordError(say("holds_something_that_is_no_object", member=member))
        yield Members(item)


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
