"""The schema of the simulated ``/xtrem/api``, built out of the descriptions of its nodes.

How values are written differs per site and release (wire contract, 6.3 and 8.16): that is
``GraphQLShape``. Finding and paging rows is left to the resolver that the caller hands in.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from core.sandbox.faults import Fault
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import table
from core.sandbox.x3_graphql_nodes import (
    LINE_NODE,
    MENUS,
    NODES,
    TYPES,
    Collection,
    Column,
    NodeType,
    Property,
    Reference,
)
from core.sandbox.x3_pages import Views
from core.sandbox.x3_wire import plain_number

_YES = 2
_DECIMAL = GraphQLScalarType("Decimal")
_DATE = GraphQLScalarType("Date")
_STAMP = GraphQLScalarType("Datetime")
_YES_NO = GraphQLEnumType("YesNo", {"no": False, "yes": True})
_PAGE_INFO = GraphQLObjectType(
    "PageInfo",
    {
        "hasNextPage": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
        "endCursor": GraphQLField(GraphQLString),
        "hasPreviousPage": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
        "startCursor": GraphQLField(GraphQLString),
    },
)


@dataclass(frozen=True)
class GraphQLShape:
    """How this answer's values are written; the default is the contract's sample.

    ``renames`` is the JSON text of ``{"package.node": {"node": ..., "properties": {...}}}``;
    ``strange_member`` is a menu and the name that its values have in place of their own.
    """

    numbers: bool = False
    yes_no: bool = False
    trailing_blanks: bool = False
    without_lines: bool = False
    strange_member: tuple[int, str] = (0, "")
    renames: str = "{}"


@dataclass(frozen=True)
class Context:
    """What resolvers may use: the data of one endpoint, and the variants in force."""

    state: State
    endpoint: str
    views: Views
    shape: GraphQLShape = GraphQLShape()
    variants: tuple[Fault, ...] = ()

    def find(self, target: NodeType, reference: Reference, row: Row) -> Row | None:
        """Return the row referred to; what is not stored is known by its key alone."""
        values = [str(row.get(name) or "") for name in reference.columns]
        if not values[-1]:
            return None
        found = None
        if target.table:
            found = table(self.state, target.table, self.endpoint).get("~".join(values))
        return found or dict(zip(target.keys, values, strict=False))


class Connect(Protocol):
    """Answers one ``query`` of a node: edges and page information."""

    def __call__(self, info: GraphQLResolveInfo, node: str, arguments: dict[str, Any]) -> Row:
        """Return the connection as a dict."""


@lru_cache(maxsize=24)
def schema_for(shape: GraphQLShape, connect: Connect) -> GraphQLSchema:
    """Return the schema whose values have this shape; made once per shape."""
    return _Builder(shape, connect).schema()


def node_id(node: NodeType, row: Row) -> str:
    """Return ``_id``: the key's parts joined by ``|``."""
    return "|".join(str(row.get(name, "")) for name in node.keys)


def stamp_text(row: Row) -> str | None:
    """Return ``_updateStamp``: the change stamp with milliseconds, or None."""
    stamp = str(row.get("UPDDATTIM") or "")
    return stamp.replace("Z", ".000Z") if stamp else None


def shown_names(shape: GraphQLShape, node: str) -> dict[str, str]:
    """Return the own names of the renamed properties of a node by the names they show."""
    renamed = json.loads(shape.renames).get(node, {}).get("properties", {})
    return {shown: name for name, shown in renamed.items()}


