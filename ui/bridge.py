"""The way between the window and the core's threads: calls out, answers and events in.

Whatever is handed over runs off the GUI thread; whatever comes back arrives on it, queued, never in
the middle of something else. Nothing here knows a list or a tab.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from ui.soon import Soon

COALESCE_MS = 250
_TASK_THREADS = 2  # house.md 5: the task pool of user-started work

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Notice = Callable[[str, int], None]


class Ticket:
    """A call that was handed over; once cancelled its answer reaches nobody."""

    def __init__(
        self,
        owner: QObject,
        then: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        self._owner = owner
        self._then = then
        self._failed = failed
        self._is_cancelled = False
        self._future: Future[Any] | None = None

    def bind(self, future: Future[Any]) -> None:
        """Lets `cancel` stop the call while it has not begun."""
        self._future = future

    def cancel(self) -> None:
        """The answer is not wanted any more; a call that has begun runs to its end unheard."""
        self._is_cancelled = True
        if self._future is not None:
            self._future.cancel()

    def deliver(self, future: Future[Any]) -> None:
        """Hands the answer over on the GUI thread; without `failed` the error is raised there."""
        if self._is_cancelled or not shiboken6.isValid(self._owner):
            return
        error = future.exception()
        if error is None:
            self._then(future.result())
        elif self._failed is not None:
            self._failed(error)
        else:
            raise error


class Bridge(QObject):
    """Calls into the core off the GUI thread, and its events as Qt signals.

    `changed(topic)` comes at most once per topic in 250 ms, `health(view)` with the newest view
    only, `alert(view)` for each alert in order. Create and close it on the GUI thread.
    """

    changed = Signal(str)
    health = Signal(object)
    alert = Signal(object)
    _woken = Signal()
    _answered = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._tasks = ThreadPoolExecutor(_TASK_THREADS, thread_name_prefix="task")
        self._lock = threading.Lock()
        self._topics: dict[str, None] = {}
        self._health: list[object] = []
        self._alerts: list[object] = []
        self._waiting: set[Future[Any]] = set()
        self._is_awake = False
        self._is_closed = False
        self._unsubscribe: Callable[[], None] | None = None
        self._timer = Soon(self, self._flush, COALESCE_MS)
        self._woken.connect(self._timer.begin_anew, Qt.ConnectionType.QueuedConnection)
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    # -- events in ---------------------------------------------------------------------------

    def attach(self, subscribe: Callable[[_Notice], Callable[[], None]]) -> None:
        """Listens to the core until `close`; its notices come on any thread."""
        self._unsubscribe = subscribe(self.notify)

    def notify(self, topic: str, version: int = 0) -> None:  # noqa: ARG002 - rows are read again
        """Something under this topic changed; any thread."""
        with self._lock:
            self._topics[topic] = None
        self._wake()

    def show_health(self, view: object) -> None:
        """The newest state of both sides; any thread."""
        with self._lock:
            self._health = [view]
        self._wake()

    def show_alert(self, view: object) -> None:
        """Something a person should hear of; any thread; none is lost."""
        with self._lock:
            self._alerts.append(view)
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._is_awake or self._is_closed:
                return
            self._is_awake = True
        self._woken.emit()

    @Slot()
    def _flush(self) -> None:
        with self._lock:
            topics, self._topics = self._topics, {}
            health, self._health = self._health, []
            alerts, self._alerts = self._alerts, []
            self._is_awake = False
        for topic in topics:
            self.changed.emit(topic)
        for view in health:
            self.health.emit(view)
        for view in alerts:
            self.alert.emit(view)

    # -- calls out ---------------------------------------------------------------------------

    async def call(
        self,
        function: Callable[_Parameters, _Result],
        /,
        *args: _Parameters.args,
        **kwargs: _Parameters.kwargs,
    ) -> _Result:
        """The function's result, worked out in the task pool; its errors are raised here."""
        future = self._tasks.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(future)

    def call_later(
        self,
        owner: QObject,
        function: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> Ticket:
        """Runs user-started work in the task pool; `then` or `failed` come on the GUI thread.

        The answer is dropped when `owner` is gone by then.
        """
        return self._hand_over(self._tasks, function, Ticket(owner, then, failed))

    def read_later(
        self,
        owner: QObject,
        function: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> Ticket:
        """As `call_later`, but in order on the one reader thread."""
        return self._hand_over(self._reader, function, Ticket(owner, then, failed))

    def _hand_over(
        self, pool: ThreadPoolExecutor, function: Callable[[], Any], ticket: Ticket
    ) -> Ticket:
        if self._is_closed:
            ticket.cancel()
            return ticket
        future = pool.submit(function)
        ticket.bind(future)
        with self._lock:
            self._waiting.add(future)

        def answered(done: Future[Any]) -> None:
            with self._lock:
                self._waiting.discard(done)
            if not done.cancelled():
                self._answered.emit(ticket, done)

        future.add_done_callback(answered)
        return ticket

    @Slot(object, object)
    def _deliver(self, ticket: Ticket, future: Future[Any]) -> None:
        if not self._is_closed:
            ticket.deliver(future)

    def close(self, last_on_reader: Callable[[], object] | None = None) -> None:
        """Stops listening, drops what has not begun and waits for what has.

        `last_on_reader` runs at the very end on the reader thread, to close its connection.
        """
        if self._is_closed:
            return
        if self._unsubscribe is not None:
            self._unsubscribe()
        with self._lock:
            self._is_closed = True
        self._timer.stop()
        with self._lock:
            waiting = list(self._waiting)
        for future in waiting:
            future.cancel()
        if last_on_reader is not None:
            self._reader.submit(last_on_reader).add_done_callback(_raise_if_failed)
        self._tasks.shutdown(wait=True)
        self._reader.shutdown(wait=True)


def _raise_if_failed(future: Future[Any]) -> None:
    """Lets the pool's own log say why closing failed; nobody else listens by then."""
    future.result()
