"""Stores of every step ever kept open, are upgraded and verify; a newer one is left alone."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import LocalFault
from core.store import history, migrate
from core.store.sqlite import FILE, Store
from core.version import VERSION
from tests.store.keep_release import KEPT

Layout = set[tuple[str, str, str]]


def opened(folder: Path) -> Store:
    return Store.open(folder, version=VERSION, clock=SystemClock(), is_sandbox=True)


def unpacked(step: str, folder: Path) -> Path:
    folder.mkdir()
    file = folder / FILE
    file.write_bytes(gzip.decompress((KEPT / f"{step}.db.gz").read_bytes()))
    return file


def layout(file: Path) -> Layout:
    """Tables, indexes and triggers as SQLite keeps them."""
    with closing(sqlite3.connect(file)) as held:
        rows = held.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return {(str(kind), str(name), str(text)) for kind, name, text in rows}


def test_a_store_is_kept_of_every_step() -> None:
    """A new step fails here until `python -m tests.store.keep_release` has made its file."""
    assert sorted(file.name for file in KEPT.glob("*.gz")) == [
        f"{step}.db.gz" for step in migrate.STEPS
    ]


@pytest.mark.parametrize("step", migrate.STEPS)
def test_a_kept_store_is_upgraded_whole_and_laid_out_like_a_new_one(
    step: str, tmp_path: Path
) -> None:
    file = unpacked(step, tmp_path / "kept")
    (tmp_path / "new").mkdir()
    opened(tmp_path / "new").close_thread()
    store = opened(file.parent)
    try:
        assert migrate.applied(store) == list(migrate.STEPS)
        assert store.problems() == []
        assert history.verify(store).ok
        assert history.head(store)[0] > 100
    finally:
        store.close_thread()
    assert layout(file) == layout(tmp_path / "new" / FILE)


def test_a_store_of_a_newer_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    file = unpacked(migrate.STEPS[-1], tmp_path / "kept")
    with closing(sqlite3.connect(file)) as held:
        held.execute("PRAGMA journal_mode = WAL")  # as every store in use; a backup is not
        held.execute("INSERT INTO migration (name, at) VALUES ('9999_of_tomorrow', '')")
        held.commit()
        held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = hashlib.sha256(file.read_bytes()).digest()
    with pytest.raises(LocalFault, match="9999_of_tomorrow") as caught:
        opened(file.parent)
    assert caught.value.code == "STO-01"
    assert hashlib.sha256(file.read_bytes()).digest() == before
    assert not list(file.parent.rglob("backups/*"))
