"""Whether the history of an invoice holds, byte for byte, what the simulated systems received.

    python -m tests.campaigns.payloads --invoices 200 [--from SEED] [--write]

Seeds of the simulation are played with all their faults, kills and restored backups. Then the
history of invoices drawn at random (`explain --as-of` now) is laid beside the journal of both
systems, which note the SHA-256 of each body as it arrived:

* each stored request that was answered arrived as it is stored;
* each write that arrived under the invoice's reference stands in its history as it arrived, unless
  a backup from before it was put back;
* each is proven by its row of the audit log.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from core import clients
from core.credentials import Credentials
from core.facade import Connected, Facade
from core.vault import FixedKey, Vault
from tests.campaigns.ledger import Table, core_hash
from tests.simulation import guards
from tests.simulation.campaign import print_line, stage_of_its_own
from tests.simulation.machine import Machine
from tests.simulation.play import Player
from tests.simulation.stage import Row, Stage

TABLE = Table(
    "Stored payloads against what was received",
    "Histories of random invoices of a faulted simulation, byte for byte against the journals of "
    "both simulated systems (`python -m tests.campaigns.payloads --invoices 200 --write`).",
    ("day", "core", "seeds", "invoices", "requests", "identical", "never arrived", "received",
     "found in the history", "faults struck", "differences", "seconds"),
)  # fmt: skip
_FOREVER = "2999-12-31"
_MOST_OF_A_SEED = 8
#: Operations of the simulated systems that only look, though they carry a reference.
_LOOKS = frozenset(("soap_query", "read", "getDescription"))


@dataclass
class Figures:
    """What the histories looked at showed."""

    seeds: int = 0
    invoices: int = 0
    requests: int = 0
    identical: int = 0
    never_arrived: int = 0
    received: int = 0
    found: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def line(self) -> str:
        """The closing line."""
        return (
            f"{self.invoices} invoices of {self.seeds} seeds: {self.requests} stored requests, "
            f"{self.identical} byte-identical to what was received, {self.never_arrived} never "
            f"arrived; {self.received} received writes, {self.found} in the history; "
            f"{sum(self.struck.values())} faults struck, {self.seconds:.0f} s, "
            f"differences: {len(self.problems) or 'none'}"
        )


def door(machine: Machine) -> Facade:
    """The facade of a machine, with clients that ask nothing."""

    def connect(_clock: object) -> Connected:
        secrets = Credentials(machine.store, Vault(FixedKey()))
        settings = machine.settings()
        made = clients.connect(settings, machine.directory, secrets, machine.clock)
        tools = clients.tools_of(made, settings, machine.store, machine.clock, FixedKey().create)
        return Connected(tools, made.close)

    return Facade(replace(machine.facade()._parts, connect=connect))


def look(stage: Stage, place: Path, seed: int, most: int, figures: Figures) -> None:
    """Play a seed and compare the histories of at most so many of its invoices."""
    random.seed(seed)
    with guards.without("") as surgery:
        player = Player(stage, place, seed, surgery)
        try:
            player.play()
            requests = stage.state.journal_tail(1_000_000)
            _compare(player, requests, random.Random(f"payloads {seed}"), most, figures)
            figures.seeds += 1
            figures.struck.update(player.outcome.struck)
            figures.problems += [f"seed {seed}: {problem}" for problem in player.outcome.problems]
        finally:
            player.end()
            shutil.rmtree(place, ignore_errors=True)


def _compare(
    player: Player, requests: list[Row], chance: random.Random, most: int, figures: Figures
) -> None:
    facade = door(player.machine)
    numbers = [row["number"] for row in facade.invoices()]
    was_restored = bool(player.outcome.restored)
    for number in chance.sample(numbers, min(most, len(numbers), _MOST_OF_A_SEED)):
        found = facade.explain_as_of(number, _FOREVER)
        figures.invoices += 1
        name = f"seed {player.outcome.seed}, {number}"
        compare(found, requests, name, figures, was_restored=was_restored)


def compare(
    found: Row, requests: list[Row], name: str, figures: Figures, *, was_restored: bool
) -> None:
    """Count one history against the journals; what differs is told in `problems`."""
    arrived = Counter(str(entry["sha256"]) for entry in requests)
    stored = [one for one in found["exchanges"] if one["purpose"] == "send"]
    for one in stored:
        figures.requests += 1
        digest = hashlib.sha256(one["request"].encode()).hexdigest()
        if one["intent"] is None:
            figures.problems.append(f"{name}: no audit row proves the {one['kind']}")
        if arrived[digest]:
            figures.identical += 1
        elif one["status"] is None:
            figures.never_arrived += 1
        else:
            figures.problems.append(f"{name}: the {one['kind']} that was answered did not arrive")
    kept = {str(one["sha256"]) for one in stored}
    references = {str(one["object"]) for one in stored}
    for entry in requests:
        if entry["method"] == "GET" or entry["reference"] not in references:
            continue
        if entry["operation"] in _LOOKS:
            continue
        figures.received += 1
        if entry["sha256"] in kept:
            figures.found += 1
        elif not was_restored:
            figures.problems.append(f"{name}: a received {entry['operation']} is not stored")
    if not found["x3"]["is_proven"]:
        figures.problems.append(f"{name}: X3's image is not proven")


def campaign(invoices: int, first: int, say: Callable[[str], None]) -> Figures:
    """Play seeds until so many histories were looked at."""
    figures, began, seed = Figures(), time.monotonic(), first
    with stage_of_its_own() as (stage, folder):
        while figures.invoices < invoices:
            look(stage, folder / str(seed), seed, invoices - figures.invoices, figures)
            seed += 1
            if figures.seeds % 10 == 0:
                say(f"{figures.seeds} seeds, {figures.invoices} invoices")
    figures.seconds = time.monotonic() - began
    return figures


def write(figures: Figures, first: int, table: Table = TABLE) -> None:
    """Add a row to the measurements."""
    table.append(
        day=f"{datetime.now(UTC):%Y-%m-%d}", core=core_hash(),
        seeds=f"{first} to {first + figures.seeds - 1}", invoices=figures.invoices,
        requests=figures.requests, identical=figures.identical,
        never_arrived=figures.never_arrived, received=figures.received,
        found_in_the_history=figures.found, faults_struck=sum(figures.struck.values()),
        differences=len(figures.problems) or "none", seconds=f"{figures.seconds:.0f}",
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the campaign; 0 when nothing differs."""
    parser = argparse.ArgumentParser(description="Compare stored payloads with received ones.")
    parser.add_argument("--invoices", type=int, default=200)
    parser.add_argument("--from", type=int, dest="first", default=0, help="the first seed")
    parser.add_argument("--write", action="store_true", help="add to docs/measurements.md")
    order = parser.parse_args(arguments)
    say: Any = partial(print_line, sys.stdout)
    figures = campaign(order.invoices, order.first, say)
    for problem in figures.problems[:20]:
        say(problem)
    say(figures.line)
    if order.write:
        write(figures, order.first)
    return 1 if figures.problems else 0


if __name__ == "__main__":
    sys.exit(main())
