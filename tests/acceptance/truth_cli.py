"""Whether both simulated systems stand as they should, worked out from their tables alone.

Written from product.md 4 and avidxchange.md 5, apart from the program: it imports nothing of it
and asks it nothing but which documents wait for a person.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

Row = dict[str, Any]
LEVELS = {
    "Received": 1, "In Approval": 1, "On Hold": 3, "Disputed": 2, "Approved": 4, "Exported": 4,
    "Rejected": 2, "Deleted": 1,
}  # fmt: skip
BEFORE = {
    "Pending Approval", "Held", "Processing", "Debit Requested", "Funds Received",
    "VCC Processing", "Error",
}  # fmt: skip
OUT = {"Sent to Check Printer", "Issued to Supplier", "ACH Credit Issued"}
DONE = {"Cleared"}
CREDITS = (2, 4)
BANKS = {"US10": "USBNK", "CA10": "CABNK"}
GROUPS_OF_LINE = 9


@dataclass
class World:
    """The tables of both systems as they are now, the mapping and the day the work begins."""

    tables: Mapping[str, Mapping[str, Row]]
    mapping: Mapping[str, list[dict[str, str]]]
    start: str
    problems: list[str] = field(default_factory=list)

    def rows(self, name: str) -> list[Row]:
        """The rows of a table."""
        return list(self.tables[name].values())

    @cached_property
    def vendors(self) -> dict[str, str]:
        """Vendor code by supplier."""
        return {r["x3_supplier"]: r["avid_vendor_code"] for r in self.mapping["vendors"]}

    @cached_property
    def accounts(self) -> dict[tuple[str, str], str]:
        """Code by chart and account."""
        return {(r["chart"], r["x3_account"]): r["avid_code"] for r in self.mapping["gl"]}

    @cached_property
    def dimensions(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Group and code by dimension type and value."""
        return {
            (r["dimension_type"], r["x3_value"]): (r["avid_group"], r["avid_code"])
            for r in self.mapping["dimensions"]
        }

    @cached_property
    def lines(self) -> dict[str, list[Row]]:
        """Lines by invoice, in X3's order."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows("x3:BPSINVLIG"), key=lambda row: int(row["LIG"])):
            found[row["NUM"]].append(row)
        return found

    @cached_property
    def items(self) -> dict[str, list[Row]]:
        """Open items by invoice."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("x3:GACCDUDATE"):
            found[row["NUM"]].append(row)
        return found

    @cached_property
    def there(self) -> dict[str, list[Row]]:
        """AvidXchange invoices by the X3 number they carry."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("avid:invoice"):
            if row["ExternalId"]:
                found[row["ExternalId"]["Value"].split("|")[3]].append(row)
        return found

    @cached_property
    def postings(self) -> dict[str, list[Row]]:
        """X3 payments by our reference."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("x3:PAYMENTH"):
            if row["REF"].startswith("AVD"):
                found[row["REF"]].append(row)
        return found

    @cached_property
    def settled_by_us(self) -> dict[str, Decimal]:
        """What our payments settled, by invoice."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for payment in self.rows("x3:PAYMENTH"):
            if payment["REF"].startswith("AVD"):
                for line in payment["PAYMENTD"]:
                    found[line["VCRNUM"]] += abs(Decimal(line["AMTLIN"]))
        return dict(found)

    # --- which invoices belong into AvidXchange ------------------------------------------

    def obstacles(self, invoice: Row) -> set[str]:
        """The codes that keep an invoice from being sent; empty when it must be there."""
        found = set(self._of_header(invoice)) | set(self._of_amounts(invoice))
        for line in self.lines[invoice["NUM"]]:
            found |= set(self._of_line(invoice, line))
        return found

    def _of_header(self, invoice: Row) -> Iterator[str]:
        supplier = self.tables["x3:BPSUPPLIER"][invoice["BPR"]]
        if invoice["INVTYP"] not in (1, 2, 3, 4):
            yield "KND-01"
        if invoice["STA"] not in (2, 3):
            yield "STA-01"
        if invoice.get("TWMSTA") == 4:
            yield "PO-01"
        if (supplier["ENAFLG"], supplier["PAYLOKFLG"]) != (2, 1) or supplier["DOUFLG"] == 3:
            yield "SUP-01"
        if invoice["CUR"] not in ("USD", "CAD"):
            yield "scope"
        if not invoice["BPRVCR"].strip():
            yield "DUP-02"
        if not self._is_first(invoice):
            yield "DUP-01"
        yield from self._of_vendor(invoice)
        if invoice["STA"] != 3:
            if not self._is_open(invoice["CPY"], invoice["ACCDAT"]):
                yield "PER-01"
            if not any(r["PTE"] == invoice["PTE"] for r in self.rows("x3:TABPAYTERM")):
                yield "DUE-01"

    def _of_vendor(self, invoice: Row) -> Iterator[str]:
        known = {row["ExternalVendorCode"] for row in self.rows("avid:vendor") if row["Active"]}
        if self.vendors.get(invoice["BPR"]) == "-":
            yield "scope"
            return
        for supplier in {invoice["BPR"], invoice["BPRPAY"] or invoice["BPR"]}:
            if self.vendors.get(supplier) not in known:
                yield "MAP-01"

    def _is_open(self, company: str, day: str) -> bool:
        return any(
            row["PERSTA"] == 2
            for row in self.rows("x3:PERIOD")
            if (row["CPY"], row["LEDTYP"]) == (company, 1) and row["PERSTR"] <= day <= row["PEREND"]
        )

    @cached_property
    def _first(self) -> dict[tuple[str, str], tuple[str, str]]:
        first: dict[tuple[str, str], tuple[str, str]] = {}
        for row in self.rows("x3:PINVOICE"):
            if row["ACCDAT"] >= self.start and not self._is_rejected(row["NUM"]):
                mine = (row["CREDATTIM"], row["NUM"])
                key = _document(row)
                first[key] = min(first.get(key, mine), mine)
        return first

    def _is_first(self, invoice: Row) -> bool:
        number = invoice["NUM"]
        return self._is_rejected(number) or self._first[_document(invoice)][1] == number

    def _is_rejected(self, number: str) -> bool:
        """A rejected invoice frees the supplier's number for another document."""
        return any(row["Status"] == "Rejected" for row in self.there.get(number, []))

    def _of_amounts(self, invoice: Row) -> Iterator[str]:
        number, gross = invoice["NUM"], Decimal(invoice["AMTATI"])
        if not gross:
            yield "SUM-02"
        lines = self.lines[number]
        off = abs(gross - sum(Decimal(line["AMTATILIN"]) for line in lines))
        if off > Decimal("0.01") * len(lines):
            yield "SUM-01"
        if invoice["STA"] == 3:
            items = self.items[number]
            paid = sum(Decimal(item["PAYCUR"]) + Decimal(item["TMPCUR"]) for item in items)
            if abs(paid) != self.settled_by_us.get(number, 0):
                yield "settled or BAL-01"

    def _of_line(self, invoice: Row, line: Row) -> Iterator[str]:
        day, account = invoice["ACCDAT"], (line["COA"][0], line["ACC"][0])
        row = self.tables["x3:GACCOUNT"].get("~".join(account))
        if row is None or not _is_valid(row, day):
            yield "MAP-02"
        if account not in self.accounts:
            yield "MAP-03"
        if line.get("DSP"):
            yield "DIM-01"
        order = line.get("POHNUM")
        if order and self.tables["x3:PORDER"].get(order, {}).get("BPSNUM") != invoice["BPR"]:
            yield "PO-01"
        mapped = {kind for kind, _ in self.dimensions}
        for kind, value in _dimensions(line):
            known = self.tables["x3:CACCE"].get(f"{kind}~{value}")
            is_sound = known is not None and _is_valid(known, day)
            if kind in mapped and ((kind, value) not in self.dimensions or not is_sound):
                yield "MAP-06"
        codes = self.codes_of(line)
        required = {row["GroupName"] for row in self.rows("avid:group") if row["IsRequired"]}
        if required - {group for group, _ in codes}:
            yield "MAP-04"
        active = {(r["GroupName"], r["CodeValue"]) for r in self._active_codes}
        if codes - active:
            yield "MAP-05"

    @cached_property
    def _active_codes(self) -> list[Row]:
        return [row for row in self.rows("avid:code") if row["IsActive"]]

    def codes_of(self, line: Row) -> set[tuple[str, str]]:
        """Group and code of a line, as the mapping has them."""
        found = {self.dimensions[pair] for pair in _dimensions(line) if pair in self.dimensions}
        account = self.accounts.get((line["COA"][0], line["ACC"][0]))
        return found | ({("Accounting Codes", account)} if account else set())

    # --- what must hold -------------------------------------------------------------------

    def check(self, *, post_when: str = "issued", waiting: Iterable[str] = ()) -> list[str]:
        """What is not as it should be, in words; `waiting` are documents on the review list."""
        self.problems = []
        excused = set(waiting)
        self._check_sent(excused)
        self._check_levels(excused)
        self._check_payments(post_when, excused)
        return self.problems

    def _say(self, *words: object) -> None:
        self.problems.append(" ".join(str(word) for word in words))

    def _check_sent(self, excused: set[str]) -> None:
        sums: Counter[str] = Counter()
        for invoice in self.rows("x3:PINVOICE"):
            number = invoice["NUM"]
            here = self.there.get(number, [])
            if invoice["ACCDAT"] < self.start:
                expected, why = 0, {"before the start"}
            else:
                why = self.obstacles(invoice)
                expected = 0 if why else 1
            live = [row for row in here if row["Status"] != "Deleted"]
            if len(live) != expected and not (number in excused and not live):
                self._say(number, "is there", len(live), "times, wanted", expected, why)
            for row in live:
                self._check_content(invoice, row)
                sums[invoice["CUR"]] += int(Decimal(row["Amount"]) * 100) - _minor(invoice)
        unknown = set(self.there) - set(self.tables["x3:PINVOICE"])
        if unknown or any(sums.values()):
            self._say("unknown in X3:", unknown, "sums differ:", dict(sums))
        values = Counter(row["ExternalId"]["Value"] for rows in self.there.values() for row in rows)
        if any(times > 1 for times in values.values()):
            self._say("external ids used twice:", [v for v, times in values.items() if times > 1])

    def _check_content(self, invoice: Row, row: Row) -> None:
        """The bytes that were sent, so that what an approver recoded does not matter."""
        number, body = invoice["NUM"], json.loads(row["Body"], parse_float=Decimal)
        lines = self.lines[number]
        wanted = [self.codes_of(line) for line in lines]
        sent = [{(c["GroupName"], c["CodeValue"]) for c in line["Codes"]} for line in body["Lines"]]
        orders = [line["POHNUM"] for line in lines if line.get("POHNUM")]
        if sent != wanted:
            self._say(number, "is coded", sent, "wanted", wanted)
        if body.get("PONumber") != (orders[0] if orders else None):
            self._say(number, "has order", body.get("PONumber"), "wanted", orders[:1])
        if body["VendorExternalCode"] != self.vendors[invoice["BPRPAY"] or invoice["BPR"]]:
            self._say(number, "has vendor", body["VendorExternalCode"])
        if sum(Decimal(line["Amount"]) for line in body["Lines"]) != Decimal(body["Amount"]):
            self._say(number, "has lines that miss its amount")
        sign = -1 if invoice["INVTYP"] in CREDITS else 1
        for line, shown in zip(lines, body["Lines"], strict=False):
            off = abs(Decimal(shown["Amount"]) - sign * Decimal(line["AMTATILIN"]))
            if off > Decimal("0.01") * len(lines):
                self._say(number, "has a line of", shown["Amount"], "for", line["AMTATILIN"])

    def _check_levels(self, excused: set[str]) -> None:
        for number, rows in self.there.items():
            if number in self.settled_by_us or number in excused:
                continue
            invoice = self.tables["x3:PINVOICE"][number]
            wanted = LEVELS[max(rows, key=lambda row: int(row["Id"]))["Status"]]
            shown = {item["FLGPAZ"] for item in self.items[number] if item["FLGCLE"] == 1}
            levels = shown if invoice["STA"] == 3 else {invoice["PAZ"]}
            if levels != {wanted}:
                self._say(number, "has level", levels, "wanted", wanted)

    def _check_payments(self, post_when: str, excused: set[str]) -> None:
        for reference, rows in self.postings.items():
            if len(rows) != 1:
                self._say(reference, "was posted", len(rows), "times")
        wanted = OUT | DONE if post_when == "issued" else DONE
        known = set()
        for payment in self.rows("avid:payment"):
            identity = str(payment["PaymentId"])
            known.add(f"AVD{identity}")
            rows = self.postings.get(f"AVD{identity}", [])
            may_wait = identity in excused or self._waits_for_posting(payment)
            if payment["Status"] in wanted and not rows and not may_wait:
                self._say("payment", identity, payment["Status"], "was not posted")
            if payment["Status"] in BEFORE and rows and identity not in excused:
                self._say("payment", identity, payment["Status"], "was posted too early")
            for row in rows:
                self._check_posting(payment, row)
        if set(self.postings) - known:
            self._say("posted without a payment:", set(self.postings) - known)
        self._check_balances()

    def _waits_for_posting(self, payment: Row) -> bool:
        numbers = [one["ExternalId"].split("|")[3] for one in payment["Remittances"]]
        return any(self.tables["x3:PINVOICE"][number]["STA"] != 3 for number in numbers)

    def _check_posting(self, payment: Row, row: Row) -> None:
        shares: dict[str, Decimal] = defaultdict(Decimal)
        for line in row["PAYMENTD"]:
            shares[line["VCRNUM"]] += Decimal(line["AMTLIN"])
        nets: dict[str, Decimal] = defaultdict(Decimal)
        for one in payment["Remittances"]:
            nets[one["ExternalId"].split("|")[3]] += Decimal(one["Net"])
        facts = (row["CUR"], Decimal(row["AMTCUR"]), row["BAN"], dict(shares))
        amount = Decimal(payment["Amount"])
        wanted = (payment["CurrencyCode"], amount, BANKS[row["CPY"]], dict(nets))
        if facts != wanted:
            self._say(row["REF"], "was posted as", facts, "wanted", wanted)

    def _check_balances(self) -> None:
        """Nothing is settled beyond what an item is worth, and only by allocations."""
        for number, amount in self.settled_by_us.items():
            items = self.items[number]
            paid = sum(abs(Decimal(item["PAYCUR"])) for item in items)
            if paid != amount:
                self._say(number, "shows", paid, "paid, allocated are", amount)
            if any(abs(Decimal(i["PAYCUR"])) > abs(Decimal(i["AMTCUR"])) for i in items):
                self._say(number, "is paid beyond its balance")


