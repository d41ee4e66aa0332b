"""Who works on a workspace: one process at a time, by an operating system lock that dies with it.

The lock is on the file `engine.lock` in the data directory: whoever runs an engine has it, a
command or the engine of a window. A window has `window.lock` besides, also while it has no engine.
The text names the holder for others to read; the text alone holds nothing, so one left behind by a
killed process is no obstacle.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from core.errors import ConfigError, LocalFault
from core.words import area

say = area(__name__)

FILE = "engine.lock"
WINDOW_FILE = "window.lock"
_PLACE = 0x40000000  # the locked byte lies far behind the text: Windows locks are mandatory
_PATIENCE_S = 0.5  # a look at the lock by another process may hold it for a moment
_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """Which process holds a workspace, as it said itself when it took it."""

    pid: int = 0
    user: str = ""
    host: str = ""
    started: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return say("another_process")
        return say(
            "on_process_since", user=self.user, host=self.host, pid=self.pid, started=self.started
        )


class Held(ConfigError):
    """Another process holds the workspace; nothing was changed."""


class Lease:
    """The right to write a workspace's ledger, from `take` until `release` or the process's end."""

    def __init__(self, file: IO[str]) -> None:
        self._file: IO[str] | None = file

    @classmethod
    def take(
        cls, directory: Path, *, file_name: str = FILE, patience_s: float = _PATIENCE_S
    ) -> Lease:
        """The lease of a data directory, which is made when it is missing.

        The window's engine waits longer: one of a window that was killed has seconds to end.

        Raises:
            Held: ENV-01, another process has it; the text says who.
            LocalFault: DSK-01, the file cannot be made.
        """
        path = directory / file_name
        file = _open(path)
        try:
            _lock_soon(file, path, patience_s)
            _write(file)
        except BaseException:
            file.close()
            raise
        return cls(file)

    def release(self) -> None:
        """Let others take it; a second call does nothing."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # a full disk: the lock goes with the file anyway
                file.seek(0)
                file.truncate()
            file.close()


def holder(directory: Path) -> Holder | None:
    """Who holds the workspace now; None when nobody does. Takes a moment's look at the lock."""
    path = directory / FILE
    if not path.exists():
        return None
    with _open(path) as file:
        return None if _lock(file) else _read(path)


def person() -> str:
    """The name of whoever is signed in to this computer, for the audit log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without accounts
        return say("unknown_user")


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LocalFault(
            "DSK-01",
            say("could_not_be_made", path=path, strerror=error.strerror),
            title=say("the_workspace_cannot_be_used"),
            fix=say("choose_a_data_directory_that_you_may"),
        ) from error
    return os.fdopen(handle, "r+", encoding="utf-8")


def _lock_soon(file: IO[str], path: Path, patience_s: float) -> None:
    """Take the lock now or within the time; raises Held."""
    deadline = time.monotonic() + patience_s
    while not _lock(file):
        if time.monotonic() > deadline:
            raise _held(_read(path))
        time.sleep(_STEP_S)


def _write(file: IO[str]) -> None:
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    told = Holder(os.getpid(), person(), platform.node(), started)
    file.seek(0)
    file.truncate()
    json.dump(asdict(told), file)
    file.flush()


def _read(path: Path) -> Holder:
    """What the holder wrote; an empty `Holder` while it has not written yet."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Holder()


def _held(by: Holder) -> Held:
    return Held(
        "ENV-01",
        say("it_is_held_by", by=by),
        title=say("another_crossfoot_works_on_this"),
        fix=say("wait_until_it_has_finished_or_close"),
    )


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> bool:
        """Take the lock if it is free; it ends when the file is closed."""
        handle = file.fileno()
        os.lseek(handle, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(file: IO[str]) -> bool:
        """Take the lock if it is free; it ends when the file is closed."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
