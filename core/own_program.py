"""This program as a command, for the processes of its own that the window starts."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_CONSOLE_PROGRAM = "crossfoot-cli"
_VERIFIER = "verify_audit.py"
#: What a person types before a command of this program.
TYPED = _CONSOLE_PROGRAM if getattr(sys, "frozen", False) else "main.py"
_STEPS_BACK = 5  # of the 19 by which a process may stand back from its user's others


def started(*arguments: str) -> subprocess.Popen[bytes]:
    """A child that runs a command of this program; both its input and its output are pipes.

    It has no console of its own, a Ctrl+C in the terminal of this process does not reach it, and
    it stands back when the window wants the processor: who clicks is never kept waiting by work.
    """
    child = subprocess.Popen(  # noqa: S603 - our own program, no shell
        [*_program(), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=_creation_flags(),
        start_new_session=sys.platform != "win32",
    )
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # it has ended already, which its reader finds out
            os.setpriority(os.PRIO_PROCESS, child.pid, os.nice(0) + _STEPS_BACK)
    return child


def verifier() -> Path:
    """The script that verifies an exported log for whoever does not trust this program.

    It lies beside the built program, and under `packaging` in the source.
    """
    if getattr(sys, "frozen", False):
        return Path(sys.executable).with_name(_VERIFIER)
    return _ROOT / "packaging" / _VERIFIER


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return 0


def _program() -> list[str]:
    """The packaged console program, or the interpreter with main.py.

    A windowed program may have no standard input and output to speak over, so that of the two in
    the package the console one is taken, whichever this process is.
    """
    if not getattr(sys, "frozen", False):
        return [sys.executable, str(_ROOT / "main.py")]
    here = Path(sys.executable)
    beside = here.with_name(_CONSOLE_PROGRAM + here.suffix)
    return [str(beside if beside.exists() else here)]
