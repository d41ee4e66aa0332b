"""Review items in words: groups, headlines, mappings they wait for, what can be decided."""

from typing import Any

import pytest

from tests.gui.review_rows import item
from ui import looks, review_words
from ui.review_words import causes


def test_items_of_one_code_make_a_group_and_one_alone_a_line() -> None:
    asking, waiting = causes([item(1), item(2), item(3, "DUP-01"), item(4, "STA-01", waits=True)])
    assert [(cause.code, len(cause.children)) for cause in asking] == [("MAP-01", 2), ("DUP-01", 0)]
    assert [cause.code for cause in waiting] == ["STA-01"]
    assert asking[0].documents == 2
    assert asking[0].money == "20.00 USD"
    assert waiting[0].look.kind == "wait"


def test_a_snoozed_item_runs_by_itself_and_the_urgent_stands_first() -> None:
    asking, waiting = causes(
        [
            item(1, documents=["A", "B", "C"]),
            item(2, "DBT-01"),
            item(3, "CHG-01", snoozed="2026-12-01"),
        ]
    )
    assert [cause.code for cause in asking] == ["DBT-01", "MAP-01"]
    assert [cause.code for cause in waiting] == ["CHG-01"]


def test_each_currency_has_its_own_sum() -> None:
    group = causes([item(1), item(2, currency="CAD"), item(3, amount="", currency="")])[0][0]
    assert group.amount == "10.00 CAD, 10.00 USD"
    mixed = item(4, currency="", amount="", amounts={"CAD": "1.50", "USD": "2.00"})
    found = causes([mixed])[0][0]
    assert (found.money, found.brief) == ("1.50 CAD, 2.00 USD", "2 currencies")
    assert found.second == "4 days"
    alone = item(5, amounts={"USD": "7.00"})
    assert causes([alone])[0][0].amount == "7.00"
    assert causes([item(6, amount="0.00")])[0][0].amount == ""


@pytest.mark.parametrize(
    ("cause", "found"),
    [
        ("MAP-01|supplier 0206", ("vendors", "0206", "")),
        ("MAP-03|account CAN/61400", ("gl", "CAN", "61400")),
        ("MAP-06|dimension PRJ P0063", ("dimensions", "PRJ", "P0063")),
        ("MAP-04|group Department", None),
        ("DUP-01|PIH1", None),
    ],
)
def test_which_mapping_an_item_waits_for(cause: str, found: Any) -> None:
    row = item(1, code=cause.partition("|")[0], cause=cause)
    assert review_words.mapping_of(row) == found


def test_headline_and_sentence_say_the_number_and_what_is_safe() -> None:
    cause = causes(
        [item(1, documents=["A", "B", "C"], text="Supplier S1 has no vendor. (3 documents)")]
    )
    found = cause[0][0]
    assert review_words.headline(found) == "3 invoices are waiting for a vendor"
    said = "Supplier S1 has no vendor. Nothing was sent; no record changed."
    assert review_words.sentence(found) == said
    assert review_words.verb(found, "exclude") == "Exclude 3 invoices"
    assert review_words.verb(found, "send_again") == "Send 3 invoices again"
    assert review_words.verb(found, "keep") == "Keep 3 invoices as they are"
    alone = causes([item(2, documents=["A"])])[0][0]
    assert review_words.verb(alone, "send_again") == "Send 1 invoice again"
    assert review_words.verb(alone, "keep") == "Keep as it is"


def test_every_catalogue_code_and_resolution_has_words() -> None:
    from core import views
    from core.errors import CATALOGUE, SIDE_CODES

    assert set(CATALOGUE) - SIDE_CODES <= set(looks.CAUSES)
    assert set(review_words.WAYS) == set(views.HOWS)
    for code in CATALOGUE:
        assert looks.cause(code).icon


def test_facts_of_both_sides_are_shown_as_people_read_them() -> None:
    assert review_words.shown_fact("Amount", "1096.93") == "1,096.93"
    assert review_words.shown_fact("Amount", "none") == "none"
    assert review_words.shown_fact("Due", "2026-09-30") == "09/30/2026"
    assert review_words.shown_fact("State", "payment_scheduled") == "Payment scheduled"
    assert review_words.shown_fact("State", "Approved") == "Approved"


def test_excluding_is_never_the_first_of_several_ways() -> None:
    cause = causes([item(1, "SUP-01", how=["exclude", "withdraw", "done"])])[0][0]
    assert cause.how == ("withdraw", "done", "exclude")
