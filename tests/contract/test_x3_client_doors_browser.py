"""The sign-in in the browser: what is opened, what is taken, and what is refused (4.3, point 1)."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from core.clock import SystemClock
from core.config import parse
from core.credentials import Credentials
from core.desk_sign_in import SignIn
from core.errors import AppError, AuthError, ConfigError
from core.gateway_sign_in import GatewaySignIn
from core.redaction import REGISTER, SecretRegister
from core.store import history
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from core.x3.browser_sign_in import AuthorizePage, BrowserSignIn
from tests.contract.gateway_site import CLIENT, SECRET, TOKEN_PATH, Gateway, running_gateway

PAGE = AuthorizePage("https://id.example/authorize?a=b", "APP-1", "one two", "https://x3.example")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    """What a browser is answered."""
    body = None if form is None else urlencode(form).encode()
    try:
        with _DIRECT.open(url, body, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
def browser() -> Iterator[BrowserSignIn]:
    made = BrowserSignIn(PAGE, SecretRegister())
    yield made
    made.close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path, version="1", clock=SystemClock(), is_sandbox=False)
    yield made
    made.close_thread()


def test_the_page_is_asked_for_with_state_and_challenge(browser: BrowserSignIn) -> None:
    parts = urlsplit(browser.address)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "id.example", "/authorize")
    found = asked(browser.address)
    digest = hashlib.sha256(browser.verifier.encode()).digest()
    assert found.pop("code_challenge") == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(base64.urlsafe_b64decode(found.pop("state") + "=")) == 32
    assert found == {
        "a": "b",
        "client_id": "APP-1",
        "scope": "one two",
        "customer": "https://x3.example",
        "redirect_uri": browser.redirect_uri,
        "response_type": "code",
        "code_challenge_method": "S256",
    }
    assert urlsplit(browser.redirect_uri).hostname == "127.0.0.1"


@pytest.mark.parametrize("name", ["authorizationCode", "code"])
@pytest.mark.parametrize("is_post", [True, False])
def test_one_callback_is_taken_as_query_or_form(
    browser: BrowserSignIn, name: str, *, is_post: bool
) -> None:
    members = {name: "the code", "state": asked(browser.address)["state"],
               "endpoint": "https://eu.id.example"}  # fmt: skip
    query = "" if is_post else f"?{urlencode(members)}"
    status, page = call(browser.redirect_uri + query, members if is_post else None)
    assert status == 200
    assert "You can close this window." in page
    callback = browser.wait(1, time.sleep)
    assert (callback.code, callback.root) == ("the code", "https://eu.id.example")
    assert "the code" not in repr(callback)
    call(f"{browser.redirect_uri}?{urlencode(members | {name: 'a later one'})}")
    assert browser.wait(1, time.sleep).code == "the code"


@pytest.mark.parametrize("state", ["", "wrong", "\u00e9"])
def test_a_wrong_state_is_refused_and_the_wait_goes_on(browser: BrowserSignIn, state: str) -> None:
    status, page = call(f"{browser.redirect_uri}?{urlencode({'code': 'x', 'state': state})}")
    assert status == 400
    assert "not the sign-in" in page
    assert call(f"{browser.redirect_uri}?code=x")[0] == 400
    with pytest.raises(AuthError) as late:
        browser.wait(0.1, time.sleep)
    assert "Nobody signed in" in late.value.why


def test_other_paths_and_large_forms_are_refused(browser: BrowserSignIn) -> None:
    root = browser.redirect_uri.removesuffix("/callback")
    assert call(f"{root}/favicon.ico")[0] == 404
    state = asked(browser.address)["state"]
    assert call(browser.redirect_uri, {"state": state, "code": "x" * 70_000})[0] == 400


def test_a_silent_connection_holds_nobody_up(browser: BrowserSignIn) -> None:
    import socket

    parts = urlsplit(browser.redirect_uri)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0))):
        state = asked(browser.address)["state"]
        assert call(f"{browser.redirect_uri}?{urlencode({'code': 'x', 'state': state})}")[0] == 200


def test_a_person_who_was_not_let_in_is_told(browser: BrowserSignIn) -> None:
    state = asked(browser.address)["state"]
    call(f"{browser.redirect_uri}?{urlencode({'error': 'access_denied<', 'state': state})}")
    with pytest.raises(AuthError) as refused:
        browser.wait(1, time.sleep)
    assert "(access_denied)" in refused.value.why


def test_a_code_may_be_pasted_alone_or_as_the_whole_address(browser: BrowserSignIn) -> None:
    for text in ("", "  ", "two words", "https://id.example/?code=x", "code=x&state=wrong"):
        with pytest.raises(ConfigError):
            browser.paste(text)
    state = asked(browser.address)["state"]
    browser.paste(f" http://127.0.0.1:9/callback?code=abc%3D%3D&state={state} ")
    assert browser.wait(1, time.sleep).code == "abc=="


def test_a_code_with_equal_signs_may_be_pasted(browser: BrowserSignIn) -> None:
    browser.paste("YWJj==\n")
    assert browser.wait(1, time.sleep).code == "YWJj=="


# From the page to the tokens


def settings_for(gateway: Gateway, more: str = "") -> Any:
    base = gateway.site.base_url
    return parse(f"""
