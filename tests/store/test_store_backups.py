"""Copies under load, pruning, and putting one back."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from core.errors import ConfigError
from core.store import backups, faults, history, migrate, queries, values
from core.store.sqlite import FILE, Store


class Moving(Protocol):
    """The clock of conftest.py."""

    at: datetime

    def __call__(self) -> datetime: ...

    def move(self, seconds: float) -> datetime: ...


def note(store: Store, name: str) -> None:
    with store.write():
        values.put_setting(store, "last", name)
        history.append(store, history.Entry("anna", "noted", name))


def restore(directory: Path, file: Path, clock: Moving) -> backups.Restored:
    return backups.restore(directory, file, version="1", clock=clock, actor="anna")


def reopened(directory: Path, *, is_sandbox: bool = False) -> Store:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    return Store.open(directory, version="1", clock=lambda: now, is_sandbox=is_sandbox)


def test_a_copy_taken_while_others_write_is_whole(store: Store, tmp_path: Path) -> None:
    note(store, "before")
    stop = threading.Event()

    def write() -> None:
        try:
            while not stop.is_set():
                note(store, "during")
        finally:
            store.close_thread()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    copies = [store.backup(tmp_path / "copies" / f"{n}.db") for n in range(4)]
    stop.set()
    for thread in threads:
        thread.join()
    for number, copy in enumerate(copies):
        place = tmp_path / f"place-{number}"
        place.mkdir()
        copy.replace(place / FILE)
        taken = reopened(place)
        assert taken.problems() == []
        assert history.verify(taken).ok
        assert history.head(taken)[0] >= 1
        assert taken.workspace == store.workspace
        taken.close_thread()
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_copy_is_one_file_without_a_log_beside_it(store: Store, tmp_path: Path) -> None:
    note(store, "a")
    copy = store.backup(tmp_path / "copies" / "one.db")
    raw = sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)
    assert raw.execute("SELECT value FROM setting WHERE name = 'last'").fetchone() == ("a",)
    raw.close()
    assert [path.name for path in copy.parent.iterdir()] == ["one.db"]


def test_one_copy_a_day_and_seven_are_kept(store: Store, clock: Moving) -> None:
    folder = backups.folder(store.directory)
    for day in range(9):
        made = backups.daily_backup(store)
        assert made is not None
        os.utime(made, (day, day))
        assert backups.daily_backup(store) is None
        clock.move(86400)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"daily-2026-03-{day:02}.db" for day in range(4, 11)]
    (folder / "mine.db").write_bytes(b"x")
    (folder / "safety-1.db").write_bytes(b"x")
    assert len(backups.prune_backups(store.directory, keep=2)) == 5
    assert {path.name for path in folder.iterdir()} == {
        "daily-2026-03-09.db", "daily-2026-03-10.db", "mine.db", "safety-1.db",
    }  # fmt: skip


def test_a_copy_is_put_back_after_a_safety_copy(
    store: Store, tmp_path: Path, clock: Moving
) -> None:
    note(store, "old")
    copy = store.backup(tmp_path / "old.db")
    head = history.head(store)[1]
    note(store, "new")
    store.close_thread()
    done = restore(store.directory, copy, clock)
    assert (done.rows, done.head, done.workspace) == (1, head, store.workspace)
    assert values.setting(store, "last") == "old"
    told = queries.audit(store).rows
    assert [row["action"] for row in told] == ["noted", "restored"]
    assert history.verify(store).ok
    store.close_thread()
    assert done.safety is not None
    again = restore(store.directory, done.safety, clock)
    assert values.setting(store, "last") == "new"
    assert again.safety != done.safety
    assert not list(store.directory.glob(".restore-*"))
    assert copy.exists()


def test_the_present_store_is_whole_without_its_log_before_it_is_replaced(
    store: Store, tmp_path: Path, clock: Moving
) -> None:
    """Killed between taking the log away and putting the copy there, nothing may be missing."""
    copy = store.backup(tmp_path / "copy.db")
    reader = sqlite3.connect(store.path)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM setting").fetchone()
    note(store, "still in the log")
    store.close_thread()
    with pytest.raises(faults.StoreBusy):
        restore(store.directory, copy, clock)
    reader.close()
    assert values.setting(store, "last") == "still in the log"


def test_a_copy_is_put_into_an_empty_place(store: Store, tmp_path: Path, clock: Moving) -> None:
    note(store, "kept")
    copy = store.backup(tmp_path / "old.db")
    done = restore(tmp_path / "fresh", copy, clock)
    assert done.safety is None
    fresh = reopened(tmp_path / "fresh")
    assert values.setting(fresh, "last") == "kept"
    fresh.close_thread()


def test_a_damaged_store_is_moved_aside_whole(store: Store, tmp_path: Path, clock: Moving) -> None:
    note(store, "kept")
    copy = store.backup(tmp_path / "old.db")
    store.close_thread()
    store.path.write_bytes(b"rubbish" * 2000)
    done = restore(store.directory, copy, clock)
    assert done.safety is not None
    assert (done.safety / FILE).read_bytes() == b"rubbish" * 2000
    assert values.setting(store, "last") == "kept"


def test_a_store_with_one_broken_page_is_moved_aside_too(
    store: Store, tmp_path: Path, clock: Moving
) -> None:
    note(store, "kept")
    copy = store.backup(tmp_path / "old.db")
    with store.write():
        entries = [history.Entry("a", "b", f"o{n}", after="x" * 900) for n in range(200)]
        history.append_many(store, entries)
    store.as_one_file()
    store.close_thread()
    content = bytearray(store.path.read_bytes())
    half = len(content) // 2 // 4096 * 4096
    content[half : half + 8192] = b"\x5a" * 8192
    store.path.write_bytes(content)
    done = restore(store.directory, copy, clock)
    assert done.safety is not None
    assert (done.safety / FILE).read_bytes() == bytes(content)
    assert values.setting(store, "last") == "kept"


def _text(path: Path) -> None:
    path.write_bytes(b"a letter" * 1000)


def _other(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE recipe (name TEXT)")
    raw.close()


def _forged(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.execute("DROP TRIGGER audit_no_update")
    raw.execute("UPDATE audit SET actor = 'ben' WHERE sequence = 1")
    raw.commit()
    raw.close()


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("spoil", [_text, _other, _forged, _cut, Path.touch, Path.unlink])
def test_a_copy_that_is_not_sound_changes_nothing(
    store: Store, tmp_path: Path, clock: Moving, spoil: object
) -> None:
    note(store, "present")
    copy = tmp_path / "copy.db"
    if spoil in (_forged, _cut, Path.unlink):
        store.backup(copy)
    assert callable(spoil)
    spoil(copy)
    head = history.head(store)
    store.close_thread()
    with pytest.raises(faults.StoreDamaged) as caught:
        restore(store.directory, copy, clock)
    assert caught.value.code == "STO-01"
    assert "copy.db cannot be restored" in caught.value.why
    assert history.head(store) == head
    assert not backups.folder(store.directory).exists()
    assert not list(store.directory.glob(".restore-*"))


def test_a_newer_copy_changes_nothing(store: Store, tmp_path: Path, clock: Moving) -> None:
    copy = store.backup(tmp_path / "copy.db")
    raw = sqlite3.connect(copy)
    raw.execute("INSERT INTO migration (name) VALUES ('0999_later')")
    raw.commit()
    raw.close()
    with pytest.raises(faults.StoreNewer):
        restore(store.directory, copy, clock)
    assert migrate.applied(store) == list(migrate.STEPS)


def test_a_copy_of_the_demo_does_not_replace_a_real_store(
    store: Store, tmp_path: Path, clock: Moving
) -> None:
    demo = reopened(tmp_path / "demo", is_sandbox=True)
    copy = demo.backup(tmp_path / "demo.db")
    demo.close_thread()
    with pytest.raises(ConfigError) as caught:
        restore(store.directory, copy, clock)
    assert caught.value.code == "ENV-01"
    fresh = restore(tmp_path / "demo-2", copy, clock)
    assert fresh.workspace != store.workspace
    reopened(tmp_path / "demo-2", is_sandbox=True).close_thread()
