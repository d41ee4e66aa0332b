"""The documents that may be the same bill as one about to be sent (product.md 4, DUP-01)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from core.domain.ap_documents import ApInvoice, fold
from core.domain.books import Books
from core.domain.canonical import decode
from core.domain.validate import Candidate, Peer
from core.store.invoices import InvoiceRow, of_suppliers
from core.store.records import documents
from core.store.sqlite import Store

_NOT_STANDING = frozenset(("excluded", "rejected"))


@dataclass(slots=True)
class _Rivals:
    """What else there is, by vendor and document number and by supplier and amount."""

    by_document: dict[tuple[str, str], list[InvoiceRow]] = field(
        default_factory=lambda: defaultdict(list)
    )
    by_amount: dict[tuple[str, str, int], list[InvoiceRow]] = field(
        default_factory=lambda: defaultdict(list)
    )
    foreign: dict[tuple[str, str], list[ApInvoice]] = field(
        default_factory=lambda: defaultdict(list)
    )


def with_peers(
    store: Store, candidates: Sequence[Candidate], rows: Mapping[str, InvoiceRow], books: Books
) -> list[Candidate]:
    """Give every candidate the documents that may be the same bill; inside a read transaction."""
    rivals = _rivals(store, {c.invoice.supplier for c in candidates}, books)
    return [
        replace(candidate, peers=_peers(rows[candidate.invoice.number], rivals, books))
        for candidate in candidates
    ]


def _rivals(store: Store, suppliers: set[str], books: Books) -> _Rivals:
    found = _Rivals()
    for row in of_suppliers(store, suppliers):
        if row.state not in _NOT_STANDING:
            found.by_document[(_vendor_of(row, books), row.document_folded)].append(row)
            found.by_amount[(row.supplier, row.currency, row.amount)].append(row)
    # Invoices of AvidXchange that did not come from Crossfoot and still count there.
    for body in documents(store, "ap_invoice", parents=[""]):
        invoice = decode(ApInvoice, body)
        if invoice.state not in ("rejected", "deleted"):
            key = (fold(invoice.vendor_code), fold(invoice.number))
            found.foreign[key].append(invoice)
    return found


def _peers(row: InvoiceRow, rivals: _Rivals, books: Books) -> tuple[Peer, ...]:
    vendor = _vendor_of(row, books)
    key, mine = (vendor, row.document_folded), (_created(row), row.number)
    same = rivals.by_document.get(key, ()) if vendor and row.document_folded else ()
    exact = [
        Peer(
            f"Invoice {rival.number}",
            is_exact=True,
            goes_first=bool(rival.external_id) or (_created(rival), rival.number) < mine,
        )
        for rival in same
        if rival.number != row.number
    ]
    foreign = [
        Peer(f"AvidXchange invoice {found.invoice_id}", is_exact=True, goes_first=True)
        for found in rivals.foreign.get(key, ())
    ]
    taken = {row.number, *(peer.name.removeprefix("Invoice ") for peer in exact)}
    equal = rivals.by_amount.get((row.supplier, row.currency, row.amount), ()) if row.amount else ()
    near = [
        Peer(
            f"Invoice {rival.number}",
            is_exact=False,
            goes_first=True,
            document_date=_day(rival.document_date),
        )
        for rival in equal
        if rival.number not in taken
    ]
    return (*exact, *foreign, *near)


def _vendor_of(row: InvoiceRow, books: Books) -> str:
    day = _day(row.accounting_date) or date.max
    pay_to = str(json.loads(row.body).get("pay_to", ""))
    rule = books.vendor_rule(row.supplier, pay_to, row.company, day)
    return fold(rule.code) if rule else ""


def _created(row: InvoiceRow) -> str:
    return str(json.loads(row.body).get("created", ""))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
