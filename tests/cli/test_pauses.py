"""The pause of a side that refused us: kept in the store, ended by what a person does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core import pauses
from core.app import Opening, opened
from core.clients import connect, tools_of
from core.clock import SystemClock
from core.config import parse
from core.credentials import Credentials
from core.engine.work import Tools
from core.errors import AuthError, Stopped
from core.ports import NotDone
from core.settings import Settings
from core.store import values
from core.store.sqlite import Store
from core.vault import FixedKey, Vault

SETTINGS = """
[workspace]
start_date = 2026-01-01
ceiling = { USD = 500 }
[x3]
base_url = "http://127.0.0.1:1"
endpoint = "PROD"
username = "WS"
write = "none"
[avidxchange]
base_url = "http://127.0.0.1:1"
token_url = "http://127.0.0.1:1/token"
client_id = "c"
company_id = "C-1"
"""
REFUSED = {"code": "AUT-01", "system": "x3", "count": 1, "text": "X3 refused the sign-in."}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path, version="1", clock=SystemClock(), is_sandbox=False)
    yield made
    made.close_thread()


@pytest.fixture
def settings() -> Settings:
    return parse(SETTINGS)


def tools(store: Store, settings: Settings) -> Tools:
    clock = SystemClock()
    credentials = Credentials(store, Vault(FixedKey()))
    clients = connect(settings, store.directory, credentials, clock)
    return tools_of(clients, settings, store, clock, FixedKey().create)


def is_paused(made: Tools, settings: Settings) -> bool:
    return pauses.guarded(made, settings) is not made


def report(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"errors": list(errors)}


def test_a_paused_side_gives_the_same_error_and_sends_nothing(
    store: Store, settings: Settings
) -> None:
    pauses.note(store, report(REFUSED), settings)
    guarded = pauses.guarded(tools(store, settings), settings)
    with pytest.raises(AuthError, match="refused the sign-in"):
        guarded.reader.first_page("company")
    outcome = guarded.writer.send_payment(b"<x/>")
    assert isinstance(outcome, NotDone)
    assert (outcome.kind, outcome.error.code) == ("auth", "AUT-01")
    assert guarded.reader.change_kind("invoice") == "datetime"
    assert type(guarded.ap).__name__ == "AvidClient"


@pytest.mark.parametrize("code", ["NET-01", "RAT-01", "TLS-01"])
def test_other_errors_pause_nothing(store: Store, settings: Settings, code: str) -> None:
    pauses.note(store, report(REFUSED | {"code": code}), settings)
    assert not is_paused(tools(store, settings), settings)


def test_a_pause_ends_when_it_is_lifted_or_the_side_is_set_up_anew(
    store: Store, settings: Settings
) -> None:
    made = tools(store, settings)
    pauses.note(store, report(REFUSED), settings)
    other = parse(SETTINGS.replace('"WS"', '"WS2"'))
    assert not is_paused(made, other)
    assert is_paused(made, settings)
    first = values.setting(store, "paused.x3")
    pauses.note(store, report(REFUSED), settings)
    assert values.setting(store, "paused.x3") == first
    pauses.lift(store, ("avidxchange",))
    assert is_paused(made, settings)
    pauses.lift(store)
    assert not is_paused(made, settings)


def test_settings_and_profiles_become_policy_and_times(store: Store, settings: Settings) -> None:
    made = tools(store, settings)
    assert made.policy.writes_to_erp is False
    assert made.policy.ceiling_of("USD") == 500
    assert made.policy.ceiling_of("CAD") == 0
    assert made.policy.bank_of("US10") == "USBNK"
    assert made.policy.gl_group == "Accounting Codes"
    assert made.policy.limits.lines == 500
    assert made.config.mode == "preview"
    assert list(made.config.invoice_lookup_s) == [2, 10, 30, 120]
    assert list(made.config.payment_lookup_s) == [60, 180]
    assert made.config.window_max_days == 30


def test_a_clock_that_was_stopped_ends_every_wait() -> None:
    clock = SystemClock()
    clock.wait(0)
    assert clock.now().tzinfo is UTC
    assert abs((datetime.now(UTC) - clock.now()).total_seconds()) < 5
    clock.stop()
    with pytest.raises(Stopped):
        clock.wait(60)


def test_lists_can_be_had_by_an_opened_facade(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    with opened(Opening(tmp_path)) as facade:
        assert list(facade.invoices()) == list(facade.payments()) == list(facade.runs()) == []
        assert facade.status()["workspace"] == "ACME US"
