"""Health checks as they are made: one line each, stop at the first cause, its remedy below.

`CheckList` shows the lines of one side, here and in the first-run wizard; `HealthPanel` is the
right half of Connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import formats, theme
from ui.check_run import SIDES, Check
from ui.details_pane import clear
from ui.widgets import Banner, Button, IconLabel, Panel, TextLabel

say = area(__name__)

_NAME_WIDTH = 205
_SLOW_S = 0.0005
#: What a check that passed without a word has found.
_FOUND = {
    "secrets": say("stored"),
    "name": say("known"),
    "port": say("takes_connections"),
    "proxy": say("none_needed"),
    "certificate": say("signed_by_somebody_this_computer_trusts"),
    "sign-in": say("accepted"),
    "endpoint": say("there"),
    "folder": say("the_one_this_workspace_was_set_up"),
    "paging": say("leads_on"),
    "clock": say("agrees_with_this_computers"),
    "organisation": say("open_to_this_client"),
    "code groups": say("there"),
    "web services": say("served_and_the_pool_is_there"),
    "approval field": say("on_the_screen"),
    "optional data": say("everything_is_published"),
    "disk": say("room_enough"),
    "store": say("whole"),
    "audit log": say("the_last_1_000_rows_hold"),
    "payment approval": say("x3s_own_payment_proposal_does_not_take"),
}


class _Line(QFrame):
    """One check: sign, name, what was found, how long it took."""

    def __init__(
        self, icon: str, tone: str, texts: tuple[str, str, str], *, is_cause: bool
    ) -> None:
        super().__init__()
        self._is_cause = is_cause
        room = theme.sizes()
        name, found, took = texts
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, room.unit + 1, room.margin - 4, room.unit + 1)
        row.setSpacing(room.unit * 2)
        top = Qt.AlignmentFlag.AlignTop
        title = TextLabel(name)
        title.setFixedWidth(room.scaled(_NAME_WIDTH) - room.scaled(16) - room.unit * 4)
        said = TextLabel(found, is_wrapped=True, is_selectable=True)
        row.addWidget(IconLabel(icon, tone=tone), 0, top)
        row.addWidget(title, 0, top)
        row.addWidget(said, 1)
        row.addWidget(TextLabel(took, tone="muted"), 0, top)
        self.setMinimumHeight(room.small_row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(f"{name}: {found}")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The line below; the first cause stands out as a chosen row does."""
        painter = QPainter(self)
        if self._is_cause:
            painter.fillRect(self.rect(), theme.colour("select"))
            painter.fillRect(QRectF(0, 0, 3, self.height()), theme.colour("accent"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("hair"))


class _Header(QFrame):
    """The head of one side's checks."""

    def __init__(self, title: str) -> None:
        super().__init__()
        room = theme.sizes()
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, 0, room.margin - 4, 0)
        row.setSpacing(0)
        self.title = _head(title)
        self.title.setFixedWidth(room.scaled(_NAME_WIDTH))
        row.addWidget(self.title)
        row.addWidget(_head(say("what_was_found")))
        row.addStretch(1)
        row.addWidget(_head(say("took")))
        self.setFixedHeight(room.control)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The surface of a list's header."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("alt"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))


def _head(text: str) -> TextLabel:
    return TextLabel(text, tone="muted", ratio=0.92, weight=theme.Weight.Medium)


class CheckList(QWidget):
    """The checks of one side in the order in which they are made."""

    def __init__(self, side: str, title: str = "") -> None:
        super().__init__()
        self.side = side
        self.checks: list[Check] = []
        self._known: list[str] = []
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._header = _Header(title or SIDES[side])
        column.addWidget(self._header)
        column.addLayout(self._lines)
        self.setAccessibleName(say("checks_of", sides=SIDES[side]))
        self.say(say("not_checked_yet"))

    @property
    def failed(self) -> Check | None:
        """The first cause; None while all is well."""
        return next((check for check in self.checks if not check.ok), None)

    @property
    def warned(self) -> Check | None:
        """The first check that passed but has a remedy to tell."""
        return next((check for check in self.checks if check.ok and check.remedy), None)

    def say(self, words: str) -> None:
        """Instead of checks: why there are none."""
        clear(self._lines)
        self._lines.addWidget(_Line("circle-dashed", "wait", (words, "", ""), is_cause=False))

    def begin(self) -> None:
        """Checks are under way; what was found before goes."""
        self.checks = []
        clear(self._lines)
        self._show_waiting()

    def add(self, check: Check, took_s: float) -> None:
        """Show what one check found."""
        self.checks.append(check)
        self._take_waiting()
        icon, tone = _sign(check)
        took = formats.milliseconds(took_s) if took_s > _SLOW_S else formats.NONE
        texts = (_name(check.check), found_text(check), took)
        self._lines.addWidget(_Line(icon, tone, texts, is_cause=not check.ok))
        if check.ok:
            self._show_waiting()

    def end(self) -> None:
        """No more checks come; those known from an earlier look were not asked."""
        self._take_waiting()
        made = [check.check for check in self.checks]
        if self.failed is None:
            self._known = made
            return
        missing = [name for name in self._known if name not in made]
        for at, name in enumerate(missing):
            said = say("not_asked") if at else say("not_asked_stopped_at_the_first_cause")
            texts = (_name(name), said, formats.NONE)
            self._lines.addWidget(_Line("circle-dashed", "wait", texts, is_cause=False))

    def _show_waiting(self) -> None:
        line = _Line("refresh", "go", (say("looking"), "", ""), is_cause=False)
        line.setObjectName("waiting")
        self._lines.addWidget(line)

    def _take_waiting(self) -> None:
        item = self._lines.itemAt(self._lines.count() - 1) if self._lines.count() else None
        widget = item.widget() if item is not None else None
        if widget is not None and widget.objectName() == "waiting":
            self._lines.removeWidget(widget)
            widget.hide()
            widget.deleteLater()


