"""The month end as front ends use it: make, look into, note, sign off, export.

A statement is made from the snapshot of the month's turn where there is one, else from both sides
as they stand now, and its title says which. What it was made from is kept, so that it can be looked
into and exported later as it was. Part of the facade; errors are `AppError`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import desk_reconcile_views as shown
from core.desk_reconcile_views import (
    ChoicesView,
    DocumentView,
    MovedView,
    StatementView,
    moved_view,
)
from core.domain import reconcile
from core.domain.reconcile import Balance, Statement, lines_of
from core.domain.reconcile_books import Period, SideBooks, kept, of_json, to_json
from core.domain.reconcile_parts import CAUSES, Part
from core.errors import ConfigError, LocalFault
from core.store import queries_rows, snapshots, values
from core.store.snapshots import ReconciliationRow, SnapshotRow
from core.store.sqlite import Store
from core.views import STATEMENT_FORMS
from core.words import area
from core.workspace_folder import signed_folder
from core.workspace_policy import policy_of_workspace

say = area(__name__)

if TYPE_CHECKING:  # lists start without the engine, its clients' profiles and the report makers
    from core.facade import Parts
    from core.settings import Settings

_BALANCE = tuple(Balance.__dataclass_fields__)
_PART = tuple(Part.__dataclass_fields__)


class Reconciling(ABC):
    """The part of the facade that reconciles months; any thread."""

    _parts: Parts
    _store: Store
    _actor: str
    on_progress: Callable[[str, int, int], None] | None

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """The settings; given by the facade."""

    def reconcile(self, period: str, company: str = "", *, today: bool = False) -> StatementView:
        """Make the statement of a month (`YYYY-MM`), of one company or of all, and keep it.

        `today` takes both sides as they stand now even where the month's turn was kept; what then
        differs from the statement before is its `changed`. Cost: seconds for a folder of tens of
        thousands of documents; two short transactions.

        Raises:
            ConfigError: there is no such month or company.
        """
        month = _period(period)
        store = self._store
        self._told(say("reading_both_sides"), 0)
        turn = None if today else snapshots.turn(store, str(month))
        if turn is None:
            books, snapshot = self._snapshot_now(month)
        else:
            books, snapshot = of_json(snapshots.unpacked(self._snapshot_body(turn.id))), turn
        self._told(say("naming_the_causes"), 1)
        statement = reconcile.state_of(books, month, company, is_as_of_today=turn is None)
        if company and not statement.balances and company not in self._known_companies():
            raise _refused(say("crossfoot_knows_no_company", company=company))
        self._told(say("keeping_the_statement"), 2)
        with store.write():
            number = snapshots.keep_reconciliation(
                store,
                snapshot.id,
                period=str(month),
                company=company,
                digest=statement.hash,
                body=_body(statement),
                actor=self._actor,
            )
            snapshots.prune(store, str(month))
        return self.reconciliation(number)

    def _told(self, phase: str, done: int, total: int = 3) -> None:
        if self.on_progress is not None:
            self.on_progress(phase, done, total)

    def _snapshot_now(self, month: Period) -> tuple[SideBooks, SnapshotRow]:
        """Both sides now, kept as a snapshot on demand."""
        from core.engine import month_end

        policy = policy_of_workspace(self.settings, self._parts.directory)
        books = kept(month_end.books_of(self._store, policy, month), month)
        made = snapshots.draft(to_json(books))
        with self._store.write():
            row = snapshots.keep(
                self._store,
                made,
                kind=snapshots.DEMAND,
                period=str(month),
                at=books.at,
                run=0,
                actor=self._actor,
            )
        return books, row

    def reconcilable(self) -> ChoicesView:
        """The months from the start date to now, and the companies; one query over an index.

        Raises:
            ConfigError: the settings are not whole.
        """
        start = self.settings.workspace.start_date
        last = _month_number(self._store.now())
        first = min(_month_number(start.isoformat()), last)
        return ChoicesView(
            months=tuple(f"{at // 12:04}-{at % 12 + 1:02}" for at in range(last, first - 1, -1)),
            companies=tuple(sorted(self._known_companies())),
        )

    def last_statement(self, period: str, company: str = "") -> StatementView | None:
        """The youngest statement kept of a month and company; None before the first."""
        row = snapshots.last_reconciliation(self._store, str(_period(period)), company)
        return self.reconciliation(row.id) if row else None

    def _known_companies(self) -> frozenset[str]:
        return frozenset(self.settings.x3.companies) | snapshots.companies(self._store)

    def _snapshot_body(self, snapshot: int) -> snapshots.Draft:
        try:
            return snapshots.body_of(self._store, snapshot)
        except (KeyError, ValueError) as error:
            raise LocalFault(
                "STO-01",
                say("the_snapshot_cannot_be_used", snapshot=snapshot, error=error),
                title=say("the_statement_cannot_be_made"),
                fix=say("restore_the_newest_backup_or_reconcile"),
            ) from error

    def _kept_statement(self, number: int) -> tuple[ReconciliationRow, Statement]:
        row = snapshots.reconciliation(self._store, number)
        if row is None:
            raise _refused(say("no_statement_is_kept_under", number=number))
        return row, statement_of(row)

    def reconciliation(self, number: int) -> StatementView:
        """A statement as it was kept; a few indexed queries.

        Raises:
            ConfigError: there is none of that id.
        """
        store = self._store
        with store.read():
            row, statement = self._kept_statement(number)
            head = snapshots.snapshot_row(store, row.snapshot)
            newest = snapshots.last_reconciliation(store, row.period, row.company)
            before = snapshots.last_reconciliation(store, row.period, row.company, before=number)
            notes = self._notes_of(row)
        has_ended = row.at[:10] > statement.period.last
        return StatementView(
            id=row.id,
            period=row.period,
            title=statement.title,
            company=row.company,
            at=statement.at,
            read_x3=statement.read_x3,
            read_avidxchange=statement.read_avidxchange,
            is_as_of_today=statement.is_as_of_today,
            hash=row.hash,
            snapshot=row.snapshot,
            snapshot_hash=head.hash if head else "",
            balances=tuple(shown.balance_views(statement)),
            causes=tuple(
                shown.cause_view(line, notes.get((line.company, line.currency, line.cause, ""), ""))
                for line in statement.differences
            ),
            by=row.by,
            made_at=row.at,
            before=before.id if before else 0,
            changed=len(_changes(before, statement)) if before else 0,
            may_sign=has_ended and not row.signed_by and newest is not None and newest.id == row.id,
            signed_by=row.signed_by,
            signed_at=row.signed_at,
            note=row.note,
        )

    def _notes_of(self, row: ReconciliationRow) -> dict[tuple[str, str, str, str], str]:
        """The last note of each cause, and of each document of one."""
        return {
            (note.company, note.currency, note.cause, note.document): note.note
            for note in snapshots.notes(self._store, row.period, row.company)
        }

    def reconciled_documents(
        self, number: int, company: str, currency: str, step: str, cause: str
    ) -> list[DocumentView]:
        """The documents of one line, in order; their amounts add up to the line.

        Raises:
            ConfigError: there is no such statement.
        """
        row, statement = self._kept_statement(number)
        notes = self._notes_of(row)
        names = snapshots.supplier_names(self._store)
        parts = [
            part
            for line in statement.of(company, currency, step)
            if line.cause == cause
            for part in line.parts
        ]
        found = queries_rows.invoices_by_number(self._store, [part.document for part in parts])
        due = {entry["number"]: str(entry["due_date"]) for entry in found}
        return [
            DocumentView(
                document=part.document,
                supplier=part.supplier,
                supplier_name=names.get(part.supplier, ""),
                due_day=due.get(part.document, ""),
                amount=shown.amount(part.amount, currency),
                in_x3=shown.amount(part.before, currency),
                in_avidxchange=shown.amount(part.after, currency),
                text=part.text,
                payment=part.payment,
                note=notes.get((company, currency, cause, part.document), ""),
                is_invoice=part.document in due,
            )
            for part in parts
        ]

    def reconciliation_lines(self, number: int) -> Iterator[dict[str, Any]]:
        """`reconcile --json`: one object a difference, then one of totals."""
        yield from shown.line_members(self._kept_statement(number)[1])
        yield shown.totals_members(self.reconciliation(number))

    def reconciliation_changes(self, number: int) -> list[MovedView]:
        """What stands otherwise than in the statement before; empty without one."""
        row, statement = self._kept_statement(number)
        before = snapshots.last_reconciliation(self._store, row.period, row.company, before=number)
        return [moved_view(moved) for moved in _changes(before, statement)] if before else []

    def note_reconciliation(
        self, number: int, text: str, *, company: str, currency: str, cause: str, document: str = ""
    ) -> None:
        """Note something on a cause, or on one document of it; an empty text takes it away.

        Notes are of the month: a later statement of it shows them too. One transaction.

        Raises:
            ConfigError: there is no such statement or cause.
        """
        row, _ = self._kept_statement(number)
        if cause not in CAUSES:
            raise _refused(say("there_is_no_cause", cause=cause))
        values = {
            "period": row.period, "company": company, "currency": currency, "cause": cause,
            "document": document, "note": text.strip(),
        }  # fmt: skip
        with self._store.write():
            snapshots.note(self._store, values, actor=self._actor)

    def sign_off(self, number: int, reviewer: str, note: str = "") -> StatementView:
        """Sign a statement off with the reviewer's name, once and for good; one transaction.

        Its xlsx and PDF are then written to the folder `Reconciliations` of the workspace's folder;
        `files` and `files_problem` of the answer say where, or why not. The signature stands in
        either case.

        Raises:
            ConfigError: it has no reviewer, was signed or replaced by a later one, the month has
                not ended, or something is unexplained and no note says why that is accepted.
        """
        view = self.reconciliation(number)
        if not reviewer.strip():
            raise _refused(say("a_sign_off_needs_the_reviewers_name"))
        if view.signed_by:
            raise _refused(
                say("signed_it_off_on", signed_by=view.signed_by, signed_at=view.signed_at[:10])
            )
        if not view.may_sign:
            raise _refused(say("only_the_last_statement_of_a_month"))
        if not view.is_explained and not note.strip():
            raise _refused(say("something_is_unexplained_say_in_the"))
        try:
            with self._store.write():
                snapshots.sign(
                    self._store, number, reviewer=reviewer.strip(), note=note.strip(),
                    actor=self._actor,
                )  # fmt: skip
        except ValueError as error:
            raise _refused(say("somebody_was_faster", error=error)) from error
        files, problem = self._file(number)
        return replace(self.reconciliation(number), files=files, files_problem=problem)

    def _file(self, number: int) -> tuple[tuple[str, ...], str]:
        """Write a signed statement where people keep what they sign; paths, and why not all."""
        is_demo = values.setting(self._store, "sandbox") == "1"
        folder = signed_folder(self._parts.directory, self.settings, is_demo=is_demo)
        view = self.reconciliation(number)
        stem = " ".join(part for part in (view.period, view.company, view.signed_at[:10]) if part)
        files: list[str] = []
        try:
            for ending in sorted(STATEMENT_FORMS):
                path = folder / f"{stem} {number}{ending}"
                self.export_reconciliation(number, path)
                files.append(str(path))
        except LocalFault as error:
            return tuple(files), error.why
        return tuple(files), ""

    def export_reconciliation(self, number: int, path: Path) -> dict[str, Any]:
        """Write a statement with its reports as .xlsx or .pdf: `file, bytes, head`.

        Cost: seconds for tens of thousands of documents; the file appears whole or not at all.

        Raises:
            ConfigError: the ending is neither, or there is no such statement.
            LocalFault: DSK-01, the file could not be written.
        """
        from core.reports import gather, write

        self._told(say("putting_the_report_together"), 0, 2)
        row, statement = self._kept_statement(number)
        books = of_json(snapshots.unpacked(self._snapshot_body(row.snapshot)))
        view = self.reconciliation(number)
        changes = self.reconciliation_changes(number)
        notes = snapshots.notes(self._store, row.period, row.company)
        pack = gather(self._store, view, statement, books, changes, notes)
        self._told(say("writing_the_report"), 1, 2)
        write(pack, path)
        return {"file": str(path), "bytes": path.stat().st_size, "head": pack.head}


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise _refused(f"{error}.") from None


def _month_number(day: str) -> int:
    """Months since year 0 of a day or instant as text."""
    return int(day[:4]) * 12 + int(day[5:7]) - 1


def _refused(why: str) -> ConfigError:
    return ConfigError(
        "CFG-01", why, title=say("nothing_was_reconciled"), fix=say("choose_another_one")
    )


def _body(statement: Statement) -> dict[str, Any]:
    """A statement as it is kept."""
    return {
        "at": statement.at,
        "read_x3": statement.read_x3,
        "read_avidxchange": statement.read_avidxchange,
        "is_as_of_today": statement.is_as_of_today,
        "balances": [[getattr(found, name) for name in _BALANCE] for found in statement.balances],
        "parts": [
            [getattr(part, name) for name in _PART]
            for line in statement.differences
            for part in line.parts
        ],
    }


def statement_of(row: ReconciliationRow) -> Statement:
    """The statement that was kept."""
    body = row.body
    return Statement(
        period=Period.parse(row.period),
        company=row.company,
        at=body["at"],
        read_x3=body["read_x3"],
        read_avidxchange=body["read_avidxchange"],
        is_as_of_today=body["is_as_of_today"],
        balances=tuple(Balance(*values) for values in body["balances"]),
        differences=tuple(lines_of(Part(*values) for values in body["parts"])),
        hash=row.hash,
    )


def _changes(before: ReconciliationRow, statement: Statement) -> list[reconcile.Moved]:
    return reconcile.changed_since(reconcile.flat(statement_of(before)), statement)
