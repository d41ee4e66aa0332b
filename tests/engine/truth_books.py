"""What the simulated systems hold and what the mapping makes of it; read by `truth` only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.sandbox.state import State
from core.store import queries, rules
from core.store.sqlite import Store

Row = dict[str, Any]

POSTED, OPEN, ACTIVE = 3, 1, 2
ACCOUNTS = "Accounting Codes"


@dataclass(frozen=True)
class Truth:
    """Everything both systems hold, and what our lists say of it."""

    state: State
    store: Store
    endpoint: str
    start: date

    def rows(self, table: str) -> list[Row]:
        """Rows of a table of the simulators."""
        with self.state.lock:
            return [dict(row) for row in self.state.table(table).values()]

    def listed(self, what: str) -> list[Row]:
        """All rows of a list of ours."""
        read: Callable[..., Any] = getattr(queries, what)
        found: list[Row] = []
        after = None
        while True:
            page = read(self.store, after=after, limit=500)
            found += page.rows
            after = page.next
            if after is None:
                return found


class Eligible:
    """Says of an X3 invoice whether nothing at all speaks against sending it."""

    def __init__(self, truth: Truth) -> None:
        self.suppliers = {row["BPSNUM"]: row for row in truth.rows("x3:BPSUPPLIER")}
        self.vendors = {
            row["ExternalVendorCode"].strip().casefold(): row for row in truth.rows("avid:vendor")
        }
        self.coding = Coding(truth)
        self.orders = {row["POHNUM"]: row for row in truth.rows("x3:PORDER")}
        self.items: dict[str, list[Row]] = defaultdict(list)
        for item in truth.rows("x3:GACCDUDATE"):
            self.items[item["NUM"]].append(item)
        self.documents: dict[tuple[str, str], int] = defaultdict(int)
        for row in truth.rows("x3:PINVOICE"):
            self.documents[_document(row)] += 1
        self.periods = [row for row in truth.rows("x3:PERIOD") if row["LEDTYP"] == 1]
        self.terms = {row["PTE"] for row in truth.rows("x3:TABPAYTERM")}

    def be_sent(self, row: Row) -> bool:
        """Whether the invoice is beyond doubt one that AvidXchange is to have."""
        is_plain = (
            row["INVTYP"] in (1, 2, 3, 4)
            and row["STA"] in (2, POSTED)
            and row["TWMSTA"] != 4
            and row["CUR"] in ("USD", "CAD")
            and Decimal(row["AMTATI"]) > 0
            and row["PTE"] in self.terms
            and bool(row["BPRVCR"].strip())
            and self.documents[_document(row)] == 1
        )
        return is_plain and self._party(row) and self._open(row) and self._lines(row)

    def _party(self, row: Row) -> bool:
        supplier = self.suppliers.get(row["BPR"])
        if supplier is None or supplier["ENAFLG"] != ACTIVE:
            return False
        code = self.coding.vendors.get(row["BPRPAY"] or row["BPR"], "-")
        vendor = self.vendors.get(code.strip().casefold())
        is_free = supplier["PAYLOKFLG"] == 1 and supplier["DOUFLG"] != 3
        same = row["BPAPAY"] in ("", supplier["BPAPAY"])
        return is_free and same and vendor is not None and bool(vendor["Active"])

    def _open(self, row: Row) -> bool:
        """Nothing was paid, and what is not posted falls into an open period."""
        if row["STA"] == POSTED:
            items = self.items[row["NUM"]]
            return bool(items) and all(
                item["FLGCLE"] == OPEN and Decimal(item["PAYCUR"]) == 0 and item["PAMTYP"] == 1
                for item in items
            )
        return any(
            period["CPY"] == row["CPY"]
            and period["PERSTR"] <= row["ACCDAT"] <= period["PEREND"]
            and period["PERSTA"] == 2
            for period in self.periods
        )

    def _lines(self, row: Row) -> bool:
        lines = self.coding.lines[row["NUM"]]
        total = sum((Decimal(line["AMTATILIN"]) for line in lines), Decimal(0))
        orders = {line["POHNUM"] for line in lines if line.get("POHNUM")}
        known = all(self.orders.get(number, {}).get("BPSNUM") == row["BPR"] for number in orders)
        coded = [self.coding.of(line, row["ACCDAT"]) for line in lines]
        return bool(lines) and total == Decimal(row["AMTATI"]) and known and all(coded)


def _document(row: Row) -> tuple[str, str]:
    return (row["BPRPAY"] or row["BPR"], row["BPRVCR"].strip().casefold())


class Coding:
    """What the mapping makes of an X3 line: group -> code; empty when it may not be sent."""

    def __init__(self, truth: Truth) -> None:
        store = truth.store
        self.vendors = {row.key1: row.code for row in rules.current(store, "vendors")}
        self.accounts = {(r.key1, r.key2): r.code for r in rules.current(store, "gl")}
        self.values = {
            (r.key1, r.key2): (r.avid_group, r.code) for r in rules.current(store, "dimensions")
        }
        self.types = {row.key1 for row in rules.current(store, "dimensions")}
        self.codes = {
            (row["GroupName"], row["CodeValue"])
            for row in truth.rows("avid:code")
            if row["IsActive"]
        }
        groups = truth.rows("avid:group")
        self.required = {row["GroupName"] for row in groups if row["IsRequired"]}
        self.gl = {(row["COA"], row["ACC"]): row for row in truth.rows("x3:GACCOUNT")}
        self.dimensions = {(row["DIE"], row["CCE"]): row for row in truth.rows("x3:CACCE")}
        self.lines: dict[str, list[Row]] = defaultdict(list)
        for line in truth.rows("x3:BPSINVLIG"):
            self.lines[line["NUM"]].append(line)
        for lines in self.lines.values():
            lines.sort(key=lambda line: int(line["LIG"]))

    def mapped(self, line: Row) -> dict[str, str]:
        """Group -> code of a line by the mapping alone."""
        account = (line["COA"][0], line["ACC"][0])
        found = {ACCOUNTS: self.accounts.get(account, "")}
        for slot in range(1, 10):
            pair = (line.get(f"DIE{slot}") or "", line.get(f"CCE{slot}") or "")
            if pair[0] in self.types and pair[1]:
                group, code = self.values.get(pair, ("?", ""))
                found[group] = code
        return found

    def of(self, line: Row, day: str) -> dict[str, str]:
        """Group -> code of a line that may be sent under this date."""
        if line.get("DSP") or not _is_valid(self.gl.get((line["COA"][0], line["ACC"][0])), day):
            return {}
        for slot in range(1, 10):
            pair = (line.get(f"DIE{slot}") or "", line.get(f"CCE{slot}") or "")
            if pair[0] in self.types and pair[1] and not _is_valid(self.dimensions.get(pair), day):
                return {}
        found = self.mapped(line)
        if not set(found.items()) <= self.codes or not self.required <= set(found):
            return {}
        return found


def _is_valid(row: Mapping[str, Any] | None, day: str) -> bool:
    if row is None or row.get("ENAFLG", ACTIVE) != ACTIVE:
        return False
    return (row.get("VLYSTR") or "") <= day <= (row.get("VLYEND") or "9999")
