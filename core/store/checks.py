"""Queries behind the invariants (product.md 8): each says what stands against a promise."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import peewee

from core.domain.canonical import decode
from core.domain.documents import OpenItem
from core.domain.money import Money, minor_of
from core.store.records import documents
from core.store.sqlite import Store
from core.store.tables import Attempt, Audit, Bookmark, Document, Invoice, Outbox, Setting

_NOT_LIVE = frozenset(("rejected", "deleted"))
_REFERENCE_PARTS = 4  # X3|endpoint|company|number; the revision follows
_UNPAID = 11  # menu 689, PAYMENTH.STA: the posting is reversed
# A row that is ready again after an unknown answer is in doubt until it is sent once more.
_ANSWERED_OR_IN_DOUBT = frozenset(("done", "in_doubt", "review", "sending", "ready"))
_NOT_THERE = ("refused", "auth", "blocked", "throttled", "setup", "busy", "unreachable", "not done")


def doubled_invoices(store: Store) -> list[str]:
    """X3 invoices that AvidXchange shows live more than once, of all revisions (I1)."""
    query = Document.select(Document.key, Document.parent)
    found: dict[str, list[str]] = defaultdict(list)
    for row in store.rows(query.where(Document.entity == "ap_invoice", Document.parent != "")):
        name = "|".join(row["parent"].split("|")[:_REFERENCE_PARTS])
        found[name].append(row["key"])
    several = {name: keys for name, keys in found.items() if len(keys) > 1}
    return [name for name, keys in several.items() if _live(store, keys) > 1]


def _live(store: Store, keys: list[str]) -> int:
    bodies = (json.loads(body) for body in documents(store, "ap_invoice", keys=keys))
    return len([body for body in bodies if body.get("state") not in _NOT_LIVE])


def unanswered(store: Store) -> list[str]:
    """Writes without an answer that are not in doubt either (I2)."""
    open_sends = Attempt.select(Attempt.outbox).where(Attempt.ended == "")
    query = Outbox.select(Outbox.reference, Outbox.key).where(
        Outbox.id.in_(open_sends), Outbox.state.not_in(("sending", "in_doubt"))
    )
    return [row["reference"] or row["key"] for row in store.rows(query)]


def sum_differences(store: Store) -> list[str]:
    """Currencies in which what was sent is not what was acknowledged or is in doubt (I3)."""
    last = Attempt.select(peewee.fn.MAX(Attempt.id)).where(Attempt.purpose == "send")
    standing = Attempt.select(Attempt.outbox).where(
        Attempt.id.in_(last.group_by(Attempt.outbox)), Attempt.outcome.not_in(_NOT_THERE)
    )
    query = Outbox.select(Outbox.state, Outbox.info).where(
        Outbox.kind == "invoice", Outbox.id.in_(standing), Outbox.state != "cancelled"
    )
    sent: dict[str, int] = defaultdict(int)
    known: dict[str, int] = defaultdict(int)
    for row in store.rows(query):
        info = json.loads(row["info"])
        currency = str(info["currency"])
        minor = minor_of(Decimal(str(info["amount"])), currency)
        sent[currency] += minor
        known[currency] += minor if row["state"] in _ANSWERED_OR_IN_DOUBT else 0
    return [
        f"{currency}: sent {Money(minor, currency)}, known {Money(known[currency], currency)}"
        for currency, minor in sorted(sent.items())
        if minor != known[currency]
    ]


def doubled_postings(store: Store) -> list[str]:
    """Payments with more than one posting that stands in X3 (I4)."""
    query = Outbox.select(Outbox.reference, Outbox.info)
    rows = store.rows(query.where(Outbox.kind == "payment", Outbox.state == "done"))
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[str(json.loads(row["info"])["payment_id"])].append(row["reference"])
    several = {key: references for key, references in found.items() if len(references) > 1}
    undone = _undone(store, [r for references in several.values() for r in references])
    return [key for key, refs in several.items() if len([r for r in refs if r not in undone]) > 1]


def _undone(store: Store, references: list[str]) -> set[str]:
    bodies = (json.loads(body) for body in documents(store, "payment", parents=references))
    return {body["reference"] for body in bodies if body.get("status") == _UNPAID}


def overpaid_items(store: Store) -> list[str]:
    """Open items of invoices we posted to that show more paid than owed (I5)."""
    query = Outbox.select(Outbox.info).where(Outbox.kind == "payment", Outbox.state == "done")
    numbers = {
        str(number) for row in store.rows(query) for number in json.loads(row["info"])["numbers"]
    }
    items = (decode(OpenItem, body) for body in documents(store, "open_item", parents=numbers))
    return [item.key for item in items if item.paid + item.provisional > item.amount]


def unaudited_states(store: Store) -> list[str]:
    """Invoices whose state is not the last one the audit log tells (I6)."""
    last = dict(_last_states(store))
    query = Invoice.select(Invoice.number, Invoice.state)
    return [
        row["number"]
        for row in store.rows(query)
        if row["state"] != last.get(row["number"], "ready")
    ]


def _last_states(store: Store) -> Iterator[tuple[str, str]]:
    newest = Audit.select(peewee.fn.MAX(Audit.sequence)).where(Audit.action == "state")
    query = Audit.select(Audit.object, Audit.after)
    for row in store.rows(query.where(Audit.sequence.in_(newest.group_by(Audit.object)))):
        yield row["object"], row["after"]


def bookmarks_ahead(store: Store) -> list[str]:
    """Flows whose bookmark lies beyond the moment they were last read (I7)."""
    read = {
        row["name"].removeprefix("read."): row["value"]
        for row in store.rows(Setting.select().where(Setting.name.startswith("read.")))
    }
    query = Bookmark.select(Bookmark.flow, Bookmark.value, Bookmark.updated)
    return [
        row["flow"]
        for row in store.rows(query.where(Bookmark.value != ""))
        if row["flow"] not in read
    ]
