"""What X3 does with documents: an invoice is entered, posted, paid; a payment is reversed.

Used by company, events and SOAP alike, so that sums and stamps agree (wire contract, 7, 8.6 and
8.12). Callers hold the state's lock and commit.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.sandbox.state import Row, State
from core.sandbox.x3_classes import put, stamp_of, table, touch

CENT = Decimal("0.01")
CREDIT_KINDS = (2, 4)
_OWED_KINDS = (1, 2, 3, 4)
POSTED = 3
OPEN, CLOSED = 1, 2
IN_THE_BANK, ENTERED, UNPAID = 9, 1, 11
TAX_RATES = {
    "NY8": Decimal(8),
    "TX825": Decimal("8.25"),
    "GST5": Decimal(5),
    "QST": Decimal("9.975"),
    "EXE": Decimal(0),
}
# Company currency for one unit of document currency.
RATES = {
    ("USD", "CAD"): Decimal("1.362"),
    ("CAD", "USD"): Decimal("0.7342"),
    ("EUR", "USD"): Decimal("1.0875"),
    ("EUR", "CAD"): Decimal("1.4811"),
}
_SLOTS = (1, 2)
_HEADER_DEFAULTS: Row = {
    "JOU": "PUR",
    "BPRSAC": "SUP",
    **dict.fromkeys(("INVREF", "INVNUM", "DEP", "DPTCOD"), ""),
    "CURTYP": 1,
    "STA": 2,
    "PAZ": 1,
    "ACCNUM": 0,
}


@dataclass(frozen=True)
class Allocation:
    """One line of a payment: so much of this open item; negative for a credit memo's item."""

    item: Row
    amount: Decimal


@dataclass(frozen=True)
class Payment:
    """A payment as it is entered; amounts in ``currency``."""

    site: str
    partner: str
    bank: str
    currency: str
    day: str
    reference: str
    allocations: tuple[Allocation, ...]
    fields: Row = field(default_factory=dict)
    is_deferred: bool = False


def money(value: Any) -> Decimal:
    """Return an amount rounded to cents, half up."""
    return Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)


def enter_invoice(state: State, fields: Row, lines: list[Row], *, stamp: str = "") -> str:
    """Store an invoice with its lines and return its number; sums follow from the lines.

    What is given stands over what would be derived. A line needs ``ACC`` and ``AMTNOTLIN``.
    """
    header = _header(state, fields, stamp or stamp_of(state))
    number = header["NUM"]
    written = [_line(header, place, line) for place, line in enumerate(lines, 1)]
    header.update(_sums(header, written))
    header.update({name: value for name, value in fields.items() if name in header})
    put(state, "PINVOICE", header)
    for line in written:
        put(state, "BPSINVLIG", {"NUM": number, **line, "UPDDATTIM": header["UPDDATTIM"]})
    return str(number)


def may_post(state: State, invoice: Row) -> bool:
    """Say whether an invoice can be posted: of a kind that is owed, with an amount and a term."""
    return (
        invoice["STA"] != POSTED
        and invoice["INVTYP"] in _OWED_KINDS
        and Decimal(invoice["AMTATI"]) > 0
        and bool(term_lines(state, invoice["PTE"], invoice["CPY"]))
    )


def post_invoice(state: State, number: str, *, stamp: str = "") -> list[Row]:
    """Post an invoice and return its new open items; ValueError when it ``may_post`` not."""
    invoice = found(state, "PINVOICE", number)
    if not may_post(state, invoice):
        raise ValueError(f"{number} cannot be posted")
    invoice["STA"] = POSTED
    invoice["ACCNUM"] = state.next("x3.accnum") + 88000
    touch(state, "PINVOICE", invoice, stamp)
    items = _open_items(state, invoice)
    for item in items:
        touch(state, "GACCDUDATE", item, stamp)
    return items


def items_of(state: State, number: str) -> list[Row]:
    """Return the open items of an invoice in order of their due line."""
    invoice = table(state, "PINVOICE").get(number)
    if invoice is None:
        return []
    items = table(state, "GACCDUDATE")
    rows = [items.get(f"{invoice['GTE']}~{number}~1~{line}") for line in range(1, 10)]
    return [row for row in rows if row is not None]


