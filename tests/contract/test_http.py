"""The HTTP foundation against real sockets: what is sent, what is blamed, and when it ends."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from core.errors import AppError, ConfigError, Stopped, TransientError, Unreadable
from core.http import Contact, TimedOut, Transport, read_with_retry
from core.version import VERSION

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A real server whose every request is handled by `answer`; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def raw(script: Callable[[socket.socket], None]) -> Iterator[int]:
    """A listening socket; `script` gets each connection, which is then closed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    script(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(system="x3", base_url="http://127.0.0.1")
    yield made
    made.close()


def get(transport: Transport, url: str, timeout_s: float = 5, **options: Any) -> Any:
    return transport.exchange("GET", url, headers={}, timeout_s=timeout_s, **options)


def test_reply_is_whole_and_the_request_exact(transport: Transport) -> None:
    heard: list[Any] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append((handler.path, dict(handler.headers), handler.rfile.read(3)))
        say(handler, 201, b"abc", X_Request_Id="r-1", Date="Wed, 25 Nov 2026 15:00:00 GMT")

    target = "/a%2fb/%7e('x')?k=%2b~$n&w=@2026@%20"
    with serving(answer) as port:
        url = f"http://127.0.0.1:{port}{target}"
        reply = transport.exchange(
            "POST", url, headers={"X-Own": "1"}, body=b"xyz", timeout_s=5, is_write=True
        )
    path, headers, body = heard[0]
    assert (path, body) == (target, b"xyz")
    assert headers["User-Agent"] == f"Crossfoot/{VERSION}"
    assert headers["X-Own"] == "1"
    assert (reply.status, reply.body, reply.request_id) == (201, b"abc", "r-1")
    assert reply.server_time == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    assert reply.headers["content-length"] == "3"
    assert transport.meter.sent > 3
    assert transport.meter.received > 3


def test_request_id_is_the_one_sent_when_none_is_answered(transport: Transport) -> None:
    with serving(lambda handler: say(handler, 200, b"")) as port:
        url = f"http://127.0.0.1:{port}/"
        asked = transport.exchange("GET", url, headers={"X-Request-Id": "mine"}, timeout_s=5)
        made = get(transport, url)
    assert asked.request_id == "mine"
    assert len(made.request_id) == 36


@pytest.mark.parametrize("status", [204, 302, 400, 404, 429, 503])
def test_every_status_is_a_reply_and_no_redirect_is_followed(
    transport: Transport, status: int
) -> None:
    paths: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        paths.append(handler.path)
        say(handler, status, b"", Location="/elsewhere", Set_Cookie="sid=1; Path=/")

    with serving(answer) as port:
        assert get(transport, f"http://127.0.0.1:{port}/here").status == status
    assert paths == ["/here"]


def test_no_cookie_is_returned(transport: Transport) -> None:
    cookies: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        cookies.append(handler.headers["Cookie"])
        say(handler, 200, b"", Set_Cookie="sid=1; Path=/")

    with serving(answer) as port:
        for _ in range(2):
            get(transport, f"http://127.0.0.1:{port}/")
    assert cookies == [None, None]


def test_refused_port_was_not_sent(transport: Transport) -> None:
    with pytest.raises(TransientError) as caught:
        get(transport, f"http://127.0.0.1:{free_port()}/?secret=1")
    assert (caught.value.code, caught.value.was_sent) == ("NET-01", False)
    assert "refused" in caught.value.why
    assert "secret" not in str(caught.value)


def test_unknown_name_was_not_sent(transport: Transport) -> None:
    with pytest.raises(TransientError) as caught:
        get(transport, "https://no-such-host.invalid/")
    assert (caught.value.code, caught.value.was_sent) == ("NET-01", False)
    assert "no-such-host.invalid" in caught.value.why


def test_connection_that_is_never_taken_was_not_sent() -> None:
    impatient = Transport(system="x3", base_url="http://127.0.0.1", connect_timeout_s=0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:  # fill the queue of the listener
            one.settimeout(0)
            one.connect_ex(listener.getsockname())
        with pytest.raises(TransientError) as caught:
            get(impatient, f"http://127.0.0.1:{listener.getsockname()[1]}/", is_write=True)
        for one in waiting:
            one.close()
    assert (caught.value.code, caught.value.was_sent) == ("NET-01", False)


def test_handshake_that_stalls_was_not_sent() -> None:
    release = threading.Event()
    impatient = Transport(system="x3", base_url="https://127.0.0.1", connect_timeout_s=0.3)

    def stall(connection: socket.socket) -> None:
        release.wait(5)

    with raw(stall) as port:
        with pytest.raises(TimedOut) as caught:
            get(impatient, f"https://127.0.0.1:{port}/", is_write=True)
        release.set()
    assert not caught.value.was_sent


def test_reset_in_the_handshake_was_not_sent(transport: Transport) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw(reset) as port, pytest.raises(TransientError) as caught:
        get(transport, f"https://127.0.0.1:{port}/")
    assert not caught.value.was_sent


def test_reset_after_the_request_was_sent(transport: Transport) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw(reset) as port, pytest.raises(TransientError) as caught:
        get(transport, f"http://127.0.0.1:{port}/")
    assert (caught.value.code, caught.value.was_sent) == ("NET-01", True)


def test_silence_after_the_request_ends_at_the_deadline(transport: Transport) -> None:
    release = threading.Event()

    def silent(connection: socket.socket) -> None:
        connection.recv(65_536)
        release.wait(5)

    started = time.monotonic()
    with raw(silent) as port:
        with pytest.raises(TimedOut) as caught:
            get(transport, f"http://127.0.0.1:{port}/", timeout_s=0.3)
        release.set()
    assert caught.value.was_sent
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"])
def test_dripping_server_ends_at_the_total_deadline(transport: Transport, start: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    started = time.monotonic()
    with raw(drip) as port, pytest.raises(TimedOut) as caught:
        get(transport, f"http://127.0.0.1:{port}/", timeout_s=0.5)
    assert caught.value.was_sent
    assert time.monotonic() - started < 2


def test_cut_body_is_unreadable(transport: Transport) -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

    with raw(cut) as port, pytest.raises(Unreadable) as caught:
        get(transport, f"http://127.0.0.1:{port}/")
    assert (caught.value.was_sent, caught.value.status) == (True, 200)


def test_wrong_coding_is_unreadable(transport: Transport) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        say(handler, 200, b"no", Content_Encoding="gzip")

    with serving(answer) as port, pytest.raises(Unreadable):
        get(transport, f"http://127.0.0.1:{port}/")


def test_size_cap_counts_the_decoded_body() -> None:
    packed = gzip.compress(b"0" * 1_000_000)
    small = Transport(system="x3", base_url="http://127.0.0.1", max_bytes=10_000)
    with (
        serving(lambda handler: say(handler, 200, packed, Content_Encoding="gzip")) as port,
        pytest.raises(Unreadable) as caught,
    ):
        get(small, f"http://127.0.0.1:{port}/")
    small.close()
    assert "10000 bytes" in caught.value.why


@pytest.mark.parametrize("url", ["http://x3.example/", "ftp://127.0.0.1/", "nothing", "https:///a"])
def test_unsafe_addresses_are_refused(transport: Transport, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        get(transport, url)
    assert (caught.value.code, caught.value.was_sent) == ("CFG-01", False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Northwind Root")


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_private_authority_needs_ca_file(
    transport: Transport, authority: trustme.CA, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    trusting = Transport(system="x3", base_url="https://127.0.0.1", ca_file=ca_file)
    context = server_context(authority, "127.0.0.1")
    with serving(lambda handler: say(handler, 200, b"good"), context) as port:
        url = f"https://127.0.0.1:{port}/"
        with pytest.raises(TransientError) as caught:
            get(transport, url)
        assert get(trusting, url).body == b"good"
        assert get(trusting, url).body == b"good"
    trusting.close()
    assert (caught.value.code, caught.value.was_sent) == ("TLS-01", False)
    assert "Northwind Root" in caught.value.why


def test_requests_own_bundle_is_not_trusted(
    transport: Transport, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    context = server_context(authority, "127.0.0.1")
    with (
        serving(lambda handler: say(handler, 200, b""), context) as port,
        pytest.raises(TransientError) as caught,
    ):
        get(transport, f"https://127.0.0.1:{port}/")
    assert caught.value.code == "TLS-01"


def test_wrong_host_name_is_not_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    trusting = Transport(system="x3", base_url="https://127.0.0.1", ca_file=ca_file)
    context = server_context(authority, "other.example")
    with (
        serving(lambda handler: say(handler, 200, b""), context) as port,
        pytest.raises(TransientError) as caught,
    ):
        get(trusting, f"https://127.0.0.1:{port}/", is_write=True)
    trusting.close()
    assert (caught.value.code, caught.value.was_sent) == ("TLS-01", False)


def test_server_that_speaks_no_tls_was_not_sent(transport: Transport) -> None:
    with (
        serving(lambda handler: say(handler, 200, b"")) as port,
        pytest.raises(TransientError) as caught,
    ):
        get(transport, f"https://127.0.0.1:{port}/")
    assert (caught.value.code, caught.value.was_sent) == ("TLS-01", False)


def test_missing_ca_file_is_a_setting() -> None:
    lost = Transport(system="x3", base_url="https://x3.example", ca_file=Path("lost.pem"))
    with pytest.raises(ConfigError, match=r"lost\.pem"):
        get(lost, "https://x3.example/")


@pytest.mark.parametrize(
    ("status", "code"), [(b"407 Proxy Authentication Required", "NET-02"), (b"502 Bad", "NET-01")]
)
def test_proxy_that_refuses_was_not_sent(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, status: bytes, code: str
) -> None:
    heard: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        heard.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with raw(proxy) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(TransientError) as caught:
            get(transport, "https://x3.example:8124/")
    assert heard[0].startswith(b"CONNECT x3.example:8124")
    assert (caught.value.code, caught.value.was_sent) == (code, False)


def test_loopback_never_uses_a_proxy(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(lambda handler: say(handler, 200, b"direct")) as port:
        assert get(transport, f"http://127.0.0.1:{port}/").body == b"direct"


def test_write_after_a_pause_opens_a_new_connection(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        say(handler, 200, b"")

    with serving(answer) as port:
        url = f"http://127.0.0.1:{port}/"
        get(transport, url, is_write=True)
        get(transport, url, is_write=True)
        monkeypatch.setattr("core.http._IDLE_LIMIT_S", -1.0)
        get(transport, url)
        get(transport, url, is_write=True)
    assert ports[0] == ports[1] == ports[2]
    assert ports[3] != ports[0]


def test_close_lets_the_next_exchange_open_anew(transport: Transport) -> None:
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        say(handler, 200, b"")

    with serving(answer) as port:
        url = f"http://127.0.0.1:{port}/"
        get(transport, url)
        worker = threading.Thread(target=get, args=(transport, url))
        worker.start()
        worker.join()
        transport.close()
        get(transport, url)
    assert len(set(ports)) == 3


def test_contact_and_trace_tell_without_query_or_body(caplog: pytest.LogCaptureFixture) -> None:
    contacts: list[Contact] = []
    told = Transport(system="x3", base_url="http://127.0.0.1", on_contact=contacts.append)
    with serving(lambda handler: say(handler, 503, b"inside")) as port:
        url = f"http://127.0.0.1:{port}/path?query=1"
        with caplog.at_level(logging.INFO, "core.http"):
            get(told, url)
    with pytest.raises(TransientError):
        get(told, f"http://127.0.0.1:{free_port()}/path")
    told.close()
    assert [(one.ok, one.status, one.code) for one in contacts] == [
        (False, 503, ""),
        (False, None, "NET-01"),
    ]
    assert "/path -> 503" in caplog.text
    assert "query" not in caplog.text
    assert "inside" not in caplog.text


def failing(times: int, **fields: Any) -> tuple[Callable[[], str], list[int]]:
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise TransientError("NET-01", "no", "x3", **fields)
        return "read"

    return call, calls


def test_reads_are_asked_again_after_jittered_delays() -> None:
    call, calls = failing(2)
    waits: list[float] = []
    result = read_with_retry(
        call, delays_s=[1, 4, 15], wait=waits.append, is_retryable=lambda _: True
    )
    assert (result, len(calls)) == ("read", 3)
    assert 0.75 <= waits[0] <= 1.25
    assert 3 <= waits[1] <= 5


def test_reads_end_with_the_last_error() -> None:
    call, calls = failing(9)
    with pytest.raises(TransientError):
        read_with_retry(call, delays_s=[0, 0], wait=lambda _: None, is_retryable=lambda _: True)
    assert len(calls) == 3


def test_other_errors_are_not_retried() -> None:
    call, calls = failing(9)
    with pytest.raises(AppError):
        read_with_retry(call, delays_s=[0], wait=lambda _: None, is_retryable=lambda _: False)
    assert len(calls) == 1


def test_retry_after_replaces_the_delay() -> None:
    call, _ = failing(1, retry_after_s=7)
    waits: list[float] = []
    read_with_retry(call, delays_s=[1], wait=waits.append, is_retryable=lambda _: True)
    assert waits == [7]


@pytest.mark.parametrize(("asked", "told"), [(121, 121), (86_400, 900)])
def test_long_pause_is_handed_on(asked: float, told: float) -> None:
    call, calls = failing(9, retry_after_s=asked)
    with pytest.raises(TransientError) as caught:
        read_with_retry(call, delays_s=[1], wait=lambda _: None, is_retryable=lambda _: True)
    assert (caught.value.code, caught.value.retry_after_s, len(calls)) == ("RAT-01", told, 1)


def test_wait_may_stop_the_read() -> None:
    def stop(seconds: float) -> None:
        raise Stopped

    call, calls = failing(9)
    with pytest.raises(Stopped):
        read_with_retry(call, delays_s=[1], wait=stop, is_retryable=lambda _: True)
    assert len(calls) == 1
