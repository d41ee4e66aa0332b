"""Generated requests, good and wrong: each answer is one that the OpenAPI file describes."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox import openapi_file
from tests.sandbox.avid_site import ADDRESS, Reply, Site, fresh_site, invoice
from tests.sandbox.openapi_file import Operation

OPERATIONS = {one.name: one for one in openapi_file.operations()}
EXAMPLES = 50
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LISTS = ("list_code_groups", "list_codes", "list_vendors", "list_invoices", "list_payments")
BODIES = ("upsert_vendors", "submit_invoice", "replace_invoice")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=60)
    | st.sampled_from(["", " ", "2026-02-30", "2026-06-01", "USD", "x" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
RUBBISH = [b"", b"[", b"null", b"\xff", b"7", b'"x"', b"[]", b"{}", b'{"Amount":NaN}', b"[1]"]
# What may stand in the way of any call, and the kinds of fault the file knows for it.
OBSTACLES: list[tuple[str, dict[str, Any]]] = [
    ("blocked", {}),
    ("throttled", {"retry_after": "date", "seconds": 7200, "next_access": True}),
    ("throttled", {"retry_after": "none"}),
    ("throttled", {"status": 503, "code": "900801", "number": True}),
    ("unauthorized", {"shape": "exception"}),
    ("unauthorized", {"shape": "gateway"}),
    ("unauthorized", {"shape": "gateway_old"}),
    ("server_error", {}),
]


@dataclass
class Asked:
    """One request to be, with what is drawn beside its operation's own."""

    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    body: bytes = b""
    method: str = ""
    obstacle: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class World:
    """What the requests are drawn from, fixed before the first one so that draws repeat."""

    invoices: tuple[str, ...]
    numbers: tuple[str, ...]
    payments: tuple[str, ...]
    now: datetime


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    sites = fresh_site()
    site = next(sites)
    _fill(site)
    yield site
    next(sites, None)


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    rows = list(site.state.table("avid:invoice").values())
    return World(
        invoices=tuple(str(row["Id"]) for row in rows),
        numbers=tuple(row["InvoiceNumber"] for row in rows),
        payments=tuple(site.state.table("avid:payment").keys()),
        now=site.state.now(),
    )


def _fill(site: Site) -> None:
    """Give the site invoices and payments in every state."""
    site.event("vendor", "V00101", RemitToAddress=ADDRESS, Email="ap@acme.example")
    moves: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "Received": [],
        "In Approval": [("start_approval", {})],
        "On Hold": [("hold", {})],
        "Disputed": [("dispute", {})],
        "Approved": [("recode", {"how": "split"}), ("approve", {})],
        "Rejected": [("reject", {"reason": "No"})],
        "Exported": [("approve", {}), ("export", {})],
        "Deleted": [("delete", {})],
        "Re-read by Martians": [("set_invoice_status", {"status": "Re-read by Martians"})],
    }
    for number, steps in moves.items():
        key = site.submitted(number)
        for name, args in steps:
            site.event(name, key, **args)
    site.event("insert_foreign_invoice", "V00101", "PORTAL-1")
    paid = [site.submitted(f"P-{number}") for number in range(4)]
    for key in paid:
        site.event("approve", key)
    out = site.event("pay", paid[:2], status="Issued to Supplier")
    site.event("reissue_new", site.event("pay", [paid[2]], status="Cleared"))
    site.event("fail", site.event("pay", [paid[3]], "e-Payment"), 77)
    site.event("refund", out, "10")
    site.event("insert_foreign_payment", "V00101", "PORTAL-2", method="Barter")


def _sent(site: Site, operation: Operation, asked: Asked) -> Reply:
    headers = {**site.signed(**{"X-Request-Id": "r-1"}), **asked.headers}
    given = {name: value for name, value in headers.items() if value is not None}
    if asked.obstacle is not None:
        kind, args = asked.obstacle
        site.vary("*", kind, 1, **args)
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    try:
        return site.send(asked.method or operation.method, asked.path + query, given, asked.body)
    finally:
        site.faults.clear()


