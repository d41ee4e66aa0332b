"""The simulated systems in a process of their own, so that the window shares no thread with them.

The child is this program's own command `sandbox serve`; it ends when its input closes, also when
this process dies. Nothing of the sandbox is imported here.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import own_program
from core.errors import LocalFault
from core.words import area

say = area(__name__)

_STOP_S = 3.0
_ASK_S = 20.0
_COUNTED = ("invoice", "vendor", "payment")


@dataclass(slots=True)
class ServedDemo:
    """Both simulated systems, running; `told` holds their addresses and demo secrets."""

    told: dict[str, str]
    _child: subprocess.Popen[bytes]

    def advance(self) -> None:
        """Move the demo on by one notch in both systems; they have committed it on return.

        Raises:
            LocalFault: NET-01, the simulated systems do not answer any more.
        """
        self._ask("advance", b"")

    def counts(self) -> dict[str, int]:
        """How many invoices, vendors and payments the simulated AvidXchange holds."""
        tables = self._ask("tables")
        return {f"{name}s": int(tables.get(f"avid:{name}", 0)) for name in _COUNTED}

    def ask_for_happenings(self) -> None:
        """Let every kind of trouble with a document come once, while the demo is moved on."""
        order = {"name": "demo.happenings", "value": True}
        self._ask("value", json.dumps(order).encode())

    def stop(self) -> None:
        """End the child within seconds; a second call does nothing."""
        child = self._child
        if child.stdin is not None and not child.stdin.closed:
            with contextlib.suppress(BrokenPipeError):  # it has ended by itself
                child.stdin.close()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(_STOP_S)
        if child.stdout is not None:
            child.stdout.close()

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        url = f"{self.told['x3_url']}/_sandbox/{path}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            # The address is one that our own child has just told us, on 127.0.0.1.
            with opener.open(urllib.request.Request(url, body), timeout=_ASK_S) as answer:  # noqa: S310
                return json.load(answer)
        except (urllib.error.URLError, OSError) as error:
            raise _gone(str(error)) from error


def serve(data_dir: Path, *, seed: int | None = None) -> ServedDemo:
    """Start the child on this data directory and return when both systems listen.

    Takes a few seconds at the first start of a directory, when the company is made.

    Raises:
        LocalFault: NET-01, it did not start; the text says what it wrote.
    """
    command = ["sandbox", "serve", "--json", "--data-dir", str(data_dir)]
    if seed is not None:
        command += ["--seed", str(seed)]
    child = own_program.started(*command)
    if child.stdout is None:
        raise _gone(say("it_has_no_output"))
    line = child.stdout.readline()
    if not line:
        demo = ServedDemo({}, child)
        demo.stop()
        raise _gone(say("it_ended_with", returncode=child.returncode))
    return ServedDemo(json.loads(line), child)


def _gone(why: str) -> LocalFault:
    return LocalFault(
        "NET-01",
        say("the_simulated_systems_do_not_answer", why=why),
        title=say("the_demo_is_not_running"),
        fix=say("close_the_window_and_open_the_demo"),
    )
