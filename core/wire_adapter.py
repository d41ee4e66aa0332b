"""The part of an exchange that must know the socket: trust, exact target, sent or not, deadline.

Only `core.http` uses it. The connection classes below tell an `Attempt` when the first byte of a
request is handed to the system, and let it cut the socket when its time is up.
"""

from __future__ import annotations

import contextvars
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from core import crash_points
from core.certificates import trusted_context

_LINGER_S = 2.0
_TOGETHER = 65_536  # bytes of a body that goes out in one piece with its head
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(slots=True)
class Attempt:
    """One request under way: what it asks for, whether it was sent, whether its time is up.

    `was_sent` turns true before the first byte of the request is handed to the system, so false
    is a proof. A proxy's CONNECT and the TLS handshake do not count. `sent` and `received` are
    bytes, for the volume of the day. `writes_to` is the system that a request changes; empty for
    one that only reads. `body_length` is in bytes.
    """

    target: str
    writes_to: str = ""
    body_length: int = 0
    was_sent: bool = False
    is_expired: bool = False
    sent: int = 0
    received: int = 0
    head: bytes = b""
    _started: float = field(default_factory=time.monotonic)
    _socket: socket.socket | None = None
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the attempt was made."""
        return time.monotonic() - self._started

    @contextmanager
    def running(self, timeout_s: float) -> Iterator[None]:
        """Make this the thread's attempt, and cut its socket after `timeout_s`."""
        token = _current.set(self)
        _WATCHDOG.watch(self, time.monotonic() + timeout_s)
        try:
            yield
        finally:
            _WATCHDOG.forget(self)
            with self._lock:
                self._is_over = True
            _current.reset(token)

    def watch(self, connected: socket.socket | None) -> None:
        """Name the socket to cut; raises TimeoutError when the time is already up."""
        with self._lock:
            self._socket = connected
            if self.is_expired:
                raise TimeoutError

    def expire(self) -> None:
        """Cut the socket; nothing once the attempt is over: another one may use the socket now."""
        with self._lock:
            if self._is_over:
                return
            self.is_expired = True
            if self._socket is not None:
                # Not SSLSocket.shutdown: that would drop the TLS layer under the reading thread.
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Watchdog:
    """Ends attempts whose time is up, by one thread for all; a thread of its own each costs more.

    The thread ends when nothing was under way for a while and is started anew when needed.
    """

    def __init__(self, linger_s: float = _LINGER_S) -> None:
        self._linger_s = linger_s
        self._changed = threading.Condition()
        self._due: dict[int, tuple[float, Attempt]] = {}
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None

    @property
    def is_awake(self) -> bool:
        """Whether its thread is there."""
        return self._thread is not None

    def watch(self, attempt: Attempt, deadline: float) -> None:
        """Expire an attempt at a time (monotonic) unless it is forgotten before."""
        with self._changed:
            self._due[id(attempt)] = (deadline, attempt)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline < self._wakes_at:
                self._changed.notify()

    def forget(self, attempt: Attempt) -> None:
        """The attempt has ended."""
        with self._changed:
            self._due.pop(id(attempt), None)

    def _run(self) -> None:
        idle_since: float | None = None
        while True:
            with self._changed:
                now = time.monotonic()
                late = [entry[1] for entry in self._due.values() if entry[0] <= now]
                for attempt in late:
                    del self._due[id(attempt)]
                if self._due or late:
                    idle_since = None
                elif idle_since is None:
                    idle_since = now
                elif now - idle_since >= self._linger_s:
                    self._thread = None
                    return
                if not late:
                    next_due = min((entry[0] for entry in self._due.values()), default=None)
                    self._wakes_at = now + self._linger_s if next_due is None else next_due
                    self._changed.wait(self._wakes_at - now)
            for attempt in late:
                attempt.expire()


_WATCHDOG = Watchdog()
_current: contextvars.ContextVar[Attempt | None] = contextvars.ContextVar("attempt", default=None)


def exact_target(url: str) -> str:
    """Path and query of a URL as they are to stand in the request line.

    Nothing that is valid there is changed (sage-x3.md 10.8), as requests and urllib3 would.
    """
    rest = url.partition("#")[0].partition("://")[2]
    start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    target = rest[start:]
    return quote(target if target.startswith("/") else f"/{target}", safe=_PRINTABLE)


class _Plain(HTTPConnection):
    """A connection that reports to the thread's attempt."""

    def connect(self) -> None:
        """Connect; only what follows counts as sent."""
        super().connect()
        _connected(self.sock)

    def putrequest(self, method: str, url: str, **options: Any) -> None:  # type: ignore[override]  # passes all on
        """Begin a request with the attempt's exact target."""
        attempt = _current.get()
        super().putrequest(method, attempt.target if attempt else url, **options)

    def send(self, data: Any) -> None:
        """Hand over bytes, having noted that from here on the request may have left."""
        if self.sock is None:
            self.connect()
        _hand_over(self.sock, data, super().send)


