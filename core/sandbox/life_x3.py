"""What happens in X3 by itself or by a person's hand: the demo's notches and named events.

Every event moves the change stamps as X3 does (wire contract, 8.6 and 8.14). Callers hold the
state's lock and commit.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.sandbox import x3_documents, x3_locks
from core.sandbox.company_x3_invoices import Maker
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import CLASSES, MAIN_ENDPOINT, key_of, put, stamp_of, table, touch
from core.sandbox.x3_documents import Allocation, Payment, found

_FEWEST_NEW, _MOST_NEW = 8, 20
_POSTED_SHARE = 0.6
_CHANGED_BY_PERSON_SHARE = 0.15
_YOUNG_DAYS = 75
_PLAIN_SUPPLIER: Row = {
    "ENAFLG": 2,
    "BSGCOD": "USDOM",
    "CUR": "USD",
    "PTE": "US30",
    "VACBPR": "USTAX",
    "BPAPAY": "A01",
    "BPAADD": "A01",
    "PAYLOKFLG": 1,
    "DOUFLG": 1,
    "CRY": "US",
    "CRN": "",
    "EECNUM": "",
}
_PLAIN_ADDRESS: Row = {
    "BPATYP": 1,
    "BPAADD": "A01",
    "BPADES": "Main",
    "BPAADDLIG": ["1 Main Street", "", ""],
    "POSCOD": "60601",
    "CTY": "Chicago",
    "SAT": "IL",
    "CRY": "US",
    "CRYNAM": "United States",
    "TEL": ["3125550100"],
    "BPAADDFLG": 2,
}


def notch(state: State) -> None:
    """Let one step of the demo pass: invoices arrive, some are posted, rarely a level changes."""
    number = state.next("x3.notch")
    chance = random.Random(f"notch:{state.get_value('seed', 1)}:{number}")
    today = state.now().date()
    waiting = [
        row["NUM"]
        for row in table(state, "PINVOICE").values()
        if row["STA"] == 2  # noqa: PLR2004 - menu 509, to validate
        and x3_documents.may_post(state, row)
        and row["ACCDAT"] >= (today - timedelta(days=_YOUNG_DAYS)).isoformat()
    ]
    for invoice in waiting:
        if chance.random() < _POSTED_SHARE:
            post(state, invoice)
    maker = Maker(state, chance)
    for _new in range(chance.randint(_FEWEST_NEW, _MOST_NEW)):
        maker.make(today, stamp_of(state))
    if chance.random() < _CHANGED_BY_PERSON_SHARE and waiting:
        set_level(state, chance.choice(waiting), 3)


def invoice(
    state: State,
    fields: Row,
    lines: list[Row] | None = None,
    *,
    post: bool = False,  # one word in the order of a test
    age_s: float = 0,
) -> str:
    """Enter an invoice, with one plain line when none is given; return its number.

    With ``age_s`` it bears the stamp of so many seconds ago: its transaction began then and
    commits only now, behind the back of who has read on since.
    """
    plain = {"ACC": "61100", "AMTNOTLIN": "100.00", "DIE1": "DPT", "CCE1": "ADM"}
    stamp = _stamp_before(state, age_s)
    rows = [dict(one) for one in lines or [plain]]
    number = x3_documents.enter_invoice(state, fields, rows, stamp=stamp)
    if post:
        x3_documents.post_invoice(state, number, stamp=stamp)
    return number


def post(state: State, number: str) -> int:
    """Post an invoice; return how many open items it has now."""
    return len(x3_documents.post_invoice(state, number))


def supplier(state: State, fields: Row) -> str:
    """Enter or change a supplier with an address; return its code."""
    code = str(fields["BPSNUM"])
    known = table(state, "BPSUPPLIER").get(code)
    own = {"BPSNUM": code, "BPSNAM": f"Supplier {code}", "BPSSHO": code}
    linked = {"BPRPAY": code, "BPSINV": code}
    touch(
        state,
        "BPSUPPLIER",
        {**_PLAIN_SUPPLIER, **own, **linked, **(known or {}), **fields},
    )
    if known is None:
        mail = {"BPANUM": code, "WEB": [f"ar{code}@supplier.example"]}
        touch(state, "BPADDRESS", {**_PLAIN_ADDRESS, **mail})
    return code


def change_invoice(
    state: State, number: str, fields: Row | None = None, lines: dict[str, Row] | None = None
) -> None:
    """Change an invoice's header, and lines by their number; sums are not made anew."""
    row = found(state, "PINVOICE", number)
    row.update(fields or {})
    for place, change in (lines or {}).items():
        line = found(state, "BPSINVLIG", f"{number}~{place}")
        line.update(change)
        touch(state, "BPSINVLIG", line)
    touch(state, "PINVOICE", row)


