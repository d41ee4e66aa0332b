"""The shared parts: nothing cut, all named, all reached by keyboard, the same in both themes."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ui import icons, theme
from ui.widgets import (
    Button,
    Chip,
    Combo,
    ElidingLabel,
    EmptyState,
    Field,
    FigureCard,
    IconButton,
    LineEdit,
    MatchBar,
    PillLabel,
    PillLook,
    SecretEdit,
    Segment,
    TabBar,
    TextLabel,
    Timeline,
    TimelineEntry,
)

TABS = ["Sync status", "Invoices", "Payments", "Needs review", "Mappings", "Reconciliation"]
TABS += ["Audit log", "Connections"]
LONG = "The connection to api.avid.example was closed before an answer came. " * 3

MAKERS: list[Callable[[], QWidget]] = [
    lambda: Button("Link and release 3 invoices", kind="primary", icon="link", key="Enter"),
    lambda: Button("Filter", kind="quiet", icon="filter"),
    lambda: Button("Open", kind="link", is_small=True),
    lambda: IconButton("columns-3", "Columns"),
    lambda: Chip("state", "held"),
    lambda: Segment("What", ["Vendors", "GL accounts", "Dimensions"]),
    lambda: TabBar("Tabs", TABS),
    lambda: PillLabel(PillLook("player-pause", "Held", "warn")),
    lambda: Combo("Period", ["October 2026"], icon="calendar"),
    lambda: LineEdit("Find", icon="search", name="Find"),
    lambda: MatchBar(97),
    lambda: FigureCard("Invoices to send", "12", aside="48,204.17"),
    lambda: Timeline([TimelineEntry("send", "Sent, 3 lines", "09:12", "Kept.", is_ours=True)]),
]


@pytest.mark.parametrize("make", MAKERS)
def test_no_part_is_squeezed_below_what_it_shows(
    qapp: QApplication, make: Callable[[], QWidget]
) -> None:
    part = make()
    if not isinstance(part, (QLineEdit, Timeline)):
        assert part.minimumSizeHint().width() >= part.sizeHint().width()
    assert part.minimumSizeHint().height() > 0
    if isinstance(part, QAbstractButton):
        assert part.sizeHint().height() >= 24


@pytest.mark.parametrize("make", MAKERS)
def test_every_part_has_a_name_for_a_screen_reader(
    qapp: QApplication, make: Callable[[], QWidget]
) -> None:
    part = make()
    found = QAccessible.queryAccessibleInterface(part)
    assert found is not None
    assert found.text(QAccessible.Text.Name)


def test_painted_controls_have_the_role_of_their_qt_class() -> None:
    assert issubclass(Button, QAbstractButton)
    assert issubclass(Chip, QAbstractButton)
    assert issubclass(Segment, QTabBar)
    assert issubclass(TabBar, QTabBar)
    assert issubclass(Combo, QComboBox)
    assert issubclass(MatchBar, QProgressBar)
    assert issubclass(SecretEdit, QLineEdit)


def test_busy_keeps_the_width_and_the_button_comes_back(qtbot: QtBot) -> None:
    button = Button("Sync now", kind="primary", icon="refresh", key="F9")
    qtbot.addWidget(button)
    width = button.sizeHint().width()
    button.set_busy("Syncing")
    assert button.sizeHint().width() == width
    assert not button.isEnabled()
    assert button.word() == "Syncing"
    button.set_busy("")
    assert button.isEnabled()
    assert button.word() == "Sync now"


def test_busy_does_not_enable_what_was_refused(qtbot: QtBot) -> None:
    button = Button("Save")
    qtbot.addWidget(button)
    button.refuse("Nothing has changed")
    button.set_busy("Saving")
    button.set_busy("")
    assert not button.isEnabled()
    assert button.toolTip() == "Nothing has changed"
    assert button.accessibleDescription() == "Nothing has changed"
    button.allow()
    assert button.isEnabled()
    assert not button.toolTip()


def test_an_ampersand_from_data_is_no_shortcut(qtbot: QtBot) -> None:
    button = Button("Link Harrow & Pike")
    qtbot.addWidget(button)
    assert button.shortcut().isEmpty()
    assert button.word() == "Link Harrow & Pike"


def test_an_icon_button_says_its_name(qtbot: QtBot) -> None:
    button = IconButton("player-pause", "Pause", kind="plain")
    qtbot.addWidget(button)
    assert button.toolTip() == button.accessibleName() == "Pause"
    assert button.sizeHint().width() == button.sizeHint().height()
    button.refuse("No run is planned")
    button.allow()
    assert button.toolTip() == "Pause"


def test_a_menu_adds_a_chevron(qtbot: QtBot) -> None:
    button = Button("More")
    qtbot.addWidget(button)
    before = button.sizeHint().width()
    menu = QMenu(button)
    button.set_menu(menu)
    assert button.sizeHint().width() > before


@pytest.mark.parametrize("key", [Qt.Key.Key_Backspace, Qt.Key.Key_Delete])
def test_a_chip_is_removed_by_key(qtbot: QtBot, key: Qt.Key) -> None:
    chip = Chip("state", "held")
    qtbot.addWidget(chip)
    with qtbot.waitSignal(chip.removed, timeout=1_000):
        chip.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))


def test_the_cross_of_a_chip_removes_and_its_words_edit(qtbot: QtBot) -> None:
    chip = Chip("state", "held")
    qtbot.addWidget(chip)
    chip.resize(chip.sizeHint())
    chip.show()
    seen: list[str] = []
    chip.removed.connect(lambda: seen.append("removed"))
    chip.clicked.connect(lambda: seen.append("clicked"))
    middle = chip.height() // 2
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(chip.width() - 12, 2))
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton, pos=QPoint(14, middle))
    assert seen == ["removed", "clicked"]
    saved = Chip("", "My open items", is_outlined=True)
    qtbot.addWidget(saved)
    saved.removed.connect(lambda: seen.append("removed"))
    QTest.keyClick(saved, Qt.Key.Key_Delete)
    assert seen == ["removed", "clicked"]


def test_a_segment_is_moved_by_arrows_and_speaks_its_count(qtbot: QtBot) -> None:
    segment = Segment("What", ["Vendors", "GL accounts"])
    qtbot.addWidget(segment)
    narrow = segment.sizeHint().width()
    segment.set_count(1, 29)
    assert segment.sizeHint().width() > narrow
    assert segment.accessibleTabName(1) == "GL accounts, 29"
    segment.set_count(1, 0)
    assert segment.sizeHint().width() == narrow
    segment.show()
    with qtbot.waitSignal(segment.currentChanged, timeout=1_000):
        QTest.keyClick(segment, Qt.Key.Key_Right)
    assert segment.currentIndex() == 1


def test_eight_tabs_stay_inside_the_least_window(qtbot: QtBot) -> None:
    tabs = TabBar("Tabs", TABS)
    qtbot.addWidget(tabs)
    tabs.set_count(3, 7)
    tabs.set_count(4, 38)
    wide = tabs.sizeHint().width()
    tabs.set_compact(is_compact=True)
    assert tabs.sizeHint().width() < wide
    # Three icon buttons of the toolbar stand beside them in 900 logical pixels at font height 16.
    assert tabs.sizeHint().width() <= 900 * theme.sizes().height / 16 - 3 * 38
    tabs.set_compact(is_compact=False)
    assert tabs.sizeHint().width() == wide


def test_choosing_a_tab_moves_no_other(qtbot: QtBot) -> None:
    tabs = TabBar("Tabs", TABS)
    qtbot.addWidget(tabs)
    tabs.show()
    before = [tabs.tabRect(at) for at in range(tabs.count())]
    tabs.setCurrentIndex(4)
    assert [tabs.tabRect(at) for at in range(tabs.count())] == before


def test_a_name_is_shortened_with_its_whole_as_tool_tip(qtbot: QtBot) -> None:
    label = ElidingLabel("Lakeshore Uniform Supply and Sons of Delaware")
    qtbot.addWidget(label)
    label.resize(100, 20)
    label.show()
    assert label.toolTip() == label.text()
    label.resize(900, 20)
    assert not label.toolTip()
    assert label.minimumSizeHint().width() == theme.sizes().scaled(140)


@pytest.mark.parametrize("width", [180, 300, 620])
def test_wrapped_text_is_never_cut(qtbot: QtBot, width: int) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    label = TextLabel(LONG, is_wrapped=True)
    column = QVBoxLayout(holder)
    column.addWidget(label)
    holder.resize(width, 10)
    holder.show()
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    label.setText(LONG * 2)
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))


def test_the_sentence_of_an_empty_page_is_whole(qtbot: QtBot) -> None:
    page = EmptyState("circle-check", "All clear", LONG, [Button("Open invoices")], kind="ok")
    qtbot.addWidget(page)
    page.resize(700, 300)
    page.show()
    label = next(part for part in page.findChildren(QLabel) if part.text() == LONG)
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert page.accessibleName() == "All clear"


def test_text_from_data_is_never_read_as_markup(qtbot: QtBot) -> None:
    label = TextLabel("<b>Piedmont</b>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    label.set_parts([("Supplier ", False), ("<b>S0214</b>", True)])
    assert "&lt;b&gt;S0214" in label.text()


def test_a_field_tells_its_error_to_eye_and_ear(qtbot: QtBot) -> None:
    control = LineEdit()
    field = Field("Address", control, "Paste it from the browser.")
    qtbot.addWidget(field)
    field.show()
    assert control.accessibleName() == "Address"
    assert control.accessibleDescription() == "Paste it from the browser."
    before = field.sizeHint().height()
    field.set_error("Type a whole address, as https://x3.plant.example:8124")
    assert control.accessibleDescription().startswith("Type a whole address")
    assert field.sizeHint().height() > before
    field.set_error("")
    assert control.accessibleDescription() == "Paste it from the browser."
    assert field.label.buddy() is control


def test_a_secret_is_never_shown_and_forgotten_when_stored(qtbot: QtBot) -> None:
    field = SecretEdit("Client secret", is_stored=False)
    qtbot.addWidget(field)
    assert field.echoMode() == QLineEdit.EchoMode.Password
    field.setText("typed")
    field.set_stored(is_stored=True)
    assert not field.text()
    assert "Stored" in field.placeholderText()


def test_a_combo_is_wide_enough_for_its_longest_text(qtbot: QtBot) -> None:
    combo = Combo("Company", ["NA10", "NA20 Example Cold Chain of the Eastern Shore"])
    qtbot.addWidget(combo)
    widest = combo.fontMetrics().horizontalAdvance(combo.itemText(1))
    assert combo.minimumSizeHint().width() > widest + theme.sizes().scaled(icons.CONTROL)
