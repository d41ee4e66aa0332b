"""The questions of GraphQL reading: documents, filters and orders (sage-x3.md 6.1 - 6.3); pure.

Nothing here knows a server; which paths one has is found by `core.x3.graphql_schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from core.x3.fields import Path
from core.x3.profile import GraphNode, Profile

OPERATION = "Crossfoot"
ID, STAMP = "_id", "_updateStamp"
_VARIABLES = "$first: Int, $after: String, $filter: String, $orderBy: String"
_ARGUMENTS = "first: $first, after: $after, filter: $filter, orderBy: $orderBy"
_INTROSPECTION = (
    "__schema { queryType { name } types { name fields { name type { name kind "
    "ofType { name kind ofType { name kind } } } } } }"
)


def introspection() -> str:
    """The document that asks for types and fields (sage-x3.md 10.15)."""
    return f"query {OPERATION} {{ {_INTROSPECTION} }}"


def document(node: str, paths: Iterable[Path]) -> str:
    """The one document of a node `package.node`, which selects these paths."""
    package, _, name = node.partition(".")
    return (
        f"query {OPERATION}({_VARIABLES}) {{ {package} {{ {name} {{ query({_ARGUMENTS}) {{ "
        f"edges {{ cursor node {{ {selection(paths)} }} }} pageInfo {{ hasNextPage endCursor }} "
        "} } } }"
    )


def selection(paths: Iterable[Path]) -> str:
    """The paths in order with equal prefixes merged, then `_id _updateStamp`."""
    tree: dict[tuple[str, bool], Any] = {}
    for path in paths:
        branch = tree
        for name, index in path.steps:
            branch = branch.setdefault((name, index is not None), {})
    return " ".join([_written(tree), ID, STAMP]).strip()


def _written(tree: Mapping[tuple[str, bool], Any]) -> str:
    parts = []
    for (name, is_collection), branch in tree.items():
        inner = _written(branch)
        if is_collection:
            inner = f"query {{ edges {{ node {{ {inner} }} }} }}"
        parts.append(f"{name} {{ {inner} }}" if inner else name)
    return " ".join(parts)


def paths_of(shape: GraphNode) -> tuple[Path, ...]:
    """Every path that an entity reads, in the order of the profile."""
    return (
        *(field.path for field in shape.fields),
        *shape.dimension_types,
        *shape.dimension_values,
    )


class Filters:
    """Writes the filters of one profile and one setting of companies and start date."""

    def __init__(self, profile: Profile, companies: Sequence[str], start_date: date) -> None:
        self._profile = profile
        self._companies = tuple(companies)
        self._start_date = start_date

    def walk(self, entity: str, since: datetime | None) -> str:
        """What is read of an entity: all that is in scope, or what changed at `since` or later."""
        shape = self._profile.graphql[entity]
        parts = self._scope(entity, is_first=since is None)
        closed = shape.field("closed")
        if entity == "open_item" and since is None and closed and closed.kind == "i":
            parts.append(_nested(closed.path, _among([1])))
        if since is not None and self._profile.entity[entity].change_kind != "none":
            parts.append(f"{STAMP}:{{_gte:{literal(instant(since))}}}")
        return _object(parts)

    def among(self, entity: str, path: Path, wanted: Sequence[str] | Sequence[int]) -> str:
        """What is in scope and has one of these values at a path."""
        return _object([*self._scope(entity, is_first=False), _nested(path, _among(wanted))])

    def order(self, entity: str) -> str:
        """`orderBy`: by change stamp, or only by id where an entity is read whole."""
        is_whole = self._profile.entity[entity].change_kind == "none"
        return f"{{{ID}:1}}" if is_whole else f"{{{STAMP}:1,{ID}:1}}"

    def _scope(self, entity: str, *, is_first: bool) -> list[str]:
        shape = self._profile.graphql[entity]
        parts = [shape.filter] if shape.filter else []
        if shape.company and self._companies:
            parts.append(f"{shape.company}:{{code:{_among(self._companies)}}}")
        if shape.start_date and (entity == "invoice" or is_first):
            parts.append(f"{shape.start_date}:{{_gte:{literal(self._start_date.isoformat())}}}")
        return parts


def _object(parts: Sequence[str]) -> str:
    """All of the parts at once; empty when there are none."""
    return f"{{{','.join(parts)}}}" if parts else ""


def _nested(path: Path, condition: str) -> str:
    """A condition on a path: `a:{b:{…}}`."""
    names = [name for name, _ in path.steps]
    return "".join(f"{name}:{{" for name in names[:-1]) + (
        f"{names[-1]}:{condition}" + "}" * (len(names) - 1)
    )


def _among(wanted: Iterable[str | int]) -> str:
    return f"{{_in:[{','.join(literal(value) for value in wanted)}]}}"


def literal(value: str | int) -> str:
    """A value as it stands in a filter (sage-x3.md 6.3)."""
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def instant(at: datetime) -> str:
    """A stamp in GMT with milliseconds, rounded down."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
