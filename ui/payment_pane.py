"""The details of a payment: the invoices it pays, its payment in X3, its life as a timeline."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import PaymentView
from core.words import area
from ui import formats, history_view, looks, theme
from ui.decisions import OF_PAYMENTS
from ui.details_pane import DetailsPane, clear
from ui.list_spec import Row
from ui.painting import PillLook
from ui.widgets import Button, Facts, Hairline, PillLabel, QuotedBox, TextLabel, Timeline

say = area(__name__)

_LABEL = 80
_MOST_SHARES = 50
_LINK_PADDING = 6
_BEFORE = frozenset(("pending", "held", "processing", "failed"))


class PaymentPane(DetailsPane):
    """Shows one payment; `invoice_wanted` asks for an invoice it pays.

    `decision_wanted` has the `how` of a decision about it.
    """

    review_wanted = Signal(int)
    invoice_wanted = Signal(str)
    exchange_wanted = Signal(int)
    decision_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("details_of_the_payment"), parent)
        self._row: Row = {}
        self._view: PaymentView | None = None
        self.review_button = Button(
            say("open_in_needs_review"), icon="alert-triangle", is_small=True
        )
        self.review_button.clicked.connect(self._open_review)
        self.decisions = {
            how: Button(action.word, icon=action.icon, is_small=True)
            for how, action in OF_PAYMENTS.items()
        }
        for how, button in self.decisions.items():
            button.clicked.connect(partial(self._decide, how))
        self.set_buttons((self.review_button, *self.decisions.values()))
        self.explanation = QuotedBox()
        self._first = TextLabel("", weight=theme.Weight.DemiBold, is_wrapped=True)
        self._next = TextLabel("", is_wrapped=True)
        self.explanation.body.addWidget(self._first)
        self.explanation.body.addWidget(self._next)
        self.facts = Facts((), label_width=_LABEL)
        self._shares_title = TextLabel(say("invoices_paid"), weight=theme.Weight.DemiBold)
        self._shares = QVBoxLayout()
        self._shares.setSpacing(round(theme.sizes().unit / 2))
        self.history = Timeline()
        self.history.opened.connect(self._open_exchange)
        for widget in (self.explanation, self.facts, self._shares_title):
            self.body.addWidget(widget)
        self.body.addLayout(self._shares)
        self.body.addWidget(Hairline())
        self.body.addWidget(TextLabel(say("history"), weight=theme.Weight.DemiBold))
        self.body.addWidget(self.history)
        self.body.addStretch(1)

    def show_row(self, row: Row) -> None:
        """The head at once, the rest with `show_view`."""
        is_other = row["payment_id"] != self._row.get("payment_id")
        self._row = row
        number = str(row["check_number"] or row["payment_id"])
        amount = formats.amount(Decimal(row["amount"])) if row.get("amount") else ""
        look = looks.PAYMENTS.get(str(row["state"]), looks.PAYMENTS["unknown"])
        title = f"{row['method_shown']} {number}"
        who = str(row["vendor_name"] or row["vendor"])
        self.show_head(look, title, who, amount, str(row["currency"]))
        first, following = explained(row)
        self._first.setText(first)
        self._next.setText(following)
        self._next.setVisible(bool(following))
        self.facts.set_rows(facts_of(row))
        if is_other:
            self._view = None
            self.review_button.hide()
            for button in self.decisions.values():
                button.hide()
            clear(self._shares)
            self.history.set_entries(())
            self.scroll_up()

    def show_view(self, view: PaymentView) -> None:
        """Everything that is known of it."""
        self._view = view
        asking = [item for item in view.items if not item.get("waits")]
        self.review_button.setVisible(bool(asking))
        for how, button in self.decisions.items():
            button.setVisible(how in view.offers)
        clear(self._shares)
        count = formats.counted(len(view.shares), "invoice")
        self._shares_title.setText(say("pays", count=count))
        for share in view.shares[:_MOST_SHARES]:
            self._shares.addLayout(self._share(share))
        if len(view.shares) > _MOST_SHARES:
            left = formats.count(len(view.shares) - _MOST_SHARES)
            self._shares.addWidget(TextLabel(say("and_more", left=left), tone="muted"))
        self.history.set_entries(history_view.entries(view.timeline, datetime.now(UTC)))

    def _share(self, share: Row) -> QVBoxLayout:
        room = theme.sizes()
        row = QHBoxLayout()
        row.setSpacing(room.unit * 2)
        number = str(share["number"])
        if number:
            button = Button(number, kind="link", is_small=True)
            button.setToolTip(say("open_this_invoice"))
            button.clicked.connect(self._open_invoice)
            row.addWidget(button)
        else:
            words = str(share["external_id"]) or say("not_one_of_ours")
            row.addWidget(TextLabel(words, is_wrapped=True), 1)
        row.addStretch(1)
        amount = formats.amount(Decimal(share["amount"])) if share["amount"] else ""
        row.addWidget(TextLabel(amount))
        both = QVBoxLayout()
        both.setSpacing(0)
        both.addLayout(row)
        if share["state"] in looks.INVOICES:
            below = QHBoxLayout()
            below.addSpacing(room.scaled(_LINK_PADDING))  # under the word of the link
            below.addWidget(PillLabel(looks.INVOICES[share["state"]], is_flush=True))
            below.addStretch(1)
            both.addLayout(below)
        return both

    def _open_invoice(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            self.invoice_wanted.emit(button.word())

    def _open_review(self) -> None:
        if self._view is not None and self._view.items:
            asking = [item for item in self._view.items if not item.get("waits")]
            self.review_wanted.emit(int(asking[0]["id"]))

    def _decide(self, how: str, *_: object) -> None:
        self.decision_wanted.emit(how)

    def _open_exchange(self, key: str) -> None:
        self.exchange_wanted.emit(int(key))


def look_of(state: str) -> PillLook:
    """The look of a payment's state."""
    return looks.PAYMENTS.get(state, looks.PAYMENTS["unknown"])


