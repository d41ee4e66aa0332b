"""A store that knows many invoices: a few are really carried, the others are made like them.

What is made has everything that a carried invoice has: its documents of both sides, its action with
the exact bytes, its outbox row with its attempt, and its audit rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.store import history
from core.store.sqlite import Store, lots
from core.store.tables import Action, Attempt, Audit, Document, Invoice, Outbox, Table
from tests.benchmarks.quick_documents import number_of, supplier_of
from tests.benchmarks.quick_site import Quick, Workspace

CARRIED = 60
_LOT = 500
_Row = dict[str, Any]


def make(directory: Path, quick: Quick, count: int) -> Workspace:
    """A workspace in which `count` invoices are known and nothing is left to be done."""
    if count < CARRIED:
        raise ValueError(f"at least {CARRIED}")
    quick.order("invoices", [count - CARRIED, count])
    quick.order("reset", value=False)
    workspace = Workspace(directory, quick.base, width=8, is_limit_known=True)
    workspace.sync()
    workspace.sync()  # reads back what was sent
    quick.order("age")
    model = number_of(count - CARRIED)
    _Maker(workspace.store, model, supplier_of(count - CARRIED)).make(range(count - CARRIED))
    return workspace


class _Maker:
    """Copies all rows of one invoice under other numbers."""

    def __init__(self, store: Store, model: str, supplier: str) -> None:
        self._store = store
        self._model, self._supplier = model, supplier
        (invoice,) = store.rows(Invoice.select().where(Invoice.number == model))
        self._invoice = invoice
        self._documents = store.rows(
            Document.select().where(Document.parent.in_((model, invoice["external_id"])))
        )
        self._outbox = store.rows(Outbox.select().where(Outbox.key == model))
        ids = [row["id"] for row in self._outbox]
        self._attempts = store.rows(Attempt.select().where(Attempt.outbox.in_(ids)))
        actions = [row["action"] for row in self._outbox]
        self._actions = store.rows(Action.select().where(Action.id.in_(actions)))
        self._audit = [
            row
            for row in store.rows(Audit.select().order_by(Audit.sequence))
            if model in row["object"]
        ]

    def make(self, places: range) -> None:
        """Make the invoices of these places."""
        at = [self._next(table) for table in (Outbox, Attempt, Action)]
        for lot in lots(places, _LOT):
            with self._store.write():
                self._put(Invoice, (self._like(self._invoice, place) for place in lot))
                self._put(
                    Document, (self._like(row, place) for place in lot for row in self._documents)
                )
                for place in lot:
                    at = self._way(place, at)
                history.append_many(
                    self._store, (self._entry(row, place) for place in lot for row in self._audit)
                )

    def _way(self, place: int, at: list[int]) -> list[int]:
        """The outbox rows of an invoice with what belongs to them; the next ids."""
        outbox, attempt, action = at
        for row in self._outbox:
            made = [self._like(one, place) for one in self._actions if one["id"] == row["action"]]
            self._put(Action, ({**one, "id": action} for one in made))
            self._put(Outbox, [{**self._like(row, place), "id": outbox, "action": action}])
            for one in self._attempts:
                if one["outbox"] == row["id"]:
                    self._put(Attempt, [{**one, "id": attempt, "outbox": outbox}])
                    attempt += 1
            outbox, action = outbox + 1, action + len(made)
        return [outbox, attempt, action]

    def _put(self, table: type[Table], rows: Iterator[_Row] | list[_Row]) -> None:
        self._store.put(table, rows)

    def _next(self, table: type[Table]) -> int:
        ids = [row["id"] for row in self._store.rows(table.select(table.id))]  # type: ignore[attr-defined]  # all three have one
        return max(ids, default=0) + 1

    def _like(self, row: _Row, place: int) -> _Row:
        return {name: self._renamed(value, place) for name, value in row.items()}

    def _entry(self, row: _Row, place: int) -> history.Entry:
        told = self._like(row, place)
        names = ("actor", "action", "object", "before", "after", "result", "run")
        return history.Entry(**{name: told[name] for name in names})

    def _renamed(self, value: Any, place: int) -> Any:
        """A value of the model as it is for another number; ids and digits are made to differ."""
        if isinstance(value, bytes):
            return self._renamed(value.decode(), place).encode()
        if not isinstance(value, str):
            return value
        return (
            value.replace(self._model, number_of(place))
            .replace(self._model[3:], number_of(place)[3:])
            .replace(self._supplier, supplier_of(place))
            .replace(self._invoice["avid_invoice_id"], f"7{place:07}")
        )
