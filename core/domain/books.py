"""Reference data of both sides and the mapping, indexed for the rules that look things up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.domain.ap_documents import Code, CodeGroup, Vendor, fold
from core.domain.documents import Address, Supplier
from core.domain.mapping import Rule, RuleBook
from core.domain.reference_documents import (
    PERIOD_NOT_OPEN,
    PERIOD_OPEN,
    Dimension,
    FiscalPeriod,
    GlAccount,
    PaymentTerm,
    PurchaseOrder,
)
from core.domain.remittance import RemitDetails


@dataclass(frozen=True, slots=True)
class Books:
    """What the rules look up; an empty mapping means that the site does not publish it.

    `vendors` is keyed by the folded code, `addresses` by (supplier, code), `accounts` by
    (chart, account), `dimensions` by (type, value), `codes` by (group, value).
    """

    rules: RuleBook
    suppliers: Mapping[str, Supplier] = field(default_factory=dict)
    addresses: Mapping[tuple[str, str], Address] = field(default_factory=dict)
    accounts: Mapping[tuple[str, str], GlAccount] = field(default_factory=dict)
    dimensions: Mapping[tuple[str, str], Dimension] = field(default_factory=dict)
    orders: Mapping[str, PurchaseOrder] = field(default_factory=dict)
    terms: Mapping[str, tuple[PaymentTerm, ...]] = field(default_factory=dict)
    periods: Mapping[str, tuple[FiscalPeriod, ...]] = field(default_factory=dict)
    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    groups: Mapping[str, CodeGroup] = field(default_factory=dict)
    codes: Mapping[tuple[str, str], Code] = field(default_factory=dict)
    baselines: Mapping[str, RemitDetails] = field(default_factory=dict)
    #: (`code` or `vendor`, key) -> pairs (until when, earlier name), oldest first.
    renamed: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    gone_codes: Mapping[tuple[str, str], str] = field(default_factory=dict)  # -> their description
    creatable: frozenset[str] = frozenset()  # folded codes of vendors that may be created now

    def paid_party(self, supplier: str, pay_to: str) -> str:
        """The supplier whose vendor is paid: the pay-to where one is set (product.md 4)."""
        return pay_to or supplier

    def vendor_rule(self, supplier: str, pay_to: str, company: str, day: date) -> Rule | None:
        """The mapping row of the party that is paid."""
        return self.rules.vendor(self.paid_party(supplier, pay_to), company, day)

    def vendor(self, code: str) -> Vendor | None:
        """The vendor of a code as AvidXchange compares codes."""
        return self.vendors.get(fold(code))

    def period_status(self, company: str, day: date) -> int | None:
        """Menu 214 for a day; not open where no period holds it, None where none are published."""
        periods = self.periods.get(company)
        if not periods:
            return None
        for period in periods:
            if period.start and period.end and period.start <= day <= period.end:
                return period.status
        return PERIOD_NOT_OPEN

    def next_open_day(self, company: str, day: date) -> date | None:
        """First day of the first open period that begins after `day`."""
        starts = [
            period.start
            for period in self.periods.get(company, ())
            if period.status == PERIOD_OPEN and period.start and period.start > day
        ]
        return min(starts, default=None)

    def default_address(self, supplier: Supplier) -> Address | None:
        """The address a supplier's letters go to."""
        return self.addresses.get((supplier.code, supplier.default_address))

    def remit_address(self, supplier: Supplier) -> Address | None:
        """The address a supplier's payments go to: the default one where no other is set."""
        code = supplier.pay_to_address or supplier.default_address
        return self.addresses.get((supplier.code, code))


def is_valid_on(day: date, valid_from: date | None, valid_to: date | None) -> bool:
    """Whether a validity holds on a day; both ends belong to it, None is open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)
