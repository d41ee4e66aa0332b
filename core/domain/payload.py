"""What AvidXchange is sent for an invoice or a vendor, before it becomes bytes (product.md 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.domain.ap_documents import PostalAddress


@dataclass(frozen=True, slots=True)
class PayloadLine:
    """One line: amount with tax included, signed; `codes` are pairs (group, value)."""

    number: int
    amount: Decimal
    description: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InvoicePayload:
    """One invoice or credit memo (negative amount); empty texts and None are left out."""

    external_id: str
    company: str
    vendor_code: str
    number: str
    invoice_date: date
    due_date: date
    posting_date: date | None
    amount: Decimal
    currency: str
    description: str
    po_number: str
    reference: str
    lines: tuple[PayloadLine, ...]


@dataclass(frozen=True, slots=True)
class VendorPayload:
    """One vendor; an empty text or None is left out, so that AvidXchange keeps its value."""

    code: str
    name: str
    tax_id: str = ""
    active: bool | None = None
    address: PostalAddress | None = None
    remit_to: PostalAddress | None = None
    telephone: str = ""
    email: str = ""