def open_amount(item: Row) -> Decimal:
    """Return what is still to pay of an open item, always positive."""
    return Decimal(item["AMTCUR"]) - Decimal(item["PAYCUR"]) - Decimal(item["TMPCUR"])


def is_credit(item: Row) -> bool:
    """Say whether an open item reduces what is owed."""
    return bool(item["SNS"] > 0)


def enter_payment(state: State, payment: Payment, *, stamp: str = "") -> str:
    """Store a payment with its effect on the open items and return its number.

    Posted at once unless it or the setting ``x3.payment_posting`` is ``deferred``.
    """
    site = found(state, "FACILITY", payment.site)
    setting = state.get_value("x3.payment_posting", "immediate")
    is_deferred = payment.is_deferred or setting == "deferred"
    number = f"PY{payment.site}{state.next('x3.payment.' + payment.site):07d}"
    total = str(money(sum((line.amount for line in payment.allocations), Decimal(0))))
    row: Row = {
        "NUM": number,
        "PAYTYP": "AVIDX",
        "CPY": site["LEGCPY"],
        "FCY": payment.site,
        "BPR": payment.partner,
        "BPRTYP": 2,
        "BAN": payment.bank,
        "CUR": payment.currency,
        **dict.fromkeys(("AMTCUR", "AMTBAN"), total),
        "CURRAT": "1",
        "SNS": 1,
        "ACCDAT": payment.day,
        "DUDDAT": None,
        "VALDAT": payment.day,
        "PAM": "CHQ",
        "REF": payment.reference,
        "DES": "",
        "CHQNUM": "",
        "STA": ENTERED if is_deferred else IN_THE_BANK,
        "PAYMENTD": [],
        **payment.fields,
    }
    for place, line in enumerate(payment.allocations, 1):
        row["PAYMENTD"].append(_payment_line(place, line, payment))
        settle(state, line, "TMP" if is_deferred else "PAY", payment.day, stamp)
    touch(state, "PAYMENTH", row, stamp)
    return number


def settle(state: State, line: Allocation, column: str, day: str, stamp: str = "") -> None:
    """Raise the paid (``PAY``) or provisional (``TMP``) amounts of an item by an allocation.

    A negative allocation of a credit memo's item raises them too (X3 amounts stay positive), of
    an invoice's item it lowers them, as a reversal does.
    """
    item = line.item
    by = -line.amount if is_credit(item) else line.amount
    before = Decimal(item[f"{column}CUR"])
    after = before + by
    item[f"{column}CUR"] = str(money(after))
    whole, whole_local = Decimal(item["AMTCUR"]), Decimal(item["AMTLOC"])
    local = whole_local if after == whole else money(after * whole_local / whole)
    item[f"{column}LOC"] = str(local)
    if column == "PAY":
        item["PAYDAT"] = day if by > 0 else None
        item["FLGCLE"] = CLOSED if after >= whole else OPEN
    touch(state, "GACCDUDATE", item, stamp)


def reverse_payment(state: State, number: str) -> None:
    """Make a payment unpaid: state 11, amounts back, items open; ValueError when it is so."""
    payment = found(state, "PAYMENTH", number)
    if payment["STA"] == UNPAID:
        raise ValueError(f"{number} is reversed")
    column = "TMP" if payment["STA"] == ENTERED else "PAY"
    for line in payment["PAYMENTD"]:
        item = _item_of(state, line)
        settle(state, Allocation(item, -Decimal(line["AMTLIN"])), column, payment["ACCDAT"])
    payment["STA"] = UNPAID
    touch(state, "PAYMENTH", payment)


def post_payment(state: State, number: str) -> None:
    """Post a deferred payment: provisional amounts become final; ValueError when posted."""
    payment = found(state, "PAYMENTH", number)
    if payment["STA"] != ENTERED:
        raise ValueError(f"{number} is not entered")
    for line in payment["PAYMENTD"]:
        item, amount = _item_of(state, line), Decimal(line["AMTLIN"])
        settle(state, Allocation(item, -amount), "TMP", payment["ACCDAT"])
        settle(state, Allocation(item, amount), "PAY", payment["ACCDAT"])
    payment["STA"] = IN_THE_BANK
    touch(state, "PAYMENTH", payment)


