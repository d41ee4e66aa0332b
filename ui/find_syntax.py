"""The find box as data: `vendor:acme amount:>5000 "exact words"` -> free text and conditions.

Pure. It says what it did not understand in a sentence for the person and never guesses: a part that
is not understood restricts nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from core.words import area

say = area(__name__)

FieldKind = Literal["text", "word", "amount", "number", "date"]

_PART = re.compile(
    r"""(?:(?P<field>[^\W\d][\w.-]*):)?      # a field begins with a letter, so 09:41 is text
        (?P<sign>>=|<=|>|<)?
        (?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]*))""",
    re.VERBOSE,
)
_DATE_PARTS = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the find syntax; `member` is the filter member its values go to.

    `words` translates what people type to what the filter takes (kind "word").
    """

    member: str
    title: str
    kind: FieldKind = "text"
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """How people here write figures: decimal point and the order of day, month and year."""

    decimal_point: str = "."
    date_order: str = "mdy"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: the field's name, what the filter takes and what the person typed."""

    field: str
    value: str
    shown: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a line of the find box means.

    `problems` are sentences on what was not understood; `hint` says what may follow a field whose
    value is still to be typed.
    """

    text: str = ""
    terms: tuple[Term, ...] = ()
    problems: tuple[str, ...] = ()
    hint: str = ""


_HOUSE_READING = Reading()


def read(line: str, fields: Mapping[str, Field], reading: Reading = _HOUSE_READING) -> Found:
    """What the line asks for; words that stand alone are free text, joined by one space."""
    texts: list[str] = []
    terms: list[Term] = []
    problems: list[str] = []
    hint = ""
    for part in _PART.finditer(line):
        raw = part["quoted"] if part["quoted"] is not None else part["bare"]
        name = part["field"]
        if name is None:
            texts.append((part["sign"] or "") + raw)
            continue
        known = fields.get(name.lower())
        if known is None:
            problems.append(_unknown(name, fields))
        elif not raw:
            hint = _unfinished(name, known)
        else:
            answer = _term(name.lower(), known, part["sign"] or "", raw, reading)
            if isinstance(answer, Term):
                terms.append(answer)
            else:
                problems.append(answer)
    return Found(" ".join(text for text in texts if text), tuple(terms), tuple(problems), hint)


def members(terms: Iterable[Term], fields: Mapping[str, Field]) -> dict[str, str]:
    """Filter member -> value: equal ones as alternatives `a,b`, comparisons side by side."""
    found: dict[str, list[str]] = {}
    for term in terms:
        values = found.setdefault(fields[term.field].member, [])
        if term.value not in values:
            values.append(term.value)
    return {member: _joined(values) for member, values in found.items()}


def written(field_name: str, value: str) -> str:
    """The condition as a person would type it."""
    return f'{field_name}:"{value}"' if re.search(r"\s", value) else f"{field_name}:{value}"


def _joined(values: list[str]) -> str:
    compared = [value for value in values if value[0] in "<>"]
    equal = [value for value in values if value[0] not in "<>"]
    return " ".join([*compared, ",".join(equal)] if equal else compared)


def _term(name: str, known: Field, sign: str, raw: str, reading: Reading) -> Term | str:
    """The condition, or the sentence that says why it is none."""
    if sign and known.kind in {"text", "word"}:
        return say("cannot_be_compared_write", name=name, raw=raw)
    value: str | None = raw
    if known.kind == "word":
        value = _words(raw, known.words)
        if value is None:
            return say("is_not_one_of", raw=raw, words=", ".join(known.words))
    elif known.kind == "amount":
        value = _amount(raw, reading)
    elif known.kind == "number":
        value = raw if raw.isascii() and raw.isdigit() else None
    elif known.kind == "date":
        value = _date(raw, reading)
    if value is None:
        return say(
            "is_not_as_in",
            raw=raw,
            wanted=_WANTED[known.kind],
            name=name,
            sign=sign,
            examples=_EXAMPLES[known.kind],
        )
    return Term(name, sign + value, _spelled(value, known) if known.words else sign + raw)


def _spelled(codes: str, known: Field) -> str:
    """The words of these codes in full: `Held, Approved`."""
    words = {code: word for word, code in known.words.items()}
    return ", ".join(words[code] for code in codes.split(","))


_WANTED = {"amount": say("an_amount"), "number": say("a_whole_number"), "date": say("a_date")}
_EXAMPLES = {"amount": "5000", "number": "7", "date": "2026-11-01"}


def _words(raw: str, known: Mapping[str, str]) -> str | None:
    """`held,rejected` as the filter takes it; a word may be shortened while it stays clear."""
    codes = []
    for part in raw.casefold().split(","):
        typed = part.strip()
        exact = [code for word, code in known.items() if word.casefold() == typed]
        begun = {code for word, code in known.items() if word.casefold().startswith(typed)}
        if exact:
            codes.append(exact[0])
        elif typed and len(begun) == 1:
            codes.append(begun.pop())
        else:
            return None
    return ",".join(codes)


def _amount(raw: str, reading: Reading) -> str | None:
    point = reading.decimal_point
    plain = raw.replace("\u2212", "-")
    for mark in {",", ".", "'", "\u2019", "\u00a0", "\u202f", "_"} - {point}:
        plain = plain.replace(mark, "")
    try:
        value = Decimal(plain.replace(point, "."))
    except InvalidOperation:
        return None
    return format(value, "f") if value.is_finite() else None


def _date(raw: str, reading: Reading) -> str | None:
    parts = _DATE_PARTS.fullmatch(raw)
    if parts is None:
        return None
    order = "ymd" if len(parts[1]) > 2 else reading.date_order  # noqa: PLR2004 - a year in full
    by_letter = dict(zip(order, map(int, parts.groups()), strict=True))
    year = by_letter["y"] if by_letter["y"] > 99 else 2000 + by_letter["y"]  # noqa: PLR2004 - two digits
    try:
        return date(year, by_letter["m"], by_letter["d"]).isoformat()
    except ValueError:
        return None


def _unknown(name: str, fields: Mapping[str, Field]) -> str:
    near = difflib.get_close_matches(name.lower(), fields, 1)
    if near:
        return say("there_is_no_field_did_you_mean", name=name, near=near[0])
    return say("there_is_no_field_fields", name=name, fields=", ".join(fields))


def _unfinished(name: str, known: Field) -> str:
    if known.words:
        return say("one_of", name=name, words=", ".join(known.words))
    return say("what_is_to_be_found_stands_behind", name=name)
