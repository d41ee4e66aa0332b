"""What an invoice body must be, and when two bodies say the same (avidxchange.md 2.6, 2.12).

Finds all item errors of one body at once; stores nothing.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.sandbox.avid_answers import cents
from core.sandbox.avid_codes import code_of, group_of, required_groups
from core.sandbox.avid_members import Members, folded
from core.sandbox.avid_rows import INVOICES, NUMBERS
from core.sandbox.avid_vendors import vendor_of
from core.sandbox.state import Row, State

MAX_LINES = 500
OWNERS = ("Buyer", "Provider", "Aggregator", "AvidXchange")
TEXTS = {"Description": 255, "PONumber": 50, "Reference": 50, "AccountNumber": 100}
CONTENT = (
    "CompanyExternalCode",
    "VendorExternalCode",
    "InvoiceNumber",
    "InvoiceDate",
    "DueDate",
    "PostingDate",
    "Amount",
    "CurrencyCode",
    "Description",
    "PONumber",
    "Reference",
    "AccountNumber",
)
_LINE = ("LineNumber", "Amount", "Description")
_CODE = ("GroupName", "CodeValue")
_FOLDED = frozenset({"VendorExternalCode", "InvoiceNumber"})
NOT_COUNTED = frozenset({"Rejected", "Deleted"})


@dataclass
class Checked:
    """The content of a body in its stored form (amounts as text), and what is wrong with it."""

    content: Row = field(default_factory=dict)
    external_id: Row = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def external_id_value(body: Row) -> str | None:
    """Return the external id of a body when it has a usable one."""
    identifier = body.get("ExternalId")
    value = identifier.get("Value") if isinstance(identifier, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def content_of(body: Row) -> str:
    """Return a text that is equal for equal content, whatever its spelling (avidxchange.md 2.12).

    Total: a body with wrong types has a content as well, because keys are compared first.
    """
    content = {name: _plain(name, body[name]) for name in CONTENT if body.get(name) is not None}
    lines = body.get("Lines")
    if isinstance(lines, list):
        content["Lines"] = sorted((_plain_line(line) for line in lines), key=_text)
    elif lines is not None:
        content["Lines"] = _plain("Lines", lines)
    return _text(content)


def _plain_line(line: Any) -> Any:
    if not isinstance(line, dict):
        return _plain("", line)
    plain = {name: _plain(name, line[name]) for name in _LINE if line.get(name) is not None}
    codes = line.get("Codes")
    if isinstance(codes, list):
        pairs = {_text(_plain_code(code)) for code in codes}
        plain["Codes"] = sorted(pairs)
    elif codes is not None:
        plain["Codes"] = _plain("Codes", codes)
    return plain


def _plain_code(code: Any) -> Any:
    if not isinstance(code, dict):
        return _plain("", code)
    return {name: _plain(name, code[name]) for name in _CODE if code.get(name) is not None}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        # An object, so that the number 1 and the text "1" stay apart. Numbers are equal by value.
        return {"number": _exact(Decimal(value))}
    if isinstance(value, str):
        return folded(value) if name in _FOLDED else value
    if isinstance(value, dict):
        return {member: _plain("", inner) for member, inner in value.items()}
    if isinstance(value, list):
        return [_plain("", inner) for inner in value]
    return value


def _exact(number: Decimal) -> str:
    """Return a text that is equal for equal numbers; no context can round or overflow here."""
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    if not stripped:
        return "0"
    return f"{'-' if sign else ''}{stripped}e{int(exponent) + len(text) - len(stripped)}"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def number_key(company: str, vendor: str, number: str) -> str:
    """Return the key under which invoices of one vendor with one number are found."""
    return json.dumps([company, folded(vendor), folded(number)])


def check(
    state: State, company: str, body: Row, own_id: str = "", *, may_copy: bool = False
) -> Checked:
    """Return a body in its stored form with all item errors; ``own_id`` is the one it replaces.

    With ``may_copy`` invoices of one external id are no duplicates of each other (policy "none").
    """
    checked = Checked()
    members = Members(body, checked.errors)
    _identify(members, checked)
    content = checked.content
    content["CompanyExternalCode"] = members.code("CompanyExternalCode", 50)
    content["VendorExternalCode"] = members.text("VendorExternalCode", 50, required=True)
    content["InvoiceNumber"] = members.text("InvoiceNumber", 50, required=True)
    content["InvoiceDate"] = members.day("InvoiceDate", required=True)
    content["DueDate"] = members.day("DueDate", required=True)
    content["PostingDate"] = members.day("PostingDate")
    total = members.amount("Amount")
    content["Amount"] = None if total is None else cents(total)
    content["CurrencyCode"] = members.currency("CurrencyCode")
    for name, limit in TEXTS.items():
        content[name] = members.text(name, limit)
    if total == 0:
        checked.errors.append("Amount must not be zero")
    _check_vendor(state, company, checked)
    _check_number(state, company, checked, own_id, may_copy=may_copy)
    _check_order(state, checked)
    _check_lines(state, company, members, checked, total)
    checked.errors = list(dict.fromkeys(checked.errors))
    return checked


def _identify(members: Members, checked: Checked) -> None:
    identifier = members.inner("ExternalId", required=True)
    if identifier is None:
        return
    checked.external_id = {
        "Value": identifier.text("Value", 100, required=True),
        "Scheme": identifier.text("Scheme", 50),
        "SchemeOwner": identifier.choice("SchemeOwner", OWNERS),
    }


def _check_vendor(state: State, company: str, checked: Checked) -> None:
    code = checked.content["VendorExternalCode"]
    if code is None:
        return
    vendor = vendor_of(state, company, code)
    if vendor is None:
        checked.errors.append(f"Vendor not found: {code}")
    elif not vendor["Active"]:
        checked.errors.append(f"Vendor is inactive: {code}")


def _check_number(
    state: State, company: str, checked: Checked, own_id: str, *, may_copy: bool
) -> None:
    code, number = checked.content["VendorExternalCode"], checked.content["InvoiceNumber"]
    if code is None or number is None:
        return
    same = (state.table(NUMBERS).get(number_key(company, code, number)) or {}).get("Ids", [])
    for other_id in same:
        other = state.table(INVOICES).get(other_id)
        if other is None or other_id == own_id or other["Status"] in NOT_COUNTED:
            continue
        if may_copy and _same_reference(other, checked.external_id):
            continue  # avidxchange.md 10.5: copies of one external id are no duplicates
        checked.errors.append(f"Duplicate invoice number for vendor: {number}")
        return


def _same_reference(other: Row, external_id: Row) -> bool:
    return bool(other["ExternalId"]) and other["ExternalId"]["Value"] == external_id.get("Value")


def _check_order(state: State, checked: Checked) -> None:
    orders: dict[str, str] | None = state.get_value("avid.purchase_orders", None)
    number = checked.content["PONumber"]
    if orders is None or not number:
        return
    vendor = checked.content["VendorExternalCode"]
    if number not in orders:
        checked.errors.append(f"Purchase order not found: {number}")
    elif vendor is not None and folded(orders[number]) != folded(vendor):
        checked.errors.append(f"Purchase order is of another vendor: {number}")


def _check_lines(
    state: State, company: str, members: Members, checked: Checked, total: Decimal | None
) -> None:
    checked.content["Lines"] = []
    lines = members.array("Lines")
    if lines is None:
        return
    if not lines:
        checked.errors.append("Lines is required")
        return
    if len(lines) > MAX_LINES:
        checked.errors.append(f"Too many lines: {MAX_LINES}")
        return
    needed = required_groups(state, company)
    numbers: set[int] = set()
    amounts: list[Decimal | None] = []
    for position, source in enumerate(lines):
        line = members.element("Lines", position, source)
        value = None
        if line is not None:
            number, value = line.number("LineNumber"), line.amount("Amount")
            if number is not None and number in numbers:
                checked.errors.append(f"Line number given twice: {number}")
            numbers |= {number} if number is not None else set()
            shown = number if number is not None else position + 1
            codes = _check_codes(state, company, line, shown, needed)
            checked.content["Lines"].append(_stored_line(line, number, value, codes))
        amounts.append(value)
    valid = [value for value in amounts if value is not None]
    if total is not None and len(valid) == len(amounts) and sum(valid) != total:
        checked.errors.append(
            f"Lines do not add up: {cents(sum(valid, Decimal(0)))} instead of {cents(total)}"
        )


def _stored_line(line: Members, number: int | None, value: Decimal | None, codes: list[Row]) -> Row:
    return {
        "LineNumber": number,
        "Amount": None if value is None else cents(value),
        "Description": line.text("Description", 255),
        "Codes": codes,
    }


def _check_codes(
    state: State, company: str, line: Members, number: int, needed: list[str]
) -> list[Row]:
    """Return the codes of one line; an absent list is one error, an empty one lacks groups."""
    given = line.array("Codes")
    if given is None:
        return []
    codes: list[Row] = []
    groups: set[str] = set()
    for position, source in enumerate(given):
        code = line.element("Codes", position, source)
        if code is None:
            continue
        group = code.text("GroupName", 50, required=True)
        value = code.text("CodeValue", 50, required=True)
        if group is not None:
            if group in groups:
                line.errors.append(f"Code group given twice: {group} on line {number}")
            groups.add(group)
            _check_code(state, company, line, group, value)
        codes.append({"GroupName": group, "CodeValue": value})
    for group in needed:
        if group not in groups:
            line.errors.append(f"Required code missing: {group} on line {number}")
    return codes


def _check_code(state: State, company: str, line: Members, group: str, value: str | None) -> None:
    if group_of(state, company, group) is None:
        line.errors.append(f"Code group not found: {group}")
        return
    if value is None:
        return
    code = code_of(state, company, group, value)
    if code is None:
        line.errors.append(f"Code not found: {group}/{value}")
    elif not code["IsActive"]:
        line.errors.append(f"Code is inactive: {group}/{value}")
