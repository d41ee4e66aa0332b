"""The second copy of a backup: kept elsewhere, seven of them, and never in anybody's way."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from core.store import backups
from core.store.second_copies import SecondCopy
from core.store.sqlite import FILE, Store
from tests.store.test_store_backups import Moving, note, reopened


def test_seven_second_copies_are_kept_and_open(store: Store, clock: Moving, tmp_path: Path) -> None:
    note(store, "kept")
    share = tmp_path / "share" / "deep"
    second = SecondCopy(share, name="ACME: US/West", workspace=store.workspace)
    other = SecondCopy(share, name="ACME: US/West", workspace="0" * 36)
    for _ in range(9):
        assert backups.daily_backup(store)
        made = backups.daily_path(store)
        second.begin(made)
        assert second.problem(10) == ""
        clock.move(86400)
    other.begin(made)
    assert other.problem(10) == ""
    mine = f"ACME US West {store.workspace[:8]}"
    assert sorted(path.name for path in share.iterdir()) == sorted(
        [f"ACME US West 00000000 {made.name}"]
        + [f"{mine} daily-2026-03-{day:02}.db" for day in range(4, 11)]
    )
    place = tmp_path / "place"
    place.mkdir()
    second.path_of(made).rename(place / FILE)
    again = reopened(place)
    assert (again.problems(), again.workspace) == ([], store.workspace)
    again.close_thread()


def test_a_copy_that_is_there_is_not_made_again_but_one_cut_short_is(
    store: Store, tmp_path: Path
) -> None:
    made = backups.daily_backup(store)
    assert made is not None
    second = SecondCopy(tmp_path / "share", name="A", workspace=store.workspace)
    second.begin(made)
    assert second.problem(10) == ""
    copy = second.path_of(made)
    os.utime(copy, (1, 1))
    second.begin(made)
    assert (second.problem(10), copy.stat().st_mtime) == ("", 1)
    copy.write_bytes(b"half")
    second.begin(made)
    assert second.problem(10) == ""
    assert copy.read_bytes() == made.read_bytes()


def test_a_folder_that_cannot_be_made_is_told_and_leaves_nothing(
    store: Store, tmp_path: Path
) -> None:
    made = backups.daily_backup(store)
    assert made is not None
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    second = SecondCopy(tmp_path / "file" / "below", name="A", workspace=store.workspace)
    second.begin(made)
    assert "irectory" in second.problem(10)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_share_that_does_not_answer_holds_nothing_up(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backups.daily_backup(store)
    assert made is not None
    answers = threading.Event()
    copied = shutil.copyfile

    def slow(source: Path, target: Path) -> None:
        answers.wait(30)
        copied(source, target)

    monkeypatch.setattr(shutil, "copyfile", slow)
    second = SecondCopy(tmp_path / "share", name="A", workspace=store.workspace)
    copying = threading.active_count()
    second.begin(made)
    second.begin(made)  # the next run does not wait in line behind it
    assert threading.active_count() == copying + 1
    assert second.problem(0.05) == "The folder does not answer."
    answers.set()
    assert second.problem(10) == ""
    assert second.path_of(made).read_bytes() == made.read_bytes()
