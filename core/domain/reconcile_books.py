"""What the month end is reckoned from: both sides' documents as plain figures; pure.

All amounts are minor units with the sign of the document: credit memos, and what is paid of them,
are negative. Days are ISO texts, empty when unknown. Rows are lists of JSON values, so that a
snapshot is small and read fast.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from core.words import area

say = area(__name__)

#: Classes of a payment that has taken money from its invoices (avidxchange.md 5.2).
EXECUTED = frozenset(("out", "done"))
#: States of an invoice in AvidXchange that pay nothing any more.
REFUSED = frozenset(("rejected", "deleted"))
#: States in which AvidXchange has released an invoice for payment.
RELEASED = frozenset(("approved", "exported"))
_YEAR_LENGTH = 4
_MONTHS = 12


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month; its text is `YYYY-MM`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """The month of a text `YYYY-MM`.

        Raises:
            ValueError: it is no such month.
        """
        year, dash, month = text.partition("-")
        plain = text.isascii() and year.isdigit() and month.isdigit() and dash
        if not plain or (len(year), len(month)) != (_YEAR_LENGTH, 2):
            raise ValueError(say("is_no_month_like_2026_10", text=text))
        if not 1 <= int(month) <= _MONTHS or int(year) < 1:
            raise ValueError(say("is_no_month_like_2026_10", text=text))
        return cls(int(year), int(month))

    @classmethod
    def before(cls, day: date) -> Period:
        """The month that ended last before a day."""
        last = day.replace(day=1) - timedelta(days=1)
        return cls(last.year, last.month)

    @classmethod
    def of(cls, day: date) -> Period:
        """The month that holds a day."""
        return cls(day.year, day.month)

    @property
    def first(self) -> str:
        """Its first day."""
        return f"{self}-01"

    @property
    def last(self) -> str:
        """Its last day."""
        return f"{self}-{calendar.monthrange(self.year, self.month)[1]:02d}"

    @property
    def title(self) -> str:
        """As people write it: `October 2026`."""
        return f"{_NAMES[self.month - 1]} {self.year}"

    def holds(self, day: str) -> bool:
        """Whether a day's or an instant's text lies in it."""
        return self.first <= day[:10] <= self.last

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


_NAMES = (
    say("january"),
    say("february"),
    say("march"),
    say("april"),
    say("may"),
    say("june"),
    say("july"),
    say("august"),
    say("september"),
    say("october"),
    say("november"),
    say("december"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """What one payment of AvidXchange settles of one invoice.

    `is_posted`: X3 holds its posting, and it was not reversed there.
    """

    payment_id: str
    payment_class: str
    state: str
    net: int
    is_posted: bool = False


@dataclass(frozen=True, slots=True)
class X3Side:
    """The open items of an invoice: their amounts, what is paid of them (provisionally too).

    `closed` is what was neither paid nor is open any more: items closed by hand.
    """

    amount: int = 0
    paid: int = 0
    closed: int = 0

    @property
    def open(self) -> int:
        """What X3 still owes."""
        return self.amount - self.paid - self.closed


@dataclass(frozen=True, slots=True)
class ApSide:
    """An invoice as AvidXchange shows it; an empty currency is the one of X3."""

    invoice_id: str
    state: str
    amount: int
    currency: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """One invoice on both sides.

    `number` is X3's, empty for an invoice of AvidXchange that is not ours; `gross` X3's total;
    `x3` is None while X3 has no open items of it (not posted, or no longer shown); `ap` is None
    when AvidXchange shows none; `sent` is what Crossfoot submitted, None when it submitted nothing.
    `state` and `why` are Crossfoot's own. `accounts` are pairs of a GL account and its part of
    `gross`.
    """

    number: str
    company: str
    currency: str
    supplier: str = ""
    supplier_document: str = ""
    state: str = ""
    why: str = ""
    document_day: str = ""
    accounting_day: str = ""
    due_day: str = ""
    gross: int = 0
    lines: int = 1
    x3: X3Side | None = None
    ap: ApSide | None = None
    sent: int | None = None
    external_id: str = ""
    is_gone: bool = False
    is_vanished: bool = False
    is_changed: bool = False
    sent_day: str = ""
    approved_day: str = ""
    paid_day: str = ""
    shares: tuple[Share, ...] = ()
    accounts: tuple[tuple[str, int], ...] = ()

    @property
    def document(self) -> str:
        """What names it to a person: X3's number, else AvidXchange's id."""
        return self.number or (self.ap.invoice_id if self.ap else self.external_id)

    @property
    def open_x3(self) -> int:
        """Open in X3."""
        return self.x3.open if self.x3 else 0

    @property
    def moved(self) -> int:
        """What AvidXchange's payments have taken of it."""
        return sum(share.net for share in self.shares if share.payment_class in EXECUTED)

    @property
    def open_ap(self) -> int:
        """Open in AvidXchange."""
        if self.ap is None or (self.ap.state in REFUSED and not self.moved):
            return 0
        return self.ap.amount - self.moved

    @property
    def ap_currency(self) -> str:
        """The currency AvidXchange holds it in."""
        return (self.ap.currency if self.ap else "") or self.currency

    @property
    def is_released(self) -> bool:
        """Whether AvidXchange pays it: approved, or a payment of it is on its way."""
        if self.ap is None:
            return False
        return self.ap.state in RELEASED or any(
            share.payment_class in ("before", *EXECUTED) for share in self.shares
        )

    def concerns(self, period: Period) -> bool:
        """Whether anything of it is open, or anything happened to it in the period."""
        if self.open_x3 or self.open_ap:
            return True
        days = (self.accounting_day, self.sent_day, self.approved_day, self.paid_day)
        return any(day and period.holds(day) for day in days)


