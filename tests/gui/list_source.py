"""A real SQLite table of invoices as a source of the list, as the facade will offer one."""

import sqlite3
import threading
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ui.find_syntax import Field
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.painting import PillLook

STATES = {
    "in_approval": PillLook("hourglass", "In approval", "wait"),
    "needs_mapping": PillLook("link-plus", "Needs mapping", "warn"),
    "approved": PillLook("check", "Approved", "wait"),
    "in_doubt": PillLook("zoom-question", "In doubt", "doubt"),
    "payment_scheduled": PillLook("calendar-due", "Payment scheduled", "wait"),
    "paid": PillLook("circle-check", "Paid", "ok"),
    "held": PillLook("player-pause", "Held", "warn"),
    "ready": PillLook("circle-dashed", "Ready", "go"),
    "rejected": PillLook("circle-x", "Rejected", "bad"),
}
NAMES = (
    "Piedmont Label Works", "Delmarva Paper Mill", "Harrow & Pike Fasteners",
    "Ashgrove Landscaping", "Lakeshore Uniform Supply", "Sable Ridge Electric",
    "Northfield Calibration", "Corvane Chemicals", "Ostrander Tool & Die", "=Halcyon Waste",
)  # fmt: skip
REASONS = (
    "Plant manager, 4 days", "Supplier not linked", "Maintenance lead, 2 days",
    "Waits for payment run", "Looking it up, next 09:46", "Pays 11/25", "Check 104522 cleared",
    "Bank details changed", "Goes with next run", "“Wrong cost center”",
)  # fmt: skip
ORDERS = ("number", "supplier", "due_date", "amount", "state")


def sentence(row: Row) -> str:
    return f"{STATES[row['state']].text}, {row['number']}, {row['supplier']}, {row['amount']}"


SPEC = ListSpec(
    name="invoices",
    columns=(
        Column("state", "State", "state", sort_name="state", looks=STATES),
        Column("number", "X3 no.", "code", sort_name="number", is_strong=True),
        Column("supplier", "Supplier", "text", is_elastic=True, sort_name="supplier"),
        Column("document", "Supplier's no.", "code", priority_to_hide=4),
        Column("document_date", "Date", "date", priority_to_hide=2),
        Column("due_date", "Due", "date", sort_name="due_date"),
        Column("amount", "Amount", "amount", sort_name="amount", second="currency"),
        Column("open_x3", "Open in X3", "amount", priority_to_hide=3, second="currency"),
        Column("open_avid", "Open in Avid.", "amount", priority_to_hide=1, second="currency"),
        Column("why", "Why", "text", is_elastic=True),
        Column("currency", "Currency", "code", hidden_at_first=True),
    ),
    noun=("invoice", "invoices"),
    row_key="number",
    sentence=sentence,
    fields={
        "state": Field("state", "State", "word", {look.text: key for key, look in STATES.items()}),
        "supplier": Field("supplier", "Supplier"),
        "amount": Field("amount", "Amount", "amount"),
        "due": Field("due_date", "Due", "date"),
    },
    order="number",
    descending=True,
    sum_of="amount",
)


def record(number: int) -> tuple[Any, ...]:
    at = number % len(NAMES)
    state = tuple(STATES)[(number * 7) % len(STATES)]
    due = date(2026, 1, 1) + timedelta(days=(number * 13) % 600)
    minor = (number * 7_919) % 3_000_000 - (60_000 if number % 17 == 0 else 0)
    left = 0 if state == "paid" else minor
    avid = None if state in {"held", "ready", "needs_mapping"} else left
    return (
        f"PIH{number:07}", state, NAMES[at], f"0{(number * 31) % 99_999:05}",
        (due - timedelta(days=30)).isoformat(), due.isoformat(), minor, left, avid, REASONS[at],
    )  # fmt: skip


def fill(path: Path, rows: int) -> None:
    with sqlite3.connect(path) as store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute(
            "CREATE TABLE invoice (number TEXT PRIMARY KEY, state TEXT NOT NULL, supplier TEXT NOT"
            " NULL, document TEXT, document_date TEXT, due_date TEXT NOT NULL, amount INTEGER NOT"
            " NULL, open_x3 INTEGER, open_avid INTEGER, why TEXT) STRICT, WITHOUT ROWID"
        )
        marks = ",".join("?" * 10)
        store.executemany(f"INSERT INTO invoice VALUES ({marks})", map(record, range(rows)))
        for name in ORDERS[1:]:
            store.execute(f"CREATE INDEX by_{name} ON invoice ({name}, number)")
    store.close()


class SqliteSource:
    """Keyset pages by SQL on whatever thread calls; `gate` holds the reader while it is cleared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pages: list[tuple[Query, Any]] = []
        self.threads: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self._store: sqlite3.Connection | None = None

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def _rows(self, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        self.threads.add(threading.current_thread().name)
        self.gate.wait(20)
        if self.error is not None:
            raise self.error
        if self._store is None:
            self._store = sqlite3.connect(self.path)
        return self._store.execute(sql, values).fetchall()

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        self.pages.append((wanted, after))
        where, values = _where(wanted.text, wanted.members)
        order = wanted.order or "number"
        sign, way = ("<", "DESC") if wanted.descending else (">", "ASC")
        if after is not None:
            where += f" AND ({order}, number) {sign} (?, ?)"
            values += after
        sql = (
            f"SELECT number, state, supplier, document, document_date, due_date, amount, open_x3,"
            f" open_avid, why, {order} FROM invoice WHERE {where}"
            f" ORDER BY {order} {way}, number {way} LIMIT {limit + 1}"
        )
        found = self._rows(sql, values)
        shown = found[:limit]
        last = [shown[-1][-1], shown[-1][0]] if len(found) > limit else None
        return PageOf(tuple(_shape(row) for row in shown), last)

    def count(self, wanted: Query) -> int:
        where, values = _where(wanted.text, wanted.members)
        return int(self._rows(f"SELECT count(*) FROM invoice WHERE {where}", values)[0][0])

    def totals(self, wanted: Query) -> dict[str, str]:
        where, values = _where(wanted.text, wanted.members)
        total = self._rows(f"SELECT sum(amount) FROM invoice WHERE {where}", values)[0][0]
        return {"USD": _money(total or 0) or ""}


def _where(text: str, members: Mapping[str, str]) -> tuple[str, list[Any]]:
    parts = ["1"]
    values: list[Any] = []
    if text:
        parts.append("(supplier LIKE ? OR number LIKE ?)")
        values += [f"%{text}%", f"%{text}%"]
    for member, wanted in members.items():
        for condition in wanted.split(" "):
            sign = condition[: len(condition) - len(condition.lstrip("<>="))] or "="
            value = condition.lstrip("<>=")
            if sign == "=" and member in {"state", "supplier"}:
                choices = wanted.split(",")
                parts.append(f"{member} IN ({','.join('?' * len(choices))})")
                values += choices
                break
            parts.append(f"{member} {sign} ?")
            values.append(int(Decimal(value) * 100) if member == "amount" else value)
    return " AND ".join(parts), values


def _money(minor: int | None) -> str | None:
    return None if minor is None else str(Decimal(minor).scaleb(-2))


def _shape(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("number", "state", "supplier", "document", "document_date", "due_date")
    shown: dict[str, Any] = dict(zip(names, row, strict=False))
    for at, name in enumerate(("amount", "open_x3", "open_avid"), 6):
        shown[name] = _money(row[at])
    return {**shown, "why": row[9], "currency": "USD"}
