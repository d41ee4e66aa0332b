"""One run: read both sides, plan, write what was planned, settle, and say what became of it."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from typing import Any

from core import crash_points
from core.domain import plan as plans_made
from core.domain.canonical import content_hash, instant_text
from core.engine import (
    adopting,
    flows,
    images,
    invariants,
    leftovers,
    month_end,
    pull,
    stopping,
    stored,
    sweeps,
    verdicts,
)
from core.engine.apply import Apply, system_of
from core.engine.snapshot import Gathered, gather
from core.engine.work import ENGINE, SYSTEMS, X3, Work
from core.errors import AppError
from core.ports import ORDINARY
from core.store import (
    archives,
    backups,
    digests,
    history,
    journal,
    plans,
    queries,
    reviews,
    rules,
    sealing,
    values,
)
from core.store.invoices import mark_dirty, numbers_in_state
from core.store.payments import change_payments, payment_rows
from core.words import area

say = area(__name__)

_log = logging.getLogger("crossfoot.engine")
_NOT_PUBLISHED = frozenset((400, 403, 404, 500))  # reading tells it with what it asked for
_SECOND_COPY_S = 5.0  # a share that takes longer is told as not answering; its copy goes on
_SECOND_TOLD = "second_copy.told"
_PASSES = 10  # what one pass writes may ask for more: a level after a send, the next part payment


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did: the object of `sync` and the exit status it asks for.

    `sweep` counts what its sweeps met (`Tally.sweep`); it is kept with the run as member `sweep`.
    """

    report: dict[str, Any]
    exit_status: int
    sweep: dict[str, int] = field(default_factory=dict)


def execute(work: Work) -> RunResult:
    """The whole run; everything it wrote stands in stored plans."""
    sealing.note_key(work.store, sealing.mark_of(work.tools.seal_key(), work.store.workspace))
    _back_up(work)
    _archive(work)
    is_preview = work.order.preview or work.tools.config.mode == "preview"
    codes = frozenset(row.code for row in reviews.open_items(work.store))
    wanted = flows.wanted_flows(work, codes)
    if not _is_the_same_folder(work, wanted):
        return close(work, is_preview=is_preview)
    pull.pull(work, wanted)
    sweeps.sweep(work)
    images.scan(work)
    _look_again_after_changes(work)
    gathered, plan = _plan(work, is_preview=is_preview)
    if adopting.adopt(work, gathered, plan):
        gathered, plan = _plan(work, is_preview=is_preview)
    work.tally.plan_hash = plan.hash
    work.tally.planned = len(plan.actions)
    if not is_preview:
        _write(work, plan)
    else:
        _log.info("preview: %d actions planned, nothing written", len(gathered.rows))
    return close(work, is_preview=is_preview)


def _back_up(work: Work) -> None:
    """The copy of the day, and a second one of it elsewhere, which may take its time."""
    backups.daily_backup(work.store)
    if work.tools.second_copy is not None:
        work.tools.second_copy.begin(backups.daily_path(work.store))


def _archive(work: Work) -> None:
    """Write what of the log is old enough into archives; that it cannot be written fails no run."""
    try:
        archives.archive(work.store, work.tools.config.audit_years, work.now, actor=ENGINE)
    except OSError as error:
        text = say("an_archive_of_the_audit_log_was", error=error)
        work.tally.error("DSK-01", "", text)


def _told_of_second_copy(work: Work) -> str:
    """Warn once a day that there is no second copy; the day it was told of, empty when all is well.

    It is no failure of the run: a share may be away while everything else works.
    """
    second = work.tools.second_copy
    problem = second.problem(_SECOND_COPY_S) if second is not None else ""
    if second is None or not problem:
        return ""
    day = work.now.date().isoformat()
    if values.setting(work.store, _SECOND_TOLD) != day:
        text = say("no_second_copy_of_the_backup_was", folder=second.folder, problem=problem)
        work.tally.error("DSK-01", "", say("the_one_in_the_data_directory_is", text=text))
    return day


