"""Needs review over a real desk on the demo: queue, words, the fix in place, what follows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.desk_lists import Query
from core.desk_views import ReviewView
from tests.gui.review_rows import item
from ui import review_words
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog
from ui.review_words import Cause, causes
from ui.tab_review import ReviewTab
from ui.widgets import Evidence

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    """What one test keeps is not there for the next."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def bridge(desk_with_demo: Desk) -> Iterator[Bridge]:
    made = Bridge()
    made.attach(desk_with_demo.subscribe)
    yield made
    made.close(desk_with_demo.close_thread)


class Site:
    """The tab in a window of its own."""

    def __init__(self, desk: Desk, bridge: Bridge, qtbot: QtBot) -> None:
        self.desk, self.qtbot = desk, qtbot
        self.tab = ReviewTab(desk, bridge, None)
        qtbot.addWidget(self.tab)
        bridge.changed.connect(self.tab.show_topic)
        self.tab.resize(1366, 680)
        with qtbot.waitExposed(self.tab):
            self.tab.show()
        self.tab.activateWindow()
        self.tab.first_focus()
        qtbot.waitUntil(lambda: self.tab.queue.causes.rowCount() > 0)
        self.settle()

    @property
    def current(self) -> Cause:
        """The chosen cause."""
        found = self.tab.queue.current()
        assert found is not None
        return found

    @property
    def fix(self) -> Any:
        return self.tab.page.fix

    def settle(self) -> None:
        self.qtbot.wait(400)

    def rows(self) -> list[Any]:
        return list(self.desk.source("review").rows(Query()))

    def choose(self, code: str, how: str = "") -> Any:
        """The first open item of this code that offers `how`; chosen in the queue."""
        fitting = [r for r in self.rows() if r["code"] == code and (not how or how in r["how"])]
        row = fitting[0]
        assert self.tab.queue.choose_item(int(row["id"]))
        self.settle()
        return row


@pytest.fixture
def site(desk_with_demo: Desk, bridge: Bridge, qtbot: QtBot) -> Site:
    return Site(desk_with_demo, bridge, qtbot)


# --- the tab ---------------------------------------------------------------------------------


def test_the_queue_shows_what_asks_and_below_what_runs_by_itself(site: Site) -> None:
    lines = site.tab.queue.causes.lines
    heading = next(at for at, line in enumerate(lines) if line.heading == "Runs by itself")
    assert all(not line.cause.waits for line in lines[:heading] if line.cause)
    assert all(line.cause.waits for line in lines[heading + 1 :] if line.cause)
    asking = [row for row in site.rows() if not row["waits"]]
    assert site.tab._summary.text() == f"{len(asking)} causes"


def test_a_missing_vendor_leads_to_its_mapping(site: Site) -> None:
    row = site.choose("MAP-01")
    supplier = row["cause"].partition("supplier ")[2]
    with site.qtbot.waitSignal(site.tab.map_wanted) as told:
        QTest.keyClick(site.tab.queue, Qt.Key.Key_Return)
        assert site.fix.map_button.hasFocus()
        QTest.keyClick(site.fix.map_button, Qt.Key.Key_Return)
    assert told.args == ["vendors", supplier, ""]


def test_documents_of_an_item_open_as_invoices(site: Site) -> None:
    row = site.choose("MAP-01")
    table = site.tab.page.documents.table
    site.qtbot.waitUntil(lambda: site.tab.page.documents.model.rowCount() == len(row["documents"]))
    table.go_to(0)
    with site.qtbot.waitSignal(site.tab.open_invoice) as told:
        site.tab.page.documents._open()
    assert told.args[0] in row["documents"]


def test_the_payment_of_an_item_opens_in_its_list(site: Site) -> None:
    row = site.desk.source("payments").page(Query(), None, 1).rows[0]
    number = row["payment_id"]
    about = item(1, "VOI-01", documents=[number], info={"kind": "payment"}, how=["done"])
    cause = causes([about])[0][0]
    assert review_words.headline(cause) == about["title"]
    site.tab.page.show_cause(cause)
    site.tab.page.show_view(cause, ReviewView(about, (), (row,), (), ()))
    panel = site.tab.page.payments
    site.qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    assert panel.isVisible()
    assert panel.title.text() == "This payment"
    panel.table.go_to(0)
    with site.qtbot.waitSignal(site.tab.open_list) as told:
        panel._open()
    assert told.args == ["payments", {"payment_id": number}]


