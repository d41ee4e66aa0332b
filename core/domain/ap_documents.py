"""What AvidXchange holds, as Crossfoot reads it (avidxchange.md 2.4 to 2.10).

Status texts are kept as they came; `state` is the profile's word for them. Amounts are decimals
exactly as read. `last_modified` is not part of a content hash.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.domain.canonical import content_hash

INVOICE_STATES = (
    "received", "in_approval", "on_hold", "disputed", "approved", "rejected", "exported",
    "deleted", "unknown",
)  # fmt: skip
#: Payment state -> class (avidxchange.md 5.2).
PAYMENT_CLASSES = {
    "pending": "before", "held": "before", "processing": "before", "failed": "before",
    "issued": "out", "cleared": "done", "voided": "back", "stopped": "back", "returned": "back",
    "reissued": "back", "refunded": "back", "unknown": "unknown",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """A group of codes; a required one must stand on every line."""

    name: str
    required: bool = False

    @property
    def key(self) -> str:
        """The group's name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Code:
    """A GL account or dimension value of AvidXchange."""

    group: str
    value: str
    description: str = ""
    active: bool = True

    @property
    def key(self) -> str:
        """Group and value, joined with a line end, which neither can hold."""
        return f"{self.group}\n{self.value}"


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address of a vendor; empty text = not given."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor; `code` is what mappings name, compared trimmed and in any case."""

    code: str
    vendor_id: str = ""
    name: str = ""
    name_on_check: str = ""
    tax_id: str = ""
    active: bool = True
    address: PostalAddress = PostalAddress()
    remit_to: PostalAddress | None = None
    telephone: str = ""
    email: str = ""
    website: str = ""
    last_modified: datetime | None = None

    @property
    def key(self) -> str:
        """The vendor code, trimmed and folded as AvidXchange compares it (avidxchange.md 2.2)."""
        return fold(self.code)


@dataclass(frozen=True, slots=True)
class ApLine:
    """One line of an invoice as AvidXchange has it now; `codes` are pairs (group, value)."""

    number: int
    amount: Decimal = Decimal(0)
    description: str = ""
    codes: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ApImage:
    """An image attached to an invoice."""

    image_id: str = ""
    name: str = ""
    content_type: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ApInvoice:
    """An invoice in AvidXchange; `external_id` is empty when it is not ours."""

    invoice_id: str
    external_id: str = ""
    state: str = "unknown"
    status_text: str = ""
    company: str = ""
    vendor_code: str = ""
    vendor_name: str = ""
    number: str = ""
    invoice_date: date | None = None
    due_date: date | None = None
    posting_date: date | None = None
    amount: Decimal = Decimal(0)
    currency: str = ""
    description: str = ""
    po_number: str = ""
    reference: str = ""
    approver: str = ""
    rejection_reason: str = ""
    approved: datetime | None = None
    submitted: datetime | None = None
    lines: tuple[ApLine, ...] = ()
    images: tuple[ApImage, ...] = ()
    last_modified: datetime | None = None

    @property
    def key(self) -> str:
        """AvidXchange's invoice id."""
        return self.invoice_id


@dataclass(frozen=True, slots=True)
class Remittance:
    """What one payment settles of one invoice; net = gross - discount, negative for a credit."""

    invoice_id: str = ""
    external_id: str = ""
    number: str = ""
    gross: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    net: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ApPayment:
    """A payment made inside AvidXchange; it stays mutable for months (avidxchange.md 1.10)."""

    payment_id: str
    external_ids: tuple[str, ...] = ()
    batch: str = ""
    vendor_code: str = ""
    vendor_name: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    state: str = "unknown"
    status_text: str = ""
    method: str = "other"
    method_text: str = ""
    check_number: str = ""
    printed_check_number: str = ""  # AvidPayCheckNumber
    payment_date: date | None = None
    cleared_date: date | None = None
    status_date: date | None = None
    refund_amount: Decimal | None = None
    exceptions: tuple[int, ...] = ()
    exception_texts: tuple[str, ...] = ()
    remittances: tuple[Remittance, ...] | None = None  # None: the answer did not carry them
    last_modified: datetime | None = None

    @property
    def key(self) -> str:
        """AvidXchange's payment id."""
        return self.payment_id

    @property
    def payment_class(self) -> str:
        """`before`, `out`, `done`, `back` or `unknown` (avidxchange.md 5.2)."""
        return PAYMENT_CLASSES[self.state]


@dataclass(frozen=True, slots=True)
class PaymentPast:
    """What a payment was before it became what it is now.

    `backs` counts how often its money was seen to come back; `was_refunded` tells whether the last
    time it had been refunded.
    """

    payment_id: str
    backs: int = 0
    was_refunded: bool = False

    @property
    def key(self) -> str:
        """AvidXchange's payment id."""
        return self.payment_id


NO_PAST = PaymentPast("")


@dataclass(frozen=True, slots=True)
class Missing:
    """A document of ours that AvidXchange did not show when it was asked for.

    `name` is an external id or a payment id, `since` the day of the first look (ISO). `is_gone`
    tells that it was asked for singly, or twice a day apart.
    """

    name: str
    since: str
    is_gone: bool = False

    @property
    def key(self) -> str:
        """The id that was asked for."""
        return self.name


#: Flow of the AvidXchange side -> the document it becomes.
AP_ENTITIES: dict[str, Any] = {
    "code_group": CodeGroup,
    "code": Code,
    "vendor": Vendor,
    "ap_invoice": ApInvoice,
    "ap_payment": ApPayment,
}


def fold(text: str) -> str:
    """Trimmed, any case: how AvidXchange compares vendor codes and invoice numbers (2.2)."""
    return text.strip().casefold()


def ap_hash(document: Any) -> str:
    """Content hash of a document without its modification time, where it has one."""
    names = {field.name for field in dataclasses.fields(document)}
    if "last_modified" in names:
        document = dataclasses.replace(document, last_modified=None)
    return content_hash(document)
