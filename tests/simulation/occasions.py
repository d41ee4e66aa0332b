"""Worlds of a special kind, in which what a guard is for happens often, not once in a thousand.

One seed of five is of such a kind, all kinds in turn; beside it everything goes on as in any world.
People do things here at the worst moment, between what the program has read and what it writes; no
kind knows the program, and each may be met at a customer. The other seeds play as they always did.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from tests.simulation.machine import Traits
from tests.simulation.stage import Row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulation.play import Player
    from tests.simulation.world import World

_EVERY = 5
_PLACE = 4
_PAYABLE = ("Approved", "Exported")
_GONE = ("Rejected", "Deleted")


class Occasion:
    """What happens beside the ordinary schedule of a seed; drawn from a chance of its own."""

    about: ClassVar[str]

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance

    def traits(self, made: Traits) -> Traits:
        """The computer of such a world."""
        return made

    def prepare(self, player: Player) -> None:
        """What stands there before the schedule begins."""

    def before_run(self, player: Player) -> None:
        """What people have done when a run begins."""

    def meanwhile(self, *, is_waiting: bool) -> None:
        """Before the program takes an answer something may happen.

        With `is_waiting` something planned is not written yet.
        """

    # For all kinds

    def enter(self, count: int, *, is_posted: bool) -> None:
        """Enter so many invoices, all posted or as it comes."""
        self.world.left += count
        for _ in range(count):
            self.world.enter()
        if is_posted:
            for row in self._rows("x3:PINVOICE"):
                if row["STA"] != 3:
                    self.world.act("x3.post", row["NUM"])

    def carry(self, player: Player, count: int, *, is_posted: bool) -> None:
        """Enter invoices of mapped suppliers and let an undisturbed run send them."""
        player.clerk.map_suppliers(player.machine, 1.0)
        self.enter(count, is_posted=is_posted)
        self.world.stage.state.shift_clock(15 * 60)  # lists show late what was entered
        player.calm_run()

    def approve_all(self) -> None:
        """Whatever waits for it is approved."""
        for row in self.sent():
            if row["Status"] in ("Received", "In Approval"):
                self.world.act("avid.approve", row["Id"])

    def sent(self) -> list[Row]:
        """Invoices of ours that are live in AvidXchange."""
        return [
            row
            for row in self._rows("avid:invoice")
            if row["ExternalId"] and row["Status"] not in _GONE and not row.get("Vanished")
        ]

    def some(self, rows: Iterable[Row], most: int) -> list[Row]:
        """Up to so many of these."""
        found = list(rows)
        return self.chance.sample(found, min(most, len(found)))

    def _rows(self, table: str) -> list[Row]:
        return self.world.stage.rows(table)


def number_of(row: Row) -> str:
    """The X3 invoice of one that we sent."""
    return str(row["ExternalId"]["Value"].split("|")[3])


class Payments(Occasion):
    """Many payments are due at once, and somebody pays the same invoices in X3."""

    about = "payments"

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world, chance)
        self.halves: dict[int, int] = {}  # AvidXchange invoice -> halves paid

    def prepare(self, player: Player) -> None:
        """Invoices that AvidXchange may pay."""
        self.carry(player, 7, is_posted=True)
        self.approve_all()

    def before_run(self, player: Player) -> None:
        """Several are paid there, in whole or in part."""
        del player
        self.approve_all()
        self.pay_some(4)

    def pay_some(self, most: int) -> None:
        """Pay so many there that are not paid in whole."""
        payable = [
            row
            for row in self.sent()
            if row["Status"] in _PAYABLE and self.halves.get(row["Id"], 0) < 2
        ]
        for row in self.some(payable, most):
            self._pay(row)

    def _pay(self, row: Row) -> None:
        amount = Decimal(row["Amount"])
        is_half = row["Id"] in self.halves or self.chance.random() < 0.7
        self.halves[row["Id"]] = self.halves.get(row["Id"], 0) + (1 if is_half else 2)
        part = f"{amount / 2:.2f}" if is_half else row["Amount"]
        self.world.act("avid.pay", [row["Id"]], amounts=[part], status="Issued to Supplier")

    def meanwhile(self, *, is_waiting: bool) -> None:
        """Somebody pays in X3 what AvidXchange has paid too."""
        if is_waiting and self.chance.random() < 0.5:
            for row in self.some((one for one in self.sent() if one["Id"] in self.halves), 1):
                self.world.act("x3.pay_by_hand", number_of(row), f"{self.chance.randint(1, 9)}.00")


class Forgotten(Payments):
    """Parts of invoices were posted, and a copy of the store comes back that has forgotten it."""

    about = "postings that a copy has forgotten"

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world, chance)
        self._copy: Path | None = None

    def before_run(self, player: Player) -> None:
        """Parts are paid and a copy is made; at the next turn it comes back, and nobody pays."""
        self.approve_all()
        if self._copy is not None:
            player.restore(self._copy)
            self._copy = None
            return
        self.pay_some(3)
        self._copy = player.back_up()

    def meanwhile(self, *, is_waiting: bool) -> None:
        """Nobody does anything beside what people do in any world."""


class Levels(Occasion):
    """Many approval levels are due at once, and people in X3 set levels of the same invoices."""

    about = "levels"

    def traits(self, made: Traits) -> Traits:
        """What is to be written waits, because few are asked about at a time."""
        return replace(made, keys=self.chance.choice((1, 1, 3)))

    def prepare(self, player: Player) -> None:
        """Invoices whose state will change."""
        self.carry(player, 7, is_posted=False)

    def before_run(self, player: Player) -> None:
        """AvidXchange's people decide on most of them."""
        del player
        for row in self.sent():
            way = self.chance.choice(
                ("approve", "approve", "hold", "dispute", "start_approval", "reopen")
            )
            self.world.act(f"avid.{way}", row["Id"])

    def meanwhile(self, *, is_waiting: bool) -> None:
        """Somebody sets a level in X3."""
        if is_waiting and self.chance.random() < 0.5:
            for row in self.some(self.sent(), 1):
                self.world.act("x3.set_level", number_of(row), self.chance.choice((1, 2, 3, 4)))


