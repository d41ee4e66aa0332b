"""What happens to invoices inside AvidXchange: approval, recoding, portal work.

The moves are those of avidxchange.md 2.9.

``invoice`` is an id, an external id, a reference or an invoice number. ``at`` dates a move as told
in ``avid_clock``: a date-time is shown by lists at once, everything else after the lag.
Raises LookupError for an unknown invoice and ValueError for a move the contract does not know.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.sandbox import avid_clock
from core.sandbox.avid_answers import cents
from core.sandbox.avid_exchange import companies
from core.sandbox.avid_invoices import by_external_id, new_invoice, store_invoice
from core.sandbox.avid_rows import CODES, INVOICES, PAYMENTS, save
from core.sandbox.avid_vendors import vendor_of
from core.sandbox.state import Row, State

OPEN = ("Received", "In Approval", "On Hold", "Disputed")
MOVES = {
    "In Approval": ("Received", "On Hold", "Disputed", "Approved"),
    "On Hold": ("In Approval",),
    "Disputed": ("In Approval",),
    "Approved": OPEN,
    "Rejected": OPEN,
    "Deleted": OPEN,
    "Exported": ("Approved",),
}
DEFAULT_APPROVER = "Approver One"
ACCOUNTS = "Accounting Codes"
_HALF = Decimal("0.5")


def find_invoice(state: State, invoice: str | int) -> Row:
    """Return the newest invoice that the text or id names."""
    wanted = str(invoice)
    table = state.table(INVOICES)
    row = table.get(wanted)
    if row is not None:
        return row
    for company in companies(state):
        known = by_external_id(state, company, wanted)
        if known:
            return known[-1]
    named = [
        row for row in table.values() if wanted in (row.get("Reference"), row.get("InvoiceNumber"))
    ]
    if not named:
        raise LookupError(f"no invoice {wanted}")
    return named[-1]


def move(
    state: State,
    invoice: str | int,
    status: str,
    *,
    at: date | None = None,
    stamped: tuple[str, ...] = (),
    **members: Any,
) -> Row:
    """Bring an invoice to a status of the contract and set the members given.

    The members ``stamped`` get the time of the move.
    """
    row = find_invoice(state, invoice)
    present = row["Status"]
    if present == "Received" and status in ("On Hold", "Disputed"):
        present = "In Approval"  # passed through without anybody seeing it
    if present not in MOVES.get(status, ()):
        raise ValueError(f"{present} does not become {status}")
    row.update(members)
    row["Status"] = status
    save(state, INVOICES, str(row["Id"]), row, at=at, stamped=stamped)
    return row


def start_approval(state: State, invoice: str | int, at: date | None = None) -> int:
    """Bring an invoice before its approver."""
    return _id(move(state, invoice, "In Approval", at=at))


def approve(
    state: State,
    invoice: str | int,
    approver: str | None = DEFAULT_APPROVER,
    at: date | None = None,
) -> int:
    """Approve an invoice; an approver of None stays unnamed."""
    dated = ("ApprovedDate",)
    return _id(move(state, invoice, "Approved", at=at, stamped=dated, ApproverName=approver))


def reject(
    state: State,
    invoice: str | int,
    reason: str | None = None,
    approver: str | None = DEFAULT_APPROVER,
    at: date | None = None,
) -> int:
    """Reject an invoice, with a reason or without."""
    return _id(
        move(state, invoice, "Rejected", at=at, ApproverName=approver, RejectionReason=reason)
    )


def hold(state: State, invoice: str | int, at: date | None = None) -> int:
    """Put an invoice on hold."""
    return _id(move(state, invoice, "On Hold", at=at))


def dispute(state: State, invoice: str | int, at: date | None = None) -> int:
    """Put an invoice in dispute."""
    return _id(move(state, invoice, "Disputed", at=at))


def unhold(state: State, invoice: str | int, at: date | None = None) -> int:
    """Take an invoice out of hold or dispute, back to In Approval."""
    if find_invoice(state, invoice)["Status"] not in ("On Hold", "Disputed"):
        raise ValueError("the invoice is neither on hold nor disputed")
    return start_approval(state, invoice, at=at)


def reopen(state: State, invoice: str | int, at: date | None = None) -> int:
    """Bring an approved invoice back to In Approval, its approval taken away."""
    if find_invoice(state, invoice)["Status"] != "Approved":
        raise ValueError("only an approved invoice is re-opened")
    return _id(move(state, invoice, "In Approval", at=at, ApproverName=None, ApprovedDate=None))


def export(state: State, invoice: str | int, at: date | None = None) -> int:
    """Mark an approved invoice as exported."""
    return _id(move(state, invoice, "Exported", at=at))


def delete(state: State, invoice: str | int, at: date | None = None) -> int:
    """Delete an invoice in the portal, as a person there can."""
    return _id(move(state, invoice, "Deleted", at=at))


def set_invoice_status(
    state: State,
    invoice: str | int,
    status: str,
    at: date | None = None,
    *,
    touch: bool = True,
) -> int:
    """Give an invoice any status text, unknown ones too, whatever it was."""
    return change_invoice(state, invoice, {"Status": status}, at, touch=touch)


def change_invoice(
    state: State,
    invoice: str | int,
    fields: dict[str, Any],
    at: date | None = None,
    *,
    touch: bool = True,
) -> int:
    """Change any members of an invoice; ``touch`` false leaves ``LastModified`` as it is."""
    row = find_invoice(state, invoice)
    row.update(fields)
    save(state, INVOICES, str(row["Id"]), row, touch=touch, at=at)
    return _id(row)


def vanish_invoice(state: State, invoice: str | int, at: date | None = None) -> int:
    """Let an invoice answer 404 and be missing from lists from now on."""
    return change_invoice(state, invoice, {"Vanished": True}, at)


def amend(
    state: State,
    invoice: str | int,
    amount: str | None = None,
    vendor: str | None = None,
    number: str | None = None,
    at: date | None = None,
) -> int:
    """Let an approver change amount, vendor or number; the largest line takes the difference.

    The new vendor need not exist: then its name is null.
    """
    row = find_invoice(state, invoice)
    if amount is not None:
        more = Decimal(amount) - Decimal(row["Amount"])
        lines = [dict(line) for line in row["Lines"]]
        largest = max(lines, key=lambda line: abs(Decimal(line["Amount"])))
        largest["Amount"] = cents(Decimal(largest["Amount"]) + more)
        row.update(Amount=cents(Decimal(amount)), Lines=lines)
    if vendor is not None:
        known = vendor_of(state, row["Company"], vendor)
        row.update(VendorExternalCode=vendor, VendorName=known["Name"] if known else None)
    if number is not None:
        row["InvoiceNumber"] = number
    save(state, INVOICES, str(row["Id"]), row, at=at)
    return _id(row)


def recode(state: State, invoice: str | int, how: str = "account", at: date | None = None) -> int:
    """Let an approver recode lines: ``account``, ``split`` (one line in two) or ``add``.

    The sum of the lines stays the invoice's amount.
    """
    row = find_invoice(state, invoice)
    lines = [{**line, "Codes": [dict(code) for code in line["Codes"]]} for line in row["Lines"]]
    first = max(lines, key=lambda line: abs(Decimal(line["Amount"])))
    if how == "account":
        _other_account(state, row, first)
    elif how in ("split", "add"):
        whole = Decimal(first["Amount"])
        part = (whole * _HALF).quantize(Decimal("0.01")) if how == "split" else Decimal("0.00")
        number = max(line["LineNumber"] for line in lines) + 1
        codes = [dict(code) for code in first["Codes"]]
        added = {**first, "LineNumber": number, "Amount": cents(part), "Codes": codes}
        added["Description"] = "Added by the approver"
        first["Amount"] = cents(whole - part)
        _other_account(state, row, added)
        lines.append(added)
    else:
        raise ValueError(f"no way of recoding is called {how}")
    row["Lines"] = lines
    save(state, INVOICES, str(row["Id"]), row, at=at)
    return _id(row)


def _other_account(state: State, row: Row, line: Row) -> None:
    """Give the line the next active account code, if there is one."""
    for code in line["Codes"]:
        if code["GroupName"] != ACCOUNTS:
            continue
        values = sorted(
            one["CodeValue"]
            for one in state.table(CODES).values()
            if one["Company"] == row["Company"] and one["GroupName"] == ACCOUNTS and one["IsActive"]
        )
        later = [value for value in values if value > code["CodeValue"]]
        code["CodeValue"] = (later or values or [code["CodeValue"]])[0]


def insert_foreign_invoice(
    state: State,
    vendor: str,
    number: str,
    amount: str = "100.00",
    status: str = "Approved",
    fields: dict[str, Any] | None = None,
    at: date | None = None,
) -> int:
    """Insert an invoice that did not come through the API: its ``ExternalId`` is null.

    ``fields`` may set any member; ``Company`` among them puts it into another company.
    """
    today = avid_clock.day_of(state, at).isoformat()
    content = {
        "CompanyExternalCode": None,
        "VendorExternalCode": vendor,
        "InvoiceNumber": number,
        "InvoiceDate": today,
        "DueDate": today,
        "PostingDate": None,
        "Amount": cents(Decimal(amount)),
        "CurrencyCode": "USD",
        "Description": None,
        "PONumber": None,
        "Reference": None,
        "AccountNumber": None,
        "Lines": [
            {"LineNumber": 1, "Amount": cents(Decimal(amount)), "Description": None, "Codes": []}
        ],
        **(fields or {}),
    }
    row = new_invoice(state, companies(state)[0], content, None)
    row["Status"] = status
    store_invoice(state, row, at)
    return _id(row)


def restamp(state: State, table: str, key: str | int, seconds_ago: float) -> str:
    """Date the last change of a row into the past and show it at once (avidxchange.md 7.28)."""
    name = {"invoice": INVOICES, "payment": PAYMENTS}[table]
    row = state.table(name).get(str(key))
    if row is None:
        raise LookupError(f"no {table} {key}")
    save(state, name, str(key), row, at=avid_clock.now(state) - timedelta(seconds=seconds_ago))
    return str(row["LastModified"])


def _id(row: Row) -> int:
    return int(row["Id"])
