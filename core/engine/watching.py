"""Asks AvidXchange by id for what of ours is open there: what no window shows is found so.

Daily our invoices that are not over and payments that may still move; weekly payments of the last
180 days that are done or came back (avidxchange.md 6). Of those that came back it is also asked
what replaced them: a new payment that bears an old change stamp is found so (5.2, *Re-issue R2*).
What is not shown any more is told and never taken for anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from core.domain import timing
from core.domain.ap_documents import ApInvoice, ApPayment, Missing
from core.domain.canonical import parse_instant
from core.engine import stored
from core.engine.flows import Flow, wanted
from core.engine.lanes import Answer
from core.engine.pull import Ended, give_up, note_sweep, pull
from core.engine.work import AP_LANE, AVIDXCHANGE, ENGINE, Work
from core.errors import AppError, Unreadable
from core.ports import ApPort
from core.store import values, watched
from core.store.invoices import mark_dirty, numbers_of_external_ids
from core.store.payments import change_payments, payment_rows
from core.store.sqlite import lots

INVOICES = Flow(AVIDXCHANGE, "open_invoices", "approvals")
PAYMENTS = Flow(AVIDXCHANGE, "open_payments", "payments")
_HOURS_A_DAY = 24
_RETRY_AFTER_H = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look brought: documents, and ids it did not show.

    `denied` are those of which AvidXchange says, asked for the thing itself, that there is none.
    """

    shown: tuple[Any, ...] = ()
    denied: frozenset[str] = frozenset()
    absent: frozenset[str] = field(default_factory=frozenset)


def watch(work: Work) -> None:
    """Make what is due; after the polls, so that it starves none."""
    due = [flow for flow in (INVOICES, PAYMENTS) if wanted(work, flow) and _kinds(work, flow)]
    if work.is_up(AVIDXCHANGE) and due:
        pull(work, due, Watch)


def _kinds(work: Work, flow: Flow) -> tuple[str, ...]:
    """Which looks of a flow are due: `day`, and `week` for payments."""
    config = work.tools.config
    if _hours_since(work, f"sweep.failed.{flow.name}") < _RETRY_AFTER_H:
        return ()
    every = {"day": config.sweep_hours}
    if flow is PAYMENTS:
        every["week"] = config.lookback_days * _HOURS_A_DAY
    return tuple(kind for kind, hours in every.items() if _is_due(work, flow, kind, hours))


def _is_due(work: Work, flow: Flow, kind: str, hours: float) -> bool:
    name = f"sweep.{kind}.{flow.name}"
    if hours < _HOURS_A_DAY:
        return _hours_since(work, name) >= hours
    last = values.setting(work.store, name)
    days = round(hours / _HOURS_A_DAY)
    return timing.sweep_is_due(parse_instant(last) if last else None, work.now, days)


def _hours_since(work: Work, name: str) -> float:
    """Hours since an instant kept under a name; endless where none is, or it lies ahead."""
    last = values.setting(work.store, name)
    elapsed = (work.now - parse_instant(last)).total_seconds() / 3600 if last else -1.0
    return elapsed if elapsed >= 0 else float("inf")


