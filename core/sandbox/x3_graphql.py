"""The simulated ``/xtrem/api``: documents read, checked and answered (wire contract, section 6).

Sign-in has been checked before. The schema is ``x3_graphql_schema``; a page of rows is made by
``x3_graphql_rows``.
"""

import json
import threading
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    parse,
    validate,
)

from core.sandbox.faults import Fault, Faults, Request, Response
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import MAIN_ENDPOINT
from core.sandbox.x3_graphql_rows import connect
from core.sandbox.x3_graphql_schema import Context, GraphQLShape, schema_for
from core.sandbox.x3_pages import Views
from core.sandbox.x3_wire import in_french, text_json, variants_of, with_noise

PATH = "/xtrem/api"
HEADER = "x-xtrem-endpoint"
LONGEST_BODY = 200_000
MOST_TOKENS = 6_000
DEEPEST = 20
MOST_FIELDS = 2_000
MOST_NODES = 20
_JSON = {"content-type": "application/json; charset=utf-8"}
_NODE_DEPTH = 2
_views_of: "weakref.WeakKeyDictionary[State, Views]" = weakref.WeakKeyDictionary()
_views_lock = threading.Lock()


class _Unreadable(Exception):
    """The request cannot be taken at all; the text is the message of a 400."""


@dataclass(frozen=True)
class _Document:
    """A request body that was read."""

    text: str
    operation: str | None
    variables: dict[str, Any]


def operation_of(request: Request) -> str:
    """Return ``introspection`` for a document that asks for the schema, else ``graphql``."""
    return "introspection" if b"__schema" in request.body else "graphql"


def handle(state: State, faults: Faults, request: Request) -> Response:
    """Answer one request; its sign-in has been checked."""
    with state.lock:
        variants = variants_of(state, faults, operation_of(request))
        kinds = {one.kind for one in variants}
        try:
            response = _answered(state, request, variants)
        except _Unreadable as error:
            response = _refused(400, str(error))
        if "french" in kinds and b'"errors":' in response.body:
            response = Response(
                response.status, response.headers, in_french(response.body.decode()).encode()
            )
    return with_noise(response, variants)


def _answered(state: State, request: Request, variants: list[Fault]) -> Response:
    if request.path != PATH:
        return _refused(404, f"Not found: {request.path}")
    if request.method != "POST":
        return _refused(405, "Only POST is allowed")
    endpoint = _endpoint(state, request)
    document = _document(request)
    shape = shape_of(state, variants)
    schema = schema_for(shape, connect)
    kinds = {one.kind for one in variants}
    tree, errors = _checked(schema, document.text)
    if tree is None or errors:
        status = 400 if tree is None or "validation_is_400" in kinds else 200
        return _errors(status, errors)
    if "no_introspection" in kinds and operation_of(request) == "introspection":
        return _errors(200, [GraphQLError("GraphQL introspection is not allowed")])
    context = Context(state, endpoint, _views(state), shape, tuple(variants))
    result = execute_sync(
        schema,
        tree,
        context_value=context,
        variable_values=document.variables,
        operation_name=document.operation,
    )
    body: Row = {"data": result.data}
    if result.errors:
        body["errors"] = [_error(one) for one in result.errors]
    return Response(200, _JSON, _bytes(body))


def shape_of(state: State, variants: Iterable[Fault]) -> GraphQLShape:
    """Return the shape that the variants in force and the site's renames ask for."""
    by_kind = {one.kind: one.args for one in variants}
    strange = by_kind.get("strange_member")
    renames = state.get_value("x3.graphql_renames", {})
    return GraphQLShape(
        numbers="decimals_as_numbers" in by_kind,
        yes_no="yes_no_names" in by_kind,
        trailing_blanks="trailing_blanks" in by_kind,
        without_lines="no_line_node" in by_kind,
        strange_member=(0, "")
        if strange is None
        else (int(strange.get("menu", 510)), str(strange.get("name", "underReview"))),
        renames=json.dumps(renames, sort_keys=True),
    )


