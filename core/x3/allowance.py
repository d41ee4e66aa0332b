"""How much of the day's web-service volume is used, by what, and what has to wait for tomorrow.

X3's web services are licensed by volume (sage-x3.md 4.4): above it answers slow down and then stop.
The budget is the setting `x3.daily_megabytes`; the day is a day of UTC, a megabyte 1,000,000 bytes.
Bytes of every exchange are counted under what they were moved for. Nothing is stored here.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, time, timedelta
from statistics import median
from typing import Any

from core.errors import AppError, TransientError
from core.http import Traffic
from core.ports import ALLOWANCE_WAITS, MEGABYTE, Volume
from core.words import area

say = area(__name__)

_WAITS = {urgency: (share, text) for share, urgency, text in ALLOWANCE_WAITS}
#: Calls of a client -> what their bytes are counted under; others by their first argument.
_LABELS = {
    "invoice": "invoice",
    "invoices": "invoice",
    "ask_invoices": "invoice",
    "invoice_headers": "invoice",
    "open_items": "open_item",
    "payment": "payment",
    "find_payments": "payment_lookup",
    "send_approval_unposted": "approval_write",
    "send_approval_posted": "approval_write",
    "send_payment": "payment_write",
}
_PAGES = frozenset(("first_page", "next_page"))
_OTHER = "checks"

_label: ContextVar[str] = ContextVar("label", default=_OTHER)


class Allowance:
    """The volume of the day toward X3; may be used from any number of threads.

    `now` gives aware UTC. `used` is what the day has used before this process began to count.
    """

    def __init__(self, daily_megabytes: int, now: Callable[[], datetime]) -> None:
        self._budget = daily_megabytes * MEGABYTE
        self._now = now
        self._lock = threading.Lock()
        self._day = self.day
        self._used = 0
        self._untaken: dict[tuple[str, str], Volume] = {}

    @property
    def day(self) -> str:
        """The present day of UTC, as `YYYY-MM-DD`."""
        return self._now().astimezone(UTC).date().isoformat()

    def note(self, traffic: Traffic) -> None:
        """Count an exchange, on the thread that made it; one that never left costs nothing."""
        if not traffic.sent:
            return
        with self._lock:
            self._turn()
            key = (self._day, _label.get())
            held = self._untaken.get(key, Volume(*key))
            self._untaken[key] = Volume(
                *key,
                calls=held.calls + 1,
                sent=held.sent + traffic.sent,
                received=held.received + traffic.received,
            )
            self._used += traffic.sent + traffic.received

    def waiting(self, urgency: str) -> AppError | None:
        """Why calls of this urgency wait until tomorrow; None while they may be made."""
        with self._lock:
            self._turn()
            used = self._used
        share, waits = _WAITS[urgency]
        if not self._budget or used < share * self._budget:
            return None
        now = self._now().astimezone(UTC)
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        hours, minutes = divmod(int((tomorrow - now).total_seconds()) // 60, 60)
        why = say(
            "x3_today_mb_of_until_the_day",
            used=used / MEGABYTE,
            budget=self._budget // MEGABYTE,
            used2=used * 100 // self._budget,
            waits=waits,
            hours=hours,
            minutes=minutes,
        )
        rest_s = (tomorrow - now).total_seconds()
        return TransientError("QTA-01", why, "x3", retry_after_s=rest_s)

    def take(self) -> tuple[Volume, ...]:
        """What was counted and not taken yet; the caller stores it."""
        with self._lock:
            taken, self._untaken = tuple(self._untaken.values()), {}
        return taken

    def begin_at(self, day: str, stored: int) -> None:
        """Learn what the store holds of a day, other processes included, after `take`."""
        with self._lock:
            self._turn()
            if day == self._day:
                untaken = (v.bytes for v in self._untaken.values() if v.day == day)
                self._used = stored + sum(untaken)

    def _turn(self) -> None:
        """A new day begins with nothing used; the lock is held."""
        today = self.day
        if today != self._day:
            self._day, self._used = today, 0


@contextmanager
def counted_as(label: str) -> Iterator[None]:
    """Count what this thread moves inside the block under a label."""
    token = _label.set(label)
    try:
        yield
    finally:
        _label.reset(token)


class Counted:
    """Stands for a reader or a writer: the same calls, each counted under what it is for."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in _LABELS and name not in _PAGES:
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            with counted_as(_LABELS.get(name) or str(arguments[0])):
                return found(*arguments, **named)

        return call


_LAST, _BEFORE, _AT_LEAST, _FACTOR, _FLOOR_S = 5, 45, 10, 5.0, 0.5


class Pace:
    """How fast answers come, so that slowing down before a silence is noticed (sage-x3.md 4.4).

    Reads and writes are looked at apart: a write of 17 s among quick reads is normal.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._took: dict[str, deque[float]] = {}

    def note(self, kind: str, took_s: float) -> None:
        """Note an exchange that was answered."""
        with self._lock:
            held = self._took.setdefault(kind, deque(maxlen=_LAST + _BEFORE))
            held.append(took_s)

    def slowed(self, kind: str) -> tuple[float, float] | None:
        """Medians in seconds, before and of the last calls, when those took five times as long."""
        with self._lock:
            took = list(self._took.get(kind, ()))
        before, last = took[:-_LAST], took[-_LAST:]
        if len(before) < _AT_LEAST:
            return None
        usual, now = median(before), median(last)
        return (usual, now) if now >= max(_FACTOR * usual, _FLOOR_S) else None
