"""The reading campaign: generated histories of X3, each read to its end, compared row by row.

    python -m tests.campaigns.reading --seeds 2000 [--from N] [--without GUARD] [--write]

A failing seed is printed with the line that plays it again. A campaign that is broken off says from
which seed it goes on. With `--write` the result is added to docs/measurements.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.engine.reading_property import GUARDS, Outcome, run_seed, simulated_x3

ROOT = Path(__file__).resolve().parents[2]
MEASUREMENTS = ROOT / "docs" / "measurements.md"
HEADING = "## Reading, seed by seed"
_INTRODUCTION = (
    "Histories of X3 made by chance (late commits, changes without a moved stamp, deletions,\n"
    "clocks that differ, rows that move between pages, killed readings), read through the real\n"
    "client and compared with X3 row by row (`python -m tests.campaigns.reading --write`)."
)
_COLUMNS = "| day | commit | seeds | polls | killed | failed | seconds |"
_RULE = "| --- | --- | --- | --: | --: | --- | --: |"
_TELL_EVERY = 100


@dataclass
class Figures:
    """What a campaign found; `failed` holds the seeds for which the property does not hold."""

    first: int
    played: int = 0
    polls: int = 0
    killed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def next_seed(self) -> int:
        """Where the campaign goes on."""
        return self.first + self.played

    def add(self, outcome: Outcome) -> None:
        """Count one seed."""
        self.played += 1
        self.polls += outcome.polls
        self.killed += outcome.killed
        self.kinds[outcome.kind] += 1
        if outcome.problems:
            self.failed.append(outcome.seed)


def campaign(seeds: Iterable[int], say: Callable[[str], None], *, without: str = "") -> Figures:
    """Play these seeds one after another on one simulated X3; an interruption ends it early."""
    wanted = list(seeds)
    began, figures = time.monotonic(), Figures(wanted[0] if wanted else 0)
    with simulated_x3() as stage, tempfile.TemporaryDirectory(prefix="reading-") as folder:
        try:
            for seed in wanted:
                place = Path(folder) / str(seed)
                place.mkdir()
                outcome = run_seed(stage, place, seed, without=without)
                figures.add(outcome)
                _tell(outcome, figures, say, without)
        except KeyboardInterrupt:
            say(f"broken off; go on with --from {figures.next_seed}")
    figures.seconds = time.monotonic() - began
    return figures


def _tell(outcome: Outcome, figures: Figures, say: Callable[[str], None], without: str) -> None:
    if outcome.problems:
        more = f" --without {without}" if without else ""
        say(f"python -m tests.campaigns.reading --seeds 1 --from {outcome.seed}{more}")
        for problem in outcome.problems[:3]:
            say(f"    {problem}")
    if figures.played % _TELL_EVERY == 0:
        say(f"{figures.played} seeds, {len(figures.failed)} failed; next is {figures.next_seed}")


def write(figures: Figures, path: Path = MEASUREMENTS) -> None:
    """Add a row under the campaign's heading, which is made when it is not there."""
    text = path.read_text(encoding="utf-8")
    if HEADING not in text:
        text = f"{text.rstrip()}\n\n{HEADING}\n\n{_INTRODUCTION}\n\n{_COLUMNS}\n{_RULE}\n"
    before, _, after = text.partition(HEADING)
    section, following, rest = after.partition("\n## ")
    failed = ", ".join(str(seed) for seed in figures.failed) or "none"
    row = (
        f"| {datetime.now(UTC):%Y-%m-%d} | `{_commit()}` | {figures.first} to "
        f"{figures.next_seed - 1} | {figures.polls} | {figures.killed} | {failed} | "
        f"{figures.seconds:.0f} |"
    )
    section = f"{section.rstrip()}\n{row}\n"
    path.write_text(f"{before}{HEADING}{section}{following}{rest}", encoding="utf-8")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 0 when the property holds for every seed."""
    parser = argparse.ArgumentParser(description="Play histories of X3 and compare what was read.")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--without", default="", choices=["", *GUARDS])
    parser.add_argument("--write", action="store_true")
    order = parser.parse_args(arguments)

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    seeds = range(order.first, order.first + order.seeds)
    figures = campaign(seeds, say, without=order.without)
    say(
        f"{figures.played} seeds ({dict(figures.kinds)}), {figures.polls} polls, "
        f"{figures.killed} killed, failed: {figures.failed or 'none'}, {figures.seconds:.0f} s"
    )
    if order.write:
        write(figures)
    return 1 if figures.failed or figures.played < order.seeds else 0


if __name__ == "__main__":
    sys.exit(main())
