"""Requests to X3: signed, judged, reads retried by the contract's rule, silence kept.

`Wire` is what reader and writer share. A read gives a JSON object or an `AppError`; `send` makes
one SOAP exchange and judges nothing but a renewable sign-in. What rows or messages mean is not
known here.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from core.errors import AppError, TransientError, Unreadable
from core.http import Reply, TimedOut, Transport, read_with_retry
from core.words import area
from core.x3.addresses import Addresses
from core.x3.allowance import Pace
from core.x3.answers import ACCEPTED, UNAUTHORIZED, Asked, Gate
from core.x3.auth import Auth
from core.x3.graphql_answers import PATH as GRAPHQL_PATH
from core.x3.graphql_answers import GraphGate
from core.x3.graphql_documents import OPERATION
from core.x3.profile import Profile

say = area(__name__)

TRACKING_POLL_S = 2.0
TRACKING_LIMIT_S = 120.0
_TIME_OUTS_FOR_SILENCE = 3
_RETRYABLE = frozenset({"NET-01", "RAT-01"})

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class X3Connection:
    """What the settings say about one X3 endpoint (docs/settings.md); holds no secret.

    `invoice_group` is the screen block that set-up has found for PAZ; empty = the profile's.
    `read` is `api1` or `graphql`.
    """

    base_url: str
    endpoint: str
    start_date: date
    companies: tuple[str, ...] = ()
    username: str = ""
    page_size: int = 200
    pool_alias: str = "AVIDPOOL"
    language: str = "ENG"
    invoice_publication: str = "AVIDPIH"
    purchase_invoice_publication: str = ""
    open_item_publication: str = "AVIDPAZ"
    payment_publication: str = "AVIDPAY"
    invoice_group: str = ""
    ca_file: Path | None = None
    read: str = "api1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its JSON object and the exchange that brought it."""

    table: dict[str, Any]
    reply: Reply


_UNANSWERED = say("x3_did_not_answer_three_times_in")


class Silence:
    """Three time-outs in a row make X3 be left alone for a while (sage-x3.md 4.4).

    Answers that had slowed down before tell that the allowance is used up.
    """

    def __init__(self, duration_s: float) -> None:
        self._duration_s = duration_s
        self._pace = Pace()
        self._why = ""
        self._lock = threading.Lock()
        self._time_outs = 0
        self._until = 0.0

    def check(self) -> None:
        """Raise QTA-01 with the rest of the time while silence is kept; nothing is sent."""
        with self._lock:
            rest_s = self._until - time.monotonic()
        if rest_s > 0:
            raise TransientError(
                "QTA-01",
                say("it_is_asked_again_in_s", why=self._why, rest_s=rest_s),
                "x3",
                retry_after_s=rest_s,
            )

    def answered(self, kind: str, took_s: float) -> None:
        """Note an answer of a `kind` of call and how long it took; time-outs are forgotten."""
        self._pace.note(kind, took_s)
        self.forget()

    def forget(self) -> None:
        """The row of time-outs is broken."""
        with self._lock:
            self._time_outs = 0

    def timed_out(self, kind: str) -> str:
        """Count a time-out; why silence is kept now when X3 had slowed down before, else empty."""
        slowed = self._pace.slowed(kind)
        with self._lock:
            self._time_outs += 1
            if self._time_outs < _TIME_OUTS_FOR_SILENCE:
                return ""
            self._time_outs = 0
            self._until = time.monotonic() + self._duration_s
            self._why = _UNANSWERED
            if slowed is None:
                return ""
            before, last = slowed
            self._why = say("x3s_answers_slowed_down_from_s_to", before=before, last=last)
            return self._why


