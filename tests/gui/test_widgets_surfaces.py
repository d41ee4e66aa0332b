"""Strips, status bar, history, evidence, cards and panels of the window."""

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QLabel,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ui import theme
from ui.widgets import (
    Banner,
    Button,
    Card,
    Chip,
    ChoiceCard,
    Combo,
    EnvironmentStrip,
    Facts,
    FigureCard,
    Panel,
    ProgressStrip,
    ScrollArea,
    ScrollBar,
    StatusBar,
    TextLabel,
    Timeline,
    TimelineEntry,
    dress,
)

LONG = "The connection to api.avid.example was closed before an answer came. " * 3


def test_progress_shows_no_estimate_before_five_seconds(qtbot: QtBot) -> None:
    strip = ProgressStrip()
    qtbot.addWidget(strip)
    strip.show_progress("Invoices", 2, 1_204, elapsed_s=3)
    assert not any("left" in part.text() for part in strip.findChildren(QLabel))
    strip.show_progress("Invoices", 412, 1_204, needs=3, elapsed_s=21)
    words = {part.text() for part in strip.findChildren(QLabel)}
    assert {"Invoices", "412 of 1,204", "3 need you", "about 0:40 left"} <= words
    assert strip.accessibleName() == "Invoices, 412 of 1,204"
    assert strip.bar.value() == 412
    with qtbot.waitSignal(strip.stop_asked, timeout=1_000):
        QTest.mouseClick(strip.stop, Qt.MouseButton.LeftButton)
    assert not strip.stop.isEnabled()
    strip.hide()
    strip.show_progress("Payments", 0, 4)
    assert strip.stop.isEnabled()


def test_live_has_no_environment_strip(qtbot: QtBot) -> None:
    strip = EnvironmentStrip()
    qtbot.addWidget(strip)
    strip.show_mode("demo", "Nothing reaches Sage X3 or AvidXchange.")
    assert not strip.isHidden()
    assert strip.accessibleName().startswith("DEMO. Nothing")
    strip.show_mode("live", "")
    assert strip.isHidden()