def _write_digest(work: Work) -> None:
    """The digest of the day with the log's head behind the seal; its failure fails no run."""
    digest = work.tools.digest
    if digest is None:
        return
    text = digests.text_of(work.store, digest.name, work.now)
    problem = digest.write(text, work.now.date().isoformat(), _SECOND_COPY_S)
    if problem:  # told to a person by the second copy, which lies in the same folder
        _log.warning("the digest was not written to %s: %s", digest.folder, problem)


def _is_the_same_folder(work: Work, wanted: list[flows.Flow]) -> bool:
    """Whether X3 shows the folder this workspace was set up for; nothing is read from another.

    What the folder shows is looked at when its companies are due, the endpoint's name always.
    """
    check = work.tools.check_folder
    if check is None:
        return True
    try:
        check(any(flow.entity == "company" for flow in wanted))
    except AppError as error:
        if error.code == "ENV-01":
            work.note_error(X3, error)
            work.has_wrong_setting = True
            return False
        if error.status not in _NOT_PUBLISHED:
            # Told here, because a sign-in that was refused once rests and says only that later.
            work.has_wrong_setting |= error.code == "CFG-01"
            work.fail_side(X3, error)
    return True


def _look_again_after_changes(work: Work) -> None:
    """A changed setting or mapping makes everything not sent yet worth looking at again."""
    store = work.store
    stamps = {
        "policy": content_hash(asdict(work.tools.policy)),
        "rules": str(rules.last_step(store)),
    }
    if all(values.setting(store, f"stamp.{name}") == text for name, text in stamps.items()):
        return
    with store.write():
        mark_dirty(store, numbers=numbers_in_state(store, "excluded"), all_live=True)
        ids = [row.payment_id for row in payment_rows(store) if not row.posted]
        change_payments(store, {key: {"dirty": 1} for key in ids}, work.run, actor=ENGINE)
        for name, text in stamps.items():
            values.put_setting(store, f"stamp.{name}", text)


def _plan(work: Work, *, is_preview: bool) -> tuple[Gathered, plans_made.Plan]:
    """Make the plan from what is stored, less what broken promises stop; keep every verdict."""
    found = _evaluate(work)
    gathered = gather(work, preview=is_preview)
    plan = plans_made.make(gathered.snapshot, work.tools.encoders, only=work.order.only)
    planned = {action.identity for action in plan.actions}
    queued = stopping.leave_out(work, gathered, plan)
    with work.store.write():
        if not is_preview:
            leftovers.give_up(work, gathered, planned)
        verdicts.record(work, gathered, plan, is_preview=is_preview)
        stopping.hold(work, queued)
        invariants.take_off(work, found)
        crash_points.reach(crash_points.BEFORE_PLAN)
    for topic in ("invoices", "payments", "review"):
        work.changed(topic)
    return gathered, plan


def _evaluate(work: Work) -> invariants.Evaluation:
    """Look at the promises as they stand now; what they stop is left out of the next plan."""
    found = invariants.evaluate(work, read=work.answered)
    work.stopped = stopping.stopped_by(work.store, found.broken)
    stopping.tell(work, found.broken)
    return found


def _is_stopped(work: Work) -> bool:
    return work.stopped.is_all


def _write(work: Work, plan: plans_made.Plan) -> None:
    """Apply the plan, then what it made necessary; nothing while a promise that stops all fails."""
    if _is_stopped(work):
        return
    if work.order.plan:
        _apply_approved(work, plan)
        _plan(work, is_preview=False)
        return
    counted = {action.identity for action in plan.actions}
    for _ in range(_PASSES):
        apply = work.apply = Apply(work)
        apply.enqueue(plan.hash, None)
        apply.run()
        gathered, plan = _plan(work, is_preview=False)
        standing = {row.identity for row in gathered.live_outbox}
        fresh = [action for action in plan.actions if action.identity not in standing]
        going = [action for action in fresh if work.is_up(system_of(action.kind))]
        if _is_stopped(work) or not (going or apply.has_left_some):
            return
        new = {action.identity for action in plan.actions} - counted
        work.tally.planned += len(new)
        counted |= new


