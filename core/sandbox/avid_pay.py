"""How payments come to be and go their way inside AvidXchange (avidxchange.md 2.10, 5.2).

What else may happen to one stands in ``avid_payment_moves``. Amounts come and are kept as text
with two decimals. ``at`` dates a happening as told in ``avid_clock``.
Raises LookupError for an unknown payment and ValueError for an impossible move.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from core.sandbox import avid_clock
from core.sandbox.avid_answers import cents
from core.sandbox.avid_moves import find_invoice
from core.sandbox.avid_rows import HISTORY, PAYMENTS, save
from core.sandbox.avid_vendors import vendor_of
from core.sandbox.state import Row, State

CHECK, DIRECT, CARD, E_PAYMENT = (
    "AvidPay Check",
    "AvidPay Direct",
    "Virtual Credit Card",
    "e-Payment",
)
_START = ("Pending Approval", "Processing", "Debit Requested", "Funds Received")
SEQUENCES = {
    CHECK: (*_START, "Sent to Check Printer", "Issued to Supplier", "Cleared"),
    DIRECT: (*_START, "ACH Credit Issued", "Cleared"),
    CARD: (*_START, "VCC Processing", "Cleared"),
    E_PAYMENT: (*_START, "Issued to Supplier", "Cleared"),
}
ISSUED = frozenset({"Issued to Supplier", "ACH Credit Issued"})
OUT = ISSUED | {"Sent to Check Printer", "VCC Processing", "Cleared"}
BACK = frozenset({"Void", "Stopped", "Returned", "Refunded", "Reissued"})
PAYABLE = frozenset({"Approved", "Exported"})
_PROCESS = {
    "Pending Approval": "Approval",
    "Held": "Approval",
    "Processing": "Process",
    "Debit Requested": "Debit",
    "Funds Received": "Debit",
    "Cleared": "Clear",
}
EXCEPTIONS = {
    4: "Missing bank account",
    5: "Testing bank account",
    6: "Inactive bank account",
    9: "New bank account imported",
}


def find_payment(state: State, payment: str | int) -> Row:
    """Return the payment with this id, else the newest with this external id."""
    row = state.table(PAYMENTS).get(str(payment))
    if row is not None:
        return row
    shared = [row for row in state.table(PAYMENTS).values() if payment in row["ExternalPaymentIds"]]
    if not shared:
        raise LookupError(f"no payment {payment}")
    return shared[-1]


def remittance(invoice: Row, gross: Decimal, discount: Decimal = Decimal(0)) -> Row:
    """Return the share of a payment that settles one invoice; a credit memo's is negative."""
    return {
        "InvoiceId": invoice["Id"],
        "ExternalId": invoice["ExternalId"]["Value"] if invoice["ExternalId"] else None,
        "Number": invoice["InvoiceNumber"],
        "Gross": cents(gross),
        "Discount": cents(discount),
        "Net": cents(gross - discount),
    }


def make(
    state: State,
    invoice: Row,
    remittances: list[Row],
    method: str = CHECK,
    at: date | None = None,
) -> Row:
    """Make a payment of the remittances to the vendor of the invoice; it is Pending Approval."""
    payment_id = 4_765_000 + state.next("avid.payment_id")
    vendor = vendor_of(state, invoice["Company"], invoice["VendorExternalCode"])
    today = avid_clock.day_of(state, at)
    row: Row = {
        "Company": invoice["Company"],
        "PaymentId": payment_id,
        "ExternalPaymentIds": [f"AP-{payment_id}"],
        "BatchId": f"B-{today:%Y%m%d}-01",
        "VendorExternalCode": invoice["VendorExternalCode"],
        "VendorName": vendor["Name"] if vendor else invoice.get("VendorName"),
        "Amount": cents(sum((Decimal(one["Net"]) for one in remittances), Decimal(0))),
        "CurrencyCode": invoice["CurrencyCode"],
        "Status": "",
        "PaymentMethod": method,
        "CheckNumber": check_number(state, method),
        "AvidPayCheckNumber": None,
        "PaymentDate": None,
        "ClearedDate": None,
        "StatusDate": None,
        "RefundAmount": None,
        "HasClearedCheckImages": False,
        "Exceptions": [],
        "Remittances": remittances,
    }
    state.count("avid.payments_made")
    return enter(state, row, "Pending Approval", at=at)


