"""The reading campaign: generated histories of X3, each read to its end, compared row by row.

    python -m tests.campaigns.reading [--seeds N] [--from N] [--kind both|datetime|date]
        [--without GUARD] [--write [--into FILE]] [--resume]

Every seed is played with each kind of change field. A failing one is printed with the line that
plays it again. With `--write` what was played is added to docs/measurements.md, a row for every few
hundred seeds, also when the campaign is ended by Ctrl+C or SIGTERM; with `--resume` it goes on
where the rows of the same product end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from tests.campaigns.ledger import MEASUREMENTS, Table, core_hash
from tests.engine.reading_property import GUARDS, KINDS, Outcome, run_seed, simulated_x3

_ROW_EVERY = 200  # seeds: so many are lost to the table when the process is killed outright
_IN_MEMORY = Path("/dev/shm")
Say = Callable[[str], None]


@dataclass
class Figures:
    """What was found of one kind of change field; `failed` holds seeds that broke the property."""

    kind: str
    first: int
    played: int = 0
    polls: int = 0
    killed: int = 0
    failed: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def next_seed(self) -> int:
        """Where the campaign goes on."""
        return self.first + self.played

    def add(self, outcome: Outcome, seconds: float) -> None:
        """Count one seed."""
        self.played += 1
        self.polls += outcome.polls
        self.killed += outcome.killed
        self.seconds += seconds
        if outcome.problems:
            self.failed.append(outcome.seed)


class Records:
    """The campaign's rows in the measurements, of one state of the product."""

    def __init__(self, core: str, path: Path) -> None:
        self._core = core
        self._table = Table(
            "Reading, seed by seed",
            "Histories of X3 made by chance (late commits, changes without a moved stamp,\n"
            "deletions, clocks that differ, rows that move between pages, killed readings), read\n"
            "through the real client and compared with X3 row by row\n"
            "(`python -m tests.campaigns.reading --write --resume`). Rows of one core are of the\n"
            "same product: `core` is a hash over its Python files.",
            ("day", "core", "kind", "first", "last", "polls", "killed", "failed", "seconds"),
            path,
        )

    def add(self, figures: Figures) -> None:
        """Append what was played of one kind."""
        self._table.append(
            day=f"{datetime.now(UTC):%Y-%m-%d}",
            core=self._core,
            kind=figures.kind,
            first=figures.first,
            last=figures.next_seed - 1,
            polls=figures.polls,
            killed=figures.killed,
            failed=", ".join(str(seed) for seed in figures.failed) or "none",
            seconds=f"{figures.seconds:.0f}",
        )

    def next_seed(self, kinds: tuple[str, ...], first: int) -> int:
        """The first seed from `first` on that this product has not played with all of `kinds`."""
        rows = [row for row in self._table.rows() if row["core"] == self._core]

        def after(kind: str) -> int:
            seed = first
            spans = ((int(r["first"]), int(r["last"])) for r in rows if r["kind"] == kind)
            for begin, end in sorted(spans):
                seed = max(seed, end + 1) if begin <= seed else seed
            return seed

        return min(after(kind) for kind in kinds)


def campaign(
    seeds: range,
    say: Say,
    *,
    kinds: tuple[str, ...] = KINDS,
    without: str = "",
    keep: Callable[[Figures], None] | None = None,
    is_ended: Callable[[], bool] = lambda: False,
) -> list[Figures]:
    """Play each seed with each kind on one simulated X3; what was found, by kind.

    `keep` gets the figures in parts, each seed once. `is_ended` is asked between two histories.
    """
    wholes = [Figures(kind, seeds.start) for kind in kinds]
    parts = [Figures(kind, seeds.start) for kind in kinds]
    with simulated_x3() as stage, _quick_directory() as folder:
        for seed in seeds:
            for whole, part in zip(wholes, parts, strict=True):
                if is_ended():
                    break
                began = time.monotonic()
                place = folder / f"{seed}-{whole.kind}"
                place.mkdir()
                outcome = run_seed(stage, place, seed, kind=whole.kind, without=without)
                shutil.rmtree(place)
                for figures in (whole, part):
                    figures.add(outcome, time.monotonic() - began)
                _tell(outcome, say, without)
            if is_ended():
                say(f"ended early; go on with --from {min(f.next_seed for f in wholes)}")
                break
            if (seed + 1 - seeds.start) % _ROW_EVERY == 0:
                say(f"{seed + 1 - seeds.start} seeds played; next is {seed + 1}")
                parts = _kept(parts, keep)
    _kept(parts, keep)
    return wholes


def _kept(parts: list[Figures], keep: Callable[[Figures], None] | None) -> list[Figures]:
    for part in parts:
        if part.played and keep is not None:
            keep(part)
    return [Figures(part.kind, part.next_seed) for part in parts]


def _tell(outcome: Outcome, say: Say, without: str) -> None:
    if outcome.problems:
        more = f" --without {without}" if without else ""
        again = f"--seeds 1 --from {outcome.seed} --kind {outcome.kind}{more}"
        say(f"python -m tests.campaigns.reading {again}")
        for problem in outcome.problems[:3]:
            say(f"    {problem}")


@contextmanager
def _quick_directory() -> Iterator[Path]:
    """A directory for the stores, in memory where there is such: no seed outlives its play."""
    in_memory = str(_IN_MEMORY) if os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="reading-", dir=in_memory) as folder:
        yield Path(folder)


@contextmanager
def _ended_by_signals() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl+C or SIGTERM came; a second one ends the process at once."""
    ended = threading.Event()

    def note(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        ended.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 0 when the property holds for every seed of the order."""
    parser = argparse.ArgumentParser(description="Play histories of X3 and compare what was read.")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--kind", default="both", choices=["both", *KINDS])
    parser.add_argument("--without", default="", choices=["", *GUARDS])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--into", type=Path, default=MEASUREMENTS, help="the file of the rows")
    parser.add_argument("--resume", action="store_true", help="after the rows of this product")
    order = parser.parse_args(arguments)
    kinds = KINDS if order.kind == "both" else (order.kind,)

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    records = Records(core_hash(), order.into)
    first = records.next_seed(kinds, order.first) if order.resume else order.first
    seeds = range(first, order.first + order.seeds)
    keep = records.add if order.write else None
    with _ended_by_signals() as is_ended:
        found = campaign(
            seeds, say, kinds=kinds, without=order.without, keep=keep, is_ended=is_ended
        )
    for one in found:
        say(
            f"{one.kind}: {one.played} seeds from {one.first}, {one.polls} polls, {one.killed} "
            f"killed, failed: {one.failed or 'none'}, {one.seconds:.0f} s"
        )
    return 1 if any(one.failed or one.played < len(seeds) for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
