"""One classification, total: every status, every body, every exception has its class and meaning.

Reads: what a status and a body become. Writes: refused, not done or in doubt (house.md 8). The
tables here are written out from sage-x3.md 3.4, 3.6, 5.2 and 10.20, not from the code.
"""

from __future__ import annotations

import http.client
import inspect
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import requests.exceptions
import urllib3.connectionpool
import urllib3.exceptions

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, TransientError, Unreadable
from core.http import Reply, TimedOut, Transport
from core.ports import Accepted, Doubt, NotDone, Outcome, Refused
from core.wire_faults import fault_of
from core.x3.answers import Asked, Gate
from core.x3.auth import BasicAuth
from core.x3.client import X3Client, connect
from core.x3.soap_gate import SoapGate
from core.x3.transport import X3Connection
from tests.contract.x3_site import shipped

ASKED = Asked("PROD", "BPSUPPLIER", "BPSUPPLIER")
HTML = b"<html><body>Please sign in</body></html>"
GOOD = b'{"$resources":[],"$links":{}}'


def diagnosed(text: str) -> bytes:
    return json.dumps({"$diagnoses": [{"$severity": "error", "$message": text}]}).encode()


#: Body kind -> bytes and content type.
BODIES: dict[str, tuple[bytes, str]] = {
    "good": (GOOD, "application/json"),
    "other": (diagnosed("Something else"), "application/json"),
    "missing": (diagnosed("721 : Record does not exist"), "application/json"),
    "busy": (diagnosed("Locked record"), "application/json"),
    "message": (b'{"$message":"boom"}', "application/json"),
    "html": (HTML, "text/html"),
    "text": (b"Error 50: Invalid token", "text/plain"),
    "empty": (b"", ""),
    "cut": (GOOD[:20], "application/json"),
}
READABLE = ("good", "other", "missing", "busy", "message")
TRANSPORT = (TransientError, Unreadable)
#: Codes after which a read is asked again.
RETRIED = frozenset(("NET-01", "RAT-01", "LCK-01"))


def wanted_of_read(status: int, kind: str) -> tuple[type[AppError] | None, str, bool]:
    """Class, code and whether it is asked again, by sage-x3.md 3.4 and 3.6."""
    if status == 401:
        return AuthError, "AUT-01", False
    if status == 429:
        return TransientError, "RAT-01", True
    if status in (301, 302, 303, 307, 308):
        return ConfigError, "CFG-01", False
    if status < 400 and status != 200:
        return Unreadable, "NET-01", True
    if kind == "busy" and status not in (502, 503, 504, 408):
        return TransientError, "LCK-01", True
    if kind == "missing" and status not in (502, 503, 504, 408):
        return RemoteRefused, "NET-01", False
    if status == 200:
        return {
            "good": (None, "", False),
            "other": (ConfigError, "CFG-01", False),
            "message": (ConfigError, "CFG-01", False),
        }.get(kind, (Unreadable, "NET-01", True))
    if status in (408, 502, 503, 504):
        # What a proxy says of a record is not X3's word, but X3's own text is listened to.
        return TransientError, "NET-01", True
    if status >= 500:
        if kind == "other":
            is_named = status == 500
            return (ConfigError, "CFG-01", False) if is_named else (RemoteRefused, "NET-01", False)
        return TransientError, "NET-01", True
    if status in (400, 403, 404):
        return ConfigError, "CFG-01", False
    return RemoteRefused, "NET-01", False


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(shipped().messages, str)


@pytest.mark.parametrize("kind", BODIES)
def test_every_status_of_a_read(gate: Gate, kind: str) -> None:
    body, content_type = BODIES[kind]
    for status in range(100, 600):
        headers = {"content-type": content_type} if content_type else {}
        reply = Reply(status, headers, body, None, 0.0, "r-1")
        wanted, code, is_retried = wanted_of_read(status, kind)
        if status in (408, 502, 503, 504) and kind in ("busy", "missing"):
            continue  # the next test
        if wanted is None:
            assert gate.json_object(reply, ASKED) == {"$resources": [], "$links": {}}
            continue
        with pytest.raises(AppError) as caught:
            gate.json_object(reply, ASKED)
        error = caught.value
        assert isinstance(error, wanted), (status, kind, error)
        assert (error.code, error.status, error.was_sent) == (code, status, True), (status, kind)
        assert error.why
        assert error.request_id == "r-1"
        is_repeatable = isinstance(error, TRANSPORT) and error.code in RETRIED
        assert is_repeatable == is_retried, (status, kind, error)


