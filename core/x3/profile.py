"""The profile of one site's X3: names, paths, times and texts, checked and frozen.

`load` gives a `Profile` that client and engine read; it is never changed. Nothing here knows a
server: whether a property exists there is checked at set-up (`core.x3.setup`).
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    model_validator,
)
from pydantic import (
    Field as Key,
)

from core.domain.documents import ENTITIES, ErpPaymentLine, InvoiceLine
from core.errors import ConfigError
from core.words import area
from core.x3.fields import Field, merge_entries, parse_fields, parse_path
from core.x3.fields import Path as FieldPath

say = area(__name__)

Seconds = Annotated[float, Key(ge=0)]
Delays = Annotated[tuple[Seconds, ...], Key(min_length=1)]
Count = Annotated[int, Key(ge=1)]

_FIELD_LISTS = frozenset({"fields", "details_fields", "line_fields"})
_ROW_KINDS: dict[str, Any] = {**ENTITIES, "invoice_line": InvoiceLine}
# Names a row has beside those of its dataclass: the key of bulk lines.
_EXTRA_NAMES = {"invoice_line": {"invoice"}}


def _as_paths(value: Any) -> Any:
    return tuple(parse_path(text) for text in value) if isinstance(value, list) else value


def _as_fields(value: Any) -> Any:
    return parse_fields(value) if isinstance(value, list) else value


def _as_zone(value: Any) -> Any:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError):
        raise ValueError(say("is_no_time_zone")) from None


Fields = Annotated[tuple[Field, ...], BeforeValidator(_as_fields)]
Paths = Annotated[tuple[FieldPath, ...], BeforeValidator(_as_paths)]


class _Section(BaseModel):
    """A table of the file: unknown keys are refused, values are never shown in an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class Format(_Section):
    """How conditions are written and dates are read."""

    where_datetime: str
    where_date: str
    where_in: bool
    order_by: Literal[",", ";"]
    time_zone: Annotated[ZoneInfo, BeforeValidator(_as_zone)]
    empty_dates: frozenset[str]


class Limits(_Section):
    """Widths, sizes and time-outs (seconds)."""

    reads: Count
    writes: Annotated[int, Key(ge=1, le=2)]
    keys_per_request: Count
    lookup_size: Count
    max_pages: Count
    read_timeout_s: Annotated[float, Key(gt=0)]
    write_timeout_s: Annotated[float, Key(gt=0)]
    connect_timeout_s: Annotated[float, Key(gt=0)]


class Times(_Section):
    """Delays in seconds (sage-x3.md 10.16)."""

    read_retry_s: Delays
    busy_read_s: Delays
    busy_write_s: Delays
    approval_reread_s: Seconds
    payment_lookup_s: Delays
    silence_s: Seconds
    breaker_s: Delays


class Meaning(_Section):
    """What values of this site mean."""

    credit_kinds: tuple[int, ...]
    skip_kinds: tuple[int, ...]
    open_item_link: Literal["document", "accnum"]
    charges_account: str
    countries: Mapping[str, str]


class Messages(_Section):
    """Parts of message texts by class, in the order in which the classes are tried."""

    busy: tuple[str, ...]
    missing: tuple[str, ...]
    inactive: tuple[str, ...]
    period: tuple[str, ...]
    setup: tuple[str, ...]

    def classify(self, text: str) -> str:
        """The class of a message text; `other` when no part is in it."""
        folded = text.casefold()
        for name in ("busy", "missing", "inactive", "period", "setup"):
            if any(part and part.casefold() in folded for part in getattr(self, name)):
                return name
        return "other"


class Entity(_Section):
    """How one entity is read; `cls` is the X3 class, `change` its stamp property."""

    cls: str = Key(alias="class", min_length=1)
    representation: str
    key: Annotated[tuple[str, ...], Key(min_length=1)]
    change: str
    change_kind: Literal["datetime", "date", "none"]
    company: str
    where: str
    details: Literal["always", "on_demand", "never"]
    lines: Literal["details", "bulk", "none"] = "none"
    children: Mapping[Literal["addresses", "lines"], str] = Key(default_factory=dict)
    fields: Fields
    details_fields: Fields = ()
    line_fields: Fields = ()
    dimension_types: Paths = ()
    dimension_values: Paths = ()

    @model_validator(mode="before")
    @classmethod
    def _named_by_class(cls, table: Any) -> Any:
        """Take the class for the representation where none is named."""
        if isinstance(table, dict) and not table.get("representation"):
            return {**table, "representation": table.get("class", "")}
        return table

    def field(self, name: str) -> Field | None:
        """The field of that name, None when the site has none."""
        every = (*self.fields, *self.details_fields)
        return next((field for field in every if field.name == name), None)


class GraphNode(_Section):
    """How one entity is read by GraphQL; an empty node means by api1."""

    node: Annotated[str, Key(pattern=r"^([A-Za-z_]\w*\.[A-Za-z_]\w*)?$")]
    company: str = ""
    start_date: str = ""
    filter: str = ""
    fields: Fields = ()
    dimension_types: Paths = ()
    dimension_values: Paths = ()

    @model_validator(mode="after")
    def _can_be_selected(self) -> GraphNode:
        """Refuse paths that no single selection can hold."""
        fields = (field.path for field in self.fields)
        every = [path.steps for path in (*fields, *self.dimension_types, *self.dimension_values)]
        leaves = {_selected(steps) for steps in every if steps}
        inner = {_selected(steps[:size]) for steps in every for size in range(1, len(steps))}
        for names in sorted(leaves & inner):
            raise ValueError(say("is_a_value_of_one_path_and", names=".".join(names)))
        return self

    def field(self, name: str) -> Field | None:
        """The field of that name, None when the site has none."""
        return next((field for field in self.fields if field.name == name), None)


