"""The Reconciliation tab over planted books: equation, causes, notes, sign-off, what changed."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.store import history, snapshots
from tests.campaigns.planted_books import NOW, PLANTS, Books
from tests.desk.reconcile_desk import Moment
from tests.gui.reconcile_site import OCTOBER, desk_in, plant
from tests.gui.window_site import WAIT_MS, nameless, shown
from ui import formats
from ui import tab_reconcile_words as words
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog, ErrorDialog
from ui.list_spec import Query
from ui.tab_reconcile import ReconcileTab
from ui.tab_reconcile_lists import HeldList, document_spec

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]


class Site:
    """The tab in a window of its own, over a desk with books."""

    def __init__(self, folder: Path, qtbot: QtBot, *causes: str) -> None:
        self.clock, self.qtbot = Moment(), qtbot
        self.desk = desk_in(folder / "data", self.clock)
        self.books: Books = plant(self.desk, *causes)
        self.bridge = Bridge()
        self.window = QWidget()
        self.tab = ReconcileTab(self.desk, self.bridge, self.window)
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tab)
        self.window.resize(1366, 660)

    def show(self, *, has_run: bool = True) -> None:
        health = self.desk.health()
        self.tab.show_health(replace(health, last_run={"run": 1} if has_run else None))
        self.window.show()
        self.window.activateWindow()
        self.until(lambda: bool(self.tab.choices.chosen_period))

    def reconciled(self) -> None:
        """A statement in sight, with the documents of its first cause."""
        self.desk.reconcile(OCTOBER)
        self.show()
        self.until(lambda: self.tab.view is not None)
        self.settle()

    def until(self, holds: Any) -> None:
        self.qtbot.waitUntil(holds, timeout=WAIT_MS)

    def settle(self) -> None:
        """Every list in sight has what it was given, and nobody reads any more."""
        page = self.tab.page
        for view in (page.causes.list, page.list):
            self.until(lambda view=view: not view.held.rows or _is_read(view))
        done: list[int] = []
        self.bridge.read_later(self.window, lambda: 1, done.append)
        self.until(lambda: bool(done))
        self.qtbot.wait(20)

    def choose(self, cause: str) -> Any:
        """Makes a cause the current one; its row once its documents are there."""
        causes = self.tab.page.causes.list
        row = next(row for row in causes.held.rows if row["cause"] == cause)
        assert causes.select_key(row["key"])
        self.until(lambda: self.tab.page.documents.key == row["key"])
        self.settle()
        documents = self.tab.page.documents.list
        self.until(lambda: len(documents.held.rows) >= row["documents"])
        self.until(lambda: documents.model.rowCount() == len(documents.held.rows))
        return row

    def close(self) -> None:
        self.window.close()
        self.bridge.close(self.desk.close_thread)
        self.window.deleteLater()
        self.desk._store.close_thread()


def _is_read(view: HeldList) -> bool:
    return view.model.has_read and not view.model.is_busy


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    """What one test keeps is not there for the next."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def site(tmp_path: Path, qtbot: QtBot) -> Iterator[Site]:
    made = Site(tmp_path, qtbot)
    yield made
    made.close()


def figure(site: Site, name: str) -> Decimal:
    text = site.tab.page.equation.cards[name]._figure.text()
    return Decimal(text.replace(",", "").replace("\u2212", "-"))


def test_without_a_run_it_says_what_it_needs_and_then_reconciles_on_demand(site: Site) -> None:
    site.show(has_run=False)
    tab = site.tab
    assert tab.empty.accessibleName() == "October 2026 has not been reconciled yet"
    assert "needs a run" in tab.empty.accessibleDescription()
    wished: list[str] = []
    tab.wants.connect(wished.append)
    tab.first_button.click()
    assert wished == ["sync"]
    assert tab.view is None
    tab.show_health(replace(site.desk.health(), last_run={"run": 1}))
    assert tab.first_button.word() == "Reconcile October 2026"
    tab.first_focus()
    QTest.keyClick(tab.first_button, Qt.Key.Key_Space)
    site.until(lambda: tab.view is not None)
    site.settle()
    assert tab.page.isVisible()
    assert not tab.empty.isVisible()
    assert tab.choices.fact.text() == f"As of today, {formats.moment(NOW)}"
    view = site.desk.last_statement(OCTOBER)
    assert view == tab.view


