"""How payments come to be and move inside AvidXchange (avidxchange.md 2.10, 5.2).

Amounts come and are kept as text with two decimals; days are the state's today. ``at`` works as in
``avid_moves``. Raises LookupError for an unknown payment and ValueError for an impossible move.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

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
_EXCEPTIONS = {
    4: "Missing bank account",
    5: "Testing bank account",
    6: "Inactive bank account",
    9: "New bank account imported",
}


def find_payment(state: State, payment: str | int) -> Row:
    """Return the payment with this id."""
    row = state.table(PAYMENTS).get(str(payment))
    if row is None:
        raise LookupError(f"no payment {payment}")
    return row


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
    at: datetime | None = None,
) -> Row:
    """Make a payment of the remittances to the vendor of the invoice; it is Pending Approval."""
    payment_id = 4_765_000 + state.next("avid.payment_id")
    vendor = vendor_of(state, invoice["Company"], invoice["VendorExternalCode"])
    today = (at or state.now()).date()
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
        "CheckNumber": _check_number(state, method),
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


def _check_number(state: State, method: str) -> str | None:
    return str(10_400 + state.next("avid.check_number")) if method == CHECK else None


def enter(
    state: State,
    row: Row,
    status: str,
    comment: str | None = None,
    at: datetime | None = None,
) -> Row:
    """Bring a payment into a status with the dates and numbers it brings, and note it."""
    today = (at or state.now()).date().isoformat()
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
    save(state, PAYMENTS, key, row, at=at)
    return row


def note(
    state: State, payment: str, description: str, comment: str | None, at: datetime | None = None
) -> None:
    """Append an entry to the history of a payment."""
    kept = state.table(HISTORY).get(payment) or {"Entries": []}
    entry = {
        "Id": state.next("avid.history_id"),
        "PaymentID": int(payment),
        "PaymentProcessName": _PROCESS.get(description, "Issue"),
        "Description": description,
        "Comment": comment,
        "InsertDateTime": f"{at or state.now():%Y-%m-%d %H:%M:%S}",
    }
    state.table(HISTORY).put(payment, {"Entries": [*kept["Entries"], entry]})


def pay(
    state: State,
    invoices: Iterable[str | int],
    method: str = CHECK,
    amounts: list[str] | None = None,
    discounts: list[str] | None = None,
    status: str = "Pending Approval",
) -> int:
    """Pay approved invoices in one payment; ``amounts`` are the gross shares (default: whole).

    ``status`` may name a later status of the method; all before it are passed through.
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
    payment = make(state, rows[0], shares, method)
    while payment["Status"] != status:
        advance_payment(state, payment["PaymentId"])
    return int(payment["PaymentId"])


def next_status(row: Row) -> str | None:
    """Return the status that follows on the way of the payment's method, None at its end."""
    way = SEQUENCES.get(row["PaymentMethod"], SEQUENCES[CHECK])
    present = {"Held": "Pending Approval", "Error": "Processing"}.get(row["Status"], row["Status"])
    if present not in way[:-1]:
        return None
    if row["Status"] in ("Held", "Error"):
        return present
    return way[way.index(present) + 1]


def advance_payment(state: State, payment: str | int, at: datetime | None = None) -> str:
    """Move a payment one status on; Held and Error go back onto the way first."""
    row = find_payment(state, payment)
    status = next_status(row)
    if status is None:
        raise ValueError(f"nothing follows {row['Status']}")
    return str(enter(state, row, status, at=at)["Status"])


def set_payment_status(
    state: State,
    payment: str | int,
    status: str,
    comment: str | None = None,
    at: datetime | None = None,
) -> str:
    """Give a payment any status text, unknown ones too."""
    row = find_payment(state, payment)
    return str(enter(state, row, status, comment, at=at)["Status"])


def void(
    state: State, payment: str | int, comment: str | None = None, at: datetime | None = None
) -> str:
    """Void a payment, before or after it was issued."""
    return set_payment_status(state, payment, "Void", comment or "Cancelled by the buyer", at)


def stop(state: State, payment: str | int, at: datetime | None = None) -> str:
    """Stop a check that is out."""
    return set_payment_status(state, payment, "Stopped", "Stop payment placed", at)


def return_(state: State, payment: str | int, at: datetime | None = None) -> str:
    """Let the bank send a payment back."""
    return set_payment_status(state, payment, "Returned", "Account closed", at)


def refund(state: State, payment: str | int, fee: str = "0.00", at: datetime | None = None) -> str:
    """Bring the money back to the buyer, less a fee."""
    row = find_payment(state, payment)
    row["RefundAmount"] = cents(Decimal(row["Amount"]) - Decimal(fee))
    return set_payment_status(state, payment, "Refunded", "Money returned to the buyer", at)


def fail(state: State, payment: str | int, reason: int = 4, text: str | None = None) -> str:
    """Bring a payment into Error with a reason; 4, 5, 6 and 9 are curable."""
    row = find_payment(state, payment)
    description = text or _EXCEPTIONS.get(reason, "Payment could not be made")
    row["Exceptions"] = [{"Id": reason, "Description": description}]
    return set_payment_status(state, payment, "Error", description)


def reissue_same(
    state: State, payment: str | int, method: str = CHECK, at: datetime | None = None
) -> int:
    """Re-issue R1: the same payment by another method or check, Processing again."""
    row = find_payment(state, payment)
    number = row["CheckNumber"] or _check_number(state, method)
    row.update(
        PaymentMethod=method,
        CheckNumber=number if method == CHECK else None,
        AvidPayCheckNumber=None,
        PaymentDate=None,
        ClearedDate=None,
        HasClearedCheckImages=False,
        RefundAmount=None,
    )
    return int(enter(state, row, "Processing", "Issued again", at=at)["PaymentId"])


def reissue_new(
    state: State,
    payment: str | int,
    method: str = CHECK,
    *,
    share_ids: bool = True,
    at: datetime | None = None,
) -> int:
    """Re-issue R2: a new payment of the same remittances; the old one is Reissued unless back.

    ``share_ids`` false leaves both payments without external ids.
    """
    old = find_payment(state, payment)
    if not share_ids:
        old["ExternalPaymentIds"] = []
        save(state, PAYMENTS, str(old["PaymentId"]), old, at=at)
    if old["Status"] not in BACK:
        enter(state, old, "Reissued", "Replaced by another payment", at=at)
    made = make(state, old, [dict(one) for one in old["Remittances"]], method, at)
    made["ExternalPaymentIds"] = list(old["ExternalPaymentIds"])
    save(state, PAYMENTS, str(made["PaymentId"]), made, at=at)
    return int(made["PaymentId"])


def change_payment(
    state: State, payment: str | int, fields: dict[str, Any], *, touch: bool = True
) -> int:
    """Change any members of a payment; ``touch`` false leaves ``LastModified`` as it is."""
    row = find_payment(state, payment)
    row.update(fields)
    save(state, PAYMENTS, str(row["PaymentId"]), row, touch=touch)
    return int(row["PaymentId"])


def vanish_payment(state: State, payment: str | int) -> int:
    """Let a payment answer 404 and be missing from lists from now on."""
    return change_payment(state, payment, {"Vanished": True})


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