def found(state: State, name: str, key: str) -> Row:
    """Return a row that must exist; raises LookupError otherwise."""
    row = table(state, name).get(key)
    if row is None:
        raise LookupError(f"{name} {key}")
    return row


def due_date(start: date, term: Row) -> date:
    """Return the due date of one line of a payment term."""
    month = start.month - 1 + int(term["NBRMON"])
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    due = date(year, month, day) + timedelta(days=int(term["NBRDAY"]))
    if term["ENDMONFLG"] == 1:
        return due
    ahead = due.month if term["ENDMONFLG"] == 2 else due.month - 1  # noqa: PLR2004 - menu 2237
    year, month = due.year + ahead // 12, ahead % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def term_lines(state: State, code: str, company: str) -> list[Row]:
    """Return the lines of a payment term in the company's legislation."""
    legislation = found(state, "COMPANY", company).get("LEG", "USA")
    terms = table(state, "TABPAYTERM")
    rows = [terms.get(f"{code}~{legislation}~{line}") for line in range(1, 7)]
    return [row for row in rows if row is not None]


def _header(state: State, fields: Row, stamp: str) -> Row:
    supplier = found(state, "BPSUPPLIER", str(fields["BPR"]))
    site = found(state, "FACILITY", fields.get("FCY", "US011"))
    company = found(state, "COMPANY", site["LEGCPY"])
    kind, category = int(fields.get("INVTYP", 1)), int(fields.get("PIHTYP", 0))
    day = fields.get("BPRDAT") or state.now().date().isoformat()
    posted_on = fields.get("ACCDAT") or day
    currency = fields.get("CUR") or supplier["CUR"]
    prefix = ("PIH" if category else "BIS") + site["FCY"]
    return {
        **_HEADER_DEFAULTS,
        "NUM": fields.get("NUM") or f"{prefix}{state.next('x3.invoice.' + prefix):07d}",
        "INVTYP": kind,
        "PIHTYP": category,
        "PIVTYP": company["CPY"][:2] + ("INV" if category else "BIS"),
        "GTE": "SPCRM" if kind in CREDIT_KINDS else "SPINV",
        "CPY": company["CPY"],
        "FCY": site["FCY"],
        "BPR": supplier["BPSNUM"],
        **{name: supplier[name] for name in ("BPRPAY", "BPAPAY")},
        "BPRVCR": fields.get("BPRVCR") or f"DOC-{state.next('x3.document'):06d}",
        **dict.fromkeys(("BPRDAT", "STRDUDDAT"), day),
        **dict.fromkeys(("ACCDAT", "RATDAT"), posted_on),
        "CUR": currency,
        "PTE": supplier["PTE"],
        "VAC": supplier["VACBPR"],
        "TWMSTA": 2 if category else 1,
        "SNS": -1 if kind in CREDIT_KINDS else 1,
        "FIY": int(posted_on[:4]) - 2020,
        "PER": int(posted_on[5:7]),
        "RATMLT": [str(RATES.get((currency, company["ACCCUR"]), 1))],
        "RATDIV": ["1"],
        "DES": ["", ""],
        **dict.fromkeys(("CREDATTIM", "UPDDATTIM"), stamp),
    }


def _line(header: Row, place: int, given: Row) -> Row:
    chart = "CAN" if header["CPY"].startswith("CA") else "USA"
    net = money(given["AMTNOTLIN"])
    line: Row = {
        "LIG": place,
        "COA": [chart],
        "FCYLIN": header["FCY"],
        "CPYLIN": header["CPY"],
        "TAX1": "EXE",
        "QTY": "1",
        "UOM": "UN",
        "PURTYP": 1 if given.get("POHNUM") else 3,
        "AMTVAT": "0.00",
        **given,
    }
    line["ACC"] = [line["ACC"]] if isinstance(line["ACC"], str) else line["ACC"]
    line["AMTNOTLIN"] = str(net)
    gross = net
    for slot in _SLOTS:
        code = line.get(f"TAX{slot}") or ""
        tax = money(given.get(f"AMTTAX{slot}", net * TAX_RATES.get(code, Decimal(0)) / 100))
        line[f"AMTTAX{slot}"] = str(tax)
        gross += tax
    line["AMTATILIN"] = given.get("AMTATILIN") or str(gross + money(line["AMTVAT"]))
    return line


