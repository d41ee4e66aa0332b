"""Writes a plan: clear each action by looking, commit its intent, hand it to a worker, settle.

Nothing is sent before its intent is committed, and nothing is claimed before it was looked up: an
invoice by its reference, a payment by its REF and its items' balances, a level by what X3 shows.
The engine is the only writer of the outbox, so the queues here mirror the live rows of the store.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from core import crash_points
from core.domain.actions import KINDS
from core.domain.canonical import instant_text, parse_instant
from core.engine import clearing, images, lookups, settling, stored
from core.engine.asking import Readable, readable, singly, tell
from core.engine.lanes import Answer
from core.engine.work import AP_LANE, AVIDXCHANGE, ENGINE, READ_LANE, WRITE_LANE, X3, Work
from core.errors import TransientError
from core.ports import URGENT, NotDone, Outcome
from core.store import journal, plans
from core.store.journal import OutboxRow, Settlement
from core.words import area

say = area(__name__)

X3_KINDS = ("approval", "payment")
AP_KINDS = ("vendor", "replace", "withdraw", "invoice", "image")
_GIVEN_UP = say("the_run_left_this_system_alone_before")
_LIVE = ("ready", "in_doubt")
_VENDOR_OPEN = frozenset(("ready", "sending", "in_doubt", "rejected", "review"))
_INVOICE_OPEN = _VENDOR_OPEN - {"rejected"}


class Apply:
    """One pass of writing; lives on the engine thread until nothing is due within the wait.

    `uncleared` and `claimable` hold ids of ready rows by kind, before and after they were looked
    up. `timers` are the rows that are taken up again later.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.rows: dict[int, OutboxRow] = {}
        self.uncleared: dict[str, deque[int]] = {kind: deque() for kind in KINDS}
        self.claimable: dict[str, deque[int]] = {kind: deque() for kind in KINDS}
        self.timers: list[tuple[datetime, int]] = []
        self.busy: set[str] = set()
        self.open_vendors: set[str] = set()
        self.open_invoices: set[str] = set()  # references; their documents wait for them
        self.arrived: list[tuple[OutboxRow, Outcome]] = []
        self.asked: dict[str, int] = dict.fromkeys(KINDS, 0)  # look-ups before a write, under way
        self.changes: dict[str, dict[str, Any]] | None = None  # of answers settled together
        self.has_left_some = False  # ready rows that the next plan is to judge first
        self.looking = 0  # payments being looked up before they are posted
        self.posted_touched: set[str] = set()  # read back at the end: their open items
        self.header_touched: set[str] = set()  # read back at the end: their headers

    # Into the outbox

    def enqueue(self, plan_hash: str, wanted: Collection[tuple[str, str, int, str]] | None) -> None:
        """Approve the plan's actions; those not in `wanted` have drifted since it was shown."""
        work = self.work
        actions = plans.identities(work.store, plan_hash)
        fresh = {
            action: identity
            for action, identity in actions.items()
            if wanted is None or identity in wanted
        }
        work.tally.drifted += len(actions) - len(fresh)
        with work.store.write():
            self._give_way({(kind, key) for kind, key, *_ in fresh.values()})
            journal.enqueue(work.store, fresh, work.run, due=work.now, actor=ENGINE)

    def _give_way(self, keys: Collection[tuple[str, str]]) -> None:
        """A refused row gives way to its correction: the next revision or other bytes."""
        for row in journal.live_rows(self.work.store, {key for _, key in keys}):
            if row.state == "rejected" and (row.kind, row.key) in keys:
                why = Settlement("cancelled", "replaced by a corrected one")
                journal.settle(self.work.store, row, why)

    def load(self) -> None:
        """Take up every live row, those of earlier runs and of a killed process included."""
        store = self.work.store
        standing = journal.outbox_rows(store, states=sorted(_VENDOR_OPEN))
        for row in standing:
            is_wanted = KINDS.get(row.kind) == self.work.order.only or not self.work.order.only
            if row.state in _LIVE and is_wanted:
                self._queue(row)
        self.open_vendors = {_folded(row.key) for row in standing if row.kind == "vendor"}
        open_rows = [row for row in standing if row.state in _INVOICE_OPEN]
        self.open_invoices = {row.reference for row in open_rows if row.kind == "invoice"}

    def _queue(self, row: OutboxRow) -> None:
        """Put a live row where it is taken up next; what a broken promise stops is left alone."""
        if row.state == "ready" and self.work.stopped.cause_of(row):
            return
        self.rows[row.id] = row
        if row.state == "in_doubt":
            self.busy.add(row.remote)
        if parse_instant(row.due) > self.work.now or row.state == "in_doubt":
            heapq.heappush(self.timers, (parse_instant(row.due), row.id))
        else:
            self.uncleared[row.kind].append(row.id)

    def move(self, row: OutboxRow, settlement: Settlement) -> OutboxRow:
        """Settle a row and keep the queues in step; inside `store.write()`."""
        row = self.rows.get(row.id, row)  # as it stands now; a look-up had it in hand for a while
        after = journal.settle(self.work.store, row, settlement)
        if row.state in ("sending", "in_doubt"):
            self.busy.discard(row.remote)
        self.rows.pop(row.id, None)
        if after.state in _LIVE:
            self._queue(after)
        if after.kind == "vendor" and after.state not in _VENDOR_OPEN:
            self.open_vendors.discard(_folded(after.key))
        if after.kind == "invoice" and after.state not in _INVOICE_OPEN:
            self.open_invoices.discard(after.reference)
        return after

    def leave_to_the_plan(self, row: OutboxRow) -> None:
        """Do not send a ready row before a plan has judged it once more; in `store.write()`."""
        self.rows.pop(row.id, None)
        self.has_left_some = True
        settling.mark_documents(self.work, row)

    def give_up_invoices_of(self, vendor: str) -> None:
        """Invoices of a vendor that was refused are planned anew; inside `store.write()`."""
        waiting = [
            row
            for row in self.rows.values()
            if row.kind == "invoice"
            and row.state == "ready"
            and _folded(str(row.info["vendor"])) == _folded(vendor)
        ]
        for row in waiting:
            self.move(row, Settlement("cancelled", "drifted: its vendor was refused"))
            self.work.tally.drifted += 1
            settling.mark_documents(self.work, row)

    # The loop

    def run(self) -> None:
        """Write and settle until nothing of this workspace is due within the order's wait."""
        self.load()
        self.work.pump(self._is_quiet, None)
        self._read_back()

    def _is_quiet(self) -> bool:
        """Do what can be done now; whether nothing is left to wait for."""
        while self._drive():
            pass  # what was settled may have freed a row or put one back in line
        self._told()
        return not self.work.lanes.load and not self.arrived and not self._is_soon()

    def _is_soon(self) -> bool:
        """Whether a row of a side that answers is due within the order's wait."""
        soon = self.work.now + timedelta(seconds=self.work.order.wait_s)
        return any(due <= soon and self._is_up(row_id) for due, row_id in self.timers)

    def _is_up(self, row_id: int) -> bool:
        row = self.rows.get(row_id)
        return row is not None and self.work.is_up(system_of(row.kind))

    def _told(self) -> None:
        """Say how far the writing has come."""
        left = sum(map(len, self.uncleared.values())) + sum(map(len, self.claimable.values()))
        self.work.tell("writing", self.work.tally.planned - left, self.work.tally.planned)

    def _drive(self) -> bool:
        """One step: settle what arrived, look up what is due, clear, claim, send.

        Whether answers were settled, so that another step may find more to do.
        """
        work = self.work
        if work.is_up(X3):
            work.waits(X3, URGENT)
        lookups.start(self, self._due())
        clearing.start(self)
        candidates = self._candidates()
        claimed: list[OutboxRow] = []
        arrived, self.arrived = self.arrived, []
        if arrived or candidates:
            answered = [row for row, _ in arrived]
            _reach(crash_points.AFTER_ANSWER, answered)
            with work.store.write():
                settling.settle_all(self, arrived)
                _reach(crash_points.BEFORE_SETTLING, answered)
                if candidates:
                    kinds = (*X3_KINDS, *AP_KINDS)
                    among = [self.rows[row_id] for row_id in candidates if row_id in self.rows]
                    claimed = journal.claim(
                        work.store, kinds, len(candidates), work.now, actor=ENGINE, among=among
                    )
                _reach(crash_points.BEFORE_INTENT, claimed)
            _reach(crash_points.AFTER_SETTLING, answered)
            _reach(crash_points.AFTER_INTENT, claimed)
        taken = {row.id for row in claimed}
        for row_id in candidates:
            if row_id not in taken and row_id in self.rows:
                self.claimable[self.rows[row_id].kind].append(row_id)
        for row in claimed:
            self.rows[row.id] = row
            self.busy.add(row.remote)
            self._send(row)
        return bool(arrived)

    def remotes_of_levels(self) -> set[str]:
        """Far objects that have an approval level to be written now, or under way."""
        now = instant_text(self.work.now)
        return {
            row.remote
            for row in self.rows.values()
            if row.kind == "approval"
            and (row.state == "sending" or (row.state == "ready" and row.due <= now))
        }

    def settle_arrived(self) -> None:
        """Settle the answers that have come, without sending anything more."""
        with self.work.store.write():
            arrived, self.arrived = self.arrived, []
            settling.settle_all(self, arrived)

    def _due(self) -> list[OutboxRow]:
        """Rows in doubt to look up now; ready ones whose pause has ended go back in line."""
        due: list[OutboxRow] = []
        kept: list[tuple[datetime, int]] = []
        while self.timers and self.timers[0][0] <= self.work.now:
            entry = heapq.heappop(self.timers)
            row = self.rows.get(entry[1])
            if row is None or parse_instant(row.due) != entry[0]:
                continue
            if not self.work.is_up(system_of(row.kind)):
                kept.append(entry)
            elif row.state == "in_doubt":
                due.append(row)
            elif row.state == "ready":
                self.uncleared[row.kind].append(row.id)
        for entry in kept:
            heapq.heappush(self.timers, entry)
        return due

    def again_later(self, rows: Iterable[OutboxRow]) -> None:
        """Put rows whose look-up could not be made back on their timers."""
        for row in rows:
            if row.id in self.rows:
                heapq.heappush(self.timers, (parse_instant(row.due), row.id))

    def _candidates(self) -> list[int]:
        """Cleared rows for the workers that are free, one per far object, in order of kind."""
        chosen: list[int] = []
        lanes = self.work.lanes
        # In X3 nothing is claimed ahead: what was looked up there is to be fresh when it is sent.
        for kinds, system, room in (
            (X3_KINDS, X3, lanes[WRITE_LANE].free),
            (AP_KINDS, AVIDXCHANGE, lanes[AP_LANE].room),
        ):
            free = room if self.work.is_up(system) else 0
            for kind in kinds:
                took = self._take(kind, free)
                chosen += took
                free -= len(took)
        return chosen

    def _take(self, kind: str, limit: int) -> list[int]:
        queue = self.claimable[kind]
        skipped: list[int] = []
        taken: list[int] = []
        remotes: set[str] = set()
        while queue and len(taken) < limit:
            row = self.rows.get(queue.popleft())
            if row is None or row.state != "ready":
                continue
            if row.remote in self.busy | remotes or self._waits_for_vendor(row):
                skipped.append(row.id)
                continue
            remotes.add(row.remote)
            taken.append(row.id)
        queue.extendleft(reversed(skipped))
        return taken

    def _waits_for_vendor(self, row: OutboxRow) -> bool:
        """An invoice waits until its vendor is written, and for good when that was refused."""
        return row.kind == "invoice" and _folded(str(row.info["vendor"])) in self.open_vendors

    def _send(self, row: OutboxRow) -> None:
        system = system_of(row.kind)

        def then(answer: Answer) -> None:
            if answer.crash:
                raise answer.crash
            outcome = settling.unexpected(answer.error) if answer.error else answer.value
            self.arrived.append((row, outcome))

        def dropped() -> None:
            error = TransientError("NET-01", _GIVEN_UP, system)
            self.arrived.append((row, NotDone(error)))

        lane = WRITE_LANE if system == X3 else AP_LANE
        self.work.lanes[lane].submit(send_job(self.work, row), then, dropped)

    # Reading

    def read(
        self,
        system: str,
        job: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[], None],
    ) -> None:
        """Ask something on the system's reading lane; an error fails the side for this run."""

        def arrived(answer: Answer) -> None:
            if answer.crash:
                raise answer.crash
            if answer.error:
                failed()
                self.work.fail_side(system, answer.error)
                return
            self.work.answered[system] = self.work.now
            then(answer.value)

        lane = READ_LANE if system == X3 else AP_LANE
        self.work.lanes[lane].submit(job, arrived)

    def _read_back(self) -> None:
        """Read what we wrote in X3 once more, so that the store shows what X3 shows."""
        work = self.work
        for numbers, entity in (
            (self.posted_touched, "open_item"),
            (self.header_touched, "invoice"),
        ):
            for lot in _lots(sorted(numbers), work.tools.config.keys_per_request):
                if work.is_up(X3):
                    self._read_lot(entity, lot)
        work.pump(lambda: not work.lanes.load, None)

    def _read_lot(self, entity: str, lot: list[str]) -> None:
        work, reader = self.work, self.work.tools.reader

        def then(read: Readable) -> None:
            tell(work, read.unclear)
            with work.store.write():
                stored.keep(work, entity, read.found)

        call = singly(reader) if entity == "invoice" else reader.open_items
        self.read(X3, lambda: readable(call, lot), then, lambda: None)


