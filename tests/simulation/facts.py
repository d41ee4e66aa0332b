"""Everything the checker judges by: what both systems committed, and what the program says of it.

Plain rows only: tables and history of the simulated systems, their request journal, and the
program's lists, exported log and stored plans. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.machine import Machine
from tests.simulation.stage import Row, Stage

TABLES = ("x3:PINVOICE", "x3:GACCDUDATE", "x3:PAYMENTH", "x3:BPSUPPLIER", "avid:invoice",
          "avid:payment", "avid:vendor")  # fmt: skip


@dataclass
class Notes:
    """What befell the computer, by the servers' clock: when runs began and backups came back.

    `clocks` tells how wrong its own clock was, and since when.
    """

    runs: list[str] = field(default_factory=list)
    restores: list[str] = field(default_factory=list)
    #: When a run began that applied a previewed plan, and the hash of that plan.
    applied: list[tuple[str, str]] = field(default_factory=list)
    clocks: list[tuple[datetime, timedelta]] = field(default_factory=list)  # since when, wrong by

    def server_time(self, text: str) -> str:
        """What the servers' clock showed when the computer's showed this; the latest such time."""
        shown = datetime.fromisoformat(text)
        ends = [since for since, _ in self.clocks[1:]]
        for (since, wrong_by), end in zip(
            reversed(self.clocks), reversed([*ends, None]), strict=True
        ):
            at = shown - wrong_by
            if since <= at and (end is None or at <= end):
                return at.isoformat(timespec="microseconds")
        return shown.isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Facts:
    """What a seed left behind; `earlier` is what stores knew that were replaced by a backup."""

    endpoint: str
    start: str
    tables: dict[str, list[Row]]
    history: list[Row]
    requests: list[Row]
    invoices: list[Row]
    payments: list[Row]
    reviews: list[Row]
    status: Row
    log: list[Row]
    plans: list[Row]  # `at` by the servers' clock
    decided: list[Row]
    earlier: tuple[Facts, ...] = ()
    notes: Notes = field(default_factory=Notes)


def gather(
    machine: Machine, stage: Stage, earlier: list[Facts], decided: list[Row], notes: Notes
) -> Facts:
    """Take all facts; call it when no run is under way."""
    door = machine.facade()
    state = stage.state
    with state.lock:
        history = state.chronicle.since(0)
    return Facts(
        endpoint=stage.sandbox.addresses.endpoint,
        start=machine.settings().workspace.start_date.isoformat(),
        tables={name: [dict(row) for row in stage.rows(name)] for name in TABLES},
        history=history,
        requests=state.journal_tail(1_000_000),
        invoices=list(door.invoices()),
        payments=list(door.payments()),
        reviews=list(door.reviews()),
        status=door.status(),
        log=machine.log(),
        plans=[{**row, "at": notes.server_time(row["at"])} for row in machine.plans()],
        decided=list(decided),
        earlier=tuple(earlier),
        notes=notes,
    )
