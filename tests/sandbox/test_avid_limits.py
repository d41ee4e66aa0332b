"""What the gateway takes: a real rate, RateLimit headers, long throttles, clocks (7.16-7.17)."""

import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from core.sandbox import avid_limits
from tests.sandbox.avid_site import Reply, Site, conforms, fresh_site, invoice

DRAFT = re.compile(r'"default";r=(\d+);t=(\d+)')


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _until_refused(site: Site, most: int = 40) -> tuple[int, Reply]:
    """Call until the gateway refuses; return how many calls it took, and the refusal."""
    for taken in range(most):
        reply = site.get("/v1/codes/groups")
        if reply.status != 200:
            return taken, reply
    raise AssertionError("never refused")


def test_a_bucket_lets_a_burst_through_and_then_refuses(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 0.01, "burst": 3})
    taken, refused = _until_refused(site)
    assert taken == 3
    assert (refused.status, refused.body["code"]) == (429, "900804")
    conforms(refused, "GatewayFault")
    assert 60 <= int(refused.headers["retry-after"]) <= 100
    assert not [name for name in refused.headers if "ratelimit" in name]
    assert site.count("throttled") == 1


def test_without_more_words_it_is_retry_after_1_and_the_rate_holds(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 2, "burst": 1})
    begun = time.monotonic()
    taken, statuses, waits = 0, set(), set()
    while time.monotonic() - begun < 1.5:
        reply = site.get("/v1/codes/groups")
        taken += reply.status == 200
        statuses.add(reply.status)
        waits.add(reply.headers.get("retry-after"))
    spent = time.monotonic() - begun
    assert statuses == {200, 429}
    assert waits == {None, "1"}
    assert 2 <= taken <= 2 * spent + 1


def test_the_bucket_fills_again_and_new_limits_make_a_new_one(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 20, "burst": 1})
    assert site.get("/v1/codes").status == 200
    time.sleep(0.1)
    assert site.get("/v1/codes").status == 200
    site.set("limits", {"per_second": 0.001, "burst": 1})
    assert [site.get("/v1/codes").status for _call in "12"] == [200, 429]
    site.set("limits", {"per_second": 0})
    assert site.get("/v1/codes").status == 200


def test_refused_calls_do_nothing(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 0.001, "burst": 1})
    assert site.submit(invoice("A")).status == 200
    assert site.submit(invoice("B")).status == 429
    assert site.count("invoices_created") == 1


def test_headers_of_the_draft_count_down(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 0.01, "burst": 3, "headers": "draft"})
    left = []
    for _call in range(3):
        reply = site.get("/v1/codes")
        assert reply.headers["ratelimit-policy"] == '"default";q=3;w=300'
        found = DRAFT.fullmatch(reply.headers["ratelimit"])
        assert found
        left.append(int(found[1]))
        assert 1 <= int(found[2]) <= 300
    assert left == [2, 1, 0]
    _taken, refused = _until_refused(site)
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
    assert 60 <= int(refused.headers["retry-after"]) <= 100


def test_twenty_a_second_says_so(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 20, "headers": "draft"})
    reply = site.get("/v1/codes")
    assert reply.headers["ratelimit-policy"] == '"default";q=20;w=1'
    assert reply.headers["ratelimit"] in ('"default";r=19;t=1', '"default";r=20;t=1')


@pytest.mark.parametrize(("form", "stem"), [("three", "ratelimit-"), ("x", "x-ratelimit-")])
def test_older_headers(site: Site, form: str, stem: str) -> None:
    site.signed()
    site.set("limits", {"per_second": 0.5, "burst": 3, "headers": form})
    reply = site.get("/v1/codes")
    names = {name for name in reply.headers if "ratelimit" in name}
    assert names == {f"{stem}{what}" for what in ("limit", "remaining", "reset")}
    assert reply.headers[f"{stem}limit"] == "3"
    assert reply.headers[f"{stem}remaining"] == "2"


