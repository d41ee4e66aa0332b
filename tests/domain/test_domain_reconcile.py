"""The month end: every cause on its evidence, and a table that adds up both ways."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.domain.reconcile import changed_since, flat, state_of
from core.domain.reconcile_books import (
    ApSide,
    OtherItem,
    PaymentFact,
    Period,
    Position,
    Share,
    SideBooks,
    X3Side,
    kept,
    of_json,
    to_json,
)
from tests.domain.reconcile_samples import (
    AT,
    OCTOBER,
    books,
    paid,
    parts,
    posted,
    share,
    statement,
)

STEP, NEXT = "x3-avidxchange", "avidxchange-payments"


def test_clean_books_have_no_difference_and_nothing_unexplained() -> None:
    settled = paid(posted(5_000), in_x3=5_000, shares=[share(5_000, is_posted=True)])
    found = statement(books(posted(), settled, posted(-700, gross=-700)))
    assert (found.differences, found.unexplained) == ((), ())
    (balance,) = found.balances
    assert (balance.x3, balance.avidxchange, balance.payments) == (9_300, 9_300, 9_300)


@pytest.mark.parametrize(
    ("members", "cause"),
    [
        ({"state": "needs_mapping"}, "not_sent_yet"),
        ({"state": "held"}, "not_sent_yet"),
        ({"state": "in_doubt"}, "in_transit"),
        ({"state": "sending"}, "in_transit"),
        ({"state": "sent", "external_id": "E", "sent": 10_000}, "in_transit"),
        ({"state": "excluded"}, "not_ours"),
        ({"state": "approved", "external_id": "E", "sent": 10_000}, "unexplained"),
        ({"state": "sent", "external_id": "E", "is_vanished": True}, "unexplained"),
    ],
)
def test_what_avidxchange_does_not_have(members: dict[str, Any], cause: str) -> None:
    plain: dict[str, Any] = {"ap": None, "sent": None, "external_id": ""}
    assert parts(books(posted(**(plain | members)))) == [(STEP, cause, 10_000)]


@pytest.mark.parametrize("state", ["rejected", "deleted"])
def test_rejected_and_taken_back(state: str) -> None:
    found = parts(books(posted(ap=ApSide("A1", state, 10_000))))
    assert found == [(STEP, "rejected", 10_000)]


@pytest.mark.parametrize("state", ["received", "in_approval", "on_hold", "disputed", "unknown"])
def test_in_approval_is_open_on_both_sides_and_not_paid_yet(state: str) -> None:
    made = books(posted(ap=ApSide("A1", state, 10_000)))
    assert parts(made) == [(NEXT, "in_approval", 10_000)]
    (balance,) = statement(made).balances
    assert (balance.x3, balance.avidxchange, balance.payments) == (10_000, 10_000, 0)


def test_not_posted_in_x3_yet_and_paid_all_the_same() -> None:
    waiting = posted(x3=None, ap=ApSide("A1", "in_approval", 10_000))
    assert parts(books(waiting))[0] == (STEP, "not_posted_in_x3", -10_000)
    moved = replace(waiting, shares=(share(10_000),))
    found = parts(books(moved))
    assert found == [(STEP, "not_posted_in_x3", -10_000), (STEP, "paid_not_posted", 10_000)]


@pytest.mark.parametrize(
    ("members", "cause", "amount"),
    [
        ({"gross": 10_500, "x3": X3Side(10_500)}, "changed_after_sending", 500),
        ({"gross": 10_002, "x3": X3Side(10_002)}, "rounding", 2),
        (
            {"gross": 10_001, "x3": X3Side(10_001), "is_changed": True},
            "changed_after_sending",
            1,
        ),
        ({"ap": ApSide("A1", "approved", 9_000)}, "recoded", 1_000),
        ({"ap": ApSide("A1", "approved", 10_002)}, "rounding", -2),
        ({"ap": ApSide("A1", "approved", 10_001), "sent": None}, "rounding", -1),
        ({"ap": ApSide("A1", "approved", 9_000), "sent": None}, "unexplained", 1_000),
        ({"x3": X3Side(9_990)}, "unexplained", -10),
        ({"x3": X3Side(10_000, closed=10_000)}, "posted_by_hand", -10_000),
        ({"x3": X3Side(10_000, paid=2_500)}, "posted_by_hand", -2_500),
        ({"x3": None, "is_gone": True}, "changed_after_sending", -10_000),
        ({"x3": X3Side()}, "unexplained", -10_000),
    ],
)
def test_where_the_invoice_differs(members: dict[str, Any], cause: str, amount: int) -> None:
    assert parts(books(posted(**members))) == [(STEP, cause, amount)]


def test_an_amount_of_another_currency_is_never_set_off() -> None:
    found = statement(books(posted(ap=ApSide("A1", "approved", 13_600, "CAD"))))
    lines = [(line.currency, line.cause, line.amount) for line in found.differences]
    assert lines == [("CAD", "currency", -13_600), ("USD", "currency", 10_000)]
    assert [(b.currency, b.x3, b.avidxchange) for b in found.balances] == [
        ("CAD", 0, 13_600),
        ("USD", 10_000, 0),
    ]


@pytest.mark.parametrize(
    ("in_x3", "shares", "wanted"),
    [
        (0, [share(4_000)], [("paid_not_posted", 4_000)]),
        (4_000, [share(4_000, is_posted=True)], []),
        # Somebody posted by hand what AvidXchange paid: no difference of balances.
        (4_000, [share(4_000)], []),
        (1_000, [share(4_000)], [("paid_not_posted", 3_000)]),
        (6_000, [share(4_000)], [("posted_by_hand", -2_000)]),
        (
            4_000,
            [share(4_000, "back", state="voided", is_posted=True)],
            [("void_not_reversed", -4_000)],
        ),
        (4_000, [share(4_000, "back", state="returned", is_posted=True)], [("returned", -4_000)]),
        (4_000, [share(4_000, "back", state="refunded", is_posted=True)], [("returned", -4_000)]),
        (0, [share(4_000, "back", state="voided")], []),
        (0, [share(4_000, "before")], []),
        (3_000, [share(4_000, is_posted=True)], [("unexplained", 1_000)]),
        (4_000, [share(4_000, "unknown", is_posted=True)], [("unexplained", -4_000)]),
        (
            5_000,
            [
                share(3_000, payment_id="P1"),
                share(2_000, "back", state="voided", is_posted=True, payment_id="P2"),
            ],
            [("void_not_reversed", -2_000)],
        ),
    ],
)
def test_where_the_payments_differ(
    in_x3: int, shares: list[Share], wanted: list[tuple[str, int]]
) -> None:
    found = parts(books(paid(posted(), in_x3=in_x3, shares=shares)))
    assert [(cause, amount) for _, cause, amount in found] == wanted


@pytest.mark.parametrize("waits", [False, True])
def test_issued_and_not_cleared(*, waits: bool) -> None:
    is_posted = not waits
    issued = paid(
        posted(),
        in_x3=10_000 if is_posted else 0,
        shares=[share(10_000, "out", is_posted=is_posted)],
    )
    out = PaymentFact("P1", "US10", "USD", 10_000, 10_000, "out", "issued")
    made = books(issued, payments=[out], waits_for_clearing=waits)
    first = [(STEP, "issued_not_cleared", 10_000)] if waits else []
    assert parts(made) == [*first, (NEXT, "issued_not_cleared", -10_000)]
    (balance,) = statement(made).balances
    assert (balance.x3, balance.avidxchange) == (10_000 if waits else 0, 0)
    assert balance.payments == 10_000


def test_a_payment_on_its_way_that_no_invoice_accounts_for_is_unexplained() -> None:
    half = paid(posted(), in_x3=6_000, shares=[share(6_000, "out", is_posted=True)])
    lost = PaymentFact("P1", "US10", "USD", 7_500, 6_000, "out", "issued")
    whole = PaymentFact("P2", "US10", "USD", 900, None, "out", "issued")
    found = parts(books(half, payments=[lost, whole]))
    assert found == [
        (NEXT, "issued_not_cleared", -6_000),
        (NEXT, "unexplained", -1_500),
        (NEXT, "unexplained", -900),
    ]


def test_what_crossfoot_did_not_carry() -> None:
    theirs = Position(
        number="", company="US10", currency="USD", ap=ApSide("A7", "approved", 800, "USD")
    )
    doubled = replace(theirs, external_id="X3|PROD|US10|N1|2", ap=ApSide("A8", "approved", 50))
    item = OtherItem("OD~9~1~1", "US10", "USD", "S9", "2026-10-01", 300)
    found = statement(books(theirs, doubled, others=[item]))
    lines = [(line.cause, line.amount, line.documents) for line in found.differences]
    assert lines == [("not_ours", -500, ("A7", "OD~9~1~1")), ("unexplained", -50, ("A8",))]


def test_a_document_may_differ_twice_and_its_parts_add_up() -> None:
    twice = paid(posted(gross=10_500, x3=X3Side(10_500)), in_x3=700, shares=[])
    (changed, by_hand) = statement(books(twice)).differences
    assert (changed.cause, changed.amount) == ("changed_after_sending", 500)
    assert (by_hand.cause, by_hand.amount) == ("posted_by_hand", -700)
    assert changed.before + by_hand.before == 9_800
    assert changed.after + by_hand.after == 10_000


def test_invoices_of_a_later_month_and_other_companies_are_left_out() -> None:
    later = posted(number="N2", accounting_day="2026-11-01", ap=None)
    canadian = posted(number="N3", company="CA10", currency="CAD", ap=None, sent=None)
    assert [b.company for b in statement(books(posted(), later, canadian)).balances] == [
        "CA10",
        "US10",
    ]
    only = statement(books(posted(), later, canadian), "US10")
    assert [b.company for b in only.balances] == ["US10"]
    assert only.differences == ()


def test_two_documents_without_a_cause_stay_unexplained_when_they_cancel_out() -> None:
    found = statement(books(posted(x3=X3Side(9_990)), posted(number="N2", x3=X3Side(10_010))))
    (line,) = found.unexplained
    assert (line.amount, line.documents) == (0, ("N1", "N2"))


def test_what_changed_since() -> None:
    before = statement(books(posted(ap=None, sent=None, external_id="", state="held")))
    now = statement(books(posted(ap=ApSide("A1", "rejected", 10_000))))
    (moved,) = changed_since(flat(before), now)
    assert (moved.document, moved.before, moved.now) == ("N1", "not_sent_yet", "rejected")
    assert (moved.before_amount, moved.now_amount) == (10_000, 10_000)
    assert changed_since(flat(now), now) == []


def test_the_title_says_which_balances_these_are() -> None:
    made = books(posted())
    assert statement(made).title == "Reconciliation October 2026, balances as of 2026-11-01"
    today = state_of(made, OCTOBER, is_as_of_today=True)
    assert today.title == "Reconciliation October 2026, balances as of today (2026-11-01)"


def test_a_period_is_a_month() -> None:
    month = Period.parse("2028-02")
    assert (month.first, month.last, str(month)) == ("2028-02-01", "2028-02-29", "2028-02")
    assert month.holds("2028-02-29T23:00:00Z")
    assert not month.holds("2028-03-01")
    for text in ("2026-13", "2026-00", "2026-1", "26-10", "2026/10", "0000-01", "2026-10-01", ""):
        with pytest.raises(ValueError, match="no month"):
            Period.parse(text)


# --- properties ------------------------------------------------------------------------------

amounts = some.integers(-500, 500)
shares_of = some.builds(
    Share,
    some.sampled_from(("P1", "P2")),
    some.sampled_from(("before", "out", "done", "back", "unknown")),
    some.sampled_from(("issued", "voided", "returned")),
    amounts,
    some.booleans(),
)
positions = some.builds(
    Position,
    number=some.sampled_from(("N1", "N2", "")),
    company=some.sampled_from(("US10", "CA10")),
    currency=some.sampled_from(("USD", "CAD")),
    state=some.sampled_from(("ready", "sent", "approved", "excluded", "in_doubt")),
    gross=amounts,
    lines=some.integers(1, 3),
    x3=some.none() | some.builds(X3Side, amounts, amounts, amounts),
    ap=some.none()
    | some.builds(
        ApSide,
        some.just("A1"),
        some.sampled_from(("approved", "in_approval", "rejected", "deleted")),
        amounts,
        some.sampled_from(("", "USD", "CAD")),
    ),
    sent=some.none() | amounts,
    external_id=some.sampled_from(("", "E1")),
    is_gone=some.booleans(),
    is_vanished=some.booleans(),
    is_changed=some.booleans(),
    accounting_day=some.sampled_from(("2026-10-03", "2026-11-03")),
    shares=some.lists(shares_of, max_size=3).map(tuple),
)
payments = some.builds(
    PaymentFact,
    payment_id=some.sampled_from(("P1", "P2")),
    company=some.sampled_from(("US10", "CA10")),
    currency=some.sampled_from(("USD", "CAD")),
    amount=amounts,
    nets=some.none() | amounts,
    payment_class=some.sampled_from(("before", "out", "done", "back", "unknown")),
    state=some.just("issued"),
    payment_day=some.sampled_from(("", "2026-10-09")),
)
any_books = some.builds(
    SideBooks,
    some.just(AT),
    some.just(AT),
    some.just(AT),
    some.booleans(),
    some.lists(positions, max_size=5).map(tuple),
    some.lists(
        some.builds(
            OtherItem, some.just("K"), some.just("US10"), some.just("USD"), some.just("S"),
            some.just(""), amounts,
        ),
        max_size=2,
    ).map(tuple),
    some.lists(payments, max_size=3).map(tuple),
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(any_books, some.sampled_from(("", "US10")))
def test_any_books_add_up_along_rows_and_columns(made: SideBooks, company: str) -> None:
    found = statement(made, company)  # raises where it does not add up
    for balance in found.balances:
        own = [p for p in made.positions if p.accounting_day <= OCTOBER.last]
        own = [p for p in own if p.company == balance.company]
        x3 = sum(p.open_x3 for p in own if p.currency == balance.currency)
        x3 += sum(
            o.open for o in made.others if (o.company, o.currency) == (balance.company,
                                                                       balance.currency)
        )  # fmt: skip
        assert balance.x3 == x3
        there = sum(p.open_ap for p in own if p.ap_currency == balance.currency)
        assert balance.avidxchange == there
        first = found.of(balance.company, balance.currency, STEP)
        assert sum(line.before - line.after for line in first) == x3 - there
    assert all(part.amount for line in found.differences for part in line.parts)


@settings(max_examples=30, deadline=None)
@given(any_books)
def test_a_snapshot_gives_the_same_statement(made: SideBooks) -> None:
    again = of_json(json.loads(json.dumps(to_json(made))))
    assert statement(again) == statement(made)
    small = kept(again, OCTOBER)
    assert [line.amount for line in statement(small).unexplained if line.amount] == [
        line.amount for line in statement(made).unexplained if line.amount
    ]
