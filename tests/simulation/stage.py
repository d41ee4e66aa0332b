"""The two simulated systems on which seeds are played one after another, and a workspace to copy.

The company is made small once: what a seed reads of master data costs hundredths of a second. All
that a seed does is taken back by `Stage.begin`; the clock of both systems stands still between two
moves of the seed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.sandbox import control, server
from core.sandbox.state import Snapshot, State

Row = dict[str, Any]

#: A Thursday; three days before the clocks of the United States go forward, then those of Europe.
BEGIN = datetime(2026, 3, 5, 14, 0, 0, tzinfo=UTC)
COMPANY_SEED = 1
ACCOUNTS = ("61100", "62100", "63100")
GROUPS = {"DPT": "Department", "LOC": "Location", "PRJ": "Project"}
_VALUES = ("ADM", "OPS", "SAL")
_EMPTIED = ("x3:BPSUPPLIER", "x3:BPADDRESS", "avid:vendor", "x3:PORDER")


@dataclass
class Stage:
    """Both systems running; `begin` makes them what they were before the first seed."""

    sandbox: server.Sandbox
    clean: Snapshot
    template: Path

    @property
    def state(self) -> State:
        """What both systems hold."""
        return self.sandbox.state

    def begin(self, place: Path) -> None:
        """Start anew for one seed, whose workspace is `place`; recording what is committed."""
        self.sandbox.faults.clear()
        with self.state.lock:
            self.state.reset(self.clean)
            self.state.chronicle.begin()
        shutil.copytree(self.template, place, dirs_exist_ok=True)

    def act(self, name: str, *args: Any, **named: Any) -> Any:
        """Let something happen in either system, committed; what happened.

        Raises:
            ValueError, LookupError, TypeError: it is not possible now; nothing was changed.
        """
        with self.state.lock:
            self.state.chronicle.caused_by(name)
            result = control.events()[name](self.state, *args, **named)
            self.state.commit()
        return result

    def rows(self, table: str) -> list[Row]:
        """Rows of a table, oldest first; not to be changed."""
        with self.state.lock:
            return list(self.state.table(table).values())


def _make_small(state: State) -> None:
    """Keep of the company what a seed needs."""
    periods = state.table("x3:PERIOD")
    first, last = BEGIN - timedelta(days=200), BEGIN + timedelta(days=100)
    for key, row in list(periods.items()):
        is_near = row["PEREND"] >= f"{first:%Y-%m-%d}" and row["PERSTR"] <= f"{last:%Y-%m-%d}"
        if row["LEDTYP"] != 1 or not is_near:
            periods.delete(key)
        else:
            row["PERSTA"] = 2
            periods.put(key, row)
    for name in _EMPTIED:
        state.table(name).reset(())
    _keep(state, "x3:GACCOUNT", lambda row: row["ACC"] in ACCOUNTS)
    _keep(state, "x3:CACCE", lambda row: row["CCE"] in _VALUES)
    _keep(state, "avid:code", _is_needed)
    terms = list(state.table("x3:TABPAYTERM").values())
    wanted = {"US30"} | {row["PTE"] for row in terms[:1]}
    _keep(state, "x3:TABPAYTERM", lambda row: row["PTE"] in wanted)
    state.commit()


def _is_needed(row: Row) -> bool:
    value = row["CodeValue"]
    return value in _VALUES or value.removeprefix("C") in ACCOUNTS


def _keep(state: State, name: str, wanted: Any) -> None:
    table = state.table(name)
    for key, row in list(table.items()):
        if not wanted(row):
            table.delete(key)


@contextmanager
def simulated_systems(place: Path) -> Iterator[Stage]:
    """Both systems for many seeds; `place` is a folder for the workspace that seeds begin with."""
    from tests.simulation.machine import Machine

    sandbox = server.start(None, seed=COMPANY_SEED, invoices=0, at=BEGIN)
    try:
        _make_small(sandbox.state)
        template = place / "template"
        stage = Stage(sandbox, sandbox.state.snapshot(), template)
        template.mkdir(parents=True)
        machine = Machine.first(stage, template)
        machine.sync()
        machine.stop()
        machine.close()
        for leftover in (template / "backups").glob("*"):
            leftover.unlink()
        sandbox.state.hold_clock(BEGIN)
        yield stage
    finally:
        sandbox.stop()
