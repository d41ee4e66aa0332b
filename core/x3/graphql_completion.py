"""What api1 knows of a record and its GraphQL node does not: read by key and put in.

Which members those are follows from the profile alone (sage-x3.md 2.2, 6.2): every field of the
api1 entity that the node has no path for. A member that api1 does not give stays unknown.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.errors import ConfigError
from core.x3.answers import FORBIDDEN, OK, SERVER_ERROR
from core.x3.api1 import Api1Reader
from core.x3.fields import Field
from core.x3.profile import Entity, Profile
from core.x3.rows import Members, key_of
from core.x3.values import Unclear

# How X3 says that it has no such class, or not for this user (sage-x3.md 3.4). 404 is the endpoint.
_REFUSALS = frozenset({OK, 400, FORBIDDEN, SERVER_ERROR})

_log = logging.getLogger(__name__)


def lacking(profile: Profile, entity: str) -> tuple[Field, ...]:
    """The api1 fields that an entity's node has no path for, none of them required here.

    Empty for an entity without a node, and for one whose key has several parts.
    """
    node, shape = profile.graphql.get(entity), profile.entity[entity]
    if node is None or not node.node or key_field(shape) is None:
        return ()
    known = {field.name: bool(field.path.steps) for field in node.fields}
    return tuple(
        dataclasses.replace(field, is_required=False)
        for field in shape.fields
        if field.name not in known or (not known[field.name] and field.path.steps)
    )


def key_field(shape: Entity) -> Field | None:
    """The field that holds the key; None when the key has several parts, or no field holds it."""
    if len(shape.key) != 1:
        return None
    steps = ((shape.key[0], None),)
    return next((field for field in shape.fields if field.path.steps == steps), None)


class Completion:
    """Completes documents read by GraphQL; may be used from any number of threads."""

    def __init__(self, profile: Profile, api1: Api1Reader) -> None:
        self._profile = profile
        self._api1 = api1
        self._members = Members(profile)
        self._lock = threading.Lock()
        self._answered: set[str] = set()
        self._refused: set[str] = set()

    def completed(self, entity: str, rows: Sequence[Any]) -> tuple[list[Any], list[str]]:
        """The documents in their order, and why those that are left out cannot be read.

        What api1 does not show any more, and everything where it refuses the class, stays as it
        is. Nothing is asked where the node lacks nothing.

        Raises:
            AppError: as a read of api1; also a class refused that has answered before, because
                what was known would be taken for unknown.
        """
        fields = lacking(self._profile, entity)
        key = key_field(self._profile.entity[entity])
        if not fields or key is None or not rows:
            return list(rows), []
        constant = self._members.of({}, [field for field in fields if not field.path.steps])
        asked = [field for field in fields if field.path.steps]
        found = self._found(entity, asked, [getattr(row, key.name) for row in rows])
        whole: list[Any] = []
        unreadable: list[str] = []
        for row in rows:
            shown = found.get(str(getattr(row, key.name)))
            try:
                members = self._members.of(shown, asked) if shown is not None else {}
            except Unclear as cause:
                unreadable.append(f"{entity} {row.key}: {cause}")
                continue
            whole.append(dataclasses.replace(row, **constant, **members))
        return whole, unreadable

    def _found(self, entity: str, asked: Sequence[Field], keys: Sequence[Any]) -> Mapping[str, Any]:
        """The rows of api1 by key; empty where it refuses the class."""
        if not asked:
            return {}
        shape = self._profile.entity[entity]
        try:
            rows = self._asked_twice(entity, shape.key[0], keys)
            found = {key_of(shape, row)[0]: row for row in rows if isinstance(row, dict)}
        except ConfigError as error:
            if not self._is_final(entity, error):
                raise
            self._note_refusal(entity, asked, error)
            return {}
        with self._lock:
            self._answered.add(entity)
            self._refused.discard(entity)
        return found

    def _asked_twice(self, entity: str, name: str, keys: Sequence[Any]) -> Sequence[Any]:
        """The rows; a class is not taken for missing because of one bad moment of the server."""
        try:
            return list(self._api1.raw_by_keys(entity, name, keys))
        except ConfigError as error:
            if error.status == FORBIDDEN or entity in self._refused or not is_refusal(error):
                raise
        return list(self._api1.raw_by_keys(entity, name, keys))

    def _is_final(self, entity: str, error: ConfigError) -> bool:
        """Whether X3 does not give the class at all; one given before may have a bad moment."""
        if error.status == FORBIDDEN:
            return True
        with self._lock:
            return is_refusal(error) and entity not in self._answered

    def _note_refusal(self, entity: str, asked: Iterable[Field], error: ConfigError) -> None:
        """Say it once, until the class has answered again."""
        with self._lock:
            is_known = entity in self._refused
            self._refused.add(entity)
        if not is_known:
            names = ", ".join(field.name for field in asked)
            _log.warning("x3 api1 does not give %s, unknown stay: %s. %s", entity, names, error.why)


def is_refusal(error: ConfigError) -> bool:
    """Whether X3 refuses the class or the profile's names of it, rather than the address."""
    return error.status in _REFUSALS
