"""The ledger: plans in, intents, settled answers, recovery at start, runs (house.md 8).

All that writes is called inside `store.write()` by the engine thread and appends its audit rows
there. A transition that does not stand in `OUTBOX_MOVES` raises; nothing is ever sent from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import peewee

from core.domain.canonical import canonical, instant_text, loads, parse_instant, text_of
from core.domain.states import OUTBOX_MOVES
from core.ports import Exchange
from core.store import history
from core.store.outbox import (
    IN_DOUBT,
    LIVE,
    READY,
    SENDING,
    AttemptRow,
    OutboxRow,
    attempts,
    count_in_doubt,
    counts,
    due_lookups,
    live_rows,
    next_due,
    outbox_rows,
    rows_by_reference,
    rows_of,
)
from core.store.sqlite import Store, lots
from core.store.statements import by_key, change
from core.store.tables import Action, Attempt, Outbox
from core.words import area

say = area(__name__)

__all__ = [
    "CANCELLED", "DONE", "IN_DOUBT", "LIVE", "PRIORITY", "READY", "REJECTED", "REVIEW", "SENDING",
    "AttemptRow", "OutboxRow", "Settlement", "attempts", "claim", "count_in_doubt", "counts",
    "due_lookups", "enqueue", "live_rows", "next_due", "outbox_rows", "recover",
    "rows_by_reference", "rows_of",
    "settle",
]  # fmt: skip

REJECTED, REVIEW, DONE, CANCELLED = "rejected", "review", "done", "cancelled"
_CLAIM_LOT = 64
_UNDER_WAY = f"\"state\" IN ('{SENDING}', '{IN_DOUBT}')"
#: Columns of a row that a transition may change, beside `result`.
_MOVED = ("state", "due", "must_exist", "lookups", "doubt_since", "resent", "settled")
#: What tells that a row in hand is the row in the store.
_STANDS = ("id", "state", "attempts", "lookups")
_ONCE = frozenset(("invoice", "payment"))  # kinds that may not be sent again and again
#: In what order due rows are taken.
PRIORITY = ("approval", "payment", "vendor", "replace", "withdraw", "invoice", "image")


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a row goes on.

    `state` is the new state, `outcome` one word for the attempt and the audit log, `result` is kept
    with the row (members are laid over what is there). `exchange` None means that a person or the
    recovery decided, without an exchange. `due` is when a row that is not final is taken up again.
    """

    state: str
    outcome: str
    result: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None
    due: datetime | None = None
    must_exist: bool = False
    actor: str = "engine"


