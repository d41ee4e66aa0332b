"""The volume moved toward X3, by day and by what for; it survives a restart.

A day is a day of UTC. Rows are counters: added to, never replaced, so that several processes count
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import peewee

from core.ports import Volume
from core.store.sqlite import Store
from core.store.tables import Traffic

_KEPT = timedelta(days=400)
_COUNTERS = ("calls", "sent", "received")


def add(store: Store, volumes: Iterable[Volume]) -> None:
    """Add to the counters; inside `store.write()`. Days older than 400 are forgotten."""
    for volume in volumes:
        mine = (Traffic.day == volume.day) & (Traffic.flow == volume.flow)
        more = {name: getattr(Traffic, name) + getattr(volume, name) for name in _COUNTERS}
        if store.change(Traffic.update(more).where(mine)):
            continue
        oldest = (date.fromisoformat(volume.day) - _KEPT).isoformat()
        store.change(Traffic.delete().where(Traffic.day < oldest))
        row = {"day": volume.day, "flow": volume.flow}
        store.put(Traffic, [row | {name: getattr(volume, name) for name in _COUNTERS}])


def of_day(store: Store, day: str) -> tuple[Volume, ...]:
    """What a day has moved, most bytes first; a dozen indexed rows."""
    rows = store.rows(Traffic.select().where(Traffic.day == day))
    return tuple(sorted((Volume(**row) for row in rows), key=lambda v: (-v.bytes, v.flow)))


def total(store: Store, day: str) -> int:
    """Bytes sent and received on a day."""
    moved = peewee.fn.SUM(Traffic.sent + Traffic.received)
    return int(store.value(Traffic.select(moved).where(Traffic.day == day)) or 0)
