"""The engine in a process of its own, for a window: asked over standard input, told over output.

The window's thread then never waits for the interpreter while thousands of documents are carried,
and a fault of either leaves the other standing. The process ends when its input closes, also when
the window was killed; it holds the workspace until then, so that no second engine can begin.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from core import engine_wire, pauses
from core.clock import SystemClock
from core.engine.engine import Engine
from core.engine.work import RunOrder
from core.facade import Connected
from core.settings import Settings
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.run import RunResult

_LOG = logging.getLogger(__name__)
_STOP_S = 1.6  # of the two seconds that a closing window gives it before it is killed
_PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Hosted:
    """What the engine of a window is made of."""

    store: Store
    settings: Callable[[], Settings]
    connect: Callable[[SystemClock], Connected]


class Voice:
    """Tells the window; safe for every thread, and silent when the window is gone."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._phase = ""
        self._told_s = 0.0

    def tell(self, kind: str, **members: Any) -> None:
        """Send one message."""
        with self._lock:
            try:
                engine_wire.write(self._sink, {"is": kind, **members})
            except (OSError, ValueError) as error:
                # Its end closes our input too, which ends this process.
                _LOG.debug("the window does not listen any more: %s", error)

    def progress(self, phase: str, done: int, total: int) -> None:
        """Tell how far a phase is: its begin, its end, and ten times a second between."""
        now = time.monotonic()
        is_edge = phase != self._phase or done >= total
        if is_edge or now - self._told_s >= _PROGRESS_EVERY_S:
            self._phase, self._told_s = phase, now
            self.tell("progress", phase=phase, done=done, total=total)

    def failed(self, number: int, error: BaseException) -> None:
        """Tell that what was asked under this number (0: beginning) ended with an exception."""
        self.tell("failed", id=number, error=engine_wire.error_members(error))


def serve(hosted: Hosted, source: IO[bytes], voice: Voice) -> None:
    """Carry out what the window asks until it says `end` or its input closes.

    Raises:
        AppError: no clients can be made of the settings; nothing was asked of either system.
    """
    clock = SystemClock()
    connected = hosted.connect(clock)
    engine = Engine(
        connected.tools,
        on_progress=voice.progress,
        on_change=lambda topic: voice.tell("changed", topic=topic),
    )
    engine.start()
    config = connected.tools.config
    voice.tell(
        "ready",
        gl_group=connected.tools.policy.gl_group,
        poll_minutes=config.poll_minutes,
        jitter_percent=config.jitter_percent,
    )
    try:
        while message := engine_wire.read(source):
            if message["do"] == "end":
                break
            _carry_out(message, engine, connected, hosted, voice)
    finally:
        clock.stop()
        if not engine.stop(_STOP_S):
            # Its thread ends with the process; what it had sent is in doubt at the next start.
            _LOG.warning(say("the_engine_did_not_end_in_time"))
        connected.close()


def _carry_out(
    message: engine_wire.Message,
    engine: Engine,
    connected: Connected,
    hosted: Hosted,
    voice: Voice,
) -> None:
    """Hand one message to the engine; the answer is told when it is there."""
    if message["do"] == "cancel":
        engine.cancel_run()
        return
    number = int(message["id"])
    future: Future[Any]
    try:
        if message["do"] == "sync":
            settings = hosted.settings()
            engine.tools = pauses.guarded(connected.tools, settings)
            future = engine.sync(RunOrder(**message["order"]))
            future.add_done_callback(lambda done: _tell_run(done, number, hosted, voice))
        else:
            ask: Callable[..., Future[Any]]
            ask = engine.resolve if message["do"] == "resolve" else engine.decide
            future = ask(**{k: v for k, v in message.items() if k not in ("do", "id")})
            future.add_done_callback(lambda done: _tell(done, number, voice))
    except Exception as error:  # noqa: BLE001 - told to the window, which shows it
        _LOG.exception("%s could not be asked of the engine", message["do"])
        voice.failed(number, error)


def _tell_run(done: Future[RunResult], number: int, hosted: Hosted, voice: Voice) -> None:
    """On the engine's thread, after a run: keep what refused us, then answer."""
    if done.cancelled() or done.exception() is not None:
        _tell(done, number, voice)
        return
    result = done.result()
    try:
        pauses.note(hosted.store, result.report, hosted.settings())
    except Exception as error:  # noqa: BLE001 - told to the window, which shows it
        _LOG.exception(say("the_pause_of_a_side_could_not"))
        voice.failed(number, error)
        return
    voice.tell("done", id=number, value=[result.report, result.exit_status])


def _tell(done: Future[Any], number: int, voice: Voice) -> None:
    error = None if done.cancelled() else done.exception()
    if done.cancelled():
        voice.tell("failed", id=number, error={"kind": say("stopped")})
    elif error is not None:
        voice.failed(number, error)
    else:
        voice.tell("done", id=number, value=done.result())
