"""A small AvidXchange that says what a test tells it to, and a clock that needs no time.

Written from docs/contracts/avidxchange.md; it shares nothing with the sandbox.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core.avidxchange import AvidClient, AvidConnection, Profile, load_profile, open_http
from core.avidxchange.profile import SHIPPED, parse_profile
from core.config import resource
from core.errors import Stopped
from core.redaction import SecretRegister

DATE = "Fri, 12 Jun 2026 18:00:00 GMT"
SERVER_TIME = datetime(2026, 6, 12, 18, tzinfo=UTC)
SECRETS = {
    "avidxchange.client_secret": "s3cret-value",
    "avidxchange.company_token": "1f6f0c0e",
    "avidxchange.user_token": "8b1d2a77",
}
CONTRACT = Path(__file__).resolve().parents[2] / "docs/contracts/avidxchange-connect.openapi.yaml"


class _Quiet(ThreadingHTTPServer):
    """A client that hangs up is what the tests do on purpose."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@dataclass(frozen=True)
class Answer:
    """One answer; `body` that is no bytes goes out as JSON.

    `drop` closes the connection without an answer; `keep` sends only so many bytes of the body,
    with the length of all of it.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    keep: int | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


class Server:
    """Answers from a script; the last answer of a script is given again and again."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.token_requests: list[Seen] = []
        self.script: list[Answer | Callable[[Seen], Answer]] = []
        self.token_script: list[Answer | Callable[[Seen], Answer]] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def _serve(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, headers, self.rfile.read(size))
                self._send(outer.answer(seen))

            do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names of http.server

            def _send(self, answer: Answer) -> None:
                self.close_connection = True
                if answer.drop:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                content = answer.content
                headers = {
                    "Date": DATE,
                    "Content-Type": "application/json; charset=utf-8",
                    **answer.headers,
                    "Content-Length": str(len(content)),
                    "Connection": "close",
                }
                self.send_response_only(answer.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: answer.keep])

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, seen: Seen) -> Answer:
        with self._lock:
            is_token = seen.path == "/token"
            (self.token_requests if is_token else self.seen).append(seen)
            script = self.token_script if is_token else self.script
            step = script.pop(0) if len(script) > 1 else (script[0] if script else None)
        if step is None:
            return token("token-1") if is_token else Answer(status=500)
        return step(seen) if callable(step) else step

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class TestClock:
    """Time that passes only by waiting; `stop` ends every wait."""

    __test__ = False

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.stopped = False
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return SERVER_TIME + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def pass_time(self, seconds: float) -> None:
        with self._lock:
            self._elapsed += seconds

    def wait(self, seconds: float) -> None:
        if self.stopped:
            raise Stopped
        with self._lock:
            self.waits.append(seconds)
            self._elapsed += seconds


@dataclass
class Site:
    """A server, a client of it and the client's clock."""

    server: Server
    client: AvidClient
    clock: TestClock
    register: SecretRegister


def token(text: str, **members: Any) -> Answer:
    return Answer({"access_token": text, "token_type": "Bearer", "expires_in": 3600, **members})


def shipped_text() -> str:
    return resource(SHIPPED).read_text(encoding="utf-8")


def profile_with(*changes: tuple[str, str]) -> Profile:
    """The shipped profile with some of its text replaced."""
    text = shipped_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse_profile(text)


@contextmanager
def site(profile: Profile | None = None, **settings: Any) -> Iterator[Site]:
    """A fresh server and client; `settings` change the connection."""
    server = Server()
    members: dict[str, Any] = {
        "base_url": server.url,
        "token_url": f"{server.url}/token",
        "client_id": "client-1",
        "company_id": "C-1001",
        **settings,
    }
    connection, clock, register = AvidConnection(**members), TestClock(), SecretRegister()
    used = profile or load_profile()
    http = open_http(connection, used, register=register)
    client = AvidClient(
        connection,
        used,
        http=http,
        secret=lambda name: SECRETS.get(name, ""),
        clock=clock,
        register=register,
    )
    try:
        yield Site(server, client, clock, register)
    finally:
        http.close()
        server.close()


def listing(*items: Any, **paging: Any) -> dict[str, Any]:
    """A list of one page, as the server sends it by default."""
    count = len(items)
    whole = {"PageNumber": 1, "PageSize": 200, "PageCount": 1, "PageItems": count}
    return {"Items": list(items), "Paging": {**whole, "TotalItems": count, **paging}}


def invoice_json(identity: int = 991823, **members: Any) -> dict[str, Any]:
    """The invoice of avidxchange.md 2.9."""
    codes = [{"GroupName": "Accounting Codes", "CodeValue": "6100"}]
    line = {"LineNumber": 1, "Amount": 1250.00, "Description": "Landscaping", "Codes": codes}
    return {
        "Id": identity,
        "ExternalId": {"Value": "X3|PROD|US01|PIH26060012|1", "Scheme": "Invoice"},
        "Status": {"Id": 5, "Description": "Approved"},
        "CompanyExternalCode": "US01",
        "VendorExternalCode": "V00101",
        "InvoiceNumber": "INV-1001",
        "InvoiceDate": "2026-05-30",
        "DueDate": "2026-06-29",
        "PostingDate": None,
        "Amount": 1250.00,
        "CurrencyCode": "USD",
        "ApproverName": None,
        "ApprovedDate": "2026-06-03T16:02:44.000",
        "Lines": [line],
        "Images": [],
        "LastModified": "2026-06-03T16:02:44.000",
        **members,
    }


def payment_json(identity: int = 4765360, **members: Any) -> dict[str, Any]:
    """A payment of one invoice, in the shape of avidxchange.md 2.10."""
    remittance = {
        "InvoiceId": 991823,
        "InvoiceExternalId": {"Value": "X3|PROD|US01|PIH26060012|1"},
        "Number": "INV-1001",
        "Gross": 1250.00,
        "Discount": 0.00,
        "Net": 1250.00,
    }
    return {
        "PaymentId": identity,
        "ExternalPaymentIds": [{"Value": "AP-4765360"}],
        "BatchId": "B-20260611-01",
        "VendorExternalCode": "V00101",
        "Amount": 1250.00,
        "CurrencyCode": "USD",
        "Status": {"Id": 14, "Description": "Issued to Supplier"},
        "PaymentMethod": {"Id": 2, "Description": "AvidPay Check"},
        "CheckNumber": "10455",
        "AvidPayCheckNumber": "0090012345",
        "PaymentDate": "2026-06-12",
        "ClearedDate": None,
        "StatusDate": "2026-06-12",
        "RefundAmount": None,
        "Exceptions": [],
        "Remittances": [remittance],
        "LastModified": "2026-06-12T18:22:10.120",
        **members,
    }


def created(**members: Any) -> dict[str, Any]:
    """The answer to a submission (avidxchange.md 2.6)."""
    item = {
        "Id": 991823,
        "ExternalId": {"Value": "X3|PROD|US01|PIH26060012|1", "Scheme": "Invoice"},
        "Status": {"Id": 1, "Description": "Received"},
        "LastModified": "2026-06-02T08:20:11.300",
    }
    return {"Results": [{"Successful": True, "Item": item, "Errors": [], **members}]}


def refused(*messages: str) -> dict[str, Any]:
    errors = [{"Message": message} for message in messages]
    return {"Results": [{"Successful": False, "Item": None, "Errors": errors}]}


def fault(reason: str, detail: str) -> dict[str, Any]:
    return {"exception": {"reason": reason, "detail": detail, "avidMessageId": "5d0c7c1e-0001"}}
