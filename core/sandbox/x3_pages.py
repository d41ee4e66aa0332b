"""Filtered and sorted views of a class, and the walk over their pages.

A view is kept for as long as its table stays unchanged, so that a walk over many pages filters
and sorts once. Callers hold the state's lock.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote

from core.sandbox import x3_where
from core.sandbox.state import Row, Table
from core.sandbox.x3_wire import text_json

_VIEWS_KEPT = 48
_ORDERABLE = frozenset("CNQIMBDS")


class PageError(ValueError):
    """The request for a page cannot be understood; the text is the diagnosis."""


@dataclass(frozen=True)
class Order:
    """One sort property."""

    name: str
    kind: str
    descending: bool = False


class _Reversed:
    """A sort value that counts downwards."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True)
class View:
    """Rows in order with their sort values."""

    ranks: list[tuple[Any, ...]]
    rows: list[Row]
    orders: tuple[Order, ...]

    def tuple_text(self, place: int) -> str:
        """Return the row's order values and key as they stand in ``key=``."""
        row = self.rows[place]
        parts = [_part(row, order) for order in self.orders]
        return "~".join(quote(part, safe="").replace("~", "%7E") for part in parts)


@dataclass(frozen=True)
class Page:
    """One page of a view; ``after`` and ``before`` are the ``key=`` values of its neighbours.

    ``following`` is the first row of the next page.
    """

    rows: list[Row]
    after: str = ""
    before: str = ""
    following: Row | None = None


class Choice(Protocol):
    """A condition on rows, with equalities of text columns that an index may use."""

    @property
    def holds(self) -> Callable[[Row], bool]:
        """Say of a row whether it is chosen."""

    @property
    def choices(self) -> dict[str, frozenset[str]]:
        """Return the values of which a column must have one, for the columns known."""


class Views:
    """The views and indexes of all tables, made when asked for and forgotten on change."""

    def __init__(self) -> None:
        self._views: OrderedDict[tuple[Any, ...], tuple[int, View]] = OrderedDict()
        self._indexes: dict[tuple[str, str], tuple[Table, int, dict[str, list[Row]]]] = {}

    def index(self, table: Table, name: str) -> dict[str, list[Row]]:
        """Return the rows by the value of one text property."""
        kept = self._indexes.get((table.name, name))
        if kept is not None and kept[0] is table and kept[1] == table.version:
            return kept[2]
        index: dict[str, list[Row]] = {}
        for row in table.values():
            index.setdefault(str(row.get(name) or "").rstrip(" "), []).append(row)
        self._indexes[table.name, name] = (table, table.version, index)
        return index

    def view(
        self,
        table: Table,
        label: Hashable,
        orders: tuple[Order, ...],
        read: Callable[[], Choice | None],
        *,
        is_kept: bool = True,
    ) -> View:
        """Return the rows that ``read``'s condition chooses, in this order; None chooses all.

        ``label`` stands for the condition: it is read only when no view of that label is kept.
        ``is_kept`` False is for a condition that looks at other tables too.
        """
        name = (id(table), label, orders)
        kept = self._views.get(name)
        if kept is not None and kept[0] == table.version:
            self._views.move_to_end(name)
            return kept[1]
        rows = self._chosen(table, read())
        ranked = sorted(((rank_of(row, orders), row) for row in rows), key=lambda pair: pair[0])
        view = View([rank for rank, _ in ranked], [row for _, row in ranked], orders)
        if is_kept:
            self._views[name] = (table.version, view)
        while len(self._views) > _VIEWS_KEPT:
            self._views.popitem(last=False)
        return view

    def _chosen(self, table: Table, condition: Choice | None) -> list[Row]:
        if condition is None:
            return list(table.values())
        if condition.choices:
            name, values = min(condition.choices.items(), key=lambda pair: len(pair[1]))
            preferred = next((key for key in ("NUM",) if key in condition.choices), name)
            index, values = self.index(table, preferred), condition.choices[preferred]
            found = [row for value in values for row in index.get(value, ())]
            return [row for row in found if condition.holds(row)]
        return [row for row in table.values() if condition.holds(row)]


