"""What a kill campaign looks at: the store a killed process left, and both systems in the end.

Figures come from the servers' tables and from a copy of the store's file; nothing is asked of the
program but what a person can ask it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.acceptance.accept_site import ROOT, Desk, Served, is_quiet
from tests.acceptance.truth_cli import World, look

START = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
_LAST_RUNS = 14
_ENOUGH_PROBLEMS = 5
_LEFT_BEHIND = ("backups/*.part", ".restore-*")  # whole copies of the store


@dataclass
class Figures:
    """What a campaign found; all is well while `problems` is empty."""

    named: Counter[str] = field(default_factory=Counter)
    at_random: int = 0
    killed_in: Counter[str] = field(default_factory=Counter)
    kills_with_a_write_under_way: int = 0
    writes_under_way: int = 0
    runs_whole: int = 0
    compared: int = 0
    eligible: int = 0
    sent: int = 0
    posted: int = 0
    duplicates: int = 0
    lost: int = 0
    asked_of_a_person: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many processes have died."""
        return self.at_random + sum(self.named.values())

    def is_hopeless(self) -> bool:
        """Whether it makes no sense to go on."""
        return len(self.problems) >= _ENOUGH_PROBLEMS

    def wrong(self, *words: object) -> None:
        """Note a problem."""
        self.problems.append(" ".join(str(word) for word in words)[:600])


