"""What one server's GraphQL offers, read from its introspection (sage-x3.md 10.15); pure.

What the answer does not tell, because a type is wrapped deeper than it describes, counts as there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.words import area
from core.x3.fields import Path

say = area(__name__)

_COMPOSED = frozenset({"OBJECT", "INTERFACE", "UNION"})
_WRAPPERS = frozenset({"NON_NULL", "LIST"})

# (name, kind) of a field's type without its wrappers; None where the answer does not tell it.
_Named = tuple[str, str] | None


class Schema:
    """Types and fields of a server; immutable.

    Raises:
        ValueError: the answer is no introspection.
    """

    def __init__(self, data: Any) -> None:
        try:
            told = data["__schema"]
            self._root = str(told["queryType"]["name"])
            self._types = {kind["name"]: _fields(kind) for kind in told["types"]}
        except (KeyError, TypeError):
            raise ValueError(say("it_is_no_introspection")) from None
        if self._root not in self._types:
            raise ValueError(say("it_does_not_tell_what_can_be"))

    def has_node(self, node: str) -> bool:
        """Whether a node `package.node` can be asked for."""
        return self._follow(self._root, [*node.split("."), "query"]) is not _ABSENT

    def missing(self, node: str, paths: Iterable[Path]) -> tuple[Path, ...]:
        """The paths that the node lacks, or that do not lead to a value."""
        listed = [*node.split("."), "query", "edges", "node"]
        start = self._follow(self._root, listed)
        if not isinstance(start, str):
            return ()
        return tuple(path for path in paths if path.steps and not self._has(start, path))

    def _has(self, start: str, path: Path) -> bool:
        names = []
        for name, index in path.steps:
            names += [name] if index is None else [name, "query", "edges", "node"]
        end = self._follow(start, names)
        return end is None or end == ""

    def _follow(self, start: str, names: Iterable[str]) -> Any:
        """The type at the end: its name, "" for a value, None where untold, or `_ABSENT`."""
        at: str | None = start
        for name in names:
            fields = self._types.get(at) if at else {}
            if at is None or fields is None:
                return None
            if name not in fields:
                return _ABSENT
            named = fields[name]
            if named is None:
                return None
            at = named[0] if named[1] in _COMPOSED else ""
        return at


_ABSENT = object()


def _fields(kind: Mapping[str, Any]) -> dict[str, _Named]:
    """Names of a type's fields with what they lead to; empty for a type without fields."""
    return {str(field["name"]): _named(field.get("type")) for field in kind.get("fields") or ()}


def _named(told: Any) -> _Named:
    while isinstance(told, Mapping):
        if told.get("kind") not in _WRAPPERS:
            return (str(told["name"]), str(told.get("kind"))) if told.get("name") else None
        told = told.get("ofType")
    return None
