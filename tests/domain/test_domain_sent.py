"""A submitted invoice: its state, what X3 should show, and what went differently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.domain.actions import Action
from core.domain.ap_documents import ApLine
from core.domain.approvals import LevelState
from core.domain.books import Books
from core.domain.documents import Invoice
from core.domain.findings import Acceptances
from core.domain.policy import Policy
from core.domain.reference_documents import PaymentTerm
from core.domain.sent import SentInvoice, decide, submitted_of
from core.domain.states import PaymentShare
from core.domain.unsent import Verdict
from core.domain.unsent import decide as first_send
from tests.domain.domain_samples import (
    ENCODERS,
    EXTERNAL_ID,
    GL,
    RULES,
    accepting,
    ap_invoice,
    books,
    candidate,
    dec,
    invoice,
    item,
    payment,
    policy,
    posted,
    with_supplier,
)

NOTHING = Acceptances()


def sending(now: Invoice | None = None, **changes: Any) -> SentInvoice:
    """The sample invoice as it was sent, and as X3 shows it now."""
    action = first_send(candidate(), books(), policy(), NOTHING, ENCODERS).action
    assert action
    sound = SentInvoice(
        candidate=candidate(now or invoice()),
        submitted=submitted_of(action.info),
        body=action.body,
        found=ap_invoice(),
        level=LevelState(1, "in_approval:unposted"),
    )
    return replace(sound, **changes)


def decided(
    entry: SentInvoice,
    site: Books | None = None,
    chosen: Policy | None = None,
    accepted: Acceptances = NOTHING,
) -> tuple[Verdict, list[Action]]:
    return decide(entry, site or books(), chosen or policy(), accepted, ENCODERS)


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def test_an_unchanged_invoice_asks_for_nothing() -> None:
    verdict, actions = decided(sending())
    assert (verdict.state, verdict.approval, verdict.payment) == ("in_approval", "in_approval", "")
    assert (verdict.open_x3, verdict.open_avidxchange) == (None, 122400)
    assert (codes(verdict), actions) == ([], [])
    assert (verdict.level, verdict.written_for) == (1, "in_approval:unposted")
    assert verdict.why == "It waits for approval in AvidXchange."


def test_before_avidxchange_has_shown_it_it_is_sent_with_all_open() -> None:
    verdict, actions = decided(sending(found=None))
    assert (verdict.state, verdict.open_avidxchange, actions) == ("sent", 122400, [])
    assert verdict.due_date == "2026-03-29"


@pytest.mark.parametrize(
    ("state", "expected", "findings"),
    [
        ("received", "sent", []),
        ("on_hold", "in_approval", []),
        ("disputed", "in_approval", []),
        ("approved", "approved", []),
        ("exported", "approved", []),
        ("rejected", "rejected", ["REJ-01"]),
        ("deleted", "needs_review", ["DEL-02"]),
        ("unknown", "in_approval", ["UNK-01"]),
    ],
)
def test_the_state_of_avidxchange_shows_and_says_what_needs_a_person(
    state: str, expected: str, findings: list[str]
) -> None:
    entry = sending(found=ap_invoice(state=state), last_state="in_approval")
    verdict, _ = decided(entry)
    assert verdict.state == expected
    assert codes(verdict) == findings
    assert verdict.why


def test_an_unknown_text_is_shown_as_it_came() -> None:
    verdict, actions = decided(sending(found=ap_invoice(state="unknown", status_text="Zapped")))
    assert "Zapped" in verdict.why
    assert actions == []


def test_a_rejection_carries_its_reason_and_approver() -> None:
    found = ap_invoice(state="rejected", rejection_reason="wrong price", approver="Ann")
    verdict, _ = decided(sending(found=found))
    assert verdict.why == "Ann rejected it: wrong price"
    assert verdict.findings[0].resolutions == ("send_again", "exclude")
    nameless, _ = decided(sending(found=ap_invoice(state="rejected")))
    assert "no reason was given" in nameless.findings[0].text


def test_what_we_withdrew_is_excluded_without_a_finding() -> None:
    entry = sending(found=ap_invoice(state="deleted"), was_withdrawn=True)
    verdict, _ = decided(entry)
    assert (verdict.state, codes(verdict)) == ("excluded", [])


def test_a_deletion_that_a_person_kept_is_excluded() -> None:
    entry = sending(found=ap_invoice(state="deleted"))
    finding = decided(entry)[0].findings[0]
    assert decided(entry, accepted=accepting(finding))[0].state == "excluded"


# Recoding


RECODED = (ApLine(1, dec("1224.00"), "", ((GL, "6100"), ("Location", "102F"))),)


def test_a_recoding_by_the_approver_is_noted_and_blocks_nothing() -> None:
    verdict, _ = decided(sending(found=ap_invoice(state="approved", lines=RECODED)))
    (finding,) = verdict.findings
    assert (finding.code, finding.blocks, finding.asks_person) == ("REC-01", False, True)
    assert verdict.state == "approved"
    assert (
        decided(sending(found=ap_invoice(lines=RECODED)), accepted=accepting(finding))[0].findings
        == ()
    )


def test_an_approval_of_another_amount_writes_nothing_and_shows_both_once() -> None:
    found = ap_invoice(state="approved", amount=dec("1300.00"), lines=RECODED)
    verdict, actions = decided(sending(found=found))
    assert (codes(verdict), actions) == (["REC-01"], [])
    assert "1224" in verdict.findings[0].text
    assert "1300.00" in verdict.findings[0].text


# Changes in X3

CHANGED = invoice(comment1="Paper, April")


@pytest.mark.parametrize("state", ["received", "in_approval", "on_hold", "disputed"])
def test_a_change_replaces_what_was_sent_while_it_is_open_there(state: str) -> None:
    entry = sending(CHANGED, found=ap_invoice(state=state), level=LevelState())
    _, actions = decided(entry)
    (action,) = [found for found in actions if found.kind == "replace"]
    assert (action.key, action.revision, action.reference) == ("BIS1", 1, EXTERNAL_ID)
    assert action.body != entry.body
    assert action.info["invoice_id"] == "991823"
    assert submitted_of(action.info).content == action.basis["source"]


@pytest.mark.parametrize("state", ["approved", "exported", "unknown"])
def test_a_change_that_comes_too_late_is_chg_01(state: str) -> None:
    verdict, actions = decided(sending(CHANGED, found=ap_invoice(state=state)))
    assert "CHG-01" in codes(verdict)
    assert verdict.state == "changed_after_sending"
    assert [action.kind for action in actions if action.kind == "replace"] == []


@pytest.mark.parametrize("state", ["rejected", "deleted"])
def test_a_change_of_what_stands_no_more_is_nothing(state: str) -> None:
    verdict, _ = decided(sending(CHANGED, found=ap_invoice(state=state)))
    assert "CHG-01" not in codes(verdict)


def test_a_recoded_invoice_is_not_replaced_by_itself() -> None:
    verdict, actions = decided(sending(CHANGED, found=ap_invoice(lines=RECODED)))
    assert set(codes(verdict)) == {"REC-01", "CHG-01"}
    assert actions == []


def test_a_change_that_could_not_be_sent_is_chg_01_with_its_reason() -> None:
    verdict, _ = decided(sending(CHANGED), books(rules=RULES[1:]))
    assert codes(verdict) == ["CHG-01"]
    assert "no vendor" in verdict.findings[0].text
    too_long, _ = decided(sending(invoice(supplier_document="N" * 51)))
    assert codes(too_long) == ["CHG-01"]
    proforma, _ = decided(sending(invoice(kind=5)))
    assert "proforma" in proforma.why


def test_a_change_that_is_not_sent_is_nothing() -> None:
    verdict, actions = decided(sending(invoice(reference="internal")))
    assert (codes(verdict), actions) == ([], [])


def test_a_later_change_of_due_dates_is_no_change() -> None:
    site = books(terms={"NET30": (PaymentTerm("NET30", "USA", 1, days=60),)})
    assert decided(sending(), site) == decided(sending())
    _, actions = decided(sending(CHANGED), site)
    (action,) = actions
    assert action.info["due_date"] == "2026-03-29"


def test_a_change_is_kept_when_a_person_says_so_and_asked_again_after_the_next() -> None:
    entry = sending(CHANGED, found=ap_invoice(state="approved"))
    finding = next(f for f in decided(entry)[0].findings if f.code == "CHG-01")
    assert decided(entry, accepted=accepting(finding))[0].state == "approved"
    again = sending(invoice(comment1="Paper, May"), found=ap_invoice(state="approved"))
    assert "CHG-01" in codes(decided(again, accepted=accepting(finding))[0])


def test_what_a_person_accepted_before_the_first_send_does_not_stop_a_replacement() -> None:
    """product.md 2: changed after sending -> replaced while still open in AvidXchange."""
    chosen = policy(ceiling={"": dec("1000.00")})
    limit = first_send(candidate(CHANGED), books(), chosen, NOTHING, ENCODERS).findings
    verdict, actions = decided(sending(CHANGED), chosen=chosen, accepted=accepting(*limit))
    assert codes(verdict) == []
    assert [action.kind for action in actions] == ["replace"]
    assert "CHG-01" in codes(decided(sending(CHANGED), chosen=chosen)[0])


def test_a_change_after_a_payment_has_begun_is_left_alone() -> None:
    shares = (PaymentShare(payment(), dec("1224.00")),)
    entry = sending(CHANGED, found=ap_invoice(state="approved"), shares=shares)
    verdict, actions = decided(entry)
    assert verdict.state == "payment_issued"
    assert "CHG-01" not in codes(verdict)
    assert [action.kind for action in actions] == ["approval"]


# Lost in X3, and no longer eligible


def test_gone_from_x3_is_del_01_and_nothing_is_written_by_itself() -> None:
    entry = sending(is_gone=True, found=ap_invoice(state="approved"))
    verdict, actions = decided(entry)
    assert (verdict.state, codes(verdict), actions) == ("needs_review", ["DEL-01"], [])


def test_all_items_closed_without_a_payment_is_del_01() -> None:
    closed = candidate(posted(), items=(item(closed=2),))
    verdict, _ = decided(sending(candidate=closed))
    assert codes(verdict) == ["DEL-01"]
    half = candidate(posted(), items=(item("612", closed=2), item("612", 2)))
    assert "DEL-01" not in codes(decided(sending(candidate=half))[0])
    paid = (PaymentShare(payment(state="cleared"), dec("1224.00"), is_posted=True),)
    assert "DEL-01" not in codes(decided(sending(candidate=closed, shares=paid))[0])


@pytest.mark.parametrize(
    ("state", "how"),
    [("in_approval", ("withdraw", "done")), ("approved", ("done",)), ("exported", ("done",))],
)
@pytest.mark.parametrize("supplier", [{"payment_hold": True}, {"active": False}, {"dispute": 3}])
def test_a_supplier_that_may_not_be_paid_any_more_is_sup_01_at_once(
    supplier: dict[str, Any], state: str, how: tuple[str, ...]
) -> None:
    verdict, _ = decided(sending(found=ap_invoice(state=state)), with_supplier(**supplier))
    (finding,) = verdict.findings
    assert (finding.code, finding.resolutions) == ("SUP-01", how)
    assert not finding.waits_by_itself
    assert finding.asks_person


def test_a_match_that_failed_after_sending_is_po_01() -> None:
    verdict, _ = decided(sending(invoice(match=4)))
    (finding,) = verdict.findings
    assert (finding.code, finding.resolutions) == ("PO-01", ("withdraw", "done"))


@pytest.mark.parametrize("state", ["rejected", "deleted"])
def test_what_is_not_open_there_needs_no_withdrawal(state: str) -> None:
    entry = sending(found=ap_invoice(state=state), is_gone=True, was_withdrawn=True)
    verdict, _ = decided(entry, with_supplier(payment_hold=True))
    assert "SUP-01" not in codes(verdict)
    assert "DEL-01" not in codes(verdict)


def test_a_paid_invoice_is_not_held_for_its_supplier_any_more() -> None:
    shares = (PaymentShare(payment(), dec("1224.00")),)
    entry = sending(found=ap_invoice(state="approved"), shares=shares)
    assert codes(decided(entry, with_supplier(payment_hold=True))[0]) == []


# Levels


def test_an_approval_is_written_to_x3_with_what_x3_shows_as_basis() -> None:
    verdict, actions = decided(sending(found=ap_invoice(state="approved")))
    (action,) = actions
    assert (action.kind, action.key, action.revision) == ("approval", "BIS1", 4)
    assert (action.remote, action.reference) == ("x3|0113", "BIS1")
    assert action.basis == {"shown": "1"}
    assert action.info["written_for"] == "approved:unposted"
    assert verdict.level is None


def test_a_level_is_written_once_per_change_of_state_and_not_on_every_look() -> None:
    entry = sending(
        invoice(approval=4),
        found=ap_invoice(state="approved"),
        level=LevelState(4, "approved:unposted"),
    )
    verdict, actions = decided(entry)
    assert actions == []
    assert (verdict.level, verdict.written_for) == (4, "approved:unposted")


@pytest.mark.parametrize("share_is_posted", [True, False])
def test_after_a_posting_levels_are_no_longer_written(
    share_is_posted: bool,  # noqa: FBT001 - a table
) -> None:
    shares = (PaymentShare(payment("600.00"), dec("600.00"), is_posted=share_is_posted),)
    entry = sending(found=ap_invoice(state="approved"), shares=shares)
    _, actions = decided(entry)
    assert [action.kind for action in actions] == ([] if share_is_posted else ["approval"])


def test_a_level_that_a_person_changed_is_left_alone() -> None:
    entry = sending(invoice(approval=3), found=ap_invoice(state="approved"))
    verdict, actions = decided(entry)
    assert (codes(verdict), actions) == (["LVL-01"], [])
    assert verdict.findings[0].resolutions == ("keep", "send_again")
    assert verdict.state == "approved"


@pytest.mark.parametrize(
    ("refused", "is_tried"),
    [
        ((4, False, "PAZ : Level not authorized"), False),
        ((4, True, "RETCODE 9"), True),  # of the open items, and it is not posted any more
        ((1, False, "x"), True),
    ],
)
def test_a_level_that_x3_refused_is_not_tried_again(
    refused: tuple[int, bool, str],
    is_tried: bool,  # noqa: FBT001 - a table
) -> None:
    verdict, actions = decided(sending(found=ap_invoice(state="approved"), refused_level=refused))
    assert [action.kind for action in actions] == (["approval"] if is_tried else [])
    assert codes(verdict) == ([] if is_tried else ["LVL-01"])
    if not is_tried:
        assert "not authorized" in verdict.findings[0].text


def test_a_level_refused_before_posting_is_tried_on_the_open_items() -> None:
    entry = sending(
        found=ap_invoice(state="approved"),
        candidate=candidate(posted(), items=(item(),)),
        refused_level=(4, False, "PAZ : Field cannot be modified"),
    )
    (action,) = decided(entry)[1]
    assert action.info["posted"] is True


def test_without_writing_a_level_is_to_be_keyed_in_by_hand() -> None:
    entry = sending(found=ap_invoice(state="approved"))
    verdict, actions = decided(entry, chosen=policy(writes_to_erp=False))
    assert (codes(verdict), actions) == (["LVL-01"], [])
    assert verdict.findings[0].resolutions == ("keep",)


def test_no_level_is_written_on_a_state_that_is_not_known() -> None:
    verdict, actions = decided(sending(found=ap_invoice(state="unknown")))
    assert actions == []
    assert verdict.level is None


def test_facts_of_an_older_sending_that_are_missing_count_as_empty() -> None:
    found = submitted_of({})
    assert (found.vendor_code, found.amount, found.lines, found.due_date) == ("", dec("0"), (), "")
