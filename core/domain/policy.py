"""What the settings and the two profiles ask of the rules, as one plain value (settings.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.domain.documents import Invoice, OpenItem
from core.words import area

say = area(__name__)

_REFERENCE_PARTS = 5  # X3|endpoint|company|number|revision


@dataclass(frozen=True, slots=True)
class Scope:
    """What is meant for AvidXchange; an empty set means all, and all must fit."""

    suppliers_not: frozenset[str] = frozenset()
    supplier_categories: frozenset[str] = frozenset()
    invoice_types: frozenset[str] = frozenset()
    currencies: frozenset[str] = frozenset(("USD", "CAD"))
    payment_methods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Levels:
    """AvidXchange's state -> X3's payment approval level (menu 510)."""

    in_approval: int = 1
    rejected: int = 2
    on_hold: int = 3
    approved: int = 4
    dispute_code: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much AvidXchange takes (profile `[limits]`), in characters and in numbers."""

    external_id: int = 100
    vendor_code: int = 50
    vendor_name: int = 255
    invoice_number: int = 50
    group_name: int = 50
    code_value: int = 50
    description: int = 255
    reference: int = 50
    po_number: int = 50
    lines: int = 500


@dataclass(frozen=True, slots=True)
class ImageRules:
    """Documents of invoices; `is_on` where there is a folder and AvidXchange takes images.

    `most_bytes` is the largest file, 0 for no limit; `types` are content types.
    """

    is_on: bool = False
    is_required: bool = False
    folder: str = ""
    pattern: str = "{number}*.pdf"
    types: frozenset[str] = frozenset(("application/pdf",))
    most_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Every choice the rules depend on. `ceiling` and `banks` have "" as key for all others."""

    endpoint: str
    start_date: date
    scope: Scope = Scope()
    levels: Levels = Levels()
    limits: Limits = Limits()
    ceiling: Mapping[str, Decimal] = field(default_factory=dict)
    banks: Mapping[str, str] = field(default_factory=dict)
    instalments: str = "warn"
    closed_period: str = "ask"
    post_when: str = "issued"
    writes_to_erp: bool = True
    credit_kinds: frozenset[int] = frozenset((2, 4))
    skip_kinds: frozenset[int] = frozenset((5,))
    charges_account: str = ""
    countries: Mapping[str, str] = field(default_factory=dict)
    open_item_link: str = "document"
    gl_group: str = say("accounting_codes")
    changeable: frozenset[str] = frozenset(("received", "in_approval", "on_hold", "disputed"))
    curable_exceptions: frozenset[int] = frozenset((4, 5, 6, 9))
    images: ImageRules = ImageRules()

    def link_of(self, document: Invoice | OpenItem) -> str:
        """What an invoice and its open items share (sage-x3.md 7); empty where X3 gave nothing."""
        if self.open_item_link == "accnum":
            return str(document.posting_number or "")
        return document.number

    def belongs(self, item: OpenItem, invoice: Invoice) -> bool:
        """Whether an open item is the invoice's; by document its type decides where it is known."""
        link = self.link_of(invoice)
        if not link or self.link_of(item) != link:
            return False
        is_typed = self.open_item_link == "document" and invoice.entry_type and item.type
        return not is_typed or item.type == invoice.entry_type

    def external_id(self, company: str, number: str, revision: int) -> str:
        """The invoice's reference in AvidXchange (settings.md, *External references*)."""
        return f"X3|{self.endpoint}|{company}|{number}|{revision}"

    def number_of(self, external_id: str) -> str:
        """The X3 number that a reference of this folder names; empty for any other."""
        parts = external_id.split("|")
        is_ours = len(parts) == _REFERENCE_PARTS and parts[:2] == ["X3", self.endpoint]
        return parts[3] if is_ours else ""

    def ceiling_of(self, currency: str) -> Decimal:
        """The amount above which a person must accept; 0 = none."""
        return self.ceiling.get(currency, self.ceiling.get("", Decimal(0)))

    def bank_of(self, company: str) -> str:
        """The X3 bank that pays for a company; empty when none is set."""
        return self.banks.get(company, self.banks.get("", ""))
