"""What stands under our references and this store did not write: linked, never doubled, never lost.

A restored backup, or a copy of Crossfoot elsewhere, leaves it behind. A posting: the balance is
gone, and only a look-up by REF tells that it went to this very payment. An invoice: what is sent
is looked up before, but one that is not to be sent any more would stand there unwatched.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from core.domain import plan as plans_made
from core.domain.actions import invoice_remote
from core.domain.ap_documents import ApInvoice, ApPayment
from core.domain.canonical import decimal_text, decode
from core.domain.documents import PAYMENT_UNPAID, Invoice
from core.domain.postings import reference_of
from core.domain.unsent import document_content
from core.domain.validate import Candidate
from core.engine.apply import Apply
from core.engine.clearing import other_copy
from core.engine.snapshot import Gathered
from core.engine.work import ENGINE, X3, Work
from core.ports import PaymentLookup
from core.store import journal, plans
from core.store.invoices import change_invoices, invoice_rows
from core.store.journal import Settlement
from core.store.payments import change_payments
from core.store.records import documents
from core.words import area

say = area(__name__)

_NOT_LIVE = ("rejected", "deleted")
#: A newer revision than the store knows was made after the backup it came from.
_REVISIONS_AHEAD = 3


def adopt(work: Work, gathered: Gathered, plan: plans_made.Plan) -> bool:
    """Link what stands there already though this store did not write it; whether something was."""
    invoices = _adopt_invoices(work, gathered, plan)
    return _adopt_postings(work, gathered, plan) or invoices


def _adopt_invoices(work: Work, gathered: Gathered, plan: plans_made.Plan) -> bool:
    """Link live invoices of AvidXchange whose X3 invoice would not be sent under their reference.

    One that is about to be sent under that reference is left to the look-up before the sending.
    """
    sent_as = {action.key: action.reference for action in plan.actions if action.kind == "invoice"}
    found = _ours(work, [c for c in gathered.snapshot.candidates if not c.turned_up])
    linked = False
    own = journal.live_rows(work.store, {c.invoice.number for c, _ in found})
    waiting = {row.key for row in own if row.kind == "invoice" and row.state != journal.REJECTED}
    for candidate, there in found:
        if candidate.invoice.number in waiting:
            continue  # its own row is looked up, or a person is asked
        if sent_as.get(candidate.invoice.number) != there.external_id:
            _take_over(work, candidate.invoice, there)
            linked = True
    return linked


def _ours(work: Work, candidates: Sequence[Candidate]) -> list[tuple[Candidate, ApInvoice]]:
    """The live invoice under a reference of each candidate, of those that have exactly one."""
    policy, names = work.tools.policy, dict[str, Candidate]()
    for candidate in candidates:
        invoice = candidate.invoice
        for revision in range(1, candidate.revision + _REVISIONS_AHEAD):
            names[policy.external_id(invoice.company, invoice.number, revision)] = candidate
    live: dict[str, list[ApInvoice]] = defaultdict(list)
    with work.store.read():
        for body in documents(work.store, "ap_invoice", parents=names):
            invoice_there = decode(ApInvoice, body)
            if invoice_there.state not in _NOT_LIVE:
                candidate = names[invoice_there.external_id]
                live[candidate.invoice.number].append(invoice_there)
    return [(names[f[0].external_id], f[0]) for f in live.values() if len(f) == 1]


def _take_over(work: Work, invoice: Invoice, there: ApInvoice) -> None:
    """Let the invoice stand as sent, in one transaction, with an outbox row as its proof."""
    store, revision = work.store, int(there.external_id.rpartition("|")[2])
    info = _as_found(invoice, there)
    action = plans.ActionRecord(
        kind="invoice",
        key=invoice.number,
        revision=revision,
        body=b"",
        fingerprint="",
        remote=invoice_remote(there.external_id),
        reference=there.external_id,
        info=info,
    )
    name = f"found-{work.run}-{there.invoice_id}"
    made = plans.PlanRecord(name, work.run, "live", {"found": 1}, (action,))
    with store.write():
        for row in journal.live_rows(store, [invoice.number]):
            if row.kind == "invoice" and row.state == journal.REJECTED:
                gives_way = Settlement("cancelled", "AvidXchange has it", actor=ENGINE)
                journal.settle(store, row, gives_way)
        plans.store_plan(store, made, actor=ENGINE)
        ids = plans.identities(store, name)
        queued, _ = journal.enqueue(store, ids, work.run, due=work.now, actor=ENGINE)
        result = {"id": there.invoice_id, "state": there.state}
        word = say("found_by_its_reference")
        (row,) = journal.outbox_rows(store, ids=queued)
        journal.settle(store, row, Settlement("done", word, result, actor=ENGINE))
        change = {
            "state": "sent",
            "why": say("avidxchange_has_it_this_store_did_not"),
            "codes": (),
            "external_id": there.external_id,
            "avid_invoice_id": there.invoice_id,
            "revision": revision,
            "sent_hash": info["document"],
            "live": 0,
            "dirty": 1,
        }
        change_invoices(store, {invoice.number: change}, work.run, actor=ENGINE)
    other_copy(work, there.external_id)


def _as_found(invoice: Invoice, there: ApInvoice) -> dict[str, Any]:
    """What was sent, as far as AvidXchange shows it; another amount tells of a change in X3."""
    is_same = (there.currency, abs(there.amount)) == (invoice.currency, invoice.gross)
    return {
        "vendor": there.vendor_code,
        "number": there.number,
        "amount": decimal_text(there.amount),
        "currency": there.currency,
        "due_date": "",
        "supplier": invoice.supplier,
        "content": "",
        "document": document_content(invoice) if is_same else "",
        "lines": [
            [decimal_text(line.amount), [list(code) for code in line.codes]] for line in there.lines
        ],
    }


def _adopt_postings(work: Work, gathered: Gathered, plan: plans_made.Plan) -> bool:
    """Look up payments that X3 seems to hold already; whether one was found posted and linked.

    Either the balance is not there, or it is not to be posted now, because it was voided or failed
    since, and X3 showed a payment under its REF.
    """
    facts = {f.payment.payment_id: f for f in gathered.snapshot.payments}
    missing = {
        verdict.payment_id: facts[verdict.payment_id]
        for verdict in plan.payments
        if any(f.code == "BAL-01" and f.blocks for f in verdict.findings)
    }
    missing |= {f.payment.payment_id: f for f in _shown_posted(work, gathered, plan)}
    if not missing or not work.is_up(X3):
        return False
    apply = Apply(work)
    linked: list[str] = []
    for entry in missing.values():
        partners = _partners(work, entry.payment, gathered)
        reference = reference_of(entry.payment, entry.sequence)
        _look(apply, entry.payment, reference, partners, linked)
    work.pump(lambda: not work.lanes.load, None)
    return bool(linked)


def _shown_posted(
    work: Work, gathered: Gathered, plan: plans_made.Plan
) -> list[plans_made.PaymentFacts]:
    """Payments that are not to be posted now, by this store never were, and X3 shows posted."""
    going = {verdict.payment_id for verdict in plan.payments if verdict.action}
    still = {
        reference_of(entry.payment, entry.sequence): entry
        for entry in gathered.snapshot.payments
        if not (entry.x3_payment or entry.outbox or entry.payment.payment_id in going)
    }
    with work.store.read():
        bodies = [json.loads(b) for b in documents(work.store, "payment", parents=still)]
    return [still[b["reference"]] for b in bodies if b.get("status") != PAYMENT_UNPAID]


def _partners(work: Work, payment: ApPayment, gathered: Gathered) -> frozenset[str]:
    """Whom X3 may name as paid: the suppliers and pay-tos of the payment's invoices.

    An invoice that was taken over just now is not in the snapshot yet; its row tells.
    """
    found: set[str] = set()
    numbers: set[str] = set()
    for remittance in payment.remittances or ():
        paid = gathered.snapshot.paid.get(remittance.external_id)
        if paid is not None:
            found |= {paid.invoice.supplier, paid.invoice.pay_to}
        else:
            numbers |= set(remittance.external_id.split("|")[3:4])
    for row in invoice_rows(work.store, numbers=numbers):
        invoice = decode(Invoice, row.body)
        found |= {invoice.supplier, invoice.pay_to}
    return frozenset(found - {""})


def _look(
    apply: Apply,
    payment: ApPayment,
    reference: str,
    partners: frozenset[str],
    linked: list[str],
) -> None:
    work = apply.work

    def then(lookup: PaymentLookup) -> None:
        equal = [
            row
            for row in lookup.rows
            if (row.currency, row.amount) == (payment.currency, payment.amount)
            and row.partner in partners
        ]
        if len(equal) != 1 or len(lookup.rows) != 1:
            return
        change: dict[str, Any] = {
            "posted": 1,
            "x3_payment": equal[0].number,
            "reference": reference,
            "dirty": 1,
        }
        with work.store.write():
            change_payments(work.store, {payment.payment_id: change}, work.run, actor=ENGINE)
        other_copy(work, reference)
        linked.append(payment.payment_id)

    apply.read(X3, lambda: work.tools.writer.find_payments(reference), then, lambda: None)
