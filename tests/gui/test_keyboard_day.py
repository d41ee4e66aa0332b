"""A whole day without a mouse: set up, read, map, preview, sync, review, explain, export.

Nothing is called and nothing clicked: each step is a key, sent to what has the keyboard. What is
looked at between the keys is what the screen shows and what the systems hold.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.desk_lists import Query
from tests.gui.keyboard import CONTROL, KEY, SHIFT, Keyboard
from tests.gui.site_of_own import OwnSite, opened_own
from tests.gui.window_site import shown
from ui.mapping_dialogs import AcceptAllDialog
from ui.mapping_import import ImportDialog
from ui.window import Window
from ui.wizard import Wizard

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(600),
]
CONNECT, X3, AVID, SCOPE, REFERENCE, MAPPINGS, PREVIEW, LIVE = range(8)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSite]:
    with opened_own(tmp_path, monkeypatch) as site:
        yield site


class Clerk(Keyboard):
    """A person at the window of a workspace that was never set up."""

    def __init__(self, window: Window, site: OwnSite, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.window, self.site, self.desk = window, site, site.desk

    # -- the wizard --------------------------------------------------------------------------

    def wizard(self) -> Wizard:
        return self.dialog(Wizard)

    def go_on(self, verb: str) -> None:
        """Enter, once the button of the page says this."""
        button = self.wizard().next_button
        self.until(lambda: button.word() == verb and button.isEnabled())
        self.press(KEY.Key_Return)

    def run_and_go_on(self, verb: str) -> None:
        """What the page runs; not needed where the schedule has done it meanwhile."""
        button = self.wizard().next_button
        self.until(lambda: button.word() in {verb, "Continue"} and button.isEnabled())
        if button.word() == verb:
            self.press(KEY.Key_Return)
        self.go_on("Continue")

    def at_page(self, place: int) -> Any:
        self.until(lambda: self.wizard().place == place)
        page = self.wizard().page
        self.until(lambda: getattr(page, "form", True) is not None)
        self.qtbot.wait(50)
        return page

    def set_up(self) -> None:
        at = self.site.addresses
        self.at_page(CONNECT)
        self.press(KEY.Key_Down)
        self.go_on("Continue")
        self.at_page(X3)
        for name, text in (
            ("Address", at.x3_url), ("Folder", at.endpoint), ("User", at.x3_user),
            ("Password", at.x3_password),
        ):  # fmt: skip
            self.fill(name, text)
        self.go_on("Continue")
        self.at_page(AVID)
        for name, text in (
            ("Address", at.avid_url), ("Token address", at.token_url), ("Client id", at.client_id),
            ("Company id", at.company_id), ("Client secret", at.client_secret),
        ):  # fmt: skip
            self.fill(name, text)
        self.go_on("Test and continue")
        self.at_page(SCOPE)
        self.fill("Start date", "2026-01-01")
        self.go_on("Test and continue")
        self.go_on("Continue all the same")
        self.at_page(REFERENCE)
        self.run_and_go_on("Read now")
        self.at_page(MAPPINGS)
        for kind, title in (("vendors", "Vendors"), ("gl", "GL accounts")):
            self.accept_sure(kind, title)
        self.go_on("Continue")
        self.at_page(PREVIEW)
        self.run_and_go_on("Preview")
        self.at_page(LIVE)
        self.go_on("Turn on")
        self.alone(self.window)

    def accept_sure(self, kind: str, title: str) -> None:
        """The suggestions of one kind that are sure, after they were looked through."""
        name, page = f"Accept the sure suggestions of {title}", self.at_page(MAPPINGS)
        self.until(lambda: kind in page.buttons and page.buttons[kind].isVisible())
        self.tab_to(name)
        self.press(KEY.Key_Space)
        self.dialog(AcceptAllDialog)
        self.press(KEY.Key_Return)
        self.until(lambda: self.mapped(kind) > 0)
        self.wizard()
        self.until(lambda: self.name == "Continue")

    def mapped(self, kind: str) -> int:
        return self.desk.source(kind).count(Query(members={"state": "mapped"}))

    # -- the day -----------------------------------------------------------------------------

    def map_values(self) -> None:
        """Paste what stands in a spreadsheet: which value of X3 is which code."""
        self.press(KEY.Key_5, CONTROL)
        tab = self.window.pages.current
        self.tab_to("Kind of mapping", back=True)
        self.press(KEY.Key_Right)
        self.press(KEY.Key_Right)
        assert tab.kind == "dimensions"
        QApplication.clipboard().setText(values_of(self.desk))
        self.press(KEY.Key_V, CONTROL)
        dialog = self.dialog(ImportDialog)
        self.until(dialog.do_button.isEnabled)
        self.press(KEY.Key_Return)
        self.alone(self.window)
        self.until(lambda: self.mapped("dimensions") > 0)

    def map_an_account(self) -> None:
        """Find what is suggested and accept the first of it."""
        tab = self.window.pages.current
        self.tab_to("Kind of mapping", back=True)
        self.press(KEY.Key_Left)
        self.until(lambda: tab.kind == "gl" and tab.page.list.model.rowCount() > 0)
        before = self.mapped("gl")
        self.press(KEY.Key_F, CONTROL)
        self.write("state:suggested")
        self.press(KEY.Key_Return)
        self.press(KEY.Key_Down)
        assert tab.page.list.table.hasFocus()
        self.until(lambda: (tab.page.list.current_row() or {}).get("state") == "suggested")
        self.until(tab.page.details.accept_button.isEnabled)
        self.press(KEY.Key_Return)
        self.until(lambda: self.mapped("gl") > before)

    def preview_and_approve(self) -> str:
        self.press(KEY.Key_F9, SHIFT)
        self.until(lambda: self.window.pages.plan is not None)
        plan = self.window.pages.plan
        assert plan is not None
        page = self.window.pages.page("sync")._plan
        approve = page.foot.approve
        self.until(lambda: approve.isEnabled() or approve.toolTip() == "There is nothing to write")
        assert approve.isEnabled(), plan
        self.tab_to("Approve and run")
        self.press(KEY.Key_Space)
        self.until(lambda: self.window.pages.plan is None)
        self.end_of_run()
        return plan.hash

    def sync(self) -> None:
        self.press(KEY.Key_F9)
        self.until(self.window.progress.isVisible)
        self.end_of_run()

    def end_of_run(self) -> None:
        self.until(lambda: not self.window.is_running and not self.desk.is_running)

    def review(self) -> None:
        """Settle the first cause that is decided here, with a reason."""
        self.press(KEY.Key_4, CONTROL)
        page = self.window.pages.current
        self.until(lambda: page.queue.current() is not None)
        before = self.desk.health().needs_you
        for _ in range(30):
            self.press(KEY.Key_Return)
            if self.name.startswith("Why"):
                break
            self.press(KEY.Key_4, CONTROL)
            self.press(KEY.Key_Down)
        self.write("Paid by card in October")
        self.press(KEY.Key_Return)
        self.until(lambda: self.desk.health().needs_you < before)

    def explain(self) -> str:
        self.press(KEY.Key_2, CONTROL)
        page = self.window.pages.current
        self.until(lambda: page.list.current_row() is not None)
        self.press(KEY.Key_F, CONTROL)
        self.write("status:sent")
        self.press(KEY.Key_Return)
        self.press(KEY.Key_Down)
        self.until(lambda: page.list.model.figures.matched)
        self.until(lambda: page.list.current_row() is not None)
        self.until(lambda: page.list.current_row()["state"] == "sent")
        self.press(KEY.Key_F1)
        self.until(lambda: page.pane._view is not None and page.pane._first.text())
        assert page.pane.isAncestorOf(self.at)
        said = str(page.pane._first.text())
        self.press(KEY.Key_F6)
        self.press(KEY.Key_Escape)
        return said

    def export(self, file: Path) -> list[dict[str, str]]:
        self.press(KEY.Key_2, CONTROL)
        self.press(KEY.Key_E, CONTROL)
        self.dialog(QFileDialog)
        self.press(KEY.Key_A, CONTROL)
        self.write(str(file))
        self.press(KEY.Key_Return)
        self.alone(self.window)
        self.until(file.exists)
        with file.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


def values_of(desk: Desk) -> str:
    """A spreadsheet's cells: type, value, group and code of every dimension value."""
    rows = desk.source("dimensions").rows(Query())
    found = [(str(row["key1"]), str(row["key2"])) for row in rows]
    return "\r\n".join(
        "\t".join((*keys, best.group, best.code))
        for keys in found
        for best in desk.suggestions("dimensions", *keys, limit=1)
    )


def test_a_whole_day_by_keys(own: OwnSite, tmp_path: Path, qtbot: QtBot) -> None:
    with shown(own.desk, qtbot, 1366, 768) as window:
        clerk = Clerk(window, own, qtbot)
        clerk.set_up()
        clerk.map_values()
        clerk.map_an_account()
        plan = clerk.preview_and_approve()
        clerk.sync()
        clerk.review()
        assert "AvidXchange" in clerk.explain()
        rows = clerk.export(tmp_path / "sent.csv")
        runs = list(own.desk.source("runs").rows(Query()))
        assert any(row["plan_hash"] == plan and row["sent"] > 0 for row in runs)
        assert rows
        assert {row["State"] for row in rows} == {"sent"}
