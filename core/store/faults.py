"""What is wrong with the store, told apart: in use, damaged, newer, disk full, not readable.

The classes are what `sqlite.py` raises; a store that is merely in use is never called damaged, and
nothing here deletes a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.errors import LocalFault
from core.words import area

say = area(__name__)


class StoreBusy(LocalFault):
    """Another process holds the file; nothing was written, trying again later is right."""


class StoreDamaged(LocalFault):
    """The file is no store or is malformed; it stays where it is, a backup can be restored."""


class StoreNewer(LocalFault):
    """A newer Crossfoot made the store; this one must not touch it."""


def busy(path: Path) -> StoreBusy:
    """Another process holds the store."""
    return StoreBusy(
        "STO-01",
        say("is_in_use_by_another_process_just", name=path.name),
        title=say("the_store_is_in_use"),
        fix=say("nothing_to_do_it_is_tried_again"),
    )


def damaged(path: Path, detail: str) -> StoreDamaged:
    """The store is malformed; the text names the newest backup that is sound."""
    return StoreDamaged(
        "STO-01", say("is_damaged", name=path.name, offer=_offer(path.parent)), detail=detail
    )


def _offer(directory: Path) -> str:
    """Which backup to restore; each is read whole, the youngest first, until one is sound."""
    from core.store.sqlite import is_sound

    younger = 0
    for backup in reversed(_backups(directory)):
        if is_sound(backup):
            worse = say("younger_in_backups_cannot_be_used", younger=younger) if younger else ""
            return say("the_newest_sound_backup_is", backup=backup, worse=worse)
        younger += 1
    return say("no_backup_in_backups_is_sound") if younger else say("there_is_no_backup_in_backups")


def newer(path: Path, names: list[str]) -> StoreNewer:
    """The store knows schema steps that this program does not."""
    return StoreNewer(
        "STO-01",
        say("was_made_by_a_newer_crossfoot_step", name=path.name, names=", ".join(names)),
        fix=say("start_the_newer_crossfoot_or_update"),
    )


def full(path: Path, detail: str) -> LocalFault:
    """The disk has no room for a write; what was not committed is not stored."""
    return LocalFault("DSK-01", say("there_is_no_room_to_write", name=path.name), detail=detail)


def not_copied(path: Path, error: OSError) -> LocalFault:
    """A copy of the store could not be made; the store itself is as it was."""
    return LocalFault(
        "DSK-01",
        say("could_not_be_written", path=path, strerror=error.strerror),
        title=say("a_copy_of_the_store_could_not"),
        fix=say("free_some_space_or_choose_another"),
    )


def unreadable(path: Path, detail: str) -> LocalFault:
    """The operating system refuses the file or fails to read or write it."""
    return LocalFault(
        "STO-01",
        say("could_not_be_read_or_written", name=path.name),
        detail=detail,
        fix=say("check_the_disk_and_the_rights_on"),
    )


def newest_backup(directory: Path) -> Path | None:
    """The youngest file in `backups` by modification time; None when there is none."""
    found = _backups(directory)
    return found[-1] if found else None


def _backups(directory: Path) -> list[Path]:
    """Oldest first."""
    return sorted((directory / "backups").glob("*.db"), key=lambda p: (p.stat().st_mtime, p.name))


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, what it wraps, and what it came from, nearest first."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [a for a in link.args if isinstance(a, BaseException)]
        waiting += [link.__cause__, link.__context__]
