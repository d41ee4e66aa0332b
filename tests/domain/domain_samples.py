"""One small, sound site for the tests of the pure rules: everything fits until a test spoils it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.actions import Encoders
from core.domain.ap_documents import (
    ApInvoice,
    ApLine,
    ApPayment,
    Code,
    CodeGroup,
    Remittance,
    Vendor,
    fold,
)
from core.domain.books import Books
from core.domain.canonical import canonical, content_hash
from core.domain.documents import (
    POSTED,
    TO_VALIDATE,
    Address,
    Invoice,
    InvoiceLine,
    OpenItem,
    Supplier,
)
from core.domain.findings import Acceptances, Finding
from core.domain.mapping import Rule, RuleBook
from core.domain.payload import InvoicePayload, VendorPayload
from core.domain.policy import Policy
from core.domain.reference_documents import FiscalPeriod, GlAccount, PaymentTerm
from core.domain.remittance import details_of
from core.domain.validate import Candidate

DAY = date(2026, 3, 1)
MOMENT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
GL = "Accounting Codes"
EXTERNAL_ID = "X3|PROD|US10|BIS1|1"


def dec(text: str) -> Decimal:
    return Decimal(text)


SUPPLIER = Supplier(
    code="0113",
    name="Northwind Paper LLC",
    active=True,
    category="USDOM",
    currency="USD",
    payment_term="NET30",
    pay_to="0113",
    pay_to_address="A01",
    bill_by="0113",
    default_address="A01",
    payment_hold=False,
    dispute=1,
    country="US",
    tax_id="36-4412345",
)
ADDRESS = Address(
    supplier="0113",
    code="A01",
    line1="12 Mill Road",
    line2="Suite 4",
    postcode="60601",
    city="Chicago",
    state="IL",
    country="US",
    phone="3125550100",
    email="ar@northwind.example",
)
RULES = (
    Rule("vendors", "0113", "", "V00101"),
    Rule("gl", "USA", "61100", "6100"),
    Rule("gl", "USA", "62400", "6240"),
    Rule("dimensions", "DPT", "ADM", "102F", "Location"),
)
LINES = (
    InvoiceLine(
        line=1,
        chart="USA",
        account="61100",
        net=dec("1050.00"),
        gross=dec("1134.00"),
        description="Paper",
        po_number="PO1",
        dimensions=(("DPT", "ADM"),),
    ),
    InvoiceLine(
        line=2,
        chart="USA",
        account="62400",
        net=dec("90.00"),
        gross=dec("90.00"),
        description="Freight",
        dimensions=(("DPT", "ADM"),),
    ),
)
PERIODS = (
    FiscalPeriod("US10", 6, 2, start=date(2026, 2, 1), end=date(2026, 2, 28), status=3),
    FiscalPeriod("US10", 6, 3, start=date(2026, 3, 1), end=date(2026, 3, 31), status=2),
    FiscalPeriod("US10", 6, 4, start=date(2026, 4, 1), end=date(2026, 4, 30), status=1),
)
CODES = (Code(GL, "6100"), Code(GL, "6240"), Code("Location", "102F"))
GROUPS = (CodeGroup(GL, required=True), CodeGroup("Location", required=True), CodeGroup("Project"))


def books(**changes: Any) -> Books:
    """The site's reference data and mapping; `rules` may be given as a tuple of rows."""
    rules = changes.pop("rules", RULES)
    sound = Books(
        rules=RuleBook(rules),
        suppliers={"0113": SUPPLIER},
        addresses={("0113", "A01"): ADDRESS},
        accounts={("USA", a): GlAccount("USA", a, active=True) for a in ("61100", "62400")},
        terms={"NET30": (PaymentTerm("NET30", "USA", 1, days=30, share=dec("100"), method="CHQ"),)},
        periods={"US10": PERIODS},
        vendors={"v00101": Vendor("V00101", name="Northwind Paper LLC")},
        groups={group.name: group for group in GROUPS},
        codes={(code.group, code.value): code for code in CODES},
        baselines={"0113": details_of(SUPPLIER, ADDRESS)},
    )
    return replace(sound, **changes)


def with_supplier(**changes: Any) -> Books:
    """The site with its supplier changed in X3, baseline as before."""
    return books(suppliers={"0113": replace(SUPPLIER, **changes)})


