"""What happens once in the demo so that every kind of trouble with a document can be seen there.

Each happening waits until a document it needs is there and then comes once, one notch at a time:
the demo is moved on from run to run. Only a demo asks for them (the value ``demo.happenings``);
what is wrong with invoices of the first day is planted by ``company_x3_planted``. What needs a
file (ATT-01) cannot be planted in a table.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

from core.sandbox import (
    avid_clock,
    avid_invoices,
    avid_moves,
    avid_pay,
    avid_payment_moves,
    company_avid,
    life_x3,
)
from core.sandbox.avid_codes import put_code
from core.sandbox.avid_exchange import companies
from core.sandbox.avid_rows import CODES, INVOICES, PAYMENTS
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import table, touch
from core.sandbox.x3_documents import items_of

ASKED = "demo.happenings"
_DONE = "demo.happened"
_PER_NOTCH = 6
_POSTED = 3  # menu 509
_YES = 2  # menu 1
_OFTEN = ("61100", "62100", "63100")  # accounts that most lines have
_LONG_AGO = timedelta(days=5)  # more than the three days a payment waits for its invoice
_EARLY = ("Received", "In Approval")


def notch(state: State) -> None:
    """Let up to six happenings come that have not come yet. Does not commit."""
    if not state.get_value(ASKED, default=False):
        return
    done: list[str] = list(state.get_value(_DONE, []))
    come = 0
    for name, happen in HAPPENINGS.items():
        if name in done or come >= _PER_NOTCH:
            continue
        if happen(state):
            done.append(name)
            come += 1
    state.set_value(_DONE, done)


# Which documents


def _ours(state: State, *statuses: str, is_posted: bool | None = None) -> Iterator[Row]:
    """Return invoices that came from X3 and have one of these statuses, the oldest first.

    None of them has been paid or was chosen by an earlier happening.
    """
    paid, used = avid_pay.standing(state), set(state.get_value("demo.used", []))
    for row in list(state.table(INVOICES).values()):
        invoice = table(state, "PINVOICE").get(str(row["Reference"]))
        if row["Status"] not in statuses or not row["ExternalId"] or invoice is None:
            continue
        if row["Id"] in used or paid.get(row["Id"]) or Decimal(row["Amount"]) <= 0:
            continue
        if is_posted is None or (invoice["STA"] == _POSTED) is is_posted:
            yield row


def _one(state: State, *statuses: str, is_posted: bool | None = None) -> Row | None:
    """Return the first of them and never again, or None."""
    row = next(_ours(state, *statuses, is_posted=is_posted), None)
    if row is not None:
        state.set_value("demo.used", [*state.get_value("demo.used", []), row["Id"]])
    return row


def _posted_payment(state: State, *statuses: str) -> Row | None:
    """Return a payment with one of these statuses that X3 holds whole, or None."""
    known = {row["REF"] for row in table(state, "PAYMENTH").values()}
    return next(
        (
            row
            for row in state.table(PAYMENTS).values()
            if row["Status"] in statuses
            and f"AVD{row['PaymentId']}" in known
            and not any(Decimal(one["Discount"]) for one in row["Remittances"])
        ),
        None,
    )


def _supplier(state: State) -> str:
    """Return a supplier whose invoices go through: of the first of ours; empty before one came."""
    ours = (
        row
        for row in state.table(INVOICES).values()
        if row["ExternalId"] and str(row["CompanyExternalCode"]) == "US10"
    )
    row = next(ours, None)
    return str(_invoice(state, row)["BPR"]) if row else ""


def _entered(
    state: State, fields: Row, *, post: bool = False, lines: list[Row] | None = None
) -> bool:
    """Enter an invoice of a known supplier; False while AvidXchange has none of ours yet."""
    supplier = _supplier(state)
    if not supplier:
        return False
    life_x3.invoice(state, {"BPR": supplier, **fields}, lines or [_line(state)], post=post)
    return True


def _line(state: State, amount: str = "") -> Row:
    """Return a line of an amount that no other invoice has, or of this one."""
    given = amount or f"{640 + state.next('demo.amount') * 13}.07"
    return {"ACC": "61100", "AMTNOTLIN": given, "DIE1": "DPT", "CCE1": "ADM"}


# Invoices that are not sent


def _without_decimals(state: State) -> bool:
    return _entered(state, {"CUR": "JPY", "INVREF": "YEN"})


def _too_long(state: State) -> bool:
    return _entered(state, {"BPRVCR": "SCAN-" + "0123456789" * 5, "INVREF": "LONG-NUMBER"})


def _very_large(state: State) -> bool:
    """Enter one above the ceiling of the demo's settings."""
    return _entered(state, {"INVREF": "VERY-LARGE"}, lines=[_line(state, "268450.00")])


