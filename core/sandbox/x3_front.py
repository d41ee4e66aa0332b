"""What stands in front of the simulated X3's gate: X3's own clock and the slow end of its volume.

The settings ``x3.clock_ahead_s`` and ``x3.volume_slow_from`` with ``x3.volume_slow_s`` rule it; the
silence after the slow answers (``x3.volume_limit``) is the gate's. What is answered is not known
here (wire contract, 4.4 and 8.18).
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from email.utils import format_datetime

from starlette.types import Message, Receive, Scope, Send

from core.sandbox.faults import Faults
from core.sandbox.gate import Gate
from core.sandbox.state import State

CLOCK_AHEAD = "clock_ahead"
_SLOW_S = 5.0
_UNCOUNTED = ("/_sandbox", "/oauth/")  # neither is X3's own


def now(state: State, faults: Faults) -> datetime:
    """Return X3's clock: the simulated time, ahead by setting and by variant (negative: behind).

    The variant ``clock_ahead`` (argument ``clock_ahead_s``) is a state of the machine: it holds as
    long as it stands in the menu, whatever its times, and for every operation.
    """
    ahead = float(state.get_value("x3.clock_ahead_s", 0.0))
    for fault in faults.active():
        if fault.system == "x3" and fault.kind == CLOCK_AHEAD:
            ahead += float(fault.args.get("clock_ahead_s", 0.0))
    return state.now() + timedelta(seconds=ahead)


class Front:
    """The ASGI application that the X3 server runs: its gate, seen through X3's clock and meter."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = str(scope.get("path", ""))

        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Here and not before the gate: the call counts as under way while it is slow.
                await self._slow_down(path)
                message = {**message, "headers": self._dated(message["headers"])}
            await send(message)

        await self._gate(scope, receive, send_late)

    def _dated(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        shown = format_datetime(now(self._gate.state, self._gate.faults), usegmt=True).encode()
        return [(name, shown if name == b"date" else text) for name, text in headers]

    async def _slow_down(self, path: str) -> None:
        state = self._gate.state
        limit = state.get_value("x3.volume_slow_from")
        if limit is None or any(part in path for part in _UNCOUNTED):
            return
        # The gate has counted this answer already: the one that crosses the line is slow too.
        if state.counters.get("x3.bytes_sent", 0) >= limit:
            seconds = float(state.get_value("x3.volume_slow_s", _SLOW_S))
            with contextlib.suppress(TimeoutError):  # the usual end: the server is not closing
                await asyncio.wait_for(self._gate.closing.wait(), seconds)
