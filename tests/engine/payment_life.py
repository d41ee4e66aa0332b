"""The life of one payment: before it is out, failed, back, issued again (avidxchange.md 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.engine.histories import Case, History, approved, day, ends, paid

# Before it is out


def pending_only(case: Case) -> Iterator[None]:
    yield from paid(case, "Pending Approval")
    ends(case, "payment_scheduled")


def held_then_issued(case: Case) -> Iterator[None]:
    yield from paid(case, "Pending Approval")
    case.act("avid.set_payment_status", case.payment, "Held")
    yield
    ends(case, "payment_scheduled")
    case.to(case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", (), "")


def processing_issued_cleared(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    ends(case, "payment_scheduled")
    case.to(case.payment, "Sent to Check Printer")
    yield
    ends(case, "payment_issued", (), "")
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")
    assert case.paid(case.number) == "100.00"


def seen_only_when_cleared(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared")
    ends(case, "paid", (), "")


def void_before_posting(case: Case) -> Iterator[None]:
    yield from paid(case, "Funds Received")
    case.act("avid.void", case.payment)
    yield
    ends(case, "approved")
    assert case.paid(case.number) == "0.00"


# It could not be made


def curable_error_cured(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.fail", case.payment, 4)
    yield
    ends(case, "payment_scheduled")
    case.to(case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", (), "")


def curable_error_that_stays(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.fail", case.payment, 9)
    yield
    ends(case, "payment_scheduled")
    assert case.site.payment(case.payment).dirty  # every run looks whether it is overdue
    # Three days pass: nothing new is heard of the payment, only the day it failed lies back.
    case.act("avid.change_payment", case.payment, {"StatusDate": day(case, 3)})
    yield
    ends(case, "payment_scheduled", ("PAY-01",))
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")


def terminal_error_then_made_after_all(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.fail", case.payment, 2, "Supplier unknown")
    yield
    ends(case, "payment_scheduled", ("PAY-01",))
    assert "Supplier unknown" in case.text("PAY-01")
    case.resolve("PAY-01", "done")
    yield
    ends(case, "payment_scheduled")
    case.to(case.payment, "Issued to Supplier")  # "done" was said of the error, not of the money
    yield
    ends(case, "payment_issued", (), "")


def error_after_posting(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.fail", case.payment, 2, "Bank closed")
    yield
    assert case.codes() == ["PAY-01"]
    assert case.refs(case.payment) == [f"AVD{case.payment}"]
    assert f"AVD{case.payment}" in case.text("PAY-01")


# It came back after X3 had it


def void_after_posting_reversed(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.void", case.payment)
    yield
    ends(case, "payment_voided", ("VOI-01",), "")
    case.reverse(case.payment)
    yield
    ends(case, "approved")
    assert case.paid(case.number) == "0.00"


def cleared_then_void_is_believed(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared")
    ends(case, "paid", (), "")
    case.act("avid.void", case.payment)
    yield
    ends(case, "payment_voided", ("VOI-01",), "")


def returned_after_cleared(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared", method="AvidPay Direct")
    case.act("avid.return_", case.payment)
    yield
    ends(case, "payment_returned", ("RET-01",), "")
    case.resolve("RET-01", "done")
    yield
    ends(case, "payment_returned", (), "")


def refund_less_a_fee_months_later(case: Case) -> Iterator[None]:
    yield from approved(case)
    case.payment = case.pay(case.number, status="Issued to Supplier")
    dated = {"PaymentDate": day(case, 20), "StatusDate": day(case, 20)}
    case.act("avid.change_payment", case.payment, dated)
    yield
    ends(case, "payment_issued", (), "")
    case.act("avid.refund", case.payment, "15.00")
    yield
    ends(case, "payment_returned", ("RET-01",), "")
    assert "85.00 of 100.00" in case.text("RET-01")
    case.reverse(case.payment)
    yield
    ends(case, "approved")


def out_after_refund_while_posted(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared")
    case.act("avid.refund", case.payment)
    yield
    ends(case, "payment_returned", ("RET-01",), "")
    case.act("avid.set_payment_status", case.payment, "Cleared")
    yield
    ends(case, "paid", ("RET-01",), "")
    assert "had been refunded" in case.text("RET-01")
    case.resolve("RET-01", "done")
    yield
    ends(case, "paid", (), "")


def out_after_refund_never_posted(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    case.act("avid.refund", case.payment)
    yield
    ends(case, "approved")
    case.act("avid.set_payment_status", case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", ("RET-01",))
    case.resolve("RET-01", "accept")
    yield
    ends(case, "payment_issued", (), "")


# Issued again under the same id


def stopped_and_issued_again(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.stop", case.payment)
    yield
    ends(case, "payment_voided", ("VOI-01",), "")
    case.act("avid.reissue_same", case.payment)
    case.to(case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", (), "")


def reversed_then_issued_again_alike(case: Case) -> Iterator[None]:
    """The same method and no check number: only that it had come back tells the two apart."""
    yield from paid(case, "ACH Credit Issued", method="AvidPay Direct")
    case.act("avid.return_", case.payment)
    yield
    case.reverse(case.payment)
    yield
    ends(case, "approved")
    case.act("avid.set_payment_status", case.payment, "ACH Credit Issued")
    yield
    ends(case, "payment_issued", (), "-1")
    assert case.paid(case.number) == "100.00"


def card_becomes_a_check_before_posting(case: Case) -> Iterator[None]:
    yield from paid(case, "VCC Processing", method="Virtual Credit Card")
    ends(case, "payment_scheduled")
    case.act("avid.reissue_same", case.payment)
    case.to(case.payment, "Issued to Supplier")
    yield
    ends(case, "payment_issued", (), "")


def method_changes_after_posting(case: Case) -> Iterator[None]:
    yield from paid(case, "Cleared", method="e-Payment")
    case.act("avid.reissue_same", case.payment)
    yield
    ends(case, "payment_scheduled", (), "")
    case.to(case.payment, "Cleared")
    yield
    ends(case, "paid", (), "")


def amount_changes_after_posting(case: Case) -> Iterator[None]:
    yield from paid(case)
    row = next(r for r in case.site.rows("avid:payment") if r["PaymentId"] == case.payment)
    less = {**row["Remittances"][0], "Gross": "90.00", "Net": "90.00"}
    case.act("avid.change_payment", case.payment, {"Amount": "90.00", "Remittances": [less]})
    yield
    assert "PAY-01" in case.codes()
    assert case.refs(case.payment) == [f"AVD{case.payment}"]
    whole = {"Amount": "100.00", "Remittances": row["Remittances"]}
    case.act("avid.change_payment", case.payment, whole)
    yield
    ends(case, "payment_issued", (), "")


# Issued again under another id


def new_id_keeps_the_posting(case: Case) -> Iterator[None]:
    yield from paid(case)
    new = case.act("avid.reissue_new", case.payment)
    case.to(new, "Issued to Supplier")
    yield
    assert sorted(set(case.codes())) == ["VOI-01"]
    assert case.refs(new) == []
    case.resolve("VOI-01", "keep", new)
    yield
    assert case.refs("") == [] or case.refs(new) == []
    assert case.site.payment(new).x3_payment
    assert case.state(case.number) == "payment_issued"
    assert case.codes() == []


def new_id_without_common_ids_after_a_reversal(case: Case) -> Iterator[None]:
    yield from paid(case)
    case.act("avid.void", case.payment)
    new = case.act("avid.reissue_new", case.payment, share_ids=False)
    case.to(new, "Issued to Supplier")
    yield
    assert case.refs(new) == []
    case.reverse(case.payment)
    yield
    assert case.refs(new) == [f"AVD{new}"]
    assert (case.state(case.number), case.codes()) == ("payment_issued", [])


def new_id_when_the_old_was_never_posted(case: Case) -> Iterator[None]:
    yield from paid(case, "Processing")
    new = case.act("avid.reissue_new", case.payment)
    case.to(new, "Cleared")
    yield
    assert (case.refs(case.payment), case.refs(new)) == ([], [f"AVD{new}"])
    assert (case.state(case.number), case.codes()) == ("paid", [])


LIFE: tuple[History, ...] = (
    pending_only,
    held_then_issued,
    processing_issued_cleared,
    seen_only_when_cleared,
    void_before_posting,
    curable_error_cured,
    curable_error_that_stays,
    terminal_error_then_made_after_all,
    error_after_posting,
    void_after_posting_reversed,
    cleared_then_void_is_believed,
    returned_after_cleared,
    refund_less_a_fee_months_later,
    out_after_refund_while_posted,
    out_after_refund_never_posted,
    stopped_and_issued_again,
    reversed_then_issued_again_alike,
    card_becomes_a_check_before_posting,
    method_changes_after_posting,
    amount_changes_after_posting,
    new_id_keeps_the_posting,
    new_id_without_common_ids_after_a_reversal,
    new_id_when_the_old_was_never_posted,
)
