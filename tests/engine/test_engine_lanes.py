"""Lanes: how many jobs are under way at once, and that a closed one is never revived."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import pytest

from core.engine.lanes import Answer, Arrived, Lane, Lanes
from core.errors import AuthError, TransientError


class _Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _take(mailbox: queue.SimpleQueue[Any]) -> None:
    arrived: Arrived = mailbox.get(timeout=10)
    arrived.then(arrived.answer)


def _failing(error: Exception) -> Any:
    def work() -> None:
        raise error

    return work


def _run(lane: Lane, mailbox: queue.SimpleQueue[Any], work: Any) -> list[Answer]:
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
    mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    lane = Lane("avidxchange", 4, mailbox, _Time())
    assert _run(lane, mailbox, _failing(error))[0].error is error
    assert lane.width == width
    lane.close()


def test_the_width_grows_by_one_after_each_quiet_minute() -> None:
    mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
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
    mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
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


def _until(lane: Lane, load: int) -> None:
    end = time.monotonic() + 10
    while lane.load > load:
        assert time.monotonic() < end, lane.load
        time.sleep(0.005)


def _proven(width: int) -> tuple[Lane, queue.SimpleQueue[Any]]:
    mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    lane = Lane("avidxchange", width, mailbox, _Time())
    _run(lane, mailbox, lambda: 1)
    return lane, mailbox


def test_a_worker_goes_on_while_the_engine_is_busy_elsewhere() -> None:
    lane, mailbox = _proven(2)
    done: list[int] = []
    for number in range(6):
        lane.submit(lambda number=number: done.append(number), lambda _: None)  # type: ignore[misc]
    arrived = [mailbox.get(timeout=10) for _ in range(6)]
    assert (sorted(done), lane.load) == ([0, 1, 2, 3, 4, 5], 6)  # none of them was handled yet
    for one in arrived:
        one.then(one.answer)
    assert lane.load == 0
    lane.close()


def test_no_more_than_the_width_is_under_way_at_once() -> None:
    lane, mailbox = _proven(3)
    lock, under_way, most = threading.Lock(), [0], [0]

    def work() -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.02)
        with lock:
            under_way[0] -= 1

    for _ in range(9):
        lane.submit(work, lambda _: None)
    for _ in range(9):
        _take(mailbox)
    assert most == [3]
    lane.trouble(10.0)
    most[0] = 0
    for _ in range(4):
        lane.submit(work, lambda _: None)
    for _ in range(4):
        _take(mailbox)
    assert (lane.width, most) == (1, [1])
    lane.close()


def test_one_job_goes_alone_until_something_was_answered() -> None:
    mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    lane = Lane("x3-read", 2, mailbox, _Time())
    asked: list[int] = []

    def give_up(_: Answer) -> None:
        lane.forget()

    def refused(number: int) -> Any:
        asked.append(number)
        raise AuthError("AUT-01", "no", was_sent=True, status=401)

    assert (lane.free, lane.room) == (2, 2)  # nothing is handed over ahead to a side not proven
    for number in range(3):
        lane.submit(lambda number=number: refused(number), give_up)  # type: ignore[misc]
    _take(mailbox)
    with pytest.raises(queue.Empty):
        mailbox.get(timeout=0.2)
    assert (asked, lane.load) == ([0], 0)
    lane.close()


def test_after_an_error_nothing_starts_before_the_engine_has_seen_it() -> None:
    lane, mailbox = _proven(1)
    asked: list[str] = []

    def give_up(_: Answer) -> None:
        lane.forget()

    lane.submit(_failing(TransientError("NET-01", "down")), give_up)
    lane.submit(lambda: asked.append("second"), lambda _: None)
    arrived: Arrived = mailbox.get(timeout=10)
    time.sleep(0.1)
    assert asked == []
    arrived.then(arrived.answer)  # which leaves the side alone
    lane.submit(lambda: asked.append("third"), lambda _: None)
    _take(mailbox)
    assert asked == ["third"]
    lane.close()


def test_what_was_handed_over_and_never_began_is_told() -> None:
    lane, mailbox = _proven(1)
    has_begun, may_end, dropped = threading.Event(), threading.Event(), list[str]()

    def first() -> None:
        has_begun.set()
        may_end.wait(10)

    assert (lane.free, lane.room) == (1, 4)
    lane.submit(first, lambda _: None, lambda: dropped.append("first"))
    assert has_begun.wait(10)
    lane.submit(lambda: None, lambda _: None, lambda: dropped.append("second"))
    lane.submit(lambda: None, lambda _: None)
    assert (lane.free, lane.room) == (0, 1)
    assert (lane.forget(), dropped) == (2, ["second"])
    may_end.set()
    _take(mailbox)
    _until(lane, 0)
    lane.close()
