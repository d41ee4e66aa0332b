"""Payments within a plan: posted once, shared by what is open, or shown to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.actions import (
    KINDS,
)
from core.domain.ap_documents import ApPayment
from core.domain.books import Books
from core.domain.findings import Finding
from core.domain.plan import PaymentFacts, PaymentVerdict, Snapshot, is_patient, make
from core.domain.postings import PaidInvoice, identity_of, money_of
from core.domain.reference_documents import FiscalPeriod
from tests.domain.domain_samples import (
    ENCODERS,
    EXTERNAL_ID,
    books,
    dec,
    item,
    payment,
    policy,
    posted,
    remittance,
)

TODAY = date(2026, 3, 20)


PAID = {EXTERNAL_ID: PaidInvoice(posted(), (item(),), is_credit=False)}


def snapshot(site: Books | None = None, **changes: Any) -> Snapshot:
    return replace(Snapshot(policy(), site or books(), TODAY), **changes)


# Payments within the plan


def paying(facts: PaymentFacts, **changes: Any) -> PaymentVerdict:
    changes.setdefault("paid", PAID)
    plan = make(snapshot(payments=(facts,), **changes), ENCODERS)
    assert [verdict.action for verdict in plan.payments if verdict.action] == [
        replace(a, basis={}) for a in plan.actions
    ]
    return plan.payments[0]


def codes(verdict: PaymentVerdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def test_a_payment_due_is_posted_with_what_settling_it_needs() -> None:
    action = paying(PaymentFacts(payment())).action
    assert action
    assert (action.kind, action.key, action.reference) == ("payment", "AVD4765360", "AVD4765360")
    assert action.remote == "x3|0113"
    assert action.info["amount"] == "1224"
    assert action.info["numbers"] == ["BIS1"]
    assert action.info["items"] == [{"key": "SPINV~BIS1~1~1", "amount": "1224", "used": "0"}]


@pytest.mark.parametrize(
    "state", ["pending", "held", "processing", "voided", "stopped", "returned"]
)
def test_what_is_not_out_is_neither_posted_nor_a_finding(state: str) -> None:
    verdict = paying(PaymentFacts(payment(state=state)))
    assert (verdict.action, codes(verdict)) == (None, [])


def test_a_state_that_is_not_known_is_never_posted() -> None:
    verdict = paying(PaymentFacts(payment(state="unknown", status_text="Teleported")))
    assert (verdict.action, codes(verdict)) == (None, ["UNK-01"])
    assert "Teleported" in verdict.findings[0].text
    nameless = paying(PaymentFacts(payment(state="unknown", status_text="")))
    assert "(none)" in nameless.findings[0].text
    done = paying(PaymentFacts(payment(state="unknown"), x3_payment="PY1"))
    assert codes(done) == ["UNK-01"]


def test_a_failed_payment_names_its_reasons() -> None:
    found = payment(state="failed", exceptions=(7,), exception_texts=("Supplier closed",))
    verdict = paying(PaymentFacts(found))
    assert codes(verdict) == ["PAY-01"]
    assert "Supplier closed" in verdict.findings[0].text
    silent = paying(PaymentFacts(replace(found, exception_texts=())))
    assert "no reason given" in silent.findings[0].text


@pytest.mark.parametrize("outbox", ["ready", "sending", "in_doubt", "review"])
def test_a_posting_under_way_is_not_made_again(outbox: str) -> None:
    verdict = paying(PaymentFacts(payment(), outbox=outbox))
    assert (verdict.action, codes(verdict)) == (None, [])


@pytest.mark.parametrize(("kind", "code"), [("period", "PER-01"), ("other", "PAY-01")])
def test_a_posting_that_x3_refused_goes_to_a_person_with_x3s_words(kind: str, code: str) -> None:
    facts = PaymentFacts(
        payment(), outbox="rejected", refused="ACCDAT : Period closed", refused_kind=kind
    )
    verdict = paying(facts)
    assert (verdict.action, codes(verdict)) == (None, [code])
    assert "ACCDAT : Period closed" in verdict.findings[0].text


def test_a_period_that_x3_refused_is_left_once_a_person_accepts_that_refusal() -> None:
    opened = FiscalPeriod("US10", 6, 4, start=date(2026, 4, 1), end=date(2026, 4, 30), status=2)
    site = books(periods={"US10": (opened,)})
    refused = PaymentFacts(
        payment(), outbox="rejected", refused="x", refused_kind="period", refusal="7"
    )
    asked = paying(refused, books=site)
    assert [(f.code, f.resolutions, f.basis) for f in asked.findings] == [
        ("PER-01", ("accept",), "7")
    ]
    assert paying(replace(refused, accepted=frozenset({"7"})), books=site).action
    again = replace(refused, accepted=frozenset({"7"}), refusal="8")
    assert codes(paying(again, books=site)) == ["PER-01"]


@pytest.mark.parametrize("state", ["voided", "stopped", "returned", "processing", "held"])
def test_a_refused_posting_of_money_that_is_not_out_any_more_asks_nobody(state: str) -> None:
    """avidxchange.md 5.2: not posted and back: none."""
    verdict = paying(PaymentFacts(payment(state=state), outbox="rejected", refused="x"))
    assert (verdict.action, codes(verdict)) == (None, [])


def test_a_posted_payment_is_not_posted_again_by_any_number_of_plans() -> None:
    facts = PaymentFacts(payment(state="cleared"), x3_payment="PY1", reference="AVD4765360")
    for _ in range(3):
        verdict = paying(facts)
        assert (verdict.action, codes(verdict)) == (None, [])


@pytest.mark.parametrize(
    ("state", "code"), [("voided", "VOI-01"), ("returned", "RET-01"), ("refunded", "RET-01")]
)
def test_a_posted_payment_that_came_back_is_a_persons(state: str, code: str) -> None:
    facts = PaymentFacts(payment(state=state), x3_payment="PY1", reference="AVD4765360")
    verdict = paying(facts)
    assert (verdict.action, codes(verdict)) == (None, [code])


def content(found: ApPayment) -> str:
    return f"{money_of(found)}:{identity_of(found)}"


def as_posted(now: ApPayment, **changes: Any) -> PaymentFacts:
    """A payment that was posted as the sample shows it, and is `now` something else."""
    sound = PaymentFacts(
        now, x3_payment="PY1", reference="AVD4765360", posted_content=content(payment())
    )
    return replace(sound, **changes)


def test_a_reissue_under_one_id_with_equal_money_leaves_the_posting_standing() -> None:
    verdict = paying(as_posted(payment(method="card", printed_check_number="9")))
    assert (verdict.action, codes(verdict)) == (None, [])


@pytest.mark.parametrize(
    "change", [{"amount": dec("1.00")}, {"remittances": (remittance("1.00"),)}]
)
def test_amount_or_invoices_that_changed_after_the_posting_are_a_persons(
    change: dict[str, Any],
) -> None:
    verdict = paying(as_posted(payment(**change)))
    assert (verdict.action, codes(verdict)) == (None, ["PAY-01"])


def test_a_reissue_is_posted_under_the_next_reference_when_the_old_posting_was_reversed() -> None:
    again = payment(printed_check_number="9")
    verdict = paying(as_posted(again, is_undone=True, sequence=1))
    assert verdict.action
    assert verdict.action.reference == "AVD4765360-1"


def test_a_reversal_by_a_person_is_not_undone_by_the_program() -> None:
    verdict = paying(as_posted(payment(), is_undone=True, sequence=1))
    assert (verdict.action, codes(verdict)) == (None, ["PAY-01"])
    gone = paying(as_posted(payment(state="voided"), is_undone=True, sequence=1))
    assert (gone.action, codes(gone)) == (None, [])


def test_a_reissue_under_a_new_id_waits_while_the_old_posting_stands() -> None:
    verdict = paying(PaymentFacts(payment(), rivals=("PY1", "PY2")))
    assert (verdict.action, codes(verdict)) == (None, ["VOI-01"])
    assert verdict.findings[0].resolutions == ("keep", "reverse")
    assert "PY1, PY2" in verdict.findings[0].text


def test_without_writing_a_payment_is_to_be_keyed_in_by_hand() -> None:
    verdict = paying(PaymentFacts(payment()), policy=policy(writes_to_erp=False))
    assert (verdict.action, codes(verdict)) == (None, ["PAY-01"])
    assert "AVD4765360" in verdict.findings[0].text


def test_a_payment_that_does_not_fit_is_a_finding_and_a_discount_is_noted_beside_it() -> None:
    assert codes(paying(PaymentFacts(payment()), paid={})) == ["PAY-01"]
    part = remittance("1200.00", gross=dec("1224.00"), discount=dec("24.00"))
    verdict = paying(PaymentFacts(payment("1200.00", remittances=(part,))))
    assert verdict.action
    assert codes(verdict) == ["PAY-01"]


def test_an_accepted_period_moves_the_posting() -> None:
    closed = FiscalPeriod("US10", 6, 3, start=date(2026, 3, 1), end=date(2026, 3, 31), status=3)
    opened = FiscalPeriod("US10", 6, 4, start=date(2026, 4, 1), end=date(2026, 4, 30), status=2)
    site = books(periods={"US10": (closed, opened)})
    asked = paying(PaymentFacts(payment()), books=site)
    assert (asked.action, codes(asked)) == (None, ["PER-01"])
    assert paying(
        PaymentFacts(payment(), accepted=frozenset({asked.findings[0].basis})), books=site
    ).action


def test_payments_share_what_is_open_in_the_order_of_their_ids() -> None:
    facts = [PaymentFacts(payment("800.00", payment_id=number)) for number in ("10", "9", "100")]
    for order in (facts, facts[::-1]):
        plan = make(snapshot(payments=order, paid=PAID), ENCODERS)
        assert [a.key for a in plan.actions] == ["AVD9"]
        assert [(v.payment_id, codes(v)) for v in plan.payments] == [
            ("9", []),
            ("10", ["BAL-01"]),
            ("100", ["BAL-01"]),
        ]


@settings(max_examples=50)
@given(st.lists(st.integers(1, 90000), min_size=1, max_size=6))
def test_a_plan_never_posts_more_than_an_invoice_has_open(cents: list[int]) -> None:
    facts = [
        PaymentFacts(payment(str(Decimal(c).scaleb(-2)), payment_id=str(at)))
        for at, c in enumerate(cents, start=1)
    ]
    plan = make(snapshot(payments=facts, paid=PAID), ENCODERS)
    given_away = sum((Decimal(str(a.info["amount"])) for a in plan.actions), Decimal(0))
    assert given_away <= dec("1224.00")
    for verdict in plan.payments:
        assert (verdict.action is None) == bool(verdict.findings)


@pytest.mark.parametrize(
    ("code", "changes", "days", "is_waiting"),
    [
        ("PER-02", {}, 3, True),
        ("PER-02", {}, 4, False),
        ("PER-02", {"payment_date": None}, 4, False),
        ("PER-02", {"payment_date": None, "status_date": None}, 400, True),
        ("PAY-01", {}, 0, False),
    ],
)
def test_a_paid_invoice_may_be_posted_for_three_days_before_a_person_is_asked(
    code: str,
    changes: dict[str, Any],
    days: int,
    is_waiting: bool,  # noqa: FBT001 - a table
) -> None:
    finding = Finding(code, "4765360", "x")
    today = date(2026, 3, 18) + timedelta(days=days)
    assert is_patient(finding, payment(**changes), today) is is_waiting


def test_every_kind_of_action_belongs_to_a_flow_of_sync_only() -> None:
    assert set(KINDS.values()) == {"approvals", "payments", "suppliers", "invoices"}
    assert list(KINDS)[:3] == ["approval", "payment", "vendor"]
