"""What a run works with: the tools it is given, and what it has counted so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from core.domain.actions import Encoders
from core.domain.policy import Policy
from core.engine.decoded import Decoded
from core.engine.lanes import Lanes
from core.engine.stopped import Stopped
from core.errors import AppError
from core.ports import (
    URGENT,
    Allowance,
    ApPort,
    AttachmentFolder,
    Clock,
    ErpReader,
    ErpWriter,
)
from core.store import traffic
from core.store.digests import DigestFile
from core.store.second_copies import SecondCopy
from core.store.sqlite import Store

X3, AVIDXCHANGE = "x3", "avidxchange"
SYSTEMS = (X3, AVIDXCHANGE)
READ_LANE, WRITE_LANE, AP_LANE = "x3-read", "x3-write", "avidxchange"
FILE_LANE = "documents"  # of this computer's network, toward neither system
ENGINE = "engine"
#: Store setting: JSON list of invoice types that the first X3 publication does not know
#: (settings.md, `purchase_invoice_publication`).
SECOND_PUBLICATION = "x3.second_publication_types"


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Times and sizes from the settings and both profiles; seconds unless named otherwise."""

    mode: str
    start_date: date
    endpoint: str
    poll_minutes: float = 15
    overlap: timedelta = timedelta(minutes=10)
    reads: int = 2
    writes: int = 1
    keys_per_request: int = 25
    busy_write_s: tuple[float, ...] = (30, 60, 120, 300)
    approval_reread_s: float = 30
    payment_lookup_s: tuple[float, ...] = (60, 180)
    breaker_s: tuple[float, float] = (30, 900)  # of X3: first and longest rest after failures
    ap_breaker_s: tuple[float, float] = (30, 900)
    max_concurrency: int = 4
    ids_per_call: int = 50
    invoice_lookup_s: tuple[float, ...] = (2, 10, 30, 120)
    ap_overlap: timedelta = timedelta(minutes=60)
    ap_lag: timedelta = timedelta(seconds=120)
    window_max_days: int = 30
    jitter_percent: float = 10
    has_second_publication: bool = False
    codes_hours: float = 24
    vendors_full_days: int = 7
    sweep_reach: timedelta = timedelta(days=3)  # of AvidXchange: how far back a day's first poll is
    sweep_hours: float = 24  # of AvidXchange: what is open there is asked for by its ids
    lookback_days: float = 7
    lookback_reach: timedelta = timedelta(days=180)
    audit_years: int = 7  # older years of the log are archived
    #: X3 entity -> what is read of it (companies, start date, profile); another text reads anew.
    scopes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything the engine acts with; `seal_key` gives the workspace key."""

    store: Store
    reader: ErpReader
    writer: ErpWriter
    ap: ApPort
    clock: Clock
    policy: Policy
    encoders: Encoders
    config: EngineConfig
    seal_key: Callable[[], bytes]
    allowance: Allowance | None = None
    folder: AttachmentFolder | None = None
    #: Raises ENV-01 when X3 shows another folder; asks X3 only when told to.
    check_folder: Callable[[bool], None] | None = None
    #: Keeps the daily backup in a second place; None for the demo, or where there is no such place.
    second_copy: SecondCopy | None = None
    #: Keeps the digest of the day outside the store; None as above.
    digest: DigestFile | None = None


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a run is to do: who asked, which flow, how long it may wait for what is due."""

    by: str
    only: str = ""
    preview: bool = False
    plan: str = ""
    wait_s: float = 5.0


@dataclass(slots=True)
class Tally:
    """The counts a run reports (product.md 6, `sync`)."""

    read: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("reference", "suppliers", "invoices", "approvals", "payments"), 0
        )
    )
    planned: int = 0
    plan_hash: str = ""
    sent: int = 0
    replaced: int = 0
    withdrawn: int = 0
    vendors: int = 0
    approvals_written: int = 0
    payments_posted: int = 0
    drifted: int = 0
    #: What sweeps met: rows that came late, changes without a moved stamp, what is gone, and how
    #: many rows carry no change stamp.
    sweep: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("late", "changed", "gone", "without_stamp"), 0)
    )
    errors: list[dict[str, Any]] = field(default_factory=list)

    def error(self, code: str, system: str, text: str) -> None:
        """Count an error; the same one twice is counted, not listed twice."""
        for entry in self.errors:
            if (entry["code"], entry["system"], entry["text"]) == (code, system, text):
                entry["count"] += 1
                return
        self.errors.append({"code": code, "system": system, "count": 1, "text": text})


class Writer(Protocol):
    """The writing of a run, as far as ending it early needs to know."""

    def settle_arrived(self) -> None:
        """Settle the answers that have come, without sending anything more."""
        ...


class Work:
    """One run under way: its order, its tools, its lanes, and what has failed so far.

    `tell(phase, done, total)` reports progress; `changed(topic)` tells, after a commit, that lists
    of a topic (`invoices`, `payments`, `review`, `runs`, `audit`) are to be read again.
    """

    def __init__(
        self,
        tools: Tools,
        lanes: Lanes,
        order: RunOrder,
        run: int,
        pump: Callable[[Callable[[], bool], float | None], None],
        tell: Callable[[str, int, int], None],
        changed: Callable[[str], None],
    ) -> None:
        self.tools = tools
        self.lanes = lanes
        self.order = order
        self.run = run
        self.pump = pump
        self.tell = tell
        self.changed = changed
        self.tally = Tally()
        self.failures: dict[str, AppError] = {}
        self.complete: dict[str, datetime] = {}
        self.unpublished: set[str] = set()
        self.answered: dict[str, datetime] = {}
        self.spared: set[str] = set()  # urgencies that wait for tomorrow's volume (QTA-01)
        self.has_wrong_setting = False  # told by a read: endpoint, class or property do not exist
        self.is_folder_unreadable = False  # the document folder: what it holds waits
        self.decoded = Decoded()
        self.stopped = Stopped()  # by a broken promise; evaluated before each plan
        self.apply: Writer | None = None

    @property
    def store(self) -> Store:
        """The ledger."""
        return self.tools.store

    @property
    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return self.tools.clock.now()

    def is_up(self, system: str) -> bool:
        """Whether nothing of this run has failed toward a system."""
        return system not in self.failures

    def waits(self, system: str, urgency: str) -> bool:
        """Whether a call of this urgency has to wait for tomorrow's volume; told once a run.

        When even the most urgent ones wait, the side is left alone.
        """
        allowance = self.tools.allowance
        error = allowance.waiting(urgency) if allowance is not None and system == X3 else None
        if error is None:
            return False
        if urgency == URGENT:
            self.fail_side(system, error)
        elif urgency not in self.spared:
            self.note_error(system, error)
        self.spared.add(urgency)
        return True

    def keep_traffic(self) -> None:
        """Store what was moved toward X3 since the last time; engine thread, its own write."""
        allowance, store = self.tools.allowance, self.store
        moved = allowance.take() if allowance is not None else ()
        if allowance is None or not moved:
            return
        with store.write():
            traffic.add(store, moved)
        day = max(volume.day for volume in moved)
        allowance.begin_at(day, traffic.total(store, day))

    def note_error(self, system: str, error: AppError) -> None:
        """Report an error with its cause and its fix."""
        self.tally.error(error.code, system, f"{error.why} {error.fix}")

    def fail_side(self, system: str, error: AppError) -> None:
        """Leave a system alone for the rest of this run; the other side works on."""
        self.note_error(system, error)
        if system not in self.failures:
            self.failures[system] = error
            self.lanes.forget(system)