@pytest.mark.parametrize("status", [408, 502, 503, 504])
def test_the_text_of_x3_behind_a_gateway_status_counts(gate: Gate, status: int) -> None:
    for kind, wanted in (("busy", "LCK-01"), ("missing", "NET-01")):
        with pytest.raises(AppError) as caught:
            gate.json_object(Reply(status, {}, BODIES[kind][0], None, 0.0, ""), ASKED)
        assert caught.value.code == wanted


# Writes


ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r><r>{}</r></r>'
    "</s:Body></s:Envelope>"
)


def soap(inner: str) -> bytes:
    """An answer around its members."""
    return ENVELOPE.format(inner).encode()


SAVED = soap(
    '<resultXml>&lt;RESULT&gt;&lt;GRP ID="PAY0_1"&gt;&lt;FLD NAME="NUM"&gt;PY1&lt;/FLD&gt;'
    "&lt;/GRP&gt;&lt;/RESULT&gt;</resultXml><status>1</status>"
)
WRITE_BODIES: dict[str, tuple[bytes, str]] = {
    "done": (SAVED, "text/xml"),
    "refused": (
        soap(
            "<messages><m><type>3</type><message>BPR : Incorrect value</message></m></messages>"
            "<status>0</status>"
        ),
        "text/xml",
    ),
    "html": (HTML, "text/html"),
    "json": (diagnosed("Wrong username"), "application/json"),
    "setup": (b"No web services accepted", "text/plain"),
    "empty": (b"", ""),
    "cut": (SAVED[:-30], "text/xml"),
}


def save(client: X3Client) -> Outcome:
    return client.writer.send_payment(b"<x/>")


def wanted_of_write(status: int, kind: str) -> tuple[type, str]:
    """Outcome and kind, by sage-x3.md 5.2 and 10.20."""
    if status in (401, 403):
        return NotDone, "auth"
    if status == 429:
        return NotDone, "throttled"
    if status == 500 and kind == "setup":
        return NotDone, "setup"
    if status == 200 and kind == "done":
        return Accepted, ""
    if status == 200 and kind == "refused":
        return Refused, "other"
    return Doubt, ""


@pytest.mark.parametrize("kind", WRITE_BODIES)
def test_every_status_of_a_write(kind: str) -> None:
    body, content_type = WRITE_BODIES[kind]
    gate = SoapGate(shipped().messages, str)
    for status in range(100, 600):
        headers = {"content-type": content_type} if content_type else {}
        reply = Reply(status, headers, body, None, 0.0, "r-1")
        outcome = gate.outcome(reply, lambda _, exchange: Accepted({}, (), exchange))
        wanted, word = wanted_of_write(status, kind)
        assert type(outcome) is wanted, (status, kind, outcome)
        if isinstance(outcome, NotDone | Refused):
            assert outcome.kind == word, (status, kind)
        if isinstance(outcome, Doubt):
            assert outcome.why
            assert not outcome.must_exist
        assert outcome.exchange.status == status


@pytest.mark.parametrize("kind", WRITE_BODIES)
def test_every_status_of_a_read_over_soap(kind: str) -> None:
    """The look-up of payments and the checks of set-up: asked again as 3.6 says."""
    body, content_type = WRITE_BODIES[kind]
    gate = SoapGate(shipped().messages, str)
    for status in range(100, 600):
        reply = Reply(status, {"content-type": content_type}, body, None, 0.0, "r-1")
        wanted, code, is_retried = wanted_of_soap_read(status, kind)
        if wanted is None:
            assert gate.answer(reply).status == 1
            continue
        with pytest.raises(AppError) as caught:
            gate.answer(reply)
        error = caught.value
        assert (type(error), error.code, error.was_sent) == (wanted, code, True), (status, kind)
        assert (isinstance(error, TRANSPORT) and error.code in RETRIED) == is_retried


def wanted_of_soap_read(status: int, kind: str) -> tuple[type[AppError] | None, str, bool]:
    """Class, code and whether it is asked again, by sage-x3.md 3.6 and 5.2."""
    if status in (401, 403):
        return AuthError, "AUT-01", False
    if status == 429:
        return TransientError, "RAT-01", True
    if status == 500 and kind == "setup":
        return ConfigError, "CFG-01", False
    if status == 408 or status >= 500:
        return TransientError, "NET-01", True
    if status >= 300:
        return ConfigError, "CFG-01", False
    if status == 200 and kind == "done":
        return None, "", False
    if status == 200 and kind == "refused":
        return RemoteRefused, "NET-01", False
    return Unreadable, "NET-01", True