class Tokens(Occasion):
    """Tokens live shorter than a run lasts, while several requests are under way at once."""

    about = "tokens"

    def traits(self, made: Traits) -> Traits:
        """Several requests at once, in small pages."""
        return replace(made, concurrency=3, page_size=self.chance.choice((1, 2, 3)))

    def prepare(self, player: Player) -> None:
        """A token for less than a minute."""
        self.world.stage.state.set_value("avid.token_seconds", self.chance.choice((20, 40)))
        self.carry(player, 5, is_posted=False)

    def before_run(self, player: Player) -> None:
        """Something to send, to read and to post."""
        del player
        self.enter(4, is_posted=False)
        self.approve_all()

    def meanwhile(self, *, is_waiting: bool) -> None:
        """An answer takes its time, most of all while several requests are about to be made."""
        late = (0, 9, 45) if is_waiting else (0, 0, 3, 9)
        self.world.stage.state.shift_clock(self.chance.choice(late))


class Copies(Occasion):
    """An older copy of the workspace has sent, and X3's invoice is another one since."""

    about = "copies"

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world, chance)
        self._copy: Path | None = None

    def prepare(self, player: Player) -> None:
        """A copy from before anything was sent."""
        self._copy = player.back_up()
        self.carry(player, 5, is_posted=False)

    def before_run(self, player: Player) -> None:
        """The copy comes back, amounts change; somebody else has sent an invoice of ours."""
        if self._copy is not None and self.chance.random() < 0.6:
            player.restore(self._copy)
            player.clerk.map_suppliers(player.machine, 1.0)
            self.change_amounts(2)
        self.enter(2, is_posted=False)
        there = {number_of(row) for row in self.sent()}
        fresh = [row for row in self._rows("x3:PINVOICE") if row["NUM"] not in there]
        for row in self.some(fresh, 1):
            self._sent_elsewhere(row)
        if self.chance.random() < 0.4:
            self._copy = player.back_up()

    def change_amounts(self, most: int) -> None:
        """Change amounts of invoices that are not posted."""
        numbers = {number_of(row) for row in self.sent()}
        rows = [row for row in self._rows("x3:PINVOICE") if row["STA"] != 3]
        for row in self.some((one for one in rows if one["NUM"] in numbers), most):
            _change_amount(self.world, self.chance, row["NUM"])

    def _sent_elsewhere(self, row: Row) -> None:
        """Another Crossfoot sent it, with the amount it had there, which may be the same.

        Lists show it already: what another copy sends within the lag nobody could know of.
        """
        vendor = self.world.vendors.get(row["BPR"])
        if vendor is None:
            return
        sign = -1 if row["INVTYP"] in (2, 4) else 1
        other = self.chance.choice((Decimal(0), Decimal(10), Decimal(10)))
        endpoint = self.world.stage.sandbox.addresses.endpoint
        name = {"Type": "INVOICE", "Value": f"X3|{endpoint}|{row['CPY']}|{row['NUM']}|1"}
        named = (one["ExternalId"] for one in self.world.stage.rows("avid:invoice"))
        if name["Value"] in {one["Value"] for one in named if one}:
            return  # it was sent by this copy, which an older one has forgotten
        fields = {"ExternalId": name, "Reference": row["NUM"], "CurrencyCode": row["CUR"]}
        amount = f"{sign * (Decimal(row['AMTATI']) + other):.2f}"
        state = self.world.stage.state
        lag = state.get_value("avid.lag_seconds", 0)
        state.set_value("avid.lag_seconds", 0)
        self.world.act(
            "avid.insert_foreign_invoice", vendor, row["BPRVCR"], amount, "Received", fields
        )
        state.set_value("avid.lag_seconds", lag)