@st.composite
def _headers(draw: st.DrawFn) -> dict[str, str | None]:
    changes = draw(
        st.sampled_from([0, 0, 0, 0, 1]).flatmap(
            lambda many: st.lists(
                st.sampled_from(
                    [
                        ("Authorization", None),
                        ("Authorization", "Bearer nothing"),
                        ("Authorization", "Basic x"),
                        ("X-Company-Id", None),
                        ("X-Company-Id", "C-9"),
                        ("Content-Type", "text/plain"),
                        ("Content-Type", None),
                    ]
                ),
                min_size=many,
                max_size=many,
            )
        )
    )
    return dict(changes)


def _query(operation: Operation, world: World) -> st.SearchStrategy[dict[str, str]]:
    """Return queries of the operation's own parameters, with right and wrong values."""
    moments = st.sampled_from(
        [
            "2026-01-01",
            "2026-01-20T00:00:00Z",
            "2026-01-31T00:00:00+02:00",
            "2036-01-01T00:00:00.1234567",
            "2026-01-02 00:00:00",
            "yesterday",
            f"{world.now:%Y-%m-%dT%H:%M:%SZ}",
            f"{world.now:%Y-%m-%d}",
        ]
    )
    lists = st.sampled_from(
        [
            ",".join(world.payments[:3]),
            "AP-4765001,AP-1",
            "X3|T|US10|Approved|1,x",
            "V00101, v00102",
            ",".join("1" * 51),
            "a,,b",
        ]
    )
    numbers = st.sampled_from(["1", "2", "3", "500", "9999999", "0", "-1", "x", "1.5", ""])
    values = {
        "pageNumber": numbers,
        "pageSize": numbers,
        "lastModifiedFrom": moments,
        "lastModifiedTo": moments,
        "groupName": st.sampled_from(["Location", "Nothing", ""]) | st.text(max_size=5),
    }
    names = st.sets(st.sampled_from(sorted(operation.parameters()) or ["none"]), max_size=3)
    wild = names.flatmap(
        lambda chosen: st.fixed_dictionaries({name: values.get(name, lists) for name in chosen})
    )
    filters: list[dict[str, str]] = [{"lastModifiedFrom": f"{world.now:%Y-%m-%d}"}]
    filters += [{name: "AP-4765001"} for name in operation.parameters() if name.endswith("Ids")]
    sizes = st.sampled_from([{}, {"pageSize": "3", "pageNumber": "2"}, {"pageSize": "9999"}])
    right = st.tuples(st.sampled_from(filters), sizes).map(lambda pair: {**pair[0], **pair[1]})
    return wild | right


@st.composite
def _changed(draw: st.DrawFn, body: Any) -> Any:
    """Return the body with up to two members missing, replaced or added anywhere."""
    body = copy.deepcopy(body)
    for _turn in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        inner = body
        while isinstance(inner, dict | list) and inner:
            names = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            name = draw(st.sampled_from(names))
            value: Any = inner[name]
            if isinstance(value, dict | list) and value and draw(st.booleans()):
                inner = value
                continue
            if draw(st.booleans()):
                inner[name] = draw(JSON)
            else:
                del inner[name]
            break
    return body


def _invoice(world: World) -> st.SearchStrategy[Any]:
    number = st.integers(1, 10**6).map(lambda one: f"G-{one}") | st.sampled_from(world.numbers)
    return number.flatmap(lambda chosen: _changed(invoice(chosen, ApproverName="extra")))


def _body(name: str, world: World) -> st.SearchStrategy[bytes]:
    if name == "upsert_vendors":
        vendor = {"ExternalVendorCode": "G1", "Name": "Good", "Address": ADDRESS, "Active": True}
        made = st.lists(_changed(vendor), min_size=1, max_size=3)
    else:
        made = _invoice(world)
    text = made.map(lambda value: json.dumps(value).encode())
    return st.sampled_from(RUBBISH) | text | text | text


def _path(operation: Operation, world: World) -> st.SearchStrategy[str]:
    known = st.sampled_from(world.payments if "payments" in operation.path else world.invoices)
    odd = st.sampled_from(["0", "7", "abc", "99999999999999999999", "-1", "1%2C2", "%C3%BC"])
    return (known | known | known | odd).map(lambda one: operation.path.replace("{id}", one))


