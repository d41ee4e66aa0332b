"""Bookmarks, windows, look-ups and breakers: nothing skipped, nothing moved back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.timing import (
    Breaker,
    ap_bookmark,
    ap_windows,
    erp_bookmark,
    erp_lower_bound,
    jittered,
    lookup_schedule,
)

START = date(2026, 1, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENTS = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2027, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)
MAYBE = st.none() | MOMENTS
MINUTES = st.integers(0, 3 * 24 * 60).map(lambda n: timedelta(minutes=n))

# X3 (sage-x3.md 3.5)


@pytest.mark.parametrize(
    ("bookmark", "kind", "expected"),
    [
        (None, "datetime", None),
        (None, "date", None),
        (NOON, "none", None),
        (NOON, "datetime", NOON - timedelta(minutes=10)),
        (NOON, "date", datetime(2026, 2, 28, tzinfo=UTC)),
    ],
)
def test_an_x3_poll_begins_before_the_bookmark_by_the_overlap_or_a_day(
    bookmark: datetime | None, kind: str, expected: datetime | None
) -> None:
    assert erp_lower_bound(bookmark, timedelta(minutes=10), kind) == expected


@given(MAYBE, MAYBE, MAYBE)
def test_an_x3_bookmark_never_moves_back_and_never_past_the_asking(
    old: datetime | None, seen: datetime | None, asked: datetime | None
) -> None:
    new = erp_bookmark(old, seen, asked)
    if seen is None:
        assert new == old
        return
    assert new is not None
    if old is not None:
        assert new >= old
    if old is None or new > old:
        assert new <= seen
        assert asked is None or new <= asked


def test_an_x3_bookmark_is_the_smaller_of_what_was_seen_and_when_it_was_asked() -> None:
    hour = timedelta(hours=1)
    assert erp_bookmark(None, NOON, NOON + hour) == NOON
    assert erp_bookmark(None, NOON + hour, NOON) == NOON
    assert erp_bookmark(NOON, NOON - hour, NOON) == NOON


# AvidXchange (avidxchange.md 6 and 10.1)


@given(MAYBE, MAYBE, MAYBE, MINUTES)
def test_an_avidxchange_bookmark_never_moves_back_and_stays_behind_the_server(
    old: datetime | None, server: datetime | None, queried: datetime | None, lag: timedelta
) -> None:
    new = ap_bookmark(old, server, queried, lag)
    if server is None:
        assert new == old
        return
    assert new is not None
    if old is not None:
        assert new >= old
    if old is None or new > old:
        assert new <= server - lag
        assert queried is None or new <= queried


def test_a_query_time_stamp_caps_the_bookmark() -> None:
    lag = timedelta(seconds=120)
    assert ap_bookmark(None, NOON, None, lag) == NOON - lag
    assert ap_bookmark(None, NOON, NOON - timedelta(hours=1), lag) == NOON - timedelta(hours=1)
    assert ap_bookmark(None, NOON, NOON, lag) == NOON - lag


@given(MAYBE, MOMENTS, MINUTES, st.integers(1, 30))
def test_windows_cover_everything_up_to_now_and_none_is_longer_than_the_maximum(
    bookmark: datetime | None, now: datetime, overlap: timedelta, longest: int
) -> None:
    slices = ap_windows(bookmark, START, now, overlap, longest)
    begin = min(datetime(2026, 1, 1, tzinfo=UTC), now - timedelta(hours=1))
    if bookmark is not None:
        begin = max(begin, bookmark - overlap)
    assert slices[0][0] == begin
    assert slices[-1][1] is None
    for (since, until), (following, _) in pairwise(slices):
        assert until is not None
        assert since < until <= now
        assert until - since <= timedelta(days=longest)
        assert since < following < until  # under either reading of both ends (2.2)
    assert now - slices[-1][0] <= timedelta(days=longest)


def test_what_was_read_a_moment_ago_is_one_window() -> None:
    assert ap_windows(NOON, START, NOON, timedelta(minutes=60), 30) == (
        (NOON - timedelta(minutes=60), None),
    )


def test_nothing_before_the_start_date_is_asked_for() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    early = first + timedelta(minutes=5)
    assert ap_windows(early, START, NOON, timedelta(hours=1), 365)[0][0] == first
    assert ap_windows(None, START, NOON, timedelta(hours=1), 365)[0][0] == first


# Look-ups (avidxchange.md 2.12, sage-x3.md 5.5)


def looked_up(seconds: list[float], *, at_least: int = 1, every: float = 0.5) -> list[float]:
    """When look-ups are made by an engine that looks for due ones every so often."""
    schedule = lookup_schedule(seconds, at_least=at_least)
    made: list[float] = []
    elapsed, due = 0.0, schedule.next_after(-1, 0)
    while due is not None:
        assert len(made) < 100
        while elapsed < due:
            elapsed += every
        made.append(elapsed)
        due = schedule.next_after(elapsed, len(made))
    return made


@pytest.mark.parametrize(
    ("seconds", "at_least", "expected"),
    [
        ([2, 10, 30, 120], 1, [2, 10, 30, 120]),
        ([120, 2, 30, 10], 1, [2, 10, 30, 120]),
        ([60, 180], 2, [60, 180]),
        ([0], 1, [0]),
        ([], 1, [0]),
        ([0, 0, 0], 1, [0]),
        ([0, 0], 2, [0, 0]),
        ([], 2, [0, 0]),
        ([5], 2, [5, 5]),
    ],
)
def test_look_ups_are_made_at_the_times_of_the_profile(
    seconds: list[float], at_least: int, expected: list[float]
) -> None:
    assert looked_up(seconds, at_least=at_least) == expected


def test_a_look_up_that_comes_late_counts_for_the_earlier_times() -> None:
    schedule = lookup_schedule([2, 10, 30, 120])
    assert schedule.next_after(45, 0) == 120
    assert schedule.next_after(5000, 0) == 5000  # never ended without one
    assert schedule.next_after(5000, 1) is None
    assert lookup_schedule([60, 180], at_least=2).next_after(5000, 1) == 5000


@given(
    st.lists(st.floats(0, 300), max_size=6),
    st.integers(1, 3),
    st.floats(0.5, 400),
)
def test_look_ups_end_after_at_least_so_many_and_the_last_is_not_early(
    seconds: list[float], at_least: int, every: float
) -> None:
    made = looked_up(seconds, at_least=at_least, every=every)
    assert at_least <= len(made) <= max(len(seconds), at_least)
    assert made[-1] >= max(seconds, default=0)


# Breaker and jitter


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(-1, 0), (0, 0), (1, 30), (2, 60), (3, 120), (5, 480), (6, 900), (7, 900), (10**6, 900)],
)
def test_a_side_is_left_alone_from_30_s_doubling_to_15_minutes(failures: int, pause: float) -> None:
    assert Breaker().pause_s(failures) == pause
    assert Breaker(30.0, 900.0).pause_s(failures) == pause


def test_a_pause_of_nothing_is_allowed() -> None:
    assert Breaker(0, 900).pause_s(9) == 0
    assert Breaker(30, 0).pause_s(9) == 0


@given(st.floats(0, 1e6), st.floats(0, 100), st.floats(0, 1))
def test_jitter_stays_within_its_percent(interval: float, percent: float, chance: float) -> None:
    moved = jittered(interval, percent, chance)
    slack = interval * 1e-9
    assert interval * (1 - percent / 100) - slack <= moved
    assert moved <= interval * (1 + percent / 100) + slack


def test_jitter_of_the_middle_changes_nothing() -> None:
    assert jittered(900, 10, 0.5) == 900
    assert jittered(900, 10, 0.0) == 810
    assert jittered(900, 10, 1.0) == pytest.approx(990)
