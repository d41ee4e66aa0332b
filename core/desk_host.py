"""The window's end of the engine's process: asks it, hears it, and notices when it is gone."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any

from core import engine_wire, own_program
from core.engine.run import RunResult
from core.engine.work import RunOrder
from core.engine_wire import EngineFault, Message
from core.errors import Stopped
from core.words import area

say = area(__name__)

_LOG = logging.getLogger(__name__)
_GONE = say("the_engine_has_ended")
_LAST_S = 10.0  # for a process that does not speak any more; a closing window waits for less


@dataclass(frozen=True, slots=True)
class Heard:
    """Who is told what the engine tells; each is called on the thread that listens to it."""

    progress: Callable[[str, int, int], None]
    changed: Callable[[str], None]
    ended: Callable[[], None]


@dataclass(slots=True)
class _Facts:
    """What the engine told when it was ready."""

    gl_group: str = ""
    poll_minutes: float = 15.0
    jitter_percent: float = 0.0


class HostedEngine:
    """A started engine in a process of its own; every method may be called from any thread."""

    def __init__(self, heard: Heard, child: subprocess.Popen[bytes]) -> None:
        self._heard = heard
        self._child = child
        self._lock = threading.Lock()
        self._asked: dict[int, Future[Any]] = {}
        self._count = 0
        self._ready: Future[None] = Future()
        self._is_ending = False
        self._is_gone = False
        self.facts = _Facts()
        self._listener = threading.Thread(target=self._listen, name="engine", daemon=True)

    @classmethod
    def start(cls, arguments: list[str], opening: Message, heard: Heard) -> HostedEngine:
        """A child that is asked to open the workspace; it begins while the caller goes on."""
        engine = cls(heard, own_program.started(*arguments))
        engine._listener.start()
        engine._send(opening)
        return engine

    def wait_until_ready(self) -> None:
        """Wait until it has begun, a second or so.

        Raises:
            AppError: what kept it from beginning, as the child met it.
            EngineFault: it has ended without a word.
            Stopped: it was stopped meanwhile.
        """
        self._ready.result()

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._is_gone

    def sync(self, order: RunOrder) -> Future[RunResult]:
        """Ask for a run; the future raises what the run raised."""
        return self._ask("sync", order=asdict(order))

    def resolve(
        self, item: int, how: str, reason: str, to: str, actor: str
    ) -> Future[dict[str, Any]]:
        """Settle a review item; as `Engine.resolve`."""
        return self._ask("resolve", item=item, how=how, reason=reason, to=to, actor=actor)

    def decide(
        self, documents: Sequence[str], kind: str, how: str, reason: str, actor: str
    ) -> Future[dict[str, Any]]:
        """Hold, release or exclude documents; as `Engine.decide`."""
        named = list(documents)
        return self._ask("decide", documents=named, kind=kind, how=how, reason=reason, actor=actor)

    def cancel_run(self) -> None:
        """End the run under way soon."""
        self._send({"do": "cancel"})

    def stop(self, timeout_s: float) -> bool:
        """End the process within the time; whether it ended by itself.

        One that does not is killed: what it had sent is found in doubt at the next start. One that
        has not begun yet is ended at once: it has sent nothing, and the next start recovers anew.
        """
        self._is_ending = True
        if not self._ready.done():
            self._child.kill()
        self._send({"do": "end"})
        has_ended = self._wait_for_end(timeout_s)
        self._listener.join(timeout_s)
        return has_ended

    def _wait_for_end(self, timeout_s: float) -> bool:
        """Whether the process ended within the time; one that did not is killed."""
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            return False
        return True

    def _ask(self, what: str, **members: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            self._count += 1
            number = self._count
            self._asked[number] = future
        future.set_running_or_notify_cancel()
        if not self._send({"do": what, "id": number, **members}):
            self._end(number, EngineFault(_GONE))
        return future

    def _send(self, message: Message) -> bool:
        """Send one message; whether there was somebody to send it to."""
        stream = self._child.stdin
        with self._lock:
            if stream is None or stream.closed:
                return False
            try:
                engine_wire.write(stream, message)
            except (OSError, ValueError):
                return False
        return True

    # The listening thread

    def _listen(self) -> None:
        stream = self._child.stdout
        try:
            while stream is not None and (message := engine_wire.read(stream)):
                self._take(message)
        except Exception:  # noqa: BLE001 - whoever waits is told that the engine is gone
            _LOG.exception(say("the_engines_process_could_not_be"))
        finally:
            self._is_gone = True
            self._refuse_all()
            self._close_pipes()
            self._wait_for_end(_LAST_S)
            self._heard.ended()

    def _take(self, message: Message) -> None:
        kind = message["is"]
        if kind == "progress":
            self._heard.progress(message["phase"], message["done"], message["total"])
        elif kind == "changed":
            self._heard.changed(message["topic"])
        elif kind == "ready":
            facts = {name: value for name, value in message.items() if name != "is"}
            self.facts = _Facts(**facts)
            self._ready.set_result(None)
        elif kind == "failed" and message["id"] == 0:
            self._ready.set_exception(engine_wire.error_of(message["error"]))
        elif kind == "failed":
            self._end(message["id"], engine_wire.error_of(message["error"]))
        else:
            self._end(message["id"], None, message["value"])

    def _end(self, number: int, error: Exception | None, value: Any = None) -> None:
        with self._lock:
            future = self._asked.pop(number, None)
        if future is None:
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(RunResult(*value) if isinstance(value, list) else value)

    def _refuse_all(self) -> None:
        """Nobody waits for an engine that has ended."""
        if not self._ready.done():
            self._ready.set_exception(self._end_reason())
        with self._lock:
            left = list(self._asked)
        for number in left:
            self._end(number, self._end_reason())

    def _end_reason(self) -> Exception:
        return Stopped() if self._is_ending else EngineFault(_GONE)

    def _close_pipes(self) -> None:
        with self._lock:
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not written has nobody to read it
                        pipe.close()
