"""Snapshots of both sides, the statements made from them, notes on them and who signed them off.

Writes are called inside `store.write()` and append their audit rows there. A signed statement, its
snapshot, the snapshot of a month's turn and notes are never deleted.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.store import history
from core.store.records import documents
from core.store.sqlite import Store
from core.store.tables import Invoice, Reconciliation, ReconciliationNote, Snapshot
from core.words import area

say = area(__name__)

TURN, DEMAND = "turn", "demand"
_KEPT_DEMANDS = 5  # of a period, besides signed ones
_HEAD = (
    Snapshot.id, Snapshot.kind, Snapshot.period, Snapshot.at, Snapshot.run, Snapshot.hash,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A snapshot without its body. `at` is an instant text, `hash` the one of `Draft`."""

    id: int
    kind: str
    period: str
    at: str
    run: int
    hash: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A snapshot before it is kept: compressed JSON, and the SHA-256 of what was compressed."""

    hash: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """A statement as it was kept; `body` are its figures, causes and documents."""

    id: int
    snapshot: int
    period: str
    company: str
    at: str
    by: str
    hash: str
    body: dict[str, Any]
    signed_by: str
    signed_at: str
    note: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note on a cause of a period, or on one document of it when `document` is given."""

    id: int
    period: str
    company: str
    currency: str
    cause: str
    document: str
    note: str
    by: str
    at: str


def draft(members: Mapping[str, Any]) -> Draft:
    """Compress JSON values; outside of a transaction, because it takes its time."""
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
    return Draft(hashlib.sha256(text).hexdigest(), zlib.compress(text, 6))


def unpacked(made: Draft) -> dict[str, Any]:
    """The values of a draft."""
    found: dict[str, Any] = json.loads(zlib.decompress(made.body))
    return found


# --- snapshots -------------------------------------------------------------------------------


def keep(
    store: Store, made: Draft, *, kind: str, period: str, at: str, run: int, actor: str
) -> SnapshotRow:
    """Keep a snapshot, with an audit row that holds its hash."""
    row = {"kind": kind, "period": period, "at": at, "run": run, "hash": made.hash}
    number = store.insert(Snapshot, row | {"body": made.body})
    after = {"kind": kind, "at": at, "hash": made.hash}
    entry = history.Entry(actor, "snapshot", f"period {period}", None, after, run=run or None)
    history.append(store, entry)
    return SnapshotRow(number, kind, period, at, run, made.hash)


def turn(store: Store, period: str) -> SnapshotRow | None:
    """The snapshot of a month's turn; None without one. Indexed."""
    query = Snapshot.select(*_HEAD).where(Snapshot.period == period, Snapshot.kind == TURN)
    row = store.first(query.order_by(Snapshot.id))
    return SnapshotRow(**row) if row else None


def snapshot_row(store: Store, number: int) -> SnapshotRow | None:
    """A snapshot by its id."""
    row = store.first(Snapshot.select(*_HEAD).where(Snapshot.id == number))
    return SnapshotRow(**row) if row else None


def body_of(store: Store, number: int) -> Draft:
    """The body of a snapshot.

    Raises:
        KeyError: there is none of that id.
        ValueError: it is not what its hash says.
    """
    row = store.first(Snapshot.select(Snapshot.hash, Snapshot.body).where(Snapshot.id == number))
    if row is None:
        raise KeyError(number)
    made = Draft(str(row["hash"]), bytes(row["body"]))
    try:
        text = zlib.decompress(made.body)
    except zlib.error as error:
        raise ValueError(say("the_snapshot_is_damaged", number=number, error=error)) from error
    if hashlib.sha256(text).hexdigest() != made.hash:
        raise ValueError(say("the_snapshot_is_not_what_its_hash", number=number))
    return made


def prune(store: Store, period: str) -> int:
    """Drop snapshots on demand of a period beyond the youngest, with their statements; how many.

    Those of a month's turn, and those a signed statement stands on, stay.
    """
    signed = Reconciliation.select(Reconciliation.snapshot).where(Reconciliation.signed_by != "")
    query = Snapshot.select(Snapshot.id).where(
        Snapshot.period == period, Snapshot.kind == DEMAND, Snapshot.id.not_in(signed)
    )
    found = [row["id"] for row in store.rows(query.order_by(Snapshot.id.desc()))][_KEPT_DEMANDS:]
    if not found:
        return 0
    store.change(Reconciliation.delete().where(Reconciliation.snapshot.in_(found)))
    return store.change(Snapshot.delete().where(Snapshot.id.in_(found)))


# --- statements ------------------------------------------------------------------------------


