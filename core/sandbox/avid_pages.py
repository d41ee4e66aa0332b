"""Pages of lists with their ``Paging`` (avidxchange.md 2.2), and how servers bend them (7.6-7.7).

Knows how a row of each list is found again, only so that it can change between two pages.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from core.sandbox import avid_clock
from core.sandbox.avid_answers import Answer, stamp
from core.sandbox.avid_exchange import Exchange
from core.sandbox.avid_lists import Page, page_of, parameters
from core.sandbox.avid_members import folded
from core.sandbox.avid_rows import INVOICES, PAYMENTS, VENDORS, save
from core.sandbox.state import Row

OUTSIDE = "https://elsewhere.example"
_DRIFTING: dict[str, tuple[str, Callable[[Row], str]]] = {
    "list_invoices": (INVOICES, lambda row: str(row["Id"])),
    "list_payments": (PAYMENTS, lambda row: str(row["PaymentId"])),
    "list_vendors": (
        VENDORS,
        lambda row: f"{row['Company']}|{folded(row['ExternalVendorCode'])}",
    ),
}


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
    if exchange.has("page_drift"):
        _drift(exchange, rows, first, page)
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
    # With an empty last page the server has counted one page too many.
    pages = -(-total // page.size) + (1 if exchange.has("empty_last_page") else 0)
    wrong = exchange.variants.get("wrong_page_number")
    paging: dict[str, Any] = {
        "PageNumber": page.number + (int(wrong.get("by", 1)) if wrong is not None else 0),
        "PageSize": page.size,
        "Pages" if exchange.has("pages") else "PageCount": pages,
        "PageItems": count,
        "TotalItems": total + (1 if exchange.has("total_off") else 0),
    }
    for variant, member in (("no_page_count", "PageCount"), ("no_total", "TotalItems")):
        if exchange.has(variant):
            paging.pop(member, None)
    if exchange.has("query_time"):
        paging["QueryTimeStamp"] = stamp(avid_clock.now(exchange.state))
    if any(map(exchange.has, ("links", "links_beside", "link_outside", "link_repeats"))):
        paging["Links"] = _links(exchange, page, pages)
    return paging


def _links(exchange: Exchange, page: Page, pages: int) -> list[dict[str, str]]:
    query = {**parameters(exchange), "pageSize": str(page.size)}
    origin = OUTSIDE if exchange.has("link_outside") else ""
    links = []
    for relation, number in (("self", page.number), ("next", page.number + 1)):
        if relation == "next" and number > pages:
            continue
        shown = page.number if exchange.has("link_repeats") else number
        target = urlencode({**query, "pageNumber": str(shown)})
        links.append({"Rel": relation, "Href": f"{origin}{exchange.request.path}?{target}"})
    return links


def _drift(exchange: Exchange, rows: list[Row], first: int, page: Page) -> None:
    """Change a record now that its page is cut, so that the next page has moved.

    ``how`` is seen (a row of this page changes: the next page skips one), next (the first row of
    the next page changes and moves to the end) or gone (a row of this page vanishes).
    """
    if exchange.operation not in _DRIFTING:
        return
    how = exchange.variants["page_drift"].get("how", "seen")
    position = first + page.size if how == "next" else first
    if position >= len(rows):
        return
    table, key_of = _DRIFTING[exchange.operation]
    key = key_of(rows[position])
    row = exchange.state.table(table).get(key)
    if row is not None:
        row.update({"Vanished": True} if how == "gone" else {})
        save(exchange.state, table, key, row, at=avid_clock.now(exchange.state))
