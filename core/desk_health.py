"""Health at a glance: both sides, promises, what needs a person, the run under way.

Reads the store only, a dozen small queries; nothing is asked of either system.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from core import views
from core.desk_engine import SCHEDULE, Conductor, Under
from core.desk_labels import INVARIANTS, PHASES
from core.desk_views import HealthView, InvariantView, ProgressView, SideView, VolumeView
from core.domain.canonical import instant_text, parse_instant
from core.domain.states import INVOICE_STATES
from core.errors import CATALOGUE, AppError
from core.ports import ALLOWANCE_WAITS, MEGABYTE
from core.settings import Settings
from core.store import journal, queries, reviews, traffic, values
from core.store.paging import Order
from core.store.promised import ACCEPTED
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_SIDES = {"x3": say("sage_x3"), "avidxchange": "AvidXchange"}
_ESTIMATE_AFTER_S = 5.0
_WARNINGS = frozenset(("DSK-01",))  # no second copy of the backup: the run did all it should
_PROBLEM = say("the_settings_are_not_complete")


def health(
    store: Store,
    settings: Settings | None,
    conductor: Conductor,
    counted_over: Mapping[str, str],
    *,
    is_demo: bool,
) -> HealthView:
    """The state of the workspace; `settings` None when they are not whole."""
    with store.read():
        items = reviews.open_items(store)
        start = settings.workspace.start_date.isoformat() if settings else ""
        counted = queries.counts_by_state(store, start)
        counts = journal.counts(store)
        promises = _invariants(store, items, counted_over)
        contacts = {side: values.contact(store, side) for side in views.SIDES}
        paused = {side: values.setting(store, f"paused.{side}") for side in views.SIDES}
        moved = volume(store, settings)
        last = queries.runs(store, order=Order("", descending=True), limit=1, only_ended=True)
    next_run = instant_text(conductor.next_run) if conductor.next_run else ""
    asking = [item for item in items if reviews.is_asking(item, store.clock())]
    problem = conductor.problem
    return HealthView(
        environment="demo" if is_demo else settings.workspace.mode if settings else "preview",
        workspace=settings.workspace.name if settings else "",
        is_running=conductor.is_running,
        sides=tuple(
            with_volume(_side(side, contacts[side], paused[side], next_run, problem), moved)
            for side in views.SIDES
        ),
        by_state={state: counted.get(state, 0) for state in INVOICE_STATES},
        needs_you=len(asking),
        waiting=len(items) - len(asking),
        in_doubt=sum(number for (_, state), number in counts.items() if state == "in_doubt"),
        invariants=promises,
        last_run=run_row(last.rows[0]) if last.rows else None,
        next_run=next_run,
        paused_until=instant_text(conductor.paused_until) if conductor.paused_until else "",
        problem=problem.why if problem else "" if settings else _PROBLEM,
        problem_key=problem.detail if problem else "",
    )


def _side(
    side: str,
    contact: Mapping[str, Any],
    paused: str,
    next_run: str,
    problem: AppError | None,
) -> SideView:
    code, text = str(contact.get("code") or ""), str(contact.get("text") or "")
    reachable = contact.get("reachable")
    state = "not_checked" if reachable is None else "ok" if reachable else "not_reached"
    if paused:
        told = json.loads(paused)
        state, code, text = "paused", str(told["code"]), str(told["text"])
    if problem is not None and problem.system in ("", side) and state == "not_checked":
        code, text = problem.code, problem.why
    entry = CATALOGUE.get(code)
    return SideView(
        system=side,
        name=_SIDES[side],
        state=state,
        last_contact=str(contact.get("last_contact") or ""),
        next_run=next_run,
        code=code,
        text=text,
        fix=problem.fix if problem and text == problem.why else entry.fix if entry else "",
    )


def volume(store: Store, settings: Settings | None) -> VolumeView:
    """What today has moved toward X3, of the budget in the settings; a dozen indexed rows."""
    day = store.clock().astimezone(UTC).date().isoformat()
    rows = traffic.of_day(store, day)
    used = sum(row.bytes for row in rows)
    megabytes = settings.x3.daily_megabytes if settings else 0
    limit = say("of", megabytes=megabytes) if megabytes else ""
    share = used / (megabytes * MEGABYTE) if megabytes else 0.0
    waiting = next((text for least, _, text in reversed(ALLOWANCE_WAITS) if share >= least), "")
    return VolumeView(
        day=day,
        used=used,
        budget=megabytes * MEGABYTE,
        flows=tuple((row.flow, row.calls, row.sent, row.received) for row in rows),
        text=say("x3_today_mb", used=used / MEGABYTE, limit=limit),
        warning=say("until_tomorrow_utc", waiting=waiting) if waiting else "",
    )


def with_volume(side: SideView, moved: VolumeView) -> SideView:
    """The side of X3 with its volume, and with QTA-01 where it has nothing worse to say."""
    if side.system != "x3" or not (moved.used or moved.budget):
        return side
    side = replace(side, volume=moved.text)
    if not moved.warning or side.text:
        return side
    text = f"{moved.text}: {moved.warning}"
    return replace(side, code="QTA-01", text=text, fix=CATALOGUE["QTA-01"].fix)


def _invariants(
    store: Store, items: list[reviews.ReviewRow], counted: Mapping[str, str]
) -> tuple[InvariantView, ...]:
    held = json.loads(values.setting(store, "invariants", "{}"))
    accepted = json.loads(values.setting(store, ACCEPTED, "{}"))
    found = []
    for name in views.INVARIANTS:
        mine = [i for i in items if i.code == "INV-01" and i.info.get("promise") == name]
        found.append(
            InvariantView(
                name=name,
                state=str(held.get(name, "unknown")),
                words=INVARIANTS[name],
                evidence=tuple(str(text) for i in mine for text in i.info["evidence"]),
                item=mine[0].id if mine else 0,
                counted=counted.get(name, ""),
                accepted=int(accepted.get(name, 0)),
            )
        )
    return tuple(found)


def progress(under: Under | None, needs_you: int) -> ProgressView | None:
    """How far the run under way is; no query."""
    if under is None:
        return None
    now = time.monotonic()
    elapsed, in_phase = now - under.began_s, now - under.phase_began_s
    left = None
    if elapsed >= _ESTIMATE_AFTER_S and in_phase > 0 and 0 < under.done < under.total:
        left = in_phase / under.done * (under.total - under.done)
    return ProgressView(
        phase=_phase(under.phase),
        done=under.done,
        total=under.total,
        needs_you=needs_you,
        elapsed_s=elapsed,
        left_s=left,
        by=under.by,
    )


def _phase(name: str) -> str:
    """What a phase is called; those of a side are told as `x3:invoice`."""
    plain = name.partition(":")[2] or name
    return PHASES.get(plain, plain.replace("_", " ").capitalize())


def run_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A run as its list shows it: the members of `runs`, and what became of it in words.

    Further members: `outcome` (running, failed, in_doubt, needs_you, ok), `read_total`, `took_s`
    (None while it runs), `amount_sent` by currency, `text`, and `by_schedule`.
    """
    shown = views.run_members(row)
    read = sum(int(number) for number in shown["read"].values())
    return shown | {
        "only": row.get("only", ""),
        "outcome": _outcome(shown),
        "read_total": read,
        "took_s": _took_s(str(shown["started"]), str(shown["ended"])),
        "amount_sent": row.get("amount_sent", {}),
        "text": _told(shown, read),
        "by_schedule": shown["by"] == SCHEDULE,
    }


