"""Rows as JSON text, exactly: decimals keep their scale and never pass through a float.

The shapes that differ per site (wire contract, 2.4 and 8.7) are ``Shape`` switches, the noise of
real servers (8.17) is put on finished answers; what a row means is not known here.
"""

import gzip
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from json import encoder
from typing import Any

from core.sandbox.faults import Fault, Faults, Response
from core.sandbox.state import Row, State

text_json = encoder.encode_basestring
_NAMESPACE = uuid.UUID("6f0c3a5e-5a5b-4f39-9b1c-0d6a7f1c2e11")
_INNER_ZEROS = re.compile(r"\.?0+$")
_SCALE = 2
_YES = 2
_FRENCH = {
    "Record does not exist": "L'enregistrement n'existe pas",
    "Locked record": "Enregistrement verrouillé",
    "Property not found": "Propriété introuvable",
    "Representation not found": "Représentation introuvable",
    "Endpoint not found": "Point d'accès introuvable",
    "Incorrect value": "Valeur incorrecte",
    "Inactive record": "Enregistrement inactif",
    "Period closed": "Période fermée",
    "Period not open": "Période non ouverte",
    "Access denied": "Accès refusé",
}


@dataclass(frozen=True)
class Shape:
    """How values are written; the default is the contract's sample."""

    as_text: bool = False
    trailing_blanks: bool = False
    flat_arrays: bool = False
    yes_no: str = ""
    empty_date: str = "null"
    empty_text: str = '""'
    stamp_form: str = ""
    long_dates: bool = False
    left_out: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict)


def variants_of(state: State, faults: Faults, operation: str) -> list[Fault]:
    """Return the variants in force for this request: drawn ones, then the site's standing ones.

    The setting ``x3.variants`` holds the kinds that stand for every request.
    """
    standing = [Fault("x3", operation, kind) for kind in state.get_value("x3.variants", [])]
    return [*faults.variants("x3", operation), *standing]


def shape_of(variants: Iterable[Fault], renamed: dict[str, str]) -> Shape:
    """Return the shape that the variants in force ask for."""
    by_kind = {fault.kind: fault.args for fault in variants}
    empty = by_kind.get("sentinel_dates")
    left_out = by_kind.get("missing_property", {}).get("name", "")
    words = by_kind.get("yesno_booleans")
    empty_text = "null" if "empty_as_null" in by_kind else '""'
    return Shape(
        as_text="as_text" in by_kind,
        trailing_blanks="trailing_blanks" in by_kind,
        flat_arrays="flat_arrays" in by_kind,
        yes_no="" if words is None else ("words" if words.get("words") else "booleans"),
        empty_date="null" if empty is None else text_json(empty.get("value", "1753-01-01")),
        empty_text="" if "empty_left_out" in by_kind else empty_text,
        stamp_form=str(by_kind.get("stamp_form", {}).get("form", "")),
        long_dates="dates_as_stamps" in by_kind,
        left_out=frozenset(str(left_out).split(",")) - {""},
        renamed=renamed,
    )


def row_json(row: Row, kinds: dict[str, str], shape: Shape, before: str = "") -> str:
    """Return the row's properties as one JSON object; ``before`` is put in front of them."""
    parts = [before] if before else []
    for name, kind in kinds.items():
        if name in shape.left_out:
            continue
        shown = shape.renamed.get(name, name)
        value = row.get(name)
        if kind in ("L", "A"):
            parts += _array(shown, value or [], kind, shape)
            continue
        written = _value_json(value, kind, shape)
        if written:
            parts.append(f'"{shown}":{written}')
    return "{" + ",".join(parts) + "}"


def identity(class_name: str, key: str) -> str:
    """Return the record's UUID; the same for ever."""
    return str(uuid.uuid5(_NAMESPACE, f"{class_name}/{key}"))


def plain_number(text: str) -> str:
    """Return a quantity, rate or share without needless zeros, never in exponent form."""
    return _INNER_ZEROS.sub("", text) if "." in text else text


def in_french(message: str) -> str:
    """Return a message as a French-speaking user of X3 sees it, where it has one."""
    for english, french in _FRENCH.items():
        message = message.replace(english, french)
    return message


