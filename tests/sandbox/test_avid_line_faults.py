"""Answers lost or odd on the way, before and after the commit (avidxchange.md 7.12-7.15)."""

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from core.sandbox.avid_idempotency import POLICIES
from tests.sandbox.avid_site import Reply, Site, fresh_site, invoice

LOOK_UP = "/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1"
LOST = (OSError, http.client.HTTPException)


@pytest.fixture
def site() -> Iterator[Site]:
    site = fresh_site()
    yield from site


def _submit(site: Site, key: str = "key-1") -> Reply | None:
    """Submit the same invoice; None when no answer came."""
    try:
        return site.submit(invoice(), key)
    except LOST:
        return None


def _made(site: Site) -> int:
    return site.count("invoices_created")


@pytest.mark.parametrize(
    ("kind", "args", "made"),
    [
        ("reset_before", {}, 0),
        ("reset_after", {}, 1),
        ("reset_mid", {"seconds": 0.05}, 1),
        ("timeout_before", {"seconds": 0.1}, 0),
        ("timeout_after", {"seconds": 0.1}, 1),
        ("truncate", {}, 1),
    ],
)
def test_no_answer_before_or_after_the_commit(
    site: Site, kind: str, args: dict[str, Any], made: int
) -> None:
    site.signed()
    site.vary("submit_invoice", kind, 1, **args)
    assert _submit(site) is None
    assert _made(site) == made
    again = _submit(site)
    assert again is not None
    assert again.successful
    assert _made(site) == 1


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize(
    ("kind", "args", "status"),
    [
        ("status", {"status": 500, "body": "{}"}, 500),
        ("status", {"status": 502, "html": "<h1>Bad gateway</h1>"}, 502),
        ("status", {"status": 503}, 503),
        ("status", {"status": 504, "html": "<h1>Time-out</h1>"}, 504),
        ("status", {"status": 408}, 408),
        ("html_200", {}, 200),
        ("cut_json", {}, 200),
        ("empty", {}, 200),
        ("redirect", {}, 302),
    ],
)
def test_an_answer_that_says_nothing_with_and_without_commit(
    site: Site, kind: str, args: dict[str, Any], status: int, *, commit: bool
) -> None:
    site.signed()
    site.vary("submit_invoice", kind, 1, commit=commit, **args)
    before = len(site.state.entries)
    reply = _submit(site)
    assert reply is not None
    assert (reply.status, reply.body if kind == "cut_json" else None) == (status, None)
    assert _made(site) == int(commit)
    # A request that an earlier test gave up may be written down only now.
    assert kind in [entry["fault"] for entry in list(site.state.entries)[before:]]


def test_a_late_commit_is_found_by_a_late_look_up_only(site: Site) -> None:
    """Dropped connection, commit later, lag on top: absent, still absent, there."""
    site.set("lag_seconds", 60)
    site.signed()
    site.vary("submit_invoice", "late_commit", 1, seconds=0.4)
    assert _submit(site) is None
    assert site.get(LOOK_UP).body["Items"] == []
    deadline = time.monotonic() + 10
    while not _made(site) and time.monotonic() < deadline:
        time.sleep(0.02)
    hidden = site.get(LOOK_UP).body["Items"]
    site.state.shift_clock(61)
    shown = site.get(LOOK_UP).body["Items"]
    assert (len(hidden), len(shown), _made(site)) == (0, 1, 1)


def test_an_answer_after_the_client_has_given_up(site: Site) -> None:
    site.signed()
    site.vary("submit_invoice", "slow", 1, seconds=0.4)
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=0.2)
    headers = site.signed(**{"Content-Type": "application/json"})
    connection.request("POST", "/v1/invoices", json.dumps(invoice()), headers)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    deadline = time.monotonic() + 10
    while not _made(site) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _made(site) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_what_a_second_sending_does_under_each_policy(site: Site, policy: str) -> None:
    """Only "none" makes a second invoice: the counter proves the client's own guard (7.15)."""
    site.set("policy", policy)
    site.signed()
    site.vary("submit_invoice", "reset_after", 1)
    assert _submit(site) is None
    again = _submit(site)
    assert again is not None
    assert again.status == 200
    assert again.successful is (policy != "key_ignored")
    assert _made(site) == (2 if policy == "none" else 1)
    assert len(site.get(LOOK_UP).body["Items"]) == _made(site)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_proxy_delivers_one_request_twice(site: Site, policy: str) -> None:
    site.set("policy", policy)
    site.signed()
    site.vary("submit_invoice", "duplicate", 1)
    reply = _submit(site)
    assert reply is not None
    assert reply.successful
    assert _made(site) == (2 if policy == "none" else 1)


def test_nothing_is_found_before_the_lag_is_over_under_any_policy(site: Site) -> None:
    for seconds in (2, 60):
        site.set("lag_seconds", seconds)
        number = f"L-{seconds}"
        key = site.submitted(number)
        path = f"/v1/invoices?externalIds=X3%7CT%7CUS10%7C{number}%7C1"
        site.state.shift_clock(seconds - 1)
        assert site.get(path).body["Items"] == []
        assert site.submit(invoice(number)).messages == ["External id already exists"]
        site.state.shift_clock(1.2)
        assert [one["Id"] for one in site.get(path).body["Items"]] == [key]


@pytest.mark.parametrize(
    ("schedule", "struck"),
    [
        ({"times": 2}, [True, True, False, False, False, False]),
        ({"every": 3}, [False, False, True, False, False, True]),
        ({"times": 1, "skip": 2}, [False, False, True, False, False, False]),
    ],
)
def test_a_fault_of_one_operation_by_schedule(
    site: Site, schedule: dict[str, int], struck: list[bool]
) -> None:
    site.signed()
    entry = {"system": "avid", "operation": "list_codes", "kind": "status", **schedule}
    site.faults.add([entry])
    seen = [site.get("/v1/codes").status == 503 for _call in struck]
    assert seen == struck
    assert site.get("/v1/vendors").status == 200
