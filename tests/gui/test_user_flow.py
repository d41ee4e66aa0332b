"""A clerk's morning by mouse and keys: run, look, map, preview, run, export; and being cut off.

The window is real, the systems are the simulated ones in their own process, and the truth is
looked up in their tables. Any warning of Qt fails.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from core import demo
from core.desk import Desk
from core.sandbox.server import STATE_FILE
from core.sandbox.state import State
from tests.gui.desk_site import make_demo, opened
from tests.gui.window_site import WAIT_MS, activate, run_to_end, shown
from ui.exchange_dialog import ExchangeDialog
from ui.window import Window

ROOT = Path(__file__).resolve().parents[2]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
_THERE = (
    "sent", "in_approval", "approved", "rejected", "payment_scheduled", "payment_issued",
    "part_paid", "paid", "payment_voided", "payment_returned", "changed_after_sending",
)  # fmt: skip
pytestmark = pytest.mark.timeout(150)


def there(directory: Path) -> list[dict[str, Any]]:
    """The invoices that the simulated AvidXchange holds, from its own table."""
    state = State(demo.folder(directory) / STATE_FILE)
    try:
        return list(state.table("avid:invoice").values())
    finally:
        state.close()


def doubled(directory: Path) -> list[str]:
    """X3 numbers that stand there more than once and live."""
    dead = {"Rejected", "Deleted"}
    counted = Counter(
        row["ExternalId"]["Value"].split("|")[3]
        for row in there(directory)
        if row["ExternalId"] and row["Status"] not in dead
    )
    return [number for number, count in counted.items() if count > 1]


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Desk]:
    """A demo of 120 invoices that nobody has worked with."""
    with opened(make_demo(tmp_path / "workspace", invoices=120, notches=0)) as desk:
        desk.open()
        yield desk


def _sync(window: Window, qtbot: QtBot) -> None:
    seen: list[str] = []
    window.bridge.changed.connect(seen.append)
    QTest.keyClick(window, Qt.Key.Key_F9)
    assert window.is_running
    run_to_end(window, qtbot)
    qtbot.waitUntil(lambda: "invoices" in seen, timeout=WAIT_MS)
    assert not window.progress.isVisible()


def _open_history(window: Window, qtbot: QtBot) -> None:
    """The history of a sent invoice, with a request and its answer."""
    QTest.keyClick(window, Qt.Key.Key_2, CONTROL)
    page = window.pages.current
    page.show_filtered({"state": "sent"})
    qtbot.waitUntil(lambda: page.list.current_row() is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.list.current_row()["state"] == "sent", timeout=WAIT_MS)
    history = page.pane.history
    openable = [row for row in history.findChildren(QPushButton) if row.toolTip()]
    if not openable:
        qtbot.waitUntil(
            lambda: any(row.toolTip() for row in history.findChildren(QPushButton)),
            timeout=WAIT_MS,
        )
        openable = [row for row in history.findChildren(QPushButton) if row.toolTip()]
    QTest.mouseClick(openable[0], LEFT)
    qtbot.waitUntil(lambda: bool(page.findChildren(ExchangeDialog)), timeout=WAIT_MS)
    dialog = page.findChildren(ExchangeDialog)[0]
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not page.findChildren(ExchangeDialog), timeout=WAIT_MS)
    activate(window, qtbot)


def _map_what_is_missing(window: Window, qtbot: QtBot) -> tuple[str, str, str]:
    """Accept the first suggestion for a supplier that holds invoices up; kind and keys.

    What has no candidate is left out by the find box.
    """
    QTest.keyClick(window, Qt.Key.Key_5, CONTROL)
    tab = window.pages.current
    page = tab.page
    qtbot.waitUntil(lambda: page.list.current_row() is not None, timeout=WAIT_MS)
    QTest.keyClick(page.list.table, Qt.Key.Key_F, CONTROL)
    QTest.keyClicks(page.list.filter_row.box, "state:suggested")
    QTest.keyClick(page.list.filter_row.box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.list.current_row()["state"] == "suggested", timeout=WAIT_MS)
    qtbot.waitUntil(page.details.accept_button.isEnabled, timeout=WAIT_MS)
    row = page.list.current_row()
    assert row["state"] == "suggested"
    assert row["open"] > 0
    QTest.mouseClick(page.details.accept_button, LEFT)
    key = (tab.kind, str(row["key1"]), str(row["key2"]))
    qtbot.waitUntil(lambda: window.desk.mapping_row(*key).row["state"] == "mapped", timeout=WAIT_MS)
    return key


def _preview_and_approve(window: Window, qtbot: QtBot) -> str:
    activate(window, qtbot)
    QTest.keyClick(window, Qt.Key.Key_F9, SHIFT)
    assert window.is_running
    qtbot.waitUntil(lambda: window.pages.plan is not None, timeout=WAIT_MS)
    plan = window.pages.plan
    assert plan is not None
    page = window.pages.page("sync")._plan
    assert page is not None
    qtbot.waitUntil(page.foot.approve.isEnabled, timeout=WAIT_MS)
    QTest.mouseClick(page.foot.approve, LEFT)
    qtbot.waitUntil(lambda: window.pages.plan is None, timeout=WAIT_MS)
    run_to_end(window, qtbot)
    return plan.hash


def _export(window: Window, qtbot: QtBot, file: Path) -> list[dict[str, str]]:
    activate(window, qtbot)
    QTest.keyClick(window, Qt.Key.Key_2, CONTROL)
    page = window.pages.current
    page.show_filtered({})
    qtbot.waitUntil(lambda: page.list.model.rowCount() > 0, timeout=WAIT_MS)
    page.first_focus()
    QTest.keyClick(page.list.table, Qt.Key.Key_E, CONTROL)
    qtbot.waitUntil(lambda: bool(page.findChildren(QFileDialog)), timeout=WAIT_MS)
    dialog = page.findChildren(QFileDialog)[0]
    dialog.setDirectory(str(file.parent))
    dialog.selectFile(file.name)
    dialog.accept()
    qtbot.waitUntil(file.exists, timeout=WAIT_MS)
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_morning_by_mouse_and_keys(morning: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    with shown(morning, qtbot, 1600, 1000) as window:
        tab = window.pages.page("sync")
        _sync(window, qtbot)
        qtbot.waitUntil(lambda: tab.standing.lines["sent"]._count > 0, timeout=WAIT_MS)
        sent_first = len(there(morning.directory))
        assert sent_first > 0
        _open_history(window, qtbot)
        _map_what_is_missing(window, qtbot)
        plan = _preview_and_approve(window, qtbot)
        runs = morning.source("runs")
        applied = [row for row in runs.rows(_everything()) if row["plan_hash"] == plan]
        assert any(row["mode"] == "live" and row["sent"] > 0 for row in applied), applied
        rows = _export(window, qtbot, tmp_path / "invoices.csv")
        assert len(rows) == morning.source("invoices").count(_everything())
    assert len(there(morning.directory)) > sent_first
    assert doubled(morning.directory) == []


def _everything() -> Any:
    from core.desk_lists import Query

    return Query()


def _command(directory: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "main.py"), "--sandbox", "--data-dir", str(directory),
            *arguments, "--json",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode in {0, 3}, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("what", ["close-in-run", "kill-in-run"])
def test_cut_off_in_a_run_nothing_is_sent_twice_and_nothing_is_lost(
    tmp_path: Path, what: str
) -> None:
    directory = make_demo(tmp_path / "workspace", invoices=120, notches=0)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.gui.shell_child", str(directory), what],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline().strip() == "ready"
        assert child.stdout.readline().strip() == "sending"
        if what == "kill-in-run":
            child.kill()
        child.wait(20)
    finally:
        child.kill()
        child.wait(10)
        child.stdout.close()
    # What was on its way may be in doubt for minutes: it is looked up, never sent again at once.
    for _ in range(2):
        _command(directory, "sync")
    assert doubled(directory) == []
    found = _command(directory, "status")
    assert found["invariants"] == {f"I{number}": "ok" for number in range(1, 9)}
    states = found["states"]
    assert states["sending"] == states["ready"] == 0
    live = {row["ExternalId"]["Value"].split("|")[3] for row in there(directory)}
    assert states["sent"] > 0
    assert states["in_doubt"] < states["sent"]
    known = sum(states[state] for state in _THERE)
    # Some of those that stand there are with a person, or were taken back since.
    with_a_person = sum(states[state] for state in ("in_doubt", "needs_review", "held", "excluded"))
    assert states["sent"] <= len(live) <= known + with_a_person
