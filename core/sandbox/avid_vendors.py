"""Vendors of the simulated AvidXchange: list, upsert by code (avidxchange.md 2.5).

A vendor holds under ``company|code`` with the code trimmed and in one case.
"""

from typing import Any

from core.sandbox import avid_lists, avid_pages
from core.sandbox.avid_answers import Answer, RefusedError, result, results
from core.sandbox.avid_exchange import Exchange, forced_errors, json_body
from core.sandbox.avid_members import Members, folded
from core.sandbox.avid_rows import VENDORS, save, shown_rows, view
from core.sandbox.state import Row, State

MAX_VENDORS = 100
TEXTS = {
    "NameOnCheck": 255,
    "FedTaxId": 20,
    "Telephone1": 20,
    "Email": 255,
    "Website": 255,
}
ADDRESS_TEXTS = {"Line1": 255, "Line2": 255, "City": 50, "State": 50, "PostalCode": 20}
ADDRESS_REQUIRED = ("Line1", "City", "PostalCode", "Country")
_MEMBERS = (
    "VendorId",
    "ExternalVendorCode",
    "Name",
    "NameOnCheck",
    "FedTaxId",
    "Active",
    "Address",
    "RemitToAddress",
    "Telephone1",
    "Email",
    "Website",
    "LastModified",
)


def vendor_key(company: str, code: str) -> str:
    """Return the key of a vendor's row."""
    return f"{company}|{folded(code)}"


def vendor_of(state: State, company: str, code: str) -> Row | None:
    """Return a vendor by its code, however it is written."""
    return state.table(VENDORS).get(vendor_key(company, code))


def new_vendor(state: State, company: str, code: str, name: str) -> Row:
    """Return the row of a vendor to be, with its id and empty members; it is not stored."""
    row: Row = dict.fromkeys(_MEMBERS)
    row.update(
        Company=company,
        VendorId=70_000 + state.next("avid.vendor_id"),
        ExternalVendorCode=code,
        Name=name,
        Active=True,
    )
    return row


def list_vendors(exchange: Exchange) -> Answer:
    """Answer the list of vendors; the filters may be combined and the window has no limit."""
    query = avid_lists.parameters(exchange)
    state, company = exchange.state, exchange.company
    seen = view(state, VENDORS, company, _order)
    rows = seen.rows
    if avid_lists.FROM in query:
        rows = avid_lists.in_window(exchange, seen, query, bounded=False)
    if "externalVendorCodes" in query:
        codes = avid_lists.ids_of(query["externalVendorCodes"])
        keys = dict.fromkeys(vendor_key(company, code) for code in codes)
        named = shown_rows(state, map(state.table(VENDORS).get, keys), company, _order)
        changed = {row["VendorId"] for row in rows}
        rows = [row for row in named if row["VendorId"] in changed]
    return avid_pages.answer(exchange, rows, rendered, query)


def _order(row: Row) -> tuple[Any, ...]:
    return row["LastModified"], row["ExternalVendorCode"]


def rendered(row: Row) -> Row:
    """Return the vendor as lists show it."""
    return {name: row.get(name) for name in _MEMBERS}


def upsert_vendors(exchange: Exchange) -> Answer:
    """Create or change the vendors of one array; one result per element, in order."""
    body = json_body(exchange)
    if (
        not isinstance(body, list)
        or not 1 <= len(body) <= MAX_VENDORS
        or not all(isinstance(element, dict) for element in body)
    ):
        raise RefusedError(400, "Body must be an array of 1 to 100")
    checked = [_checked(exchange, element) for element in body]
    _refuse_repeated(body, checked)
    if exchange.has("vendors_all_fail") and any(errors for _row, errors in checked):
        every = [text for _row, errors in checked for text in errors]
        checked = [(row, every) for row, _errors in checked]
    return results(
        *(
            _stored(exchange, row) if not errors else result(_named(element), errors)
            for element, (row, errors) in zip(body, checked, strict=True)
        )
    )


def _refuse_repeated(body: list[Row], checked: list[tuple[Row, list[str]]]) -> None:
    # The first of two counts, whether it was taken or not (avidxchange.md 10.13).
    seen: set[str] = set()
    for position, element in enumerate(body):
        code = element.get("ExternalVendorCode")
        if not isinstance(code, str) or not code.strip():
            continue
        if folded(code) in seen:
            checked[position] = ({}, [f"Vendor code given twice: {code}"])
        seen.add(folded(code))


def _named(element: Row) -> Row | None:
    code = element.get("ExternalVendorCode")
    return {"ExternalVendorCode": code} if isinstance(code, str) and code.strip() else None


def _checked(exchange: Exchange, element: Row) -> tuple[Row, list[str]]:
    """Return what the vendor would become, without storing it, and what is wrong with it."""
    errors: list[str] = []
    members = Members(element, errors)
    code = members.text("ExternalVendorCode", 50, required=True)
    name = members.text("Name", 255, required=True)
    known = vendor_of(exchange.state, exchange.company, code) if code else None
    row: Row = {member: value for member, value in (known or {}).items() if member != "Versions"}
    row.update(ExternalVendorCode=row.get("ExternalVendorCode", code), Name=name)
    for member, limit in TEXTS.items():
        value = members.text(member, limit)
        if members.has(member):
            row[member] = value
    active = members.flag("Active")
    if active is not None:
        row["Active"] = active
    # Without a usable code it is not known whether the vendor is new: judge what stands there.
    row["Address"] = _address(members, "Address", row.get("Address"), new=bool(code) and not known)
    row["RemitToAddress"] = _address(
        members, "RemitToAddress", row.get("RemitToAddress"), new=False
    )
    return row, errors + forced_errors(exchange, code or "")


def _address(members: Members, name: str, present: Any, *, new: bool) -> Row | None:
    """Return the address after the change: absent members stay, ``null`` empties."""
    if not members.has(name) and not new:
        return present if isinstance(present, dict) else None
    given = members.inner(name, required=new)
    if given is None:
        return None
    address: Row = dict(present or dict.fromkeys((*ADDRESS_TEXTS, "Country")))
    for member, limit in ADDRESS_TEXTS.items():
        value = given.text(member, limit, required=new and member in ADDRESS_REQUIRED)
        if given.has(member):
            address[member] = value
    country = given.country("Country", required=new)
    if given.has("Country"):
        address["Country"] = country
    return address


def _stored(exchange: Exchange, row: Row) -> dict[str, Any]:
    """Store a checked vendor and return its result; a repeat leaves ``LastModified`` alone."""
    state, company = exchange.state, exchange.company
    key = vendor_key(company, row["ExternalVendorCode"])
    known = state.table(VENDORS).get(key)
    if known is None:
        made = {**new_vendor(state, company, row["ExternalVendorCode"], row["Name"]), **row}
        save(state, VENDORS, key, made)
        state.count("avid.vendors_created")
    elif any(known.get(name) != row.get(name) for name in _MEMBERS):
        save(state, VENDORS, key, {**row, "Versions": known["Versions"]})
        state.count("avid.vendors_changed")
    stored = state.table(VENDORS).get(key) or row
    shown = ("VendorId", "ExternalVendorCode", "LastModified")
    return result({name: stored[name] for name in shown}, [])
