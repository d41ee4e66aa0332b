"""Sync status: both sides, where invoices stand, the promises, the last runs; or a plan.

The front page. It reads its figures in one go when something changed, at most every second.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.desk import Desk
from core.desk_views import HealthView, SideView
from core.words import area
from ui import formats, frame_words, list_export, overview, theme
from ui.announce import announce
from ui.bridge import Bridge, Ticket
from ui.check_run import CheckRun
from ui.faults import FaultBox
from ui.list_spec import Query
from ui.list_view import ListView
from ui.overview import Overview
from ui.plots import PlotCard
from ui.promise_card import PromiseCard
from ui.runs_list import MEMBERS, SPEC, RunSource, tone_figures
from ui.side_banner import SideBanner
from ui.side_cards import NeedsCard, NextRunCard, SideCard
from ui.soon import Soon
from ui.standing_card import StandingCard
from ui.widgets import Button, Panel, ScrollArea

say = area(__name__)

if TYPE_CHECKING:
    from ui.tab_plan import PlanPage

_Cards = list[tuple[QWidget, int]]
_PAUSE_MS = 1_000
_WIDE, _NARROW = 1_500, 1_200
_LEAST_ROWS = 5
_TOPICS = frozenset({"invoices", "payments", "review", "runs"})


class _Page(ScrollArea):
    """Scrolls up and down; its content follows the width, so it never holds the window wide."""

    def minimumSizeHint(self) -> QSize:
        """Any width: cards fold."""
        return QSize(0, theme.sizes().row * 3)


class SyncTab(QWidget):
    """The front page, and over it the plan that waits for its approval."""

    open_list = Signal(str, object)
    open_invoice = Signal(str)
    wants = Signal(str)
    plan_changed = Signal(object)
    plan_approved = Signal(str)

    def __init__(self, desk: Desk, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._bridge = bridge
        self._health: HealthView | None = None
        self._overview: Overview | None = None
        self._is_running = False
        self._reading: Ticket | None = None
        self._reads_again = False
        self._width_class = ""
        self._faults = FaultBox(self, str)
        self._plan: PlanPage | None = None
        self.banner = SideBanner()
        self.sides = {
            "x3": SideCard("x3", (say("last_contact"), say("read_up_to"))),
            "avidxchange": SideCard(
                "avidxchange", (say("last_contact"), say("waiting_to_go"), say("next_try"))
            ),
        }
        self.next_run = NextRunCard()
        self.needs = NeedsCard()
        self.standing = StandingCard()
        self.promises = PromiseCard()
        self.plot = PlotCard(QSettings())
        self.list = ListView(SPEC, RunSource(desk.source("runs")), bridge)
        tone_figures(self.list.table)
        self.runs = self._runs_panel()
        self._pause = Soon(self, self._read, _PAUSE_MS)
        self._build()
        self._connect()
        self.list.start()

    def _runs_panel(self) -> Panel:
        panel = Panel(say("runs"))
        export = Button(say("export"), kind="quiet", icon="table-export", is_small=True)
        export.setAccessibleDescription(say("writes_this_list_to_a_file_ctrl"))
        export.clicked.connect(self.list.export)
        panel.add_to_head(export)
        head = self.list.filter_row.parentWidget()
        if head is not None:
            head.hide()
        panel.set_content(self.list)
        self.list.set_empty(say("nothing_has_run_yet"), say("preview_shows_what_would_be_sent"))
        self.list.export_wanted.connect(self._export)
        return panel

    def _build(self) -> None:
        room = theme.sizes()
        self._content = QWidget()
        column = self._column = QVBoxLayout(self._content)
        column.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        column.setSpacing(room.unit * 3)
        column.addWidget(self.banner)
        self._cards = QWidget()
        column.addWidget(self._cards)
        column.addWidget(self.runs, 1)
        self.runs.setMinimumHeight(room.control * 2 + room.row * _LEAST_ROWS)
        self._page = _Page(self._content)
        self._page.setAccessibleName(say("sync_status"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self._lay_out("wide")

    def _connect(self) -> None:
        self.next_run.change_asked.connect(self._open_connections)
        self.needs.open_asked.connect(self._open_review)
        self.standing.opened.connect(self._open_invoices)
        self.list.model.figures_changed.connect(self._show_count)
        self.banner.connections_asked.connect(self._open_connections)
        self.banner.test_asked.connect(self._test)
        self.banner.review_asked.connect(self._open_review)
        self.promises.opened.connect(self._open_item)

    # -- for the frame -----------------------------------------------------------------------

    def first_focus(self) -> None:
        """The keyboard goes into the list of runs, or into the plan."""
        if self._plan is not None:
            self._plan.first_focus()
        else:
            self.list.setFocus()

    def current_list(self) -> ListView:
        """The list in sight: the plan's actions, else the runs."""
        return self._plan.list if self._plan is not None else self.list

    def panes(self) -> list[QWidget]:
        """The parts that F6 goes through."""
        return self._plan.panes() if self._plan is not None else [self.standing_line(), self.list]

    def standing_line(self) -> QWidget:
        """The first line that opens a list."""
        return self.standing.lines["needs_mapping"]

    @property
    def is_read(self) -> bool:
        """Whether the figures have been read and nothing newer is being read."""
        return self._overview is not None and self._reading is None

    def show_topic(self, topic: str) -> None:
        """Something changed."""
        if topic == "runs":
            self.list.note_change()
        if topic in _TOPICS and not self._pause.isActive():
            self._pause.start()

    def show_health(self, health: HealthView) -> None:
        """Take the newest state of the whole."""
        is_first = self._health is None
        self._health = health
        self._show_sides(health)
        self.next_run.show_health(health, is_running=self._is_running)
        self.needs.show_needs(health, self._overview)
        self.promises.show_health(health)
        self.banner.show_health(health)
        if health.is_running:
            self.list.note_change()  # the run under way is a row, too
        if self._plan is not None:
            self._plan.show_health(health)
        if is_first:
            self._read()
        elif not self._pause.isActive():
            self._pause.start()

    def show_running(self, *, is_running: bool) -> None:
        """A run has begun or ended."""
        self._is_running = is_running
        if self._health is not None:
            self.next_run.show_health(self._health, is_running=is_running)
        if self._plan is not None:
            self._plan.show_running(is_running=is_running)

    def show_plan(self, plan_hash: str) -> None:
        """Show a plan in place of the front page until it is approved or discarded."""
        from ui.tab_plan import PlanPage

        self.hide_plan()
        page = PlanPage(self._desk, self._bridge, plan_hash, self)
        page.plan_read.connect(self.plan_changed)
        page.discarded.connect(self.hide_plan)
        page.approved.connect(self._approve)
        page.open_review.connect(self._open_review)
        if self._health is not None:
            page.show_health(self._health)
        self._plan = page
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        page.first_focus()

    def hide_plan(self) -> None:
        """Show the front page again."""
        page, self._plan = self._plan, None
        if page is None:
            return
        self._stack.setCurrentWidget(self._page)
        self._stack.removeWidget(page)
        page.deleteLater()
        self.plan_changed.emit(None)
        self.first_focus()

    def _approve(self, plan_hash: str) -> None:
        self.hide_plan()
        self.plan_approved.emit(plan_hash)

    # -- figures -----------------------------------------------------------------------------

    def _read(self) -> None:
        health = self._health
        if health is None:
            return
        if self._reading is not None:
            self._reads_again = True  # what is being read may be older than what was just told
            return
        self._reading = self._bridge.read_later(
            self,
            lambda: overview.read(self._desk, health.by_state),
            self._show_overview,
            self._not_read,
        )

    def _end_reading(self) -> None:
        self._reading = None
        if self._reads_again:
            self._reads_again = False
            self._pause.start()

    def _not_read(self, error: BaseException) -> None:
        self._end_reading()
        self._faults.tell(error)

    def _show_overview(self, found: Overview) -> None:
        self._end_reading()
        self._overview = found
        self.standing.show_overview(found)
        self.plot.show_figures(found.runs, found.ages)
        if self._health is not None:
            self._show_sides(self._health)
            self.needs.show_needs(self._health, found)

    def _show_sides(self, health: HealthView) -> None:
        complete = (health.last_run or {}).get("complete_to") or {}
        read_to = frame_words.short(str(complete.get("x3") or ""))
        waiting = health.by_state.get("ready", 0) + health.by_state.get("sending", 0)
        values = {
            "x3": (read_to,),
            "avidxchange": (formats.count(waiting), self._next_try(health)),
        }
        for system, card in self.sides.items():
            side = health.side(system)
            card.show_side(side, _place(side, health), values[system])

    def _next_try(self, health: HealthView) -> str:
        if self._is_running:
            return "now"
        return frame_words.short(health.next_run) or say("when_you_ask")

    def _show_count(self, _figures: object) -> None:
        matched = self.list.model.figures.matched
        self.runs.fact.setText(formats.counted(matched, "run") if matched else "")
        self.runs.fact.show()

    def _export(self, query: Query, names: Sequence[str]) -> None:
        columns = [(MEMBERS.get(name, name), SPEC.column(name).title) for name in names]
        list_export.ask(
            self,
            say("export_these_runs"),
            "runs",
            list_export.FILTERS,
            lambda path: self._write(query, columns, path),
        )

    def _failed(self, error: BaseException) -> None:
        self._faults.tell(error)

    def _write(self, query: Query, columns: list[tuple[str, str]], path: Path) -> None:
        self._bridge.call_later(
            self,
            lambda: self._desk.export("runs", query, columns, path),  # type: ignore[arg-type] # the core takes the window's own query
            lambda count: announce(self, say("written", counted=formats.counted(count, "run"))),
            self._failed,
        )

    # -- a side that is not reached ----------------------------------------------------------

    def _test(self, system: str) -> None:
        """Asks the side now; what is found stands in the banner, or the banner goes."""
        self.banner.begin_test()
        checks = CheckRun(self._bridge, partial(self._desk.test_side, system), system, self)
        checks.ended.connect(partial(self._tested, checks, system))
        checks.start()

    def _tested(self, checks: CheckRun, system: str, is_good: bool) -> None:  # noqa: FBT001 - a signal's argument
        checks.deleteLater()
        self.banner.end_test(is_good=is_good)
        if self._health is not None:
            self.banner.show_health(self._health)
        answers = "answers" if is_good else say("is_still_not_reached")
        announce(self, f"{frame_words.SIDE_NAMES[system]} {answers}")

    # -- ways --------------------------------------------------------------------------------

    def _open_connections(self) -> None:
        self.wants.emit("connections")

    def _open_review(self) -> None:
        self.wants.emit("review")

    def _open_item(self, item: int) -> None:
        self.open_list.emit("review", {"id": str(item)})

    def _open_invoices(self, members: object) -> None:
        self.open_list.emit("invoices", members)

    # -- width -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cards fold by width (design.md 4, "Narrow")."""
        super().resizeEvent(event)
        room = theme.sizes()
        wide, narrow = room.scaled(_WIDE), room.scaled(_NARROW)
        width = self.width()
        kind = "wide" if width >= wide else "plain" if width >= narrow else "narrow"
        self._lay_out(kind)

    def _lay_out(self, kind: str) -> None:
        if kind == self._width_class:
            return
        self._width_class = kind
        self.standing.set_wide(is_wide=kind == "wide")
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.sizes().unit * 3)
        for parts in self._rows_of(kind):
            row = QHBoxLayout()
            row.setSpacing(theme.sizes().unit * 3)
            for part, share in parts:
                row.addWidget(part, share)
            column.addLayout(row)
        before, self._cards = self._cards, rows
        self._column.replaceWidget(before, rows)
        before.deleteLater()

    def _rows_of(self, kind: str) -> list[_Cards]:
        """The cards by row, each with its share of the width."""
        x3, avidxchange = self.sides.values()
        if kind == "narrow":
            return [
                [(x3, 1), (avidxchange, 1)],
                [(self.next_run, 1), (self.needs, 1)],
                [(self.standing, 1)],
                [(self.promises, 6), (self.plot, 5)],
            ]
        shares = (56, 24, 20) if kind == "wide" else (46, 29, 24)
        second: _Cards = list(zip((self.standing, self.promises, self.plot), shares, strict=True))
        first: _Cards = [(x3, 30), (avidxchange, 30), (self.next_run, 23), (self.needs, 21)]
        return [first, second]


def _place(side: SideView, health: HealthView) -> str:
    if health.environment == "demo":
        return say("simulated_on_this_computer")
    return side.volume or (side.name if side.name not in frame_words.SIDE_NAMES.values() else "")