def _sums(header: Row, lines: Iterable[Row]) -> Row:
    net = gross = Decimal(0)
    bases: dict[str, Decimal] = {}
    taxes: dict[str, Decimal] = {}
    for line in lines:
        net += Decimal(line["AMTNOTLIN"])
        gross += Decimal(line["AMTATILIN"])
        for slot in _SLOTS:
            code = line.get(f"TAX{slot}") or ""
            if code:
                bases[code] = bases.get(code, Decimal(0)) + Decimal(line["AMTNOTLIN"])
                taxes[code] = taxes.get(code, Decimal(0)) + Decimal(line[f"AMTTAX{slot}"])
    rate = Decimal(header["RATMLT"][0])
    return {
        "AMTNOT": str(money(net)),
        "AMTATI": str(money(gross)),
        "AMTNOTL": str(money(net * rate)),
        "AMTATIL": str(money(gross * rate)),
        "NBRTAX": len(bases),
        "TAX": list(bases),
        "BASTAX": [str(money(value)) for value in bases.values()],
        "AMTTAX": [str(money(value)) for value in taxes.values()],
    }


def _open_items(state: State, invoice: Row) -> list[Row]:
    terms = term_lines(state, invoice["PTE"], invoice["CPY"])
    start = date.fromisoformat(invoice["STRDUDDAT"])
    shares = [Decimal(str(term["DUDPRC"])) for term in terms]
    amounts = _split(Decimal(invoice["AMTATI"]), shares)
    local = _split(Decimal(invoice["AMTATIL"]), shares)
    return [
        {
            "TYP": invoice["GTE"],
            "NUM": invoice["NUM"],
            "LIG": 1,
            "DUDLIG": place,
            "NUMDUD": f"{invoice['ACCNUM']:015d}{place:03d}",
            "ACCNUM": invoice["ACCNUM"],
            **{name: invoice[name] for name in ("CPY", "FCY", "BPR", "BPRPAY", "CUR", "DPTCOD")},
            "BPRTYP": 2,
            "SAC": invoice["BPRSAC"],
            "SNS": -invoice["SNS"],
            "DUDDAT": due_date(start, term).isoformat(),
            "PAM": term["PAM"],
            "PAMTYP": 1,
            "AMTCUR": str(amounts[place - 1]),
            "AMTLOC": str(local[place - 1]),
            **dict.fromkeys(("PAYCUR", "PAYLOC", "TMPCUR", "TMPLOC"), "0.00"),
            "FLGPAZ": invoice["PAZ"],
            "DUDSTA": 2,
            "FLGCLE": OPEN,
            "PAYDAT": None,
        }
        for place, term in enumerate(terms, 1)
    ]


def _split(total: Decimal, shares: list[Decimal]) -> list[Decimal]:
    parts = [money(total * share / 100) for share in shares[:-1]]
    return [*parts, money(total - sum(parts, Decimal(0)))]


def _payment_line(place: int, line: Allocation, payment: Payment) -> Row:
    return {
        "LIN": place,
        "DENCOD": "SUP",
        "VCRTYP": line.item["TYP"],
        "VCRNUM": line.item["NUM"],
        "DUDNUM": line.item["ACCNUM"],
        "DUDLIG": line.item["DUDLIG"],
        "BPRLIN": payment.partner,
        "CURLIN": payment.currency,
        "AMTLIN": str(money(line.amount)),
        "FCYLIN": line.item["FCY"],
    }


def _item_of(state: State, line: Row) -> Row:
    return found(state, "GACCDUDATE", f"{line['VCRTYP']}~{line['VCRNUM']}~1~{line['DUDLIG']}")
