"""The one gate that every request of either simulated system passes.

It turns HTTP into ``Request`` and ``Response``, runs the system's synchronous handler in a worker
thread, plays the generic faults around it, and keeps journal and counters.
"""

import asyncio
import hashlib
import os
import random
import re
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.sandbox.faults import Client, Fault, Faults, Request, Response
from core.sandbox.state import State

LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head>"
    "<body><h1>Sign in</h1><form method='post'></form></body></html>"
)
_REFERENCE = re.compile(rb"X3\|[^\"<>\s]{1,120}|AVD[0-9A-Za-z-]{1,17}")
_DRIP_PIECES = 20
_NO_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_NOT_HANDLED = b'{"Items": [{"Id": 1}]}'


class Handler(Protocol):
    """What a simulated system offers: a synchronous function from request to response."""

    def __call__(self, state: State, faults: Faults, request: Request) -> Response:
        """Do the work, commit it and return the answer."""


class Transports:
    """The open connections by the client's address, so that a fault can break a real one."""

    def __init__(self) -> None:
        self._open: dict[Client, asyncio.Transport] = {}

    def opened(self, client: Client, transport: asyncio.Transport) -> None:
        """Remember a connection."""
        self._open[client] = transport

    def closed(self, client: Client) -> None:
        """Forget a connection."""
        self._open.pop(client, None)

    def get(self, client: Client | None) -> asyncio.Transport | None:
        """Return the connection of this client, if it is still open."""
        return self._open.get(client) if client else None

    def abort_all(self) -> None:
        """Break every open connection."""
        for transport in list(self._open.values()):
            transport.abort()


@dataclass(frozen=True)
class System:
    """What the gate must know of one system."""

    name: str
    handle: Handler
    operation_of: Callable[[Request], str]
    group_of: Callable[[str], str] = lambda operation: operation


class Gate:
    """The ASGI application of one system; ``/_sandbox/`` goes to the admin application."""

    def __init__(
        self, system: System, state: State, faults: Faults, transports: Transports, admin: ASGIApp
    ) -> None:
        self.system = system
        self.state = state
        self.faults = faults
        self.transports = transports
        self.admin = admin
        self.closing = asyncio.Event()
        self._under_way: dict[str, int] = {}
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_sandbox"):
            await self.admin(scope, receive, send)
            return
        request = await _read(scope, receive)
        if request is None:
            return
        operation = self.system.operation_of(request)
        groups = {operation, self.system.group_of(operation)}
        for group in groups:
            self._under_way[group] = self._under_way.get(group, 0) + 1
            self.state.count_peak(f"{self.system.name}.max_at_once.{group}", self._under_way[group])
        request = replace(request, at_once=self._under_way[self.system.group_of(operation)])
        try:
            await self._exchange(request, operation, send)
        finally:
            for group in groups:
                self._under_way[group] -= 1

    async def _exchange(self, request: Request, operation: str, send: Send) -> None:
        name = self.system.name
        self.state.count(f"{name}.requests.{operation}")
        fault = self._over_volume(operation) or self.faults.draw(name, operation, request)
        record = self._recorder(request, operation, fault)

        async def recorded_send(message: Message) -> None:
            # Written down before the first byte leaves: who has the answer finds the entry.
            if message["type"] == "http.response.start":
                record(message["status"])
            await send(message)

        if fault is not None and fault.kind in _BROKEN:
            await self._break(fault, request, record)
        else:
            await self._play(fault, request, recorded_send)

    def _recorder(
        self, request: Request, operation: str, fault: Fault | None
    ) -> Callable[[int], None]:
        started = time.monotonic()
        reference = _REFERENCE.search(request.body)
        entry = {
            "system": self.system.name,
            "operation": operation,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "fault": fault.kind if fault else "",
            "time": self.state.now().isoformat(timespec="microseconds"),
            "sha256": hashlib.sha256(request.body).hexdigest(),
            "reference": reference.group().decode("ascii", "replace") if reference else "",
            "authorization": _masked(request.headers.get("authorization", "")),
        }

        def record(status: int) -> None:
            seconds = round(time.monotonic() - started, 4)
            self.state.journal({**entry, "status": status, "seconds": seconds})

        return record

    def _over_volume(self, operation: str) -> Fault | None:
        """Return silence once the setting ``<system>.volume_limit`` (bytes sent) is used up."""
        name = self.system.name
        limit = self.state.get_value(f"{name}.volume_limit")
        if not limit or self.state.counters.get(f"{name}.bytes_sent", 0) < limit:
            return None
        seconds = self.state.get_value(f"{name}.volume_silence_s", 60.0)
        return Fault(name, operation, "timeout_before", args={"seconds": seconds})

    async def _play(self, fault: Fault | None, request: Request, send: Send) -> None:
        """Handle the request and answer it, as the fault will have it."""
        if fault is None:
            await self._answer(await self._work(request), send)
            return
        kind, seconds = fault.kind, _seconds(fault)
        if kind == "delay":
            await self._pause(seconds)
        if kind in _REPLACED and not fault.args.get("commit", kind not in _UNREACHED):
            response = Response(200, {"content-type": "application/json"}, _NOT_HANDLED)
        else:
            response = await self._work(request)
        if kind == "duplicate":
            await self._work(request)
        if kind == "slow":
            await self._pause(seconds)
        if kind in ("truncate", "reset_mid", "drip"):
            await self._send_in_pieces(fault, request, response, send)
        else:
            await self._answer(_replaced(fault, response), send)

    async def _break(self, fault: Fault, request: Request, record: Callable[[int], None]) -> None:
        kind = fault.kind
        if kind in ("reset_after", "timeout_after"):
            await self._work(request)
        if kind.startswith("timeout"):
            await self._pause(_seconds(fault))
        if kind == "late_commit":
            task = asyncio.create_task(self._work_later(request, _seconds(fault)))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        record(0)
        await self._hang_up(request, gently=kind.startswith("timeout"))

    async def _work(self, request: Request) -> Response:
        return await asyncio.to_thread(self._handle, request)

    def _handle(self, request: Request) -> Response:
        self.faults.begin(request)
        self.state.chronicle.caused_by(f"{self.system.name}.{self.system.operation_of(request)}")
        return self.system.handle(self.state, self.faults, request)

    async def _work_later(self, request: Request, seconds: float) -> None:
        if self.state.is_clock_held:
            self.state.put_off(seconds, lambda: self._handle(request))
            return
        # A server that is stopped meanwhile has never committed, as a killed one.
        if not await self._pause(seconds):
            await self._work(request)

    async def _pause(self, seconds: float) -> bool:
        """Let time pass, and return True when the server closes meanwhile."""
        if self.state.is_clock_held:
            self.state.shift_clock(seconds)
            return self.closing.is_set()
        return await self._wait(seconds)

    async def _wait(self, seconds: float) -> bool:
        """Wait by the real clock, and return True when the server closes meanwhile."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _answer(self, response: Response, send: Send) -> None:
        await self._send_head(response, send)
        await send({"type": "http.response.body", "body": response.body})

    async def _send_head(self, response: Response, send: Send) -> None:
        self.state.count(f"{self.system.name}.bytes_sent", len(response.body))
        headers = {
            **response.headers,
            "content-length": str(len(response.body)),
            "date": format_datetime(self._shown_time(), usegmt=True),
        }
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})

    def _shown_time(self) -> datetime:
        """Return the time by this system's own clock (the setting ``<system>.clock_ahead_s``)."""
        ahead = float(self.state.get_value(f"{self.system.name}.clock_ahead_s", 0.0))
        return self.state.now() + timedelta(seconds=ahead)

    async def _send_in_pieces(
        self, fault: Fault, request: Request, response: Response, send: Send
    ) -> None:
        await self._send_head(response, send)
        is_cut = fault.kind in ("truncate", "reset_mid")
        size = max(1, len(response.body) // (2 if is_cut else _DRIP_PIECES))
        for start in range(0, max(len(response.body), 1), size):
            piece = response.body[start : start + size]
            more = start + size < len(response.body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})
            if is_cut:
                if fault.kind == "reset_mid":
                    # A reset overtakes what was sent: give the half page time to arrive.
                    await self._wait(_seconds(fault, 0.2))
                await self._hang_up(request, gently=fault.kind == "truncate")
                return
            if more:
                await self._pause(_seconds(fault) / _DRIP_PIECES)

    async def _hang_up(self, request: Request, *, gently: bool) -> None:
        transport = self.transports.get(request.client)
        if transport is None:
            return
        if gently:
            transport.close()
        else:
            # Without lingering the system sends a reset in place of an orderly end.
            plain = transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()
        # The server must hear of the loss before the application returns without an answer.
        for _turn in range(100):
            if self.transports.get(request.client) is None:
                return
            await asyncio.sleep(0.005)


