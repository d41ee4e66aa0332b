"""What happens to payments beside their way: holds, faults, stops, returns, issuing again.

Written from avidxchange.md 2.10, 5.2 and 7.24-7.28. Arguments and errors are as in ``avid_pay``.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from core.sandbox.avid_answers import cents
from core.sandbox.avid_moves import insert_foreign_invoice
from core.sandbox.avid_pay import (
    BACK,
    CHECK,
    EXCEPTIONS,
    OUT,
    advance_payment,
    check_number,
    enter,
    find_payment,
    make,
    note,
    pay,
)
from core.sandbox.avid_rows import PAYMENTS, save
from core.sandbox.state import State


def set_payment_status(
    state: State,
    payment: str | int,
    status: str,
    comment: str | None = None,
    at: date | None = None,
    *,
    touch: bool = True,
) -> str:
    """Give a payment any status text, unknown ones too; ``touch`` as in ``enter``."""
    row = find_payment(state, payment)
    return str(enter(state, row, status, comment, at, touch=touch)["Status"])


def hold_payment(state: State, payment: str | int, at: date | None = None) -> str:
    """Hold a payment before any debit."""
    if find_payment(state, payment)["Status"] != "Pending Approval":
        raise ValueError("only a payment that waits for approval is held")
    return set_payment_status(state, payment, "Held", "Held by the buyer", at)


def release_payment(state: State, payment: str | int, at: date | None = None) -> str:
    """Let a held payment wait for its approver again."""
    if find_payment(state, payment)["Status"] != "Held":
        raise ValueError("the payment is not held")
    return advance_payment(state, payment, at)


def cure(state: State, payment: str | int, at: date | None = None) -> str:
    """Bring a payment out of Error, back to Processing, its exceptions gone."""
    if find_payment(state, payment)["Status"] != "Error":
        raise ValueError("the payment is not in error")
    return advance_payment(state, payment, at)


def void(
    state: State, payment: str | int, comment: str | None = None, at: date | None = None
) -> str:
    """Void a payment, before or after it was issued."""
    return set_payment_status(state, payment, "Void", comment or "Cancelled by the buyer", at)


def stop(state: State, payment: str | int, at: date | None = None) -> str:
    """Stop a check that is out."""
    return set_payment_status(state, payment, "Stopped", "Stop payment placed", at)


def return_(state: State, payment: str | int, at: date | None = None) -> str:
    """Let the bank send a payment back."""
    return set_payment_status(state, payment, "Returned", "Account closed", at)


def refund(state: State, payment: str | int, fee: str = "0.00", at: date | None = None) -> str:
    """Bring the money back to the buyer, less a fee."""
    row = find_payment(state, payment)
    row["RefundAmount"] = cents(Decimal(row["Amount"]) - Decimal(fee))
    return set_payment_status(state, payment, "Refunded", "Money returned to the buyer", at)


def fail(
    state: State,
    payment: str | int,
    reason: int = 4,
    text: str | None = None,
    at: date | None = None,
) -> str:
    """Bring a payment into Error with a reason; 4, 5, 6 and 9 are curable."""
    row = find_payment(state, payment)
    description = text or EXCEPTIONS.get(reason, "Payment could not be made")
    row["Exceptions"] = [{"Id": reason, "Description": description}]
    return set_payment_status(state, payment, "Error", description, at)


def reissue_same(
    state: State, payment: str | int, method: str = CHECK, at: date | None = None
) -> int:
    """Re-issue R1: the same payment by another method or check, Processing again."""
    row = find_payment(state, payment)
    number = row["CheckNumber"] or check_number(state, method)
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
    at: date | None = None,
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


def change_method(state: State, payment: str | int, method: str, at: date | None = None) -> int:
    """Change the method of a payment that is not out yet; its status stays.

    An unknown method goes the way of a check.
    """
    row = find_payment(state, payment)
    if row["Status"] in OUT | BACK:
        raise ValueError(f"a payment that is {row['Status']} is issued again instead")
    number = row["CheckNumber"] or check_number(state, method)
    row.update(PaymentMethod=method, CheckNumber=number if method == CHECK else None)
    note(state, str(row["PaymentId"]), row["Status"], f"Method is now {method}", at)
    save(state, PAYMENTS, str(row["PaymentId"]), row, at=at)
    return int(row["PaymentId"])


def change_payment(
    state: State,
    payment: str | int,
    fields: dict[str, Any],
    at: date | None = None,
    *,
    touch: bool = True,
) -> int:
    """Change any members of a payment; ``touch`` false leaves ``LastModified`` as it is."""
    row = find_payment(state, payment)
    row.update(fields)
    save(state, PAYMENTS, str(row["PaymentId"]), row, touch=touch, at=at)
    return int(row["PaymentId"])


def vanish_payment(state: State, payment: str | int, at: date | None = None) -> int:
    """Let a payment answer 404 and be missing from lists from now on."""
    return change_payment(state, payment, {"Vanished": True}, at)


def insert_foreign_payment(
    state: State,
    vendor: str,
    number: str,
    amount: str = "100.00",
    method: str = CHECK,
    status: str = "Pending Approval",
    at: date | None = None,
) -> int:
    """Insert a payment of an invoice that was entered in the portal and never came by the API."""
    invoice = insert_foreign_invoice(state, vendor, number, amount, at=at)
    return pay(state, [invoice], method, status=status, at=at)