def enqueue(
    store: Store,
    action_ids: Iterable[int],
    run: int,
    *,
    due: datetime,
    actor: str,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Approves actions of a stored plan: outbox rows in state ready, in the plan's order.

    Returns the new outbox ids, and the actions left alone because a live row of the same kind, key
    and revision stands already.

    Raises:
        peewee.IntegrityError: an invoice or payment was already sent under its reference.
    """
    actions = _as_stored(store, action_ids)
    keys = {action["key"] for action in actions}
    taken = {(row.kind, row.key, row.revision) for row in live_rows(store, keys)}
    rows: list[dict[str, Any]] = []
    left: list[int] = []
    for action in actions:
        name = (action["kind"], action["key"], action["revision"])
        if name in taken:
            left.append(action["id"])
            continue
        taken.add(name)
        rows.append(_queued(action, run, instant_text(due), store.now()))
    last = int(store.value(Outbox.select(peewee.fn.MAX(Outbox.id))) or 0)
    store.put(Outbox, rows)
    history.append_many(
        store,
        [
            history.Entry(
                actor, "approved", row["reference"] or row["key"], None, row["fingerprint"],
                row["kind"], run,
            )
            for row in rows
        ],
    )  # fmt: skip
    # A new row gets the id after the greatest one (SQLite, "ROWIDs and the INTEGER PRIMARY KEY").
    return tuple(range(last + 1, last + 1 + len(rows))), tuple(left)


_TAKEN_OVER = (
    "plan", "kind", "key", "revision", "body", "fingerprint", "basis", "remote", "reference",
    "info",
)  # fmt: skip


def _as_stored(store: Store, action_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Actions as their columns stand, in order of id: what is taken over is not read as JSON."""
    columns = ("id", *_TAKEN_OVER)
    found = by_key(store, Action, "id", sorted(set(action_ids)), columns=columns)
    return sorted(found, key=lambda action: int(action["id"]))


def _queued(action: Mapping[str, Any], run: int, due: str, at: str) -> dict[str, Any]:
    taken_over = {name: action[name] for name in _TAKEN_OVER}
    return {"action": action["id"], "run": run, "state": READY, "due": due, "at": at} | taken_over


def claim(
    store: Store,
    kinds: Collection[str],
    limit: int,
    now: datetime,
    *,
    actor: str = "engine",
    among: Collection[OutboxRow] | None = None,
) -> list[OutboxRow]:
    """Commits intents: up to `limit` due rows become `sending`, each with its attempt row.

    Order: kind (`PRIORITY`), then id. A remote object that has a row sending or in doubt is left
    out, and no remote is taken twice. `among` limits it to rows in hand, as they stand in the
    store. Only after the transaction has committed may a byte leave.

    Raises:
        RuntimeError: a row in hand does not stand in the store as it is; nothing was claimed.
    """
    if among is None:
        rows = outbox_rows(store, ids=_claimable(store, kinds, limit, now))
    else:
        rows = _ready_among(among, kinds, now)
    taken = _take(store, rows, limit)
    if not taken:
        return []
    sets = [(SENDING, row.attempts, row.id, READY) for row in taken]
    if change(store, Outbox, ("state", "attempts"), ("id", "state"), sets) != len(taken):
        raise RuntimeError("a row that was ready a moment ago is not any more")
    started = instant_text(now)
    store.put(Attempt, [{"outbox": r.id, "started": started, "purpose": "send"} for r in taken])
    history.append_many(
        store,
        [
            history.Entry(actor, "intent", row.object, READY, row.fingerprint, row.kind, row.run)
            for row in taken
        ],
    )
    return taken


def _ready_among(
    among: Collection[OutboxRow], kinds: Collection[str], now: datetime
) -> list[OutboxRow]:
    """Those of these rows that are ready and due, in the order of taking."""
    due = instant_text(now)
    ready = [r for r in among if r.state == READY and r.kind in kinds and r.due <= due]
    return sorted(ready, key=lambda row: (PRIORITY.index(row.kind), row.id))


def _take(store: Store, rows: Sequence[OutboxRow], limit: int) -> list[OutboxRow]:
    """The first of these rows as they are once claimed; no two of one remote object."""
    remotes = {row.remote for row in rows} - {""}
    standing = by_key(store, Outbox, "remote", remotes, columns=("remote",), where=_UNDER_WAY)
    busy = {row["remote"] for row in standing}
    taken: list[OutboxRow] = []
    for row in rows:
        if len(taken) < limit and row.remote not in busy:
            busy |= {row.remote} - {""}
            taken.append(replace(row, state=SENDING, attempts=row.attempts + 1))
    return taken


def _claimable(
    store: Store,
    kinds: Collection[str],
    limit: int,
    now: datetime,
) -> list[int]:
    """Ids to take, read kind by kind in small lots so that a long queue costs nothing."""
    busy_query = Outbox.select(Outbox.remote).where(Outbox.state.in_((SENDING, IN_DOUBT)))
    busy = {row["remote"] for row in store.rows(busy_query.where(Outbox.remote != ""))}
    ids: list[int] = []
    for kind in (kind for kind in PRIORITY if kind in kinds):
        at = 0
        while len(ids) < limit:
            query = Outbox.select(Outbox.id, Outbox.remote).where(
                Outbox.state == READY,
                Outbox.kind == kind,
                Outbox.due <= instant_text(now),
                Outbox.id > at,
            )
            rows = store.rows(query.order_by(Outbox.id).limit(_CLAIM_LOT))
            for row in rows:
                at = row["id"]
                if len(ids) < limit and row["remote"] not in busy:
                    busy |= {row["remote"]} - {""}
                    ids.append(row["id"])
            if len(rows) < _CLAIM_LOT:
                break
    return ids


def settle(store: Store, row: OutboxRow, settlement: Settlement) -> OutboxRow:
    """Moves one row along `OUTBOX_MOVES`, ends its attempt, appends the audit row; the row after.

    `row` is in hand as it stands in the store. From `in_doubt` with an exchange a look-up attempt
    is noted. `in_doubt` to `ready` needs that the row was not sent again before and need not exist;
    it counts as sent again.

    Raises:
        ValueError: the transition is not in the table; nothing was changed.
        RuntimeError: the row does not stand in the store as it is in hand; nothing was changed.
    """
    store.require_write()
    _require_transition(row, settlement)
    now = store.now()
    after = _after(row, settlement, now)
    columns = tuple(getattr(after, name) for name in _MOVED)
    stands = (row.id, row.state, row.attempts, row.lookups)
    text = text_of(after.result)
    values = (*columns, text, *stands)
    if change(store, Outbox, (*_MOVED, "result"), _STANDS, [values]) != 1:
        raise RuntimeError(f"outbox {row.id} ({row.object}) is not {row.state} any more")
    _note_attempt(store, row, settlement, now)
    told = {"state": settlement.state}
    if settlement.result:
        told["result"] = canonical(settlement.result) if row.result else text
    if settlement.exchange and settlement.exchange.answer:  # proves what the attempt keeps
        told["answer"] = hashlib.sha256(settlement.exchange.answer.encode()).hexdigest()
    action = "answer" if settlement.exchange or row.state == SENDING else "decision"
    history.append(
        store,
        history.Entry(
            settlement.actor, action, row.object, row.state, told, settlement.outcome, row.run
        ),
    )
    return after


def _require_transition(row: OutboxRow, settlement: Settlement) -> None:
    new = settlement.state
    if new == SENDING or new not in OUTBOX_MOVES.get(row.state, frozenset()):
        raise ValueError(
            say("outbox_cannot_go_from_to", id=row.id, object=row.object, state=row.state, new=new)
        )
    is_once = row.kind in _ONCE and (row.resent or row.must_exist)
    if row.state == IN_DOUBT and new == READY and is_once:
        why = (
            say("it_was_sent_again_once")
            if row.resent
            else say("the_other_side_said_that_it_exists")
        )
        raise ValueError(
            say("outbox_is_not_sent_again_by_itself", id=row.id, object=row.object, why=why)
        )


def _after(row: OutboxRow, settlement: Settlement, now: str) -> OutboxRow:
    """The row after the transition."""
    new = settlement.state
    due = instant_text(settlement.due) if settlement.due else now
    result = row.result
    if settlement.result:  # as it is read back
        result = loads(canonical(row.result | dict(settlement.result)))
    values: dict[str, Any] = {
        "state": new,
        "result": result,
        "due": due if new in (READY, IN_DOUBT) else "",
    }
    if settlement.must_exist:
        values["must_exist"] = 1
    if new == IN_DOUBT:
        is_lookup = row.state == IN_DOUBT
        values["lookups"] = row.lookups + (1 if is_lookup and settlement.exchange else 0)
        values["doubt_since"] = row.doubt_since if is_lookup else now
    if new == READY and row.state in (IN_DOUBT, REVIEW):
        values |= {"lookups": 0, "doubt_since": "", "must_exist": 0}
        values["resent"] = row.resent + (1 if row.state == IN_DOUBT else 0)
    if new in (DONE, CANCELLED):
        values["settled"] = now
    return replace(row, **values)


def _note_attempt(store: Store, row: OutboxRow, settlement: Settlement, now: str) -> None:
    """Ends the open send, or adds the look-up; nothing when a person decided."""
    exchange = settlement.exchange or Exchange()
    heard = {
        "ended": now,
        "outcome": settlement.outcome,
        "request_id": exchange.request_id,
        "status": exchange.status,
        "answer": exchange.answer,
        "took_ms": round(exchange.took_s * 1000),
    }
    if row.state == SENDING:
        values = (*heard.values(), row.id, "")
        change(store, Attempt, tuple(heard), ("outbox", "ended"), [values])
    elif settlement.exchange is not None:
        started = instant_text(parse_instant(now) - timedelta(seconds=exchange.took_s))
        new = {"outbox": row.id, "started": started, "purpose": "lookup"}
        store.insert(Attempt, new | heard)


def recover(store: Store, now: datetime, *, run: int | None = None) -> int:
    """Every row found `sending` becomes `in_doubt`, due at once; how many.

    One in doubt since a moment still to come is due at once, and its look-ups begin anew.

    Called by the process that has just taken the workspace, in the transaction that records that,
    and when a run begins: the lanes of earlier ones are closed, so nobody's answer would be kept.
    """
    store.require_write()
    rows = outbox_rows(store, states=(SENDING,))
    stamp, ids = instant_text(now), [row.id for row in rows]
    # Doubt that began later than now: the computer's clock was set back, nobody waits for it.
    began_later = (Outbox.state == IN_DOUBT) & (Outbox.doubt_since > stamp)
    store.change(Outbox.update(due=stamp, doubt_since=stamp).where(began_later))
    for lot in lots(ids):
        change = Outbox.update(state=IN_DOUBT, due=stamp, doubt_since=stamp, lookups=0)
        store.change(change.where(Outbox.id.in_(lot)))
        ended = Attempt.update(ended=stamp, outcome="unknown")
        store.change(ended.where(Attempt.outbox.in_(lot), Attempt.ended == ""))
    why = say("the_program_or_its_run_was_stopped")
    history.append_many(
        store,
        [
            history.Entry("recovery", "answer", row.object, SENDING, {"state": IN_DOUBT}, why, run)
            for row in rows
        ],
    )
    return len(rows)
