"""The engine thread: one mailbox, one step after another; starting it is recovering.

Commands and answers arrive in the mailbox. Each start makes a fresh queue, lanes and thread, so
that nothing of an earlier start can be revived. The thread is the only writer of the ledger.
"""

from __future__ import annotations

import logging
import math
import queue
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.timing import jittered
from core.engine import breakers, holding, interpreter, resolve, run
from core.engine.lanes import Arrived, Lanes
from core.engine.run import RunResult
from core.engine.work import (
    AP_LANE,
    AVIDXCHANGE,
    ENGINE,
    FILE_LANE,
    READ_LANE,
    WRITE_LANE,
    RunOrder,
    Tools,
    Work,
)
from core.errors import AppError, Stopped
from core.store import history, journal, plans
from core.words import area

say = area(__name__)

_log = logging.getLogger("crossfoot.engine")
_TICK_S = 0.1
_DRAIN_S = 2.0
_TRAFFIC_EVERY_S = 2.0  # so much of the count of bytes a kill may cost
#: Phase of a run while AvidXchange asked to wait; told with the seconds passed, of how many.
ASKED_TO_WAIT = f"{AVIDXCHANGE}:asked_to_wait"
_FILES_AT_ONCE = 2
_AT_ONCE = 32  # answers taken from the mailbox before the next step

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class _Command:
    work: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Stop:
    """Asks the thread to end."""


@dataclass(frozen=True, slots=True)
class _Cancel:
    """Asks the run under way to end; the thread goes on."""


class _Cancelled(Exception):
    """The run under way is to end early."""


