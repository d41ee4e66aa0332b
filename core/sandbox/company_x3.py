"""The seeded demo company in X3: master data, and how much of everything there is.

Decided by the seed and by the day of the first start alone. What is planted on purpose:

* suppliers: ``0113`` with a plain name, names with ``'``, ``"``, ``&``, a back-slash and letters
  beyond ASCII; two held, three inactive, two disputed;
* accounts: charts USA and CAN share numbers; 69990 inactive, 69980 out of validity in both;
* dimensions: DPT (every expense line), PRJ, LOC; one inactive, one out of validity;
* terms: one, two and three lines, end of month both ways; periods: older closed, three months
  back to next month open, later ones not open;
* invoices: see ``company_x3_invoices`` and ``company_x3_planted``.
"""

import random
from datetime import date, timedelta
from typing import Any

from core.sandbox import company_x3_invoices, company_x3_names
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import put

SUPPLIERS = 300
HELD = (16, 41)
INACTIVE = (20, 88, 140)
DISPUTED = (31, 95)
INACTIVE_ACCOUNT, EXPIRED_ACCOUNT = "69990", "69980"
_MASTER_STAMP = "2025-12-01T09:30:00Z"
_MONTHS_BACK, _MONTHS_AHEAD = 26, 6
_OPEN_BACK, _OPEN_AHEAD = 3, 1
_NOT_OPEN, _OPEN, _CLOSED = 1, 2, 3

_ACCOUNTS = {
    "60110": "Raw materials",
    "60120": "Packaging materials",
    "60210": "Goods for resale",
    "60310": "Subcontracting",
    "61100": "Office supplies",
    "61110": "Stationery and print",
    "61120": "Small equipment",
    "61200": "Cleaning supplies",
    "61300": "Rent of premises",
    "61310": "Equipment leases",
    "61400": "Electricity",
    "61410": "Natural gas",
    "61420": "Water and sewage",
    "61500": "Repairs of buildings",
    "61510": "Repairs of machines",
    "61600": "Insurance",
    "62100": "Temporary staff",
    "62200": "Legal fees",
    "62210": "Audit fees",
    "62220": "Consulting",
    "62300": "Advertising",
    "62310": "Trade fairs",
    "62400": "Freight in",
    "62410": "Freight out",
    "62500": "Travel",
    "62510": "Meals",
    "62600": "Telephone and internet",
    "62610": "Postage and courier",
    "62700": "Bank charges",
    "62800": "Software subscriptions",
    "62810": "Hosting",
    "62900": "Training",
    "63100": "Property tax",
    "64100": "Uniforms",
    "64200": "Safety equipment",
    "65100": "Vehicle fuel",
    "65200": "Vehicle maintenance",
    "66000": "Charges and rounding",
    EXPIRED_ACCOUNT: "Transition costs 2021",
    INACTIVE_ACCOUNT: "Old suspense account",
}
_DEPARTMENTS = {
    "ADM": "Administration",
    "SAL": "Sales",
    "MKT": "Marketing",
    "PRD": "Production",
    "QUA": "Quality",
    "LOG": "Logistics",
    "PUR": "Purchasing",
    "ITS": "Information systems",
    "HRS": "Human resources",
    "FIN": "Finance",
    "RND": "Research",
    "OLD": "Former department",
}
_LOCATIONS = {
    "CHI": "Chicago",
    "NYC": "New York",
    "DAL": "Dallas",
    "MTL": "Montréal",
    "TOR": "Toronto",
    "REM": "Remote",
}
_TERMS: dict[str, tuple[str, list[tuple[int, int, int, str]]]] = {
    # code: text, then per line days, months, end of month (menu 2237), share
    "US30": ("30 days", [(30, 0, 1, "100")]),
    "US15": ("15 days", [(15, 0, 1, "100")]),
    "US45EOM": ("45 days end of month", [(45, 0, 3, "100")]),
    "US2X50": ("50 % at 30 days, 50 % at 60 days", [(30, 0, 1, "50"), (60, 0, 1, "50")]),
    "US3X33": (
        "Thirds at 1, 2 and 3 months",
        [(0, 1, 1, "33.33"), (0, 2, 1, "33.33"), (0, 3, 2, "33.34")],
    ),
}
_SAMPLE = 13  # supplier 0113 is as in the contract's samples
_USUAL_TERMS = ("US30", "US30", "US15", "US45EOM", "US2X50", "US3X33")
_SITES = {"US011": ("Chicago plant", "US10", "US"), "US012": ("Dallas depot", "US10", "US")}
_SITES["CA011"] = ("Usine de Montréal", "CA10", "CA")


def seed(state: State, *, seed: int, invoices: int) -> None:  # the server calls it by keyword
    """Fill the X3 tables; the caller commits. ``invoices`` 0 gives master data only."""
    today = date.fromisoformat(state.get_value("today", state.now().date().isoformat()))
    chance = random.Random(f"company:{seed}")
    _organisation(state)
    _periods(state, today)
    _accounts(state)
    _dimensions(state, today)
    _terms(state)
    _suppliers(state, chance)
    company_x3_invoices.seed(state, random.Random(f"invoices:{seed}"), today, invoices)


