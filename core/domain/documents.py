"""What Sage X3 holds, as Crossfoot reads it (sage-x3.md 2.2): plain values, X3's own signs.

Amounts are decimals exactly as read, in the document's currency unless the name ends in
`_company`. Menu values are X3's numbers. An empty text or None means X3 gave nothing. `changed` is
the change stamp of the row and is not part of its content hash.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.domain.canonical import content_hash
from core.domain.reference_documents import (
    Company,
    Dimension,
    FiscalPeriod,
    GlAccount,
    PaymentTerm,
    PurchaseOrder,
    Site,
)

Day = date  # a field named `date` hides the type of the same name

KINDS = {1: "invoice", 2: "credit_memo", 3: "debit_note", 4: "credit_note", 5: "proforma"}

PENDING, TO_VALIDATE, POSTED = 1, 2, 3  # menu 509, PINVOICE.STA
MATCH_BLOCKED = 4  # menu 585, PINVOICE.TWMSTA
ITEM_OPEN, ITEM_CLOSED = 1, 2  # GACCDUDATE.FLGCLE
HOLDBACK = 3  # menu 292, GACCDUDATE.PAMTYP
PAYMENT_UNPAID = 11  # menu 689, PAYMENTH.STA


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a supplier (BPADDRESS)."""

    supplier: str = ""
    code: str = ""
    description: str = ""
    line1: str = ""
    line2: str = ""
    line3: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    country_name: str = ""
    phone: str = ""
    email: str = ""
    is_default: bool | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """Supplier code and address code, joined with `~`."""
        return f"{self.supplier}~{self.code}"


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier (BPSUPPLIER)."""

    code: str
    name: str = ""
    short_name: str = ""
    active: bool | None = None
    category: str = ""
    currency: str = ""
    payment_term: str = ""
    tax_rule: str = ""
    pay_to: str = ""
    pay_to_address: str = ""
    bill_by: str = ""
    default_address: str = ""
    payment_hold: bool | None = None
    dispute: int | None = None
    country: str = ""
    tax_id: str = ""
    vat_id: str = ""
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The supplier code."""
        return self.code


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice (BPSINVLIG or PINVOICED under the same names)."""

    line: int | None = None
    chart: str = ""
    account: str = ""
    site: str = ""
    company: str = ""
    partner: str = ""
    net: Decimal | None = None
    gross: Decimal | None = None
    tax_code1: str = ""
    tax_code2: str = ""
    tax_code3: str = ""
    tax_amount1: Decimal | None = None
    tax_amount2: Decimal | None = None
    tax_amount3: Decimal | None = None
    description: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    purchase_type: int | None = None
    distribution: str = ""
    po_number: str = ""
    po_line: int | None = None
    po_sequence: int | None = None
    dimensions: tuple[tuple[str, ...], ...] = ()  # pairs (type, value), empty pairs left out


class Remembered:
    """Holds what was worked out from a document once; no part of its value."""

    __slots__ = ("change_hash",)

    change_hash: str


@dataclass(frozen=True, slots=True)
class Invoice(Remembered):
    """A supplier invoice or credit memo (PINVOICE) with its lines; amounts are positive in X3."""

    number: str
    kind: int | None = None
    category: int | None = None
    type: str = ""
    entry_type: str = ""
    journal: str = ""
    company: str = ""
    site: str = ""
    supplier: str = ""
    control: str = ""
    pay_to: str = ""
    pay_to_address: str = ""
    supplier_document: str = ""
    document_date: date | None = None
    accounting_date: date | None = None
    due_start: date | None = None
    reference: str = ""
    original_invoice: str = ""
    currency: str = ""
    rate_type: int | None = None
    rate_date: date | None = None
    payment_term: str = ""
    discount: str = ""
    tax_rule: str = ""
    net: Decimal | None = None
    gross: Decimal | None = None
    net_company: Decimal | None = None
    gross_company: Decimal | None = None
    tax_count: int | None = None
    status: int | None = None
    approval: int | None = None
    match: int | None = None
    sign: int | None = None
    posting_number: int | None = None
    fiscal_year: int | None = None
    period: int | None = None
    created: datetime | None = None
    rate_multiplier: Decimal | None = None
    rate_divisor: Decimal | None = None
    comment1: str = ""
    comment2: str = ""
    tax_codes: tuple[str, ...] = ()
    tax_bases: tuple[Decimal, ...] = ()
    tax_amounts: tuple[Decimal, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()
    unread: str = ""  # why its details could not be read; what only they hold is older, or missing
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The invoice number."""
        return self.number

    @property
    def is_posted(self) -> bool:
        """Whether X3 has posted it and made its open items."""
        return self.status == POSTED


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One due line of a posted invoice (GACCDUDATE)."""

    type: str
    number: str
    line: int | None = None
    due_line: int | None = None
    unique_number: str = ""
    posting_number: int | None = None
    company: str = ""
    site: str = ""
    partner: str = ""
    partner_type: int | None = None
    pay_to: str = ""
    currency: str = ""
    control: str = ""
    sign: int | None = None
    due_date: date | None = None
    method: str = ""
    item_type: int | None = None
    amount: Decimal = Decimal(0)
    amount_company: Decimal | None = None
    paid: Decimal = Decimal(0)
    paid_company: Decimal | None = None
    provisional: Decimal = Decimal(0)
    provisional_company: Decimal | None = None
    approval: int | None = None
    dispute: str = ""
    posted: int | None = None
    closed: int | None = None
    paid_date: date | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """Type, number, line and due line, joined with `~`."""
        return f"{self.type}~{self.number}~{self.line}~{self.due_line}"

    @property
    def is_closed(self) -> bool:
        """Closed in X3, or nothing of it left (sage-x3.md 7, *Paid*)."""
        return self.closed == ITEM_CLOSED or self.amount - self.paid <= 0

    @property
    def open_amount(self) -> Decimal:
        """What is neither paid nor provisionally paid; 0 on a closed item."""
        if self.closed == ITEM_CLOSED:
            return Decimal(0)
        return self.amount - self.paid - self.provisional


@dataclass(frozen=True, slots=True)
class ErpPaymentLine:
    """One allocation of an X3 payment (PAYMENTD)."""

    line: int | None = None
    attribute: str = ""
    doc_type: str = ""
    doc_number: str = ""
    item_number: int | None = None
    due_line: int | None = None
    partner: str = ""
    currency: str = ""
    amount: Decimal | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class ErpPayment:
    """A payment in X3 that Crossfoot posted (PAYMENTH with REF beginning AVD)."""

    number: str
    type: str = ""
    company: str = ""
    site: str = ""
    partner: str = ""
    partner_type: int | None = None
    bank: str = ""
    currency: str = ""
    amount: Decimal | None = None
    amount_bank: Decimal | None = None
    rate: Decimal | None = None
    sign: int | None = None
    date: Day | None = None
    due_date: Day | None = None
    value_date: Day | None = None
    method: str = ""
    reference: str = ""
    description: str = ""
    check_number: str = ""
    status: int | None = None
    lines: tuple[ErpPaymentLine, ...] = ()
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The X3 payment number."""
        return self.number


#: Entity name of the profile (sage-x3.md 2.2) -> the document it becomes.
ENTITIES: dict[str, Any] = {
    "supplier": Supplier,
    "supplier_address": Address,
    "invoice": Invoice,
    "open_item": OpenItem,
    "payment": ErpPayment,
    "gl_account": GlAccount,
    "dimension": Dimension,
    "purchase_order": PurchaseOrder,
    "payment_term": PaymentTerm,
    "company": Company,
    "site": Site,
    "fiscal_period": FiscalPeriod,
}


def document_hash(document: Any) -> str:
    """Content hash of a document without its change stamp."""
    return content_hash(dataclasses.replace(document, changed=None))
