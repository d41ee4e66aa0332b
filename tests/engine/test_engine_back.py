"""Money that comes back, payments of unknown state, and re-issues (avidxchange.md 5.2)."""

from __future__ import annotations

import pytest

from tests.engine.site import Site


def _paid(site: Site, status: str = "Issued to Supplier") -> tuple[str, int]:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment: int = site.act("avid.pay", [number], status=status)
    site.sync()
    return number, payment


def _later(site: Site) -> None:
    """X3's stamps have whole seconds: what comes next is seen to come later."""
    with site.state.lock:
        site.state.shift_clock(2)
        site.state.commit()


def test_void_before_posting_takes_the_invoice_back_to_approved(site: Site) -> None:
    number, payment = _paid(site, "Processing")
    assert site.row(number).state == "payment_scheduled"
    site.act("avid.void", payment)
    result = site.sync()
    assert (site.row(number).state, site.codes(), result.exit_status) == ("approved", [], 0)
    assert site.postings() == []


@pytest.mark.parametrize("move", ["void", "stop"])
def test_void_after_posting_asks_to_reverse(site: Site, move: str) -> None:
    number, payment = _paid(site)
    site.act(f"avid.{move}", payment)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["VOI-01"])
    assert site.row(number).state == "payment_voided"
    assert site.postings(payment)[0]["STA"] == 9
    item = site.item("VOI-01")
    assert site.postings(payment)[0]["NUM"] in item.text
    site.resolve("VOI-01", "reverse")
    site.sync()
    assert site.item("VOI-01").id == item.id
    _later(site)
    site.act("x3.reverse_payment", site.postings(payment)[0]["NUM"])
    result = site.sync()
    assert (site.codes(), site.row(number).state, result.exit_status) == ([], "approved", 0)
    assert site.count("save") == 1


@pytest.mark.parametrize("how", ["keep", "done"])
def test_void_after_posting_is_closed_on_a_persons_word(site: Site, how: str) -> None:
    _, payment = _paid(site)
    site.act("avid.void", payment)
    site.sync()
    site.resolve("VOI-01", how)
    assert (site.sync().exit_status, site.codes()) == (0, [])


@pytest.mark.parametrize("move", ["return_", "refund"])
def test_money_returned_after_clearing_asks(site: Site, move: str) -> None:
    number, payment = _paid(site, "Cleared")
    assert site.row(number).state == "paid"
    site.act(f"avid.{move}", payment)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["RET-01"])
    assert site.row(number).state == "payment_returned"
    site.resolve("RET-01", "done")
    assert (site.sync().exit_status, site.codes()) == (0, [])


def test_refund_less_a_fee_names_both_amounts(site: Site) -> None:
    _, payment = _paid(site, "Cleared")
    site.act("avid.refund", payment, "15.00")
    site.sync()
    text = site.item("RET-01").text
    assert "85.00" in text
    assert "100.00" in text


def test_unknown_payment_state_posts_nothing(site: Site) -> None:
    number, payment = _paid(site, "Processing")
    site.act("avid.set_payment_status", payment, "Sent by pigeon")
    result = site.sync()
    assert (result.exit_status, site.codes(), site.postings()) == (3, ["UNK-01"], [])
    site.act("avid.set_payment_status", payment, "Issued to Supplier")
    site.sync()
    assert (site.codes(), len(site.postings(payment))) == ([], 1)
    assert site.row(number).state == "payment_issued"


def test_failed_payment_is_told_only_when_it_does_not_cure_itself(site: Site) -> None:
    _, payment = _paid(site, "Processing")
    site.act("avid.fail", payment, 4)
    assert site.sync().exit_status == 0
    site.act("avid.fail", payment, 2, "Supplier unknown")
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["PAY-01"])
    assert "Supplier unknown" in site.item("PAY-01").text


def test_reissue_of_the_same_payment_leaves_the_posting(site: Site) -> None:
    number, payment = _paid(site)
    site.act("avid.reissue_same", payment)
    site.sync()
    for _ in range(5):
        site.act("avid.advance_payment", payment)
    result = site.sync()
    assert len(site.postings(payment)) == 1
    assert (site.codes(), result.exit_status) == ([], 0)
    assert site.row(number).state in ("payment_issued", "paid")