def copied(desk: Desk, place: Path) -> Path | None:
    """A copy of the store as a dead process left it; None when there is none."""
    if not (desk.directory / "crossfoot.db").exists():
        return None
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for file in desk.directory.glob("crossfoot.db*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, place / file.name)
    return place / "crossfoot.db"


def check_store(desk: Desk, place: Path, figures: Figures) -> None:
    """What a kill left must be whole and say what was under way; that is counted."""
    database = copied(desk, place)
    if database is None:
        return
    with closing(sqlite3.connect(database)) as store:
        (found,) = store.execute("PRAGMA integrity_check").fetchone()
        broken = store.execute("PRAGMA foreign_key_check").fetchall()
        under_way = store.execute("SELECT kind FROM outbox WHERE state = 'sending'").fetchall()
        loose = store.execute(
            "SELECT o.id FROM outbox o LEFT JOIN attempt a ON a.outbox = o.id AND a.ended = '' "
            "WHERE o.state = 'sending' GROUP BY o.id HAVING count(a.id) <> 1"
        ).fetchall()
    if found != "ok" or broken or loose:
        figures.wrong("after kill", figures.kills, found, broken[:3], loose[:3])
    figures.killed_in.update(kind for (kind,) in under_way or [("no write",)])
    figures.kills_with_a_write_under_way += bool(under_way)
    figures.writes_under_way += len(under_way)


def answered(desk: Desk, place: Path, figures: Figures) -> None:
    """After a whole run every intent has its answer or is in doubt."""
    database = copied(desk, place)
    assert database is not None
    with closing(sqlite3.connect(database)) as store:
        hanging = store.execute("SELECT id, kind FROM outbox WHERE state = 'sending'").fetchall()
        unended = store.execute("SELECT id, outbox FROM attempt WHERE ended = ''").fetchall()
        unsent = store.execute(
            "SELECT o.id FROM outbox o WHERE o.state = 'in_doubt' AND o.due = ''"
        ).fetchall()
    if hanging or unended or unsent:
        figures.wrong("after a whole run:", hanging[:3], unended[:3], unsent[:3])


def compare(desk: Desk, served: Served, place: Path, figures: Figures) -> None:
    """Between kills: nothing is there twice, every intent is answered, the log is whole."""
    figures.compared += 1
    answered(desk, place, figures)
    there = Counter(
        row["ExternalId"]["Value"]
        for row in served.table("avid:invoice").values()
        if row["ExternalId"]
    )
    posted = Counter(
        row["REF"] for row in served.table("x3:PAYMENTH").values() if row["REF"].startswith("AVD")
    )
    twice = [name for name, times in (there + posted).items() if times > 1]
    if twice:
        figures.wrong("there twice:", twice[:5])
    verified = desk.run("audit", "verify")
    if verified.status != 0:
        figures.wrong("audit verify:", verified.status, verified.out, verified.err)


def settle(desk: Desk, figures: Figures) -> None:
    """Run on without faults until a run finds nothing to do."""
    for _ in range(_LAST_RUNS):
        ran = desk.run("sync", "--json", timeout=240)
        if ran.status not in (0, 3):
            figures.wrong("a quiet run ended with", ran.status, ran.err)
            return
        if is_quiet(ran.json):
            return
    figures.wrong("not quiet after", _LAST_RUNS, "runs:", ran.out)


def age_leftovers(desk: Desk) -> None:
    """Let a day pass over what kills left half made: the next copy of the day clears it away."""
    for path in leftovers(desk):
        os.utime(path, (0, 0))
    for made in (desk.directory / "backups").glob("daily-*.db"):
        made.unlink()


def leftovers(desk: Desk) -> list[Path]:
    """Copies of the store that are not finished."""
    return [path for pattern in _LEFT_BEHIND for path in desk.directory.glob(pattern)]


def answer_doubts(desk: Desk, figures: Figures) -> None:
    """Do what a person does who found nothing in AvidXchange: send what was lost twice again."""
    items = [item for item in desk.reviews() if item["code"] == "DBT-01"]
    figures.asked_of_a_person += len(items)
    for item in items:
        order = ("--how", "send_again", "--reason", "It is not in AvidXchange")
        ran = desk.run("review", "resolve", str(item["id"]), *order)
        if ran.status != 0:
            figures.wrong("item", item["id"], ran.status, ran.err)
    if items:
        settle(desk, figures)


def judge(desk: Desk, served: Served, folder: Path, figures: Figures) -> None:
    """Both systems against what should be there; then the store, the log and its export."""
    world = look(served, served.mapping(), START)
    items = desk.reviews()
    waiting = {name for item in items for name in (item["document"], *item["documents"])}
    figures.problems += world.check(waiting=waiting)
    _count(world, figures)
    doubts = [item for item in items if item["code"] in ("DBT-01", "ENV-01")]
    figures.problems += [f"left to a person: {item}" for item in doubts]
    status = desk.run("status", "--json").json
    wrong = {name: word for name, word in status["invariants"].items() if word != "ok"}
    if wrong or status["in_doubt"]:
        figures.wrong("status:", wrong, "in doubt", status["in_doubt"])
    answered(desk, folder / "copy", figures)
    left = leftovers(desk)
    if left:
        figures.wrong("left behind by kills:", len(left), left[:4])
    figures.problems += _log_problems(desk, folder)


def _count(world: World, figures: Figures) -> None:
    """How many were due, are there, are there twice, are missing."""
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


def _log_problems(desk: Desk, folder: Path) -> list[str]:
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


def struck(served: Served) -> Counter[str]:
    """How often each fault has struck."""
    found: Counter[str] = Counter()
    for fault in served.ask("faults"):
        found[f"{fault['operation']} {fault['kind']}"] += fault["used"]
    return found


def eligible_suppliers(world: World) -> list[dict[str, Any]]:
    """Suppliers whose invoices go through as they are, in US dollars."""
    return [
        row for row in world.rows("x3:BPSUPPLIER")
        if row["ENAFLG"] == 2 and row["PAYLOKFLG"] == row["DOUFLG"] == 1
        and row["CUR"] == "USD" and world.vendors.get(row["BPSNUM"], "-") != "-"
        and row["BPRPAY"] in ("", row["BPSNUM"])
    ]  # fmt: skip


def usable_accounts(world: World) -> list[str]:
    """Accounts of lines that go through as they are; one that every company has, and others."""
    return sorted(
        {"61100"}
        | {
            line["ACC"][0]
            for row in world.rows("x3:PINVOICE")
            if row["CPY"] == "US10" and row["ACCDAT"] >= START and not world.obstacles(row)
            for line in world.lines[row["NUM"]]
        }
    )