def _apply_approved(work: Work, fresh: plans_made.Plan) -> None:
    """Apply exactly a stored plan, less what would no longer be written so."""
    row = plans.plan_row(work.store, work.order.plan)
    if row is None:
        work.tally.error("CFG-01", "", say("no_plan_is_stored", plan=work.order.plan))
        return
    work.tally.plan_hash = row.hash
    work.tally.planned = len(plans.identities(work.store, row.hash))
    apply = work.apply = Apply(work)
    apply.enqueue(row.hash, {action.identity for action in fresh.actions})
    apply.run()


def close(work: Work, *, is_preview: bool) -> RunResult:
    """Evaluate the promises, note contacts, seal, and end the run."""
    month_end.keep_turn(work)
    key = work.tools.seal_key()
    found = invariants.evaluate(work, read=work.answered)
    told = _told_of_second_copy(work)
    report = _report(work, is_preview=is_preview)
    with work.store.write():
        values.put_setting(work.store, _SECOND_TOLD, told)
        invariants.keep(work, found)
        invariants.take_off(work, found)
        stopping.keep_items(work, found.broken)
        stored.note_contacts(work)
        report["review"] = queries.count_reviews(work.store)
        states = {entry.name: entry.state for entry in found.promises}
        kept = report | {"sweep": work.tally.sweep, "invariants": states}
        plans.end_run(work.store, work.run, kept, actor=ENGINE)
        history.seal(work.store, key, work.run, actor=ENGINE)
        crash_points.reach(crash_points.BEFORE_SEAL)
    _write_digest(work)
    work.changed("runs")
    return RunResult(report, _exit_status(work, report), dict(work.tally.sweep))


def _report(work: Work, *, is_preview: bool) -> dict[str, Any]:
    """The members of `sync` (product.md 6)."""
    tally = work.tally
    in_doubt = journal.count_in_doubt(work.store)
    complete = {
        system: instant_text(work.complete[system]) if system in work.complete else None
        for system in SYSTEMS
    }
    return {
        "run": work.run,
        "mode": "preview" if is_preview else "live",
        "read": dict(tally.read),
        "planned": tally.planned,
        "plan_hash": tally.plan_hash,
        "sent": tally.sent,
        "replaced": tally.replaced,
        "withdrawn": tally.withdrawn,
        "vendors": tally.vendors,
        "approvals_written": tally.approvals_written,
        "payments_posted": tally.payments_posted,
        "drifted": tally.drifted,
        "in_doubt": in_doubt,
        "review": 0,
        "errors": tally.errors,
        "complete_to": complete,
    }


def _exit_status(work: Work, report: dict[str, Any]) -> int:
    """2 a setting is wrong, 4 a side failed, 3 something needs a person, else 0."""
    if work.has_wrong_setting:
        return 2
    if work.failures or ORDINARY in work.spared or _is_throttled_to_the_end(work):
        return 4
    urgent = any(verdicts.is_urgent(row) for row in reviews.open_items(work.store))
    is_wrong = any(entry["code"] in ("ENV-01", "INV-01") for entry in report["errors"])
    is_wrong |= work.is_folder_unreadable
    return 3 if urgent or report["in_doubt"] or is_wrong else 0


def _is_throttled_to_the_end(work: Work) -> bool:
    """Whether something still waits for a side that asked us to slow down."""
    slow = {entry["system"] for entry in work.tally.errors if entry["code"].startswith("RAT")}
    rows = journal.outbox_rows(work.store, states=("ready",)) if slow else []
    return any(system_of(row.kind) in slow for row in rows)
