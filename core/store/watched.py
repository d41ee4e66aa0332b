"""What of ours is looked for by its id in AvidXchange, and what was not shown there.

Writes are called inside `store.write()`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.domain.ap_documents import Missing
from core.domain.canonical import decode, instant_text
from core.store.invoices import mark_gone
from core.store.records import documents, store_documents
from core.store.sqlite import Store, lots
from core.store.tables import ApPayment, Document, Invoice, Run

MISSING = "ap_missing"
#: Nothing more is expected of an invoice there (avidxchange.md 6, *sweep*).
_OVER = ("paid", "excluded", "rejected")
_OPEN_CLASSES = ("before", "out", "unknown")
_ENDED_CLASSES = ("done", "back")


def open_external_ids(store: Store) -> dict[str, str]:
    """External id -> AvidXchange's id, of our invoices that are neither over nor paid in full."""
    query = Invoice.select(Invoice.external_id, Invoice.avid_invoice_id).where(
        Invoice.external_id != "", Invoice.live == 0, Invoice.state.not_in(_OVER)
    )
    rows = store.rows(query.order_by(Invoice.external_id))
    return {row["external_id"]: row["avid_invoice_id"] for row in rows}


def open_payment_ids(store: Store) -> list[str]:
    """Payments that are not done or back, in order."""
    query = ApPayment.select(ApPayment.payment_id).where(ApPayment.payment_class.in_(_OPEN_CLASSES))
    return [row["payment_id"] for row in store.rows(query.order_by(ApPayment.payment_id))]


def ended_payment_ids(store: Store, since: datetime) -> list[str]:
    """Payments that are done or back and were issued, or last moved, on or after `since`."""
    moved = (ApPayment.payment_date == "") & (ApPayment.last_modified >= instant_text(since))
    issued = ApPayment.payment_date >= since.date().isoformat()
    query = ApPayment.select(ApPayment.payment_id).where(
        ApPayment.payment_class.in_(_ENDED_CLASSES), issued | moved
    )
    return [row["payment_id"] for row in store.rows(query.order_by(ApPayment.payment_id))]


def missing(store: Store, names: Iterable[str] | None = None) -> dict[str, Missing]:
    """What was not shown when it was last asked for, by its id; all, or of these."""
    bodies = documents(store, MISSING, keys=names)
    found = (decode(Missing, body) for body in bodies)
    return {entry.name: entry for entry in found}


def gone(store: Store) -> frozenset[str]:
    """Ids of what AvidXchange no longer shows, by a look at the thing itself or two of lists."""
    return frozenset(name for name, entry in missing(store).items() if entry.is_gone)


def note_missing(store: Store, entries: Iterable[Missing], run: int, *, actor: str) -> None:
    """Keeps what was not shown."""
    store_documents(store, MISSING, entries, run, actor=actor)


def note_shown(store: Store, names: Iterable[str], run: int, *, actor: str) -> None:
    """These are there again; nothing where they never were missing."""
    mark_gone(store, MISSING, names, run, actor=actor)


def read_since(store: Store, entity: str, keys: Iterable[str], since: str) -> frozenset[str]:
    """Keys of the documents that were stored by a run that began after an instant's text."""
    found: set[str] = set()
    began = Run.select(Run.id).where(Run.started > since)
    for lot in lots(sorted(set(keys))):
        query = Document.select(Document.key).where(
            Document.entity == entity, Document.key.in_(lot), Document.run.in_(began)
        )
        found |= {row["key"] for row in store.rows(query)}
    return frozenset(found)
