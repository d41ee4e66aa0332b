"""The eight promises as they stood after the last run, and the last runs as bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.desk_views import HealthView, InvariantView
from ui import formats, frame_words, icons, painting, theme
from ui.list_spec import Row
from ui.widgets import Button, Card, ElidingLabel, IconLabel, TextLabel
from ui.widgets_text import CAPTION, SECOND

_NAMES = tuple(f"I{number}" for number in range(1, 9))
_LOOKS = {
    "ok": ("circle-check", "ok", "holds"),
    "broken": ("circle-x", "bad", "is broken"),
    "unknown": ("circle-dashed", "wait", "is not known"),
}
_LEAST_BARS = 12
_STEPS = (1, 2, 5)


class _Promise(QWidget):
    """One promise in one line; a broken one opens what was found."""

    opened = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        room = theme.sizes()
        self._name = name
        self._icon = IconLabel("circle-dashed", tone="wait", size=icons.CELL + 1)
        number = TextLabel(name, tone="muted")
        number.setFixedWidth(room.scaled(16))
        self._words = ElidingLabel("", least=120)
        self._figure = ElidingLabel("", tone="muted", ratio=SECOND, least=40)
        self._figure.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._open = Button("Open", kind="link", is_small=True)
        self._open.clicked.connect(self.opened)
        self._open.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(room.unit + 2)
        row.addWidget(self._icon)
        row.addWidget(number)
        row.addWidget(self._words, 1)
        row.addWidget(self._figure)
        row.addWidget(self._open)

    def show_state(self, view: InvariantView) -> None:
        """Show how it stands, and over what it was counted; evidence stands in the tool tip."""
        icon, kind, word = _LOOKS.get(view.state, _LOOKS["unknown"])
        is_broken = view.state == "broken"
        self._icon.set_icon(icon, kind)
        self._words.set_tone("bad" if is_broken else "text")
        figure = "broken" if is_broken else view.counted
        if view.accepted and not is_broken:
            figure = f"{formats.count(view.accepted)} accepted"
        self._figure.setText(figure)
        self._figure.set_tone("bad" if is_broken else "warn" if view.accepted else "muted")
        self._words.setText(view.words)
        self._open.setVisible(is_broken and bool(view.item))
        self._open.setAccessibleDescription(f"Opens what speaks against {self._name}")
        told = "\n".join(view.evidence)
        self.setToolTip(told)
        parts = (f"{self._name}, {view.words}, {word}.", f"{figure}." if figure else "", told)
        self.setAccessibleName(" ".join(part for part in parts if part))


class PromiseCard(Card):
    """I1 to I8, each with its state and what it was counted over; the border turns when one breaks.

    `opened` has the id of the review item of a broken promise.
    """

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__("Proved after each run")
        self._told = ""
        self._items: dict[str, int] = {}
        self._copy = Button("Copy evidence", kind="link", icon="copy", is_small=True)
        self._copy.setAccessibleDescription("Copies what speaks against the broken promises")
        self._copy.clicked.connect(self._copy_evidence)
        self._copy.hide()
        self.add_to_head(self._copy)
        column = QVBoxLayout()
        column.setSpacing(theme.sizes().unit // 2)
        self._lines = {name: _Promise(name) for name in _NAMES}
        for name, line in self._lines.items():
            line.opened.connect(partial(self._open, name))
            column.addWidget(line)
        self.body.addLayout(column)

    def show_health(self, health: HealthView) -> None:
        """Take the newest state."""
        for view in health.invariants:
            if view.name in self._lines:
                self._lines[view.name].show_state(view)
        broken = [view for view in health.invariants if view.state == "broken"]
        self._items = {view.name: view.item for view in broken}
        self._told = "\n".join(f"{v.name}: {text}" for v in broken for text in v.evidence)
        self._copy.setVisible(bool(self._told))
        last = health.last_run
        at = frame_words.short(str(last.get("ended") or "")) if last is not None else ""
        self.set_fact(at or "not yet")
        self.set_fault(is_faulty=bool(broken))

    def _open(self, name: str) -> None:
        self.opened.emit(self._items.get(name, 0))

    def _copy_evidence(self) -> None:
        QGuiApplication.clipboard().setText(self._told)


class _Bars(QWidget):
    """Two stacked series by run, oldest at the left; the figures stand in the list below."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: list[tuple[int, int]] = []
        self._ends = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, bars: list[tuple[int, int]], ends: tuple[str, str]) -> None:
        """Show pairs of sent and in review; `ends` say when the first and the last one began."""
        self._bars, self._ends = bars, ends
        self.update()

    def sizeHint(self) -> QSize:
        """Room for bars that can be told apart."""
        room = theme.sizes()
        return QSize(room.scaled(230), room.scaled(140))

    def minimumSizeHint(self) -> QSize:
        """Still readable in a narrow card."""
        room = theme.sizes()
        return QSize(room.scaled(160), room.scaled(110))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Three lines of the scale, the bars, and when they were."""
        painter = QPainter(self)
        room = theme.sizes()
        font = theme.font(CAPTION)
        top = _round_up(max((sum(bar) for bar in self._bars), default=0))
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
        self._paint_ends(painter, plot)

    def _paint_bars(self, painter: QPainter, plot: QRectF, top: int) -> None:
        slots = max(_LEAST_BARS, len(self._bars))
        step = plot.width() / slots
        width = max(2.0, round(step * 0.66))
        for number, (sent, needs) in enumerate(self._bars):
            x = plot.left() + step * number + (step - width) / 2
            low = round(plot.bottom())
            for value, tone in ((sent, "accent"), (needs, "mark")):
                tall = round(plot.height() * value / top) if top else 0
                bar = QRectF(round(x), low - tall, width, tall)
                painter.fillRect(bar, theme.colour(tone))
                low -= tall + (1 if tall else 0)

    def _paint_ends(self, painter: QPainter, plot: QRectF) -> None:
        font = theme.font(CAPTION)
        first, last = self._ends
        box = QRectF(plot.left(), plot.bottom() + 2, plot.width(), self.height() - plot.bottom())
        muted = theme.colour("muted")
        painting.draw_text(painter, box, first, font, muted)
        share = len(self._bars) / max(_LEAST_BARS, len(self._bars))
        box.setWidth(plot.width() * share)
        both = painting.text_width(first, font) + painting.text_width(last, font)
        if box.width() > both + theme.sizes().unit * 4:
            painting.draw_text(painter, box, last, font, muted, painting.RIGHT)


class _Key(QWidget):
    """A small square and what it stands for."""

    def __init__(self, words: str, tone: str) -> None:
        super().__init__()
        self._tone = tone
        room = theme.sizes()
        row = QHBoxLayout(self)
        row.setContentsMargins(room.scaled(14), 0, 0, 0)
        row.addWidget(TextLabel(words, tone="muted"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The square."""
        side = theme.sizes().scaled(9)
        box = QRectF(0, (self.height() - side) / 2, side, side)
        painting.rounded(QPainter(self), box, 2, theme.colour(self._tone))


