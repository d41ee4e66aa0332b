"""The people of a seed: who enters, changes and pays in X3; those of AvidXchange are in `portal`.

Everything happens through the sandbox's events; what is not possible just then does not happen. The
world knows nothing of the program; the clerk at the program stands in `clerk`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.simulation.portal import Portal
from tests.simulation.stage import ACCOUNTS, BEGIN, Row, Stage

_SUPPLIERS = (3, 8)
_INVOICES = (5, 20)
_IMPOSSIBLE = (ValueError, LookupError, TypeError)


class World:
    """The people of X3, and those of AvidXchange as `portal`.

    Every step is drawn from the seed and noted in `trace`.
    """

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.stage = stage
        self.chance = chance
        self.trace: list[str] = []
        self.vendors: dict[str, str] = {}  # supplier -> vendor AvidXchange has for it
        self.left = 0  # invoices still to be entered
        self.documents = 0  # entered on either side
        self.portal = Portal(self)
        self._removed: list[str] = []
        self.calm = False
        self._in_x3: list[tuple[int, Callable[[], object]]] = [
            (7, self.enter), (3, self.post), (3, self.change), (2, self.change_lines),
            (1, self.delete), (1, self.delete_many), (3, self.set_level), (3, self.pay_by_hand),
            (1, self.pay_in_part), (2, self.reverse), (2, self.lock), (2, self.change_supplier),
            (1, self.hold_supplier), (2, self.enter_late), (1, self.close_period),
            (1, self.touch), (1, self.hold_invoice),
        ]  # fmt: skip
        self._meddling = (
            self.set_level, self.set_level, self.pay_by_hand, self.pay_in_part, self.pay_in_part,
            self.delete, self.post, self.portal.approve, self.portal.pay, self.change_lines,
            self.portal.reject,
            self.lock,
        )  # fmt: skip

    # The beginning

    def fill(self) -> None:
        """Suppliers, most of them with a vendor, and how many invoices there will be."""
        for place in range(self.chance.randint(*_SUPPLIERS)):
            code = f"S{place + 1}"
            self.act("x3.supplier", {"BPSNUM": code})
            if self.chance.random() < 0.9:
                self.act("avid.vendor", f"V{code}")
                self.vendors[code] = f"V{code}"
        self.left = self.chance.randint(*_INVOICES)
        for _ in range(self.chance.randint(2, 6)):
            self.enter()

    # Steps

    def act(self, name: str, *args: Any, **named: Any) -> Any:
        """Let something happen, if it can; what came of it, None when it could not."""
        try:
            result = self.stage.act(name, *args, **named)
        except _IMPOSSIBLE as error:
            self.note(f"{name} {args} not possible: {error}")
            return None
        told = " ".join(str(one) for one in (*args, *named.values()))
        self.note(f"{name} {told}" + (f" -> {result}" if result is not None else ""))
        return result

    def note(self, text: str) -> None:
        """Tell the trace."""
        self.trace.append(f"{self.stage.state.now():%m-%d %H:%M:%S} {text}")

    def step(self) -> None:
        """One thing happens on one side."""
        ways = self._in_x3 if self.chance.random() < 0.5 else self.portal.ways
        weights = [weight for weight, _ in ways]
        self.chance.choices([way for _, way in ways], weights)[0]()

    def meddle(self) -> None:
        """Something happens while the program is at work, where it can do most harm."""
        if self.chance.random() < 0.5:
            self.step()
        else:
            self.chance.choice(self._meddling)()

    def part(self) -> None:
        """Before all comes to rest some more comes in, so that the next poll has to find it."""
        self.left += 3
        for _ in range(self.chance.randint(1, 3)):
            self.enter()
        self.portal.approve()

    def come_late(self) -> None:
        """What began some minutes ago commits behind the poll that was just made."""
        self.left += 2
        self.enter(age_s=self.chance.choice((60, 200, 400)))
        self.portal.approve()

    def any_of(self, table: str, wanted: Callable[[Row], bool] = bool) -> Row | None:
        """Some row of a table, None when there is none."""
        rows = [row for row in self.stage.rows(table) if wanted(row)]
        return self.chance.choice(rows) if rows else None

    def _invoice(self, wanted: Callable[[Row], bool] = bool) -> str:
        row = self.any_of("x3:PINVOICE", wanted)
        return str(row["NUM"]) if row else ""

    def _on(self, event: str, *args: Any, **named: Any) -> None:
        """Something with some X3 invoice."""
        number = self._invoice()
        if number:
            self.act(event, number, *args, **named)

    # X3

    def enter(self, *, age_s: float = 0) -> None:
        """Enter an invoice, most often posted."""
        supplier = self.any_of("x3:BPSUPPLIER")
        if self.left <= 0 or supplier is None:
            return
        self.left -= 1
        self.documents += 1
        chance = self.chance
        day = self.stage.state.now() - timedelta(days=chance.choice((0, 0, 1, 3, 10)))
        fields = {
            "BPR": supplier["BPSNUM"],
            "BPRVCR": f"D{self.documents:03d}",
            "BPRDAT": f"{max(day, BEGIN - timedelta(days=20)):%Y-%m-%d}",
            "INVTYP": 2 if chance.random() < 0.06 else 1,
            "CUR": "CAD" if chance.random() < 0.1 else "USD",
        }
        lines = [
            {
                "ACC": chance.choice(ACCOUNTS), "DIE1": "DPT", "CCE1": "ADM",
                "AMTNOTLIN": f"{chance.randint(100, 500_000) / 100:.2f}",
            }
            for _ in range(chance.choice((1, 1, 2, 3)))
        ]  # fmt: skip
        self.act("x3.invoice", fields, lines, post=chance.random() < 0.7, age_s=age_s)

    def enter_late(self) -> None:
        """A transaction that began minutes ago commits only now, behind who has read on since."""
        self.enter(age_s=self.chance.choice((20, 120, 300, 500)))

    def post(self) -> None:
        """Post an invoice."""
        number = self._invoice(lambda row: row["STA"] != 3)
        if number:
            self.act("x3.post", number)

    def change(self) -> None:
        """Change a header: a note, or a date."""
        fields = self.chance.choice(
            ({"INVREF": f"R{self.chance.randint(1, 99)}"}, {"DES": ["A", "B"]})
        )
        self._on("x3.change_invoice", fields)

    def change_lines(self) -> None:
        """Change the amount of an invoice that is not posted, or the account of a line."""
        number = self._invoice(lambda row: row["STA"] != 3)
        if not number:
            return
        if self.chance.random() < 0.5:
            account = self.chance.choice(ACCOUNTS)
            self.act("x3.change_invoice", number, {}, {"1": {"ACC": [account]}})
            return
        lines = [row for row in self.stage.rows("x3:BPSINVLIG") if row["NUM"] == number]
        others = sum(round(float(row["AMTATILIN"]) * 100) for row in lines[1:])
        amount = self.chance.randint(100, 500_000)
        text, whole = f"{amount / 100:.2f}", f"{(amount + others) / 100:.2f}"
        line = {"AMTNOTLIN": text, "AMTATILIN": text, "TAX1": "EXE", "AMTTAX1": "0.00"}
        self.act("x3.change_invoice", number, {"AMTNOT": whole, "AMTATI": whole}, {"1": line})

    def delete(self) -> None:
        """Delete an invoice."""
        number = self._invoice(lambda row: row["STA"] != 3)
        if number:
            self.act("x3.cancel_invoice", number)

    def delete_many(self) -> None:
        """Rights change: most invoices of a supplier are not shown any more."""
        if self.chance.random() < 0.5:
            return
        for row in self.stage.rows("x3:PINVOICE"):
            if self.chance.random() < 0.6:
                self.act("x3.cancel_invoice", row["NUM"])

    def set_level(self) -> None:
        """A person sets the approval level."""
        self._on("x3.set_level", self.chance.choice((1, 2, 3, 4)))

    def pay_by_hand(self) -> None:
        """Pay an invoice in X3."""
        self._on("x3.pay_by_hand")

    def pay_in_part(self) -> None:
        """Pay a part of an invoice in X3."""
        self._on("x3.pay_by_hand", f"{self.chance.randint(1, 50)}.00")

    def reverse(self) -> None:
        """Make a payment unpaid: one by hand, or one the program posted."""
        row = self.any_of("x3:PAYMENTH")
        if row and self.chance.random() < 0.5:
            self.act("x3.reverse_payment", row["NUM"])

    def lock(self) -> None:
        """Somebody has a record open."""
        number = self._invoice()
        if number:
            of = self.chance.choice(("PINVOICE", "GACCDUDATE"))
            self.act("x3.lock", number, self.chance.choice((20.0, 90.0, 900.0)), of)

    def change_supplier(self) -> None:
        """Another name, or another remit-to address."""
        row = self.any_of("x3:BPSUPPLIER")
        if row:
            name = f"Supplier {self.chance.randint(1, 99)}"
            self.act("x3.supplier", {"BPSNUM": row["BPSNUM"], "BPSNAM": name})

    def hold_supplier(self) -> None:
        """Hold a supplier's payments, or release them."""
        row = self.any_of("x3:BPSUPPLIER")
        if row:
            self.act("x3.hold_supplier", row["BPSNUM"], held=self.chance.random() < 0.4)

    def hold_invoice(self) -> None:
        """An invoice goes back to where it is not validated, or comes back."""
        number = self._invoice(lambda row: row["STA"] != 3)
        if number:
            self.act("x3.change_invoice", number, {"STA": self.chance.choice((1, 2, 2))})

    def close_period(self) -> None:
        """Close the period of today, or open it again."""
        day = f"{self.stage.state.now():%Y-%m-%d}"
        self.act("x3.close_period", "US10", day, self.chance.choice((3, 2, 2)))

    def touch(self) -> None:
        """A change that moves nothing but the stamp, backwards."""
        number = self._invoice()
        if number:
            age = self.chance.choice((0, 60, 4000))
            self.act("x3.touch", "PINVOICE", number, {"INVREF": "touched"}, age)
