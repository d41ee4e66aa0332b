"""Payments through SOAP: save with its checks in the contract's order, query, read.

Sources: wire contract 5.5, 8.11 to 8.13 and clarifications 5, 13 and 19.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.sandbox.state import Row, State
from core.sandbox.x3_classes import table
from core.sandbox.x3_documents import (
    OPEN,
    Allocation,
    Payment,
    enter_payment,
    is_credit,
    money,
    open_amount,
)
from core.sandbox.x3_locks import is_locked
from core.sandbox.x3_soap_frame import (
    Result,
    SoapCall,
    elements,
    field_xml,
    group_xml,
    local_name,
    parsed,
    refused,
    result_xml,
)

PAID_STATES = {1: "Entered", 9: "In the bank", 11: "Unpaid"}
_ACTIVE, _HELD, _AUTHORIZED = 2, 2, 4
_PERIOD_OPEN, _PERIOD_CLOSED = 2, 3
_REFERENCE_LENGTH = 20
_AMOUNT = re.compile(r"-?\d{1,13}(?:\.\d{1,2})?")
_GRID = "PAY1_4"
_SETTINGS = {"x3.save_demands_level": "level_demanded", "x3.save_refuses_held": "held_refused"}


class _Refused(Exception):
    """A check failed; the text is the message of the answer."""


@dataclass(frozen=True)
class _Form:
    """The fields of a payment as they were sent, and the rules of the site that hold for it."""

    head: dict[str, str]
    lines: list[dict[str, str]]
    rules: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        return self.head.get(name, "")


def save(state: State, call: SoapCall, kinds: frozenset[str]) -> Result:
    """Check a payment and post it; nothing is stored when a check fails.

    ``kinds`` may hold ``level_demanded``, ``held_refused`` and ``deferred_posting``; the settings
    ``x3.save_demands_level`` and ``x3.save_refuses_held`` do as the first two.
    """
    rules = set(kinds)
    for name, rule in _SETTINGS.items():
        if state.get_value(name, default=False):
            rules.add(rule)
    form = replace(_form(call.payload), rules=frozenset(rules))
    try:
        _check_locks(state, form)
        payment = _checked(state, form)
    except _Refused as refusal:
        return refused(str(refusal))
    number = enter_payment(state, payment)
    state.count("x3.payments_saved")
    return Result(_payment_xml(table(state, "PAYMENTH").get(number) or {}))


def read(state: State, call: SoapCall) -> Result:
    """Return one payment by its number."""
    row = table(state, "PAYMENTH").get(call.keys.get("NUM", "").strip())
    return refused("721 : Record does not exist") if row is None else Result(_payment_xml(row))


def query(state: State, call: SoapCall, how: str) -> Result:
    """Return the payments with this ``REF``: exact, from a start value on, or the whole list."""
    wanted = call.keys.get("REF", "").strip()
    number = call.keys.get("NUM", "").strip()
    rows = sorted(table(state, "PAYMENTH").values(), key=lambda row: (row["REF"], row["NUM"]))
    if how == "query_start_value":
        rows = [row for row in rows if row["REF"] >= wanted]
    elif how == "exact":
        rows = [
            row
            for row in rows
            if (not wanted or row["REF"].strip() == wanted) and number in ("", row["NUM"])
        ]
    lines = [
        "".join(
            (
                field_xml("NUM", "Char", row["NUM"]),
                field_xml("REF", "Char", row["REF"]),
                field_xml("ACCDAT", "Date", row["ACCDAT"]),
                field_xml("BPR", "Char", row["BPR"]),
                field_xml("CUR", "Char", row["CUR"]),
                field_xml("AMTCUR", "Decimal", row["AMTCUR"]),
                field_xml("STA2", "Integer", row["STA"], (689, PAID_STATES[row["STA"]])),
            )
        )
        for row in rows[: call.list_size]
    ]
    return Result(list_xml(lines, call.list_size))


def list_xml(lines: list[str], size: int) -> str:
    """Return a list result: ``LIN`` directly under ``RESULT``."""
    attributes = f' DIM="{size}" SIZE="{len(lines)}"'
    if not lines:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<RESULT{attributes}/>'
    numbered = (f'<LIN NUM="{place}">{line}</LIN>' for place, line in enumerate(lines, 1))
    return result_xml("".join(numbered), attributes)


def _form(payload: str) -> _Form:
    blocks: dict[str, dict[str, str]] = {}
    lines: list[dict[str, str]] = []
    for block in elements(parsed(payload)):
        if local_name(block) == "GRP":
            blocks.setdefault(block.get("ID", ""), {}).update(
                {one.get("NAME", ""): (one.text or "").strip() for one in elements(block)}
            )
        elif local_name(block) == "TAB" and block.get("ID") == _GRID:
            lines += [
                {one.get("NAME", ""): (one.text or "").strip() for one in row} for row in block
            ]
    return _Form({**blocks.get("PAY1_1", {}), **blocks.get("PAY1_2", {})}, lines)


def _check_locks(state: State, form: _Form) -> None:
    if is_locked(state, "BPSUPPLIER", form.text("BPR")):
        raise _Refused("Locked record")
    for line in form.lines:
        if is_locked(state, "GACCDUDATE", line.get("VCRNUM", "")):
            raise _Refused("Locked record")


def _checked(state: State, form: _Form) -> Payment:
    site = _active(state, "FCY", "FACILITY", form.text("FCY"))
    supplier = _active(state, "BPR", "BPSUPPLIER", form.text("BPR"))
    company = str(site["LEGCPY"])
    if _active(state, "BAN", "BANK", form.text("BAN"))["CPY"] != company:
        raise _Refused("BAN : Incorrect value")
    _active(state, "CUR", "TABCUR", form.text("CUR"))
    if "held_refused" in form.rules and supplier["PAYLOKFLG"] == _HELD:
        raise _Refused("BPR : Payments on hold")
    if len(form.text("REF")) > _REFERENCE_LENGTH:
        raise _Refused("REF : Incorrect value")
    day = _day(form.text("ACCDAT"))
    _check_period(state, company, day)
    total = _amount(form.text("AMTCUR"), "AMTCUR")
    if total <= 0 or not form.lines:
        raise _Refused("AMTCUR : Total not allocated")
    allocations = _allocations(state, form, company)
    if sum((line.amount for line in allocations), Decimal(0)) != total:
        raise _Refused("AMTCUR : Total not allocated")
    extra = {"DES": form.text("DES"), "CHQNUM": form.text("CHQNUM")}
    return Payment(
        site=form.text("FCY"),
        partner=form.text("BPR"),
        bank=form.text("BAN"),
        currency=form.text("CUR"),
        day=day,
        reference=form.text("REF"),
        allocations=tuple(allocations),
        fields=extra,
        is_deferred="deferred_posting" in form.rules,
    )


def _active(state: State, shown: str, name: str, key: str) -> Row:
    row = table(state, name).get(key)
    if row is None:
        raise _Refused(f"{shown} : Record does not exist")
    if row.get("ENAFLG", _ACTIVE) != _ACTIVE:
        raise _Refused(f"{shown} : Inactive record")
    return row


def _day(text: str) -> str:
    if re.fullmatch(r"\d{8}", text):
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
        except ValueError as error:
            raise _Refused("ACCDAT : Incorrect value") from error
    raise _Refused("ACCDAT : Incorrect value")


def _amount(text: str, shown: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise _Refused(f"{shown} : Incorrect value")
    return Decimal(text)


def _check_period(state: State, company: str, day: str) -> None:
    for period in table(state, "PERIOD").values():
        if (
            period["CPY"] == company
            and period["LEDTYP"] == 1
            and period["PERSTR"] <= day <= period["PEREND"]
        ):
            if period["PERSTA"] == _PERIOD_OPEN:
                return
            if period["PERSTA"] == _PERIOD_CLOSED:
                raise _Refused("ACCDAT : Period closed")
    raise _Refused("ACCDAT : Period not open")


def _allocations(state: State, form: _Form, company: str) -> list[Allocation]:
    allocated: dict[int, Decimal] = {}
    made: list[Allocation] = []
    for line in form.lines:
        items = _items(state, line, form, company)
        amount = _amount(line.get("AMTLIN", ""), "AMTLIN")
        sign = -1 if is_credit(items[0]) else 1
        if amount * sign <= 0:
            raise _Refused("AMTLIN : Incorrect value")
        left = abs(amount)
        for item in items:
            free = open_amount(item) - allocated.get(id(item), Decimal(0))
            part = min(left, free)
            if part > 0:
                allocated[id(item)] = allocated.get(id(item), Decimal(0)) + part
                made.append(Allocation(item, money(part * sign)))
                left -= part
        if left > 0:
            raise _Refused("AMTLIN : Amount greater than the open amount")
    return made


def _items(state: State, line: dict[str, str], form: _Form, company: str) -> list[Row]:
    """Return the open items that a line may take from, oldest due first."""
    rows = [
        row
        for row in table(state, "GACCDUDATE").values()
        if row["NUM"] == line.get("VCRNUM") and row["TYP"] == line.get("VCRTYP")
    ]
    wanted = line.get("DUDLIG", "")
    if wanted:
        rows = [row for row in rows if str(row["DUDLIG"]) == wanted]
    if not rows:
        raise _Refused("VCRNUM : Record does not exist")
    fitting = [
        row
        for row in rows
        if row["CPY"] == company
        and form.text("BPR") in (row["BPR"], row["BPRPAY"])
        and row["CUR"] == form.text("CUR")
        and row["FLGCLE"] == OPEN
        and line.get("CURLIN", row["CUR"]) == row["CUR"]
    ]
    demands_level = "level_demanded" in form.rules
    if not fitting or (demands_level and any(row["FLGPAZ"] != _AUTHORIZED for row in fitting)):
        raise _Refused("VCRNUM : Incorrect value")
    return sorted(fitting, key=lambda row: (row["DUDDAT"], row["DUDLIG"]))


def _payment_xml(row: Row) -> str:
    zero = [
        field_xml("NUM", "Char", row["NUM"]),
        field_xml("STA2", "Integer", row["STA"], (689, PAID_STATES[row["STA"]])),
    ]
    first = [field_xml("FCY", "Char", row["FCY"]), field_xml("BPR", "Char", row["BPR"])]
    second = [
        field_xml("ACCDAT", "Date", row["ACCDAT"]),
        *(field_xml(name, "Char", row[name]) for name in ("REF", "BAN", "CUR", "DES", "CHQNUM")),
        field_xml("AMTCUR", "Decimal", row["AMTCUR"]),
    ]
    totals = [
        field_xml("TOTIMPUT", "Decimal", row["AMTCUR"]),
        field_xml("RSTIMPUT", "Decimal", "0"),
    ]
    kinds = {"DUDLIG": "Integer", "AMTLIN": "Decimal"}
    names = ("DENCOD", "VCRTYP", "VCRNUM", "DUDLIG", "FCYLIN", "CURLIN", "AMTLIN")
    lines = "".join(
        f'<LIN NUM="{line["LIN"]}">'
        + "".join(field_xml(name, kinds.get(name, "Char"), line[name]) for name in names)
        + "</LIN>"
        for line in row["PAYMENTD"]
    )
    stamp = str(row["UPDDATTIM"]).replace("-", "").replace(":", "")
    return result_xml(
        group_xml("PAY0_1", zero)
        + group_xml("PAY1_1", first)
        + group_xml("PAY1_2", second)
        + group_xml("PAY1_6", totals)
        + f'<TAB ID="{_GRID}" DIM="200" SIZE="{len(row["PAYMENTD"])}">{lines}</TAB>'
        + group_xml("ADXTEC", [field_xml("WW_MODSTAMP", "Char", stamp)])
    )
