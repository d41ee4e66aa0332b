"""The plan: pure, ordered, and nothing in it for a document that something blocks."""

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
    Action,
    erp_remote,
    invoice_remote,
    plan_hash,
    vendor_remote,
)
from core.domain.ap_documents import ApPayment, Vendor
from core.domain.books import Books
from core.domain.findings import Acceptances, Finding
from core.domain.mapping import RuleBook
from core.domain.plan import PaymentFacts, PaymentVerdict, Plan, Snapshot, is_patient, make
from core.domain.postings import PaidInvoice, identity_of, money_of
from core.domain.reference_documents import FiscalPeriod
from core.domain.sent import SentInvoice, submitted_of
from core.domain.unsent import Refusal, content_of
from core.domain.unsent import decide as first_send
from core.domain.validate import Candidate, assess
from tests.domain.domain_samples import (
    ADDRESS,
    ENCODERS,
    EXTERNAL_ID,
    RULES,
    SUPPLIER,
    accepting,
    ap_invoice,
    books,
    candidate,
    dec,
    hash_of,
    invoice,
    item,
    payment,
    policy,
    posted,
    remittance,
    with_supplier,
)

TODAY = date(2026, 3, 20)
PAID = {EXTERNAL_ID: PaidInvoice(posted(), (item(),), is_credit=False)}


def numbered(number: str, **changes: Any) -> Candidate:
    return candidate(invoice(number=number, supplier_document=f"D-{number}", **changes))


def snapshot(site: Books | None = None, **changes: Any) -> Snapshot:
    return replace(Snapshot(policy(), site or books(), TODAY), **changes)


def kinds(plan: Plan) -> list[str]:
    return [action.kind for action in plan.actions]


def approved() -> SentInvoice:
    """An invoice that was sent earlier and approved since."""
    old = candidate(invoice(number="BIS0", supplier_document="D0"))
    action = first_send(old, books(), policy(), Acceptances(), ENCODERS).action
    assert action
    found = ap_invoice(state="approved", external_id=action.reference, invoice_id="7", number="D0")
    return SentInvoice(old, submitted_of(action.info), action.body, found)


def changed() -> SentInvoice:
    """An invoice that was sent earlier and changed in X3 since."""
    entry = approved()
    found = replace(
        entry.found or ap_invoice(), state="received", external_id="X3|PROD|US10|BIS9|1"
    )
    now = replace(entry.candidate.invoice, number="BIS9", comment1="Corrected")
    return replace(entry, candidate=candidate(now), found=found)


def everything() -> Snapshot:
    """One of each flow at once."""
    return snapshot(
        with_supplier(tax_id="99"),
        candidates=(numbered("BIS2"), numbered("BIS1")),
        sent=(approved(), changed()),
        payments=(PaymentFacts(payment()),),
        paid=PAID,
        vendors_sent={"0113": "older"},
        rules_stamp="rules-7",
    )


def test_actions_stand_in_the_order_of_writing() -> None:
    """house.md 5: approvals, payments, vendors, invoices."""
    plan = make(everything(), ENCODERS)
    assert [(action.kind, action.key) for action in plan.actions] == [
        ("approval", "BIS0"),
        ("payment", "AVD4765360"),
        ("vendor", "V00101"),
        ("replace", "BIS9"),
        ("invoice", "BIS1"),
        ("invoice", "BIS2"),
    ]
    assert all(action.basis["rules"] == "rules-7" for action in plan.actions)


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("", ["approval", "payment", "vendor", "replace", "invoice", "invoice"]),
        ("reference", []),
        ("suppliers", ["vendor"]),
        ("invoices", ["replace", "invoice", "invoice"]),
        ("approvals", ["approval"]),
        ("payments", ["payment"]),
    ],
)
def test_only_keeps_the_actions_of_one_flow_and_all_verdicts(
    only: str, expected: list[str]
) -> None:
    plan = make(everything(), ENCODERS, only=only)
    assert kinds(plan) == expected
    assert len(plan.verdicts) == 4
    assert len(plan.payments) == 1


def test_the_same_snapshot_gives_the_same_plan() -> None:
    one, other = make(everything(), ENCODERS), make(everything(), ENCODERS)
    assert one == other
    assert one.hash == other.hash


