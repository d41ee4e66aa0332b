"""Invoices, Payments and the Audit log: the one list, each with its columns and its pane."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from core.desk_views import ExchangeView, HealthView, InvoiceView, PaymentView, TimelineEntry
from core.errors import ConfigError
from core.words import area
from ui import decisions, document_lists
from ui.audit_pane import AuditPane
from ui.bridge import Bridge
from ui.bulk_decide import BulkDecide
from ui.chain_line import ChainLine
from ui.deciding_tab import DecidingTab
from ui.document_lists import AUDIT, INVOICES, PAYMENTS, Shown
from ui.invoice_pane import InvoicePane
from ui.list_spec import Row
from ui.list_tab import ListTab
from ui.past_box import PastDialog
from ui.payment_pane import PaymentPane

say = area(__name__)

_EXTERNAL, _NUMBER_AT = "X3|", 3
_PAYMENT = "AVD"


class InvoicesTab(DecidingTab):
    """Every invoice since the start date; two or more selected ones can be decided together."""

    topics = frozenset(("invoices", "review"))
    kind, key, offered = "invoice", "number", decisions.OF_INVOICES

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        self._details = InvoicePane()
        source = Shown(desk.source("invoices"), document_lists.invoice_row)
        super().__init__(desk, bridge, INVOICES, source, self._details, parent)
        self.setAccessibleName(say("invoices"))
        self.list.set_empty(
            say("no_invoice_has_been_read_yet"),
            say("sync_now_reads_them_from_sage_x3"),
        )
        self.bulk = BulkDecide(desk, bridge, self)
        self.list.set_bulk(self.bulk)
        self.list.selection_changed.connect(self._offer_bulk)
        self.bulk.said.connect(self.say)
        self._details.review_wanted.connect(self._open_review)
        self._details.payment_wanted.connect(self._open_payment)
        self._details.exchange_wanted.connect(self.open_exchange)
        self._details.moment_wanted.connect(self._show_past)
        self._details.decision_wanted.connect(self.ask_to_decide)

    def _show_past(self, moment: str) -> None:
        """The current invoice as it was then, in a window of its own."""
        row = self.list.current_row()
        if row is not None:
            number = str(row["number"])
            self._bridge.call_later(
                self,
                lambda: self._desk.explain_as_of(number, moment),
                lambda found: PastDialog(found, self).show(),
                self.show_fault,
            )

    def show_details(self, row: Row) -> None:
        """The head of the pane."""
        self._details.show_row(row)

    def read_details(self, row: Row) -> InvoiceView | None:
        """The invoice with its lines, items and history; a handful of indexed queries."""
        found: InvoiceView | None = self._desk.invoice(row["number"])
        return found

    def take_details(self, found: InvoiceView | None) -> None:
        """Shows what was read."""
        if found is not None:
            self._details.show_view(found)

    def _offer_bulk(self, count: int, _sums: object) -> None:
        self.bulk.offer(count, self.list.selected_rows() if count > 1 else [])

    def _open_review(self, item: int) -> None:
        self.open_list.emit("review", {"id": str(item)})

    def _open_payment(self, payment_id: str) -> None:
        self.open_list.emit("payments", {"payment_id": payment_id})


class PaymentsTab(DecidingTab):
    """Every payment that AvidXchange has shown."""

    topics = frozenset(("payments", "review"))
    kind, key, offered = "payment", "payment_id", decisions.OF_PAYMENTS

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        self._details = PaymentPane()
        source = Shown(desk.source("payments"), document_lists.payment_row)
        super().__init__(desk, bridge, PAYMENTS, source, self._details, parent)
        self.setAccessibleName(say("payments"))
        self.list.set_empty(
            say("avidxchange_has_shown_no_payment_yet"),
            say("each_run_asks_for_payments_of_our"),
        )
        self._details.review_wanted.connect(self._open_review)
        self._details.invoice_wanted.connect(self.open_invoice)
        self._details.exchange_wanted.connect(self.open_exchange)
        self._details.decision_wanted.connect(self.ask_to_decide)

    def named(self, document: str) -> str:
        """By AvidXchange's id: a check number alone says little."""
        return say("payment", payment_id=document)

    def show_details(self, row: Row) -> None:
        """The head of the pane."""
        self._details.show_row(row)

    def read_details(self, row: Row) -> PaymentView | None:
        """The payment with its invoices and history; a handful of indexed queries."""
        found: PaymentView | None = self._desk.payment(row["payment_id"])
        return found

    def take_details(self, found: PaymentView | None) -> None:
        """Shows what was read."""
        if found is not None:
            self._details.show_view(found)

    def _open_review(self, item: int) -> None:
        self.open_list.emit("review", {"id": str(item)})


class AuditTab(ListTab):
    """The audit log with the state of its chain above."""

    topics = frozenset(("audit",))

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        self._details = AuditPane()
        source = Shown(desk.source("audit"), document_lists.audit_row)
        super().__init__(desk, bridge, AUDIT, source, self._details, parent)
        self.setAccessibleName(say("audit_log"))
        self.chain = ChainLine(desk, bridge, self)
        self.chain.said.connect(self.say)
        self.head.addWidget(self.chain)
        self._details.exchange_wanted.connect(self.open_exchange)
        self._details.object_wanted.connect(self._only_object)

    def show_health(self, health: HealthView) -> None:
        """What the last evaluation found of the chain."""
        self.chain.show_health(health)

    def show_details(self, row: Row) -> None:
        """All of the entry; its request and answer come after."""
        self._details.show_row(row)

    def read_details(self, row: Row) -> ExchangeView | None:
        """The exchange an entry tells of: the document's history knows which one it is."""
        return exchange_of(self._desk, row)

    def take_details(self, found: ExchangeView | None) -> None:
        """Shows request and answer where there are any."""
        self._details.show_view(found)

    def _only_object(self, name: str) -> None:
        self.show_filtered({"object": f"={name}"})  # the whole name, which is in the index


def exchange_of(desk: Any, row: Row) -> ExchangeView | None:
    """The request and answer of an intent or an answer in the log; None for other entries."""
    if row["action"] not in {"intent", "answer"}:
        return None
    name = str(row["object"])
    for entry in _history_of(desk, name):
        if entry.time == row["time"] and entry.exchange is not None:
            found: ExchangeView = desk.exchange(entry.exchange)
            if found.object == name:
                return found
    return None


def _history_of(desk: Any, name: str) -> tuple[TimelineEntry, ...]:
    parts = name.split("|")
    is_external = name.startswith(_EXTERNAL) and len(parts) > _NUMBER_AT
    try:
        if name.startswith(_PAYMENT):
            payment: PaymentView = desk.payment(name.removeprefix(_PAYMENT).partition("-")[0])
            return payment.timeline
        invoice: InvoiceView = desk.invoice(parts[_NUMBER_AT] if is_external else name)
    except ConfigError:
        # A vendor or a level: no document of that name has a history of its own.
        return ()
    return invoice.timeline
