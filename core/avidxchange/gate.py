"""One gate in front of every request of a workspace: when the server asks to wait, all wait.

What was told is in `faults` and `quota`, how fast requests go in `pace`; here is only how long
nobody goes through, and who goes first (avidxchange.md 6). Nothing here touches the network.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from core.avidxchange.connection import SYSTEM
from core.avidxchange.pace import Pace
from core.avidxchange.profile import Profile
from core.avidxchange.quota import read_quotas
from core.errors import Stopped, TransientError
from core.ports import Clock
from core.words import area

say = area(__name__)

_MOST_DOUBLINGS = 16
_LOOK_S = 0.25  # how soon one that waits sees that it is to wait no longer
_WORTH_TELLING_S = 1.0  # shorter pauses are over before anyone has read of them


class Gate:
    """Lets requests through, or makes them wait; safe for any number of threads.

    Waits are `clock.wait`, so a stop ends them. `chance` gives numbers from 0 to 1.
    """

    def __init__(
        self, profile: Profile, clock: Clock, chance: Callable[[], float] = random.random
    ) -> None:
        self._retry = profile.retry
        self._clock = clock
        self._chance = chance
        self._pace = Pace(profile.limits.requests_per_second)
        self._changed = threading.Condition()
        self._line: deque[object] = deque()
        self._under_way = 0
        self._opens_at = 0.0
        self._shut_at = float("-inf")
        self._throttles = 0
        self._needs_probe = False
        self._is_probing = False
        self._continues_at: datetime | None = None
        self._dropped = 0

    @property
    def continues_at(self) -> datetime | None:
        """When requests go on while the server's wish to wait holds them up, else None."""
        with self._changed:
            is_shut = self._opens_at > self._clock.monotonic()
            return self._continues_at if is_shut else None

    def drop_waiting(self) -> None:
        """End every wait for a turn with `Stopped`; a turn asked for later is not concerned."""
        with self._changed:
            self._dropped += 1
            self._changed.notify_all()

    @contextmanager
    def turn(self) -> Iterator[float]:
        """One request's turn, with its begin (monotonic); entered when the gate is open.

        Requests go in the order in which they came. After a long pause one goes alone, and the
        others wait for what it brings.

        Raises:
            TransientError: RAT-01 with `retry_after_s`, the gate stays shut longer than is slept
                here; nothing was sent.
            Stopped: the program stops, or `drop_waiting` was called; nothing was sent.
        """
        ticket = object()
        with self._changed:
            self._line.append(ticket)
            dropped = self._dropped
        try:
            began, is_probe = self._enter(ticket, dropped)
        finally:
            with self._changed:
                self._line.remove(ticket)
                self._changed.notify_all()
        try:
            yield began
        finally:
            with self._changed:
                self._under_way -= 1
                self._is_probing = self._is_probing and not is_probe
                self._changed.notify_all()

    def hold(self, told_s: float | None, began: float | None = None) -> float:
        """Shut the gate for what the server told, else by back-off; returns the seconds.

        Never longer than `probe_seconds`, whatever is told. `began` is the turn of the refused
        request: those that were on their way together when the gate was shut count once.
        """
        with self._changed:
            now = self._clock.monotonic()
            is_new = began is None or began > self._shut_at
            failures = self._throttles if is_new else max(0, self._throttles - 1)
            delay = self.backoff(failures)
            if told_s is not None:
                delay = min(told_s, self._retry.wait.probe_seconds)
            self._shut(now, delay)
            self._needs_probe = self._needs_probe or delay > self._retry.wait.here_seconds
            if is_new:
                self._throttles += 1
                self._shut_at = now
                if began is not None:
                    self._pace.learned.refused(now, self._opens_at)
                    self._pace.width.refused(now, self._under_way)
            return delay

    def passed(self) -> None:
        """A request was answered without being throttled."""
        with self._changed:
            self._throttles = 0
            self._needs_probe = False
            now = self._clock.monotonic()
            self._pace.learned.passed(now)
            self._pace.width.passed(now, self._under_way)

    def told(self, headers: Mapping[str, str], *, is_refused: bool = False) -> float | None:
        """Take up the limits that an answer tells; returns for how long none is left, if so.

        Then all wait so long, but after a refusal: what that says itself wins.
        """
        quotas = read_quotas(headers)
        if not quotas:
            return None
        with self._changed:
            now = self._clock.monotonic()
            pause = self._pace.told(quotas, now)
            if not is_refused:
                # Nothing was refused yet: so it is only slept, however long the header says.
                self._shut(now, min(pause, self._retry.wait.here_seconds))
            return pause or None

    def backoff(self, failures: int) -> float:
        """Full jitter: seconds from 0 to base * 2^failures, at most the cap."""
        rule = self._retry.backoff
        most = min(
            float(rule.cap_seconds), rule.base_seconds * 2.0 ** min(failures, _MOST_DOUBLINGS)
        )
        return self._chance() * most

    def _shut(self, now: float, seconds: float) -> None:
        """Keep the gate shut at least so long from `now`; the lock is held."""
        if now + seconds <= self._opens_at:
            return
        self._opens_at = now + seconds
        is_short = seconds < _WORTH_TELLING_S
        end = self._clock.now() + timedelta(seconds=seconds)
        self._continues_at = None if is_short else end

    def _enter(self, ticket: object, dropped: int) -> tuple[float, bool]:
        """Waits for the turn; its begin, and whether it is the one that probes."""
        has_waited = False
        while True:
            with self._changed:
                if self._dropped != dropped:
                    raise Stopped
                now = self._clock.monotonic()
                self._refuse_long(self._opens_at - now)
                is_next = self._line[0] is ticket
                next_at = self._pace.next_at(now, self._under_way)
                pause = max(self._opens_at, next_at) - now
                if is_next and pause <= 0 and self._has_room(now):
                    self._pace.goes(now, has_waited=has_waited)
                    self._under_way += 1
                    self._is_probing = self._needs_probe
                    return now, self._needs_probe
                has_waited = True
                if not is_next or pause <= 0:
                    self._changed.wait(_LOOK_S)
                    pause = 0.0
            self._clock.wait(min(pause, _LOOK_S))  # of 0 s as well: a stop ends it

    def _has_room(self, now: float) -> bool:
        return not self._is_probing and self._pace.has_room(now, self._under_way)

    def _refuse_long(self, left: float) -> None:
        if left > self._retry.wait.here_seconds:
            raise TransientError(
                "RAT-01",
                say("avidxchange_asked_for_a_pause_s_of", left=left),
                SYSTEM,
                retry_after_s=left,
            )
