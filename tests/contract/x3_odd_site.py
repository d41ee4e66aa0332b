"""A raw server for odd answers: the exact bytes of a script, one answer per request."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.x3.profile import Profile

DATE = b"Date: Wed, 25 Nov 2026 15:00:00 GMT\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_VALUES = {"n": 12.5, "i": 1, "d": "2026-03-01", "s": "2026-03-02T15:04:11Z", "yn": 2, "m": 1}


@dataclass
class RawSite:
    """`script` holds whole HTTP answers in bytes, taken in turn; the last one is repeated.

    An answer that ends with `CLOSE` closes its connection.
    """

    port: int = 0
    script: list[bytes] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, *answers: bytes) -> None:
        with self.lock:
            self.script[:] = answers
            self.heard.clear()

    def answer(self, request: bytes) -> bytes:
        with self.lock:
            self.heard.append(request)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


CLOSE = b"\x00--close--"


def _request(connection: socket.socket) -> bytes:
    """One whole request; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    missing = (int(length[1]) if length else 0) - len(body)
    while missing > 0:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
        missing -= len(more)
    return data


def _serve(site: RawSite, connection: socket.socket) -> None:
    with connection:
        try:
            while request := _request(connection):
                answer = site.answer(request)
                connection.sendall(answer.removesuffix(CLOSE))
                if answer.endswith(CLOSE):
                    return
        except OSError:
            return  # the client closes whenever it likes


@contextmanager
def raw_site() -> Iterator[RawSite]:
    site = RawSite()
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    site.port = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_serve, args=(site, connection), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def http(
    body: bytes,
    *headers: str,
    status: str = "200 OK",
    kind: str = "application/json",
    length: int | None = None,
) -> bytes:
    """A whole answer; `length` is what it claims, -1 claims nothing."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Length: {size}"] if size >= 0 else []
    head = "\r\n".join([*lines, *headers]).encode() + b"\r\n"
    return head + DATE + b"\r\n" + body


def row_of(profile: Profile, entity: str, text: str) -> dict[str, object]:
    """A row that holds every property of an entity, texts in `text`; keys and codes plain."""
    shape = profile.entity[entity]
    row: dict[str, object] = {}
    for member in (*shape.fields, *shape.details_fields):
        name = member.path.property_name
        index = member.path.steps[0][1] if member.path.steps else None
        value = _VALUES.get(member.kind, text if member.name in _TEXTS else "K1")
        if index is not None:
            held = row.setdefault(name, [])
            assert isinstance(held, list)
            held.append(value)
        elif name:
            row[name] = value
    for name in shape.key:
        row.setdefault(name, "K1")
    if shape.change_kind != "none":
        row[shape.change] = "2026-03-02T15:04:11Z"
    for name in ("TAX", "BASTAX", "AMTTAX"):
        if name in row:
            row[name] = [row[name]]
    return row


_TEXTS = frozenset(("name", "description", "comment1", "line1", "reference"))
