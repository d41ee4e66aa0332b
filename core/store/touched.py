"""Which rows changed since the promises were last evaluated, and what speaks against a promise.

Triggers of the schema note every change of what a promise hangs on, whoever made it. What is
evaluated and holds is forgotten; what speaks against a promise stays noted, so that it is looked at
again until it is mended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import peewee

from core.store.sqlite import Store
from core.store.tables import ApPayment, Document, Invoice, Outbox, Touched

Note = tuple[str, str]
INVOICE, AP_PAYMENT, OUTBOX, ACTION = "invoice", "ap_payment", "outbox", "action"
AP_INVOICE, OPEN_ITEM, PAYMENT = "ap_invoice", "open_item", "payment"
_LOST = " lost"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that speaks against a promise.

    `text` is the evidence with its values: the same as long as the same stands. `notes` are the
    rows it was found at. Invoices, payments and suppliers are those it names.
    """

    key: str
    text: str
    notes: tuple[Note, ...] = ()
    numbers: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What is to be evaluated: keys by what they are of; `lost` are rows that were deleted.

    `is_all` tells that these are all there are; `upto` is the last note that is in it.
    """

    keys: dict[str, list[str]]
    lost: tuple[Note, ...] = ()
    upto: int = 0
    is_all: bool = False
    _none: list[str] = field(default_factory=list, init=False, repr=False)

    def of(self, what: str) -> list[str]:
        """Keys of one kind, each once, in the order they changed."""
        return self.keys.get(what, self._none)


def changed(store: Store) -> Changed:
    """What changed since `forget`; reads only that."""
    rows = store.rows(Touched.select().order_by(Touched.id))
    return _sorted(rows, {})


def everything(store: Store) -> Changed:
    """All there is, for the daily look at the whole; reads the keys of all documents."""
    found = {
        INVOICE: _keys(store, Invoice.select(Invoice.number.alias("key"))),
        AP_PAYMENT: _keys(store, ApPayment.select(ApPayment.payment_id.alias("key"))),
        OUTBOX: _keys(store, Outbox.select(Outbox.id.alias("key"))),
    }
    for entity in (AP_INVOICE, OPEN_ITEM, PAYMENT):
        query = Document.select(Document.key).where(Document.entity == entity)
        found[entity] = _keys(store, query)
    rows = store.rows(Touched.select().order_by(Touched.id))
    return _sorted(rows, found, is_all=True)


def _keys(store: Store, query: peewee.ModelSelect[Any]) -> list[str]:
    return [str(row["key"]) for row in store.rows(query)]


def _sorted(
    rows: list[dict[str, Any]], found: dict[str, list[str]], *, is_all: bool = False
) -> Changed:
    """Notes by what they are of, each once; an id of the outbox is text here."""
    keys: dict[str, dict[str, None]] = {what: dict.fromkeys(them) for what, them in found.items()}
    lost: dict[Note, None] = {}
    for row in rows:
        what = str(row["what"])
        if what.endswith(_LOST):
            lost[what.removesuffix(_LOST), str(row["key"])] = None
        else:
            keys.setdefault(what, {})[str(row["key"])] = None
    upto = int(rows[-1]["id"]) if rows else 0
    listed = {what: list(them) for what, them in keys.items()}
    return Changed(listed, tuple(lost), upto, is_all=is_all)


def lost(note: Note) -> Note:
    """The note of a row that was deleted, to be kept."""
    what, key = note
    return (f"{what}{_LOST}", key)


def forget(store: Store, seen: Changed, kept: Iterable[Note]) -> None:
    """Take what was evaluated off the list but what is `kept`; inside `store.write()`.

    What changed after `seen` was read stays on it.
    """
    if seen.upto:
        store.change(Touched.delete().where(Touched.id <= seen.upto))
    notes = [{"what": what, "key": key} for what, key in dict.fromkeys(kept)]
    store.put(Touched, notes)