def _endpoint(state: State, request: Request) -> str:
    endpoint = request.headers.get(HEADER, "")
    if not endpoint:
        raise _Unreadable(f"Missing header: {HEADER}")
    if endpoint not in state.get_value("x3.endpoints", [MAIN_ENDPOINT]):
        raise _Unreadable(f"Endpoint not found: {endpoint}")
    return endpoint


def _document(request: Request) -> _Document:
    if len(request.body) > LONGEST_BODY:
        raise _Unreadable(f"The request is longer than {LONGEST_BODY} bytes")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise _Unreadable("The request is not JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise _Unreadable("The request holds no query")
    variables, operation = body.get("variables"), body.get("operationName")
    if not isinstance(variables, dict | None) or not isinstance(operation, str | None):
        raise _Unreadable("variables must be an object and operationName a text")
    return _Document(body["query"], operation, variables or {})


@lru_cache(maxsize=128)
def _checked(
    schema: GraphQLSchema, text: str
) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """Return the document and what is wrong with it; no document when it cannot be read."""
    try:
        tree = parse(text, max_tokens=MOST_TOKENS)
        found = tuple(validate(schema, tree, max_errors=20))
    except GraphQLSyntaxError as error:
        return None, (error,)
    except RecursionError:
        return None, (GraphQLError("The document is nested too deeply"),)
    return tree, found or _out_of_bounds(tree)


def _out_of_bounds(tree: DocumentNode) -> tuple[GraphQLError, ...]:
    """Return the error of a valid document that asks for too much, or nothing."""
    fragments = {
        one.name.value: one.selection_set
        for one in tree.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    fields = nodes = 0
    waiting: list[tuple[SelectionSetNode, int]] = [
        (one.selection_set, 1)
        for one in tree.definitions
        if isinstance(one, OperationDefinitionNode)
    ]
    while waiting:
        selected, depth = waiting.pop()
        for one in selected.selections:
            fields += 1
            nodes += isinstance(one, FieldNode) and depth == _NODE_DEPTH
            inner = fragments.get(one.name.value) if isinstance(one, FragmentSpreadNode) else None
            inner = inner or getattr(one, "selection_set", None)
            if inner is not None:
                waiting.append((inner, depth + isinstance(one, FieldNode)))
        if depth > DEEPEST or fields > MOST_FIELDS or nodes > MOST_NODES:
            return (GraphQLError("The document asks for too much"),)
    return ()


def _views(state: State) -> Views:
    with _views_lock:
        if state not in _views_of:
            _views_of[state] = Views()
        return _views_of[state]


def _error(error: GraphQLError) -> Row:
    shown: Row = dict(error.formatted)
    code = "business-rule-error" if error.path else "graphql-error"
    diagnosis = {"severity": 4, "path": [], "message": error.message}
    shown["extensions"] = {"code": code, "diagnoses": [diagnosis], **(error.extensions or {})}
    return shown


def _errors(status: int, errors: Iterable[GraphQLError]) -> Response:
    body = {"errors": [_error(one) for one in errors]}
    return Response(status, _JSON, _bytes(body))


def _refused(status: int, message: str) -> Response:
    return _errors(status, [GraphQLError(message)])


def _bytes(body: Row) -> bytes:
    # What a client sent may come back in a message, half of a surrogate pair included.
    return _written(body).encode("utf-8", "replace")


def _written(value: Any) -> str:
    """Return JSON text in which a Decimal keeps every digit."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return text_json(value)
        case Decimal():
            return f"{value:f}"
        case dict():
            parts = (f"{text_json(str(name))}:{_written(one)}" for name, one in value.items())
            return "{" + ",".join(parts) + "}"
        case list() | tuple():
            return "[" + ",".join(_written(one) for one in value) + "]"
        case _:
            return str(value)
