"""Errors and confirmations: whole, by keyboard, and copied as text."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ui.dialogs import ConfirmDialog, ErrorDialog, Problem, Question

PROBLEM = Problem(
    code="DBT-01",
    title="We do not know yet whether AvidXchange took PIH04213",
    why="The connection closed at 09:41:09, after sending and before an answer. " * 3,
    safe="It is not sent again until that is settled. No record changed in Sage X3.",
    kind="doubt",
    facts=(("Supplier", "Lakeshore Uniform Supply"), ("Amount", "1,884.45 USD")),
    fix="Look now",
)
QUESTION = Question(
    title="Exclude 3 invoices?",
    sentence="They are never sent.",
    verb="Exclude 3 invoices",
    safe="Nothing changes in Sage X3.",
    reason_label="Reason",
)


def test_an_error_shows_all_of_itself(qtbot: QtBot) -> None:
    dialog = ErrorDialog(PROBLEM)
    qtbot.addWidget(dialog)
    dialog.show()
    labels = [part for part in dialog.findChildren(QLabel) if part.text()]
    words = {part.text() for part in labels}
    assert {PROBLEM.title, PROBLEM.why, PROBLEM.safe, "DBT-01", "1,884.45 USD"} <= words
    for part in labels:
        if part.wordWrap():
            assert part.height() >= part.heightForWidth(part.width()), part.text()
    assert dialog.accessibleName() == PROBLEM.title


def test_enter_is_the_fix_and_escape_closes(qtbot: QtBot) -> None:
    dialog = ErrorDialog(PROBLEM)
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.waitSignal(dialog.fix_asked, timeout=1_000):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    other = ErrorDialog(PROBLEM)
    qtbot.addWidget(other)
    other.show()
    asked: list[bool] = []
    other.fix_asked.connect(lambda: asked.append(True))
    with qtbot.waitSignal(other.rejected, timeout=1_000):
        QTest.keyClick(other, Qt.Key.Key_Escape)
    assert not asked


def test_an_error_without_a_fix_only_closes(qtbot: QtBot) -> None:
    dialog = ErrorDialog(Problem("NET-01", "Not reached", "No answer.", "Nothing was sent."))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.fix_button is None
    with qtbot.waitSignal(dialog.rejected, timeout=1_000):
        QTest.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)


def test_copy_takes_code_facts_and_what_is_safe(qtbot: QtBot) -> None:
    dialog = ErrorDialog(PROBLEM)
    qtbot.addWidget(dialog)
    dialog.show()
    QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("DBT-01: We do not know")
    assert "Amount: 1,884.45 USD" in text
    assert PROBLEM.safe in text
    assert dialog.isVisible()


def test_a_confirmation_wants_its_reason_first(qtbot: QtBot) -> None:
    dialog = ConfirmDialog(QUESTION)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.confirm_button.isEnabled()
    assert dialog.confirm_button.toolTip() == "Type a reason first"
    QTest.keyClicks(dialog.reason, "   ")
    assert not dialog.confirm_button.isEnabled()
    QTest.keyClicks(dialog.reason, "sent by mail ")
    with qtbot.waitSignal(dialog.confirmed, timeout=1_000) as confirmed:
        QTest.keyClick(dialog.reason, Qt.Key.Key_Return)
    assert confirmed.args == ["sent by mail"]


def test_a_confirmation_without_reason_can_be_left(qtbot: QtBot) -> None:
    dialog = ConfirmDialog(Question("Stop?", "After the one on its way.", "Stop the run"))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.confirm_button.isEnabled()
    assert not dialog.reason.isVisible()
    with qtbot.waitSignal(dialog.rejected, timeout=1_000):
        QTest.mouseClick(dialog.leave_button, Qt.MouseButton.LeftButton)
