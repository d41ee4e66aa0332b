"""One page of a node of the simulated ``/xtrem/api``: found, sorted, cut out, with cursors.

A cursor is opaque to clients; here it is the JSON list of what the row is sorted by, with a check
number behind it (wire contract, 6.3).
"""

import json
import zlib
from bisect import bisect_right
from decimal import Decimal
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from core.sandbox.life_x3 import drift
from core.sandbox.state import Row
from core.sandbox.x3_classes import table
from core.sandbox.x3_graphql_filter import FilterError, filter_of, orders_of
from core.sandbox.x3_graphql_nodes import NODES, TYPES
from core.sandbox.x3_graphql_schema import Context, shown_names
from core.sandbox.x3_pages import Order, View, rank_of

DEFAULT_FIRST = 20
FIRST_CAP = 1000
_CHECKS = 100


def connect(info: GraphQLResolveInfo, node: str, arguments: dict[str, Any]) -> Row:
    """Return edges and page information of one query.

    Raises:
        GraphQLError: No right on the node, or an argument that cannot be used.
    """
    context: Context = info.context
    made = TYPES[NODES[node]]
    if made.table in context.state.get_value("x3.denied_classes", []):
        raise GraphQLError("Access denied", extensions={"code": "unauthorized"})
    for one in context.variants:
        if one.kind == "graphql_error":
            raise GraphQLError(str(one.args.get("message", "Internal server error")))
    try:
        view = _view(context, node, arguments)
        first, last = _span(context, view, arguments)
    except FilterError as error:
        raise GraphQLError(str(error)) from error
    rows = view.rows[first:last]
    cursors = [cursor_of(row, view.orders) for row in rows]
    edges: list[Row] = [
        {"cursor": cursor, "node": row} for cursor, row in zip(cursors, rows, strict=True)
    ]
    page = {
        "hasNextPage": last < len(view.rows),
        "endCursor": cursors[-1] if cursors else None,
        "hasPreviousPage": first > 0,
        "startCursor": cursors[0] if cursors else None,
    }
    _spoil(context, edges)
    _drift(context, made.table, view, last)
    return {"edges": edges, "pageInfo": page, "totalCount": len(view.rows)}


def cursor_of(row: Row, orders: tuple[Order, ...]) -> str:
    """Return the cursor of a row in this order."""
    values = [_plain(row.get(order.name), order.kind) for order in orders]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return f"{text}#{_check(text):02d}"


def _view(context: Context, node: str, arguments: dict[str, Any]) -> View:
    made = TYPES[NODES[node]]
    names = shown_names(context.shape, node)
    text, order = arguments.get("filter") or "", arguments.get("orderBy") or ""
    chosen = filter_of(text, made, context, names)
    orders = tuple(orders_of(order, made, context, names))
    rows = table(context.state, made.table, context.endpoint)
    label = (node, context.shape.renames, text)
    return context.views.view(rows, label, orders, lambda: chosen, is_kept=chosen.is_plain)


def _span(context: Context, view: View, arguments: dict[str, Any]) -> tuple[int, int]:
    size = arguments.get("first")
    size = DEFAULT_FIRST if size is None else size
    if size < 1:
        raise FilterError(f"Invalid first: {size}")
    size = min(size, context.state.get_value("x3.first_cap", FIRST_CAP))
    after = arguments.get("after")
    first = _place_after(view, after) if after else 0
    return first, min(first + size, len(view.rows))


def _place_after(view: View, cursor: str) -> int:
    text, _, check = cursor.rpartition("#")
    if not (check.isascii() and check.isdigit()) or int(check) != _check(text):
        raise FilterError(f"Invalid cursor: {cursor}")
    try:
        values = json.loads(text)
        row = {order.name: value for order, value in zip(view.orders, values, strict=True)}
        return bisect_right(view.ranks, rank_of(row, view.orders))
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise FilterError(f"The cursor is of another order: {cursor}") from error


def _check(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace")) % _CHECKS


def _plain(value: Any, kind: str) -> Any:
    if kind in "CDS":
        return value or ("" if kind == "C" else None)
    number = Decimal(str(value or 0))
    return int(number) if number == number.to_integral_value() else str(value)


def _spoil(context: Context, edges: list[Row]) -> None:
    """Let the last row of the page fail, so that data and errors stand in one answer."""
    for one in context.variants:
        if one.kind == "graphql_partial" and edges:
            message = str(one.args.get("message", "The record could not be read"))
            edges[-1]["node"] = GraphQLError(message)


def _drift(context: Context, name: str, view: View, last: int) -> None:
    """Let the data change between this page and the next, when there is a next."""
    for one in context.variants:
        if one.kind == "page_drift" and 0 < last < len(view.rows):
            how = str(one.args.get("how", "next"))
            drift(
                context.state, name, context.endpoint, (view.rows[last - 1], view.rows[last]), how
            )
