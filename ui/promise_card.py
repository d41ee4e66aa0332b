"""The eight promises as they stood after the last run."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.desk_views import HealthView, InvariantView
from core.words import area
from ui import formats, frame_words, icons, painting, theme
from ui.widgets import Button, Card, ElidingLabel, IconLabel, TextLabel
from ui.widgets_text import SECOND

say = area(__name__)

_NAMES = tuple(f"I{number}" for number in range(1, 9))
_MOST_OF_LINE = 0.4  # of a line, for its figure
_LOOKS = {
    "ok": ("circle-check", "ok", "holds"),
    "broken": ("circle-x", "bad", say("is_broken")),
    "unknown": ("circle-dashed", "wait", say("is_not_known")),
}


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
        self._open = Button(say("open"), kind="link", is_small=True)
        self._open.clicked.connect(self.opened)
        self._open.hide()
        self._told_figure, self._evidence = "", ""
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
            figure = say("accepted", count=formats.count(view.accepted))
        self._told_figure = figure
        self._fold()
        self._figure.set_tone("bad" if is_broken else "warn" if view.accepted else "muted")
        self._words.setText(view.words)
        self._open.setVisible(is_broken and bool(view.item))
        self._open.setAccessibleDescription(say("opens_what_speaks_against", name=self._name))
        told = self._evidence = "\n".join(view.evidence)
        self._fold()
        parts = (f"{self._name}, {view.words}, {word}.", f"{figure}." if figure else "", told)
        self.setAccessibleName(" ".join(part for part in parts if part))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A figure is shown whole or not at all."""
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """A figure that would take the words' room is left to the tool tip: none is shortened."""
        width = painting.text_width(self._told_figure, self._figure.font())
        fits = width <= self.width() * _MOST_OF_LINE
        self._figure.setText(self._told_figure if fits else "")
        self._figure.setVisible(fits and bool(self._told_figure))
        told = (self._told_figure if not fits else "", self._evidence)
        self.setToolTip("\n".join(part for part in told if part))


class PromiseCard(Card):
    """I1 to I8, each with its state and what it was counted over; the border turns when one breaks.

    `opened` has the id of the review item of a broken promise.
    """

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__(say("proved_after_each_run"))
        self._told = ""
        self._items: dict[str, int] = {}
        self._copy = Button(say("copy_evidence"), kind="link", icon="copy", is_small=True)
        self._copy.setAccessibleDescription(say("copies_what_speaks_against_the_broken"))
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
        self.set_fact(at or say("not_yet"))
        self.set_fault(is_faulty=bool(broken))

    def _open(self, name: str) -> None:
        self.opened.emit(self._items.get(name, 0))

    def _copy_evidence(self) -> None:
        QGuiApplication.clipboard().setText(self._told)