def policy(**changes: Any) -> Policy:
    return replace(Policy("PROD", date(2026, 1, 1), banks={"": "USBNK"}), **changes)


def invoice(**changes: Any) -> Invoice:
    """An invoice of 1,224.00 USD, validated and not posted."""
    sound = Invoice(
        number="BIS1",
        kind=1,
        type="USINV",
        entry_type="SPINV",
        company="US10",
        site="US011",
        supplier="0113",
        pay_to="0113",
        pay_to_address="A01",
        supplier_document="INV-90871",
        document_date=date(2026, 2, 27),
        accounting_date=DAY,
        due_start=date(2026, 2, 27),
        currency="USD",
        payment_term="NET30",
        net=dec("1140.00"),
        gross=dec("1224.00"),
        status=TO_VALIDATE,
        approval=1,
        match=1,
        comment1="Paper, March",
        lines=LINES,
    )
    return replace(sound, **changes)


def posted(**changes: Any) -> Invoice:
    return invoice(**{"status": POSTED, "posting_number": 88213, **changes})


def item(amount: str = "1224.00", due_line: int = 1, **changes: Any) -> OpenItem:
    """An open item of the posted invoice, due 2026-03-29 or later by its due line."""
    sound = OpenItem(
        type="SPINV",
        number="BIS1",
        line=1,
        due_line=due_line,
        company="US10",
        site="US011",
        partner="0113",
        currency="USD",
        due_date=date(2026, 3, 28) + timedelta(days=due_line),
        method="CHQ",
        item_type=1,
        amount=dec(amount),
        approval=1,
        closed=1,
    )
    return replace(sound, **changes)


def candidate(found: Invoice | None = None, **changes: Any) -> Candidate:
    return replace(Candidate(found or invoice()), **changes)


def encode_invoice(payload: InvoicePayload) -> bytes:
    """Stands for the wire's strict writing: one limit, one exact text."""
    if len(payload.number) > 50:
        raise ValueError("InvoiceNumber is longer than 50")
    return canonical(payload).encode()


def encode_vendor(payload: VendorPayload) -> bytes:
    if len(payload.name) > 255:
        raise ValueError("Name is longer than 255")
    return canonical(payload).encode()


ENCODERS = Encoders(
    invoice=encode_invoice,
    vendor=encode_vendor,
    approval=lambda number, kind, write: canonical([number, kind, write]).encode(),
    payment=lambda posting: canonical(posting).encode(),
)


def ap_invoice(**changes: Any) -> ApInvoice:
    """The invoice as AvidXchange shows it after it was sent."""
    sound = ApInvoice(
        invoice_id="991823",
        external_id=EXTERNAL_ID,
        state="in_approval",
        status_text="In Approval",
        company="US10",
        vendor_code="V00101",
        number="INV-90871",
        amount=dec("1224.00"),
        currency="USD",
        lines=(
            ApLine(1, dec("1134.00"), "Paper", ((GL, "6100"), ("Location", "102F"))),
            ApLine(2, dec("90.00"), "Freight", ((GL, "6240"), ("Location", "102F"))),
        ),
        last_modified=MOMENT,
    )
    return replace(sound, **changes)


def remittance(net: str = "1224.00", external_id: str = EXTERNAL_ID, **changes: Any) -> Remittance:
    sound = Remittance("991823", external_id, "INV-90871", dec(net), dec("0"), dec(net))
    return replace(sound, **changes)


def payment(amount: str = "1224.00", **changes: Any) -> ApPayment:
    """A payment of the whole invoice, issued on 2026-03-18."""
    sound = ApPayment(
        payment_id="4765360",
        vendor_code="V00101",
        amount=dec(amount),
        currency="USD",
        state="issued",
        status_text="Issued to Supplier",
        method="check",
        payment_date=date(2026, 3, 18),
        status_date=date(2026, 3, 18),
        remittances=(remittance(amount),),
    )
    return replace(sound, **changes)


def accepting(*findings: Finding) -> Acceptances:
    return Acceptances(frozenset((f.code, f.document, f.basis) for f in findings))


def vendor_key(code: str) -> str:
    return fold(code)


def hash_of(value: Any) -> str:
    return content_hash(value)
