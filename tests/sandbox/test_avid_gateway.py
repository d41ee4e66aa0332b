"""Credentials, tokens, companies, throttling and the order of checks (avidxchange.md 2.3, 2.11)."""

import base64
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from core.sandbox import avid_exchange
from tests.sandbox.avid_site import COMPANY, Site, conforms, fresh_site

BAD = "The access token is not valid"


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def test_a_living_token_comes_back_with_the_seconds_left(site: Site) -> None:
    first = site.token()
    conforms(first, "Token")
    site.state.shift_clock(1200)
    second = site.token()
    assert second.body["access_token"] == first.body["access_token"]
    assert 2398 <= second.body["expires_in"] <= 2400
    site.state.shift_clock(2401)
    third = site.token()
    assert third.body["access_token"] != first.body["access_token"]
    assert third.body["expires_in"] >= 3599
    assert site.count("tokens_issued") == 2


def test_a_token_in_its_last_second_says_zero(site: Site) -> None:
    site.token()
    site.state.shift_clock(3599.2)
    assert site.token().body["expires_in"] == 0


def test_scope_echoes_what_was_asked(site: Site) -> None:
    assert site.token().body["scope"] == "default"
    assert site.token("grant_type=client_credentials&scope=pay").body["scope"] == "pay"


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ("grant_type=client_credentials", {"Authorization": ""}, 401, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Basic %%%"}, 401, "invalid_client"),
        ("grant_type=password", {}, 400, "unsupported_grant_type"),
        ("", {}, 400, "invalid_request"),
        ("grant_type=a&grant_type=b", {}, 400, "invalid_request"),
        ("grant_type=client_credentials", {"Content_Type": "text/plain"}, 400, "invalid_request"),
    ],
)
def test_oauth_errors(
    site: Site, form: str, headers: dict[str, str], status: int, error: str
) -> None:
    reply = site.token(form, **headers)
    assert (reply.status, reply.body["error"]) == (status, error)
    conforms(reply, "OAuthFault")


def test_a_wrong_secret_and_an_unknown_scope(site: Site) -> None:
    pair = base64.b64encode(b"DEMO-client:wrong").decode()
    reply = site.token(Authorization=f"Basic {pair}")
    assert reply.body == {
        "error": "invalid_client",
        "error_description": "Client authentication failed",
    }
    site.set("scopes", ["pay"])
    assert site.token("grant_type=client_credentials&scope=x").body["error"] == "invalid_scope"


def test_client_in_the_body_and_encoded_basic(site: Site) -> None:
    site.set("token_client_auth", "body")
    form = "grant_type=client_credentials&client_id=DEMO-client&client_secret=DEMO-client-secret"
    assert site.token(form, Authorization="").status == 200
    assert site.token().status == 401
    site.set("token_client_auth", "basic")
    site.set("basic_encode", value=True)
    site.set("client_secret", "a b:c")
    pair = base64.b64encode(b"DEMO-client:a+b%3Ac").decode()
    assert site.token(Authorization=f"Basic {pair}").status == 200


def test_token_variations(site: Site) -> None:
    site.vary("token", "token_long", 1)
    assert len(site.token().body["access_token"]) == 2048
    site.vary("token", "expires_missing", 1)
    assert "expires_in" not in site.token().body
    site.vary("token", "expires_one", 1)
    assert site.token().body["expires_in"] == 1
    site.vary("token", "expires_text", 1)
    assert site.token().body["expires_in"] in ("3599", "3600")
    site.vary("token", "token_503_echo", 1)
    reply = site.token()
    assert reply.status == 503
    assert b"Basic " in reply.content


