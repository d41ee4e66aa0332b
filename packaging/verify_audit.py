"""Verifies an audit log exported by Crossfoot (JSON lines), with Python's standard library alone.

    python verify_audit.py FILE [--head HASH]

Exit status: 0 the log is whole (and ends in HASH) - 1 it does not match - 2 it cannot be read.

How the log is made, so that you need not trust this script either: each line is a JSON object.
`hash` is SHA-256, in hex, over the 64 characters of `previous` followed by the row without
`previous` and `hash`, written as JSON with sorted keys, without blanks, in UTF-8. `previous` is the
hash of the row before; for row 1 it is 64 zeros. The last line names the last hash (`head`), the
number of rows, and the last row with the action "seal" (0 = none). An extract begins with a line
that names its first row and the hash before it. Whoever can write the file can also write a new,
whole one: therefore compare the head with one that you keep elsewhere.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

ROW = {
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run",
    "version", "previous", "hash",
}  # fmt: skip
END = {"head", "rows", "sealed_to"}


class Broken(Exception):
    """The log does not match."""


def whole_numbers_only(text: str) -> NoReturn:
    """Refuses a fraction: the log holds none, and their text is not unique."""
    raise ValueError(f"{text} is no whole number")


def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one with the same name twice is refused, because readers would disagree on it."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def row_hash(row: dict[str, Any]) -> str:
    """The hash that a row should carry."""
    content = {name: value for name, value in row.items() if name not in ("previous", "hash")}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(row["previous"].encode("ascii") + text.encode("utf-8")).hexdigest()


class Log:
    """A log as far as it has been read."""

    def __init__(self) -> None:
        self.head = "0" * 64
        self.next_row = 1
        self.rows = 0
        self.sealed_to = 0
        self.has_end = False

    def line(self, number: int, item: dict[str, Any]) -> None:
        """Takes one line.

        Raises:
            Broken: it does not fit what came before.
        """
        if self.has_end:
            raise Broken(f"line {number}: there is more behind the last line")
        if number == 1 and item.keys() == {"from", "previous"}:
            if type(item["from"]) is not int or not isinstance(item["previous"], str):
                raise Broken("line 1: not the beginning of an extract")
            self.next_row, self.head = item["from"], item["previous"]
        elif item.keys() == END:
            if item != {"head": self.head, "rows": self.rows, "sealed_to": self.sealed_to}:
                raise Broken(f"line {number}: the last line does not fit the {self.rows} rows")
            self.has_end = True
        else:
            self.row(number, item)

    def row(self, number: int, row: dict[str, Any]) -> None:
        """Takes one row of the log."""
        at, found = self.next_row, row.get("sequence")
        if row.keys() != ROW or type(found) is not int:
            raise Broken(f"line {number}: not a row of the log; row {at} should stand here")
        if found > at:
            raise Broken(f"line {number}: row {at} is missing or out of order; row {found} came")
        if found < at:
            raise Broken(f"line {number}: row {found} came again or out of order, not row {at}")
        if row["previous"] != self.head:
            raise Broken(f"line {number}: row {at} does not follow from the row before it")
        if row["hash"] != row_hash(row):
            raise Broken(f"line {number}: row {at} was changed")
        self.sealed_to = at if row["action"] == "seal" else self.sealed_to
        self.head, self.rows, self.next_row = row["hash"], self.rows + 1, at + 1


def read(path: Path, head: str = "") -> Log:
    """Reads a whole file line by line; it must end in `head` unless that is empty.

    Raises:
        Broken: it does not match.
        OSError, ValueError: it, or a line of it, cannot be read; names the row.
    """
    log = Log()
    hooks: dict[str, Any] = {"object_pairs_hook": no_doubles}
    hooks |= {"parse_float": whole_numbers_only, "parse_constant": whole_numbers_only}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                item = json.loads(line.decode("utf-8"), **hooks)
                if not isinstance(item, dict):
                    raise ValueError("it is no object")  # noqa: TRY004, TRY301 - about a file
                log.line(number, item)
            except (ValueError, RecursionError) as error:
                text = f"line {number}, where row {log.next_row} should stand: {error}"
                raise ValueError(text) from None
    if not log.has_end:
        raise Broken(f"the last line is missing: the file was cut after row {log.next_row - 1}")
    if head and head != log.head:
        raise Broken(f"the log ends in {log.head}, not in the head given")
    return log


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description="Verifies an audit log exported by Crossfoot.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--head", default="", help="the last hash, from a source of your own")
    options = parser.parse_args(arguments)
    try:
        log = read(options.file, options.head.strip().lower())
    except (Broken, OSError, ValueError) as error:
        is_read = isinstance(error, Broken)
        sys.stdout.write(f"{'does not match' if is_read else 'cannot be read'}: {error}\n")
        return 1 if is_read else 2
    told = "matches the head given" if options.head else "compare the head with one you hold"
    sys.stdout.write(f"whole in itself, {log.rows} rows; {told}\nhead {log.head}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