def test_without_a_reason_nothing_can_be_decided(site: Site) -> None:
    site.choose("REJ-01", "exclude")
    assert all(not button.isEnabled() for button in site.fix.buttons.values())
    assert "reason" in site.fix.buttons["exclude"].toolTip()
    QTest.keyClicks(site.fix.reason, "Not ours")
    assert site.fix.buttons["exclude"].isEnabled()


def test_after_a_decision_the_item_goes_and_the_next_is_chosen(site: Site) -> None:
    row = site.choose("REJ-01", "exclude")
    QTest.keyClicks(site.fix.reason, "Paid by hand")
    QTest.mouseClick(site.fix.buttons["exclude"], Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(
        lambda: all(other["id"] != row["id"] for other in site.rows()), timeout=20_000
    )
    site.settle()
    current = site.tab.queue.current()
    assert current is not None
    assert all(one["id"] != row["id"] for one in current.items)
    assert site.fix.reason.text() == ""
    assert site.tab.queue.hasFocus()
    audit = site.desk.source("audit").page(Query(descending=True), None, 30).rows
    assert any("Paid by hand" in str(entry["after"]) for entry in audit)


def test_a_whole_group_is_settled_with_one_reason(site: Site) -> None:
    tab = site.tab
    asking = [line.cause for line in tab.queue.causes.lines if line.cause]
    group = next(cause for cause in asking if cause.children and "exclude" in cause.how)
    ids = {row["id"] for row in group.items}
    assert len(ids) > 1
    tab.queue._choose(group.key, 0)
    site.settle()
    assert tab.page.items.isVisible()
    assert str(group.documents) in site.fix.buttons["exclude"].word()
    QTest.keyClicks(site.fix.reason, "All of them by hand")
    QTest.mouseClick(site.fix.buttons["exclude"], Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: not ids & {row["id"] for row in site.rows()}, timeout=30_000)


def test_a_supplier_is_named_in_queue_and_sentence(site: Site) -> None:
    row = site.choose("MAP-01")
    name = site.desk.invoice(row["documents"][0]).supplier_name
    current = site.current
    assert name
    assert name in f"{current.title} {current.second}"
    assert name in site.tab.page.sentence.text()


def test_a_decision_that_is_refused_is_told_and_nothing_is_lost(site: Site) -> None:
    from ui.dialogs import ErrorDialog

    row = site.choose("REJ-01", "exclude")
    QTest.keyClicks(site.fix.reason, "Twice")
    site.desk.resolve(int(row["id"]), "exclude", reason="From elsewhere")
    site.tab._settle("exclude", "Twice", "")
    site.qtbot.waitUntil(lambda: bool(site.tab.findChildren(ErrorDialog)), timeout=20_000)
    site.tab.findChildren(ErrorDialog)[0].close()
    assert not site.tab._settling


def test_a_reason_half_typed_survives_news_from_the_store(site: Site) -> None:
    site.choose("REJ-01", "exclude")
    QTest.keyClicks(site.fix.reason, "Half a rea")
    site.tab.show_topic("review")
    site.settle()
    assert site.fix.reason.text() == "Half a rea"


def test_linking_asks_for_an_id(site: Site) -> None:
    rows = [row for row in site.rows() if "link" in row["how"]]
    assert rows
    assert site.tab.queue.choose_item(int(rows[0]["id"]))
    site.settle()
    assert site.fix.target_field.isVisible()
    QTest.keyClicks(site.fix.reason, "It is the same")
    site.fix.target.clear()
    assert not site.fix.buttons["link"].isEnabled()
    QTest.keyClicks(site.fix.target, "991")
    assert site.fix.buttons["link"].isEnabled()
    with site.qtbot.waitSignal(site.fix.settle_wanted) as told:
        site.tab.page.fix.settle_wanted.disconnect(site.tab._settle)
        QTest.mouseClick(site.fix.buttons["link"], Qt.MouseButton.LeftButton)
    assert told.args == ["link", "It is the same", "991"]


def test_what_it_may_be_linked_to_is_shown_with_both_sides_and_filled_in(site: Site) -> None:
    row = next(row for row in site.rows() if row["code"] == "DUP-01" and "link" in row["how"])
    assert site.tab.queue.choose_item(int(row["id"]))
    site.qtbot.waitUntil(lambda: bool(site.fix.candidates.buttons), timeout=20_000)
    view = site.desk.review_item(int(row["id"]))
    (candidate,) = view.candidates
    other = site.desk.invoice(candidate.note.removeprefix("sent for invoice ")).row
    assert candidate.target == other["avid_invoice_id"]
    facts = {fact.name: fact for fact in candidate.evidence}
    assert facts["Number"].verdict == "same"
    assert facts["Amount"].verdict == "differs"
    (button,) = site.fix.candidates.buttons
    assert button.isChecked()
    assert site.fix.target.text() == candidate.target
    tables = [table.accessibleName() for table in site.fix.candidates.findChildren(Evidence)]
    assert len(tables) == 1
    assert "Amount differs" in tables[0]
    site.fix.target.clear()
    site.choose("MAP-04")
    assert site.fix.candidates.buttons == []


def test_groups_open_and_close_by_keyboard(site: Site) -> None:
    queue = site.tab.queue
    key = next(line.cause.key for line in queue.causes.lines if line.cause and line.cause.children)
    queue._choose(key, 0)
    before = queue.causes.rowCount()
    QTest.keyClick(queue, Qt.Key.Key_Right)
    assert queue.causes.rowCount() > before
    QTest.keyClick(queue, Qt.Key.Key_Down)
    assert site.current.is_child
    QTest.keyClick(queue, Qt.Key.Key_Left)
    assert queue.causes.rowCount() == before
    assert site.current.key == key


def test_snoozed_items_go_to_those_that_run_by_themselves(site: Site) -> None:
    from PySide6.QtGui import QAction

    row = site.choose("MAP-04")
    action = QAction("Until tomorrow")
    action.setData(1)
    site.tab._snooze(action)
    number = int(row["id"])
    site.qtbot.waitUntil(
        lambda: any(r["snoozed"] for r in site.rows() if r["id"] == number), timeout=10_000
    )
    site.settle()
    assert site.tab.queue.choose_item(number)
    site.settle()
    assert site.current.waits
    assert "snoozed until" in site.tab.page.note.text()


def test_somebody_looks_after_an_item(site: Site) -> None:
    site.choose("MAP-04")
    QTest.mouseClick(site.tab.page.assign_button, Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: bool(site.tab.findChildren(ConfirmDialog)))
    dialog = site.tab.findChildren(ConfirmDialog)[0]
    QTest.keyClicks(dialog.reason, "Clerk 2")
    QTest.mouseClick(dialog.confirm_button, Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: "Clerk 2" in site.tab.page.note.text(), timeout=10_000)


def test_another_page_chooses_an_item(site: Site) -> None:
    row = [row for row in site.rows() if row["code"] == "REJ-01"][-1]
    site.tab.show_filtered({"id": str(row["id"])})
    site.settle()
    chosen = site.current
    assert [int(one["id"]) for one in chosen.items] == [int(row["id"])]


def test_nothing_left_says_all_clear(site: Site) -> None:
    site.tab._take([])
    assert site.tab._stack.currentWidget() is site.tab.empty
    assert site.tab.empty.accessibleName() == "All clear."


def test_narrow_windows_stack_the_columns_and_every_control_has_a_name(site: Site) -> None:
    site.tab.resize(900, 420)
    site.settle()
    assert site.tab.page.geometry().top() >= site.tab._left.geometry().bottom()
    assert site.tab.page.width() == site.tab.width()
    for button in site.tab.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.accessibleName() or button.text()
    for line in site.tab.queue.causes.lines:
        assert line.heading or (line.cause is not None and line.cause.spoken)


def test_f6_and_f1_lead_to_the_fix(site: Site) -> None:
    site.choose("REJ-01", "exclude")
    assert site.tab.panes() == [site.tab.queue, site.tab.page]
    site.tab.explain()
    assert site.fix.reason.hasFocus()