def test_reissue_after_a_void_takes_the_item_back(site: Site) -> None:
    _, payment = _paid(site)
    site.act("avid.stop", payment)
    site.sync()
    assert site.codes() == ["VOI-01"]
    site.act("avid.reissue_same", payment)
    for _ in range(5):
        site.act("avid.advance_payment", payment)
    site.sync()
    assert (site.codes(), len(site.postings())) == ([], 1)


def test_posting_after_a_reversal_and_a_reissue_has_its_own_reference(site: Site) -> None:
    number, payment = _paid(site)
    site.act("avid.stop", payment)
    site.sync()
    _later(site)
    site.act("x3.reverse_payment", site.postings(payment)[0]["NUM"])
    site.sync()
    assert site.codes() == []
    site.act("avid.reissue_same", payment)
    for _ in range(5):
        site.act("avid.advance_payment", payment)
    site.sync()
    assert sorted(p["REF"] for p in site.postings()) == [f"AVD{payment}", f"AVD{payment}-1"]
    assert site.row(number).state in ("payment_issued", "paid")


def test_new_payment_for_the_same_money_asks_keep_or_reverse(site: Site) -> None:
    number, payment = _paid(site)
    new = site.act("avid.reissue_new", payment)
    while site.act("avid.advance_payment", new) != "Issued to Supplier":
        pass
    result = site.sync()
    assert result.exit_status == 3
    assert len(site.postings()) == 1
    item = site.item("VOI-01", str(new))
    assert set(item.how) == {"keep", "reverse"}
    site.resolve("VOI-01", "keep", document=str(new))
    site.sync()
    assert len(site.postings()) == 1
    assert site.payment(new).posted
    assert site.row(number).state == "payment_issued"


def test_new_payment_is_posted_once_the_old_one_is_reversed(site: Site) -> None:
    number, payment = _paid(site)
    new = site.act("avid.reissue_new", payment)
    while site.act("avid.advance_payment", new) != "Issued to Supplier":
        pass
    site.sync()
    _later(site)
    site.act("x3.reverse_payment", site.postings(payment)[0]["NUM"])
    site.sync()
    assert len(site.postings(new)) == 1
    assert (site.codes(), site.row(number).state) == ([], "payment_issued")


def test_new_payment_is_posted_when_the_old_one_never_was(site: Site) -> None:
    number, payment = _paid(site, "Processing")
    new = site.act("avid.reissue_new", payment)
    while site.act("avid.advance_payment", new) != "Issued to Supplier":
        pass
    site.sync()
    assert (len(site.postings(new)), site.codes()) == (1, [])
    assert site.row(number).state == "payment_issued"


def test_payment_reversed_in_x3_alone_is_told(site: Site) -> None:
    _, payment = _paid(site, "Cleared")
    _later(site)
    site.act("x3.reverse_payment", site.postings(payment)[0]["NUM"])
    result = site.sync()
    assert result.exit_status == 3
    assert len(site.postings(payment)) == 1
    assert site.count("save") == 1


# Rejection


def test_rejected_invoice_is_sent_again_under_the_next_revision(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.reject", number, "Goods were not received", "Dana")
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["REJ-01"])
    assert "Goods were not received" in site.item("REJ-01").text
    assert (site.row(number).state, site.level(number)) == ("rejected", {2})
    site.resolve("REJ-01", "send_again")
    site.sync()
    ids = [row["ExternalId"]["Value"] for row in site.there(number)]
    assert ids == [f"X3|SANDBOX|US10|{number}|{revision}" for revision in (1, 2)]
    assert (site.row(number).state, site.row(number).revision) == ("sent", 2)
    site.sync()
    assert (site.level(number), site.codes()) == ({1}, [])
    site.act("avid.approve", f"X3|SANDBOX|US10|{number}|2")
    payment = site.act("avid.pay", [f"X3|SANDBOX|US10|{number}|2"], status="Cleared")
    site.sync()
    assert (len(site.postings(payment)), site.row(number).state) == (1, "paid")


def test_rejected_invoice_can_be_left_out(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.reject", number)
    site.sync()
    site.resolve("REJ-01", "exclude")
    result = site.sync()
    assert (site.row(number).state, site.codes(), result.exit_status) == ("excluded", [], 0)
    assert site.count("submit_invoice") == 1
