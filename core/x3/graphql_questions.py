"""Asks one server's GraphQL for pages of an entity, in the terms that this server has.

Paths that a profile may be without, and that the server does not know, are left out once the
server's schema was read; it is read when a question first failed for it, and by set-up.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import ConfigError, RemoteRefused, Unreadable
from core.words import area
from core.x3.fields import Path
from core.x3.graphql_answers import UnknownField
from core.x3.graphql_documents import document, introspection, paths_of
from core.x3.graphql_schema import Schema
from core.x3.transport import Answer, Wire
from core.x3.walk import pages_error

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Nodes:
    """One page: its nodes, and the cursor after which the next begins; empty after the last."""

    rows: tuple[Any, ...]
    after: str
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an entity beside its selection; its text survives a restart."""

    filter: str
    order: str
    after: str = ""

    @classmethod
    def parse(cls, text: str) -> Question:
        """The question of a `text`; raises Unreadable when it is none."""
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
            raise pages_error(say("the_saved_place_cannot_be_read"))
        try:
            return cls(*found)
        except TypeError:
            raise pages_error(say("the_saved_place_cannot_be_read")) from None

    @property
    def text(self) -> str:
        """What `parse` takes."""
        return json.dumps([self.filter, self.order, self.after], separators=(",", ":"))


class Questions:
    """Asks for pages; may be used from any number of threads.

    Every call may raise the errors of `GraphGate.json_object` and `Transport.exchange`.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._schema: Schema | None = None

    def page(self, entity: str, question: Question, *, first: int | None = None) -> Nodes:
        """One page of at most `first` nodes; the size of the settings without it."""
        node = self._wire.profile.graphql[entity].node
        variables: dict[str, Any] = {
            "first": first or self._wire.connection.page_size,
            "orderBy": question.order,
        }
        if question.filter:
            variables["filter"] = question.filter
        if question.after:
            variables["after"] = question.after
        schema = self._schema
        try:
            answer = self._wire.ask(document(node, self._paths(entity, schema)), variables, node)
        except UnknownField as error:
            if schema is not None:
                raise
            document_now = self._without_unknown(entity, error)
            answer = self._wire.ask(document_now, variables, node)
        return _nodes(answer, node)

    def schema(self, *, is_fresh: bool = False) -> Schema | None:
        """What this server offers; None when it does not tell it.

        Raises:
            AppError: X3 cannot be reached or does not let us in.
        """
        with self._lock:
            if self._schema is None or is_fresh:
                self._schema = self._read_schema()
            return self._schema

    def _read_schema(self) -> Schema | None:
        try:
            return Schema(self._wire.ask(introspection(), {}, "__schema").table.get("data"))
        except (ConfigError, RemoteRefused, Unreadable, ValueError):
            return None  # a server may refuse introspection: its answers tell instead

    def _without_unknown(self, entity: str, error: UnknownField) -> str:
        """The document without what the server does not know, if the profile can be without it.

        Raises:
            UnknownField: it cannot, or the server does not tell.
            AppError: the server could not be asked.
        """
        schema = self.schema()
        shape = self._wire.profile.graphql[entity]
        if schema is None or not schema.has_node(shape.node):
            raise error
        known = self._paths(entity, schema)
        if len(known) == len(paths_of(shape)) or schema.missing(shape.node, known):
            raise error
        return document(shape.node, known)

    def _paths(self, entity: str, schema: Schema | None) -> tuple[Path, ...]:
        """What is selected: everything that is required, and what else the server has."""
        shape = self._wire.profile.graphql[entity]
        every = paths_of(shape)
        if schema is None:
            return every
        needed = {field.path for field in shape.fields if field.is_required}
        lacking = set(schema.missing(shape.node, every)) - needed
        return tuple(path for path in every if path not in lacking)


def _nodes(answer: Answer, node: str) -> Nodes:
    """The page of an answer; raises Unreadable when there is none in it."""
    found: Any = answer.table.get("data")
    for name in [*node.split("."), "query"]:
        found = found.get(name) if isinstance(found, dict) else None
    edges = found.get("edges") if isinstance(found, dict) else None
    told = found.get("pageInfo") if isinstance(found, dict) else None
    if not isinstance(edges, list) or not isinstance(told, dict):
        raise pages_error(say("the_answer_holds_no_page_of", node=node))
    if not all(isinstance(edge, dict) for edge in edges):
        raise pages_error(say("an_edge_of_is_no_object", node=node))
    has_next, after = told.get("hasNextPage"), told.get("endCursor")
    if not isinstance(has_next, bool):
        raise pages_error(say("the_page_does_not_tell_whether_there"))
    if has_next and not (isinstance(after, str) and after):
        raise pages_error(say("there_are_more_pages_and_no_cursor"))
    rows = tuple(edge.get("node") for edge in edges)
    return Nodes(rows, str(after) if has_next else "", answer.reply.server_time)
