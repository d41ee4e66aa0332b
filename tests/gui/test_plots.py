"""The plots of Sync status: what is drawn, what is said of it, and what is chosen is kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.desk import Desk
from core.desk_lists import Query
from ui import overview, theme
from ui.overview import NEEDS, ON_THEIR_WAY, Age
from ui.plots import PlotCard

_RUNS = [
    {"started": "2026-11-25T10:15:00Z", "sent": 5, "review": 4},
    {"started": "2026-11-25T10:00:00Z", "sent": 20, "review": 2},
]
_AGES = [Age("today", "Since today", 3, 7), Age("31+ d", "31 days and more", 1, 0)]


def _count(picture: QImage, colour: QColor) -> int:
    points = ((x, y) for x in range(picture.width()) for y in range(picture.height()))
    return sum(picture.pixelColor(x, y) == colour for x, y in points)


def test_runs_and_ages_are_drawn_and_told_in_words(qtbot: QtBot, tmp_path: Path) -> None:
    kept = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    card = PlotCard(kept)
    qtbot.addWidget(card)
    card.resize(340, 260)
    card.show()
    assert card.words.text() == "Nothing has run yet."
    card.show_figures(_RUNS, _AGES)
    assert card.words.text() == "25 invoices sent in 2 runs; in the last one 5 sent, 4 in review."
    assert "25 invoices sent" in card.bars.accessibleName()
    low = _count(card.bars.grab().toImage(), theme.colour("accent"))
    high = _count(card.bars.grab().toImage(), theme.colour("mark"))
    assert low > high > 0
    card.choice.setFocus()
    QTest.keyClick(card.choice, Qt.Key.Key_Right)
    assert card.words.text() == "Since today: 10; 31 days and more: 1."
    assert "Since today: 10" in card.bars.accessibleName()
    assert PlotCard(kept).choice.currentIndex() == 1
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, "dark")
    assert _count(card.bars.grab().toImage(), theme.colour("accent")) > 0


def test_every_invoice_that_waits_has_one_age(desk_to_read: Desk) -> None:
    by_state: Mapping[str, Any] = desk_to_read.health().by_state
    found = overview.read(desk_to_read, by_state)
    source = desk_to_read.source("invoices")
    needs = source.count(Query(members={"state": ",".join(NEEDS)}))
    moving = source.count(Query(members={"state": ",".join(ON_THEIR_WAY)}))
    assert needs > 0
    assert moving > 0
    assert sum(age.needs for age in found.ages) == needs
    assert sum(age.moving for age in found.ages) == moving
