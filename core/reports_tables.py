"""The tables of a month-end report, made once and written by both `reports_xlsx` and `reports_pdf`.

Figures come from the snapshot of a statement only, so that a report made later is the same. Amounts
are `Money`; nothing is formatted here and nothing is rounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from statistics import median
from typing import Literal

from core.domain.money import Money
from core.domain.reconcile_books import EXECUTED, Period, Position, SideBooks

Cell = str | int | Money | None
Row = tuple[Cell, ...]
Kind = Literal["text", "code", "amount", "number", "day"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `code` is text that never wraps; `width` is in characters, `wide` may grow."""

    name: str
    kind: Kind = "text"
    width: int = 14


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a report, its totals below it.

    `note` says in a sentence what it holds; `empty` what it means that it has no rows. `most` is
    how many rows the PDF prints; the workbook has all of them.
    """

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    totals: Sequence[Row] = field(default_factory=tuple)
    empty: str = "Nothing."
    most: int = 200


AMOUNT, NUMBER = 15, 9
_BUCKETS = ("Not due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days")
_EDGES = (0, 30, 60, 90)
_NO_ACCOUNT = "(no account)"


# --- accruals --------------------------------------------------------------------------------


def accruals(books: SideBooks, period: Period, names: Mapping[str, str], company: str) -> Table:
    """Received and unpaid invoices by GL account: open in X3, and received but not posted."""
    posted: dict[tuple[str, str, str], int] = defaultdict(int)
    waiting: dict[tuple[str, str, str], int] = defaultdict(int)
    documents: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for position in _of(books, period, company):
        is_posted = position.x3 is not None
        unpaid = position.open_x3 if is_posted else position.gross
        if not position.number or not unpaid or (position.is_gone and not is_posted):
            continue
        for account, part in spread(unpaid, position.accounts):
            key = (position.company, position.currency, account)
            (posted if is_posted else waiting)[key] += part
            documents[key].add(position.number)
    rows: list[Row] = [
        (
            key[0], key[2], names.get(key[2], ""), len(documents[key]), key[1],
            Money(posted[key], key[1]), Money(waiting[key], key[1]),
            Money(posted[key] + waiting[key], key[1]),
        )
        for key in sorted(documents)
    ]  # fmt: skip
    columns = (
        Column("Company", "code", 9), Column("GL account", "code", 12), Column("Name", "text", 30),
        Column("Invoices", "number", NUMBER), Column("Currency", "code", 8),
        Column("Open in X3", "amount", AMOUNT), Column("Not posted yet", "amount", AMOUNT),
        Column("Unpaid", "amount", AMOUNT),
    )  # fmt: skip
    return Table(
        "Accruals",
        "Accruals: received and unpaid, by GL account",
        "What is open of each invoice, spread over the accounts of its lines in proportion to "
        "them; invoices X3 has not posted count with their whole amount.",
        columns,
        rows,
        _totals(columns, rows, currency=4),
        "No invoice is unpaid.",
    )  # fmt: skip


def spread(amount: int, weights: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """An amount over accounts in proportion to their weights, exact to the last unit.

    The cents that are left go to the largest remainders. Weights that add up to nothing put all of
    it on the first account.
    """
    total = sum(weight for _, weight in weights)
    if not weights or not total:
        return [(weights[0][0] or _NO_ACCOUNT if weights else _NO_ACCOUNT, amount)]
    parts = [(name or _NO_ACCOUNT, *divmod(amount * weight, total)) for name, weight in weights]
    left = amount - sum(whole for _, whole, _ in parts)
    order = sorted(range(len(parts)), key=lambda at: -abs(parts[at][2]))
    step = 1 if left > 0 else -1
    more = dict.fromkeys(order[: abs(left)], step)
    found = [(name, whole + more.get(at, 0)) for at, (name, whole, _) in enumerate(parts)]
    return [(name, part) for name, part in found if part]


# --- ageing ----------------------------------------------------------------------------------


def ageing(books: SideBooks, period: Period, names: Mapping[str, str], company: str) -> Table:
    """What is open in X3 by supplier and by how long it is overdue at the period's end."""
    end = date.fromisoformat(period.last)
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(_BUCKETS))
    for position in _of(books, period, company):
        if position.open_x3:
            key = (position.company, position.supplier, position.currency)
            found[key][_bucket(position.due_day, end)] += position.open_x3
    for item in books.others:
        if not company or item.company == company:
            found[item.company, item.supplier, item.currency][_bucket(item.due_day, end)] += (
                item.open
            )
    ordered = sorted(found.items(), key=lambda entry: (entry[0][0], entry[0][2], -sum(entry[1])))
    rows: list[Row] = [
        (
            key[0], key[1], names.get(key[1], ""), key[2],
            *(Money(part, key[2]) for part in parts), Money(sum(parts), key[2]),
        )
        for key, parts in ordered
    ]  # fmt: skip
    columns = (
        Column("Company", "code", 9), Column("Supplier", "code", 11), Column("Name", "text", 28),
        Column("Currency", "code", 8),
        *(Column(name, "amount", AMOUNT) for name in _BUCKETS), Column("Open", "amount", AMOUNT),
    )  # fmt: skip
    return Table(
        "Ageing",
        f"Ageing of what is open in Sage X3 on {period.last}",
        "By due date; credits reduce the column they are due in.",
        columns,
        rows,
        _totals(columns, rows, currency=3),
        "Nothing is open in X3.",
        most=60,
    )