def test_needs_you_in_the_status_bar_opens_by_click_and_key(qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.show_needs(7)
    bar.x3.show_words("X3 PROD", "09:41", icon="circle-check", icon_tone="ok")
    bar.show()
    assert bar.x3.accessibleName() == "X3 PROD 09:41"
    assert bar.x3.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert bar.needs_you.accessibleName() == "Needs you: 7"
    with qtbot.waitSignal(bar.needs_you.clicked, timeout=1_000):
        QTest.mouseClick(bar.needs_you, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.needs_you.clicked, timeout=1_000):
        QTest.keyClick(bar.needs_you, Qt.Key.Key_Space)


def test_a_timeline_opens_entries_that_hold_a_request(qtbot: QtBot) -> None:
    entries = [
        TimelineEntry("hourglass", "With the plant manager", "now", LONG),
        TimelineEntry("send", "Sent, 3 lines", "Nov 18 09:12", is_ours=True, key="attempt-7"),
    ]
    timeline = Timeline(entries)
    qtbot.addWidget(timeline)
    timeline.resize(320, 400)
    timeline.show()
    rows = timeline.findChildren(QAbstractButton)
    assert [row.accessibleName() for row in rows][1] == "Sent, 3 lines, Nov 18 09:12"
    assert rows[0].height() >= rows[0].heightForWidth(rows[0].width())
    assert rows[0].heightForWidth(320) > rows[0].heightForWidth(900)
    with qtbot.waitSignal(timeline.opened, timeout=1_000) as opened:
        QTest.mouseClick(rows[1], Qt.MouseButton.LeftButton)
    assert opened.args == ["attempt-7"]
    timeline.set_entries(entries[:1])
    qtbot.waitUntil(lambda: len(timeline.findChildren(QAbstractButton)) == 1)


def test_evidence_stands_only_in_the_chosen_suggestion(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    column, group = QVBoxLayout(holder), QButtonGroup(holder)
    proofs = [Facts([("Tax id", "same")]), Facts([("Name", "alike")])]
    cards = [
        ChoiceCard("V-10442", "Delmarva", "same tax id", 97, proofs[0]),
        ChoiceCard("V-20913", "Del-Mar", "name alike", 58, proofs[1]),
    ]
    for card in cards:
        column.addWidget(card)
        group.addButton(card.radio)
    holder.show()
    cards[0].radio.setChecked(True)
    assert [proof.isVisible() for proof in proofs] == [True, False]
    with qtbot.waitSignal(cards[1].chosen, timeout=1_000):
        QTest.mouseClick(cards[1], Qt.MouseButton.LeftButton, pos=QPoint(200, 12))
    assert [proof.isVisible() for proof in proofs] == [False, True]
    assert cards[0].radio.accessibleName() == "V-10442 Delmarva, 97 %"


def test_amounts_beside_a_figure_take_two_lines_rather_than_be_cut(qtbot: QtBot) -> None:
    card = FigureCard("Invoices to send", "17", aside="13,993.92 CAD, 43,639.83 USD")
    qtbot.addWidget(card)
    card.show()
    assert card.accessibleName() == "Invoices to send: 17, 13,993.92 CAD, 43,639.83 USD"
    aside = card._aside
    words = aside.fontMetrics()
    card.resize(600, 80)
    qtbot.waitUntil(lambda: aside.width() > words.horizontalAdvance(aside.text()))
    one = aside.heightForWidth(aside.width())
    card.resize(card.minimumSizeHint().width(), 120)
    qtbot.waitUntil(lambda: aside.width() < words.horizontalAdvance(aside.text()))
    assert aside.width() >= words.horizontalAdvance("43,639.83 USD")
    qtbot.waitUntil(lambda: aside.height() >= aside.heightForWidth(aside.width()) > one)


def test_cards_and_banners_read_as_sentences(qtbot: QtBot) -> None:
    figure = FigureCard("Open in Sage X3", "618,204.55", "1,411 open items")
    qtbot.addWidget(figure)
    assert figure.accessibleName() == "Open in Sage X3: 618,204.55, 1,411 open items"
    banner = Banner("bad", "plug-connected-x", "Not reached", LONG, [Button("Test now")])
    qtbot.addWidget(banner)
    banner.resize(500, 60)
    banner.show()
    assert (banner.accessibleName(), banner.accessibleDescription()) == ("Not reached", LONG)
    qtbot.waitUntil(
        lambda: banner.sentence.height() >= banner.sentence.heightForWidth(banner.sentence.width())
    )
    card = Card("AvidXchange")
    qtbot.addWidget(card)
    card.resize(200, 80)
    card.set_fault(is_faulty=True)
    edge = card.grab().toImage().pixelColor(100, 0).name().upper()
    assert edge == theme.tokens().bad.word


def test_a_panel_lets_the_mouse_through_to_its_list(qtbot: QtBot) -> None:
    panel = Panel("Runs", "1,204 runs")
    qtbot.addWidget(panel)
    content = Button("A row")
    panel.set_content(content)
    panel.resize(400, 200)
    panel.show()
    with qtbot.waitSignal(content.clicked, timeout=1_000):
        QTest.mouseClick(content, Qt.MouseButton.LeftButton)
    at = content.mapTo(panel, content.rect().center())
    assert panel.childAt(at) is content


def test_a_scroll_area_keeps_its_content_whole(qtbot: QtBot) -> None:
    content = QWidget()
    column = QVBoxLayout(content)
    for _ in range(40):
        column.addWidget(TextLabel("A line that is not cut at its side"))
    area = ScrollArea(content)
    qtbot.addWidget(area)
    area.resize(area.minimumSizeHint().width(), 200)
    area.show()
    assert isinstance(area.verticalScrollBar(), ScrollBar)
    assert area.verticalScrollBar().maximum() > 0
    assert content.width() >= content.minimumSizeHint().width()
    area.verticalScrollBar().setValue(100)
    assert area.verticalScrollBar().value() == 100
    dress(area)
    assert area.verticalScrollBar().width() <= theme.sizes().scaled(11)


def test_the_ring_of_the_focus_is_seen_on_every_kind(qtbot: QtBot, qapp: QApplication) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    column = QVBoxLayout(holder)
    parts: list[QWidget] = [Button("Plain"), Button("Quiet", kind="quiet"), Chip("state", "held")]
    parts.append(Combo("Currency", ["USD"]))
    for part in parts:
        column.addWidget(part)
    holder.show()
    holder.activateWindow()
    accent = theme.colour("accent")
    for part in parts:
        part.setFocus()
        qtbot.waitUntil(part.hasFocus)
        image = part.grab().toImage()
        column_seen = {image.pixelColor(image.width() // 2, y).name() for y in range(3)}
        assert accent.name() in column_seen


def test_the_sheet_of_all_parts_is_painted_in_both_themes(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    from tests.gui.component_pages import PAGES

    for scheme in ("light", "dark"):
        theme.apply(qapp, "dark" if scheme == "dark" else "light")
        for name, make in PAGES.items():
            page = make()
            qtbot.addWidget(page)
            page.show()
            qapp.processEvents()
            narrow = [
                f"{type(part).__name__} {part.accessibleName()!r} {part.width()}"
                for part in page.findChildren(QWidget)
                if part.isVisible() and part.width() < part.minimumSizeHint().width()
            ]
            assert not narrow, name
            target = tmp_path / f"{name}-{scheme}.png"
            assert page.grab().save(str(target))
            assert target.stat().st_size > 1_000