class Engine:
    """Runs what a front end or the schedule asks for, one run at a time."""

    def __init__(
        self,
        tools: Tools,
        *,
        on_progress: Progress | None = None,
        on_change: Callable[[str], None] | None = None,
        is_scheduled: bool = False,
    ) -> None:
        self.tools = tools
        self._on_change = on_change or (lambda _topic: None)
        self._on_progress = on_progress or (lambda _phase, _done, _total: None)
        self._is_scheduled = is_scheduled
        self._paused_until: float | None = None
        self._mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: deque[_Command] = deque()
        self._thread: threading.Thread | None = None
        self._work: Work | None = None
        self._traffic_due = 0.0
        self._pause_began: datetime | None = None
        self._fault: Exception | None = None

    # Front ends; any thread

    def start(self) -> None:
        """Begin; every write found under way becomes in doubt before anything else happens."""
        self._mailbox = queue.SimpleQueue()
        self._waiting = deque()
        self._fault = None
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)
        self._thread.start()

    def sync(self, order: RunOrder) -> Future[RunResult]:
        """Ask for a run; the future has its result, or the exception that was our fault."""
        return self._command(lambda: self._run(order))

    def resolve(
        self, item: int, how: str, reason: str, to: str, actor: str
    ) -> Future[dict[str, Any]]:
        """Settle a review item by a person's word.

        The future raises KeyError for an unknown or closed item and ValueError for a resolution
        the item does not offer.
        """
        decision = resolve.Decision(item, how, reason, to, actor)
        return self._command(lambda: resolve.carry_out(self.tools, decision))

    def decide(
        self, documents: Sequence[str], kind: str, how: str, reason: str, actor: str
    ) -> Future[dict[str, Any]]:
        """Hold, release or exclude invoices, or hold and release payments (`holds.HOWS`).

        The future gives `done` and `refused` as `holding.carry_out`; it raises ValueError for a
        decision there is none of, or without a reason.
        """
        word = holding.Word(documents, kind, how, reason, actor)
        return self._command(lambda: holding.carry_out(self.tools, word))

    def pause(self, seconds: float) -> Future[None]:
        """Hold the schedule for so long; 0 ends the pause. What a person asks for still runs."""
        return self._command(lambda: self._pause(seconds))

    def cancel_run(self) -> None:
        """End the run under way after the exchanges that are on their way; nothing is lost."""
        self._mailbox.put(_Cancel())

    def stop(self, timeout_s: float = 3.0) -> bool:
        """End within the time; whether the thread has ended. Waiting answers are still settled."""
        thread = self._thread
        if thread is None:
            return True
        self._mailbox.put(_Stop())
        thread.join(timeout_s)
        self._thread = None
        return not thread.is_alive()

    def _command(self, work: Callable[[], Any]) -> Future[Any]:
        command = _Command(work)
        self._mailbox.put(command)
        if self._fault is not None and command.future.cancel():
            # The thread has ended on a fault: nobody would ever answer.
            command.future = Future()
            command.future.set_exception(self._fault)
        return command.future

    # The engine thread

    def _main(self) -> None:
        try:
            self._recover()
            while True:
                self._next()
        except Stopped:
            self._note_end()
        except Exception as fault:  # noqa: BLE001 - whoever waits for an answer is told
            _log.exception("the engine has ended on a fault")
            self._fault = fault
        finally:
            self._refuse_rest()
            self.tools.store.close_thread()

    def _recover(self) -> None:
        store, now = self.tools.store, self.tools.clock.now()
        with store.write():
            found = journal.recover(store, now)
            how = "" if history.was_stopped(store) else say("the_one_before_ended_without_a_stop")
            entry = history.Entry(ENGINE, "started", "engine", None, f"{found} in doubt", how)
            history.append(store, entry)
        if found:
            _log.warning("%d writes were under way at the last end; they are looked up", found)

    def _note_end(self) -> None:
        """The log tells a stop from a kill; where it cannot be written, the next start says so."""
        store = self.tools.store
        try:
            with store.write():
                history.append(store, history.Entry(ENGINE, "stopped", "engine"))
        except AppError as error:
            _log.warning("the end of the engine could not be noted: %s", error)
        _log.info("the engine has ended")

    def _next(self) -> None:
        """Wait for the next command or the next scheduled run, and carry it out."""
        command = self._waiting.popleft() if self._waiting else self._wait()
        if command is None:
            self._carry_out(_Command(lambda: self._run(RunOrder(by=breakers.SCHEDULE))))
        else:
            self._carry_out(command)

    def _wait(self) -> _Command | None:
        timeout = None
        if self._is_scheduled:
            config = self.tools.config
            minutes = jittered(config.poll_minutes, config.jitter_percent, random.random())
            timeout = self._paused_until or minutes * 60
        try:
            message = self._mailbox.get(timeout=timeout)
        except queue.Empty:
            self._paused_until = None
            return None
        if isinstance(message, _Stop):
            raise Stopped
        # A late answer or cancellation of a run that has ended says nothing any more.
        return message if isinstance(message, _Command) else _Command(lambda: None)

    def _pause(self, seconds: float) -> None:
        self._paused_until = seconds or None

    def _carry_out(self, command: _Command) -> None:
        if not command.future.set_running_or_notify_cancel():
            return
        try:
            command.future.set_result(command.work())
        except Stopped:
            command.future.set_exception(Stopped())
            raise
        except Exception as error:  # noqa: BLE001 - the front end decides what to show
            _log.exception("a command failed")
            command.future.set_exception(error)

    def _run(self, order: RunOrder) -> RunResult:
        store, config = self.tools.store, self.tools.config
        with store.write():
            mode = "preview" if order.preview else config.mode
            number = plans.begin_run(store, by=order.by, mode=mode, only=order.only)
            # A run that was cancelled did not wait for exchanges that took too long to end.
            journal.recover(store, self.tools.clock.now(), run=number)
        widths = {
            READ_LANE: config.reads,
            WRITE_LANE: config.writes,
            AP_LANE: config.max_concurrency,
            FILE_LANE: _FILES_AT_ONCE,
        }
        lanes = Lanes(widths, self._mailbox, self.tools.clock.monotonic)
        work = self._work = Work(
            self.tools, lanes, order, number, self._pump, self._on_progress, self._on_change
        )
        try:
            with interpreter.set_for_a_run():
                return _execute(work)
        except _Cancelled:
            self._drain(work)
            return run.close(work, is_preview=False)
        except Stopped:
            self._drain(work)
            raise
        finally:
            lanes.close()
            self._work = None
            work.keep_traffic()

    def _pump(self, is_done: Callable[[], bool], deadline_s: float | None) -> None:
        """Hand out what arrives until `is_done`; commands wait, a stop ends the run."""
        clock = self.tools.clock
        end = None if deadline_s is None else clock.monotonic() + deadline_s
        while not is_done():
            if end is not None and clock.monotonic() >= end:
                return
            self._take(_TICK_S)
            self._tell_pause()
            if self._work is not None and clock.monotonic() >= self._traffic_due:
                self._work.keep_traffic()
                self._traffic_due = clock.monotonic() + _TRAFFIC_EVERY_S

    def _tell_pause(self) -> None:
        """Show that AvidXchange asked to wait: the seconds that have passed, of how many."""
        until = self.tools.ap.continues_at
        if until is None:
            self._pause_began = None
            return
        now = self.tools.clock.now()
        began = self._pause_began = self._pause_began or now
        passed, whole = (now - began).total_seconds(), (until - began).total_seconds()
        self._on_progress(ASKED_TO_WAIT, int(passed), math.ceil(whole))

    def _take(self, timeout: float) -> None:
        """Handle one message and those that stand behind it already."""
        try:
            message = self._mailbox.get(timeout=timeout)
        except queue.Empty:
            return
        for _ in range(_AT_ONCE):
            self._handle(message)
            try:
                message = self._mailbox.get_nowait()
            except queue.Empty:
                return
        self._handle(message)

    def _handle(self, message: Any) -> None:
        if isinstance(message, Arrived):
            message.then(message.answer)
        elif isinstance(message, _Command):
            self._waiting.append(message)
        elif isinstance(message, _Cancel):
            raise _Cancelled
        else:
            raise Stopped

    def _drain(self, work: Work) -> None:
        """Settle the answers that still come within two seconds; the rest is found in doubt."""
        work.lanes.forget()
        work.tools.ap.drop_waiting()
        clock = self.tools.clock
        end = clock.monotonic() + _DRAIN_S
        while work.lanes.load and clock.monotonic() < end:
            try:
                message = self._mailbox.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            if isinstance(message, Arrived) and message.answer.crash is None:
                message.then(message.answer)
        if work.apply is not None:
            work.apply.settle_arrived()

    def _refuse_rest(self) -> None:
        """Nobody waits for an engine that has ended."""
        for command in self._waiting:
            self._refuse(command)
        while True:
            try:
                message = self._mailbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(message, _Command):
                self._refuse(message)

    def _refuse(self, command: _Command) -> None:
        if self._fault is None:
            command.future.cancel()
        elif command.future.set_running_or_notify_cancel():
            command.future.set_exception(self._fault)


def _execute(work: Work) -> RunResult:
    """The whole run, less the sides that rest; which ones rest from now on is kept."""
    resting = breakers.leave_alone(work)
    result = run.execute(work)
    breakers.note(work, resting)
    return result
