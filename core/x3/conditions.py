"""The `where` and `orderBy` of api1 queries (sage-x3.md 3.3, 3.5); pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from core.x3.profile import Entity, Format, Profile

_TOKEN = re.compile("YYYY|MM|DD|HH|SS")


class Conditions:
    """Writes the conditions of one profile and one setting of companies and start date."""

    def __init__(self, profile: Profile, companies: Sequence[str], start_date: date) -> None:
        self._profile = profile
        self._companies = tuple(companies)
        self._start_date = start_date

    def walk(self, entity: str, since: datetime | None) -> str:
        """What is read of an entity: all that is in scope, or what changed at `since` or later."""
        shape, form = self._profile.entity[entity], self._profile.format
        parts = self._scope(entity, is_first=since is None)
        if entity == "open_item" and since is None:
            parts.append(f"{_property(shape, 'closed', 'FLGCLE')} eq 1")
        if since is not None and shape.change_kind == "datetime":
            parts.append(f"{shape.change} ge {instant(form, since)}")
        if since is not None and shape.change_kind == "date":
            parts.append(f"{shape.change} ge {day(form, since.astimezone(UTC).date())}")
        return " and ".join(parts)

    def among(self, entity: str, name: str, wanted: Sequence[str] | Sequence[int]) -> str:
        """What is in scope and has one of these values in a property."""
        return " and ".join(
            [*self._scope(entity, is_first=False), self._in(name, [literal(v) for v in wanted])]
        )

    def equal(self, entity: str, pairs: Sequence[tuple[str, str]]) -> str:
        """What is in scope and has exactly these values."""
        parts = self._scope(entity, is_first=False)
        return " and ".join([*parts, *(f"{name} eq {literal(value)}" for name, value in pairs)])

    def order(self, entity: str) -> str:
        """`orderBy`; empty for an entity that is read whole."""
        shape = self._profile.entity[entity]
        if shape.change_kind == "none":
            return ""
        names = [shape.change, *(name for name in shape.key if name != shape.change)]
        return self._profile.format.order_by.join(f"{name} asc" for name in names)

    def _scope(self, entity: str, *, is_first: bool) -> list[str]:
        shape, form = self._profile.entity[entity], self._profile.format
        parts = [f"({shape.where})"] if shape.where else []
        if shape.company and self._companies:
            parts.append(self._in(shape.company, [literal(code) for code in self._companies]))
        if entity == "invoice" or (entity == "payment" and is_first):
            ours = "accounting_date" if entity == "invoice" else "date"
            parts.append(f"{_property(shape, ours, 'ACCDAT')} ge {day(form, self._start_date)}")
        return parts

    def _in(self, name: str, literals: Sequence[str]) -> str:
        if self._profile.format.where_in:
            return f"{name} in ({','.join(literals)})"
        return "(" + " or ".join(f"{name} eq {one}" for one in literals) + ")"


def _property(shape: Entity, ours: str, usual: str) -> str:
    """The property that holds one of our fields, the standard's where the site has none."""
    field = shape.field(ours)
    return (field.path.property_name if field else "") or usual


def literal(value: str | int) -> str:
    """A value as it stands in a condition; see sage-x3.md 3.3 for the two quotes."""
    if isinstance(value, int):
        return str(value)
    if "'" in value and '"' not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def instant(form: Format, at: datetime) -> str:
    """A stamp literal: GMT, whole seconds, rounded down."""
    return _filled(form.where_datetime, at.astimezone(UTC))


def day(form: Format, at: date) -> str:
    """A date literal."""
    return _filled(form.where_date, datetime(at.year, at.month, at.day, tzinfo=UTC))


def _filled(pattern: str, at: datetime) -> str:
    """The pattern with its tokens replaced; MM means minutes once HH has stood."""
    codes = {"YYYY": f"{at:%Y}", "DD": f"{at:%d}", "HH": f"{at:%H}", "SS": f"{at:%S}"}
    has_hour = False

    def value(match: re.Match[str]) -> str:
        nonlocal has_hour
        has_hour = has_hour or match[0] == "HH"
        return codes.get(match[0]) or (f"{at:%M}" if has_hour else f"{at:%m}")

    return _TOKEN.sub(value, pattern)
