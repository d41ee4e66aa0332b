"""Rows of api1 as documents: one `Rows` per profile turns JSON objects into dataclasses.

A row that cannot be read raises `Unclear` naming the property; what it costs is its caller's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.domain.documents import ENTITIES, ErpPayment, ErpPaymentLine, Invoice, InvoiceLine
from core.x3 import values
from core.x3.fields import Field
from core.x3.profile import Entity, Profile
from core.x3.values import MISSING, Unclear

# Members that hold a whole array of X3 (TAX, BASTAX, AMTTAX).
_LISTS = frozenset(
    field.name
    for field in dataclasses.fields(Invoice)
    if field.default == () and field.name != "lines"
)


class Rows:
    """Reads the rows of one profile's entities; immutable, for any thread."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._empty_dates = profile.format.empty_dates
        self._zone = profile.format.time_zone

    def document(self, entity: str, row: Any) -> Any:
        """The document of a row, with its children where the row has them.

        Raises:
            Unclear: a required property is missing, or a value cannot be read.
        """
        shape = self._profile.entity[entity]
        table = _table(row)
        members = self._members(table, (*shape.fields, *shape.details_fields))
        if entity == "invoice":
            _cut_taxes(members)
        members |= self._children(entity, shape, table)
        if shape.change_kind != "none":
            members["changed"] = self.changed(entity, table)
        document = ENTITIES[entity](**members)
        if "" in key_of(shape, table):
            raise Unclear("its key is empty")
        return document

    def changed(self, entity: str, row: Any) -> datetime | None:
        """The change stamp of a row; midnight UTC where the entity has dates only."""
        value = _table(row).get(self._profile.entity[entity].change, MISSING)
        return values.stamp(value, self._empty_dates, self._zone)

    def lines_by_invoice(self, rows: Iterable[Any]) -> dict[str, list[InvoiceLine]]:
        """Bulk lines under the numbers of their invoices, in the order of the rows."""
        shape = self._profile.entity["invoice_line"]
        found: dict[str, list[InvoiceLine]] = {}
        for row in rows:
            members = self._members(_table(row), shape.fields)
            number = str(members.pop("invoice", ""))
            line = InvoiceLine(**members, dimensions=self._dimensions(shape, _table(row)))
            found.setdefault(number, []).append(line)
        return found

    def _children(self, entity: str, shape: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
        name = shape.children.get("lines", "")
        listed = row.get(name) if name else None
        if listed is None or ENTITIES[entity] not in (Invoice, ErpPayment):
            return {}
        if not isinstance(listed, list):
            raise Unclear(f"{name} is no list")
        if entity == "payment":
            return {"lines": tuple(self._payment_line(shape, _table(child)) for child in listed)}
        return {"lines": tuple(self._invoice_line(_table(child)) for child in listed)}

    def _payment_line(self, shape: Entity, row: Mapping[str, Any]) -> ErpPaymentLine:
        return ErpPaymentLine(**self._members(row, shape.line_fields))

    def _invoice_line(self, row: Mapping[str, Any]) -> InvoiceLine:
        """A child of an invoice: as a bulk line, but without the invoice's number."""
        shape = self._profile.entity["invoice_line"]
        fields = tuple(field for field in shape.fields if field.name != "invoice")
        members = self._members(row, fields)
        return InvoiceLine(**members, dimensions=self._dimensions(shape, row))

    def _dimensions(self, shape: Entity, row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        """Pairs (type, value); a slot without a value is left out."""
        slots = zip(shape.dimension_types, shape.dimension_values, strict=False)
        pairs = (
            (values.text(values.pick(row, kind)), values.text(values.pick(row, value)))
            for kind, value in slots
        )
        return tuple(pair for pair in pairs if pair[1])

    def _members(self, row: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for field in fields:
            is_list = field.name in _LISTS
            raw = (values.pick_list if is_list else values.pick)(row, field.path)
            where = field.path.property_name
            if raw is MISSING and field.is_required:
                raise Unclear(f"{where} is missing")
            try:
                value = self._list(field, raw) if is_list else self._one(field, raw)
            except Unclear as cause:
                raise Unclear(f"{where}: {cause}") from None
            if value is not None:
                members[field.name] = value
            elif field.is_required and field.kind == "n":
                raise Unclear(f"{where} is empty")
        return members

    def _list(self, field: Field, raw: Any) -> tuple[Any, ...]:
        if raw is None or raw is MISSING:
            return ()
        empty = Decimal(0) if field.kind == "n" else ""
        items = raw if isinstance(raw, list) else [raw]
        read = (self._one(field, item) for item in items)
        return tuple(empty if item is None else item for item in read)

    def _one(self, field: Field, raw: Any) -> Any:
        """One value by its type; texts are never None."""
        if field.kind == "n":
            return values.decimal(raw)
        if field.kind == "i":
            return values.integer(raw)
        if field.kind == "d":
            return values.day(raw, self._empty_dates)
        if field.kind == "s":
            return values.stamp(raw, self._empty_dates, self._zone)
        if field.kind == "yn":
            return values.yes_no(raw)
        return values.menu(raw) if field.kind == "m" else values.text(raw)


def _table(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise Unclear("the row is no object")
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