def _held_back(state: State) -> bool:
    """Enter one that falls due in two parts, the second held back until the work is accepted."""
    if not _entered(state, {"PTE": "US2X50", "INVREF": "HOLDBACK"}, post=True):
        return False
    number = next(r["NUM"] for r in table(state, "PINVOICE").values() if r["INVREF"] == "HOLDBACK")
    last = items_of(state, number)[-1]
    touch(state, "GACCDUDATE", {**last, "PAMTYP": 3})
    return True


def _in_a_period_to_come(state: State) -> bool:
    """Enter one whose accounting date was mistyped by some months."""
    day = (avid_clock.now(state).date() + timedelta(days=100)).isoformat()
    return _entered(state, {"ACCDAT": day, "INVREF": "PERIOD-TO-COME"})


def _on_a_retired_code(state: State) -> bool:
    """Enter one on an account whose code is inactive in AvidXchange, or is made so now."""
    company, group = companies(state)[0], company_avid.ACCOUNTS
    accounts = {(row["COA"], row["ACC"]): row for row in table(state, "GACCOUNT").values()}
    found: list[tuple[bool, str, Row]] = []
    for row in state.get_value(company_avid.MAPPING, {}).get("gl", ()):
        account = accounts.get((row["chart"], row["x3_account"]), {})
        code = state.table(CODES).get(f"{company}|{group}|{row['avid_code']}")
        is_usable = row["chart"] == "USA" and account.get("ENAFLG", _YES) == _YES
        if is_usable and code and row["x3_account"] not in _OFTEN:
            found.append((bool(code["IsActive"]), row["x3_account"], code))
    if not found:
        return False
    is_active, number, code = min(found, key=lambda entry: entry[:2])
    if not _entered(state, {"INVREF": "RETIRED-CODE"}, lines=[{**_line(state), "ACC": number}]):
        return False
    if is_active:
        put_code(state, company, group, code["CodeValue"], code["Description"], active=False)
    return True


def _answer_is_lost(state: State) -> bool:
    """Enter one that AvidXchange has under our reference already and shows nobody."""
    if not _entered(state, {"INVREF": "LOST-ANSWER"}):
        return False
    invoices = table(state, "PINVOICE").values()
    number = next(row["NUM"] for row in invoices if row["INVREF"] == "LOST-ANSWER")
    ours = next(row for row in state.table(INVOICES).values() if row["ExternalId"])
    parts = ours["ExternalId"]["Value"].split("|")
    reference = "|".join([*parts[:2], "US10", number, "1"])
    hidden = avid_moves.insert_foreign_invoice(
        state, ours["VendorExternalCode"], f"LOST-{number}", "1.00", "Received"
    )
    row = state.table(INVOICES).get(str(hidden)) or {}
    row["ExternalId"] = {**ours["ExternalId"], "Value": reference}
    avid_invoices.store_invoice(state, row)
    avid_moves.vanish_invoice(state, hidden)
    return True


def _remit_address_moves(state: State) -> bool:
    """Move the address to pay to, and enter an invoice that would be paid there."""
    row = _one(state, "Approved", "In Approval", "Received")
    if row is None:
        return False
    supplier = table(state, "BPSUPPLIER").get(str(_invoice(state, row)["BPR"])) or {}
    address = next(
        one
        for one in table(state, "BPADDRESS").values()
        if (one["BPANUM"], one["BPAADD"]) == (supplier["BPSNUM"], supplier["BPAPAY"])
    )
    touch(state, "BPADDRESS", {**address, "BPAADDLIG": ["PO Box 99", "", ""]})
    life_x3.invoice(state, {"BPR": supplier["BPSNUM"], "INVREF": "NEW-ADDRESS"}, [_line(state)])
    return True


def _invoice(state: State, row: Row) -> Row:
    """Return the X3 invoice that one in AvidXchange was made from."""
    return table(state, "PINVOICE").get(str(row["Reference"])) or {}


# Invoices that were sent


def _rejected(state: State) -> bool:
    return _with(state, lambda row: avid_moves.reject(state, row["Id"], "Not ordered"), *_EARLY)