@st.composite
def _requests(draw: st.DrawFn, operation: Operation, world: World) -> Asked:
    asked = Asked(draw(_path(operation, world)))
    asked.query = draw(_query(operation, world)) if operation.name in LISTS else {}
    if operation.name in BODIES:
        asked.headers["Content-Type"] = "application/json"
        asked.body = draw(_body(operation.name, world))
    asked.headers |= draw(_headers())
    if draw(st.sampled_from([False] * 5 + [True])):
        asked.obstacle = draw(st.sampled_from(OBSTACLES))
    if draw(st.sampled_from([False] * 15 + [True])):
        asked.method = draw(st.sampled_from(["PATCH", "PUT", "DELETE"]))
        asked.body = b""
    return asked


def _operation_asked(operation: Operation, asked: Asked) -> Operation:
    """Return the operation that another method on the same path is, if it is one."""
    for one in OPERATIONS.values():
        if one.path == operation.path and one.method == (asked.method or operation.method):
            return one
    return operation


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"token", "attach_image"}))
def test_every_answer_is_in_the_file(site: Site, world: World, name: str) -> None:
    operation, seen = OPERATIONS[name], Counter[int]()

    @BOUNDED
    @given(asked=_requests(operation, world))
    def ask(asked: Asked) -> None:
        reply = _sent(site, operation, asked)
        openapi_file.judge(_operation_asked(operation, asked), reply)
        assert reply.headers["x-request-id"] == "r-1"
        assert reply.status < 500 or asked.obstacle is not None
        seen[reply.status] += 1
        if name in BODIES and asked.method in ("", operation.method):
            _accepted_is_valid(operation, asked.body, reply)

    ask()
    assert seen[200] >= EXAMPLES / 10
    assert sum(seen.values()) - seen[200] >= EXAMPLES / 10
    assert len(seen) >= 4


def _accepted_is_valid(operation: Operation, sent: bytes, reply: Reply) -> None:
    """What the server accepts is valid by the file: it takes nothing the file forbids."""
    if reply.status != 200:
        return
    schema = operation.node["requestBody"]["content"]["application/json"]["schema"]
    body, results = json.loads(sent), reply.body["Results"]
    if isinstance(body, list):
        for element, one in zip(body, results, strict=True):
            if one["Successful"]:
                # avidxchange.md 10.2 stands over the file: null is absent here.
                told = {k: v for k, v in element.items() if (k, v) != ("Active", None)}
                openapi_file.validator(schema["items"]).validate(told)
    elif results[0]["Successful"]:
        openapi_file.validator(schema).validate(body)


FORMS = [
    "grant_type=client_credentials",
    "grant_type=client_credentials&scope=pay",
    "grant_type=password",
    "grant_type=",
    "",
    "grant_type=a&grant_type=b",
    "%%%=1",
]


def test_every_answer_of_the_token_endpoint_is_in_the_file(site: Site) -> None:
    operation, seen = OPERATIONS["token"], Counter[int]()

    @BOUNDED
    @given(
        form=st.sampled_from(FORMS) | st.text(max_size=20),
        header=st.sampled_from(["", "", "", "Basic %%%", "Bearer x", "Basic YTpi", "-"]),
        method=st.sampled_from(["POST"] * 9 + ["GET"]),
        kind=st.sampled_from([None] * 5 + ["throttled", "token_503_echo"]),
    )
    def ask(form: str, header: str, method: str, kind: str | None) -> None:
        given_header = {"Authorization": "" if header == "-" else header} if header else {}
        if kind:
            site.vary("token", kind, 1)
        if method == "POST":
            reply = site.token(form, **given_header)
        else:
            reply = site.send(method, "/token")
        site.faults.clear()
        openapi_file.judge(operation, reply)
        seen[reply.status] += 1

    ask()
    assert {200, 400, 401, 405, 429, 503} <= set(seen)


def test_every_answer_to_an_image_is_in_the_file(site: Site, world: World) -> None:
    operation, seen = OPERATIONS["attach_image"], Counter[int]()

    @BOUNDED
    @given(
        path=_path(operation, world),
        name=st.sampled_from(["a.pdf", "b.png", "", "ü.pdf"]),
        kind=st.sampled_from(["application/pdf", "image/png", "text/plain", ""]),
        part=st.sampled_from(["file", "file", "file", "image"]),
        content=st.binary(max_size=40),
        headers=_headers(),
    )
    def ask(
        path: str, name: str, kind: str, part: str, content: bytes, headers: dict[str, str | None]
    ) -> None:
        head = f'--b\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        body = f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n--b--\r\n"
        sent = {"Content-Type": "multipart/form-data; boundary=b", **headers}
        reply = _sent(site, operation, Asked(path, headers=sent, body=body))
        openapi_file.judge(operation, reply)
        seen[reply.status] += 1

    ask()
    assert {200, 400, 404, 415} <= set(seen)