def test_equation_and_causes_are_what_was_planted_in_every_currency_and_step(site: Site) -> None:
    site.reconciled()
    page, choices = site.tab.page, site.tab.choices
    found: dict[tuple[str, str, str, str], Decimal] = {}
    names = [choices.currency.itemData(at) for at in range(choices.currency.count())]
    assert sorted(names) == ["CAD", "USD"]
    for currency in names:
        choices.currency.setCurrentIndex(choices.currency.findData(currency))
        choices.currency_chosen.emit()
        for at, step in enumerate(words.STEPS):
            page.causes.segment.setCurrentIndex(at)
            site.settle()
            first, second = ("x3", "avidxchange") if at == 0 else ("avidxchange", "payments")
            rows = page.causes.list.held.rows
            loose = sum(
                (Decimal(r["amount"]) for r in rows if r["state"] != "explained"), Decimal()
            )
            named = sum(
                (Decimal(r["amount"]) for r in rows if r["state"] == "explained"), Decimal()
            )
            assert (figure(site, "explained"), figure(site, "unexplained")) == (named, loose)
            assert figure(site, first) == figure(site, second) + named + loose
            visible = {name for name, card in page.equation.cards.items() if card.isVisible()}
            assert visible == {first, second, "explained", "unexplained"}
            for row in rows:
                found[row["company"], currency, step, row["cause"]] = Decimal(row["amount"])
    planted: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for (company, currency, step, cause, _), minor in site.books.expected.items():
        planted[company, currency, step, cause] += Decimal(minor) / 100
    assert found == dict(planted)


def test_what_is_unexplained_stands_first_and_is_counted_on_its_step(site: Site) -> None:
    site.reconciled()
    tab = site.tab
    assert tab.view is not None
    for currency in ("USD", "CAD"):
        tab.choices.currency.setCurrentIndex(tab.choices.currency.findData(currency))
        tab.choices.currency_chosen.emit()
        states = [row["state"] for row in tab.page.causes.list.held.rows]
        assert states == sorted(states, reverse=True)
        loose = [line for line in tab.view.causes if line.state == "unexplained"]
        here = sum(one.documents for one in loose if one.currency == currency)
        shown_count = tab.page.causes.segment.accessibleTabName(0).partition(", ")[2]
        assert shown_count == (str(here) if here else "")
    assert {"explained", "unexplained"} == {line.state for line in tab.view.causes}


def test_documents_of_a_cause_add_up_and_lead_to_the_invoice_and_its_payment(site: Site) -> None:
    site.reconciled()
    page = site.tab.page
    row = site.choose("not_sent_yet")
    documents = page.documents.list
    amounts = [Decimal(one["amount"]) for one in documents.held.rows]
    assert sum(amounts) == Decimal(row["amount"])
    assert page.documents.title.text() == row["title"]
    assert {one["why"] for one in documents.held.rows} <= {"Held", "Ready", "Needs mapping"}
    opened: list[str] = []
    paid: list[str] = []
    site.tab.open_invoice.connect(opened.append)
    site.tab.open_payment.connect(paid.append)
    documents.table.go_to(0)
    QTest.keyClick(documents.table, Qt.Key.Key_Return)
    assert opened == [documents.held.rows[0]["document"]]
    site.choose("paid_not_posted")
    documents.table.go_to(0)
    documents.table.setFocus()
    menu_at = documents.table.visualRect(documents.table.currentIndex()).center()
    documents.table.menu_wanted.emit(documents.table.viewport().mapToGlobal(menu_at))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    names = {action.text(): action for action in menu.actions()}
    names["Open the payment"].trigger()
    menu.close()
    assert paid == [documents.held.rows[0]["payment"]]


def test_a_note_is_kept_once_on_a_cause_and_on_a_document_and_can_be_taken_away(
    site: Site,
) -> None:
    site.reconciled()
    row = site.choose("rejected")
    panel = site.tab.page.documents
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "Vendor sends it again")
    QTest.keyClick(panel.note, Qt.Key.Key_Return)
    panel.list.table.setFocus()  # leaving the field does not write it again
    causes = site.tab.page.causes.list
    site.until(lambda: _note(causes, row["key"]) == "Vendor sends it again")
    site.settle()
    document = str(panel.list.held.rows[0]["document"])
    panel.note_on(document)
    assert panel.note.accessibleName() == f"Note on {document}"
    assert panel.note.text() == ""
    QTest.keyClicks(panel.note, "Credit follows")
    QTest.keyClick(panel.note, Qt.Key.Key_Return)
    site.until(lambda: panel.list.held.rows[0]["note"] == "Credit follows")
    site.settle()
    panel.aim_button.click()
    assert panel.note.text() == "Vendor sends it again"
    panel.note.clear()
    site.choose("recoded")  # what was typed is kept although the cause was left
    site.until(lambda: _note(causes, row["key"]) == "")
    kept = snapshots.notes(site.desk._store, OCTOBER, "")
    assert [(note.document, note.note) for note in kept] == [
        ("", "Vendor sends it again"),
        (document, "Credit follows"),
        ("", ""),
    ]


def _note(view: HeldList, key: str) -> str:
    return next(str(row["note"]) for row in view.held.rows if row["key"] == key)


