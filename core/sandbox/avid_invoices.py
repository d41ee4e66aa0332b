"""Invoices of the simulated AvidXchange: submit, replace, withdraw, read (avidxchange.md 2.6-2.9).

A row keeps the content as the approver left it, the content last accepted (``Submitted``), and the
accepted body as it came (``Body``). Keys and external ids are decided in ``avid_idempotency``.
"""

from datetime import date
from typing import Any

from core.sandbox import avid_idempotency, avid_lists, avid_pages, avid_script
from core.sandbox.avid_answers import Answer, RefusedError, amount, result, results
from core.sandbox.avid_exchange import Exchange, forced_errors, json_object
from core.sandbox.avid_invoice_rules import (
    CONTENT,
    Checked,
    check,
    content_of,
    external_id_value,
    number_key,
)
from core.sandbox.avid_rows import EXTERNAL_IDS, INVOICES, NUMBERS, save, shown_rows, view
from core.sandbox.avid_vendors import vendor_of
from core.sandbox.state import Row, State

STATUS_IDS = {
    "Received": 1,
    "In Approval": 2,
    "On Hold": 3,
    "Disputed": 4,
    "Approved": 5,
    "Rejected": 6,
    "Exported": 7,
    "Deleted": 8,
}
OPEN = frozenset({"Received", "In Approval", "On Hold", "Disputed"})
UNKNOWN_STATUS_ID = 99


def status(text: str) -> Row:
    """Return an invoice status as it is answered; the id of an unknown text means nothing."""
    return {"Id": STATUS_IDS.get(text, UNKNOWN_STATUS_ID), "Description": text}


def short(row: Row) -> Row:
    """Return the form of an invoice that answers of writes carry."""
    return {
        "Id": row["Id"],
        "ExternalId": row["ExternalId"],
        "Status": status(row["Status"]),
        "LastModified": row["LastModified"],
    }


def rendered(row: Row) -> Row:
    """Return the invoice as lists and the single look-up show it."""
    answer: Row = {
        "Id": row["Id"],
        "ExternalId": row["ExternalId"],
        "Status": status(row["Status"]),
    }
    for name in CONTENT:
        answer[name] = row.get(name)
        if name == "VendorExternalCode":
            answer["VendorName"] = row.get("VendorName")
    answer["Amount"] = amount(row["Amount"])
    for name in ("ApproverName", "RejectionReason", "ApprovedDate", "SubmittedDate"):
        answer[name] = row.get(name)
    answer["Lines"] = [{**line, "Amount": amount(line["Amount"])} for line in row["Lines"]]
    answer["Images"] = [
        {name: image[name] for name in ("Id", "FileName", "ContentType", "Size", "Sha256")}
        for image in row["Images"]
    ]
    answer["LastModified"] = row["LastModified"]
    return answer


def find(exchange: Exchange) -> Row:
    """Return the invoice that the path names; raises 404, also for one of another company."""
    wanted = exchange.object_id
    row = exchange.state.table(INVOICES).get(wanted) if wanted.isascii() else None
    if row is None or row["Company"] != exchange.company or row.get("Vanished"):
        raise RefusedError(404, f"Invoice {wanted} was not found")
    if exchange.has("not_found"):
        raise RefusedError(404, f"Invoice {wanted} was not found")
    return row


def by_external_id(state: State, company: str, value: str) -> list[Row]:
    """Return the invoices with this external id in any state, oldest first, without lag."""
    entry = state.table(EXTERNAL_IDS).get(f"{company}|{value}") or {}
    rows = (state.table(INVOICES).get(key) for key in entry.get("Ids", []))
    return [row for row in rows if row is not None]


def get_invoice(exchange: Exchange) -> Answer:
    """Answer one invoice, without lag."""
    return Answer(200, rendered(find(exchange)))


def list_invoices(exchange: Exchange) -> Answer:
    """Answer invoices by external ids or by a window of at most 30 days, never both."""
    query = avid_lists.parameters(exchange)
    chosen = avid_lists.one_filter(query, ("externalIds",))
    state, company = exchange.state, exchange.company
    if chosen == "externalIds":
        wanted = dict.fromkeys(avid_lists.ids_of(query[chosen]))
        known = [row for value in wanted for row in by_external_id(state, company, value)]
        rows = shown_rows(state, known, company, _order)
    else:
        seen = view(state, INVOICES, company, _order)
        rows = avid_lists.in_window(exchange, seen, query, bounded=True)
    return avid_pages.answer(exchange, rows, rendered, query)


def _order(row: Row) -> tuple[Any, ...]:
    return row["LastModified"], row["Id"]


