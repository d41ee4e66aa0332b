"""What kills leave half made in a data directory does not pile up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import crash_points
from core.errors import LocalFault
from core.store import backups
from core.store.sqlite import Store

ROOT = Path(__file__).resolve().parents[2]
_OPEN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.store import backups
from core.store.sqlite import Store
place, clock = Path(sys.argv[1]), lambda: datetime.now(UTC)
store = Store.open(place, version="1", clock=clock, is_sandbox=False)
"""
_DAILY = _OPEN + "backups.daily_backup(store)\n"
_KEEP = _OPEN + "store.backup(place / 'kept.db')\n"
_RESTORE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.store import backups
place, clock = Path(sys.argv[1]), lambda: datetime.now(UTC)
backups.restore(place, place / "kept.db", version="1", clock=clock, actor="anna")
"""


def die(code: str, place: Path, crash_at: str) -> int:
    environment = os.environ | {crash_points.VARIABLE: crash_at}
    command = [sys.executable, "-c", code, str(place)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=50).returncode


def unfinished(place: Path) -> list[Path]:
    return [*backups.folder(place).glob("*.part"), *place.glob(".restore-*")]


def test_copies_that_a_kill_left_half_made_go_with_the_next_daily_one(tmp_path: Path) -> None:
    assert die(_KEEP, tmp_path, "") == 0
    assert die(_DAILY, tmp_path, crash_points.IN_BACKUP) == crash_points.STATUS
    assert die(_RESTORE, tmp_path, crash_points.IN_RESTORE) == crash_points.STATUS
    left = unfinished(tmp_path)
    assert sorted(path.suffix for path in left) == [left[-1].suffix, ".part"]
    for path in left:
        os.utime(path, (0, 0))
    fresh = backups.folder(tmp_path) / "daily-2000-01-01.db.0123.part"
    fresh.write_bytes(b"another process is making it")
    assert die(_DAILY, tmp_path, "") == 0
    assert unfinished(tmp_path) == [fresh]
    assert list(backups.folder(tmp_path).glob("daily-2*.db")) != []


def test_a_kill_in_a_migration_leaves_a_store_that_is_set_up_anew(tmp_path: Path) -> None:
    assert die(_OPEN, tmp_path, crash_points.IN_MIGRATION) == crash_points.STATUS
    assert die(_OPEN + "assert store.problems() == []\n", tmp_path, "") == 0


def test_a_kill_between_the_two_halves_of_a_restore_leaves_either_store_whole(
    tmp_path: Path,
) -> None:
    place = tmp_path / "place"
    assert die(_KEEP, place, "") == 0
    for point in (crash_points.IN_RESTORE, crash_points.AFTER_RESTORE):
        assert die(_RESTORE, place, point) == crash_points.STATUS
        check = _OPEN + "assert store.problems() == []\nassert store.workspace\n"
        assert die(check, place, "") == 0
        assert len(list(backups.folder(place).glob("safety-*.db"))) > 0


def test_a_copy_that_cannot_be_put_in_its_place_is_told_and_leaves_nothing(
    store: Store, tmp_path: Path
) -> None:
    taken = tmp_path / "taken.db"
    taken.mkdir()
    blocked = tmp_path / "file" / "copy.db"
    blocked.parent.write_text("no folder")
    for path in (taken, blocked):
        with pytest.raises(LocalFault) as caught:
            store.backup(path)
        assert caught.value.code == "DSK-01"
        assert path.name in caught.value.why
    assert not list(tmp_path.glob("*.part"))