def test_signing_asks_for_a_look_a_note_and_a_name_and_holds_for_good(site: Site) -> None:
    site.reconciled()
    card = site.tab.page.sign
    assert not card.sign_button.isEnabled()
    card.looked_box.setChecked(True)
    assert "unexplained" in card.sign_button.toolTip()
    QTest.keyClicks(card.note, "One wire of the bank, asked for")
    assert card.sign_button.isEnabled()
    card.sign_button.click()
    dialog = card.findChild(ConfirmDialog)
    assert dialog is not None
    assert not dialog.confirm_button.isEnabled()
    QTest.keyClicks(dialog.reason, "Ruth Controller")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    site.until(lambda: not card.sign_button.isVisible())
    assert card.reviewed.text.text() == "Reviewed by Ruth Controller"
    assert card.sentence.text() == "One wire of the bank, asked for"
    view = site.desk.last_statement(OCTOBER)
    assert view is not None
    assert (view.signed_by, view.note) == ("Ruth Controller", "One wire of the bank, asked for")
    entry = [row for row in history.stream(site.desk._store) if row["action"] == "signed off"]
    assert len(entry) == 1
    assert "Ruth Controller" in json.dumps(entry[0], default=str)


def test_a_month_that_goes_on_is_shown_but_not_signed(site: Site) -> None:
    site.desk.reconcile("2026-11")
    site.show()
    site.tab.choices.choose("2026-11")
    site.until(lambda: site.tab.view is not None)
    card = site.tab.page.sign
    assert not card.sign_button.isEnabled()
    assert card.sign_button.toolTip() == card.sentence.text()
    assert "November 2026" in card.sentence.text()
    assert not card.looked_box.isVisible()


def test_running_again_shows_what_changed_since(site: Site) -> None:
    site.reconciled()
    tab, books = site.tab, site.books
    first = tab.view
    assert first is not None
    before = set(books.expected)
    for _ in range(3):
        PLANTS["rejected"](books)
    books.store(site.desk._store)
    site.clock.at += timedelta(days=1)
    tab.choices.today_action.trigger()
    site.until(lambda: tab.view is not None and tab.view.id != first.id)
    site.settle()
    new = {key for key in books.expected if key not in before}
    assert tab.page.sign.changed.text.text() == "3 documents changed"
    tab.page.sign.changes_button.click()
    site.until(tab.page.changes.isVisible)
    site.settle()
    currency = tab.choices.chosen_currency
    shown_ones = {row["document"]: row for row in tab.page.changes.list.held.rows}
    assert set(shown_ones) == {key[4] for key in new if key[1] == currency}
    assert {row["before"] for row in shown_ones.values()} <= {"No difference"}
    assert tab.page.changes.title.text() == f"Changed since {formats.moment(NOW)}"
    tab.page.changes.back_button.click()
    assert tab.page.documents.isVisible()


def test_the_statement_is_written_as_workbook_and_as_pdf(site: Site, tmp_path: Path) -> None:
    site.reconciled()
    for name, begins in (("October.xlsx", b"PK"), ("October.pdf", b"%PDF")):
        file = tmp_path / name
        site.tab.write(file)
        site.until(lambda name=name: name in site.tab._said.text())
        assert file.read_bytes().startswith(begins)
        assert site.tab.choices.export_button.isEnabled()
    assert openpyxl.load_workbook(tmp_path / "October.xlsx").sheetnames
    site.tab.write(tmp_path / "October.txt")
    site.until(lambda: site.tab.findChild(ErrorDialog) is not None)
    dialog = site.tab.findChild(ErrorDialog)
    assert dialog is not None
    dialog.close()


def test_clean_books_agree_to_the_cent(tmp_path: Path, qtbot: QtBot) -> None:
    made = Site(tmp_path, qtbot, "rounding")
    try:
        made.reconciled()
        made.tab.page.causes.segment.setCurrentIndex(1)
        made.settle()
        assert made.tab.page.agree.isVisible()
        assert figure(made, "explained") == figure(made, "unexplained") == 0
        made.tab.page.causes.segment.setCurrentIndex(0)
        made.settle()
        made.until(made.tab.page.documents.isVisible)
    finally:
        made.close()


def test_a_company_of_its_own_has_its_own_statement(site: Site) -> None:
    site.reconciled()
    tab = site.tab
    tab.choices.choose(OCTOBER, "US10")
    site.until(tab.empty.isVisible)
    tab.reconcile()
    site.until(lambda: tab.view is not None)
    site.settle()
    assert tab.view is not None
    assert tab.view.company == "US10"
    assert {row["company"] for row in tab.page.causes.list.held.rows} == {"US10"}
    assert not tab.page.causes.list.columns.is_wanted("company")
    tab.choices.choose(OCTOBER)
    site.until(lambda: site.desk.last_statement(OCTOBER) == tab.view)
    site.settle()
    assert tab.page.causes.list.columns.is_wanted("company")


