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
from core.words import area

say = area(__name__)

AGEING = say("ageing")

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
    empty: str = say("nothing")
    most: int = 200


AMOUNT, NUMBER = 15, 9
_BUCKETS = (
    say("not_due"),
    say("1_30_days"),
    say("31_60_days"),
    say("61_90_days"),
    say("over_90_days"),
)
_EDGES = (0, 30, 60, 90)
_NO_ACCOUNT = say("no_account")


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
        Column(say("company"), "code", 9),
        Column(say("gl_account"), "code", 12),
        Column(say("name"), "text", 30),
        Column(say("invoices"), "number", NUMBER),
        Column(say("currency"), "code", 8),
        Column(say("open_in_x3"), "amount", AMOUNT),
        Column(say("not_posted_yet"), "amount", AMOUNT),
        Column(say("unpaid"), "amount", AMOUNT),
    )
    return Table(
        say("accruals"),
        say("accruals_received_and_unpaid_by_gl"),
        say("what_is_open_of_each_invoice_spread"),
        columns,
        rows,
        _totals(columns, rows, currency=4),
        say("no_invoice_is_unpaid"),
    )


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
        Column(say("company"), "code", 9),
        Column(say("supplier"), "code", 11),
        Column(say("name"), "text", 28),
        Column(say("currency"), "code", 8),
        *(Column(name, "amount", AMOUNT) for name in _BUCKETS),
        Column(say("open"), "amount", AMOUNT),
    )
    return Table(
        AGEING,
        say("ageing_of_what_is_open_in_sage", last=period.last),
        say("by_due_date_credits_reduce_the_column"),
        columns,
        rows,
        _totals(columns, rows, currency=3),
        say("nothing_is_open_in_x3"),
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
        Column(say("supplier"), "code", 11),
        Column(say("name"), "text", 30),
        Column(say("approved"), "number", NUMBER),
        Column(say("days_median"), "number", NUMBER),
        Column(say("days_longest"), "number", NUMBER),
        Column(say("paid"), "number", NUMBER),
        Column(say("days_median_2"), "number", NUMBER),
        Column(say("days_longest_2"), "number", NUMBER),
    )
    return Table(
        say("times"),
        say("time_to_approve_and_to_pay_in", title=period.title),
        say("days_from_sending_to_approval_of"),
        columns,
        rows,
        [(say("all_suppliers"), "", *_days(every[0]), *_days(every[1]))] if rows else (),
        say("nothing_was_approved_or_paid_in_the"),
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
        Column(say("company"), "code", 9),
        Column(say("batch"), "code", 14),
        Column(say("paid_on"), "day", 11),
        Column(say("payments"), "number", NUMBER),
        Column(say("currency"), "code", 8),
        Column(say("debited"), "amount", AMOUNT),
        Column(say("posted_in_x3"), "amount", AMOUNT),
        Column(say("not_posted"), "amount", AMOUNT),
        Column(say("cleared"), "amount", AMOUNT),
    )
    return Table(
        say("debits"),
        say("avidxchanges_debits_by_batch_in", title=period.title),
        say("avidxchange_debits_the_bank_in_batches"),
        columns,
        rows,
        _totals(columns, rows, currency=4),
        say("avidxchange_paid_nothing_in_the_month"),
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
        cells[0], cells[currency] = say("total"), name
        made.append(tuple(cells))
    return made
