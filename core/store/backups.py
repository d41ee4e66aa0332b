"""Copies of the store: daily, before an upgrade, and putting one back.

Nothing is deleted but copies of ours beyond the number kept; a damaged store is moved aside whole.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core import crash_points
from core.errors import ConfigError
from core.store import faults, history, migrate, values
from core.store.promised import WHOLE
from core.store.sqlite import FILE, Store
from core.words import area

say = area(__name__)

_FAMILIES = ("daily", "upgrade", "safety")
_TRIAL = ".restore-"
_UNFINISHED_S = 3600.0  # no copy takes so long; by the file system's time


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did; `safety` is the copy of the store that was there, None without one."""

    safety: Path | None
    rows: int
    head: str
    workspace: str


def folder(directory: Path) -> Path:
    """Where copies lie."""
    return directory / "backups"


def daily_path(store: Store) -> Path:
    """Where the copy of the clock's day (UTC) lies, or will lie."""
    return folder(store.directory) / f"daily-{store.now()[:10]}.db"


def daily_backup(store: Store) -> Path | None:
    """Makes the copy of the clock's day (UTC) and prunes; None when it is there already."""
    path = daily_path(store)
    if path.exists():
        return None
    store.backup(path)
    prune_backups(store.directory)
    return path


def prune_backups(directory: Path, keep: int = 7) -> list[Path]:
    """Deletes our own copies beyond the `keep` youngest of each kind; what it deleted."""
    gone: list[Path] = []
    for family in _FAMILIES:
        found = sorted(folder(directory).glob(f"{family}-*.db"), key=_age)
        for path in found[: max(0, len(found) - keep)]:
            path.unlink()
            gone.append(path)
    _drop_unfinished(directory)
    return gone


def _drop_unfinished(directory: Path) -> None:
    """Deletes what a killed process left half made: whole copies of the store without a name."""
    since = datetime.now(UTC).timestamp() - _UNFINISHED_S
    for path in (*folder(directory).glob("*.part"), *directory.glob(f"{_TRIAL}*")):
        with contextlib.suppress(FileNotFoundError):  # its maker has just finished it
            if path.stat().st_mtime >= since:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _age(path: Path) -> tuple[float, str]:
    return (path.stat().st_mtime, path.name)


def restore(
    directory: Path,
    file: Path,
    *,
    version: str,
    clock: Callable[[], datetime],
    actor: str,
) -> Restored:
    """Puts a copy in the store's place after checking it; a safety copy is made first.

    The caller holds the workspace and has no store open. The copy is upgraded when it is older.

    Raises:
        LocalFault: STO-01, the file is no sound store, is newer, or its audit log is not whole; or
            the present store is in use. Nothing was changed.
        ConfigError: ENV-01, one belongs to the simulated systems and the other does not.
    """
    trial = directory / f"{_TRIAL}{uuid.uuid4().hex}"
    trial.mkdir(parents=True)
    try:
        is_sandbox, checked = _check(trial, file, version, clock)
        _same_kind(directory, version, clock, is_sandbox=is_sandbox)
        safety = _save_present(directory, version, clock)
        for suffix in ("-wal", "-shm"):
            # What they held is in the safety copy; beside another file they would damage it.
            (directory / f"{FILE}{suffix}").unlink(missing_ok=True)
        crash_points.reach(crash_points.IN_RESTORE)
        (trial / FILE).replace(directory / FILE)
        crash_points.reach(crash_points.AFTER_RESTORE)
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    store = Store.open(directory, version=version, clock=clock, is_sandbox=is_sandbox)
    with contextlib.closing(_Closing(store)), store.write():
        before = safety.name if safety else None
        after = {"file": file.name, "head": checked.head, "rows": checked.rows}
        values.put_setting(store, WHOLE, "")  # all that came back is looked at before it is used
        history.append(store, history.Entry(actor, "restored", "store", before, after))
    return Restored(safety, checked.rows, checked.head, store.workspace)


@dataclass(frozen=True, slots=True)
class _Closing:
    store: Store

    def close(self) -> None:
        self.store.close_thread()


def _check(
    trial: Path, file: Path, version: str, clock: Callable[[], datetime]
) -> tuple[bool, history.Verification]:
    """Looks at a copy of the file in a folder of its own; whether it is a sandbox's, its log."""
    try:
        shutil.copyfile(file, trial / FILE)
    except OSError as error:
        raise _unusable(file, str(error)) from error
    store = Store(trial, version=version, clock=clock)
    with contextlib.closing(_Closing(store)):
        try:
            steps = migrate.check_known(store)
            found = store.problems() if steps else ["it is empty"]
        except faults.StoreDamaged as error:
            raise _unusable(file, error.detail) from error
        if found:
            raise _unusable(file, "; ".join(found[:3]))
        checked = history.verify(store)
        if not checked.ok:
            raise _unusable(file, say("its_audit_log_is_not_whole", text=checked.text))
        store.as_one_file()
        return values.setting(store, "sandbox") == "1", checked


def _unusable(file: Path, why: str) -> faults.StoreDamaged:
    return faults.StoreDamaged(
        "STO-01",
        say("cannot_be_restored_the_present_store", name=file.name, why=why),
        title=say("the_backup_cannot_be_used"),
        fix=say("choose_another_backup"),
    )


def _same_kind(
    directory: Path, version: str, clock: Callable[[], datetime], *, is_sandbox: bool
) -> None:
    """Refuses a demo's copy in a real place and the reverse, where the present store reads."""
    if not (directory / FILE).exists():
        return
    store = Store(directory, version=version, clock=clock)
    with contextlib.closing(_Closing(store)):
        try:
            mark = values.setting(store, "sandbox") if migrate.applied(store) else ""
        except faults.StoreDamaged:
            return
    if mark and (mark == "1") != is_sandbox:
        raise ConfigError(
            "ENV-01",
            say("one_of_backup_and_store_belongs_to"),
            fix=say("restore_it_into_a_data_directory_of"),
        )


def _save_present(directory: Path, version: str, clock: Callable[[], datetime]) -> Path | None:
    """A copy of the store that is there; one that cannot be read is moved aside as it is."""
    if not (directory / FILE).exists():
        return None
    store = Store(directory, version=version, clock=clock)
    stamp = store.now().replace(":", "").replace(".", "")
    try:
        with contextlib.closing(_Closing(store)):
            if store.problems():
                raise faults.damaged(store.path, "integrity check")
            copy = store.backup(_free(folder(directory), f"safety-{stamp}", ".db"))
            # Until the other file takes its place, this one must be whole without its log.
            store.as_one_file()
            return copy
    except faults.StoreDamaged:
        aside = _free(folder(directory), f"damaged-{stamp}", "")
        aside.mkdir(parents=True)
        for suffix in ("", "-wal", "-shm"):
            path = directory / f"{FILE}{suffix}"
            if path.exists():
                path.replace(aside / path.name)
        return aside


def _free(parent: Path, stem: str, ending: str) -> Path:
    """A name that nothing has yet: a safety copy never takes the place of another."""
    path, number = parent / f"{stem}{ending}", 1
    while path.exists():
        number += 1
        path = parent / f"{stem}-{number}{ending}"
    return path
