"""The real engine in lockstep: what is under way ends before anything else happens.

Every step waits until each exchange under way has been answered, and hands the answers out in an
order of names; so a seed plays the same way again. While nothing is under way, time passes.
"""

from __future__ import annotations

import inspect
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from core.engine.apply import Apply
from core.engine.engine import Engine
from core.engine.lanes import Arrived, Lane, Lanes
from core.engine.work import Tools, Work
from core.store.sqlite import Store
from tests.simulation.clock import VirtualClock

LANES = ("x3-read", "x3-write", "avidxchange", "documents")
_STUCK_S = 60.0
_LOOK_S = 0.02  # real seconds; how soon it is noticed that nothing is under way
_IDLE_S = 0.5  # virtual seconds that pass while nothing is under way
_LONGEST_IDLE_S = 60.0


class Killed(BaseException):
    """The process ends here: nothing is written, told or closed any more."""


class LockstepEngine(Engine):
    """An engine whose every answer passes `between`, which may let the world go on or end it."""

    def __init__(self, tools: Tools, clock: VirtualClock, between: Callable[[], None]) -> None:
        super().__init__(tools)
        self._clock = clock
        self._between = between
        self._batch: list[Any] = []
        self.is_killed = False
        self.last_work: Work | None = None

    @property
    def thread(self) -> threading.Thread | None:
        """The engine's thread, None before the start and after a stop."""
        return self._thread

    @property
    def doing(self) -> set[str]:
        """`sending` while the answer of a write is out, `clearing` while planned ones wait."""
        apply = self._work.apply if self._work is not None else None
        if not isinstance(apply, Apply):
            return set()
        waiting = any(apply.uncleared.values()) or any(apply.claimable.values())
        found = {"sending"} if apply.busy else set()
        return found | ({"clearing"} if waiting or any(apply.asked.values()) else set())

    def _main(self) -> None:
        try:
            super()._main()
        except Killed:
            self.tools.store.close_thread()

    def _recover(self) -> None:
        try:
            super()._recover()
        except Killed:
            self.is_killed = True
            raise

    def _carry_out(self, command: Any) -> None:
        try:
            super()._carry_out(command)
        except Killed:
            self.is_killed = True
            self._batch.clear()
            command.future.set_exception(RuntimeError("killed"))
            raise

    def _take(self, timeout: float) -> None:
        del timeout
        if not self._batch:
            self._batch = self._arrived()
        if not self._batch:
            self._clock.wait(self._idle_s())
            return
        self._between()
        self._handle(self._batch.pop(0))

    def _idle_s(self) -> float:
        """Virtual seconds until something may be due, while nothing is under way."""
        apply = self._work.apply if self._work is not None else None
        timers = apply.timers if isinstance(apply, Apply) else []
        if not timers:
            return _IDLE_S
        left = (min(due for due, _ in timers) - self._clock.now()).total_seconds()
        return min(max(left, _IDLE_S), _LONGEST_IDLE_S)

    def _arrived(self) -> list[Any]:
        """Every answer, once nothing is under way any more, and orders given meanwhile."""
        work = self._work
        self.last_work = work or self.last_work
        found: list[Any] = []
        patience = time.monotonic() + _STUCK_S
        while True:
            with suppress(queue.Empty):
                while True:
                    found.append(self._mailbox.get_nowait())
            if work is None or _are_at_rest(work.lanes, found):
                return sorted(found, key=_lane_of)
            with suppress(queue.Empty):
                found.append(self._mailbox.get(timeout=_LOOK_S))
            if time.monotonic() > patience:
                raise RuntimeError("an exchange does not end")


def _are_at_rest(lanes: Lanes, found: list[Any]) -> bool:
    """Whether no worker has anything to do, and all that they answered is found."""
    told = Counter(_owner_of(one).name for one in found if isinstance(one, Arrived))
    for name in LANES:
        lane = lanes[name]
        with lane._changed:
            may_go_on = bool(lane._waiting) and lane._may_start()
            if lane._running or may_go_on or lane._untold > told[name]:
                return False
    return True


def _owner_of(message: Arrived) -> Lane:
    """The lane whose worker has answered."""
    owner = inspect.getclosurevars(message.then).nonlocals["self"]
    assert isinstance(owner, Lane)
    return owner


def _lane_of(message: Any) -> int:
    """Answers by lane, orders after them."""
    if not isinstance(message, Arrived):
        return len(LANES)
    return LANES.index(_owner_of(message).name)


def threads_of(lanes: Lanes) -> list[threading.Thread]:
    """Workers of these lanes."""
    return [thread for name in LANES for thread in lanes[name]._threads]


class WeakStore(Store):
    """A store whose writes a simulation can make fail, or end the process at.

    `before_commit` and `after_commit` are called inside and after each write transaction.
    """

    before_commit: Callable[[], None] | None = None
    after_commit: Callable[[], None] | None = None
    is_dead = False

    @contextmanager
    def write(self) -> Iterator[None]:
        """As `Store.write`."""
        if self.is_dead:
            raise Killed
        with super().write():
            yield
            if self.before_commit is not None:
                self.before_commit()
        if self.after_commit is not None:
            self.after_commit()
