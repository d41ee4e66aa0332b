"""Time as it really is; waits end at once when the program stops."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from core.errors import Stopped


class SystemClock:
    """Implements `core.ports.Clock`; safe for any number of threads."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def __call__(self) -> datetime:
        """The same as `now`, for whoever wants a plain function."""
        return self.now()

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Sleep that long.

        Raises:
            Stopped: `stop` was called, before or while sleeping.
        """
        if self._stopped.wait(max(0.0, seconds)):
            raise Stopped

    def stop(self) -> None:
        """End every wait, present and future."""
        self._stopped.set()