def submit_invoice(exchange: Exchange) -> Answer:
    """Submit one invoice under the idempotency rules of avidxchange.md 2.12."""
    body = json_object(exchange)
    external_id = external_id_value(body)
    known = by_external_id(exchange.state, exchange.company, external_id) if external_id else []
    attempt = avid_idempotency.Attempt(exchange, external_id, content_of(body))
    decided = avid_idempotency.decide(attempt, [(row["Content"], short(row)) for row in known])
    if decided is not None:
        return decided
    may_copy = avid_idempotency.policy_of(exchange) == "none"
    checked = check(exchange.state, exchange.company, body, may_copy=may_copy)
    checked.errors += forced_errors(exchange)
    if checked.errors:
        answer = results(result(None, checked.errors))
        avid_idempotency.refused(attempt, answer)
        return answer
    row = _created(exchange, checked, body)
    answer = results(result(short(row), []))
    avid_idempotency.accepted(attempt, answer)
    return answer


def _created(exchange: Exchange, checked: Checked, body: Row) -> Row:
    state = exchange.state
    row = new_invoice(state, exchange.company, checked.content, checked.external_id)
    _accept(exchange, row, checked, body)
    state.count("avid.invoices_created")
    avid_script.begin_for(state, int(row["Id"]))
    return row


def new_invoice(state: State, company: str, content: Row, external_id: Row | None) -> Row:
    """Return the row of an invoice to be, Received and with a new id; it is not stored."""
    return {
        "Company": company,
        "Id": 991_000 + state.next("avid.invoice_id"),
        "ExternalId": external_id,
        "Status": "Received",
        "ApproverName": None,
        "RejectionReason": None,
        "ApprovedDate": None,
        "SubmittedDate": None,
        "Images": [],
        "Body": "",
        "Content": "",
        **content,
    }


def store_invoice(state: State, row: Row, at: date | None = None) -> None:
    """Store an invoice as submitted then; enter it under its external id, vendor and number."""
    vendor = vendor_of(state, row["Company"], row["VendorExternalCode"])
    row["VendorName"] = vendor["Name"] if vendor else row.get("VendorName")
    key = str(row["Id"])
    if row["ExternalId"]:
        _enter(state, EXTERNAL_IDS, f"{row['Company']}|{row['ExternalId']['Value']}", key)
    number = number_key(row["Company"], row["VendorExternalCode"], row["InvoiceNumber"])
    _enter(state, NUMBERS, number, key)
    save(state, INVOICES, key, row, at=at, stamped=("SubmittedDate",))


def _enter(state: State, table: str, key: str, invoice_key: str) -> None:
    ids: list[str] = list((state.table(table).get(key) or {}).get("Ids", []))
    if invoice_key not in ids:
        state.table(table).put(key, {"Ids": [*ids, invoice_key]})


def _leave_number(state: State, row: Row) -> None:
    key = number_key(row["Company"], row["VendorExternalCode"], row["InvoiceNumber"])
    ids = (state.table(NUMBERS).get(key) or {}).get("Ids", [])
    state.table(NUMBERS).put(key, {"Ids": [one for one in ids if one != str(row["Id"])]})


def _accept(exchange: Exchange, row: Row, checked: Checked, body: Row) -> None:
    row.update(checked.content)
    row["Submitted"] = dict(checked.content)
    row["Content"] = content_of(body)
    row["Body"] = exchange.request.body.decode("utf-8")
    store_invoice(exchange.state, row)


def replace_invoice(exchange: Exchange) -> Answer:
    """Replace an invoice that is still open; equal content changes nothing."""
    body = json_object(exchange)
    row = find(exchange)
    if row["Status"] not in OPEN:
        return _closed(row)
    external_id = external_id_value(body)
    same_id = bool(row["ExternalId"]) and row["ExternalId"]["Value"] == external_id
    if same_id and row["Content"] == content_of(body):
        return results(result(short(row), []))
    may_copy = avid_idempotency.policy_of(exchange) == "none"
    own_id = str(row["Id"])
    checked = check(exchange.state, exchange.company, body, own_id, may_copy=may_copy)
    checked.errors += forced_errors(exchange)
    if external_id is not None and not same_id:
        checked.errors.insert(0, "External id cannot be changed")
    if checked.errors:
        return results(result(None, checked.errors))
    _leave_number(exchange.state, row)
    row.update(
        Status="Received",
        ApproverName=None,
        RejectionReason=None,
        ApprovedDate=None,
    )
    _accept(exchange, row, checked, body)
    exchange.state.count("avid.invoices_replaced")
    return results(result(short(row), []))


def withdraw_invoice(exchange: Exchange) -> Answer:
    """Delete an invoice that is still open; on a deleted one the same answer again."""
    row = find(exchange)
    if row["Status"] != "Deleted":
        if row["Status"] not in OPEN:
            return _closed(row)
        if exchange.has("item_error"):
            return results(result(None, forced_errors(exchange)))
        row["Status"] = "Deleted"
        save(exchange.state, INVOICES, str(row["Id"]), row)
        exchange.state.count("avid.invoices_withdrawn")
    return results(result(short(row), []))


def closed_error(row: Row) -> str:
    """Return the item error of an invoice that takes no change any more."""
    return f"Invoice can no longer be changed: {row['Status']}"


def _closed(row: Row) -> Answer:
    no_item: Any = None
    return results(result(no_item, [closed_error(row)]))
