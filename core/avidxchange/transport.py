"""Calls of AvidXchange: headers, sign-in, throttling and the repeating of reads.

What goes out and when is decided here (avidxchange.md 2.2, 2.3, 6); how bytes travel is
`core.http`, what an answer's body means is `envelope`, `records` and `outcomes`. Only reads are
ever repeated, but for the one new attempt after a 401, which did nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from core.avidxchange.connection import SYSTEM, AvidConnection
from core.avidxchange.faults import (
    Fault,
    ProtocolBroken,
    error_of,
    is_blocked,
    is_throttled,
    read_fault,
)
from core.avidxchange.gate import Gate
from core.avidxchange.profile import Profile
from core.avidxchange.token import Credentials, Grant
from core.errors import AppError, TransientError, Unreadable
from core.http import Reply, Transport
from core.ports import Clock
from core.words import area

say = area(__name__)

JSON = "application/json"
_SIGN_INS = 2
_NO_LIMIT_S = 3600.0
_FOR_A_PERSON = frozenset({"TLS-01", "NET-02", "CFG-01"})

_Result = TypeVar("_Result")
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, but for what is added to each attempt."""

    method: str
    url: str
    body: bytes | None = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 0.0

    @property
    def is_write(self) -> bool:
        """Whether it may change something there."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with its fault when the status is no success."""

    reply: Reply
    fault: Fault | None = None


