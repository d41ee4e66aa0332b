"""An invoice not in AvidXchange: ready, or waiting for a named reason, and what was refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.domain.books import Books
from core.domain.findings import Acceptances
from core.domain.sent import submitted_of
from core.domain.unsent import (
    Refusal,
    Verdict,
    content_of,
    decide,
    document_content,
    open_in_erp,
)
from core.domain.validate import Candidate, assess
from tests.domain.domain_samples import (
    ENCODERS,
    EXTERNAL_ID,
    GL,
    books,
    candidate,
    dec,
    invoice,
    item,
    policy,
    posted,
)


def verdict(
    found: Candidate | None = None,
    site: Books | None = None,
    refusal: Refusal | None = None,
    **choices: Any,
) -> Verdict:
    entry = found or candidate()
    return decide(entry, site or books(), policy(**choices), Acceptances(), ENCODERS, refusal)


def content() -> str:
    payload = assess(candidate(), books(), policy(), Acceptances()).payload
    assert payload
    return content_of(payload)


def test_a_sound_invoice_is_ready_and_planned_once_under_its_reference() -> None:
    found = verdict()
    assert (found.state, found.due_date, found.is_live) == ("ready", "2026-03-29", True)
    action = found.action
    assert action
    assert (action.kind, action.key, action.revision) == ("invoice", "BIS1", 1)
    assert action.reference == EXTERNAL_ID
    assert action.remote == f"avidxchange|{EXTERNAL_ID}"
    assert action.basis == {"source": document_content(invoice())}


def test_what_is_kept_of_a_sending_is_json_and_comes_back_as_what_was_submitted() -> None:
    action = verdict().action
    assert action
    kept = json.loads(json.dumps(action.info))
    assert kept == action.info
    found = submitted_of(kept)
    assert (found.vendor_code, found.number, found.currency) == ("V00101", "INV-90871", "USD")
    assert found.amount == dec("1224.00")
    assert found.due_date == "2026-03-29"
    assert found.content == document_content(invoice())
    assert found.lines == (
        (dec("1134.00"), frozenset({(GL, "6100"), ("Location", "102F")})),
        (dec("90.00"), frozenset({(GL, "6240"), ("Location", "102F")})),
    )


def test_the_same_invoice_gives_the_same_bytes_and_a_new_revision_only_another_reference() -> None:
    one, two = verdict().action, verdict(candidate(revision=2)).action
    assert one
    assert two
    assert one == verdict().action
    assert two.reference == "X3|PROD|US10|BIS1|2"
    assert one.info["content"] == two.info["content"]
    assert one.fingerprint != two.fingerprint


def test_the_first_blocking_finding_says_why_and_nothing_is_planned() -> None:
    found = verdict(candidate(invoice(status=1)), books(rules=books().rules.rules[1:]))  # type: ignore[index]  # a tuple
    assert found.state == "needs_mapping"
    assert {finding.code for finding in found.findings} == {"STA-01", "MAP-01"}
    assert found.why in {finding.text for finding in found.findings}
    assert found.action is None


def test_warnings_stay_beside_a_sending() -> None:
    found = verdict(candidate(invoice(gross=dec("1224.01"))))
    assert found.state == "ready"
    assert [finding.code for finding in found.findings] == ["SUM-01"]
    assert found.action


def test_what_does_not_fit_the_wire_is_fit_01() -> None:
    found = verdict(candidate(invoice(supplier_document="N" * 51)))
    assert (found.state, found.action) == ("needs_review", None)
    assert [finding.code for finding in found.findings] == ["FIT-01"]
    assert verdict(candidate(invoice(supplier_document="N" * 50))).state == "ready"


@pytest.mark.parametrize(
    ("kind", "code", "state"),
    [
        ("vendor", "MAP-05", "needs_mapping"),
        ("coding", "MAP-05", "needs_mapping"),
        ("duplicate_number", "DUP-01", "needs_review"),
        ("amount", "SUM-01", "needs_review"),
        ("purchase_order", "PO-01", "needs_review"),
        ("image", "FIT-01", "needs_review"),
        ("", "FIT-01", "needs_review"),
    ],
)
def test_a_refused_content_is_not_sent_again_by_itself(kind: str, code: str, state: str) -> None:
    found = verdict(refusal=Refusal(kind, "Vendor not found: V00101", content()))
    assert (found.state, found.action) == (state, None)
    (finding,) = found.findings
    assert finding.code == code
    assert "Vendor not found" in finding.text
    assert finding.resolutions == ("send_again", "exclude")


def test_a_corrected_content_is_sent_though_another_was_refused() -> None:
    refusal = Refusal("vendor", "no", content())
    assert verdict(candidate(invoice(comment1="Corrected")), refusal=refusal).state == "ready"


@pytest.mark.parametrize(
    "change",
    [
        {"approval": 4},
        {"status": 3},
        {"match": 2},
        {"posting_number": 7},
        {"fiscal_year": 6},
        {"period": 3},
        {"journal": "PUR"},
        {"sign": 1},
        {"created": datetime(2026, 3, 1, tzinfo=UTC)},
        {"changed": datetime(2026, 3, 1, tzinfo=UTC)},
    ],
)
def test_approval_posting_and_stamps_are_no_change_of_the_invoice(change: dict[str, Any]) -> None:
    assert document_content(invoice(**change)) == document_content(invoice())


@pytest.mark.parametrize(
    "change",
    [
        {"gross": dec("1")},
        {"supplier_document": "X"},
        {"document_date": date(2026, 2, 28)},
        {"comment1": "x"},
        {"pay_to_address": "A02"},
        {"lines": ()},
        {"currency": "CAD"},
        {"supplier": "0114"},
    ],
)
def test_everything_that_is_sent_counts_as_a_change(change: dict[str, Any]) -> None:
    assert document_content(invoice(**change)) != document_content(invoice())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (candidate(invoice()), None),
        (candidate(posted(), items=(item("612.00"), item("612.00", 2, paid=dec("12.00")))), 121200),
        (candidate(posted(kind=2), items=(item("80.00"),)), -8000),
        (candidate(posted(), items=(item(closed=2),)), 0),
        (candidate(posted()), 0),
    ],
)
def test_open_in_x3_is_signed_and_unknown_while_not_posted(
    found: Candidate, expected: int | None
) -> None:
    assert open_in_erp(found, policy()) == expected


def test_without_a_due_date_there_is_no_payload_and_the_state_says_review() -> None:
    found = verdict(site=books(terms={}))
    assert (found.state, found.due_date, found.action) == ("needs_review", "", None)
    assert [f.code for f in found.findings] == ["DUE-01"]


@pytest.mark.parametrize("amounts", [("1224.005",), ("612.005", "612.00"), ("1224.00", "0.004")])
def test_one_odd_open_amount_is_shown_rounded_and_stops_no_other_invoice(
    amounts: tuple[str, ...],
) -> None:
    items = tuple(item(amount, at) for at, amount in enumerate(amounts, start=1))
    found = decide(candidate(posted(), items=items), books(), policy(), Acceptances(), ENCODERS)
    assert found.open_x3 in (122400, 122401)


def test_a_difference_below_a_cent_is_still_told_as_paid_already() -> None:
    odd = candidate(posted(), items=(item("1224.00", provisional=dec("0.005")),))
    found = decide(odd, books(), policy(), Acceptances(), ENCODERS)
    assert [finding.code for finding in found.findings] == ["BAL-01"]


def test_a_refusal_speaks_of_the_content_and_not_of_the_reference() -> None:
    payload = assess(candidate(), books(), policy(), Acceptances()).payload
    assert payload
    assert content_of(payload) == content_of(replace(payload, external_id="other"))
    assert content_of(payload) != content_of(replace(payload, po_number="other"))
