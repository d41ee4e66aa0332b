"""An invoice that does not stand in AvidXchange: what its state is and whether it is sent now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import partial
from typing import Any

from core.domain import absence
from core.domain.actions import Action, Encoders, invoice_remote
from core.domain.books import Books
from core.domain.canonical import decimal_text, decode, hash_of, loads, plain
from core.domain.documents import Invoice
from core.domain.findings import Acceptances, Finding, state_of
from core.domain.money import nearest_minor
from core.domain.payload import InvoicePayload
from core.domain.policy import Policy
from core.domain.validate import Candidate, assess
from core.words import area

say = area(__name__)

#: Kind of a refusal (profile `item_error`) -> the code a person sees.
_REFUSED = {
    "vendor": "MAP-05",
    "coding": "MAP-05",
    "duplicate_number": "DUP-01",
    "amount": "SUM-01",
    "purchase_order": "PO-01",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last submission was refused; `content` is the hash of what was refused."""

    kind: str
    text: str
    content: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one invoice, sent or not.

    `findings` are all that stand open; `needs_person` says which become review items (by default
    all that block or note). Amounts are signed minor units of the invoice's currency.
    """

    number: str
    state: str
    findings: tuple[Finding, ...] = ()
    why: str = ""
    action: Action | None = None
    payment: str = ""
    approval: str = ""
    due_date: str = ""
    open_x3: int | None = None
    open_avidxchange: int | None = None
    is_live: bool = True
    level: int | None = None
    written_for: str = ""
    content: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def content_of(payload: InvoicePayload) -> str:
    """Hash of a payload without its reference: tells whether a refused one was corrected."""
    form = plain(payload)
    form.pop("external_id", None)
    return hash_of(form)


#: What approval, posting and stamps touch.
_NO_CHANGE = frozenset(
    ("approval", "status", "match", "posting_number", "fiscal_year", "period", "journal", "sign",
     "created", "changed", "unread")
)  # fmt: skip


def document_content(invoice: Invoice) -> str:
    """Hash of what counts as a change of the invoice (product.md 4, *Due date*).

    Approval, posting and stamps do not count, nor what posting fills in. Worked out once for an
    object: each plan asks for it.
    """
    known: str | None = getattr(invoice, "change_hash", None)
    return known if known is not None else _note_content(invoice, plain(invoice))


def as_stored(body: str) -> Invoice:
    """The invoice whose canonical JSON this is, with its `document_content` worked out."""
    invoice, form = decode(Invoice, body), loads(body)
    if form.keys() <= _MEMBERS:  # a later version's members are none of this one's invoice
        _note_content(invoice, form)
    return invoice


_MEMBERS = frozenset(member.name for member in fields(Invoice))


def _note_content(invoice: Invoice, form: Mapping[str, Any]) -> str:
    found = hash_of({name: form[name] for name in form if name not in _NO_CHANGE})
    object.__setattr__(invoice, "change_hash", found)
    return found


def open_in_erp(candidate: Candidate, policy: Policy) -> int | None:
    """Signed minor units open in X3; None while the invoice is not posted."""
    invoice = candidate.invoice
    if not invoice.is_posted:
        return None
    sign = -1 if invoice.kind in policy.credit_kinds else 1
    total = sum((item.open_amount for item in candidate.items), Decimal(0))
    return sign * nearest_minor(total, invoice.currency)


def decide(
    candidate: Candidate,
    books: Books,
    policy: Policy,
    acceptances: Acceptances,
    encoders: Encoders,
    refusal: Refusal | None = None,
) -> Verdict:
    """State, findings and perhaps the sending of one invoice that does not stand there."""
    invoice = candidate.invoice
    result = assess(candidate, books, policy, acceptances)
    verdict = partial(
        Verdict,
        number=invoice.number,
        due_date=result.due_date.isoformat() if result.due_date else "",
        open_x3=open_in_erp(candidate, policy),
    )
    if candidate.turned_up:
        text = say("it_was_given_up_in_doubt_and", turned_up=candidate.turned_up)
        how = ("link", "withdraw")
        finding = Finding("DBT-01", invoice.number, text, basis=candidate.turned_up, how=how)
        findings = acceptances.open_ones([finding])
        if findings:
            return verdict(state="in_doubt", findings=findings, why=text)
    if result.excluded:
        is_out = verdict(state="excluded", why=result.excluded, is_live=False)
        return _lost(is_out, candidate, acceptances)
    findings = result.findings
    body = b""
    if result.payload:
        try:
            body = encoders.invoice(result.payload)
        except ValueError as error:
            findings = (*findings, Finding("FIT-01", invoice.number, f"{error}."))
        if refusal and refusal.content == content_of(result.payload):
            findings = (*findings, _refused(invoice.number, refusal))
    state = state_of(findings)
    if state or not result.payload:
        why = next((finding.text for finding in findings if finding.blocks), "")
        return verdict(state=state or "needs_review", findings=findings, why=why)
    if candidate.held_because:
        return verdict(state="held", findings=findings, why=candidate.held_because)
    action = _submission(candidate, result.payload, body)
    why = say("it_is_sent_with_the_next_run")
    return verdict(state="ready", findings=findings, why=why, action=action)


def _lost(verdict: Verdict, candidate: Candidate, acceptances: Acceptances) -> Verdict:
    """An excluded invoice; a person is told when it is so because X3 no longer shows it."""
    if candidate.absence is None:
        return verdict
    finding = absence.finding(verdict.number, candidate.absence, was_sent=False)
    if acceptances.holds(finding):
        return verdict
    return replace(verdict, state="needs_review", findings=(finding,), why=finding.text)


def _refused(number: str, refusal: Refusal) -> Finding:
    code = _REFUSED.get(refusal.kind, "FIT-01")
    how = ("send_again", "exclude")
    return Finding(code, number, say("avidxchange_refused_it", text=refusal.text), how=how)


def _submission(candidate: Candidate, payload: InvoicePayload, body: bytes) -> Action:
    """The action that submits the invoice once."""
    invoice = candidate.invoice
    info = submission_facts(payload, invoice)
    return Action(
        kind="invoice",
        key=invoice.number,
        revision=candidate.revision,
        body=body,
        remote=invoice_remote(payload.external_id),
        reference=payload.external_id,
        basis={"source": info["document"]},
        info=info,
    )


def submission_facts(payload: InvoicePayload, invoice: Invoice) -> dict[str, Any]:
    """What the settling and the later life need to know of what was sent, as JSON values."""
    return {
        "vendor": payload.vendor_code,
        "number": payload.number,
        "amount": decimal_text(payload.amount),
        "currency": payload.currency,
        "due_date": payload.due_date.isoformat(),
        "supplier": invoice.supplier,
        "content": content_of(payload),
        "document": document_content(invoice),
        "lines": [
            [decimal_text(line.amount), [list(code) for code in line.codes]]
            for line in payload.lines
        ],
    }
