"""What becomes of a payment after it was posted, failed, or issued again (avidxchange.md 5.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.ap_documents import ApPayment
from core.domain.postings import (
    after_posting,
    identity_of,
    is_overdue_failure,
    money_of,
    replaces,
)
from tests.domain.domain_samples import (
    dec,
    payment,
    policy,
    remittance,
)

SECOND = "X3|PROD|US10|BIS2|1"

# After posting


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("voided", "VOI-01"),
        ("stopped", "VOI-01"),
        ("reissued", "VOI-01"),
        ("returned", "RET-01"),
        ("refunded", "RET-01"),
        ("issued", None),
        ("cleared", None),
        ("processing", None),
        ("held", None),
    ],
)
def test_what_comes_back_after_posting_asks_for_a_reversal_by_a_person(
    state: str, code: str | None
) -> None:
    found = payment(state=state, status_text=state.title(), check_number="10455")
    finding = after_posting(found, "AVD4765360", "PYUS1")
    assert (finding and finding.code) == code
    if finding:
        assert "PYUS1" in finding.text
        assert "AVD4765360" in finding.text
        assert "2026-03-18" in finding.text
        assert "10455" in finding.text


@pytest.mark.parametrize(
    ("refund", "is_named"), [(dec("1200.00"), True), (dec("1224.00"), False), (None, False)]
)
def test_a_refund_less_a_fee_names_what_came_back(
    refund: Decimal | None,
    is_named: bool,  # noqa: FBT001 - a table
) -> None:
    found = payment(state="refunded", status_text="", refund_amount=refund, status_date=None)
    finding = after_posting(found, "AVD1", "PY1")
    assert finding
    assert ("1200.00 of 1224.00" in finding.text) is is_named
    assert "4765360 is refunded." in finding.text


@pytest.mark.parametrize(
    ("state", "exceptions", "days", "is_overdue"),
    [
        ("failed", (4,), 0, False),
        ("failed", (4, 9), 2, False),
        ("failed", (4,), 3, True),
        ("failed", (), 2, False),
        ("failed", (), 3, True),
        ("failed", (7,), 0, True),
        ("failed", (4, 7), 0, True),
        ("processing", (7,), 9, False),
    ],
)
def test_a_failed_payment_is_a_persons_when_it_does_not_cure_itself_in_two_days(
    state: str,
    exceptions: tuple[int, ...],
    days: int,
    is_overdue: bool,  # noqa: FBT001 - a table
) -> None:
    found = payment(state=state, exceptions=exceptions)
    now = date(2026, 3, 18) + timedelta(days=days)
    assert is_overdue_failure(found, now, policy()) is is_overdue


# Re-issues: the same payment id, or a new one (avidxchange.md 5.2)


@pytest.mark.parametrize(
    ("change", "same_money", "same_identity"),
    [
        ({"method": "card"}, True, False),
        ({"printed_check_number": "9"}, True, False),
        ({"amount": dec("1.00")}, False, True),
        ({"remittances": (remittance("1.00"),)}, False, True),
        ({"amount": dec("1224")}, True, True),
        ({"status_text": "x", "state": "cleared"}, True, True),
    ],
)
def test_a_reissue_changes_how_it_is_paid_and_not_what_is_paid(
    change: dict[str, Any],
    same_money: bool,  # noqa: FBT001 - a table
    same_identity: bool,  # noqa: FBT001 - a table
) -> None:
    assert (money_of(payment(**change)) == money_of(payment())) is same_money
    assert (identity_of(payment(**change)) == identity_of(payment())) is same_identity


def test_the_order_of_remittances_is_no_change() -> None:
    parts = (remittance("1000.00"), remittance("224.00", SECOND))
    one, other_order = payment(remittances=parts), payment(remittances=parts[::-1])
    assert money_of(one) == money_of(other_order)
    assert money_of(payment(remittances=None)) == money_of(payment(remittances=()))


OLD = payment(payment_id="1", state="voided", external_ids=("AP-1",))


@pytest.mark.parametrize(
    ("new", "old", "is_reissue"),
    [
        (payment(payment_id="2", external_ids=("AP-1",)), OLD, True),
        (
            payment(payment_id="2", external_ids=("AP-0", "AP-1")),
            replace(OLD, state="issued"),
            True,
        ),
        (payment(payment_id="2", external_ids=("AP-2",)), OLD, False),
        (payment(payment_id="1", external_ids=("AP-1",)), OLD, False),
        (payment(payment_id="2"), replace(OLD, external_ids=()), True),
        (payment(payment_id="2", vendor_code="v00101 "), replace(OLD, external_ids=()), True),
        (payment(payment_id="2"), replace(OLD, external_ids=(), state="issued"), False),
        (payment(payment_id="2", vendor_code="V2"), replace(OLD, external_ids=()), False),
        (payment("1.00", payment_id="2"), replace(OLD, external_ids=()), False),
    ],
)
def test_a_new_id_replaces_a_payment_by_external_id_or_by_money_that_came_back(
    new: ApPayment,
    old: ApPayment,
    is_reissue: bool,  # noqa: FBT001 - a table
) -> None:
    assert replaces(new, old) is is_reissue
