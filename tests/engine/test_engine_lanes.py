"""Lanes: how many jobs are under way at once, and that a closed one is never revived."""

from __future__ import annotations

import queue
import threading
from typing import Any

import pytest

from core.engine.lanes import Answer, Arrived, Lane, Lanes
from core.errors import AuthError, TransientError


class _Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _take(mailbox: queue.Queue[Any]) -> None:
    arrived: Arrived = mailbox.get(timeout=10)
    arrived.then(arrived.answer)


def _failing(error: Exception) -> Any:
    def work() -> None:
        raise error

    return work


def _run(lane: Lane, mailbox: queue.Queue[Any], work: Any) -> list[Answer]:
    found: list[Answer] = []
    lane.submit(work, found.append)
    _take(mailbox)
    return found


@pytest.mark.parametrize(
    ("error", "width"),
    [
        (TransientError("RAT-01", "slow", was_sent=True, status=429), 2),
        (TransientError("NET-01", "down", was_sent=True, status=503), 2),
        (TransientError("NET-01", "silent", was_sent=True), 2),
        (TransientError("NET-01", "no way there"), 4),
        (TransientError("AUT-02", "again", was_sent=True, status=401), 4),
        (AuthError("AUT-01", "no", was_sent=True, status=403), 4),
    ],
)
def test_overload_halves_the_width(error: Exception, width: int) -> None:
    mailbox: queue.Queue[Any] = queue.Queue()
    lane = Lane("avidxchange", 4, mailbox, _Time())
    assert _run(lane, mailbox, _failing(error))[0].error is error
    assert lane.width == width
    lane.close()


def test_the_width_grows_by_one_after_each_quiet_minute() -> None:
    mailbox: queue.Queue[Any] = queue.Queue()
    time = _Time()
    lane = Lane("avidxchange", 4, mailbox, time)
    for second in (0, 0.2, 0.4, 2):
        time.now = second
        lane.trouble(second)
    assert lane.width == 1  # 4 -> 2 for those of one moment, then 1
    widths = []
    for second in (30, 61, 63, 90, 122.5, 200, 300):
        time.now = second
        _run(lane, mailbox, lambda: 1)
        widths.append(lane.width)
    assert widths == [1, 1, 2, 2, 2, 3, 4]
    lane.close()


def test_a_closed_lane_drops_late_answers_and_takes_no_job() -> None:
    mailbox: queue.Queue[Any] = queue.Queue()
    lanes = Lanes({"avidxchange": 2}, mailbox)
    lane, may_end = lanes["avidxchange"], threading.Event()
    told: list[Answer] = []
    lane.submit(lambda: may_end.wait(10), told.append)
    lane.submit(lambda: 2, told.append)
    lanes.close()
    may_end.set()
    _take(mailbox)
    lane.submit(lambda: 3, told.append)
    assert (told, lane.load) == ([], 0)
    with pytest.raises(queue.Empty):
        mailbox.get(timeout=0.2)
