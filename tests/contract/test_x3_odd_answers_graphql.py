"""The odd answers of `test_x3_odd_answers`, and GraphQL's own, to the reading calls of GraphQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from core.errors import AppError, ConfigError, RemoteRefused, TransientError, Unreadable
from core.http import Transport
from core.x3.auth import BasicAuth
from core.x3.client import X3Client, connect
from core.x3.transport import X3Connection
from tests.contract.test_x3_odd_answers import AGAIN, BIG, GOOD, JSON_TABLE, PROFILE, Build
from tests.contract.x3_odd_site import RawSite, http, raw_site

NODE: dict[str, Any] = {
    "documentType": {"code": "SPINV"}, "documentNumber": "BIS1", "lineNumber": 1,
    "openItemLineNumber": 1, "company": {"code": "US10"}, "businessPartner": {"code": "0113"},
    "businessPartnerType": "supplier", "currency": {"code": "USD"}, "dueDate": "2026-03-29",
    "amountInCurrency": "612.00", "paidAmountInCurrency": "0.00", "controlAccount": "Söhne",
    "provisionalPaidAmountInCurrency": "0.00", "paymentApprovalLevel": "pending",
    "closedStatus": 1, "_id": "SPINV|BIS1|1|1", "_updateStamp": "2026-03-02T15:04:11.000Z",
}  # fmt: skip


def answer(nodes: list[Any], *, is_more: bool = False) -> dict[str, Any]:
    edges = [{"cursor": str(number), "node": node} for number, node in enumerate(nodes)]
    info = {"hasNextPage": is_more, "endCursor": "1" if is_more else None}
    return {"data": {"x3FinanceData": {"openItem": {"query": {"edges": edges, "pageInfo": info}}}}}


BODY = json.dumps({"extensions": {"t": "Küche"}} | answer([NODE]), ensure_ascii=False).encode()
#: What GraphQL judges in its own way: it has no tracking, and its errors are X3's refusals.
OTHERWISE: dict[str, Any] = {
    "202, then the answer": AGAIN,
    "404 with 721": RemoteRefused,
    "200 with 721": RemoteRefused,
    "an error beside the data": RemoteRefused,
    "a severity nobody knows": RemoteRefused,
    "$message only": RemoteRefused,
    "GraphQL errors for api1": RemoteRefused,
}


def failed(message: str, **more: Any) -> bytes:
    """An answer with one error and whatever else."""
    return json.dumps({"errors": [{"message": message}]} | more).encode()


def whole(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


OWN: list[tuple[str, Build, Any]] = [
    ("data and errors", lambda b: http(failed("boom", **whole(b))), RemoteRefused),
    ("errors without a text", lambda b: http(b'{"errors":[{}],' + b[1:]), RemoteRefused),
    ("errors that are no list", lambda b: http(b'{"errors":"boom",' + b[1:]), RemoteRefused),
    ("an empty list of errors", lambda b: http(b'{"errors":[],' + b[1:]), GOOD),
    ("errors null", lambda b: http(b'{"errors":null,' + b[1:]), GOOD),
    ("a locked record", lambda b: http(failed("Locked record") + b[:0]), AGAIN),
    ("errors with 503", lambda b: http(failed("down") + b[:0], status="503 No"), AGAIN),
    ("errors with 400", lambda b: http(failed("Syntax Error") + b[:0], status="400 B"),
     ConfigError),
    ("data null", lambda b: http(b'{"data":null}' + b[:0]), Unreadable),
    ("no data", lambda b: http(b"{}" + b[:0]), Unreadable),
    ("node null", lambda b: http(b'{"data":{"x3FinanceData":{"openItem":null}}}' + b[:0]),
     Unreadable),
    ("edges null", lambda b: http(b.replace(b'"edges": [', b'"edges": null, "was": [')),
     Unreadable),
    ("no page information", lambda b: http(b.replace(b'"pageInfo"', b'"was"')), Unreadable),
    ("more to come without a cursor",
     lambda b: http(b.replace(b'"hasNextPage": false', b'"hasNextPage": true')), Unreadable),
]  # fmt: skip
TABLE = [(name, build, OTHERWISE.get(name, wanted)) for name, build, wanted in JSON_TABLE] + OWN


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with raw_site() as running:
        yield running


def client_of(site: RawSite) -> tuple[X3Client, Transport]:
    connection = X3Connection(
        base_url=site.base_url, endpoint="PROD", start_date=date(2026, 1, 1), read="graphql"
    )
    transport = Transport(system="x3", base_url=site.base_url, max_bytes=BIG)
    auth = BasicAuth("AVIDWS", lambda: "pw")
    return connect(connection, PROFILE, auth, transport, lambda _: None), transport


def first_page(client: X3Client) -> Any:
    found = client.reader.first_page("open_item")
    return found.rows, found.next, found.unreadable


CALLS: list[Callable[[X3Client], Any]] = [
    first_page,
    lambda client: client.reader.open_items(["BIS1"]),
]


@pytest.mark.parametrize(("build", "wanted"), [r[1:] for r in TABLE], ids=[r[0] for r in TABLE])
def test_every_reading_call(site: RawSite, build: Build, wanted: Any) -> None:
    for ask in CALLS:
        site.say(http(BODY))
        client, transport = client_of(site)
        good = ask(client)
        assert good[0]
        site.say(build(BODY), http(BODY))
        if isinstance(wanted, type):
            with pytest.raises(AppError) as caught:
                ask(client)
            assert isinstance(caught.value, wanted), caught.value
            assert not isinstance(caught.value, TransientError)
            assert caught.value.was_sent
            assert len(site.heard) == 1
        else:
            assert ask(client) == good
            assert len(site.heard) == (1 if wanted == GOOD else 2)
        transport.close()
