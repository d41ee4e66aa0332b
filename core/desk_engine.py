"""The one long-living engine of a window: started once, asked for runs, due by the schedule.

One thread of its own ("conductor") prepares each run, hands it to the engine and waits for it, so
that nobody who asks ever waits: the keyring, the demo's step and the clients are slow to begin.
A run is scheduled only in live mode and only after a person has started one that writes.
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
from core.clock import SystemClock
from core.credentials import names_needed
from core.domain.canonical import parse_instant
from core.domain.timing import jittered
from core.engine.work import RunOrder
from core.errors import AppError, ConfigError, Stopped
from core.facade import Connected, Parts, SyncOrder
from core.settings import Settings
from core.store import plans, queries
from core.store.paging import Order

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.run import RunResult

_Result = TypeVar("_Result")
_LOG = logging.getLogger(__name__)
_LOOK_S = 0.25  # how soon a stop is seen while a run is awaited
_TICK_S = 30.0  # how soon a clock that jumped (sleep, correction) is seen
_READY_S = 30.0
_AT_LEAST_S = 10.0  # a window that has just opened is not busy at once
_RUNS = 100  # looked through for one that wrote
SCHEDULE = "schedule"


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


@dataclass(slots=True)
class _Live:
    """A started engine with its clock and connections."""

    engine: Engine
    clock: SystemClock
    connected: Connected


class Conductor:
    """Owns the engine; every method may be called from any thread and none waits for a run."""

    def __init__(
        self,
        parts: Parts,
        settings: Callable[[], Settings],
        *,
        on_change: Callable[[str], None],
        on_progress: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._settings = settings
        self._on_change = on_change
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._inbox: queue.Queue[_Asked | None] = queue.Queue()
        self._asked: list[_Asked] = []
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._live: _Live | None = None
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
        live = self._live
        has_ended = True
        if live is not None:
            live.clock.stop()
            has_ended = live.engine.stop(max(0.1, end - time.monotonic()))
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
                raise ConfigError("CFG-01", "The window is closing.", title="Nothing was started")
            entry = _Asked(order, by)
            self._asked.append(entry)
            self._inbox.put(entry)
            return entry.future

    def cancel(self) -> None:
        """End the run under way and drop those that wait; what is on its way is still settled."""
        with self._lock:
            for entry in self._asked:
                entry.is_cancelled = True
            live = self._live
        if live is not None and self.under is not None:
            live.engine.cancel_run()

    def pause(self, minutes: float, now: datetime) -> None:
        """Hold the schedule; 0 ends the pause. What a person asks for still runs."""
        self.paused_until = now + timedelta(minutes=minutes) if minutes > 0 else None
        self._inbox.put(_WAKE)

    def renew(self) -> None:
        """Make the clients anew before the next run: settings or secrets are other ones now."""
        with self._lock:
            self._is_stale = True
        self._inbox.put(_WAKE)

    def ask_engine(self, ask: Callable[[Engine], Future[_Result]]) -> _Result:
        """What the engine answers to a command; waits behind the run under way.

        Raises:
            ConfigError: the settings are not whole, so that no engine runs.
        """
        self._ready.wait(_READY_S)
        live = self._live
        if live is None or self._stopping.is_set():
            raise self.problem or ConfigError("CFG-01", "The engine does not run.")
        future = ask(live.engine)
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
        live = self._live
        return live.connected.tools.policy.gl_group if live else ""

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
            self._end_live()
            self._refuse_rest()
            self._parts.store.close_thread()

    def _next(self) -> _Asked | None:
        """The next order, one of the schedule when it is due, None to look again."""
        if self._is_stale:
            self._end_live()
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
        if self._live is None:
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
            config = self._live.connected.tools.config
            minutes = jittered(workspace.poll_minutes, config.jitter_percent, random.random())
            due = parse_instant(found.rows[0]["ended"]) + timedelta(minutes=minutes)
            self._last_due = max(due, now + timedelta(seconds=_AT_LEAST_S))
        if self.paused_until is not None and self.paused_until <= now:
            self.paused_until = None
        return max(self._last_due, self.paused_until or self._last_due)

    def _make(self) -> None:
        """Clients and engine from the present settings; what is wrong with them is kept."""
        from core.engine.engine import Engine

        with self._lock:
            self._is_stale = False
        self._last_due = None
        clock = SystemClock()
        try:
            connected = self._parts.connect(clock)
        except AppError as error:
            self.problem = error
            self._on_change("health")
            return
        self.problem = None
        engine = Engine(connected.tools, on_progress=self._progressed, on_change=self._on_change)
        engine.start()
        self._live = _Live(engine, clock, connected)
        self._on_change("health")

    def _end_live(self) -> None:
        live, self._live = self._live, None
        if live is None:
            return
        live.clock.stop()
        if not live.engine.stop():
            # Its thread ends with the process; what it had sent is in doubt at the next start.
            _LOG.warning("the engine did not end in time")
        live.connected.close()

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
                _LOG.exception("a scheduled run failed")
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
        if self._live is None:
            raise self.problem or ConfigError("CFG-01", "The engine does not run.")
        if order.plan and plans.plan_row(parts.store, order.plan) is None:
            raise ConfigError("CFG-01", f"No stored plan has the hash {order.plan}.")
        parts.credentials.require(names_needed(settings))
        if order.retry_sign_in:
            pauses.lift(parts.store)
        if parts.demo is not None:
            parts.demo.advance()
        if entry.is_cancelled or self._stopping.is_set():
            raise Stopped
        engine = self._live.engine
        engine.tools = pauses.guarded(self._live.connected.tools, settings)
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
        result = future.result()
        pauses.note(parts.store, result.report, settings)
        return result

    def _refuse_rest(self) -> None:
        with self._lock:
            left, self._asked = self._asked, []
        for entry in left:
            if not entry.future.done():
                entry.future.cancel()

    # The engine's thread

    def _progressed(self, phase: str, done: int, total: int) -> None:
        under = self.under
        if under is None:
            return
        now = time.monotonic()
        began = under.phase_began_s if under.phase == phase else now
        self.under = Under(under.by, under.began_s, phase, began, done, total)
        self._on_progress()


_WAKE = _Asked(SyncOrder(), "")