class RunsCard(Card):
    """The last runs as bars of what was sent and what stood in review."""

    def __init__(self) -> None:
        super().__init__("Last runs", is_filled=True)
        self.add_to_head(_Key("sent", "accent"))
        self.add_to_head(_Key("in review", "mark"))
        self._bars = _Bars()
        self.body.addWidget(self._bars, 1)

    def show_runs(self, rows: Sequence[Row], count: int) -> None:
        """Take the last runs, newest first."""
        self.set_title(f"Last {count} runs" if count > 1 else "Last runs")
        pairs = [(int(row.get("sent") or 0), int(row.get("review") or 0)) for row in reversed(rows)]
        begun = [frame_words.short(str(row.get("started") or "")) for row in rows]
        self._bars.show_bars(pairs, (begun[-1], begun[0]) if begun else ("", ""))
        sent = sum(pair[0] for pair in pairs)
        self._bars.setAccessibleName(
            f"{formats.counted(len(pairs), 'run')}, {formats.counted(sent, 'invoice')} sent; "
            "the list below has the figures"
        )
        self._bars.setToolTip("")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)


def _round_up(value: int) -> int:
    """The next round even number at or above a value, for the top of a scale."""
    factor = 2
    while True:
        for step in _STEPS:
            if step * factor >= value:
                return step * factor
        factor *= 10
