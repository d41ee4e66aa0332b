"""What a person decides about invoices that AvidXchange does not have: hold, release, exclude.

Such a decision needs no review item. A held invoice waits until a person releases it; one that is
excluded is not sent unless it is released. Engine thread; one transaction for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import crash_points
from core.engine.work import Tools
from core.store import holds, reviews
from core.store.holds import EXCLUDE, HOLD, RELEASE
from core.store.invoices import InvoiceRow, change_invoices, invoice_rows, mark_dirty
from core.store.sqlite import Store
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word on some invoices; `how` is one of `holds.HOWS`."""

    numbers: Sequence[str]
    how: str
    reason: str
    actor: str


def carry_out(tools: Tools, word: Word) -> dict[str, Any]:
    """Do it: `done`, the numbers, and `refused`, number -> why not. Refusing one stops no other.

    Raises:
        ValueError: there is no such decision, or no reason was given; nothing was changed.
    """
    if word.how not in holds.HOWS:
        raise ValueError(say("there_is_no_decision", how=word.how))
    if not word.reason.strip():
        raise ValueError(say("a_reason_is_needed"))
    store = tools.store
    with store.write():
        refusals = holds.refusals(store, word.numbers, word.how)
        done = [number for number, why in refusals.items() if not why]
        _decide(store, done, word)
        changes = {row.number: _seen(row, word) for row in invoice_rows(store, numbers=done)}
        changes = {number: change for number, change in changes.items() if change}
        change_invoices(store, changes, None, actor=word.actor)
        mark_dirty(store, numbers=done)
        crash_points.reach(crash_points.BEFORE_RESOLUTION)
    crash_points.reach(crash_points.AFTER_RESOLUTION)
    return {"done": done, "refused": {number: why for number, why in refusals.items() if why}}


def _decide(store: Store, numbers: Sequence[str], word: Word) -> None:
    if word.how == RELEASE:
        for standing in holds.put_aside(store, numbers).values():
            for decision in standing:
                reviews.end_decision(store, decision.id, actor=word.actor, reason=word.reason)
        return
    for number in numbers:
        reviews.decide(
            store, number, code="", how=word.how, basis="", reason=word.reason, actor=word.actor
        )


def _seen(row: InvoiceRow, word: Word) -> dict[str, Any]:
    """What is seen of it at once, if anything is; the next run judges it anew."""
    if word.how == EXCLUDE:
        return {"state": "excluded", "why": word.reason, "codes": (), "live": 0}
    if word.how == HOLD:
        # What it lacks is told before that somebody holds it.
        is_free = row.state == "ready"
        return {"state": "held", "why": holds.why(word.reason)} if is_free else {}
    return {"state": "ready", "why": say("released_the_next_run_looks"), "live": 1}
