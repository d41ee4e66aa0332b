"""The way to a server step by step: its name, its port, and the tunnel through a proxy.

For whoever must say which step fails: `core.http` sends requests, this module sends none. A
tunnel's CONNECT holds no credential but the proxy's own. What a certificate means is in
`core.certificates`.
"""

from __future__ import annotations

import base64
import http.client
import io
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from core.errors import TransientError
from core.words import area

say = area(__name__)

_MOST_HEADERS = 65_536
_PORTS = {"https": 443, "http": 80}
_SIGN_IN = 407
_GOOD = range(200, 300)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens."""

    host: str
    port: int
    is_secure: bool = True

    @property
    def text(self) -> str:
        """Host and port for a person."""
        return f"{self.host}:{self.port}"


def place_of(url: str) -> Place:
    """The place an address leads to; ValueError when it names no host."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(say("the_address_names_no_host"))
    port = parts.port or _PORTS.get(parts.scheme, 443)
    return Place(parts.hostname, port, is_secure=parts.scheme == "https")


class ProxyAnswer(OSError):
    """A proxy answered a CONNECT and did not make the tunnel.

    `status` is its answer, `schemes` are the ways to sign in that it names with a 407.
    """

    def __init__(self, status: int, schemes: tuple[str, ...] = ()) -> None:
        super().__init__(say("the_proxy_answered", status=status))
        self.status = status
        self.schemes = schemes


def resolve(place: Place, system: str) -> tuple[str, ...]:
    """The numeric addresses of a host.

    Raises:
        TransientError: NET-01, the name is not known; nothing was sent to the server.
    """
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        why = say("the_name_is_not_known_to_this", host=place.host)
        fix = say("check_the_address_for_a_slip_ask", host=place.host)
        detail = f"{type(cause).__name__}: {cause}"
        raise TransientError("NET-01", why, system, detail=detail, fix=fix) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def reach(place: Place, timeout_s: float, system: str) -> float:
    """Seconds that a connection to the port took; it is closed at once.

    Raises:
        TransientError: NET-01, told apart: refused, no answer, no way there; nothing was sent.
    """
    began = time.monotonic()
    try:
        socket.create_connection((place.host, place.port), timeout_s).close()
    except OSError as cause:
        detail = f"{type(cause).__name__}: {cause}"
        why, fix = _unreached(place, cause, timeout_s)
        raise TransientError("NET-01", why, system, detail=detail, fix=fix) from None
    return time.monotonic() - began


def is_reached(place: Place, timeout_s: float) -> bool:
    """Whether a connection to the port can be made now."""
    try:
        socket.create_connection((place.host, place.port), timeout_s).close()
    except OSError:
        return False
    return True


def _unreached(place: Place, cause: OSError, timeout_s: float) -> tuple[str, str]:
    """Why a port was not reached, and what to do about it."""
    if isinstance(cause, ConnectionRefusedError):
        return (
            say("refuses_connections_on_port_nothing", host=place.host, port=place.port),
            say("check_the_port_in_the_address_and", text=place.text),
        )
    if isinstance(cause, TimeoutError):
        return (
            say("did_not_answer_within_s", text=place.text, timeout_s=timeout_s),
            say("ask_it_whether_a_firewall_keeps_this", text=place.text),
        )
    return (
        say("there_is_no_way_from_this_computer", text=place.text),
        say("check_this_computers_network_or_vpn"),
    )


def open_way(place: Place, proxy: str, timeout_s: float) -> socket.socket:
    """A connection to the place, through the proxy when one is named; nothing was sent over it.

    Raises:
        ProxyAnswer: the proxy made no tunnel. OSError: the connection failed.
    """
    if not proxy:
        return socket.create_connection((place.host, place.port), timeout_s)
    server = place_of(proxy)
    connected = socket.create_connection((server.host, server.port), timeout_s)
    try:
        if server.is_secure:
            from core.certificates import trusted_context

            connected = trusted_context(None).wrap_socket(connected, server_hostname=server.host)
        _ask_tunnel(connected, place, proxy)
    except BaseException:
        connected.close()
        raise
    return connected


def _ask_tunnel(connected: socket.socket, place: Place, proxy: str) -> None:
    host = f"[{place.host}]" if ":" in place.host else place.host
    lines = [f"CONNECT {host}:{place.port} HTTP/1.1", f"Host: {host}:{place.port}"]
    parts = urlsplit(proxy)
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append("Proxy-Authorization: Basic " + base64.b64encode(pair.encode()).decode())
    connected.sendall("\r\n".join([*lines, "", ""]).encode())
    status, headers = _answer(connected)
    if status in _GOOD:
        return
    offered = headers.get_all("proxy-authenticate", []) if status == _SIGN_IN else []
    schemes = (_SCHEME.match(text.strip()) for text in offered)
    raise ProxyAnswer(status, tuple(dict.fromkeys(found[0] for found in schemes if found)))


def _answer(connected: socket.socket) -> tuple[int, http.client.HTTPMessage]:
    """Status and headers of a proxy's answer, read byte by byte: what follows is the server's."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _MOST_HEADERS:
        byte = connected.recv(1)
        if not byte:
            break
        head += byte
    first, _, rest = head.partition(b"\r\n")
    words = first.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():  # noqa: PLR2004 - version and status
        raise ConnectionError(say("the_proxys_answer_is_no_http"))
    headers = http.client.HTTPMessage()
    with suppress(http.client.HTTPException):
        headers = http.client.parse_headers(io.BytesIO(rest))
    return int(words[1]), headers


def proxy_schemes(place: Place, proxy: str, timeout_s: float) -> tuple[str, ...]:
    """The ways to sign in that a proxy names; empty when it asks for none or does not answer."""
    try:
        open_way(place, proxy, timeout_s).close()
    except ProxyAnswer as answer:
        return answer.schemes
    except OSError:
        return ()
    return ()
