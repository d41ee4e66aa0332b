"""Payments of several invoices, foreign and unknown ones, and money that moves in X3 by hand."""

from __future__ import annotations

from collections.abc import Iterator

from tests.engine.histories import Case, History, approved, ends, paid

# Several of one, one of several


def one_for_three(case: Case) -> Iterator[None]:
    numbers = [case.invoice(f"{amount}.00") for amount in (11, 22, 33)]
    yield
    case.approve(*numbers)
    case.number, case.payment = numbers[0], case.pay(*numbers, status="Cleared")
    yield
    ends(case, "paid", (), "")
    assert [case.state(number) for number in numbers] == ["paid"] * 3
    assert [case.paid(number) for number in numbers] == ["11.00", "22.00", "33.00"]


def three_for_one(case: Case) -> Iterator[None]:
    yield from approved(case, "1000.00", PTE="US2X50")
    first = case.pay(case.number, amounts=["600.00"], status="Cleared")
    yield
    assert case.state(case.number) == "part_paid"
    second = case.pay(case.number, amounts=["300.00"], status="Issued to Supplier")
    yield
    assert case.state(case.number) == "part_paid"
    third = case.pay(case.number, amounts=["100.00"], status="Cleared")
    yield
    assert (case.state(case.number), case.paid(case.number)) == ("payment_issued", "1000.00")
    case.to(second, "Cleared")
    yield
    assert (case.state(case.number), case.codes()) == ("paid", [])
    assert [case.refs(p) for p in (first, second, third)] == [
        [f"AVD{p}"] for p in (first, second, third)
    ]


def one_of_two_equal_parts_comes_back(case: Case) -> Iterator[None]:
    yield from approved(case, "200.00")
    first = case.pay(case.number, amounts=["100.00"], status="Cleared")
    second = case.pay(case.number, amounts=["100.00"], status="Cleared")
    yield
    assert case.state(case.number) == "paid"
    case.act("avid.void", first)
    yield
    assert (case.state(case.number), case.codes()) == ("payment_voided", ["VOI-01"])
    case.reverse(first)
    yield
    assert (case.state(case.number), case.codes()) == ("part_paid", [])
    assert (case.refs(first), case.refs(second)) == ([], [f"AVD{second}"])


