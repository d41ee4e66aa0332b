"""The plan: from a snapshot of what is stored to everything that would be written, and why.

Pure: the same snapshot gives the same plan, and nothing but the plan is ever applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from core.domain import images, postings, sent, unsent, vendors
from core.domain.actions import KINDS, Action, Encoders, erp_remote, plan_hash
from core.domain.ap_documents import NO_PAST, ApPayment, PaymentPast
from core.domain.books import Books
from core.domain.canonical import decimal_text
from core.domain.findings import Acceptances, Finding
from core.domain.policy import Policy
from core.domain.remittance import RemitDetails
from core.domain.sent import SentInvoice
from core.domain.unsent import Refusal, Verdict
from core.domain.validate import Candidate
from core.words import area

say = area(__name__)

_POSTING_PATIENCE = timedelta(days=3)  # PER-02 becomes a review item after this (product.md 4)


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment of AvidXchange and what X3 has of it.

    `x3_payment` is empty until it is posted. `is_undone` tells that X3 shows the posting reversed.
    `outbox` is the state of a posting under way, `refused` X3's words when it said no.
    `rivals` are X3 payments that stand for the same money.
    """

    payment: ApPayment
    x3_payment: str = ""
    reference: str = ""
    sequence: int = 0
    is_undone: bool = False
    outbox: str = ""
    refused: str = ""
    refused_kind: str = ""
    rivals: tuple[str, ...] = ()
    posted_content: str = ""  # `money:identity:backs` as posted
    refusal: str = ""  # which refusal it was: an acceptance is given for one
    accepted: frozenset[str] = frozenset()  # what a person let go to the next open period
    past: PaymentPast = NO_PAST
    is_by_hand: bool = False  # a person posts it themselves
    is_held: bool = False  # a person holds it: it waits until they release it
    is_vanished: bool = False  # AvidXchange no longer shows it

    @property
    def again_basis(self) -> str:
        """What a person accepts of a payment that is out after it was refunded."""
        return f"out_after_refund:{self.past.backs}"