def diagnosis(message: str, severity: str = "error") -> str:
    """Return the body of an answer that holds one diagnosis; an empty severity is left out."""
    first = f'"$severity":"{severity}",' if severity else ""
    return f'{{"$diagnoses":[{{{first}"$message":{text_json(message)}}}]}}'


def with_noise(response: Response, variants: Iterable[Fault]) -> Response:
    """Return the answer with the noise of real servers on it (wire contract, 8.17)."""
    for one in variants:
        if one.kind in _NOISE:
            response = _NOISE[one.kind](response, one.args)
    return response


def _value_json(value: Any, kind: str, shape: Shape) -> str:
    """Return the value as JSON; nothing for an empty text that the shape leaves out."""
    match kind:
        case "C":
            text = str(value or "")
            if not text:
                return shape.empty_text
            return text_json(text + "  " if shape.trailing_blanks else text)
        case "D":
            return _date_json(value, shape)
        case "S":
            return text_json(_stamp(str(value), shape)) if value else shape.empty_date
        case "B" if shape.yes_no and value:
            is_yes = value == _YES
            if shape.yes_no == "words":
                return '"yes"' if is_yes else '"no"'
            return "true" if is_yes else "false"
        case "N":
            number = f"{Decimal(str(value or 0)):.{_SCALE}f}" if value in (None, 0, "") else value
        case "Q":
            number = plain_number(str(value or 0))
        case _:
            number = str(value or 0)
    return text_json(str(number)) if shape.as_text else str(number)


def _date_json(value: Any, shape: Shape) -> str:
    if not value:
        return shape.empty_date
    day = str(value)[:10]
    return text_json(f"{day}T00:00:00Z" if shape.long_dates else day)


def _stamp(stamp: str, shape: Shape) -> str:
    """Return a change stamp in the form asked for; all forms name the same instant."""
    write = _STAMP_FORMS.get(shape.stamp_form)
    return write(stamp) if write and stamp.endswith("Z") else stamp


def _array(name: str, values: list[Any], kind: str, shape: Shape) -> list[str]:
    is_text = kind == "L" or shape.as_text
    written = [text_json(str(value)) if is_text else str(value) for value in values]
    if shape.flat_arrays:
        return [f'"{name}{place}":{text}' for place, text in enumerate(written, 1)]
    return [f'"{name}":[{",".join(written)}]']


def _in_other_zone(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp).astimezone(timezone(timedelta(hours=-5)))
    return moment.isoformat(timespec="seconds")


_STAMP_FORMS: dict[str, Callable[[str], str]] = {
    "fraction": lambda stamp: stamp.replace("Z", ".000Z"),
    "offset": _in_other_zone,
    "blank": lambda stamp: stamp.replace("T", " "),
    "no_zone": lambda stamp: stamp.removesuffix("Z"),
}


def _compressed(response: Response, _args: Row) -> Response:
    headers = {**response.headers, "content-encoding": "gzip"}
    return Response(response.status, headers, gzip.compress(response.body))


def _with_body(response: Response, body: bytes) -> Response:
    return Response(response.status, response.headers, body)


def _with_message(_response: Response, args: Row) -> Response:
    message = text_json(args.get("message", "Server error"))
    body = f'{{"$message":{message},"$details":"-"}}'
    headers = {"content-type": "application/json; charset=utf-8"}
    return Response(int(args.get("status", 500)), headers, body.encode())


def _in_windows_1252(response: Response, _args: Row) -> Response:
    kind = response.headers.get("content-type", "application/json").partition(";")[0]
    headers = {**response.headers, "content-type": f"{kind}; charset=windows-1252"}
    return Response(response.status, headers, response.body.decode().encode("cp1252", "replace"))


_NOISE: dict[str, Callable[[Response, Row], Response]] = {
    "bom": lambda response, _: _with_body(response, b"\xef\xbb\xbf" + response.body),
    "raw_backslash": lambda response, _: _with_body(
        response, response.body.replace(b"\\\\", b"\\")
    ),
    "raw_control": lambda response, _: _with_body(
        response, re.sub(rb'("(?:DES|description)":")', b"\\1\x0b", response.body)
    ),
    "message_details": _with_message,
    "windows_1252": _in_windows_1252,
    "gzip": _compressed,
}
