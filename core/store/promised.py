"""Over how much each promise (product.md 8) was evaluated, in words; read only."""

from __future__ import annotations

from typing import Any

import peewee

from core.domain.money import Money
from core.store.sqlite import Store
from core.store.tables import ApPayment, Attempt, Audit, Bookmark, Document, Invoice, Outbox

#: Store setting: JSON, promise -> how much evidence against it a person has accepted.
ACCEPTED = "invariants.accepted"
#: Store setting: when all there is was last looked at; empty has the next evaluation do it.
WHOLE = "invariants.whole"


def counted(store: Store) -> dict[str, str]:
    """Promise -> what it was counted over, as `1,204 sends`; eight counts, in one snapshot."""
    with store.read():
        return {
            "I1": _many(_of_entity(store, "ap_invoice"), "invoice"),
            "I2": _many(_count(store, Attempt.id, Attempt.purpose == "send"), "send"),
            "I3": _sent(store),
            "I4": _many(_count(store, ApPayment.payment_id, ApPayment.posted == 1), "payment"),
            "I5": _many(_of_entity(store, "open_item"), "open item"),
            "I6": _many(_count(store, Invoice.number), "invoice"),
            "I7": _many(_count(store, Bookmark.flow), "bookmark"),
            "I8": _many(_last(store), "row"),
        }


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _count(store: Store, key: Any, *conditions: Any) -> int:
    query = key.model.select(peewee.fn.COUNT(key))
    return int(store.value(query.where(*conditions) if conditions else query) or 0)


def _of_entity(store: Store, entity: str) -> int:
    return _count(store, Document.key, Document.entity == entity)


def _last(store: Store) -> int:
    return int(store.value(Audit.select(peewee.fn.MAX(Audit.sequence))) or 0)


def _sent(store: Store) -> str:
    """The sum of all that is known to have arrived, by currency."""
    query = (
        Outbox.select(Invoice.currency, peewee.fn.SUM(Invoice.amount).alias("total"))
        .join(Invoice, on=(Invoice.number == Outbox.key))
        .where(Outbox.kind == "invoice", Outbox.state == "done")
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    )
    sums = [str(Money(int(row["total"]), row["currency"])) for row in store.rows(query)]
    return " + ".join(sums) or "nothing sent"
