"""Books of both sides in a real store, with differences planted one by one and written down.

Every function of `PLANTS` makes one document with one difference (of both sides' documents as they
are read) and tells what a reconciliation must say of it. What it must say comes from how the
document was made, never from the program's rules.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.ap_documents import ApInvoice, ApPayment, Remittance
from core.domain.documents import Invoice, InvoiceLine, OpenItem
from core.store import payments, records, tables
from core.store.sqlite import Store, lots

CREDITS = frozenset((2, 4))
STEP, NEXT = "x3-avidxchange", "avidxchange-payments"
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
_FIRST = date(2026, 10, 1)
_SUPPLIERS = 200
Expected = dict[tuple[str, str, str, str, str], int]


@dataclass
class Made:
    """One document of both sides, before it is stored; amounts in cents, sign of the document."""

    number: str
    company: str
    currency: str
    gross: int
    is_posted: bool = True
    items: int | None = None
    paid: int = 0
    is_closed: bool = False
    state: str = "approved"
    sent: int | None = 0
    there: int | None = 0
    there_state: str = "approved"
    there_currency: str = ""
    lines: int = 2


@dataclass
class Books:
    """What was made so far, and what a reconciliation must find: `expected` by part."""

    seed: int = 1
    invoices: list[Invoice] = field(default_factory=list)
    items: list[OpenItem] = field(default_factory=list)
    there: list[ApInvoice] = field(default_factory=list)
    payments: list[ApPayment] = field(default_factory=list)
    posted: set[str] = field(default_factory=set)
    columns: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    expected: Expected = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._count = self._paid = 0

    def begin(self, **members: Any) -> Made:
        """A document that is the same on both sides, or as the members say."""
        self._count += 1
        company = self.chance.choice(("US10", "CA10"))
        currency = self.chance.choice(("USD", "CAD"))
        sign = -1 if self.chance.random() < 0.1 else 1
        gross = sign * self.chance.randrange(10_000, 5_000_000)
        made = Made(f"PIH{self._count:07d}", company, currency, gross, sent=gross, there=gross)
        for name, value in members.items():
            setattr(made, name, value)
        return made

    def keep(self, made: Made) -> None:
        """The documents that both sides show of it."""
        sign = -1 if made.gross < 0 else 1
        day = _FIRST + timedelta(days=self._count % 31)
        supplier = f"S{self._count % _SUPPLIERS:03d}"
        external_id = f"X3|PROD|{made.company}|{made.number}|1" if made.sent is not None else ""
        whole, lines = sign * made.gross, []
        for at in range(made.lines):
            part = whole // made.lines + (whole % made.lines if at == 0 else 0)
            lines.append(InvoiceLine(line=at + 1, account=f"6{at}100", gross=_amount(part)))
        self.invoices.append(
            Invoice(
                number=made.number, kind=2 if sign < 0 else 1, company=made.company,
                supplier=supplier, supplier_document=f"D{self._count}", document_date=day,
                accounting_date=day, currency=made.currency, gross=_amount(whole),
                status=3 if made.is_posted else 2, entry_type="PIH", lines=tuple(lines),
            )
        )  # fmt: skip
        if made.is_posted:
            owed = sign * (made.gross if made.items is None else made.items)
            self.items.append(
                OpenItem(
                    type="PIH", number=made.number, line=1, due_line=1, company=made.company,
                    partner=supplier, currency=made.currency, due_date=day + timedelta(days=30),
                    amount=_amount(owed), paid=_amount(sign * made.paid), sign=-sign,
                    closed=2 if made.is_closed else 1,
                )
            )  # fmt: skip
        if made.sent is not None and made.there is not None:
            self._stands_there(made, external_id, day)
        self.columns.append(
            {"number": made.number, "state": made.state, "external_id": external_id,
             "avid_invoice_id": f"A{made.number}" if external_id else "", "why": made.state}
        )  # fmt: skip
        if made.sent is not None and made.state != "in_doubt":
            info = f'{{"amount":"{_amount(made.sent)}","currency":"{made.currency}"}}'
            self.outbox.append(
                {"kind": "invoice", "key": made.number, "revision": 1, "state": "done",
                 "reference": external_id, "info": info, "body": b"{}", "settled": "2026-10-20"}
            )  # fmt: skip

    def _stands_there(self, made: Made, external_id: str, day: date) -> None:
        assert made.there is not None
        self.there.append(
            ApInvoice(
                invoice_id=f"A{made.number}", external_id=external_id, state=made.there_state,
                company=made.company, amount=_amount(made.there), posting_date=day,
                currency=made.there_currency or made.currency, number=f"D{self._count}",
            )
        )  # fmt: skip

    def pay(self, made: Made, amount: int, state: str, *, is_posted: bool) -> str:
        """A payment of AvidXchange for a part of it; its id."""
        self._paid += 1
        identity = f"{7_000_000 + self._paid}"
        external_id = f"X3|PROD|{made.company}|{made.number}|1"
        net = _amount(amount)
        remittance = Remittance(f"A{made.number}", external_id, "", net, Decimal(0), net)
        day = date(2026, 10, 28)
        self.payments.append(
            ApPayment(
                payment_id=identity, external_ids=(external_id,), batch=f"B{amount % 9}",
                amount=net, currency=made.currency, state=state, method="ach", payment_date=day,
                cleared_date=day if state == "cleared" else None, remittances=(remittance,),
            )
        )  # fmt: skip
        if is_posted:
            self.posted.add(identity)
        return identity

    def expect(
        self,
        made: Made,
        cause: str,
        amount: int,
        *,
        step: str = STEP,
        currency: str = "",
        document: str = "",
    ) -> None:
        """Write down what a reconciliation must say of it."""  # fmt: skip
        key = (
            made.company, currency or made.currency, step, cause, document or made.number,
        )  # fmt: skip
        self.expected[key] += amount

    def part_of(self, made: Made) -> int:
        """A part of its amount, with its sign, never all of it and larger than rounding."""
        size = self.chance.randrange(100, abs(made.gross) // 2)
        return size if made.gross > 0 else -size

    def store(self, store: Store) -> None:
        """Keep everything in a store, as reading both sides does, and forget it here."""
        with store.write():
            records.store_invoices(store, self.invoices, 1, credit_kinds=CREDITS)
            records.store_documents(store, "open_item", self.items, 1)
            records.store_documents(store, "ap_invoice", self.there, 1)
            names = ("state", "external_id", "avid_invoice_id", "why")
            for row in self.columns:
                change = {name: row[name] for name in names}
                query = tables.Invoice.update(**change)
                store.change(query.where(tables.Invoice.number == row["number"]))
            store.put(tables.Outbox, self.outbox)
        with store.write():
            payments.store_payments(store, self.payments, 1, endpoint="PROD")
            for lot in lots(sorted(self.posted)):
                changes = {
                    key: {"posted": 1, "x3_payment": f"PAY{key}", "reference": f"AVD{key}"}
                    for key in lot
                }
                payments.change_payments(store, changes, 1, actor="test")
        for made in (self.invoices, self.items, self.there, self.payments, self.columns):
            made.clear()
        self.outbox.clear()
        self.posted.clear()


def _amount(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


# --- plants ----------------------------------------------------------------------------------


def clean(books: Books) -> None:
    """The same on both sides: open, part paid and posted, or paid, cleared and posted."""
    made = books.begin()
    kind = books.chance.randrange(3)
    if kind and made.gross > 0:
        amount = made.gross if kind == 1 else books.part_of(made)
        made.paid = amount
        books.pay(made, amount, "cleared", is_posted=True)
    books.keep(made)


def _not_sent(books: Books) -> None:
    made = books.begin(sent=None, state=books.chance.choice(("needs_mapping", "held", "ready")))
    books.expect(made, "not_sent_yet", made.gross)
    books.keep(made)


def _in_transit(books: Books) -> None:
    made = books.begin(state="in_doubt", there=None)
    books.expect(made, "in_transit", made.gross)
    books.keep(made)


def _in_approval(books: Books) -> None:
    made = books.begin(there_state=books.chance.choice(("received", "in_approval", "disputed")))
    books.expect(made, "in_approval", made.gross, step=NEXT)
    books.keep(made)


def _not_posted(books: Books) -> None:
    made = books.begin(is_posted=False)
    books.expect(made, "not_posted_in_x3", -made.gross)
    books.keep(made)


def _rejected(books: Books) -> None:
    made = books.begin(there_state=books.chance.choice(("rejected", "deleted")), state="rejected")
    books.expect(made, "rejected", made.gross)
    books.keep(made)


def _changed(books: Books) -> None:
    made = books.begin(state="changed_after_sending")
    less = books.part_of(made)
    made.sent = made.there = made.gross - less
    books.expect(made, "changed_after_sending", less)
    books.keep(made)


def _recoded(books: Books) -> None:
    made = books.begin()
    less = books.part_of(made)
    made.there = made.gross - less
    books.expect(made, "recoded", less)
    books.keep(made)


def _rounding(books: Books) -> None:
    made = books.begin(lines=books.chance.randrange(1, 6))
    cents = books.chance.choice((-1, 1)) * books.chance.randrange(1, made.lines + 1)
    made.there = made.gross - cents
    books.expect(made, "rounding", cents)
    books.keep(made)


def _currency(books: Books) -> None:
    made = books.begin()
    made.there_currency = "CAD" if made.currency == "USD" else "USD"
    books.expect(made, "currency", made.gross)
    books.expect(made, "currency", -made.gross, currency=made.there_currency)
    books.keep(made)


def _positive(books: Books) -> Made:
    made = books.begin()
    made.gross = made.sent = made.there = abs(made.gross)
    return made


def _paid_not_posted(books: Books) -> None:
    made = _positive(books)
    amount = books.part_of(made)
    books.pay(made, amount, "cleared", is_posted=False)
    books.expect(made, "paid_not_posted", amount)
    books.keep(made)


def _issued(books: Books) -> None:
    made = _positive(books)
    made.paid = books.part_of(made)
    books.pay(made, made.paid, "issued", is_posted=True)
    books.expect(made, "issued_not_cleared", -made.paid, step=NEXT)
    books.keep(made)


def _by_hand(books: Books) -> None:
    made = _positive(books)
    if books.chance.random() < 0.3:
        made.is_closed = True
        books.expect(made, "posted_by_hand", -made.gross)
    else:
        made.paid = books.part_of(made)
        books.expect(made, "posted_by_hand", -made.paid)
    books.keep(made)


def _taken_back(books: Books, state: str, cause: str) -> None:
    made = _positive(books)
    made.paid = books.part_of(made)
    books.pay(made, made.paid, state, is_posted=True)
    books.expect(made, cause, -made.paid)
    books.keep(made)


def _voided(books: Books) -> None:
    _taken_back(books, books.chance.choice(("voided", "stopped")), "void_not_reversed")


def _returned(books: Books) -> None:
    _taken_back(books, books.chance.choice(("returned", "refunded")), "returned")


def _not_ours(books: Books) -> None:
    made = books.begin(sent=None, state="excluded")
    kind = books.chance.randrange(3)
    if kind == 0:
        books.expect(made, "not_ours", made.gross)
        books.keep(made)
    elif kind == 1:
        books.expect(made, "not_ours", -made.gross, document=f"A{made.number}")
        books._stands_there(made, "", _FIRST)
    else:
        sign = -1 if made.gross < 0 else 1
        item = OpenItem(
            type="OD", number=made.number, line=1, due_line=1, company=made.company,
            currency=made.currency, amount=_amount(abs(made.gross)), sign=-sign, closed=1,
        )  # fmt: skip
        books.items.append(item)
        books.expect(made, "not_ours", made.gross, document=item.key)


def _unexplained(books: Books) -> None:
    """X3's items miss its own total; a second live invoice under our name; a loose payment."""
    kind = books.chance.randrange(3)
    made = _positive(books)
    if kind == 0:
        less = books.chance.randrange(1, 9_999)
        made.items = made.gross - less
        books.expect(made, "unexplained", -less)
        books.keep(made)
    elif kind == 1:
        books.keep(made)
        double = books.begin(company=made.company, currency=made.currency)
        books.expect(double, "unexplained", -double.gross, document=f"A{double.number}")
        books._stands_there(double, f"X3|PROD|{made.company}|{made.number}|0", _FIRST)
    else:
        made.paid = books.part_of(made)
        identity = books.pay(made, made.paid, "issued", is_posted=True)
        loose = books.chance.randrange(100, 90_000)
        last = books.payments[-1]
        books.payments[-1] = replace(last, amount=last.amount + _amount(loose))
        books.expect(made, "issued_not_cleared", -made.paid, step=NEXT)
        books.expect(made, "unexplained", -loose, step=NEXT, document=identity)
        books.keep(made)


PLANTS: dict[str, Callable[[Books], None]] = {
    "not_sent_yet": _not_sent,
    "in_transit": _in_transit,
    "in_approval": _in_approval,
    "not_posted_in_x3": _not_posted,
    "rejected": _rejected,
    "changed_after_sending": _changed,
    "recoded": _recoded,
    "rounding": _rounding,
    "currency": _currency,
    "paid_not_posted": _paid_not_posted,
    "issued_not_cleared": _issued,
    "posted_by_hand": _by_hand,
    "void_not_reversed": _voided,
    "returned": _returned,
    "not_ours": _not_ours,
    "unexplained": _unexplained,
}


def two_at_once(books: Books) -> None:
    """One document that differs twice: changed after sending, and partly paid by hand in X3."""
    made = _positive(books)
    made.state = "changed_after_sending"
    less, made.paid = books.part_of(made), books.part_of(made)
    made.sent = made.there = made.gross - less
    books.expect(made, "changed_after_sending", less)
    books.expect(made, "posted_by_hand", -made.paid)
    books.keep(made)