def test_malformed_and_literal_headers(site: Site) -> None:
    site.vary("list_codes", "rate_limit", 1)
    malformed = site.get("/v1/codes").headers
    assert not DRAFT.fullmatch(malformed["ratelimit"])
    assert malformed["ratelimit-remaining"] == "NaN"
    site.vary("list_codes", "rate_limit", 1, headers={"RateLimit": '"a";r=0;t=9'})
    assert site.get("/v1/codes").headers["ratelimit"] == '"a";r=0;t=9'
    assert "ratelimit" not in site.get("/v1/codes").headers
    site.set("limits", {"headers": "nonsense"})
    with pytest.raises(ValueError, match="unknown form of RateLimit headers: nonsense"):
        avid_limits.headers(_exchange(site))


def _exchange(site: Site) -> Any:
    from core.sandbox.avid_exchange import Exchange
    from core.sandbox.faults import Request

    return Exchange(site.state, Request("GET", "/v1/codes"), "list_codes")


def test_limits_with_the_words_of_a_throttling_answer(site: Site) -> None:
    site.signed()
    limits = {"per_second": 0.01, "burst": 1, "retry_after": "none", "next_access": True}
    site.set("limits", {**limits, "code": "900800"})
    assert site.get("/v1/codes").status == 200
    refused = site.get("/v1/codes")
    assert (refused.status, refused.body["code"]) == (429, "900800")
    assert "retry-after" not in refused.headers
    assert refused.body["nextAccessTime"].endswith("+0000 UTC")


@pytest.mark.parametrize("how", ["seconds", "date"])
def test_a_throttle_of_an_hour_lasts_an_hour(site: Site, how: str) -> None:
    site.set("token_seconds", 1e9)
    site.vary("list_codes", "throttled", 1, seconds=3600, lasting=True, retry_after=how)
    assert site.get("/v1/codes").status == 429
    other = site.get("/v1/vendors")
    assert (other.status, other.body["code"]) == (429, "900804")
    site.state.shift_clock(3000)
    later = site.get("/v1/codes")
    assert later.status == 429
    told = later.headers["retry-after"]
    left = (
        float(told)
        if how == "seconds"
        else (
            parsedate_to_datetime(told) - parsedate_to_datetime(later.headers["date"])
        ).total_seconds()
    )
    assert 590 <= left <= 601
    site.state.shift_clock(601)
    assert site.get("/v1/codes").status == 200
    assert site.get("/v1/codes").status == 200


@pytest.mark.parametrize("code", ["900800", "900802", "900803", "900804", "900806"])
def test_each_code_of_a_throttle(site: Site, code: str) -> None:
    site.vary("list_codes", "throttled", 1, code=code, retry_after=str(10 * 365 * 86_400))
    reply = site.get("/v1/codes")
    assert (reply.status, reply.body["code"]) == (429, code)
    assert reply.headers["retry-after"] == "315360000"


def test_the_token_endpoint_may_be_throttled_too(site: Site) -> None:
    site.vary("token", "throttled", 1, seconds=7)
    reply = site.token()
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    conforms(reply, "GatewayFault")
    assert site.token().status == 200


def test_clocks_ten_minutes_apart(site: Site) -> None:
    """The server's own clock rules its Date, stamps, waits and tokens; nothing else moves."""
    site.set("clock_ahead_s", 600)
    key = site.submitted()
    reply = site.get(f"/v1/invoices/{key}")
    ahead = parsedate_to_datetime(reply.headers["date"]) - site.state.now()
    assert 597 <= ahead.total_seconds() <= 601
    stamped = parsedate_to_datetime(reply.headers["date"]).strftime("%Y-%m-%dT%H:%M")
    assert reply.body["LastModified"][:14] == stamped[:14]
    found = site.get("/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1").body["Items"]
    assert [one["Id"] for one in found] == [key]
    site.vary("list_codes", "throttled", 1, retry_after="date", seconds=60)
    told = site.get("/v1/codes").headers
    wait = parsedate_to_datetime(told["retry-after"]) - parsedate_to_datetime(told["date"])
    assert 58 <= wait.total_seconds() <= 61
    site.vary("list_codes", "status", 1, status=503)
    outside = parsedate_to_datetime(site.get("/v1/codes").headers["date"]) - site.state.now()
    assert outside.total_seconds() > 595
