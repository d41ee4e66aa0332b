"""Signing in: the token's life, its refusal, and static tokens (avidxchange.md 2.3, 4, 10.9)."""

from __future__ import annotations

import base64
import logging
import threading
import time
from typing import Any
from urllib.parse import parse_qs

import pytest

from core.errors import AuthError, TransientError
from tests.contract.avidxchange_server import (
    Answer,
    Seen,
    Site,
    fault,
    listing,
    profile_with,
    site,
    token,
)

SHAPES_OF_401 = [
    fault("Unauthorized", "The token has expired"),
    {"code": "900901", "message": "Invalid Credentials", "description": "Not valid"},
    {"code": "900901", "error_message": "Invalid Credentials", "error_description": "Not valid"},
    b"",
]


def read(found: Site) -> None:
    assert found.client.first_page("code").rows == ()


def only_with(good: str) -> Any:
    """Lists for one token, 401 for all others."""

    def answer(seen: Seen) -> Answer:
        is_good = seen.headers["authorization"] == f"Bearer {good}"
        return Answer(listing()) if is_good else Answer(SHAPES_OF_401[0], status=401)

    return answer


def test_the_token_request() -> None:
    with site(scope="ap read") as found:
        found.server.script = [Answer(listing())]
        read(found)
        read(found)
        (seen,) = found.server.token_requests
    assert (seen.method, seen.target) == ("POST", "/token")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    basic = base64.b64decode(seen.headers["authorization"].removeprefix("Basic "))
    assert basic == b"client-1:s3cret-value"
    assert parse_qs(seen.body.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["ap read"],
    }
    assert "x-company-id" not in seen.headers


def test_the_client_in_the_body_and_further_fields() -> None:
    profile = profile_with(
        ('token_client_auth = "basic"', 'token_client_auth = "body"'),
        ("token_form = {}", 'token_form = { audience = "avid" }'),
    )
    with site(profile) as found:
        found.server.script = [Answer(listing())]
        read(found)
        (seen,) = found.server.token_requests
    assert "authorization" not in seen.headers
    assert parse_qs(seen.body.decode()) == {
        "grant_type": ["client_credentials"],
        "audience": ["avid"],
        "client_id": ["client-1"],
        "client_secret": ["s3cret-value"],
    }


def test_form_encoded_basic() -> None:
    profile = profile_with(("basic_encode = false", "basic_encode = true"))
    with site(profile, client_id="a:b c") as found:
        found.server.script = [Answer(listing())]
        read(found)
        header = found.server.token_requests[0].headers["authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")) == b"a%3Ab+c:s3cret-value"


@pytest.mark.parametrize(
    ("expires_in", "good_for"), [(3600, 3540), (100, 90), ("3600", 3540), (3600.5, 3540)]
)
def test_it_is_renewed_a_little_before_its_end(expires_in: Any, good_for: int) -> None:
    with site() as found:
        found.server.token_script = [token("token-1", expires_in=expires_in)]
        found.server.script = [Answer(listing())]
        read(found)
        found.clock.pass_time(good_for - 1)
        read(found)
        assert len(found.server.token_requests) == 1
        found.clock.pass_time(2)
        read(found)
        assert len(found.server.token_requests) == 2


@pytest.mark.parametrize("expires_in", [None, "soon", True, "nan", 10**400])
def test_without_a_lifetime_it_is_used_until_401(expires_in: Any) -> None:
    with site() as found:
        found.server.token_script = [token("token-1", expires_in=expires_in), token("token-2")]
        found.server.script = [only_with("token-1")]
        read(found)
        found.clock.pass_time(10_000_000)
        read(found)
        assert len(found.server.token_requests) == 1
        found.server.script = [only_with("token-2")]
        read(found)
        assert len(found.server.token_requests) == 2


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_token_about_to_end_is_waited_out_and_asked_for_once_more(left: int) -> None:
    with site() as found:
        found.server.token_script = [token("old", expires_in=left), token("new")]
        found.server.script = [only_with("new")]
        read(found)
        assert found.clock.waits == [left + 1]
        assert len(found.server.token_requests) == 2
        assert len(found.server.seen) == 1


def test_tokens_that_always_end_at_once_are_used_as_they_are() -> None:
    with site() as found:
        found.server.token_script = [token("short", expires_in=0)]
        found.server.script = [Answer(listing())]
        read(found)
        assert len(found.server.token_requests) == 2


def test_a_token_of_2_kb() -> None:
    with site() as found:
        found.server.token_script = [token("t" * 2048)]
        found.server.script = [only_with("t" * 2048)]
        read(found)
        assert len(found.server.token_requests) == 1


@pytest.mark.parametrize("body", SHAPES_OF_401)
def test_401_drops_the_token_and_a_second_one_is_final(body: Any) -> None:
    with site() as found:
        found.server.token_script = [token("token-1"), token("token-2"), token("token-3")]
        found.server.script = [Answer(body, status=401)]
        with pytest.raises(AuthError) as caught:
            read(found)
        assert (caught.value.code, caught.value.status) == ("AUT-01", 401)
        assert len(found.server.seen) == len(found.server.token_requests) == 2
        found.server.script = [only_with("token-3")]
        read(found)  # set again: it goes on