class Watch:
    """One pass over invoices or payments; lives on the engine thread."""

    def __init__(self, work: Work, flow: Flow, ended: Ended) -> None:
        self.flow = flow
        self._work = work
        self._ended = ended
        self._waiting = 0
        self._is_failed = False
        self._due = _kinds(work, flow)

    def start(self) -> None:
        """Ask for all of it, as many ids in one call as the profile allows."""
        work, size = self._work, self._work.tools.config.ids_per_call
        ap = work.tools.ap
        jobs: list[Callable[[], Seen]] = []
        with work.store.read():
            if self.flow is INVOICES:
                known = sorted(watched.open_external_ids(work.store).items())
                jobs = [partial(_invoices, ap, dict(lot)) for lot in lots(known, size)]
            else:
                jobs = [partial(_payments, ap, lot) for lot in lots(self._payment_ids(), size)]
        self._waiting = len(jobs)
        for job in jobs:
            work.lanes[AP_LANE].submit(job, self._arrived)
        if not jobs:
            self._finish()

    def _payment_ids(self) -> list[str]:
        work, ids = self._work, set()
        if "day" in self._due:
            ids |= set(watched.open_payment_ids(work.store))
        if "week" in self._due:
            since = work.now - work.tools.config.lookback_reach
            ids |= set(watched.ended_payment_ids(work.store, since))
        return sorted(ids)

    def _arrived(self, answer: Answer) -> None:
        if answer.crash:
            raise answer.crash
        self._waiting -= 1
        if self._is_failed:
            return
        if answer.error:
            self._fail(answer.error)
            return
        self._work.answered[AVIDXCHANGE] = self._work.now
        self._keep(answer.value)
        if not self._waiting:
            self._finish()

    def _fail(self, error: AppError) -> None:
        self._is_failed = True
        give_up(self._work, self.flow, error)
        self._ended(self)

    def _keep(self, seen: Seen) -> None:
        """Store what was shown; what was not is noted, and gone at the second look."""
        work = self._work
        entity = "ap_invoice" if self.flow is INVOICES else "ap_payment"
        shown = [_name(row) for row in seen.shown]
        with work.store.write():
            stored.keep(work, entity, seen.shown)
            before = watched.missing(work.store, [*shown, *seen.denied, *seen.absent])
            noted = [_missing(work, name, before, seen) for name in seen.denied | seen.absent]
            watched.note_missing(work.store, noted, work.run, actor=ENGINE)
            came_back = [name for name in shown if name in before]
            watched.note_shown(work.store, came_back, work.run, actor=ENGINE)
            gone = [entry.name for entry in noted if entry.is_gone]
            _look_again(work, self.flow, [*gone, *came_back])

    def _finish(self) -> None:
        work = self._work
        with work.store.write():
            for kind in self._due:
                note_sweep(work, self.flow.name, kind)
        for topic in ("invoices", "payments"):
            work.changed(topic)
        self._ended(self)


def _single(call: Callable[[str], Any], name: str, denied: set[str]) -> Any:
    """One document by its own id; one that cannot be read is there all the same."""
    try:
        found = call(name)
    except Unreadable:
        return None
    if found is None:
        denied.add(name)
    return found


def _invoices(ap: ApPort, lot: dict[str, str]) -> Seen:
    """Invoices by external id; one that the list lacks is asked for by its own id."""
    found = {row.external_id: row for row in ap.find_invoices(list(lot))}
    shown = [row for row in found.values() if row.number]  # else only its state could be read
    denied: set[str] = set()
    names = lot.keys() - found.keys()
    for name in (name for name in names if lot[name]):
        single = _single(ap.invoice, lot[name], denied)
        shown += [single] if single is not None and single.external_id == name else []
    gone = {name for name in names if lot[name] in denied}
    return Seen(tuple(shown), frozenset(gone), frozenset(n for n in names if not lot[n]))


def _payments(ap: ApPort, lot: Sequence[str]) -> Seen:
    """Payments by id, each with its invoices; one that the list lacks is asked for itself."""
    found: dict[str, ApPayment] = {row.key: row for row in ap.find_payments(lot)}
    denied: set[str] = set()
    _complete(ap, found, lot, denied)
    replaced = {
        value
        for row in found.values()
        if row.payment_class == "back"
        for value in row.external_ids
        if value and "," not in value
    }
    if replaced:
        others = {row.key: row for row in ap.find_reissues(sorted(replaced))}
        new = others.keys() - found.keys()
        found |= {name: others[name] for name in new}
        _complete(ap, found, new, set())
    return Seen(tuple(found.values()), frozenset(denied - found.keys()))


def _complete(
    ap: ApPort, found: dict[str, ApPayment], names: Iterable[str], denied: set[str]
) -> None:
    """Ask for each of these itself that a list did not show, or showed without its invoices."""
    for name in names:
        if name not in found or found[name].remittances is None:
            single = _single(ap.payment, name, denied)
            if single is not None:
                found[name] = single


def _name(row: Any) -> str:
    return row.external_id if isinstance(row, ApInvoice) else str(row.key)


def _missing(work: Work, name: str, before: dict[str, Missing], seen: Seen) -> Missing:
    """What is noted of one that was not shown: gone when denied, or missed a day ago as well."""
    today = work.now.date().isoformat()
    entry = before.get(name, Missing(name, today))
    return replace(entry, is_gone=entry.is_gone or name in seen.denied or entry.since < today)


def _look_again(work: Work, flow: Flow, names: Sequence[str]) -> None:
    if flow is INVOICES:
        numbers = numbers_of_external_ids(work.store, names).values()
        mark_dirty(work.store, numbers=numbers)
        return
    known = [row.payment_id for row in payment_rows(work.store, ids=names)]
    changes = {key: {"dirty": 1} for key in known}
    change_payments(work.store, changes, work.run, actor=ENGINE)
