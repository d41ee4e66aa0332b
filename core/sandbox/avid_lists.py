"""Queries of lists: filters, windows and pages, with the 400s of avidxchange.md 2.11.

Knows no table: an operation reads its query here, finds its rows, and has the page cut here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from core.sandbox.avid_answers import Answer, RefusedError, stamp
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
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


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
    high = _moment(query, TO) if TO in query else exchange.state.now()
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


def answer(
    exchange: Exchange, rows: list[Row], render: Callable[[Row], Any], query: dict[str, str]
) -> Answer:
    """Return one page of the rows with its ``Paging``, under the variations that hold."""
    page = page_of(query)
    if exchange.has("no_paging") or exchange.has("bare_array"):
        return _unpaged(exchange, rows, render, page)
    first = 0 if exchange.has("same_page") else (page.number - 1) * page.size
    if exchange.has("page_shift") and page.number > 1:
        # A record changed meanwhile: by 1 the walk skips one row, by -1 it sees one twice.
        first = max(0, first + int(exchange.variants["page_shift"].get("by", 1)))
    items = [render(row) for row in rows[first : first + page.size]]
    older = exchange.variants.get("older_again")
    if older is not None and rows and first + page.size >= len(rows):
        # Older data of one record on a later page (avidxchange.md 7.28).
        items.append(render({**rows[0], **older.get("fields", {})}))
    body: dict[str, Any] = {"Items": _wrapped(exchange, items)}
    body["Paging"] = _paging(exchange, page, len(items), len(rows))
    if exchange.has("links_beside") and "Links" in body["Paging"]:
        body["Links"] = body["Paging"].pop("Links")
    return Answer(200, body)


def _unpaged(
    exchange: Exchange, rows: list[Row], render: Callable[[Row], Any], page: Page
) -> Answer:
    # Everything on page 1 and nothing after, whatever size was asked (avidxchange.md 10.7).
    items = [render(row) for row in rows] if page.number == 1 else []
    if exchange.has("bare_array"):
        return Answer(200, items)
    return Answer(200, {"Items": _wrapped(exchange, items)})


def _wrapped(exchange: Exchange, items: list[Any]) -> Any:
    return items[0] if exchange.has("object_for_array") and len(items) == 1 else items


def _paging(exchange: Exchange, page: Page, count: int, total: int) -> dict[str, Any]:
    pages = -(-total // page.size)
    paging: dict[str, Any] = {
        "PageNumber": page.number,
        "PageSize": page.size,
        "Pages" if exchange.has("pages") else "PageCount": pages,
        "PageItems": count,
        "TotalItems": total + (1 if exchange.has("total_off") else 0),
    }
    if exchange.has("no_page_count"):
        paging.pop("PageCount", None)
    if exchange.has("query_time"):
        paging["QueryTimeStamp"] = stamp(exchange.state.now())
    if exchange.has("links") or exchange.has("links_beside"):
        paging["Links"] = _links(exchange, page, pages)
    return paging


def _links(exchange: Exchange, page: Page, pages: int) -> list[dict[str, str]]:
    query = {**parameters(exchange), "pageSize": str(page.size)}
    links = []
    for relation, number in (("self", page.number), ("next", page.number + 1)):
        if relation == "next" and number > pages:
            continue
        target = urlencode({**query, "pageNumber": str(number)})
        links.append({"Rel": relation, "Href": f"{exchange.request.path}?{target}"})
    return links


def is_date(text: str) -> bool:
    """Say whether the text is a date of the calendar, written ``YYYY-MM-DD``."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
