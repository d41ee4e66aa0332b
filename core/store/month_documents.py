"""What a month end reads of the store, page by page: plain members, no documents made of them.

Read only, inside `store.read()` for one moment of both sides. Making dataclasses of 50,000 invoices
would take several times as long as everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.domain.canonical import loads
from core.store.sqlite import Store
from core.store.tables import (
    ApPayment,
    Document,
    Invoice,
    Outbox,
    PaymentInvoice,
    Review,
    Run,
)
from core.words import area

say = area(__name__)

_PAGE = 2000
_UNPAID = 11  # menu 689, PAYMENTH.STA: the posting is reversed
Members = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SentFact:
    """What was submitted of an invoice last: the amount as text, and when it was known there.

    `state` and `status` are those of the answer to it, empty where it told none.
    """

    amount: str
    currency: str
    settled: str
    state: str = ""
    status: str = ""


def invoices(store: Store) -> Iterator[Members]:
    """X3's invoices: columns, and their body read."""
    yield from _pages(store, Invoice, Invoice.number)


def open_items(store: Store) -> Iterator[Members]:
    """The members of every open item X3 shows."""
    yield from _documents(store, "open_item")


def ap_invoices(store: Store) -> Iterator[Members]:
    """The members of every invoice AvidXchange shows."""
    yield from _documents(store, "ap_invoice")


def payments(store: Store) -> Iterator[Members]:
    """AvidXchange's payments: columns, and their body read."""
    yield from _pages(store, ApPayment, ApPayment.payment_id)


def unpaid_references(store: Store) -> frozenset[str]:
    """References of our postings that X3 shows reversed."""
    found = _documents(store, "payment")
    return frozenset(str(body["reference"]) for body in found if body.get("status") == _UNPAID)


def settled_invoices(store: Store) -> dict[tuple[str, str], str]:
    """(payment id, external id) -> X3 number, where it is known."""
    columns = (PaymentInvoice.payment_id, PaymentInvoice.external_id, PaymentInvoice.number)
    query = PaymentInvoice.select(*columns).where(PaymentInvoice.number != "")
    return {(row["payment_id"], row["external_id"]): row["number"] for row in store.rows(query)}


def sent(store: Store) -> dict[str, SentFact]:
    """X3 number -> what was submitted last, also in replacement."""
    found: dict[str, SentFact] = {}
    at = 0
    columns = (Outbox.id, Outbox.key, Outbox.info, Outbox.result, Outbox.settled)
    query = Outbox.select(*columns).where(
        Outbox.kind.in_(("invoice", "replace")), Outbox.state == "done"
    )
    while True:
        rows = store.rows(query.where(Outbox.id > at).order_by(Outbox.id).limit(_PAGE))
        for row in rows:
            info = loads(row["info"])
            result = loads(row["result"])
            found[row["key"]] = SentFact(
                str(info.get("amount", "")),
                str(info.get("currency", "")),
                row["settled"],
                str(result.get("state", "")),
                str(result.get("status_text", "")),
            )
        if len(rows) < _PAGE:
            return found
        at = rows[-1]["id"]


def complete_to(store: Store) -> dict[str, str]:
    """Side -> how far the last run that read it whole has read; empty texts before any."""
    query = Run.select(Run.result).where(Run.ended != "").order_by(Run.id.desc()).limit(50)
    found = {"x3": "", "avidxchange": ""}
    for row in store.rows(query):
        told = loads(row["result"]).get("complete_to") or {}
        found = {side: value or str(told.get(side) or "") for side, value in found.items()}
        if all(found.values()):
            break
    return found


@dataclass(frozen=True, slots=True)
class Prevented:
    """What did not become a double: how it was met, its document and its amount."""

    how: str
    document: str
    currency: str
    amount: int
    at: str
    text: str


def prevented(store: Store, first: str, following: str) -> list[Prevented]:
    """Doubles that did not happen from one day until before another.

    Bills that were in AvidXchange already (DUP-01), and submissions without an answer that were
    looked up and found there instead of being sent again.
    """
    query = Review.select().where(
        Review.code == "DUP-01", Review.since >= first, Review.since < following
    )
    found = [
        Prevented(
            say("same_or_similar_bill"),
            row["document"],
            row["currency"],
            row["amount"],
            row["since"],
            row["text"],
        )
        for row in store.rows(query.order_by(Review.id))
    ]
    columns = (Outbox.key, Outbox.settled, Invoice.currency, Invoice.amount)
    looked_up = (
        Outbox.select(*columns)
        .join(Invoice, on=(Invoice.number == Outbox.key))
        .where(
            Outbox.kind == "invoice", Outbox.state == "done", Outbox.doubt_since != "",
            Outbox.resent == 0, Outbox.settled >= first, Outbox.settled < following,
        )
    )  # fmt: skip
    text = say("no_answer_came_it_was_looked_up")
    return found + [
        Prevented("answer lost", r["key"], r["currency"], r["amount"], r["settled"], text)
        for r in store.rows(looked_up.order_by(Outbox.id))
    ]


def _documents(store: Store, entity: str) -> Iterator[Members]:
    condition = (Document.entity == entity) & (Document.gone == 0)
    query = Document.select(Document.key, Document.body)
    at = ""
    while True:
        narrowed = query.where(condition, Document.key > at).order_by(Document.key)
        rows = store.rows(narrowed.limit(_PAGE))
        for row in rows:
            yield loads(row["body"])
        if len(rows) < _PAGE:
            return
        at = rows[-1]["key"]


def _pages(store: Store, table: Any, key: Any) -> Iterator[Members]:
    query = table.select()
    at = ""
    while True:
        rows = store.rows(query.where(key > at).order_by(key).limit(_PAGE))
        for row in rows:
            yield row | {"body": loads(row["body"])}
        if len(rows) < _PAGE:
            return
        at = rows[-1][key.name]
