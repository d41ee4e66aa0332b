"""Requests to the simulated AvidXchange, right and wrong, as Hypothesis draws them.

Nothing here is sent; everything is drawn from a ``World`` that is fixed before the first draw.
"""

import copy
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.sandbox.avid_site import ADDRESS, invoice
from tests.sandbox.openapi_file import Operation

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


@st.composite
def odd_headers(draw: st.DrawFn) -> dict[str, str | None]:
    """Return headers to put in the place of the right ones; None leaves one out."""
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


def paths_of(operation: Operation, world: World) -> st.SearchStrategy[str]:
    """Return paths of the operation with known and odd ids."""
    known = st.sampled_from(world.payments if "payments" in operation.path else world.invoices)
    odd = st.sampled_from(["0", "7", "abc", "99999999999999999999", "-1", "1%2C2", "%C3%BC"])
    return (known | known | known | odd).map(lambda one: operation.path.replace("{id}", one))


@st.composite
def requests_of(draw: st.DrawFn, operation: Operation, world: World) -> Asked:
    """Return requests of an operation, now and then by another method or with an obstacle."""
    asked = Asked(draw(paths_of(operation, world)))
    asked.query = draw(_query(operation, world)) if operation.name in LISTS else {}
    if operation.name in BODIES:
        asked.headers["Content-Type"] = "application/json"
        asked.body = draw(_body(operation.name, world))
    asked.headers |= draw(odd_headers())
    if draw(st.sampled_from([False] * 5 + [True])):
        asked.obstacle = draw(st.sampled_from(OBSTACLES))
    if draw(st.sampled_from([False] * 15 + [True])):
        asked.method = draw(st.sampled_from(["PATCH", "PUT", "DELETE"]))
        asked.body = b""
    return asked
