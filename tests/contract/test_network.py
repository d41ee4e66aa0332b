"""The way to a server: proxies by environment and script, tunnels, chains; real sockets only."""

from __future__ import annotations

import queue
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import certificates, network, proxies
from core.errors import TransientError
from core.http import Transport
from core.network import Place, ProxyAnswer
from tests.campaigns import doctor_servers as servers
from tests.campaigns.doctor_servers import AUTHORITY, HOST, NAME, listening

URL = f"https://{NAME}:8124/api1"
ANSWER = "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 2\n\n{}"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "auto_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets a configuration script with this body of its function."""
    made = 0

    def put(body: str) -> None:
        nonlocal made
        made += 1
        path = tmp_path / f"proxy{made}.pac"
        path.write_text(f"function FindProxyForURL(url, host) {{ {body} }}", encoding="utf-8")
        monkeypatch.setenv("auto_proxy", str(path))

    return put


def test_without_any_setting_the_way_is_straight() -> None:
    assert proxies.route_to(URL) == proxies.Route()
    assert proxies.proxies_for(URL) == {}


def test_the_environment_names_a_proxy_and_its_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:s3cret@proxy.acme.example:8080")
    route = proxies.route_to(URL)
    assert (route.shown, route.source) == ("proxy.acme.example:8080", proxies.ENVIRONMENT)
    assert "s3cret" not in repr(route)
    assert proxies.proxies_for(URL)["https"].endswith("@proxy.acme.example:8080")
    monkeypatch.setenv("NO_PROXY", "acme.example")
    assert proxies.route_to(URL).proxy == ""


