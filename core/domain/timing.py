"""Bookmarks, windows, look-up schedules, breakers: arithmetic of time without a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_SKEW = timedelta(hours=1)
_SEAM = timedelta(seconds=1)


def erp_lower_bound(bookmark: datetime | None, overlap: timedelta, kind: str) -> datetime | None:
    """Where an X3 poll begins (sage-x3.md 3.5); None reads from the start.

    With only dates in the change property it is the bookmark's day less one.
    """
    if bookmark is None or kind == "none":
        return None
    if kind == "date":
        day = bookmark.astimezone(UTC).date() - timedelta(days=1)
        return datetime.combine(day, time.min, UTC)
    return bookmark - overlap


def erp_bookmark(
    old: datetime | None, changed_max: datetime | None, first_answer: datetime | None
) -> datetime | None:
    """The bookmark after the last page: the smaller of what was seen and when it was asked.

    Nothing seen leaves it; it never moves back (sage-x3.md 3.5).
    """
    if changed_max is None:
        return old
    new = changed_max if first_answer is None else min(changed_max, first_answer)
    return new if old is None else max(old, new)


def ap_bookmark(
    old: datetime | None, server_time: datetime | None, query_time: datetime | None, lag: timedelta
) -> datetime | None:
    """The bookmark after a window was read up to now (avidxchange.md 6 and 10.1)."""
    if server_time is None:
        return old
    new = server_time - lag
    if query_time is not None:
        new = min(new, query_time)
    return new if old is None else max(old, new)


def ap_windows(
    bookmark: datetime | None,
    start_date: date,
    now: datetime,
    overlap: timedelta,
    max_days: int,
) -> tuple[tuple[datetime, datetime | None], ...]:
    """Slices of at most `max_days` from the bookmark less the overlap up to now.

    The last slice has no upper end: the server reads it as its own now.
    """
    # A start date still to come, or a server clock behind ours, must not turn the window round.
    begin = min(datetime.combine(start_date, time.min, UTC), now - _SKEW)
    if bookmark is not None:
        begin = max(begin, bookmark - overlap)
    step = timedelta(days=max_days)
    slices: list[tuple[datetime, datetime | None]] = []
    # Half a day is kept free, so that a server clock ahead of ours sees no window too long.
    step -= timedelta(hours=12)
    while now - begin > step:
        slices.append((begin, begin + step))
        # Whether a server counts the ends in is not known (avidxchange.md 2.2): slices overlap.
        begin += step - _SEAM
    slices.append((begin, None))
    return tuple(slices)


@dataclass(frozen=True, slots=True)
class LookUps:
    """When a write in doubt is looked up: seconds after the end of its attempt."""

    after_s: tuple[float, ...]
    at_least: int = 1

    def next_after(self, elapsed_s: float, done: int) -> float | None:
        """Seconds after the attempt of the next look-up; None when they have ended.

        `done` counts the look-ups made. A look-up that comes late counts for all the earlier
        times, but `at_least` of them are made.
        """
        later = [moment for moment in self.after_s if moment > elapsed_s]
        if later:
            return later[0]
        return None if done >= self.at_least else elapsed_s


@dataclass(frozen=True, slots=True)
class Breaker:
    """How long a side is left alone after failures in a row, in seconds."""

    first_s: float = 30
    longest_s: float = 900

    def pause_s(self, failures: int) -> float:
        """Pause after so many failures in a row; 0 for none."""
        if failures <= 0:
            return 0
        return float(min(self.longest_s, self.first_s * 2 ** min(failures - 1, 99)))


def jittered(interval_s: float, percent: float, chance: float) -> float:
    """An interval moved by up to `percent` either way; `chance` lies between 0 and 1."""
    return interval_s * (1 + (2 * chance - 1) * percent / 100)


def lookup_schedule(seconds: Sequence[float], *, at_least: int = 1) -> LookUps:
    """The look-ups of a profile, in order; an empty list looks once at once."""
    return LookUps(tuple(sorted(float(value) for value in seconds)) or (0.0,), at_least)
