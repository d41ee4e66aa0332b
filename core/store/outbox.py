"""The outbox as it stands: its rows, their exchanges, and what of them is due; read only.

How rows move stands in `journal`, which offers everything here under its own name too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from core.domain.canonical import instant_text, loads, parse_instant
from core.domain.states import LIVE_OUTBOX
from core.store.sqlite import Store, lots
from core.store.statements import by_key
from core.store.tables import Attempt, Outbox

READY, SENDING, IN_DOUBT = "ready", "sending", "in_doubt"
_OBJECTS = ("basis", "info", "result")
LIVE = tuple(sorted(LIVE_OUTBOX))


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An intended write. `body` are the exact bytes; `due`, `doubt_since` are instant texts."""

    id: int
    action: int
    plan: str
    run: int
    kind: str
    key: str
    revision: int
    state: str
    body: bytes
    fingerprint: str
    basis: dict[str, Any]
    remote: str
    reference: str
    info: dict[str, Any]
    attempts: int
    lookups: int
    resent: int
    must_exist: int
    due: str
    doubt_since: str
    result: dict[str, Any]
    at: str
    settled: str

    @property
    def identity(self) -> tuple[str, str, int, str]:
        """What makes a planned action the same write."""
        return (self.kind, self.key, self.revision, self.fingerprint)

    @property
    def is_unsent(self) -> bool:
        """Whether it was never sent, or surely did not arrive, and nothing of it is in doubt.

        Of a payment that was looked for in vain so much is known: its balances have not moved.
        """
        return self.state == READY and (not self.resent or self.kind == "payment")

    @property
    def object(self) -> str:
        """Its name in the audit log: the external reference, or the key where there is none."""
        return self.reference or self.key


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One exchange of an outbox row; `ended` is empty while no answer came."""

    id: int
    outbox: int
    started: str
    ended: str
    purpose: str
    request_id: str
    status: int | None
    outcome: str
    answer: str
    took_ms: int


def outbox_rows(
    store: Store, *, ids: Iterable[int] | None = None, states: Sequence[str] = ()
) -> list[OutboxRow]:
    """Rows by id in the order given, or all in some states in order of id; indexed."""
    if ids is None:
        query = Outbox.select().where(Outbox.state.in_(states))
        return _rows(store, query.order_by(Outbox.id))
    wanted = list(ids)
    found = {row["id"]: _row(row) for row in by_key(store, Outbox, "id", wanted)}
    return [found[row_id] for row_id in wanted if row_id in found]


def _rows(store: Store, query: Any) -> list[OutboxRow]:
    return [_row(row) for row in store.rows(query)]


def _row(row: Mapping[str, Any]) -> OutboxRow:
    members = dict(row)
    for name in _OBJECTS:
        text = members[name]
        members[name] = loads(text) if text != "{}" else {}
    return OutboxRow(**members)


def live_rows(store: Store, keys: Iterable[str] | None = None) -> list[OutboxRow]:
    """Rows that are not done or cancelled, all or of some keys, in order of id; indexed."""
    if keys is None:
        return outbox_rows(store, states=LIVE)
    live = ", ".join(f"'{state}'" for state in LIVE)
    rows = by_key(store, Outbox, "key", sorted(set(keys)), where=f'"state" IN ({live})')
    return sorted(map(_row, rows), key=lambda row: row.id)


def rows_of(store: Store, keys: Iterable[str], kinds: Sequence[str] = ()) -> list[OutboxRow]:
    """All rows of some keys in every state, in order of id; indexed."""
    rows = by_key(store, Outbox, "key", sorted(set(keys)))
    wanted = (row for row in rows if not kinds or row["kind"] in kinds)
    return sorted(map(_row, wanted), key=lambda row: row.id)


def rows_by_reference(store: Store, references: Iterable[str]) -> dict[str, list[OutboxRow]]:
    """Reference -> its rows in every state, in order of id; indexed."""
    found: dict[str, list[OutboxRow]] = {}
    for row in map(_row, by_key(store, Outbox, "reference", sorted(set(references)))):
        found.setdefault(row.reference, []).append(row)
    return {key: sorted(rows, key=lambda row: row.id) for key, rows in sorted(found.items())}


def due_lookups(store: Store, now: datetime, limit: int = 500) -> list[OutboxRow]:
    """Rows in doubt whose look-up is due, the longest due first; indexed."""
    query = Outbox.select().where(Outbox.state == IN_DOUBT, Outbox.due <= instant_text(now))
    return _rows(store, query.order_by(Outbox.due, Outbox.id).limit(limit))


def next_due(store: Store) -> datetime | None:
    """When the next row is to be sent or looked up; None when nothing waits. Indexed."""
    query = Outbox.select(peewee.fn.MIN(Outbox.due)).where(Outbox.state.in_((READY, IN_DOUBT)))
    found = store.value(query)
    return parse_instant(found) if found else None


def counts(store: Store, run: int | None = None) -> dict[tuple[str, str], int]:
    """(kind, state) -> number of rows, of one run or of all."""
    query = Outbox.select(Outbox.kind, Outbox.state, peewee.fn.COUNT(Outbox.id).alias("number"))
    if run is not None:
        query = query.where(Outbox.run == run)
    rows = store.rows(query.group_by(Outbox.kind, Outbox.state))
    return {(row["kind"], row["state"]): row["number"] for row in rows}


def count_in_doubt(store: Store) -> int:
    """How many writes are in doubt; indexed, however many there ever were."""
    query = Outbox.select(peewee.fn.COUNT(Outbox.id)).where(Outbox.state == IN_DOUBT)
    return int(store.value(query) or 0)


def attempts(store: Store, outbox_ids: Iterable[int]) -> list[AttemptRow]:
    """The exchanges of some rows, in order; indexed."""
    found: list[AttemptRow] = []
    for lot in lots(sorted(set(outbox_ids))):
        query = Attempt.select().where(Attempt.outbox.in_(lot))
        found += [AttemptRow(**row) for row in store.rows(query)]
    return sorted(found, key=lambda row: row.id)
