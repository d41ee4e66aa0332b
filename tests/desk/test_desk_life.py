"""The engine of a desk: runs, notices, cancelling, closing, settings that are not whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core import app
from core.desk import Desk
from core.desk_lists import Query
from core.errors import ConfigError, Stopped
from core.facade import SyncOrder
from tests.desk.conftest import Heard

_ALL = Query()
pytestmark = pytest.mark.timeout(120)


def until(is_true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_run_tells_what_changed_and_how_far_it_is(fresh: Desk) -> None:
    heard = Heard()
    unsubscribe = fresh.subscribe(heard)
    fresh.open()
    assert fresh.health().environment == "demo"
    assert fresh.health().next_run == ""
    future = fresh.sync_now(SyncOrder(preview=True))
    assert fresh.sync_now(SyncOrder(preview=True)) is future
    phases = set()
    while not future.done():
        view = fresh.progress()
        if view is not None:
            phases.add(view.phase)
            assert view.left_s is None or view.elapsed_s >= 5
        time.sleep(0.02)
    result = future.result()
    assert result.report["planned"] > 0
    assert result.report["sent"] == 0
    assert any(phase.startswith("Reading Sage X3") for phase in phases)
    until(lambda: not fresh.is_running)
    assert fresh.progress() is None
    topics = {topic for topic, _ in heard.topics}
    assert {"invoices", "review", "runs", "audit", "mappings", "health", "progress"} <= topics
    assert heard.threads <= {"engine", "conductor", "MainThread"}
    versions = [version for topic, version in heard.topics if topic == "runs"]
    assert versions == sorted(set(versions))
    unsubscribe()
    count = len(heard.topics)
    fresh.pause(1)
    assert len(heard.topics) == count
    health = fresh.health()
    assert health.side("x3").state == "ok"
    assert health.next_run == "", "a preview alone starts no schedule"
    assert health.last_run is not None
    assert "nothing written" in health.last_run["text"]


def test_a_plan_that_was_seen_is_applied_and_the_schedule_begins(fresh: Desk) -> None:
    fresh.open()
    planned = fresh.sync_now(SyncOrder(preview=True)).result(50).report
    applied = fresh.sync_now(SyncOrder(plan=planned["plan_hash"])).result(50).report
    assert 0 < applied["sent"] <= planned["planned"]
    until(lambda: fresh.health().next_run)
    fresh.pause(600)
    until(lambda: fresh.health().paused_until)
    until(lambda: fresh.health().next_run == fresh.health().paused_until)
    fresh.pause(0)
    until(lambda: not fresh.health().paused_until)
    assert fresh.health().next_run


def test_cancelling_ends_the_run_and_the_next_one_goes_on(fresh: Desk) -> None:
    fresh.open()
    future = fresh.sync_now(SyncOrder())
    until(lambda: fresh.progress() is not None and fresh.source("invoices").count(_ALL) > 0)
    began = time.monotonic()
    fresh.cancel_run()
    first = future.result(10)
    assert time.monotonic() - began < 5
    second = fresh.sync_now(SyncOrder()).result(50)
    assert second.report["run"] == first.report["run"] + 1
    assert second.report["sent"] > 0
    assert second.report["in_doubt"] == 0


def test_closing_in_the_middle_takes_less_than_three_seconds(fresh: Desk) -> None:
    fresh.open()
    future = fresh.sync_now(SyncOrder())
    until(lambda: fresh.progress() is not None and fresh.source("invoices").count(_ALL) > 0)
    began = time.monotonic()
    assert fresh.close()
    assert time.monotonic() - began < 3
    with pytest.raises(Stopped):
        future.result(1)
    with pytest.raises(ConfigError, match="closing"):
        fresh.sync_now(SyncOrder())
    fresh.open()
    assert fresh.sync_now(SyncOrder()).result(50).report["sent"] > 0


def test_an_unknown_plan_and_a_missing_secret_ask_nothing(fresh: Desk) -> None:
    fresh.open()
    with pytest.raises(ConfigError, match="No stored plan"):
        fresh.sync_now(SyncOrder(plan="0" * 64)).result(20)
    fresh.forget_secret("x3.password")
    with pytest.raises(ConfigError, match=r"x3\.password"):
        fresh.sync_now(SyncOrder()).result(20)
    until(lambda: not fresh.is_running)
    assert fresh.health().last_run is None
    assert [check.ok for check in fresh.test_side("x3")] == [False]


def test_a_desk_opens_without_settings_and_becomes_whole(tmp_path: Path) -> None:
    with app.desk(app.Opening(tmp_path / "new")) as desk:
        desk.open()
        health = desk.health()
        assert health.environment == "preview"
        until(lambda: desk.health().problem)
        assert {side.state for side in desk.health().sides} == {"not_checked"}
        with pytest.raises(ConfigError):
            desk.sync_now(SyncOrder()).result(10)
        desk.save_settings(
            {
                "workspace.start_date": "2026-01-01",
                "x3.base_url": "http://127.0.0.1:1",
                "x3.endpoint": "PROD",
                "x3.username": "WS",
                "avidxchange.base_url": "http://127.0.0.1:1",
                "avidxchange.token_url": "http://127.0.0.1:1/token",
                "avidxchange.client_id": "c",
                "avidxchange.company_id": "C-1",
            }
        )
        until(lambda: not desk.health().problem)
        assert desk.health().workspace == "ACME US"
        assert desk.settings.x3.endpoint == "PROD"


def test_two_windows_never_have_one_workspace(fresh: Desk) -> None:
    order = app.Opening(fresh.directory, is_sandbox=True)
    with pytest.raises(ConfigError, match="works on this workspace"), app.desk(order):
        raise AssertionError