[workspace]
start_date = 2026-01-01
[x3]
base_url = "{base}"
endpoint = "PROD"
auth = "oauth2"
client_id = "{CLIENT}"
authorize_url = "{base}/oauth/authorize"
token_url = "{base}{TOKEN_PATH}"
{more}
[avidxchange]
base_url = "http://127.0.0.1:1"
token_url = "http://127.0.0.1:1/token"
client_id = "c"
company_id = "C-1"
""")


def flow_in(store: Store, gateway: Gateway) -> GatewaySignIn:
    credentials = Credentials(store, Vault(FixedKey()))
    credentials.set("x3.client_secret", SECRET, actor="Ann")
    return GatewaySignIn(settings_for(gateway), store.directory, credentials)


def allowing(gateway: Gateway, **more: str) -> Callable[[str], None]:
    """A browser in which the person allows it at once."""

    def open_browser(address: str) -> None:
        found = asked(address)
        gateway.codes["code-1"] = found["redirect_uri"]
        members = {"authorizationCode": "code-1", "state": found["state"], **more}
        threading.Thread(
            target=call, args=(f"{found['redirect_uri']}?{urlencode(members)}",)
        ).start()

    return open_browser


def _nothing() -> None:
    pass


def begin(flow: GatewaySignIn, store: Store, open_browser: Callable[[str], object]) -> SignIn:
    return SignIn(flow, store, open_browser, actor="Ann", on_done=_nothing)


def test_a_sign_in_keeps_its_tokens(store: Store, gateway: Gateway) -> None:
    root = f"{gateway.site.base_url}/eu"
    signing = begin(flow_in(store, gateway), store, allowing(gateway, endpoint=root))
    assert signing.join(10)
    assert (signing.state, signing.error) == ("done", None)
    (form,) = gateway.forms
    verifier = form.pop("code_verifier")
    assert REGISTER.redact(verifier) == "removed"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
    assert asked(signing.address)["code_challenge"] == challenge.rstrip("=")
    assert form == {
        "grant_type": "authorization_code",
        "code": "code-1",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uri": asked(signing.address)["redirect_uri"],
    }
    assert gateway.site.heard[0].path == f"/eu{TOKEN_PATH}"
    credentials = Credentials(store, Vault(FixedKey()))
    assert credentials.value("x3.refresh_token") == "refresh-1"
    client = f"{gateway.site.base_url}{TOKEN_PATH} {CLIENT}"
    pair = credentials.tokens(client).read().pair
    assert pair is not None
    assert (pair.access, pair.root) == ("access-1", root)
    assert [row["actor"] for row in history.stream(store) if row["action"] == "signed in"] == [
        "Ann"
    ]


def test_a_code_that_is_refused_is_told_and_keeps_nothing(store: Store, gateway: Gateway) -> None:
    flow = flow_in(store, gateway)
    signing = begin(flow, store, lambda _: flow.paste("code-of-nobody"))
    assert signing.join(10)
    assert signing.state == "failed"
    assert isinstance(signing.error, AppError)
    assert signing.error.code == "AUT-02"
    assert len(gateway.forms) == 1
    assert "x3.refresh_token" not in {
        row["name"] for row in Credentials(store, Vault(FixedKey())).listed() if row["set"]
    }


def test_a_root_of_another_domain_gets_no_secret(store: Store, gateway: Gateway) -> None:
    browser = allowing(gateway, endpoint="https://evil.example")
    signing = begin(flow_in(store, gateway), store, browser)
    assert signing.join(10)
    assert isinstance(signing.error, ConfigError)
    assert gateway.forms == []


def test_a_sign_in_can_be_given_up(store: Store, gateway: Gateway) -> None:
    signing = begin(flow_in(store, gateway), store, lambda _: None)
    states = [str(signing.state)]
    signing.cancel()
    assert signing.join(5)
    states.append(str(signing.state))
    assert states == ["waiting", "cancelled"]
    redirect = asked(signing.address)["redirect_uri"]
    with pytest.raises(urllib.error.URLError):
        call(redirect)


def test_a_browser_that_fails_is_told(store: Store, gateway: Gateway) -> None:
    def broken(_: str) -> None:
        raise OSError("no display at " + SECRET)

    signing = begin(flow_in(store, gateway), store, broken)
    assert signing.join(5)
    assert signing.state == "failed"
    assert SECRET not in str(signing.error)


def test_the_wait_has_an_end(store: Store, gateway: Gateway) -> None:
    flow = flow_in(store, gateway)
    try:
        with pytest.raises(AuthError) as late:
            flow.run(lambda _: None, actor="Ann", timeout_s=0.3)
    finally:
        flow.close()
    assert (late.value.code, late.value.title) == ("AUT-02", "The sign-in was not finished")


def test_what_is_missing_is_told_before_a_browser_opens(store: Store, gateway: Gateway) -> None:
    credentials = Credentials(store, Vault(FixedKey()))
    settings = settings_for(gateway)
    with pytest.raises(ConfigError) as missing:
        GatewaySignIn(settings, store.directory, credentials)
    assert missing.value.detail == "x3.client_secret"
    credentials.set("x3.client_secret", SECRET, actor="Ann")
    plain = settings.model_copy(update={"x3": settings.x3.model_copy(update={"auth": "basic"})})
    with pytest.raises(ConfigError) as other:
        GatewaySignIn(plain, store.directory, credentials)
    assert other.value.detail == "x3.auth"
    bare = settings.x3.model_copy(update={"authorize_url": ""})
    with pytest.raises(ConfigError) as nowhere:
        GatewaySignIn(settings.model_copy(update={"x3": bare}), store.directory, credentials)
    assert nowhere.value.detail == "x3.authorize_url"
