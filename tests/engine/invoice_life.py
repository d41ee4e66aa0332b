"""The life of an invoice after it was sent, beside its payments (product.md 2, 3, 4, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.engine.histories import Case, History

OTHER = {"AMTNOT": "120.00", "AMTATI": "120.00"}
OTHER_LINES = {"1": {"AMTNOTLIN": "120.00", "AMTATILIN": "120.00"}}


def _sent(case: Case, *moves: str, **fields: Any) -> Iterator[None]:
    """An invoice that was sent and moved on in AvidXchange: `case.number`."""
    case.number = case.invoice(**{"post": False, **fields})
    yield
    assert case.state(case.number) == "sent"
    for move in moves:
        case.act(f"avid.{move}", case.number)


def _is(case: Case, state: str, *codes: str) -> None:
    assert (case.state(case.number), tuple(case.codes())) == (state, codes)


def _there(case: Case) -> list[str]:
    """The states of all AvidXchange invoices made of it."""
    return [str(row["Status"]) for row in case.site.there(case.number)]


def _how(case: Case, code: str) -> tuple[str, ...]:
    (row,) = [row for row in case.items() if row.code == code]
    return row.how


# Changed in X3


def replaced_while_received(case: Case) -> Iterator[None]:
    yield from _sent(case)
    case.act("x3.change_invoice", case.number, OTHER, OTHER_LINES)
    yield
    _is(case, "sent")
    (there,) = case.site.there(case.number)
    assert there["Amount"] == "120.00"


def replaced_while_on_hold_keeps_its_place(case: Case) -> Iterator[None]:
    yield from _sent(case, "hold")
    case.act("x3.change_invoice", case.number, {"BPRVCR": f"N-{case.code}"})
    yield
    yield
    _is(case, "sent")
    assert case.site.there(case.number)[0]["InvoiceNumber"] == f"N-{case.code}"
    case.act("avid.approve", case.number)
    yield
    _is(case, "approved")
    assert case.site.level(case.number) == {4}


def changed_after_approval_is_kept(case: Case) -> Iterator[None]:
    yield from _sent(case, "approve")
    case.act("x3.change_invoice", case.number, OTHER, OTHER_LINES)
    yield
    _is(case, "changed_after_sending", "CHG-01")
    assert _how(case, "CHG-01") == ("keep",)
    case.resolve("CHG-01", "keep")
    yield
    _is(case, "approved")
    case.act("x3.change_invoice", case.number, {"BPRVCR": f"N-{case.code}"})
    yield
    _is(case, "changed_after_sending", "CHG-01")


def changed_after_recoding_is_withdrawn(case: Case) -> Iterator[None]:
    yield from _sent(case, "recode")
    yield
    case.act("x3.change_invoice", case.number, {"BPRVCR": f"N-{case.code}"})
    yield
    _is(case, "changed_after_sending", "CHG-01", "REC-01")
    case.resolve("CHG-01", "withdraw")
    yield
    yield
    assert _there(case) == ["Deleted"]
    _is(case, "excluded")


def posting_and_levels_are_no_change(case: Case) -> Iterator[None]:
    yield from _sent(case)
    case.act("x3.post", case.number)
    yield
    _is(case, "sent")
    assert len(case.site.there(case.number)) == 1


# Gone, closed or paid in X3


def gone_from_x3_and_withdrawn(case: Case) -> Iterator[None]:
    """A credit memo that takes it back closes its items without a payment."""
    yield from _sent(case, post=True)
    case.act("x3.pay_by_hand", case.number)
    yield
    _is(case, "needs_review", "DEL-01")
    assert "100.00" in case.text("DEL-01")
    case.resolve("DEL-01", "withdraw")
    yield
    yield
    assert _there(case) == ["Deleted"]
    _is(case, "excluded")


def closed_in_x3_after_approval_cannot_be_withdrawn(case: Case) -> Iterator[None]:
    yield from _sent(case, "approve", post=True)
    yield
    case.act("x3.pay_by_hand", case.number)
    yield
    _is(case, "needs_review", "DEL-01")
    assert _how(case, "DEL-01") == ("keep", "done")
    case.resolve("DEL-01", "keep")
    yield
    _is(case, "approved")


def withdrawal_that_comes_too_late_asks_again(case: Case) -> Iterator[None]:
    yield from _sent(case, post=True)
    case.act("x3.pay_by_hand", case.number)
    yield
    case.resolve("DEL-01", "withdraw")
    case.act("avid.approve", case.number)
    yield
    yield
    assert _there(case) == ["Approved"]
    _is(case, "needs_review", "DEL-01")


def paid_in_part_in_x3_is_told_at_once(case: Case) -> Iterator[None]:
    yield from _sent(case, post=True)
    case.act("x3.pay_by_hand", case.number, "30.00")
    yield
    _is(case, "sent", "BAL-01")
    assert "30.00 USD" in case.text("BAL-01")
    assert _how(case, "BAL-01") == ("withdraw", "done")
    case.resolve("BAL-01", "withdraw")
    yield
    yield
    assert _there(case) == ["Deleted"]


def reversed_by_a_credit_memo(case: Case) -> Iterator[None]:
    yield from _sent(case, post=True)
    part = case.invoice("20.00", INVTYP=2, INVNUM=case.number, post=True)
    yield
    _is(case, "sent")
    whole = case.invoice("100.00", INVTYP=2, INVNUM=case.number, post=True)
    yield
    assert case.state(case.number) == "needs_review"
    assert whole in case.text("DEL-01")
    case.resolve("DEL-01", "withdraw")
    yield
    yield
    assert (_there(case), case.state(part)) == (["Deleted"], "sent")


# Deleted in AvidXchange


def deleted_there_and_kept_so(case: Case) -> Iterator[None]:
    yield from _sent(case, "delete")
    yield
    _is(case, "needs_review", "DEL-02")
    case.resolve("DEL-02", "keep")
    yield
    _is(case, "excluded")
    assert case.site.level(case.number) == {1}


def deleted_there_and_withdrawn_here(case: Case) -> Iterator[None]:
    yield from _sent(case, "delete")
    yield
    case.resolve("DEL-02", "withdraw")
    yield
    yield
    _is(case, "excluded")
    assert _there(case) == ["Deleted"]


def unknown_state_keeps_the_last(case: Case) -> Iterator[None]:
    yield from _sent(case, "start_approval")
    yield
    case.act("avid.set_invoice_status", case.number, "In Orbit")
    yield
    _is(case, "in_approval", "UNK-01")
    case.act("avid.set_invoice_status", case.number, "Approved")
    yield
    _is(case, "approved")


# No longer eligible


def supplier_held_after_sending(case: Case) -> Iterator[None]:
    yield from _sent(case)
    case.act("x3.hold_supplier", case.code)
    yield
    _is(case, "sent", "SUP-01")
    case.resolve("SUP-01", "withdraw")
    yield
    yield
    _is(case, "excluded")
    assert _there(case) == ["Deleted"]


def supplier_held_after_approval_then_released(case: Case) -> Iterator[None]:
    yield from _sent(case, "approve")
    yield
    case.act("x3.hold_supplier", case.code)
    yield
    _is(case, "approved", "SUP-01")
    assert _how(case, "SUP-01") == ("done",)
    case.act("x3.hold_supplier", case.code, held=False)
    yield
    _is(case, "approved")


def match_fails_after_sending(case: Case) -> Iterator[None]:
    yield from _sent(case)
    case.act("x3.change_invoice", case.number, {"TWMSTA": 4})
    yield
    _is(case, "sent", "PO-01")
    assert _how(case, "PO-01") == ("withdraw", "done")
    case.resolve("PO-01", "done")
    yield
    _is(case, "sent")


# Levels and coding


def level_changed_by_a_person(case: Case) -> Iterator[None]:
    yield from _sent(case, "approve", post=True)
    yield
    case.act("x3.set_level", case.number, 3)
    yield
    _is(case, "approved", "LVL-01")
    assert case.site.level(case.number) == {3}
    case.resolve("LVL-01", "send_again")
    yield
    _is(case, "approved")
    assert case.site.level(case.number) == {4}


def level_follows_a_second_thought(case: Case) -> Iterator[None]:
    yield from _sent(case, "approve", post=True)
    yield
    case.act("avid.reopen", case.number)
    yield
    _is(case, "in_approval")
    assert case.site.level(case.number) == {1}
    case.act("avid.dispute", case.number)
    yield
    assert case.site.level(case.number) == {2}


def recoded_by_the_approver_shows_both(case: Case) -> Iterator[None]:
    yield from _sent(case, "recode", "approve")
    yield
    _is(case, "approved", "REC-01")
    text = case.text("REC-01")
    there = case.site.there(case.number)[0]["Lines"][0]["Codes"]
    now = next(c["CodeValue"] for c in there if c["GroupName"] == "Accounting Codes")
    assert "61100" in text.partition("Now:")[0]
    assert now in text.partition("Now:")[2]
    case.resolve("REC-01", "accept")
    yield
    _is(case, "approved")
    assert case.site.level(case.number) == {4}


def amount_changed_by_the_approver_writes_no_level(case: Case) -> Iterator[None]:
    yield from _sent(case)
    case.act("avid.change_invoice", case.number, {"Amount": "90.00", "Status": "Approved"})
    yield
    _is(case, "approved", "REC-01")
    assert case.site.level(case.number) == {1}
    assert "100.00" in case.text("REC-01")
    assert "90.00" in case.text("REC-01")


# Credit memos and rejections


def credit_memo_goes_negative(case: Case) -> Iterator[None]:
    yield from _sent(case, "approve", post=True, INVTYP=2)
    assert Decimal(case.site.there(case.number)[0]["Amount"]) == -100
    yield
    _is(case, "approved")
    assert case.site.row(case.number).open_avidxchange == -10000


def credit_memo_with_the_sign_of_a_bill_asks(case: Case) -> Iterator[None]:
    case.number = case.invoice(INVTYP=2, post=False)
    case.act("x3.change_invoice", case.number, {"SNS": 1})
    yield
    _is(case, "needs_review", "KND-01")
    case.resolve("KND-01", "accept")
    yield
    _is(case, "sent")


def rejected_corrected_sent_again(case: Case) -> Iterator[None]:
    yield from _sent(case, "reject")
    yield
    _is(case, "rejected", "REJ-01")
    case.act("x3.change_invoice", case.number, OTHER, OTHER_LINES)
    yield
    _is(case, "rejected", "REJ-01")
    case.resolve("REJ-01", "send_again")
    yield
    yield
    _is(case, "sent")
    assert _there(case) == ["Rejected", "Received"]
    ids = [row["ExternalId"]["Value"] for row in case.site.there(case.number)]
    assert [name.rpartition("|")[2] for name in ids] == ["1", "2"]
    assert case.site.there(case.number)[1]["Amount"] == "120.00"


def rejected_and_left_out(case: Case) -> Iterator[None]:
    yield from _sent(case, "reject")
    yield
    case.resolve("REJ-01", "exclude")
    yield
    _is(case, "excluded")
    assert _there(case) == ["Rejected"]


LIVES: tuple[History, ...] = (
    replaced_while_received,
    replaced_while_on_hold_keeps_its_place,
    changed_after_approval_is_kept,
    changed_after_recoding_is_withdrawn,
    posting_and_levels_are_no_change,
    gone_from_x3_and_withdrawn,
    closed_in_x3_after_approval_cannot_be_withdrawn,
    withdrawal_that_comes_too_late_asks_again,
    paid_in_part_in_x3_is_told_at_once,
    reversed_by_a_credit_memo,
    deleted_there_and_kept_so,
    deleted_there_and_withdrawn_here,
    unknown_state_keeps_the_last,
    supplier_held_after_sending,
    supplier_held_after_approval_then_released,
    match_fails_after_sending,
    level_changed_by_a_person,
    level_follows_a_second_thought,
    recoded_by_the_approver_shows_both,
    amount_changed_by_the_approver_writes_no_level,
    credit_memo_goes_negative,
    credit_memo_with_the_sign_of_a_bill_asks,
    rejected_corrected_sent_again,
    rejected_and_left_out,
)
