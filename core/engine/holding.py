"""What a person decides about what the other side does not have: hold, release, exclude.

Such a decision needs no review item. A held invoice or payment waits until a person releases it; an
invoice that is excluded is not sent unless it is released. Engine thread; one transaction for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import crash_points
from core.engine.work import Tools
from core.store import holds, reviews
from core.store.holds import EXCLUDE, HOLD, RELEASE, PaymentStanding, Standing
from core.store.invoices import change_invoices, mark_dirty
from core.store.payments import change_payments
from core.store.sqlite import Store
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word on invoices by number or payments by id; `how` as in `holds.HOWS`."""

    documents: Sequence[str]
    kind: str
    how: str
    reason: str
    actor: str


def carry_out(tools: Tools, word: Word) -> dict[str, Any]:
    """Do it: `done`, the documents, and `refused`, document -> why not; one stops no other.

    Raises:
        ValueError: there is no such decision, or no reason was given; nothing was changed.
    """
    if word.how not in holds.HOWS.get(word.kind, ()):
        raise ValueError(say("there_is_no_decision", how=word.how))
    if not word.reason.strip():
        raise ValueError(say("a_reason_is_needed"))
    store = tools.store
    with store.write():
        found = holds.standings(store, word.documents, word.kind)
        refused = {name: why for name, one in found.items() if (why := one.why_not(word.how))}
        allowed = {name: one for name, one in found.items() if name not in refused}
        for standing in allowed.values():
            _decide(store, standing, word)
        _show(store, allowed, word)
        crash_points.reach(crash_points.BEFORE_RESOLUTION)
    crash_points.reach(crash_points.AFTER_RESOLUTION)
    return {"done": list(allowed), "refused": refused}


def _decide(store: Store, standing: Standing | PaymentStanding, word: Word) -> None:
    if word.how == RELEASE:
        for decision in standing.decisions:
            reviews.end_decision(store, decision.id, actor=word.actor, reason=word.reason)
        return
    reviews.decide(
        store, standing.name, code="", how=word.how, basis="", reason=word.reason, actor=word.actor
    )


def _show(store: Store, allowed: Mapping[str, Standing | PaymentStanding], word: Word) -> None:
    """Show at once what can be shown, and have the next run judge them all."""
    if word.kind == holds.PAYMENT:
        dirty = {payment_id: {"dirty": 1} for payment_id in allowed}
        change_payments(store, dirty, None, actor=word.actor)
        return
    changes = {
        number: change
        for number, standing in allowed.items()
        if isinstance(standing, Standing) and (change := _seen(standing, word))
    }
    change_invoices(store, changes, None, actor=word.actor)
    mark_dirty(store, numbers=list(allowed))


def _seen(standing: Standing, word: Word) -> dict[str, Any]:
    """What is seen of it at once, if anything is; the next run judges it anew."""
    if word.how == EXCLUDE:
        return {"state": "excluded", "why": word.reason, "codes": (), "live": 0}
    # What it lacks is told before that somebody holds it, and stays so when nobody does any more.
    if word.how == HOLD:
        is_free = standing.row is not None and standing.row.state == "ready"
        return {"state": "held", "why": holds.why(word.reason)} if is_free else {}
    if not standing.is_seen:
        return {}
    return {"state": "ready", "why": say("released_the_next_run_looks"), "live": 1}
