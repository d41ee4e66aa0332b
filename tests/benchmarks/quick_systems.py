"""Both systems as quick as one process can be, so that not the far side is what is measured.

    python -m tests.benchmarks.quick_systems

Written from the contracts for the few questions that a run asks (sage-x3.md 3, avidxchange.md 2.3
to 2.10): X3's pages, single invoices and look-ups by key; AvidXchange's token, lists, submissions
and look-ups by reference, with idempotency keys. The first line of standard output is the port; the
process ends when its input closes. `control/` paths set the delay, the number of invoices, and give
what was counted and recorded.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.benchmarks.quick_documents import ApDocuments, ErpDocuments

_HEAD = (
    b"HTTP/1.1 %d OK\r\nContent-Type: application/json; charset=utf-8\r\n"
    b"Date: %b\r\nContent-Length: %d\r\n\r\n"
)
_END = b"\r\n\r\n"
_OK, _NOT_FOUND = 200, 404
_LENGTH = b"content-length:"

Answer = tuple[int, bytes]


class Systems:
    """What both systems hold and were asked; one thread."""

    def __init__(self) -> None:
        self.base = ""
        self.delay_s = 0.0
        self.erp = ErpDocuments(0)
        self.ap = ApDocuments()
        self.counted: Counter[str] = Counter()
        self.recorded: list[tuple[str, str, str]] | None = None

    def answer(self, method: str, target: str, body: bytes) -> tuple[Answer, float]:
        """The answer to one request, and after how many seconds it is to go out."""
        parts = urlsplit(target)
        if parts.path.startswith("/control/"):
            return (_OK, json.dumps(self._control(parts.path[9:], body)).encode()), 0.0
        name, ask = self._route(method, parts.path)
        self.counted[name] += 1
        if self.recorded is not None:
            self.recorded.append((method, target, body.decode()))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = ask(unquote(parts.path), query, body)
        return (_NOT_FOUND, b"{}") if found is None else (_OK, found), self.delay_s

    def _route(
        self, method: str, path: str
    ) -> tuple[str, Callable[[str, dict[str, str], bytes], bytes | None]]:
        if path.startswith("/api1/"):
            kind = "details" if path.endswith(")") else "query"
            return f"x3.{kind}", self.erp.answer
        return f"avid.{method} {path.rpartition('/')[2]}", self.ap.answer

    def _control(self, order: str, body: bytes) -> Any:
        given = json.loads(body or b"null")
        if order == "delay":
            self.delay_s = float(given)
        elif order == "invoices":
            first, count = given
            self.erp = ErpDocuments(count, first, self.base)
        elif order == "reset":  # AvidXchange is empty again; recording starts or stops
            self.ap = ApDocuments()
            self.counted.clear()
            self.recorded = [] if given else None
        elif order == "record":  # what a bare loop is to send
            self.recorded = [(method, target, body) for method, target, body in given]
        elif order == "age":
            self.ap.age()
        elif order == "recorded":
            return self.recorded
        return {"counted": dict(self.counted), "stored": len(self.ap.invoices)}


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as our clients and `requests` speak it: one request after another."""

    def __init__(self, systems: Systems) -> None:
        self._systems = systems
        self._read = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, rest = self._read.partition(_END)
        if not end:
            return
        lowered = head.lower()
        at = lowered.find(_LENGTH)
        size = int(lowered[at + len(_LENGTH) :].partition(b"\r\n")[0]) if at >= 0 else 0
        if len(rest) < size:
            return
        self._read = rest[size:]
        method, target, _ = head.partition(b"\r\n")[0].decode("ascii").split(" ")
        (status, body), delay_s = self._systems.answer(method, target, rest[:size])
        told = (status, self._systems.ap.http_date(), len(body))
        written = _HEAD % told + body
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._send, written)
        else:
            self._send(written)

    def _send(self, written: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(written)


async def _serve() -> None:
    loop, systems = asyncio.get_running_loop(), Systems()
    server = await loop.create_server(lambda: _Connection(systems), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    systems.base = f"http://127.0.0.1:{port}"
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
