"""Generated requests, good and wrong: each answer is one that the OpenAPI file describes."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox import openapi_file
from tests.sandbox.avid_site import ADDRESS, Reply, Site, fresh_site, invoice
from tests.sandbox.openapi_file import Operation
from tests.sandbox.openapi_requests import BODIES, Asked, World, odd_headers, paths_of, requests_of
from tests.sandbox.openapi_world import fill, world_of

OPERATIONS = {one.name: one for one in openapi_file.operations()}
EXAMPLES = 50
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    sites = fresh_site()
    site = next(sites)
    fill(site)
    yield site
    next(sites, None)


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    return world_of(site)


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
    @given(asked=requests_of(operation, world))
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
        path=paths_of(operation, world),
        name=st.sampled_from(["a.pdf", "b.png", "", "ü.pdf"]),
        kind=st.sampled_from(["application/pdf", "image/png", "text/plain", ""]),
        part=st.sampled_from(["file", "file", "file", "image"]),
        content=st.binary(max_size=40),
        headers=odd_headers(),
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
                assert reply.headers["allow"].split(", ") == sorted(
                    one.method for one in OPERATIONS.values() if one.path == operation.path
                )
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
