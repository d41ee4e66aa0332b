"""The connected application: what its tokens say, and when they are renewed (sage-x3.md 4.2)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from core.errors import AuthError, ConfigError
from core.redaction import SecretRegister
from core.x3.connected_app import ConnectedAppAuth, secret_hint
from tests.contract.x3_site import Heard, Said, Site, desk_at, page, running_site

SECRET = "a secret of the connected app, 40 signs!"
AUDIENCE = "https://x3.acme.example:8124/Auth"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def app(
    watch: Watch, *, username: str = "AVIDWS", secrets: list[str] | None = None
) -> tuple[ConnectedAppAuth, SecretRegister]:
    register = SecretRegister()
    held = secrets or [SECRET]
    auth = ConnectedAppAuth(
        "APP-1", AUDIENCE, username, lambda: held[0], register=register, now=watch
    )
    return auth, register


def claims(header: str, secret: str = SECRET) -> dict[str, Any]:
    kind, token = header.split(" ")
    assert kind == "Bearer"
    found: dict[str, Any] = jwt.decode(
        token, secret, algorithms=["HS256"], audience=AUDIENCE,
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    return found


def test_the_token_holds_what_the_contract_says_and_nothing_else(watch: Watch) -> None:
    auth, register = app(watch)
    header = auth.header()
    assert jwt.get_unverified_header(header.split()[1]) == {"alg": "HS256", "typ": "JWT"}
    said = claims(header)
    assert len(said.pop("jti")) == 36
    now = int(START.timestamp())
    assert said == {
        "iss": "APP-1", "sub": "AVIDWS", "aud": AUDIENCE, "iat": now - 5, "exp": now + 55,
    }  # fmt: skip
    assert register.redact(f"sent {header}") == "sent Bearer removed"


def test_without_a_user_the_token_names_none(watch: Watch) -> None:
    auth, _ = app(watch, username="")
    assert "sub" not in claims(auth.header())


def test_a_token_serves_until_less_than_20_seconds_are_left(watch: Watch) -> None:
    auth, _ = app(watch)
    first = auth.header()
    watch.move(35)
    assert auth.header() == first
    watch.move(0.5)
    second = auth.header()
    assert second != first
    assert claims(second)["exp"] == int(START.timestamp()) + 35 + 55


@pytest.mark.parametrize("ahead", [-600, 600])
def test_the_clock_is_the_servers(watch: Watch, ahead: int) -> None:
    auth, _ = app(watch)
    first = auth.header()
    auth.note_server_time(START + timedelta(seconds=ahead))
    assert auth.renew(first)
    assert claims(auth.header())["iat"] == int(START.timestamp()) + ahead - 5


def test_two_tokens_of_one_second_differ(watch: Watch) -> None:
    auth, _ = app(watch)
    first = auth.header()
    assert auth.renew(first)
    assert auth.header() != first


def test_two_refusals_are_final_until_the_secret_is_another(watch: Watch) -> None:
    secrets = [SECRET]
    auth, _ = app(watch, secrets=secrets)
    first = auth.header()
    assert auth.renew(first)
    second = auth.header()
    assert auth.renew(first), "a request that was under way with the old token tries the new one"
    assert not auth.renew(second)
    with pytest.raises(AuthError) as refused:
        auth.header()
    assert (refused.value.code, refused.value.was_sent) == ("AUT-01", False)
    secrets[0] = SECRET[::-1]
    assert claims(auth.header(), SECRET[::-1])


def test_a_refusal_long_after_a_good_renewal_is_renewed_again(watch: Watch) -> None:
    auth, _ = app(watch)
    assert auth.renew(auth.header())
    auth.header()
    watch.move(60)
    assert auth.renew(auth.header())


def test_a_short_secret_signs_without_a_warning_and_is_told(watch: Watch) -> None:
    auth, _ = app(watch, secrets=["short"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        header = auth.header()
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        assert claims(header, "short")["iss"] == "APP-1"
    assert "5 bytes" in secret_hint("short")
    assert secret_hint(SECRET) == ""


def test_a_key_file_for_a_secret_is_a_setting_that_is_wrong(watch: Watch) -> None:
    pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"
    auth, _ = app(watch, secrets=[pem])
    with pytest.raises(ConfigError) as wrong:
        auth.header()
    assert (wrong.value.code, wrong.value.detail) == ("CFG-01", "x3.client_secret")
    assert "MIIB" not in str(wrong.value)


def test_a_request_is_signed_anew_once_after_a_refusal(site: Site, watch: Watch) -> None:
    refused = Said(b"Error 50: Invalid token", status=401, kind="text/plain")
    site.say(refused, Said(page()))
    auth, _ = app(watch)
    desk = desk_at(site.base_url, auth=auth)
    assert not desk.client.reader.first_page("site").rows
    sent = [heard.headers["Authorization"] for heard in site.heard]
    assert len(set(sent)) == len(sent) == 2
    seconds = int(datetime(2026, 11, 25, 15, tzinfo=UTC).timestamp())
    assert claims(sent[1])["iat"] == seconds - 5, "by the Date of the refusal"


@pytest.mark.parametrize("number", [41, 42, 45, 50])
def test_a_refusal_that_stays_is_told_with_x3s_words(site: Site, watch: Watch, number: int) -> None:
    def respond(_: Heard) -> Said:
        return Said(f"Error {number}: Invalid token".encode(), status=401, kind="text/plain")

    site.respond = respond
    auth, _ = app(watch)
    desk = desk_at(site.base_url, auth=auth)
    with pytest.raises(AuthError) as refused:
        desk.client.reader.first_page("site")
    assert refused.value.code == "AUT-01"
    assert f"Error {number}: Invalid token" in refused.value.why
    assert len(site.heard) == 2
    with pytest.raises(AuthError):
        desk.client.reader.first_page("site")
    with pytest.raises(AuthError):
        desk.client.reader.first_page("site")
    assert len(site.heard) <= 3
