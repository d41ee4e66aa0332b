"""Amounts of several currencies are sorted and compared by value, not by their coins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.domain.documents import Invoice
from core.store import queries_lists, records
from core.store.listing import Wanted
from core.store.queries_lists import Names
from core.store.sqlite import Store

AMOUNTS = {
    "A": ("JPY", "5000"), "B": ("USD", "60.00"), "C": ("KWD", "70.005"), "D": ("USD", "4999.99"),
    "E": ("CLF", "60.0001"), "F": ("USD", "-7.00"),
}  # fmt: skip
BY_VALUE = ["F", "B", "E", "C", "D", "A"]


def fill(store: Store) -> Any:
    kinds = {True: 2, False: 1}
    documents = [
        Invoice(
            number,
            kind=kinds[text.startswith("-")],
            currency=currency,
            gross=abs(Decimal(text)),
        )
        for number, (currency, text) in AMOUNTS.items()
    ]
    with store.write():
        records.store_invoices(store, documents, 1, credit_kinds={2})
    names = Names(str, lambda _: [], str)
    return queries_lists.invoice_list(store, names)


def numbers(listing: Any, wanted: Wanted, limit: int = 2) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        rows, after = listing.page(wanted, after, limit)
        found += [row["number"] for row in rows]
        if after is None:
            return found


def test_pages_by_amount_are_in_the_order_of_value(store: Store) -> None:
    listing = fill(store)
    assert numbers(listing, Wanted(order="amount")) == BY_VALUE
    assert numbers(listing, Wanted(order="amount", descending=True)) == BY_VALUE[::-1]


def test_an_amount_is_looked_for_by_its_value(store: Store) -> None:
    listing = fill(store)
    assert set(numbers(listing, Wanted(members={"amount": ">=5000"}))) == {"A"}
    assert set(numbers(listing, Wanted(members={"amount": "5000"}))) == {"A"}
    assert set(numbers(listing, Wanted(members={"amount": ">60 <70.01"}))) == {"E", "C"}
    assert numbers(listing, Wanted(members={"amount": "70.005"})) == ["C"]
