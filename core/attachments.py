"""The folder with the documents of invoices, read with a time limit: it may lie on a slow share.

Implements `core.ports.AttachmentFolder`. Every look at the file system runs on a thread of its own
that is waited for only so long; while one hangs, no further one is started.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.errors import LocalFault
from core.ports import FolderFile
from core.words import area

say = area(__name__)

_Value = TypeVar("_Value")

LISTING_S = 30.0
READING_S = 60.0
_AGAIN_S = 60.0  # a folder that cannot be read is not asked at once again
_FIX = say("make_the_folder_reachable_for_this_user")
_FILE_FIX = say("look_at_the_file_the_next_run")
_PART = 1 << 20


class Folder:
    """Lists and reads one folder, without its subfolders; safe for several threads."""

    def __init__(
        self, path: Path, *, listing_s: float = LISTING_S, reading_s: float = READING_S
    ) -> None:
        self.path = path
        self._listing_s = listing_s
        self._reading_s = reading_s
        self._hanging: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def files(self) -> tuple[FolderFile, ...]:
        """Every plain file with its size and time, in order of name.

        Links are left out: a file put here must not lead to one that is not meant for anybody.

        Raises:
            LocalFault: CFG-01, the folder cannot be read or does not answer in time.
        """
        try:
            return self._bounded(self._listed, self._listing_s)
        except OSError as error:
            raise self._unreadable(_reason(error)) from error

    def read(self, name: str, most: int) -> bytes:
        """The whole content of one file of at most so many bytes (0 = any size).

        Raises:
            LocalFault: ATT-01, the file is gone, locked, too large or is being written; CFG-01, the
                folder does not answer in time.
        """
        try:
            return self._bounded(lambda: self._read(name, most), self._reading_s)
        except OSError as error:
            raise _of_file(say("cannot_be_read", name=name, reason=_reason(error))) from error

    def _listed(self) -> tuple[FolderFile, ...]:
        found: list[FolderFile] = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                try:
                    if entry.is_file(follow_symlinks=False):
                        told = entry.stat(follow_symlinks=False)
                        found.append(FolderFile(entry.name, told.st_size, told.st_mtime_ns))
                except FileNotFoundError:
                    continue  # taken away while the folder was read
        return tuple(sorted(found, key=lambda file: file.name))

    def _read(self, name: str, most: int) -> bytes:
        """The content; when that fails, whether it is the file or the whole folder that is lost."""
        try:
            return self._content(name, most)
        except OSError:
            try:
                self.path.stat()
            except OSError as error:
                raise self._unreadable(_reason(error)) from error
            raise

    def _content(self, name: str, most: int) -> bytes:
        path = self.path / name
        if path.parent != self.path or not stat.S_ISREG(path.lstat().st_mode):
            raise _of_file(say("is_not_a_file_of_the_folder", name=name))
        with open(path, "rb", opener=_unlinked) as file:
            before = os.fstat(file.fileno())
            if most and before.st_size > most:
                raise _of_file(
                    say("has_bytes_more_than", name=name, st_size=before.st_size, most=most)
                )
            content = bytearray()
            while part := file.read(_PART):
                content += part
                if most and len(content) > most:
                    break
            after = os.fstat(file.fileno())
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or (
            len(content) != before.st_size
        ):
            raise _of_file(say("is_being_written_at_this_moment", name=name))
        return bytes(content)

    def _bounded(self, look: Callable[[], _Value], limit_s: float) -> _Value:
        """The value of `look`, or what it raised; a look that takes too long is given up."""
        with self._lock:
            self._hanging = {thread for thread in self._hanging if thread.is_alive()}
            if self._hanging:
                raise self._unreadable(say("an_earlier_look_at_it_has_not"))
        told: list[Any] = []
        failed: list[Exception] = []

        def run() -> None:
            try:
                told.append(look())
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                failed.append(error)

        thread = threading.Thread(target=run, name="documents", daemon=True)
        thread.start()
        thread.join(limit_s)
        if failed:
            raise failed[0]
        if not told:
            with self._lock:
                self._hanging.add(thread)
            raise self._unreadable(say("it_did_not_answer_within_seconds", limit_s=limit_s))
        value: _Value = told[0]
        return value

    def _unreadable(self, why: str) -> LocalFault:
        return LocalFault(
            "CFG-01",
            say("attachments_folder_cannot_be_read", path=self.path, why=why),
            title=say("the_document_folder_cannot_be_read"),
            fix=_FIX,
            retry_after_s=_AGAIN_S,
        )


def _unlinked(path: str, flags: int) -> int:
    """Open what is no link, where the system can tell at that very moment."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _of_file(why: str) -> LocalFault:
    return LocalFault("ATT-01", why, title=say("a_document_cannot_be_read"), fix=_FILE_FIX)


def _reason(error: OSError) -> str:
    """What the system says, without the path it repeats."""
    return (error.strerror or type(error).__name__).rstrip(".").lower()
