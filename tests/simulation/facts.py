"""Everything the checker judges by: what both systems committed, and what the program says of it.

Plain rows only: tables and history of the simulated systems, their request journal, and the
program's lists, exported log and stored plans. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulation.machine import Machine
from tests.simulation.stage import Row, Stage

TABLES = ("x3:PINVOICE", "x3:GACCDUDATE", "x3:PAYMENTH", "x3:BPSUPPLIER", "avid:invoice",
          "avid:payment", "avid:vendor")  # fmt: skip


@dataclass
class Notes:
    """What befell the computer, by the servers' clock: when runs began and backups came back."""

    runs: list[str] = field(default_factory=list)
    restores: list[str] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)  # runs that applied a previewed plan
    is_clock_right: bool = True


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
    plans: list[Row]
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
        plans=machine.plans(),
        decided=list(decided),
        earlier=tuple(earlier),
        notes=notes,
    )
