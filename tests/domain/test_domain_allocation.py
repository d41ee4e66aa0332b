"""A payment over the open items of its invoices: oldest first, never more than is open."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.documents import OpenItem
from core.domain.findings import Finding
from core.domain.postings import (
    Balances,
    Posting,
)
from tests.domain.domain_samples import (
    EXTERNAL_ID,
    dec,
    item,
    payment,
    posted,
    remittance,
)
from tests.domain.payment_samples import CREDIT, SECOND, code_of, good, other, paid, posting, shares

# Spreading


HALVES = (item("612.00", 2), item("612.00", 1))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1224.00", [("BIS1", 1, "612.00"), ("BIS1", 2, "612.00")]),
        ("612.00", [("BIS1", 1, "612.00")]),
        ("700.00", [("BIS1", 1, "612.00"), ("BIS1", 2, "88.00")]),
        ("0.01", [("BIS1", 1, "0.01")]),
    ],
)
def test_the_oldest_due_item_is_paid_first(
    amount: str, expected: list[tuple[str, int, str]]
) -> None:
    assert shares(posting(payment(amount), {EXTERNAL_ID: paid(HALVES)})) == expected


def test_an_item_without_a_due_date_comes_last() -> None:
    items = (item("100.00", 1, due_date=None), item("100.00", 2))
    assert shares(posting(payment("150.00"), {EXTERNAL_ID: paid(items)})) == [
        ("BIS1", 2, "100.00"),
        ("BIS1", 1, "50.00"),
    ]


@pytest.mark.parametrize(
    "items",
    [
        (item("1223.99"),),
        (item("1224.00", paid=dec("0.01")),),
        (item("1224.00", provisional=dec("0.01")),),
        (item("1224.00", closed=2),),
        (item("612.00", 1, closed=2), item("612.00", 2)),
    ],
)
def test_more_than_is_open_is_bal_01_and_nothing_is_taken(items: tuple[OpenItem, ...]) -> None:
    balances = Balances()
    assert code_of(posting(ours={EXTERNAL_ID: paid(items)}, balances=balances)) == "BAL-01"
    assert balances.taken == {}


def test_a_part_payment_leaves_the_rest_for_the_next_of_the_same_plan() -> None:
    balances = Balances()
    ours = {EXTERNAL_ID: paid(HALVES)}
    first = posting(payment("1000.00"), ours, balances=balances)
    second = posting(payment("224.00"), ours, balances=balances)
    assert shares(first) == [("BIS1", 1, "612.00"), ("BIS1", 2, "388.00")]
    assert shares(second) == [("BIS1", 2, "224.00")]
    assert code_of(posting(payment("0.01"), ours, balances=balances)) == "BAL-01"


def credited(credit: str, available: str, amount: str) -> Posting | Finding:
    ours = {EXTERNAL_ID: paid(), CREDIT: other("CM1", available, is_credit=True)}
    found = payment(amount, remittances=(remittance("1224.00"), remittance(credit, CREDIT)))
    return posting(found, ours)


def test_a_credit_memo_is_settled_by_a_negative_line() -> None:
    found = good(credited("-80.00", "80.00", "1144.00"))
    assert shares(found) == [("BIS1", 1, "1224.00"), ("CM1", 1, "-80.00")]
    assert found.numbers == ("BIS1", "CM1")
    assert sum(share.amount for share in found.shares) == dec("1144.00")


def test_one_credit_is_not_taken_twice_by_two_payments_of_a_plan() -> None:
    balances = Balances()
    ours = {EXTERNAL_ID: paid((item("5000.00"),)), CREDIT: other("CM1", "80.00", is_credit=True)}
    found = payment("20.00", remittances=(remittance("100.00"), remittance("-80.00", CREDIT)))
    assert shares(posting(found, ours, balances=balances))[-1] == ("CM1", 1, "-80.00")
    assert code_of(posting(found, ours, balances=balances)) == "BAL-01"


def test_a_credit_must_have_that_much_open() -> None:
    assert code_of(credited("-80.00", "79.99", "1144.00")) == "BAL-01"


@pytest.mark.parametrize(("net", "is_credit"), [("-10.00", False), ("10.00", True)])
def test_a_sign_that_does_not_fit_the_kind_is_not_posted(
    net: str,
    is_credit: bool,  # noqa: FBT001 - a table
) -> None:
    amount = str(dec("1224.00") + dec(net))
    ours = {EXTERNAL_ID: paid(), SECOND: other("BIS2", "100.00", is_credit=is_credit)}
    found = payment(amount, remittances=(remittance("1224.00"), remittance(net, SECOND)))
    assert code_of(posting(found, ours)) == "BAL-01"


def test_one_invoice_named_twice_shares_its_items() -> None:
    found = payment("1224.00", remittances=(remittance("1000.00"), remittance("224.00")))
    result = good(posting(found, {EXTERNAL_ID: paid(HALVES)}))
    assert sum(share.amount for share in result.shares) == dec("1224.00")
    assert result.numbers == ("BIS1",)
    more = payment("1300.00", remittances=(remittance("1000.00"), remittance("300.00")))
    assert code_of(posting(more, {EXTERNAL_ID: paid(HALVES)})) == "BAL-01"


def test_two_open_items_of_one_due_line_cannot_be_told_apart_in_x3() -> None:
    items = (item("612.00", 1), item("612.00", 1, line=2))
    assert code_of(posting(payment("100.00"), {EXTERNAL_ID: paid(items)})) == "PAY-01"


def test_a_discount_stays_open_and_is_named() -> None:
    found = payment(
        "1200.00",
        remittances=(remittance("1200.00", gross=dec("1224.00"), discount=dec("24.00")),),
    )
    result = good(posting(found))
    (note,) = result.notes
    assert (note.code, note.blocks, note.asks_person) == ("PAY-01", False, True)
    assert "24.00" in note.text
    assert shares(result) == [("BIS1", 1, "1200.00")]


CENTS = st.integers(1, 20000).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(max_examples=200)
@given(
    balances=st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=4),
    amounts=st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=6),
)
def test_shares_equal_the_payment_and_a_plan_never_gives_more_than_is_open(
    balances: list[tuple[Decimal, Decimal]], amounts: list[tuple[Decimal, Decimal]]
) -> None:
    """Several part payments over two invoices in one plan (product.md 8, I5)."""
    items = {
        number: tuple(
            item(str(pair[at] + pair[1 - at] / 2), line, number=number, paid=pair[1 - at] / 2)
            for line, pair in enumerate(balances, start=1)
        )
        for at, number in enumerate(("BIS1", "BIS2"))
    }
    ours = {
        EXTERNAL_ID: paid(items["BIS1"]),
        SECOND: paid(items["BIS2"], found=posted(number="BIS2")),
    }
    plan = Balances()
    given_away: dict[str, Decimal] = {}
    for one, second in amounts:
        found = payment(
            str(one + second),
            remittances=(remittance(str(one)), remittance(str(second), SECOND)),
        )
        before = dict(plan.taken)
        result = posting(found, ours, balances=plan)
        if isinstance(result, Finding):
            assert result.code == "BAL-01"
            assert plan.taken == before
            continue
        assert sum((s.amount for s in result.shares), Decimal(0)) == found.amount
        assert all(s.amount > 0 for s in result.shares)
        for share in result.shares:
            key = share.item.key
            given_away[key] = given_away.get(key, Decimal(0)) + share.amount
    for entry in (*items["BIS1"], *items["BIS2"]):
        assert given_away.get(entry.key, Decimal(0)) <= entry.open_amount
        assert plan.left(entry) >= 0
