"""Several invoices at once: what can be done with them together, and why not with the others."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.desk_lists import Query
from tests.gui.list_site import Site, keep_in
from ui.bridge import Bridge
from ui.bulk_decide import Found, _why_not
from ui.dialogs import ConfirmDialog
from ui.tab_lists import InvoicesTab, PaymentsTab

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
_SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    keep_in(tmp_path)


@pytest.fixture
def site(desk_with_demo: Desk, qtbot: QtBot) -> Iterator[Site]:
    """With a desk that the test may change."""
    made = Bridge()
    made.attach(desk_with_demo.subscribe)
    yield Site(desk_with_demo, made, qtbot)
    made.close(desk_with_demo.close_thread)


def item(number: int, *documents: str, how: str = "send_again exclude", **members: Any) -> Any:
    row = {"id": number, "code": "REJ-01", "documents": list(documents), "how": how.split()}
    return {**row, "waits": False, **members}


def found(selected: str, *rows: Any) -> Found:
    made = Found(frozenset(selected.split()))
    for row in rows:
        made.take(row)
    return made


def select_all(site: Site, tab: Any, states: str) -> list[str]:
    """Selects the first rows in these states; their states."""
    tab.show_filtered({"state": states})
    site.settle(tab)
    count = min(tab.list.model.rowCount(), 60)
    for row in range(count):
        tab.list.table.selectionModel().select(tab.list.model.index(row, 0), _SELECT)
    return [tab.list.model.row_at(row)["state"] for row in range(count)]


def confirm(site: Site, tab: Any, how: str, reason: str) -> None:
    QTest.mouseClick(tab.bulk.buttons[how], Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: bool(tab.findChildren(ConfirmDialog)))
    dialog = tab.findChildren(ConfirmDialog)[0]
    assert not dialog.confirm_button.isEnabled()
    QTest.keyClicks(dialog.reason, reason)
    QTest.mouseClick(dialog.confirm_button, Qt.MouseButton.LeftButton)


def test_an_item_is_decided_when_all_its_documents_are_selected() -> None:
    made = found("A B C", item(1, "A"), item(2, "B", "Z"), item(3, "C", how="exclude"))
    assert made.items == {"send_again": [1], "exclude": [1, 3]}
    assert made.count("exclude") == 2
    assert made.cannot() == (1, 0)


def test_what_is_in_doubt_and_what_is_no_invoice_to_send_is_not_sent_again_together() -> None:
    doubt = item(1, "A", code="DBT-01", how="link send_again withdraw")
    level = item(2, "B", code="LVL-01", how="keep send_again")
    made = found("A B", doubt, level)
    assert made.items == {}
    assert made.cannot() == (2, 0)
    assert _why_not(made) == "2 cannot here, only in Needs review."


def test_it_is_said_how_many_cannot_and_why() -> None:
    waits = item(3, "C", how="", waits=True)
    made = found("A B C D", item(1, "A"), item(2, "B", how="link"), waits)
    assert made.cannot() == (1, 2)
    assert _why_not(made) == (
        "1 cannot here, only in Needs review. 2 cannot: no decision is asked of you."
    )
    assert _why_not(found("A", item(1, "A"))) == ""


def test_several_are_excluded_and_it_is_said_which_cannot(site: Site) -> None:
    tab = site.open(InvoicesTab)
    states = select_all(site, tab, "rejected,approved")
    rejected = states.count("rejected")
    assert 0 < rejected < len(states)
    site.qtbot.waitUntil(tab.bulk.buttons["exclude"].isEnabled)
    asked = tab.bulk._found.count("exclude")
    assert asked >= rejected
    assert "cannot" in tab.bulk.note.text()
    confirm(site, tab, "exclude", "Paid by hand")
    site.qtbot.waitUntil(lambda: f"{asked} invoice" in tab._said.text(), timeout=20_000)


def test_several_that_were_rejected_are_sent_again(site: Site) -> None:
    tab = site.open(InvoicesTab)
    select_all(site, tab, "rejected,in_doubt")
    button = tab.bulk.buttons["send_again"]
    site.qtbot.waitUntil(button.isEnabled)
    asked = tab.bulk._found.count("send_again")
    assert button.text() == f"Send {asked} again…"
    items = set(tab.bulk._found.items["send_again"])
    open_items = site.desk.source("review").page(Query(), None, 500).rows
    assert {row["code"] for row in open_items if row["id"] in items} == {"REJ-01"}
    confirm(site, tab, "send_again", "Corrected in X3")
    site.qtbot.waitUntil(lambda: f"{asked} invoice" in tab._said.text(), timeout=20_000)
    left = site.desk.source("review").page(Query(), None, 500).rows
    assert not items & {row["id"] for row in left}
    site.qtbot.waitUntil(lambda: not button.isEnabled(), timeout=10_000)


def test_several_are_held_and_released_without_an_item(site: Site) -> None:
    tab = site.open(InvoicesTab)
    states = select_all(site, tab, "needs_mapping,needs_review")
    hold, release = tab.bulk.buttons["hold"], tab.bulk.buttons["release"]
    site.qtbot.waitUntil(hold.isEnabled, timeout=20_000)
    assert not release.isVisible()
    asked = tab.bulk._found.count("hold")
    assert 1 < asked <= len(states)
    assert hold.text() == f"Hold {asked}…"
    confirm(site, tab, "hold", "The buyer asks the supplier")
    site.qtbot.waitUntil(lambda: tab._said.text() == f"Held: {asked} invoices.", timeout=20_000)
    site.qtbot.waitUntil(lambda: release.isVisible() and release.isEnabled(), timeout=20_000)
    assert release.text() == f"Release {asked}…"
    assert not hold.isEnabled()
    confirm(site, tab, "release", "Answered")
    said = f"Released: {asked} invoices."
    site.qtbot.waitUntil(lambda: tab._said.text() == said, timeout=20_000)


def test_one_invoice_is_held_from_its_details(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.show_filtered({"state": "needs_mapping"})
    site.settle(tab)
    tab.list.table.selectRow(0)
    number = str(tab.list.current_row()["number"])
    pane = tab._details
    site.qtbot.waitUntil(lambda: pane.decisions["hold"].isVisibleTo(pane), timeout=20_000)
    assert not pane.decisions["release"].isVisibleTo(pane)
    pane.decisions["hold"].click()
    (dialog,) = tab.findChildren(ConfirmDialog)
    assert number in dialog.windowTitle() + dialog.accessibleName() + dialog.confirm_button.text()
    QTest.keyClicks(dialog.reason, "A credit note comes")
    QTest.mouseClick(dialog.confirm_button, Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: tab._said.text() == f"Held: {number}.", timeout=20_000)
    site.qtbot.waitUntil(lambda: pane.decisions["release"].isVisibleTo(pane), timeout=20_000)
    told = [entry.text for entry in site.desk.invoice(number).timeline]
    assert "Held: A credit note comes" in told


def test_one_payment_is_held_from_its_details_until_it_is_released(site: Site) -> None:
    tab = site.open(PaymentsTab)
    tab.show_filtered({"state": "processing"})
    site.settle(tab)
    tab.list.table.selectRow(0)
    payment = str(tab.list.current_row()["payment_id"])
    decide_payment(site, tab, "hold", f"Held: payment {payment}.")
    assert tab._details._first.text() == "A person holds it: The bank asks."
    decide_payment(site, tab, "release", f"Released: payment {payment}.")
    assert tab._details._first.text() != "A person holds it: The bank asks."
    told = [entry.text for entry in site.desk.payment(payment).timeline]
    assert "Held: The bank asks" in told


def decide_payment(site: Site, tab: PaymentsTab, how: str, said: str) -> None:
    """Decide the current payment from its details; it is shown when it is done."""
    pane = tab._details
    held_before = bool(pane._row["held"])
    site.qtbot.waitUntil(partial(pane.decisions[how].isVisibleTo, pane), timeout=20_000)
    pane.decisions[how].click()
    dialog = tab.findChildren(ConfirmDialog)[-1]
    QTest.keyClicks(dialog.reason, "The bank asks")
    QTest.mouseClick(dialog.confirm_button, Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: tab._said.text() == said, timeout=20_000)
    site.qtbot.waitUntil(lambda: bool(pane._row["held"]) != held_before, timeout=20_000)
