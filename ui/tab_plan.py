"""A plan that waits for its approval: what it holds, action by action, to the byte (design.md 4).

It is read once and never changes: what is approved is what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.desk import Desk
from core.desk_views import HealthView, PlanView
from core.words import area
from ui import formats, frame_words, list_export, plan_list, problems, theme
from ui.announce import announce
from ui.bridge import Bridge
from ui.list_spec import Query
from ui.list_view import ListView
from ui.plan_pane import PlanPane
from ui.widgets import Button, FigureCard, Hairline, IconLabel, Panel, Segment, TextLabel

say = area(__name__)

_PANE = 330
_MEMBERS = {"to": "system", "kind": "action"}
_NARROW = 1_200
_SEGMENTS = ((), plan_list.TO_AVIDXCHANGE, plan_list.TO_X3)


class _Foot(QFrame):
    """The promise, Discard, and the primary button."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.promise = TextLabel("", weight=theme.Weight.Medium, is_wrapped=True)
        middle = Qt.AlignmentFlag.AlignVCenter
        self.promise.setAlignment(Qt.AlignmentFlag.AlignLeft | middle)
        self.discard = Button(say("discard"))
        self.discard.setToolTip(say("nothing_is_written_the_next_run_plans"))
        self.approve = Button(say("approve"), kind="primary", icon="check", key="Ctrl+Enter")
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, room.unit * 2, room.margin, room.unit * 2)
        row.setSpacing(room.unit * 2)
        row.addWidget(IconLabel("shield-check"))
        row.addWidget(self.promise, 1)
        row.addWidget(self.discard)
        row.addWidget(self.approve)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The surface of a card with a line above."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("base"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))


