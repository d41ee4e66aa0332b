"""Checks of single members of a request body, with the exact item errors of avidxchange.md 2.11.

A checker collects messages and returns None for what is absent or wrong, so that all reasons of
one document are found at once. Rules that need other rows stand with their documents.
"""

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from core.sandbox.avid_lists import is_date

MAX_AMOUNT = Decimal(10) ** 15
_ABSENT = object()
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class Members:
    """The members of one object and the errors found in them; nested objects share the list."""

    def __init__(self, source: dict[str, Any], errors: list[str], path: str = "") -> None:
        self.source = source
        self.errors = errors
        self.path = path

    def has(self, name: str) -> bool:
        """Say whether the member is there, ``null`` included."""
        return name in self.source

    def fail(self, name: str, what: str) -> None:
        """Note that something is wrong with the member."""
        self.errors.append(f"{self.path}{name} {what}")

    def text(self, name: str, limit: int, *, required: bool = False) -> str | None:
        """Return a text of at most ``limit`` code points; blanks do not fill a required one."""
        value = self._value(name, required=required)
        if value is _ABSENT:
            return None
        if not isinstance(value, str):
            self.fail(name, "has the wrong type")
        elif required and not value.strip():
            self.fail(name, "is required")
        elif len(value) > limit:
            self.fail(name, f"is longer than {limit}")
        else:
            return value
        return None

    def code(self, name: str, limit: int) -> str | None:
        """Return an optional code; here an empty text is no valid value (avidxchange.md 10.15)."""
        value = self.text(name, limit)
        if value is not None and not value.strip():
            self.fail(name, "is not a valid value")
            return None
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """Return one of the allowed texts."""
        value = self._value(name, required=False)
        if value is _ABSENT:
            return None
        if not isinstance(value, str):
            self.fail(name, "has the wrong type")
        elif value not in allowed:
            self.fail(name, "is not a valid value")
        else:
            return value
        return None

    def day(self, name: str, *, required: bool = False) -> str | None:
        """Return a date written ``YYYY-MM-DD``."""
        return self._matching(name, is_date, required=required)

    def currency(self, name: str) -> str | None:
        """Return a required currency of three capitals."""
        return self._matching(name, lambda text: bool(_CURRENCY.fullmatch(text)), required=True)

    def country(self, name: str, *, required: bool) -> str | None:
        """Return a country of two capitals."""
        return self._matching(name, lambda text: bool(_COUNTRY.fullmatch(text)), required=required)

    def flag(self, name: str) -> bool | None:
        """Return an optional truth value."""
        value = self._value(name, required=False)
        if value is _ABSENT:
            return None
        if not isinstance(value, bool):
            self.fail(name, "has the wrong type")
            return None
        return value

    def amount(self, name: str) -> Decimal | None:
        """Return a required amount of at most two significant decimals."""
        value = self._value(name, required=True)
        if value is _ABSENT:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.fail(name, "has the wrong type")
            return None
        number = Decimal(value)
        if number.copy_abs() >= MAX_AMOUNT:
            self.fail(name, "is not a valid value")
        elif number != number.quantize(Decimal("0.01")):
            self.fail(name, "has more than 2 decimals")
        else:
            return number
        return None

    def number(self, name: str) -> int | None:
        """Return a required whole number of at least 1."""
        value = self._value(name, required=True)
        if value is _ABSENT:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(name, "has the wrong type")
        elif value < 1:
            self.fail(name, "is not a valid value")
        else:
            return value
        return None

    def inner(self, name: str, *, required: bool = False) -> "Members | None":
        """Return a nested object."""
        value = self._value(name, required=required)
        if value is _ABSENT:
            return None
        if not isinstance(value, dict):
            self.fail(name, "has the wrong type")
            return None
        return Members(value, self.errors, f"{self.path}{name}.")

    def array(self, name: str) -> list[Any] | None:
        """Return a required array, perhaps an empty one."""
        value = self._value(name, required=True)
        if value is _ABSENT:
            return None
        if not isinstance(value, list):
            self.fail(name, "has the wrong type")
            return None
        return value

    def element(self, name: str, position: int, value: Any) -> "Members | None":
        """Return one object of an array."""
        where = f"{name}[{position}]"
        if not isinstance(value, dict):
            self.fail(where, "has the wrong type")
            return None
        return Members(value, self.errors, f"{self.path}{where}.")

    def _value(self, name: str, *, required: bool) -> Any:
        value = self.source.get(name)
        if value is None:
            if required:
                self.fail(name, "is required")
            return _ABSENT
        return value

    def _matching(self, name: str, fits: Any, *, required: bool) -> str | None:
        value = self._value(name, required=required)
        if value is _ABSENT:
            return None
        if not isinstance(value, str):
            self.fail(name, "has the wrong type")
        elif not fits(value):
            self.fail(name, "is not a valid value")
        else:
            return value
        return None


def folded(text: str) -> str:
    """Return a vendor code or invoice number as it is compared (avidxchange.md 2.2)."""
    return text.strip().casefold()
