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
from core.words import area

say = area(__name__)

_DEFINITIONS = (
    (say("open_in_sage_x3"), say("open_items_of_posted_invoices_amount")),
    (
        say("open_in_avidxchange"),
        say("invoices_neither_rejected_nor_deleted"),
    ),
    (
        say("payments"),
        say("what_will_leave_the_bank_invoices"),
    ),
    (
        say("difference"),
        say("each_documents_difference_is_taken"),
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
        footer=say("audit_log_rows_head", rows=rows, head=head),
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
            say("is_neither_xlsx_nor_pdf", name=path.name),
            title=say("nothing_was_exported"),
            fix=say("choose_one_of_these_extensions"),
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
        Column(say("company"), "code", 9),
        Column(say("currency"), "code", 8),
        Column(say("open_in_sage_x3"), "amount", AMOUNT),
        Column(say("open_in_avidxchange"), "amount", AMOUNT),
        Column(say("explained"), "amount", AMOUNT),
        Column(say("unexplained"), "amount", AMOUNT),
        Column(say("payments_to_come"), "amount", AMOUNT),
        Column(say("paid_in_the_month"), "amount", AMOUNT),
        Column(say("posted_of_it"), "amount", AMOUNT),
        Column(say("cleared_in_the_month"), "amount", AMOUNT),
    )
    rows: list[Row] = []
    for found in statement.balances:
        lines = statement.of(found.company, found.currency, TO_AVIDXCHANGE)
        loose = sum(line.amount for line in lines if line.cause == UNEXPLAINED)
        figures = (
            found.x3,
            found.avidxchange,
            found.x3 - found.avidxchange - loose,
            loose,
            found.payments,
            found.paid,
            found.posted,
            found.cleared,
        )
        money = tuple(Money(figure, found.currency) for figure in figures)
        rows.append((found.company, found.currency, *money))
    return Table(
        say("balances"),
        say("balances_sage_x3_avidxchange_explained"),
        say("by_company_and_currency_amounts_of"),
        columns,
        rows,
        (),
        say("nothing_is_open_on_either_side"),
    )


def _differences(statement: Statement, view: StatementView) -> Table:
    columns = (
        Column(say("company"), "code", 9),
        Column(say("currency"), "code", 8),
        Column(say("between"), "text", 24),
        Column(say("cause"), "text", 36),
        Column(say("documents"), "number", NUMBER),
        Column(say("in_the_first"), "amount", AMOUNT),
        Column(say("in_the_second"), "amount", AMOUNT),
        Column(say("difference"), "amount", AMOUNT),
        Column(say("who_acts"), "text", 40),
        Column(say("note"), "text", 30),
    )
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
                first = (balance.company, balance.currency, STEP_TITLES[step], say("total"))
                totals.append((*first, count, None, None, total, "", ""))
    return Table(
        say("differences"),
        say("differences_by_cause"),
        say("each_line_is_the_sum_of_its"),
        columns,
        rows,
        totals,
        say("there_is_no_difference"),
    )


def _items(statement: Statement, suppliers: dict[str, str], notes: Sequence[NoteRow]) -> Table:
    columns = (
        Column(say("company"), "code", 9),
        Column(say("currency"), "code", 8),
        Column(say("between"), "text", 20),
        Column(say("cause"), "text", 34),
        Column(say("document"), "code", 24),
        Column(say("supplier"), "code", 11),
        Column(say("name"), "text", 26),
        Column(say("in_the_first"), "amount", AMOUNT),
        Column(say("in_the_second"), "amount", AMOUNT),
        Column(say("difference"), "amount", AMOUNT),
        Column(say("payment"), "code", 12),
        Column(say("why"), "text", 60),
        Column(say("note"), "text", 24),
    )
    told = {(n.company, n.currency, n.cause, n.document): n.note for n in notes if n.document}
    rows: list[Row] = []
    for line in statement.differences:
        for part in line.parts:
            figures = (part.before, part.after, part.amount)
            key = (part.company, part.currency, part.cause, part.document)
            rows.append(
                (
                    part.company,
                    part.currency,
                    STEP_TITLES[part.step],
                    CAUSES[part.cause],
                    part.document,
                    part.supplier,
                    suppliers.get(part.supplier, ""),
                    *(Money(figure, part.currency) for figure in figures),
                    part.payment,
                    part.text,
                    told.get(key, ""),
                )
            )
    return Table(
        say("items"),
        say("items_every_document_of_every"),
        say("sorted_by_cause_and_document"),
        columns,
        rows,
        (),
        say("there_is_no_difference"),
    )


def _prevented(met: Sequence[month_documents.Prevented]) -> Table:
    columns = (
        Column(say("when"), "day", 11), Column(say("how_it_was_met"), "text", 22),
        Column(say("document"), "code", 20), Column(say("currency"), "code", 8),
        Column(say("amount"), "amount", AMOUNT), Column(say("what_happened"), "text", 80),
    )  # fmt: skip
    rows: list[Row] = [
        (
            one.at[:10], one.how, one.document, one.currency,
            Money(one.amount, one.currency) if one.currency else None, one.text,
        )
        for one in met
    ]  # fmt: skip
    return Table(
        say("duplicates"),
        say("duplicates_prevented_in_the_month"),
        say("bills_that_were_there_already_and_sends"),
        columns,
        rows,
        (),
        say("there_was_none_to_prevent"),
        most=60,
    )


def _changes(changes: Sequence[MovedView]) -> Table:
    columns = (
        Column(say("document"), "code", 20),
        Column(say("company"), "code", 9),
        Column(say("currency"), "code", 8),
        Column(say("before"), "text", 36),
        Column(say("amount_before"), "code", AMOUNT),
        Column(say("now"), "text", 36),
        Column(say("amount_now"), "code", AMOUNT),
    )
    rows: list[Row] = [
        (
            one.document, one.company, one.currency, one.before or "-", one.before_amount,
            one.now or "-", one.now_amount,
        )
        for one in changes
    ]  # fmt: skip
    return Table(
        say("changes"),
        say("changes_since_the_statement_before"),
        say("documents_that_stand_under_another"),
        columns,
        rows,
        (),
        say("nothing_changed_or_there_was_no"),
        most=60,
    )


def _notes(notes: Sequence[NoteRow]) -> Table:
    columns = (
        Column(say("when"), "day", 17),
        Column(say("by"), "text", 20),
        Column(say("company"), "code", 9),
        Column(say("currency"), "code", 8),
        Column(say("cause"), "text", 36),
        Column(say("document"), "code", 20),
        Column(say("note"), "text", 60),
    )
    rows: list[Row] = [
        (
            f"{one.at[:10]} {one.at[11:16]}",
            one.by,
            one.company,
            one.currency,
            CAUSES.get(one.cause, one.cause),
            one.document,
            one.note or say("taken_away"),
        )
        for one in notes
    ]
    title = say("notes_of_the_month")
    return Table(
        say("notes"), title, say("in_the_order_they_were_made"), columns, rows, (), say("no_notes")
    )


def _facts(
    store: Store, view: StatementView, head: str, rows: int, held: dict[str, str]
) -> Iterator[tuple[str, str]]:
    yield say("statement"), view.title
    yield say("company"), view.company or "all"
    yield say("balances_put_together"), _moment(view.at)
    yield say("sage_x3_read_up_to"), _moment(view.read_x3)
    yield say("avidxchange_read_up_to"), _moment(view.read_avidxchange)
    yield say("made_by"), f"{view.by}, {_moment(view.made_at)}"
    signed = (
        f"{view.signed_by}, {_moment(view.signed_at)}" if view.signed_by else say("not_signed_off")
    )
    yield say("signed_off_by"), signed
    if view.note:
        yield say("note_of_the_sign_off"), view.note
    yield say("hash_of_the_statement"), view.hash
    yield (
        say("hash_of_its_snapshot"),
        say("no", snapshot_hash=view.snapshot_hash, snapshot=view.snapshot),
    )
    yield say("audit_log"), say("rows_head", rows=rows, head=head)
    promises = ", ".join(f"{name} {state}" for name, state in sorted(held.items()))
    yield say("promises_after_the_last_run"), promises or say("not_evaluated_yet")
    yield say("program"), say("crossfoot", version=store.version)
    yield from _DEFINITIONS


def _evidence(facts: tuple[tuple[str, str], ...]) -> Table:
    columns = (Column(say("what"), "text", 30), Column(say("value"), "text", 110))
    rows: list[tuple[Cell, ...]] = [*facts]
    note = say("compare_the_head_with_the_one_in")
    return Table(say("evidence"), say("evidence"), note, columns, rows)


def _moment(text: str) -> str:
    return say("utc", text=text[:10], text2=text[11:16]) if text else say("not_known")