_BROKEN = frozenset(
    {"reset_before", "reset_after", "timeout_before", "timeout_after", "late_commit"}
)
_REPLACED = frozenset(
    {"status", "html_200", "redirect", "cut_json", "truncate", "reset_mid", "empty"}
)


# A proxy or a log-in page in front answers these, so by default nothing was done.
_UNREACHED = frozenset({"status", "html_200", "redirect"})
_LOGIN_PATH = "/auth/login/page"


def _seconds(fault: Fault, default: float = 1.0) -> float:
    """Return how long the fault lasts: ``seconds``, or by chance up to ``most_seconds``."""
    least = float(fault.args.get("seconds", default))
    most = float(fault.args.get("most_seconds", least))
    return random.uniform(least, max(least, most))


def _replaced(fault: Fault, response: Response) -> Response:
    """Return the answer that the fault puts in the place of the real one."""
    if fault.kind == "html_200":
        page = str(fault.args.get("html", LOGIN_PAGE))
        return Response(200, {"content-type": "text/html; charset=utf-8"}, page.encode())
    if fault.kind == "redirect":
        place = str(fault.args.get("location", _LOGIN_PATH))
        status = int(fault.args.get("status", 302))
        return Response(status, {"location": place, "content-type": "text/html"})
    if fault.kind == "empty":
        return replace(response, body=b"")
    if fault.kind == "cut_json":
        return replace(response, body=response.body[: len(response.body) // 2])
    if fault.kind == "status":
        html = fault.args.get("html")
        kind = "text/html; charset=utf-8" if html else "application/json"
        headers = {"content-type": kind, **_lower(fault.args.get("headers", {}))}
        body = str(html or fault.args.get("body", ""))
        return Response(int(fault.args.get("status", 503)), headers, body.encode())
    return response


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}


def _masked(authorization: str) -> str:
    scheme, _, secret = authorization.partition(" ")
    return f"{scheme} ***" if secret else ("***" if scheme else "")


async def _read(scope: Scope, receive: Receive) -> Request | None:
    """Read the whole request; None when the client left in the middle of it."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()] = value.decode("latin-1")
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=bytes(body),
        client=(client[0], client[1]) if client else None,
    )
