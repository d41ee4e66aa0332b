"""The first row of the front page: both sides, the next run, and what needs the clerk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import HealthView, SideView
from core.words import area
from ui import formats, frame_words, icons, theme
from ui.overview import Overview
from ui.widgets import (
    Box,
    Button,
    Card,
    ElidingLabel,
    IconLabel,
    PillLabel,
    PillLook,
    TextLabel,
)
from ui.widgets_text import CARD, SECOND

say = area(__name__)

_DEMI, _MEDIUM = theme.Weight.DemiBold, theme.Weight.Medium
_TOP = Qt.AlignmentFlag.AlignTop
_BIG = 1.75
_LOOKS = {
    "ok": PillLook("circle-check", say("ok"), "ok"),
    "not_reached": PillLook("plug-connected-x", say("not_reached"), "bad"),
    "not_checked": PillLook("circle-dashed", say("not_asked_yet"), "wait"),
    "paused": PillLook("player-pause", say("paused"), "warn"),
}
_ICONS = {"x3": "server-2", "avidxchange": "cloud"}
_UNTOLD = formats.NONE
_MOST_SUMS = 2  # lines of amounts that the card has room for


class _Fact(QWidget):
    """A muted label over a value."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = TextLabel(label, tone="muted", ratio=SECOND)
        self._value = TextLabel(_UNTOLD, weight=_MEDIUM)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._label)
        column.addWidget(self._value)

    def show_value(self, value: str, tone: str = "text") -> None:
        """Show another value."""
        self._value.setText(value or _UNTOLD)
        self._value.set_tone(tone)
        self._value.setAccessibleName(f"{self._label.text()}: {value or 'unknown'}")


