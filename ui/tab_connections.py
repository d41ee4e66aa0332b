"""Connections: each side's settings and secrets, the checks of both, and what expires.

Left the fields of one side, right every check in order, which stops at the first cause. Nothing is
asked of a system until a person presses *Test* or *Run all*.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.desk import Desk
from core.desk_sign_in import SignIn
from core.desk_views import HealthView, SideView
from core.words import area
from ui import connection_fields, formats, problems, theme
from ui.bridge import Bridge
from ui.check_run import SIDES, Check, CheckRun
from ui.connection_page import ConnectionPage, Saved, read_saved
from ui.details_pane import clear
from ui.health_panel import HealthPanel
from ui.painting import PillLook
from ui.settings_form import SECRETS
from ui.sign_in_dialog import SignInDialog
from ui.trust_dialog import Trusting
from ui.widgets import Button, Card, IconLabel, ScrollArea, Segment, TextLabel

say = area(__name__)

_LEFT, _LEFT_WIDE = 428, 470
_WIDE, _STACKED = 1500, 1080
_NO_LIMIT = 16_777_215  # Qt's own
_PAGES = tuple(connection_fields.PAGES)
_GATEWAY = "x3.refresh_token"
_SIDE_OF = {"x3": "x3", "avidxchange": "avidxchange", "computer": "workspace"}
_LOOKS = {
    "ok": PillLook("circle-check", say("ok"), "ok", is_filled=False),
    "not_reached": PillLook("plug-connected-x", say("not_reached"), "bad", is_filled=False),
    "not_checked": PillLook("circle-dashed", say("not_checked"), "wait"),
    "paused": PillLook("player-pause", say("paused"), "warn", is_filled=False),
}
_FAILED = PillLook("circle-x", say("a_check_failed"), "bad", is_filled=False)


class ConnectionsTab(QWidget):
    """Settings, secrets and health checks. `wants` asks the frame for a command."""

    open_invoice = Signal(str)
    open_list = Signal(str, object)
    wants = Signal(str)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._run: CheckRun | None = None
        self.trusting: Trusting | None = None
        self.waiting: SignInDialog | None = None
        self.open_browser: Callable[[str], object] = webbrowser.open
        self._sides: tuple[str, ...] = ()
        self._health: HealthView | None = None
        self._wanted_key = ""
        self._is_stacked = False
        self.setAccessibleName(say("connections"))
        self.segment = Segment(
            say("side"), [title for title, _ in connection_fields.PAGES.values()]
        )
        self._places = QVBoxLayout()
        self.pages: dict[str, ConnectionPage] = {}
        self.expiry = Card(say("what_is_kept"))
        self.sign_in_button = Button(say("sign_in"), icon="key", is_small=True)
        self.sign_in_button.setAccessibleDescription(say("opens_the_gateway_of_sage_x3_in"))
        self.health = HealthPanel()
        self._left = QWidget()
        self._row = QHBoxLayout()
        self._build()
        self.segment.currentChanged.connect(self._show_page)
        self.health.run_wanted.connect(self.run_checks)
        self.health.trust_wanted.connect(self._ask_trust)
        self.sign_in_button.clicked.connect(self.sign_in)
        bridge.read_later(self, partial(read_saved, desk), self._take_saved, self._failed)

    def _build(self) -> None:
        room = theme.sizes()
        column = self._column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(room.unit * 3)
        column.addWidget(self.segment, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._places)
        self.expiry.add_to_head(self.sign_in_button)
        self.sign_in_button.hide()
        column.addWidget(self.expiry)
        column.addStretch(1)
        self.expiry.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._scroll = ScrollArea(self._left)
        self._scroll.setAccessibleName(say("settings"))
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row.setContentsMargins(room.margin, room.unit * 3, room.margin, room.margin)
        self._row.setSpacing(room.margin - 3)
        self._row.addWidget(self._scroll)
        self._right = ScrollArea(self.health)
        self._right.setAccessibleName(say("health_checks"))
        self._row.addWidget(self._right, 1)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._row)

    # -- for the window ----------------------------------------------------------------------

    def first_focus(self) -> None:
        """The keyboard goes to the choice of the side."""
        self.segment.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> list[QWidget]:
        """The parts that F6 goes round."""
        return [self.segment, self._right]

    def show_topic(self, topic: str) -> None:
        """What is typed stays; only what is kept and the state of the sides is read again."""
        if topic == "health":
            self._bridge.read_later(self, self._desk.health, self.show_health, self._failed)

    def show_health(self, health: HealthView) -> None:
        """The newest state of the whole."""
        self._health = health
        for name, page in self.pages.items():
            if name in ("x3", "avidxchange"):
                page.set_pill(self._look(health.side(name)))

    def show_key(self, key: str) -> None:
        """The field of a setting has the keyboard, on whatever page it stands."""
        self._wanted_key = key
        name = connection_fields.page_of(key)
        if name in self.pages:
            self._wanted_key = ""
            self.segment.setCurrentIndex(_PAGES.index(name))
            self.pages[name].show_key(key)

    @property
    def is_checking(self) -> bool:
        """Whether checks are under way."""
        return self._run is not None

    # -- pages -------------------------------------------------------------------------------

    def _take_saved(self, saved: Saved) -> None:
        fields, stored = saved
        for name in _PAGES:
            if name in self.pages:
                self.pages[name].refill(fields, stored)
                continue
            page = ConnectionPage(self._desk, self._bridge, name, fields, stored)
            page.saved.connect(self._read_again)
            page.test_wanted.connect(partial(self.run_checks, _SIDE_OF[name]))
            self.pages[name] = page
            page.hide()
            self._places.addWidget(page)
        chosen = {field.key: field.value for field in fields}
        self.sign_in_button.setVisible(chosen.get("x3.auth") == "oauth2")
        for at, name in enumerate(_PAGES):
            self.segment.set_count(at, self.pages[name].problem_count)
        self._show_page(self.segment.currentIndex())
        self._show_kept()
        if self._health is not None:
            self.show_health(self._health)
        if self._wanted_key:
            self.show_key(self._wanted_key)

    def _read_again(self) -> None:
        read = partial(read_saved, self._desk)
        self._bridge.read_later(self, read, self._take_saved, self._failed)

    def _show_page(self, at: int) -> None:
        for name, page in self.pages.items():
            page.setVisible(name == _PAGES[at])

    def _show_kept(self) -> None:
        """What is kept with its date; those that no sign-in here needs are left out."""
        clear(self.expiry.body)
        read = partial(_kept_rows, self._desk)
        self._bridge.read_later(self, read, self._take_kept, self._failed)

    def _take_kept(self, rows: list[tuple[str, str, str]]) -> None:
        clear(self.expiry.body)
        needed = {name for page in self.pages.values() for name in page.main.secret_names()}
        for name, since, age in rows:
            if name not in needed:
                continue
            side = "X3" if name.startswith("x3.") else "AvidXchange"
            line = QHBoxLayout()
            line.setSpacing(theme.sizes().unit * 2)
            tone = "muted" if since else "warn"
            line.addWidget(IconLabel("key", tone=tone))
            line.addWidget(TextLabel(f"{side} {SECRETS[name].lower()}"))
            line.addStretch(1)
            if since:
                line.addWidget(TextLabel(say("set", since=since), tone="muted"))
            words = age or say("not_stored_yet")
            line.addWidget(TextLabel(words, tone="text" if since else "warn",
                                     weight=theme.Weight.Medium))  # fmt: skip
            self.expiry.body.addLayout(line)

    # -- sign-in -----------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Opens the gateway's page in the browser; what is saved counts, not what is typed."""
        self.sign_in_button.set_busy(say("opening"))
        begin = partial(self._desk.sign_in, self.open_browser)
        self._bridge.call_later(self, begin, self._wait_for, self._not_begun)

    def _wait_for(self, sign_in: SignIn) -> None:
        self.sign_in_button.set_busy("")
        dialog = self.waiting = SignInDialog(sign_in, self)
        dialog.signed_in.connect(self._read_again)
        dialog.failed.connect(self._failed)
        dialog.open()

    def _not_begun(self, error: BaseException) -> None:
        self.sign_in_button.set_busy("")
        self._failed(error)

    # -- checks ------------------------------------------------------------------------------

    def run_checks(self, side: str = "") -> None:
        """Makes the checks of a side, of all without one; not twice at a time."""
        if self._run is not None:
            return
        self._sides = (side,) if side else tuple(SIDES)
        self.health.begin(self._sides)
        for page in self.pages.values():
            page.show_running(is_running=True)
        make = partial(_checks, self._desk, self._sides)
        self._run = CheckRun(self._bridge, make, self._sides[0], self)
        self._run.found.connect(self._found)
        self._run.ended.connect(self._ended)
        self._run.start()
        if self._is_stacked:
            self._scroll.ensureWidgetVisible(self.health, 0, theme.sizes().row * 6)

    def _found(self, check: Check, took_s: float) -> None:
        self.health.add(check, took_s)

    def _ended(self, _is_good: bool) -> None:  # noqa: FBT001 - a signal's argument
        self.health.end(self._sides)
        for page in self.pages.values():
            page.show_running(is_running=False)
        if self._run is not None:
            self._run.deleteLater()
        self._run = None
        for name in ("x3", "avidxchange"):
            if name in self._sides and name in self.pages:
                failed = self.health.lists[name].failed
                self.pages[name].set_pill(_FAILED if failed else _LOOKS["ok"])

    def _ask_trust(self, side: str) -> None:
        """The chain of a side's server, to trust its authority or not."""
        self.trusting = Trusting(self._desk, self._bridge, side, self)
        self.trusting.ended.connect(partial(self._trusted, side))
        self.trusting.start()

    def _trusted(self, side: str, is_added: bool) -> None:  # noqa: FBT001 - a signal's argument
        if self.trusting is not None:
            self.trusting.deleteLater()
        self.trusting = None
        if is_added:
            self._read_again()
            self.run_checks(side)

    def _look(self, side: SideView) -> PillLook:
        """As the checks of this window say, else as the last run found it."""
        made = self.health.lists[side.system]
        if made.failed:
            return _FAILED
        return _LOOKS["ok"] if made.checks else _LOOKS.get(side.state, _LOOKS["not_checked"])

    def _failed(self, error: BaseException) -> None:
        problems.show(self, error)

    # -- sizes -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side; one above the other in a narrow window."""
        super().resizeEvent(event)
        room = theme.sizes()
        is_stacked = self.width() < room.scaled(_STACKED)
        self._stack(is_stacked=is_stacked)
        if is_stacked:
            self._scroll.setMinimumWidth(0)
            self._scroll.setMaximumWidth(_NO_LIMIT)
        else:
            wide = self.width() >= room.scaled(_WIDE)
            self._scroll.setFixedWidth(room.scaled(_LEFT_WIDE if wide else _LEFT) + room.scaled(11))

    def _stack(self, *, is_stacked: bool) -> None:
        """The checks stand beside the fields, or under them in the same page that scrolls."""
        if is_stacked == self._is_stacked:
            return
        self._is_stacked = is_stacked
        if is_stacked:
            self._right.takeWidget()
            self._column.insertWidget(self._column.count() - 1, self.health)
            self.health.show()
        else:
            self._column.removeWidget(self.health)
            self._right.setWidget(self.health)
        self._right.setVisible(not is_stacked)

    def minimumSizeHint(self) -> QSize:
        """Both halves scroll."""
        room = theme.sizes()
        return QSize(room.scaled(_LEFT), room.row * 8)


def _checks(desk: Desk, sides: tuple[str, ...]) -> Iterator[Check]:
    """The checks of these sides; all of them are those of `doctor`."""
    if len(sides) == len(SIDES) or "workspace" in sides:
        made: Iterator[Check] = desk.doctor()
        return (check for check in made if check.side in sides)
    return chain.from_iterable(desk.test_side(side) for side in sides)


def _ending_of(desk: Desk) -> str:
    """When the sign-in at the gateway ends, in words; empty when nobody is signed in."""
    left = desk.sign_in_view().days_left
    if left is None:
        return ""
    return say("ends_in", counted=formats.counted(left, "day")) if left > 0 else say("ends_today")


def _kept_rows(desk: Desk) -> list[tuple[str, str, str]]:
    """Secrets: name, day on which it was set, and how long ago in words; empty when it is not."""
    now = datetime.now(UTC)
    found = []
    for row in desk.secrets():
        at = datetime.fromisoformat(row["at"]) if row["at"] else None
        found.append(
            (
                str(row["name"]),
                formats.day(at) if at else "",
                (_ending_of(desk) if row["name"] == _GATEWAY else "")
                or (say("ago", age=formats.age(at, now)) if at else ""),
            )
        )
    return found
