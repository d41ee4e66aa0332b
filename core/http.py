"""One HTTP exchange at a time, with a total deadline, a size cap and exact blame when it fails.

Whoever uses `Transport` gets a `Reply` for every status or an `AppError` whose `was_sent` tells
whether a byte of the request can have left this computer. Nothing is ever repeated here but by
`read_with_retry`, which its caller uses for reads only. What a status or a body means is not known
here, and no `requests` object leaves this module.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from core.errors import AppError, ConfigError, TransientError, Unreadable
from core.settings import is_loopback
from core.version import VERSION
from core.wire_adapter import Attempt, WireAdapter, exact_target
from core.wire_faults import TimedOut, fault_of, peer_issuer

__all__ = ["Contact", "Meter", "Reply", "TimedOut", "Transport", "read_with_retry"]

USER_AGENT = f"Crossfoot/{VERSION}"
LONGEST_PAUSE_S = 900.0  # a longer Retry-After is cut to this (libraries.md, symptom 11)
LONGEST_WAIT_S = 120.0  # a longer pause is the scheduler's, not a worker's
_IDLE_LIMIT_S = 5.0  # a proxy may have dropped an idle connection without telling
_CHUNK = 65_536
_SERVER_ERROR = 500
_THROTTLED_OR_SIGN_IN = frozenset({401, 403, 407, 429})

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole and decoded from its transfer coding; header names are lower case.

    `server_time` is the `Date` header in UTC. `request_id` is the answer's X-Request-Id, else the
    request's, else one made here.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    server_time: datetime | None
    took_s: float
    request_id: str


@dataclass(frozen=True, slots=True)
class Contact:
    """How one exchange went, for the health of a side.

    `ok`: the server answered and neither failed (5xx) nor asked to sign in or to slow down.
    `code` is the catalogue code when there was no answer.
    """

    system: str
    at: datetime
    ok: bool
    status: int | None
    code: str


@dataclass(slots=True)
class Meter:
    """Bytes over the wire since the start, bodies and header texts; read at any time."""

    sent: int = 0
    received: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, *, sent: int, received: int) -> None:
        """Count one exchange."""
        with self._lock:
            self.sent += sent
            self.received += received


@dataclass(slots=True)
class _Connections:
    """The Session of one thread, and when it last finished an exchange (monotonic)."""

    session: requests.Session
    used_at: float


class Transport:
    """Exchanges with one system; may be used from any number of threads.

    Certificates are verified against the operating system's store and `ca_file` (PEM); nothing
    turns that off. Proxies come from the environment, never for this computer. Redirects are
    returned, not followed; cookies are not kept. `redact` is applied to every foreign text that
    gets into an error.
    """

    def __init__(
        self,
        *,
        system: str,
        base_url: str,
        ca_file: Path | None = None,
        connect_timeout_s: float = 5,
        redact: Callable[[str], str] = str,
        on_contact: Callable[[Contact], None] | None = None,
        max_bytes: int = 33_554_432,
    ) -> None:
        self.system = system
        self.base_url = base_url
        self.meter = Meter()
        self._ca_file = ca_file
        self._connect_timeout_s = connect_timeout_s
        self.redact = redact
        self._on_contact = on_contact
        self._max_bytes = max_bytes
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[_Connections] = []
        self._generation = 0
        self._proxies: dict[str, dict[str, str]] = {}

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_s: float,
        is_write: bool = False,
    ) -> Reply:
        """One request on the wire, never a second one; any status is a `Reply`.

        The target goes out byte for byte as in `url`. `timeout_s` is the whole exchange.

        Raises:
            ConfigError: the address is not https (http to this computer only); nothing was sent.
            TransientError: no answer, with `was_sent` (`TimedOut` when time ran out).
            Unreadable: the answer was cut, too large or wrongly coded; it was sent.
        """
        request, target = self._prepare(method, url, headers, body)
        attempt = Attempt(target=target)
        started = time.monotonic()
        try:
            reply = self._run(request, attempt, timeout_s, is_write=is_write)
        except AppError as error:
            error.request_id = error.request_id or _request_id({}, headers)
            self._trace(method, url, error.status, 0, started, error.request_id, error.code)
            raise
        self._trace(method, url, reply.status, len(reply.body), started, reply.request_id, "")
        return reply

    def close(self) -> None:
        """Close the connections of all threads; a later exchange opens new ones."""
        with self._lock:
            self._generation += 1
            ended, self._open = self._open, []
        for connections in ended:
            connections.session.close()

    def _prepare(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[requests.PreparedRequest, str]:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            is_allowed = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
            sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", **headers}
            request = requests.Request(method, url, headers=sent, data=body).prepare()
        except ValueError:  # what requests and urllib call an invalid address or header
            raise ConfigError(
                "CFG-01", "An address or a header is not valid.", self.system
            ) from None
        if not is_allowed or not host:
            why = f"{parts.scheme}://{host} is refused: only https, or http to this computer."
            raise ConfigError("CFG-01", why, self.system)
        return request, exact_target(url)

    def _connections(self, *, is_write: bool) -> _Connections:
        """This thread's Session; a new one after `close`, or for a write after a pause."""
        mine: tuple[int, _Connections] | None = getattr(self._local, "mine", None)
        if mine is not None and mine[0] == self._generation:
            idle_s = time.monotonic() - mine[1].used_at
            if not is_write or idle_s <= _IDLE_LIMIT_S:
                return mine[1]
            mine[1].session.close()
            with self._lock, suppress(ValueError):
                self._open.remove(mine[1])
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.mount("http://", WireAdapter(None))
        session.mount("https://", WireAdapter(self._ca_file))
        connections = _Connections(session, time.monotonic())
        with self._lock:
            self._open.append(connections)
            self._local.mine = (self._generation, connections)
        return connections

    def _run(
        self,
        request: requests.PreparedRequest,
        attempt: Attempt,
        timeout_s: float,
        *,
        is_write: bool,
    ) -> Reply:
        try:
            connections = self._connections(is_write=is_write)
        except OSError as cause:  # ca_file is missing or no certificate
            why = f"ca_file {self._ca_file} cannot be read: {type(cause).__name__}."
            raise ConfigError("CFG-01", why, self.system) from None
        timeouts = (min(self._connect_timeout_s, timeout_s), timeout_s)
        host = urlsplit(str(request.url)).hostname or ""
        try:
            with attempt.running(timeout_s):
                response = connections.session.send(
                    request,
                    stream=True,
                    allow_redirects=False,
                    timeout=timeouts,
                    proxies=self._proxies_for(str(request.url), host),
                )
                return self._read(request, response, attempt)
        except (requests.RequestException, HTTPError, OSError, ValueError) as cause:
            # Whatever went wrong, this connection is not used again.
            connections.session.close()
            raise self._fault(cause, attempt, str(request.url)) from None
        finally:
            connections.used_at = time.monotonic()

    def _read(
        self, request: requests.PreparedRequest, response: requests.Response, attempt: Attempt
    ) -> Reply:
        body = bytearray()
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._max_bytes:
                    raise self._unreadable(response, f"more than {self._max_bytes} bytes")
        except (HTTPError, OSError) as cause:
            if attempt.is_expired or fault_of(cause).is_time_out:
                raise
            raise self._unreadable(response, type(cause).__name__) from None
        finally:
            self._count(request, response)
            response.close()
        if attempt.is_expired:  # the watchdog's cut can look like the end of a body
            raise TimeoutError
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(
            status=response.status_code,
            headers=headers,
            body=bytes(body),
            server_time=_server_time(headers.get("date", "")),
            took_s=attempt.elapsed_s,
            request_id=_request_id(headers, request.headers),
        )

    def _unreadable(self, response: requests.Response, what: str) -> Unreadable:
        return Unreadable(
            "NET-01",
            f"The answer was cut or cannot be taken ({what}).",
            self.system,
            was_sent=True,
            status=response.status_code,
            title="The answer could not be read",
        )

    def _count(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        def size(headers: Mapping[str, str]) -> int:
            return sum(len(name) + len(value) + 4 for name, value in headers.items())

        content = len(request.body or b"")
        sent = content + size(request.headers) + len(request.path_url) + 16
        self.meter.add(sent=sent, received=response.raw.tell() + size(response.headers) + 17)

    def _fault(self, cause: Exception, attempt: Attempt, url: str) -> AppError:
        """The error of a failed exchange, in the words of the catalogue."""
        fault = fault_of(cause)
        parts = urlsplit(url)
        place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        detail = self.redact(f"{type(cause).__name__}: {fault.text}")[:500]
        if attempt.is_expired or fault.is_time_out:
            why = f"{place} did not answer in time."
            return TimedOut("NET-01", why, self.system, was_sent=attempt.was_sent, detail=detail)
        why = f"{place}: {fault.why}."
        if fault.is_certificate and parts.hostname and not self._proxies.get(parts.hostname):
            issuer = peer_issuer(parts.hostname, parts.port or 443, self._connect_timeout_s)
            why += f" It was issued by {issuer}." if issuer else ""
        return TransientError(
            fault.code, why, self.system, was_sent=attempt.was_sent, detail=detail
        )

    def _proxies_for(self, url: str, host: str) -> dict[str, str]:
        """The environment's proxies for a host, looked up once; none for this computer."""
        with self._lock:
            if host not in self._proxies:
                found = {} if is_loopback(host) else get_environ_proxies(url)
                self._proxies[host] = {name: address for name, address in found.items() if address}
            return self._proxies[host]

    def _trace(
        self,
        method: str,
        url: str,
        status: int | None,
        size: int,
        started: float,
        request_id: str,
        code: str,
    ) -> None:
        took_s = time.monotonic() - started
        path = urlsplit(url).path
        message = "%s %s %s -> %s %s, %d bytes, %.3f s, %s"
        _log.info(message, self.system, method, path, status, code, size, took_s, request_id)
        if self._on_contact is not None:
            ok = not code and (status or 0) < _SERVER_ERROR and status not in _THROTTLED_OR_SIGN_IN
            self._on_contact(Contact(self.system, datetime.now(UTC), ok, status, code))


def _request_id(answered: Mapping[str, str], sent: Mapping[str, str]) -> str:
    asked = {name.lower(): value for name, value in sent.items()}
    return answered.get("x-request-id") or asked.get("x-request-id") or str(uuid.uuid4())


def _server_time(text: str) -> datetime | None:
    """The instant of a `Date` header, None when there is none that can be read."""
    try:
        stamp = parsedate_to_datetime(text)
    except ValueError:
        return None
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def read_with_retry(
    call: Callable[[], _Result],
    *,
    delays_s: Sequence[float],
    jitter: float = 0.25,
    wait: Callable[[float], None],
    is_retryable: Callable[[AppError], bool],
) -> _Result:
    """The result of a read, asked again after each of `delays_s`; never use it for a write.

    `jitter` is the fraction by which a delay is spread either way. `wait` may raise `Stopped`. A
    `retry_after_s` of the error replaces the delay; it is cut to 15 minutes, and one above 2
    minutes is not waited for here.

    Raises:
        TransientError: RAT-01 with `retry_after_s`, when the server asks for a long pause.
        AppError: the last one, when it is not retryable or the delays are used up.
    """
    for delay_s in [*delays_s, None]:
        try:
            return call()
        except AppError as error:
            if not is_retryable(error):
                raise
            asked_s = min(error.retry_after_s or 0.0, LONGEST_PAUSE_S)
            if asked_s > LONGEST_WAIT_S:
                raise _long_pause(error, asked_s) from None
            if delay_s is None:
                raise
            wait(asked_s or delay_s * random.uniform(1 - jitter, 1 + jitter))
    raise AssertionError("the last round returns or raises")


def _long_pause(error: AppError, asked_s: float) -> TransientError:
    return TransientError(
        "RAT-01",
        f"The server asks for a pause of {asked_s:.0f} s.",
        error.system,
        retry_after_s=asked_s,
        was_sent=error.was_sent,
        status=error.status,
        request_id=error.request_id,
    )
