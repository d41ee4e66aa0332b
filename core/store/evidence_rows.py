"""What the evidence pack lists of a span of time; read only."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import peewee

from core.store.sqlite import Store
from core.store.tables import Audit, Outbox, Run

Rows = list[dict[str, Any]]


def runs(store: Store, first: str, end: str) -> Rows:
    """Runs that began from an instant to before another, oldest first, with all they kept."""
    query = Run.select().where(Run.started >= first, Run.started < end).order_by(Run.id)
    found = []
    for row in store.rows(query):
        kept: dict[str, Any] = json.loads(row["result"])
        own = {name: row[name] for name in ("started", "ended", "by", "mode")}
        found.append(kept | {"run": row["id"]} | own)
    return found


def writes(store: Store, run: int) -> dict[str, int]:
    """State -> how many writes of a run stand in it now; indexed."""
    query = Outbox.select(Outbox.state, peewee.fn.COUNT(Outbox.id).alias("number"))
    rows = store.rows(query.where(Outbox.run == run).group_by(Outbox.state))
    return {row["state"]: int(row["number"]) for row in rows}


def told(store: Store, actions: Collection[str], first: str, end: str) -> Rows:
    """Rows of the log with these actions in a span of time, in order; indexed by action."""
    query = Audit.select().where(
        Audit.action.in_(sorted(actions)), Audit.time >= first, Audit.time < end
    )
    return store.rows(query.order_by(Audit.sequence))