def look(served: Any, mapping: Mapping[str, list[dict[str, str]]], start: str) -> World:
    """Read both systems' tables by the admin door."""
    names = (
        "x3:PINVOICE", "x3:BPSINVLIG", "x3:GACCDUDATE", "x3:PAYMENTH", "x3:BPSUPPLIER",
        "x3:GACCOUNT", "x3:CACCE", "x3:PERIOD", "x3:TABPAYTERM", "x3:PORDER", "avid:group",
        "avid:code", "avid:vendor", "avid:invoice", "avid:payment",
    )  # fmt: skip
    return World({name: served.table(name) for name in names}, mapping, start)


def _document(invoice: Row) -> tuple[str, str]:
    return invoice["BPR"], invoice["BPRVCR"].strip().casefold() or invoice["NUM"]


def _minor(invoice: Row) -> int:
    sign = -1 if invoice["INVTYP"] in CREDITS else 1
    return sign * int(Decimal(invoice["AMTATI"]) * 100)


def _is_valid(row: Row, day: str) -> bool:
    starts, ends = row.get("VLYSTR") or "", row.get("VLYEND") or "9999"
    return row.get("ENAFLG", 2) == 2 and starts <= day <= ends


def _dimensions(line: Row) -> Iterator[tuple[str, str]]:
    for place in range(1, GROUPS_OF_LINE + 1):
        kind, value = line.get(f"DIE{place}"), line.get(f"CCE{place}")
        if kind and value:
            yield kind, value
