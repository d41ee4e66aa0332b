"""Payments that a person holds before they are posted in X3, and releases."""

from __future__ import annotations

from typing import Any

import pytest

from core.store import holds, journal
from tests.engine.site import Site


def decide(site: Site, payment: int | str, how: str, reason: str = "looked at") -> dict[str, Any]:
    return site.running.decide([str(payment)], "payment", how, reason, "tester").result(20)


def approved(site: Site, *amounts: str) -> list[str]:
    """Numbers of invoices that are posted in X3 and approved in AvidXchange."""
    numbers = [site.sent(amount, post=True) for amount in amounts]
    for number in numbers:
        site.act("avid.approve", number)
    site.sync()
    return numbers


def paid(site: Site, amount: str = "100.00") -> int:
    """An issued payment of one approved invoice, which no run has seen yet."""
    payment: int = site.act("avid.pay", approved(site, amount), status="Issued to Supplier")
    return payment


def test_a_held_payment_is_posted_once_after_it_is_released(site: Site) -> None:
    payment, other = (
        site.act("avid.pay", [number], status="Issued to Supplier")
        for number in approved(site, "100.00", "50.00")
    )
    site.sync(preview=True)
    assert decide(site, payment, "hold", "the bank asks") == {"done": [str(payment)], "refused": {}}
    for _ in range(2):
        site.sync()
        assert (site.postings(payment), len(site.postings(other))) == ([], 1)
    assert holds.held_payments(site.store, [str(payment), str(other)]) == {
        str(payment): "A person holds it: the bank asks."
    }
    assert decide(site, payment, "hold")["refused"]  # it is held already
    decide(site, payment, "release")
    site.sync()
    assert len(site.postings(payment)) == 1
    assert site.payment(payment).posted
    assert decide(site, payment, "release")["refused"]  # nobody holds it
    site.check()


def test_it_can_be_held_before_it_is_issued(site: Site) -> None:
    payment = site.act("avid.pay", approved(site, "100.00"))
    site.sync()
    assert decide(site, payment, "hold")["done"] == [str(payment)]
    site.act("avid.advance_payment", payment, to="Issued to Supplier")
    site.sync()
    assert site.postings(payment) == []
    decide(site, payment, "release")
    site.sync()
    assert len(site.postings(payment)) == 1


def test_what_x3_has_or_may_have_is_not_held(site: Site) -> None:
    payment = paid(site)
    site.sync()
    assert len(site.postings(payment)) == 1
    assert decide(site, payment, "hold")["refused"] == {
        str(payment): "X3 has it already, or was asked to post it."
    }
    lost = paid(site, "60.00")
    site.fault("x3", "save", "timeout_after")
    site.sync(wait_s=0)
    assert [row.kind for row in journal.outbox_rows(site.store, states=["in_doubt"])] == ["payment"]
    assert decide(site, lost, "hold")["done"] == []
    assert decide(site, "4711", "hold")["done"] == []


def test_what_was_planned_and_left_unsent_is_not_posted_once_it_is_held(site: Site) -> None:
    payment = paid(site)
    seen = site.sync(preview=True)
    assert seen.report["planned"] == 1
    decide(site, payment, "hold")
    site.sync(plan=seen.report["plan_hash"])
    assert site.postings(payment) == []


def test_a_payment_is_held_or_released_only_with_a_reason(site: Site) -> None:
    payment = paid(site)
    site.sync(preview=True)
    for how, reason in (("exclude", "why not"), ("hold", "")):
        answer = site.running.decide([str(payment)], "payment", how, reason, "tester")
        with pytest.raises(ValueError, match=r"decision|reason"):
            answer.result(20)
    assert holds.held_payments(site.store, [str(payment)]) == {}


def test_a_held_payment_and_an_invoice_of_the_same_name_are_two(site: Site) -> None:
    payment = paid(site)
    site.sync(preview=True)
    decide(site, payment, "hold")
    assert holds.put_aside(site.store, [str(payment)]) == {}
