"""Servers and proxies that are wrong in one way each, on 127.0.0.1, and certificates for them."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY = "Private Works Authority"
HOST = "127.0.0.1"
NAME = "x3.acme.example"


@dataclass(frozen=True)
class Keys:
    """A certificate chain with its key, as files, and its authority's certificate."""

    chain: Path
    key: Path
    authority: bytes


def private(
    folder: Path,
    *,
    hosts: tuple[str, ...] = (HOST, NAME),
    ends: datetime | None = None,
    has_intermediate: bool = False,
    sends_authority: bool = False,
) -> Keys:
    """Keys issued by an authority that nobody knows."""
    folder.mkdir(parents=True, exist_ok=True)
    root = trustme.CA(organization_name=AUTHORITY)
    issuer = root.create_child_ca() if has_intermediate else root
    made = issuer.issue_cert(*hosts, not_after=ends)
    parts = [part.bytes() for part in made.cert_chain_pems]
    if sends_authority:
        parts.append(root.cert_pem.bytes())
    (folder / "chain.pem").write_bytes(b"".join(parts))
    made.private_key_pem.write_to_path(folder / "key.pem")
    return Keys(folder / "chain.pem", folder / "key.pem", root.cert_pem.bytes())


def self_signed(folder: Path) -> Keys:
    """Keys that nobody but they themselves vouch for."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "syracuse")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "chain.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Keys(folder / "chain.pem", folder / "key.pem", pem)


def tls_of(keys: Keys, *, is_old: bool = False) -> ssl.SSLContext:
    """A server's context; an old one speaks TLS 1.1 at most."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if is_old:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(keys.chain, keys.key)
    return context


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose every connection is given to `serve` on a thread of its own."""
    listener = socket.create_server((HOST, 0))
    listener.settimeout(0.05)
    is_over = threading.Event()
    open_ones: list[socket.socket] = []

    def work(connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            connection.settimeout(20)
            serve(connection)

    def accept() -> None:
        while not is_over.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                open_ones.append(connection)
                threading.Thread(target=work, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        is_over.set()
        thread.join()
        listener.close()
        for connection in open_ones:
            with suppress(OSError):
                connection.close()


def relay(tls: ssl.SSLContext, target_port: int) -> Callable[[socket.socket], None]:
    """TLS in front of a plain server, as a reverse proxy gives it."""

    def serve(connection: socket.socket) -> None:
        with (
            tls.wrap_socket(connection, server_side=True) as secured,
            socket.create_connection((HOST, target_port)) as behind,
        ):
            join(secured, behind)

    return serve


def join(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while data := source.recv(65_536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=carry, args=(other, one), daemon=True)
    back.start()
    carry(one, other)
    back.join()


def saying(text: str) -> Callable[[socket.socket], None]:
    """A server that reads a request's head and always says the same."""

    def serve(connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = connection.recv(1)
            if not data:
                return
            head += data
        connection.sendall(text.replace("\n", "\r\n").encode())

    return serve


def refusing_proxy(*schemes: str) -> Callable[[socket.socket], None]:
    """A proxy that asks for a sign-in by these schemes."""
    asked = "".join(f"Proxy-Authenticate: {scheme}\n" for scheme in schemes)
    return saying(f"HTTP/1.1 407 Proxy Authentication Required\n{asked}Content-Length: 0\n\n")


def proxy_to(ports: dict[str, int]) -> Callable[[socket.socket], None]:
    """A proxy that leads host names to ports of this computer, and no other."""

    def serve(connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = connection.recv(1)
            if not data:
                return
            head += data
        host = head.split()[1].decode().partition(":")[0]
        if host not in ports:
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection((HOST, ports[host])) as behind:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            join(connection, behind)

    return serve


def silence(connection: socket.socket) -> None:
    """Take everything and say nothing."""
    while connection.recv(65_536):
        pass


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server((HOST, 0)) as found:
        port: Any = found.getsockname()[1]
        return int(port)
