"""One HTTP exchange at a time, with a total deadline, a size cap and exact blame when it fails.

Whoever uses `Transport` gets a `Reply` for every status or an `AppError` whose `was_sent` tells
whether a byte of the request can have left this computer. Nothing is ever repeated here. What a
status or a body means is not known here, and no `requests` object leaves this module.
"""

from __future__ import annotations

import http.client
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from core import certificates, network, proxies
from core.errors import AppError, ConfigError, TransientError, Unreadable
from core.retries import read_with_retry
from core.settings import is_loopback
from core.version import VERSION
from core.wire_adapter import Attempt, WireAdapter, exact_target
from core.wire_faults import Fault, TimedOut, fault_of

__all__ = ["Contact", "Meter", "Reply", "TimedOut", "Traffic", "Transport", "read_with_retry"]

USER_AGENT = f"Crossfoot/{VERSION}"
_IDLE_LIMIT_S = 5.0  # a proxy may have dropped an idle connection without telling
_CHUNK = 65_536
_FIRST_ANSWER, _SERVER_ERROR = 200, 500
_THROTTLED_OR_SIGN_IN = frozenset({401, 403, 407, 429})

# All that requests, urllib3, http.client and the socket raise; their warnings are no answers.
_FROM_BELOW = (
    requests.RequestException,
    HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)

_log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes that one exchange moved over the wire, failed or not, and how long it took.

    Bytes sent are counted as they are handed over; those received are the body before it is
    unpacked with status and header lines, without what frames chunks.
    """

    method: str
    sent: int
    received: int
    took_s: float
    is_time_out: bool


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
    turns that off. Proxies are those of `core.proxies`, never for this computer. Redirects are
    returned, not followed; cookies are not kept. `redact` is applied to every foreign text that
    gets into an error. `on_traffic`, when set, is told of every exchange, on its thread.
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
        self.on_traffic: Callable[[Traffic], None] | None = None
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
        except _FROM_BELOW as cause:
            # Whatever went wrong, this connection is not used again.
            connections.session.close()
            raise self._fault(cause, attempt, str(request.url)) from None
        except Unreadable:
            connections.session.close()  # the rest of that answer must not open the next one
            raise
        finally:
            connections.used_at = time.monotonic()
            self._count(str(request.method), attempt)

    def _read(
        self, request: requests.PreparedRequest, response: requests.Response, attempt: Attempt
    ) -> Reply:
        body = bytearray()
        try:
            if response.status_code < _FIRST_ANSWER:  # the answer itself may follow on this wire
                raise self._unreadable(response, f"status {response.status_code}")
            for chunk in response.raw.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._max_bytes:
                    raise self._unreadable(response, f"more than {self._max_bytes} bytes")
        except (HTTPError, OSError) as cause:
            if attempt.is_expired or fault_of(cause).is_time_out:
                raise
            raise self._unreadable(response, type(cause).__name__) from None
        finally:
            attempt.received = response.raw.tell() + _size(response.headers)
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

    def _count(self, method: str, attempt: Attempt) -> None:
        self.meter.add(sent=attempt.sent, received=attempt.received)
        if self.on_traffic is not None:
            took_s, is_late = attempt.elapsed_s, attempt.is_expired
            traffic = Traffic(method, attempt.sent, attempt.received, took_s, is_late)
            self.on_traffic(traffic)

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
        why += self._more(fault, url)
        return TransientError(
            fault.code, why, self.system, was_sent=attempt.was_sent, detail=detail
        )

    def _more(self, fault: Fault, url: str) -> str:
        """What a further look tells of a certificate or a proxy; empty where it tells nothing."""
        if not fault.is_certificate and fault.code != "NET-02":
            return ""
        place = network.place_of(url)
        proxy = self._proxies_for(url, place.host).get("https", "")
        if fault.is_certificate:
            told = certificates.why_refused(place, proxy, self._connect_timeout_s)
            return f" {told}" if told else ""
        schemes = network.proxy_schemes(place, proxy, self._connect_timeout_s)
        return f" It offers {', '.join(schemes)}." if schemes else ""

    def _proxies_for(self, url: str, host: str) -> dict[str, str]:
        """The proxies for a host, looked up once; none for this computer."""
        with self._lock:
            if host not in self._proxies:
                self._proxies[host] = proxies.proxies_for(url)
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


def _size(headers: Mapping[str, str]) -> int:
    """Bytes of a status line and its headers."""
    return sum(len(name) + len(value) + len(": \r\n") for name, value in headers.items()) + 17


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