def _sign(check: Check) -> tuple[str, str]:
    if not check.ok:
        return "circle-x", "bad"
    return ("alert-triangle", "warn") if check.remedy else ("circle-check", "ok")


def _name(check: str) -> str:
    words = check.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}"


def found_text(check: Check) -> str:
    """What a check found, in a few words."""
    if check.cause:
        return check.cause
    if check.check.startswith("fields of"):
        return say("all_fields_are_there")
    return _FOUND.get(
        check.check, say("as_it_should_be") if check.ok else say("not_as_it_should_be")
    )


class HealthPanel(QWidget):
    """All sides' checks, with the remedy of the first cause as a banner under them."""

    run_wanted = Signal(str)  # a side, empty for all
    trust_wanted = Signal(str)  # a side whose certificate is not trusted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = Panel(say("health_checks"), " ")
        self._panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.run_button = Button(say("run_all"), icon="stethoscope", is_small=True)
        self.run_button.clicked.connect(self._ask_all)
        self._panel.add_to_head(self.run_button)
        self.copy_button = Button(say("copy_for_it"), icon="copy")
        self.again_button = Button(say("test_again"), icon="refresh")
        self.copy_button.clicked.connect(self._copy)
        self.again_button.clicked.connect(self._ask_again)
        self.lists = {side: CheckList(side) for side in SIDES}
        self.trust_button = Button(say("trust_this_authority"), icon="shield-check")
        self.trust_button.clicked.connect(self._ask_trust)
        buttons = (self.copy_button, self.again_button, self.trust_button)
        self.banner = Banner("bad", "shield-x", " ", " ", buttons)
        self.banner.hide()
        self._told: Check | None = None
        self._build()

    def _build(self) -> None:
        room = theme.sizes()
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        for each in self.lists.values():
            lines.addWidget(each)
        place = QVBoxLayout()
        place.setContentsMargins(
            room.unit * 2 + 2, room.unit * 2 + 2, room.unit * 2 + 2, room.unit * 2 + 2
        )
        place.addWidget(self.banner)
        lines.addLayout(place)
        self._panel.set_content(inside)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._panel)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(page)
        self.setAccessibleName(say("health_checks"))

    def begin(self, sides: Sequence[str]) -> None:
        """Checks of these sides are under way."""
        self.run_button.set_busy(say("checking"))
        self.again_button.set_busy(say("testing"))
        for side in sides:
            self.lists[side].begin()
        self._show_banner()

    def add(self, check: Check, took_s: float) -> None:
        """Show what one check found."""
        self.lists[check.side].add(check, took_s)
        self._panel.fact.setText(formats.clock(datetime.now(UTC), has_seconds=True))
        self._panel.fact.show()

    def end(self, sides: Sequence[str]) -> None:
        """No more checks come for these sides."""
        self.run_button.set_busy("")
        self.again_button.set_busy("")
        for side in sides:
            self.lists[side].end()
        self._show_banner()

    def _show_banner(self) -> None:
        lists = self.lists.values()
        told = next((each.failed for each in lists if each.failed), None)
        if told is None:
            told = next((each.warned for each in lists if each.warned), None)
        self._told = told
        self.banner.setVisible(told is not None)
        if told is None:
            return
        self.trust_button.setVisible(told.code == "TLS-01" and not told.ok)
        if told.ok:
            self.banner.set_look("warn", "alert-triangle")
            title = say("needs_a_look", name=_name(told.check))
        else:
            self.banner.set_look("bad", "shield-x")
            title = say(
                "is_not_ready", sides=SIDES[told.side], replace=told.check.replace("_", " ")
            )
        cause = "" if told.ok else f"{told.cause} ".lstrip()
        remedy = (
            cause + told.remedy
            if told.remedy
            else cause or say("copy_this_for_whoever_looks_after_the")
        )
        safe = "" if told.ok else say("nothing_was_sent")
        self.banner.set_words(title, f"{remedy}{safe}")

    def _ask_all(self) -> None:
        self.run_wanted.emit("")

    def _ask_again(self) -> None:
        self.run_wanted.emit(self._told.side if self._told is not None else "")

    def _ask_trust(self) -> None:
        if self._told is not None:
            self.trust_wanted.emit(self._told.side)

    def _copy(self) -> None:
        if self._told is not None:
            QGuiApplication.clipboard().setText(as_text(self._told))


def as_text(check: Check) -> str:
    """A finding as text for whoever looks after the connection."""
    if check.for_it:
        return check.for_it
    parts = (
        f"{SIDES[check.side]}, {check.check}: {'passed' if check.ok else 'failed'}",
        say("code", code=check.code) if check.code else "",
        say("found", cause=check.cause) if check.cause else "",
        say("remedy", remedy=check.remedy) if check.remedy else "",
    )
    return "\n".join(part for part in parts if part)