def test_the_environment_goes_before_a_script(
    script: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    script('return "PROXY of-the-script.example:1";')
    assert proxies.route_to(URL).shown == "of-the-script.example:1"
    assert proxies.route_to(URL).source == proxies.SCRIPT
    monkeypatch.setenv("HTTPS_PROXY", "http://of-the-environment.example:2")
    assert proxies.route_to(URL).shown == "of-the-environment.example:2"


def test_a_script_tells_hosts_apart(script: Callable[[str], None]) -> None:
    script(f'return host == "{NAME}" ? "PROXY p.example:3128" : "DIRECT";')
    assert proxies.route_to(URL).shown == "p.example:3128"
    assert proxies.route_to("https://elsewhere.example/").proxy == ""


def test_this_computer_never_lies_behind_a_proxy(
    script: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    script('return "PROXY p.example:3128";')
    monkeypatch.setenv("HTTPS_PROXY", "http://p.example:1")
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert proxies.route_to(f"https://{host}:8124/") == proxies.Route()


def test_a_script_with_several_ways_gives_the_first_that_is_open(
    script: Callable[[str], None],
) -> None:
    with listening(servers.silence) as port:
        script(f'return "SOCKS s:1; PROXY {HOST}:{servers.free_port()}; PROXY {HOST}:{port}";')
        assert proxies.route_to(URL).shown == f"{HOST}:{port}"
        script(f'return "PROXY {HOST}:{servers.free_port()}; DIRECT";')
        assert proxies.route_to(URL).proxy == ""


@pytest.mark.parametrize(
    ("body", "told"),
    [("return nothing_there();", "does not work"), ('return "SOCKS s:1080";', "names no way")],
)
def test_a_script_that_fails_is_told_and_the_straight_way_taken(
    script: Callable[[str], None], body: str, told: str
) -> None:
    script(body)
    route = proxies.route_to(URL)
    assert route.proxy == ""
    assert told in route.problem


def test_a_script_that_cannot_be_fetched_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("auto_proxy", f"http://{HOST}:{servers.free_port()}/proxy.pac")
    route = proxies.route_to(URL)
    assert route.proxy == ""
    assert "could not be fetched" in route.problem


def test_a_request_goes_through_the_proxy_of_a_script(
    script: Callable[[str], None], tmp_path: Path
) -> None:
    keys = servers.private(tmp_path)
    (tmp_path / "works.pem").write_bytes(keys.authority)
    with ExitStack() as stack:
        plain = stack.enter_context(listening(servers.saying(ANSWER)))
        secure = servers.relay(servers.tls_of(keys), plain)
        front = stack.enter_context(listening(secure))
        proxy = stack.enter_context(listening(servers.proxy_to({NAME: front})))
        script(f'return "PROXY {HOST}:{proxy}";')
        http = Transport(system="x3", base_url=URL, ca_file=tmp_path / "works.pem")
        stack.callback(http.close)
        reply = http.exchange("GET", URL, headers={}, timeout_s=10)
    assert (reply.status, reply.body) == (200, b"{}")


def test_a_request_that_a_proxy_stops_says_which_sign_in_it_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(servers.refusing_proxy("NTLM", "Basic realm=x")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{port}")
        http = Transport(system="x3", base_url=URL)
        with pytest.raises(TransientError) as caught:
            http.exchange("GET", URL, headers={}, timeout_s=10)
        http.close()
    assert (caught.value.code, caught.value.was_sent) == ("NET-02", False)
    assert "It offers NTLM, Basic" in caught.value.why


def test_a_certificate_behind_a_proxy_is_told_with_its_issuer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    front = servers.relay(servers.tls_of(servers.private(tmp_path)), servers.free_port())
    with ExitStack() as stack:
        behind = stack.enter_context(listening(front))
        proxy = stack.enter_context(listening(servers.proxy_to({NAME: behind})))
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{proxy}")
        http = Transport(system="x3", base_url=URL)
        with pytest.raises(TransientError) as caught:
            http.exchange("GET", URL, headers={}, timeout_s=10)
        http.close()
    assert caught.value.code == "TLS-01"
    assert AUTHORITY in caught.value.why


# --- tunnels -----------------------------------------------------------------------------------


def test_a_proxy_gets_its_own_user_and_nothing_else() -> None:
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        heard.append(head)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with listening(serve) as port:
        way = network.open_way(Place("x3.example", 8124), f"http://a%40b:c@{HOST}:{port}", 5)
        way.close()
    assert [head.split(b"\r\n") for head in heard] == [[
        b"CONNECT x3.example:8124 HTTP/1.1", b"Host: x3.example:8124",
        b"Proxy-Authorization: Basic YUBiOmM=", b"", b"",
    ]]  # fmt: skip


@pytest.mark.parametrize("answer", ["SSH-2.0-OpenSSH\n\n\n", "HTTP/1.1 \n\n", ""])
def test_what_is_no_proxy_is_an_error(answer: str) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(answer.replace("\n", "\r\n").encode())

    with listening(serve) as port, pytest.raises(ConnectionError):
        network.open_way(Place("x3.example", 8124), f"http://{HOST}:{port}", 5)


def test_a_proxy_that_names_no_scheme_still_asks() -> None:
    with listening(servers.refusing_proxy()) as port, pytest.raises(ProxyAnswer) as caught:
        network.open_way(Place("x3.example", 1), f"http://{HOST}:{port}", 5)
    assert (caught.value.status, caught.value.schemes) == (407, ())


# --- certificates ------------------------------------------------------------------------------


def test_the_chain_is_shown_and_an_intermediate_can_be_trusted(tmp_path: Path) -> None:
    keys = servers.private(tmp_path, has_intermediate=True)
    front = servers.relay(servers.tls_of(keys), servers.free_port())
    with listening(front) as port:
        place = Place(HOST, port)
        shown = certificates.look(place, "", 5)
        assert len(shown.chain) == 2
        assert shown.chain[1].issuer == AUTHORITY
        assert shown.authorities == shown.chain[1:]
        assert certificates.faults_of(shown, HOST, datetime.now(UTC)) == []
        with pytest.raises(ssl.SSLCertVerificationError):
            certificates.shake_hands(place, "", None, 5)
        (tmp_path / "issuer.pem").write_text(shown.authorities[0].pem, encoding="utf-8")
        assert certificates.shake_hands(place, "", tmp_path / "issuer.pem", 5).startswith("TLS")
        other = Place("localhost", port)  # trusted, and still for another name
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            certificates.shake_hands(other, "", tmp_path / "issuer.pem", 5)


def test_nothing_is_sent_while_certificates_are_looked_at(tmp_path: Path) -> None:
    heard: queue.Queue[bytes] = queue.Queue()
    tls = servers.tls_of(servers.private(tmp_path))

    def serve(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True) as secured:
            heard.put(secured.recv(1_000))

    with listening(serve) as port:
        certificates.look(Place(HOST, port), "", 5)
        assert heard.get(timeout=5) == b""


@pytest.mark.parametrize(
    ("name", "host", "is_fitting"),
    [
        ("x3.acme.example", "X3.ACME.example", True),
        ("*.acme.example", "x3.acme.example", True),
        ("*.acme.example", "a.x3.acme.example", False),
        ("*.acme.example", "acme.example", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("127.0.0.1", "127.0.0.2", False),
    ],
)
def test_names_of_certificates(name: str, host: str, *, is_fitting: bool) -> None:
    now = datetime.now(UTC)
    one = certificates.Certificate(
        "s", "i", (name,), now - timedelta(1), now + timedelta(1), "00", is_authority=False,
        is_own_issuer=False, pem="",
    )  # fmt: skip
    assert (certificates.faults_of(certificates.Shown((one,)), host, now) == []) is is_fitting
