"""The door as the window needs it: one long-living engine, lists by page, views, forms, edits.

Made by `app.desk`. Every method may be called from any thread; those that take long say so. Reading
methods use the calling thread's connection: a pool calls `close_thread` at the end of its threads.
Errors are `AppError`, or ValueError for a list that is asked for what it does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core import desk_edits, desk_health, desk_lists, pasted_mappings
from core.desk_documents import Documents
from core.desk_edits import Edit
from core.desk_life import TOPICS
from core.desk_lists import ACTIONS, ListSource, Query
from core.desk_mappings import Mappings
from core.desk_plans import Plans
from core.desk_reconcile_views import StatementView
from core.desk_trust import TrustingDesk
from core.desk_views import (
    ActionView,
    ExchangeView,
    ImportView,
    InvoiceView,
    MappingView,
    Pasted,
    PaymentView,
    PlanView,
    ReviewView,
    Suggestion,
)
from core.errors import ConfigError
from core.facade import Parts, SyncOrder
from core.store import queries_lists, queries_reviews, reviews, rules
from core.store.listing import Listing
from core.store.rules import RuleDraft
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.desk_host import Heard, HostedEngine
    from core.desk_worker import Worker
    from core.mapping_files import Imported, Table
    from core.sheets import MappingKind

__all__ = ["ACTIONS", "TOPICS", "Desk", "ListSource", "Query", "RuleDraft", "SyncOrder"]


class Desk(TrustingDesk):
    """Everything the window may do with one workspace."""

    def __init__(
        self,
        parts: Parts,
        start: Callable[[Heard], HostedEngine],
        worker: Worker | None = None,
    ) -> None:
        super().__init__(parts, start)
        self._worker = worker
        self._edits: list[Edit] = []
        self._undone: list[Edit] = []
        self._mappings = Mappings(self._store, self._reference, lambda: self._versions["review"])
        self._documents = Documents(self._store, self._reference)
        self._plans = Plans(self._store, self._reference)

    # --- lists -----------------------------------------------------------------------------

    def source(self, name: str) -> ListSource:
        """A list of `desk_lists.NAMES`, or `actions:` with a plan's hash; no query yet.

        Raises:
            ValueError: there is no such list.
        """
        makers: dict[str, Callable[[], Listing]] = {
            "invoices": lambda: queries_lists.invoice_list(
                self._store, self._reference.names(), self._start_date()
            ),
            "payments": lambda: queries_lists.payment_list(self._store, self._reference.names()),
            "review": lambda: queries_reviews.review_list(self._store),
            "runs": self._runs,
            "audit": lambda: queries_lists.audit_list(self._store),
            "vendors": lambda: self._mappings.listing("vendors"),
            "gl": lambda: self._mappings.listing("gl"),
            "dimensions": lambda: self._mappings.listing("dimensions"),
        }
        if name.startswith(ACTIONS):
            plan_hash = name.removeprefix(ACTIONS)
            return ListSource(lambda: self._plans.listing(plan_hash))
        if name not in makers:
            raise ValueError(say("there_is_no_list", name=name))
        return ListSource(makers[name])

    def _runs(self) -> Listing:
        listing = queries_lists.run_list(self._store)
        shape = listing.shape
        return replace(listing, shape=lambda rows: [desk_health.run_row(r) for r in shape(rows)])

    def export(
        self, name: str, wanted: Query, columns: Sequence[tuple[str, str]], path: Path
    ) -> int:
        """Write a list as xlsx, csv, json or jsonl by the ending; how many rows.

        `wanted` may be the window's own query. Reads all of it page by page. Raises as
        `exports.write_table`.
        """
        return desk_lists.export(self.source(name), wanted, columns, path)

    # --- documents -------------------------------------------------------------------------

    def invoice(self, number: str) -> InvoiceView:
        """One invoice with lines, items and timeline; a dozen indexed queries.

        Raises:
            ConfigError: X3 has shown no invoice of that number.
        """
        return _found(
            self._documents.invoice(number), say("x3_has_shown_no_invoice", number=number)
        )

    def payment(self, payment_id: str) -> PaymentView:
        """One payment with what it settles and its timeline; a dozen indexed queries.

        Raises:
            ConfigError: AvidXchange has shown no payment of that id.
        """
        why = say("avidxchange_has_shown_no_payment", payment_id=payment_id)
        return _found(self._documents.payment(payment_id), why)

    def review_item(self, item_id: int) -> ReviewView:
        """One item with its documents as rows (at most 500) and evidence; indexed queries.

        Raises:
            ConfigError: there is no item of that id.
        """
        why = say("there_is_no_review_item", item_id=item_id)
        return _found(self._documents.review_item(item_id), why)

    def exchange(self, exchange_id: int) -> ExchangeView:
        """A request and its answer without secrets; two indexed queries.

        Raises:
            ConfigError: there is no exchange of that id.
        """
        why = say("no_exchange_is_kept", exchange_id=exchange_id)
        return _found(self._documents.exchange(exchange_id), why)

    def plan(self, plan_hash: str = "") -> PlanView | None:
        """A stored plan, the latest when no hash is given; None when there is none."""
        self._plans.start_date = self._start_date()
        return self._plans.plan(plan_hash)

    def action(self, plan_hash: str, position: int) -> ActionView | None:
        """One action of a plan with its exact bytes; None when there is none; one query."""
        return self._plans.action(plan_hash, position)

    # --- month end -------------------------------------------------------------------------

    # What takes seconds is done by a process of its own; without a worker on the calling thread.

    def reconcile(self, period: str, company: str = "", *, today: bool = False) -> StatementView:
        """As `Facade.reconcile`, and `on_progress` is told."""
        if self._worker is None:
            return super().reconcile(period, company, today=today)
        number = self._worker.ask(
            "reconcile", self.on_progress, period=period, company=company, today=today
        )
        self._changed("audit")
        return self.reconciliation(number)

    def export_reconciliation(self, number: int, path: Path) -> dict[str, Any]:
        """As `Facade.export_reconciliation`, and `on_progress` is told."""
        if self._worker is None:
            return super().export_reconciliation(number, path)
        found: dict[str, Any] = self._worker.ask(
            "export", self.on_progress, number=number, path=str(path.absolute())
        )
        return found

    def sign_off(self, number: int, reviewer: str, note: str = "") -> StatementView:
        """As `Facade.sign_off`, and `on_progress` is told."""
        if self._worker is None:
            return super().sign_off(number, reviewer, note)
        done = self._worker.ask(
            "sign", self.on_progress, number=number, reviewer=reviewer, note=note
        )
        self._changed("audit")
        view = self.reconciliation(number)
        return replace(view, files=tuple(done["files"]), files_problem=done["problem"])

    def evidence(self, period: str, path: Path) -> dict[str, Any]:
        """As `Facade.evidence`, and `on_progress` is told."""
        if self._worker is None:
            return super().evidence(period, path)
        found: dict[str, Any] = self._worker.ask(
            "evidence", self.on_progress, period=period, path=str(path.absolute())
        )
        self._changed("audit")
        return found

    def assign(self, item: int, person: str) -> None:
        """Note who looks after an item, empty for nobody; one transaction."""
        self._put_info(item, {"assigned": person})

    def snooze(self, item: int, until: str) -> None:
        """Put an item with those that wait until a day (ISO), empty wakes it; one transaction."""
        self._put_info(item, {"snoozed": until})

    def _put_info(self, item: int, members: Mapping[str, Any]) -> None:
        try:
            with self._store.write():
                reviews.put_info(self._store, item, members, actor=self._actor)
        except KeyError:
            raise _unknown(say("there_is_no_review_item_2", item=item)) from None
        self._changed("review")

    # --- mappings --------------------------------------------------------------------------

    def mapping_row(self, kind: str, key1: str, key2: str = "") -> MappingView:
        """One X3 code with facts of both sides, history and what waits; a few queries.

        Raises:
            ConfigError: neither X3 nor the mapping knows that code.
        """
        line = self._mappings.line(kind, key1, key2)
        row = _found(line, say("there_is_no", key1=key1, key2=key2).rstrip() + ".")
        past = desk_edits.rule_views(rules.past(self._store, kind, key1, key2))
        x3, avid = self._mappings.facts(kind, key1, key2, str(row["code"]), str(row["code_group"]))
        numbers = self._mappings.waiting_invoices(kind, key1, key2)
        return MappingView(row, x3, avid, past, tuple(self._documents.invoice_rows(numbers)))

    def suggestions(self, kind: str, key1: str, key2: str = "", limit: int = 5) -> list[Suggestion]:
        """Candidates with evidence, best first; in memory, milliseconds."""
        return self._mappings.candidates.of(kind, key1, key2, limit)

    def search_codes(self, kind: str, text: str, limit: int = 50) -> list[Suggestion]:
        """AvidXchange's vendors or codes that contain a text, for a search box; in memory."""
        return self._mappings.candidates.search(kind, text, limit)

    def save_rule(self, kind: str, *drafts: RuleDraft) -> None:
        """Accept or change mapping rows, all or none; one transaction, one step to undo.

        Raises:
            ConfigError: a row cannot be taken; says why.
        """
        self._edited(desk_edits.save(self._store, kind, drafts, self._actor))

    def end_rule(self, kind: str, draft: RuleDraft) -> None:
        """End a mapping row; one transaction. ConfigError when it is not in force."""
        self._edited(desk_edits.end(self._store, kind, draft, self._actor))

    def exclude_supplier(self, supplier: str, reason: str) -> None:
        """Say that a supplier is not paid through AvidXchange; ConfigError without a reason."""
        self._edited(desk_edits.exclude(self._store, supplier, reason, self._actor))

    def undo_mapping(self) -> str:
        """Take back the last mapping edit of this window; a sentence on what was undone.

        Raises:
            ConfigError: there is none left, or a row was changed again since.
        """
        with self._lock:
            if not self._edits:
                raise desk_edits.refused(say("there_is_nothing_left_to_undo"))
            told = desk_edits.undo(self._store, self._edits[-1], self._actor)
            self._undone.append(self._edits.pop())
        self._edited(None)
        return told

    def redo_mapping(self) -> str:
        """Make the edit again that was taken back last; a sentence on what was done again.

        Raises:
            ConfigError: there is none, or a row was changed again since.
        """
        with self._lock:
            if not self._undone:
                raise desk_edits.refused(say("there_is_nothing_to_do_again"))
            told = desk_edits.redo(self._store, self._undone[-1], self._actor)
            self._edits.append(self._undone.pop())
        self._edited(None)
        return told

    def test_mapping(self, chart: str, account: str, company: str, day: date) -> str:
        """What an account becomes, in one sentence; one indexed query."""
        return desk_edits.test(self._store, chart, account, company, day)

    def preview_import(
        self, kind: MappingKind, path: Path | Pasted, *, replace_all: bool = False
    ) -> ImportView:
        """What a file or pasted rows would change; writes nothing. Raises as `import_mapping`."""
        return desk_edits.preview(
            self._store, kind, self._source_of(kind, path), replace=replace_all
        )

    def import_mapping(
        self,
        kind: MappingKind,
        path: Path | Pasted,
        *,
        replace: bool = False,
        dry_run: bool = False,
    ) -> Imported:
        """Lay a file or pasted rows over a mapping; one transaction, one step to undo.

        Pasted accounts may come without their chart, where only one chart has them. Raises as
        `Facade.import_mapping`.
        """
        found, edit = desk_edits.taken(
            self._store,
            kind,
            self._source_of(kind, path),
            replace=replace,
            dry_run=dry_run,
            actor=self._actor,
        )
        self._edited(edit)
        return found

    def _source_of(self, kind: MappingKind, source: Path | Pasted) -> Path | Table:
        if isinstance(source, Pasted):
            return pasted_mappings.table_of(kind, source, self._reference.accounts)
        return source

    def _edited(self, edit: Edit | None) -> None:
        if edit is not None and edit.changes:
            with self._lock:
                self._edits.append(edit)
                self._undone.clear()
        for topic in ("mappings", "audit"):
            self._changed(topic)


_Thing = TypeVar("_Thing")


def _found(thing: _Thing | None, why: str) -> _Thing:
    if thing is None:
        raise _unknown(why)
    return thing


def _unknown(why: str) -> ConfigError:
    return ConfigError(
        "CFG-01", why, title=say("there_is_no_such_document"), fix=say("look_it_up_in_the_list")
    )
