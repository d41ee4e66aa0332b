"""An audit log of any length for benchmarks: rows of runs that read, plan, send and settle."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from core.domain.canonical import canonical, chain_hash, instant_text

_LOT = 20_000
_RUN = 400  # invoices of one run
_PEOPLE = ("dana", "jorge", "mia")
_COLUMNS = (
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run", "version",
    "previous", "hash",
)  # fmt: skip
_Told = tuple[str, str, str, object, object, str]  # actor, action, object, before, after, result


def fill(path: Path, rows: int) -> str:
    """Lay rows behind those of a store's log until it has so many; an object it tells of.

    The chain is whole, so the window finds nothing amiss; the store must not be open.
    """
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        last = connection.execute(
            "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        first, previous = (int(last[0]) + 1, str(last[1])) if last else (1, "0" * 64)
        made = _chained(first, rows, previous)
        beside = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'audit'"
            " AND type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        for kind, name, _ in beside:  # made again below: row by row they cost most of the time
            connection.execute(f'DROP {kind} "{name}"')
        marks = ", ".join("?" for _ in _COLUMNS)
        names = ", ".join(f'"{name}"' for name in _COLUMNS)
        while lot := list(islice(made, _LOT)):
            connection.executemany(f"INSERT INTO audit ({names}) VALUES ({marks})", lot)
        for _, _, text in beside:
            connection.execute(text)
        found = connection.execute(
            "SELECT object FROM audit WHERE action = 'state'"
            " ORDER BY sequence DESC LIMIT 1 OFFSET ?",
            (rows // 100,),
        ).fetchone()
    connection.close()
    return str(found[0])


def _chained(first: int, last: int, previous: str) -> Iterator[tuple[object, ...]]:
    moment = datetime.now(UTC) - timedelta(seconds=last)
    stories = _stories()
    for sequence in range(first, last + 1):
        run, (actor, action, name, before, after, result) = next(stories)
        row: dict[str, object] = {
            "sequence": sequence,
            "time": instant_text(moment + timedelta(seconds=sequence)),
            "actor": actor,
            "action": action,
            "object": name,
            "before": _kept(before),
            "after": _kept(after),
            "result": result,
            "run": run,
            "version": "0.1.0",
        }
        digest = chain_hash(previous, row)
        yield (*row.values(), previous, digest)
        previous = digest


def _kept(value: object) -> object:
    return value if value is None or isinstance(value, str) else canonical(value)


def _stories() -> Iterator[tuple[int, _Told]]:
    """Runs without end; each reads, sends and settles invoices, and some ask a person.

    No seal is among them: those need the workspace's key.
    """
    people = cycle(_PEOPLE)
    number = 0
    for run in range(1, 10**9):
        actor = "schedule" if run % 5 else next(people)
        yield run, (actor, "run started", f"run {run}", None, {"mode": "live", "only": ""}, "")
        for _ in range(_RUN):
            number += 1
            for told in _invoice(number, next(people)):
                yield run, told
        report = {"sent": _RUN, "review": _RUN // 20, "approvals_written": 0}
        yield run, ("engine", "run ended", f"run {run}", None, report, "")


def _invoice(number: int, person: str) -> Iterator[_Told]:
    """What the log tells of one invoice."""
    name = f"PIHUS01{number:08d}"
    reference = f"X3|PROD|US10|{name}|1"
    print_of = f"{number:064x}"
    yield "engine", "received", name, None, print_of, "new"
    if number % 20 == 0:
        text = f"Supplier {number % 997:04d} has no vendor."
        yield "engine", "review opened", name, None, text, "MAP-01"
        yield "engine", "state", name, "", "needs_mapping", text
        yield person, "mapping", f"vendors {number % 997:04d}", None, f"V{number % 997:05d}", ""
        yield "engine", "review closed", name, text, None, "MAP-01"
    yield "engine", "approved", reference, None, print_of, "invoice"
    yield "engine", "intent", reference, None, print_of, "invoice"
    answer = {"state": "done", "result": canonical({"id": str(990_000 + number)})}
    yield "engine", "answer", reference, "sending", answer, "accepted"
    yield "engine", "state", name, "ready", "sent", "AvidXchange has received it."
    if number % 7 == 0:
        yield "engine", "posted", f"AVD{4_000_000 + number}", None, f"PYUS{number:010d}", ""
