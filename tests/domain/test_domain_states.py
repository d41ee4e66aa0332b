"""States as tables: what payments make of an invoice, and an outbox without a dead end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ap_documents import INVOICE_STATES as AP_STATES
from core.domain.ap_documents import PAYMENT_CLASSES
from core.domain.states import (
    INVOICE_STATES,
    LIVE_OUTBOX,
    OUTBOX_MOVES,
    PaymentShare,
    payment_word,
    standing,
)
from tests.domain.domain_samples import ap_invoice, dec, payment


def share(state: str, net: str = "100.00", *, is_posted: bool = False) -> PaymentShare:
    return PaymentShare(replace(payment(net), state=state), dec(net), is_posted)


HUNDRED = dec("100.00")


@pytest.mark.parametrize(
    ("shares", "word"),
    [
        ([], ""),
        # before issue, failed too
        ([share("pending")], "scheduled"),
        ([share("held")], "scheduled"),
        ([share("processing")], "scheduled"),
        ([share("failed")], "scheduled"),
        # issued or done below the amount
        ([share("issued", "99.99")], "part_paid"),
        ([share("cleared", "99.99")], "part_paid"),
        ([share("cleared", "40.00"), share("issued", "40.00")], "part_paid"),
        ([share("cleared", "40.00"), share("pending", "60.00")], "part_paid"),
        # equal and one still only issued
        ([share("issued")], "issued"),
        ([share("cleared", "60.00"), share("issued", "40.00")], "issued"),
        # equal and all done
        ([share("cleared")], "paid"),
        ([share("cleared", "60.00"), share("cleared", "40.00")], "paid"),
        ([share("cleared", "150.00")], "paid"),
        # back before it was posted
        ([share("voided")], ""),
        ([share("stopped")], ""),
        ([share("returned")], ""),
        ([share("refunded")], ""),
        ([share("reissued")], ""),
        ([share("voided"), share("issued")], "issued"),
        ([share("voided"), share("pending")], "scheduled"),
        # back and posted in X3
        ([share("voided", is_posted=True)], "voided"),
        ([share("stopped", is_posted=True)], "voided"),
        ([share("reissued", is_posted=True)], "voided"),
        ([share("returned", is_posted=True)], "returned"),
        ([share("refunded", is_posted=True)], "returned"),
        ([share("voided", is_posted=True), share("returned", is_posted=True)], "returned"),
        ([share("voided", is_posted=True), share("cleared")], "voided"),
        ([share("returned", is_posted=True), share("cleared")], "returned"),
        # a state that is not known says nothing
        ([share("unknown")], ""),
        ([share("unknown"), share("pending")], "scheduled"),
        ([share("cleared", is_posted=True)], "paid"),
    ],
)
def test_the_word_for_the_payments_of_an_invoice(shares: list[PaymentShare], word: str) -> None:
    assert payment_word(HUNDRED, shares) == word
    assert payment_word(HUNDRED, list(reversed(shares))) == word


@pytest.mark.parametrize(
    ("nets", "word"), [(["-100.00"], "paid"), (["-40.00"], "part_paid"), (["-40", "-60"], "paid")]
)
def test_a_credit_memo_is_settled_by_negative_shares(nets: list[str], word: str) -> None:
    assert payment_word(-HUNDRED, [share("cleared", net) for net in nets]) == word


SHARES = st.lists(
    st.builds(
        lambda state, cents, is_posted: share(
            state, str(Decimal(cents).scaleb(-2)), is_posted=is_posted
        ),
        st.sampled_from(sorted(PAYMENT_CLASSES)),
        st.integers(1, 12000),
        st.booleans(),
    ),
    max_size=5,
)


@given(SHARES)
def test_paid_is_never_said_while_money_is_missing_or_on_its_way(
    shares: list[PaymentShare],
) -> None:
    word = payment_word(HUNDRED, shares)
    classes = [s.payment.payment_class for s in shares]
    moved = sum(s.net for s in shares if s.payment.payment_class in ("out", "done"))
    if word == "paid":
        assert moved >= 100
        assert "out" not in classes
    if word == "issued":
        assert moved >= 100
        assert "out" in classes
    if word == "part_paid":
        assert 0 < moved < 100
    if word in ("voided", "returned"):
        assert any(s.is_posted and s.payment.payment_class == "back" for s in shares)
    if any(s.is_posted and s.payment.payment_class == "back" for s in shares):
        assert word in ("voided", "returned")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("received", "sent"),
        ("in_approval", "in_approval"),
        ("on_hold", "in_approval"),
        ("disputed", "in_approval"),
        ("approved", "approved"),
        ("exported", "approved"),
        ("rejected", "rejected"),
        ("deleted", "needs_review"),
        ("unknown", "in_approval"),
    ],
)
def test_the_state_of_avidxchange_becomes_ours(state: str, expected: str) -> None:
    found = standing(ap_invoice(state=state), (), last="in_approval", was_withdrawn=False)
    assert (found.state, found.payment) == (expected, "")
    is_gone = state in ("deleted", "rejected")
    assert found.open_amount == (None if is_gone else dec("1224.00"))


def test_deleted_by_us_is_excluded() -> None:
    found = standing(ap_invoice(state="deleted"), (), last="sent", was_withdrawn=True)
    assert (found.state, found.open_amount) == ("excluded", None)


def test_an_unknown_text_keeps_the_last_state_and_without_one_it_is_sent() -> None:
    found = standing(ap_invoice(state="unknown"), (), last="", was_withdrawn=False)
    assert found.state == "sent"


@pytest.mark.parametrize(
    ("word", "shares"),
    [
        ("payment_scheduled", [share("pending")]),
        ("part_paid", [share("issued", "1.00")]),
        ("payment_issued", [share("issued", "1224.00")]),
        ("paid", [share("cleared", "1224.00")]),
        ("payment_voided", [share("voided", "1224.00", is_posted=True)]),
        ("payment_returned", [share("refunded", "1224.00", is_posted=True)]),
    ],
)
@pytest.mark.parametrize("state", AP_STATES)
def test_payments_speak_before_the_state_of_the_invoice(
    state: str, word: str, shares: list[PaymentShare]
) -> None:
    assert standing(ap_invoice(state=state), shares, last="sent", was_withdrawn=False).state == word


def test_a_payment_voided_before_posting_takes_the_invoice_back_to_approved() -> None:
    found = standing(
        ap_invoice(state="approved"), [share("voided", "1224.00")], last="x", was_withdrawn=False
    )
    assert (found.state, found.open_amount) == ("approved", dec("1224.00"))


def test_open_in_avidxchange_is_what_no_payment_has_moved() -> None:
    shares = [share("issued", "200.00"), share("cleared", "24.00"), share("pending", "1000.00")]
    found = standing(ap_invoice(state="approved"), shares, last="x", was_withdrawn=False)
    assert found.open_amount == dec("1000.00")
    late = standing(ap_invoice(state="rejected"), shares, last="x", was_withdrawn=False)
    assert late.open_amount == dec("1000.00")


@pytest.mark.parametrize("state", AP_STATES)
@pytest.mark.parametrize("was_withdrawn", [True, False])
@given(shares=SHARES, last=st.sampled_from(sorted(INVOICE_STATES)))
def test_every_combination_has_a_state_of_the_one_list(
    state: str,
    was_withdrawn: bool,  # noqa: FBT001 - given by name
    shares: list[PaymentShare],
    last: str,
) -> None:
    found = standing(ap_invoice(state=state), shares, last=last, was_withdrawn=was_withdrawn)
    assert found.state in INVOICE_STATES


def test_the_list_of_states_is_that_of_product_md() -> None:
    listed = (
        "ready needs_mapping needs_review held sending in_doubt sent in_approval approved rejected "
        "payment_scheduled payment_issued part_paid paid payment_voided payment_returned "
        "changed_after_sending excluded"
    )
    assert list(INVOICE_STATES) == listed.split()


def test_colours_say_what_product_md_says() -> None:
    by_colour: dict[str, set[str]] = {}
    for state, (_, colour) in INVOICE_STATES.items():
        by_colour.setdefault(colour, set()).add(state)
    assert by_colour["ok"] == {"paid"}
    assert by_colour["bad"] == {"rejected", "payment_returned", "payment_voided"}
    assert by_colour["doubt"] == {"in_doubt"}
    assert by_colour["warn"] >= {"held", "needs_mapping", "needs_review"}


# The outbox (house.md 8)

FINAL = {"done", "cancelled"}


def reachable(start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        for state in OUTBOX_MOVES[left.pop()] - found:
            found.add(state)
            left.append(state)
    return found


def test_final_states_have_no_exit_and_every_other_has_one() -> None:
    assert {state for state, moves in OUTBOX_MOVES.items() if not moves} == FINAL


@pytest.mark.parametrize("state", sorted(set(OUTBOX_MOVES) - FINAL))
def test_no_state_of_the_outbox_is_a_dead_end(state: str) -> None:
    assert reachable(state) & FINAL
    assert OUTBOX_MOVES[state] - {state}


def test_moves_lead_only_to_states_that_exist_and_live_ones_are_not_final() -> None:
    assert frozenset().union(*OUTBOX_MOVES.values()) <= set(OUTBOX_MOVES)
    assert set(OUTBOX_MOVES) - FINAL == LIVE_OUTBOX
    assert reachable("ready") == set(OUTBOX_MOVES)


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        ("ready", {"sending", "cancelled"}),
        ("sending", {"done", "rejected", "ready", "in_doubt"}),
        ("in_doubt", {"done", "review", "ready"}),
        ("rejected", {"cancelled"}),
        ("review", {"done", "ready", "cancelled"}),
    ],
)
def test_the_moves_of_house_md_are_allowed(state: str, moves: set[str]) -> None:
    assert moves <= OUTBOX_MOVES[state]


@pytest.mark.parametrize(
    ("state", "never"),
    [("ready", "in_doubt"), ("sending", "cancelled"), ("rejected", "ready"), ("rejected", "done")],
)
def test_moves_that_could_lose_or_double_a_document_are_not_allowed(state: str, never: str) -> None:
    assert never not in OUTBOX_MOVES[state]
