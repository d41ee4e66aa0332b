"""The demo company as AvidXchange knows it: groups, codes, vendors, and the mapping that fits them.

Derived from the X3 company that was seeded before it. Planted on purpose, by ``seed``: 4 suppliers
without a vendor, 1 inactive vendor, 3 inactive codes, and mapping rows left out for 3 suppliers,
2 accounts and 1 dimension value, so that the demo shows what needs mapping; 2 suppliers are marked
as not paid through AvidXchange ("-").
"""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from core.sandbox import avid_clock
from core.sandbox.avid_answers import stamp
from core.sandbox.avid_codes import put_code, put_group
from core.sandbox.avid_exchange import companies
from core.sandbox.avid_rows import CODES, VENDORS, settle
from core.sandbox.avid_vendors import new_vendor, vendor_key
from core.sandbox.state import Row, State

ACCOUNTS = "Accounting Codes"
GROUPS = {"DPT": "Department", "LOC": "Location", "PRJ": "Project"}
MAPPING = "avid.mapping"
WITHOUT_VENDOR = 4
UNMAPPED_SUPPLIERS, UNMAPPED_ACCOUNTS, UNMAPPED_VALUES = 3, 2, 1
NOT_THROUGH_AVID = 2
INACTIVE_CODES = 3
_YES = 2  # X3 menu 1: 1 no, 2 yes
_SPELLINGS = (
    (" Inc.", " Incorporated"),
    (" LLC", ", L.L.C."),
    (" & ", " and "),
    (" Co.", " Company"),
    (" Corp.", " Corporation"),
    (" Ltd.", " Limited"),
    (" Ltd", " Limited"),
)


class _Use:
    """How often the invoices of X3 use each supplier, account and dimension value."""

    def __init__(self, state: State) -> None:
        self.suppliers: Counter[str] = Counter()
        self.accounts: Counter[tuple[str, str]] = Counter()
        self.values: Counter[tuple[str, str]] = Counter()
        self.lines = 0
        self.lines_without_department = 0
        for invoice in state.table("x3:PINVOICE").values():
            self.suppliers[str(invoice.get("BPR", ""))] += 1
            for line in invoice.get("PILLINES") or ():
                self._take(line)
        for line in state.table("x3:BPSINVLIG").values():
            self._take(line)

    def has_departments(self) -> bool:
        """Say whether all lines but planted exceptions (at most 1 in 100) have a department."""
        return self.lines_without_department * 100 <= self.lines

    def _take(self, line: Row) -> None:
        self.lines += 1
        self.accounts[_first(line.get("COA")), _first(line.get("ACC"))] += 1
        dimensions = [
            (str(line[f"DIE{n}"]), str(line.get(f"CCE{n}") or ""))
            for n in range(1, 10)
            if line.get(f"DIE{n}")
        ]
        given = [pair for pair in dimensions if pair[1]]
        self.values.update(given)
        if not any(kind == "DPT" for kind, _value in given):
            self.lines_without_department += 1


def seed(state: State, seed: int) -> None:
    """Fill the AvidXchange side for the first company; the X3 company must be there already."""
    chance = random.Random(f"avid:{seed}")
    company, use = companies(state)[0], _Use(state)
    put_group(state, company, ACCOUNTS, required=True)
    for kind, group in GROUPS.items():
        required = kind == "DPT" and use.has_departments()
        put_group(state, company, group, required=required)
    gl = _seed_accounts(state, company)
    dimensions = _seed_dimensions(state, company)
    vendors = _seed_vendors(state, company, chance, use)
    _retire_codes(state, company, gl, use)
    state.set_value(
        MAPPING,
        {
            "vendors": vendors,
            "gl": _without(gl, chance, UNMAPPED_ACCOUNTS, _account_uses(use)),
            "dimensions": _without(dimensions, chance, UNMAPPED_VALUES, _value_uses(use)),
        },
    )


def mapping_rows(state: State) -> dict[str, list[dict[str, str]]]:
    """Return the rows of the three mapping files, with the columns of their CSV form."""
    empty: dict[str, list[dict[str, str]]] = {"vendors": [], "gl": [], "dimensions": []}
    kept: dict[str, list[dict[str, str]]] = state.get_value(MAPPING, empty)
    return {name: [dict(row) for row in rows] for name, rows in kept.items()}


def _seed_accounts(state: State, company: str) -> list[dict[str, str]]:
    rows = []
    for account in state.table("x3:GACCOUNT").values():
        chart, number = str(account["COA"]), str(account["ACC"])
        # The two charts share numbers, the codes of AvidXchange do not.
        code = number if chart == "USA" else f"{chart[:1]}{number}"
        active = account.get("ENAFLG", _YES) == _YES
        put_code(state, company, ACCOUNTS, code, str(account.get("DES", "")), active=active)
        rows.append({"chart": chart, "x3_account": number, "avid_code": code})
    return rows


def _seed_dimensions(state: State, company: str) -> list[dict[str, str]]:
    rows = []
    for value in state.table("x3:CACCE").values():
        kind, text = str(value["DIE"]), str(value["CCE"])
        if kind not in GROUPS:
            continue
        active = value.get("ENAFLG", _YES) == _YES
        put_code(state, company, GROUPS[kind], text, str(value.get("DES", "")), active=active)
        rows.append(
            {
                "dimension_type": kind,
                "x3_value": text,
                "avid_group": GROUPS[kind],
                "avid_code": text,
            }
        )
    return rows


