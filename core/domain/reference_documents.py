"""Reference data of Sage X3 (sage-x3.md 2.2): accounts, dimensions, orders, terms, periods.

Plain values as in `core.domain.documents`; None means that X3 gave nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

PERIOD_NOT_OPEN, PERIOD_OPEN, PERIOD_CLOSED = 1, 2, 3  # menu 214


@dataclass(frozen=True, slots=True)
class GlAccount:
    """A GL account of one chart (GACCOUNT)."""

    chart: str
    account: str
    name: str = ""
    short_name: str = ""
    short_code: str = ""
    cls: str = ""
    control: str = ""
    active: bool | None = None
    currency: str = ""
    site: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """Chart and account, joined with `~`."""
        return f"{self.chart}~{self.account}"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A value of a dimension type (CACCE)."""

    type: str
    value: str
    name: str = ""
    short_name: str = ""
    active: bool | None = None
    site: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """Type and value, joined with `~`."""
        return f"{self.type}~{self.value}"


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order (PORDER), as far as invoices are checked against it."""

    number: str
    company: str = ""
    site: str = ""
    supplier: str = ""
    order_date: date | None = None
    reference: str = ""
    currency: str = ""
    payment_term: str = ""
    total_net: Decimal | None = None
    total_gross: Decimal | None = None
    received: int | None = None
    invoiced: int | None = None
    closed: bool | None = None
    line_count: int | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The order number."""
        return self.number


@dataclass(frozen=True, slots=True)
class PaymentTerm:
    """One line of a payment term (TABPAYTERM)."""

    code: str
    legislation: str = ""
    line: int | None = None
    name: str = ""
    days: int | None = None
    months: int | None = None
    end_of_month: int | None = None
    share: Decimal | None = None
    method: str = ""
    item_type: int | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """Code, legislation and line, joined with `~`."""
        return f"{self.code}~{self.legislation}~{self.line}"


@dataclass(frozen=True, slots=True)
class Company:
    """A company (COMPANY)."""

    code: str
    name: str = ""
    currency: str = ""
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The company code."""
        return self.code


@dataclass(frozen=True, slots=True)
class Site:
    """A site (FACILITY)."""

    code: str
    name: str = ""
    company: str = ""
    country: str = ""
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """The site code."""
        return self.code


@dataclass(frozen=True, slots=True)
class FiscalPeriod:
    """A fiscal period of a company's legal ledger (PERIOD)."""

    company: str
    year: int
    number: int
    ledger: int | None = None
    start: date | None = None
    end: date | None = None
    status: int | None = None
    changed: datetime | None = None

    @property
    def key(self) -> str:
        """Company, year and number, joined with `~`."""
        return f"{self.company}~{self.year}~{self.number}"