def cancel_invoice(state: State, number: str) -> None:
    """Delete an invoice with its lines and open items, as X3 does without a trace."""
    row = found(state, "PINVOICE", number)
    for item in x3_documents.items_of(state, number):
        table(state, "GACCDUDATE").delete(key_of("GACCDUDATE", item))
    lines = table(state, "BPSINVLIG")
    for key in [key for key, line in lines.items() if line["NUM"] == number]:
        lines.delete(key)
    table(state, "PINVOICE").delete(row["NUM"])


def pay_by_hand(
    state: State, number: str, amount: str = "", reference: str = "", day: str = ""
) -> str:
    """Pay an invoice in X3, whole or in part, oldest due first; return the payment's number.

    Raises:
        ValueError: Nothing is open.
    """
    row = found(state, "PINVOICE", number)
    items = [item for item in x3_documents.items_of(state, number) if item["FLGCLE"] == 1]
    whole = sum((x3_documents.open_amount(item) for item in items), Decimal(0))
    left = Decimal(amount) if amount else whole
    allocations = []
    for item in items:
        part = min(left, x3_documents.open_amount(item))
        if part > 0:
            sign = -1 if x3_documents.is_credit(item) else 1
            allocations.append(Allocation(item, part * sign))
            left -= part
    if not allocations:
        raise ValueError(f"nothing is open on {number}")
    return x3_documents.enter_payment(
        state,
        Payment(
            site=row["FCY"],
            partner=row["BPR"],
            bank="CABNK" if row["CPY"].startswith("CA") else "USBNK",
            currency=row["CUR"],
            day=day or state.now().date().isoformat(),
            reference=reference or f"HAND{state.next('x3.hand'):05d}",
            allocations=tuple(allocations),
            fields={"PAYTYP": "CHECK"},
        ),
    )


def lock(state: State, number: str, seconds: float = 60.0, of: str = "PINVOICE") -> None:
    """Hold a record for some seconds: PINVOICE, GACCDUDATE (by invoice number) or BPSUPPLIER."""
    x3_locks.lock(state, of, number, seconds)


def unlock(state: State, number: str, of: str = "PINVOICE") -> None:
    """Release a held record."""
    x3_locks.unlock(state, of, number)


def set_period(state: State, company: str, day: str, status: int = 3) -> None:
    """Close (3), open (2) or not open (1) the period that holds this day, in the legal ledger."""
    date.fromisoformat(day)
    for row in table(state, "PERIOD").values():
        if (row["CPY"], row["LEDTYP"]) == (company, 1) and row["PERSTR"] <= day <= row["PEREND"]:
            row["PERSTA"] = status
            touch(state, "PERIOD", row)
            return
    raise LookupError(f"no period of {company} holds {day}")


def hold_supplier(state: State, code: str, *, held: bool = True) -> None:
    """Hold a supplier's payments, or release them."""
    row = found(state, "BPSUPPLIER", code)
    row["PAYLOKFLG"] = 2 if held else 1
    touch(state, "BPSUPPLIER", row)


def set_level(state: State, number: str, level: int) -> None:
    """A person sets the payment approval: of the header before posting, of the items after it."""
    row = found(state, "PINVOICE", number)
    if row["STA"] != x3_documents.POSTED:
        row["PAZ"] = level
        touch(state, "PINVOICE", row)
        return
    for item in x3_documents.items_of(state, number):
        if item["FLGCLE"] == x3_documents.OPEN:
            item["FLGPAZ"] = level
            touch(state, "GACCDUDATE", item)


