"""Errors and confirmations: what did not happen, why, what is safe, what to do (design.md 3).

Everything else fits a pane or a page. Fields come as plain data from the error catalogue; `show`
is not modal to the event loop: connect to `finished`, `fix_asked` or `confirmed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from core.words import area
from ui import icons, theme
from ui.own_dialog import OwnDialog
from ui.widgets_buttons import Button
from ui.widgets_cards import QuotedBox
from ui.widgets_fields import Field, LineEdit
from ui.widgets_text import SECOND, Facts, IconLabel, TextLabel

say = area(__name__)

_WIDTH, _DISC, _FACT_LABEL = 560, 40, 120
_TITLE_RATIO = 1.25
_ICONS = {
    "bad": "circle-x",
    "doubt": "zoom-question",
    "warn": "alert-triangle",
    "go": "info-circle",
    "wait": "info-circle",
    "ok": "circle-check",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error dialog says. `fix` is the word of the button that helps; empty: none.

    `title` says what did not happen to which document, `why` holds the values, `safe` what is safe
    and what happens next.
    """

    code: str
    title: str
    why: str
    safe: str
    kind: str = "bad"
    facts: tuple[tuple[str, str], ...] = ()
    fix: str = ""
    fix_icon: str = ""
    remedy: str = ""

    def as_text(self) -> str:
        """The whole of it as text, for the telephone or a mail."""
        facts = "".join(f"{name}: {value}\n" for name, value in self.facts)
        parts = (f"{self.code}: {self.title}", self.why, facts.rstrip(), self.safe, self.remedy)
        return "\n".join(part for part in parts if part)


class _Footer(QFrame):
    """The buttons of a dialog on the colour of the page, with a line above."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(room.unit * 5, room.unit * 3, room.unit * 5, room.unit * 3)
        self.row.setSpacing(room.unit * 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint page and line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))


class _HouseDialog(OwnDialog):
    """Disc, title and sentence; body; footer. 560 wide, as high as its words need."""

    def __init__(self, parent: QWidget | None, kind: str, title: str, sentence: str) -> None:
        super().__init__(parent, "Crossfoot", title)
        room = theme.sizes()
        self.setAccessibleDescription(sentence)
        self.setModal(True)
        self.footer = _Footer()
        self.body = QVBoxLayout()
        self.body.setSpacing(room.unit * 3 - 2)
        weight = theme.Weight.DemiBold
        title_label = TextLabel(title, ratio=_TITLE_RATIO, weight=weight, is_wrapped=True)
        self.body.addWidget(title_label)
        self.body.addWidget(TextLabel(sentence, is_wrapped=True, is_selectable=True))
        disc = IconLabel(_ICONS[kind], tone=kind, size=icons.DIALOG, disc=_DISC)
        top = QHBoxLayout()
        wide = room.unit * 5
        top.setContentsMargins(wide, wide, room.unit * 6, room.unit * 5)
        top.setSpacing(room.unit * 4)
        top.addWidget(disc, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(self.body, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top, 1)
        column.addWidget(self.footer)

    def add_safe(self, safe: str) -> None:
        """Say what is safe, with its shield."""
        row = QHBoxLayout()
        row.setSpacing(theme.sizes().unit * 2)
        row.addWidget(IconLabel("shield-check"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(TextLabel(safe, weight=theme.Weight.Medium, is_wrapped=True), 1)
        self.body.addLayout(row)

    def add_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show facts in a quoted box; none: no box."""
        if not facts:
            return
        box = QuotedBox()
        box.body.addWidget(Facts(facts, label_width=_FACT_LABEL))
        self.body.addWidget(box)

    def fit(self) -> None:
        """Take the width of the design and the height that all words need at it."""
        width = theme.sizes().scaled(_WIDTH)
        layout = self.layout()
        needed = layout.totalHeightForWidth(width) if layout is not None else 0
        self.setFixedSize(QSize(width, max(needed, self.minimumSizeHint().height())))

    def showEvent(self, event: QShowEvent) -> None:
        """Fit to the words before the first picture."""
        self.fit()
        super().showEvent(event)


class ErrorDialog(_HouseDialog):
    """Tells a problem. Enter is the fix (`fix_asked`), Escape closes; Copy takes all as text."""

    fix_asked = Signal()

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent, problem.kind, problem.title, problem.why)
        self._problem = problem
        self.add_facts(problem.facts)
        if problem.remedy:
            self.body.addWidget(TextLabel(problem.remedy, is_wrapped=True))
        self.add_safe(problem.safe)
        self.copy_button = Button(say("copy"), kind="link", icon="copy")
        self.copy_button.clicked.connect(self._copy)
        self.copy_button.setAccessibleDescription(say("copies_everything_said_here"))
        self.close_button = Button(say("close"))
        self.close_button.clicked.connect(self.leave)
        row = self.footer.row
        row.addWidget(TextLabel(problem.code, tone="muted", ratio=SECOND, is_selectable=True))
        row.addWidget(self.copy_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        self.fix_button: Button | None = None
        if problem.fix:
            self.fix_button = self._add_fix(problem)
        (self.fix_button or self.close_button).setFocus()
        self.fit()

    def _add_fix(self, problem: Problem) -> Button:
        button = Button(problem.fix, kind="primary", icon=problem.fix_icon, key="Enter")
        button.setDefault(True)
        button.clicked.connect(self._fix)
        self.footer.row.addWidget(button)
        return button

    def _fix(self) -> None:
        self.accept()
        self.fix_asked.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._problem.as_text())


@dataclass(frozen=True, slots=True)
class Question:
    """What a confirmation asks. `verb` says the result and the number: *Exclude 3 invoices*.

    With `reason_label` a reason must be typed first; `reason_hint` says who will read it.
    """

    title: str
    sentence: str
    verb: str
    safe: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    kind: str = "warn"
    icon: str = ""
    reason_label: str = ""
    reason_hint: str = say("it_stands_in_the_audit_log")
    leave: str = say("leave_it_as_it_is")


class ConfirmDialog(_HouseDialog):
    """Asks before something is written. `confirmed` carries the reason, empty if none is asked."""

    confirmed = Signal(str)

    def __init__(self, question: Question, parent: QWidget | None = None) -> None:
        super().__init__(parent, question.kind, question.title, question.sentence)
        self._question = question
        self.reason = LineEdit(name=question.reason_label)
        self._field = Field(question.reason_label, self.reason, question.reason_hint)
        # The reason stands before everything else that is read (design.md 3, "Dialog").
        self.body.addWidget(self._field)
        self._field.setVisible(bool(question.reason_label))
        self.add_facts(question.facts)
        if question.safe:
            self.add_safe(question.safe)
        self.leave_button = Button(question.leave)
        self.leave_button.clicked.connect(self.leave)
        self.confirm_button = Button(question.verb, kind="primary", icon=question.icon, key="Enter")
        self.confirm_button.setDefault(True)
        self.confirm_button.clicked.connect(self._confirm)
        row = self.footer.row
        row.addStretch(1)
        row.addWidget(self.leave_button)
        row.addWidget(self.confirm_button)
        self.reason.textChanged.connect(self._check)
        self._check()
        (self.reason if question.reason_label else self.confirm_button).setFocus()
        self.fit()

    def _check(self) -> None:
        if self._question.reason_label and not self.reason.text().strip():
            self.confirm_button.refuse(say("type_a_reason_first"))
        else:
            self.confirm_button.allow()

    def _confirm(self) -> None:
        reason = self.reason.text().strip()
        self.accept()
        self.confirmed.emit(reason)