# Exceptions


def raised_below() -> list[type[Exception]]:
    """Every exception that requests, urllib3, http.client and the socket define."""
    found: set[type[Exception]] = {
        OSError, ConnectionError, ConnectionResetError, ConnectionAbortedError,
        ConnectionRefusedError, BrokenPipeError, TimeoutError, InterruptedError, socket.gaierror,
        socket.herror, ssl.SSLError, ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError,
        ssl.SSLWantReadError, ssl.SSLCertVerificationError, UnicodeError, ValueError,
    }  # fmt: skip
    for module in (requests.exceptions, urllib3.exceptions, http.client):
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Exception) and not issubclass(member, Warning):
                found.add(member)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def made(kind: type[Exception]) -> Exception:
    """An instance, however its class wants to be made."""
    if kind is urllib3.exceptions.IncompleteRead:
        return urllib3.exceptions.IncompleteRead(3, 5)
    if kind is urllib3.exceptions.InvalidChunkLength:
        response = urllib3.HTTPResponse(b"")
        return urllib3.exceptions.InvalidChunkLength(response, b"zz")
    if issubclass(kind, json.JSONDecodeError):
        return kind("told", "{", 0)
    attempts: list[Callable[..., Exception]] = [
        lambda: kind("told"),
        lambda: kind(None, "/", "told"),  # pools: pool, url, message
        lambda: kind(None, "told"),  # pool or host, message
        lambda: kind("host", None, "told"),  # name resolution
        lambda: kind("told", OSError("told")),  # a proxy's
        kind,
    ]
    for attempt in attempts:
        try:
            return attempt()
        except (TypeError, AttributeError):
            continue
    raise AssertionError(f"{kind} cannot be made")


EXCEPTIONS = raised_below()
CODES = frozenset(("NET-01", "NET-02", "TLS-01"))


def test_the_list_is_not_short() -> None:
    assert len(EXCEPTIONS) > 70


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_exception_has_a_code_and_a_reason(kind: type[Exception]) -> None:
    fault = fault_of(made(kind))
    assert fault.code in CODES
    assert fault.why
    assert not fault.why.endswith(".")
    is_late = issubclass(kind, (TimeoutError, requests.exceptions.Timeout)) or kind in (
        urllib3.exceptions.ReadTimeoutError,
        urllib3.exceptions.ConnectTimeoutError,
    )
    assert fault.is_time_out == is_late
    is_tls = issubclass(kind, (ssl.SSLError, urllib3.exceptions.SSLError))
    is_tls = is_tls or issubclass(kind, requests.exceptions.SSLError)
    assert (fault.code == "TLS-01") == is_tls


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """A server that answers every request well."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if connection.recv(65_536):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.mark.parametrize("is_sent", [False, True], ids=["before", "after"])
def test_every_exception_is_one_error_with_known_sending(
    echo: int, monkeypatch: pytest.MonkeyPatch, *, is_sent: bool
) -> None:
    """Raised by the library before or after the request went out: in doubt only after."""
    original = urllib3.connectionpool.HTTPConnectionPool.urlopen
    planned: list[Exception] = []

    def urlopen(pool: Any, *args: Any, **options: Any) -> Any:
        if is_sent:
            original(pool, *args, **options).close()
        raise planned[0]

    monkeypatch.setattr(urllib3.connectionpool.HTTPConnectionPool, "urlopen", urlopen)
    base_url = f"http://127.0.0.1:{echo}"
    transport = Transport(system="x3", base_url=base_url)
    connection = X3Connection(base_url=base_url, endpoint="PROD", start_date=date(2026, 1, 1))
    profile = shipped(times={"silence_s": 0.0, "read_retry_s": ()})
    client = connect(connection, profile, BasicAuth("A", lambda: "p"), transport, lambda _: None)
    for kind in EXCEPTIONS:
        planned[:] = [made(kind)]
        with pytest.raises(AppError) as caught:
            transport.exchange("GET", f"{base_url}/", headers={}, timeout_s=5)
        error = caught.value
        assert isinstance(error, TransientError), kind
        assert (error.code in CODES, error.was_sent) == (True, is_sent), kind
        assert isinstance(error, TimedOut) == fault_of(planned[0]).is_time_out, kind
        outcome = save(client)
        assert type(outcome) is (Doubt if is_sent else NotDone), kind
        if isinstance(outcome, NotDone):
            assert outcome.kind == "unreachable"
    transport.close()
