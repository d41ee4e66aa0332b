"""What is still unfinished and therefore read again daily, and what X3 no longer shows.

Reads only; partial indexes of `document` and `invoice` carry them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.store.invoices import GONE_TOGETHER
from core.store.sqlite import Store, lots
from core.store.tables import Document, Invoice

#: Nothing more is expected of these; a change of them is found by its stamp only.
_FINISHED = ("paid", "excluded")


def unfinished_invoices(store: Store, *, start: str, gone_since: str) -> dict[str, bool]:
    """Number -> whether it is there (not gone), of the invoices that are read again daily.

    Those dated on or after `start` (a date's text) in no final state, and those that are gone: they
    may come back. An excluded one that is gone is asked for as long as it is so since `gone_since`
    (an instant's text). One scan of the invoices.
    """
    columns = (Invoice.number, Invoice.gone)
    open_ones = (Invoice.gone == 0) & Invoice.state.not_in(_FINISHED)
    missing = (Invoice.gone > 0) & (
        Invoice.state.not_in(_FINISHED)
        | ((Invoice.state == "excluded") & (Invoice.since >= gone_since))
    )
    query = Invoice.select(*columns).where(Invoice.accounting_date >= start, open_ones | missing)
    return {row["number"]: not row["gone"] for row in store.rows(query.order_by(Invoice.number))}


def read_before(store: Store, moment: str, *, start: str, most: int) -> list[str]:
    """Unfinished invoices read with their lines before `moment`, the oldest first.

    Dated on or after `start`; texts of an instant and a date. One scan of the invoices.
    """
    query = Invoice.select(Invoice.number).where(
        Invoice.gone == 0,
        Invoice.state.not_in(_FINISHED),
        Invoice.accounting_date >= start,
        Invoice.read_at < moment,
    )
    rows = store.rows(query.order_by(Invoice.read_at, Invoice.number).limit(most))
    return [row["number"] for row in rows]


def finished_since(store: Store, entity: str, since: str) -> dict[str, str]:
    """Key -> invoice number, of finished documents whose stamp is `since` (an instant's text) on.

    `entity` is `invoice`, of which the paid ones count: nobody waits for an excluded one; or
    `open_item`, of which the closed ones do. What is gone is left out. One scan of the entity.
    """
    if entity == "invoice":
        finished = (Invoice.gone == 0) & (Invoice.state == "paid") & (Invoice.changed >= since)
        rows = store.rows(Invoice.select(Invoice.number).where(finished))
        return {row["number"]: row["number"] for row in rows}
    closed = (Document.gone == 0) & (Document.unfinished == 0) & (Document.changed >= since)
    query = Document.select(Document.key, Document.parent)
    found = store.rows(query.where((Document.entity == entity) & closed))
    return {row["key"]: row["parent"] for row in found}


def unfinished_parents(store: Store, entity: str) -> list[str]:
    """What unfinished documents of an entity belong to, in order; indexed."""
    query = Document.select(Document.parent).distinct()
    query = query.where(Document.entity == entity, Document.unfinished == 1)
    return [row["parent"] for row in store.rows(query.order_by(Document.parent))]


def keys_by_parent(store: Store, entity: str, parents: Iterable[str]) -> dict[str, str]:
    """Key -> parent of the documents of these parents that are not gone; indexed."""
    found: dict[str, str] = {}
    for lot in lots(parents):
        query = Document.select(Document.key, Document.parent).where(
            Document.entity == entity, Document.parent.in_(lot), Document.gone == 0
        )
        found |= {row["key"]: row["parent"] for row in store.rows(query)}
    return found


@dataclass(frozen=True, slots=True)
class Gone:
    """That X3 no longer shows an invoice, or open items of it, since a run."""

    number: str
    company: str
    run: int
    is_together: bool


def gone_invoices(store: Store) -> list[Gone]:
    """The invoices that are gone, by number; partial index."""
    query = Invoice.select(Invoice.number, Invoice.company, Invoice.run, Invoice.gone)
    rows = store.rows(query.where(Invoice.gone > 0).order_by(Invoice.number))
    return [
        Gone(row["number"], row["company"], row["run"], row["gone"] == GONE_TOGETHER)
        for row in rows
    ]


def gone_items(store: Store) -> list[Gone]:
    """The invoices of open items that are gone, each once with its last run; partial index."""
    query = Document.select(Document.parent, Document.run, Document.gone).where(
        Document.entity == "open_item", Document.gone > 0
    )
    found = {row["parent"]: row for row in store.rows(query.order_by(Document.run))}
    companies = companies_of(store, found)
    return [
        Gone(number, companies[number], row["run"], row["gone"] == GONE_TOGETHER)
        for number, row in sorted(found.items())
        if number in companies
    ]


def companies_of(store: Store, numbers: Iterable[str]) -> dict[str, str]:
    """Number -> company, of the invoices that are known."""
    found: dict[str, str] = {}
    for lot in lots(sorted(set(numbers))):
        query = Invoice.select(Invoice.number, Invoice.company).where(Invoice.number.in_(lot))
        found |= {row["number"]: row["company"] for row in store.rows(query)}
    return found
