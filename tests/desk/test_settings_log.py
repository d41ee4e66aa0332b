"""Every change of a setting stands in the log, also one made with another program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core import config, settings_log
from core.store import history, tables, values
from core.store.sqlite import Store
from tests.campaigns.reconciling import SETTINGS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(
        tmp_path / "data",
        version="1",
        clock=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        is_sandbox=False,
    )
    yield made
    made.close_thread()


def told(store: Store) -> list[tuple[Any, ...]]:
    names = ("actor", "action", "object", "before", "after")
    return [tuple(row[name] for name in names) for row in history.stream(store)]


def test_the_first_look_keeps_all_and_each_change_one_row(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    assert settings_log.note(store, config.load(file), "anna") > 30
    (first,) = told(store)
    assert first[:3] == ("anna", "settings noted", "settings.toml")
    assert json.loads(first[4])["workspace.audit_years"] == 7
    assert settings_log.note(store, config.load(file), "anna") == 0
    text = SETTINGS.replace("[workspace]", "[workspace]\nceiling = { USD = 5000 }\naudit_years = 9")
    file.write_text(text, encoding="utf-8")
    assert settings_log.note(store, config.load(file), "bert") == 2
    assert told(store)[1:] == [
        ("bert", "setting changed", "workspace.audit_years", "7", "9"),
        ("bert", "setting changed", "workspace.ceiling", "0", '{"USD":"5000"}'),
    ]


def test_the_simulated_systems_addresses_are_not_noted(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    with store.write():
        values.put_setting(store, "sandbox", "1")
    assert settings_log.note(store, config.load(file), "anna") == 0
    assert store.rows(tables.Audit.select()) == []


def test_a_start_behind_no_stop_says_so(store: Store) -> None:
    assert history.was_stopped(store)
    with store.write():
        history.append(store, history.Entry("engine", "started", "engine"))
    assert not history.was_stopped(store)
    with store.write():
        history.append(store, history.Entry("engine", "stopped", "engine"))
        history.append(store, history.Entry("engine", "state", "N1"))
    assert history.was_stopped(store)
