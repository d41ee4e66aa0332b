"""One HTTP exchange at a time, with a total deadline, a size cap and exact blame when it fails.

Whoever uses `Transport` gets a `Reply` for every status or an `AppError` whose `was_sent` tells
whether a byte of the request can have left this computer. Nothing is ever repeated here. What a
status or a body means is not known here, and no `requests` object leaves this module.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import check_header_validity, select_proxy
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from core import certificates, crash_points, network, proxies
from core.errors import AppError, ConfigError, TransientError, Unreadable
from core.retries import read_with_retry
from core.settings import is_loopback
from core.version import VERSION
from core.wire_adapter import Attempt, AuthorityUnreadable, Request, Wire, exact_target
from core.wire_faults import Fault, TimedOut, fault_of
from core.words import area

say = area(__name__)

__all__ = ["Contact", "Meter", "Reply", "TimedOut", "Traffic", "Transport", "read_with_retry"]

USER_AGENT = f"Crossfoot/{VERSION}"
_IDLE_LIMIT_S = 5.0  # a proxy may have dropped an idle connection without telling
_CHUNK = 65_536
_FIRST_ANSWER, _SERVER_ERROR = 200, 500
_THROTTLED_OR_SIGN_IN = frozenset({401, 403, 407, 429})

# All that requests, urllib3, http.client and the socket raise; their warnings are no answers.
_FROM_BELOW = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)

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
    """The connections of one thread, and when it last finished an exchange (monotonic)."""

    wire: Wire
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
        self._proxies: dict[str, str] = {}
        self._origins: dict[str, str] = {}

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
        request = self._prepare(method, url, headers, body)
        writes_to = self.system if is_write else ""
        attempt = Attempt(request.target, writes_to, body_length=len(body or b""))
        started = time.monotonic()
        try:
            reply = self._run(request, attempt, timeout_s, is_write=is_write)
        except AppError as error:
            error.request_id = error.request_id or _request_id({}, headers)
            self._trace(method, url, error.status, 0, started, error.request_id, error.code)
            raise
        self._trace(method, url, reply.status, len(reply.body), started, reply.request_id, "")
        if is_write:
            crash_points.reach(crash_points.AFTER_ITS_COMMIT, self.system)
        return reply

    def close(self) -> None:
        """Close the connections of all threads; a later exchange opens new ones."""
        with self._lock:
            self._generation += 1
            ended, self._open = self._open, []
        for connections in ended:
            connections.wire.close()

    def _prepare(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Request:
        try:
            parts = urlsplit(url)
            origin = self._origin(f"{parts.scheme}://{parts.netloc}")
            sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", **headers}
            for header in sent.items():
                check_header_validity(header)
        except ValueError:  # what requests and urllib call an invalid address or header
            raise ConfigError("CFG-01", say("an_address_or_a"), self.system) from None
        return Request(method, origin, exact_target(url), sent, body)

    def _origin(self, place: str) -> str:
        """Scheme, host and port as they are connected to; judged once for each place.

        Raises:
            ValueError: it is no address. ConfigError: it is not allowed.
        """
        known = self._origins.get(place)
        if known is not None:
            return known
        host = urlsplit(place).hostname or ""
        scheme = place.partition("://")[0]
        is_allowed = scheme == "https" or (scheme == "http" and is_loopback(host))
        origin = str(requests.Request("GET", place).prepare().url).rstrip("/")
        if not is_allowed or not host:
            why = say("is_refused_only", scheme=scheme, host=host)
            raise ConfigError("CFG-01", why, self.system)
        self._origins[place] = origin
        return origin

    def _connections(self, *, is_write: bool) -> _Connections:
        """This thread's connections; new ones after `close`, or for a write after a pause."""
        mine: tuple[int, _Connections] | None = getattr(self._local, "mine", None)
        if mine is not None and mine[0] == self._generation:
            idle_s = time.monotonic() - mine[1].used_at
            if not is_write or idle_s <= _IDLE_LIMIT_S:
                return mine[1]
            mine[1].wire.close()
            with self._lock, suppress(ValueError):
                self._open.remove(mine[1])
        connections = _Connections(Wire(self._ca_file), time.monotonic())
        with self._lock:
            self._open.append(connections)
            self._local.mine = (self._generation, connections)
        return connections

    def _run(
        self,
        request: Request,
        attempt: Attempt,
        timeout_s: float,
        *,
        is_write: bool,
    ) -> Reply:
        connections = self._connections(is_write=is_write)
        timeouts = (min(self._connect_timeout_s, timeout_s), timeout_s)
        proxy = self._proxy_for(request.origin)
        try:
            with attempt.running(timeout_s):
                response = connections.wire.send(request, timeouts=timeouts, proxy=proxy)
                return self._read(request, response, attempt)
        except AuthorityUnreadable as cause:
            why = say("ca_file_cannot_be", ca_file=self._ca_file, cause=cause)
            raise ConfigError("CFG-01", why, self.system) from None
        except _FROM_BELOW as cause:
            # Whatever went wrong, this connection is not used again.
            connections.wire.close()
            raise self._fault(cause, attempt, request.origin) from None
        except Unreadable:
            connections.wire.close()  # the rest of that answer must not open the next one
            raise
        finally:
            connections.used_at = time.monotonic()
            self._count(request.method, attempt)

    def _read(self, request: Request, response: BaseHTTPResponse, attempt: Attempt) -> Reply:
        headers = {name.lower(): response.headers[name] for name in response.headers}
        body = bytearray()
        try:
            if response.status < _FIRST_ANSWER:  # the answer itself may follow on this wire
                raise self._unreadable(response, f"status {response.status}")
            for chunk in response.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._max_bytes:
                    raise self._unreadable(
                        response, say("more_than_bytes", max_bytes=self._max_bytes)
                    )
        except (HTTPError, OSError) as cause:
            if attempt.is_expired or fault_of(cause).is_time_out:
                raise
            raise self._unreadable(response, type(cause).__name__) from None
        finally:
            attempt.received = response.tell() + _size(headers)
            response.close()
            response.release_conn()
        if attempt.is_expired:  # the watchdog's cut can look like the end of a body
            raise TimeoutError
        return Reply(
            status=response.status,
            headers=headers,
            body=bytes(body),
            server_time=_server_time(headers.get("date", "")),
            took_s=attempt.elapsed_s,
            request_id=_request_id(headers, request.headers),
        )

    def _unreadable(self, response: BaseHTTPResponse, what: str) -> Unreadable:
        return Unreadable(
            "NET-01",
            say("the_answer_was", what=what),
            self.system,
            was_sent=True,
            status=response.status,
            title=say("the_answer_could"),
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
            why = say("did_not_answer_in", place=place)
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
        proxy = self._proxy_for(url)
        if fault.is_certificate:
            told = certificates.why_refused(place, proxy, self._connect_timeout_s)
            return f" {told}" if told else ""
        schemes = network.proxy_schemes(place, proxy, self._connect_timeout_s)
        return say("it_offers", schemes=", ".join(schemes)) if schemes else ""

    def _proxy_for(self, origin: str) -> str:
        """The proxy for a place, looked up once; empty for none, as for this computer."""
        with self._lock:
            if origin not in self._proxies:
                found = proxies.proxies_for(origin)
                self._proxies[origin] = str(select_proxy(origin, found) or "")
            return self._proxies[origin]

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


@functools.lru_cache(maxsize=64)
def _server_time(text: str) -> datetime | None:
    """The instant of a `Date` header, None when there is none that can be read."""
    try:
        stamp = parsedate_to_datetime(text)
    except ValueError:
        return None
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