def _retire_codes(state: State, company: str, gl: list[dict[str, str]], use: _Use) -> None:
    """Make the codes of the least used accounts inactive, so that few invoices stop at them."""
    used = [row for row in gl if use.accounts[row["chart"], row["x3_account"]]]
    used.sort(key=lambda row: (use.accounts[row["chart"], row["x3_account"]], row["avid_code"]))
    for row in used[:INACTIVE_CODES]:
        code = state.table(CODES).get(f"{company}|{ACCOUNTS}|{row['avid_code']}")
        if code is not None:
            put_code(state, company, ACCOUNTS, row["avid_code"], code["Description"], active=False)


def _seed_vendors(
    state: State, company: str, chance: random.Random, use: _Use
) -> list[dict[str, str]]:
    """Make the vendors and return the mapping rows of the suppliers."""
    suppliers = list(state.table("x3:BPSUPPLIER").values())
    addresses = _addresses(state)
    busy = [str(row["BPSNUM"]) for row in suppliers if use.suppliers[str(row["BPSNUM"])]]
    special = WITHOUT_VENDOR + UNMAPPED_SUPPLIERS + NOT_THROUGH_AVID + 1
    few = len(busy) < 2 * special
    drawn = chance.sample(
        [str(row["BPSNUM"]) for row in suppliers] if few else busy, min(special, len(suppliers))
    )
    lone, drawn = drawn[:WITHOUT_VENDOR], drawn[WITHOUT_VENDOR:]
    unmapped, drawn = drawn[:UNMAPPED_SUPPLIERS], drawn[UNMAPPED_SUPPLIERS:]
    outside, retired = drawn[:NOT_THROUGH_AVID], drawn[NOT_THROUGH_AVID:]
    rows = []
    for supplier in suppliers:
        number = str(supplier["BPSNUM"])
        code = f"V{number.zfill(5)}"
        if number not in lone:
            vendor = _vendor(state, company, code, supplier, addresses)
            vendor["Name"] = _respelled(chance, vendor["Name"])
            vendor["Active"] = number not in retired
            _keep(state, vendor, chance)
        if number in outside:
            rows.append({"x3_supplier": number, "avid_vendor_code": "-"})
        elif number not in unmapped and number not in lone:
            rows.append({"x3_supplier": number, "avid_vendor_code": code})
    return rows


def _vendor(
    state: State, company: str, code: str, supplier: Row, addresses: dict[tuple[str, str], Row]
) -> Row:
    vendor = new_vendor(state, company, code, str(supplier["BPSNAM"]))
    vendor["NameOnCheck"] = vendor["Name"]
    vendor["FedTaxId"] = str(supplier.get("CRN") or "")[:20] or None
    found = addresses.get((str(supplier["BPSNUM"]), str(supplier.get("BPAADD") or "")))
    lines = list((found or {}).get("BPAADDLIG") or [])
    vendor["Address"] = {
        "Line1": (lines[:1] or [""])[0] or "PO Box 1",
        "Line2": (lines[1:2] or [""])[0] or None,
        "City": (found or {}).get("CTY") or "Charlotte",
        "State": (found or {}).get("SAT") or None,
        "PostalCode": str((found or {}).get("POSCOD") or "28206")[:20],
        "Country": (found or {}).get("CRY") or supplier.get("CRY") or "US",
    }
    pay_to = addresses.get((str(supplier.get("BPRPAY") or ""), str(supplier.get("BPAPAY") or "")))
    if pay_to is not None and pay_to is not found:
        vendor["RemitToAddress"] = {**vendor["Address"], "City": pay_to.get("CTY") or "Boone"}
    vendor["Telephone1"] = _first((found or {}).get("TEL"))[:20] or None
    vendor["Email"] = _first((found or {}).get("WEB")) or None
    return vendor


def _addresses(state: State) -> dict[tuple[str, str], Row]:
    return {
        (str(row["BPANUM"]), str(row["BPAADD"])): row
        for row in state.table("x3:BPADDRESS").values()
        if row.get("BPATYP", 1) == 1
    }


def _respelled(chance: random.Random, name: str) -> str:
    """Write about a third of the names as somebody else would."""
    roll = chance.random()
    for ours, theirs in _SPELLINGS:
        if ours in name and roll < 1 / 3:
            return name.replace(ours, theirs)
    return name.upper() if roll > 1 - 1 / 20 else name


def _keep(state: State, vendor: Row, chance: random.Random) -> None:
    ago = timedelta(days=chance.randint(5, 400), seconds=chance.randint(0, 86_000))
    vendor["LastModified"] = stamp(avid_clock.now(state) - ago)
    settle(vendor)
    state.table(VENDORS).put(vendor_key(vendor["Company"], vendor["ExternalVendorCode"]), vendor)


def _account_uses(use: _Use) -> dict[str, int]:
    return {f"{chart}|{account}": count for (chart, account), count in use.accounts.items()}


def _value_uses(use: _Use) -> dict[str, int]:
    return {f"{kind}|{value}": count for (kind, value), count in use.values.items()}


def _without(
    rows: list[dict[str, str]], chance: random.Random, count: int, uses: dict[str, int]
) -> list[dict[str, str]]:
    """Leave out rows that are used, but rarely, so that a few invoices need mapping."""

    def used(row: dict[str, str]) -> int:
        return uses.get("|".join(list(row.values())[:2]), 0)

    rare = sorted((row for row in rows if used(row)), key=used)
    half = rare[: max(count, len(rare) // 2)] or rows
    left_out = chance.sample(half, min(count, len(half)))
    return [row for row in rows if row not in left_out]


def _first(value: Any) -> str:
    """Return the first element of an X3 array property, or the value itself, as text."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = next(iter(value), "")
    return str(value or "")