def test_the_three_shapes_of_401(site: Site) -> None:
    no_token = {"X-Company-Id": COMPANY}
    bad_token = {"X-Company-Id": COMPANY, "Authorization": "Bearer nothing"}
    missing = site.send("GET", "/v1/codes", no_token)
    assert missing.body == {
        "code": "900902",
        "message": "Missing Credentials",
        "description": BAD,
    }
    wrong = site.send("GET", "/v1/codes", bad_token)
    assert wrong.body == {"code": "900901", "message": "Invalid Credentials", "description": BAD}
    conforms(wrong, "GatewayFault")
    site.set("fault_shape", "gateway_old")
    old = site.send("GET", "/v1/codes", bad_token)
    assert old.body == {
        "code": "900901",
        "error_message": "Invalid Credentials",
        "error_description": BAD,
    }
    conforms(old, "GatewayFaultOld")
    site.set("fault_shape", "exception")
    signed = site.signed()
    site.state.shift_clock(3601)
    expired = site.send("GET", "/v1/codes", signed)
    assert (expired.status, expired.detail) == (401, "The token has expired")
    conforms(expired, "ApiFault")


def test_revoked_in_mid_run(site: Site) -> None:
    assert site.get("/v1/codes").status == 200
    site.vary("list_codes", "revoked", 1)
    assert site.get("/v1/codes").status == 401
    assert site.get("/v1/codes").status == 401
    fresh = site.token().body["access_token"]
    headers = {"Authorization": f"Bearer {fresh}", "X-Company-Id": COMPANY}
    assert site.send("GET", "/v1/codes", headers).status == 200
    site.vary("list_codes", "unauthorized", None, shape="exception")
    assert site.send("GET", "/v1/codes", headers).detail == BAD


def test_static_tokens(site: Site) -> None:
    right = {"X-Company-Token": "DEMO-company-token", "X-User-Token": "DEMO-user-token"}
    assert site.send("GET", "/v1/codes", right).status == 200
    assert site.send("GET", "/v1/codes", {**right, "X-Company-Id": COMPANY}).status == 200
    assert site.send("GET", "/v1/codes", {**right, "X-User-Token": "x"}).body["code"] == "900901"
    one = {"X-Company-Token": "DEMO-company-token"}
    assert site.send("GET", "/v1/codes", one).body["code"] == "900902"
    site.set("companies", [COMPANY, "C-2"])
    other = site.send("GET", "/v1/codes", {**right, "X-Company-Id": "C-2"})
    assert (other.status, other.detail) == (403, "Company C-2 is not available to this client")
    site.set("auth", "static_tokens")
    assert site.get("/v1/codes").status == 401


def test_company_header(site: Site) -> None:
    signed = site.signed()
    del signed["X-Company-Id"]
    reply = site.send("GET", "/v1/codes", signed)
    assert (reply.status, reply.detail) == (400, "X-Company-Id is required")
    reply = site.send("GET", "/v1/codes", {**signed, "X-Company-Id": "C-9"})
    assert (reply.status, reply.detail) == (403, "Company C-9 is not available to this client")
    conforms(reply, "ApiFault")
    site.set("company_in", "query")
    site.set("company_name", "company")
    assert site.send("GET", f"/v1/codes?company={COMPANY}", signed).body["Paging"]["TotalItems"]
    site.set("company_in", "none")
    assert site.send("GET", "/v1/codes", signed).status == 200


def test_two_companies_never_mix(site: Site) -> None:
    site.set("companies", [COMPANY, "C-2"])
    invoice_id = site.submitted()
    other = {"X-Company-Id": "C-2"}
    assert site.get(f"/v1/invoices/{invoice_id}", **other).status == 404
    assert site.get("/v1/vendors", **other).body["Items"] == []
    found = site.get("/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1", **other)
    assert found.body["Items"] == []
    assert site.json("DELETE", f"/v1/invoices/{invoice_id}", b"", **other).status == 404


