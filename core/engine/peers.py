"""The documents that may be the same bill as one about to be sent (product.md 4, DUP-01)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from core.domain.ap_documents import ApInvoice, fold
from core.domain.books import Books
from core.domain.canonical import decode, loads
from core.domain.documents import Invoice
from core.domain.peers import Peer
from core.domain.validate import Candidate
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
    vendors = _Vendors(books, {c.invoice.number: c.invoice for c in candidates})
    rivals = _rivals(store, {c.invoice.supplier for c in candidates}, vendors)
    return [
        replace(candidate, peers=_peers(rows[candidate.invoice.number], rivals, vendors))
        for candidate in candidates
    ]


class _Vendors:
    """The vendor of an invoice by its row; those of `made` invoices are not read once more."""

    def __init__(self, books: Books, made: Mapping[str, Invoice]) -> None:
        self._books = books
        self._made = made
        self._found: dict[tuple[str, str, str, str], str] = {}

    def of(self, row: InvoiceRow) -> str:
        """The folded vendor code; empty where the mapping has none."""
        made = self._made.get(row.number)
        pay_to = made.pay_to if made else str(loads(row.body).get("pay_to", ""))
        key = (row.supplier, pay_to, row.company, row.accounting_date)
        if key not in self._found:
            day = _day(row.accounting_date) or date.max
            rule = self._books.vendor_rule(row.supplier, pay_to, row.company, day)
            self._found[key] = fold(rule.code) if rule else ""
        return self._found[key]


def _rivals(store: Store, suppliers: set[str], vendors: _Vendors) -> _Rivals:
    found = _Rivals()
    for row in of_suppliers(store, suppliers):
        if row.state not in _NOT_STANDING:
            found.by_document[(vendors.of(row), row.document_folded)].append(row)
            found.by_amount[(row.supplier, row.currency, row.amount)].append(row)
    # Invoices of AvidXchange that did not come from Crossfoot and still count there.
    for body in documents(store, "ap_invoice", parents=[""]):
        invoice = decode(ApInvoice, body)
        if invoice.state not in ("rejected", "deleted"):
            key = (fold(invoice.vendor_code), fold(invoice.number))
            found.foreign[key].append(invoice)
    return found


def _peers(row: InvoiceRow, rivals: _Rivals, vendors: _Vendors) -> tuple[Peer, ...]:
    vendor = vendors.of(row)
    key = (vendor, row.document_folded)
    same = rivals.by_document.get(key, ()) if vendor and row.document_folded else ()
    exact = [
        Peer(
            rival.number,
            is_exact=True,
            goes_first=bool(rival.external_id) or _age(rival) < _age(row),
        )
        for rival in same
        if rival.number != row.number
    ]
    foreign = [
        Peer(found.invoice_id, is_exact=True, goes_first=True, is_there=True)
        for found in rivals.foreign.get(key, ())
    ]
    taken = {row.number, *(rival.number for rival in same)}
    equal = rivals.by_amount.get((row.supplier, row.currency, row.amount), ()) if row.amount else ()
    near = [
        Peer(
            rival.number,
            is_exact=False,
            goes_first=True,
            document_date=_day(rival.document_date),
        )
        for rival in equal
        if rival.number not in taken
    ]
    return (*exact, *foreign, *near)


def _age(row: InvoiceRow) -> tuple[str, str]:
    """Sorts by when an invoice was made in X3, then by its number."""
    return str(loads(row.body).get("created", "")), row.number


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
