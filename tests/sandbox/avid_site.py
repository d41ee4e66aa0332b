"""The simulated AvidXchange over real HTTP, for its tests: one server, a fresh state per test."""

import base64
import functools
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import uvicorn
import yaml
from starlette.applications import Starlette

from core.sandbox import avid, life_avid
from core.sandbox import server as own_server
from core.sandbox.faults import Faults
from core.sandbox.gate import Gate, System, Transports
from core.sandbox.state import State

CONTRACT = Path(__file__).parents[2] / "docs" / "contracts" / "avidxchange-connect.openapi.yaml"
COMPANY = "C-1001"
ADDRESS = {"Line1": "1 Main St", "City": "Charlotte", "PostalCode": "28206", "Country": "US"}
CODES = [
    {"GroupName": "Accounting Codes", "CodeValue": "6100"},
    {"GroupName": "Location", "CodeValue": "102F"},
]


@dataclass
class Reply:
    """One answer as it came over the wire; amounts are ``Decimal``."""

    status: int
    headers: dict[str, str]
    content: bytes
    body: Any = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.body = json.loads(self.content, parse_float=Decimal)
        except ValueError:
            self.body = None

    @property
    def detail(self) -> str:
        return str(self.body["exception"]["detail"])

    @property
    def messages(self) -> list[str]:
        return [one["Message"] for one in self.body["Results"][0]["Errors"]]

    @property
    def item(self) -> Any:
        return self.body["Results"][0]["Item"]

    @property
    def successful(self) -> bool:
        return self.body["Results"][0]["Successful"] is True


class Site:
    """A client of the simulated AvidXchange that signs in by itself."""

    def __init__(self, port: int, state: State, faults: Faults) -> None:
        self.port = port
        self.state = state
        self.faults = faults
        self._token = ""

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def token(self, form: str = "grant_type=client_credentials", **headers: str) -> Reply:
        pair = base64.b64encode(b"DEMO-client:DEMO-client-secret").decode()
        sent = {
            "Authorization": f"Basic {pair}",
            "Content-Type": "application/x-www-form-urlencoded",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.send("POST", "/token", {k: v for k, v in sent.items() if v}, form.encode())

    def signed(self, **more: str) -> dict[str, str]:
        if not self._token:
            self._token = self.token().body["access_token"]
        return {"Authorization": f"Bearer {self._token}", "X-Company-Id": COMPANY, **more}

    def get(self, path: str, **more: str) -> Reply:
        return self.send("GET", path, self.signed(**more))

    def json(self, method: str, path: str, body: Any, **more: str) -> Reply:
        headers = self.signed(**{"Content-Type": "application/json", **more})
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(method, path, headers, content)

    def submit(self, body: Any, key: str = "") -> Reply:
        more = {"Idempotency-Key": key} if key else {}
        return self.json("POST", "/v1/invoices", body, **more)

    def submitted(self, number: str = "INV-1", **members: Any) -> int:
        reply = self.submit(invoice(number, **members))
        assert reply.successful, reply.content
        return int(reply.item["Id"])

    def event(self, name: str, *args: Any, **named: Any) -> Any:
        with self.state.lock:
            return life_avid.EVENTS[name](self.state, *args, **named)

    def set(self, name: str, value: Any) -> None:
        self.state.set_value(f"avid.{name}", value)

    def vary(self, operation: str, kind: str, times: int | None = None, **args: Any) -> None:
        self.faults.add(
            [
                {
                    "system": "avid",
                    "operation": operation,
                    "kind": kind,
                    "times": times,
                    "args": args,
                }
            ]
        )

    def count(self, name: str) -> int:
        return self.state.counters.get(f"avid.{name}", 0)


def external_id(value: str) -> dict[str, str]:
    """Return an external id as Crossfoot sends it."""
    return {"Value": value, "Scheme": "Invoice", "SchemeOwner": "Buyer"}


def invoice(number: str = "INV-1", **members: Any) -> dict[str, Any]:
    """Return a body that is accepted; members given replace or (None) leave out."""
    body: dict[str, Any] = {
        "ExternalId": {
            "Value": f"X3|T|US10|{number}|1",
            "Scheme": "Invoice",
            "SchemeOwner": "Buyer",
        },
        "CompanyExternalCode": "US10",
        "VendorExternalCode": "V00101",
        "InvoiceNumber": number,
        "InvoiceDate": "2026-05-30",
        "DueDate": "2026-06-29",
        "Amount": 1250.0,
        "CurrencyCode": "USD",
        "Reference": f"P{number}",
        "Lines": [
            {"LineNumber": 1, "Amount": 1000.0, "Description": "Work", "Codes": CODES},
            {"LineNumber": 2, "Amount": 250.0, "Description": "Parts", "Codes": CODES},
        ],
    }
    return {name: value for name, value in {**body, **members}.items() if value is not None}


def prepare(state: State) -> None:
    """Give a state the codes and vendors that ``invoice`` needs; everything visible at once."""
    events = life_avid.EVENTS
    state.set_value("avid.lag_seconds", 0)
    for name, required in (("Accounting Codes", True), ("Location", True), ("Project", False)):
        events["group"](state, name, required=required)
    for group, value in (
        ("Accounting Codes", "6100"),
        ("Accounting Codes", "6150"),
        ("Location", "102F"),
        ("Location", "104B"),
        ("Project", "P1"),
    ):
        events["code"](state, group, value, f"{group} {value}")
    events["code"](state, "Location", "103A", "Harbour", active=False)
    for code, active in (("V00101", True), ("V00102", True), ("V00900", False)):
        events["vendor"](state, code, Name=f"Vendor {code}", Address=ADDRESS, Active=active)


@functools.cache
def _server() -> tuple[int, Gate]:
    """Start one server for the whole session; its thread ends with the process."""
    transports = Transports()
    gate = Gate(
        System("avid", avid.handle, avid.operation_of),
        State(None),
        Faults(),
        transports,
        Starlette(),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    # The sandbox's own configuration: it knows the connections, so that a fault can break one.
    server = uvicorn.Server(own_server._config(gate, transports, None))
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    for _turn in range(500):
        if server.started:
            return port, gate
        time.sleep(0.01)
    raise RuntimeError("the server did not start")


def fresh_site(path: Path | None = None) -> Iterator[Site]:
    """Yield an AvidXchange with a few codes and vendors: the body of a fixture.

    A file that exists already is taken as it is.
    """
    port, gate = _server()
    is_new = path is None or not path.exists()
    state, faults = State(path), Faults()
    if is_new:
        prepare(state)
    gate.state, gate.faults = state, faults
    yield Site(port, state, faults)
    state.close()


@functools.cache
def _contract() -> Any:
    return yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


def conforms(reply: Reply, schema: str) -> None:
    """Check an answer against a schema of the OpenAPI file; raises ValidationError."""
    document = {"$ref": f"#/components/schemas/{schema}", "components": _contract()["components"]}
    validator = jsonschema.Draft202012Validator(document)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    validator.validate(json.loads(reply.content))
