"""The plots of Sync status: the last runs, and how long what is open has been waiting.

Painted by themselves in colours of the theme: two dozen bars need no library of plots, which would
bring another hundred megabytes. Every figure stands in words below, and is what is read out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSettings, QSize
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import formats, frame_words, painting, theme
from ui.list_spec import Row
from ui.overview import Age
from ui.widgets import Card, Segment, TextLabel
from ui.widgets_text import CAPTION

say = area(__name__)

_LEAST_BARS = 12
_STEPS = (1, 2, 5)
_WIDTH, _HEIGHT, _LEAST_WIDTH, _LEAST_HEIGHT = 230, 120, 160, 90
_KEPT = "sync/plot"
_NAMES = (say("runs"), say("waiting"))


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the lower and the upper part, and what stands below it."""

    low: int
    high: int
    label: str = ""


class Bars(QWidget):
    """Two stacked series, from left to right; `said` is the whole of it in words."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: list[Bar] = []
        self._slots = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, bars: Sequence[Bar], said: str, *, least: int = 1) -> None:
        """Show these; so many places at `least`, so that few bars do not become walls."""
        self._bars, self._slots = list(bars), max(least, len(bars), 1)
        self.setAccessibleName(said)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for bars that can be told apart."""
        room = theme.sizes()
        return QSize(room.scaled(_WIDTH), room.scaled(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Still readable in a narrow card."""
        room = theme.sizes()
        return QSize(room.scaled(_LEAST_WIDTH), room.scaled(_LEAST_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Three lines of the scale, the bars, and what stands below them."""
        painter = QPainter(self)
        room = theme.sizes()
        font = theme.font(CAPTION)
        top = _round_up(max((bar.low + bar.high for bar in self._bars), default=0))
        height = painting.text_width("0", font) * 2
        labels = [formats.count(value) for value in (top, top // 2, 0)]
        left = max(painting.text_width(text, font) for text in labels) + room.unit * 2
        plot = QRectF(left, height / 2, self.width() - left, self.height() - height * 2)
        for number, text in enumerate(labels):
            y = plot.top() + plot.height() * number / 2
            painter.fillRect(QRectF(plot.left(), round(y), plot.width(), 1), theme.colour("hair"))
            box = QRectF(0, y - height, left - room.unit * 2, height * 2)
            muted = theme.colour("muted")
            painting.draw_text(painter, box, text, font, muted, painting.RIGHT)
        self._paint_bars(painter, plot, top)
        self._paint_labels(painter, plot, font)

    def _paint_bars(self, painter: QPainter, plot: QRectF, top: int) -> None:
        step = plot.width() / self._slots
        width = max(2.0, round(step * 0.66))
        for number, bar in enumerate(self._bars):
            x = plot.left() + step * number + (step - width) / 2
            low = round(plot.bottom())
            for value, tone in ((bar.low, "accent"), (bar.high, "mark")):
                tall = round(plot.height() * value / top) if top else 0
                painter.fillRect(QRectF(round(x), low - tall, width, tall), theme.colour(tone))
                low -= tall + (1 if tall else 0)

    def _paint_labels(self, painter: QPainter, plot: QRectF, font: QFont) -> None:
        """Below each bar where all fit, else at both ends."""
        step = plot.width() / self._slots
        widest = max((painting.text_width(bar.label, font) for bar in self._bars), default=0.0)
        below = QRectF(plot.left(), plot.bottom() + 2, step, self.height() - plot.bottom())
        muted = theme.colour("muted")
        if widest + theme.sizes().unit <= step:
            for number, bar in enumerate(self._bars):
                box = below.translated(step * number, 0)
                painting.draw_text(painter, box, bar.label, font, muted, painting.CENTRE)
            return
        below.setWidth(step * len(self._bars))
        painting.draw_text(painter, below, self._bars[0].label, font, muted)
        if below.width() > widest * 2 + theme.sizes().unit * 4:
            last = self._bars[-1].label
            painting.draw_text(painter, below, last, font, muted, painting.RIGHT)


class _Key(QWidget):
    """A small square and what it stands for."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self._tone = tone
        self._words = TextLabel("", tone="muted", ratio=CAPTION)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.sizes().scaled(14), 0, 0, 0)
        row.addWidget(self._words)

    def show_words(self, words: str) -> None:
        """Show what the colour stands for."""
        self._words.setText(words)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The square."""
        side = theme.sizes().scaled(9)
        box = QRectF(0, (self.height() - side) / 2, side, side)
        painting.rounded(QPainter(self), box, 2, theme.colour(self._tone))


class PlotCard(Card):
    """The last runs, or what waits by its age; which of them is kept for the next start."""

    def __init__(self, settings: QSettings | None = None) -> None:
        super().__init__("", is_filled=True)
        self._settings = settings
        self._runs: Sequence[Row] = ()
        self._ages: Sequence[Age] = ()
        self.choice = Segment(say("what_is_plotted"), list(_NAMES))
        self.bars = Bars()
        self._keys = (_Key("accent"), _Key("mark"))
        self.words = TextLabel("", tone="muted", ratio=CAPTION, is_wrapped=True)
        self.setAccessibleName(say("plot"))
        self.head.insertWidget(0, self.choice)
        legend = QHBoxLayout()
        legend.setSpacing(theme.sizes().unit * 3)
        for key in self._keys:
            legend.addWidget(key)
        legend.addStretch(1)
        self.body.addWidget(self.bars, 1)
        self.body.addLayout(legend)
        # Two lines always: what stands below must not move when another plot is chosen.
        below = QWidget()
        below.setMinimumHeight(2 * theme.sizes().height)
        place = QVBoxLayout(below)
        place.setContentsMargins(0, 0, 0, 0)
        place.addWidget(self.words)
        place.addStretch(1)
        self.body.addWidget(below)
        kept = str(settings.value(_KEPT, "0")) if settings is not None else "0"
        self.choice.setCurrentIndex(1 if kept == "1" else 0)
        self.choice.currentChanged.connect(self._chosen)
        self._show()

    def show_figures(self, runs: Sequence[Row], ages: Sequence[Age]) -> None:
        """Take the last runs, newest first, and what waits by its age, youngest first."""
        self._runs, self._ages = runs, ages
        self._show()

    def _chosen(self, at: int) -> None:
        if self._settings is not None:
            self._settings.setValue(_KEPT, str(at))
        self._show()

    def _show(self) -> None:
        if self.choice.currentIndex() == 1:
            self._show_ages()
        else:
            self._show_runs()

    def _show_runs(self) -> None:
        rows = list(reversed(self._runs))
        begun = [frame_words.short(str(row.get("started") or "")) for row in rows]
        bars = [
            Bar(int(row.get("sent") or 0), int(row.get("review") or 0), label)
            for row, label in zip(rows, begun, strict=True)
        ]
        self._say(("sent", say("in_review")), run_words(bars))
        self.bars.show_bars(bars, say("last_runs", words=self.words.text()), least=_LEAST_BARS)

    def _show_ages(self) -> None:
        bars = [Bar(age.moving, age.needs, age.label) for age in self._ages]
        self._say((say("on_their_way"), say("need_you")), age_words(self._ages))
        self.bars.show_bars(bars, say("waiting_by_days_in_their_state", words=self.words.text()))

    def _say(self, keys: tuple[str, str], words: str) -> None:
        for key, text in zip(self._keys, keys, strict=True):
            key.show_words(text)
        self.words.setText(words)


def run_words(bars: Sequence[Bar]) -> str:
    """The last runs in one sentence."""
    if not bars:
        return say("nothing_has_run_yet")
    sent = sum(bar.low for bar in bars)
    runs = formats.counted(len(bars), "run")
    last = say(
        "sent_in_review", count=formats.count(bars[-1].low), count2=formats.count(bars[-1].high)
    )
    return say(
        "sent_in_in_the_last_one", counted=formats.counted(sent, "invoice"), runs=runs, last=last
    )


def age_words(ages: Sequence[Age]) -> str:
    """What waits, by its age, in words; ages without any are left out."""
    told = [
        f"{age.words}: {formats.count(age.moving + age.needs)}"
        for age in ages
        if age.moving + age.needs
    ]
    return f"{'; '.join(told)}." if told else say("nothing_waits")


def _round_up(value: int) -> int:
    """The next round even number at or above a value, for the top of a scale."""
    factor = 2
    while True:
        for step in _STEPS:
            if step * factor >= value:
                return step * factor
        factor *= 10