@dataclass(frozen=True, slots=True)
class OtherItem:
    """An open item of a supplier that belongs to no invoice Crossfoot has read."""

    key: str
    company: str
    currency: str
    supplier: str
    due_day: str
    open: int


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """A payment of AvidXchange; `nets` is what its remittances add up to, None without any."""

    payment_id: str
    company: str
    currency: str
    amount: int
    nets: int | None
    payment_class: str
    state: str
    method: str = ""
    number: str = ""
    batch: str = ""
    vendor: str = ""
    payment_day: str = ""
    cleared_day: str = ""
    is_posted: bool = False
    x3_payment: str = ""
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SideBooks:
    """Both sides at one moment.

    `at` is when they were put together, `read_x3` and `read_avidxchange` up to when each was read
    whole (instant texts). `waits_for_clearing`: X3 is posted only when a payment has cleared.
    """

    at: str
    read_x3: str = ""
    read_avidxchange: str = ""
    waits_for_clearing: bool = False
    positions: Sequence[Position] = field(default_factory=tuple)
    others: Sequence[OtherItem] = field(default_factory=tuple)
    payments: Sequence[PaymentFact] = field(default_factory=tuple)


# --- rows ------------------------------------------------------------------------------------

_NESTED = {"x3": X3Side, "ap": ApSide}


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(entry.name for entry in fields(kind))


_POSITION, _SHARE = _names(Position), _names(Share)
_OTHER, _PAYMENT = _names(OtherItem), _names(PaymentFact)


def _plain(value: Any, names: tuple[str, ...]) -> list[Any]:
    return [getattr(value, name) for name in names]


def position_row(position: Position) -> list[Any]:
    """A position as JSON values."""
    row = _plain(position, _POSITION)
    for name, kind in _NESTED.items():
        at = _POSITION.index(name)
        row[at] = None if row[at] is None else _plain(row[at], _names(kind))
    row[-2] = [_plain(share, _SHARE) for share in position.shares]
    return row


def position_of(row: Sequence[Any]) -> Position:
    """The position of `position_row`."""
    plain: dict[str, Any] = dict(zip(_POSITION, row, strict=True))
    for name, kind in _NESTED.items():
        plain[name] = None if plain[name] is None else kind(*plain[name])
    plain["shares"] = tuple(Share(*share) for share in plain["shares"])
    plain["accounts"] = tuple((str(account), int(part)) for account, part in plain["accounts"])
    return Position(**plain)


def to_json(books: SideBooks) -> dict[str, Any]:
    """Books as JSON values, the same for the same books."""
    return {
        "at": books.at,
        "read_x3": books.read_x3,
        "read_avidxchange": books.read_avidxchange,
        "waits_for_clearing": books.waits_for_clearing,
        "positions": [position_row(position) for position in books.positions],
        "others": [_plain(item, _OTHER) for item in books.others],
        "payments": [_plain(payment, _PAYMENT) for payment in books.payments],
    }


def of_json(members: dict[str, Any]) -> SideBooks:
    """The books of `to_json`."""
    plain = {
        name: members[name] for name in ("at", "read_x3", "read_avidxchange", "waits_for_clearing")
    }
    return SideBooks(
        **plain,
        positions=[position_of(row) for row in members["positions"]],
        others=[OtherItem(*row) for row in members["others"]],
        payments=list(_payments(members["payments"])),
    )


def _payments(rows: Sequence[Sequence[Any]]) -> Iterator[PaymentFact]:
    for row in rows:
        plain: dict[str, Any] = dict(zip(_PAYMENT, row, strict=True))
        yield PaymentFact(**plain | {"invoices": tuple(plain["invoices"])})


def kept(books: SideBooks, period: Period) -> SideBooks:
    """The part of the books that a period's statement is made from."""
    return SideBooks(
        books.at,
        books.read_x3,
        books.read_avidxchange,
        books.waits_for_clearing,
        [position for position in books.positions if position.concerns(period)],
        [item for item in books.others if item.open],
        [payment for payment in books.payments if _is_of(payment, period)],
    )


def _is_of(payment: PaymentFact, period: Period) -> bool:
    days = (payment.payment_day, payment.cleared_day)
    return payment.payment_class == "out" or any(day and period.holds(day) for day in days)
