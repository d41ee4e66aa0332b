"""The window's list of review items: what asks a person, what waits, and what it amounts to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from core.domain.money import Money, total
from core.store import queries, queries_rows, reviews
from core.store.listing import Listing, Member, Rows, Wanted
from core.store.queries_lists import age_days, contains, plain
from core.store.sqlite import Store, lots
from core.store.tables import Review

WAITS = '"waits":true'


@dataclass(frozen=True, slots=True)
class ReviewListing(Listing):
    """Open items; what they are about is added up once, however many items name a document."""

    def totals(self, wanted: Wanted) -> dict[str, str]:
        """Currency -> sum of the documents that matching items name; two queries, more by 500."""
        rows = self.store.rows(self._narrowed(self.query, wanted).select(Review.documents))
        names = {name for row in rows for name in json.loads(row["documents"])}
        sums = total(queries_rows.amounts_of(self.store, names).values())
        return {currency: Money(minor, currency).text for currency, minor in sums.items()}


def review_list(store: Store) -> ReviewListing:
    """Open items; further `waits`, `snoozed`, `assigned`, `count` of documents, `age` in days.

    `amounts` are the sums of the documents by currency. The member `asks` is yes for items that ask
    a person now, no for those that wait by themselves or are snoozed to a day that is to come.
    """

    def asks(part: str) -> Any:
        asleep = [Review.id.in_(lot) for lot in lots(reviews.asleep(store))]
        waiting = reduce(or_, asleep, Review.info.contains(WAITS))
        return ~waiting if part == "yes" else waiting

    def search(text: str) -> Any:
        columns = (Review.documents, Review.title, Review.text, Review.code, Review.cause)
        found = [column.contains(text.strip()) for column in columns]
        return found[0] | found[1] | found[2] | found[3] | found[4]

    members = plain(Review, "code system currency document cause") | {
        "id": Member(Review.id, "number"),
        "asks": Member(Review.info, "chosen", choose=asks),
        "documents": contains(Review.documents),
        "title": contains(Review.title),
        "amount": Member(Review.amount, "amount", currency=Review.currency),
        "since": Member(Review.since, "instant"),
        "age": Member(Review.since, "age"),
    }
    return ReviewListing(
        store=store,
        query=Review.select(),
        key=Review.id,
        key_name="id",
        members=members,
        shape=lambda rows: shown(store, [queries.review_members(row) for row in rows]),
        search=search,
        base=(Review.closed == "",),
    )


def shown(store: Store, rows: Rows) -> Rows:
    """Items with what their list shows beside the members of `review list`; indexed queries."""
    amounts = queries_rows.amounts_of(store, {name for row in rows for name in row["documents"]})
    now = store.clock()
    return [
        row
        | {
            "waits": bool(row["info"].get("waits")),
            "snoozed": reviews.sleeps_until(row["info"], now),
            "assigned": str(row["info"].get("assigned") or ""),
            "count": len(row["documents"]),
            "age": age_days(row["since"], now),
            "amounts": _sums(amounts, row["documents"]),
        }
        for row in rows
    ]


def _sums(amounts: Mapping[str, Money], names: Iterable[str]) -> dict[str, str]:
    """Currency -> sum of those of the named documents that are known."""
    sums = total(amounts[name] for name in names if name in amounts)
    return {currency: Money(minor, currency).text for currency, minor in sums.items()}
