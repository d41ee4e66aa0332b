"""The OpenAPI file as a judge of answers: which are documented, and what must be in them."""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema
import yaml

from tests.sandbox.avid_site import CONTRACT, Reply

METHODS = ("get", "post", "put", "delete")
_UNNAMED = 405  # "Any other status ... 405 has the API's own shape"
_FAULTS = 500


@functools.cache
def document() -> Any:
    """Return the whole file."""
    return yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Operation:
    """One operation of the file."""

    name: str
    path: str
    method: str

    @property
    def node(self) -> Any:
        """What the file says about it."""
        return document()["paths"][self.path][self.method.lower()]

    def parameters(self) -> set[str]:
        """Return the names of its query parameters."""
        shared = document()["paths"][self.path].get("parameters", [])
        given = [_resolved(one) for one in [*shared, *self.node.get("parameters", [])]]
        return {one["name"] for one in given if one["in"] == "query"}


def operations() -> Iterator[Operation]:
    """Return every operation of the file."""
    for path, node in document()["paths"].items():
        for method in METHODS:
            if method in node:
                yield Operation(node[method]["operationId"], path, method.upper())


def _resolved(node: Any) -> Any:
    while "$ref" in node:
        found = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


@functools.cache
def _validator(text: str) -> jsonschema.Draft202012Validator:
    schema = {"allOf": [json.loads(text)], "components": document()["components"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def validator(schema: Any) -> jsonschema.Draft202012Validator:
    """Return a validator of a schema of the file, references included."""
    return _validator(json.dumps(schema, sort_keys=True))


def response_of(operation: Operation, status: int) -> Any:
    """Return what the file says about answers of this status, the default included.

    Raises:
        AssertionError: The status is not documented: only 405 and faults may be the default.
    """
    responses = operation.node["responses"]
    if str(status) in responses:
        return _resolved(responses[str(status)])
    assert status == _UNNAMED or status >= _FAULTS, f"{operation.name} answered {status}"
    return _resolved(responses["default"])


def schema_of(operation: Operation, reply: Reply) -> Any:
    """Return the schema of an answer's body; its media type must be documented."""
    content = response_of(operation, reply.status)["content"]
    kind = reply.headers["content-type"].partition(";")[0]
    assert kind in content, f"{operation.name} answered {kind}"
    return content[kind]["schema"]


def judge(operation: Operation, reply: Reply) -> None:
    """Check status, media type, body and member names of an answer.

    Raises:
        AssertionError, jsonschema.ValidationError: The answer is not what the file says.
    """
    schema = schema_of(operation, reply)
    body = json.loads(reply.content)
    validator(schema).validate(body)
    strange = names_in(body) - known_names()
    assert not strange, f"{operation.name} answered members nobody knows: {sorted(strange)}"


def names_in(body: Any) -> set[str]:
    """Return every member name in a body."""
    if isinstance(body, dict):
        inner: set[str] = set().union(*map(names_in, body.values()))
        return set(body) | inner
    if isinstance(body, list):
        return set().union(*map(names_in, body))
    return set()


@functools.cache
def known_names() -> frozenset[str]:
    """Return every member name that some schema of the file describes."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict):
                found.update(node["properties"])
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(document()["components"]["schemas"])
    return frozenset(found)


def required_paths(schema: Any, body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the paths of all members of a body that the schema demands."""
    schema = _resolved(schema)
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "anyOf" not in schema or validator(part).is_valid(body):
            yield from required_paths(part, body, path)
    if isinstance(body, dict):
        yield from ((*path, name) for name in schema.get("required", ()) if name in body)
        for name, inner in schema.get("properties", {}).items():
            if name in body:
                yield from required_paths(inner, body[name], (*path, name))
    elif isinstance(body, list) and "items" in schema:
        for position, inner in enumerate(body):
            yield from required_paths(schema["items"], inner, (*path, position))
