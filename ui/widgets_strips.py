"""The strips of the frame: where one works (demo, preview), a run under way, the status bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
)

from core.words import area
from ui import formats, icons, painting, theme
from ui.widgets_buttons import Button
from ui.widgets_text import SECOND, Hairline, IconLabel, TextLabel

say = area(__name__)

_MEDIUM, _DEMI = theme.Weight.Medium, theme.Weight.DemiBold
_ENVIRONMENTS = {"demo": ("flask", say("demo")), "preview": ("eye", say("preview"))}
#: Nobody trusts an estimate made of the first few seconds (design.md 3, "Progress strip").
_LEAST_ELAPSED_S = 5.0
_PERMANENT = QSizePolicy.Policy.Fixed


class EnvironmentStrip(QFrame):
    """Says that this is the demo or a preview and what that means; live has none."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self._icon = IconLabel("flask", tone="go")
        self._word = TextLabel("", tone="go", ratio=SECOND, weight=_DEMI)
        self._meaning = TextLabel("", ratio=SECOND)
        self._aside = TextLabel("", tone="muted", ratio=SECOND)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, 0, room.margin, 0)
        row.setSpacing(room.unit * 2)
        for part in (self._icon, self._word, self._meaning):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self._aside)
        self.setFixedHeight(room.small_row)
        self.hide()

    def show_mode(self, mode: str, meaning: str, aside: str = "") -> None:
        """Show `demo` or `preview` with a sentence; any other mode hides the strip."""
        known = _ENVIRONMENTS.get(mode)
        self.setVisible(known is not None)
        if known is None:
            return
        icon, word = known
        self._icon.set_icon(icon, "go")
        self._word.setText(word)
        self._meaning.setText(meaning)
        self._aside.setText(aside)
        self.setAccessibleName(f"{word}. {meaning}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the tint in force; a line in high contrast."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.tint("go"))
        if theme.tokens().is_high_contrast:
            line = QRectF(0, self.height() - 1, self.width(), 1)
            painter.fillRect(line, theme.colour("text"))


class ProgressLine(QProgressBar):
    """A bar 6 high; its value is spoken, nothing is written on it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """6 high at 100 %."""
        room = theme.sizes()
        return QSize(room.scaled(80), room.scaled(6))

    def minimumSizeHint(self) -> QSize:
        """Still to be seen in a narrow window."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint trough and bar in the colours in force."""
        span = self.maximum() - self.minimum()
        share = (self.value() - self.minimum()) / span if span > 0 else 0.0
        painting.paint_bar(QPainter(self), QRectF(self.rect()), share)


class ProgressStrip(QFrame):
    """A run under way: phase, count, who is needed, an estimate, a bar and Stop.

    `stop_asked` is emitted once; the button then says that the one on its way is finished first.
    """

    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self._icon = IconLabel("refresh", tone="go")
        self._phase = TextLabel("", weight=_DEMI)
        self._count = TextLabel("", weight=_MEDIUM)
        self._needs = TextLabel("", tone="warn", weight=_MEDIUM)
        self._left = TextLabel("", tone="muted")
        self.bar = ProgressLine(say("progress_of_the_run"))
        self.stop = Button(say("stop"), icon="player-stop", is_small=True)
        self.stop.setToolTip(say("stops_after_the_one_on_its_way"))
        self.stop.clicked.connect(self._ask_stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, 0, room.margin, 0)
        row.setSpacing(room.unit * 4)
        for part in (self._icon, self._phase, self._count, self._needs, self._left):
            row.addWidget(part)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        self.setFixedHeight(room.progress)
        self.hide()

    def show_progress(
        self, phase: str, done: int, total: int, *, needs: int = 0, elapsed_s: float = 0.0
    ) -> None:
        """Show how far a run is; `elapsed_s` since this phase began gives the estimate."""
        if self.isHidden():
            self.stop.set_text(say("stop"))
            self.stop.allow(say("stops_after_the_one_on_its_way"))
        self._phase.setText(phase)
        # How many there will be is not always known beforehand.
        whole = say("of", count=formats.count(total)) if total else ""
        self._count.setText(f"{formats.count(done)}{whole}" if done or total else "")
        verb = "needs" if needs == 1 else "need"
        self._needs.setText(say("you", count=formats.count(needs), verb=verb) if needs else "")
        self._needs.setVisible(needs > 0)
        estimate = self._estimate(done, total, elapsed_s)
        self._left.setText(estimate)
        self._left.setVisible(bool(estimate))
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(min(done, total))
        self.setAccessibleName(f"{phase}, {self._count.text()}".rstrip(", "))
        self.show()

    @staticmethod
    def _estimate(done: int, total: int, elapsed_s: float) -> str:
        if elapsed_s < _LEAST_ELAPSED_S or done <= 0 or done >= total:
            return ""
        return say("about_left", took=formats.took(elapsed_s / done * (total - done)))

    def _ask_stop(self) -> None:
        self.stop.set_text(say("stopping"))
        self.stop.refuse(say("stops_after_the_one_on_its_way"))
        self.stop_asked.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the page and a line below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        line = QRectF(0, self.height() - 1, self.width(), 1)
        painter.fillRect(line, theme.colour("line"))


