"""The audit log in the store and as a file: whatever is changed, both verifiers see it."""

from __future__ import annotations

import importlib.util
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee
import pytest

from core.domain.canonical import GENESIS
from core.store import audit_file, history, queries
from core.store.history import Entry
from core.store.sqlite import Store

KEY = b"k" * 32
SCRIPT = Path(__file__).parents[2] / "packaging" / "verify_audit.py"


def _load() -> Callable[[list[str]], int]:
    spec = importlib.util.spec_from_file_location("verify_audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    main: Callable[[list[str]], int] = module.main
    return main


verify_apart = _load()


def fill(store: Store, count: int = 6) -> None:
    with store.write():
        for number in range(count):
            after = {"text": "naïve \u2028 \x07", "n": number}
            history.append(store, Entry("anna", "noted", f"N{number}", None, after, "ok", number))
        history.seal(store, KEY, 1)


def both(path: Path, head: str = "") -> tuple[int, int]:
    """What our own and the separate verifier say."""
    given = ["--head", head] if head else []
    return audit_file.verify_file(path, head)[0], verify_apart([str(path), *given])


def test_rows_are_chained_from_the_genesis_without_gaps(store: Store) -> None:
    fill(store)
    rows = list(history.stream(store))
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert rows[0]["previous"] == GENESIS
    assert [row["previous"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert history.head(store) == (7, rows[-1]["hash"])
    assert rows[0]["after"] == '{"n":0,"text":"naïve \u2028 \\u0007"}'
    assert (rows[0]["before"], rows[0]["version"], rows[0]["time"]) == (None, "1.2.3", store.now())
    found = history.verify(store, key=KEY)
    assert (found.ok, found.rows, found.sealed_to, found.head) == (True, 7, 7, rows[-1]["hash"])
    assert history.verify(store, last=3).rows == 3
    assert [row["sequence"] for row in history.stream(store, first=3, last=4)] == [3, 4]


def test_an_empty_log_is_whole(store: Store, tmp_path: Path) -> None:
    assert history.verify(store) == history.Verification(
        ok=True, rows=0, first_bad=0, text=f"0 rows, whole in themselves; the head is {GENESIS}"
    )
    assert history.export_jsonl(store, tmp_path / "log.jsonl") == (0, GENESIS)
    assert both(tmp_path / "log.jsonl") == (0, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x' WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 7",
        "INSERT INTO audit (sequence) VALUES (9)",
        "INSERT INTO audit (sequence) VALUES (7)",
        "INSERT OR REPLACE INTO audit (sequence) VALUES (7)",
    ],
)
def test_triggers_let_the_log_only_grow(store: Store, statement: str) -> None:
    fill(store)
    with pytest.raises(peewee.IntegrityError), store.write():
        store.db.execute_sql(statement)
    assert history.verify(store, key=KEY).rows == 7


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE audit SET actor = 'x' WHERE sequence = 2", 2),
        ("UPDATE audit SET after = NULL WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("UPDATE audit SET sequence = 9 WHERE sequence = 7", 7),
        ("UPDATE audit SET run = NULL WHERE sequence = 5", 5),
        ("UPDATE audit SET previous = hash WHERE sequence = 6", 6),
    ],
)
def test_what_was_changed_past_the_triggers_is_found(
    store: Store, statement: str, first_bad: int
) -> None:
    fill(store)
    raw = sqlite3.connect(store.path)
    for name in ("audit_no_update", "audit_no_delete"):
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(statement)
    raw.commit()
    raw.close()
    found = history.verify(store)
    assert (found.ok, found.first_bad) == (False, first_bad)
    assert f"Row {first_bad}" in found.text


def test_a_forged_chain_lacks_the_seal(store: Store) -> None:
    fill(store)
    assert history.verify(store, key=KEY).ok
    found = history.verify(store, key=b"another key of thirty-two bytes!")
    assert (found.ok, found.first_bad) == (False, 7)
    assert history.verify(store).ok


def test_appending_needs_a_write_transaction(store: Store) -> None:
    with pytest.raises(RuntimeError):
        history.append(store, Entry("a", "b"))


def test_an_export_is_whole_and_ends_in_its_head(store: Store, tmp_path: Path) -> None:
    fill(store)
    path = tmp_path / "log.jsonl"
    rows, head = history.export_jsonl(store, path)
    assert rows == 7
    lines = [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    assert lines[-1] == {"head": head, "rows": 7, "sealed_to": 7}
    assert lines[0].keys() == {
        "sequence", "time", "actor", "action", "object", "before", "after", "result", "run",
        "version", "previous", "hash",
    }  # fmt: skip
    assert both(path) == (0, 0)
    assert both(path, head) == (0, 0)
    assert both(path, head.upper()) == (0, 0)
    assert both(path, "0" * 64) == (1, 1)
    assert "compare the head" in audit_file.verify_file(path)[1]
    assert list(tmp_path.glob("*.part")) == []


def test_the_script_runs_alone_with_the_standard_library(store: Store, tmp_path: Path) -> None:
    fill(store)
    path = tmp_path / "log.jsonl"
    _, head = history.export_jsonl(store, path)
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(path), "--head", head]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert head in done.stdout
    path.write_text(path.read_text(encoding="utf-8").replace("anna", "anne"), encoding="utf-8")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1, done.stderr


def test_an_extract_verifies_from_where_it_begins(store: Store, tmp_path: Path) -> None:
    fill(store)
    path = tmp_path / "part.jsonl"
    rows, head = history.export_jsonl(store, path, first=4)
    assert rows == 4
    first = json.loads(path.read_text(encoding="utf-8").split("\n")[0])
    assert first == {"from": 4, "previous": list(history.stream(store))[2]["hash"]}
    assert both(path, head) == (0, 0)
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join(lines[1:]), encoding="utf-8")
    assert both(path) == (1, 1)


