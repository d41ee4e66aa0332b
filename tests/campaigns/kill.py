"""The kill campaign: a run is killed at random moments, again and again, on a site full of faults.

    python -m tests.campaigns.kill --kills 50 --invoices 400 --seed 1 --append FILE

The simulated AvidXchange knows no idempotency key and takes an external id twice (policy `none`),
so only looking before sending again keeps an invoice from being there twice. Answers are dropped
before and after the work was done. At the end everything is worked out from the servers' tables.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.acceptance.accept_site import (
    ROOT,
    Desk,
    Served,
    connect,
    desk_in,
    is_quiet,
    serving,
)
from tests.acceptance.truth_cli import World, look

START = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
_ANSWER_S = "2"
_DROPPED = (("reset_before", 0.04), ("reset_after", 0.08), ("timeout_after", 0.02))
_TARGETS = (
    ("avid", "submit_invoice"), ("x3", "run"), ("x3", "modify"), ("x3", "save"),
)  # fmt: skip
_QUIET_NOTCHES = 5  # then approved invoices are being paid
_LAST_RUNS = 12
_ENOUGH_PROBLEMS = 5
_LONGEST_WAIT_S = 12.0


@dataclass(frozen=True)
class Plan:
    """How much of everything; `seed` decides the company, the faults and the moments."""

    kills: int
    invoices: int
    seed: int
    work_s: float = 0.02
    notches: int = _QUIET_NOTCHES


@dataclass
class Figures:
    """What a campaign found; all is well while `problems` is empty."""

    kills: int = 0
    runs_whole: int = 0
    eligible: int = 0
    sent: int = 0
    posted: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    killed_in: Counter[str] = field(default_factory=Counter)
    in_doubt_seen: int = 0
    duplicates: int = 0
    lost: int = 0
    asked_of_a_person: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def is_hopeless(self) -> bool:
        """Whether it makes no sense to go on."""
        return len(self.problems) >= _ENOUGH_PROBLEMS


def campaign(plan: Plan, folder: Path) -> Figures:
    """Kill, start again, and at the end compare both systems with what should be there."""
    began, chance, figures = time.monotonic(), random.Random(plan.seed), Figures()
    with serving(folder / "site", invoices=plan.invoices, seed=plan.seed) as served:
        more = {"read": _ANSWER_S, "avidxchange": 'idempotency_header = ""'}
        desk = connect(desk_in(folder / "desk"), served, **more)
        fill(served, desk, plan.invoices)
        served.value("avid.policy", "none")
        served.value("avid.work_seconds", plan.work_s)
        for system, operation in _TARGETS:
            served.faults(
                *((system, operation, kind, {"share": share, "args": {"seconds": 3}})
                  for kind, share in _DROPPED)
            )  # fmt: skip
        while figures.kills < plan.kills // 2 and not figures.is_hopeless():
            kill_once(desk, served, chance, figures)
            check_store(desk, folder / "copy", figures)
        live_on(desk, served, plan.notches, figures)
        while figures.kills < plan.kills and not figures.is_hopeless():
            served.advance()
            kill_once(desk, served, chance, figures)
            check_store(desk, folder / "copy", figures)
        figures.faults = struck(served)
        served.calm()
        settle(desk, figures)
        answer_doubts(desk, figures)
        judge(desk, served, folder, figures)
    figures.seconds = time.monotonic() - began
    return figures


def fill(served: Served, desk: Desk, wanted: int) -> None:
    """Enter plain invoices of mapped suppliers until so many are waiting to be sent."""
    mapping = served.mapping()
    world = look(served, mapping, START)
    waiting = sum(
        not world.obstacles(row) for row in world.rows("x3:PINVOICE") if row["ACCDAT"] >= START
    )
    suppliers = [
        row for row in world.rows("x3:BPSUPPLIER")
        if row["ENAFLG"] == 2 and row["PAYLOKFLG"] == row["DOUFLG"] == 1
        and row["CUR"] == "USD" and world.vendors.get(row["BPSNUM"], "-") != "-"
        and row["BPRPAY"] in ("", row["BPSNUM"])
    ]  # fmt: skip
    accounts = usable_accounts(world)
    for place in range(waiting, wanted):
        supplier = suppliers[place % len(suppliers)]
        line = {
            "ACC": accounts[place % len(accounts)],
            "AMTNOTLIN": f"{100 + place}.{place % 100:02d}",
            "DIE1": "DPT",
            "CCE1": "ADM",
        }
        head = {"BPR": supplier["BPSNUM"], "BPRVCR": f"KILL-{place:05d}"}
        served.act("x3.invoice", fields=head, lines=[line], post=place % 3 > 0)


def usable_accounts(world: World) -> list[str]:
    """Accounts of lines that go through as they are."""
    return sorted(
        {
            line["ACC"][0]
            for row in world.rows("x3:PINVOICE")
            if row["CPY"] == "US10" and row["ACCDAT"] >= START and not world.obstacles(row)
            for line in world.lines[row["NUM"]]
        }
    )


def live_on(desk: Desk, served: Served, notches: int, figures: Figures) -> None:
    """Let whole runs bring the documents to their payments, with the faults still in force."""
    for _ in range(notches):
        served.advance()
        ran = desk.run("sync", "--json", timeout=240)
        figures.runs_whole += 1
        if ran.status not in (0, 3, 4):
            figures.problems.append(f"a run among faults ended with {ran.status}: {ran.err[:400]}")


def kill_once(desk: Desk, served: Served, chance: random.Random, figures: Figures) -> None:
    """Start a run and kill it after a random time, or a random number of writes or postings."""
    process = desk.start("sync", "--json")
    try:
        luck = chance.random()
        if luck < 0.2:
            _wait_time(process, chance.uniform(0.2, 3.0))
        elif luck < 0.7:
            _wait_writes(process, served, chance)
        else:
            _wait_postings(process, served, chance)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            figures.kills += 1
        else:
            figures.runs_whole += 1
            served.advance()
    finally:
        process.kill()
        out, err = process.communicate()
    if process.returncode not in (-signal.SIGKILL, 0, 3, 4):
        figures.problems.append(f"a run ended with {process.returncode}: {err.decode()[:400]}")
    if b"Traceback" in out + err:
        figures.problems.append(err.decode()[:400])


def _wait_time(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _wait_writes(process: subprocess.Popen[bytes], served: Served, chance: random.Random) -> None:
    """Until so many writes have arrived, and a moment more."""
    goal = served.writes() + chance.choice((1, 2, 3, 5, 8, 13, 21, 34, 55))
    while process.poll() is None and served.writes() < goal:
        time.sleep(0.002)
    _wait_time(process, chance.uniform(0.0, 0.04))


def _wait_postings(process: subprocess.Popen[bytes], served: Served, chance: random.Random) -> None:
    """Until so many payments have been posted, for as long as a run takes."""
    goal = _saves(served) + chance.choice((1, 1, 2, 3, 5))
    deadline = time.monotonic() + _LONGEST_WAIT_S
    while process.poll() is None and _saves(served) < goal and time.monotonic() < deadline:
        time.sleep(0.002)
    _wait_time(process, chance.uniform(0.0, 0.04))


def _saves(served: Served) -> int:
    return served.counters().get("x3.requests.save", 0)


def check_store(desk: Desk, place: Path, figures: Figures) -> None:
    """Open a copy of what the killed process left: it must be whole, and say what was under way."""
    database = desk.directory / "crossfoot.db"
    if not database.exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file in desk.directory.glob("crossfoot.db*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, place / file.name)
    with closing(sqlite3.connect(place / database.name)) as store:
        (found,) = store.execute("PRAGMA integrity_check").fetchone()
        broken = store.execute("PRAGMA foreign_key_check").fetchall()
        under_way = store.execute("SELECT kind FROM outbox WHERE state = 'sending'").fetchall()
    if found != "ok" or broken:
        figures.problems.append(f"after kill {figures.kills}: {found} {broken[:3]}")
    figures.killed_in.update(kind for (kind,) in under_way or [("reading",)])
    figures.in_doubt_seen += len(under_way)


def struck(served: Served) -> Counter[str]:
    """How often each fault has struck."""
    found: Counter[str] = Counter()
    for fault in served.ask("faults"):
        found[f"{fault['operation']} {fault['kind']}"] += fault["used"]
    return found


def settle(desk: Desk, figures: Figures) -> None:
    """Run on without faults until a run finds nothing to do."""
    for _ in range(_LAST_RUNS):
        ran = desk.run("sync", "--json", timeout=240)
        if ran.status not in (0, 3):
            figures.problems.append(f"a quiet run ended with {ran.status}: {ran.err[:400]}")
            return
        if is_quiet(ran.json):
            return
    figures.problems.append(f"not quiet after {_LAST_RUNS} runs: {ran.out[:400]}")


def answer_doubts(desk: Desk, figures: Figures) -> None:
    """Do what a person does who found nothing in AvidXchange: send what was lost twice again."""
    items = [item for item in desk.reviews() if item["code"] == "DBT-01"]
    figures.asked_of_a_person = len(items)
    for item in items:
        order = ("--how", "send_again", "--reason", "It is not in AvidXchange")
        ran = desk.run("review", "resolve", str(item["id"]), *order)
        if ran.status != 0:
            figures.problems.append(f"item {item['id']}: {ran.status} {ran.err}")
    if items:
        settle(desk, figures)


def judge(desk: Desk, served: Served, folder: Path, figures: Figures) -> None:
    """Both systems against what should be there; then the store, the log and its export."""
    world = look(served, served.mapping(), START)
    items = desk.reviews()
    waiting = {name for item in items for name in (item["document"], *item["documents"])}
    figures.problems += world.check(waiting=waiting)
    count(world, figures)
    doubts = [item for item in items if item["code"] in ("DBT-01", "ENV-01")]
    figures.problems += [f"left to a person: {item}" for item in doubts]
    status = desk.run("status", "--json").json
    wrong = {name: word for name, word in status["invariants"].items() if word != "ok"}
    if wrong or status["in_doubt"]:
        figures.problems.append(f"status: {wrong}, in doubt {status['in_doubt']}")
    check_store(desk, folder / "copy", Figures(problems=figures.problems))
    figures.problems += log_problems(desk, folder)


def count(world: World, figures: Figures) -> None:
    """The figures of the report: how many were due, are there, are there twice, are missing."""
    due = {
        row["NUM"] for row in world.rows("x3:PINVOICE")
        if row["ACCDAT"] >= START and not world.obstacles(row)
    }  # fmt: skip
    figures.eligible = len(due)
    figures.sent = sum(len(rows) for rows in world.there.values())
    figures.posted = sum(len(rows) for rows in world.postings.values())
    figures.duplicates = sum(len(rows) - 1 for rows in world.there.values())
    figures.duplicates += sum(len(rows) - 1 for rows in world.postings.values())
    figures.lost = len(due - set(world.there))


def log_problems(desk: Desk, folder: Path) -> list[str]:
    """Verify the log in the store, and its export by the program written apart."""
    out = folder / "audit.jsonl"
    found = []
    for arguments in (
        ("audit", "verify"),
        ("audit", "export", "--format", "jsonl", "--out", str(out)),
        ("audit", "verify", str(out)),
    ):
        ran = desk.run(*arguments)
        if ran.status != 0:
            found.append(f"{arguments}: {ran.status} {ran.out} {ran.err}")
    apart = [sys.executable, str(ROOT / "packaging" / "verify_audit.py"), str(out)]
    done = subprocess.run(apart, capture_output=True, check=False, timeout=60)
    if done.returncode != 0:
        found.append(f"verify_audit.py: {done.returncode} {done.stdout.decode()}")
    return found


def report(plan: Plan, figures: Figures) -> dict[str, Any]:
    """The figures as one object."""
    return {
        "kills": figures.kills,
        "invoices": plan.invoices,
        "seed": plan.seed,
        "eligible": figures.eligible,
        "in_avidxchange": figures.sent,
        "payments_posted": figures.posted,
        "duplicates": figures.duplicates,
        "lost": figures.lost,
        "in_doubt_asked_of_a_person": figures.asked_of_a_person,
        "runs_that_ended_by_themselves": figures.runs_whole,
        "writes_under_way_at_a_kill": figures.in_doubt_seen,
        "killed_in": dict(figures.killed_in),
        "answers_dropped": dict(figures.faults),
        "seconds": round(figures.seconds, 1),
        "problems": figures.problems,
    }


def _append(file: Path, plan: Plan, found: dict[str, Any]) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True, check=True, cwd=ROOT,
    ).stdout.decode().strip()  # fmt: skip
    version = ".".join(str(part) for part in sys.version_info[:3])
    rows = "\n".join(
        f"| {name.replace('_', ' ')} | {_shown(value)} |" for name, value in found.items()
    )
    text = f"""
## Kill campaign

Command: `python -m tests.campaigns.kill --kills {plan.kills} --invoices {plan.invoices} --seed \
{plan.seed}` · commit `{commit}` · machine: 2 cores, Linux, CPython {version} · \
{datetime.now(UTC):%Y-%m-%d}

| figure | value |
| --- | --- |
{rows}
"""
    if not file.exists():
        file.write_text("# Measurements\n", encoding="utf-8")
    with file.open("a", encoding="utf-8") as out:
        out.write(text)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in sorted(value.items())) or "none"
    return ("; ".join(value) or "none") if isinstance(value, list) else str(value)


def main(arguments: list[str]) -> int:
    """Run one campaign and write its figures to standard output; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="Kill runs at random moments.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--invoices", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--append", type=Path, help="a Markdown file that gets the figures")
    parser.add_argument("--keep", type=Path, help="a directory for everything the campaign makes")
    options = parser.parse_args(arguments)
    plan = Plan(options.kills, options.invoices, options.seed)
    with tempfile.TemporaryDirectory() as made:
        found = report(plan, campaign(plan, options.keep or Path(made)))
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if options.append:
        _append(options.append, plan, found)
    return 1 if found["problems"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