class StatusPart(QPushButton):
    """One part of the status bar: icon, muted word, value in its tone; a click emits `clicked`.

    Not `is_link`, it takes neither focus nor click.
    """

    def __init__(self, *, is_link: bool = False) -> None:
        super().__init__()
        self._icon, self._icon_tone = "", "muted"
        self._word, self._value, self._tone = "", "", "text"
        self._is_link = is_link
        self.setFlat(True)
        self.setAutoDefault(False)
        self.setSizePolicy(_PERMANENT, QSizePolicy.Policy.Expanding)
        if is_link:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        else:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_words(
        self, word: str, value: str = "", *, tone: str = "text", icon: str = "", icon_tone: str = ""
    ) -> None:
        """Show a muted word and a value; `icon_tone` defaults to `tone`."""
        self._word, self._value, self._tone = word, value, tone
        self._icon, self._icon_tone = icon, icon_tone or tone
        said = f"{word} {value}".strip()
        self.setText(said.replace("&", "&&"))
        self.setAccessibleName(said)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for all words."""
        room = theme.sizes()
        width = sum(part[1] for part in self._parts()) + 2 * room.unit
        if self._icon:
            width += room.scaled(icons.CELL) + room.unit
        return QSize(-int(-width // 1), room.row - 1)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its words."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint icon and words in the colours in force."""
        painter = QPainter(self)
        room = theme.sizes()
        at = float(room.unit)
        if self._icon:
            size = room.scaled(icons.CELL)
            place = QRectF(at, 0, size, self.height())
            icons.paint(painter, self._icon, place, theme.colour(self._icon_tone))
            at += size + room.unit
        for text, width, tone, font in self._parts():
            font.setUnderline(self._is_link and self.underMouse())
            box = QRectF(at, 0, width, self.height())
            painting.draw_text(painter, box, text, font, theme.colour(tone))
            at += width
        if self.hasFocus():
            painting.focus_ring(painter, QRectF(self.rect()).adjusted(0, 2, 0, -2))

    def _parts(self) -> list[tuple[str, float, str, QFont]]:
        plain = theme.font(SECOND)
        strong = theme.font(SECOND, _MEDIUM if self._is_link else theme.Weight.Normal)
        found = []
        if self._word:
            gap = "  " if self._value else ""
            width = painting.text_width(self._word + gap, plain)
            found.append((self._word, width, "muted", plain))
        if self._value:
            width = painting.text_width(self._value, strong)
            found.append((self._value, width, self._tone, strong))
        return found


class StatusBar(QFrame):
    """Both sides, the next run and *Needs you* at the left; what is selected at the right."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.x3, self.avidxchange, self.next_run = StatusPart(), StatusPart(), StatusPart()
        self.needs_you = StatusPart(is_link=True)
        self.selection = TextLabel("", tone="muted", ratio=SECOND)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin - room.unit, 1, room.margin, 0)
        row.setSpacing(room.unit * 2)
        parts = (self.x3, self.avidxchange, self.next_run, self.needs_you)
        for at, part in enumerate(parts):
            if at:
                line = Hairline(is_upright=True)
                line.setFixedHeight(room.height)
                row.addWidget(line)
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.selection)
        self.setFixedHeight(room.row)
        self.setAccessibleName(say("status"))

    def show_needs(self, value: int) -> None:
        """Show how many need the clerk; a click on it emits `needs_you.clicked`."""
        tone = "warn" if value else "muted"
        self.needs_you.show_words("", say("needs_you", count=formats.count(value)), tone=tone)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the page and a line above."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
