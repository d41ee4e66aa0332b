"""The kill campaign: the program dies again and again, and nothing is there twice or lost.

    python -m tests.campaigns.kill --kills 1000 --jobs 2 --write

Half of the kills are at named places (`core/crash_points.py`), each in turn at a random passing;
the other half at random moments. Each is a process of its own that works on a real store against
the simulated systems in another process; the next one is its restart. New invoices, approvals and
payments arrive before every kill. AvidXchange knows no idempotency key and takes an external id
twice (policy `none`), so only looking before sending again keeps an invoice from being there twice;
answers are dropped before and after the work was done. Every 20th kill a whole run is compared with
the servers' tables, and after a series everything is worked out from them.

With `--write` each series is a row of docs/measurements.md, and the next call goes on from those
made with the same program.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.acceptance.accept_site import Served, connect, desk_in, enter, serving
from tests.acceptance.truth_cli import look
from tests.campaigns.forking import Forge
from tests.campaigns.kill_judge import (
    START,
    Figures,
    age_leftovers,
    answer_doubts,
    check_store,
    compare,
    eligible_suppliers,
    judge,
    settle,
    struck,
    usable_accounts,
)
from tests.campaigns.kill_shots import POINTS, Forked, Range
from tests.campaigns.ledger import Table, core_hash

_ANSWER_S = "2"
_DROPPED = (("reset_before", 0.03), ("reset_after", 0.05), ("timeout_after", 0.005))
_TARGETS = (
    ("avid", "submit_invoice"), ("x3", "run"), ("x3", "modify"), ("x3", "save"),
)  # fmt: skip
_SHOWN = 8
_LIVED_SHARE = 0.4
_POSTED_SHARE = 0.7
_TRIES = 3  # runs in which a named place may be missed before it is the next one's turn
COLUMNS = (
    "day", "core", "seed", "kills", "named", "places", "random", "write under way", "writes",
    "due", "sent", "posted", "duplicates", "lost", "asked", "seconds", "problems",
)  # fmt: skip
INTRODUCTION = (
    "Command: `python -m tests.campaigns.kill --kills 1000 --jobs 2 --write`. One row a series of "
    "kills on a site of its own. “named” of the kills were at one of “places” different named "
    "places; “write under way” counts the kills that left at least one write of which only its "
    "intent is known, “writes” those writes. “due” invoices belong into AvidXchange, “sent” are "
    "there, “posted” payments are in X3; “asked” is what a person was asked about."
)
TABLE = Table("Kills at named places and random moments", INTRODUCTION, COLUMNS)


@dataclass(frozen=True)
class Plan:
    """How much of everything; `seed` decides the company, the faults, the places and moments."""

    kills: int
    seed: int
    invoices: int = 20
    work_s: float = 0.02
    random_share: float = 0.5
    compare_every: int = 20
    points: tuple[str, ...] = POINTS


def series(plan: Plan, folder: Path) -> Figures:
    """Kill and start again so often, then compare both systems with what should be there."""
    began, chance, figures = time.monotonic(), random.Random(plan.seed), Figures()
    with (
        serving(folder / "site", invoices=40, seed=plan.seed) as served,
        forked(folder, served) as desk,
    ):
        supplier = fill(served, plan.invoices)
        arm(served, plan)
        place = Range(desk, served, chance, figures, folder, supplier)
        turn = _in_turn(plan)
        while figures.kills < plan.kills and not figures.is_hopeless():
            arrive(place)
            if not (chance.random() < plan.random_share and place.at_random()):
                named(place, next(turn))
            check_store(desk, folder / "copy", figures)
            if figures.kills // plan.compare_every > figures.compared:
                place.ended(desk.run("sync", "--json"))
                compare(desk, served, folder / "copy", figures)
        figures.faults = struck(served)
        served.calm()
        age_leftovers(desk)
        settle(desk, figures)
        answer_doubts(desk, figures)
        judge(desk, served, folder, figures)
    figures.seconds = time.monotonic() - began
    return figures


def arrive(place: Range) -> None:
    """New work: two invoices, or a step of both sides' life with approvals and payments."""
    if place.chance.random() < _LIVED_SHARE:
        place.served.advance()
        return
    for _ in range(2):
        amount = f"{place.chance.randint(50, 900)}.{place.chance.randint(0, 99):02d}"
        enter(place.served, amount, post=place.chance.random() < _POSTED_SHARE, BPR=place.supplier)


def named(place: Range, point: str) -> None:
    """A kill at a named place, which needs that some work leads there."""
    for _ in range(_TRIES):
        if place.at(point):
            return
        place.served.advance()


def _in_turn(plan: Plan) -> Iterator[str]:
    at = plan.seed * 7  # series begin at different places
    while True:
        yield plan.points[at % len(plan.points)]
        at += 1