@dataclass(frozen=True, slots=True)
class PaymentVerdict:
    """What was decided about one payment."""

    payment_id: str
    findings: tuple[Finding, ...] = ()
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a plan is made from, read in one transaction."""

    policy: Policy
    books: Books
    today: date
    acceptances: Acceptances = field(default_factory=Acceptances)
    candidates: Sequence[Candidate] = ()
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    sent: Sequence[SentInvoice] = ()
    payments: Sequence[PaymentFacts] = ()
    paid: Mapping[str, postings.PaidInvoice] = field(default_factory=dict)
    vendors_sent: Mapping[str, str] = field(default_factory=dict)
    vendors_refused: Mapping[str, str] = field(default_factory=dict)
    may_create: frozenset[str] | None = frozenset()
    rules_stamp: str = ""


@dataclass(slots=True)
class Plan:
    """Actions in the order of writing, and the verdict on every document looked at."""

    actions: list[Action] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    payments: list[PaymentVerdict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)  # of suppliers
    baselines: list[RemitDetails] = field(default_factory=list)
    vendors_seen: dict[str, str] = field(default_factory=dict)
    _hashed: tuple[Action, ...] = field(default=(), init=False, repr=False, compare=False)
    _hash: str = field(default="", init=False, repr=False, compare=False)

    @property
    def hash(self) -> str:
        """The hash a person approves and `--plan` names; made anew when the actions change."""
        actions = tuple(self.actions)
        if not self._hash or actions != self._hashed:
            self._hashed, self._hash = actions, plan_hash(self.actions)
        return self._hash


def make(snapshot: Snapshot, encoders: Encoders, *, only: str = "") -> Plan:
    """Everything that would be written now; `only` keeps the actions of one flow."""
    policy = snapshot.policy
    vendor_plan = vendors.make(
        snapshot.books,
        policy,
        encoders,
        last_sent=snapshot.vendors_sent,
        refused=snapshot.vendors_refused,
        may_create=snapshot.may_create,
        today=snapshot.today,
    )
    books = replace(snapshot.books, creatable=frozenset(vendor_plan.creatable))
    plan = Plan(
        actions=list(vendor_plan.actions),
        findings=list(snapshot.acceptances.open_ones(vendor_plan.findings)),
        baselines=vendor_plan.baselines,
        vendors_seen=vendor_plan.seen,
    )
    for candidate in snapshot.candidates:
        refusal = snapshot.refusals.get(candidate.invoice.number)
        verdict = unsent.decide(candidate, books, policy, snapshot.acceptances, encoders, refusal)
        plan.verdicts.append(verdict)
        if verdict.action:
            plan.actions.append(verdict.action)
            plan.actions += _documents(verdict.action, candidate, policy)
    for entry in snapshot.sent:
        verdict, actions = sent.decide(entry, books, policy, snapshot.acceptances, encoders)
        plan.verdicts.append(replace(verdict, action=actions[0]) if actions else verdict)
        plan.actions += actions
    _payments(plan, replace(snapshot, books=books), encoders)
    plan.actions = _ordered(plan.actions, snapshot.rules_stamp, only)
    return plan


def _documents(submission: Action, candidate: Candidate, policy: Policy) -> list[Action]:
    """What is attached once the invoice stands there."""
    if not policy.images.is_on or candidate.attached is None:
        return []
    return images.with_submission(submission, candidate.attached)


def _ordered(actions: list[Action], stamp: str, only: str) -> list[Action]:
    """In the order of writing, each with the state of the mapping it rests on."""
    order = {kind: position for position, kind in enumerate(KINDS)}
    kept = [action for action in actions if not only or KINDS[action.kind] == only]
    kept.sort(key=lambda action: (order[action.kind], action.key, action.revision))
    return [action.resting_on(stamp) for action in kept]


def _payments(plan: Plan, snapshot: Snapshot, encoders: Encoders) -> None:
    """Payments in the order of their ids, so that two plans give shares away alike."""
    balances = postings.Balances()
    ordered = sorted(snapshot.payments, key=lambda f: (len(f.payment.key), f.payment.key))
    for facts in ordered:
        verdict = _payment(facts, snapshot, encoders, balances)
        plan.payments.append(verdict)
        plan.actions += [verdict.action] if verdict.action else []


def _payment(
    facts: PaymentFacts, snapshot: Snapshot, encoders: Encoders, balances: postings.Balances
) -> PaymentVerdict:
    """What one payment asks for now."""
    payment, policy = facts.payment, snapshot.policy
    findings: list[Finding] = []
    action: Action | None = None
    if payment.state == "unknown" or facts.is_vanished:
        findings.append(_not_known(facts))
    elif facts.x3_payment and (not facts.is_undone or _is_as_posted(facts)):
        findings += _posted(facts, snapshot)
    elif postings.is_overdue_failure(payment, snapshot.today, policy):
        findings.append(_failed(facts))
    elif not postings.is_due(payment, policy) or facts.is_by_hand:
        pass
    elif facts.past.was_refunded and facts.again_basis not in facts.accepted:
        findings.append(postings.after_refund(payment, facts.again_basis, ""))
    elif not facts.outbox or _period(facts, policy) == "refused":
        # What is held takes nothing from what others may be posted to; what it lacks is told.
        found = _due(facts, snapshot, encoders, balances.copy() if facts.is_held else balances)
        if isinstance(found, Finding):
            findings.append(found)
        elif not facts.is_held:
            action, notes = found
            findings += notes
    elif facts.outbox == "rejected":
        findings.append(_refused(facts))
    return PaymentVerdict(payment.key, snapshot.acceptances.open_ones(findings), action)


def _not_known(facts: PaymentFacts) -> Finding:
    """A state that says nothing, or a payment that is no longer shown: never posted."""
    payment = facts.payment
    if facts.is_vanished:
        text = say("avidxchange_no_longer_shows_the_payment")
        return Finding("UNK-01", payment.key, text, basis="vanished", how=("done",))
    text = say(
        "avidxchange_shows_the_state_nothing_was", status_text=payment.status_text or "(none)"
    )
    return Finding("UNK-01", payment.key, text, basis=payment.status_text)


def _failed(facts: PaymentFacts) -> Finding:
    """A payment that AvidXchange could not make; worse when X3 shows it as made."""
    payment = facts.payment
    reasons = ", ".join(payment.exception_texts) or "no reason given"
    text = say("avidxchange_could_not_make_the_payment", reasons=reasons)
    if not facts.x3_payment:
        text += say("nothing_was_posted")
        return Finding("PAY-01", payment.key, text, basis=reasons)
    text += say("x3_holds_it_as", x3_payment=facts.x3_payment, reference=facts.reference)
    fix = say("have_it_made_in_avidxchange_or_reverse")
    return Finding("PAY-01", payment.key, text, basis=reasons, how=("done",), fix=fix)


def _refused(facts: PaymentFacts) -> Finding:
    """X3 said no to a posting: its period is let go to the next open one, all else is looked at."""
    text = say("x3_did_not_take_the_payment", refused=facts.refused)
    if facts.refused_kind == "period":
        return Finding("PER-01", facts.payment.key, text, basis=facts.refusal, how=("accept",))
    how = ("send_again", "done")
    basis = postings.hand_basis(facts.payment)
    return Finding("PAY-01", facts.payment.key, text, basis=basis, how=how)


def _period(facts: PaymentFacts, policy: Policy) -> postings.Period:
    """Whether a person let it leave its own period, and whether X3 has refused that one."""
    is_refused = (facts.outbox, facts.refused_kind) == ("rejected", "period")
    if is_refused:
        return "refused" if facts.refusal in facts.accepted else "as dated"
    day = str(postings.posting_date(facts.payment, policy))
    return "accepted" if day in facts.accepted else "as dated"


def _is_as_posted(facts: PaymentFacts) -> bool:
    """Whether it was not re-issued since: then a reversal in X3 is a person's own doing."""
    _, identity, backs = _parts(facts.posted_content)
    is_same = identity in ("", postings.identity_of(facts.payment))
    return is_same and backs in ("", str(facts.past.backs))


