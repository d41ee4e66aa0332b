"""The audit log of 1,000 entries beside one of 1,000,000: how long the window takes for each.

    python -m tests.gui.bench_audit [--rows 1000000] [--write]

Each log is opened by a process of its own, in the whole window, as a person does it; a precise
timer of 5 ms on the GUI thread measures gaps. Every wait is bounded and says what it waited for.
`--write` appends the table to docs/measurements.md; nothing is asserted.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gui.audit_rows import fill
from tests.gui.desk_site import make_demo, opened
from tests.gui.pictures import prepare

if TYPE_CHECKING:
    from ui.tab_lists import AuditTab
    from ui.window import Window

FEW = 1_000
STEP_S = 60.0  # no step may take longer
CHILD_S = 600.0
BEAT_MS = 5
SHARE = 0.99
_DEPTH = 1_000
_STORE = "crossfoot.db"
MEASUREMENTS = Path("docs/measurements.md")
HEADING = "## The audit log at two sizes"
_SAID = (
    "The Audit log opened in the whole window over a store of so many entries, each in a process "
    "of its own (`python -m tests.gui.bench_audit --write`). Times run until the rows are painted; "
    "gaps are those between two turns of the GUI thread while all of it went on."
)


class NeverCame(Exception):
    """A step did not end within its time; says which."""


class Bench:
    """One window with its audit log, and what each step in it took in milliseconds."""

    def __init__(self, window: Window) -> None:
        from PySide6.QtCore import Qt, QTimer

        from tests.gui.bench_events import Painted

        self.window = window
        self.found: dict[str, float] = {}
        self.gaps: list[float] = []
        self.tab: AuditTab = window.pages.page("audit")
        self.view, self.model = self.tab.list, self.tab.list.model
        self._replaced = 0
        self.model.replaced.connect(self._count)
        self._painted = Painted(self.view.table.viewport(), lambda: self.model.rowCount() > 0)
        self._last = time.perf_counter()
        self._beat = QTimer()
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._note_gap)

    def _count(self, _is_new: bool) -> None:  # noqa: FBT001 - a signal's argument
        self._replaced += 1
        self._painted.forget()

    def _note_gap(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now

    def step(self, name: str, act: Callable[[], object], is_done: Callable[[], bool]) -> None:
        """Act, and note how long it took until it was done and painted."""
        self._painted.forget()
        begun = time.perf_counter()
        act()
        wait_for(lambda: is_done() and self._painted.is_so, f"{name} never ended")
        self.found[name] = (time.perf_counter() - begun) * 1000

    def exchange(self, name: str, act: Callable[[], object]) -> None:
        """A step that brings other rows, and what counting them took after that."""
        before = self._replaced
        begun = time.perf_counter()
        self.step(name, act, lambda: self._replaced > before and not self.model.is_busy)
        wait_for(lambda: self.model.figures.matched is not None, f"{name} was never counted")
        self.found[f"{name}, counted"] = (time.perf_counter() - begun) * 1000

    def run(self, name: str) -> None:
        """Everything; `name` is an object that the log tells of."""
        self.found["memory before, MB"] = memory_mb()
        self._last = time.perf_counter()
        self._beat.start()
        tab, view, model = self.tab, self.view, self.model
        self.exchange("open", lambda: self.window.pages.open("audit"))
        by_object = view.spec.column("object_shown")
        self.exchange("sort by object", lambda: view.sort_by(by_object))
        self.exchange("sort by time", lambda: view.sort_by(view.spec.column("time")))
        self.exchange("filter by action", lambda: tab.show_filtered({"action": "answer"}))
        self.exchange(
            "filter by an object's name", lambda: tab.show_filtered({"object": f"={name}"})
        )
        part = name[-6:]
        self.exchange("filter by a part of it", lambda: tab.show_filtered({"object": part}))
        self.exchange("everything again", lambda: tab.show_filtered({}))
        self._drag()
        before = self._replaced
        self.step(
            "jump to the last entry",
            model.go_to_end,
            lambda: model.is_at_end and not model.is_busy and self._replaced >= before,
        )
        self._beat.stop()
        self.found["memory after, MB"] = memory_mb()
        gaps = sorted(self.gaps)
        self.found["gaps p99"] = gaps[int(len(gaps) * SHARE)]
        self.found["longest gap"] = gaps[-1]

    def _drag(self) -> None:
        """The scroll bar is pulled to its end until 1,000 entries have gone by."""
        bar = self.view.table.verticalScrollBar()

        def is_through() -> bool:
            if bar.value() != bar.maximum():
                bar.setValue(bar.maximum())
            return bool(self.model.rowCount() >= min(_DEPTH, self.model.figures.matched or _DEPTH))

        self.step("scroll through 1,000", lambda: bar.setValue(bar.maximum()), is_through)


def wait_for(is_so: Callable[[], bool], what: str, limit_s: float = STEP_S) -> None:
    """Let the window work until it is so.

    Raises:
        NeverCame: it was not within the time.
    """
    from PySide6.QtCore import QEventLoop, QTimer

    end = time.monotonic() + limit_s
    loop = QEventLoop()
    look = QTimer()
    look.setInterval(1)
    look.timeout.connect(lambda: loop.quit() if is_so() or time.monotonic() > end else None)
    look.start()
    loop.exec()
    look.stop()
    if not is_so():
        raise NeverCame(f"{what} within {limit_s:.0f} s")


def memory_mb() -> float:
    """What this process holds in memory; 0 where the system does not tell it this way."""
    told = Path("/proc/self/statm")
    pages = int(told.read_text(encoding="ascii").split()[1]) if told.exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 if pages else 0.0


def measure(demo: Path, name: str) -> dict[str, float]:
    """What one log takes; the process is used for nothing else."""
    app = prepare()
    from ui import shell
    from ui.bridge import Bridge
    from ui.window import Window

    sys.setswitchinterval(0.002)
    with opened(demo) as desk:
        desk.open()
        bridge = Bridge()
        bridge.attach(desk.subscribe)
        window = Window(desk, bridge, shell.preferences_of(demo))
        window.resize(1600, 1000)
        window.restore_and_show()
        window.resize(1600, 1000)
        wait_for(lambda: window.health is not None, "the window never read its health")
        bench = Bench(window)
        try:
            bench.run(name)
        finally:
            window.end()
            desk.close()
            bridge.close(desk.close_thread)
            window.deleteLater()
            app.sendPostedEvents()
    return bench.found


def measured_apart(demo: Path, rows: int) -> dict[str, float]:
    """The same in a process of its own over a copy of the demo with so many entries."""
    copy = demo.with_name(f"rows-{rows}")
    shutil.copytree(demo, copy)
    name = fill(copy / _STORE, rows)
    command = [
        sys.executable,
        "-m",
        "tests.gui.bench_audit",
        "--child",
        str(copy),
        "--object",
        name,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CHILD_S)
    shutil.rmtree(copy)
    if done.returncode:
        raise NeverCame(f"{rows:,} entries: {done.stderr.strip() or done.stdout.strip()}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(few: dict[str, float], many: dict[str, float], rows: int) -> str:
    """Both sizes side by side."""
    lines = [f"| ms | {FEW:,} | {rows:,} | ratio |", "| --- | --: | --: | --: |"]
    for name, value in few.items():
        other = many[name]
        ratio = f"{other / value:.1f}" if value else ""
        lines.append(f"| {name} | {value:,.1f} | {other:,.1f} | {ratio} |")
    return "\n".join(lines)


def write(text: str) -> None:
    """Append a table under its own heading."""
    before = MEASUREMENTS.read_text(encoding="utf-8") if MEASUREMENTS.exists() else ""
    head = "" if HEADING in before else f"\n{HEADING}\n\n{_SAID}\n"
    machine = f"{platform.system()}, Python {platform.python_version()}, offscreen"
    day = datetime.now(UTC).date().isoformat()
    added = f"{head}\n{day}, {machine}:\n\n{text}\n"
    if head:
        MEASUREMENTS.write_text(before + added, encoding="utf-8")
        return
    start = before.index(HEADING)
    end = before.find("\n## ", start)
    place = len(before) if end < 0 else end
    MEASUREMENTS.write_text(before[:place] + added + before[place:], encoding="utf-8")


def main() -> int:
    """Measure both, say it, and write it down when asked; 1 when a step never ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--object", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        faulthandler.dump_traceback_later(CHILD_S - 30, exit=True)
        found = measure(options.child, options.object)
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.write(f"{json.dumps(found)}\n")
        return 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            demo = make_demo(Path(folder) / "demo", invoices=40, notches=0)
            with opened(demo):
                pass  # its store is made; nothing has run, so the log is all but empty
            few, many = (measured_apart(demo, rows) for rows in (FEW, options.rows))
    except (NeverCame, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    text = table(few, many, options.rows)
    sys.stdout.write(f"{text}\n")
    if options.write:
        write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