def test_401_twice_with_the_same_token_is_not_final() -> None:
    with site() as found:
        found.server.script = [Answer(status=401)]
        for _ in range(2):
            with pytest.raises(TransientError) as caught:
                read(found)
            assert caught.value.code == "AUT-02"
        assert len(found.server.seen) == 4
        found.server.token_script = [token("token-2")]
        with pytest.raises(AuthError):
            read(found)
        found.server.token_script = [token("token-3")]
        found.server.script = [only_with("token-3")]
        read(found)


def test_a_success_between_makes_a_refusal_count_no_more() -> None:
    with site() as found:
        found.server.token_script = [token(f"token-{number}") for number in range(1, 5)]
        for good in ("token-2", "token-3", "token-4"):
            found.server.script = [only_with(good)]
            read(found)
        assert len(found.server.token_requests) == 4


def test_a_late_401_of_an_older_token_drops_nothing() -> None:
    with site() as found:
        found.server.token_script = [token("token-1"), token("token-2"), token("token-3")]
        credentials = found.client._transport._credentials
        older = credentials.grant()
        found.clock.pass_time(3600)
        newer = credentials.grant()
        assert credentials.refused(older)
        assert credentials.grant() == newer
        assert "token" not in repr(newer).replace("token=", "")


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, "invalid_client"),
        (400, "invalid_grant"),
        (400, "invalid_scope"),
        (400, "unsupported_grant_type"),
    ],
)
def test_refused_credentials_are_final(status: int, word: str) -> None:
    with site() as found:
        body = {"error": word, "error_description": "client-1:s3cret-value was not taken"}
        found.server.token_script = [Answer(body, status=status)]
        with pytest.raises(AuthError, match=word) as caught:
            read(found)
        assert len(found.server.token_requests) == 1
        assert found.server.seen == []
    assert caught.value.code == "AUT-01"
    assert "was not taken" not in repr(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"client-1:s3cret-value", status=503),
        Answer(b"<html>s3cret-value</html>"),
        Answer({"token_type": "Bearer"}),
        Answer({"access_token": ""}),
        Answer([]),
        Answer(status=408),
        Answer(drop=True),
        Answer(token("token-1").content, keep=20),
        Answer(status=302, headers={"Location": "/elsewhere"}),
    ],
)
def test_no_token_now_is_tried_again_and_nothing_is_quoted(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with site() as found:
        found.server.token_script = [answer, token("token-1")]
        found.server.script = [Answer(listing())]
        read(found)
        found.clock.pass_time(4000)
        found.server.token_script = [answer]
        with pytest.raises(TransientError) as caught:
            read(found)
    assert not caught.value.was_sent
    assert "s3cret" not in repr(caught.value) + str(caught.value) + caplog.text


def test_threads_share_one_request_and_its_failure() -> None:
    def slow(answer: Answer) -> Any:
        def give(_: Seen) -> Answer:
            time.sleep(0.3)
            return answer

        return give

    def run(found: Site) -> list[Exception | None]:
        results: list[Exception | None] = []

        def one() -> None:
            try:
                read(found)
            except AuthError as error:
                results.append(error)
            else:
                results.append(None)

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        return results

    with site() as found:
        found.server.script = [Answer(listing())]
        found.server.token_script = [slow(token("token-1"))]
        assert run(found) == [None] * 4
        assert len(found.server.token_requests) == 1
    with site() as found:
        found.server.token_script = [slow(Answer({"error": "invalid_client"}, status=401))]
        assert all(isinstance(result, AuthError) for result in run(found))
        assert len(found.server.token_requests) == 1


def test_token_and_secret_are_registered_for_redaction() -> None:
    with site() as found:
        found.server.script = [Answer(listing())]
        read(found)
        basic = base64.b64encode(b"client-1:s3cret-value").decode()
        shown = found.register.redact(f"token-1 s3cret-value {basic}")
    assert shown == "removed removed removed"


@pytest.mark.parametrize("auth", ["client_credentials", "static_tokens"])
def test_a_secret_that_is_not_set(auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.contract.avidxchange_server.SECRETS", {})
    with site(auth=auth) as found:
        with pytest.raises(AuthError, match=r"The secret avidxchange\.\w+ is not set") as caught:
            read(found)
        assert caught.value.code == "AUT-01"
        assert found.server.token_requests == found.server.seen == []


def test_static_tokens_travel_as_headers_and_a_401_is_final() -> None:
    with site(auth="static_tokens") as found:
        found.server.script = [Answer(listing())]
        read(found)
        headers = found.server.seen[0].headers
        assert headers["x-company-token"] == "1f6f0c0e"
        assert headers["x-user-token"] == "8b1d2a77"
        assert headers["x-company-id"] == "C-1001"
        assert "authorization" not in headers
        found.server.script = [Answer(SHAPES_OF_401[1], status=401)]
        with pytest.raises(AuthError) as caught:
            read(found)
        assert caught.value.code == "AUT-01"
        assert len(found.server.seen) == 2
        assert found.server.token_requests == []
    with site(auth="static_tokens", company_id="") as found:
        found.server.script = [Answer(listing())]
        read(found)
        assert "x-company-id" not in found.server.seen[0].headers