class Wire:
    """Signed exchanges with one X3 endpoint; may be used from any number of threads.

    `wait` sleeps for the given seconds and may raise `Stopped`.
    """

    def __init__(
        self,
        connection: X3Connection,
        profile: Profile,
        auth: Auth,
        transport: Transport,
        wait: Callable[[float], None],
    ) -> None:
        self.connection = connection
        self.profile = profile
        self.addresses = Addresses(connection.base_url, connection.endpoint)
        self._auth = auth
        self._transport = transport
        self._wait = wait
        self._gate = Gate(profile.messages, transport.redact)
        self._graph_gate = GraphGate(profile.messages, transport.redact)
        self._silence = Silence(profile.times.silence_s)

    def redact(self, text: str) -> str:
        """The text without secrets, for audit and screen."""
        return self._transport.redact(text)

    def read(self, url: str, cls: str, representation: str) -> Answer:
        """A good api1 answer, asked again by sage-x3.md 3.6; see `Gate.json_object` for errors."""
        asked = Asked(self.connection.endpoint, cls, representation)
        return self.retried(lambda: self._read_once(url, asked))

    def ask(self, document: str, variables: Mapping[str, Any], node: str) -> Answer:
        """A good GraphQL answer, asked again by sage-x3.md 3.6; see `GraphGate` for errors."""
        asked = Asked(self.connection.endpoint, node, "")
        question = {"operationName": OPERATION, "query": document, "variables": dict(variables)}
        body = json.dumps(question).encode()
        return self.retried(lambda: self._ask_once(body, asked))

    def retried(self, call: Callable[[], _Result]) -> _Result:
        """The result of a read of any kind, asked again after failures and while X3 is busy."""
        times = self.profile.times

        def after_failures() -> _Result:
            return read_with_retry(
                call, delays_s=times.read_retry_s, wait=self._wait, is_retryable=_is_failure
            )

        return read_with_retry(
            after_failures,
            delays_s=times.busy_read_s,
            wait=self._wait,
            is_retryable=lambda error: error.code == "LCK-01",
        )

    def send(self, body: bytes, *, is_write: bool) -> Reply:
        """One SOAP request; any status is a `Reply`.

        Raises:
            AppError: as `Transport.exchange`; QTA-01 and AUT-… with `was_sent` False.
        """
        limits = self.profile.limits
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        return self._signed(
            "POST",
            self.addresses.soap(self.profile.soap.path),
            headers,
            body,
            timeout_s=limits.write_timeout_s if is_write else limits.read_timeout_s,
            is_write=is_write,
        )

    def _read_once(self, url: str, asked: Asked) -> Answer:
        reply = self._get(url)
        waited_s = 0.0
        while reply.status == ACCEPTED:
            if waited_s >= TRACKING_LIMIT_S:
                why = say("x3_did_not_finish_a_slow_request")
                raise TimedOut("NET-01", why, "x3", was_sent=True, status=ACCEPTED)
            location = reply.headers.get("location", "")
            if not location:
                why = say("x3_put_a_request_off_and_did")
                raise Unreadable("NET-01", why, "x3", was_sent=True, status=ACCEPTED)
            self._wait(TRACKING_POLL_S)
            waited_s += TRACKING_POLL_S
            reply = self._get(self.addresses.rebased(location))
        return Answer(self._gate.json_object(reply, asked), reply)

    def _ask_once(self, body: bytes, asked: Asked) -> Answer:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "x-xtrem-endpoint": self.connection.endpoint,
        }
        url = f"{self.addresses.base_url}{GRAPHQL_PATH}"
        timeout_s = self.profile.limits.read_timeout_s
        reply = self._signed("POST", url, headers, body, timeout_s=timeout_s)
        return Answer(self._graph_gate.json_object(reply, asked), reply)

    def _get(self, url: str) -> Reply:
        timeout_s = self.profile.limits.read_timeout_s
        return self._signed("GET", url, {"Accept": "application/json"}, None, timeout_s=timeout_s)

    def _signed(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        is_write: bool = False,
    ) -> Reply:
        """One exchange; after a 401 one more where the sign-in can be renewed (it did nothing)."""
        for is_last in (False, True):
            self._silence.check()
            signature = self._auth.header()
            signed = {**headers, "Authorization": signature}
            reply = self._heard(method, url, signed, body, timeout_s, is_write=is_write)
            # It hears of the second refusal too, so that what was refused twice rests.
            if reply.status != UNAUTHORIZED or not self._auth.renew(signature) or is_last:
                break
        return reply

    def _heard(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        timeout_s: float,
        *,
        is_write: bool,
    ) -> Reply:
        """One exchange, with what it tells about silence and the server's clock."""
        kind = _kind(url, is_write=is_write)
        try:
            reply = self._transport.exchange(
                method, url, headers=headers, body=body, timeout_s=timeout_s, is_write=is_write
            )
        except TimedOut as error:
            why = self._silence.timed_out(kind)
            if why:
                raise _used_up(error, why) from None
            raise
        except AppError:
            self._silence.forget()
            raise
        self._silence.answered(kind, reply.took_s)
        if reply.server_time is not None:
            self._auth.note_server_time(reply.server_time)
        return reply


def _kind(url: str, *, is_write: bool) -> str:
    """What may be compared in time: calls of one of the three ways in, writes apart."""
    way = urlsplit(url).path.strip("/").partition("/")[0]
    return say("write", way=way) if is_write else way


def _used_up(error: TimedOut, why: str) -> TimedOut:
    """The time-out that showed the allowance to be used up; what was sent stays as it was."""
    return TimedOut(
        "QTA-01",
        why,
        error.system,
        was_sent=error.was_sent,
        request_id=error.request_id,
        detail=error.detail,
    )


def _is_failure(error: AppError) -> bool:
    """Whether a read may be asked again at once: the way failed, not the question."""
    return isinstance(error, TransientError | Unreadable) and error.code in _RETRYABLE
