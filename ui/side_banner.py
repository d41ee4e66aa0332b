"""The worst that is wrong with the whole, above the cards of the front page (design.md 3)."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.desk_views import HealthView, InvariantView, SideView
from core.words import area
from ui import formats, frame_words
from ui.widgets import Banner, Button

say = area(__name__)

_STOPS_ITS_OWN = ("I1", "I4", "I5")  # product.md 8: the others stop all writing
_SAFE = say("nothing_was_lost_and_nothing_is_sent")


class SideBanner(QWidget):
    """Hidden while all is well; else one banner with what to do.

    `test_asked` has the side to test; say `begin_test` and `end_test` around it.
    """

    connections_asked = Signal()
    review_asked = Signal()
    test_asked = Signal(str)
    _test_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._tell_it = Button(say("what_to_tell_it"), icon="copy")
        self._tell_it.setToolTip(say("copies_what_is_wrong_for_a_mail"))
        self._tell_it.clicked.connect(self._copy)
        self._go = Button(say("open_connections"), icon="plug-connected")
        self._go.clicked.connect(self._leave)
        self._target = self.connections_asked
        self._lost = ""
        self._tested = ""
        self._test_clicked.connect(self._ask_test)
        buttons = (self._tell_it, self._go)
        self._banner = Banner(
            "bad", "plug-connected-x", say("all_is_well"), say("all_is_well_2"), buttons
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._banner)
        self.hide()

    def show_health(self, health: HealthView) -> None:
        """Say the worst, or nothing: a broken promise, settings, a side that is not reached."""
        broken = [view for view in health.invariants if view.state == "broken"]
        lost = [side for side in health.sides if side.state == "not_reached"]
        self._tell_it.setVisible(bool(lost) and not broken and not health.problem)
        if broken:
            self._show_broken(broken[0])
        elif health.problem:
            self._look("warn", "alert-triangle", say("open_connections"), self.connections_asked)
            self._say(
                say("the_settings_are_not_whole"),
                say("no_run_begins_before", problem=health.problem),
            )
        elif lost:
            self._look("bad", "plug-connected-x", say("test_now"), self._test_clicked)
            self._show_lost(lost[0], health)
        self.setVisible(bool(broken or health.problem or lost))

    def _show_broken(self, view: InvariantView) -> None:
        self._look("bad", "shield-x", say("open_it"), self.review_asked)
        told = f" {_sentence('; '.join(view.evidence[:2]))}" if view.evidence else ""
        what = say("for_what_it_names") if view.name in _STOPS_ITS_OWN else "altogether"
        self._say(
            say(
                "does_not_hold", name=view.name, words=view.words[:1].lower(), words2=view.words[1:]
            ),
            say("writing_has_stopped_until_this_is", what=what, told=told),
        )

    def _show_lost(self, side: SideView, health: HealthView) -> None:
        if side.system != self._lost:
            self._tested = ""
        self._lost = side.system
        name = frame_words.SIDE_NAMES[side.system]
        when = frame_words.short(side.last_contact)
        title = (
            say("cant_be_reached_since", name=name, when=when)
            if when
            else say("cant_be_reached", name=name)
        )
        waiting = health.by_state.get("ready", 0)
        rest = say("wait_here", counted=formats.counted(waiting, "invoice")) if waiting else ""
        parts = (_sentence(side.text), f"{_SAFE}{rest}.", _sentence(side.fix), self._tested)
        self._say(title, " ".join(part for part in parts if part))

    def _look(self, kind: str, icon: str, word: str, target: SignalInstance) -> None:
        self._banner.set_look(kind, icon)
        self._go.set_text(word)
        self._target = target

    def _say(self, title: str, sentence: str) -> None:
        self._said = f"{title}\n{sentence}"
        self._banner.set_words(title, sentence)

    def begin_test(self) -> None:
        """The side is being tested."""
        self._go.set_busy(say("testing"))

    def end_test(self, *, is_good: bool) -> None:
        """The test is over; what it found comes with the next health."""
        self._go.set_busy("")
        at = formats.clock(datetime.now(UTC), has_seconds=True)
        self._tested = "" if is_good else say("tested_at", at=at)

    def _ask_test(self) -> None:
        self.test_asked.emit(self._lost)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._said)

    def _leave(self) -> None:
        self._target.emit()


def _sentence(text: str) -> str:
    return text if not text or text.endswith(".") else f"{text}."
