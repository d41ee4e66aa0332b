"""The month end: X3's open items = AvidXchange's open invoices = payments, every difference named.

Three balances of one company and currency, in minor units, credits negative:

* **X3**: what its open items of posted invoices still owe, that is amount less paid and
  provisionally paid, and nothing of an item that is closed;
* **AvidXchange**: of each invoice that is neither rejected nor deleted there, its amount less what
  payments took of it that are issued or done;
* **payments**: what will still leave the bank, that is the AvidXchange balance of what is released
  for payment, and the payments that are issued and not cleared, by their own amounts.

Two steps lead from one to the next, `X3 - AvidXchange` and `AvidXchange - payments`. The step of
each document is taken apart into *parts* with one cause each, as far as there is evidence; what is
left of the step is its last part, *unexplained*. So the parts of a document add up to its step, the
parts of a cause to its line, and balance = next balance + lines: the table adds up both ways, which
`Statement.adds_up` proves again from sums made apart from each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from core.domain.canonical import content_hash
from core.domain.reconcile_books import EXECUTED, PaymentFact, Period, Position, SideBooks
from core.domain.reconcile_parts import (
    CAUSES,
    STEPS,
    TO_AVIDXCHANGE,
    TO_PAYMENTS,
    UNEXPLAINED,
    Part,
    issued,
    parts_of,
)
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """All parts of one cause, of one step, company and currency."""

    company: str
    currency: str
    step: str
    cause: str
    amount: int
    before: int
    parts: tuple[Part, ...]

    @property
    def after(self) -> int:
        """What of it stands in the second balance."""
        return self.before - self.amount

    @property
    def documents(self) -> tuple[str, ...]:
        """Its documents, each once, in order."""
        return tuple(dict.fromkeys(part.document for part in self.parts))


@dataclass(slots=True)
class Balance:
    """The three balances of a company and currency, and what they count.

    `paid`, `posted` and `cleared` are what AvidXchange paid in the period by the day of payment,
    what of it X3 has posted, and what the bank cleared in the period.
    """

    company: str
    currency: str
    x3: int = 0
    avidxchange: int = 0
    payments: int = 0
    open_items: int = 0
    open_invoices: int = 0
    open_payments: int = 0
    paid: int = 0
    posted: int = 0
    cleared: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A month end. `is_as_of_today`: it was not made from the snapshot of the month's turn."""

    period: Period
    company: str
    at: str
    read_x3: str
    read_avidxchange: str
    is_as_of_today: bool
    balances: tuple[Balance, ...]
    differences: tuple[Difference, ...]
    hash: str = field(default="")

    @property
    def title(self) -> str:
        """Which balances these are, in words."""
        moment = (
            say("as_of_today", at=self.at[:10])
            if self.is_as_of_today
            else say("as_of", at=self.at[:10])
        )
        return say("reconciliation_balances", title=self.period.title, moment=moment)

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """The lines without a cause; a sum of 0 may still be made of two documents."""
        return tuple(line for line in self.differences if line.cause == UNEXPLAINED)

    def of(self, company: str, currency: str, step: str) -> tuple[Difference, ...]:
        """The lines of one step of one company and currency."""
        wanted = (company, currency, step)
        return tuple(
            line for line in self.differences if (line.company, line.currency, line.step) == wanted
        )

    def adds_up(self) -> bool:
        """Whether balance = next balance + lines, and each line = its parts, everywhere."""
        for balance in self.balances:
            steps = (balance.x3 - balance.avidxchange, balance.avidxchange - balance.payments)
            for step, wanted in zip(STEPS, steps, strict=True):
                lines = self.of(balance.company, balance.currency, step)
                if sum(line.amount for line in lines) != wanted:
                    return False
        return all(
            sum(part.amount for part in line.parts) == line.amount
            and sum(part.before for part in line.parts) == line.before
            for line in self.differences
        )


def state_of(
    books: SideBooks, period: Period, company: str = "", *, is_as_of_today: bool
) -> Statement:
    """The statement of a period: one company's, or all of them.

    Invoices accounted after the period's end are left out on both sides.

    Raises:
        ArithmeticError: it does not add up, which would be a fault of this module.
    """
    balances: dict[tuple[str, str], Balance] = {}
    parts: list[Part] = []
    for position in books.positions:
        if position.accounting_day > period.last or (company and position.company != company):
            continue
        _count(balances, position)
        parts += parts_of(position, waits_for_clearing=books.waits_for_clearing)
    for item in books.others:
        if not item.open or (company and item.company != company):
            continue
        found = _balance(balances, item.company, item.currency)
        found.x3 += item.open
        found.open_items += 1
        parts.append(
            Part(
                item.company, item.currency, TO_AVIDXCHANGE, "not_ours", item.key, item.open,
                before=item.open, text=say("an_open_item_of_no_invoice_that"),
                supplier=item.supplier,
            )
        )  # fmt: skip
    for payment in books.payments:
        if not company or payment.company == company:
            parts += _payment(balances, payment, period)
    statement = Statement(
        period=period,
        company=company,
        at=books.at,
        read_x3=books.read_x3,
        read_avidxchange=books.read_avidxchange,
        is_as_of_today=is_as_of_today,
        balances=tuple(balances[key] for key in sorted(balances)),
        differences=tuple(lines_of(parts)),
    )
    if not statement.adds_up():
        raise ArithmeticError(say("the_statement_of_does_not_add_up", period=period))
    return replace(statement, hash=hash_of(statement))


