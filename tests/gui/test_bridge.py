"""Calls leave the GUI thread and answers come back on it; events are coalesced."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.bridge import COALESCE_MS, Bridge


@pytest.fixture
def bridge(qapp: QObject) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()


def test_a_read_runs_on_the_reader_and_its_answer_on_the_gui_thread(
    qtbot: QtBot, bridge: Bridge
) -> None:
    threads: list[str] = []
    owner = QObject()

    def take(answer: int) -> None:
        threads.append(threading.current_thread().name)
        threads.append(str(answer))

    def read() -> int:
        threads.append(threading.current_thread().name)
        return 7

    bridge.read_later(owner, read, take)
    qtbot.waitUntil(lambda: len(threads) == 3)
    assert threads == ["reader_0", threading.main_thread().name, "7"]


def test_reads_keep_their_order_while_tasks_run_beside_them(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()
    order: list[object] = []
    gate = threading.Event()
    bridge.call_later(owner, lambda: gate.wait(5), lambda _: order.append("task"))
    for number in range(20):
        bridge.read_later(owner, partial(int, number), order.append)
    qtbot.waitUntil(lambda: order == list(range(20)))
    gate.set()
    qtbot.waitUntil(lambda: order[-1] == "task")


def test_errors_come_as_data(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()
    errors: list[object] = []

    def fail() -> None:
        raise ValueError("no such list")

    bridge.read_later(owner, fail, errors.append, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ValueError)


def test_an_error_nobody_takes_reaches_the_exception_hook(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()
    with qtbot.captureExceptions() as raised:
        bridge.read_later(owner, lambda: 1 // 0, lambda _: None)
        qtbot.waitUntil(lambda: bool(raised))
    assert raised[0][0] is ZeroDivisionError


def test_a_cancelled_call_and_one_whose_owner_is_gone_reach_nobody(
    qtbot: QtBot, bridge: Bridge
) -> None:
    heard: list[str] = []
    gate = threading.Event()
    owner, gone = QObject(), QObject()
    running = bridge.read_later(owner, lambda: gate.wait(5), lambda _: heard.append("running"))
    waiting = bridge.read_later(owner, lambda: heard.append("ran"), lambda _: heard.append("w"))
    bridge.read_later(gone, lambda: 1, lambda _: heard.append("gone"))
    running.cancel()
    waiting.cancel()
    shiboken6.delete(gone)
    gate.set()
    bridge.read_later(owner, lambda: 1, lambda _: heard.append("last"))
    qtbot.waitUntil(lambda: "last" in heard)
    assert heard == ["last"]


class Held:
    """Tells on which thread it was let go."""

    def __init__(self, let_go: list[str]) -> None:
        self._let_go = let_go

    def __del__(self) -> None:
        self._let_go.append(threading.current_thread().name)

    def read(self) -> int:
        return 7

    def fail(self) -> int:
        raise ValueError("no such list")


@pytest.mark.parametrize("way", ["read", "fail", "cancelled"])
def test_what_a_call_holds_is_let_go_on_the_gui_thread_only(
    qtbot: QtBot, bridge: Bridge, way: str
) -> None:
    """It may be the last to hold a widget, and Qt's objects are destroyed on their own thread."""
    owner, let_go, may_read = QObject(), list[str](), threading.Event()
    for _ in range(20):
        bridge.read_later(owner, partial(may_read.wait, 5), lambda _: None)
        held = Held(let_go)
        ticket = bridge.read_later(
            owner, held.fail if way == "fail" else held.read, lambda _: None, lambda _: None
        )
        if way == "cancelled":
            ticket.cancel()
        del held, ticket
    may_read.set()
    qtbot.waitUntil(lambda: len(let_go) == 20)
    assert set(let_go) == {threading.main_thread().name}


def test_many_notices_from_many_threads_become_one_per_topic(qtbot: QtBot, bridge: Bridge) -> None:
    topics: list[str] = []
    bridge.changed.connect(topics.append)
    begun = time.monotonic()

    def shout() -> None:
        for version in range(500):
            bridge.notify("invoices", version)
            bridge.notify("payments", version)

    workers = [threading.Thread(target=shout) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    qtbot.waitUntil(lambda: len(topics) >= 2)
    assert time.monotonic() - begun >= COALESCE_MS / 1000 * 0.9
    qtbot.wait(COALESCE_MS + 100)
    assert sorted(topics) == ["invoices", "payments"]
    bridge.notify("invoices", 501)
    qtbot.waitUntil(lambda: len(topics) == 3)


def test_health_is_the_newest_and_no_alert_is_lost(qtbot: QtBot, bridge: Bridge) -> None:
    health: list[object] = []
    alerts: list[object] = []
    bridge.health.connect(health.append)
    bridge.alert.connect(alerts.append)
    for number in range(5):
        bridge.show_health(number)
        bridge.show_alert(number)
    qtbot.waitUntil(lambda: len(alerts) == 5)
    assert alerts == [0, 1, 2, 3, 4]
    assert health == [4]


def test_it_listens_until_it_is_closed(qtbot: QtBot) -> None:
    listeners: list[Callable[[str, int], None]] = []

    def subscribe(listener: Callable[[str, int], None]) -> Callable[[], None]:
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    bridge = Bridge()
    topics: list[str] = []
    bridge.changed.connect(topics.append)
    bridge.attach(subscribe)
    listeners[0]("runs", 1)
    qtbot.waitUntil(lambda: topics == ["runs"])
    late = listeners[0]
    bridge.close()
    bridge.close()
    late("runs", 2)
    qtbot.wait(COALESCE_MS + 50)
    assert topics == ["runs"]
    assert not listeners


def test_closing_drops_what_waits_and_ends_on_the_reader(qtbot: QtBot) -> None:
    bridge = Bridge()
    owner, done = QObject(), []
    gate = threading.Event()
    bridge.read_later(owner, lambda: gate.wait(5), lambda _: done.append("heard"))
    bridge.read_later(owner, lambda: done.append("ran"), lambda _: done.append("heard"))
    threading.Timer(0.1, gate.set).start()
    bridge.close(lambda: done.append(threading.current_thread().name))
    assert done == ["reader_0"]
    bridge.read_later(owner, lambda: done.append("late"), lambda _: done.append("late"))
    qtbot.wait(50)
    assert done == ["reader_0"]


def test_a_thousand_answers_and_emits(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()
    answers: list[object] = []
    topics: list[str] = []
    bridge.changed.connect(topics.append)
    for number in range(1_500):
        bridge.read_later(owner, partial({0: 1}.get, number), answers.append)
        bridge.changed.emit("soak")
    qtbot.waitUntil(lambda: len(answers) == 1_500)
    assert len(topics) == 1_500
