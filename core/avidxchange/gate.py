"""One gate in front of every request of a workspace: when the server asks to wait, all wait.

What was told is in `faults`; here is only how long nobody goes through, and who goes first
(avidxchange.md 6). Nothing here touches the network.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.avidxchange.connection import SYSTEM
from core.avidxchange.profile import Profile
from core.errors import TransientError
from core.ports import Clock

_POLL_S = 0.1  # how often those behind a probe look whether it has come back
_MOST_DOUBLINGS = 16


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
        rate = profile.limits.requests_per_second
        self._spacing_s = 1 / rate if rate else 0.0
        self._lock = threading.Lock()
        self._opens_at = 0.0
        self._next_slot = 0.0
        self._throttles = 0
        self._needs_probe = False
        self._is_probing = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One request's turn; entered when the gate is open.

        After a long pause one request goes alone, and the others wait for what it brings.

        Raises:
            TransientError: RAT-01 with `retry_after_s`, the gate stays shut longer than is slept
                here; nothing was sent.
        """
        is_probe = self._enter()
        try:
            self._keep_pace()
            yield
        finally:
            if is_probe:
                with self._lock:
                    self._is_probing = False

    def hold(self, told_s: float | None) -> float:
        """Shut the gate for what the server told, else by back-off; returns the seconds.

        Never longer than `probe_seconds`, whatever is told.
        """
        with self._lock:
            if told_s is None:
                delay = self.backoff(self._throttles)
            else:
                delay = min(told_s, self._retry.wait.probe_seconds)
            self._throttles += 1
            self._opens_at = max(self._opens_at, self._clock.monotonic() + delay)
            self._needs_probe = self._needs_probe or delay > self._retry.wait.here_seconds
            return delay

    def passed(self) -> None:
        """A request was answered without being throttled."""
        with self._lock:
            self._throttles = 0
            self._needs_probe = False

    def backoff(self, failures: int) -> float:
        """Full jitter: seconds from 0 to base * 2^failures, at most the cap."""
        rule = self._retry.backoff
        most = min(
            float(rule.cap_seconds), rule.base_seconds * 2.0 ** min(failures, _MOST_DOUBLINGS)
        )
        return self._chance() * most

    def _enter(self) -> bool:
        """Waits until the gate is open; True for the request that probes."""
        while True:
            with self._lock:
                left = self._opens_at - self._clock.monotonic()
                if left <= 0 and not self._is_probing:
                    self._is_probing = self._needs_probe
                    return self._needs_probe
            if left > self._retry.wait.here_seconds:
                raise TransientError(
                    "RAT-01",
                    f"AvidXchange asked for a pause; {left:.0f} s of it are left.",
                    SYSTEM,
                    retry_after_s=left,
                )
            self._clock.wait(left if left > 0 else _POLL_S)

    def _keep_pace(self) -> None:
        """Waits for this request's slot where the profile limits requests a second."""
        if not self._spacing_s:
            return
        with self._lock:
            now = self._clock.monotonic()
            slot = max(now, self._next_slot)
            self._next_slot = slot + self._spacing_s
        if slot > now:
            self._clock.wait(slot - now)