def _selected(steps: tuple[tuple[str, int | None], ...]) -> tuple[str, ...]:
    return tuple(name for name, _ in steps)


class _Group(_Section):
    group: Annotated[str, Key(min_length=1)]


class SoapPayment(_Section):
    """What the payment publication of this site wants."""

    attribute: str
    send_due_line: bool
    send_check_number: bool
    send_description: bool
    lookup: Literal["soap", "read"]


class Soap(_Section):
    """Path, request options and screen groups of the SOAP service."""

    path: Annotated[str, Key(pattern="^/")]
    request_config: str
    invoice: _Group
    open_item: _Group
    payment: SoapPayment


class OAuth2(_Section):
    """What the gateway's sign-in needs beside the settings."""

    scope: str
    customer: str
    body: Literal["json", "form"]


class Profile(_Section):
    """The whole profile of a site."""

    profile_version: Literal[1]
    name: str
    format: Format
    limits: Limits
    times: Times
    messages: Messages
    meaning: Meaning
    entity: Mapping[str, Entity]
    soap: Soap
    oauth2: OAuth2
    graphql: Mapping[str, GraphNode]

    @model_validator(mode="after")
    def _names_are_known(self) -> Profile:
        """Refuse entities and fields that nothing would read."""
        for name, entity in self.entity.items():
            known = _known_names(name)
            _check_names(f"entity.{name}", (*entity.fields, *entity.details_fields), known)
            _check_needed(f"entity.{name}", name, entity.fields)
            lines = {field.name for field in dataclasses.fields(ErpPaymentLine)}
            _check_names(f"entity.{name}.line_fields", entity.line_fields, lines)
            if any(len(f.path.steps) > 1 for f in (*entity.fields, *entity.details_fields)):
                raise ValueError(say("entity_has_a_dotted_path", name=name))
        for name, node in self.graphql.items():
            _check_names(f"graphql.{name}", node.fields, _known_names(name))
            if node.node:
                _check_needed(f"graphql.{name}", name, node.fields)
        missing = set(_ROW_KINDS) - set(self.entity)
        if missing:
            raise ValueError(say("entity_is_missing", min=min(missing)))
        _check_links(self)
        return self


def _known_names(entity: str) -> set[str]:
    kind = _ROW_KINDS.get(entity)
    if kind is None:
        raise ValueError(say("entity_is_not_known", entity=entity))
    names = {field.name for field in dataclasses.fields(kind)}
    return names | _EXTRA_NAMES.get(entity, set())


def _check_names(where: str, fields: tuple[Field, ...], known: set[str]) -> None:
    for field in fields:
        if field.name not in known:
            raise ValueError(say("field_is_not_known", where=where, name=field.name))


def _check_needed(where: str, entity: str, fields: tuple[Field, ...]) -> None:
    """Refuse a profile that takes away what a document cannot be without."""
    present = {field.name for field in fields}
    needed = set() if where.startswith("entity.") else set(_EXTRA_NAMES.get(entity, ()))
    for field in dataclasses.fields(_ROW_KINDS[entity]):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            needed.add(field.name)
    for name in sorted(needed - present):
        raise ValueError(say("field_is_missing", where=where, name=name))


def _check_links(profile: Profile) -> None:
    """Refuse links to invoices by a field that either side does not have."""
    is_bulk = profile.entity["invoice"].lines == "bulk"
    if is_bulk and not profile.entity["invoice_line"].field("invoice"):
        raise ValueError(say("entity_invoice_lines_bulk_needs_the"))
    if profile.meaning.open_item_link == "document":
        return
    for name in ("invoice", "open_item"):
        node = profile.graphql.get(name)
        shapes: list[Entity | GraphNode] = [profile.entity[name]]
        shapes += [node] if node is not None and node.node else []
        if not all(shape.field("posting_number") for shape in shapes):
            raise ValueError(say("meaning_open_item_link_accnum_needs_the", name=name))


def load(default: Path, overlay: Path | None = None) -> Profile:
    """The shipped profile with a site's file laid over it.

    Raises:
        ConfigError: CFG-01 naming the key: a file cannot be read, or a key is unknown or wrong.
    """
    table = _read(default)
    place = str(default)
    if overlay is not None:
        table, place = _merged(table, _read(overlay)), str(overlay)
    defaults = table.pop("entity_defaults", {})
    entities = table.get("entity")
    if isinstance(defaults, dict) and isinstance(entities, dict):
        table["entity"] = {
            name: {**defaults, **entity} if isinstance(entity, dict) else entity
            for name, entity in entities.items()
        }
    try:
        return Profile.model_validate(table)
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        why = f"{place}: {key + ': ' if key else ''}{first['msg']}."
        raise ConfigError("CFG-01", why, "x3") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as cause:
        raise ConfigError("CFG-01", say("cannot_be_read", path=path, cause=cause), "x3") from None


def _merged(shipped: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """The site's table over the shipped one, key by key (sage-x3.md 2.1)."""
    result = dict(shipped)
    for key, value in site.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merged(old, value)
        elif key in _FIELD_LISTS and isinstance(old, list) and _are_texts(value):
            result[key] = merge_entries(old, value)
        else:
            result[key] = value
    return result


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
