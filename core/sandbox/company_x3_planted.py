"""The planted invoices of the demo company: one for each thing that may be wrong with a document.

``INVREF`` of the invoice names the case. Suppliers and codes used here are those of
``company_x3``; the invoices themselves are made by ``company_x3_invoices``.
"""

from decimal import Decimal
from typing import Any

from core.sandbox.state import Row, State
from core.sandbox.x3_classes import put, table
from core.sandbox.x3_documents import CENT

# Case: what is changed in the header (lower case words are read by ``company_x3_invoices``).
_HEADERS: dict[str, Row] = {
    "ROUNDING": {},
    "SUM-OFF": {},
    "ZERO-AMOUNT": {},
    "LARGE-AMOUNT": {},
    "INACTIVE-ACCOUNT": {},
    "EXPIRED-ACCOUNT": {},
    "INACTIVE-DIMENSION": {},
    "NO-DEPARTMENT": {},
    "DISTRIBUTED": {},
    "HELD-SUPPLIER": {"BPR": "0116"},
    "INACTIVE-SUPPLIER": {"BPR": "0120"},
    "DISPUTED-SUPPLIER": {"BPR": "0131"},
    "OTHER-PAY-TO": {"BPR": "0106", "BPRPAY": "0109"},
    "BLOCKED-MATCH": {"TWMSTA": 4},
    "ORDER-UNKNOWN": {},
    "ORDER-OF-ANOTHER": {},
    "SEVERAL-ORDERS": {},
    "SAME-DOCUMENT": {"BPR": "0105", "BPRVCR": "SAME-4711"},
    "NEAR-DUPLICATE": {"BPR": "0106"},
    "NO-DOCUMENT": {"BPRVCR": " "},
    "EURO": {"CUR": "EUR"},
    "ZERO-TAX": {},
    "MULTI-TAX": {},
    "UNKNOWN-TERM": {"PTE": "OLD90"},
    "UNKNOWN-KIND": {"INVTYP": 6},
}
_REPEATED = {"ROUNDING": 3, "SAME-DOCUMENT": 2, "NEAR-DUPLICATE": 2}
PLANTED = tuple(name for name in _HEADERS for _ in range(_REPEATED.get(name, 1)))
WITH_ORDER = frozenset({"BLOCKED-MATCH", "ORDER-UNKNOWN", "ORDER-OF-ANOTHER", "SEVERAL-ORDERS"})
WITHOUT_ORDER = frozenset({"NO-DEPARTMENT", "NEAR-DUPLICATE"})
UNKNOWN_ORDER = "POUS0119999999"
_FIRST_LINE: dict[str, Row] = {
    "INACTIVE-ACCOUNT": {"ACC": "69990"},
    "EXPIRED-ACCOUNT": {"ACC": "69980"},
    "INACTIVE-DIMENSION": {"CCE1": "OLD"},
    "DISTRIBUTED": {"DSP": "D50", "CCE1": ""},
    "NO-DEPARTMENT": {"CCE1": ""},
    "LARGE-AMOUNT": {"AMTNOTLIN": "480000.00"},
    "ORDER-UNKNOWN": {"POHNUM": UNKNOWN_ORDER},
}
_EVERY_LINE: dict[str, Row] = {
    "ZERO-AMOUNT": {"AMTNOTLIN": "0.00"},
    "ZERO-TAX": {"TAX1": "EXE", "TAX2": ""},
}


def header_of(case: str) -> dict[str, Any]:
    """Return the header fields that make the case; empty for an ordinary invoice."""
    return dict(_HEADERS.get(case, {}))


def bend_lines(state: State, case: str, fields: Row, lines: list[Row]) -> None:
    """Change the lines of a new invoice into the case."""
    for line in lines:
        line.update(_EVERY_LINE.get(case, {}))
    lines[0] |= _FIRST_LINE.get(case, {})
    if case == "MULTI-TAX":
        for place, line in enumerate(lines):
            line.update(TAX1="EXE" if place % 2 else "NY8", TAX2="GST5")
    elif case == "NEAR-DUPLICATE":
        lines[1:] = []
        lines[0] |= {"AMTNOTLIN": "777.77", "ACC": "62100", "CCE1": "ADM"}
    elif case in ("ORDER-OF-ANOTHER", "SEVERAL-ORDERS"):
        wants_own = case == "SEVERAL-ORDERS"
        other = next(
            row["POHNUM"]
            for row in table(state, "PORDER").values()
            if (row["BPSNUM"] == fields["BPR"]) == wants_own
            and row["POHNUM"] != lines[0]["POHNUM"]
            and row["CPY"] == "US10"
        )
        lines[0]["POHNUM"] = other


def bend_invoice(state: State, case: str, number: str) -> None:
    """Change the stored invoice into the case, where its sums are what is wrong."""
    off = {"ROUNDING": CENT, "SUM-OFF": Decimal("12.50")}.get(case)
    invoice = table(state, "PINVOICE").get(number)
    if off is None or invoice is None:
        return
    for name in ("AMTATI", "AMTATIL"):
        invoice[name] = str(Decimal(invoice[name]) + off)
    put(state, "PINVOICE", invoice)
