"""The sandbox's memory: what is committed is there again, and nothing else."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.sandbox.state import State


def test_rows_counters_and_settings_survive_a_new_start(tmp_path: Path) -> None:
    state = State(tmp_path / "a.db")
    table = state.table("t")
    for key in ("b", "a", "c"):
        table.put(key, {"key": key, "text": "é'\"\\"})
    table.delete("a")
    table.put("a", {"key": "a2"})
    assert [state.next("n") for _ in range(3)] == [1, 2, 3]
    state.count("x3.things", 4)
    state.count_peak("x3.peak", 7)
    state.set_value("v", {"deep": [1]})
    state.shift_clock(3600)
    state.close()
    again = State(tmp_path / "a.db")
    assert list(again.table("t").items()) == [
        ("b", {"key": "b", "text": "é'\"\\"}),
        ("c", {"key": "c", "text": "é'\"\\"}),
        ("a", {"key": "a2"}),
    ]
    again.table("t").put("d", {})
    again.commit()
    assert list(again.table("t").keys()) == ["b", "c", "a", "d"]
    assert again.next("n") == 4
    assert again.counters == {"x3.things": 4, "x3.peak": 7}
    assert again.get_value("v") == {"deep": [1]}
    assert again.now() - datetime.now(UTC) > timedelta(minutes=59)
    again.close()


def test_what_was_not_committed_is_gone_after_a_kill(tmp_path: Path) -> None:
    state = State(tmp_path / "a.db")
    state.table("t").put("kept", {"n": 1})
    state.commit()
    state.table("t").put("lost", {"n": 2})
    kept = state.table("t").get("kept")
    assert kept is not None
    kept["n"] = 9
    other = State(tmp_path / "a.db")
    assert dict(other.table("t").items()) == {"kept": {"n": 1}}
    other.close()
    state.close()


def test_a_commit_writes_only_what_changed(tmp_path: Path) -> None:
    state = State(tmp_path / "a.db")
    for number in range(50):
        state.table("t").put(str(number), {"n": number})
    state.commit()
    with sqlite3.connect(tmp_path / "a.db") as file:
        file.execute("UPDATE row SET body = '{\"n\":-1}' WHERE key = '7'")
    file.close()
    state.table("t").put("8", {"n": 80})
    state.commit()
    other = State(tmp_path / "a.db")
    assert other.table("t").get("7") == {"n": -1}
    assert other.table("t").get("8") == {"n": 80}
    other.close()
    state.close()


def test_version_grows_with_every_change() -> None:
    table = State(None).table("t")
    seen = [table.version]
    table.put("a", {})
    seen.append(table.version)
    table.put("a", {})
    seen.append(table.version)
    table.delete("missing")
    assert table.version == seen[-1]
    table.delete("a")
    assert seen == [0, 1, 2]
    assert table.version == 3
    assert "a" not in table
    assert len(table) == 0


def test_the_journal_keeps_the_last_entries() -> None:
    state = State(None)
    for number in range(10):
        state.journal({"n": number})
    assert [entry["n"] for entry in state.journal_tail(3)] == [7, 8, 9]
    assert state.journal_tail(0) == []
