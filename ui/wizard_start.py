"""What every page of the first-run wizard is, and the first one: demo or connect."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.desk import Desk
from core.words import area
from ui import icons, painting, problems, theme
from ui.bridge import Bridge
from ui.widgets import IconLabel, TextLabel

say = area(__name__)


class WizardPage(QWidget):
    """One page. `passed` lets the wizard go on; `verb_changed` says what the button would do."""

    passed = Signal()
    busy_changed = Signal(str)
    verb_changed = Signal(str)

    step = ""
    question = ""
    sentence = ""
    verb = say("continue")

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__()
        self.desk, self.bridge = desk, bridge
        self.said = ""
        room = theme.sizes()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(room.unit * 3)
        self.setAccessibleName(self.question)
        self.setAccessibleDescription(self.sentence)

    def enter(self) -> None:
        """The page comes into sight; it reads what it shows."""

    def leave(self) -> None:
        """The page goes out of sight; what it was asking is not wanted any more."""

    def test(self) -> None:
        """Find out whether the page may be left, then emit `passed`."""
        self.passed.emit()

    def failed(self, error: BaseException) -> None:
        """Something could not be done; the page stays."""
        self.busy_changed.emit("")
        problems.show(self, error)


class Way(QAbstractButton):
    """A large choice: icon, title and what it means."""

    def __init__(self, icon: str, title: str, sentence: str) -> None:
        super().__init__()
        self._icon, self._title, self._sentence = icon, title, sentence
        self.setText(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Title, and two lines of a sentence."""
        room = theme.sizes()
        return QSize(room.scaled(480), room.scaled(88))

    def minimumSizeHint(self) -> QSize:
        """Words wrap, so it may be narrower."""
        return QSize(theme.sizes().scaled(300), theme.sizes().scaled(88))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as a card; the chosen one as chosen."""
        painter = QPainter(self)
        room = theme.sizes()
        box = QRectF(self.rect())
        is_strong = theme.tokens().is_high_contrast
        name = "select" if self.isChecked() and not is_strong else "base"
        if self.underMouse() and not self.isChecked():
            name = "hover"
        edge = theme.colour("accent" if self.isChecked() else "edge")
        painting.rounded(painter, box, painting.CARD_RADIUS, theme.colour(name), edge)
        if self.hasFocus():
            painting.focus_ring(painter, box, painting.CARD_RADIUS)
        size = room.scaled(icons.DIALOG)
        place = QRectF(room.unit * 5, (box.height() - size) / 2, size, size)
        icons.paint(painter, self._icon, place, theme.colour("accent"))
        left = place.right() + room.unit * 4
        width = box.width() - left - room.unit * 4
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        metrics = QFontMetricsF(theme.font())
        needed = metrics.boundingRect(QRectF(0, 0, width, 999), int(flags), self._sentence)
        whole = room.height + 6 + needed.height()
        words = QRectF(left, (box.height() - whole) / 2, width, room.height + 4)
        bold = theme.font(1.05, theme.Weight.DemiBold)
        painting.draw_text(painter, words, self._title, bold, theme.colour("text"))
        below = QRectF(words.left(), words.bottom() + 2, words.width(), box.height())
        painter.setFont(theme.font())
        painter.setPen(theme.colour("muted"))
        painter.drawText(below, int(flags), self._sentence)


class WayPage(WizardPage):
    """The demo, or the real systems. `demo_wanted` ends the wizard."""

    demo_wanted = Signal()
    step = say("demo_or_connect")
    question = say("how_do_you_want_to_begin")
    sentence = say("nothing_is_written_to_any_system_before")
    verb = say("open_the_demo")

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self.demo = Way(
            "flask",
            say("try_the_demo"),
            say("a_simulated_sage_x3_and_avidxchange_on"),
        )
        self.connect_ = Way(
            "plug-connected",
            say("connect_sage_x3_and_avidxchange"),
            say("have_both_addresses_and_sign_ins_at"),
        )
        for way in (self.demo, self.connect_):
            way.toggled.connect(self._show_verb)
            self.body.addWidget(way)
        self.body.addStretch(1)
        self.demo.setChecked(True)

    def enter(self) -> None:
        """The demo stands first; the keyboard is on what is chosen."""
        (self.demo if self.demo.isChecked() else self.connect_).setFocus()
        self._show_verb()

    def test(self) -> None:
        """The demo ends the wizard; to connect goes on."""
        if self.demo.isChecked():
            self.demo_wanted.emit()
            return
        self.said = say("connect")
        self.passed.emit()

    def _show_verb(self, *_: object) -> None:
        self.verb = say("open_the_demo") if self.demo.isChecked() else say("continue")
        self.verb_changed.emit(self.verb)


def safe_line(words: str) -> QWidget:
    """What is safe, with its shield."""
    place = QWidget()
    row = QHBoxLayout(place)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.sizes().unit * 2)
    row.addWidget(IconLabel("shield-check"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(TextLabel(words, weight=theme.Weight.Medium, is_wrapped=True), 1)
    return place
