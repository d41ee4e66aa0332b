"""One window per workspace: a later start asks the first to come to the front.

Who is first is decided by the lock of the workspace, never here; this only carries the wish. The
meeting point is named after user and data directory and open to this user alone.
"""

from __future__ import annotations

import getpass
import hashlib
import sys
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WISH = b"raise\n"
_WAIT_MS = 1_000


def meeting_point(directory: Path) -> str:
    """The name under which the window of a workspace is reached."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without accounts
        user = ""
    text = f"{user}\n{directory.resolve()}"
    return f"crossfoot-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def raise_first(directory: Path) -> bool:
    """Whether a window on this workspace answered and comes to the front; waits 1 s at most."""
    socket = QLocalSocket()
    socket.connectToServer(meeting_point(directory))
    if not socket.waitForConnected(_WAIT_MS):
        return False
    _let_come_forward()
    socket.write(_WISH)
    has_heard = socket.waitForReadyRead(_WAIT_MS)
    socket.disconnectFromServer()
    return has_heard


class Doorbell(QObject):
    """Emits `rung` when another start asks for this window. Only the lock's holder makes one."""

    rung = Signal()

    def __init__(self, directory: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)
        name = meeting_point(directory)
        # What a killed window left behind: nobody else can listen while we hold the lock.
        QLocalServer.removeServer(name)
        self.is_listening = self._server.listen(name)

    def close(self) -> None:
        """Nobody is heard any more."""
        self._server.close()

    def _answer(self) -> None:
        while (caller := self._server.nextPendingConnection()) is not None:
            caller.disconnected.connect(caller.deleteLater)
            caller.write(b"ok\n")
            caller.flush()
            self.rung.emit()


def _let_come_forward() -> None:
    """Windows lets a program take the front only when the one in front allows it."""
    if sys.platform == "win32":
        import ctypes

        any_process = -1
        ctypes.windll.user32.AllowSetForegroundWindow(any_process)
