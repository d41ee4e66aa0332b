"""Every tab and dialog, opened and closed again and again: what is left behind is counted.

    python -m tests.gui.open_close [--times 200] [--write]

Widgets and all other objects of Qt are counted after each round, memory from the first quarter to
the end, and what Qt warns of is collected. `--write` renews the section of docs/measurements.md.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.campaigns import sections
from tests.gui.desk_site import make_demo, opened
from tests.gui.pictures import prepare

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from ui.window import Window

HEADING = "Every tab and dialog opened and closed"
WARM_ROUNDS = 2  # what is made once and kept is made in these
_PATIENCE_S = 60.0
_KNOWN = "This plugin does not support"
_PAGE = resource.getpagesize()


@dataclass
class Result:
    """What was counted after each round."""

    names: list[str] = field(default_factory=list)
    widgets: list[int] = field(default_factory=list)
    objects: list[int] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    grown: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def left_behind(self) -> tuple[int, int]:
        """Widgets and objects more after the last round than after the warm ones."""
        at = min(WARM_ROUNDS, len(self.widgets)) - 1
        return self.widgets[-1] - self.widgets[at], self.objects[-1] - self.objects[at]

    @property
    def grown_mb(self) -> float:
        """Memory from the end of the first quarter to the end."""
        quarter = max(WARM_ROUNDS, len(self.memory_mb) // 4) - 1
        return self.memory_mb[-1] - self.memory_mb[quarter]


class Rounds:
    """One window over one demo, and everything it can open."""

    def __init__(self, app: QApplication, window: Window, folder: Path) -> None:
        from tests.gui import every_dialog

        self._app, self._window = app, window
        self._leave = every_dialog.close_all
        self._front = every_dialog.in_front
        plan = every_dialog.plan(window)
        self._tabs = [*every_dialog.tabs(window), plan]
        self._dialogs = list(every_dialog.dialogs(window, folder, self.until))
        self.names = [one.name for one in (*self._tabs, *self._dialogs)]

    def settle(self) -> None:
        """Let everything happen that is due, deletions too."""
        from PySide6.QtCore import QCoreApplication, QEvent

        for _ in range(3):
            self._app.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait for what a reader brings."""
        end = time.monotonic() + _PATIENCE_S
        while not is_so():
            if time.monotonic() > end:
                raise TimeoutError(f"not within {_PATIENCE_S:.0f} s")
            self._app.processEvents()
            time.sleep(0.002)

    def once(self) -> None:
        """Each tab and each dialog, once."""
        for tab in self._tabs:
            tab.bring()
            self.settle()
        self._window.pages.page("sync").hide_plan()
        self.settle()
        for dialog in self._dialogs:
            dialog.bring()
            self.until(lambda: self._front(self._window))
            self.settle()
            self._leave(self._window)
            self.until(lambda: not self._front(self._window))
            self.settle()
        self._window.pages.open("sync")
        # What readers have brought meanwhile is shown, and what that replaced is gone.
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            self.settle()
        gc.collect()
        self.settle()


def play(app: QApplication, demo: Path, times: int) -> Result:
    """So many rounds over a demo."""
    from PySide6.QtCore import QObject, QSettings, qInstallMessageHandler

    from ui import shell
    from ui.bridge import Bridge
    from ui.window import Window

    found = Result()
    before = qInstallMessageHandler(
        lambda _kind, _context, text: None if _KNOWN in text else found.warnings.append(text)
    )
    begun = time.monotonic()
    gc.disable()  # as the program does: a reader's thread that collects would free objects of Qt
    try:
        with opened(demo) as desk:
            desk.open()
            bridge = Bridge()
            bridge.attach(desk.subscribe)
            preferences: QSettings = shell.preferences_of(demo)
            window = Window(desk, bridge, preferences)
            window.resize(1366, 768)
            window.restore_and_show()
            window.resize(1366, 768)
            rounds = Rounds(app, window, demo)
            found.names = rounds.names
            kinds: list[Counter[str]] = []
            for _ in range(times):
                rounds.once()
                every = app.allWidgets()
                found.widgets.append(len(every))
                found.objects.append(len(window.findChildren(QObject)))
                found.memory_mb.append(_memory_mb())
                kinds.append(Counter(type(one).__name__ for one in every))
            found.grown = dict(kinds[-1] - kinds[min(WARM_ROUNDS, times) - 1])
            window.end()
            desk.close()
            bridge.close(desk.close_thread)
            window.deleteLater()
            rounds.settle()
    finally:
        gc.enable()
        qInstallMessageHandler(before)
    found.seconds = time.monotonic() - begun
    return found


def _memory_mb() -> float:
    """What is in use: glibc and Qt are asked to give back first what they only keep for later."""
    from PySide6.QtGui import QPixmapCache

    # Qt's own file dialog fills it by some 15 to 30 kB each time, up to its limit of 10 MB.
    QPixmapCache.clear()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE / 2**20


def told(found: Result) -> str:
    """The section of docs/measurements.md."""
    widgets, objects = found.left_behind
    rows = (
        ("rounds", len(found.widgets)),
        ("opened and closed in each", f"{len(found.names)}: {', '.join(found.names)}"),
        ("widgets after two rounds, at the end", f"{found.widgets[1]}, {found.widgets[-1]}"),
        ("widgets left behind", widgets),
        ("other objects left behind", objects),
        ("memory after the first quarter, at the end (MB)", _ends(found)),
        ("warnings of Qt", len(found.warnings)),
        ("seconds", f"{found.seconds:.0f}"),
    )
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    command = f"python -m tests.gui.open_close --times {len(found.widgets)} --write"
    return f"`{command}` · {sections.made_on()}\n\n| figure | value |\n| --- | --- |\n{table}"


def _ends(found: Result) -> str:
    return f"{found.memory_mb[-1] - found.grown_mb:.1f}, {found.memory_mb[-1]:.1f}"


def main() -> int:
    """Play it; 1 when something was left behind or Qt warned."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--demo", type=Path, help="a demo made before; it is changed")
    options = parser.parse_args()
    app = prepare()
    with tempfile.TemporaryDirectory() as folder:
        demo = options.demo or make_demo(Path(folder) / "demo", invoices=60, notches=3)
        found = play(app, demo, options.times)
    gc.collect()  # while the application lives, as the program does at its end
    sys.stdout.write(f"{told(found)}\n")
    if found.grown:
        sys.stdout.write(f"grown: {found.grown}\n")
    for text in sorted(set(found.warnings)):
        sys.stdout.write(f"Qt: {text}\n")
    if options.write:
        sections.put(HEADING, told(found))
    return int(found.left_behind != (0, 0) or bool(found.warnings))


if __name__ == "__main__":
    sys.exit(main())
