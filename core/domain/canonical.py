"""One exact text for each document: canonical JSON, its hash, and the way back to the dataclass."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

Document = TypeVar("Document")

GENESIS = "0" * 64


def well_formed(text: str) -> str:
    """The text with lone surrogates, which no store and no file can hold, as question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def decimal_text(value: Decimal) -> str:
    """Plain notation without exponent; equal numbers give equal texts (`1.50` and `1.5`)."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def instant_text(value: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`; the value must know its zone."""
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """The instant of `instant_text`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    """The JSON form of one value; a new empty field of a dataclass changes no hash."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {name: _plain(item) for name, item in members if item not in (None, "", ())}
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(item) for item in items]
    return value


def canonical(value: Any) -> str:
    """JSON with sorted keys, no blanks and no ASCII escaping.

    Decimals become texts, instants UTC texts; empty members of dataclasses (None, empty text,
    empty tuple) are left out.
    """
    plain = _plain(value)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: Any) -> str:
    """Lower-case hex SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def chain_hash(previous: str, row: dict[str, Any]) -> str:
    """Hash of one audit row (product.md section 6, `audit export`).

    `row` is the row without `previous` and `hash`; numbers in it are integers only.
    """
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((previous + text).encode()).hexdigest()


def decode(kind: type[Document], text: str) -> Document:
    """The dataclass whose canonical JSON was `text`; members it does not know are ignored."""
    maker: Callable[[Any], Document] = _maker(typing.cast("Any", kind))
    result = maker(json.loads(text))
    return result


@functools.cache
def _maker(hint: Any) -> Callable[[Any], Any]:
    """A function from the JSON form to a value of the annotated type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _maker(next(a for a in arguments if a is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _maker(arguments[0])
        return lambda value: tuple(item(entry) for entry in value)
    simple: dict[Any, Callable[[Any], Any]] = {
        Decimal: Decimal,
        datetime: parse_instant,
        date: date.fromisoformat,
    }
    if hint in simple:
        return simple[hint]
    return _dataclass_maker(hint) if dataclasses.is_dataclass(hint) else lambda value: value


def _dataclass_maker(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    makers = {field.name: _maker(hints[field.name]) for field in dataclasses.fields(kind)}

    def make(members: dict[str, Any]) -> Any:
        known = {name: makers[name](item) for name, item in members.items() if name in makers}
        return kind(**known)

    return make
