"""What the lists keep from one start to the next, and how the audit log is narrowed and sorted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.desk import Desk
from tests.gui.list_site import Site, first, keep_in
from ui import theme
from ui.bridge import Bridge
from ui.reading_order import stops
from ui.tab_lists import AuditTab, InvoicesTab, PaymentsTab

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    keep_in(tmp_path)


@pytest.fixture
def bridge(desk_to_read: Desk) -> Iterator[Bridge]:
    made = Bridge()
    made.attach(desk_to_read.subscribe)
    yield made
    made.close(desk_to_read.close_thread)


@pytest.fixture
def site(desk_to_read: Desk, bridge: Bridge, qtbot: QtBot) -> Site:
    return Site(desk_to_read, bridge, qtbot)


def pull(tab: Any, by: int) -> None:
    """Pulls the edge of the details to the left by so many pixels."""
    start = QPoint(2, 100)
    QTest.mousePress(tab.edge, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(tab.edge, start - QPoint(by, 0))
    QTest.mouseRelease(tab.edge, Qt.MouseButton.LeftButton, pos=start)


def test_the_details_keep_the_width_they_were_pulled_to(site: Site) -> None:
    tab = site.open(InvoicesTab)
    usual = tab.pane.width()
    pull(tab, 120)
    wide = tab.pane.width()
    assert usual + 100 < wide < usual + 140
    assert tab._main.width() + wide == tab.width()
    again = site.open(InvoicesTab)
    assert again.pane.width() == wide
    pull(again, 2_000)
    assert again._main.width() >= 300
    QTest.mouseDClick(again.edge, Qt.MouseButton.LeftButton, pos=QPoint(2, 100))
    assert again.pane.width() == usual
    assert site.open(InvoicesTab).pane.width() == usual
    other = site.open(PaymentsTab)
    assert other.pane.width() == usual


def test_the_edge_of_the_details_is_moved_by_keys(site: Site) -> None:
    tab = site.open(InvoicesTab)
    edge, usual = tab.edge, tab.pane.width()
    step = edge.singleStep()
    edge.setFocus(Qt.FocusReason.TabFocusReason)
    assert edge.hasFocus()
    assert edge.accessibleName()
    assert "Left and Right" in edge.accessibleDescription()
    QTest.keyClick(edge, Qt.Key.Key_Left)
    QTest.keyClick(edge, Qt.Key.Key_Left)
    assert tab.pane.width() == usual + 2 * step
    QTest.keyClick(edge, Qt.Key.Key_Right)
    assert tab.pane.width() == usual + step
    assert tab._main.width() + tab.pane.width() == tab.width()
    assert site.open(InvoicesTab).pane.width() == usual + step
    QTest.keyClick(edge, Qt.Key.Key_Home)
    assert tab.pane.width() == edge.minimum() < usual
    QTest.keyClick(edge, Qt.Key.Key_End)
    assert tab.pane.width() == edge.maximum() > usual
    assert tab._main.width() >= 300
    QTest.keyClick(edge, Qt.Key.Key_Return)
    assert tab.pane.width() == usual
    assert site.open(InvoicesTab).pane.width() == usual


def test_tab_goes_from_the_list_over_the_edge_to_the_details(site: Site) -> None:
    tab = site.open(InvoicesTab)
    order = stops(tab)
    at = order.index(tab.edge)
    assert all(tab._main.isAncestorOf(part) for part in order[:at])
    assert order[at + 1 :]
    assert all(tab.pane.isAncestorOf(part) for part in order[at + 1 :])


def test_the_edge_with_the_keyboard_is_seen_and_named(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.edge.setFocus(Qt.FocusReason.TabFocusReason)
    middle = tab.edge.rect().center()
    image = tab.edge.grab().toImage()
    assert image.pixelColor(middle) == theme.colour("accent")
    spoken = QAccessible.queryAccessibleInterface(tab.edge)
    assert spoken.role() == QAccessible.Role.Slider
    assert tab.edge.value() == tab.pane.width()
    tab.edge.setValue(tab.edge.minimum())  # as a screen reader does
    assert tab.pane.width() == tab.edge.minimum()


def test_closing_the_details_at_their_edge_gives_the_keyboard_to_the_list(site: Site) -> None:
    tab = site.open(InvoicesTab)
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_F4):
        tab.show_pane()
        tab.edge.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(tab.edge, key)
        assert not tab.pane.isVisible()
        assert tab.list.table.hasFocus()


def test_a_list_is_taken_up_where_it_was_left(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.list.sort_by(tab.list.spec.column("amount"))
    site.settle(tab)
    tab.list.table.go_to(7)
    site.settle(tab)
    left = tab.list.current_row()["number"]
    tab.keep_place()
    again = site.open(InvoicesTab)
    assert (again.list.query.order, again.list.query.descending) == ("amount", True)
    assert again.list.current_row()["number"] == left
    assert site.open(PaymentsTab).list.query.order == "payment_date"


def test_only_this_object_is_its_whole_name(site: Site) -> None:
    tab = site.open(AuditTab)
    number = first(site.desk, "invoices", state="sent,in_approval,approved")["number"]
    tab._details.object_wanted.emit(number)
    site.settle(tab)
    assert {row["object"] for row in tab.list.model.rows_in([(0, 50)])} == {number}
    chips = [term.value for term in tab.list.filter_row.terms]
    assert chips == [f"={number}"]


def test_the_log_is_sorted_by_what_and_by_object(site: Site) -> None:
    tab = site.open(AuditTab)
    for name, member in (("action", "action"), ("object_shown", "object")):
        tab.list.sort_by(tab.list.spec.column(name))
        site.settle(tab)
        shown = [row[member] for row in tab.list.model.rows_in([(0, 199)])]
        assert shown == sorted(shown)