@settings(max_examples=30)
@given(
    st.lists(st.integers(1, 30), unique=True, min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_the_order_of_candidates_and_payments_does_not_matter(
    numbers: list[int], chance: Any
) -> None:
    found = [numbered(f"N{number}") for number in numbers]
    payments = [
        PaymentFacts(payment("300.00", payment_id=str(number), remittances=(remittance("300.00"),)))
        for number in numbers
    ]
    rows = list(RULES)
    for values in (mixed := list(found), later := list(payments), rows):
        chance.shuffle(values)
    one = make(snapshot(candidates=found, payments=payments, paid=PAID), ENCODERS)
    other = make(
        snapshot(
            books(rules=tuple(rows)), candidates=tuple(mixed), payments=tuple(later), paid=PAID
        ),
        ENCODERS,
    )
    assert one.hash == other.hash
    assert one.actions == other.actions


def test_a_plan_hash_changes_with_a_single_byte_and_not_with_the_order() -> None:
    actions = make(everything(), ENCODERS).actions
    assert plan_hash(actions) == plan_hash(actions[::-1])
    spoilt = [replace(actions[0], body=actions[0].body + b" "), *actions[1:]]
    assert plan_hash(spoilt) != plan_hash(actions)
    assert plan_hash([replace(actions[0], revision=9), *actions[1:]]) != plan_hash(actions)
    assert plan_hash(actions[1:]) != plan_hash(actions)
    assert plan_hash([]) == hash_of([])


def test_an_action_is_known_by_kind_key_revision_and_bytes() -> None:
    action = Action("invoice", "BIS1", 1, b"x", "remote", "reference")
    assert action.identity == ("invoice", "BIS1", 1, action.fingerprint)
    assert replace(action, basis={"a": "b"}).identity == action.identity


def test_one_write_at_a_time_for_one_far_object() -> None:
    assert erp_remote("0113") == "x3|0113"
    assert invoice_remote("X3|A") == "avidxchange|X3|A"
    assert vendor_remote(" V1 ") == vendor_remote("v1")


SPOILT = st.sampled_from(
    [
        {"status": 1},
        {"match": 4},
        {"kind": 9},
        {"gross": dec("0.00")},
        {"gross": dec("99.00")},
        {"supplier": "0999"},
        {"supplier_document": ""},
        {"payment_term": "NONE"},
        {"accounting_date": date(2026, 2, 1)},
        {"pay_to_address": "A09"},
        {"currency": "JPY"},
        {"lines": ()},
        {"comment1": "fine"},
        {},
    ]
)


@settings(max_examples=60)
@given(st.lists(SPOILT, min_size=1, max_size=5))
def test_there_is_no_action_for_a_document_with_a_blocking_finding(
    changes: list[dict[str, Any]],
) -> None:
    found = [
        candidate(replace(invoice(number=f"N{at}", supplier_document=f"D{at}"), **change))
        for at, change in enumerate(changes)
    ]
    plan = make(snapshot(candidates=found), ENCODERS)
    planned = {action.key for action in plan.actions}
    assert len(plan.verdicts) == len(found)
    for verdict in plan.verdicts:
        blocks = any(finding.blocks for finding in verdict.findings)
        assert (verdict.number in planned) == (verdict.state == "ready")
        assert (verdict.state == "ready") == (not blocks and verdict.state != "excluded")


def test_an_accepted_finding_lets_the_invoice_go() -> None:
    chosen = policy(ceiling={"": dec("1")})
    held = make(snapshot(policy=chosen, candidates=(candidate(),)), ENCODERS)
    assert held.actions == []
    accepted = accepting(*held.verdicts[0].findings)
    plan = make(snapshot(policy=chosen, candidates=(candidate(),), acceptances=accepted), ENCODERS)
    assert kinds(plan) == ["invoice"]


def test_a_refused_content_stays_back_until_it_is_corrected() -> None:
    payload = assess(candidate(), books(), policy(), Acceptances()).payload
    assert payload
    refusals = {"BIS1": Refusal("vendor", "no", content_of(payload))}
    plan = make(snapshot(candidates=(candidate(), numbered("BIS2")), refusals=refusals), ENCODERS)
    assert [action.key for action in plan.actions] == ["BIS2"]


# Vendors within the plan


NEW = books(vendors={})


def test_an_invoice_follows_its_vendor_in_the_plan_that_may_create_it() -> None:
    waiting = make(snapshot(NEW, candidates=(candidate(),)), ENCODERS)
    assert waiting.actions == []
    assert [finding.code for finding in waiting.verdicts[0].findings] == ["MAP-05"]
    shown = make(snapshot(NEW, candidates=(candidate(),), may_create=None), ENCODERS)
    seen = make(
        snapshot(NEW, candidates=(candidate(),), may_create=frozenset({"v00101"})), ENCODERS
    )
    assert kinds(shown) == kinds(seen) == ["vendor", "invoice"]
    assert shown.hash == seen.hash


def test_bnk_01_holds_the_vendor_and_the_invoices_of_the_supplier_alone() -> None:
    second = replace(SUPPLIER, code="0114", default_address="", pay_to="", pay_to_address="")
    site = replace(
        with_supplier(name="Fraud LLC"),
        rules=RuleBook((*RULES, replace(RULES[0], key1="0114", code="V00102"))),
        vendors={"v00101": Vendor("V00101"), "v00102": Vendor("V00102")},
    )
    site = replace(site, suppliers={**site.suppliers, "0114": second})
    found = (
        candidate(),
        numbered("BIS2", supplier="0114", pay_to="0114", pay_to_address=""),
    )
    plan = make(snapshot(site, candidates=found, vendors_sent={"0113": "older"}), ENCODERS)
    assert [(action.kind, action.key) for action in plan.actions] == [("invoice", "BIS2")]
    assert [v.state for v in plan.verdicts] == ["held", "ready"]
    assert plan.baselines[0].supplier == "0114"


def test_findings_of_suppliers_are_kept_beside_those_of_documents() -> None:
    site = replace(NEW, addresses={("0113", "A01"): replace(ADDRESS, city="")}, baselines={})
    plan = make(snapshot(site, may_create=None), ENCODERS)
    assert [finding.code for finding in plan.findings] == ["FIT-01"]
    accepted = accepting(*plan.findings)
    assert make(snapshot(site, may_create=None, acceptances=accepted), ENCODERS).findings == []


def test_the_first_look_at_a_vendor_is_remembered() -> None:
    assert set(make(snapshot(), ENCODERS).vendors_seen) == {"0113"}


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
    assert paying(PaymentFacts(payment(), accepted_period=True), books=site).action


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
