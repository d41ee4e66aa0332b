"""The window's part of `selftest`: the window of a demo, drawn once, then closed.

Drawn into memory unless `QT_QPA_PLATFORM` says otherwise. Nothing is clicked and no run is asked
for; the demo must have been made before.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QObject, QTimer, qVersion
from PySide6.QtGui import QGuiApplication, QImage

from core.words import area
from ui import shell
from ui.tab_sync import SyncTab

say = area(__name__)

Tell = Callable[[str, bool, str], None]

_STEP_MS, _LOOK_MS = 20, 200
_MOST_LOOKS = 50
_FEWEST_COLOURS = 24  # a window without fonts or icons, or one that was never painted, has fewer
_SAMPLE = 4
_NATIVE = {"win32": "windows", "darwin": "cocoa", "linux": "xcb"}


def draw(start: shell.Start, picture: Path | None, tell: Tell) -> None:
    """Show the window of `start`, tell of Qt's platforms and of the picture, and close it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if sys.platform == "win32":
        # Drawing into memory knows no fonts of Windows unless it is told where they lie.
        fonts = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "fonts"
        os.environ.setdefault("QT_QPA_FONTDIR", str(fonts))
    held: list[_Watch] = []

    def begun(session: shell.Session) -> None:
        held.append(_Watch(session, picture, tell))

    shell.application()
    _tell_platform(tell)
    shell.run(dataclasses.replace(start, begun=begun))
    if not held:
        tell("window", False, say("the_demo_could_not_be_opened_its"))  # noqa: FBT003


def _tell_platform(tell: Tell) -> None:
    """Qt's version and platforms: the desktop's own must be there, whatever is used here."""
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforms"
    names = sorted({file.stem.removeprefix("lib").removeprefix("q") for file in folder.glob("*q*")})
    needed = _NATIVE.get(sys.platform, "xcb")
    used = QGuiApplication.platformName()
    text = say("qt_on_platforms", qversion=qVersion(), used=used, names=", ".join(names))
    is_good = needed in names
    tell("qt", is_good, text if is_good else say("is_missing", text=text, needed=needed))


class _Watch(QObject):
    """Waits until the window shows the demo's state, takes its picture, and ends the session."""

    def __init__(self, session: shell.Session, picture: Path | None, tell: Tell) -> None:
        super().__init__(session)
        self._session, self._picture, self._tell = session, picture, tell
        self._before = QImage()
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    def _step(self) -> None:
        if self._session.window.health is None:
            return
        self._timer.stop()
        self._take()

    def _take(self) -> None:
        """What was read is laid out and painted in the next turns of the loop: until it stands."""
        window = self._session.window
        front = window.pages.page("sync")
        image = window.grab().toImage()
        is_still = image == self._before and isinstance(front, SyncTab) and front.is_read
        self._before = image
        self._looks += 1
        if is_still or self._looks > _MOST_LOOKS:
            self._judge(image)
        else:
            QTimer.singleShot(_LOOK_MS, self, self._take)

    def _judge(self, image: QImage) -> None:
        window = self._session.window
        found = _colours(image)
        if self._picture is not None and not image.save(str(self._picture)):
            self._tell("window", False, say("could_not_be_written", picture=self._picture))  # noqa: FBT003
        else:
            text = say(
                "x_drawn_in_colours", width=window.width(), height=window.height(), found=found
            )
            self._tell("window", found >= _FEWEST_COLOURS, text)
        QTimer.singleShot(0, self, partial(_end, self._session))


def _colours(image: QImage) -> int:
    """How many colours a sample of the picture has."""
    across, down = range(0, image.width(), _SAMPLE), range(0, image.height(), _SAMPLE)
    return len({image.pixel(x, y) for y in down for x in across})


def _end(session: shell.Session) -> None:
    session.quit()
