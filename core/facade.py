"""The one door to the program: what the command line does and the window will do.

Synchronous; every method may be called from any thread but is meant for one at a time. Answers are
plain members in the order of product.md 6. Errors are `AppError`; nothing is printed here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core import doctor, lease, pauses, views
from core.clock import SystemClock
from core.credentials import Credentials, names_needed
from core.deciding import Deciding, Decisions, refused, unknown
from core.desk_reconcile import Reconciling
from core.desk_suggest import Suggesting
from core.domain.states import INVOICE_STATES
from core.engine.work import RunOrder, Tools
from core.errors import CATALOGUE, ConfigError
from core.ports import KeyPort
from core.proving import Proving
from core.settings import Settings
from core.store import history, journal, plans, queries, reviews, values
from core.store.paging import walked
from core.store.sqlite import Store
from core.support import Supporting
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # lists start without the engine and without spreadsheets
    from core.engine.run import RunResult
    from core.mapping_files import Imported
    from core.sheets import MappingKind

Members = dict[str, Any]
Progress = Callable[[str, int, int], None]
_Result = TypeVar("_Result")
_LOG = logging.getLogger(__name__)
_LOOK_S = 0.5  # Windows lets Ctrl+C in only between two waits


@dataclass(frozen=True, slots=True)
class Demo:
    """The simulated systems as far as a front end sees them."""

    advance: Callable[[], None]
    counts: Callable[[], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Connected:
    """The engine's tools, and what ends their connections."""

    tools: Tools
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the facade is made of; `settings` raises when the file is not complete.

    `connect` makes the engine's tools and asks nothing of either system.
    """

    directory: Path
    store: Store
    key: KeyPort
    credentials: Credentials
    settings: Callable[[], Settings]
    connect: Callable[[SystemClock], Connected]
    probes: Callable[[], list[doctor.Probe]]
    actor: str
    demo: Demo | None = None


@dataclass(frozen=True, slots=True)
class SyncOrder:
    """What a person asks of a run; `plan` is the hash of a stored plan, empty plans anew."""

    only: str = ""
    preview: bool = False
    plan: str = ""
    wait_s: float = 5.0
    retry_sign_in: bool = False


class Facade(Decisions, Proving, Reconciling, Suggesting, Supporting):
    """Everything a front end may do with one workspace."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._actor = parts.actor
        self.on_progress: Progress | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings as they were when first asked for; ConfigError when they are not whole."""
        return self._parts.settings()

    # --- lists -----------------------------------------------------------------------------

    def status(self) -> Members:
        """`status`: a handful of indexed queries."""
        store, workspace = self._store, self.settings.workspace
        counted = queries.counts_by_state(store, workspace.start_date.isoformat())
        held = json.loads(values.setting(store, "invariants", "{}"))
        found: Members = {
            "workspace": workspace.name,
            "mode": workspace.mode,
            "sides": {side: self._side(side) for side in views.SIDES},
            "states": {state: counted.get(state, 0) for state in INVOICE_STATES},
            "invariants": {name: held.get(name, "unknown") for name in views.INVARIANTS},
            "in_doubt": self._in_doubt(),
            "review": queries.count_reviews(store),
        }
        if self._parts.demo is not None:
            found["sandbox"] = self._parts.demo.counts()
        return found

    def _side(self, side: str) -> Members:
        known = values.contact(self._store, side)
        return {
            "reachable": known.get("reachable"),
            "last_contact": known.get("last_contact") or None,
            "next": known.get("next") or None,
        }

    def _in_doubt(self) -> int:
        """Writes whose answer is not known; while no engine runs, those it left `sending` too."""
        states = {"in_doubt"}
        if lease.holder(self._parts.directory) is None:
            states.add("sending")
        counted = journal.counts(self._store)
        return sum(number for (_, state), number in counted.items() if state in states)

    def invoices(self, *, state: str = "", number: str = "") -> Iterator[Members]:
        """`invoices`, by number, with `why` beside its members; read page by page."""
        wanted = queries.InvoiceFilter(
            states=(state,) if state else (),
            number=number,
            since=self.settings.workspace.start_date.isoformat(),
        )
        yield from walked(lambda after: queries.invoices(self._store, wanted, after=after))

    def payments(self) -> Iterator[Members]:
        """`payments`, by id; read page by page."""
        yield from walked(lambda after: queries.payments(self._store, after=after))

    def runs(self) -> Iterator[Members]:
        """`runs`, oldest first; read page by page."""
        for row in walked(lambda after: queries.runs(self._store, after=after)):
            yield views.run_members(row)

    def reviews(self) -> Iterator[Members]:
        """`review list`, by id; read page by page."""
        for row in walked(lambda after: queries.reviews(self._store, after=after)):
            yield views.picked(row, views.REVIEW)

    def review_reasons(self) -> list[Members]:
        """Open items by code, most first: `code, title, count, waits`; one query.

        `waits` marks what needs nobody: it goes on by itself when X3 changes.
        """
        found: dict[tuple[str, bool], Members] = {}
        for row in reviews.open_items(self._store):
            waits = bool(row.info.get("waits"))
            reason = found.setdefault(
                (row.code, waits),
                {"code": row.code, "title": CATALOGUE[row.code].title, "count": 0, "waits": waits},
            )
            reason["count"] += 1
        return sorted(found.values(), key=lambda reason: (-reason["count"], reason["code"]))

    # --- the ledger ------------------------------------------------------------------------

    def sync(self, order: SyncOrder) -> RunResult:
        """One run, from recovery to settling; the caller holds the workspace.

        Raises:
            ConfigError: a secret is not set, or no plan has that hash; nothing was asked.
            KeyboardInterrupt: handed on after the engine has stopped.
        """
        store, settings = self._store, self.settings
        if order.plan and plans.plan_row(store, order.plan) is None:
            raise unknown(say("no_stored_plan_has_the_hash", plan=order.plan))
        self._parts.credentials.require(names_needed(settings))
        if order.retry_sign_in:
            pauses.lift(store)
        if self._parts.demo is not None:
            self._parts.demo.advance()
        asked = RunOrder(
            by=self._actor,
            only=order.only,
            preview=order.preview,
            plan=order.plan,
            wait_s=order.wait_s,
        )
        result = self._with_engine(lambda engine: engine.sync(asked))
        pauses.note(store, result.report, settings)
        return result

    def _with_engine(self, ask: Callable[[Deciding], Future[_Result]]) -> _Result:
        """What an engine of its own answers; it is stopped on every way out."""
        from core.engine.engine import Engine

        clock = SystemClock()
        connected = self._parts.connect(clock)
        tools = pauses.guarded(connected.tools, self.settings)
        engine = Engine(tools, on_progress=self.on_progress)
        try:
            engine.start()
            future = ask(engine)
            while not future.done():
                wait([future], timeout=_LOOK_S)
            return future.result()
        finally:
            clock.stop()
            if not engine.stop():
                # Its thread ends with the process; what it had sent is in doubt at the next start.
                _LOG.warning(say("the_engine_did_not_end_in_time"))
            connected.close()

    # --- secrets ---------------------------------------------------------------------------

    def set_secret(self, name: str, value: str) -> None:
        """Seal a secret; a pause of its side ends. Raises as `Credentials.set`."""
        self._parts.credentials.set(name, value, actor=self._actor)
        pauses.lift(self._store, (name.partition(".")[0],))

    def forget_secret(self, name: str) -> bool:
        """Remove a secret; whether there was one. Raises as `Credentials.forget`."""
        return self._parts.credentials.forget(name, actor=self._actor)

    def secrets(self) -> list[Members]:
        """Every name with `set` and `at`; no value."""
        return self._parts.credentials.listed()

    # --- mappings --------------------------------------------------------------------------

    def import_mapping(
        self, kind: MappingKind, path: Path, *, replace: bool, dry_run: bool
    ) -> Imported:
        """Lay a file over a mapping; one transaction. Raises as `mapping_files.import_file`."""
        from core import mapping_files

        return mapping_files.import_file(
            self._store, kind, path, replace=replace, dry_run=dry_run, actor=self._actor
        )

    def export_mapping(self, kind: MappingKind, path: Path) -> int:
        """Write a mapping; how many rows. Raises as `mapping_files.export_file`."""
        from core import mapping_files

        return mapping_files.export_file(self._store, kind, path)

    def step_mapping(self, *, is_redo: bool) -> Members:
        """Take the last mapping edit of the workspace back, or make it again: `changed, rows`.

        One transaction, a new edit of its own. `rows` are `key, before, after`.

        Raises:
            ConfigError: there is none, or a row of it was changed again since.
        """
        from core.store import rule_steps

        step = rule_steps.redo if is_redo else rule_steps.undo
        try:
            with self._store.write():
                done = step(self._store, actor=self._actor)
        except ValueError as error:
            text = str(error)
            raise refused(f"{text[:1].upper()}{text[1:]}.") from error
        rows = [
            {"key": f"{row.key1} {row.key2}".strip(), "before": before, "after": after}
            for row, before, after in done.differences
        ]
        return {"changed": len(rows), "rows": rows}

    # --- the log and the store -------------------------------------------------------------

    def verify_audit(self, head: str = "") -> Members:
        """Whether the stored log is whole; reads all of it. See `audit_log.verify`."""
        from core import audit_log

        return audit_log.verify(self._store, self._parts.key, head)

    def export_audit(self, form: str, path: Path) -> Members:
        """Write the whole log as `jsonl`, `csv` or `xlsx`. See `audit_log.export`."""
        from core import audit_log

        return audit_log.export(self._store, form, path)

    def evidence(self, period: str, path: Path) -> Members:
        """Write what an auditor takes away of a month (`YYYY-MM`). See `evidence.write`."""
        from core import evidence

        return evidence.write(self, self._parts, period, path)

    def backup(self, path: Path) -> Members:
        """Copy the store into one file, also while others write: `file, bytes, head`.

        Raises:
            ConfigError: the file is the store itself.
            LocalFault: DSK-01, it could not be written.
        """
        if path.resolve() == self._store.path.resolve():
            raise refused(say("is_the_store_itself", path=path))
        try:
            made = self._store.backup(path)
            size = made.stat().st_size
        except OSError as error:
            from core.audit_log import not_written

            raise not_written(path, error) from error
        _, head = history.head(self._store)
        with self._store.write():
            entry = history.Entry(self._actor, "backup made", "store", after={"file": path.name})
            history.append(self._store, entry)
        return {"file": str(made), "bytes": size, "head": head}

    def doctor(self) -> Iterator[doctor.Check]:
        """The checks of workspace and both connections, each made when it is asked for."""
        own = doctor.workspace_probes(self._parts.directory, self._store, self.settings)
        yield from doctor.examine([*own, *self._parts.probes()])


def failed_opening(error: ConfigError) -> doctor.Check:
    """What the doctor says when it could not even begin."""
    return doctor.Check(doctor.WORKSPACE, "settings", ok=False, **doctor.failure(error))
