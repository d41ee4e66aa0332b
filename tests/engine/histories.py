"""Many histories played side by side on one site: each is a generator, each `yield` is one run.

A history makes things happen in both simulated systems, yields, and looks at what became of it.
All of them go on together, so that forty need a dozen runs. What fails in one is told by its own
test and stops no other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.store import reviews
from tests.engine.site import Site

History = Callable[["Case"], Iterator[None]]
_UNPAID = 11


class Case:
    """What one history works with: a supplier and vendor of its own, and its documents."""

    def __init__(self, site: Site, at: int) -> None:
        self.site = site
        self.code, self.vendor = f"H{at:03d}", f"VH{at:03d}"
        site.supplier(self.code, self.vendor)
        self.documents: set[str] = {f"supplier {self.code}"}
        self.number = ""  # the invoice and the payment it is about
        self.payment = 0

    # What happens

    def invoice(self, *amounts: str, post: bool = True, **fields: Any) -> str:
        """An invoice of this supplier; posted unless told otherwise."""
        number = self.site.invoice(*amounts or ("100.00",), post=post, BPR=self.code, **fields)
        self.documents.add(number)
        return number

    def approve(self, *numbers: str) -> None:
        """Let AvidXchange approve invoices."""
        for number in numbers:
            self.site.act("avid.approve", number)

    def pay(self, *numbers: str, **named: Any) -> int:
        """Pay approved invoices in AvidXchange; to `status` if given."""
        payment: int = self.site.act("avid.pay", list(numbers), **named)
        self.documents.add(str(payment))
        return payment

    def to(self, payment: int, status: str) -> None:
        """Move a payment on to a status of its way."""
        while self.site.act("avid.advance_payment", payment) != status:
            pass

    def act(self, name: str, *args: Any, **named: Any) -> Any:
        """Any event of either system; a new payment counts as this history's."""
        made = self.site.act(name, *args, **named)
        if name == "avid.reissue_new":
            self.documents.add(str(made))
        return made

    def resolve(self, code: str, how: str, document: Any = "", to: str = "") -> None:
        """A person's word on the item of this history."""
        name = str(document) or next(row.document for row in self.items() if row.code == code)
        self.site.resolve(code, how, document=name, to=to)

    def reverse(self, payment: int) -> None:
        """A person takes the standing posting of a payment back in X3."""
        standing = [row for row in self.site.postings(payment) if row["STA"] != _UNPAID]
        self.site.act("x3.reverse_payment", standing[-1]["NUM"])

    # What became of it

    def state(self, number: str) -> str:
        """The invoice's state."""
        return self.site.row(number).state

    def items(self) -> list[reviews.ReviewRow]:
        """Open review items that name a document of this history."""
        found = reviews.open_items(self.site.store)
        return [row for row in found if self.documents & set(row.documents)]

    def codes(self) -> list[str]:
        """Their codes, sorted."""
        return sorted(row.code for row in self.items())

    def text(self, code: str) -> str:
        """The text of the one open item of a code."""
        (row,) = [row for row in self.items() if row.code == code]
        return row.text

    def refs(self, payment: int | str) -> list[str]:
        """References of what X3 holds for a payment and nobody reversed, sorted."""
        return sorted(r["REF"] for r in self.site.postings(payment) if r["STA"] != _UNPAID)

    def paid(self, number: str) -> str:
        """What X3 shows paid of an invoice, finally and provisionally."""
        items = self.site.items(number)
        total = sum((Decimal(i["PAYCUR"]) + Decimal(i["TMPCUR"]) for i in items), Decimal(0))
        return f"{total:.2f}"


def day(case: Case, ago: int) -> str:
    return (case.site.state.now().date() - timedelta(days=ago)).isoformat()


def approved(case: Case, *amounts: str, **fields: Any) -> Iterator[None]:
    """An invoice that was sent and approved: `case.number`."""
    number = case.invoice(*amounts, **fields)
    yield
    case.approve(number)
    case.number = number


def paid(case: Case, status: str = "Issued to Supplier", **named: Any) -> Iterator[None]:
    """An invoice paid to a status; `case.payment` and `case.number` name both."""
    yield from approved(case)
    case.payment = case.pay(case.number, status=status, **named)
    yield


def ends(case: Case, state: str, codes: tuple[str, ...] = (), *refs: str) -> None:
    """What is so at the end: the invoice's state, the codes, the references that stand in X3."""
    number, payment = case.number, case.payment
    standing = case.refs(payment) if payment else []
    stands = tuple(ref.removeprefix(f"AVD{payment}") for ref in standing)
    assert (case.state(number), tuple(case.codes()), stands) == (state, codes, refs)


class Played:
    """What came of a set of histories: their failures, and the site as they left it."""

    def __init__(self, site: Site, histories: Sequence[History]) -> None:
        self.site = site
        self.failures: dict[str, Exception] = {}
        self.runs = 0
        going = {history.__name__: history(Case(site, at)) for at, history in enumerate(histories)}
        while going:
            for name, history in list(going.items()):
                try:
                    next(history)
                except StopIteration:
                    del going[name]
                except Exception as error:  # noqa: BLE001 - told by the test of this history
                    self.failures[name] = error
                    del going[name]
            if going:
                site.sync()
                self.runs += 1

    def tell(self, name: str) -> None:
        """Raise what failed in a history."""
        if name in self.failures:
            raise self.failures[name]

    def conserves_amounts(self) -> None:
        """Assert per currency: what X3 holds under our references is what AvidXchange paid.

        And of every open item: what is paid of it is what its standing payments say, no more than
        was owed.
        """
        payments = {str(row["PaymentId"]): row for row in self.site.rows("avid:payment")}
        ours: dict[str, Decimal] = defaultdict(Decimal)
        theirs: dict[str, Decimal] = defaultdict(Decimal)
        by_item: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for row in self.site.rows("x3:PAYMENTH"):
            if row["STA"] == _UNPAID:
                continue
            for line in row["PAYMENTD"]:
                key = (line["VCRNUM"], int(line["DUDLIG"]))
                by_item[key] += abs(Decimal(line["AMTLIN"]))
            lines = sum((Decimal(line["AMTLIN"]) for line in row["PAYMENTD"]), Decimal(0))
            assert lines == Decimal(row["AMTCUR"])
            if row["REF"].startswith("AVD"):
                payment = payments[row["REF"].removeprefix("AVD").partition("-")[0]]
                ours[row["CUR"]] += Decimal(row["AMTCUR"])
                theirs[payment["CurrencyCode"]] += Decimal(payment["Amount"])
        assert ours == theirs
        for item in self.site.rows("x3:GACCDUDATE"):
            paid = Decimal(item["PAYCUR"]) + Decimal(item["TMPCUR"])
            assert paid == by_item[(item["NUM"], int(item["DUDLIG"]))]
            assert paid <= Decimal(item["AMTCUR"])
