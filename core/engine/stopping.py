"""What a broken promise stops (product.md 8): its documents and their supplier, or all writing.

What is stopped is left out of the plan and, where it stands in the outbox already, is not taken up.
It is shown as held, with the reason, and waits for the promise to hold again or for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.domain.findings import Finding
from core.domain.plan import Plan
from core.engine.invariants import CODE, Invariant, by_what_it_stops, decided_as, stops_all
from core.engine.snapshot import Gathered
from core.engine.stopped import Stopped
from core.engine.work import ENGINE, Work
from core.errors import CATALOGUE
from core.store import reviews
from core.store.invoices import change_invoices, numbers_of_suppliers
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_SHOWN = 5


def stopped_by(store: Store, broken: tuple[Invariant, ...]) -> Stopped:
    """What broken promises stop that do not stop all; a query for each 500 suppliers named."""
    found = Stopped(is_all=stops_all(broken))
    for entry in broken:
        if entry.stops_all:
            continue
        for cause, facts in by_what_it_stops(entry).items():
            found.reasons[cause] = say("does_not_hold", name=entry.name, text=facts[0].text)
            for fact in facts:
                found.numbers |= dict.fromkeys(fact.numbers, cause)
                found.payments |= dict.fromkeys(fact.payments, cause)
                found.suppliers |= dict.fromkeys(fact.suppliers, cause)
    for number, supplier in numbers_of_suppliers(store, found.suppliers).items():
        found.numbers.setdefault(number, found.suppliers[supplier])
    return found


def tell(work: Work, broken: tuple[Invariant, ...]) -> None:
    """Say in the report of the run what is stopped, once for each promise."""
    told = {entry["text"] for entry in work.tally.errors if entry["code"] == CODE}
    for entry in broken:
        named = sorted({s for fact in entry.facts for s in fact.suppliers})
        text = say("does_not_hold_nothing_is_written", name=entry.name)
        if not entry.stops_all:
            text += say("for", named=", ".join(named) or "what it names")
        if f"{text}." not in told:
            work.tally.error(CODE, "", f"{text}.")


def leave_out(work: Work, gathered: Gathered, plan: Plan) -> dict[str, dict[str, Any]]:
    """Take what is stopped out of a plan; what is to be shown of queued invoices, by number.

    Documents already sent keep their state; they are looked at again by each plan.
    """
    stopped = work.stopped
    if not stopped.reasons:
        return {}
    causes = {id(action): stopped.cause_of(action) for action in plan.actions}
    for action in plan.actions:
        if causes[id(action)] and action.kind != "vendor":
            document = action.info.get("payment_id") or action.info.get("invoice") or action.key
            stopped.held[causes[id(action)]].add(str(document))
    plan.actions = [action for action in plan.actions if not causes[id(action)]]
    sent = {entry.invoice.number for entry in gathered.snapshot.sent}
    for at, verdict in enumerate(plan.verdicts):
        cause = verdict.action and stopped.cause_of(verdict.action)
        if cause and verdict.number not in sent:
            reason = stopped.reasons[cause]
            told = (*verdict.findings, _note(verdict.number, reason))
            plan.verdicts[at] = replace(
                verdict, state="held", why=reason, action=None, findings=told
            )
    for at, paid in enumerate(plan.payments):
        cause = paid.action and stopped.cause_of(paid.action)
        if cause:  # with its action it stays on the list of the next plan
            told = (*paid.findings, _note(paid.payment_id, stopped.reasons[cause]))
            plan.payments[at] = replace(paid, findings=told)
    return _queued(stopped, gathered)


def _note(document: str, reason: str) -> Finding:
    """Why it waits; the item is that of the promise, so this opens none."""
    return Finding(CODE, document, reason, blocks=False)


def _queued(stopped: Stopped, gathered: Gathered) -> dict[str, dict[str, Any]]:
    """Columns of invoices that stand in the outbox and are not taken up."""
    shown: dict[str, dict[str, Any]] = {}
    going = []
    for pending in gathered.pending:
        cause = stopped.cause_of(pending.outbox) if pending.outbox.state == "ready" else ""
        if not cause:
            going.append(pending)
            continue
        number = pending.row.number
        stopped.held[cause].add(number)
        shown[number] = {"state": "held", "why": stopped.reasons[cause], "codes": (CODE,)}
    gathered.pending = going
    return shown


def hold(work: Work, shown: Mapping[str, Mapping[str, Any]]) -> None:
    """Show queued invoices that are stopped as held; inside `store.write()`."""
    change_invoices(work.store, shown, work.run, actor=ENGINE)


def keep_items(work: Work, broken: tuple[Invariant, ...]) -> None:
    """A broken promise is an item with its evidence until it holds again; in `store.write()`."""
    present: set[str] = set()
    for entry in broken:
        for cause, facts in by_what_it_stops(entry).items():
            named = {name for fact in facts for name in (*fact.numbers, *fact.payments)}
            waiting = work.stopped.held.get(cause, set())
            evidence = [fact.text for fact in facts]
            more = len(evidence) - _SHOWN
            told = "; ".join(evidence[:_SHOWN]) + (say("and_more", more=more) if more > 0 else "")
            stops = say("nothing_is_written") if entry.stops_all else _stops(facts[0].suppliers)
            document = next(iter(sorted(named)), facts[0].key)
            draft = reviews.ReviewDraft(
                code=CODE,
                cause=cause,
                title=say("promise_does_not_hold", name=entry.name),
                text=say("does_not_hold_until_then", name=entry.name, told=told, stops=stops),
                fix=CATALOGUE[CODE].fix,
                document=document,
                documents=tuple(sorted(named | waiting)) or (document,),
                how=("accept",),
                info={
                    "promise": entry.name,
                    "evidence": evidence,
                    "bases": {decided_as(entry.name, fact): fact.text for fact in facts},
                },
            )
            reviews.open_item(work.store, draft, work.run, actor=ENGINE)
            present.add(cause)
    reviews.close_missing(work.store, present, codes={CODE}, run=work.run, actor=ENGINE)


def _stops(suppliers: tuple[str, ...]) -> str:
    if not suppliers:
        return say("nothing_is_written_for_it")
    return say("nothing_is_written_for_supplier", suppliers=", ".join(suppliers))
