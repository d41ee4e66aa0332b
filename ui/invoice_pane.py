"""The details of an invoice: why it stands where it stands, its facts, its history.

The head comes from the row at once; everything else is read off the GUI thread and comes after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import InvoiceView, LineView
from core.words import area
from ui import formats, history_view, looks, replies, theme
from ui.announce import announce
from ui.decisions import OF_INVOICES
from ui.details_pane import DetailsPane, clear
from ui.document_lists import money, with_days
from ui.list_spec import Row
from ui.past_box import PastBox
from ui.told_texts import EXPLANATION
from ui.widgets import (
    Button,
    Facts,
    Hairline,
    QuotedBox,
    TextLabel,
    Timeline,
)

say = area(__name__)

_LABEL = 72
_KINDS = {
    "credit_memo": say("credit_memo"),
    "debit_note": say("debit_note"),
    "credit_note": say("credit_note"),
}


class InvoicePane(DetailsPane):
    """Shows one invoice; `review_wanted` asks for its review item, `exchange_wanted` for bytes.

    `decision_wanted` names how a person wants to decide: `hold`, `release` or `exclude`.
    """

    review_wanted = Signal(int)
    payment_wanted = Signal(str)
    exchange_wanted = Signal(int)
    moment_wanted = Signal(str)
    decision_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("details_of_the_invoice"), parent)
        self._row: Row = {}
        self._view: InvoiceView | None = None
        self.review_button = Button(say("review"), icon="alert-triangle", is_small=True)
        self.review_button.setToolTip(say("open_in_needs_review"))
        self.review_button.clicked.connect(self._open_review)
        self.payment_button = Button(say("open_its_payment"), icon="credit-card", is_small=True)
        self.payment_button.clicked.connect(self._open_payment)
        self.decisions = {
            how: Button(action.word, icon=action.icon, is_small=True)
            for how, action in OF_INVOICES.items()
        }
        for how, button in self.decisions.items():
            button.clicked.connect(partial(self._decide, how))
        self.set_buttons((self.review_button, self.payment_button, *self.decisions.values()))
        self.copy_button = Button(say("copy_as_a_reply"), icon="copy", is_small=True)
        self.copy_button.clicked.connect(self._copy_reply)
        self.explanation = QuotedBox()
        self._first = TextLabel("", weight=theme.Weight.DemiBold, is_wrapped=True)
        self._next = TextLabel("", is_wrapped=True)
        self._copied = TextLabel("", tone="muted")
        copy_row = QHBoxLayout()
        copy_row.addWidget(self.copy_button)
        copy_row.addWidget(self._copied)
        copy_row.addStretch(1)
        for part in (self._first, self._next):
            self.explanation.body.addWidget(part)
        self.explanation.body.addLayout(copy_row)
        self.facts = Facts((), label_width=_LABEL)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(theme.sizes().unit)
        self.history = Timeline()
        self.history.opened.connect(self._open_exchange)
        self.body.addWidget(self.explanation)
        self.body.addWidget(self.facts)
        self.body.addLayout(self._lines)
        self.body.addWidget(Hairline())
        self.body.addWidget(TextLabel(say("history"), weight=theme.Weight.DemiBold))
        self.past = PastBox()
        self.past.wanted.connect(self.moment_wanted)
        self.body.addWidget(self.past)
        self.body.addWidget(self.history)
        self.body.addStretch(1)

    def show_row(self, row: Row) -> None:
        """The head at once; what stood below stays until `show_view` when it is the same one."""
        is_other = row["number"] != self._row.get("number")
        self._row = row
        kind = _KINDS.get(str(row["kind"]), str(row["kind"]) or "invoice")
        document = f" · {kind} {row['supplier_document']}" if row["supplier_document"] else ""
        amount = formats.amount(Decimal(row["amount"])) if row.get("amount") else ""
        who = f"{row['supplier_name'] or row['supplier']}{document}"
        look = looks.INVOICES[row["state"]]
        self.show_head(look, str(row["number"]), who, amount, str(row["currency"]))
        self._copied.setText("")
        if is_other:
            self._view = None
            self.review_button.hide()
            self.payment_button.hide()
            for button in self.decisions.values():
                button.hide()
            self._first.setText(str(row["why"]) or look.text)
            self._next.setText(say("reading"))
            self.facts.set_rows(facts_of(row))
            clear(self._lines)
            self.history.set_entries(())
            self.scroll_up()

    def show_view(self, view: InvoiceView) -> None:
        """Everything that is known of it."""
        self._view = view
        first, following = explained(view.sentence, str(view.row["number"]))
        self._first.setText(first)
        self._next.setText(following)
        self._next.setVisible(bool(following))
        self.facts.set_rows(facts_of(view.row, view))
        self._show_lines(view.lines)
        told = history_view.entries(view.timeline, datetime.now(UTC))
        self.history.set_entries(told)
        asking = [item for item in view.items if not item.get("waits")]
        self.review_button.setVisible(bool(asking))
        self.payment_button.setVisible(bool(view.payments))
        for how, button in self.decisions.items():
            button.setVisible(how in view.offers)

    def _show_lines(self, lines: Sequence[LineView]) -> None:
        clear(self._lines)
        if not lines:
            return
        title = formats.counted(len(lines), "line")
        self._lines.addWidget(TextLabel(title, weight=theme.Weight.DemiBold))
        for line in lines[:_MOST_LINES]:
            row = QHBoxLayout()
            row.setSpacing(theme.sizes().unit * 2)
            row.addWidget(TextLabel(coded(line), is_wrapped=True), 1)
            figure = TextLabel(formats.amount(Decimal(line.amount)) if line.amount else "")
            row.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
            self._lines.addLayout(row)
        if len(lines) > _MOST_LINES:
            left = formats.counted(len(lines) - _MOST_LINES, say("more_line"))
            self._lines.addWidget(TextLabel(left, tone="muted"))

    def reply(self) -> str:
        """What *Copy as a reply* puts on the clipboard."""
        paid = self._view.payments[0] if self._view and self._view.payments else None
        return replies.reply(self._row, paid)

    def _copy_reply(self) -> None:
        QGuiApplication.clipboard().setText(self.reply())
        self._copied.setText(say("copied"))
        announce(self, say("copied"))

    def _open_review(self) -> None:
        if self._view is not None:
            asking = [item for item in self._view.items if not item.get("waits")]
            if asking:
                self.review_wanted.emit(int(asking[0]["id"]))

    def _open_payment(self) -> None:
        if self._view is not None and self._view.payments:
            self.payment_wanted.emit(str(self._view.payments[0]["payment_id"]))

    def _decide(self, how: str, *_: object) -> None:
        self.decision_wanted.emit(how)

    def _open_exchange(self, key: str) -> None:
        self.exchange_wanted.emit(int(key))


_MOST_LINES = 12


def explained(sentence: str, number: str = "") -> tuple[str, str]:
    """Why it stands where it stands, and who acts next.

    Ids for the command line are left out, and the number, which is the title above.
    """
    first, following = EXPLANATION.parts(sentence, number)
    return with_days(first), following


def coded(line: LineView) -> str:
    """Account of X3 with the AvidXchange codes it goes to."""
    where = (
        f"{line.account} → {line.code}" if line.code else say("not_mapped", account=line.account)
    )
    codes = [f"{name} {code or value}" for name, value, code in line.dimensions]
    named = line.description or line.account_name
    return " · ".join(part for part in (named, where, *codes) if part)


def facts_of(row: Row, view: InvoiceView | None = None) -> list[tuple[str, str]]:
    """What is known of an invoice, as label and value; what is not known is left out."""
    rows: list[tuple[str, str]] = []
    if row.get("external_id"):
        told = view.timeline if view else ()
        sent = [one.time for one in told if EXPLANATION.is_sending(one.text)]
        when = formats.moment(datetime.fromisoformat(sent[-1])) if sent else say("yes")
        rows.append((say("sent"), say("revision", when=when, revision=row["revision"])))
    if view is not None and view.vendor_code:
        rows.append((say("vendor"), f"{view.vendor_code} {view.vendor_name}".strip()))
    rows.append((say("dated"), _day(row, "document_date")))
    if row.get("due_date"):
        due = date.fromisoformat(row["due_date"])
        rows.append((say("due"), f"{formats.day(due)} · {formats.due_in(due, _today())}"))
    rows.append((say("open"), _open(row)))
    orders = {line.order for line in view.lines if line.order} if view else set()
    if orders:
        rows.append((say("order"), ", ".join(sorted(orders))))
    if row.get("approval"):
        rows.append((say("approval"), _word(row["approval"])))
    if row.get("payment"):
        rows.append((say("payment"), _word(row["payment"])))
    rows.append((say("company"), str(row["company"])))
    if row.get("avid_invoice_id"):
        rows.append((say("their_id"), str(row["avid_invoice_id"])))
    return [(label, value) for label, value in rows if value and value != formats.NONE]


def _open(row: Row) -> str:
    sides = [(row.get("open_x3"), "X3"), (row.get("open_avidxchange"), "AvidXchange")]
    said = [
        say("in", amount=formats.amount(Decimal(text)), side=side) for text, side in sides if text
    ]
    return " · ".join(said) or say("not_posted_in_x3_in_all", money=money(row))


def _day(row: Row, name: str) -> str:
    text = row.get(name)
    return formats.day(date.fromisoformat(text)) if text else ""


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _word(value: Any) -> str:
    return str(value).replace("_", " ").capitalize()
