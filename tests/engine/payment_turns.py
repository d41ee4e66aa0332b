"""Payments that turn more than once, and ones that do not fit (avidxchange.md 5.2, 7.24-7.28)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engine.histories import Case, History, approved, ends, paid


def _row(case: Case, payment: int) -> dict[str, Any]:
    return next(row for row in case.site.rows("avid:payment") if row["PaymentId"] == payment)


# Back, and then back in another way


def stopped_then_refunded(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.stop", case.payment)
    yield
    ends(case, "payment_voided", ("VOI-01",), "")
    case.act("avid.refund", case.payment)
    yield
    ends(case, "payment_returned", ("RET-01",), "")
    case.reverse(case.payment)
    yield
    ends(case, "approved")


def returned_then_refunded_less_a_fee(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared", method="AvidPay Direct")
    case.act("avid.return_", case.payment)
    yield
    ends(case, "payment_returned", ("RET-01",), "")
    case.act("avid.refund", case.payment, "3.50")
    yield
    ends(case, "payment_returned", ("RET-01",), "")
    assert "96.50 of 100.00" in case.text("RET-01")


def two_turns_under_one_id(case: Case) -> Iterator[None]:
    """Returned, reversed and issued again, twice: each posting has a REF of its own."""
    yield from paid(case, "ACH Credit Issued", method="AvidPay Direct")
    for turn in ("-1", "-2"):
        case.act("avid.return_", case.payment)
        yield
        ends(case, "payment_returned", ("RET-01",), *_before(turn))
        case.reverse(case.payment)
        yield
        ends(case, "approved")
        case.act("avid.reissue_same", case.payment)
        case.to(case.payment, "Cleared")
        yield
        ends(case, "paid", (), turn)
    assert case.paid(case.number) == "100.00"


def _before(turn: str) -> tuple[str, ...]:
    return ("",) if turn == "-1" else ("-1",)


def void_before_posting_then_issued_again(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.void", case.payment)
    yield
    ends(case, "approved")
    case.act("avid.reissue_same", case.payment)
    yield
    ends(case, "payment_scheduled")
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")


def method_changes_before_it_is_out(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing", method="Virtual Credit Card")
    case.act("avid.change_method", case.payment, "AvidPay Direct")
    yield
    ends(case, "payment_scheduled")
    case.to(case.payment, "ACH Credit Issued")
    yield
    ends(case, "payment_issued", (), "")
    assert case.site.payment(case.payment).method == "ach"


def held_for_days_after_its_approval(case: Case) -> Iterator[None]:
    yield from paid(case, "Pending Approval")
    case.act("avid.hold_payment", case.payment)
    yield
    ends(case, "payment_scheduled")
    case.act("avid.release_payment", case.payment)
    yield
    ends(case, "payment_scheduled")
    case.act("avid.void", case.payment)
    yield
    ends(case, "approved")


# Replaced under another id


def returned_then_replaced(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared", method="AvidPay Direct")
    case.act("avid.return_", case.payment)
    yield
    new = case.act("avid.reissue_new", case.payment)
    case.to(new, "Issued to Supplier")
    yield
    assert case.refs(new) == []
    case.reverse(case.payment)
    yield
    assert (case.refs(case.payment), case.refs(new)) == ([], [f"AVD{new}"])
    assert (case.state(case.number), case.codes()) == ("payment_issued", [])


def replaced_and_a_person_says_reverse(case: Case) -> Iterator[None]:
    yield from paid(case)
    new = case.act("avid.reissue_new", case.payment)
    case.to(new, "Cleared")
    yield
    case.resolve("VOI-01", "reverse", new)
    yield
    # A word reverses nothing: it waits until X3 shows the item open again.
    assert (case.refs(new), "VOI-01" in case.codes()) == ([], True)
    case.reverse(case.payment)
    yield
    assert (case.refs(case.payment), case.refs(new)) == ([], [f"AVD{new}"])
    assert (case.state(case.number), case.codes()) == ("paid", [])


def replaced_twice_before_posting(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    second = case.act("avid.reissue_new", case.payment)
    yield
    third = case.act("avid.reissue_new", second)
    case.to(third, "Cleared")
    yield
    assert [case.refs(one) for one in (case.payment, second)] == [[], []]
    assert case.refs(third) == [f"AVD{third}"]
    assert (case.state(case.number), case.codes()) == ("paid", [])


# What does not fit


def sums_do_not_add_up_until_they_do(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Processing")
    case.act("avid.change_payment", case.payment, {"Amount": "99.00"})
    case.to(case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", ("PAY-01",))
    case.act("avid.change_payment", case.payment, {"Amount": "100.00"})
    yield
    ends(case, "payment_issued", (), "")


def amount_of_nothing(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Processing")
    less = {**_row(case, case.payment)["Remittances"][0], "Gross": "0.00", "Net": "0.00"}
    nothing = {"Amount": "0.00", "Remittances": [less]}
    case.act("avid.change_payment", case.payment, nothing)
    case.to(case.payment, "Cleared")
    yield
    assert (case.codes(), case.refs(case.payment)) == (["PAY-01"], [])
    assert case.paid(case.number) == "0.00"


def invoices_of_two_companies(case: Case) -> Iterator[None]:
    numbers = [case.invoice("40.00"), case.invoice("60.00", FCY="CA011", CUR="USD")]
    yield
    case.approve(*numbers)
    case.number = numbers[0]
    yield
    case.payment = case.pay(*numbers, status="Cleared")
    yield
    assert (case.codes(), case.refs(case.payment)) == (["PAY-01"], [])
    assert [case.paid(number) for number in numbers] == ["0.00", "0.00"]


def without_its_invoices(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Processing")
    kept = _row(case, case.payment)["Remittances"]
    case.act("avid.change_payment", case.payment, {"Remittances": []})
    case.to(case.payment, "Cleared")
    yield
    assert (case.codes(), case.refs(case.payment)) == (["PAY-01"], [])
    case.act("avid.change_payment", case.payment, {"Remittances": kept})
    yield
    ends(case, "paid", (), "")


def unknown_reason_of_an_error(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.fail", case.payment, 77, "Something new")
    yield
    ends(case, "payment_scheduled", ("PAY-01",))
    assert "Something new" in case.text("PAY-01")
    case.act("avid.cure", case.payment)
    yield
    ends(case, "payment_scheduled")


TURNS: tuple[History, ...] = (
    stopped_then_refunded,
    returned_then_refunded_less_a_fee,
    two_turns_under_one_id,
    void_before_posting_then_issued_again,
    method_changes_before_it_is_out,
    held_for_days_after_its_approval,
    returned_then_replaced,
    replaced_and_a_person_says_reverse,
    replaced_twice_before_posting,
    sums_do_not_add_up_until_they_do,
    amount_of_nothing,
    invoices_of_two_companies,
    without_its_invoices,
    unknown_reason_of_an_error,
)