@contextmanager
def forked(folder: Path, served: Served) -> Iterator[Forked]:
    """A desk connected to the systems whose commands are forks of one loaded process."""
    more = {
        "read": _ANSWER_S,
        "x3": "overlap_minutes = 1",
        "avidxchange": 'idempotency_header = ""',
    }
    plain = desk_in(folder / "desk")
    forge = Forge(plain.environment, folder / "said")
    try:
        desk = Forked(plain.directory, plain.environment, forge=forge)
        connect(desk, served, **more)
        yield desk
    finally:
        forge.close()


def arm(served: Served, plan: Plan) -> None:
    """Let the systems forget what they should, take their time, and drop answers."""
    served.value("avid.policy", "none")
    served.value("avid.work_seconds", plan.work_s)
    for system, operation in _TARGETS:
        served.faults(
            *((system, operation, kind, {"share": share, "args": {"seconds": 3}})
              for kind, share in _DROPPED)
        )  # fmt: skip


def fill(served: Served, wanted: int) -> str:
    """Enter plain invoices of mapped suppliers; one of these."""
    world = look(served, served.mapping(), START)
    suppliers, accounts = eligible_suppliers(world), usable_accounts(world)
    for place in range(wanted):
        line = {
            "ACC": accounts[place % len(accounts)],
            "AMTNOTLIN": f"{100 + place}.{place % 100:02d}",
            "DIE1": "DPT",
            "CCE1": "ADM",
        }
        head = {"BPR": suppliers[place % len(suppliers)]["BPSNUM"], "BPRVCR": f"KILL-{place:05d}"}
        served.act("x3.invoice", fields=head, lines=[line], post=place % 3 > 0)
    return str(suppliers[0]["BPSNUM"])


def row_of(plan: Plan, core: str, figures: Figures) -> dict[str, object]:
    """A series as cells of the table."""
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "core": core,
        "seed": plan.seed,
        "kills": figures.kills,
        "named": sum(figures.named.values()),
        "places": len(figures.named),
        "random": figures.at_random,
        "write_under_way": figures.kills_with_a_write_under_way,
        "writes": figures.writes_under_way,
        "due": figures.eligible,
        "sent": figures.sent,
        "posted": figures.posted,
        "duplicates": figures.duplicates,
        "lost": figures.lost,
        "asked": figures.asked_of_a_person,
        "seconds": round(figures.seconds),
        "problems": len(figures.problems),
    }


def main(arguments: list[str]) -> int:
    """Run series until there are enough kills; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="Kill runs at named places and random moments.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--each", type=int, default=100, help="kills of one series")
    parser.add_argument("--seed", type=int, default=1, help="of the first series")
    parser.add_argument("--jobs", type=int, default=1, help="series at the same time")
    parser.add_argument("--write", action="store_true", help="rows into docs/measurements.md")
    parser.add_argument("--keep", type=Path, help="a directory for everything the campaign makes")
    options = parser.parse_args(arguments)
    core = core_hash()
    made = [row for row in TABLE.rows() if row["core"] == core] if options.write else []
    done = sum(int(row["kills"]) for row in made)
    seed = max([options.seed - 1, *(int(row["seed"]) for row in made)]) + 1
    plans: list[Plan] = []
    while done + sum(plan.kills for plan in plans) < options.kills:
        rest = options.kills - done - sum(plan.kills for plan in plans)
        plans.append(Plan(min(options.each, rest), seed + len(plans)))
    found: list[Figures] = []

    def one(plan: Plan) -> None:
        with tempfile.TemporaryDirectory() as made:
            folder = (options.keep or Path(made)) / f"series-{plan.seed}"
            figures = series(plan, folder)
        found.append(figures)
        row = row_of(plan, core, figures)
        said = row | {"at": dict(figures.named), "in": dict(figures.killed_in)}
        said |= {"faults": dict(figures.faults), "problems": figures.problems[:_SHOWN]}
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        if options.write:
            TABLE.append(**row)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, plans))
    close(found, done, is_same=core_hash() == core)
    return 1 if any(figures.problems for figures in found) else 0


def close(found: list[Figures], before: int, *, is_same: bool) -> None:
    """Say in one line what all series found."""
    named: Counter[str] = sum((figures.named for figures in found), Counter())
    missed = [point for point in POINTS if not named[point]]
    sys.stdout.write(
        f"{before + sum(f.kills for f in found)} kills ({before} before); now "
        f"{sum(named.values())} at {len(named)} named places, {sum(f.at_random for f in found)} at "
        f"random; {sum(f.kills_with_a_write_under_way for f in found)} with a write under way; "
        f"{sum(f.eligible for f in found)} due, {sum(f.posted for f in found)} posted; "
        f"{sum(f.duplicates for f in found)} duplicates, {sum(f.lost for f in found)} lost, "
        f"{sum(len(f.problems) for f in found)} problems"
        f"{'; never at ' + ', '.join(missed) if missed else ''}"
        f"{'' if is_same else '; the program changed meanwhile'}\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
