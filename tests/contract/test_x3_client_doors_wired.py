"""Which sign-in and which way of reading the settings choose, and what they must hold for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import clients, pauses
from core.clock import SystemClock
from core.config import check, parse
from core.credentials import Credentials, names_needed
from core.errors import ConfigError
from core.settings import Settings
from core.store import values
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from core.x3.api1 import Api1Reader
from core.x3.auth import BasicAuth
from core.x3.connected_app import ConnectedAppAuth
from core.x3.graphql import GraphqlReader
from core.x3.oauth2 import OAuth2Auth
from tests.contract.gateway_site import pair_of

KINDS = {
    "basic": 'username = "WS"',
    "connected_app": 'client_id = "APP-1"\naudience = "https://x3.example"',
    "oauth2": 'client_id = "APP-1"\ntoken_url = "https://id.example/token"',
}


def text_of(auth: str, more: str = "", *, own: str | None = None) -> str:
    return f"""
[workspace]
start_date = 2026-01-01
[x3]
base_url = "https://x3.example"
endpoint = "PROD"
auth = "{auth}"
{KINDS[auth] if own is None else own}
{more}
[avidxchange]
base_url = "http://127.0.0.1:1"
token_url = "http://127.0.0.1:1/token"
client_id = "c"
company_id = "C-1"
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path, version="1", clock=SystemClock(), is_sandbox=False)
    yield made
    made.close_thread()


def connected(store: Store, settings: Settings) -> clients.Clients:
    credentials = Credentials(store, Vault(FixedKey()))
    return clients.connect(settings, store.directory, credentials, SystemClock())


@pytest.mark.parametrize(
    ("auth", "kind", "secrets"),
    [
        ("basic", BasicAuth, ("x3.password",)),
        ("connected_app", ConnectedAppAuth, ("x3.client_secret",)),
        ("oauth2", OAuth2Auth, ("x3.client_secret", "x3.refresh_token")),
    ],
)
def test_the_settings_choose_the_sign_in(
    store: Store, auth: str, kind: type, secrets: tuple[str, ...]
) -> None:
    settings = parse(text_of(auth))
    made = connected(store, settings)
    try:
        assert type(made.x3.wire._auth) is kind
    finally:
        made.close()
    assert names_needed(settings) == (*secrets, "avidxchange.client_secret")


@pytest.mark.parametrize(("read", "kind"), [("api1", Api1Reader), ("graphql", GraphqlReader)])
def test_the_settings_choose_the_way_of_reading(store: Store, read: str, kind: type) -> None:
    made = connected(store, parse(text_of("basic", f'read = "{read}"')))
    try:
        assert type(made.x3.reader) is kind
    finally:
        made.close()


def test_the_block_that_a_check_has_found_is_written_to(store: Store) -> None:
    with store.write():
        values.put_setting(store, "x3.invoice_group", "BIS9_9")
    made = connected(store, parse(text_of("basic")))
    try:
        body = made.x3.encoder.approval_unposted("BI-1", 3, "", second=False)
    finally:
        made.close()
    assert b"BIS9_9" in body


@pytest.mark.parametrize(
    ("auth", "own", "missing"),
    [
        ("basic", 'client_id = "APP-1"', {"x3.username"}),
        ("connected_app", 'username = "WS"', {"x3.client_id", "x3.audience"}),
        ("oauth2", 'username = "WS"', {"x3.client_id", "x3.token_url"}),
    ],
)
def test_what_a_sign_in_needs_is_named(auth: str, own: str, missing: set[str]) -> None:
    assert {problem.key for problem in check(text_of(auth, own=own))} == missing


def test_a_lifted_pause_lets_a_refused_client_try_again(store: Store) -> None:
    settings = parse(text_of("oauth2"))
    tokens = Credentials(store, Vault(FixedKey())).tokens(clients.token_client(settings))
    tokens.save(pair_of("refresh-1"))
    tokens.refuse(ConfigError("CFG-01", "Not this client.", "x3"))
    pauses.lift(store, ("avidxchange",))
    assert tokens.read().refusal is not None
    pauses.lift(store)
    assert tokens.read().refusal is None
