"""The simulation, seed by seed: a small world each, played to its rest and judged.

    python -m tests.simulation --seeds 2000 [--from N] [--processes 2] [--write]
    python -m tests.simulation --seed N -v
    python -m tests.simulation --without GUARD [--seeds 300]
    python -m tests.simulation --guards [--write]

A failing seed prints the line that plays it again and is kept in `seeds.txt`, which is played by
the tests. With `--write` the figures are added to docs/measurements.md; a campaign that was broken
off goes on behind what stands there, while nothing under `core/` changes.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.campaigns.ledger import Table, core_hash
from tests.simulation import guards
from tests.simulation.play import Outcome, play
from tests.simulation.stage import Stage, simulated_systems

KEPT = Path(__file__).with_name("seeds.txt")
SEEDS = Table(
    "Simulation by seed",
    "Each seed is a small world of its own: suppliers, invoices and payments, people on both "
    "sides, faults on the way, kills, clocks that are set, backups that come back (`python -m "
    "tests.simulation --seeds 2000 --write`). A campaign adds up while *core* is the same.",
    ("day", "core", "seeds", "runs", "sent", "posted", "killed", "restored", "faults struck",
     "violations", "seconds"),
)  # fmt: skip
GUARD_TABLE = Table(
    "Guards, and the first seed that catches each",
    "With one guard taken away, seeds are played from 0 until one turns red (`python -m "
    "tests.simulation --guards --write`); with all guards in place the same seed is green.",
    ("day", "core", "guard", "without it", "first seed", "what was seen"),
)
_LOT = 20  # seeds of one row while a campaign is written
_SAY_EVERY = 50
_MOST_FOR_A_GUARD = 300


@dataclass
class Figures:
    """What a stretch of seeds showed."""

    first: int
    last: int = -1
    runs: int = 0
    sent: int = 0
    posted: int = 0
    killed: int = 0
    restored: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one seed."""
        self.last = max(self.last, outcome.seed)
        self.runs += outcome.runs
        self.sent += outcome.sent
        self.posted += outcome.posted
        self.killed += outcome.killed
        self.restored += outcome.restored
        self.struck.update(outcome.struck)
        if outcome.problems:
            self.failed.append(outcome)

    def write(self) -> None:
        """Add a row to the measurements."""
        SEEDS.append(
            day=f"{datetime.now(UTC):%Y-%m-%d}", core=core_hash(),
            seeds=f"{self.first} to {self.last}", runs=self.runs, sent=self.sent,
            posted=self.posted, killed=self.killed, restored=self.restored,
            faults_struck=sum(self.struck.values()),
            violations=", ".join(str(one.seed) for one in self.failed) or "none",
            seconds=f"{self.seconds:.0f}",
        )  # fmt: skip


def _memory() -> Path | None:
    """A folder that lies in memory, where the system has one."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


@contextmanager
def stage_of_its_own() -> Iterator[tuple[Stage, Path]]:
    """Both systems and a folder for seeds."""
    _be_quiet()
    with (
        tempfile.TemporaryDirectory(prefix="simulation-", dir=_memory()) as folder,
        simulated_systems(Path(folder)) as stage,
    ):
        yield stage, Path(folder)


def _be_quiet() -> None:
    """What the program writes to its log of a seed's faults is of no interest here."""
    logging.getLogger("crossfoot").setLevel(logging.CRITICAL + 1)


class _Worker:
    """The stage of a worker process, for all its seeds; it ends with the process."""

    folder: Path
    stage: Stage
    kept: AbstractContextManager[Stage]

    @classmethod
    def begin(cls, parent: str) -> None:
        """Start both systems; the folder is removed by the parent."""
        _be_quiet()
        cls.folder = Path(tempfile.mkdtemp(dir=parent))
        cls.kept = simulated_systems(cls.folder)
        cls.stage = cls.kept.__enter__()

    @classmethod
    def play(cls, seed: int) -> Outcome:
        """Play one seed."""
        return play(cls.stage, cls.folder / str(seed), seed)


def outcomes(seeds: Iterable[int], processes: int) -> Iterator[Outcome]:
    """Play seeds, in several processes when asked; in their order."""
    if processes <= 1:
        with stage_of_its_own() as (stage, folder):
            for seed in seeds:
                yield play(stage, folder / str(seed), seed)
        return
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="simulation-", dir=_memory()) as parent,
        context.Pool(processes, _Worker.begin, (parent,)) as pool,
    ):
        yield from pool.imap(_Worker.play, seeds)


def campaign(
    seeds: range, processes: int, say: Callable[[str], None], *, is_written: bool = False
) -> Figures:
    """Play a stretch of seeds; failing ones are told at once, and kept when it is written."""
    whole, lot = Figures(seeds.start), Figures(seeds.start)
    began = lot_began = time.monotonic()
    for outcome in outcomes(seeds, processes):
        whole.add(outcome)
        lot.add(outcome)
        if outcome.problems:
            tell(outcome, say)
            if is_written:
                keep(outcome.seed)
        is_last = outcome.seed == seeds[-1]
        if is_written and (is_last or outcome.seed - lot.first + 1 >= _LOT):
            lot.seconds = time.monotonic() - lot_began
            lot.write()
            lot, lot_began = Figures(outcome.seed + 1), time.monotonic()
        if (outcome.seed + 1) % _SAY_EVERY == 0:
            say(f"{outcome.seed + 1 - seeds.start} seeds, {len(whole.failed)} red")
    whole.seconds = time.monotonic() - began
    return whole


