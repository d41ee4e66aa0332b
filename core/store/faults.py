"""What is wrong with the store, told apart: in use, damaged, newer, disk full, not readable.

The classes are what `sqlite.py` raises; a store that is merely in use is never called damaged, and
nothing here deletes a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.errors import LocalFault


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
        f"{path.name} is in use by another process just now.",
        title="The store is in use",
        fix="Nothing to do: it is tried again by itself.",
    )


def damaged(path: Path, detail: str) -> StoreDamaged:
    """The store is malformed; the text names the newest backup that is sound."""
    return StoreDamaged("STO-01", f"{path.name} is damaged. {_offer(path.parent)}", detail=detail)


def _offer(directory: Path) -> str:
    """Which backup to restore; each is read whole, the youngest first, until one is sound."""
    from core.store.sqlite import is_sound

    younger = 0
    for backup in reversed(_backups(directory)):
        if is_sound(backup):
            worse = f" {younger} younger in backups cannot be used." if younger else ""
            return f"The newest sound backup is {backup}.{worse}"
        younger += 1
    return "No backup in backups is sound." if younger else "There is no backup in backups."


def newer(path: Path, names: list[str]) -> StoreNewer:
    """The store knows schema steps that this program does not."""
    return StoreNewer(
        "STO-01",
        f"{path.name} was made by a newer Crossfoot (step {', '.join(names)}).",
        fix="Start the newer Crossfoot, or update this one.",
    )


def full(path: Path, detail: str) -> LocalFault:
    """The disk has no room for a write; what was not committed is not stored."""
    return LocalFault("DSK-01", f"There is no room to write {path.name}.", detail=detail)


def not_copied(path: Path, error: OSError) -> LocalFault:
    """A copy of the store could not be made; the store itself is as it was."""
    return LocalFault(
        "DSK-01",
        f"{path} could not be written ({error.strerror}).",
        title="A copy of the store could not be made",
        fix="Free some space, or choose another folder.",
    )


def unreadable(path: Path, detail: str) -> LocalFault:
    """The operating system refuses the file or fails to read or write it."""
    return LocalFault(
        "STO-01",
        f"{path.name} could not be read or written.",
        detail=detail,
        fix="Check the disk and the rights on the data directory; the store was not changed.",
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
