"""Starts the program again and again without loading it again: a process that forks itself.

`Forge` keeps one process in which everything that a command needs is loaded. Each command runs in
a fork of it: a process of its own with its own arguments, output files and `CRASH_AT`, that enters
the program by `main.main` and dies as any other does. Only the half second of imports is saved.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.accept_site import ROOT, Ran
from tests.campaigns import failing

_LOADED = (
    "main", "core.cli", "core.app", "core.clients", "core.engine.engine", "core.pauses",
    "core.mapping_files", "core.audit_log", "core.sheets", "core.crash_points", "keyring.backends",
)  # fmt: skip
_LOOK_S = 0.004
_LONGEST_S = 240.0


@dataclass(frozen=True)
class Running:
    """A command under way."""

    pid: int
    began: float
    has_ended: Callable[[float], bool]

    def is_over(self, within_s: float) -> bool:
        """Whether it ends within so many seconds by itself."""
        return self.has_ended(within_s)


Stop = Callable[[Running], None]


class Forge:
    """One loaded process and its forks; one command at a time."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "out", folder / "err"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.forking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # what is read ahead would not be seen by `select`
            env=dict(environment),
            cwd=ROOT,
        )

    def run(
        self,
        *arguments: str,
        crash_at: str = "",
        stop: Stop | None = None,
        fail: Mapping[str, Any] | None = None,
    ) -> Ran:
        """Run one command to its end; killed when `stop` returns before that.

        `fail` are the arguments of `failing.arm`. The status is negative, the signal's number, for
        one that was killed.
        """
        order = {"arguments": arguments, "out": str(self._out), "err": str(self._err)}
        self._tell(order | {"crash_at": crash_at, "fail": dict(fail or {})})
        running = Running(self._heard()["pid"], time.monotonic(), self._is_heard)
        if stop is not None:
            stop(running)
            if not self._is_heard(0):
                self._tell({"kill": running.pid})
        status = int(self._heard()["status"])
        out, err = (path.read_text(encoding="utf-8") for path in (self._out, self._err))
        return Ran(status, out, err)

    def close(self) -> None:
        """End the loaded process."""
        with self._process as process:
            process.kill()

    def _tell(self, order: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not self._is_heard(_LONGEST_S):
            raise AssertionError(f"a command took more than {_LONGEST_S} s")
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def _is_heard(self, within_s: float) -> bool:
        """Whether the next message is there; each is one line and is read at once."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], within_s)
        return bool(ready)


# The loaded process


def serve() -> None:
    """Fork for each order on standard input until that closes."""
    for name in _LOADED:
        importlib.import_module(name)
    while line := sys.stdin.buffer.readline():
        order = json.loads(line)
        if "kill" in order:
            continue  # it had ended by itself meanwhile
        pid = os.fork()
        if not pid:
            _be(order)
        _say({"pid": pid})
        _say({"status": _ended(pid)})


def _say(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _ended(pid: int) -> int:
    """The status of a child, which is killed when standard input says so."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        ready, _, _ = select.select([sys.stdin.buffer], [], [], _LOOK_S)
        if ready:
            sys.stdin.buffer.readline()
            os.kill(pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _be(order: Mapping[str, Any]) -> None:
    """Become the program with these arguments; never returns."""
    status = 1
    try:
        for number, place in ((1, order["out"]), (2, order["err"])):
            opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ["CRASH_AT"] = order["crash_at"]
        importlib.reload(sys.modules["core.crash_points"])  # it reads the environment once
        sys.argv = ["main.py", *order["arguments"]]
        armed = failing.arm(**order["fail"]) if order["fail"] else None
        try:
            status = sys.modules["main"].main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:  # noqa: BLE001 - shown as the interpreter would show it
            traceback.print_exc()
        if armed is not None:
            armed.tell()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve()
