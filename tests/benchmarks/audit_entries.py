"""Verification of a long audit log in one pass: its rate, and that its memory stays flat.

    python -m tests.benchmarks.audit_entries [--rows 1000000]

Makes a store whose log has so many rows like those of a real run, then checks all of it in a
process of its own, a tenth of it before, so that what the size adds to the memory shows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from core.clock import SystemClock
from core.store import history
from core.store.sqlite import Store

ROOT = Path(__file__).resolve().parents[2]
_LOT = 5000
_SHARE = 10
_BODY = {"state": "done", "result": '{"id":"900001","state":"received"}'}


@dataclass(frozen=True, slots=True)
class Verified:
    """One verification: rows, seconds, and the most memory of its process in MB."""

    rows: int
    took_s: float
    most_mb: float


def measure(rows: int) -> tuple[Verified, Verified]:
    """A tenth of the rows, then all of them, each in a process of its own."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        store = _open(directory)
        _fill(store, rows)
        store.close_thread()
        return _in_its_process(directory, rows // _SHARE), _in_its_process(directory, rows)


def _open(directory: Path) -> Store:
    return Store.open(directory, version="0", clock=SystemClock(), is_sandbox=True)


def _fill(store: Store, rows: int) -> None:
    here = history.head(store)[0]
    for first in range(here + 1, rows + 1, _LOT):
        with store.write():
            history.append_many(
                store,
                (
                    history.Entry(
                        "engine", "answer", f"X3|QUICK|US10|INV{at:07}|1", "sending", _BODY,
                        "accepted", 1,
                    )
                    for at in range(first, min(first + _LOT, rows + 1))
                ),
            )  # fmt: skip


def _in_its_process(directory: Path, rows: int) -> Verified:
    command = [sys.executable, "-m", "tests.benchmarks.audit_entries", "--verify", str(directory)]
    done = subprocess.run(
        [*command, "--rows", str(rows)], capture_output=True, check=True, cwd=ROOT
    )
    return Verified(**json.loads(done.stdout))


def _verify(directory: Path, rows: int) -> Verified:
    store = _open(directory)
    begun = time.perf_counter()
    found = history.verify(store, last=rows)
    took_s = time.perf_counter() - begun
    store.close_thread()
    if not found.ok or found.rows != rows:
        raise SystemExit(f"the log does not hold: {found.text}")
    return Verified(rows, took_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def table(found: tuple[Verified, Verified]) -> str:
    """Both in one table."""
    lines = ["| audit rows verified | seconds | rows/s | memory MB |", "| --: | --: | --: | --: |"]
    lines += [
        f"| {one.rows:,} | {one.took_s:.1f} | {one.rows / one.took_s:,.0f} | {one.most_mb:.0f} |"
        for one in found
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, and write the table to standard output."""
    parser = argparse.ArgumentParser(description="Verify a long audit log in one pass.")
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--verify", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.verify:
        one = _verify(options.verify, options.rows)
        told = {"rows": one.rows, "took_s": one.took_s, "most_mb": one.most_mb}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(table(measure(options.rows)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
