"""What a payment was, and what X3 shows beside it, decides what is asked of a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.ap_documents import Missing, PaymentPast
from core.domain.documents import OpenItem
from core.domain.findings import Acceptances, Finding
from core.domain.losses import paid_elsewhere
from core.domain.plan import PaymentFacts, PaymentVerdict, Snapshot, make
from core.domain.postings import PaidInvoice, hand_basis, identity_of, money_of
from core.domain.remittance import details_of
from core.domain.sent import SentInvoice, decide, submitted_of
from core.domain.signs import contradiction
from core.domain.states import PaymentShare, standing
from core.domain.unsent import Verdict
from core.domain.unsent import decide as first_send
from core.domain.vendors import make as make_vendors
from core.domain.vendors import payload_of
from tests.domain.domain_samples import (
    ADDRESS,
    ENCODERS,
    EXTERNAL_ID,
    SUPPLIER,
    accepting,
    ap_invoice,
    books,
    candidate,
    dec,
    encode_vendor,
    invoice,
    item,
    payment,
    policy,
    posted,
)

PAID = {EXTERNAL_ID: PaidInvoice(posted(), (item(),), is_credit=False)}
REFUNDED = PaymentPast("4765360", backs=1, was_refunded=True)


def paying(facts: PaymentFacts, **changes: Any) -> PaymentVerdict:
    snapshot = Snapshot(policy(), books(), date(2026, 3, 20), payments=(facts,), paid=PAID)
    return make(replace(snapshot, **changes), ENCODERS).payments[0]


def codes(verdict: PaymentVerdict | Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def only(verdict: PaymentVerdict | Verdict) -> Finding:
    (finding,) = verdict.findings
    return finding


def held_in_x3(**changes: Any) -> PaymentFacts:
    content = f"{money_of(payment())}:{identity_of(payment())}:0"
    sound = PaymentFacts(payment(), "PY1", "AVD4765360", posted_content=content)
    return replace(sound, **changes)


# Out after it was refunded


def test_out_after_a_refund_is_posted_only_when_a_person_accepts_it() -> None:
    facts = PaymentFacts(payment(), past=REFUNDED)
    asked = paying(facts)
    assert (asked.action, only(asked).code, only(asked).resolutions) == (
        None, "RET-01", ("accept", "done"),
    )  # fmt: skip
    assert paying(replace(facts, accepted=frozenset({only(asked).basis}))).action
    again = replace(facts, past=replace(REFUNDED, backs=2), accepted=frozenset({only(asked).basis}))
    assert codes(paying(again)) == ["RET-01"]


def test_out_after_a_refund_that_a_person_has_done_with_is_not_posted() -> None:
    asked = paying(PaymentFacts(payment(), past=REFUNDED))
    done = paying(PaymentFacts(payment(), past=REFUNDED), acceptances=accepting(only(asked)))
    assert (done.action, codes(done)) == (None, [])


def test_out_after_a_refund_leaves_the_posting_and_asks() -> None:
    verdict = paying(held_in_x3(past=REFUNDED))
    assert (verdict.action, only(verdict).code, only(verdict).resolutions) == (
        None, "RET-01", ("done",),
    )  # fmt: skip
    assert "PY1" in only(verdict).text
    other = PaymentPast("4765360", backs=1)
    assert codes(paying(held_in_x3(past=other))) == []


# A person's hands


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"paid": {}}, "PAY-01"),
        (
            {"paid": {EXTERNAL_ID: PaidInvoice(posted(), (item("1.00"),), is_credit=False)}},
            "BAL-01",
        ),
        ({"paid": {EXTERNAL_ID: PaidInvoice(invoice(), (), is_credit=False)}}, "PER-02"),
        ({"policy": policy(banks={})}, "CFG-01"),
        ({"policy": policy(writes_to_erp=False)}, "PAY-01"),
    ],
)
def test_what_a_person_posts_by_hand_is_never_posted_by_the_program(
    changes: dict[str, Any], code: str
) -> None:
    asked = only(paying(PaymentFacts(payment()), **changes))
    assert asked.code == code
    if "done" in asked.resolutions:
        assert asked.basis == hand_basis(payment())
        by_hand = paying(PaymentFacts(payment(), is_by_hand=True))
        assert (by_hand.action, codes(by_hand)) == (None, [])


def test_by_hand_is_said_of_this_money_only() -> None:
    assert hand_basis(payment()) != hand_basis(payment("1.00"))
    assert hand_basis(payment(state="cleared")) == hand_basis(payment())


def test_refused_posting_that_is_made_by_hand_asks_nobody() -> None:
    refused = PaymentFacts(payment(), outbox="rejected", refused="BPR : Inactive record")
    assert only(paying(refused)).basis == hand_basis(payment())
    assert codes(paying(replace(refused, is_by_hand=True))) == []


def test_what_a_person_holds_is_not_posted_and_takes_nothing_from_others() -> None:
    both = [PaymentFacts(payment(), is_held=True), PaymentFacts(payment(payment_id="4765361"))]
    found = make(Snapshot(policy(), books(), date(2026, 3, 20), payments=both, paid=PAID), ENCODERS)
    held, other = found.payments
    assert (held.action, codes(held)) == (None, [])
    assert other.action is not None
    assert found.actions == [replace(other.action, basis=found.actions[0].basis)]


def test_what_a_held_payment_lacks_is_told_all_the_same() -> None:
    held = paying(PaymentFacts(payment(), is_held=True), policy=policy(banks={}))
    assert (held.action, codes(held)) == (None, ["CFG-01"])


# Reversed, failed, vanished


def test_a_posting_that_a_person_reversed_is_posted_again_on_a_persons_word() -> None:
    finding = only(paying(held_in_x3(is_undone=True, sequence=1)))
    assert (finding.code, finding.resolutions) == ("PAY-01", ("send_again", "done"))
    assert finding.basis == "AVD4765360"


def test_a_payment_that_came_back_and_is_out_again_alike_has_its_next_reference() -> None:
    again = held_in_x3(is_undone=True, sequence=1, past=PaymentPast("4765360", backs=1))
    action = paying(again).action
    assert action
    assert (action.reference, action.info["content"].split(":")[2]) == ("AVD4765360-1", "1")


def test_a_payment_that_fails_after_x3_has_it_names_the_posting() -> None:
    failed = payment(state="failed", exceptions=(2,), exception_texts=("Bank closed",))
    finding = only(paying(held_in_x3(payment=failed)))
    assert (finding.code, finding.resolutions) == ("PAY-01", ("done",))
    assert "PY1" in finding.text


def test_a_payment_that_is_no_longer_shown_is_never_posted() -> None:
    verdict = paying(PaymentFacts(payment(), is_vanished=True))
    assert (verdict.action, only(verdict).code) == (None, "UNK-01")
    assert Missing("1", "2026-03-01").key == "1"


# The invoice beside its payments


@pytest.mark.parametrize(
    ("state", "last", "expected"),
    [
        ("unknown", "payment_issued", "payment_issued"),
        ("unknown", "approved", "approved"),
        ("issued", "payment_scheduled", "payment_issued"),
    ],
)
def test_a_payment_of_unknown_state_keeps_the_invoices_last_one(
    state: str, last: str, expected: str
) -> None:
    shares = [PaymentShare(payment(state=state), dec("1224.00"))]
    found = ap_invoice(state="approved")
    assert standing(found, shares, last=last, was_withdrawn=False).state == expected


def test_money_that_came_back_shows_whatever_else_is_unknown() -> None:
    shares = [
        PaymentShare(payment(state="voided"), dec("1000.00"), is_posted=True),
        PaymentShare(payment(state="unknown"), dec("224.00")),
    ]
    found = standing(ap_invoice(), shares, last="paid", was_withdrawn=False)
    assert found.state == "payment_voided"


def sent(*items: OpenItem, **changes: Any) -> SentInvoice:
    action = first_send(candidate(), books(), policy(), Acceptances(), ENCODERS).action
    assert action
    sound = SentInvoice(
        candidate(posted(), items=items), submitted_of(action.info), action.body, ap_invoice()
    )
    return replace(sound, **changes)


def decided(entry: SentInvoice) -> Verdict:
    return decide(entry, books(), policy(), Acceptances(), ENCODERS)[0]


def share(state: str, net: str, *, is_posted: bool) -> PaymentShare:
    return PaymentShare(payment(net, state=state), dec(net), is_posted=is_posted)


@pytest.mark.parametrize(
    ("shares", "elsewhere"),
    [
        ((), "500.00"),
        ((share("cleared", "500.00", is_posted=True),), "0"),
        ((share("cleared", "300.00", is_posted=True),), "200.00"),
        ((share("voided", "500.00", is_posted=True),), "0"),
        ((share("voided", "500.00", is_posted=False),), "500.00"),
        ((share("issued", "500.00", is_posted=False),), "0"),  # it tells so itself
        ((share("pending", "500.00", is_posted=False),), "500.00"),
        ((share("cleared", "900.00", is_posted=True),), "0"),  # X3 not read yet
    ],
)
def test_what_somebody_else_paid_is_what_x3_shows_beyond_our_postings(
    shares: tuple[PaymentShare, ...], elsewhere: str
) -> None:
    entry = sent(item(paid=dec("400.00"), provisional=dec("100.00")), shares=shares)
    assert paid_elsewhere(entry, policy()) == dec(elsewhere)
    assert ("BAL-01" in codes(decided(entry))) is (dec(elsewhere) > 0)


@pytest.mark.parametrize(
    ("state", "how"), [("in_approval", ("withdraw", "done")), ("approved", ("done",))]
)
def test_paid_in_part_in_x3_names_the_amount_and_what_can_be_done(
    state: str, how: tuple[str, ...]
) -> None:
    finding = only(decided(sent(item(paid=dec("400.00")), found=ap_invoice(state=state))))
    assert (finding.code, finding.resolutions) == ("BAL-01", how)
    assert "400.00 USD" in finding.text


def test_closed_by_somebody_else_names_the_amount() -> None:
    whole = item(paid=dec("1224.00"), closed=2)
    assert "1224.00 USD were paid there" in only(decided(sent(whole))).text
    assert "without a payment" in only(decided(sent(item(closed=2)))).text
    late = only(decided(sent(whole, found=ap_invoice(state="approved"))))
    assert (late.code, late.resolutions) == ("DEL-01", ("keep", "done"))


def test_an_invoice_that_a_credit_memo_takes_back_is_del_01() -> None:
    verdict = decided(sent(item(), reversed_by="CM1"))
    assert (verdict.state, only(verdict).code) == ("needs_review", "DEL-01")
    assert "CM1" in only(verdict).text


def test_an_invoice_that_avidxchange_denies_is_over_once_a_person_says_so() -> None:
    entry = sent(item(approval=3), is_vanished=True)
    verdict, actions = decide(entry, books(), policy(), Acceptances(), ENCODERS)
    assert (verdict.state, only(verdict).code, actions) == ("needs_review", "DEL-02", [])
    accepted = accepting(only(verdict))
    assert decide(entry, books(), policy(), accepted, ENCODERS)[0].state == "excluded"


# Signs


@pytest.mark.parametrize(
    ("kind", "header", "of_item", "is_told"),
    [
        (1, 1, -1, False), (2, -1, 1, False), (1, None, None, False), (1, 0, 0, False),
        (1, -1, -1, True), (2, 1, 1, True), (4, -1, -1, True), (3, 1, 1, True),
    ],
)  # fmt: skip
def test_a_sign_that_contradicts_the_kind_is_asked_about(
    kind: int, header: int | None, of_item: int | None, *, is_told: bool
) -> None:
    found = contradiction(posted(kind=kind, sign=header), (item(sign=of_item),), policy())
    assert (found is not None) is is_told
    if found:
        assert (found.code, found.resolutions) == ("KND-01", ("accept", "exclude"))


# Where the money goes


@pytest.mark.parametrize("is_there", [True, False])
def test_a_vendor_is_neither_made_nor_changed_before_its_remit_to_is_released(
    is_there: bool,  # noqa: FBT001 - a table
) -> None:
    moved = replace(ADDRESS, city="Elsewhere")
    site = books(addresses={("0113", "A01"): moved}, **({} if is_there else {"vendors": {}}))
    made = make_vendors(
        site, policy(), ENCODERS, last_sent={"v00101": "old"}, refused={}, may_create=None,
        today=date(2026, 3, 1),
    )  # fmt: skip
    assert made.actions == []
    assert [f.code for f in made.findings] == ([] if is_there else ["BNK-01"])
    assert made.creatable == (set() if is_there else {"v00101"})


def test_the_remit_to_is_the_default_address_where_none_is_set() -> None:
    plain = replace(SUPPLIER, pay_to_address="")
    assert books().remit_address(plain) == ADDRESS
    assert details_of(plain, ADDRESS).address_code == "A01"


def test_a_remit_to_that_stands_there_is_written_over_by_the_default_address() -> None:
    known = payload_of(SUPPLIER, "V00101", books(), policy()).address
    assert known
    vendor = replace(books().vendors["v00101"], remit_to=replace(known, line1="PO Box 9"))
    found = payload_of(SUPPLIER, "V00101", books(vendors={"v00101": vendor}), policy())
    assert (found.remit_to, encode_vendor(found)) == (known, encode_vendor(found))


# How open items are found


@pytest.mark.parametrize(
    ("link", "changes", "belongs"),
    [
        ("document", {}, True),
        ("document", {"number": "BIS2"}, False),
        ("document", {"type": "SPMEM"}, False),
        ("document", {"type": ""}, True),
        ("accnum", {"posting_number": 88213, "number": "J1", "type": "X"}, True),
        ("accnum", {"posting_number": 1}, False),
        ("accnum", {}, False),
    ],
)
def test_an_open_item_belongs_to_its_invoice_as_the_profile_says(
    link: str,
    changes: dict[str, Any],
    belongs: bool,  # noqa: FBT001 - a table
) -> None:
    assert policy(open_item_link=link).belongs(item(**changes), posted()) is belongs
    assert not policy(open_item_link="accnum").belongs(item(), invoice())
