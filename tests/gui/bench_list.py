"""How long the GUI thread is held by a list of 1,000,000 rows; run by hand, nothing is asserted.

python tests/gui/bench_list.py [rows]
"""

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.list_source import SPEC, SqliteSource, fill
from ui import theme
from ui.bridge import Bridge
from ui.list_view import ListView


class Watched(QApplication):
    """Keeps the longest work of the GUI thread on one event; waiting for a core is not counted."""

    worst_ms = 0.0
    depth = 0

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self.depth:
            return super().notify(receiver, event)
        self.depth += 1
        begun = time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            self.depth -= 1
            self.worst_ms = max(self.worst_ms, (time.thread_time() - begun) * 1000)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def wait_for(is_so: Callable[[], bool], limit_s: float = 20.0) -> float:
    begun = time.perf_counter()
    loop = QEventLoop()
    timer = QTimer()
    timer.setInterval(1)

    def look() -> None:
        if is_so():
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    QTimer.singleShot(int(limit_s * 1000), loop.quit)
    loop.exec()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    app = Watched([])
    theme.apply(app, "light")
    path = Path(tempfile.mkdtemp()) / "bench.db"
    fill(path, rows)
    source, bridge = SqliteSource(path), Bridge()
    view = ListView(SPEC, source, bridge)
    view.resize(1600, 1000)
    view.show()
    model, table = view.model, view.table

    def step(name: str, act: Callable[[], object], is_done: Callable[[], bool]) -> None:
        wait_for(lambda: not model.is_busy)
        QCoreApplication.sendPostedEvents()
        app.worst_ms = 0.0
        begun, worked = time.perf_counter(), time.thread_time()
        act()
        held = (time.thread_time() - worked) * 1000
        took = (time.perf_counter() - begun) * 1000 + wait_for(is_done)
        worst = max(held, app.worst_ms)
        say(f"{name:34} {took:8.1f} ms, GUI thread at most {worst:6.1f} ms")

    def sort(name: str) -> Callable[[], object]:
        return lambda: view.sort_by(SPEC.column(name))

    step("first page", view.start, lambda: model.rowCount() > 0)
    step("count and totals", lambda: None, lambda: bool(model.figures.totals))
    step("jump to the end", lambda: QTest.keyClick(table, Qt.Key.Key_End), lambda: model.is_at_end)
    step("back to the start", view.go_to_start, lambda: model.is_at_start and not model.is_busy)
    for name in ("amount", "supplier", "due_date"):
        step(f"sort by {name}", sort(name), lambda: not model.is_busy)
    step("sort by number", sort("number"), lambda: not model.is_busy)
    find = view.filter_row.box

    def search() -> None:
        find.setText("amount:>29000")
        QTest.keyClick(find, Qt.Key.Key_Return)

    step("find amount:>29000", search, lambda: not model.is_busy)
    step("all again", view.filter_row.clear, lambda: not model.is_busy)

    bar = table.verticalScrollBar()
    gc.disable()  # as the shell does: it collects by a timer, in steps it knows
    timer = QTimer()
    timer.setInterval(4)
    timer.timeout.connect(lambda: bar.setValue(bar.maximum()))
    timer.start()
    step("drag down through 50,000 rows", lambda: None, lambda: model.rowCount() >= 50_000)
    timer.stop()
    step("select all that was read", table.selectAll, lambda: table.selected_count() >= 50_000)
    step("copy them", view.copy, lambda: "PIH" in app.clipboard().text())
    step("repaint", table.viewport().repaint, lambda: True)
    step("a change while scrolled", view.note_change, lambda: not model.is_busy)
    bridge.close(source.close)
    view.close()
    sys.stdout.flush()
    # A `notify` in Python is still called while the interpreter goes down, and crashes there.
    os._exit(0)


if __name__ == "__main__":
    main()