class PlanPage(QWidget):
    """One plan. `plan_read` has it once it is there, `approved` its hash."""

    plan_read = Signal(object)
    approved = Signal(str)
    discarded = Signal()
    open_review = Signal()

    def __init__(
        self, desk: Desk, bridge: Bridge, plan_hash: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._bridge = bridge
        self._hash = plan_hash
        self.plan: PlanView | None = None
        self._is_preview_only = False
        self.cards = {
            name: FigureCard(title, formats.NONE)
            for name, title in (
                ("invoices", say("invoices_to_send")),
                ("vendors", say("vendors_to_write")),
                ("approvals", say("approvals_to_write_in_x3")),
                ("payments", say("payments_to_post_in_x3")),
                ("left", say("not_in_this_plan")),
            )
        }
        self.segment = Segment(
            say("which_side"), (say("all"), say("to_avidxchange"), say("to_sage_x3"))
        )
        source = plan_list.ActionSource(desk.source(f"actions:{plan_hash}"))
        self.list = ListView(plan_list.SPEC, source, bridge)
        self.list.set_empty(say("nothing_to_write"), say("both_sides_agree_as_far_as_they"))
        self.list.export_wanted.connect(self._export)
        self.pane = PlanPane(desk, bridge, plan_hash)
        self.foot = _Foot()
        self._build()
        self._connect()
        self.list.start()
        bridge.read_later(self, lambda: desk.plan(plan_hash), self._show)

    def _build(self) -> None:
        room = theme.sizes()
        cards = QHBoxLayout()
        cards.setSpacing(room.unit * 3)
        for card in self.cards.values():
            cards.addWidget(card, 1)
        filter_layout = self.list.filter_row.layout()
        first = filter_layout.itemAt(0) if filter_layout is not None else None
        head = first.layout() if first is not None else None
        if isinstance(head, QHBoxLayout):
            head.insertWidget(0, self.segment)
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list, 1)
        self._rule = Hairline(is_upright=True)
        row.addWidget(self._rule)
        row.addWidget(self.pane)
        panel = Panel()
        panel.set_content(inside)
        body = QVBoxLayout()
        body.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        body.setSpacing(room.unit * 3)
        body.addLayout(cards)
        body.addWidget(panel, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self.foot)
        self.foot.approve.refuse(say("the_plan_is_being_read"))

    def _connect(self) -> None:
        self.segment.currentChanged.connect(self._choose_side)
        self.list.current_changed.connect(self.pane.show_row)
        self.foot.discard.clicked.connect(self.discarded)
        self.foot.approve.clicked.connect(self._approve)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._press_approve)

    # -- for the owner -----------------------------------------------------------------------

    def first_focus(self) -> None:
        """The keyboard goes into the list of actions."""
        self.list.setFocus()

    def panes(self) -> list[QWidget]:
        """The parts that F6 goes through."""
        return [self.list, self.pane, self.foot.approve]

    def show_running(self, *, is_running: bool) -> None:
        """A plan is not approved while a run goes on."""
        if is_running:
            self.foot.approve.refuse(say("a_run_goes_on"))
        elif self.plan is not None:
            self._show_foot(self.plan)

    def show_health(self, health: HealthView) -> None:
        """A workspace in preview writes nothing, also when asked to."""
        self._is_preview_only = health.environment == "preview"
        if self.plan is not None:
            self._show_foot(self.plan)

    # -- the plan ----------------------------------------------------------------------------

    def _show(self, plan: PlanView | None) -> None:
        if plan is None:
            self.discarded.emit()
            return
        self.plan = plan
        kinds = plan.kinds
        sent = kinds.get("invoice", 0) + kinds.get("replace", 0)
        note = _also(kinds)
        money = plan_list.money(dict(plan.amounts))
        self.cards["invoices"].set_figure(formats.count(sent), note, aside=money)
        for name, kind in (
            ("vendors", "vendor"),
            ("approvals", "approval"),
            ("payments", "payment"),
        ):
            self.cards[name].set_figure(formats.count(kinds.get(kind, 0)))
        left = sum(count for _, count in plan.left_out)
        self.cards["left"].set_figure(
            formats.count(left), aside=_reasons(plan), tone="warn" if left else "muted"
        )
        for at, chosen in enumerate(_SEGMENTS):
            count = sum(kinds.get(kind, 0) for kind in chosen or kinds)
            word = (say("all"), say("to_avidxchange"), say("to_sage_x3"))[at]
            self.segment.setTabData(at, f"{word} {formats.count(count)}")
            self.segment.set_count(at, 0)
        self._show_foot(plan)
        self.plan_read.emit(plan)

    def _show_foot(self, plan: PlanView) -> None:
        self.foot.promise.setText(plan_list.promise(plan.actions, frame_words.short(plan.at)))
        self.foot.approve.set_text(
            say("approve_and_run", counted=formats.counted(plan.actions, "action"))
        )
        if not plan.actions:
            self.foot.approve.refuse(say("there_is_nothing_to_write"))
        elif self._is_preview_only:
            self.foot.approve.refuse(say("this_workspace_is_in_preview"))
        elif not plan.is_current:
            self.foot.approve.refuse(say("a_later_plan_has_taken_its_place"))
        else:
            self.foot.approve.allow(say("writes_exactly_these_actions_ctrl_enter"))

    def _export(self, query: Query, names: Sequence[str]) -> None:
        columns = [(_MEMBERS.get(name, name), plan_list.SPEC.column(name).title) for name in names]
        list_export.ask(
            self,
            say("export_these_actions"),
            say("plan", hash=self._hash[:8]),
            list_export.FILTERS,
            lambda path: self._write(query, columns, path),
        )

    def _failed(self, error: BaseException) -> None:
        problems.show(self, error)

    def _write(self, query: Query, columns: list[tuple[str, str]], path: Path) -> None:
        self._bridge.call_later(
            self,
            lambda: self._desk.export(f"actions:{self._hash}", query, columns, path),  # type: ignore[arg-type] # the core takes the window's own query
            lambda count: announce(self, say("written", counted=formats.counted(count, "action"))),
            self._failed,
        )

    def _choose_side(self, at: int) -> None:
        chosen = _SEGMENTS[at]
        self.list.set_base({"kind": ",".join(chosen)} if chosen else {})

    def _press_approve(self) -> None:
        self.foot.approve.click()

    def _approve(self) -> None:
        self.foot.approve.refuse(say("it_has_been_approved"))
        self.approved.emit(self._hash)

    # -- width -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the details go, and the sides of the segment."""
        super().resizeEvent(event)
        room = theme.sizes()
        is_narrow = self.width() < room.scaled(_NARROW)
        self.pane.setVisible(not is_narrow)
        self._rule.setVisible(not is_narrow)
        self.segment.setVisible(not is_narrow)
        self.pane.setFixedWidth(room.scaled(_PANE))

    def minimumSizeHint(self) -> QSize:
        """The window decides."""
        return QSize(0, theme.sizes().row * 8)


def _also(kinds: Mapping[str, int]) -> str:
    parts = [
        f"{formats.count(kinds[kind])} {word}"
        for kind, word in (("replace", say("of_them_again")), ("withdraw", "withdrawn"))
        if kinds.get(kind)
    ]
    return ", ".join(parts)


def _reasons(plan: PlanView) -> str:
    """What most of them wait for, short."""
    words = {
        "needs_mapping": say("need_mapping"),
        "needs_review": say("need_review"),
        "held": "held",
        "in_doubt": say("in_doubt"),
        "excluded": "excluded",
    }
    if not plan.left_out:
        return ""
    state, count = max(plan.left_out, key=lambda pair: pair[1])
    return f"{formats.count(count)} {words.get(state, state)}"