def orders_of(
    text: str, kinds: dict[str, str], keys: tuple[str, ...], columns: dict[str, str]
) -> tuple[Order, ...]:
    """Return the sort order asked for, completed by the key fields not named in it.

    ``kinds`` are by shown name; ``columns`` gives the columns whose shown name is another.

    Raises:
        PageError: A property cannot be sorted by, or the text is malformed.
    """
    orders: list[Order] = []
    for part in text.replace(";", ",").split(","):
        words = part.split()
        if not words and not text.strip():
            continue
        if not words or len(words) > 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):  # noqa: PLR2004 - name and direction
            raise PageError(f"Invalid order: {part.strip()}")
        if kinds.get(words[0], "") not in _ORDERABLE:
            raise PageError(f"Property not found: {words[0]}")
        column = columns.get(words[0], words[0])
        orders.append(Order(column, kinds[words[0]], words[-1] == "desc"))
    named = {order.name for order in orders}
    own = {columns.get(shown, shown): kind for shown, kind in kinds.items()}
    orders += [Order(name, own[name]) for name in keys if name not in named]
    return tuple(orders)


def page_of(view: View, key: str, size: int) -> Page:
    """Return the page that ``key=`` (still percent-encoded) points at.

    Raises:
        PageError: The key is malformed.
    """
    first, last = _span(view, key, size)
    after = f"gt.{view.tuple_text(last - 1)}" if 0 < last < len(view.rows) else ""
    before = f"lt.{view.tuple_text(first)}" if 0 < first < len(view.rows) else ""
    following = view.rows[last] if 0 < last < len(view.rows) else None
    return Page(view.rows[first:last], after, before, following)


def links_json(base: str, path: str, query: str, page: Page, kinds: frozenset[str]) -> str:
    """Return ``$links`` of a page; the server names itself ``base``.

    ``kinds`` are variants: ``links_repeat`` names the page asked for again, ``link_outside`` leads
    out of the endpoint, ``empty_pages`` asks for the same place again under another address.
    """
    parts = query.split("&")
    turns = sum(part.startswith("turn=") for part in parts)
    kept = "&".join(part for part in parts if not part.startswith("key="))
    raw = raw_key(query)
    after = raw if "links_repeat" in kinds else page.after
    if "empty_pages" in kinds:
        kept, after = f"{kept}&turn={turns + 1}", raw

    def link(name: str, key: str, place: str = path) -> str:
        address = f"{base}{place}?{kept}"
        url = f"{address}&key={key}" if key else address
        return f'"{name}":{{"$url":{text_json(url)},"$type":"application/json","$method":"GET"}}'

    links = [link("$first", "")]
    if page.before:
        links.append(link("$prev", page.before))
    if after or (page.after and "links_repeat" in kinds) or "empty_pages" in kinds:
        outside = "/sdata/x3/erp/OTHER/X"
        links.append(link("$next", after, outside if "link_outside" in kinds else path))
    if page.rows:
        links.append(link("$last", "lt"))
    return "{" + ",".join(links) + "}"


def raw_key(query: str) -> str:
    """Return ``key=`` of a query text, still percent-encoded, or nothing."""
    values = [part[4:] for part in query.split("&") if part.startswith("key=")]
    return values[-1] if values else ""


def _span(view: View, key: str, size: int) -> tuple[int, int]:
    total = len(view.rows)
    word, _, text = key.partition(".")
    if word not in ("", "gt", "ge", "lt", "le"):
        raise PageError(f"Invalid key: {unquote(key)}")
    is_forward = word in ("", "gt", "ge")
    if not text:
        return (0, min(size, total)) if is_forward else (max(0, total - size), total)
    rank = _rank_of_text(text, view.orders)
    if is_forward:
        first = (bisect_right if word == "gt" else bisect_left)(view.ranks, rank)
        return first, min(first + size, total)
    end = (bisect_left if word == "lt" else bisect_right)(view.ranks, rank)
    return max(0, end - size), end


def _part(row: Row, order: Order) -> str:
    value = row.get(order.name)
    if not value:
        return "" if order.kind in "DSC" else "0"
    return str(value)[:10] if order.kind == "D" else str(value)


def rank_of(row: Row, orders: tuple[Order, ...]) -> tuple[Any, ...]:
    """Return what the row is sorted by."""
    return tuple(_sortable(row, order) for order in orders)


def _sortable(row: Row, order: Order) -> Any:
    value = x3_where.value_of(row, order.name, order.kind) or ("" if order.kind in "CDS" else 0)
    return _Reversed(value) if order.descending else value


def _rank_of_text(text: str, orders: tuple[Order, ...]) -> tuple[Any, ...]:
    parts = [unquote(part) for part in text.split("~")]
    if len(parts) > len(orders):
        raise PageError("Invalid key")
    row = {order.name: part for order, part in zip(orders, parts, strict=False)}
    try:
        return rank_of(row, orders[: len(parts)])
    except ArithmeticError as error:
        raise PageError("Invalid key") from error
