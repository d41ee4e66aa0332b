"""Invoices that a person puts aside: held until they are released, or excluded; and which may be.

Only what AvidXchange surely does not have can be put aside here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.store import journal, reviews
from core.store.invoices import InvoiceRow, invoice_rows
from core.store.journal import OutboxRow
from core.store.reviews import DecisionRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

HOLD, RELEASE, EXCLUDE = "hold", "release", "exclude"
HOWS = (HOLD, RELEASE, EXCLUDE)
_NOT_SENT = frozenset(("ready", "needs_mapping", "needs_review", "held", "excluded"))


def put_aside(store: Store, numbers: Iterable[str]) -> dict[str, list[DecisionRow]]:
    """Invoice number -> the decisions in force that put it aside; indexed."""
    found: dict[str, list[DecisionRow]] = defaultdict(list)
    for decision in reviews.decisions(store, numbers):
        if decision.how in (HOLD, EXCLUDE):
            found[decision.document].append(decision)
    return found


def is_held(store: Store, number: str) -> bool:
    """Whether a person holds an invoice."""
    return any(one.how == HOLD for one in put_aside(store, [number])[number])


def why(reason: str) -> str:
    """The sentence of an invoice that a person holds."""
    return say("a_person_holds_it", reason=reason.strip().rstrip("."))


def refusals(store: Store, numbers: Iterable[str], how: str) -> dict[str, str]:
    """Invoice number -> why it cannot be decided so, empty when it can; indexed, in the order."""
    wanted = list(dict.fromkeys(numbers))
    rows = {row.number: row for row in invoice_rows(store, numbers=wanted)}
    standing = put_aside(store, rows)
    last = {entry.key: entry for entry in journal.rows_of(store, rows, ("invoice",))}
    return {
        number: _why_not(rows.get(number), last.get(number), standing[number], how)
        for number in wanted
    }


def _why_not(
    row: InvoiceRow | None,
    submission: OutboxRow | None,
    standing: Sequence[DecisionRow],
    how: str,
) -> str:
    if row is None:
        return say("x3_has_shown_no_such_invoice")
    if row.gone:
        return say("x3_no_longer_shows_it")
    is_there = row.state not in _NOT_SENT
    if is_there or (submission is not None and _may_be_there(submission, row)):
        return say("it_is_not_only_here_any_more")
    ways = {decision.how for decision in standing}
    if how == RELEASE:
        return "" if ways else say("it_is_neither_held_nor_excluded")
    if row.state == "excluded":
        return say("it_is_excluded_already")
    return say("it_is_held_already") if how in ways else ""


def _may_be_there(submission: OutboxRow, row: InvoiceRow) -> bool:
    """Whether its last submission was sent and neither refused nor given up."""
    if submission.state == "done":
        return submission.revision >= row.revision
    return not submission.is_unsent and submission.state not in ("rejected", "cancelled")
