"""The second copy of the daily backup, in a folder that may be a share and may be missing.

The copying runs on a thread of its own and touches no store: a share that does not answer holds up
neither a run nor the end of the program.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
import uuid
from pathlib import Path

from core.words import area

say = area(__name__)

_KEPT = 7
_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_NOT_ANSWERED = say("the_folder_does_not_answer")


def stem_of(name: str, workspace: str) -> str:
    """How the files of a workspace begin in a folder that several may share."""
    fitting = " ".join(_UNFIT.sub(" ", name).split())
    return f"{fitting or 'Crossfoot'} {workspace[:8]}"


class SecondCopy:
    """Copies backups of one workspace into a folder and keeps the seven youngest there.

    `name` is what people call the workspace, `workspace` its id: two may share a folder.
    """

    def __init__(self, folder: Path, *, name: str, workspace: str) -> None:
        self.folder = folder
        self._stem = stem_of(name, workspace)
        self._thread: threading.Thread | None = None
        self._problem = ""

    def begin(self, backup: Path) -> None:
        """Copy a backup unless it is there, at once and beside everything else."""
        if self._thread is not None and self._thread.is_alive():
            return  # the folder has not answered since an earlier run
        self._problem = _NOT_ANSWERED
        self._thread = threading.Thread(
            target=self._copy, args=(backup,), name="second-copy", daemon=True
        )
        self._thread.start()

    def problem(self, wait_s: float) -> str:
        """Why the copy begun last is not there, in a sentence; empty when it is. Waits for it."""
        if self._thread is not None:
            self._thread.join(wait_s)
        return self._problem

    def path_of(self, backup: Path) -> Path:
        """Where the copy of a backup lies."""
        return self.folder / f"{self._stem} {backup.name}"

    def _copy(self, backup: Path) -> None:
        target = self.path_of(backup)
        part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
        try:
            if not (target.exists() and target.stat().st_size == backup.stat().st_size):
                self.folder.mkdir(parents=True, exist_ok=True)
                try:
                    shutil.copyfile(backup, part)
                    with part.open("rb+") as file:
                        os.fsync(file.fileno())
                    part.replace(target)
                finally:
                    with contextlib.suppress(OSError):  # the share went away with it
                        part.unlink(missing_ok=True)
                self._prune(backup)
        except OSError as error:
            self._problem = f"{error.strerror or type(error).__name__}."
            return
        self._problem = ""

    def _prune(self, backup: Path) -> None:
        """Delete our own older copies of this kind; names carry the day, so they sort by age."""
        kind = backup.name.partition("-")[0]
        found = sorted(self.folder.glob(f"{self._stem} {kind}-*.db"))
        for path in found[:-_KEPT]:
            path.unlink(missing_ok=True)
