"""What takes seconds and much memory, for a window: done by a process of its own, one an order.

A statement of tens of thousands of documents made on a thread of the window would keep the
interpreter from the thread that paints. Whoever asks waits, so it is asked from a pool's thread.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import engine_wire, own_program
from core.engine_wire import EngineFault, Message
from core.words import area

say = area(__name__)

Progress = Callable[[str, int, int], None]
_LOG = logging.getLogger(__name__)
_END_S = 10.0  # for a process that has told its answer


@dataclass(frozen=True, slots=True)
class Worker:
    """Starts the processes; `opening` tells them the workspace. Any thread."""

    command: str
    opening: Message

    def ask(self, do: str, progress: Progress | None = None, **members: Any) -> Any:
        """The value of one order; its progress is told on the calling thread.

        Raises:
            AppError: what the order raised.
            EngineFault: the process ended without an answer; its log file tells why.
        """
        child = own_program.started(self.command)
        try:
            return _answer(child, self.opening, {"do": do, **members}, progress)
        finally:
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # nobody is left to read what was not sent
                        pipe.close()
            try:
                child.wait(_END_S)
            except subprocess.TimeoutExpired:
                _LOG.warning(say("the_process_of_an_order_did_not"))
                child.kill()
                child.wait()


def _answer(
    child: subprocess.Popen[bytes], opening: Message, order: Message, progress: Progress | None
) -> Any:
    source, sink = child.stdout, child.stdin
    if source is None or sink is None:
        raise EngineFault(say("the_process_of_an_order_has_no"))
    try:
        engine_wire.write(sink, opening)
        engine_wire.write(sink, order)
    except (OSError, ValueError):
        raise EngineFault(say("the_process_of_an_order_has_ended")) from None
    while (message := engine_wire.read(source)) is not None:
        if message["is"] == "done":
            return message["value"]
        if message["is"] == "failed":
            raise engine_wire.error_of(message["error"])
        if message["is"] == "progress" and progress is not None:
            progress(message["phase"], message["done"], message["total"])
    raise EngineFault(say("the_process_of_an_order_has_ended"))