def test_paths_and_methods_of_the_file_are_those_of_the_server(site: Site) -> None:
    for operation in OPERATIONS.values():
        path = operation.path.replace("{id}", "7")
        for method in openapi_file.METHODS:
            known = any(
                one.path == operation.path and one.method == method.upper()
                for one in OPERATIONS.values()
            )
            reply = site.send(method.upper(), path, site.signed())
            assert (reply.status == 405) is not known, (method, path)
            if not known:
                assert reply.detail == "Method not allowed"
    assert len(OPERATIONS) == 14


def _good_answers(site: Site, world: World) -> Iterator[tuple[Operation, Reply]]:
    invoice_id = world.invoices[0]
    payment = next(
        row for row in site.state.table("avid:payment").values() if row["Status"] == "Error"
    )
    paths = {
        "list_code_groups": "/v1/codes/groups",
        "list_codes": "/v1/codes",
        "list_vendors": "/v1/vendors",
        "list_invoices": "/v1/invoices?externalIds=" + quote("X3|T|US10|Approved|1"),
        "get_invoice": f"/v1/invoices/{invoice_id}",
        "list_payments": f"/v1/payments?paymentIds={payment['PaymentId']}",
        "get_payment": f"/v1/payments/{payment['PaymentId']}",
        "payment_history": f"/v1/payments/{payment['PaymentId']}/paymenthistory",
    }
    for name, path in paths.items():
        yield OPERATIONS[name], site.get(path)
    yield OPERATIONS["token"], site.token()
    for number, more in (("FINE", {}), ("BAD", {"VendorExternalCode": "V9"})):
        yield OPERATIONS["submit_invoice"], site.submit(invoice(number, **more))
    vendors = [{"ExternalVendorCode": "FINE", "Name": "F", "Address": ADDRESS}, {}]
    yield OPERATIONS["upsert_vendors"], site.json("POST", "/v1/vendors", vendors)
    yield OPERATIONS["get_invoice"], site.get("/v1/invoices/7")


def test_the_file_demands_every_member_it_calls_required(site: Site, world: World) -> None:
    """Without any one of them the answer is refused by the judge: so the judge can say no."""
    taken = 0
    for operation, reply in _good_answers(site, world):
        openapi_file.judge(operation, reply)
        schema, body = openapi_file.schema_of(operation, reply), json.loads(reply.content)
        paths = set(openapi_file.required_paths(schema, body))
        assert paths, operation.name
        for path in paths:
            less = copy.deepcopy(body)
            inner = less
            for step in path[:-1]:
                inner = inner[step]
            del inner[path[-1]]
            assert not openapi_file.validator(schema).is_valid(less), (operation.name, path)
            taken += 1
    assert taken > 150


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/invoices/{invoice}", "status_text"),
        ("/v1/invoices/{invoice}", "status_missing"),
        ("/v1/invoices/{invoice}", "twice_named"),
        ("/v1/invoices/{invoice}", "dates_z"),
        ("/v1/payments/{payment}", "texts_for_numbers"),
        ("/v1/payments/{payment}", "single_in_items"),
        ("/v1/codes", "no_paging"),
        ("/v1/codes", "bare_array"),
        ("/v1/codes", "camel"),
        ("/v1/codes", "pages"),
    ],
)
def test_the_judge_sees_what_is_bent(site: Site, world: World, path: str, kind: str) -> None:
    site.signed()
    path = path.format(invoice=world.invoices[0], payment=world.payments[0])
    found = {"invoices": "get_invoice", "payments": "get_payment", "codes": "list_codes"}
    operation = OPERATIONS[found[path.split("/")[2]]]
    site.vary("*", kind, 1)
    bent = site.get(path)
    assert bent.status == 200
    with pytest.raises((jsonschema.ValidationError, AssertionError)):
        openapi_file.judge(operation, bent)
    openapi_file.judge(operation, site.get(path))