class SideCard(Box):
    """One system: whether it is reached, and what was last heard from it."""

    def __init__(self, system: str, labels: Sequence[str]) -> None:
        super().__init__()
        room = theme.sizes()
        self._system = system
        name = frame_words.SIDE_NAMES[system]
        self._place = ElidingLabel("", tone="muted", ratio=SECOND)
        self._pill = PillLabel(_LOOKS["not_checked"], is_flush=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(TextLabel(name, ratio=CARD, weight=_DEMI))
        words.addWidget(self._place)
        head = QHBoxLayout()
        head.setSpacing(room.unit * 2)
        head.addWidget(IconLabel(_ICONS[system], size=icons.HEAD), 0, Qt.AlignmentFlag.AlignVCenter)
        head.addLayout(words, 1)
        head.addWidget(self._pill, 0, _TOP)
        self._facts = [_Fact(label) for label in labels]
        row = QHBoxLayout()
        row.setSpacing(room.unit * 6)
        for fact in self._facts:
            row.addWidget(fact)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        column.setSpacing(room.unit * 2)
        column.addLayout(head)
        column.addLayout(row)
        column.addStretch(1)
        self.setAccessibleName(name)

    def show_side(self, side: SideView, place: str, facts: Sequence[str]) -> None:
        """Show a side; `facts` are the values behind the last contact."""
        look = _LOOKS.get(side.state, _LOOKS["not_checked"])
        self._pill.set_look(look)
        is_lost = side.state == "not_reached"
        self.set_edge("bad" if is_lost else "line")
        # A side that works may still have a word to say, as a sign-in that ends soon.
        has_word = side.state == "ok" and bool(side.text)
        self._place.setText(side.text if has_word else place)
        self._place.set_tone("warn" if has_word else "muted")
        values = (frame_words.short(side.last_contact), *facts)
        for fact, value in zip(self._facts, values, strict=True):
            fact.show_value(value, "bad" if is_lost and fact is self._facts[0] else "text")
        name = frame_words.SIDE_NAMES[self._system]
        self.setAccessibleDescription(f"{name}: {look.text}. {side.text}".strip())


class _FigureBody(QHBoxLayout):
    """A large figure with two or three lines beside it."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.setSpacing(room.unit * 3)
        self.figure = TextLabel("", ratio=_BIG, weight=_MEDIUM)
        self.first = ElidingLabel("", least=60)
        self.middle = ElidingLabel("", least=60)
        self.second = ElidingLabel("", tone="muted", ratio=SECOND, least=60)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addStretch(1)
        lines.addWidget(self.first)
        lines.addWidget(self.middle)
        lines.addWidget(self.second)
        lines.addStretch(1)
        self.addWidget(self.figure, 0, Qt.AlignmentFlag.AlignVCenter)
        self.addLayout(lines, 1)

    def show_words(
        self, figure: str, tone: str, first: str, second: str, middle: Sequence[str] = ()
    ) -> None:
        """Show other words; `middle` stands between the two lines."""
        self.figure.setText(figure)
        self.figure.set_tone(tone)
        self.first.setText(first)
        self.middle.setText(", ".join(middle))
        self.middle.setVisible(bool(middle))
        self.second.setText(second)
        self.second.setVisible(bool(second))
        metrics = QFontMetrics(self.figure.font())
        self.figure.setMinimumWidth(metrics.horizontalAdvance(figure))


class NextRunCard(Card):
    """When the next run begins, or since when one goes on."""

    change_asked = Signal()

    def __init__(self) -> None:
        super().__init__(say("next_run"))
        change = Button(say("change"), kind="link", icon="calendar-due", is_small=True)
        change.setAccessibleDescription(say("opens_the_settings_of_the_schedule"))
        change.clicked.connect(self.change_asked)
        self.add_to_head(change)
        self._body = _FigureBody()
        self.body.addLayout(self._body)

    def show_health(self, health: HealthView, *, is_running: bool) -> None:
        """Take the newest state."""
        if is_running:
            self._body.show_words(
                "now", "text", say("a_run_goes_on"), say("stop_ends_it_at_a_safe_point")
            )
        elif health.paused_until:
            until = frame_words.short(health.paused_until)
            self._body.show_words(
                "paused", "warn", say("until", until=until), say("sync_now_works_all_the_same")
            )
        elif health.next_run:
            at = frame_words.short(health.next_run)
            self._body.show_words(
                at, "text", say("by_the_schedule"), say("sync_now_does_not_wait_for_it")
            )
        else:
            second = say("sync_now_begins_one")
            self._body.show_words(formats.NONE, "muted", say("nothing_is_scheduled"), second)


class NeedsCard(Card):
    """How much needs the clerk, what it amounts to by currency, and how old the oldest is."""

    open_asked = Signal()

    def __init__(self) -> None:
        super().__init__(say("needs_you"))
        link = Button(say("open"), kind="link", icon="arrow-right", is_small=True)
        link.setAccessibleDescription(say("opens_what_needs_you"))
        link.clicked.connect(self.open_asked)
        self.add_to_head(link)
        self._body = _FigureBody()
        self.body.addLayout(self._body)

    def show_needs(self, health: HealthView, overview: Overview | None) -> None:
        """Take the newest state; amounts follow when they are read."""
        count = health.needs_you
        if not count:
            waiting = health.waiting
            goes = formats.counted(waiting, say("item_goes"), say("items_go")) + say(
                "on_by_themselves"
            )
            self._body.show_words("0", "muted", say("all_clear"), goes if waiting else "")
            return
        amounts = dict(overview.waiting_amounts) if overview is not None else {}
        # The currency most of the money is in stands first: only it is seen where room is short.
        sums = sorted(amounts.items(), key=lambda pair: -abs(Decimal(pair[1])))
        lines = [formats.money(Decimal(text), code) for code, text in sums]
        if len(lines) > _MOST_SUMS:
            more = formats.counted(len(lines) - 1, say("more_currency"), say("more_currencies"))
            lines = [lines[0], say("and", more=more)]
        since = frame_words.instant(overview.oldest) if overview is not None else None
        aged = say("oldest", age=formats.age(since, datetime.now(UTC))) if since else ""
        first = lines[0] if lines else formats.counted(count, "cause")
        self._body.show_words(formats.count(count), "warn", first, aged, tuple(lines[1:]))
        self.setAccessibleDescription(", ".join(part for part in (*lines, aged) if part))
