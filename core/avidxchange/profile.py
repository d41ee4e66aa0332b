"""A wire profile: the names, paths, limits and texts of one AvidXchange surface, checked strictly.

`profile_sections` holds the shape of the file. A site's file replaces the shipped one whole, so
every key must be there. No address, company or secret stands in a profile; those are settings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from core.avidxchange.connection import SYSTEM
from core.avidxchange.profile_sections import ProfileFile
from core.config import resource
from core.errors import ConfigError
from core.words import area

say = area(__name__)

SHIPPED = "profiles/connect.toml"
UNKNOWN = "unknown"
OTHER = "other"
_LONGEST_READ_S = 30  # of a check

_WORDS = {
    "missing": say("is_missing"),
    "extra_forbidden": say("is_not_known"),
    "greater_than_equal": say("must_not_be_negative"),
    "string_type": say("must_be_text_in_quotes"),
    "int_type": say("must_be_a_whole_number"),
    "bool_type": say("must_be_true_or_false"),
    "tuple_type": say("must_be_a_list_in_square_brackets"),
    "model_type": say("must_be_a_table"),
    "dict_type": say("must_be_a_table"),
    "too_short": say("is_empty"),
    "literal_error": say("has_a_value_that_is_not_known"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the surface: its method and its path, where `{id}` stands for an id."""

    name: str
    method: str
    path: str


class Profile(ProfileFile):
    """A checked profile; its tables are attributes, its maps are the methods below.

    Patterns match a whole text: trimmed, inner blanks collapsed, in any case; the first match wins
    (avidxchange.md 2.1).
    """

    @cached_property
    def _invoice_states(self) -> Callable[[str], str | None]:
        return _compiled(self.maps.invoice_status)

    @cached_property
    def _payment_states(self) -> Callable[[str], str | None]:
        return _compiled(self.maps.payment_status)

    @cached_property
    def _methods(self) -> Callable[[str], str | None]:
        return _compiled(self.maps.payment_method)

    @cached_property
    def _item_errors(self) -> Callable[[str], str | None]:
        return _compiled(self.maps.item_error)

    def asked_once(self) -> Profile:
        """The profile for checks: nothing is asked twice, and no pause is waited for."""
        retry = self.retry
        timeouts = retry.timeouts
        most_s = min(timeouts.read or _LONGEST_READ_S, _LONGEST_READ_S)
        quick = retry.model_copy(
            update={
                "backoff": retry.backoff.model_copy(update={"attempts": 1}),
                "wait": retry.wait.model_copy(update={"here_seconds": 0}),
                "timeouts": timeouts.model_copy(update={"read": most_s}),
            }
        )
        return self.model_copy(update={"retry": quick})

    def invoice_state(self, text: str) -> str:
        """Our word for an invoice status; `unknown` when no pattern matches."""
        return self._invoice_states(text) or UNKNOWN

    def payment_state(self, text: str) -> str:
        """Our word for a payment status; `unknown` when no pattern matches."""
        return self._payment_states(text) or UNKNOWN

    def payment_method(self, text: str) -> str:
        """Our word for a payment method; `other` when no pattern matches."""
        return self._methods(text) or OTHER

    def item_error_kind(self, message: str) -> str:
        """The class of an item error; `other` when no pattern matches."""
        return self._item_errors(message) or OTHER

    def is_offered(self, name: str) -> bool:
        """Whether the surface has this operation."""
        return bool(getattr(self.operations, name))

    def operation(self, name: str) -> Operation:
        """The operation of a name.

        Raises:
            ConfigError: CFG-01, the profile does not offer it.
        """
        text: str = getattr(self.operations, name)
        if not text:
            why = say("the_profile_does_not_offer_nothing_was", name=self.name, name2=name)
            raise ConfigError("CFG-01", why, SYSTEM, detail=f"operations.{name}")
        method, _, path = text.partition(" ")
        return Operation(name, method, path)


def load_profile(path: Path | None = None) -> Profile:
    """The profile of a file, or the shipped `connect`.

    Raises:
        ConfigError: CFG-01, the file cannot be read, or names the first wrong key.
    """
    place = path or resource(SHIPPED)
    try:
        text = place.read_bytes().decode("utf-8-sig")
    except OSError as error:
        _refuse(say("the_profile_cannot_be_read", place=place, strerror=error.strerror))
    except UnicodeDecodeError:
        _refuse(say("the_profile_is_not_utf_8_text", place=place))
    return parse_profile(text, place.name)


def parse_profile(text: str, place: str = "profile") -> Profile:
    """The profile of a TOML text; `place` names it in errors.

    Raises:
        ConfigError: CFG-01, see `load_profile`; `detail` is the key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _refuse(say("is_not_readable_toml", place=place, error=error))
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        # What is not known is named first: a mistyped key is both unknown and missing.
        problems = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        first = problems[0]
        key = _key(first["loc"], data)
        _refuse(f"{place}: {key} {_WORDS.get(first['type'], first['msg'])}.", key)


def _key(location: tuple[int | str, ...], data: Mapping[str, object]) -> str:
    """The dotted key of a problem, as it stands in the file."""
    parts = [str(part) for part in location if not str(part).startswith("function-")]
    return ".".join(parts) if parts else next(iter(data), say("the_file"))


def _refuse(why: str, key: str = "") -> NoReturn:
    raise ConfigError("CFG-01", why, SYSTEM, detail=key) from None


def _compiled(pairs: tuple[tuple[str, ...], ...]) -> Callable[[str], str | None]:
    """A function from a text to the word of the first pattern that matches all of it."""
    rules = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), word) for pattern, word in pairs]

    def find(text: str) -> str | None:
        plain = " ".join(text.split())
        return next((word for pattern, word in rules if pattern.fullmatch(plain)), None)

    return find
