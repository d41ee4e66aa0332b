"""The types that the tables of a wire profile are made of; all is checked, nothing is changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.words import area

say = area(__name__)


def _problem(text: str) -> PydanticCustomError:
    return PydanticCustomError("profile", "{why}", {"why": text})


def as_tuples(value: object) -> object:
    """Returns TOML's arrays, at any depth, as tuples; strict checking takes no list for them."""
    return tuple(as_tuples(item) for item in value) if isinstance(value, list) else value


def _check_operation(text: str) -> str:
    if text and not re.fullmatch(r"(GET|POST|PUT|DELETE|PATCH) /\S*", text):
        raise _problem(say("must_be_like_get_path_or_when"))
    return text


def check_zone(name: str) -> str:
    """Refuses a time zone that is not in the IANA list."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _problem(say("names_a_time_zone_that_is_not", name=name)) from None
    return name


def _check_format(text: str) -> str:
    try:
        datetime(2026, 1, 31, tzinfo=UTC).strftime(text).encode("ascii")
    except ValueError:
        raise _problem(say("is_no_date_format_that_can_be")) from None
    return text


def _check_patterns(pairs: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    for pair in pairs:
        if len(pair) != 2:  # noqa: PLR2004 - a pair
            raise _problem(say("must_hold_pairs_pattern_word"))
        try:
            re.compile(pair[0])
        except re.error as error:
            raise _problem(
                say("holds_a_pattern_that_cannot_be_used", pair=pair[0], error=error)
            ) from None
    return pairs


def words_only(words: frozenset[str], what: str) -> AfterValidator:
    """A check that a map leads to states that the program knows."""

    def check(pairs: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        for pair in pairs:
            if pair[1] not in words:
                raise _problem(say("names_that_is_not_known", what=what, pair=pair[1]))
        return pairs

    return AfterValidator(check)


Number = Annotated[int, Field(ge=0)]
Seconds = Annotated[int | float, Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_tuples)]
Names = Annotated[tuple[Name, ...], BeforeValidator(as_tuples), Field(min_length=1)]
Numbers = Annotated[tuple[Number, ...], BeforeValidator(as_tuples)]
SecondsList = Annotated[tuple[Seconds, ...], BeforeValidator(as_tuples), Field(min_length=1)]
Call = Annotated[str, AfterValidator(_check_operation)]
Pairs = Annotated[
    tuple[tuple[str, ...], ...], BeforeValidator(as_tuples), AfterValidator(_check_patterns)
]
DateFormat = Annotated[str, Field(min_length=1), AfterValidator(_check_format)]


class Part(BaseModel):
    """One table: unknown keys are refused, values are never converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
