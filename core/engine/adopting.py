"""Postings that X3 holds under our reference and this store did not make: linked, never doubled.

A restored backup, or a copy of Crossfoot elsewhere, leaves them behind: the balance is gone, and
only a look-up by REF tells that it went to this very payment.
"""

from __future__ import annotations

from typing import Any

from core.domain import plan as plans_made
from core.domain.ap_documents import ApPayment
from core.domain.postings import reference_of
from core.engine.apply import Apply
from core.engine.clearing import other_copy
from core.engine.snapshot import Gathered
from core.engine.work import ENGINE, X3, Work
from core.ports import PaymentLookup
from core.store.payments import change_payments


def adopt(work: Work, gathered: Gathered, plan: plans_made.Plan) -> bool:
    """Look up payments whose balance is not there; whether one was found posted and linked."""
    facts = {f.payment.payment_id: f for f in gathered.snapshot.payments}
    missing = [
        facts[verdict.payment_id]
        for verdict in plan.payments
        if any(f.code == "BAL-01" and f.blocks for f in verdict.findings)
    ]
    if not missing or not work.is_up(X3):
        return False
    apply = Apply(work)
    linked: list[str] = []
    for entry in missing:
        partners = _partners(entry.payment, gathered)
        reference = reference_of(entry.payment, entry.sequence)
        _look(apply, entry.payment, reference, partners, linked)
    work.pump(lambda: not work.lanes.load, None)
    return bool(linked)


def _partners(payment: ApPayment, gathered: Gathered) -> frozenset[str]:
    """Whom X3 may name as paid: the suppliers and pay-tos of the payment's invoices."""
    found: set[str] = set()
    for remittance in payment.remittances or ():
        paid = gathered.snapshot.paid.get(remittance.external_id)
        if paid is not None:
            found |= {paid.invoice.supplier, paid.invoice.pay_to}
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
        other_copy(apply, reference)
        linked.append(payment.payment_id)

    apply.read(X3, lambda: work.tools.writer.find_payments(reference), then, lambda: None)