def touch_row(
    state: State, name: str, key: str, fields: Row | None = None, age_s: float = 0
) -> None:
    """Move a record's change stamp, to ``age_s`` seconds ago; with fields, change them as well."""
    row = found(state, name, key)
    row.update(fields or {})
    touch(state, name, row, _stamp_before(state, age_s))


def drift(state: State, name: str, endpoint: str, pair: tuple[Row, Row], how: str) -> None:
    """Change the data between two pages of a reader; ``pair`` is the last row read and the next.

    ``next``: the next row changes and so moves behind all others. ``seen``: the row just read
    does. ``deleted``: the next row goes. ``new``: a record appears with the stamp of now.
    ``late``: one appears with a stamp before the row just read.

    Raises:
        ValueError: Another word.
    """
    read, following = pair
    if how in ("next", "seen"):
        row = following if how == "next" else read
        row["UPDDATTIM"] = stamp_of(state)
        put(state, name, row, endpoint)
    elif how == "deleted":
        table(state, name, endpoint).delete(key_of(name, following))
    elif how in ("new", "late"):
        stamp = stamp_of(state) if how == "new" else _second_before(str(read["UPDDATTIM"]))
        _appear(state, name, endpoint, read, stamp)
    else:
        raise ValueError(f"unknown way to drift: {how}")


def _appear(state: State, name: str, endpoint: str, like: Row, stamp: str) -> None:
    """Enter a record of a class: an invoice where there are documents, else one like another."""
    if name in ("PINVOICE", "BPSINVLIG", "GACCDUDATE") and endpoint == MAIN_ENDPOINT:
        supplier_code = next(iter(table(state, "BPSUPPLIER").keys()))
        lines = [{"ACC": "61100", "AMTNOTLIN": "100.00", "DIE1": "DPT", "CCE1": "ADM"}]
        number = x3_documents.enter_invoice(state, {"BPR": supplier_code}, lines, stamp=stamp)
        if name == "GACCDUDATE":
            x3_documents.post_invoice(state, number, stamp=stamp)
        return
    keys = CLASSES[name].keys
    column = next((key for key in reversed(keys) if CLASSES[name].query[key] == "C"), keys[0])
    code = f"{like[column]}-{state.next('x3.drift')}"
    put(state, name, {**like, column: code, "UPDDATTIM": stamp}, endpoint)


def _stamp_before(state: State, seconds: float) -> str:
    """Return the stamp of so many seconds ago; nothing, which is now, for 0."""
    moment = state.now() - timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else ""


def _second_before(stamp: str) -> str:
    moment = datetime.fromisoformat(stamp) - timedelta(seconds=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def put_row(
    state: State, name: str, row: Row, endpoint: str = MAIN_ENDPOINT, *, stamped: bool = True
) -> str:
    """Store any row of any class as it is, in any folder; return its key."""
    if stamped:
        row.setdefault("UPDDATTIM", stamp_of(state))
    put(state, name, row, endpoint)
    return key_of(name, row)


def delete_row(state: State, name: str, key: str) -> None:
    """Delete any record, without a trace."""
    table(state, name).delete(key)


def endpoint(state: State, name: str) -> None:
    """Add an empty folder."""
    names = state.get_value("x3.endpoints", [MAIN_ENDPOINT])
    state.set_value("x3.endpoints", [*names, name])


EVENTS: dict[str, Callable[..., Any]] = {
    "invoice": invoice,
    "post": post,
    "supplier": supplier,
    "change_invoice": change_invoice,
    "cancel_invoice": cancel_invoice,
    "pay_by_hand": pay_by_hand,
    "reverse_payment": x3_documents.reverse_payment,
    "post_payment": x3_documents.post_payment,
    "lock": lock,
    "unlock": unlock,
    "close_period": set_period,
    "hold_supplier": hold_supplier,
    "set_level": set_level,
    "touch": touch_row,
    "row": put_row,
    "delete_row": delete_row,
    "endpoint": endpoint,
}
