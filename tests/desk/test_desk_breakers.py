"""A side that rests is tried again when its rest is over, not at the next poll."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.desk import Desk
from core.domain.canonical import parse_instant
from core.facade import SyncOrder

pytestmark = pytest.mark.timeout(120)
_ASKED_S = 200  # too long to be waited for in a run


def _until(is_true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


def _left(desk: Desk) -> timedelta:
    """How long it is until the next run of the schedule."""
    _until(lambda: not desk.is_running and desk.health().next_run)
    return parse_instant(desk.health().next_run) - datetime.now(UTC)


def _throttle(desk: Desk) -> None:
    """Let AvidXchange ask everybody to wait."""
    assert desk.settings is not None
    fault = {"system": "avid", "operation": "*", "kind": "throttled", "args": {"seconds": _ASKED_S}}
    url = f"{desk.settings.x3.base_url}/_sandbox/faults"
    request = urllib.request.Request(url, json.dumps([fault]).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20):
        pass


def test_the_schedule_comes_when_a_side_has_rested(fresh: Desk) -> None:
    fresh.open()
    assert fresh.sync_now(SyncOrder()).result(50).exit_status == 3
    assert timedelta(minutes=13) < _left(fresh) < timedelta(minutes=17)
    _throttle(fresh)
    assert fresh.sync_now(SyncOrder()).result(50).exit_status == 4
    _until(lambda: _left(fresh) < timedelta(minutes=5))
    assert timedelta(seconds=_ASKED_S * 0.8) < _left(fresh) < timedelta(seconds=_ASKED_S * 1.15)
    assert fresh.health().side("x3").state == "ok"
    assert fresh.health().side("avidxchange").code == "RAT-01"
