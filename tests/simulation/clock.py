"""Time as a simulation has it: one clock of the servers, moved on by whoever waits.

The program's own clock is that of the servers plus what the computer's is wrong by, and its
monotonic one never goes back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.clock import SystemClock
from core.errors import Stopped
from core.sandbox.state import State

_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SHORTEST_S = 0.001


class VirtualClock(SystemClock):
    """Implements `core.ports.Clock`; a wait moves the servers' clock on and ends at once."""

    def __init__(self, state: State, wrong_by: timedelta = timedelta(0)) -> None:
        super().__init__()
        self._state = state
        self.wrong_by = wrong_by
        self.slept = timedelta(0)  # while the computer slept its monotonic clock stood still

    def now(self) -> datetime:
        """Aware UTC, as this computer's clock shows it."""
        return self._state.now() + self.wrong_by

    def monotonic(self) -> float:
        """Seconds that never go back, whatever the computer's clock is set to."""
        return (self._state.now() - self.slept - _ORIGIN).total_seconds()

    def wait(self, seconds: float) -> None:
        """Let that much time pass for everybody.

        Raises:
            Stopped: `stop` was called before.
        """
        if self._stopped.is_set():
            raise Stopped
        if seconds > 0:
            # A wait shorter than the clock can show would never end.
            self._state.shift_clock(max(seconds, _SHORTEST_S))