def _bucket(due_day: str, end: date) -> int:
    if not due_day:
        return 0
    days = (end - date.fromisoformat(due_day)).days
    return sum(1 for edge in _EDGES if days > edge)


# --- times -----------------------------------------------------------------------------------


def times(books: SideBooks, period: Period, names: Mapping[str, str], company: str) -> Table:
    """Days to approve and to pay by supplier, of what was approved or paid in the period."""
    approved: dict[str, list[int]] = defaultdict(list)
    paid: dict[str, list[int]] = defaultdict(list)
    for position in _of(books, period, company):
        if position.approved_day and period.holds(position.approved_day):
            _note(approved[position.supplier], position.sent_day, position.approved_day)
        if position.paid_day and period.holds(position.paid_day) and not position.open_ap:
            _note(paid[position.supplier], position.document_day, position.paid_day)
    suppliers = sorted({code for code in (*approved, *paid) if approved[code] or paid[code]})
    rows: list[Row] = [
        (
            code, names.get(code, ""), *_days(approved[code]), *_days(paid[code]),
        )
        for code in suppliers
    ]  # fmt: skip
    every = [list(chain.from_iterable(found.values())) for found in (approved, paid)]
    columns = (
        Column("Supplier", "code", 11), Column("Name", "text", 30),
        Column("Approved", "number", NUMBER), Column("Days, median", "number", NUMBER),
        Column("Days, longest", "number", NUMBER), Column("Paid", "number", NUMBER),
        Column("Days, median ", "number", NUMBER), Column("Days, longest ", "number", NUMBER),
    )  # fmt: skip
    return Table(
        "Times",
        f"Time to approve and to pay in {period.title}, by supplier",
        "Days from sending to approval of invoices approved in the month, and from the invoice's "
        "own date to its last payment of invoices paid in full in the month.",
        columns,
        rows,
        [("All suppliers", "", *_days(every[0]), *_days(every[1]))] if rows else (),
        "Nothing was approved or paid in the month.",
        most=60,
    )


def _note(found: list[int], begin: str, end: str) -> None:
    if begin:
        days = (date.fromisoformat(end[:10]) - date.fromisoformat(begin[:10])).days
        found.append(max(0, days))


def _days(found: list[int]) -> tuple[Cell, Cell, Cell]:
    if not found:
        return 0, None, None
    return len(found), round(median(found)), max(found)


# --- debits ----------------------------------------------------------------------------------


def debits(books: SideBooks, period: Period, company: str) -> Table:
    """What AvidXchange debits, by batch, against what X3 has posted to the clearing account."""
    batches: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for payment in books.payments:
        if payment.payment_class not in EXECUTED or not period.holds(payment.payment_day or "-"):
            continue
        if company and payment.company != company:
            continue
        key = (payment.payment_day, payment.batch or "(none)", payment.company, payment.currency)
        sums = batches[key]
        sums[0] += 1
        sums[1] += payment.amount
        sums[2] += payment.amount if payment.is_posted else 0
        sums[3] += payment.amount if payment.payment_class == "done" else 0
    rows: list[Row] = [
        (
            key[2], key[1], key[0], sums[0], key[3], Money(sums[1], key[3]), Money(sums[2], key[3]),
            Money(sums[1] - sums[2], key[3]), Money(sums[3], key[3]),
        )
        for key, sums in sorted(batches.items())
    ]  # fmt: skip
    columns = (
        Column("Company", "code", 9), Column("Batch", "code", 14), Column("Paid on", "day", 11),
        Column("Payments", "number", NUMBER), Column("Currency", "code", 8),
        Column("Debited", "amount", AMOUNT), Column("Posted in X3", "amount", AMOUNT),
        Column("Not posted", "amount", AMOUNT), Column("Cleared", "amount", AMOUNT),
    )  # fmt: skip
    return Table(
        "Debits",
        f"AvidXchange's debits by batch in {period.title}",
        "AvidXchange debits the bank in batches, X3 posts single payments to the clearing account: "
        "each batch and what of it X3 holds.",
        columns,
        rows,
        _totals(columns, rows, currency=4),
        "AvidXchange paid nothing in the month.",
        most=80,
    )


# --- shared ----------------------------------------------------------------------------------


def _of(books: SideBooks, period: Period, company: str) -> Iterable[Position]:
    for position in books.positions:
        if position.accounting_day <= period.last and company in ("", position.company):
            yield position


def _totals(columns: Sequence[Column], rows: Sequence[Row], *, currency: int) -> list[Row]:
    """One row a currency with the sums of its amounts and numbers."""
    found: dict[str, list[int]] = {}
    for row in rows:
        sums = found.setdefault(str(row[currency]), [0] * len(columns))
        for at, cell in enumerate(row):
            sums[at] += cell.minor if isinstance(cell, Money) else 0
            sums[at] += cell if isinstance(cell, int) else 0
    made: list[Row] = []
    for name, sums in sorted(found.items()):
        cells: list[Cell] = []
        for at, column in enumerate(columns):
            if column.kind == "amount":
                cells.append(Money(sums[at], name))
            else:
                cells.append(sums[at] if column.kind == "number" else "")
        cells[0], cells[currency] = "Total", name
        made.append(tuple(cells))
    return made
