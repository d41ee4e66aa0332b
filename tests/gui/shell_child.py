"""A window in a process of its own that does one thing, for tests of starting and ending.

    python -m tests.gui.shell_child DIRECTORY hold|close|close-in-run|stuck|fault

Each step is told as one line on standard output.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from core import app as core_app
from core.redaction import REGISTER
from ui import shell
from ui.dialogs import ErrorDialog

_STUCK_S = 60


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Driver:
    """Does what was asked of the session once its window stands."""

    def __init__(self, session: shell.Session, what: str) -> None:
        self.session, self.what = session, what
        self.timer = QTimer(session)
        self.timer.setInterval(20)
        self.timer.timeout.connect(self.step)
        self.timer.start()
        self.has_asked = False

    def step(self) -> None:
        window = self.session.window
        if window.health is None:
            return
        if not self.has_asked:
            self.has_asked = True
            say("ready")
            getattr(self, f"begin_{self.what.replace('-', '_')}")()
            return
        view = window.desk.progress()
        if self.what == "close-in-run" and view is not None and view.phase == "Sending":
            say("sending")
            self.timer.stop()
            window.close()
        if self.what == "kill-in-run" and view is not None and view.phase == "Sending":
            say("sending")
        if self.what == "fault":
            dialogs = window.findChildren(ErrorDialog)
            if dialogs:
                self.timer.stop()
                dialogs[0].copy_button.click()
                say(f"told {QGuiApplication.clipboard().text()!r}")
                window.close()

    def begin_hold(self) -> None:
        self.timer.stop()
        self.session.doorbell.rung.connect(partial(say, "rung"))

    def begin_close(self) -> None:
        self.session.window.close()

    def begin_close_in_run(self) -> None:
        self.session.window.sync_now()

    def begin_kill_in_run(self) -> None:
        self.session.window.sync_now()

    def begin_stuck(self) -> None:
        window = self.session.window
        window.bridge.call_later(window, _stand_still, say)
        QTimer.singleShot(200, window.close)

    def begin_fault(self) -> None:
        REGISTER.register("open-sesame-42")
        QTimer.singleShot(0, partial(_fall, "open-sesame-42"))


def _stand_still() -> str:
    time.sleep(_STUCK_S)
    return "woken"


def _fall(secret: str) -> None:
    raise RuntimeError(f"it fell with {secret}")


def main() -> int:
    directory, what = Path(sys.argv[1]), sys.argv[2]
    order = core_app.Opening(directory, is_sandbox=True, needs="ledger")
    start = shell.Start(
        order.directory,
        partial(core_app.desk, order),
        core_app.end_logs,
        REGISTER.redact,
        begun=lambda session: setattr(session, "driver", Driver(session, what)),
    )
    status = shell.run(start)
    say(f"ended {status}")
    return status


if __name__ == "__main__":
    sys.exit(main())
