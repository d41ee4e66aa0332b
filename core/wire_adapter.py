"""The part of an exchange that must know the socket: trust, exact target, sent or not, deadline.

Only `core.http` uses it. The connection classes below tell an `Attempt` when the first byte of a
request is handed to the system, and let it cut the socket when its time is up.
"""

from __future__ import annotations

import contextvars
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from core.certificates import trusted_context

_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))


@dataclass(slots=True)
class Attempt:
    """One request under way: what it asks for, whether it was sent, whether its time is up.

    `was_sent` turns true before the first byte of the request is handed to the system, so false
    is a proof. A proxy's CONNECT and the TLS handshake do not count. `sent` and `received` are
    bytes, for the volume of the day.
    """

    target: str
    was_sent: bool = False
    is_expired: bool = False
    sent: int = 0
    received: int = 0
    _started: float = field(default_factory=time.monotonic)
    _socket: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the attempt was made."""
        return time.monotonic() - self._started

    @contextmanager
    def running(self, timeout_s: float) -> Iterator[None]:
        """Make this the thread's attempt, and cut its socket after `timeout_s`."""
        watchdog = threading.Timer(timeout_s, self._expire)
        watchdog.daemon = True
        token = _current.set(self)
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()
            _current.reset(token)

    def watch(self, connected: socket.socket | None) -> None:
        """Name the socket to cut; raises TimeoutError when the time is already up."""
        with self._lock:
            self._socket = connected
            if self.is_expired:
                raise TimeoutError

    def _expire(self) -> None:
        with self._lock:
            self.is_expired = True
            if self._socket is not None:
                # Not SSLSocket.shutdown: that would drop the TLS layer under the reading thread.
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


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
        _sending(self.sock, data)
        super().send(data)


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
        _sending(self.sock, data)
        super().send(data)


def _connected(connected: socket.socket | None) -> None:
    attempt = _current.get()
    if attempt is not None:
        attempt.watch(connected)


def _sending(connected: socket.socket | None, data: Any) -> None:
    attempt = _current.get()
    if attempt is not None:
        attempt.watch(connected)
        attempt.was_sent = True
        attempt.sent += len(data)  # requests hands over bytes only: our bodies are never streams


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


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