def _recoded(state: State) -> bool:
    def recode(row: Row) -> None:
        avid_moves.recode(state, row["Id"], "split")
        avid_moves.approve(state, row["Id"])

    return _with(state, recode, *_EARLY)


def _deleted_there(state: State) -> bool:
    return _with(state, lambda row: avid_moves.delete(state, row["Id"]), *_EARLY)


def _taken_back_in_x3(state: State) -> bool:
    """Enter the credit memo that takes the whole of an invoice back."""

    def take_back(row: Row) -> None:
        original = {"INVTYP": 2, "INVNUM": row["Reference"], "FCY": _invoice(state, row)["FCY"]}
        fields = {"BPR": _invoice(state, row)["BPR"], "CUR": row["CurrencyCode"], **original}
        life_x3.invoice(state, fields, [_line(state, str(row["Amount"]))])

    return _with(state, take_back, *_EARLY)


def _unknown_status(state: State) -> bool:
    def ask(row: Row) -> None:
        avid_moves.set_invoice_status(state, row["Id"], "Under legal review")

    return _with(state, ask, *_EARLY)


def _changed_after_approval(state: State) -> bool:
    def change(row: Row) -> None:
        fields = {"BPRVCR": f"{row['InvoiceNumber']}-B"}
        life_x3.change_invoice(state, row["Reference"], fields)

    return _with(state, change, "Approved", "Exported")


def _level_by_a_person(state: State) -> bool:
    def set_level(row: Row) -> None:
        life_x3.set_level(state, row["Reference"], 3)

    return _with(state, set_level, "Approved", is_posted=True)


def _paid_in_part_by_hand(state: State) -> bool:
    def pay(row: Row) -> None:
        life_x3.pay_by_hand(state, row["Reference"], "1.00")

    return _with(state, pay, "Approved", is_posted=True)


def _with(
    state: State, happen: Callable[[Row], object], *statuses: str, is_posted: bool | None = None
) -> bool:
    row = _one(state, *statuses, is_posted=is_posted)
    if row is not None:
        happen(row)
    return row is not None


# Payments


def _discount_taken(state: State) -> bool:
    def pay(row: Row) -> None:
        avid_pay.pay(state, [row["Id"]], discounts=["0.50"], status="Issued to Supplier")

    return _with(state, pay, "Approved", is_posted=True)


def _paid_before_posting(state: State) -> bool:
    """Pay an invoice that X3 will not post by itself, and let some days pass."""
    row = _one(state, "Approved", is_posted=False)
    if row is None:
        return False
    touch(
        state, "PINVOICE", {**_invoice(state, row), "PTE": "OLD90"}
    )  # a term nobody knows is not posted
    payment = avid_pay.pay(state, [row["Id"]], status="Cleared")
    day = (avid_clock.now(state).date() - _LONG_AGO).isoformat()
    dates = dict.fromkeys(("PaymentDate", "ClearedDate", "StatusDate"), day)
    avid_payment_moves.change_payment(state, payment, dates)
    return True


def _void_after_posting(state: State) -> bool:
    row = _posted_payment(state, "Issued to Supplier")
    if row is not None:
        avid_payment_moves.void(state, row["PaymentId"], "Cancelled by the buyer")
    return row is not None


def _returned(state: State) -> bool:
    row = _posted_payment(state, "Cleared", "ACH Credit Issued")
    if row is not None:
        avid_payment_moves.return_(state, row["PaymentId"])
    return row is not None


#: In the order in which they come; what needs more of a history stands last.
HAPPENINGS: dict[str, Callable[[State], bool]] = {
    "CUR-01": _without_decimals,
    "FIT-01": _too_long,
    "LIM-01": _very_large,
    "DUE-02": _held_back,
    "PER-01": _in_a_period_to_come,
    "MAP-05": _on_a_retired_code,
    "DBT-01": _answer_is_lost,
    "REJ-01": _rejected,
    "REC-01": _recoded,
    "DEL-02": _deleted_there,
    "DEL-01": _taken_back_in_x3,
    "UNK-01": _unknown_status,
    "BNK-01": _remit_address_moves,
    "CHG-01": _changed_after_approval,
    "LVL-01": _level_by_a_person,
    "BAL-01": _paid_in_part_by_hand,
    "PAY-01": _discount_taken,
    "PER-02": _paid_before_posting,
    "VOI-01": _void_after_posting,
    "RET-01": _returned,
}
