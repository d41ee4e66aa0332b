"""Findings: what each code asks for, which one decides, and how long an acceptance holds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.findings import STATE_ORDER, Acceptances, Finding, state_of
from core.domain.states import INVOICE_STATES
from core.errors import CATALOGUE, SIDE_CODES

DOCUMENT_CODES = sorted(set(CATALOGUE) - SIDE_CODES)


@pytest.mark.parametrize(
    ("code", "state", "how"),
    [
        ("MAP-01", "needs_mapping", {"exclude"}),
        ("MAP-02", "needs_mapping", {"exclude"}),
        ("MAP-03", "needs_mapping", {"exclude"}),
        ("MAP-04", "needs_mapping", {"exclude"}),
        ("MAP-05", "needs_mapping", {"exclude"}),
        ("MAP-06", "needs_mapping", {"exclude"}),
        ("STA-01", "held", {"exclude"}),
        ("SUP-01", "held", {"exclude", "withdraw", "done"}),
        ("PER-01", "held", {"exclude", "accept"}),
        ("PER-02", "held", {"exclude", "accept"}),
        ("PO-01", "needs_review", {"accept", "exclude"}),
        ("BNK-01", "held", {"accept", "exclude"}),
        ("SUM-01", "needs_review", {"exclude"}),
        ("SUM-02", "needs_review", {"exclude"}),
        ("CUR-01", "needs_review", {"exclude"}),
        ("DUE-01", "needs_review", {"exclude"}),
        ("DIM-01", "needs_review", {"exclude"}),
        ("KND-01", "needs_review", {"exclude"}),
        ("DUP-02", "needs_review", {"exclude"}),
        ("FIT-01", "needs_review", {"exclude"}),
        ("DUE-02", "needs_review", {"accept", "exclude"}),
        ("LIM-01", "held", {"accept", "exclude"}),
        ("ATT-01", "held", {"accept", "exclude"}),
        ("DUP-01", "needs_review", {"link", "exclude"}),
        ("REJ-01", "rejected", {"send_again", "exclude"}),
        ("CHG-01", "changed_after_sending", {"keep", "withdraw"}),
        ("DEL-01", "needs_review", {"withdraw", "keep", "done"}),
        ("DEL-02", "needs_review", {"withdraw", "keep", "done"}),
        ("DBT-01", "in_doubt", {"link", "send_again", "withdraw"}),
        ("VOI-01", "payment_voided", {"reverse", "keep", "done"}),
        ("RET-01", "payment_returned", {"done"}),
        ("LVL-01", "needs_review", {"keep", "send_again"}),
        ("REC-01", "needs_review", {"accept"}),
        ("BAL-01", "needs_review", {"link", "done"}),
        ("PAY-01", "needs_review", {"link", "done"}),
        ("UNK-01", "needs_review", {"link", "done"}),
    ],
)
def test_a_code_makes_the_state_and_offers_the_ways_of_the_catalogue(
    code: str, state: str, how: set[str]
) -> None:
    finding = Finding(code, "BIS1", "x")
    assert finding.blocking_state == state
    assert set(finding.resolutions) == how


@pytest.mark.parametrize("code", DOCUMENT_CODES)
def test_every_code_of_a_document_has_a_known_state_and_a_way_out(code: str) -> None:
    finding = Finding(code, "BIS1", "x")
    assert finding.blocking_state in INVOICE_STATES
    assert finding.resolutions


def test_a_finding_may_say_state_and_ways_of_its_own() -> None:
    finding = Finding("PO-01", "BIS1", "x", state="held", how=("exclude",))
    assert (finding.blocking_state, finding.resolutions) == ("held", ("exclude",))


def test_one_cause_groups_documents_and_without_one_the_document_stands_alone() -> None:
    assert Finding("MAP-01", "A", "x", cause="supplier 1").cause_key == "MAP-01|supplier 1"
    assert Finding("MAP-01", "B", "x", cause="supplier 1").cause_key == "MAP-01|supplier 1"
    assert Finding("SUM-01", "A", "x").cause_key == "SUM-01|A"


@pytest.mark.parametrize(
    ("finding", "waits", "asks"),
    [
        (Finding("STA-01", "A", "x"), True, True),
        (Finding("SUP-01", "A", "x", how=("exclude",)), True, True),
        (Finding("SUP-01", "A", "x", how=("withdraw", "done")), False, True),
        (Finding("SUP-01", "A", "x", how=("done",)), False, True),
        (Finding("PER-01", "A", "x", how=("exclude",)), True, True),
        (Finding("BNK-01", "A", "x"), False, True),
        (Finding("LIM-01", "A", "x"), False, True),
        (Finding("MAP-01", "A", "x"), False, True),
        (Finding("PO-01", "A", "x", blocks=False), False, False),
        (Finding("DUP-01", "A", "x", blocks=False, notes=True), False, True),
    ],
)
def test_held_waits_by_itself_unless_a_person_must_decide(
    finding: Finding,
    waits: bool,  # noqa: FBT001 - a table
    asks: bool,  # noqa: FBT001 - a table
) -> None:
    assert finding.waits_by_itself is waits
    assert finding.asks_person is asks


BY_STATE = {"needs_mapping": "MAP-01", "needs_review": "SUM-01", "held": "LIM-01"}


@pytest.mark.parametrize(
    "states",
    [
        chosen
        for size in (1, 2, 3)
        for chosen in itertools.permutations(("needs_mapping", "needs_review", "held"), size)
    ],
)
def test_needs_mapping_goes_before_needs_review_before_held(states: tuple[str, ...]) -> None:
    order = ("needs_mapping", "needs_review", "held")
    findings = [Finding(BY_STATE[state], "A", "x") for state in states]
    assert state_of(findings) == min(states, key=order.index)
    assert order == STATE_ORDER


def test_a_finding_that_only_warns_makes_no_state() -> None:
    assert state_of([Finding("SUM-01", "A", "x", blocks=False)]) == ""
    assert state_of([]) == ""


def test_a_state_outside_the_order_still_shows() -> None:
    assert state_of([Finding("REJ-01", "A", "x")]) == "rejected"
    assert state_of([Finding("REJ-01", "A", "x"), Finding("LIM-01", "A", "x")]) == "held"


BASES = st.sampled_from(["", "a", "b"])
FOUND = st.builds(
    Finding,
    st.sampled_from(["LIM-01", "BNK-01"]),
    st.sampled_from(["A", "B"]),
    st.just("x"),
    basis=BASES,
)


@given(st.lists(FOUND), st.lists(FOUND))
def test_an_acceptance_holds_for_code_document_and_basis_alone(
    accepted: list[Finding], found: list[Finding]
) -> None:
    triples = frozenset((f.code, f.document, f.basis) for f in accepted)
    left = Acceptances(triples).open_ones(found)
    assert list(left) == [f for f in found if (f.code, f.document, f.basis) not in triples]


def test_an_acceptance_ends_when_its_basis_changes_but_not_when_only_words_do() -> None:
    accepted = Acceptances(frozenset({("LIM-01", "A", "60000 USD")}))
    assert accepted.holds(Finding("LIM-01", "A", "other words", basis="60000 USD"))
    assert not accepted.holds(Finding("LIM-01", "A", "x", basis="60001 USD"))
    assert not accepted.holds(Finding("LIM-01", "B", "x", basis="60000 USD"))