class _Builder:
    """Makes the types of one shape; a type is made once, its fields when they are needed."""

    def __init__(self, shape: GraphQLShape, connect: Connect) -> None:
        self._shape = shape
        self._connect = connect
        self._renames: dict[str, Row] = json.loads(shape.renames)
        self._types: dict[str, GraphQLObjectType] = {}
        self._menus = {number: self._menu(number, names) for number, names in MENUS.items()}

    def schema(self) -> GraphQLSchema:
        packages: dict[str, dict[str, GraphQLField]] = {}
        for node in NODES:
            if node == LINE_NODE and self._shape.without_lines:
                continue
            package, _, name = node.partition(".")
            shown = self._renames.get(node, {}).get("node", name)
            packages.setdefault(package, {})[shown] = self._node(node)
        root = {name: self._package(name, fields) for name, fields in packages.items()}
        return GraphQLSchema(GraphQLObjectType("Query", root))

    def _package(self, name: str, fields: dict[str, GraphQLField]) -> GraphQLField:
        made = GraphQLObjectType(name[0].upper() + name[1:], fields)
        return GraphQLField(made, resolve=_empty)

    def _node(self, node: str) -> GraphQLField:
        connect = self._connect

        def resolve(_parent: Any, info: GraphQLResolveInfo, **arguments: Any) -> Row:
            return connect(info, node, arguments)

        name = NODES[node]
        arguments = {
            "first": GraphQLArgument(GraphQLInt),
            "after": GraphQLArgument(GraphQLString),
            "filter": GraphQLArgument(GraphQLString),
            "orderBy": GraphQLArgument(GraphQLString),
        }
        found = GraphQLField(GraphQLNonNull(self._connection(name)), arguments, resolve)
        queries = GraphQLObjectType(f"{name}Queries", {"query": found})
        return GraphQLField(queries, resolve=_empty)

    def _connection(self, name: str) -> GraphQLObjectType:
        edge = GraphQLObjectType(
            f"{name}Edge",
            {
                "cursor": GraphQLField(GraphQLNonNull(GraphQLString)),
                "node": GraphQLField(self._type(name)),
            },
        )
        return GraphQLObjectType(
            f"{name}Connection",
            {
                "edges": GraphQLField(GraphQLList(edge)),
                "pageInfo": GraphQLField(GraphQLNonNull(_PAGE_INFO)),
                "totalCount": GraphQLField(GraphQLInt),
            },
        )

    def _type(self, name: str) -> GraphQLObjectType:
        if name not in self._types:
            self._types[name] = GraphQLObjectType(name, lambda: self._fields(TYPES[name]))
        return self._types[name]

    def _fields(self, node: NodeType) -> dict[str, GraphQLField]:
        owner = next((path for path, name in NODES.items() if name == node.name), "")
        renamed = self._renames.get(owner, {}).get("properties", {})
        fields = {
            renamed.get(name, name): self._field(part) for name, part in node.properties.items()
        }
        fields["_id"] = GraphQLField(GraphQLString, resolve=lambda row, _info: node_id(node, row))
        fields["_updateStamp"] = GraphQLField(_STAMP, resolve=lambda row, _info: stamp_text(row))
        return fields

    def _field(self, part: Property) -> GraphQLField:
        if isinstance(part, Column):
            return self._column(part)
        if isinstance(part, Reference):
            target, reference = TYPES[part.target], part

            def refer(row: Row, info: GraphQLResolveInfo) -> Row | None:
                context: Context = info.context
                return context.find(target, reference, row)

            return GraphQLField(self._type(part.target), resolve=refer)
        return self._collection(part)

    def _collection(self, part: Collection) -> GraphQLField:
        def edges(row: Row, _info: GraphQLResolveInfo, first: int | None = None) -> Row:
            rows = part.rows(row)
            shown = rows if first is None else rows[: max(first, 0)]
            page = {"hasNextPage": len(shown) < len(rows), "hasPreviousPage": False}
            made = [{"cursor": f"[{place}]", "node": one} for place, one in enumerate(shown, 1)]
            return {"edges": made, "pageInfo": page, "totalCount": len(rows)}

        connection = GraphQLNonNull(self._connection(part.target))
        found = GraphQLField(connection, {"first": GraphQLArgument(GraphQLInt)}, edges)
        queries = GraphQLObjectType(f"{part.target}Queries", {"query": found})
        return GraphQLField(queries, resolve=lambda row, _info: row)

    def _menu(self, number: int, names: tuple[str, ...]) -> GraphQLEnumType:
        menu, strange = self._shape.strange_member
        shown = (*names, strange) if menu == number else names
        return GraphQLEnumType(f"Menu{number}", {name: name for name in shown})

    def _column(self, part: Column) -> GraphQLField:
        read = self._reader(part)
        name = part.name
        return GraphQLField(self._scalar(part), resolve=lambda row, _info: read(row.get(name)))

    def _scalar(self, part: Column) -> Any:
        if part.kind == "M":
            return self._menus[part.menu]
        if part.kind == "B":
            return _YES_NO if self._shape.yes_no else GraphQLBoolean
        return {"N": _DECIMAL, "Q": _DECIMAL, "I": GraphQLInt, "D": _DATE}.get(
            part.kind, GraphQLString
        )

    def _reader(self, part: Column) -> Callable[[Any], Any]:
        shape = self._shape
        match part.kind:
            case "C":
                blanks = "  " if shape.trailing_blanks else ""
                return lambda value: f"{value}{blanks}" if value else ""
            case "N" | "Q":
                write = _amount if part.kind == "N" else _quantity
                return (lambda value: Decimal(write(value))) if shape.numbers else write
            case "I":
                return lambda value: int(value or 0)
            case "B":
                return lambda value: None if not value else value == _YES
            case "D":
                return lambda value: str(value)[:10] if value else None
            case _:
                strange = shape.strange_member[1] if shape.strange_member[0] == part.menu else ""
                names = MENUS[part.menu]
                return lambda value: _member(value, names, strange)


def _empty(_parent: Any, _info: GraphQLResolveInfo) -> Row:
    return {}


def _amount(value: Any) -> str:
    return f"{Decimal(str(value or 0)):.2f}"


def _quantity(value: Any) -> str:
    return plain_number(str(value or 0))


def _member(value: Any, names: tuple[str, ...], strange: str) -> str | None:
    place = int(value or 0)
    if not 1 <= place <= len(names):
        return None
    return strange or names[place - 1]
