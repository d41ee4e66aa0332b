"""Review items and decisions."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Protocol

import peewee
import pytest

from core.store import queries, reviews
from core.store.reviews import ReviewDraft
from core.store.sqlite import Store
from core.store.tables import Review

DRAFT = ReviewDraft(
    code="MAP-01",
    cause="MAP-01|S1",
    title="The supplier is not linked",
    text="S1 has no row.",
    fix="Map it.",
    document="S1",
    documents=("N1", "N2"),
    system="x3",
    currency="USD",
    amount=-12345,
    how=("exclude",),
    info={"supplier": "S1"},
)


class Moving(Protocol):
    """The clock of conftest.py."""

    def move(self, seconds: float) -> datetime: ...


def open_item(store: Store, draft: ReviewDraft = DRAFT) -> int:
    with store.write():
        return reviews.open_item(store, draft, 1)


def test_an_item_keeps_its_id_while_its_cause_stands(store: Store, clock: Moving) -> None:
    first = open_item(store)
    since = store.now()
    with store.write():
        reviews.put_info(store, first, {"assigned": "ben"}, actor="anna")
    clock.move(60)
    grown = dataclasses.replace(DRAFT, documents=("N1", "N2", "N3"), amount=5, text="Still none.")
    assert open_item(store, grown) == first
    assert open_item(store, grown) == first
    row = reviews.review_item(store, first)
    assert row is not None
    assert (row.documents, row.amount, row.text, row.since) == (
        ("N1", "N2", "N3"), 5, "Still none.", since,
    )  # fmt: skip
    assert row.info == {"supplier": "S1", "assigned": "ben"}
    assert [e["action"] for e in queries.audit_of(store, ["S1"])] == [
        "review opened", "review noted",
    ]  # fmt: skip


def test_two_open_items_of_one_cause_are_impossible(store: Store) -> None:
    open_item(store)
    with pytest.raises(peewee.IntegrityError), store.write():
        store.insert(Review, {"code": "MAP-01", "cause": "MAP-01|S1"})


def test_items_close_when_their_cause_is_gone_within_the_scope(store: Store) -> None:
    one = open_item(store)
    two = open_item(store, dataclasses.replace(DRAFT, cause="MAP-01|S2", document="S2"))
    three = open_item(store, dataclasses.replace(DRAFT, code="DUP-01", cause="DUP-01|N1"))
    with store.write():
        assert reviews.close_missing(store, {"MAP-01|S1"}, codes={"MAP-01"}) == (two,)
        assert reviews.close_missing(store, set(), documents={"S9"}) == ()
    assert [row.id for row in reviews.open_items(store)] == [one, three]
    assert [row.id for row in reviews.open_items(store, ["DUP-01"])] == [three]
    assert reviews.last_closed(store) == store.now()
    again = open_item(store, dataclasses.replace(DRAFT, cause="MAP-01|S2", document="S2"))
    assert again not in (one, two, three)


def test_a_person_settles_an_item_one_of_its_ways_with_a_reason(store: Store) -> None:
    item = open_item(store)
    assert reviews.last_closed(store) == ""
    with pytest.raises(ValueError, match="by exclude, not by link"), store.write():
        reviews.resolve(store, item, how="link", reason="", actor="anna")
    with store.write():
        was = reviews.resolve(store, item, how="exclude", reason="not ours", actor="anna")
    assert was.documents == ("N1", "N2")
    row = reviews.review_item(store, item)
    assert row is not None
    assert (row.closed, row.resolution, row.reason, row.by) == (
        store.now(), "exclude", "not ours", "anna",
    )  # fmt: skip
    for number in (item, 99):
        with pytest.raises(KeyError), store.write():
            reviews.resolve(store, number, how="exclude", reason="", actor="anna")
    told = queries.audit_of(store, ["S1"])[-1]
    assert (told["action"], told["after"]) == (
        "review resolved", '{"how":"exclude","reason":"not ours"}',
    )  # fmt: skip


def test_the_list_shows_what_is_open(store: Store) -> None:
    item = open_item(store)
    open_item(store, dataclasses.replace(DRAFT, code="NET-01", cause="NET-01", currency=""))
    (shown, other) = queries.reviews(store).rows
    wanted = {
        "id": item, "code": "MAP-01", "document": "S1", "documents": ["N1", "N2"], "system": "x3",
        "currency": "USD", "amount": "-123.45", "since": store.now(), "text": "S1 has no row.",
        "title": "The supplier is not linked", "fix": "Map it.", "how": ["exclude"],
    }  # fmt: skip
    assert {name: shown[name] for name in wanted} == wanted
    assert other["amount"] == ""
    assert queries.count_reviews(store) == 2
    assert queries.count_reviews(store, ["MAP-01"]) == 1
    assert queries.count_reviews(store, is_open=False) == 0


def test_a_new_decision_takes_the_place_of_the_old_one(store: Store) -> None:
    def decide(how: str) -> int:
        with store.write():
            return reviews.decide(
                store, "N1", code="DUP-01", how=how, basis="h1", reason="checked", actor="anna"
            )

    decide("accept")
    second = decide("exclude")
    (row,) = reviews.decisions(store, ["N1", "N2"])
    assert (row.id, row.how, row.basis, row.reason, row.by) == (
        second, "exclude", "h1", "checked", "anna",
    )  # fmt: skip
    assert reviews.decisions(store) == [row]
    with store.write():
        assert reviews.end_decision(store, second, actor="ben", reason="mistake") is True
        assert reviews.end_decision(store, second, actor="ben") is False
    assert reviews.decisions(store) == []
    actions = [e["action"] for e in queries.audit_of(store, ["N1"])]
    assert actions == ["decided", "decided", "decision ended"]


def test_what_is_not_there_cannot_be_noted(store: Store) -> None:
    with pytest.raises(KeyError), store.write():
        reviews.put_info(store, 4, {}, actor="anna")
