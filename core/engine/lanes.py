"""Bounded workers toward each system; a job is one exchange, its answer returns by the mailbox.

Workers never touch the store. What a job raises becomes part of its answer; a lane's width halves
on trouble and grows by one after each quiet minute (house.md 5). How fast requests may go one
after another is the client's business; here is only how many are under way at once.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import AppError, Stopped, TransientError
from core.heard import Heard

_QUIET_S = 60.0
_TOGETHER_S = 1.0  # answers that were on their way together are one trouble
_AHEAD = 3  # jobs for each worker that wait for it
_CLIENT_ERRORS = range(400, 500)
_SLOW_DOWN = frozenset((408, 429))  # among these


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job: a value, an error of the world, or a mistake of ours."""

    value: Any = None
    error: AppError | None = None
    crash: BaseException | None = None

    @property
    def is_good(self) -> bool:
        """Whether the job did what it was to do."""
        return self.error is None and self.crash is None


@dataclass(frozen=True, slots=True)
class Arrived:
    """An answer with what the engine thread is to do with it."""

    answer: Answer
    then: Callable[[Answer], None]


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Any]
    then: Callable[[Answer], None]
    dropped: Callable[[], None] | None


class Lane:
    """One system's workers; used by the engine thread, except for `_work` and what it calls.

    A worker takes the next job by itself, so that none waits for the engine thread. After an error
    none takes one before the engine has seen it: it may leave the whole side alone. What is
    `Heard` is made by a thread of its own: the worker asks on first, then there is time for it.
    """

    def __init__(
        self,
        name: str,
        width: int,
        mailbox: queue.SimpleQueue[Any],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.full_width = max(1, width)
        self.width = self.full_width
        self._mailbox = mailbox
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._running = 0
        self._untold = 0  # answers that the engine has not handled yet
        self._unseen_errors = 0  # among them
        self._is_proven = False
        self._is_closed = False
        self._quiet_since = 0.0
        self._troubled_at = float("-inf")
        self._threads: list[threading.Thread] = []
        self._heard: queue.SimpleQueue[tuple[_Job, Heard] | None] = queue.SimpleQueue()
        self._maker: threading.Thread | None = None

    @property
    def load(self) -> int:
        """Jobs under way and waiting, and those whose answer is on its way to the engine."""
        with self._changed:
            return self._running + self._untold + len(self._waiting)

    @property
    def free(self) -> int:
        """How many jobs would start at once."""
        return max(0, self.width - self.load)

    @property
    def room(self) -> int:
        """How many jobs may be handed over: one for each worker, and three that it does next.

        Without a next one a worker would wait while its last answer is settled and the following
        intents are committed; with several, answers come together and share a commit.
        """
        ahead = _AHEAD * self.width if self._is_proven else 0
        return max(0, self.width + ahead - self.load)

    def submit(
        self,
        work: Callable[[], Any],
        then: Callable[[Answer], None],
        dropped: Callable[[], None] | None = None,
        *,
        is_first: bool = False,
    ) -> None:
        """Run `work` on a worker, before all that waits if it `is_first`.

        `then` gets its answer on the engine thread. `dropped` is called instead, on the engine
        thread, when it was given up before it began. A closed lane does nothing: a run that has
        ended must not be revived by a late answer.
        """
        if self._is_closed:
            return
        with self._changed:
            put = self._waiting.appendleft if is_first else self._waiting.append
            put(_Job(work, then, dropped))
            wanted = min(self.full_width, self._running + len(self._waiting))
            self._wake(1)
        if len(self._threads) < wanted:
            name = f"{self.name}-{len(self._threads) + 1}"
            self._threads.append(_started(self._work, name))

    def finished(self, answer: Answer, then: Callable[[Answer], None]) -> None:
        """Hand out an answer of this lane; then go on with what waits."""
        with self._changed:
            self._untold -= 1
        if self._is_closed:
            return
        self._is_proven = self._is_proven or answer.error is None
        if _is_overload(answer.error):
            self.trouble(self._monotonic())
        else:
            self.calm(self._monotonic())
        then(answer)
        with self._changed:
            self._unseen_errors -= not answer.is_good
            self._wake(self.width)

    def forget(self) -> int:
        """Drop jobs that have not started; how many."""
        with self._changed:
            dropped = list(self._waiting)
            self._waiting.clear()
        for job in dropped:
            if job.dropped is not None:
                job.dropped()
        return len(dropped)

    def trouble(self, now: float) -> None:
        """Halve the width after a throttling or overload answer; once for those of one moment."""
        if now - self._troubled_at >= _TOGETHER_S:
            self.width = max(1, self.width // 2)
            self._troubled_at = now
        self._quiet_since = now

    def calm(self, now: float) -> None:
        """Grow by one after a quiet minute."""
        if self.width < self.full_width and now - self._quiet_since >= _QUIET_S:
            self.width += 1
            self._quiet_since = now

    def close(self) -> None:
        """Let idle workers end; one inside an exchange ends with it, and its answer is dropped."""
        self._is_closed = True
        self.forget()
        with self._changed:
            self._changed.notify_all()
        self._heard.put(None)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            answer = _answer(job.work)
            self._has_run(answer)
            if isinstance(answer.value, Heard):
                self._heard.put((job, answer.value))
            else:
                self._mailbox.put(Arrived(answer, self._returning(job)))

    def _has_run(self, answer: Answer) -> None:
        """The exchanges of a job are over."""
        with self._changed:
            self._running -= 1
            self._untold += 1
            self._unseen_errors += not answer.is_good
            if isinstance(answer.value, Heard) and self._maker is None:
                self._maker = _started(self._make, f"{self.name}-made")

    def _make(self) -> None:
        while (entry := self._heard.get()) is not None:
            job, heard = entry
            self._mailbox.put(Arrived(self._made(heard), self._returning(job)))

    def _made(self, heard: Heard) -> Answer:
        answer = _answer(heard.make)
        if not answer.is_good:
            with self._changed:
                self._unseen_errors += 1
        return answer

    def _next(self) -> _Job | None:
        """The next job, when one may start; None when the lane is closed."""
        with self._changed:
            while not (self._is_closed or (self._waiting and self._may_start())):
                self._changed.wait()
            if self._is_closed:
                return None
            self._running += 1
            return self._waiting.popleft()

    def _wake(self, workers: int) -> None:
        """Wake workers for what waits: only where one may begin, waking one in vain is not cheap.

        Called with the lock held after whatever may have let one begin.
        """
        if self._waiting and self._may_start():
            self._changed.notify(workers)

    def _may_start(self) -> bool:
        if not self._is_proven:
            # Until something was answered one job goes alone: refused credentials cost one request.
            return not self._running and not self._untold
        return self._running < self.width and not self._unseen_errors

    def _returning(self, job: _Job) -> Callable[[Answer], None]:
        def then(answer: Answer) -> None:
            self.finished(answer, job.then)

        return then


def _started(work: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _answer(work: Callable[[], Any]) -> Answer:
    """Run a job; nothing it raises leaves the worker."""
    try:
        return Answer(value=work())
    except AppError as error:
        return Answer(error=error)
    except Stopped as stopped:
        return Answer(crash=stopped)
    except Exception as crash:  # noqa: BLE001 - told to the engine thread, which raises it there
        return Answer(crash=crash)


def _is_overload(error: AppError | None) -> bool:
    """Whether the far side, or the way to it, had too much to do: then fewer ask at once."""
    if not isinstance(error, TransientError) or not error.was_sent:
        return False
    return error.status in _SLOW_DOWN or error.status not in _CLIENT_ERRORS


class Lanes:
    """All lanes of one start of the engine; a new start makes new ones."""

    def __init__(
        self,
        widths: Mapping[str, int],
        mailbox: queue.SimpleQueue[Any],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lanes = {
            name: Lane(name, width, mailbox, monotonic) for name, width in widths.items()
        }

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

    @property
    def load(self) -> int:
        """Jobs under way and waiting in all lanes."""
        return sum(lane.load for lane in self._lanes.values())

    def forget(self, prefix: str = "") -> None:
        """Drop what has not started in the lanes whose name begins with `prefix`."""
        for lane in self._lanes.values():
            if lane.name.startswith(prefix):
                lane.forget()

    def close(self) -> None:
        """End all workers without waiting for those inside an exchange."""
        for lane in self._lanes.values():
            lane.close()
