"""Queries of lists: filters, windows and page numbers, with the 400s of avidxchange.md 2.11.

Knows no table: an operation reads its query here and finds its rows; ``avid_pages`` cuts the page.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

from core.sandbox import avid_clock
from core.sandbox.avid_answers import RefusedError, stamp
from core.sandbox.avid_exchange import Exchange
from core.sandbox.avid_rows import View
from core.sandbox.state import Row

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 500
MAX_IDS = 50
MAX_WINDOW = timedelta(days=30)
FROM, TO = "lastModifiedFrom", "lastModifiedTo"
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True)
class Page:
    """Which page of a list is asked for; the size is already clamped to what the server serves."""

    number: int
    size: int


def parameters(exchange: Exchange) -> dict[str, str]:
    """Return the query parameters; an empty one is absent (avidxchange.md 10.14)."""
    parsed = parse_qs(exchange.request.query, keep_blank_values=True, encoding="utf-8")
    for name, values in parsed.items():
        if len(values) > 1:
            raise RefusedError(400, f"{name} is not valid")
    return {name: values[0] for name, values in parsed.items() if values[0]}


def page_of(query: dict[str, str]) -> Page:
    """Return the page asked for; raises 400 for a number below 1 or no number."""
    numbers = {}
    for name, default in (("pageNumber", 1), ("pageSize", DEFAULT_PAGE_SIZE)):
        text = query.get(name)
        if text is None:
            numbers[name] = default
        elif not _WHOLE_NUMBER.fullmatch(text) or int(text) < 1:
            raise RefusedError(400, f"{name} is not valid")
        else:
            numbers[name] = int(text)
    return Page(numbers["pageNumber"], min(numbers["pageSize"], MAX_PAGE_SIZE))


def ids_of(text: str) -> list[str]:
    """Return the elements of an id list, which was split after decoding; more than 50 are 400."""
    ids = [element for element in text.split(",") if element]
    if len(ids) > MAX_IDS:
        raise RefusedError(400, "More than 50 ids")
    return ids


def one_filter(query: dict[str, str], id_lists: tuple[str, ...]) -> str:
    """Return the name of the one filter given: an id list, or ``lastModifiedFrom``.

    ``lastModifiedTo`` alone is no filter, and beside an id list it is ignored.
    """
    given = [name for name in (*id_lists, FROM) if name in query]
    if not given:
        raise RefusedError(400, "A filter is required")
    if len(given) > 1:
        raise RefusedError(400, "Filters cannot be combined")
    return given[0]


def in_window(exchange: Exchange, seen: View, query: dict[str, str], *, bounded: bool) -> list[Row]:
    """Return the rows changed in the window; the lower end inclusive, the upper one exclusive.

    Raises:
        RefusedError: 400 for an unreadable end, a reversed window, or, when ``bounded``, more
            than 30 days.
    """
    low = _moment(query, FROM) if FROM in query else None
    high = _moment(query, TO) if TO in query else avid_clock.now(exchange.state)
    if low is not None and low > high:
        raise RefusedError(400, "lastModifiedFrom is after lastModifiedTo")
    if bounded and low is not None and high - low > MAX_WINDOW:
        raise RefusedError(400, "Window is longer than 30 days")
    if exchange.has("window_days"):
        low = low.replace(hour=0, minute=0, second=0, microsecond=0) if low else None
        high = high.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    elif exchange.has("window_inclusive"):
        high += timedelta(milliseconds=1)
    return seen.between(_bound(low) if low else "", _bound(high))


def _moment(query: dict[str, str], name: str) -> datetime:
    """Return a date-time of a query; zone (none = UTC), fraction and time may be left out."""
    found = _MOMENT.fullmatch(query[name])
    if not found:
        raise RefusedError(400, f"{name} is not valid")
    day, clock, fraction, zone = found.groups()
    text = f"{day}T{clock or '00:00:00'}.{(fraction or '0')[:6].ljust(6, '0')}{zone or '+00:00'}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RefusedError(400, f"{name} is not valid") from None


def _bound(moment: datetime) -> str:
    # Stored stamps have milliseconds: an end between two of them moves up to the next one.
    if moment.microsecond % 1000:
        moment += timedelta(milliseconds=1)
    return stamp(moment)


def is_date(text: str) -> bool:
    """Say whether the text is a date of the calendar, written ``YYYY-MM-DD``."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
