"""Verifies an exported audit log (product.md section 6, `audit export`) without any store.

`packaging/verify_audit.py` does the same, written apart, for someone who does not trust this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain.canonical import GENESIS, chain_hash
from core.store.history import SEAL
from core.words import area

say = area(__name__)

GOOD, NO_MATCH, UNREADABLE = 0, 1, 2
_MEMBERS = frozenset((
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run",
    "version", "previous", "hash",
))  # fmt: skip


@dataclass(slots=True)
class _Walk:
    """Where the walk through a file stands."""

    expected: int = 1
    previous: str = GENESIS
    rows: int = 0
    sealed_to: int = 0
    footer: dict[str, Any] | None = None


class _Mismatch(Exception):
    """The file does not match itself; the text says where."""


def verify_file(path: Path, head: str = "") -> tuple[int, str]:
    """(0 good | 1 does not match | 2 unreadable, one sentence); flat memory.

    With `head` the log must end in exactly that hash.
    """
    walk = _Walk()
    try:
        for number, members in _lines(path):
            _take(walk, number, members)
        _close(walk, head)
    except _Mismatch as error:
        return NO_MATCH, str(error)
    except (OSError, ValueError) as error:
        return UNREADABLE, say("cannot_be_read", name=path.name, error=error)
    told = say("ends_in_the_head_you_hold") if head else say("compare_the_head_with_one_you_hold")
    return GOOD, say("rows_whole_in_itself", rows=walk.rows, told=told, previous=walk.previous)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects; ValueError for what is no JSON object or holds a fraction."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            members = json.loads(line, parse_float=_no_fraction, parse_constant=_no_fraction)
            if not isinstance(members, dict):
                raise ValueError(say("line_is_no_object", number=number))  # noqa: TRY004 - about a file
            yield number, members


def _no_fraction(text: str) -> Any:
    raise ValueError(say("is_no_whole_number", text=text))


def _take(walk: _Walk, number: int, members: dict[str, Any]) -> None:
    if walk.footer is not None:
        raise _Mismatch(say("line_stands_behind_the_last_line", number=number))
    if number == 1 and set(members) == {"from", "previous"}:
        if not isinstance(members["from"], int) or not isinstance(members["previous"], str):
            raise _Mismatch(say("the_first_line_does_not_begin_an"))
        walk.expected, walk.previous = members["from"], members["previous"]
        return
    if set(members) == {"head", "rows", "sealed_to"}:
        walk.footer = members
        return
    if set(members) != _MEMBERS:
        raise _Mismatch(say("line_is_no_row_of_the_log", number=number))
    if members["sequence"] != walk.expected:
        raise _Mismatch(
            say("row_is_missing_row_came", expected=walk.expected, sequence=members["sequence"])
        )
    if members["previous"] != walk.previous:
        raise _Mismatch(say("row_does_not_follow_from_the_row", expected=walk.expected))
    digest = members.pop("hash")
    members.pop("previous")
    if chain_hash(walk.previous, members) != digest:
        raise _Mismatch(say("row_was_changed", expected=walk.expected))
    if members["action"] == SEAL:
        walk.sealed_to = walk.expected
    walk.previous, walk.rows, walk.expected = digest, walk.rows + 1, walk.expected + 1


def _close(walk: _Walk, head: str) -> None:
    if walk.footer is None:
        raise _Mismatch(say("the_last_line_is_missing_the_file"))
    told = (walk.footer["head"], walk.footer["rows"], walk.footer["sealed_to"])
    if told != (walk.previous, walk.rows, walk.sealed_to):
        raise _Mismatch(say("the_last_line_does_not_fit_the"))
    if head and head.strip().lower() != walk.previous:
        raise _Mismatch(say("it_ends_in_not_in_the_head", previous=walk.previous))
