"""How long the window ever stands still while a run of 4,000 invoices goes on.

    python -m tests.gui.bench_stalls [--invoices 4000] [--write]

Tabs are switched, lists scrolled and filtered all the while. A precise timer of 5 ms on the GUI
thread measures the gaps. `--write` adds a line to docs/measurements.md; nothing is asserted.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.campaigns.ledger import Table
from tests.gui.desk_site import make_demo, opened
from tests.gui.pictures import prepare

BEAT_MS = 5
STEP_MS = 120
SHARE = 0.99
TABLE = Table(
    "The window during a run",
    "Gaps between two turns of the GUI thread while a run goes on and tabs are switched, scrolled\n"
    "and filtered (`python -m tests.gui.bench_stalls --write`). The first two rows are from\n"
    "before the engine of the window became a process of its own.",
    ("day", "machine", "invoices", "run s", "p50 ms", "p99 ms", "longest ms", "over 100 ms"),
)


def measure(invoices: int) -> tuple[float, list[float]]:
    """Seconds of the run, and every gap in milliseconds, sorted."""
    app = prepare()
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    from ui import shell
    from ui.bridge import Bridge
    from ui.window import Window

    sys.setswitchinterval(shell.SWITCH_S)
    gaps: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(make_demo(Path(folder) / "demo", invoices=invoices, notches=0)) as desk,
    ):
        desk.open()
        bridge = Bridge()
        bridge.attach(desk.subscribe)
        window = Window(desk, bridge, shell.preferences_of(Path(folder)))
        window.resize(1600, 1000)
        window.restore_and_show()
        window.resize(1600, 1000)
        loop = QEventLoop()
        for name in window.pages.names:
            window.pages.open(name)
            QTimer.singleShot(600, loop.quit)
            loop.exec()
        last = [time.perf_counter()]
        beat = QTimer()
        beat.setTimerType(Qt.TimerType.PreciseTimer)
        beat.setInterval(BEAT_MS)

        def count() -> None:
            now = time.perf_counter()
            gaps.append((now - last[0]) * 1000)
            last[0] = now
            if not window.is_running and not desk.is_running:
                loop.quit()

        mover = _Mover(window)
        step = QTimer()
        step.setInterval(STEP_MS)
        step.timeout.connect(mover.step)
        window.sync_now()
        began = time.perf_counter()
        last[0] = began
        beat.timeout.connect(count)
        beat.start()
        step.start()
        loop.exec()
        took = time.perf_counter() - began
        beat.stop()
        step.stop()
        window.end()
        desk.close()
        bridge.close(desk.close_thread)
        window.deleteLater()
        app.sendPostedEvents()
    return took, sorted(gaps)


class _Mover:
    """One thing a restless clerk does, over and over."""

    def __init__(self, window: object) -> None:
        self.window = window
        self.number = 0

    def step(self) -> None:
        pages = self.window.pages  # type: ignore[attr-defined] # Qt comes after `prepare`
        self.number += 1
        names = ("invoices", "payments", "audit", "sync", "review", "mappings")
        if self.number % 5 == 1:
            pages.open(names[self.number // 5 % len(names)])
            return
        view = getattr(pages.current, "list", None)
        if view is None:
            return
        if self.number % 5 in {2, 3}:
            bar = view.table.verticalScrollBar()
            bar.setValue((bar.value() + 900) % max(1, bar.maximum()))
        elif self.number % 5 == 4:
            view.filter_row.box.setText(("1", "0", "us", "")[self.number // 5 % 4])


def cells_of(invoices: int, took: float, gaps: list[float]) -> dict[str, object]:
    """The measurement as a row of the table."""
    machine = f"{platform.system()}, Python {platform.python_version()}, offscreen"
    middle, late = gaps[len(gaps) // 2], gaps[int(len(gaps) * SHARE)]
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "invoices": invoices,
        "run_s": f"{took:.1f}",
        "p50_ms": f"{middle:.1f}",
        "p99_ms": f"{late:.1f}",
        "longest_ms": f"{gaps[-1]:.0f}",
        "over_100_ms": sum(gap > 100 for gap in gaps),
    }


def main() -> int:
    """Measure, say it, and write it down when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=4000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    cells = cells_of(options.invoices, *measure(options.invoices))
    sys.stdout.write(", ".join(f"{name} {value}" for name, value in cells.items()) + "\n")
    if options.write:
        TABLE.append(**cells)
    return 0


if __name__ == "__main__":
    sys.exit(main())
