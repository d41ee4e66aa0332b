"""The promises on the front page: what was counted, what broke, and the way to it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk_labels import INVARIANTS
from core.desk_views import InvariantView
from tests.gui.test_tab_sync import _health
from ui.promise_card import PromiseCard
from ui.side_banner import SideBanner


def _views(**changed: InvariantView) -> tuple[InvariantView, ...]:
    views = {n: InvariantView(n, "ok", text, counted="7 sends") for n, text in INVARIANTS.items()}
    return tuple((views | changed).values())


def test_a_promise_that_holds_says_over_what_and_one_accepted_says_so(qtbot: QtBot) -> None:
    card = PromiseCard()
    qtbot.addWidget(card)
    accepted = InvariantView("I5", "ok", INVARIANTS["I5"], counted="9 open items", accepted=2)
    card.show_health(_health(invariants=_views(I5=accepted)))
    assert card._lines["I2"]._figure.text() == "7 sends"
    assert "7 sends" in card._lines["I2"].accessibleName()
    assert card._lines["I5"]._figure.text() == "2 accepted"
    assert card._copy.isHidden()
    assert all(line._open.isHidden() for line in card._lines.values())


def test_a_broken_promise_opens_its_item_and_gives_its_evidence(qtbot: QtBot) -> None:
    card = PromiseCard()
    qtbot.addWidget(card)
    evidence = ("P1 stands in AvidXchange 2 times: 5, 6", "P2 stands in AvidXchange 2 times: 7, 8")
    broken = InvariantView("I1", "broken", INVARIANTS["I1"], evidence, 17)
    card.show_health(_health(invariants=_views(I1=broken)))
    line = card._lines["I1"]
    assert not line._open.isHidden()
    assert evidence[1] in line.toolTip()
    with qtbot.waitSignal(card.opened) as asked:
        QTest.mouseClick(line._open, Qt.MouseButton.LeftButton)
    assert asked.args == [17]
    QTest.mouseClick(card._copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == f"I1: {evidence[0]}\nI1: {evidence[1]}"
    card.show_health(_health(invariants=_views()))
    assert card._copy.isHidden()


def test_the_banner_tells_whether_all_writing_has_stopped(qtbot: QtBot) -> None:
    banner = SideBanner()
    qtbot.addWidget(banner)
    for name, words in (("I4", "for what it names"), ("I8", "altogether")):
        broken = InvariantView(name, "broken", INVARIANTS[name], ("row 3 was changed",), 4)
        banner.show_health(_health(invariants=_views(**{name: broken})))
        assert f"Writing has stopped {words}" in banner._said
