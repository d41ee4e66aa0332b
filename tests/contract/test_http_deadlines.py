"""One thread watches the deadlines of all exchanges: in any order, and it ends when idle."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from core.wire_adapter import Attempt, Watchdog


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def _until(is_so: threading.Event | Attempt) -> float:
    begun = time.monotonic()
    while not (is_so.is_set() if isinstance(is_so, threading.Event) else is_so.is_expired):
        assert time.monotonic() - begun < 10
        time.sleep(0.005)
    return time.monotonic() - begun


def test_a_shorter_deadline_is_kept_behind_a_longer_one() -> None:
    dog = Watchdog()
    late, soon = Attempt("/late"), Attempt("/soon")
    dog.watch(late, time.monotonic() + 30)
    time.sleep(0.05)  # it sleeps until that one is due
    dog.watch(soon, time.monotonic() + 0.1)
    assert _until(soon) < 5
    assert not late.is_expired
    dog.forget(late)


def test_an_expired_attempt_has_its_socket_cut(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    attempt = Attempt("/")
    attempt.watch(ours)
    dog = Watchdog()
    dog.watch(attempt, time.monotonic() + 0.05)
    _until(attempt)
    theirs.settimeout(10)
    assert theirs.recv(1) == b""


def test_an_attempt_that_is_over_cuts_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    attempt = Attempt("/")
    with attempt.running(30):
        attempt.watch(ours)
    attempt.expire()  # as when its time ran out in the moment in which it ended
    ours.sendall(b"x")
    assert (theirs.recv(1), attempt.is_expired) == (b"x", False)


def test_a_forgotten_attempt_does_not_expire_and_the_thread_ends() -> None:
    dog = Watchdog(linger_s=0.05)
    attempt = Attempt("/")
    dog.watch(attempt, time.monotonic() + 0.1)
    dog.forget(attempt)
    end = time.monotonic() + 10
    while dog.is_awake:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not attempt.is_expired
    again = Attempt("/again")
    dog.watch(again, time.monotonic() + 0.05)
    assert _until(again) < 5