class AvidTransport:
    """Sends calls; may be used from any number of threads, which share the gate and the token."""

    def __init__(
        self,
        http: Transport,
        connection: AvidConnection,
        profile: Profile,
        *,
        credentials: Credentials,
        gate: Gate,
        clock: Clock,
        redact: Callable[[str], str],
    ) -> None:
        self._http = http
        self._connection = connection
        self._profile = profile
        self._credentials = credentials
        self._gate = gate
        self._clock = clock
        self._redact = redact

    def call(self, operation: str, *, identity: str = "", query: Query = ()) -> Call:
        """The call of an operation without a body; `identity` fills `{id}`.

        Raises:
            ConfigError: CFG-01, the profile does not offer the operation.
        """
        offered = self._profile.operation(operation)
        path = offered.path.replace("{id}", quote(identity, safe=""))
        url = self._connection.base_url.rstrip("/") + path
        timeout_s = self._profile.retry.timeouts.read or _NO_LIMIT_S
        return Call(offered.method, self._with_query(url, query), timeout_s=timeout_s)

    def link(self, href: str, base: str) -> Call:
        """The call behind a link of an answer; `base` is the address of that answer.

        Raises:
            Unreadable: the link leads to another server; nothing was sent.
        """
        url = urljoin(base or self._connection.base_url + "/", href)
        if _origin(url) != _origin(self._connection.base_url):
            raise ProtocolBroken("NET-01", say("a_link_leads_to_another_server"), SYSTEM)
        timeout_s = self._profile.retry.timeouts.read or _NO_LIMIT_S
        return Call("GET", self._with_query(url, ()), timeout_s=timeout_s)

    def read(self, call: Call, take: Callable[[Reply], _Result]) -> _Result:
        """What `take` makes of the answer; repeated by the profile's `[retry]` (full jitter).

        A pause that the server asks for is waited for up to `here_seconds`; a longer one is raised
        for the scheduler.

        Raises:
            TransientError: RAT-01 with `retry_after_s`, or the last failure.
            AuthError: AUT-01, RAT-02. RemoteRefused: 400 and the like. Unreadable: see `take`.
        """
        attempts = max(1, self._profile.retry.backoff.attempts)
        for attempt in range(1, attempts + 1):
            try:
                answer = self.send(call)
                if answer.fault is not None:
                    raise self.error(answer)
                return take(answer.reply)
            except AppError as error:
                if attempt == attempts or not self._may_repeat(error):
                    raise
                if error.code != "RAT-01":  # for that one the gate is shut already
                    self._clock.wait(self._gate.backoff(attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def sign_in(self) -> None:
        """Have the headers that show who asks; raises as `Credentials.grant`."""
        with self._gate.turn():
            self._grant()

    def send(self, call: Call) -> Answer:
        """One exchange, and one more when a renewed token may help; any other status is returned.

        Raises:
            TransientError: RAT-01 with `retry_after_s`; no answer; no token (`was_sent` False).
            AuthError: AUT-01 for a 401 that is final and for 403, RAT-02 when blocked.
            Unreadable: the answer was cut or too large.
        """
        for _ in range(_SIGN_INS):
            answer, grant = self._exchange(call)
            if answer.reply.status != HTTPStatus.UNAUTHORIZED:
                self._credentials.accepted(grant)
                if answer.reply.status == HTTPStatus.FORBIDDEN:
                    raise self.error(answer)
                return answer
            if not self._credentials.refused(grant):
                raise self.error(answer)
        # Not final: the token service may give the same token until it ends (2.3, 10.9).
        raise TransientError(
            "AUT-02",
            say("avidxchange_does_not_take_the_token"),
            SYSTEM,
            was_sent=True,
            status=int(HTTPStatus.UNAUTHORIZED),
            request_id=answer.reply.request_id,
        )

    def error(self, answer: Answer) -> AppError:
        """The error that an answer stands for."""
        return error_of(answer.reply, answer.fault or Fault(), self._profile, now=self._clock.now())

    def _exchange(self, call: Call) -> tuple[Answer, Grant]:
        mark = self._credentials.mark()
        with self._gate.turn() as began:
            grant = self._grant(mark)
            reply = self._http.exchange(
                call.method,
                call.url,
                headers=self._headers(call, grant),
                body=call.body,
                timeout_s=call.timeout_s,
                is_write=call.is_write,
            )
            answer = self._answer(reply)
            self._judge(answer, began)
            return answer, grant

    def _judge(self, answer: Answer, began: float) -> None:
        """Let the gate know what the answer says of our pace; raises for throttled and blocked."""
        reply, fault = answer.reply, answer.fault
        is_stopped = fault is not None and is_blocked(fault, self._profile)
        if fault is None or is_stopped or not is_throttled(reply, fault):
            self._gate.told(reply.headers)
            self._gate.passed()
            if is_stopped:
                raise self.error(answer)
            return
        pause = self._gate.told(reply.headers, is_refused=True)
        error = self.error(answer)
        told_s = pause if error.retry_after_s is None else error.retry_after_s
        error.retry_after_s = self._gate.hold(told_s, began)
        raise error

    def _answer(self, reply: Reply) -> Answer:
        is_success = HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES
        return Answer(reply, None if is_success else read_fault(reply, self._profile, self._redact))

    def _grant(self, mark: int | None = None) -> Grant:
        try:
            return self._credentials.grant(mark)
        except TransientError as error:
            if error.code == "RAT-01":
                error.retry_after_s = self._gate.hold(error.retry_after_s)
            raise

    def _headers(self, call: Call, grant: Grant) -> dict[str, str]:
        """Headers of one attempt (avidxchange.md 2.2)."""
        names, auth = self._profile.headers, self._profile.auth
        headers = {"Accept": names.accept, **call.headers, **grant.headers}
        if auth.company_in == "header" and auth.company_name and self._connection.company_id:
            headers[auth.company_name] = self._connection.company_id
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        if names.request_id:
            headers[names.request_id] = str(uuid.uuid4())
        return headers

    def _with_query(self, url: str, query: Query) -> str:
        """The address with its parameters, and the company where it travels among them."""
        pairs, auth = list(query), self._profile.auth
        is_asked = auth.company_in == "query" and bool(auth.company_name)
        if is_asked and self._connection.company_id:
            present = {name for name, _ in parse_qsl(urlsplit(url).query)}
            if auth.company_name not in present:
                pairs.append((auth.company_name, self._connection.company_id))
        if not pairs:
            return url
        # Whole values are encoded, `|` and `,` too (avidxchange.md 2.2).
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        return f"{url}{'&' if '?' in url else '?'}{text}"

    def _may_repeat(self, error: AppError) -> bool:
        """Whether a read is worth another attempt (avidxchange.md 6)."""
        if error.code == "RAT-01":
            return (error.retry_after_s or 0.0) <= self._profile.retry.wait.here_seconds
        if isinstance(error, ProtocolBroken) or error.code in _FOR_A_PERSON:
            return False
        if isinstance(error, TransientError):
            return error.status is None or error.status in self._profile.retry.statuses
        return isinstance(error, Unreadable)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port
