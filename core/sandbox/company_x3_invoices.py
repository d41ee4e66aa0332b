"""The invoices of the seeded demo company, with their orders, open items and old payments.

About half are purchase invoices with an order (``PIHTYP`` 1, credit memos 3), half expense
invoices with three dimension types (``PIHTYP`` 0). Older than 75 days: paid and closed in X3.
Younger: open, most posted, some to validate, few pending. When there are at least 200, the last
days also hold the planted cases of ``company_x3_planted``.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

from core.sandbox.company_x3_planted import (
    PLANTED,
    WITH_ORDER,
    WITHOUT_ORDER,
    bend_invoice,
    bend_lines,
    header_of,
)
from core.sandbox.state import Row, State
from core.sandbox.x3_classes import put, table
from core.sandbox.x3_documents import (
    CENT,
    CREDIT_KINDS,
    TAX_RATES,
    Allocation,
    Payment,
    enter_invoice,
    enter_payment,
    found,
    is_credit,
    may_post,
    post_invoice,
)

HISTORY_DAYS = 547
PAID_AFTER_DAYS = 75
_PLANT_FROM = 200
_USUAL_ACCOUNTS = [
    "61100",
    "61110",
    "61120",
    "61200",
    "61300",
    "61400",
    "61500",
    "61510",
    "62100",
    "62200",
    "62220",
    "62300",
    "62400",
    "62500",
    "62600",
    "62610",
    "62800",
    "62810",
    "62900",
    "64200",
    "65100",
    "65200",
]
_GOODS_ACCOUNTS = ["60110", "60120", "60210", "60310", "61120", "64100", "64200"]
_GOODS = ("A4 80 g", "Envelopes", "Pallets", "Steel bar", "Solvent", "Gloves", "Toner", "Labels")
_SERVICES = ("Monthly service", "Repair", "Consulting hours", "Subscription", "Travel", "Delivery")
_DEPARTMENTS = ("ADM", "SAL", "MKT", "PRD", "QUA", "LOG", "PUR", "ITS", "HRS", "FIN", "RND")
_LOCATIONS = ("CHI", "NYC", "DAL", "MTL", "TOR", "REM")
_BANKS = {("US10", "USD"): "USBNK", ("CA10", "CAD"): "CABNK", ("CA10", "USD"): "CAUSD"}


class Maker:
    """Makes one plausible invoice after the other; the demo's later days use it too."""

    def __init__(self, state: State, chance: random.Random) -> None:
        self._state = state
        self._chance = chance
        usable = [
            row
            for row in table(state, "BPSUPPLIER").values()
            if row["ENAFLG"] == 2 and row["PAYLOKFLG"] == 1 and row["DOUFLG"] == 1  # noqa: PLR2004 - menu 1
        ]
        self._suppliers = {
            country: [row for row in usable if row["CRY"] == country] for country in ("US", "CA")
        }
        self._last_order: dict[str, Row] = {}

    def make(self, day: date, stamp: str, planted: str = "") -> str:
        """Enter one invoice dated this day and return its number."""
        chance = self._chance
        site = "US011" if planted else chance.choices(("US011", "US012", "CA011"), (45, 25, 30))[0]
        special = header_of(planted)
        supplier = self._supplier(site, special.get("BPR", ""), planted)
        has_order = chance.random() < 0.5 and planted not in WITHOUT_ORDER  # noqa: PLR2004 - a half
        has_order = has_order or planted in WITH_ORDER
        kind = 1 if planted else chance.choices((1, 2, 3, 4, 5), (900, 65, 15, 12, 8))[0]
        fields: Row = {
            "FCY": site,
            "BPR": supplier["BPSNUM"],
            "INVTYP": kind,
            "PIHTYP": (3 if kind in CREDIT_KINDS else 1) if has_order else 0,
            "BPRDAT": (day - timedelta(days=chance.randrange(3))).isoformat(),
            "ACCDAT": day.isoformat(),
            "BPRVCR": f"INV-{self._state.next('x3.document') + 90000}",
            "PAZ": chance.choices((1, 2, 3), (96, 2, 2))[0],
            "STA": 2 if planted else chance.choices((2, 1), (90, 10))[0],
            "INVREF": planted,
            "DES": [f"{supplier['BPSSHO'].title()}, {day:%B}", ""],
            **special,
        }
        order = self._order(fields, supplier, day, stamp) if has_order else None
        count = 3 if planted else chance.choice((1, 1, 2, 2, 3, 4))
        lines = [self._line(site, order, place) for place in range(1, count + 1)]
        if order is not None:
            self._close_order(order, lines, stamp)
        bend_lines(self._state, planted, fields, lines)
        number = enter_invoice(self._state, fields, lines, stamp=stamp)
        bend_invoice(self._state, planted, number)
        return number

    def _supplier(self, site: str, wanted: str, planted: str) -> Row:
        if wanted:
            return found(self._state, "BPSUPPLIER", wanted)
        if planted == "SEVERAL-ORDERS":  # one that has another order already
            orders = table(self._state, "PORDER").values()
            known = next(row for row in orders if (row["CPY"], row["CUR"]) == ("US10", "USD"))
            return found(self._state, "BPSUPPLIER", known["BPSNUM"])
        country = "CA" if site == "CA011" else "US"
        # Some suppliers of the other country: foreign currency with a rate.
        if not planted and self._chance.random() < 0.06:  # noqa: PLR2004 - a share
            country = "US" if country == "CA" else "CA"
        return self._chance.choice(self._suppliers[country])

    def _line(self, site: str, order: Row | None, place: int) -> Row:
        chance = self._chance
        is_canadian = site == "CA011"
        quantity = chance.choice((1, 2, 5, 10, 12, 30, 120)) if order else 1
        net = Decimal(chance.randrange(900, 90_000 if order else 240_000)) * quantity / 100
        if order and quantity > 10:  # noqa: PLR2004 - many pieces are cheap ones
            net /= 10
        line: Row = {
            "ACC": chance.choice(_GOODS_ACCOUNTS if order else _USUAL_ACCOUNTS),
            "AMTNOTLIN": str(net.quantize(CENT)),
            "DES": chance.choice(_GOODS if order else _SERVICES),
            "QTY": str(quantity),
            "UOM": "BOX" if order else "UN",
            "PURTYP": 1 if order else 3,
            "DIE1": "DPT",
            "CCE1": chance.choice(_DEPARTMENTS),
            "DIE2": "PRJ",
            "CCE2": chance.choice(("", f"P{chance.randrange(40, 69):04d}")),
        }
        taxes = ("GST5", "QST") if is_canadian else ("NY8" if site == "US011" else "TX825", "")
        if chance.random() < 0.12:  # noqa: PLR2004 - a share of exempt lines
            taxes = ("EXE", "")
        line["TAX1"], line["TAX2"] = taxes
        if order:
            line |= {"POHNUM": order["POHNUM"], "POPLIN": place * 1000, "POQSEQ": 1}
        else:
            line |= {"DIE3": "LOC", "CCE3": chance.choice(_LOCATIONS)}
        return line

    def _order(self, fields: Row, supplier: Row, day: date, stamp: str) -> Row:
        last = self._last_order.get(supplier["BPSNUM"])
        may_share = last and last["POHFCY"] == fields["FCY"] and not fields["INVREF"]
        if last and may_share and self._chance.random() < 0.25:  # noqa: PLR2004 - a quarter
            return last
        site = fields["FCY"]
        order: Row = {
            "POHNUM": f"PO{site}{self._state.next('x3.order.' + site):07d}",
            "CPY": "CA10" if site == "CA011" else "US10",
            "POHFCY": site,
            "BPSNUM": supplier["BPSNUM"],
            "ORDDAT": (day - timedelta(days=self._chance.randrange(8, 45))).isoformat(),
            "ORDREF": "",
            "CUR": supplier["CUR"],
            "PTE": supplier["PTE"],
            "TOTORD": "0.00",
            "TTVORD": "0.00",
            "RCPFLG": 3,
            "INVFLG": 3,
            "CLEFLG": 2,
            "LINNBR": 0,
            "UPDDATTIM": stamp,
        }
        self._last_order[supplier["BPSNUM"]] = order
        return order

    def _close_order(self, order: Row, lines: list[Row], stamp: str) -> None:
        net = sum((Decimal(line["AMTNOTLIN"]) for line in lines), Decimal(0))
        tax = sum(
            (
                Decimal(line["AMTNOTLIN"]) * TAX_RATES.get(line[name], Decimal(0)) / 100
                for line in lines
                for name in ("TAX1", "TAX2")
            ),
            Decimal(0),
        )
        order["TOTORD"] = str(Decimal(order["TOTORD"]) + net)
        order["TTVORD"] = str((Decimal(order["TTVORD"]) + net + tax).quantize(CENT))
        order["LINNBR"] += len(lines)
        order["UPDDATTIM"] = stamp
        put(self._state, "PORDER", order)


