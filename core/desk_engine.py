"""The one long-living engine of a window: started once, asked for runs, due by the schedule.

One thread of its own ("conductor") prepares each run, hands it to the engine's process and waits
for it, so that nobody who asks ever waits: the keyring, the demo's step and a start take their
time. An engine that has ended by a fault is started anew before the next run. A run is scheduled
only in live mode and only after a person has started one that writes.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from core import pauses
from core.credentials import names_needed
from core.desk_host import Heard, HostedEngine
from core.domain.canonical import parse_instant
from core.domain.timing import jittered
from core.engine import breakers
from core.engine.work import RunOrder
from core.engine_wire import EngineFault
from core.errors import AppError, ConfigError, Stopped
from core.facade import Parts, SyncOrder
from core.lease import Held
from core.settings import Settings
from core.store import plans, queries
from core.store.paging import Order
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.run import RunResult

_Result = TypeVar("_Result")
_LOG = logging.getLogger(__name__)
_LOOK_S = 0.25  # how soon a stop is seen while a run is awaited
_TICK_S = 30.0  # how soon a clock that jumped (sleep, correction) is seen
_READY_S = 30.0
_STOP_S = 3.0
_AT_LEAST_S = 10.0  # a window that has just opened is not busy at once
_RUNS = 100  # looked through for one that wrote
SCHEDULE = breakers.SCHEDULE


@dataclass(slots=True)
class _Asked:
    """A run that was asked for."""

    order: SyncOrder
    by: str
    future: Future[Any] = field(default_factory=Future)
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Under:
    """The run under way: who asked, since when (monotonic seconds), and how far its phase is."""

    by: str
    began_s: float
    phase: str = ""
    phase_began_s: float = 0.0
    done: int = 0
    total: int = 0


class Conductor:
    """Owns the engine; every method may be called from any thread and none waits for a run."""

    def __init__(
        self,
        parts: Parts,
        settings: Callable[[], Settings],
        start: Callable[[Heard], HostedEngine],
        *,
        on_change: Callable[[str], None],
        on_progress: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._settings = settings
        self._start = start
        self._on_change = on_change
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._inbox: queue.Queue[_Asked | None] = queue.Queue()
        self._asked: list[_Asked] = []
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._begun: HostedEngine | None = None  # also while it starts
        self._engine: HostedEngine | None = None
        self._is_stale = False
        self._last_due: datetime | None = None
        self.problem: AppError | None = None
        self.under: Under | None = None
        self.next_run: datetime | None = None
        self.paused_until: datetime | None = None

    # Any thread

    def open(self) -> None:
        """Begin; the engine and its recovery come first, on the conductor's thread."""
        self._stopping.clear()
        self._ready.clear()
        self._inbox = queue.Queue()
        self._thread = threading.Thread(target=self._main, name="conductor", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float) -> bool:
        """End within the time; whether everything has ended. What was sent is never lost."""
        end = time.monotonic() + timeout_s
        self._stopping.set()
        self._inbox.put(None)
        with self._lock:
            engine = self._begun
        has_ended = engine is None or engine.stop(max(0.1, end - time.monotonic()))
        thread = self._thread
        if thread is not None:
            thread.join(max(0.1, end - time.monotonic()))
            has_ended = has_ended and not thread.is_alive()
        self._thread = None
        return has_ended

    def ask(self, order: SyncOrder, by: str) -> Future[RunResult]:
        """A run; the same order that waits or runs already is not asked twice.

        Raises:
            ConfigError: the window is closing.
        """
        with self._lock:
            for entry in self._asked:
                if entry.order == order and not entry.is_cancelled:
                    return entry.future
            thread = self._thread
            if thread is None or not thread.is_alive() or self._stopping.is_set():
                raise ConfigError(
                    "CFG-01", say("the_window_is_closing"), title=say("nothing_was_started")
                )
            entry = _Asked(order, by)
            self._asked.append(entry)
            self._inbox.put(entry)
            return entry.future

    def cancel(self) -> None:
        """End the run under way and drop those that wait; what is on its way is still settled."""
        with self._lock:
            for entry in self._asked:
                entry.is_cancelled = True
            engine = self._engine
        if engine is not None and self.under is not None:
            engine.cancel_run()

    def pause(self, minutes: float, now: datetime) -> None:
        """Hold the schedule; 0 ends the pause. What a person asks for still runs."""
        self.paused_until = now + timedelta(minutes=minutes) if minutes > 0 else None
        self._inbox.put(_WAKE)

    def renew(self) -> None:
        """Make the clients anew before the next run: settings or secrets are other ones now."""
        with self._lock:
            self._is_stale = True
        self._inbox.put(_WAKE)

    def ask_engine(self, ask: Callable[[HostedEngine], Future[_Result]]) -> _Result:
        """What the engine answers to a command; waits behind the run under way.

        Raises:
            ConfigError: the settings are not whole, so that no engine runs.
        """
        self._ready.wait(_READY_S)
        engine = self._engine
        if engine is None or self._stopping.is_set():
            raise self.problem or ConfigError("CFG-01", say("the_engine_does_not_run"))
        future = ask(engine)
        while True:
            try:
                return future.result(timeout=_LOOK_S)
            except Late:
                if future.done() or self._stopping.is_set():
                    raise
            except CancelledError:
                raise Stopped from None

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self.under is not None

    @property
    def gl_group(self) -> str:
        """AvidXchange's group of account codes by the profile, empty without an engine."""
        engine = self._engine
        return engine.facts.gl_group if engine else ""

    # The conductor's thread

    def _main(self) -> None:
        try:
            self._make()
            self._ready.set()
            while not self._stopping.is_set():
                entry = self._next()
                if entry is not None:
                    self._carry_out(entry)
        finally:
            self._ready.set()
            self._end_engine()
            self._refuse_rest()
            self._parts.store.close_thread()

    def _next(self) -> _Asked | None:
        """The next order, one of the schedule when it is due, None to look again."""
        if self._is_stale or self._has_ended:
            self._end_engine()
            self._make()
        timeout = _TICK_S
        self._set_next_run()
        if self.next_run is not None:
            left = (self.next_run - self._parts.store.clock()).total_seconds()
            if left <= 0:
                self._last_due = None
                entry = _Asked(SyncOrder(), SCHEDULE)
                with self._lock:
                    self._asked.append(entry)
                return entry
            timeout = min(timeout, left)
        try:
            entry_or_stop = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return None
        return None if entry_or_stop is _WAKE else entry_or_stop

    def _set_next_run(self) -> None:
        """When the schedule runs next; None in preview, before the first run, and without it."""
        before = self.next_run
        self.next_run = self._due()
        if self.next_run != before:
            self._on_change("health")

    def _due(self) -> datetime | None:
        if self._engine is None:
            return None
        workspace = self._settings().workspace
        if workspace.mode != "live":
            self._last_due = None
            return None
        now = self._parts.store.clock()
        if self._last_due is None:
            found = queries.runs(
                self._parts.store, order=Order("", descending=True), limit=_RUNS, only_ended=True
            )
            if all(row["mode"] != "live" for row in found.rows):
                return None  # nobody has let it write yet
            jitter = self._engine.facts.jitter_percent
            minutes = jittered(workspace.poll_minutes, jitter, random.random())
            due = parse_instant(found.rows[0]["ended"]) + timedelta(minutes=minutes)
            # A side that rests is tried as soon as its breaker says so, not at the next poll.
            due = min(due, breakers.open_until(self._parts.store) or due)
            self._last_due = max(due, now + timedelta(seconds=_AT_LEAST_S))
        if self.paused_until is not None and self.paused_until <= now:
            self.paused_until = None
        return max(self._last_due, self.paused_until or self._last_due)

    @property
    def _has_ended(self) -> bool:
        """Whether an engine is wanted and none is there: it died, or another process had it."""
        if self._engine is None:
            return isinstance(self.problem, Held)
        return self._engine.is_gone

    def _make(self) -> None:
        """An engine by the present settings; what is wrong with them is kept."""
        with self._lock:
            self._is_stale = False
        self._last_due = None
        try:
            self._settings()
            self._begin()
            self.problem = None
        except AppError as error:
            self.problem = error
        except Stopped:
            _LOG.info(say("the_window_closed_while_the_engine"))
        except EngineFault as fault:
            _LOG.exception(say("the_engine_did_not_start"))
            self.problem = ConfigError("CFG-01", say("the_engine_did_not_start_2", fault=fault))
        self._on_change("health")

    def _begin(self) -> None:
        """Start the engine's process; whoever closes meanwhile finds and stops it."""
        heard = Heard(self._progressed, self._on_change, self._parts.store.close_thread)
        with self._lock:
            if self._stopping.is_set():
                raise Stopped
            engine = self._begun = self._start(heard)
        try:
            engine.wait_until_ready()
            self._engine = engine
        except BaseException:
            engine.stop(_STOP_S)
            raise

    def _end_engine(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None and not engine.is_gone and not engine.stop(_STOP_S):
            _LOG.warning(say("the_engine_did_not_end_in_time"))

    def _carry_out(self, entry: _Asked) -> None:
        now = time.monotonic()
        self.under = Under(entry.by, now, "starting", now)
        self._on_progress()
        self._on_change("health")
        try:
            if entry.future.set_running_or_notify_cancel():
                entry.future.set_result(self._run(entry))
        except CancelledError:
            entry.future.set_exception(Stopped())
        except Exception as error:  # noqa: BLE001 - whoever asked decides what to show
            if entry.by == SCHEDULE:
                _LOG.exception(say("a_scheduled_run_failed"))
            entry.future.set_exception(error)
        finally:
            self._ended(entry)

    def _ended(self, entry: _Asked) -> None:
        with self._lock:
            self._asked = [other for other in self._asked if other is not entry]
        self._last_due = None
        has_failed = not entry.future.cancelled() and entry.future.exception() is not None
        if has_failed and entry.by == SCHEDULE:
            # Not at once again: a run that cannot even begin leaves no trace of its end.
            self._last_due = self._parts.store.clock() + timedelta(minutes=1)
        self.under = None
        for topic in ("runs", "invoices", "payments", "review", "audit", "health"):
            self._on_change(topic)
        self._on_progress()

    def _run(self, entry: _Asked) -> RunResult:
        """One run, as `Facade.sync` makes it; on the engine that is there."""
        parts, order = self._parts, entry.order
        settings = self._settings()
        engine = self._engine
        if engine is None:
            raise self.problem or ConfigError("CFG-01", say("the_engine_does_not_run"))
        if order.plan and plans.plan_row(parts.store, order.plan) is None:
            raise ConfigError("CFG-01", say("no_stored_plan_has_the_hash", plan=order.plan))
        parts.credentials.require(names_needed(settings))
        if order.retry_sign_in:
            pauses.lift(parts.store)
        if parts.demo is not None:
            parts.demo.advance()
        if entry.is_cancelled or self._stopping.is_set():
            raise Stopped
        future = engine.sync(
            RunOrder(
                by=entry.by,
                only=order.only,
                preview=order.preview,
                plan=order.plan,
                wait_s=order.wait_s,
            )
        )
        while not future.done():
            wait([future], timeout=_LOOK_S)
        return future.result()

    def _refuse_rest(self) -> None:
        with self._lock:
            left, self._asked = self._asked, []
        for entry in left:
            if not entry.future.done():
                entry.future.cancel()

    # The thread that listens to the engine

    def _progressed(self, phase: str, done: int, total: int) -> None:
        under = self.under
        if under is None:
            return
        now = time.monotonic()
        began = under.phase_began_s if under.phase == phase else now
        self.under = Under(under.by, under.began_s, phase, began, done, total)
        self._on_progress()


_WAKE = _Asked(SyncOrder(), "")