class Absences(Occasion):
    """X3 shows many invoices no longer at one moment, and perhaps again later."""

    about = "absences"

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world, chance)
        self._hidden: list[tuple[str, Row]] = []
        self._is_over = False

    def prepare(self, player: Player) -> None:
        """Invoices that AvidXchange has and nobody has approved."""
        self.carry(player, 8, is_posted=False)

    def before_run(self, player: Player) -> None:
        """Rights change, once; what was hidden may be shown again."""
        del player
        if self._hidden and self.chance.random() < 0.2:
            self._show()
        elif not self._is_over and self.chance.random() < 0.8:
            self._hide()

    def _hide(self) -> None:
        open_ones = [row for row in self.sent() if row["Status"] in ("Received", "In Approval")]
        if len(open_ones) < 4:
            return
        self._is_over = True
        self.world.stage.state.shift_clock(26 * 3600)  # so that all is asked for again
        for row in self.some(open_ones, 7):
            number = number_of(row)
            for table in ("PINVOICE", "BPSINVLIG", "GACCDUDATE"):
                rows = self._rows(f"x3:{table}")
                self._hidden += [(table, dict(one)) for one in rows if one["NUM"] == number]
            self.world.act("x3.cancel_invoice", number)

    def _show(self) -> None:
        for table, row in self._hidden:
            self.world.act("x3.row", table, row)
        self._hidden = []


class Previews(Occasion):
    """A plan is looked at before it is applied, and X3 changes in between."""

    about = "previews"

    def before_run(self, player: Player) -> None:
        """A preview; then an invoice of the plan changes, or how its account is mapped."""
        player.clerk.map_suppliers(player.machine, 1.0)
        self.enter(3, is_posted=False)
        player.preview()
        self.world.stage.state.shift_clock(60)
        there = {number_of(row) for row in self.sent()}
        fresh = [
            row for row in self._rows("x3:PINVOICE") if row["NUM"] not in there and row["STA"] != 3
        ]
        for row in self.some(fresh, 2):
            _change_amount(self.world, self.chance, row["NUM"])
        if self.chance.random() < 0.2:
            player.clerk.change_mapping(player.machine)


def _change_amount(world: World, chance: random.Random, number: str) -> None:
    """Another amount on the first line of an invoice, and the sum that follows from it."""
    lines = [row for row in world.stage.rows("x3:BPSINVLIG") if row["NUM"] == number]
    others = sum((Decimal(row["AMTATILIN"]) for row in lines[1:]), Decimal(0))
    amount = Decimal(chance.randint(100, 500_000)) / 100
    text, whole = f"{amount:.2f}", f"{amount + others:.2f}"
    line: dict[str, Any] = {
        "AMTNOTLIN": text, "AMTATILIN": text, "TAX1": "EXE", "AMTTAX1": "0.00",
    }  # fmt: skip
    world.act("x3.change_invoice", number, {"AMTNOT": whole, "AMTATI": whole}, {"1": line})


KINDS: tuple[type[Occasion], ...] = (
    Payments, Levels, Tokens, Copies, Absences, Previews, Forgotten,
)  # fmt: skip


def kind_of(seed: int) -> type[Occasion] | None:
    """The kind of world that a seed plays, None for an ordinary one."""
    return KINDS[seed // _EVERY % len(KINDS)] if seed % _EVERY == _PLACE else None


def of(seed: int, world: World) -> Occasion | None:
    """The occasion of a seed, None when its world is an ordinary one."""
    kind = kind_of(seed)
    return kind(world, random.Random(f"occasion {seed}")) if kind else None
