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
        return UNREADABLE, f"{path.name} cannot be read: {error}"
    told = "ends in the head you hold" if head else "compare the head with one you hold"
    return GOOD, f"{walk.rows} rows, whole in itself; {told}: {walk.previous}"


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects; ValueError for what is no JSON object or holds a fraction."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            members = json.loads(line, parse_float=_no_fraction, parse_constant=_no_fraction)
            if not isinstance(members, dict):
                raise ValueError(f"line {number} is no object")  # noqa: TRY004 - about a file
            yield number, members


def _no_fraction(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


def _take(walk: _Walk, number: int, members: dict[str, Any]) -> None:
    if walk.footer is not None:
        raise _Mismatch(f"line {number} stands behind the last line")
    if number == 1 and set(members) == {"from", "previous"}:
        if not isinstance(members["from"], int) or not isinstance(members["previous"], str):
            raise _Mismatch("the first line does not begin an extract")
        walk.expected, walk.previous = members["from"], members["previous"]
        return
    if set(members) == {"head", "rows", "sealed_to"}:
        walk.footer = members
        return
    if set(members) != _MEMBERS:
        raise _Mismatch(f"line {number} is no row of the log")
    if members["sequence"] != walk.expected:
        raise _Mismatch(f"row {walk.expected} is missing; row {members['sequence']} came")
    if members["previous"] != walk.previous:
        raise _Mismatch(f"row {walk.expected} does not follow from the row before")
    digest = members.pop("hash")
    members.pop("previous")
    if chain_hash(walk.previous, members) != digest:
        raise _Mismatch(f"row {walk.expected} was changed")
    if members["action"] == SEAL:
        walk.sealed_to = walk.expected
    walk.previous, walk.rows, walk.expected = digest, walk.rows + 1, walk.expected + 1


def _close(walk: _Walk, head: str) -> None:
    if walk.footer is None:
        raise _Mismatch("the last line is missing: the file was cut")
    told = (walk.footer["head"], walk.footer["rows"], walk.footer["sealed_to"])
    if told != (walk.previous, walk.rows, walk.sealed_to):
        raise _Mismatch("the last line does not fit the rows")
    if head and head.strip().lower() != walk.previous:
        raise _Mismatch(f"it ends in {walk.previous}, not in the head given")