def _organisation(state: State) -> None:
    for code, name, currency, legislation in (
        ("US10", "Harbor & Pine Manufacturing Inc.", "USD", "USA"),
        ("CA10", "Harbor & Pine Canada ltée", "CAD", "CAN"),
    ):
        _put(state, "COMPANY", CPY=code, CPYNAM=name, ACCCUR=currency, LEG=legislation)
    for code, (name, company, country) in _SITES.items():
        _put(state, "FACILITY", FCY=code, FCYNAM=name, LEGCPY=company, CRY=country)
    for code, name in (
        ("USD", "US Dollar"),
        ("CAD", "Canadian Dollar"),
        ("EUR", "Euro"),
        ("GBP", "Pound Sterling"),
    ):
        _put(state, "TABCUR", CUR=code, DES=name, ENAFLG=1 if code == "GBP" else 2)
    for code, company, currency, active in (
        ("USBNK", "US10", "USD", 2),
        ("CABNK", "CA10", "CAD", 2),
        ("CAUSD", "CA10", "USD", 2),
        ("USOLD", "US10", "USD", 1),
    ):
        _put(state, "BANK", BAN=code, CPY=company, CUR=currency, ENAFLG=active)


def _periods(state: State, today: date) -> None:
    for company in ("US10", "CA10"):
        for ledger in (1, 2):
            for offset in range(-_MONTHS_BACK, _MONTHS_AHEAD + 1):
                first = _month(today, offset)
                last = _month(today, offset + 1) - timedelta(days=1)
                is_open = -_OPEN_BACK <= offset <= _OPEN_AHEAD
                _put(
                    state,
                    "PERIOD",
                    CPY=company,
                    LEDTYP=ledger,
                    FIYNUM=first.year - 2020,
                    PERNUM=first.month,
                    PERSTR=first.isoformat(),
                    PEREND=last.isoformat(),
                    PERSTA=_OPEN if is_open else (_CLOSED if offset < 0 else _NOT_OPEN),
                )


def _month(day: date, offset: int) -> date:
    place = day.year * 12 + day.month - 1 + offset
    return date(place // 12, place % 12 + 1, 1)


def _accounts(state: State) -> None:
    for chart in ("USA", "CAN"):
        for number, name in _ACCOUNTS.items():
            _put(
                state,
                "GACCOUNT",
                COA=chart,
                ACC=number,
                DES=name if chart == "USA" else f"{name} (CA)",
                DESSHO=name[:12].rstrip(),
                CLSCOD="6",
                ENAFLG=1 if number == INACTIVE_ACCOUNT else 2,
                VLYEND="2021-12-31" if number == EXPIRED_ACCOUNT else None,
            )
        _put(state, "GACCOUNT", COA=chart, ACC="20100", DES="Accounts payable", SAC="SUP", ENAFLG=2)


def _dimensions(state: State, today: date) -> None:
    projects = {f"P{number:04d}": f"Project {number:04d}" for number in range(40, 70)}
    for kind, values in (("DPT", _DEPARTMENTS), ("LOC", _LOCATIONS), ("PRJ", projects)):
        for code, name in values.items():
            _put(
                state,
                "CACCE",
                DIE=kind,
                CCE=code,
                DES=name,
                DESSHO=name[:10].rstrip(),
                ENAFLG=1 if code == "OLD" else 2,
                VLYSTR="2020-01-01",
                VLYEND=(today - timedelta(days=200)).isoformat() if code == "P0069" else None,
            )


def _terms(state: State) -> None:
    for code, (name, lines) in _TERMS.items():
        for legislation in ("USA", "CAN"):
            for place, (days, months, end, share) in enumerate(lines, 1):
                _put(
                    state,
                    "TABPAYTERM",
                    PTE=code,
                    LEG=legislation,
                    PTELIN=place,
                    DESAXX=name,
                    NBRDAY=days,
                    NBRMON=months,
                    ENDMONFLG=end,
                    DUDPRC=share,
                    PAM="CHQ",
                    PAMTYP=1,
                )


def _suppliers(state: State, chance: random.Random) -> None:
    names = company_x3_names.suppliers(chance, SUPPLIERS)
    for place, name in enumerate(names):
        is_canadian = place % 10 in (2, 7, 8)
        currency = "CAD" if is_canadian and place % 30 != 8 else "USD"  # noqa: PLR2004 - a choice
        code = f"{100 + place:04d}"
        stamp = f"2026-01-{1 + place // 20:02d}T08:00:00Z"
        _put(
            state,
            "BPSUPPLIER",
            BPSNUM=code,
            BPSNAM=name,
            BPSSHO=name.upper()[:10].rstrip(),
            ENAFLG=1 if place in INACTIVE else 2,
            BSGCOD="CADOM" if is_canadian else "USDOM",
            CUR=currency,
            PTE="US2X50" if place == _SAMPLE else chance.choice(_USUAL_TERMS),
            VACBPR="CATAX" if is_canadian else "USTAX",
            BPRPAY=code,
            BPAPAY="A01",
            BPSINV=code,
            BPAADD="A01",
            PAYLOKFLG=2 if place in HELD else 1,
            DOUFLG=2 if place in DISPUTED else 1,
            CRY="CA" if is_canadian else "US",
            CRN=f"{chance.randrange(10, 99)}-{chance.randrange(1000000, 9999999)}",
            EECNUM="",
            UPDDATTIM=stamp,
        )
        for number in range(1, 3 if place % 9 == 0 else 2):
            _address(state, chance, code, number, is_canadian=is_canadian, stamp=stamp)


def _address(
    state: State, chance: random.Random, code: str, number: int, *, is_canadian: bool, stamp: str
) -> None:
    _put(
        state,
        "BPADDRESS",
        BPATYP=1,
        BPANUM=code,
        BPAADD=f"A{number:02d}",
        BPADES="Main" if number == 1 else "Remit to",
        **company_x3_names.address(chance, is_canadian=is_canadian),
        WEB=[f"ar{code}@supplier.example"],
        BPAADDFLG=2 if number == 1 else 1,
        UPDDATTIM=stamp,
    )


def _put(state: State, name: str, **values: Any) -> None:
    row: Row = {"UPDDATTIM": _MASTER_STAMP, **values}
    put(state, name, row)