def check_number(state: State, method: str) -> str | None:
    """Return the buyer's next check number for a check, None for any other method."""
    return str(10_400 + state.next("avid.check_number")) if method == CHECK else None


def enter(
    state: State,
    row: Row,
    status: str,
    comment: str | None = None,
    at: date | None = None,
    *,
    touch: bool = True,
) -> Row:
    """Bring a payment into a status with the dates and numbers it brings, and note it.

    ``touch`` false leaves ``LastModified`` as it is.
    """
    today = avid_clock.day_of(state, at).isoformat()
    row["Status"] = status
    row["StatusDate"] = today
    if status == "Sent to Check Printer" and row["AvidPayCheckNumber"] is None:
        row["AvidPayCheckNumber"] = f"{90_012_000 + state.next('avid.printed_check'):010d}"
    if status in ISSUED or (status == "Cleared" and row["PaymentDate"] is None):
        row["PaymentDate"] = today
    if status == "Cleared":
        row["ClearedDate"] = today
        row["HasClearedCheckImages"] = row["PaymentMethod"] == CHECK
    if status != "Error":
        row["Exceptions"] = []
    key = str(row["PaymentId"])
    note(state, key, status, comment, at)
    save(state, PAYMENTS, key, row, at=at, touch=touch)
    return row


def note(
    state: State, payment: str, description: str, comment: str | None, at: date | None = None
) -> None:
    """Append an entry to the history of a payment."""
    kept = state.table(HISTORY).get(payment) or {"Entries": []}
    entry = {
        "Id": state.next("avid.history_id"),
        "PaymentID": int(payment),
        "PaymentProcessName": _PROCESS.get(description, "Issue"),
        "Description": description,
        "Comment": comment,
        "InsertDateTime": f"{avid_clock.moment_of(state, at):%Y-%m-%d %H:%M:%S}",
    }
    state.table(HISTORY).put(payment, {"Entries": [*kept["Entries"], entry]})


def pay(
    state: State,
    invoices: Iterable[str | int],
    method: str = CHECK,
    amounts: list[str] | None = None,
    discounts: list[str] | None = None,
    status: str = "Pending Approval",
    at: date | None = None,
) -> int:
    """Pay approved invoices in one payment; ``amounts`` are the gross shares (default: whole).

    ``status`` may name a later status of the method; all before it are passed through at once.
    """
    rows = [find_invoice(state, invoice) for invoice in invoices]
    if not rows or any(row["Status"] not in PAYABLE for row in rows):
        raise ValueError("only approved invoices are paid")
    gross = amounts or [row["Amount"] for row in rows]
    less = discounts or ["0.00"] * len(rows)
    shares = [
        remittance(row, Decimal(one), Decimal(discount))
        for row, one, discount in zip(rows, gross, less, strict=True)
    ]
    payment_id = int(make(state, rows[0], shares, method, at)["PaymentId"])
    if status != "Pending Approval":
        advance_payment(state, payment_id, at, status)
    return payment_id


def next_status(row: Row) -> str | None:
    """Return the status that follows on the way of the payment's method, None at its end."""
    way = SEQUENCES.get(row["PaymentMethod"], SEQUENCES[CHECK])
    present = {"Held": "Pending Approval", "Error": "Processing"}.get(row["Status"], row["Status"])
    if present not in way[:-1]:
        return None
    if row["Status"] in ("Held", "Error"):
        return present
    return way[way.index(present) + 1]


def advance_payment(
    state: State, payment: str | int, at: date | None = None, to: str | None = None
) -> str:
    """Move a payment one status on, or to the status ``to`` of its way through all before it.

    Held and Error go back onto the way first.
    """
    row = find_payment(state, payment)
    while True:
        status = next_status(row)
        if status is None:
            raise ValueError(f"nothing follows {row['Status']}")
        enter(state, row, status, at=at)
        if to is None or status == to:
            return status


def standing(state: State) -> dict[int, Decimal]:
    """Return per invoice id what payments settle of it, before discount.

    Those in class back do not count, unless they are about to be issued again.
    """
    paid: dict[int, Decimal] = {}
    for row in state.table(PAYMENTS).values():
        if row["Status"] in BACK and not row.get("AwaitsReissue"):
            continue
        for one in row["Remittances"]:
            invoice_id = int(one["InvoiceId"])
            paid[invoice_id] = paid.get(invoice_id, Decimal(0)) + Decimal(one["Gross"])
    return paid
