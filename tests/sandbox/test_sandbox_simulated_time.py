"""What simulations need of the state: a clock that is held, a history, and a way back."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.sandbox import server
from core.sandbox.state import State

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def state() -> Iterator[State]:
    """A state in memory whose clock stands at noon."""
    made = State(None)
    made.hold_clock(NOON)
    yield made
    made.close()


def test_a_held_clock_stands_still_until_it_is_moved(state: State) -> None:
    assert state.is_clock_held
    assert state.now() == state.now() == NOON
    state.shift_clock(90)
    assert state.now() == NOON + timedelta(seconds=90)


def test_work_that_was_put_off_is_done_in_order_at_its_own_instant(state: State) -> None:
    done: list[tuple[str, datetime]] = []
    state.put_off(60, lambda: done.append(("later", state.now())))
    state.put_off(10, lambda: done.append(("soon", state.now())))
    state.put_off(999, lambda: done.append(("never", state.now())))
    state.shift_clock(5)
    assert done == []
    state.shift_clock(95)
    assert [name for name, _ in done] == ["soon", "later"]
    assert [at for _, at in done] == [NOON + timedelta(seconds=10), NOON + timedelta(seconds=60)]
    assert state.now() == NOON + timedelta(seconds=100)


def test_the_history_tells_what_each_commit_changed_and_why(state: State) -> None:
    state.table("x3:A").put("1", {"n": 1})
    state.commit()
    state.chronicle.begin()
    row = {"n": 2}
    state.chronicle.caused_by("x3.change")
    state.table("x3:A").put("1", row)
    state.table("x3:B").put("7", {"n": 7})
    state.commit()
    row["n"] = 3  # what happens later changes no entry
    state.table("x3:A").delete("1")
    state.commit()
    told = [
        (e["sequence"], e["cause"], e["table"], e["key"], e["row"])
        for e in state.chronicle.since(0)
    ]
    assert told == [
        (1, "x3.change", "x3:A", "1", {"n": 2}),
        (2, "x3.change", "x3:B", "7", {"n": 7}),
        (3, "", "x3:A", "1", None),
    ]
    assert [entry["sequence"] for entry in state.chronicle.since(2)] == [3]


def test_a_reset_takes_everything_back_in_memory_and_in_the_file(tmp_path: Path) -> None:
    state = State(tmp_path / "sandbox.db")
    state.hold_clock(NOON)
    state.table("x3:A").put("1", {"n": 1})
    state.set_value("name", "before")
    assert state.next("number") == 1
    state.commit()
    clean = state.snapshot()
    state.table("x3:A").put("1", {"n": 2})
    state.table("x3:A").put("2", {"n": 2})
    state.table("x3:B").put("3", {"n": 3})
    state.set_value("name", "after")
    state.set_value("other", "after")
    state.next("number")
    state.count("requests")
    state.put_off(1, lambda: state.set_value("name", "late"))
    state.commit()
    state.reset(clean)
    state.shift_clock(10)
    assert dict(state.table("x3:A").items()) == {"1": {"n": 1}}
    assert len(state.table("x3:B")) == 0
    assert (state.get_value("name"), state.get_value("other")) == ("before", None)
    assert (state.next("number"), state.counters.get("requests")) == (2, 0)
    state.close()
    again = State(tmp_path / "sandbox.db")
    assert dict(again.table("x3:A").items()) == {"1": {"n": 1}}
    assert again.get_value("name") == "before"
    again.close()


def test_a_commit_after_the_connection_broke_comes_when_the_held_clock_gets_there() -> None:
    sandbox = server.start(None, invoices=0, at=NOON)
    addresses = sandbox.addresses
    try:
        entry = {"system": "avid", "operation": "token", "kind": "late_commit", "times": 1}
        sandbox.faults.add([{**entry, "args": {"seconds": 60}}])
        known = f"{addresses.client_id}:{addresses.client_secret}".encode()
        signed = {"Authorization": f"Basic {base64.b64encode(known).decode()}"}
        form = b"grant_type=client_credentials"
        asked = urllib.request.Request(addresses.token_url, data=form, headers=signed)
        with pytest.raises(ConnectionError):
            urllib.request.urlopen(asked)
        sandbox.state.shift_clock(59)
        assert sandbox.state.counters.get("avid.tokens_issued", 0) == 0
        sandbox.state.shift_clock(2)
        assert sandbox.state.counters["avid.tokens_issued"] == 1
        told = sandbox.state.journal_tail(10)
        assert [(one["fault"], len(one["sha256"])) for one in told] == [("late_commit", 64)]
    finally:
        sandbox.stop()


def test_the_history_is_read_over_http_too() -> None:
    sandbox = server.start(None, invoices=0, at=NOON)
    base = f"{sandbox.addresses.x3_url}/_sandbox"
    try:
        begin = urllib.request.Request(f"{base}/history", method="POST")
        urllib.request.urlopen(begin).close()
        order = {"name": "x3.supplier", "args": {"fields": {"BPSNUM": "S9"}}}
        body = json.dumps(order).encode()
        act = urllib.request.Request(f"{base}/act", data=body, method="POST")
        urllib.request.urlopen(act).close()
        with urllib.request.urlopen(f"{base}/history?after=0") as answer:
            told = json.load(answer)
        assert {entry["cause"] for entry in told} == {"x3.supplier"}
        assert ("x3:BPSUPPLIER", "S9") in {(entry["table"], entry["key"]) for entry in told}
        assert all(entry["time"].startswith("2026-03-05T12:00:00") for entry in told)
    finally:
        sandbox.stop()