def _flip(lines: list[str]) -> list[str]:
    return [line.replace('"object":"N2"', '"object":"N9"') for line in lines]


TAMPERINGS: dict[str, Callable[[list[str]], list[str]]] = {
    "flip": _flip,
    "delete": lambda lines: lines[:2] + lines[3:],
    "delete the first": lambda lines: lines[1:],
    "insert": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "swap": lambda lines: [lines[1], lines[0], *lines[2:]],
    "no last line": lambda lines: lines[:-1],
    "more behind the last line": lambda lines: [*lines, lines[0]],
    "a row before the last cut": lambda lines: [*lines[:-2], lines[-1]],
    "empty": lambda _: [],
    "a member more": lambda lines: [lines[0][:-1] + ',"x":1}', *lines[1:]],
    "a wrong count": lambda lines: [*lines[:-1], lines[-1].replace('"rows":7', '"rows":8')],
    "a wrong seal": lambda lines: [*lines[:-1], lines[-1].replace('to":7', 'to":6')],
    "an odd beginning": lambda lines: ['{"from":"1","previous":"0"}', *lines],
    "an odd hash before": lambda lines: ['{"from":1,"previous":5}', *lines],
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampered_export_does_not_match(store: Store, tmp_path: Path, name: str) -> None:
    fill(store)
    path = tmp_path / "log.jsonl"
    history.export_jsonl(store, path)
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    changed = TAMPERINGS[name](lines)
    assert changed != lines
    path.write_bytes("".join(line + "\n" for line in changed).encode())
    assert both(path) == (1, 1)


def test_a_cut_that_forges_the_last_line_shows_only_against_a_head(
    store: Store, tmp_path: Path
) -> None:
    fill(store)
    path = tmp_path / "log.jsonl"
    _, head = history.export_jsonl(store, path)
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    cut = lines[:3]
    forged = {"head": json.loads(cut[-1])["hash"], "rows": 3, "sealed_to": 0}
    path.write_bytes(("\n".join([*cut, json.dumps(forged)]) + "\n").encode())
    assert both(path) == (0, 0)
    assert both(path, head) == (1, 1)


def test_no_single_changed_byte_passes(store: Store, tmp_path: Path) -> None:
    fill(store, count=3)
    path = tmp_path / "log.jsonl"
    history.export_jsonl(store, path)
    whole = path.read_bytes()
    chance = random.Random(7)
    for place in chance.sample(range(len(whole) - 1), 300):
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        ours, theirs = both(path)
        assert ours, (place, whole[place], changed[place])
        assert theirs, (place, whole[place], changed[place])


@pytest.mark.parametrize(
    "content", [b"\xff\xfe nothing", b"[1]\n", b'{"a":1.5}\n', b'{"a":NaN}\n', b"not json\n"]
)
def test_what_cannot_be_read_is_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    assert both(path) == (2, 2)
    assert both(tmp_path / "missing.jsonl") == (2, 2)


def test_the_log_is_shown_in_pages_and_by_what_it_tells(store: Store) -> None:
    fill(store)
    newest = queries.audit(store, descending=True, limit=2)
    assert [row["sequence"] for row in newest.rows] == [7, 6]
    older = queries.audit(store, descending=True, limit=2, after=newest.next)
    assert [row["sequence"] for row in older.rows] == [5, 4]
    wanted: dict[queries.AuditFilter, list[int]] = {
        queries.AuditFilter(object="N2"): [3],
        queries.AuditFilter(action="seal"): [7],
        queries.AuditFilter(actor="anna", run=1): [2],
        queries.AuditFilter(since=store.now()): [1, 2, 3, 4, 5, 6, 7],
        queries.AuditFilter(until=store.now()): [],
    }
    for chosen, sequences in wanted.items():
        rows: tuple[dict[str, Any], ...] = queries.audit(store, chosen).rows
        assert [row["sequence"] for row in rows] == sequences
        assert queries.count_audit(store, chosen) == len(sequences)


def test_what_one_transaction_appends_is_chained_in_its_order_and_goes_with_it(
    store: Store,
) -> None:
    with store.write():
        history.append(store, Entry("anna", "noted", "N1"))
        assert history.head(store)[0] == 1
        history.append_many(store, [Entry("anna", "noted", "N2"), Entry("anna", "noted", "N3")])
        history.seal(store, KEY, 1)
        inside = history.head(store)
    rows = list(history.stream(store))
    assert [row["object"] for row in rows] == ["N1", "N2", "N3", ""]
    assert inside == history.head(store) == (4, rows[-1]["hash"])
    with pytest.raises(KeyError):
        _append_and_fail(store)
    assert history.head(store) == inside
    with store.write():
        assert history.append(store, Entry("anna", "noted", "N5")) == 5
    assert history.verify(store, key=KEY).ok


def _append_and_fail(store: Store) -> None:
    with store.write():
        history.append(store, Entry("anna", "noted", "N4"))
        raise KeyError
