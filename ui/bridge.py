"""The way between the window and the core's threads: calls out, answers and events in.

Whatever is handed over runs off the GUI thread; whatever comes back arrives on it, queued, never in
the middle of something else. Nothing here knows a list or a tab.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from ui.soon import Soon

COALESCE_MS = 250
_TASK_THREADS = 2  # house.md 5: the task pool of user-started work

_Result = TypeVar("_Result")
_Notice = Callable[[str, int], None]


class Ticket:
    """A call that was handed over; once cancelled its answer reaches nobody.

    It alone holds what was given to it and what came of it, and lets go of all that on the GUI
    thread: the last to hold a widget must not be a thread of a pool.
    """

    def __init__(
        self,
        owner: QObject,
        function: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None,
    ) -> None:
        self._owner: QObject | None = owner
        self._function: Callable[[], Any] | None = function
        self._then: Callable[[Any], None] | None = then
        self._failed = failed
        self._result: Any = None
        self._error: BaseException | None = None
        self._future: Future[None] | None = None
        self._is_cancelled = False

    def bind(self, future: Future[None]) -> None:
        """Lets `cancel` stop the call while it has not begun."""
        self._future = future

    def run(self) -> None:
        """Make the call; on a thread of a pool."""
        if self._function is None:
            return
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001 - handed over with the answer
            self._error = error

    def cancel(self) -> None:
        """The answer is not wanted any more; a call that has begun runs to its end unheard."""
        self._is_cancelled = True
        if self._future is not None and self._future.cancel():
            self.forget()

    def deliver(self) -> None:
        """Hands the answer over on the GUI thread; without `failed` the error is raised there."""
        is_wanted = not self._is_cancelled and shiboken6.isValid(self._owner)
        then, failed, result, error = self._then, self._failed, self._result, self._error
        self.forget()
        if not is_wanted or then is None:
            return
        if error is None:
            then(result)
        elif failed is not None:
            failed(error)
        else:
            raise error

    def forget(self) -> None:
        """Let go of everything; on the GUI thread, while the call does not run."""
        self._owner = self._function = self._then = self._failed = None
        self._result = self._error = None


class Bridge(QObject):
    """Calls into the core off the GUI thread, and its events as Qt signals.

    `changed(topic)` comes at most once per topic in 250 ms, `health(view)` with the newest view
    only, `alert(view)` for each alert in order. Create and close it on the GUI thread.
    """

    changed = Signal(str)
    health = Signal(object)
    alert = Signal(object)
    _woken = Signal()
    _answered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._tasks = ThreadPoolExecutor(_TASK_THREADS, thread_name_prefix="task")
        self._lock = threading.Lock()
        self._topics: dict[str, None] = {}
        self._health: list[object] = []
        self._alerts: list[object] = []
        self._tickets: set[Ticket] = set()  # touched on the GUI thread only
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
        return self._hand_over(self._tasks, Ticket(owner, function, then, failed))

    def read_later(
        self,
        owner: QObject,
        function: Callable[[], _Result],
        then: Callable[[_Result], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> Ticket:
        """As `call_later`, but in order on the one reader thread."""
        return self._hand_over(self._reader, Ticket(owner, function, then, failed))

    def _hand_over(self, pool: ThreadPoolExecutor, ticket: Ticket) -> Ticket:
        if self._is_closed:
            ticket.cancel()
            ticket.forget()
            return ticket
        self._tickets.add(ticket)
        future = pool.submit(ticket.run)
        ticket.bind(future)
        future.add_done_callback(lambda _: self._answered.emit(ticket))
        return ticket

    @Slot(object)
    def _deliver(self, ticket: Ticket) -> None:
        self._tickets.discard(ticket)
        if self._is_closed:
            ticket.cancel()
        ticket.deliver()

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
        for ticket in self._tickets:
            ticket.cancel()
        if last_on_reader is not None:
            self._reader.submit(last_on_reader).add_done_callback(_raise_if_failed)
        self._tasks.shutdown(wait=True)
        self._reader.shutdown(wait=True)
        for ticket in self._tickets:
            ticket.forget()


def _raise_if_failed(future: Future[Any]) -> None:
    """Lets the pool's own log say why closing failed; nobody else listens by then."""
    future.result()
