"""A history of X3 made by chance: what its rows become, and what a reader must know at the end.

Works on the tables of the simulated X3 alone and knows nothing of the engine. Times are those of
the servers: `at` is now by the `Date` header, stamps are written by a clock of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.sandbox import x3_documents
from core.sandbox.state import State, Table
from core.sandbox.x3_classes import key_of

Row = dict[str, Any]
Key = tuple[str, str]

BEGIN = datetime(2026, 3, 2, 8, 0, 0, 200_000, UTC)
INVOICE, ITEM, LINE = "PINVOICE", "GACCDUDATE", "BPSINVLIG"
SUPPLIER, ACCOUNT = "BPSUPPLIER", "GACCOUNT"
WATCHED = (INVOICE, ITEM, SUPPLIER, ACCOUNT)
_MASTERS = 4
_HOUR = timedelta(hours=1)
#: A transaction that commits so soon after its stamp is found by the next poll.
_PROMPT = timedelta(minutes=9)
_TOLD_APART = timedelta(minutes=-1)
_DATE = len("2026-03-02")


class World:
    """The X3 side of one seed; every change goes through it.

    `prompt` are the rows whose last change bears a stamp within the overlap, with its number: the
    next whole poll must bring them. `trace` tells what happened when.
    """

    def __init__(self, state: State, chance: random.Random, *, dates: bool) -> None:
        self.state = state
        self.chance = chance
        self.at = BEGIN
        self.prompt: dict[Key, int] = {}
        self._dates = dates
        self._changes = 0
        self.trace: list[str] = []
        self._removed: list[list[tuple[str, Row]]] = []
        self._count = 0
        self._stamp_skew = timedelta(
            seconds=chance.choice((0, 0, 0, 0, 45, 1200, 4000, -30, -200, -1500))
        )
        self._ways: list[Callable[[], None]] = [
            *([self.enter] * 4), *([self.change] * 5), *([self.post] * 3), *([self.pay] * 2),
            self.mass, self.delete, self.delete, self.come_back, self.vanish, self.change_items,
            *([self.change_master] * 3), self.remove_master, self.same_second, self.lose_items,
        ]  # fmt: skip
        if self._stamp_skew >= timedelta(0):
            self._ways.append(self.from_the_future)

    # Time

    def move(self, by: timedelta) -> None:
        """Let time pass; the simulated servers follow."""
        self.at += by
        self.hold_clock()

    def hold_clock(self) -> None:
        """Set the servers' clock to `at`, so that a slow computer changes no history."""
        offset = (self.at - datetime.now(UTC)).total_seconds()
        self.state.set_value("clock_offset", offset)

    def _stamp(self, late: timedelta = timedelta(0)) -> str:
        return f"{self.at + self._stamp_skew - late:%Y-%m-%dT%H:%M:%SZ}"

    def _late(self) -> tuple[str, bool]:
        """A stamp as a transaction leaves it, and whether a poll must still find it."""
        draw = self.chance.random()
        if draw < 0.5:
            return self._stamp(), True
        if draw < 0.75:
            late = _PROMPT * self.chance.random()
            return self._stamp(late), True
        days = self.chance.choice((0.05, 0.5, 2, 4, 12, 24))
        return self._stamp(timedelta(days=days) + _HOUR), False

    # The beginning

    def fill(self, masters: dict[str, list[Row]]) -> None:
        """Replace documents by a few of this seed, and master data by these rows."""
        for name in (INVOICE, LINE, ITEM):
            _clear(self.table(name))
        for name, rows in masters.items():
            _clear(self.table(name))
            for row in deepcopy(rows):
                days = self.chance.uniform(1, 50)
                self._put(name, row, self._stamp(timedelta(days=days)), is_prompt=True)
        for _ in range(self.chance.randint(0, 12)):
            age = timedelta(days=self.chance.choice((0, 1, 5, 20, 50)))
            self._enter(self._stamp(age))
        self.prompt.clear()

    def table(self, name: str) -> Table:
        """The rows of a class."""
        return self.state.table(f"x3:{name}")

    def act(self) -> None:
        """Let one thing happen, committed."""
        way = self.chance.choice(self._ways)
        with self.state.lock:
            way()
        self.trace.append(f"{self.at:%d %H:%M:%S} {way.__name__}")

    # What happens

    def enter(self) -> None:
        """Enter one to four invoices."""
        stamp, is_prompt = self._late()
        for _ in range(self.chance.choice((1, 1, 2, 4))):
            self._note(INVOICE, self._enter(stamp), is_prompt=is_prompt)

    def change(self) -> None:
        """Change an invoice, its lines, or both; sometimes without a trace in the stamp."""
        row = self._any(INVOICE)
        if row is None:
            return
        if self.chance.random() < 0.25:
            row["INVREF"] = self._text()
            self._change_line(row)
            self._put(INVOICE, row, row["UPDDATTIM"], is_prompt=False)
            return
        stamp, is_prompt = self._late()
        if self.chance.random() < 0.6:
            row["INVREF"] = self._text()
        elif stamp == row["UPDDATTIM"] or (
            self._dates and not is_prompt and stamp[:_DATE] == row["UPDDATTIM"][:_DATE]
        ):
            is_prompt = False  # neither stamp nor header moves: its lines are read again in a week
        else:
            # A date that stays tells nothing of a change of the lines alone.
            is_prompt = is_prompt and not self._dates
        self._change_line(row)
        self._put(INVOICE, row, stamp, is_prompt=is_prompt)

    def same_second(self) -> None:
        """Change only a line, in the second the invoice bears as its stamp already.

        Nobody can tell that from a stamp clock that is minutes behind the servers': not played.
        """
        if self._stamp_skew < _TOLD_APART:
            return
        for row in self.table(INVOICE).values():
            if row["UPDDATTIM"] == self._stamp():
                self._change_line(row)
                self._put(INVOICE, row, row["UPDDATTIM"], is_prompt=False)
                return

    def post(self) -> None:
        """Post an invoice: its open items appear."""
        row = self._any(INVOICE)
        if row is None or not x3_documents.may_post(self.state, row):
            return
        stamp, is_prompt = self._late()
        for item in x3_documents.post_invoice(self.state, row["NUM"], stamp=stamp):
            self._note(ITEM, item, is_prompt=is_prompt)
        self._note(INVOICE, row, is_prompt=is_prompt)

    def pay(self) -> None:
        """Close an open item."""
        row = self._any(ITEM)
        if row is not None:
            stamp, is_prompt = self._late()
            self._paid(row)
            self._put(ITEM, row, stamp, is_prompt=is_prompt)

    def change_items(self) -> None:
        """Change open items by SQL: no stamp moves."""
        for row in list(self.table(ITEM).values()):
            if self.chance.random() < 0.5:
                row["FLGPAZ"] = self.chance.randint(1, 4)
                self._put(ITEM, row, row["UPDDATTIM"], is_prompt=False)

    def mass(self) -> None:
        """Change many invoices with one stamp."""
        stamp, is_prompt = self._late()
        text = self._text()
        for row in list(self.table(INVOICE).values()):
            if self.chance.random() < 0.8:
                row["INVREF"] = text
                self._put(INVOICE, row, stamp, is_prompt=is_prompt)

    def from_the_future(self) -> None:
        """Change an invoice with a stamp that has not come yet."""
        row = self._any(INVOICE)
        if row is not None:
            row["INVREF"] = self._text()
            ahead = timedelta(hours=self.chance.choice((1, 30)))
            self._put(INVOICE, row, self._stamp(-ahead), is_prompt=True)

    def delete(self) -> None:
        """Delete an invoice with its lines and items."""
        row = self._any(INVOICE)
        if row is not None:
            self._remove([row["NUM"]])

    def vanish(self) -> None:
        """Take many invoices out of sight together."""
        rows = list(self.table(INVOICE).values())
        self._remove([r["NUM"] for r in rows if self.chance.random() < 0.7])

    def lose_items(self) -> None:
        """Delete an open item while its invoice stays."""
        row = self._any(ITEM)
        if row is not None:
            self._drop(ITEM, row)

    def come_back(self) -> None:
        """Show again what was taken away, with its old stamps.

        What is too old for any look back, and perhaps was never seen, bears a new one.
        """
        oldest = f"{BEGIN - timedelta(days=21):%Y-%m-%d}"
        if self._removed:
            for name, row in self._removed.pop(self.chance.randrange(len(self._removed))):
                is_old = row["UPDDATTIM"] < oldest
                stamp = self._stamp() if is_old else row["UPDDATTIM"]
                self._put(name, row, stamp, is_prompt=False)

    def change_master(self) -> None:
        """Change a supplier or an account, sometimes without moving its stamp."""
        name, text = self.chance.choice(((SUPPLIER, "BPSNAM"), (ACCOUNT, "DES")))
        row = self._any(name)
        if row is not None:
            row[text] = self._text()
            stamp, is_prompt = self._late()
            if self.chance.random() < 0.3:
                stamp, is_prompt = row["UPDDATTIM"], False
            self._put(name, row, stamp, is_prompt=is_prompt)

    def remove_master(self) -> None:
        """Delete a supplier or an account; one always stays."""
        name = self.chance.choice((SUPPLIER, ACCOUNT))
        row = self._any(name)
        if row is not None and len(self.table(name)) > 1 and not self._is_used(name, row):
            self._drop(name, row)

    # Small steps

    def _is_used(self, name: str, row: Row) -> bool:
        return name == SUPPLIER and row is next(iter(self.table(SUPPLIER).values()))

    def _text(self) -> str:
        self._count += 1
        return f"T{self._count}"

    def _any(self, name: str) -> Row | None:
        rows = list(self.table(name).values())
        return self.chance.choice(rows) if rows else None

    def _enter(self, stamp: str) -> Row:
        self._count += 1
        supplier = next(iter(self.table(SUPPLIER).values()))["BPSNUM"]
        day = f"{BEGIN - timedelta(days=self.chance.randint(0, 30)):%Y-%m-%d}"
        fields = {
            "NUM": f"N{self._count:05d}", "BPR": supplier, "BPRDAT": day,
            "BPRVCR": f"D{self._count}", "UPDDATTIM": stamp,
        }  # fmt: skip
        amounts = [Decimal(self.chance.randint(100, 99999)) / 100 for _ in range(2)]
        lines = [
            {"ACC": "61100", "AMTNOTLIN": str(a), "DES": ""}
            for a in amounts[: self.chance.randint(1, 2)]
        ]
        number = x3_documents.enter_invoice(self.state, fields, lines, stamp=stamp)
        return x3_documents.found(self.state, INVOICE, number)

    def _change_line(self, invoice: Row) -> None:
        row = self.table(LINE).get(f"{invoice['NUM']}~1")
        if row is not None:
            row["DES"] = self._text()
            self.table(LINE).put(f"{invoice['NUM']}~1", row)

    @staticmethod
    def _paid(row: Row) -> None:
        row["PAYCUR"], row["PAYLOC"] = row["AMTCUR"], row["AMTLOC"]
        row["FLGCLE"] = 2

    def _put(self, name: str, row: Row, stamp: str, *, is_prompt: bool) -> None:
        row["UPDDATTIM"] = stamp
        self.table(name).put(key_of(name, row), row)
        self._note(name, row, is_prompt=is_prompt)

    def _note(self, name: str, row: Row, *, is_prompt: bool) -> None:
        if name in WATCHED:
            self.prompt.pop((name, key_of(name, row)), None)
            if is_prompt:
                self._changes += 1
                self.prompt[name, key_of(name, row)] = self._changes

    def _drop(self, name: str, row: Row) -> None:
        self.table(name).delete(key_of(name, row))
        self._note(name, row, is_prompt=False)

    def _remove(self, numbers: list[str]) -> None:
        wanted, removed = set(numbers), []
        for name in (INVOICE, ITEM, LINE):
            for row in list(self.table(name).values()):
                if row["NUM"] in wanted:
                    removed.append((name, row))
                    self._drop(name, row)
        self._removed.append(removed)

    # The truth

    def truth(self) -> dict[Key, Row]:
        """What a reader must hold of every row, by class and key."""
        with self.state.lock:
            found: dict[Key, Row] = {}
            for name in WATCHED:
                for key, row in self.table(name).items():
                    found[name, key] = self._facts(name, row)
        return found

    def _facts(self, name: str, row: Row) -> Row:
        stamp = str(row["UPDDATTIM"])
        facts: Row = {"changed": f"{stamp[:10]}T00:00:00Z" if self._dates else stamp}
        if name == INVOICE:
            lines = [r for r in self.table(LINE).values() if r["NUM"] == row["NUM"]]
            facts["lines"] = [(r["LIG"], _number(r["AMTNOTLIN"]), r["DES"]) for r in lines]
            facts |= {"reference": row["INVREF"], "status": row["STA"], "entry": row["ACCNUM"]}
        elif name == ITEM:
            facts |= {"paid": _number(row["PAYCUR"]), "closed": row["FLGCLE"]}
            facts["approval"] = row["FLGPAZ"]
        else:
            facts["name"] = row["BPSNAM" if name == SUPPLIER else "DES"]
        return facts


def masters_of(state: State) -> dict[str, list[Row]]:
    """A few suppliers and accounts of a company, for every seed the same."""
    return {
        name: deepcopy(list(state.table(f"x3:{name}").values())[:_MASTERS])
        for name in (SUPPLIER, ACCOUNT)
    }


def _number(text: Any) -> Decimal:
    return Decimal(str(text))


def _clear(table: Table) -> None:
    for key in list(table.keys()):
        table.delete(key)
