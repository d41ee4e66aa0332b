"""Credit memos that take back the whole of an invoice (product.md 4, *Reversed in X3*)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.store.sqlite import Store, lots
from core.store.tables import Invoice


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit memo and the invoice it names as its original; `amount` is negative minor units."""

    number: str
    original: str
    supplier: str
    currency: str
    amount: int


def credits_of(
    store: Store, suppliers: Iterable[str], kinds: Collection[int]
) -> dict[str, list[Credit]]:
    """Original invoice -> the credit memos of these suppliers that name it, by number; indexed."""
    found: dict[str, list[Credit]] = {}
    for lot in lots(sorted(set(suppliers))):
        columns = (Invoice.number, Invoice.supplier, Invoice.currency, Invoice.amount, Invoice.body)
        query = Invoice.select(*columns).where(
            Invoice.supplier.in_(lot), Invoice.kind.in_(sorted(kinds)), Invoice.gone == 0
        )
        for row in store.rows(query.order_by(Invoice.number)):
            credit = _credit(row)
            if credit.original:
                found.setdefault(credit.original, []).append(credit)
    return found


def _credit(row: Mapping[str, object]) -> Credit:
    original = json.loads(str(row["body"])).get("original_invoice") or ""
    return Credit(
        number=str(row["number"]),
        original=str(original),
        supplier=str(row["supplier"]),
        currency=str(row["currency"]),
        amount=int(str(row["amount"])),
    )