def explained(row: Row) -> tuple[str, str]:
    """Where the payment stands, and what comes next."""
    state, posted = str(row["state"]), bool(row["posted"])
    if row["why_asked"]:
        return str(row["why_asked"]), say("you_act_next_see_needs_review")
    if row["held"]:
        return str(row["held"]), say("it_is_posted_after_you_release_it")
    if state in _BEFORE:
        text = (
            say("avidxchange_says", text=row["text"])
            if row["text"]
            else say("it_is_not_issued_yet")
        )
        return say("not_issued_yet", text=text), say("avidxchange_acts_next_nothing_is_posted")
    if posted:
        return say("posted_in_sage_x3_as", x3_payment=row["x3_payment"]), _after(state)
    return say("avidxchange_says", text=row["text"] or look_of(state).text), (
        say("crossfoot_acts_next_the_next_run_in")
        if state in {"issued", "cleared"}
        else say("nothing_is_posted_in_sage_x3")
    )


def _after(state: str) -> str:
    if state == "cleared":
        return say("nothing_is_left_to_do")
    if state == "issued":
        return say("the_supplier_acts_next_it_has_not")
    return say("it_was_undone_after_it_was_posted")


def facts_of(row: Row) -> list[tuple[str, str]]:
    """What is known of a payment, as label and value."""
    rows = [
        (say("in_x3"), str(row["x3_payment"] or say("not_posted"))),
        (say("issued"), _day(row["payment_date"])),
        (say("cleared"), _day(row["cleared_date"])),
        (say("their_word"), str(row["text"])),
        (say("batch"), str(row["batch"])),
        (say("reference"), str(row["reference"])),
        (say("their_id"), str(row["payment_id"])),
        (say("vendor"), f"{row['vendor']} {row['vendor_name']}".strip()),
    ]
    return [(label, value) for label, value in rows if value]


def _day(text: str) -> str:
    return formats.day(date.fromisoformat(text)) if text else ""