def tell(outcome: Outcome, say: Callable[[str], None]) -> None:
    """One line that plays the seed again, and what was wrong."""
    say(f"python -m tests.simulation --seed {outcome.seed} -v")
    for problem in outcome.problems[:5]:
        say(f"    {problem}")


def keep(seed: int, path: Path = KEPT) -> None:
    """Add a seed to those that the tests play."""
    if seed not in kept(path):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{seed}\n")


def kept(path: Path = KEPT) -> list[int]:
    """Seeds that once were red."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [int(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]


def caught(guard: str, most: int = _MOST_FOR_A_GUARD, first: int = 0) -> Outcome | None:
    """The first seed that is red without the guard and green with it, None without one."""
    with stage_of_its_own() as (stage, folder):
        for seed in range(first, first + most):
            outcome = play(stage, folder / str(seed), seed, guard=guard)
            if outcome.problems and not play(stage, folder / str(seed), seed).problems:
                return outcome
    return None


def all_guards(say: Callable[[str], None], most: int, *, is_written: bool) -> int:
    """Take each guard away in turn; how many no seed has caught."""
    blind = 0
    for guard in guards.GUARDS:
        found = caught(guard, most)
        blind += found is None
        seed = "none" if found is None else str(found.seed)
        seen = "" if found is None else found.problems[0]
        say(f"{guard} -> {seed} {seen}")
        if is_written:
            GUARD_TABLE.append(
                day=f"{datetime.now(UTC):%Y-%m-%d}", core=core_hash(), guard=guard,
                without_it=guards.meaning(guard), first_seed=seed, what_was_seen=seen,
            )  # fmt: skip
    return blind


def next_seed() -> int:
    """Where a written campaign goes on: behind its last row of the same product."""
    mark = core_hash()
    last = [row["seeds"] for row in SEEDS.rows() if row["core"] == mark]
    return max((int(text.rpartition(" ")[2]) + 1 for text in last), default=0)


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 0 when every promise was kept, and every guard was missed."""
    parser = argparse.ArgumentParser(description="Play small worlds by seed and judge them.")
    parser.add_argument("--seeds", type=int, help="how many (2000; 300 for a guard)")
    parser.add_argument("--from", type=int, dest="first", help="the first one")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--without", choices=[*guards.GUARDS], help="take a guard away")
    parser.add_argument("--guards", action="store_true", help="take each guard away in turn")
    parser.add_argument("--write", action="store_true", help="add to docs/measurements.md")
    parser.add_argument("-v", action="store_true", dest="is_verbose", help="tell what happens")
    order = parser.parse_args(arguments)
    say = partial(print_line, sys.stdout)
    if order.guards:
        return 1 if all_guards(say, order.seeds or _MOST_FOR_A_GUARD, is_written=order.write) else 0
    if order.seed is not None:
        return _one(order.seed, order.without or "", say, is_verbose=order.is_verbose)
    if order.without:
        found = caught(order.without, order.seeds or _MOST_FOR_A_GUARD, order.first or 0)
        seen = f"{found.seed}: {found.problems[0]}" if found else "no seed"
        say(f"{order.without} -> {seen}")
        return 0 if found else 1
    first = order.first if order.first is not None else next_seed() if order.write else 0
    count = order.seeds or 2000
    seeds = range(first, count if order.first is None and order.write else first + count)
    if not seeds:
        say(f"{count} seeds of this product stand in the measurements already")
        return 0
    found_all = campaign(seeds, order.processes, say, is_written=order.write)
    say(
        f"{len(seeds)} seeds, {found_all.runs} runs, {found_all.sent} sent, "
        f"{found_all.posted} posted, {found_all.killed} killed, {found_all.restored} restored, "
        f"{sum(found_all.struck.values())} faults struck, {found_all.seconds:.0f} s, "
        f"violations: {[one.seed for one in found_all.failed] or 'none'}"
    )
    return 1 if found_all.failed else 0


def print_line(stream: object, text: str) -> None:
    """Write a line at once."""
    assert hasattr(stream, "write")
    stream.write(f"{text}\n")
    sys.stdout.flush()


def _one(seed: int, guard: str, say: Callable[[str], None], *, is_verbose: bool) -> int:
    with stage_of_its_own() as (stage, folder):
        outcome = play(stage, folder / str(seed), seed, guard=guard)
    for line in outcome.trace if is_verbose else ():
        say(line)
    for problem in outcome.problems:
        say(f"!! {problem}")
    say(f"seed {seed}: {len(outcome.problems)} problems, {outcome.runs} runs")
    return 1 if outcome.problems else 0
