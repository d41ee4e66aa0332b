"""Invoices, Payments and Audit log over a real desk on the demo: rows, pane, filters, files."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.errors import ConfigError
from tests.gui.list_site import Site, first, keep_in
from ui import (
    audit_pane,
    document_lists,
    problems,
)
from ui.bridge import Bridge
from ui.dialogs import ErrorDialog
from ui.exchange_dialog import ExchangeDialog
from ui.list_tab import ListTab
from ui.past_box import PastDialog
from ui.tab_lists import AuditTab, InvoicesTab, PaymentsTab, exchange_of
from ui.widgets import TextLabel

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
_SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


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


# --- invoices --------------------------------------------------------------------------------


def test_an_invoice_is_shown_with_sentence_facts_and_history(site: Site) -> None:
    tab = site.open(InvoicesTab)
    row = tab.list.current_row()
    assert tab.pane.isVisible()
    assert tab.pane.title.text() == row["number"]
    site.qtbot.waitUntil(lambda: bool(tab.pane.history.findChildren(QAbstractButton)))
    view = site.desk.invoice(row["number"])
    assert len(tab.pane.history.findChildren(QAbstractButton)) >= len(view.timeline)
    assert "Reading" not in tab.pane._next.text()


def test_arrow_down_moves_the_pane_to_the_next_invoice(site: Site) -> None:
    tab = site.open(InvoicesTab)
    before = tab.pane.title.text()
    QTest.keyClick(tab.list.table, Qt.Key.Key_Down)
    site.qtbot.waitUntil(lambda: tab.pane.title.text() != before)
    assert tab.pane.title.text() == tab.list.current_row()["number"]


def test_filtered_as_another_page_asks_for_it(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.show_filtered({"state": "held"})
    site.settle(tab)
    states = {row["state"] for row in tab.list.model.rows_in([(0, tab.list.model.rowCount() - 1)])}
    assert states == {"held"}
    assert [term.shown for term in tab.list.filter_row.terms] == ["Held"]
    assert tab.list.model.figures.matched < tab.list.model.figures.everything
    assert tab.pane.isVisible()


def test_one_document_is_found_by_its_number_and_opened(site: Site) -> None:
    tab = site.open(InvoicesTab)
    number = first(site.desk, "invoices", state="approved")["number"]
    tab.show_document(number)
    site.settle(tab)
    assert tab.pane.title.text() == number
    assert tab.list.model.figures.matched == 1


@pytest.mark.parametrize(
    ("typed", "member", "value"),
    [
        ("status:held", "state", "held"),
        ("status:needs", "state", None),
        ("amount:>5000", "amount", ">5000"),
        ("age:>7", "age", ">7"),
        ("vendor:acme", "supplier", "acme"),
        ("paid:paid", "payment", "paid"),
    ],
)
def test_find_fields_of_product_md(typed: str, member: str, value: str | None) -> None:
    from ui import find_syntax

    found = find_syntax.read(typed, document_lists.INVOICES.fields)
    if value is None:
        assert found.problems
        return
    assert find_syntax.members(found.terms, document_lists.INVOICES.fields) == {member: value}


@pytest.mark.parametrize("spec", [document_lists.INVOICES, document_lists.PAYMENTS])
def test_every_column_and_field_is_known_to_the_source(site: Site, spec: Any) -> None:
    from core.desk_lists import Query

    source = site.desk.source(spec.name)
    for column in spec.columns:
        if column.sort_name:
            source.page(Query(order=column.sort_name), None, 3)
    values = {"amount": ">1", "date": ">2020-01-01", "number": ">1", "text": "a", "word": "held"}
    for field in spec.fields.values():
        assert source.count(Query(members={field.member: values[field.kind]})) >= 0


def test_a_request_and_its_answer_open_from_the_history(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.show_document(first(site.desk, "invoices", state="approved")["number"])
    site.settle(tab)
    rows = [one for one in tab.pane.history.findChildren(QAbstractButton) if one.entry.key]
    assert rows
    QTest.mouseClick(rows[-1], Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: bool(tab.findChildren(ExchangeDialog)))
    dialog = tab.findChildren(ExchangeDialog)[0]
    assert json.loads(dialog.request.toPlainText())["ExternalId"]["Value"].startswith("X3|")
    assert "Successful" in dialog.answer.toPlainText()
    for word in ("Bearer", "client_secret"):
        assert word not in dialog.as_text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    site.qtbot.waitUntil(lambda: not tab.findChildren(ExchangeDialog))


def test_a_reply_says_nothing_of_our_inside(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.show_document(first(site.desk, "invoices", state="in_approval")["number"])
    site.settle(tab)
    QTest.mouseClick(tab.pane.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    row = tab.list.current_row()
    assert row["supplier_document"] in text
    assert "approvers" in text
    assert row["number"] not in text


def test_f4_and_escape_close_the_pane_and_it_stays_closed(site: Site) -> None:
    tab = site.open(InvoicesTab)
    QTest.keyClick(tab.list.table, Qt.Key.Key_F4)
    assert not tab.pane.isVisible()
    again = site.open(InvoicesTab)
    assert not again.pane.isVisible()
    QTest.keyClick(again.list.table, Qt.Key.Key_F4)
    assert again.pane.isVisible()
    again.pane.close_button.setFocus()
    QTest.keyClick(again.pane.close_button, Qt.Key.Key_Escape)
    assert not again.pane.isVisible()
    assert again.list.table.hasFocus()


def test_in_a_narrow_window_the_pane_lies_over_the_list(site: Site) -> None:
    tab = site.open(InvoicesTab, width=911, height=420)
    assert not tab.pane.isVisible()
    QTest.keyClick(tab.list.table, Qt.Key.Key_Return)
    assert tab.pane.isVisible()
    assert tab.list.width() == tab.width()
    assert tab.pane.geometry().right() == tab.rect().right()


def test_a_view_is_exported_as_csv_with_what_is_shown(site: Site, tmp_path: Path) -> None:
    tab = site.open(InvoicesTab)
    tab.show_filtered({"state": "held"})
    site.settle(tab)
    file = tmp_path / "held.csv"
    names = tuple(column.name for column in tab.list.columns.visible())
    tab.write_view(file, tab.list.query, names)
    site.qtbot.waitUntil(file.exists)
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == tab.list.model.figures.matched
    assert {row["State"] for row in rows} == {"held"}
    assert rows[0]["Currency"]
    site.qtbot.waitUntil(lambda: str(file) in tab._said.text())


def test_ctrl_e_asks_for_a_file(site: Site, tmp_path: Path) -> None:
    tab = site.open(InvoicesTab)
    QTest.keyClick(tab.list.table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    site.qtbot.waitUntil(lambda: bool(tab.findChildren(QFileDialog, "export")))
    dialog = tab.findChildren(QFileDialog, "export")[0]
    assert dialog.defaultSuffix() == "xlsx"
    dialog.setDirectory(str(tmp_path))
    dialog.findChild(QLineEdit).setText("mine")
    dialog.accept()
    site.qtbot.waitUntil((tmp_path / "mine.xlsx").exists)


# --- payments --------------------------------------------------------------------------------


def test_a_payment_shows_its_invoices_and_leads_to_one(site: Site) -> None:
    tab = site.open(PaymentsTab)
    site.qtbot.waitUntil(lambda: tab.pane._view is not None)
    links = [b for b in tab.pane.findChildren(QAbstractButton) if b.text().startswith(("B", "P"))]
    numbers = {share["number"] for share in tab.pane._view.shares}
    link = next(button for button in links if button.text() in numbers)
    with site.qtbot.waitSignal(tab.open_invoice) as told:
        QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    assert told.args[0] in numbers


# --- the audit log ---------------------------------------------------------------------------


def test_the_log_opens_at_its_newest_entry_and_its_hash_fits(site: Site) -> None:
    tab = site.open(AuditTab)
    row = tab.list.current_row()
    assert row["sequence"] == tab.list.model.figures.matched
    assert audit_pane.fits(row)
    assert not audit_pane.fits({**row, "actor": "someone else"})
    assert "fits what is shown" in tab.pane.chain.text()


def test_verify_now_reads_the_whole_log(site: Site) -> None:
    tab = site.open(AuditTab)
    QTest.mouseClick(tab.chain.verify_button, Qt.MouseButton.LeftButton)
    site.qtbot.waitUntil(lambda: "checked" in tab.chain._aside.text(), timeout=20_000)
    assert tab.chain.text.text().startswith("The chain verifies")
    assert tab.chain.verify_button.isEnabled()


def test_the_log_is_written_for_the_auditor_and_verifies(site: Site, tmp_path: Path) -> None:
    from core import app

    tab = site.open(AuditTab)
    file = tmp_path / "audit.jsonl"
    tab.chain.write(file)
    site.qtbot.waitUntil(lambda: "Head" in tab._said.text(), timeout=20_000)
    assert app.verify_audit_file(file, "")[0] == 0


def test_an_answer_in_the_log_shows_request_and_answer(site: Site) -> None:
    tab = site.open(AuditTab)
    tab.show_filtered({"action": "answer"})
    site.settle(tab)
    site.qtbot.waitUntil(lambda: tab.pane._exchange is not None)
    assert tab.pane.request.toPlainText()
    assert tab.pane._exchange.object == tab.list.current_row()["object"]


def test_only_this_object_filters_the_log(site: Site) -> None:
    tab = site.open(AuditTab)
    tab.show_filtered({"action": "intent"})
    site.settle(tab)
    name = tab.list.current_row()["object"]
    QTest.mouseClick(tab.pane.object_button, Qt.MouseButton.LeftButton)
    site.settle(tab)
    rows = tab.list.model.rows_in([(0, tab.list.model.rowCount() - 1)])
    assert {row["object"] for row in rows} == {name}


def test_an_entry_without_a_document_has_no_exchange(site: Site) -> None:
    row = {"action": "intent", "object": "V-nobody", "time": "2026-01-01T00:00:00.000000Z"}
    assert exchange_of(site.desk, row) is None
    assert exchange_of(site.desk, {**row, "action": "state"}) is None


def test_every_action_in_the_log_has_words_and_an_icon(site: Site) -> None:
    from ui import icons, looks

    known = set(icons.names())
    assert {icon for icon, _ in looks.ACTIONS.values()} <= known
    source = site.desk.source("audit")
    from core.desk_lists import Query

    found = {row["action"] for row in source.rows(Query())}
    assert found <= set(looks.ACTIONS)


def test_an_error_of_the_core_says_itself_what_to_do(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = problems.show(parent, ConfigError("CFG-01", "It is locked."), "Nothing was written.")
    assert isinstance(dialog, ErrorDialog)
    assert "It is locked." in problems.problem_of(ConfigError("CFG-01", "It is locked.")).why
    assert problems.problem_of(ValueError("odd")).code == "ValueError"
    dialog.close()


@pytest.mark.parametrize("kind", [InvoicesTab, PaymentsTab, AuditTab])
def test_every_control_has_a_name_and_numbers_are_whole(
    site: Site, kind: Callable[..., ListTab]
) -> None:
    tab = site.open(kind)
    for button in tab.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.accessibleName() or button.text(), button
    for width in (911, 1200, 1366, 1600):
        tab.resize(width, 600)
        site.qtbot.wait(60)
        for button in tab.pane.findChildren(QAbstractButton):
            if button.isVisible() and button.objectName() != "qt":
                assert button.width() >= button.minimumSizeHint().width()
        assert tab.list.table.horizontalScrollBar().maximum() == 0, width


def test_words_leave_no_gaps_after_the_pane_was_away(site: Site) -> None:
    tab = site.open(AuditTab, width=911, height=420)
    tab.resize(1366, 680)
    tab.resize(911, 420)
    tab.resize(1600, 900)
    site.qtbot.wait(200)
    for label in tab.pane.findChildren(TextLabel):
        if label.isVisible() and label.wordWrap():
            assert label.minimumHeight() <= label.heightForWidth(label.width())


def test_f1_opens_the_details_and_goes_there(site: Site) -> None:
    tab = site.open(InvoicesTab)
    tab.hide_pane()
    tab.explain()
    assert tab.panes() == [tab.list, tab.pane]
    assert tab.pane.isVisible()
    assert tab.pane.close_button.hasFocus()


def test_an_invoice_as_of_a_day_is_shown_with_its_proofs(site: Site) -> None:
    tab = site.open(InvoicesTab)
    box = tab.pane.past
    box.moment.setText("the day before")
    QTest.mouseClick(box.button, Qt.MouseButton.LeftButton)
    assert not tab.findChildren(PastDialog)
    number = tab.list.current_row()["number"]
    box.moment.setText("2099-12-31")
    QTest.keyClick(box.moment, Qt.Key.Key_Return)
    site.qtbot.waitUntil(lambda: bool(tab.findChildren(PastDialog)), timeout=20_000)
    shown = tab.findChildren(PastDialog)[0].text.toPlainText()
    assert shown.startswith(f"{number} as of")
    assert "audit row" in shown
    assert "Today's rules would send" in shown
    tab.findChildren(PastDialog)[0].close()
