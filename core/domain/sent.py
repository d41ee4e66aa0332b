"""An invoice that was submitted: its state, what X3 should show, and what went differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from core.domain import images, losses
from core.domain.absence import Absence
from core.domain.actions import Action, Encoders, erp_remote, invoice_remote
from core.domain.ap_documents import ApInvoice
from core.domain.approvals import (
    LevelState,
    LevelWrite,
    Submitted,
    differs,
    recoding,
    shown_level,
    wanted_level,
)
from core.domain.approvals import decide as decide_level
from core.domain.books import Books
from core.domain.documents import MATCH_BLOCKED, Invoice
from core.domain.findings import Acceptances, Finding
from core.domain.images import Attached, Upload
from core.domain.money import minor_of, nearest_minor
from core.domain.policy import Policy
from core.domain.states import PaymentShare, Standing, standing
from core.domain.unsent import (
    Verdict,
    document_content,
    open_in_erp,
    submission_facts,
)
from core.domain.validate import Candidate, assess, ineligible_supplier
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class SentInvoice:
    """A submitted invoice with everything known of it on both sides.

    `found` is None until AvidXchange has shown it. `last_state` is the state before.
    `absence` tells what X3 no longer shows: the invoice (`is_gone`) or its open items.
    `is_vanished` tells that AvidXchange no longer shows it. `reversed_by` is the credit memo that
    takes the whole of it back in X3.
    `refused_level` is a level X3 refused, whether of a posted invoice,
    and X3's words.
    """

    candidate: Candidate
    submitted: Submitted
    body: bytes
    found: ApInvoice | None
    shares: tuple[PaymentShare, ...] = ()
    level: LevelState = field(default_factory=LevelState)
    last_state: str = "sent"
    was_withdrawn: bool = False
    is_gone: bool = False
    absence: Absence | None = None
    refused_level: tuple[int, bool, str] | None = None
    is_vanished: bool = False
    reversed_by: str = ""
    attached: Attached = field(default_factory=Attached)
    uploads: tuple[Upload, ...] = ()

    @property
    def invoice(self) -> Invoice:
        """The invoice as X3 shows it now."""
        return self.candidate.invoice


def submitted_of(info: Mapping[str, Any]) -> Submitted:
    """What was sent, from the facts kept with the outbox entry."""
    lines = tuple(
        (Decimal(amount), frozenset((str(group), str(value)) for group, value in codes))
        for amount, codes in info.get("lines", ())
    )
    return Submitted(
        vendor_code=str(info.get("vendor", "")),
        number=str(info.get("number", "")),
        amount=Decimal(str(info.get("amount", "0"))),
        currency=str(info.get("currency", "")),
        lines=lines,
        due_date=str(info.get("due_date", "")),
        content=str(info.get("document", "")),
    )


def decide(
    sent: SentInvoice,
    books: Books,
    policy: Policy,
    acceptances: Acceptances,
    encoders: Encoders,
) -> tuple[Verdict, list[Action]]:
    """State, findings and actions of one submitted invoice."""
    invoice, found = sent.invoice, sent.found
    verdict = partial(
        Verdict,
        number=invoice.number,
        due_date=sent.submitted.due_date,
        open_x3=open_in_erp(sent.candidate, policy),
    )
    if found is None:
        amount = minor_of(sent.submitted.amount, sent.submitted.currency)
        why = say("avidxchange_has_it_no_status_has_been")
        return verdict(state="sent", why=why, open_avidxchange=amount), []
    stands = standing(found, sent.shares, last=sent.last_state, was_withdrawn=sent.was_withdrawn)
    open_there = stands.open_amount
    findings = [*_findings(sent, found, books, policy)]
    actions: list[Action] = []
    change = None if stands.payment else _change(sent, found, books, policy, acceptances, encoders)
    if isinstance(change, Action):
        actions.append(change)
    elif change:
        findings.append(change)
    level, more = _approval(sent, found, policy, encoders, findings)
    documents, told = images.decide(_with_documents(sent, found), policy.images)
    findings += told
    more += documents
    open_ones = acceptances.open_ones(findings)
    ends_with = "DEL-02" if sent.is_vanished else _ENDS_WITH.get(found.state, "")
    state, why = _state_and_why(stands, open_ones, found, ends_with)
    made = verdict(
        state=state,
        findings=open_ones,
        why=why,
        payment=stands.payment,
        approval=found.state,
        open_avidxchange=None if open_there is None else nearest_minor(open_there, found.currency),
        level=level.level if level else None,
        written_for=level.written_for if level else "",
    )
    return made, actions + more


def _state_and_why(
    stands: Standing, findings: tuple[Finding, ...], found: ApInvoice, ends_with: str
) -> tuple[str, str]:
    """Let a change or a loss show in the state, unless money has moved already.

    `ends_with` is the code on which a person has the last word; without it open, it is over.
    """
    codes = {finding.code for finding in findings}
    state = stands.state
    if not stands.payment:
        if "CHG-01" in codes:
            state = "changed_after_sending"
        elif codes & {"DEL-01", "DEL-02"}:
            state = "needs_review"
        elif ends_with not in ("", *codes):
            state = "excluded"
    why = findings[0].text if findings else _SENTENCES.get(state, "")
    if state == "rejected" and found.rejection_reason:
        why = say(
            "rejected_it",
            approver=found.approver or say("the_approver"),
            rejection_reason=found.rejection_reason,
        )
    return state, why


_VANISHED = ("keep", "done")  # there is nothing to withdraw
#: What a person has said the last word on when the finding is accepted.
_ENDS_WITH = {"deleted": "DEL-02", "rejected": "REJ-01"}
_SENTENCES = {
    "sent": say("avidxchange_has_received_it"),
    "in_approval": say("it_waits_for_approval_in_avidxchange"),
    "approved": say("it_is_approved_and_waits_for_payment"),
    "rejected": say("it_was_rejected_in_avidxchange_without"),
    "payment_scheduled": say("avidxchange_prepares_its_payment"),
    "payment_issued": say("the_payment_is_on_its_way_to"),
    "part_paid": say("a_part_of_it_is_paid"),
    "paid": say("it_is_paid"),
    "payment_voided": say("its_payment_was_voided_after_x3_had"),
    "payment_returned": say("the_money_of_its_payment_came_back"),
    "excluded": say("it_was_withdrawn_from_avidxchange"),
}


def _findings(
    sent: SentInvoice, found: ApInvoice, books: Books, policy: Policy
) -> Iterator[Finding]:
    """What a person should know about a submitted invoice."""
    invoice = sent.invoice
    number = invoice.number
    is_open = found.state in policy.changeable or found.state in ("approved", "exported")
    if found.state == "rejected":
        reason = found.rejection_reason or say("no_reason_was_given")
        text = say("rejected_it_2", approver=found.approver or say("the_approver"), reason=reason)
        yield Finding("REJ-01", number, text, basis=found.external_id)
    if found.state == "deleted" and not sent.was_withdrawn:
        text = say("it_was_deleted_in_avidxchange_not_by")
        yield Finding("DEL-02", number, text, basis=found.external_id)
    if sent.is_vanished and found.state != "deleted":
        text = say("avidxchange_no_longer_shows_it_and")
        yield Finding("DEL-02", number, text, basis=f"{found.external_id} vanished", how=_VANISHED)
    if found.state == "unknown":
        text = say("avidxchange_shows_the_state", status_text=found.status_text or "(none)")
        yield Finding("UNK-01", number, text, state=sent.last_state, basis=found.status_text)
    recoded = recoding(found, sent.submitted) if is_open else ""
    if recoded and not differs(found, sent.submitted):
        yield Finding("REC-01", number, recoded, blocks=False, notes=True, basis=recoded)
    if is_open:
        yield from losses.findings(sent, found, policy)
        yield from _ineligible(sent, found, books, policy)


def _ineligible(
    sent: SentInvoice, found: ApInvoice, books: Books, policy: Policy
) -> Iterator[Finding]:
    """X3 would not let it be paid any more: at once, first in the queue."""
    if losses.has_money(sent):
        return
    invoice = sent.invoice
    how = ("withdraw", "done") if found.state in policy.changeable else ("done",)
    reason = ineligible_supplier(invoice, books)
    if reason:
        cause = say("supplier_after_sending", supplier=invoice.supplier)
        yield Finding("SUP-01", invoice.number, reason, cause=cause, how=how, basis=reason)
    if invoice.match == MATCH_BLOCKED:
        text = say("x3s_match_failed_after_the_invoice_was")
        yield Finding("PO-01", invoice.number, text, how=how, basis="match")


def _change(
    sent: SentInvoice,
    found: ApInvoice,
    books: Books,
    policy: Policy,
    acceptances: Acceptances,
    encoders: Encoders,
) -> Action | Finding | None:
    """Replace what was sent when X3's invoice changed and AvidXchange still lets us."""
    invoice = sent.invoice
    now = document_content(invoice)
    is_over = sent.is_gone or sent.is_vanished or found.state in ("rejected", "deleted")
    if is_over or now == sent.submitted.content:
        return None
    result = assess(_as_unsent(sent), books, policy, acceptances)
    if result.payload is None:
        reasons = "; ".join(f.text for f in result.findings if f.blocks) or result.excluded
        text = say("it_changed_in_x3_and_can_no", reasons=reasons)
        return _too_late(sent, found, policy, text)
    payload = replace(result.payload, external_id=found.external_id)
    if sent.submitted.due_date:  # not known of what another copy has sent
        payload = replace(payload, due_date=date.fromisoformat(sent.submitted.due_date))
    try:
        body = encoders.invoice(payload)
    except ValueError as error:
        return _too_late(sent, found, policy, say("it_changed_in_x3", error=error))
    if body == sent.body:
        return None
    if found.state not in policy.changeable or recoding(found, sent.submitted):
        why = (
            "was recoded there"
            if found.state in policy.changeable
            else say("is_there", state=found.state)
        )
        text = say("it_changed_in_x3_after_it_was", why=why)
        return _too_late(sent, found, policy, text)
    return Action(
        kind="replace",
        key=invoice.number,
        revision=sent.candidate.revision,
        body=body,
        remote=invoice_remote(found.external_id),
        reference=found.external_id,
        basis={"source": now},
        info=submission_facts(payload, invoice) | {"invoice_id": found.invoice_id},
    )


