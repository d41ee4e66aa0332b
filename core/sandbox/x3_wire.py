"""Rows as JSON text, exactly: decimals keep their scale and never pass through a float.

The shapes that differ per site (wire contract, 2.4 and 8.7) are ``Shape`` switches; what a row
means is not known here.
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from json import encoder
from typing import Any

from core.sandbox.faults import Fault
from core.sandbox.state import Row

text_json = encoder.encode_basestring
_NAMESPACE = uuid.UUID("6f0c3a5e-5a5b-4f39-9b1c-0d6a7f1c2e11")
_INNER_ZEROS = re.compile(r"\.?0+$")
_SCALE = 2
_FRENCH = {
    "Record does not exist": "L'enregistrement n'existe pas",
    "Locked record": "Enregistrement verrouillé",
    "Property not found": "Propriété introuvable",
    "Representation not found": "Représentation introuvable",
    "Endpoint not found": "Point d'accès introuvable",
    "Incorrect value": "Valeur incorrecte",
    "Inactive record": "Enregistrement inactif",
    "Period closed": "Période fermée",
}


@dataclass(frozen=True)
class Shape:
    """How values are written; the default is the contract's sample."""

    as_text: bool = False
    trailing_blanks: bool = False
    flat_arrays: bool = False
    yes_no_booleans: bool = False
    empty_date: str = "null"
    left_out: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict)


def shape_of(variants: Iterable[Fault], renamed: dict[str, str]) -> Shape:
    """Return the shape that the variants in force ask for."""
    by_kind = {fault.kind: fault.args for fault in variants}
    empty = by_kind.get("sentinel_dates")
    left_out = by_kind.get("missing_property", {}).get("name", "")
    return Shape(
        as_text="as_text" in by_kind,
        trailing_blanks="trailing_blanks" in by_kind,
        flat_arrays="flat_arrays" in by_kind,
        yes_no_booleans="yesno_booleans" in by_kind,
        empty_date="null" if empty is None else text_json(empty.get("value", "1753-01-01")),
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
        else:
            parts.append(f'"{shown}":{_value_json(value, kind, shape)}')
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
    """Return the body of an answer that holds one diagnosis."""
    return f'{{"$diagnoses":[{{"$severity":"{severity}","$message":{text_json(message)}}}]}}'


def _value_json(value: Any, kind: str, shape: Shape) -> str:
    match kind:
        case "C":
            text = str(value or "")
            return text_json(text + "  " if shape.trailing_blanks and text else text)
        case "D":
            return text_json(str(value)[:10]) if value else shape.empty_date
        case "S":
            return text_json(str(value)) if value else shape.empty_date
        case "B" if shape.yes_no_booleans:
            return "true" if value == 2 else "false"  # noqa: PLR2004 - menu 1: 2 is yes
        case "N":
            number = f"{Decimal(str(value or 0)):.{_SCALE}f}" if value in (None, 0, "") else value
        case "Q":
            number = plain_number(str(value or 0))
        case _:
            number = str(value or 0)
    return text_json(str(number)) if shape.as_text else str(number)


def _array(name: str, values: list[Any], kind: str, shape: Shape) -> list[str]:
    written = [text_json(str(value)) if kind == "L" else str(value) for value in values]
    if shape.flat_arrays:
        return [f'"{name}{place}":{text}' for place, text in enumerate(written, 1)]
    return [f'"{name}":[{",".join(written)}]']
