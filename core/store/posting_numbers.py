"""Which invoice a posting number of X3 belongs to, where open items are linked by it.

`open_item_link = "accnum"` (sage-x3.md 7). An open item belongs to its invoice's number all the
same; one that is read before its invoice is known to be posted waits under its posting number.
Writes are called inside `store.write()`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain.canonical import decode
from core.domain.documents import Invoice, OpenItem
from core.store.records import documents, store_documents
from core.store.sqlite import Store, lots
from core.store.tables import Document

_ENTITY = "posting_number"
_WAITING = "#"  # no invoice number of X3 begins so


@dataclass(frozen=True, slots=True)
class PostingNumber:
    """The invoice that a posting number was given to."""

    posting_number: int
    invoice: str

    @property
    def key(self) -> str:
        """The posting number as text."""
        return str(self.posting_number)


def learn(store: Store, invoices: Iterable[Invoice], run: int, *, actor: str) -> tuple[str, ...]:
    """Keeps posting numbers of invoices; the invoices that open items were waiting for."""
    found = [PostingNumber(i.posting_number, i.number) for i in invoices if i.posting_number]
    changes = store_documents(store, _ENTITY, found, run, actor=actor)
    fresh = {entry.key: entry.invoice for entry in found if entry.key in changes.keys}
    claimed: list[str] = []
    for key, number in fresh.items():
        waiting = (Document.entity == "open_item") & (Document.parent == waiting_parent(key))
        if store.change(Document.update(parent=number).where(waiting)):
            claimed.append(number)
    return tuple(claimed)


def parents_of(store: Store, items: Iterable[OpenItem]) -> dict[str, str]:
    """Key of an open item -> its invoice's number, or where it waits for it; indexed."""
    by_item = {item.key: str(item.posting_number or "") for item in items}
    numbers: dict[str, str] = {}
    for lot in lots(sorted(set(by_item.values()) - {""})):
        rows = (decode(PostingNumber, body) for body in documents(store, _ENTITY, keys=lot))
        numbers |= {row.key: row.invoice for row in rows}
    return {key: numbers.get(link) or waiting_parent(link) for key, link in by_item.items()}


def waiting_parent(posting_number: str) -> str:
    """What an open item belongs to while nobody knows its invoice."""
    return f"{_WAITING}{posting_number}"


def is_waiting(parent: str) -> bool:
    """Whether this is no invoice's number."""
    return parent.startswith(_WAITING)