class _Secure(HTTPSConnection):
    """The same over TLS; a proxy's CONNECT inside `connect` does not count as sent."""

    def connect(self) -> None:
        """Connect and shake hands; only what follows counts as sent."""
        try:
            super().connect()
        finally:
            attempt = _current.get()
            if attempt is not None:
                attempt.was_sent = False
        _connected(self.sock)

    def putrequest(self, method: str, url: str, **options: Any) -> None:  # type: ignore[override]  # passes all on
        """Begin a request with the attempt's exact target."""
        attempt = _current.get()
        super().putrequest(method, attempt.target if attempt else url, **options)

    def send(self, data: Any) -> None:
        """Hand over bytes, having noted that from here on the request may have left."""
        if self.sock is None:
            self.connect()
        _hand_over(self.sock, data, super().send)


def _connected(connected: socket.socket | None) -> None:
    attempt = _current.get()
    if attempt is not None:
        attempt.watch(connected)


def _hand_over(connected: socket.socket | None, data: Any, send: Callable[[Any], None]) -> None:
    """Send bytes; a head waits for a body that is not long, so that both go out in one piece."""
    attempt = _current.get()
    if attempt is None:
        send(data)
        return
    attempt.watch(connected)
    is_first = not attempt.sent and not attempt.head and not data.startswith(b"CONNECT ")
    if is_first and 0 < attempt.body_length <= _TOGETHER:
        attempt.head = data
        return
    head, attempt.head = attempt.head, b""
    is_body = bool(head or attempt.sent)
    attempt.was_sent = True
    attempt.sent += len(head) + len(data)  # bytes only: our bodies are never streams
    if is_body and attempt.writes_to:
        half = head + data[: len(data) // 2]
        crash_points.reach(crash_points.HALF_A_REQUEST, attempt.writes_to, last=lambda: send(half))
    send(head + data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class AuthorityUnreadable(Exception):
    """`ca_file` is missing or holds no certificate; nothing was sent."""


class Wire:
    """Connections of one thread, kept by place; no two threads may use one.

    A request goes out as `requests` would send it, over its adapter's pools. Its Session is left
    out: cookies, redirects and hooks are not for us, and they take half of the time of an exchange.
    """

    def __init__(self, ca_file: Path | None) -> None:
        self._ca_file = ca_file
        self._adapters: dict[bool, WireAdapter] = {}
        self._pools: dict[str, HTTPConnectionPool] = {}

    def send(
        self,
        request: Request,
        *,
        timeouts: tuple[float, float],
        proxy: str,
    ) -> BaseHTTPResponse:
        """The head of the answer; its body is still to be read. `timeouts`: connect, read.

        Raises:
            AuthorityUnreadable: `ca_file` cannot be read. All that urllib3 and the socket raise.
        """
        pool = self._pools.get(request.origin) or self._open(request.origin, proxy)
        return pool.urlopen(
            request.method,
            request.target,
            body=request.body,
            headers=request.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(*timeouts),
            preload_content=False,
            decode_content=False,
        )

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        for adapter in self._adapters.values():
            adapter.close()
        self._pools.clear()

    def _open(self, origin: str, proxy: str) -> HTTPConnectionPool:
        is_secure = origin.startswith("https:")
        adapter = self._adapters.get(is_secure)
        if adapter is None:
            try:
                adapter = WireAdapter(self._ca_file if is_secure else None)
            except OSError as cause:  # it is missing or holds no certificate
                raise AuthorityUnreadable(type(cause).__name__) from None
            self._adapters[is_secure] = adapter
        manager = adapter.proxy_manager_for(proxy) if proxy else adapter.poolmanager
        pool: HTTPConnectionPool = manager.connection_from_url(origin)
        if is_secure:
            adapter.cert_verify(pool, origin, verify=True, cert=None)
        self._pools[origin] = pool
        return pool


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes out; `origin` is scheme, host and port, `target` path and query."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


class WireAdapter(HTTPAdapter):
    """requests' adapter without retries, on our connections and our trust.

    `ca_file` adds authorities to the operating system's; each adapter has its own TLS context,
    because truststore holds a lock over a whole handshake.
    """

    def __init__(self, ca_file: Path | None) -> None:
        self._context = trusted_context(ca_file)
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, ssl_context=self._context, **options)
        _use_our_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Make the pools for connections through a proxy."""
        manager = super().proxy_manager_for(
            proxy, ssl_context=self._context, proxy_ssl_context=self._context, **options
        )
        _use_our_connections(manager)
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave trust to the context: requests would add its own bundle of authorities here."""
        del url, verify, cert
        conn.cert_reqs = "CERT_REQUIRED"


def _use_our_connections(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
