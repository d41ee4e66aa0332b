"""A hand-written X3 for the client's tests: it says what it is told to and notes what it heard."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from core.http import Transport
from core.x3.auth import Auth, BasicAuth
from core.x3.client import X3Client, connect
from core.x3.profile import Profile, load
from core.x3.transport import X3Connection

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "resources" / "profiles" / "x3-default.toml"
DATE = "Wed, 25 Nov 2026 15:00:00 GMT"


@dataclass(frozen=True, slots=True)
class Said:
    """One answer; a `body` that is no bytes becomes JSON. `status` 0 = the connection is reset."""

    body: Any = b""
    status: int = 200
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Heard:
    """One request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return {name: found[0] for name, found in parse_qs(urlsplit(self.target).query).items()}


@dataclass
class Site:
    """A server whose answers are taken in turn from `script`; the last one is repeated."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    script: list[Said] = field(default_factory=list)
    respond: Callable[[Heard], Said] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, *answers: Said) -> None:
        self.script[:] = answers

    def answer(self, heard: Heard) -> Said:
        self.heard.append(heard)
        if self.respond is not None:
            return self.respond(heard)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            said = site.answer(Heard(self.command, self.path, dict(self.headers), body))
            if said.delay_s:
                threading.Event().wait(said.delay_s)
            if said.status == 0:
                self.close_connection = True
                return
            self.send_response_only(said.status)
            self.send_header("Date", DATE)
            if said.kind:
                self.send_header("Content-Type", said.kind)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.raw)))
            self.end_headers()
            self.wfile.write(said.raw)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def running_site() -> Iterator[Site]:
    site = Site()
    server = _Server(("127.0.0.1", 0), _handler(site))
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shipped(**changes: Any) -> Profile:
    """The shipped profile with sections replaced, such as `limits={"keys_per_request": 2}`."""
    profile = load(SHIPPED)
    updates = {
        name: getattr(profile, name).model_copy(update=values) for name, values in changes.items()
    }
    return profile.model_copy(update=updates)


def with_entity(profile: Profile, name: str, **changes: Any) -> Profile:
    entity = profile.entity[name].model_copy(update=changes)
    return profile.model_copy(update={"entity": {**profile.entity, name: entity}})


@dataclass
class Desk:
    """A client of a site, with what it waited for."""

    client: X3Client
    transport: Transport
    waits: list[float]


def desk_at(
    base_url: str, *, profile: Profile | None = None, auth: Auth | None = None, **settings: Any
) -> Desk:
    waits: list[float] = []
    connection = X3Connection(base_url=base_url, endpoint="PROD", start_date=date(2026, 1, 1))
    transport = Transport(
        system="x3", base_url=base_url, redact=lambda text: text.replace("s3cret", "***")
    )
    client = connect(
        replace(connection, **settings),
        profile or shipped(),
        auth or BasicAuth("AVIDWS", lambda: "s3cret"),
        transport,
        waits.append,
    )
    return Desk(client, transport, waits)


def page(*rows: Any, next_url: str = "", size: int = 200) -> dict[str, Any]:
    links = {"$first": {"$url": "https://inside:8124/"}}
    if next_url:
        links["$next"] = {"$url": next_url}
    return {"$itemsPerPage": size, "$resources": list(rows), "$links": links}


def diagnosis(message: str, severity: str | None = "error") -> dict[str, Any]:
    entry = {"$message": message}
    return {"$diagnoses": [entry if severity is None else {"$severity": severity, **entry}]}
