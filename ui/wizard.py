"""The first-run wizard: eight steps from nothing to a live workspace, each tested before the next.

It can be left at any page with *Finish later* and goes on where it was left. Only its last page
lets Crossfoot write; everything before asks and reads.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.desk import Desk
from core.words import area
from ui import connection_fields, theme
from ui.announce import announce
from ui.bridge import Bridge
from ui.own_dialog import OwnDialog
from ui.widgets import Button, Hairline, ScrollArea, TextLabel
from ui.wizard_forms import AvidPage, ScopePage, X3Page
from ui.wizard_rail import Rail
from ui.wizard_runs import PreviewPage, ReferencePage
from ui.wizard_start import WayPage, WizardPage
from ui.wizard_work import LivePage, MappingsPage

say = area(__name__)

_SIZE = QSize(920, 640)


class Wizard(OwnDialog):
    """Sets a workspace up. `demo_wanted` asks for the demo instead, `turned_on` ends it live.

    Open it with `open()`; `finished` comes when it is left, done or not.
    """

    demo_wanted = Signal()
    turned_on = Signal()

    def __init__(self, desk: Desk, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent, say("set_up_crossfoot"))
        self._desk = desk
        self._settings = QSettings()
        self._key = f"wizard/{desk.directory.name}"
        self.setModal(True)
        way = WayPage(desk, bridge)
        way.demo_wanted.connect(self._open_demo)
        self.pages: list[WizardPage] = [
            way,
            X3Page(desk, bridge),
            AvidPage(desk, bridge),
            ScopePage(desk, bridge),
            ReferencePage(desk, bridge),
            MappingsPage(desk, bridge),
            PreviewPage(desk, bridge),
            LivePage(desk, bridge),
        ]
        self._at = 0
        self._reached = 0
        self._waits_for_focus = False
        self.rail = Rail([page.step for page in self.pages])
        self.title = TextLabel("", ratio=1.5, weight=theme.Weight.DemiBold, is_wrapped=True)
        self.sentence = TextLabel("", tone="muted", is_wrapped=True)
        self.stack = QStackedWidget()
        self._edge = Hairline()
        self._edge.setSizePolicy(_kept_place(self._edge.sizePolicy()))
        self._edge.hide()
        self.later_button = Button(say("finish_later"), kind="quiet", icon="bookmark")
        self.back_button = Button(say("back"), icon="arrow-left")
        self.next_button = Button(say("continue"), kind="primary", icon="arrow-right")
        self._build()
        self._connect()
        room = theme.sizes()
        wanted = QSize(room.scaled(_SIZE.width()), room.scaled(_SIZE.height()))
        self.resize(wanted.boundedTo(self.screen().availableSize()))
        bridge.read_later(self, desk.settings_form, self._begin, self._begin_anew)

    @staticmethod
    def is_needed(desk: Desk) -> bool:
        """Whether the settings are not whole; reads the settings file, so not on the GUI thread."""
        return not desk.is_demo and any(view.problem for view in desk.settings_form())

    def _build(self) -> None:
        room = theme.sizes()
        wide = room.unit * 7
        head = QVBoxLayout()
        head.setContentsMargins(wide, room.scaled(22), wide, room.unit * 3)
        head.setSpacing(room.unit + 2)
        head.addWidget(self.title)
        head.addWidget(self.sentence)
        for page in self.pages:
            inside = QWidget()
            column = QVBoxLayout(inside)
            column.setContentsMargins(wide, room.unit, wide, room.unit * 3)
            column.addWidget(page)
            area = ScrollArea(inside)
            area.setAccessibleName(page.question)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.verticalScrollBar().valueChanged.connect(self._show_edge)
            self.stack.addWidget(area)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(head)
        right.addWidget(self._edge)
        right.addWidget(self.stack, 1)
        top = QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(self.rail)
        top.addLayout(right, 1)
        foot = _Foot()
        line = QHBoxLayout(foot)
        line.setContentsMargins(room.unit * 5, room.unit * 2 + 2, room.unit * 5, room.unit * 2 + 2)
        line.setSpacing(room.unit * 2)
        line.addWidget(self.later_button)
        line.addStretch(1)
        line.addWidget(self.back_button)
        line.addWidget(self.next_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top, 1)
        column.addWidget(foot)
        self.next_button.setDefault(True)

    def _connect(self) -> None:
        self.later_button.clicked.connect(self.leave)
        self.back_button.clicked.connect(self.go_back)
        self.next_button.clicked.connect(self.go_on)
        self.rail.chosen.connect(self.show_page)
        self.later_button.setAccessibleDescription(say("what_was_typed_and_tested_is_kept"))
        for page in self.pages:
            page.passed.connect(self._passed)
            page.busy_changed.connect(self._show_busy)
            page.verb_changed.connect(self._show_verb_of_page)

    # -- where it stands ---------------------------------------------------------------------

    def _begin(self, fields: object) -> None:
        """Goes on at the first page that is not whole, or where it was left."""
        problems = [view.key for view in fields if view.problem] if isinstance(fields, list) else []
        kept = self._settings.value(self._key, 0)
        reached = int(str(kept)) if str(kept).isdigit() else 0
        places = {"x3": 1, "avidxchange": 2, "computer": 3}
        wrong = [places[connection_fields.page_of(key)] for key in problems]
        if wrong and reached:
            reached = min(reached, *wrong)
        self._reached = min(reached, len(self.pages) - 1)
        self.show_page(self._reached)

    def _begin_anew(self, _error: BaseException) -> None:
        """A settings file that cannot be read is told by the page that reads it."""
        self.show_page(0)

    @property
    def place(self) -> int:
        """Which page is in sight, from 0."""
        return self._at

    @property
    def page(self) -> WizardPage:
        """The page in sight."""
        return self.pages[self._at]

    def show_page(self, at: int) -> None:
        """Bring a page into sight; only those that were reached."""
        if not 0 <= at <= self._reached:
            return
        if at != self._at:
            self.page.leave()
        self._at = at
        page = self.page
        self.stack.setCurrentIndex(at)
        self._scroll_up()
        self.title.setText(page.question)
        self.sentence.setText(page.sentence)
        self.back_button.setVisible(at > 0)
        self.rail.show_place(at, self._reached, [each.said for each in self.pages])
        self._show_busy("")
        self._show_verb(page.verb)
        self._show_edge()
        announce(self, say("step_of", at=at + 1, count=len(self.pages), question=page.question))
        # Never left where the last page was: Enter on *Finish later* would end the set-up.
        self.next_button.setFocus(Qt.FocusReason.OtherFocusReason)
        page.enter()

    def _show_edge(self, *_: object) -> None:
        """A line under the question while a part of the page is scrolled out above."""
        area = self.stack.currentWidget()
        is_scrolled = isinstance(area, ScrollArea) and area.verticalScrollBar().value() > 0
        self._edge.setVisible(is_scrolled)

    def _scroll_up(self) -> None:
        """A page that was left at its end begins at its first field again."""
        area = self.stack.currentWidget()
        if isinstance(area, ScrollArea):
            area.verticalScrollBar().setValue(0)

    def go_back(self) -> None:
        """The page before."""
        self.show_page(self._at - 1)

    def go_on(self) -> None:
        """Tests the page in sight; it says when it may be left."""
        self.page.test()

    def _passed(self) -> None:
        if self.sender() is not self.page:
            return
        if self._at == len(self.pages) - 1:
            self._settings.remove(self._key)
            self.turned_on.emit()
            self.accept()
            return
        self._reached = max(self._reached, self._at + 1)
        self._settings.setValue(self._key, self._reached)
        self.show_page(self._at + 1)

    def _open_demo(self) -> None:
        self.demo_wanted.emit()
        self.reject()

    # -- buttons -----------------------------------------------------------------------------

    def _show_busy(self, word: str) -> None:
        focused = self.focusWidget()
        # A button of the page is made anew by what it began, and would take the keyboard with it.
        is_of_page = isinstance(focused, QAbstractButton) and self.page.isAncestorOf(focused)
        had_focus = focused is self.next_button or is_of_page
        self.next_button.set_busy(word)
        self.back_button.setEnabled(not word)
        if had_focus and word:
            # A button that is busy cannot hold the keyboard; Qt would hand it to *Finish later*.
            self._waits_for_focus = True
            self.page.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._waits_for_focus and not word:
            self._waits_for_focus = False
            self.next_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_verb(self, verb: str) -> None:
        self.next_button.set_text(verb or self.page.verb)

    def _show_verb_of_page(self, verb: str) -> None:
        if self.sender() is self.page:
            self._show_verb(verb)

    def done(self, result: int) -> None:
        """The page in sight stops asking."""
        self.page.leave()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the window is *Finish later*."""
        self.page.leave()
        super().closeEvent(event)


def _kept_place(policy: QSizePolicy) -> QSizePolicy:
    """The same, but keeping its place while hidden, so that nothing moves when it comes."""
    policy.setRetainSizeWhenHidden(True)
    return policy


class _Foot(QFrame):
    """The line of buttons on the colour of the page."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint page and line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