def system_of(kind: str) -> str:
    """The system a kind of write goes to."""
    return X3 if kind in X3_KINDS else AVIDXCHANGE


def _reach(point: str, rows: Iterable[OutboxRow]) -> None:
    """Die here when a test says so; for the systems that the rows go to."""
    crash_points.reach(point, *{system_of(row.kind) for row in rows})


def _folded(code: str) -> str:
    return code.strip().casefold()


def _lots(values: list[str], size: int) -> list[list[str]]:
    return [values[at : at + size] for at in range(0, len(values), size)]


def send_job(work: Work, row: OutboxRow) -> Callable[[], Outcome]:
    """The one exchange that sends a claimed row; its bytes go out as they were planned."""
    if row.kind == "image":
        return images.send_job(work, row)
    ap, writer, body = work.tools.ap, work.tools.writer, row.body
    invoice_id = str(row.info.get("invoice_id", ""))
    is_posted = bool(row.info.get("posted"))
    approve = writer.send_approval_posted if is_posted else writer.send_approval_unposted
    jobs: dict[str, Callable[[], Outcome]] = {
        "invoice": lambda: ap.submit_invoice(body, row.reference),
        "replace": lambda: ap.replace_invoice(invoice_id, body),
        "withdraw": lambda: ap.withdraw_invoice(invoice_id),
        "vendor": lambda: ap.upsert_vendor(body, row.key),
        "payment": lambda: writer.send_payment(body),
        "approval": lambda: approve(body),
    }
    return jobs[row.kind]
