"""A worker that is killed again and again: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from core.ports import Exchange
from core.store import history, journal, plans
from core.store.journal import Settlement
from core.store.sqlite import Store

INVOICES = 400
_WORKER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from core.ports import Exchange
from core.store import journal
from core.store.journal import Settlement
from core.store.sqlite import Store

clock = lambda: datetime.now(UTC)
store = Store.open(Path(sys.argv[1]), version="1", clock=clock, is_sandbox=False)
print("begun", flush=True)
with open(sys.argv[2], "ab", buffering=0) as truth:  # what the far side keeps
    while True:
        with store.write():
            rows = journal.claim(store, ("invoice",), 3, clock())
        if not rows:
            break
        for row in rows:
            truth.write(row.reference.encode() + b"\\n")
        with store.write():
            for row in rows:
                journal.settle(store, row, Settlement("done", "accepted", exchange=Exchange()))
print("done", flush=True)
"""


def _look_up(store: Store, truth: Path) -> None:
    """What the engine does with rows in doubt: find out by looking."""
    kept = truth.read_text().split("\n") if truth.exists() else []
    with store.write():
        for row in journal.due_lookups(store, datetime.now(UTC)):
            state = "done" if row.reference in kept else "ready"
            journal.settle(store, row, Settlement(state, "looked up", exchange=Exchange()))


def test_killed_at_random_every_invoice_is_sent_exactly_once(tmp_path: Path) -> None:
    directory, truth = tmp_path / "data", tmp_path / "truth.txt"
    store = Store.open(directory, version="1", clock=lambda: datetime.now(UTC), is_sandbox=False)
    names = [f"N{n:04}" for n in range(INVOICES)]
    made = tuple(
        plans.ActionRecord("invoice", name, 1, b"x", "f", remote=name, reference=f"X3|{name}")
        for name in names
    )
    with store.write():
        plans.store_plan(store, plans.PlanRecord("p", 1, "live", {}, made))
        ids = [row.id for row in plans.action_rows(store, plan="p")]
        journal.enqueue(store, ids, 1, due=store.clock(), actor="anna")
    chance, kills, finished = random.Random(11), 0, False
    for _ in range(12):
        command = [sys.executable, "-c", _WORKER, str(directory), str(truth)]
        root = Path(__file__).parents[2]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0.005, 0.05))
            process.kill()
            finished = process.stdout.read() == b"done\n"
        kills += 1
        with store.write():
            journal.recover(store, datetime.now(UTC))
        _look_up(store, truth)
        assert history.verify(store).ok
        if finished:
            break
    assert kills > 1
    while rows := _rest(store):
        with truth.open("a") as file:
            file.writelines(f"{row.reference}\n" for row in rows)
    assert sorted(truth.read_text().split()) == sorted(f"X3|{name}" for name in names)
    assert journal.counts(store) == {("invoice", "done"): INVOICES}
    assert store.problems() == []
    store.close_thread()


def _rest(store: Store) -> list[journal.OutboxRow]:
    with store.write():
        rows = journal.claim(store, ("invoice",), 50, datetime.now(UTC))
        for row in rows:
            journal.settle(store, row, Settlement("done", "accepted", exchange=Exchange()))
    return rows
