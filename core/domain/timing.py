"""Bookmarks, windows, look-up schedules, breakers: arithmetic of time without a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_SKEW = timedelta(hours=1)
_SEAM = timedelta(seconds=1)
_DAY = timedelta(days=1)
#: A sweep may come this much before its day or week is full, so that a nightly one stays nightly.
_EARLY = timedelta(hours=4)
_TICK = timedelta(seconds=1)  # stamps of X3 have whole seconds
_STAMP_SKEW = timedelta(minutes=1)  # so far the clock of the stamps may be behind the server's
_AGAIN_AFTER = timedelta(hours=1)
#: From midnight UTC of a date until that date has ended everywhere on earth.
_DATE_ENDS = timedelta(hours=36)


def erp_lower_bound(bookmark: datetime | None, overlap: timedelta, kind: str) -> datetime | None:
    """Where an X3 poll begins (sage-x3.md 3.5); None reads from the start.

    With only dates in the change property it is the bookmark's day less one, or less the whole
    days of a longer look back.
    """
    if bookmark is None or kind == "none":
        return None
    if kind == "date":
        day = bookmark.astimezone(UTC).date() - max(_DAY, timedelta(days=overlap.days))
        return datetime.combine(day, time.min, UTC)
    return bookmark - overlap


def sweep_is_due(last: datetime | None, now: datetime, days: int) -> bool:
    """Whether a sweep that is made every so many days is to be made now (sage-x3.md 10.1).

    It is the first time on a day (UTC) on which the last sweep is older than `days` less four
    hours: at most one a day. A last sweep that lies in the future by more than a day was noted by
    a wrong clock and does not count.
    """
    if last is None or last - now > _DAY:
        return True
    is_another_day = now.astimezone(UTC).date() > last.astimezone(UTC).date()
    return is_another_day and now - last >= timedelta(days=days) - _EARLY


def is_worth_reading_again(
    changed: datetime, read_at: datetime, now: datetime, kind: str, overlap: timedelta
) -> bool:
    """Whether what was read at `read_at` may have changed since under the same stamp.

    A stamp of whole seconds does not tell two changes within one second apart, one of dates those
    of a day. It is read again once when its second (its date, everywhere on earth) is over, by the
    server's `now`, and with dates once an hour before. A poll shows it until then, because its
    bookmark is no younger than the answer it came from, and reads from the overlap before it.
    """
    ends = changed + (_DATE_ENDS if kind == "date" else _TICK + min(_STAMP_SKEW, overlap))
    if read_at >= ends:
        return False
    return now >= ends or (kind == "date" and now - read_at >= _AGAIN_AFTER)


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
