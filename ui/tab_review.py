"""Needs review: at the left what asks you, grouped by cause; at the right what it is and its fix.

Everything is read and settled through the bridge; after a decision the next cause is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QMenu, QStackedWidget, QVBoxLayout, QWidget

from core.desk_views import InvoiceView, ReviewView
from core.errors import ConfigError
from core.words import area
from ui import formats, problems, theme
from ui.announce import announce
from ui.bridge import Bridge, Ticket
from ui.bulk_decide import settle_all
from ui.dialogs import ConfirmDialog, Question
from ui.list_spec import Query, Row
from ui.review_causes import CauseList
from ui.review_page import ReviewPage
from ui.review_words import Cause, causes, supplier_of
from ui.soon import Soon
from ui.widgets import EmptyState, TextLabel

say = area(__name__)

_PAGE, _MOST, _MOST_NAMES = 500, 5_000, 60
_LEFT, _WIDE_LEFT, _WIDE, _STACKED = 336, 372, 1500, 1000
_READ_MS = 120
_SNOOZES = ((say("until_tomorrow"), 1), (say("for_three_days"), 3), (say("for_a_week"), 7))


class ReviewTab(QWidget):
    """The queue of what needs a person.

    `map_wanted` has kind and keys of the mapping an item waits for.
    """

    map_wanted = Signal(str, str, str)
    open_invoice = Signal(str)
    open_list = Signal(str, object)
    wants = Signal(str)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._is_stale = True
        self._wanted_item = 0
        self._cause: Cause | None = None
        self._reading: Ticket | None = None
        self._looking: Ticket | None = None
        self._settling = ""
        self._names: dict[str, str] = {}  # touched on the reader thread only
        self.setAccessibleName(say("needs_review"))
        self.queue = CauseList()
        self.page = ReviewPage(bridge)
        self.empty = EmptyState(
            "circle-check", say("all_clear"), say("nothing_waits_for_you"), kind="ok"
        )
        self._summary = TextLabel("", weight=theme.Weight.DemiBold)
        self._total = TextLabel("", tone="muted")
        self._left = _Side()
        self._stack = QStackedWidget()
        self._look_timer = Soon(self, self._look, _READ_MS)
        self._build()
        self._connect()

    def _build(self) -> None:
        room = theme.sizes()
        head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        head.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        head.setSpacing(room.unit * 2)
        head.addWidget(self._summary)
        head.addWidget(self._total)
        head.addStretch(1)
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 1, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.queue, 1)
        self._both = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._both)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._left)
        self._row.addWidget(self.page, 1)
        self._stack.addWidget(self._both)
        self._stack.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _connect(self) -> None:
        self.queue.chosen.connect(self._show_cause)
        self.queue.entered.connect(self.page.focus_fix)
        self.page.fix.settle_wanted.connect(self._settle)
        self.page.fix.map_wanted.connect(self.map_wanted)
        self.page.documents.opened.connect(self.open_invoice)
        self.page.items.opened.connect(self.open_invoice)
        self.page.payments.opened.connect(self._open_payment)
        self.page.show_all_wanted.connect(self._show_all)
        self.page.assign_button.clicked.connect(self._ask_assignee)
        self.page.snooze_button.clicked.connect(self._open_snoozes)

    # -- for the window ----------------------------------------------------------------------

    def first_focus(self) -> None:
        """The keyboard goes into the queue."""
        self.queue.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> list[QWidget]:
        """The parts that F6 goes round."""
        return [self.queue, self.page]

    def explain(self) -> None:
        """F1: what the chosen cause is, from its title on, with the keyboard in its fix."""
        self.page.area.verticalScrollBar().setValue(0)
        self.page.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_topic(self, topic: str) -> None:
        """The queue is read again when it may have changed."""
        if topic != "review":
            return
        if self.isVisible():
            self._read()
        else:
            self._is_stale = True

    def show_filtered(self, members: Mapping[str, str]) -> None:
        """Chooses the item of this id, or of this document or code."""
        self._wanted_item = int(members.get("id", "0") or 0)
        self._read()

    def showEvent(self, event: QShowEvent) -> None:
        """Reads what came while it was hidden."""
        super().showEvent(event)
        if self._is_stale:
            self._read()

    # -- reading -----------------------------------------------------------------------------

    def _read(self) -> None:
        self._is_stale = False
        if self._reading is not None:
            self._reading.cancel()
        desk, names = self._desk, self._names
        self._reading = self._bridge.read_later(
            self, lambda: read_items(desk, names), self._take, self._fail
        )

    def _take(self, rows: list[Row]) -> None:
        asking, waiting = causes(rows)
        self._say_total(asking)
        self._stack.setCurrentWidget(self._both if rows else self.empty)
        if not rows:
            now = formats.clock(datetime.now(UTC))
            self.empty.set_words(say("all_clear"), say("nothing_waits_for_you_looked_at", now=now))
        self.queue.show_causes(asking, waiting)
        if self._wanted_item:
            self.queue.choose_item(self._wanted_item)
            self._wanted_item = 0

    def _say_total(self, asking: list[Cause]) -> None:
        items = sum(len(cause.items) for cause in asking)
        documents = sum(cause.documents for cause in asking)
        self._summary.setText(formats.counted(items, "cause") if items else say("nothing_asks_you"))
        self._total.setText(formats.counted(documents, "document") if items else "")

    def _show_cause(self, cause: Cause | None) -> None:
        is_same = self._cause is not None and cause is not None and cause.key == self._cause.key
        has_changed = cause != self._cause
        self._cause = cause
        if cause is None:
            return
        if not is_same or (has_changed and not self._settling):
            self.page.show_cause(cause)
        self._look_timer.start()

    def _look(self) -> None:
        """Reads documents and evidence of the chosen cause."""
        cause = self._cause
        if cause is None or cause.children:
            return
        item = int(cause.items[0]["id"])

        def take(view: ReviewView) -> None:
            if self._cause is not None and self._cause.key == cause.key:
                self.page.show_view(self._cause, view)

        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._bridge.read_later(
            self, lambda: self._desk.review_item(item), take, self._fail
        )

    # -- deciding ----------------------------------------------------------------------------

    def _settle(self, how: str, reason: str, to: str) -> None:
        cause = self._cause
        if cause is None or self._settling:
            return
        items = [int(row["id"]) for row in cause.items]
        self._settling = how
        self.page.fix.set_busy(how)
        self.page.say(say("waits_for_the_run_under_way") if self._desk.is_running else "")

        def settle() -> str:
            if len(items) == 1:
                done: dict[str, Any] = self._desk.resolve(items[0], how, reason=reason, to=to)
                return str(done.get("text", ""))
            return say(
                "settled",
                counted=formats.counted(settle_all(self._desk, items, how, reason), "cause"),
            )

        self._bridge.call_later(self, settle, self._settled, self._unsettled)

    def _settled(self, text: str) -> None:
        self._end_settling()
        self._cause = None
        self.page.say(text)
        announce(self, text)
        self._read()
        self.first_focus()

    def _unsettled(self, error: BaseException) -> None:
        self._end_settling()
        self._fail(error)
        self._read()

    def _end_settling(self) -> None:
        self._settling = ""
        self.page.say("")
        self.page.fix.set_busy("")

    def _ask_assignee(self) -> None:
        if self._cause is None:
            return
        question = Question(
            title=say("who_looks_after_it"),
            sentence=say("the_name_stands_with_the_item_for"),
            verb=say("assign"),
            kind="wait",
            icon="user",
            reason_label=say("name"),
            reason_hint=say("stands_in_the_audit_log"),
        )
        dialog = ConfirmDialog(question, self)
        dialog.confirmed.connect(self._assign)
        dialog.open()

    def _assign(self, name: str) -> None:
        self._note(lambda item: self._desk.assign(item, name))

    def _open_snoozes(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, days in _SNOOZES:
            menu.addAction(words).setData(days)
        if self._cause is not None and any(row["snoozed"] for row in self._cause.items):
            menu.addAction(say("wake_it_now")).setData(0)
        menu.triggered.connect(self._snooze)
        button = self.page.snooze_button
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _snooze(self, action: Any) -> None:
        days = int(action.data())
        until = datetime.now(UTC).astimezone().date() + timedelta(days=days)
        text = until.isoformat() if days else ""
        self._note(lambda item: self._desk.snooze(item, text))

    def _note(self, note: Any) -> None:
        """Notes something with each item of the chosen cause; one short transaction each."""
        if self._cause is None:
            return
        items = [int(row["id"]) for row in self._cause.items]

        def work() -> None:
            for item in items:
                note(item)

        self._bridge.call_later(self, work, self._noted, self._fail)

    def _noted(self, _done: None) -> None:
        self._read()

    def _show_all(self) -> None:
        if self._cause is not None:
            self.open_list.emit("invoices", {"code": self._cause.code})

    def _open_payment(self, payment_id: str) -> None:
        self.open_list.emit("payments", {"payment_id": payment_id})

    def _fail(self, error: BaseException) -> None:
        problems.show(self, error)

    # -- room --------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two columns, or one above the other in a narrow window."""
        super().resizeEvent(event)
        room = theme.sizes()
        is_stacked = self.width() < _STACKED
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if is_stacked else direction.LeftToRight)
        self._left.is_stacked = is_stacked
        if is_stacked:
            self._left.setFixedSize(self.width(), max(room.row * 4, self.height() * 2 // 5))
        else:
            left = _WIDE_LEFT if self.width() >= _WIDE else _LEFT
            self._left.setFixedSize(room.scaled(left), self.height())

    def minimumSizeHint(self) -> QSize:
        """The columns stack, so it is never wider than the least window."""
        room = theme.sizes()
        return QSize(room.scaled(_LEFT), room.row * 8)


class _Side(QFrame):
    """The surface of the queue with its line to the page."""

    is_stacked = False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint surface and line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("base"))
        ink = theme.colour("line")
        if self.is_stacked:
            painter.fillRect(0, self.height() - 1, self.width(), 1, ink)
        else:
            painter.fillRect(self.width() - 1, 0, 1, self.height(), ink)


def read_items(desk: Any, names: dict[str, str]) -> list[Row]:
    """All open items, at most 5,000, with `supplier_name` where it is known; reader thread.

    `names` keeps what suppliers are called, so that each is asked for once.
    """
    found: list[Row] = []
    source = desk.source("review")
    after: Any = None
    while len(found) < _MOST:
        page = source.page(Query(), after, _PAGE)
        found.extend(page.rows)
        if page.next is None:
            break
        after = page.next
    unknown = [row for row in found if supplier_of(row) and supplier_of(row) not in names]
    for row in unknown[:_MOST_NAMES]:
        code = supplier_of(row)
        if code not in names and row["documents"]:
            names[code] = _name_of(desk, code, str(row["documents"][0]))
    return [{**row, "supplier_name": names.get(supplier_of(row), "")} for row in found]


def _name_of(desk: Any, code: str, document: str) -> str:
    """What a supplier is called, by an invoice of it; empty when the document is none."""
    try:
        view: InvoiceView = desk.invoice(document)
    except ConfigError:
        return ""  # a payment: its supplier stands in the item's own words
    return view.supplier_name if str(view.row["supplier"]) == code else ""