def _too_late(sent: SentInvoice, found: ApInvoice, policy: Policy, text: str) -> Finding:
    """A change that cannot be carried over; only what is open there can be withdrawn."""
    finding = Finding("CHG-01", sent.invoice.number, text, basis=document_content(sent.invoice))
    if found.state in policy.changeable:
        return finding
    return replace(finding, how=("keep",), fix=f"Keep what was sent, or {losses.IN_THE_PORTAL}")


def _as_unsent(sent: SentInvoice) -> Candidate:
    """The candidate without peers: its own number is taken by itself. Its documents are there."""
    return replace(sent.candidate, peers=(), attached=None)


def _with_documents(sent: SentInvoice, found: ApInvoice) -> images.Submitted:
    invoice, revision = sent.invoice, sent.candidate.revision
    return images.Submitted(
        invoice.number, invoice.supplier, revision, found, sent.attached, sent.uploads
    )


def _approval(
    sent: SentInvoice,
    found: ApInvoice,
    policy: Policy,
    encoders: Encoders,
    findings: list[Finding],
) -> tuple[LevelState | None, list[Action]]:
    """The level X3 shows already as it should, else what is to be written (avidxchange.md 5.1).

    After a posted payment it is left alone.
    """
    if any(share.is_posted for share in sent.shares) or sent.is_gone or sent.is_vanished:
        return None, []
    invoice, items = sent.invoice, sent.candidate.items
    decision = decide_level(invoice, items, found, sent.submitted, sent.level, policy.levels)
    if decision is None:
        wanted, shown = wanted_level(found, policy.levels), shown_level(invoice, items)
        if wanted is not None and shown == {wanted}:
            posted = "posted" if invoice.is_posted else "unposted"
            return LevelState(wanted, f"{found.state}:{posted}"), []
        return None, []
    if isinstance(decision, Finding):
        findings.append(decision)
        return None, []
    if sent.refused_level and sent.refused_level[:2] == (decision.level, decision.posted):
        text = say(
            "x3_did_not_take_level", level=decision.level, refused_level=sent.refused_level[2]
        )
        findings.append(Finding("LVL-01", invoice.number, text, basis=text))
        return None, []
    if not policy.writes_to_erp:
        text = say("set_payment_approval_in_x3_by_hand", level=decision.level)
        findings.append(Finding("LVL-01", invoice.number, text, basis=text, how=("keep",)))
        return None, []
    return None, [_level_action(sent, decision, encoders)]


def _level_action(sent: SentInvoice, decision: LevelWrite, encoders: Encoders) -> Action:
    invoice = sent.invoice
    shown = shown_level(invoice, sent.candidate.items)
    return Action(
        kind="approval",
        key=invoice.number,
        revision=decision.level,
        body=encoders.approval(invoice.number, invoice.type, decision),
        remote=erp_remote(invoice.supplier),
        reference=invoice.number,
        basis={"shown": ",".join(str(level) for level in sorted(shown))},
        info={
            "level": decision.level,
            "posted": decision.posted,
            "written_for": decision.written_for,
            "type": invoice.type,
            "supplier": invoice.supplier,
        },
    )