def test_it_fits_the_least_window_and_every_control_has_a_name(site: Site) -> None:
    site.reconciled()
    assert nameless(site.tab) == []
    for width, height in ((900, 379), (1366, 647), (1600, 880)):
        site.window.resize(width, height)
        site.settle()
        assert site.tab.width() == width
        squeezed = [
            part.accessibleName() or type(part).__name__
            for part in site.tab.findChildren(QPushButton)
            if part.isVisible() and part.width() < part.minimumSizeHint().width()
        ]
        assert squeezed == []
        fact = site.tab.choices.fact  # a date is never cut
        assert fact.height() >= fact.heightForWidth(fact.width()) > 0
        cards = [card for card in site.tab.page.equation.cards.values() if card.isVisible()]
        assert all(card.width() >= card.minimumSizeHint().width() for card in cards)
        is_beside = site.tab.page.sign.x() > site.tab.page.below.x()
        assert is_beside == (width >= 1_366)


def test_rows_at_hand_are_found_and_sorted_as_figures(qtbot: QtBot) -> None:
    bridge = Bridge()
    view = HeldList(document_spec(0), bridge)
    qtbot.addWidget(view)
    rows = [
        {"key": str(at), "document": name, "amount": amount, "currency": "USD", "supplier": "Acme"}
        for at, (name, amount) in enumerate((("A", "9.00"), ("B", "-100.00"), ("C", "10.50")))
    ]
    view.held.put(rows)
    by_amount = view.held.page(Query(order="amount"), None, 2)
    assert [row["document"] for row in by_amount.rows] == ["B", "A"]
    rest = view.held.page(Query(order="amount"), by_amount.next, 2)
    assert [row["document"] for row in rest.rows] == ["C"]
    assert rest.next is None
    assert view.held.count(Query(text="acme 10.50")) == 1
    assert view.held.totals(Query()) == {"USD": "-80.50"}
    bridge.close()


def test_ctrl_6_reconciles_the_demo_and_a_document_opens_in_invoices(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    with shown(desk_with_demo, qtbot) as window:
        QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
        assert window.pages.current_name == "reconcile"
        assert window.toolbar.sync._kind == "plain"  # one primary button a window
        tab = window.pages.current
        qtbot.waitUntil(lambda: "Reconcile " in tab.first_button.word(), timeout=WAIT_MS)
        QTest.keyClick(tab.first_button, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: tab.view is not None, timeout=WAIT_MS)
        documents = tab.page.documents.list
        qtbot.waitUntil(lambda: documents.current_row() is not None, timeout=WAIT_MS)
        assert tab.page.causes.list.table.hasFocus()
        number = next(
            row["document"] for row in documents.held.rows if row["open"] == row["document"]
        )
        key = next(row["key"] for row in documents.held.rows if row["document"] == number)
        assert documents.select_key(key)
        QTest.keyClick(documents.table, Qt.Key.Key_Return)
        assert window.pages.current_name == "invoices"
        page = window.pages.current
        qtbot.waitUntil(lambda: page.list.current_row() is not None, timeout=WAIT_MS)
        assert page.list.current_row()["number"] == number


def test_evidence_of_the_month_is_written_from_its_button(site: Site, tmp_path: Path) -> None:
    site.reconciled()
    tab = site.tab
    assert tab.choices.evidence_button.isVisible()
    file = tmp_path / "october.zip"
    tab.write_evidence(OCTOBER, file)
    site.until(lambda: "Written to" in tab._said.text())
    with zipfile.ZipFile(file) as archive:
        assert f"evidence-{OCTOBER}/audit.jsonl" in archive.namelist()
    assert tab.choices.evidence_button.isEnabled()


def test_what_is_done_apart_is_told_step_by_step(site: Site) -> None:
    site.reconciled()
    assert site.desk.on_progress is not None
    site.desk.on_progress("Reading both sides", 0, 3)
    site.until(lambda: site.tab._said.text().startswith("Reading both sides, step 1 of 3"))


def test_a_sign_off_says_where_its_files_lie(site: Site) -> None:
    site.reconciled()
    made = site.desk.last_statement(OCTOBER)
    assert made is not None
    view = site.desk.reconciliation(made.id)
    signed = replace(view, signed_by="Carla", files=("/kept/Reconciliations/a.pdf",))
    assert words.signed(signed).endswith("Workbook and PDF are in /kept/Reconciliations")
    failed = replace(signed, files=(), files_problem="The share is away.")
    assert words.signed(failed).endswith("could not be written: The share is away.")