def _outcome(run: Mapping[str, Any]) -> str:
    if not run["ended"]:
        return "running"
    if any(error["code"] not in _WARNINGS for error in run["errors"]):
        return "failed"
    if run["in_doubt"]:
        return "in_doubt"
    return "needs_you" if run["review"] else "ok"


def _took_s(started: str, ended: str) -> float | None:
    if not started or not ended:
        return None
    return (parse_instant(ended) - parse_instant(started)).total_seconds()


_COUNTED = (
    ("sent", "sent"),
    ("replaced", "replaced"),
    ("withdrawn", "withdrawn"),
    ("vendors", say("vendors_written")),
    ("approvals_written", say("approvals_written")),
    ("payments_posted", say("payments_posted")),
    ("drifted", say("changed_meanwhile")),
    ("in_doubt", say("in_doubt")),
)


def _told(run: Mapping[str, Any], read: int) -> str:
    """One sentence on a run."""
    if not run["ended"]:
        return say("under_way")
    parts = [say("read", read=read)]
    if run["mode"] == "preview":
        parts.append(say("planned_nothing_written", planned=run["planned"]))
    parts += [f"{run[name]:,} {words}" for name, words in _COUNTED if run[name]]
    parts += [str(entry["text"]).rstrip(".") for entry in run["errors"][:2]]
    return ", ".join(parts) + "."
