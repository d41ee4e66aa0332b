"""The text of a cell as people read it: figures and dates of the locale, words for states.

Formatting a value is remembered, because cells are painted over and over. What cannot be read as
its kind is shown as it came, so nothing is hidden behind a dash.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from core.words import area
from ui import formats
from ui.list_spec import Column, Row

say = area(__name__)

_REMEMBERED = 20_000


def shown(row: Row, column: Column) -> str:
    """What stands in this cell, in full; a change reads `before → after`."""
    value = row.get(column.name)
    if column.kind == "change":
        before, after = change(row, column)
        return f"{before} → {after}" if before and after else before or after
    if column.kind in {"state", "icon_text"}:
        look = column.looks.get(str(value))
        return look.text if look is not None else _plain(value)
    return _formatted(column.kind, _plain(value))


def change(row: Row, column: Column) -> tuple[str, str]:
    """What was before and what came after; one alone means that nothing was, or is now."""
    return _plain(row.get(column.name)), _plain(row.get(column.second))


def is_zero(text: str) -> bool:
    """Whether a shown figure is nothing: zero or absent; such are muted."""
    return text == formats.NONE or not any(sign in "123456789?" for sign in text)


def forget() -> None:
    """After a change of locale or time zone everything is formatted anew."""
    _formatted.cache_clear()


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


@lru_cache(_REMEMBERED)
def _formatted(kind: str, value: str) -> str:
    try:
        if kind == "amount":
            return _amount(value)
        if kind == "count":
            return formats.count(int(value)) if value else ""
        if kind == "date":
            return formats.day(date.fromisoformat(value)) if value else ""
        if kind == "instant":
            return formats.moment(datetime.fromisoformat(value), has_seconds=True) if value else ""
        if kind == "confidence":
            return formats.percent(float(value)) if value else ""
    except (ValueError, InvalidOperation):
        return value
    return value


def _amount(value: str) -> str:
    if not value:
        return formats.NONE
    _, _, decimals = value.partition(".")
    return formats.amount(Decimal(value), len(decimals))


def totals(sums: dict[str, str]) -> str:
    """Sums per currency: `1,204,331.07 USD, 12.00 EUR`; empty without any."""
    return ", ".join(f"{_formatted('amount', value)} {name}" for name, value in sums.items())


def selection(count: int, sums: dict[str, str]) -> str:
    """What is selected, for the status bar: `2 selected · sum 4,861.06 USD`."""
    if not count:
        return ""
    said = say("selected", count=formats.count(count))
    return say("sum", said=said, totals=totals(sums)) if sums else said


def sum_of(rows: list[Row], column: Column) -> dict[str, str]:
    """Currency -> exact sum of an amount column; rows without an amount count as nothing."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        value = _plain(row.get(column.name))
        currency = _plain(row.get(column.second))
        if value:
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(value)
    return {currency: format(value, "f") for currency, value in sorted(sums.items())}
