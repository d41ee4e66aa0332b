"""The plan: pure, ordered, and nothing in it for a document that something blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.actions import (
    Action,
    erp_remote,
    invoice_remote,
    plan_hash,
    vendor_remote,
)
from core.domain.ap_documents import Vendor
from core.domain.books import Books
from core.domain.findings import Acceptances
from core.domain.mapping import RuleBook
from core.domain.plan import PaymentFacts, Plan, Snapshot, make
from core.domain.postings import PaidInvoice
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
        vendors_sent={"v00101": "older"},
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
    plan = make(snapshot(site, candidates=found, vendors_sent={"v00101": "older"}), ENCODERS)
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
    assert set(make(snapshot(), ENCODERS).vendors_seen) == {"v00101"}
