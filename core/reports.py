"""The month-end report: what a controller keeps of a statement, as one workbook or one PDF.

Everything but names and the audit head comes from the statement and its snapshot. The head of the
audit log stands on every page, so that a log that was rewritten later shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from core import views
from core.config import replacing
from core.desk_reconcile_views import STEP_TITLES, MovedView, StatementView
from core.domain.money import Money
from core.domain.reconcile import Statement
from core.domain.reconcile_books import SideBooks
from core.domain.reconcile_parts import CAUSES, TO_AVIDXCHANGE, UNEXPLAINED
from core.errors import ConfigError
from core.reports_tables import (
    AMOUNT,
    NUMBER,
    Cell,
    Column,
    Row,
    Table,
    accruals,
    ageing,
    debits,
    times,
)
from core.store import history, month_documents, snapshots, values
from core.store.snapshots import NoteRow
from core.store.sqlite import Store

_DEFINITIONS = (
    ("Open in Sage X3", "Open items of posted invoices: amount less paid and provisionally paid."),
    (
        "Open in AvidXchange",
        "Invoices neither rejected nor deleted there: amount less payments issued or done.",
    ),
    (
        "Payments",
        "What will leave the bank: invoices released for payment, payments issued, not cleared.",
    ),
    (
        "Difference",
        "Each document's difference is taken apart by evidence; what is left is unexplained.",
    ),
)


@dataclass(frozen=True, slots=True)
class Pack:
    """A report before it is written: `facts` are pairs of a name and a text, in order."""

    view: StatementView
    head: str
    footer: str
    facts: tuple[tuple[str, str], ...]
    summary: tuple[Table, ...]
    tables: tuple[Table, ...]
    causes: tuple[tuple[str, str, int], ...]  # title, currency, minor units; for the plot


def gather(
    store: Store,
    view: StatementView,
    statement: Statement,
    books: SideBooks,
    changes: Sequence[MovedView],
    notes: Sequence[NoteRow],
) -> Pack:
    """Put a report together; one read transaction and arithmetic."""
    period, company = statement.period, statement.company
    with store.read():
        rows, head = history.head(store)
        suppliers = snapshots.supplier_names(store)
        accounts = snapshots.account_names(store)
        following = (date.fromisoformat(period.last) + timedelta(days=1)).isoformat()
        met = month_documents.prevented(store, period.first, following)
        held = json.loads(values.setting(store, "invariants", "{}"))
    facts = tuple(_facts(store, view, head, rows, held))
    return Pack(
        view=view,
        head=head,
        footer=f"Audit log: {rows:,} rows, head {head}",
        facts=facts,
        summary=(_balances(statement), _differences(statement, view)),
        tables=(
            _items(statement, suppliers, notes),
            accruals(books, period, accounts, company),
            ageing(books, period, suppliers, company),
            _prevented(met),
            times(books, period, suppliers, company),
            debits(books, period, company),
            _changes(changes),
            _notes(notes),
            _evidence(facts),
        ),
        causes=tuple(
            (CAUSES[line.cause], f"{line.company} {line.currency}".strip(), line.amount)
            for line in statement.differences
            if line.step == TO_AVIDXCHANGE
        ),
    )


def write(pack: Pack, path: Path) -> None:
    """Write it as .xlsx or .pdf by the ending; the file appears whole or not at all.

    Raises:
        ConfigError: the ending is neither.
        LocalFault: DSK-01, the file could not be written.
    """
    ending = path.suffix.casefold()
    if ending not in views.STATEMENT_FORMS:
        raise ConfigError(
            "CFG-01",
            f"{path.name} is neither .xlsx nor .pdf.",
            title="Nothing was exported",
            fix="Choose one of these extensions.",
        )
    with replacing(path) as file:
        if ending == ".xlsx":
            from core import reports_xlsx

            reports_xlsx.write_workbook(pack, file)
        else:
            from core import reports_pdf

            reports_pdf.write_pdf(pack, file)


# --- tables of the statement -----------------------------------------------------------------


def _balances(statement: Statement) -> Table:
    columns = (
        Column("Company", "code", 9), Column("Currency", "code", 8),
        Column("Open in Sage X3", "amount", AMOUNT),
        Column("Open in AvidXchange", "amount", AMOUNT),
        Column("Explained", "amount", AMOUNT), Column("Unexplained", "amount", AMOUNT),
        Column("Payments to come", "amount", AMOUNT), Column("Paid in the month", "amount", AMOUNT),
        Column("Posted of it", "amount", AMOUNT), Column("Cleared in the month", "amount", AMOUNT),
    )  # fmt: skip
    rows: list[Row] = []
    for found in statement.balances:
        lines = statement.of(found.company, found.currency, TO_AVIDXCHANGE)
        loose = sum(line.amount for line in lines if line.cause == UNEXPLAINED)
        figures = (
            found.x3, found.avidxchange, found.x3 - found.avidxchange - loose, loose,
            found.payments, found.paid, found.posted, found.cleared,
        )  # fmt: skip
        money = tuple(Money(figure, found.currency) for figure in figures)
        rows.append((found.company, found.currency, *money))
    return Table(
        "Balances",
        "Balances: Sage X3 = AvidXchange + explained + unexplained",
        "By company and currency; amounts of different currencies are never added.",
        columns,
        rows,
        (),
        "Nothing is open on either side.",
    )


def _differences(statement: Statement, view: StatementView) -> Table:
    columns = (
        Column("Company", "code", 9), Column("Currency", "code", 8), Column("Between", "text", 24),
        Column("Cause", "text", 36), Column("Documents", "number", NUMBER),
        Column("In the first", "amount", AMOUNT), Column("In the second", "amount", AMOUNT),
        Column("Difference", "amount", AMOUNT), Column("Who acts", "text", 40),
        Column("Note", "text", 30),
    )  # fmt: skip
    rows: list[Row] = []
    totals: list[Row] = []
    for line, told in zip(statement.differences, view.causes, strict=True):
        figures = (line.before, line.after, line.amount)
        money = tuple(Money(figure, line.currency) for figure in figures)
        first: Row = (line.company, line.currency, STEP_TITLES[line.step], told.title)
        rows.append((*first, len(line.documents), *money, told.acts, told.note))
    for balance in statement.balances:
        steps = (balance.x3 - balance.avidxchange, balance.avidxchange - balance.payments)
        for step, amount in zip(STEP_TITLES, steps, strict=True):
            lines = statement.of(balance.company, balance.currency, step)
            if lines:
                count = sum(len(line.documents) for line in lines)
                total = Money(amount, balance.currency)
                first = (balance.company, balance.currency, STEP_TITLES[step], "Total")
                totals.append((*first, count, None, None, total, "", ""))
    return Table(
        "Differences",
        "Differences by cause",
        "Each line is the sum of its documents; the lines of a step add up to the difference of "
        "its two balances.",
        columns,
        rows,
        totals,
        "There is no difference.",
    )


def _items(statement: Statement, suppliers: dict[str, str], notes: Sequence[NoteRow]) -> Table:
    columns = (
        Column("Company", "code", 9), Column("Currency", "code", 8), Column("Between", "text", 20),
        Column("Cause", "text", 34), Column("Document", "code", 24),
        Column("Supplier", "code", 11), Column("Name", "text", 26),
        Column("In the first", "amount", AMOUNT), Column("In the second", "amount", AMOUNT),
        Column("Difference", "amount", AMOUNT), Column("Payment", "code", 12),
        Column("Why", "text", 60), Column("Note", "text", 24),
    )  # fmt: skip
    told = {(n.company, n.currency, n.cause, n.document): n.note for n in notes if n.document}
    rows: list[Row] = []
    for line in statement.differences:
        for part in line.parts:
            figures = (part.before, part.after, part.amount)
            key = (part.company, part.currency, part.cause, part.document)
            rows.append(
                (
                    part.company, part.currency, STEP_TITLES[part.step], CAUSES[part.cause],
                    part.document, part.supplier, suppliers.get(part.supplier, ""),
                    *(Money(figure, part.currency) for figure in figures),
                    part.payment, part.text, told.get(key, ""),
                )
            )  # fmt: skip
    return Table(
        "Items",
        "Items: every document of every difference",
        "Sorted by cause and document.",
        columns,
        rows,
        (),
        "There is no difference.",
    )


def _prevented(met: Sequence[month_documents.Prevented]) -> Table:
    columns = (
        Column("When", "day", 11), Column("How it was met", "text", 22),
        Column("Document", "code", 20), Column("Currency", "code", 8),
        Column("Amount", "amount", AMOUNT), Column("What happened", "text", 80),
    )  # fmt: skip
    rows: list[Row] = [
        (
            one.at[:10], one.how, one.document, one.currency,
            Money(one.amount, one.currency) if one.currency else None, one.text,
        )
        for one in met
    ]  # fmt: skip
    return Table(
        "Duplicates",
        "Duplicates prevented in the month",
        "Bills that were there already, and sends without an answer that were looked up and not "
        "sent again.",
        columns,
        rows,
        (),
        "There was none to prevent.",
        most=60,
    )


def _changes(changes: Sequence[MovedView]) -> Table:
    columns = (
        Column("Document", "code", 20), Column("Company", "code", 9), Column("Currency", "code", 8),
        Column("Before", "text", 36), Column("Amount before", "code", AMOUNT),
        Column("Now", "text", 36), Column("Amount now", "code", AMOUNT),
    )  # fmt: skip
    rows: list[Row] = [
        (
            one.document, one.company, one.currency, one.before or "-", one.before_amount,
            one.now or "-", one.now_amount,
        )
        for one in changes
    ]  # fmt: skip
    return Table(
        "Changes",
        "Changes since the statement before",
        "Documents that stand under another cause or amount than when the month was last "
        "reconciled.",
        columns,
        rows,
        (),
        "Nothing changed, or there was no statement before.",
        most=60,
    )


def _notes(notes: Sequence[NoteRow]) -> Table:
    columns = (
        Column("When", "day", 17), Column("By", "text", 20), Column("Company", "code", 9),
        Column("Currency", "code", 8), Column("Cause", "text", 36), Column("Document", "code", 20),
        Column("Note", "text", 60),
    )  # fmt: skip
    rows: list[Row] = [
        (
            f"{one.at[:10]} {one.at[11:16]}", one.by, one.company, one.currency,
            CAUSES.get(one.cause, one.cause), one.document, one.note or "(taken away)",
        )
        for one in notes
    ]  # fmt: skip
    title = "Notes of the month"
    return Table("Notes", title, "In the order they were made.", columns, rows, (), "No notes.")


def _facts(
    store: Store, view: StatementView, head: str, rows: int, held: dict[str, str]
) -> Iterator[tuple[str, str]]:
    yield "Statement", view.title
    yield "Company", view.company or "all"
    yield "Balances put together", _moment(view.at)
    yield "Sage X3 read up to", _moment(view.read_x3)
    yield "AvidXchange read up to", _moment(view.read_avidxchange)
    yield "Made by", f"{view.by}, {_moment(view.made_at)}"
    signed = f"{view.signed_by}, {_moment(view.signed_at)}" if view.signed_by else "not signed off"
    yield "Signed off by", signed
    if view.note:
        yield "Note of the sign-off", view.note
    yield "Hash of the statement", view.hash
    yield "Hash of its snapshot", f"{view.snapshot_hash} (no. {view.snapshot})"
    yield "Audit log", f"{rows:,} rows, head {head}"
    promises = ", ".join(f"{name} {state}" for name, state in sorted(held.items()))
    yield "Promises after the last run", promises or "not evaluated yet"
    yield "Program", f"Crossfoot {store.version}"
    yield from _DEFINITIONS


def _evidence(facts: tuple[tuple[str, str], ...]) -> Table:
    columns = (Column("What", "text", 30), Column("Value", "text", 110))
    rows: list[tuple[Cell, ...]] = [*facts]
    note = "Compare the head with the one in the log you verify, by verify_audit.py --head."
    return Table("Evidence", "Evidence", note, columns, rows)


def _moment(text: str) -> str:
    return f"{text[:10]} {text[11:16]} UTC" if text else "not known"
