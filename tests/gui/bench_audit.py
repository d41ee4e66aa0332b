"""The audit log with 1,000 and with 1,000,000 entries: open, sort, filter, end, memory.

python -m tests.gui.bench_audit [--append docs/measurements.md]

Run by hand, nothing is asserted; both sizes are measured in one run on the same machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from core.desk_lists import ListSource
from core.store import history, queries_lists
from core.store.sqlite import Store
from ui import theme
from ui.bridge import Bridge
from ui.document_lists import AUDIT, Shown, audit_row
from ui.list_view import ListView

SIZES = (1_000, 1_000_000)
_LOT = 20_000
_ACTIONS = ("received", "planned", "intent", "answer", "state", "mapping", "seal")


def filled(directory: Path, rows: int) -> Store:
    store = Store.open(directory, version="bench", clock=lambda: datetime.now(UTC), is_sandbox=True)
    made = 0
    while made < rows:
        lot = min(_LOT, rows - made)
        entries = [
            history.Entry(
                f"clerk{place % 7}",
                _ACTIONS[place % len(_ACTIONS)],
                f"PIH{place % 50_000:08d}",
                "ready",
                "sent",
                "",
                1 + place // 1000,
            )
            for place in range(made, made + lot)
        ]
        with store.write():
            history.append_many(store, entries)
        made += lot
    return store


class Gaps:
    """The longest time between two turns of the event loop while something goes on."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.longest_ms = 0.0
        self._timer = QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, (now - self._last) * 1000)
        self._last = now

    def begin(self) -> None:
        self._last, self.longest_ms = time.perf_counter(), 0.0


def wait_for(is_so: Callable[[], bool], limit_s: float = 30.0) -> None:
    loop, timer = QEventLoop(), QTimer()
    timer.setInterval(1)
    timer.timeout.connect(lambda: loop.quit() if is_so() else None)
    timer.start()
    QTimer.singleShot(int(limit_s * 1000), loop.quit)
    loop.exec()
    timer.stop()


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1_048_576


def measured(rows: int) -> dict[str, str]:
    store = filled(Path(tempfile.mkdtemp()), rows)
    before = memory_mb()
    bridge = Bridge()
    source = Shown(ListSource(lambda: queries_lists.audit_list(store)), audit_row)
    view = ListView(AUDIT, source, bridge)
    view.resize(1366, 768)
    view.show()
    gaps = Gaps()
    found: dict[str, str] = {}

    def step(name: str, act: Callable[[], object], is_done: Callable[[], bool]) -> None:
        wait_for(lambda: not view.model.is_busy)
        gaps.begin()
        begun = time.perf_counter()
        act()
        wait_for(is_done)
        took = (time.perf_counter() - begun) * 1000
        found[name] = f"{took:.0f} ms ({gaps.longest_ms:.0f})"

    def find(text: str) -> Callable[[], None]:
        def act() -> None:
            view.filter_row.box.setText(text)
            view.filter_row.box.returnPressed.emit()

        return act

    def idle() -> bool:
        return not view.model.is_busy

    step("open", view.start, lambda: view.model.rowCount() > 0)
    step("sort", lambda: view.sort_by(AUDIT.column("sequence")), idle)
    step("to the end", view.model.go_to_end, idle)
    step("back", view.go_to_start, idle)
    step("filter by action", find("what:planned"), idle)
    step("all again", view.filter_row.clear, idle)
    found["memory"] = f"{memory_mb() - before:.0f} MB"
    bridge.close(store.close_thread)
    view.close()
    store.close_thread()
    return found


def table(results: dict[int, dict[str, str]]) -> str:
    names = list(next(iter(results.values())))
    head = "| entries | " + " | ".join(names) + " |"
    lines = [head, "| --: |" + " --: |" * len(names)]
    lines += [f"| {rows:,} | " + " | ".join(r.values()) + " |" for rows, r in results.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--append", type=Path)
    options = parser.parse_args()
    application = QApplication([])
    theme.apply(application, "light")
    text = table({rows: measured(rows) for rows in SIZES})
    sys.stdout.write(text + "\n")
    if options.append:
        with options.append.open("a", encoding="utf-8") as file:
            file.write(
                "\n## The audit log at two sizes\n\nTime until the rows stand, and in brackets the "
                "longest gap of the event loop; `python -m tests.gui.bench_audit`, 2 cores, Linux, "
                f"CPython 3.11, offscreen.\n\n{text}\n"
            )
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