def _parts(content: str) -> tuple[str, str, str]:
    """Money, identity and how often it had come back, as it was posted; empty = not known."""
    money, identity, backs = (*content.split(":"), "", "")[:3]
    return money, identity, backs


def _posted(facts: PaymentFacts, snapshot: Snapshot) -> list[Finding]:
    """What a person must know about a payment that X3 holds, or held until someone reversed it."""
    payment = facts.payment
    is_out = payment.payment_class in ("out", "done")
    if facts.is_undone:
        return [_reversed(facts)] if is_out else []
    problem = postings.after_posting(payment, facts.reference, facts.x3_payment)
    if problem:
        return [problem]
    if is_out and facts.past.was_refunded:
        return [postings.after_refund(payment, facts.again_basis, facts.x3_payment)]
    if postings.is_overdue_failure(payment, snapshot.today, snapshot.policy):
        return [_failed(facts)]
    money = _parts(facts.posted_content)[0]
    if money not in ("", postings.money_of(payment)):
        text = say("avidxchange_changed_amount_or_invoices", x3_payment=facts.x3_payment)
        return [Finding("PAY-01", payment.key, text, basis=postings.money_of(payment))]
    return postings.discounts(payment)


def _reversed(facts: PaymentFacts) -> Finding:
    """A person took the posting back in X3, and AvidXchange still pays."""
    payment = facts.payment
    text = say(
        "was_reversed_in_x3_but_avidxchange",
        x3_payment=facts.x3_payment,
        status_text=payment.status_text or payment.state,
    )
    how = ("send_again", "done")
    fix = say("have_it_posted_again_under_the_next")
    return Finding("PAY-01", payment.key, text, basis=facts.reference, how=how, fix=fix)


def _due(
    facts: PaymentFacts, snapshot: Snapshot, encoders: Encoders, balances: postings.Balances
) -> Finding | tuple[Action, list[Finding]]:
    """The posting of a payment that is due."""
    payment = facts.payment
    if facts.rivals:
        text = say("it_replaces_a_payment_that_is_posted", rivals=", ".join(facts.rivals))
        basis = ",".join(facts.rivals)
        return Finding("VOI-01", payment.key, text, how=("keep", "reverse"), basis=basis)
    decision = postings.decide(
        payment,
        snapshot.paid,
        snapshot.books,
        snapshot.policy,
        balances,
        sequence=facts.sequence,
        period=_period(facts, snapshot.policy),
    )
    if isinstance(decision, Finding):
        is_for_hands = "done" in decision.resolutions
        return replace(decision, basis=postings.hand_basis(payment)) if is_for_hands else decision
    if not snapshot.policy.writes_to_erp:
        text = say("post_it_in_x3_by_hand_with", reference=decision.reference)
        basis = postings.hand_basis(payment)
        return Finding("PAY-01", payment.key, text, how=("done",), basis=basis)
    return _posting_action(facts, decision, encoders), list(decision.notes)


def _posting_action(facts: PaymentFacts, posting: postings.Posting, encoders: Encoders) -> Action:
    payment = posting.payment
    content = (postings.money_of(payment), postings.identity_of(payment), str(facts.past.backs))
    info: dict[str, Any] = {
        "payment_id": payment.key,
        "amount": decimal_text(payment.amount),
        "currency": payment.currency,
        "partner": posting.partner,
        "content": ":".join(content),
        "numbers": list(posting.numbers),
        "items": [
            {
                "key": share.item.key,
                "amount": decimal_text(share.amount),
                "used": decimal_text(share.used),
            }
            for share in posting.shares
        ],
    }
    return Action(
        kind="payment",
        key=posting.reference,
        revision=0,
        body=encoders.payment(posting),
        remote=erp_remote(posting.partner),
        reference=posting.reference,
        basis={},
        info=info,
    )


def is_patient(finding: Finding, payment: ApPayment, today: date) -> bool:
    """Whether a finding of a payment waits by itself for now and needs nobody."""
    if finding.code != "PER-02":
        return False
    day = payment.payment_date or payment.status_date
    return day is None or today - day <= _POSTING_PATIENCE