def keep_reconciliation(
    store: Store,
    snapshot: int,
    *,
    period: str,
    company: str,
    digest: str,
    body: Mapping[str, Any],
    actor: str,
) -> int:
    """Keep a statement; its id. The same one again is not kept twice."""
    last = last_reconciliation(store, period, company)
    if last and last.hash == digest and last.snapshot == snapshot:
        return last.id
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    row = {
        "snapshot": snapshot, "period": period, "company": company, "at": store.now(),
        "by": actor, "hash": digest, "body": zlib.compress(text, 6),
    }  # fmt: skip
    number = store.insert(Reconciliation, row)
    after = {"company": company, "hash": digest, "figures": body.get("balances", [])}
    history.append(
        store, history.Entry(actor, "reconciled", f"period {period}", None, after, digest)
    )
    return number


def reconciliation(store: Store, number: int) -> ReconciliationRow | None:
    """A statement by its id."""
    row = store.first(Reconciliation.select().where(Reconciliation.id == number))
    return _statement(row) if row else None


def last_reconciliation(
    store: Store, period: str, company: str, *, before: int = 0
) -> ReconciliationRow | None:
    """The youngest statement of a period and company, or the youngest before another; indexed."""
    query = Reconciliation.select().where(
        Reconciliation.period == period, Reconciliation.company == company
    )
    if before:
        query = query.where(Reconciliation.id < before)
    row = store.first(query.order_by(Reconciliation.id.desc()))
    return _statement(row) if row else None


def statements_of(store: Store, period: str) -> dict[str, int]:
    """Company (empty: all) -> its statement of a period: the one signed last, else the youngest."""
    query = Reconciliation.select(
        Reconciliation.id, Reconciliation.company, Reconciliation.signed_at
    ).where(Reconciliation.period == period)
    rows = sorted(store.rows(query), key=lambda row: (row["signed_at"], row["id"]))
    return {row["company"]: int(row["id"]) for row in rows}


def signed(store: Store, period: str, company: str) -> ReconciliationRow | None:
    """The statement of a period and company that was signed off last; None without one."""
    query = Reconciliation.select().where(
        Reconciliation.period == period,
        Reconciliation.company == company,
        Reconciliation.signed_by != "",
    )
    row = store.first(query.order_by(Reconciliation.signed_at.desc(), Reconciliation.id.desc()))
    return _statement(row) if row else None


def sign(store: Store, number: int, *, reviewer: str, note: str, actor: str) -> None:
    """Sign a statement off, once; the audit row holds its hash and figures.

    Raises:
        KeyError: there is none of that id.
        ValueError: it was signed already.
    """
    row = reconciliation(store, number)
    if row is None:
        raise KeyError(number)
    if row.signed_by:
        raise ValueError(
            say("it_was_signed_off_by_on", signed_by=row.signed_by, signed_at=row.signed_at[:10])
        )
    now = store.now()
    store.change(
        Reconciliation.update(signed_by=reviewer, signed_at=now, note=note).where(
            Reconciliation.id == number
        )
    )
    after = {
        "company": row.company, "reviewer": reviewer, "note": note, "hash": row.hash,
        "figures": row.body.get("balances", []),
    }  # fmt: skip
    entry = history.Entry(actor, "signed off", f"period {row.period}", None, after, row.hash)
    history.append(store, entry)


def _statement(row: Mapping[str, Any]) -> ReconciliationRow:
    body = json.loads(zlib.decompress(bytes(row["body"])))
    return ReconciliationRow(**(dict(row) | {"body": body}))


# --- notes -----------------------------------------------------------------------------------


def note(store: Store, values: Mapping[str, str], *, actor: str) -> int:
    """Keep a note (`period, company, currency, cause, document, note`); its id."""
    row = dict(values) | {"by": actor, "at": store.now()}
    number = store.insert(ReconciliationNote, row)
    named = {name: text for name, text in values.items() if name != "period" and text}
    entry = history.Entry(actor, "noted", f"period {values['period']}", None, named)
    history.append(store, entry)
    return number


def notes(store: Store, period: str, company: str) -> list[NoteRow]:
    """The notes of a period, oldest first: of one company and of all, or every one; indexed."""
    query = ReconciliationNote.select().where(ReconciliationNote.period == period)
    if company:
        query = query.where(ReconciliationNote.company.in_(("", company)))
    return [NoteRow(**row) for row in store.rows(query.order_by(ReconciliationNote.id))]


# --- names -----------------------------------------------------------------------------------


def companies(store: Store) -> frozenset[str]:
    """The companies of the invoices that are known."""
    rows = store.rows(Invoice.select(Invoice.company).distinct())
    return frozenset(row["company"] for row in rows if row["company"])


def supplier_names(store: Store) -> dict[str, str]:
    """X3 supplier -> name, of all that are known; reads them once."""
    bodies = (json.loads(body) for body in documents(store, "supplier", with_gone=True))
    return {str(body["code"]): str(body.get("name", "")) for body in bodies}


def account_names(store: Store) -> dict[str, str]:
    """X3 account -> name, of all that are known; of several charts the first."""
    found: dict[str, str] = {}
    for text in documents(store, "gl_account", with_gone=True):
        body = json.loads(text)
        found.setdefault(str(body["account"]), str(body.get("name", "")))
    return found