def more_than_the_invoice(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared")
    excess = case.pay(case.number, amounts=["25.00"], status="Cleared")
    yield
    ends(case, "paid", ("BAL-01",), "")
    assert case.refs(excess) == []
    case.resolve("BAL-01", "done")
    yield
    ends(case, "paid", (), "")
    assert case.refs(excess) == []


def discount_taken(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared", discounts=["2.00"])
    ends(case, "part_paid", ("PAY-01",), "")
    assert case.paid(case.number) == "98.00"
    case.resolve("PAY-01", "done")
    yield
    ends(case, "part_paid", (), "")


def credits_netted_then_voided(case: Case) -> Iterator[None]:
    bill, memo = case.invoice("100.00"), case.invoice("30.00", INVTYP=2)
    yield
    case.approve(bill, memo)
    case.number, case.payment = bill, case.pay(bill, memo, status="Cleared")
    yield
    ends(case, "paid", (), "")
    assert (case.state(memo), case.paid(memo)) == ("paid", "30.00")
    case.act("avid.void", case.payment)
    yield
    assert (case.state(bill), case.state(memo)) == ("payment_voided", "payment_voided")
    case.reverse(case.payment)
    yield
    assert (case.state(bill), case.state(memo), case.codes()) == ("approved", "approved", [])


def other_currency(case: Case) -> Iterator[None]:
    yield from approved(case, "75.00", FCY="CA011", CUR="CAD")
    case.payment = case.pay(case.number, status="Cleared")
    yield
    ends(case, "paid", (), "")
    assert case.site.postings(case.payment)[0]["CUR"] == "CAD"


# What we did not send, or do not know


def portal_payment_of_a_foreign_invoice(case: Case) -> Iterator[None]:
    case.act("avid.insert_foreign_invoice", case.vendor, f"F-{case.code}", "25.00")
    payment = case.pay(f"F-{case.code}", status="Pending Approval")
    yield
    assert case.codes() == []
    case.to(payment, "Cleared")
    yield
    assert (case.refs(payment), case.codes()) == ([], ["PAY-01"])
    assert f"F-{case.code}" in case.text("PAY-01")
    case.resolve("PAY-01", "done")
    yield
    assert (case.refs(payment), case.codes()) == ([], [])


def foreign_invoice_beside_ours(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.act("avid.insert_foreign_invoice", case.vendor, f"F-{case.code}", "25.00")
    case.payment = case.pay(case.number, f"F-{case.code}", status="Cleared")
    yield
    ends(case, "paid", ("PAY-01",))
    assert case.paid(case.number) == "0.00"


def unknown_state_before_posting(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.set_payment_status", case.payment, "Sent by pigeon")
    yield
    ends(case, "payment_scheduled", ("UNK-01",))
    case.resolve("UNK-01", "done")
    yield
    ends(case, "payment_scheduled")
    case.act("avid.set_payment_status", case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")


def unknown_state_after_posting(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.set_payment_status", case.payment, "Lost at sea")
    yield
    ends(case, "payment_issued", ("UNK-01",), "")
    case.act("avid.set_payment_status", case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")


def unknown_method(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Processing")
    case.act("avid.change_payment", case.payment, {"PaymentMethod": "Carrier pigeon"})
    yield
    case.act("avid.set_payment_status", case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", (), "")
    assert case.site.payment(case.payment).method == "other"


def late_news_is_older_news(case: Case) -> Iterator[None]:
    yield from paid(case)
    ends(case, "payment_issued", (), "")
    case.act("avid.change_payment", case.payment, {"Status": "Void"})
    case.act("avid.restamp", "payment", case.payment, 1800)
    yield
    ends(case, "payment_issued", (), "")


# Somebody else in X3


def posted_by_hand_meanwhile(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Issued to Supplier")
    by_hand = case.act("x3.pay_by_hand", case.number)
    yield
    ends(case, "payment_issued", ("BAL-01",))
    case.resolve("BAL-01", "link", to=by_hand)
    yield
    ends(case, "payment_issued")
    assert case.site.payment(case.payment).x3_payment == by_hand
    assert case.paid(case.number) == "100.00"


def posted_by_hand_under_our_reference(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Issued to Supplier")
    case.act("x3.pay_by_hand", case.number, "", f"AVD{case.payment}")
    yield
    ends(case, "payment_issued", (), "")
    assert case.site.payment(case.payment).posted


def paid_in_part_by_hand_before_avidxchange_pays(case: Case) -> Iterator[None]:
    yield from approved(case)
    yield
    case.act("x3.pay_by_hand", case.number, "40.00")
    yield
    ends(case, "approved", ("BAL-01",))
    assert "40.00" in case.text("BAL-01")
    case.payment = case.pay(case.number, status="Cleared")
    yield
    ends(case, "paid", ("BAL-01",))
    case.resolve("BAL-01", "done")
    yield
    ends(case, "paid")
    assert case.paid(case.number) == "40.00"


def paid_before_x3_has_posted_it(case: Case) -> Iterator[None]:
    yield from approved(case, post=False)
    case.payment = case.pay(case.number, status="Cleared")
    yield
    ends(case, "paid")
    case.act("x3.post", case.number)
    yield
    ends(case, "paid", (), "")


def reversed_in_x3_alone(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared")
    case.reverse(case.payment)
    yield
    assert case.codes() == ["PAY-01"]
    case.resolve("PAY-01", "send_again")
    yield
    ends(case, "paid", (), "-1")
    assert case.paid(case.number) == "100.00"


# Posted when cleared


def issued_is_not_posted_yet(case: Case) -> Iterator[None]:
    yield from paid(case)
    ends(case, "payment_issued")
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")
    cleared = next(r for r in case.site.rows("avid:payment") if r["PaymentId"] == case.payment)
    assert case.site.postings(case.payment)[0]["ACCDAT"] == cleared["ClearedDate"]


def issued_then_void_leaves_nothing(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.void", case.payment)
    yield
    ends(case, "approved")


def issued_then_again_then_cleared(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.stop", case.payment)
    yield
    ends(case, "approved")
    case.act("avid.reissue_same", case.payment)
    yield
    ends(case, "payment_scheduled")
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")


def cleared_then_returned(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared")
    case.act("avid.return_", case.payment)
    yield
    ends(case, "payment_returned", ("RET-01",), "")


def paid_by_hand_while_it_is_out(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("x3.pay_by_hand", case.number)
    yield
    ends(case, "payment_issued", ("BAL-01",))
    assert "100.00" in case.text("BAL-01")
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", ("BAL-01",))
    assert case.paid(case.number) == "100.00"


SHARES: tuple[History, ...] = (
    one_for_three,
    three_for_one,
    one_of_two_equal_parts_comes_back,
    more_than_the_invoice,
    discount_taken,
    credits_netted_then_voided,
    other_currency,
    portal_payment_of_a_foreign_invoice,
    foreign_invoice_beside_ours,
    unknown_state_before_posting,
    unknown_state_after_posting,
    unknown_method,
    late_news_is_older_news,
    posted_by_hand_meanwhile,
    posted_by_hand_under_our_reference,
    paid_in_part_by_hand_before_avidxchange_pays,
    paid_before_x3_has_posted_it,
    reversed_in_x3_alone,
)
CLEARED: tuple[History, ...] = (
    issued_is_not_posted_yet, issued_then_void_leaves_nothing, issued_then_again_then_cleared,
    cleared_then_returned, paid_by_hand_while_it_is_out,
)  # fmt: skip
