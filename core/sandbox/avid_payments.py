"""Payments of the simulated AvidXchange as they are read (avidxchange.md 2.10).

How payments come to be and move stands in ``avid_pay``.
"""

from typing import Any

from core.sandbox import avid_lists, avid_pages
from core.sandbox.avid_answers import Answer, RefusedError, amount
from core.sandbox.avid_exchange import Exchange
from core.sandbox.avid_rows import HISTORY, PAYMENTS, shown_rows, view
from core.sandbox.state import Row

STATUS_IDS = {
    "Pending Approval": 1,
    "Held": 2,
    "Void": 3,
    "Processing": 5,
    "Error": 6,
    "Debit Requested": 8,
    "Funds Received": 9,
    "Sent to Check Printer": 12,
    "Issued to Supplier": 14,
    "ACH Credit Issued": 15,
    "VCC Processing": 16,
    "Cleared": 20,
    "Refunded": 21,
    "Stopped": 22,
    "Returned": 23,
    "Reissued": 24,
}
METHOD_IDS = {
    "Virtual Credit Card": 1,
    "AvidPay Check": 2,
    "AvidPay Direct": 3,
    "e-Payment": 4,
}
UNKNOWN_ID = 99
_BEFORE_STATUS = ("BatchId", "VendorExternalCode", "VendorName")
_AFTER_METHOD = ("CheckNumber", "AvidPayCheckNumber", "PaymentDate", "ClearedDate", "StatusDate")


def rendered(row: Row) -> Row:
    """Return the payment as lists and the single look-up show it."""
    answer: Row = {
        "PaymentId": row["PaymentId"],
        "ExternalPaymentIds": [{"Value": value} for value in row["ExternalPaymentIds"]],
    }
    for name in _BEFORE_STATUS:
        answer[name] = row[name]
    answer["Amount"] = amount(row["Amount"])
    answer["CurrencyCode"] = row["CurrencyCode"]
    answer["Status"] = _named(STATUS_IDS, row["Status"])
    answer["PaymentMethod"] = _named(METHOD_IDS, row["PaymentMethod"])
    for name in _AFTER_METHOD:
        answer[name] = row[name]
    answer["RefundAmount"] = amount(row["RefundAmount"])
    answer["HasClearedCheckImages"] = row["HasClearedCheckImages"]
    answer["Exceptions"] = [
        {"ReasonCode": {"Id": one["Id"], "Description": one["Description"]}}
        for one in row["Exceptions"]
    ]
    answer["Remittances"] = [_remittance(one) for one in row["Remittances"]]
    answer["LastModified"] = row["LastModified"]
    return answer


def _named(ids: dict[str, int], text: str) -> Row:
    return {"Id": ids.get(text, UNKNOWN_ID), "Description": text}


def _remittance(row: Row) -> Row:
    external_id = row["ExternalId"]
    return {
        "InvoiceId": row["InvoiceId"],
        "InvoiceExternalId": {"Value": external_id} if external_id else None,
        "Number": row["Number"],
        "Gross": amount(row["Gross"]),
        "Discount": amount(row["Discount"]),
        "Net": amount(row["Net"]),
    }


def _shown(exchange: Exchange, row: Row, *, single: bool) -> Row:
    answer = rendered(row)
    if exchange.has("no_remittances") or (not single and exchange.has("no_remittances_in_lists")):
        args = exchange.variants.get("no_remittances") or {}
        answer["Remittances"] = None if args.get("how") == "null" else []
        if args.get("how") == "absent":
            del answer["Remittances"]
    return answer


def list_payments(exchange: Exchange) -> Answer:
    """Answer payments by ids, by external ids, or by a window of at most 30 days."""
    query = avid_lists.parameters(exchange)
    chosen = avid_lists.one_filter(query, ("paymentIds", "externalPaymentIds"))
    state, company = exchange.state, exchange.company
    seen = view(state, PAYMENTS, company, _order)
    if chosen == "paymentIds":
        # An element that is no number is simply missing (avidxchange.md 10.14).
        wanted = dict.fromkeys(one.strip() for one in avid_lists.ids_of(query[chosen]))
        known = [state.table(PAYMENTS).get(one) for one in wanted]
        rows = shown_rows(state, known, company, _order)
    elif chosen == "externalPaymentIds":
        external_ids = avid_lists.ids_of(query[chosen])
        rows = seen.matching("external", lambda row: list(row["ExternalPaymentIds"]), external_ids)
    else:
        rows = avid_lists.in_window(exchange, seen, query, bounded=True)
    return avid_pages.answer(exchange, rows, lambda row: _shown(exchange, row, single=False), query)


def _order(row: Row) -> tuple[Any, ...]:
    return row["LastModified"], row["PaymentId"]


def get_payment(exchange: Exchange) -> Answer:
    """Answer one payment, without lag."""
    return Answer(200, _shown(exchange, _find(exchange), single=True))


def payment_history(exchange: Exchange) -> Answer:
    """Answer what happened to one payment as a bare array, oldest first."""
    row = _find(exchange)
    kept = exchange.state.table(HISTORY).get(str(row["PaymentId"])) or {}
    entries: list[Any] = kept.get("Entries", [])
    return Answer(200, entries)


def _find(exchange: Exchange) -> Row:
    wanted = exchange.object_id
    row = exchange.state.table(PAYMENTS).get(wanted) if wanted.isascii() else None
    if (
        row is None
        or row["Company"] != exchange.company
        or row.get("Vanished")
        or exchange.has("not_found")
    ):
        raise RefusedError(404, f"Payment {wanted} was not found")
    return row
