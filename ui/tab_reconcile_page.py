"""The page of one statement: equation, causes, below them documents or changes, and the sign-off.

It shows what it is given and asks nobody; the tab reads and writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.desk_reconcile_views import CauseView, StatementView
from core.words import area
from ui import tab_reconcile_words as words
from ui import theme
from ui.bridge import Bridge
from ui.list_spec import Row
from ui.tab_reconcile_documents import ChangesPanel, DocumentsPanel
from ui.tab_reconcile_head import EquationRow
from ui.tab_reconcile_lists import CausesPanel, HeldList
from ui.tab_reconcile_sign import SignCard, figures_of
from ui.widgets import EmptyState, ScrollArea

say = area(__name__)

_SIGN_WIDTH, _BESIDE = 330, 1_100  # below this width the sign-off stands under the documents
_NO_LIMIT = 16_777_215  # Qt's own for a width that limits nothing


class StatementPage(QWidget):
    """Scrolls as one where the window is small."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.view: StatementView | None = None
        self.equation = EquationRow()
        self.causes = CausesPanel(bridge)
        self.documents = DocumentsPanel(bridge)
        self.changes = ChangesPanel(bridge)
        self.sign = SignCard()
        self.agree = EmptyState(
            "circle-check",
            say("both_agree_to_the_cent"),
            say("no_document_differs_in_this_step_and"),
            kind="ok",
        )
        self.below = QStackedWidget()
        self._low = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._build()
        self.changes.left.connect(self.show_documents)

    def _build(self) -> None:
        room = theme.sizes()
        for part in (self.documents, self.changes, self.agree):
            self.below.addWidget(part)
        self._low.setSpacing(room.unit * 3)
        self._low.addWidget(self.below, 1)
        self._low.addWidget(self.sign)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(room.margin, 0, room.margin, room.unit * 3)
        column.setSpacing(room.unit * 3)
        column.addWidget(self.equation)
        column.addWidget(self.causes)
        column.addLayout(self._low, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        area = ScrollArea(content)
        area.setAccessibleName(say("statement"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its parts take the keyboard
        outer.addWidget(area)

    @property
    def list(self) -> HeldList:
        """The lower list in sight."""
        return self.changes.list if self._has_changes_in_sight else self.documents.list

    @property
    def _has_changes_in_sight(self) -> bool:
        return self.below.currentWidget() is self.changes

    def line(self, key: str) -> CauseView | None:
        """The line of this key in the statement in sight."""
        lines = self.view.causes if self.view is not None else ()
        return next((line for line in lines if words.key_of(line) == key), None)

    def show_view(self, view: StatementView, currency: str) -> None:
        """Another statement, or the same one anew."""
        is_other = self.view is None or view.id != self.view.id
        self.view = view
        if is_other:
            self.show_documents()
        self.show_step(currency)
        self.sign.show_view(view, figures_of(view))

    def show_step(self, currency: str) -> None:
        """The equation and the causes of the step in sight, in one currency."""
        view, step = self.view, self.causes.step
        if view is None:
            return
        sums = words.equation(view, currency, step)
        self.equation.show_figures(sums, step)
        for at, name in enumerate(words.STEPS):
            self.causes.segment.set_count(at, words.loose_in(view, currency, name))
        lines = words.lines_of(view, currency, step)
        fact = f"{sums.shown(sums.first - sums.second)} {currency}" if lines else ""
        has_companies = not view.company and len({one.company for one in view.balances}) > 1
        self.causes.show_rows(words.cause_rows(lines), fact, has_companies=has_companies)
        if not self._has_changes_in_sight:
            self.show_documents()

    def show_line(self, line: CauseView) -> None:
        """A cause that was chosen; its documents come after."""
        if words.key_of(line) != self.documents.key:
            self.show_documents()
        self.documents.show_line(line)

    def show_documents(self) -> None:
        """The documents of the chosen cause are in sight, where there is one."""
        has_causes = bool(self.causes.list.held.rows)
        self.below.setCurrentWidget(self.documents if has_causes else self.agree)

    def show_changes(self, title: str, rows: Sequence[Row]) -> None:
        """What changed is in sight, with the keyboard in it."""
        self.changes.show_rows(title, rows)
        self.below.setCurrentWidget(self.changes)
        self.changes.list.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The sign-off stands beside the documents where there is room."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        room = theme.sizes()
        is_beside = self.width() >= room.scaled(_BESIDE)
        way = QBoxLayout.Direction
        self._low.setDirection(way.LeftToRight if is_beside else way.TopToBottom)
        width = room.scaled(_SIGN_WIDTH)
        self.sign.setMinimumWidth(width if is_beside else 0)
        self.sign.setMaximumWidth(width if is_beside else _NO_LIMIT)
        self.causes.fit_height(self.height())