def seed(state: State, chance: random.Random, today: date, count: int) -> None:
    """Make ``count`` invoices over the last eighteen months, the oldest first."""
    if count <= 0:
        return
    maker = Maker(state, chance)
    planted = PLANTED if count >= _PLANT_FROM else ()
    ages = sorted(
        (chance.randrange(HISTORY_DAYS + 1) for _ in range(count - len(planted))), reverse=True
    )
    plan = [(today - timedelta(days=age), "") for age in ages]
    plan += [(today - timedelta(days=1 + place % 5), name) for place, name in enumerate(planted)]
    for day, name in sorted(plan, key=lambda pair: pair[0]):
        number = maker.make(day, f"{day.isoformat()}T00:00:00Z", name)
        _age(state, chance, number, today, is_planted=bool(name))


def _age(
    state: State, chance: random.Random, number: str, today: date, *, is_planted: bool
) -> None:
    """Give the invoice the life it has had until today: posted, and paid when it is old."""
    invoice = table(state, "PINVOICE").get(number) or {}
    day = date.fromisoformat(invoice["ACCDAT"])
    age = (today - day).days
    is_old = age > PAID_AFTER_DAYS
    if age < 1 or not may_post(state, invoice) or (invoice["STA"] == 1 and not is_old):
        return
    if not is_planted and chance.random() > (0.995 if is_old else 0.78):
        return
    # One batch posts a whole day, so that many rows share one stamp.
    items = post_invoice(state, number, stamp=f"{day + timedelta(days=1)}T00:00:00Z")
    if is_old and chance.random() < 0.97 and not is_credit(items[0]):  # noqa: PLR2004 - a share
        _pay_old(state, invoice, items)
    elif is_old and is_credit(items[0]):
        _close_credit(state, items)


def _pay_old(state: State, invoice: Row, items: list[Row]) -> None:
    bank = _BANKS.get((invoice["CPY"], invoice["CUR"]), "USBNK")
    day = (date.fromisoformat(invoice["ACCDAT"]) + timedelta(days=45)).isoformat()
    for item in items:
        item["FLGPAZ"] = 4
    invoice["PAZ"] = 4
    enter_payment(
        state,
        Payment(
            site=invoice["FCY"],
            partner=invoice["BPR"],
            bank=bank,
            currency=invoice["CUR"],
            day=day,
            reference=f"CHK{state.next('x3.check'):06d}",
            allocations=tuple(Allocation(item, Decimal(item["AMTCUR"])) for item in items),
            fields={"PAYTYP": "CHECK", "DENCOD": ""},
        ),
        stamp=f"{day}T00:00:00Z",
    )


def _close_credit(state: State, items: list[Row]) -> None:
    """Close an old credit memo against invoices, as a matching in X3 does."""
    for item in items:
        item["PAYCUR"], item["PAYLOC"] = item["AMTCUR"], item["AMTLOC"]
        item["PAYDAT"], item["FLGCLE"] = item["DUDDAT"], 2
        put(state, "GACCDUDATE", item)
