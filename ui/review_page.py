"""The right side of Needs review: what it is, the fix, the documents it holds up."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import CandidateView, ReviewView
from core.words import area
from ui import formats, theme
from ui.bridge import Bridge
from ui.painting import PillLook
from ui.review_documents import DOCUMENTS, ITEMS, PAYMENTS, DocumentsPanel
from ui.review_fix import FixCard
from ui.review_words import (
    Cause,
    headline,
    invoice_rows,
    item_rows,
    noun,
    payment_rows,
    sentence,
)
from ui.widgets import Button, PillLabel, ScrollArea, TextLabel

say = area(__name__)

_NONE = PillLook("circle-dashed", "", "wait")


class ReviewPage(QWidget):
    """One cause in full; `show_all_wanted` asks for its invoices in their own list."""

    show_all_wanted = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        room = theme.sizes()
        self.pill = PillLabel(_NONE, is_flush=True)
        self.code = TextLabel("", tone="muted", ratio=0.95, is_selectable=True)
        self.note = TextLabel("", tone="muted")
        self.assign_button = Button(say("assign"), kind="quiet", icon="user")
        self.snooze_button = Button(say("snooze"), kind="quiet", icon="clock-pause")
        self.title = TextLabel("", ratio=1.5, weight=theme.Weight.DemiBold, is_wrapped=True)
        self.sentence = TextLabel("", is_wrapped=True, is_selectable=True)
        self.said = TextLabel("", tone="muted", is_wrapped=True)
        self.fix = FixCard()
        self.documents = DocumentsPanel(bridge, DOCUMENTS)
        self.payments = DocumentsPanel(bridge, PAYMENTS)
        self.items = DocumentsPanel(bridge, ITEMS)
        self.all_button = Button(say("open_in_invoices"), kind="link", icon="external-link")
        self.all_button.clicked.connect(self.show_all_wanted)
        self.documents.add_to_head(self.all_button)
        content = QWidget()
        column = QVBoxLayout(content)
        wide = room.unit * 5
        column.setContentsMargins(wide, room.margin, wide, wide)
        column.setSpacing(room.unit)
        column.addLayout(self._head())
        column.addWidget(self.title)
        column.addWidget(self.sentence)
        column.addWidget(self.said)
        column.addSpacing(room.unit * 2)
        column.addWidget(self.fix)
        column.addSpacing(room.unit * 2)
        column.addWidget(self.items)
        column.addWidget(self.documents)
        column.addWidget(self.payments)
        column.addStretch(1)
        self.area = ScrollArea(content)
        self.area.setAccessibleName(say("the_chosen_cause"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.area)
        self.said.hide()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.sizes().unit * 2)
        row.addWidget(self.pill)
        row.addWidget(self.code)
        row.addWidget(self.note)
        row.addStretch(1)
        row.addWidget(self.assign_button)
        row.addWidget(self.snooze_button)
        return row

    def show_cause(self, cause: Cause) -> None:
        """What the queue knows of it; documents come after."""
        self.pill.set_look(cause.look)
        self.code.setText(cause.code)
        self.note.setText(_note(cause))
        self.title.setText(headline(cause))
        self.sentence.setText(sentence(cause))
        self.fix.show_cause(cause)
        self.setFocusProxy(self.fix.first() or self.assign_button)
        self.area.verticalScrollBar().setValue(0)
        is_group = bool(cause.children)
        self.items.setVisible(is_group)
        is_payment = noun(cause) == "payment"
        has_documents = not is_group and bool(cause.items[0]["documents"])
        self.documents.setVisible(has_documents and not is_payment)
        self.payments.setVisible(has_documents and is_payment)
        title = say("these", counted=formats.counted(len(cause.items), "cause"))
        self.items.show_rows(title, cause.money, item_rows(cause) if is_group else [])
        for panel in (self.documents, self.payments):
            panel.show_rows(_count(cause), cause.money, [])
        self.all_button.setVisible(noun(cause) == "invoice" and cause.documents > 1)

    def show_view(self, cause: Cause, view: ReviewView) -> None:
        """Documents and evidence of one item."""
        invoices, payments = invoice_rows(view.invoices), payment_rows(view.payments)
        self.documents.show_rows(_count(cause), cause.money, invoices)
        self.documents.setVisible(bool(invoices))
        self.payments.show_rows(_count(cause), cause.money, payments)
        self.payments.setVisible(bool(payments))
        self.fix.show_evidence(view.evidence)
        self.fix.show_candidates(_candidates(view))

    def say(self, text: str) -> None:
        """A sentence under the title on what was done, until the next one."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def focus_fix(self) -> None:
        """The keyboard goes to the first thing that can be done."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)


def _count(cause: Cause) -> str:
    count = cause.documents
    name = noun(cause)
    return (
        say("this", name=name) if count == 1 else say("these", counted=formats.counted(count, name))
    )


def _note(cause: Cause) -> str:
    row = cause.items[0]
    parts = []
    if row["assigned"]:
        parts.append(say("with", assigned=row["assigned"]))
    if row["snoozed"]:
        parts.append(say("snoozed_until", day=formats.day(date.fromisoformat(row["snoozed"][:10]))))
    return " · ".join(parts)


def _candidates(view: ReviewView) -> list[CandidateView]:
    """What a link may go to, as far as it is known here."""
    invoices = [
        CandidateView(
            str(row["avid_invoice_id"]),
            say("avidxchange_invoice", avid_invoice_id=row["avid_invoice_id"]),
            say("as_it_was_last_linked"),
            (),
        )
        for row in view.invoices
        if row.get("avid_invoice_id")
    ]
    payments = [
        CandidateView(
            str(row["x3_payment"]),
            say("payment_in_sage_x3", x3_payment=row["x3_payment"]),
            str(row["vendor_name"]),
            (),
        )
        for row in view.payments
        if row.get("x3_payment")
    ]
    return [*view.candidates, *(invoices if not view.candidates else []), *payments]