def hash_of(statement: Statement) -> str:
    """Hash of every figure and document of a statement, whenever it was made."""
    return content_hash(
        [
            str(statement.period), statement.company, statement.at,
            [[b.company, b.currency, b.x3, b.avidxchange, b.payments] for b in statement.balances],
            [
                [p.company, p.currency, p.step, p.cause, p.document, p.amount]
                for line in statement.differences
                for p in line.parts
            ],
        ]
    )  # fmt: skip


# --- balances --------------------------------------------------------------------------------


def _balance(balances: dict[tuple[str, str], Balance], company: str, currency: str) -> Balance:
    return balances.setdefault((company, currency), Balance(company, currency))


def _count(balances: dict[tuple[str, str], Balance], position: Position) -> None:
    """Add a position to the columns."""
    own = _balance(balances, position.company, position.currency)
    own.x3 += position.open_x3
    own.open_items += bool(position.open_x3)
    there = _balance(balances, position.company, position.ap_currency)
    there.avidxchange += position.open_ap
    there.open_invoices += bool(position.open_ap)
    there.payments += position.open_ap if position.is_released else 0
    there.payments += issued(position)


def _payment(
    balances: dict[tuple[str, str], Balance], payment: PaymentFact, period: Period
) -> Iterator[Part]:
    """Count a payment; what of an issued one stands on no invoice is unexplained."""
    found = _balance(balances, payment.company, payment.currency)
    if payment.payment_class in EXECUTED:
        if payment.payment_day and period.holds(payment.payment_day):
            found.paid += payment.amount
            found.posted += payment.amount if payment.is_posted else 0
        if payment.cleared_day and period.holds(payment.cleared_day):
            found.cleared += payment.amount
    if payment.payment_class != "out":
        return
    found.open_payments += 1
    loose = payment.amount - (payment.nets or 0)
    if loose:
        found.payments += loose
        text = say("the_payment_is_on_its_way_and")
        yield Part(
            payment.company, payment.currency, TO_PAYMENTS, UNEXPLAINED, payment.payment_id,
            -loose, text=text, payment=payment.payment_id,
        )  # fmt: skip


def lines_of(parts: Iterable[Part]) -> Iterator[Difference]:
    """The lines of parts: by company, currency, step and cause, in the order of a statement."""
    grouped: dict[tuple[str, str, int, int], list[Part]] = defaultdict(list)
    order = {cause: at for at, cause in enumerate(CAUSES)}
    for part in parts:
        key = (part.company, part.currency, STEPS.index(part.step), order[part.cause])
        grouped[key].append(part)
    for key in sorted(grouped):
        found = sorted(grouped[key], key=lambda part: (part.document, part.payment))
        first = found[0]
        yield Difference(
            first.company,
            first.currency,
            first.step,
            first.cause,
            sum(part.amount for part in found),
            sum(part.before for part in found),
            tuple(found),
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """A document that stands under another cause or amount than in an earlier statement.

    `before` and `now` are pairs of a cause and an amount, several causes joined; empty text where
    it was not or is not in the statement.
    """

    document: str
    company: str
    currency: str
    before: str
    before_amount: int
    now: str
    now_amount: int


def changed_since(
    earlier: Iterable[tuple[str, str, str, str, int]], statement: Statement
) -> list[Moved]:
    """What changed since earlier parts, tuples (company, currency, document, cause, amount)."""
    then: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for company, currency, document, cause, amount in earlier:
        causes = then[company, currency, document]
        causes[cause] = causes.get(cause, 0) + amount
    now: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for company, currency, document, cause, amount in flat(statement):
        causes = now[company, currency, document]
        causes[cause] = causes.get(cause, 0) + amount
    return [
        Moved(
            key[2], key[0], key[1],
            ", ".join(then.get(key, {})), sum(then.get(key, {}).values()),
            ", ".join(now.get(key, {})), sum(now.get(key, {}).values()),
        )
        for key in sorted(then.keys() | now.keys())
        if then.get(key, {}) != now.get(key, {})
    ]  # fmt: skip


def flat(statement: Statement) -> Iterator[tuple[str, str, str, str, int]]:
    """The parts of a statement as `changed_since` takes them."""
    for line in statement.differences:
        for part in line.parts:
            yield part.company, part.currency, part.document, part.cause, part.amount
