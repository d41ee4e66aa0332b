"""A window in a process of its own that does one thing, for tests of starting and ending.

    python -m tests.gui.shell_child DIRECTORY hold|close|close-in-run|dialogs|stuck|fault|unopened

Each step is told as one line on standard output.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from core import app as core_app
from core.desk import Desk
from core.redaction import REGISTER
from tests.gui.open_close import Rounds
from ui import shell
from ui.crash_dialog import CrashDialog

_STUCK_S = 60
_ROUNDS = 3


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
        self.has_asked = self.has_saved = self.has_closed = False

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
            self.step_fault(window.findChildren(CrashDialog))

    def step_fault(self, dialogs: list[CrashDialog]) -> None:
        """Save a bundle from the first fault, close it, and tell of the one in a thread."""
        if not dialogs:
            return
        dialog = dialogs[0]
        if not self.has_saved and dialog.do_button.isEnabled():
            self.has_saved = True
            # Two more while it is open: told in the log only.
            QTimer.singleShot(0, partial(_fall, "open-sesame-42"))
            threading.Thread(target=_fall, args=("open-sesame-42",)).start()
            dialog.save(self.session.window.desk.directory / "bundle.zip")
        elif self.has_saved and not self.has_closed and "bundle.zip" in dialog.said.text():
            self.has_closed = True
            say(f"{len(dialogs)} open")
            dialog.copy_button.click()
            say(f"told {QApplication.clipboard().text()!r}")
            dialog.close()
            threading.Thread(target=_fall_in_thread).start()
        elif self.has_closed and "KeyError" in dialog.accessibleDescription():
            self.timer.stop()
            say(f"told {dialog.accessibleDescription()}")
            self.session.window.close()

    def begin_hold(self) -> None:
        self.timer.stop()
        self.session.doorbell.rung.connect(partial(say, "rung"))

    def begin_close(self) -> None:
        self.session.window.close()

    def begin_dialogs(self) -> None:
        """Open and leave everything a few times, then close the window."""
        self.timer.stop()
        app, window = shell.application(), self.session.window
        rounds = Rounds(app, window, window.desk.directory)
        for _ in range(_ROUNDS):
            rounds.once()
        say("opened")
        window.close()

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


def _fall_in_thread() -> None:
    raise KeyError("of a thread")


def _unopened() -> AbstractContextManager[Desk]:
    QTimer.singleShot(0, _close_told)
    raise RuntimeError("it never opened")


def _close_told() -> None:
    (dialog,) = (one for one in QApplication.topLevelWidgets() if isinstance(one, CrashDialog))
    offers = [dialog.logs_button, dialog.do_button]
    say(f"told {dialog.accessibleDescription()} {[one.isVisible() for one in offers]}")
    dialog.close()


def main() -> int:
    directory, what = Path(sys.argv[1]), sys.argv[2]
    order = core_app.Opening(directory, is_sandbox=True, needs="ledger")
    start = shell.Start(
        order.directory,
        _unopened if what == "unopened" else partial(core_app.desk, order),
        core_app.end_logs,
        REGISTER.redact,
        begun=lambda session: setattr(session, "driver", Driver(session, what)),
    )
    status = shell.run(start)
    say(f"ended {status}")
    return status


if __name__ == "__main__":
    sys.exit(main())
