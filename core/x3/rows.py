"""Rows of api1 as documents: one `Rows` per profile turns JSON objects into dataclasses.

A row that cannot be read raises `Unclear` naming the property; what it costs is its caller's.
`Members` is what both ways of reading share: values by their paths and kinds.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any

from core.domain.documents import ENTITIES, ErpPayment, ErpPaymentLine, Invoice, InvoiceLine
from core.words import area
from core.x3 import values
from core.x3.fields import Field, Path
from core.x3.profile import Entity, Profile
from core.x3.values import MISSING, Unclear

say = area(__name__)

# Members that hold a whole array of X3 (TAX, BASTAX, AMTTAX).
_LISTS = frozenset(
    field.name
    for field in dataclasses.fields(Invoice)
    if field.default == () and field.name != "lines"
)

#: From a row to the members that have a value.
Reader = Callable[[Mapping[str, Any]], dict[str, Any]]

_log = logging.getLogger(__name__)


class Members:
    """Reads values of rows by a profile's fields; for any thread."""

    def __init__(self, profile: Profile) -> None:
        self._empty_dates = profile.format.empty_dates
        self._zone = profile.format.time_zone
        self._unknown_names: set[tuple[int, str]] = set()
        #: Readers of a value by the kind of its field; texts are never None.
        self._readers: dict[str, Callable[[Any], Any]] = {
            "text": values.text,
            "n": values.decimal,
            "i": values.integer,
            "d": lambda raw: values.day(raw, self._empty_dates),
            "s": self.stamp,
            "yn": values.yes_no,
        }

    def of(self, row: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
        """The members that have a value.

        Raises:
            Unclear: a required property is missing, or a value cannot be read.
        """
        return self.reader(fields)(row)

    def reader(self, fields: Iterable[Field]) -> Reader:
        """`of` for one set of fields, made ready once for many rows."""
        ways = [(field.name, *self._way(field), field) for field in fields]

        def read(row: Mapping[str, Any]) -> dict[str, Any]:
            members: dict[str, Any] = {}
            for name, pick, convert, field in ways:
                try:
                    raw = pick(row)
                    value = convert(raw)
                except Unclear as cause:
                    raise Unclear(f"{field.path.text}: {cause}") from None
                if value is not None:
                    members[name] = value
                elif field.is_required and field.kind == "n" and raw is not MISSING:
                    raise Unclear(say("is_empty", text=field.path.text))
                if raw is MISSING and field.is_required:
                    raise Unclear(say("is_missing", text=field.path.text))
            return members

        return read

    def _way(self, field: Field) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """From a row to the raw value of a field, and from that to ours."""
        convert = self._readers.get(field.kind) or partial(self._menu, field)
        if field.name in _LISTS:
            empty = Decimal(0) if field.kind == "n" else ""
            return partial(_pick_list, field.path), partial(_list, convert, empty)
        return values.picker(field.path), convert

    def stamp(self, value: Any) -> datetime | None:
        """An instant in UTC."""
        return values.stamp(value, self._empty_dates, self._zone)

    def _menu(self, field: Field, raw: Any) -> int | None:
        """A menu's value; a name that is not known is unknown, and its text is kept in the log."""
        value = values.menu(raw, field.menu)
        if value is None and isinstance(raw, str) and raw.strip() not in ("", "0"):
            name = (field.menu, raw)
            if name not in self._unknown_names:
                self._unknown_names.add(name)
                _log.warning("x3 menu %s has a value that is not known: %.40s", field.menu, raw)
        return value


def _pick_list(path: Path, row: Mapping[str, Any]) -> Any:
    return values.pick_list(row, path)


def _list(convert: Callable[[Any], Any], empty: Any, raw: Any) -> tuple[Any, ...]:
    """The values of an array; `empty` stands for those that are nothing."""
    if raw is None or raw is MISSING:
        return ()
    read = map(convert, raw if isinstance(raw, list) else [raw])
    return tuple(empty if item is None else item for item in read)


class Rows:
    """Reads the rows of one profile's entities; for any thread."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._members = members = Members(profile)
        self._read = {
            name: members.reader((*shape.fields, *shape.details_fields))
            for name, shape in profile.entity.items()
        }
        self._read_payment_line = members.reader(profile.entity["payment"].line_fields)
        line = profile.entity["invoice_line"]
        self._read_line = members.reader(line.fields)
        self._read_child = members.reader([f for f in line.fields if f.name != "invoice"])
        self._dimensions = dimensions_reader(line.dimension_types, line.dimension_values)

    def document(self, entity: str, row: Any) -> Any:
        """The document of a row, with its children where the row has them.

        Raises:
            Unclear: a required property is missing, or a value cannot be read.
        """
        shape = self._profile.entity[entity]
        table = object_of(row)
        members = self._read[entity](table)
        if entity == "invoice":
            _cut_taxes(members)
        members |= self._children(entity, shape, table)
        if shape.change_kind != "none":
            members["changed"] = self.changed(entity, table)
        if "" in key_of(shape, table):
            raise Unclear(say("its_key_is_empty"))
        return made(entity, members)

    def changed(self, entity: str, row: Any) -> datetime | None:
        """The change stamp of a row; midnight UTC where the entity has dates only."""
        shape = self._profile.entity[entity]
        value = object_of(row).get(shape.change, MISSING)
        if shape.change_kind != "date":
            return self._members.stamp(value)
        day = values.day(value, self._profile.format.empty_dates)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None

    def lines_by_invoice(self, rows: Iterable[Any]) -> dict[str, list[InvoiceLine]]:
        """Bulk lines under the numbers of their invoices, in the order of the rows."""
        found: dict[str, list[InvoiceLine]] = {}
        for row in rows:
            table = object_of(row)
            members = self._read_line(table)
            number = str(members.pop("invoice", ""))
            line = InvoiceLine(**members, dimensions=self._dimensions(table))
            found.setdefault(number, []).append(line)
        return found

    def _children(self, entity: str, shape: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
        name = shape.children.get("lines", "")
        listed = row.get(name) if name else None
        if listed is None or ENTITIES[entity] not in (Invoice, ErpPayment):
            return {}
        if not isinstance(listed, list):
            raise Unclear(say("is_no_list", name=name))
        if entity == "payment":
            read = self._read_payment_line
            return {"lines": tuple(ErpPaymentLine(**read(object_of(row))) for row in listed)}
        return {"lines": tuple(self._invoice_line(object_of(row)) for row in listed)}

    def _invoice_line(self, row: Mapping[str, Any]) -> InvoiceLine:
        """A child of an invoice: as a bulk line, but without the invoice's number."""
        return InvoiceLine(**self._read_child(row), dimensions=self._dimensions(row))


def made(entity: str, members: Mapping[str, Any]) -> Any:
    """The document of these members.

    Raises:
        Unclear: a part of the key, or what else it cannot be without, is empty.
    """
    for name in _needed(entity):
        if members.get(name, "") == "":
            raise Unclear(say("its_is_empty", name=name))
    return ENTITIES[entity](**members)


@cache
def _needed(entity: str) -> tuple[str, ...]:
    """Members that a document of this entity cannot be without."""
    return tuple(
        field.name
        for field in dataclasses.fields(ENTITIES[entity])
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    )


def dimensions_reader(
    types: Iterable[Path], found: Iterable[Path]
) -> Callable[[Mapping[str, Any]], tuple[tuple[str, ...], ...]]:
    """From a row to its pairs (type, value); a slot without a value is left out."""
    slots = [
        (values.picker(kind), values.picker(value))
        for kind, value in zip(types, found, strict=False)
    ]

    def read(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        pairs = ((kind, values.text(value(row))) for kind, value in slots)
        return tuple((values.text(kind(row)), text) for kind, text in pairs if text)

    return read


def object_of(row: Any) -> Mapping[str, Any]:
    """The row itself; Unclear when it is no JSON object."""
    if not isinstance(row, dict):
        raise Unclear(say("the_row_is_no_object"))
    return row


def _cut_taxes(members: dict[str, Any]) -> None:
    """Only the first NBRTAX elements of the tax arrays count (sage-x3.md 2.2)."""
    count = members.get("tax_count")
    if count is not None:
        for name in _LISTS & members.keys():
            members[name] = members[name][: max(count, 0)]


def key_of(shape: Entity, row: Any) -> tuple[str, ...]:
    """The key of a row as texts; parts that cannot be read are empty."""
    if not isinstance(row, dict):
        return ("",)
    parts = (row.get(name) for name in shape.key)
    return tuple(values.text(p) if isinstance(p, str | int | Decimal) else "" for p in parts)
