"""Fills the simulated AvidXchange with many rows at once, for measuring (avidxchange.md 7.9).

The rows are plain and equal but for their ids; nothing of the demo's life is in them.
"""

from datetime import datetime, timedelta

from core.sandbox import avid_clock
from core.sandbox.avid_answers import stamp
from core.sandbox.avid_codes import put_code
from core.sandbox.avid_exchange import companies
from core.sandbox.avid_rows import HISTORY, PAYMENTS, VENDORS, settle
from core.sandbox.avid_vendors import new_vendor, vendor_key
from core.sandbox.state import Row, State

_SPREAD = timedelta(days=29)


def fill(state: State, vendors: int = 0, codes: int = 0, payments: int = 0) -> None:
    """Add so many vendors, codes of one group and cleared payments, changed over 29 days."""
    company, now = companies(state)[0], avid_clock.now(state)
    for number in range(vendors):
        row = new_vendor(state, company, f"M{number:06d}", f"Many {number}")
        row["LastModified"] = _moment(now, number, vendors)
        settle(row)
        state.table(VENDORS).put(vendor_key(company, row["ExternalVendorCode"]), row)
    for number in range(codes):
        put_code(state, company, "Accounting Codes", f"M{number:06d}", f"Many {number}")
    for number in range(payments):
        row = _payment(state, company, number, now)
        row["LastModified"] = _moment(now, number, payments)
        settle(row)
        key = str(row["PaymentId"])
        state.table(PAYMENTS).put(key, row)
        state.table(HISTORY).put(key, {"Entries": []})


def _moment(now: datetime, number: int, total: int) -> str:
    return stamp(now - _SPREAD + _SPREAD * (number / total))


def _payment(state: State, company: str, number: int, now: datetime) -> Row:
    payment_id = 4_765_000 + state.next("avid.payment_id")
    today = now.date().isoformat()
    amount = f"{100 + number % 900}.{number % 100:02d}"
    share: Row = {
        "InvoiceId": 100_000 + number,
        "ExternalId": None,
        "Number": f"M-{number}",
        "Gross": amount,
        "Discount": "0.00",
        "Net": amount,
    }
    return {
        "Company": company,
        "PaymentId": payment_id,
        "ExternalPaymentIds": [f"AP-{payment_id}"],
        "BatchId": None,
        "VendorExternalCode": f"M{number:06d}",
        "VendorName": f"Many {number}",
        "Amount": amount,
        "CurrencyCode": "USD",
        "Status": "Cleared",
        "PaymentMethod": "AvidPay Check",
        "CheckNumber": str(number),
        "AvidPayCheckNumber": str(number),
        "PaymentDate": today,
        "ClearedDate": today,
        "StatusDate": today,
        "RefundAmount": None,
        "HasClearedCheckImages": False,
        "Exceptions": [],
        "Remittances": [share],
    }
