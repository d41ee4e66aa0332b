"""What needs a person, and what persons decided. Writes are called inside `store.write()`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.canonical import canonical
from core.store import history
from core.store.sqlite import Store, lots
from core.store.tables import Decision, Review
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """An item as found now. `cause` is a stable key: as long as it stands the item keeps its id."""

    code: str
    cause: str
    title: str
    text: str
    fix: str
    document: str = ""
    documents: tuple[str, ...] = ()
    system: str = ""
    currency: str = ""
    amount: int = 0
    how: tuple[str, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A stored item; `closed` is empty while it is open. `amount` in minor units."""

    id: int
    code: str
    cause: str
    document: str
    documents: tuple[str, ...]
    system: str
    currency: str
    amount: int
    since: str
    title: str
    text: str
    fix: str
    how: tuple[str, ...]
    info: dict[str, Any]
    closed: str
    resolution: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What a person decided about a document; in force while `ended` is empty.

    `basis` is the content hash or fact that the decision was made on.
    """

    id: int
    code: str
    document: str
    how: str
    basis: str
    reason: str
    by: str
    at: str
    ended: str


def _values(draft: ReviewDraft) -> dict[str, Any]:
    return {
        "code": draft.code,
        "cause": draft.cause,
        "document": draft.document,
        "documents": canonical(draft.documents),
        "system": draft.system,
        "currency": draft.currency,
        "amount": draft.amount,
        "title": draft.title,
        "text": draft.text,
        "fix": draft.fix,
        "how": canonical(draft.how),
        "info": canonical(dict(draft.info)),
    }


def _row(row: Mapping[str, Any]) -> ReviewRow:
    lists = {name: tuple(json.loads(row[name])) for name in ("documents", "how")}
    return ReviewRow(**(dict(row) | lists | {"info": json.loads(row["info"])}))


def open_item(
    store: Store, draft: ReviewDraft, run: int | None = None, *, actor: str = "engine"
) -> int:
    """The id of the open item of this cause, made or brought up to date.

    A new one appends an audit row; text, documents and amount of one that stands are only kept.
    `info` is laid over what is there, so that who it is assigned to stays.
    """
    values = _values(draft)
    old = item_of_cause(store, draft.cause)
    if old is None:
        item = store.insert(Review, values | {"since": store.now()})
        entry = history.Entry(
            actor, "review opened", draft.document or draft.cause, None, draft.text, draft.code, run
        )
        history.append(store, entry)
        return item
    values["info"] = canonical(old.info | dict(draft.info))
    held = {"documents": canonical(old.documents), "how": canonical(old.how)}
    held["info"] = canonical(old.info)
    if any(held.get(name, getattr(old, name)) != value for name, value in values.items()):
        store.change(Review.update(**values).where(Review.id == old.id))
    return old.id


def close_missing(
    store: Store,
    present: Collection[str],
    *,
    codes: Collection[str] | None = None,
    documents: Collection[str] | None = None,
    run: int | None = None,
    actor: str = "engine",
) -> tuple[int, ...]:
    """Closes open items whose cause is not `present`; their ids.

    Only items within the scope are looked at: of these codes, and naming one of these documents;
    None = any.
    """
    closing = [
        row
        for row in open_items(store)
        if row.cause not in present
        and (codes is None or row.code in codes)
        and (documents is None or row.document in documents)
    ]
    for lot in lots(row.id for row in closing):
        change = Review.update(closed=store.now(), resolution="cause gone", by=actor)
        store.change(change.where(Review.id.in_(lot)))
    history.append_many(
        store,
        [
            history.Entry(
                actor, "review closed", row.document or row.cause, row.text, None, row.code, run
            )
            for row in closing
        ],
    )
    return tuple(row.id for row in closing)


def resolve(
    store: Store, item: int, *, how: str, reason: str, actor: str, run: int | None = None
) -> ReviewRow:
    """Closes an item by a person's decision, with the reason; the item as it was.

    Raises:
        KeyError: there is no open item of this id.
        ValueError: `how` is not one of the item's.
    """
    row = review_item(store, item)
    if row is None or row.closed:
        raise KeyError(item)
    if how not in row.how:
        raise ValueError(
            say("item_can_be_settled_by_not_by", item=item, how=", ".join(row.how), how2=how)
        )
    change = Review.update(closed=store.now(), resolution=how, reason=reason, by=actor)
    store.change(change.where(Review.id == item))
    after = {"how": how, "reason": reason}
    entry = history.Entry(
        actor, "review resolved", row.document or row.cause, row.text, after, row.code, run
    )
    history.append(store, entry)
    return row


def put_info(store: Store, item: int, members: Mapping[str, Any], *, actor: str) -> None:
    """Lays members over an item's `info`, for example who it is assigned to or snoozed until.

    Raises:
        KeyError: there is no such item.
    """
    row = review_item(store, item)
    if row is None:
        raise KeyError(item)
    after = row.info | dict(members)
    store.change(Review.update(info=canonical(after)).where(Review.id == item))
    name = row.document or row.cause
    entry = history.Entry(actor, "review noted", name, row.info, after, row.code)
    history.append(store, entry)


def review_item(store: Store, item: int) -> ReviewRow | None:
    """An item by its id, open or closed."""
    row = store.first(Review.select().where(Review.id == item))
    return _row(row) if row else None


def item_of_cause(store: Store, cause: str) -> ReviewRow | None:
    """The open item of a cause; one indexed row."""
    row = store.first(Review.select().where(Review.cause == cause, Review.closed == ""))
    return _row(row) if row else None


def open_items(store: Store, codes: Collection[str] = ()) -> list[ReviewRow]:
    """Open items in order of id, all or of some codes."""
    query = Review.select().where(Review.closed == "")
    if codes:
        query = query.where(Review.code.in_(list(codes)))
    return [_row(row) for row in store.rows(query.order_by(Review.id))]


def sleeps_until(info: Mapping[str, Any], now: datetime) -> str:
    """The day (ISO) an item is snoozed to; empty once that day has begun where the person sits."""
    until = str(info.get("snoozed") or "")[:10]
    return until if until > now.astimezone().date().isoformat() else ""


def is_asking(item: ReviewRow, now: datetime) -> bool:
    """Whether an item asks a person now: it neither waits by itself nor is snoozed."""
    return not item.info.get("waits") and not sleeps_until(item.info, now)


def asleep(store: Store) -> list[int]:
    """The open items that are snoozed now; one query."""
    query = Review.select(Review.id, Review.info).where(Review.closed == "")
    rows = store.rows(query.where(Review.info.contains('"snoozed":"')))
    now = store.clock()
    return [int(row["id"]) for row in rows if sleeps_until(json.loads(row["info"]), now)]


def last_closed(store: Store) -> str:
    """When the last item closed; empty when none ever did."""
    query = Review.select(Review.closed).where(Review.closed != "").order_by(Review.closed.desc())
    return str(store.value(query.limit(1)) or "")


def decide(
    store: Store,
    document: str,
    *,
    code: str,
    how: str,
    basis: str,
    reason: str,
    actor: str,
) -> int:
    """Notes a decision about a document; one in force of that code and document ends. Its id."""
    now = store.now()
    old = Decision.update(ended=now).where(
        Decision.document == document, Decision.code == code, Decision.ended == ""
    )
    store.change(old)
    values = {
        "code": code, "document": document, "how": how, "basis": basis, "reason": reason,
        "by": actor, "at": now,
    }  # fmt: skip
    number = store.insert(Decision, values)
    after = {"how": how, "basis": basis, "reason": reason}
    history.append(store, history.Entry(actor, "decided", document, None, after, code))
    return number


def end_decision(store: Store, decision: int, *, actor: str, reason: str = "") -> bool:
    """Takes a decision back; whether it was in force."""
    row = store.first(Decision.select().where(Decision.id == decision, Decision.ended == ""))
    if row is None:
        return False
    store.change(Decision.update(ended=store.now()).where(Decision.id == decision))
    entry = history.Entry(
        actor, "decision ended", row["document"], row["how"], reason or None, row["code"]
    )
    history.append(store, entry)
    return True


def decisions(store: Store, documents: Iterable[str] | None = None) -> list[DecisionRow]:
    """Decisions in force in order of id, all or of some documents; indexed."""
    query = Decision.select().where(Decision.ended == "")
    if documents is None:
        return [DecisionRow(**row) for row in store.rows(query.order_by(Decision.id))]
    found: list[DecisionRow] = []
    for lot in lots(sorted(set(documents))):
        rows = store.rows(query.where(Decision.document.in_(lot)))
        found += [DecisionRow(**row) for row in rows]
    return sorted(found, key=lambda row: row.id)


def decided(store: Store, document: str, moment: str) -> list[DecisionRow]:
    """What people had decided about a document up to a moment, ended ones too; indexed."""
    query = Decision.select().where(Decision.document == document, Decision.at <= moment)
    return [DecisionRow(**row) for row in store.rows(query.order_by(Decision.id))]
