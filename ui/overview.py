"""What the front page shows beside the health of the whole, read in one go on the reader thread.

Values only; no widget. Amounts are texts by currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from core.desk import Desk
from core.words import area
from ui.list_spec import Query, Row

say = area(__name__)

#: States that need a person, in the order of work.
NEEDS = (
    "needs_mapping", "needs_review", "held", "in_doubt", "rejected", "payment_voided",
    "payment_returned", "changed_after_sending",
)  # fmt: skip
ON_THEIR_WAY = (
    "ready", "sending", "sent", "in_approval", "approved", "payment_scheduled", "payment_issued",
)  # fmt: skip
SETTLED = ("paid", "part_paid", "excluded")
#: Always there, also with none in them; the others stand only when there are some.
STANDING = frozenset(
    ("needs_mapping", "held", "in_doubt", "rejected", "ready", "in_approval", "approved",
     "payment_scheduled", "payment_issued", "paid", "part_paid", "excluded")
)  # fmt: skip
PLOTTED = 24
#: Ages for the plot: what stands below the bar, in words, from and to so many days.
_AGES: tuple[tuple[str, str, int, int | None], ...] = (
    ("today", say("since_today"), 0, 0),
    ("1-2 d", say("1_to_2_days"), 1, 2),
    ("3-7 d", say("3_to_7_days"), 3, 7),
    ("8-30 d", say("8_to_30_days"), 8, 30),
    ("31+ d", say("31_days_and_more"), 31, None),
)
_LOT = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """How many invoices stand in one state, what they are worth, and the filter that shows them."""

    state: str
    count: int
    amounts: Mapping[str, str]
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Age:
    """How many invoices have stood in their state for so many days; `label` is short for a plot."""

    label: str
    words: str
    needs: int
    moving: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The front page's figures. `waiting_amounts` and `oldest` are of items that ask a person."""

    standings: Mapping[str, Standing]
    waiting_amounts: Mapping[str, str] = field(default_factory=dict)
    oldest: str = ""
    runs: tuple[Row, ...] = ()
    ages: tuple[Age, ...] = ()
    runs_count: int = 0


def read(desk: Desk, by_state: Mapping[str, int]) -> Overview:
    """One indexed sum per state that has invoices, and the last runs. On the reader thread."""
    invoices, runs = desk.source("invoices"), desk.source("runs")
    standings = {
        state: Standing(
            state,
            by_state.get(state, 0),
            _totals(invoices, by_state.get(state, 0), {"state": state}),
            {"state": state},
        )
        for state in (*NEEDS, *ON_THEIR_WAY)
    }
    for state in SETTLED:
        members = {"state": state, "since": f">={_month_begin()}"}
        count = invoices.count(Query(members=members)) if by_state.get(state) else 0
        standings[state] = Standing(state, count, _totals(invoices, count, members), members)
    asked = Query(members={"asks": "yes"}, order="since")
    review = desk.source("review")
    first = review.page(asked, None, 1).rows
    newest = Query(order="started", descending=True)
    return Overview(
        standings=standings,
        waiting_amounts=review.totals(asked),
        oldest=str(first[0]["since"]) if first else "",
        runs=tuple(runs.page(newest, None, PLOTTED).rows),
        runs_count=runs.count(Query()),
        ages=_ages(invoices, by_state),
    )


def _ages(invoices: Any, by_state: Mapping[str, int]) -> tuple[Age, ...]:
    """What is not settled, by days in its state, youngest first; counted by the index of states."""
    today = datetime.now(UTC).astimezone().date()
    found = []
    for label, words, first, last in _AGES:
        begin = f">={today - timedelta(days=last)} " if last is not None else ""
        end = f"<{today - timedelta(days=first - 1)}"
        counts = []
        for states in (NEEDS, ON_THEIR_WAY):
            there = [state for state in states if by_state.get(state)]
            members = {"state": ",".join(there), "since": f"{begin}{end}"}
            counts.append(invoices.count(Query(members=members)) if there else 0)
        found.append(Age(label, words, *counts))
    return tuple(found)


def _totals(source: Any, count: int, members: Mapping[str, str]) -> dict[str, str]:
    return dict(source.totals(Query(members=members))) if count else {}


def _month_begin() -> str:
    """The first day of this month, local time; the store compares instants by day."""
    return datetime.now(UTC).astimezone().date().replace(day=1).isoformat()