def test_checks_come_in_their_order(site: Site) -> None:
    """Each request below has every fault from its own on; the first one answers."""
    nothing = site.send("PATCH", "/v1/nothing")
    assert nothing.status == 401
    signed = site.signed()
    bare = {"Authorization": signed["Authorization"]}
    site.vary("*", "blocked", 1)
    assert site.send("PATCH", "/v1/nothing", bare).body["code"] == "900805"
    assert site.send("PATCH", "/v1/nothing", bare).status == 400
    assert site.send("PATCH", "/v1/nothing", {**bare, "X-Company-Id": "C-9"}).status == 403
    reply = site.send("PATCH", "/v1/nothing", signed)
    assert (reply.status, reply.detail) == (404, "No such resource")
    reply = site.send("PATCH", "/v1/invoices", signed, b"x")
    assert (reply.status, reply.detail) == (405, "Method not allowed")
    assert reply.body["exception"]["reason"] == "MethodNotAllowed"
    large = b"x" * (10_485_760 + 1)
    reply = site.send("POST", "/v1/invoices", signed, large)
    assert (reply.status, reply.detail) == (415, "Content type must be application/json")
    reply = site.json("POST", "/v1/invoices", large)
    assert (reply.status, reply.detail) == (413, "Body is too large")
    reply = site.json("PUT", "/v1/invoices/1", b"{")
    assert (reply.status, reply.detail) == (400, "Body is not valid JSON")
    reply = site.json("PUT", "/v1/invoices/1", b"[]")
    assert (reply.status, reply.detail) == (400, "Body must be an object")
    reply = site.json("PUT", "/v1/invoices/1", b"{}")
    assert (reply.status, reply.detail) == (404, "Invoice 1 was not found")


@pytest.mark.parametrize("body", [b"", b"\xff{}", b'{"Amount": NaN}', b"[" * 5000, b"{} x"])
def test_what_is_no_json(site: Site, body: bytes) -> None:
    reply = site.json("POST", "/v1/invoices", body)
    assert (reply.status, reply.detail) == (400, "Body is not valid JSON")


def test_every_answer_has_a_date_and_echoes_the_request_id(site: Site) -> None:
    site.state.shift_clock(86_400)
    reply = site.get("/v1/codes", **{"X-Request-Id": "r-1"})
    assert reply.headers["x-request-id"] == "r-1"
    sent = parsedate_to_datetime(reply.headers["date"])
    assert abs((site.state.now() - sent).total_seconds()) < 3
    assert site.get("/v1/nothing", **{"X-Request-Id": "r-2"}).headers["x-request-id"] == "r-2"


@pytest.mark.parametrize(
    ("args", "status", "code", "retry_after"),
    [
        ({"retry_after": "seconds", "seconds": 3600}, 429, "900804", "3600"),
        ({"retry_after": "none"}, 429, "900804", None),
        ({"retry_after": "-5"}, 429, "900804", "-5"),
        ({"retry_after": "soon"}, 429, "900804", "soon"),
        ({"status": 503, "code": "900801", "number": True}, 503, 900801, "2"),
    ],
)
def test_throttling_answers(
    site: Site, args: dict[str, object], status: int, code: object, retry_after: str | None
) -> None:
    site.vary("list_codes", "throttled", 1, **args)
    reply = site.get("/v1/codes")
    assert (reply.status, reply.body["code"]) == (status, code)
    assert reply.headers.get("retry-after") == retry_after
    conforms(reply, "GatewayFault")
    assert site.get("/v1/codes").status == 200


def test_throttling_with_dates(site: Site) -> None:
    site.vary("list_codes", "throttled", 1, retry_after="date", seconds=60, next_access=True)
    reply = site.get("/v1/codes")
    wait = parsedate_to_datetime(reply.headers["retry-after"]) - parsedate_to_datetime(
        reply.headers["date"]
    )
    assert 58 <= wait.total_seconds() <= 61
    assert reply.body["nextAccessTime"].endswith("+0000 UTC")
    site.vary("list_codes", "throttled", 1, wrapped=True)
    assert site.get("/v1/codes").body["fault"]["message"] == "Message throttled out"


def test_limits_per_second_and_at_once(site: Site) -> None:
    site.signed()
    site.set("limits", {"per_second": 0.1, "burst": 3})
    statuses = [site.get("/v1/codes").status for _call in range(5)]
    assert statuses[:4] == [200, 200, 200, 429]
    site.set("limits", {"at_once": 1})
    site.set("work_seconds", 0.3)
    seen: list[int] = []
    calls = [
        threading.Thread(target=lambda: seen.append(site.get("/v1/codes").status))
        for _call in range(2)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(seen) == [200, 429]
    assert site.count("throttled") >= 2


def test_a_variation_nobody_knows_is_an_error(site: Site) -> None:
    site.set("variants", ["camels"])
    with pytest.raises(ValueError, match="unknown variations: camels"):
        avid_exchange.variants_of(site.state, site.faults, "list_codes")
