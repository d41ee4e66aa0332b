"""What is known of payments: whose money they are, what X3 holds of them, what was reversed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from core.domain.ap_documents import NO_PAST, ApPayment, PaymentPast
from core.domain.canonical import decode
from core.domain.documents import PAYMENT_UNPAID, Invoice, OpenItem
from core.domain.plan import PaymentFacts
from core.domain.policy import Policy
from core.domain.postings import PaidInvoice, hand_basis, reference_of, replaces
from core.domain.states import PaymentShare
from core.engine.decoded import Decoded
from core.store import holds, journal, watched
from core.store.invoices import InvoiceRow
from core.store.payments import PAST, PaymentRow, payment_rows, settled_by
from core.store.records import documents
from core.store.reviews import DecisionRow
from core.store.sqlite import Store

_MOST_REISSUES = 10  # postings of one payment id that are looked for


class Money:
    """Looks payments up for one snapshot; inside its read transaction."""

    def __init__(self, store: Store, policy: Policy, decided: Sequence[DecisionRow]) -> None:
        self.store = store
        self.policy = policy
        self.decided = decided
        self.vanished = watched.gone(store)
        self.held = {decision.document for decision in decided if decision.how == holds.HOLD}

    def shares(self, numbers: list[str]) -> dict[str, list[PaymentShare]]:
        """Invoice number -> what each of its payments settles of it."""
        settled = settled_by(self.store, numbers=numbers)
        rows = {
            row.payment_id: row
            for row in payment_rows(self.store, ids={e.payment_id for e in settled})
        }
        undone = self.undone([row.reference for row in rows.values() if row.posted])
        found: dict[str, list[PaymentShare]] = defaultdict(list)
        for entry in settled:
            row = rows[entry.payment_id]
            payment = decode(ApPayment, row.body)
            net = next(
                (r.net for r in payment.remittances or () if r.external_id == entry.external_id),
                None,
            )
            if net is not None:
                is_posted = bool(row.posted) and row.reference not in undone
                found[entry.number].append(PaymentShare(payment, net, is_posted))
        return found

    def undone(self, references: list[str]) -> set[str]:
        """References whose posting is reversed: the X3 payment unpaid, or the balances back."""
        found = self._unpaid(references)
        for reference, entries in journal.rows_by_reference(self.store, references).items():
            done = [entry for entry in entries if entry.state == "done"]
            if done and reference not in found and self._balances_are_back(done[-1], found):
                found.add(reference)
        return found

    def _unpaid(self, references: Iterable[str]) -> set[str]:
        """References whose X3 payment bears the state of a reversed one."""
        bodies = (json.loads(b) for b in documents(self.store, "payment", parents=references))
        return {b["reference"] for b in bodies if b.get("status") == PAYMENT_UNPAID}

    def _balances_are_back(self, entry: journal.OutboxRow, reversed_ones: set[str]) -> bool:
        """Whether every item it was allocated to shows as much paid as it would without it.

        Only items read by a run after the posting settled speak about it. Another posting of the
        same amount on an item leaves open which of both was reversed.
        """
        shares = _shares(entry)
        seen = watched.read_since(self.store, "open_item", shares, entry.settled)
        if not shares or seen != frozenset(shares):
            return False
        items = {item.key: item for item in self._all_items(entry)}
        others = self._others(entry)
        reversed_ones = reversed_ones | self._unpaid(other.reference for other in others)
        return all(
            key in items and _is_without(items[key], key, entry, others, reversed_ones)
            for key in shares
        )

    def _others(self, entry: journal.OutboxRow) -> list[journal.OutboxRow]:
        """Other postings of ours to the same invoices."""
        numbers = [str(number) for number in entry.info.get("numbers", ())]
        ids = {found.payment_id for found in settled_by(self.store, numbers=numbers)}
        rows = [row for row in payment_rows(self.store, ids=ids) if row.posted]
        references = {row.reference for row in rows} - {entry.reference}
        by_reference = journal.rows_by_reference(self.store, references)
        return [e for entries in by_reference.values() for e in entries if e.state == "done"]

    def _all_items(self, entry: journal.OutboxRow) -> list[OpenItem]:
        numbers = [str(number) for number in entry.info.get("numbers", ())]
        return [decode(OpenItem, b) for b in documents(self.store, "open_item", parents=numbers)]

    def facts(self, row: PaymentRow) -> PaymentFacts:
        """A payment with what X3 and the outbox have of it."""
        payment = decode(ApPayment, row.body)
        keys = [reference_of(payment, sequence) for sequence in range(_MOST_REISSUES)]
        entries = [
            entry
            for entry in journal.rows_of(self.store, keys, ("payment",))
            if entry.state != "cancelled"
        ]
        last = entries[-1] if entries else None
        is_undone = bool(row.posted) and row.reference in self.undone([row.reference])
        decided = [d for d in self.decided if d.document == payment.payment_id]
        # What was not sent yet is judged anew (`core.engine.leftovers`).
        is_open = last is not None and last.state != "done" and not last.is_unsent
        open_state = last.state if last and is_open else ""
        return PaymentFacts(
            payment=payment,
            x3_payment=row.x3_payment if row.posted else "",
            reference=row.reference,
            sequence=len([entry for entry in entries if entry.state == "done"]),
            is_undone=is_undone,
            outbox=open_state,
            refused=str(last.result.get("text", "")) if last else "",
            refused_kind=str(last.result.get("kind", "")) if last else "",
            rivals=self._rivals(payment),
            posted_content=row.posted_hash,
            refusal=str(last.id) if last and last.state == "rejected" else "",
            accepted=frozenset(d.basis for d in decided if d.how == "accept"),
            past=self._past(payment.payment_id),
            is_by_hand=any((d.how, d.basis) == ("done", hand_basis(payment)) for d in decided),
            is_held=holds.payment_name(payment.payment_id) in self.held,
            is_vanished=payment.payment_id in self.vanished,
        )

    def _past(self, payment_id: str) -> PaymentPast:
        bodies = documents(self.store, PAST, keys=[payment_id])
        return decode(PaymentPast, bodies[0]) if bodies else NO_PAST

    def _rivals(self, payment: ApPayment) -> tuple[str, ...]:
        """Postings that stand in X3 for the payment this one replaces (5.2, *Re-issue R2*)."""
        rows = [
            row
            for row in payment_rows(self.store, ids=self._same_money(payment))
            if row.posted and replaces(payment, decode(ApPayment, row.body))
        ]
        undone = self.undone([row.reference for row in rows])
        return tuple(row.x3_payment for row in rows if row.reference not in undone)

    def _same_money(self, payment: ApPayment) -> set[str]:
        """Ids of payments that settle one of the same invoices."""
        mine = settled_by(self.store, ids=[payment.payment_id])
        others = settled_by(self.store, numbers={e.number for e in mine if e.number})
        return {entry.payment_id for entry in others} - {payment.payment_id}

    def paid(
        self,
        rows: Iterable[InvoiceRow],
        items: dict[str, tuple[OpenItem, ...]],
        decoded: Decoded,
    ) -> dict[str, PaidInvoice]:
        """External id -> the invoice a payment may name, with its open items."""
        return {
            row.external_id: PaidInvoice(
                decoded.document(Invoice, row.body),
                items.get(row.number, ()),
                row.kind in self.policy.credit_kinds,
            )
            for row in rows
            if row.external_id
        }


def _shares(entry: journal.OutboxRow) -> dict[str, tuple[Decimal, Decimal]]:
    """Open item -> how much a posting took of it, and what was paid of it before."""
    return {
        str(share["key"]): (abs(Decimal(str(share["amount"]))), Decimal(str(share["used"])))
        for share in entry.info.get("items", ())
    }


def _is_without(
    item: OpenItem,
    key: str,
    entry: journal.OutboxRow,
    others: Sequence[journal.OutboxRow],
    reversed_ones: set[str],
) -> bool:
    """Whether an item shows what was paid before our postings and by those that still stand."""
    own, used = _shares(entry)[key]
    beside = [(other, _shares(other)[key]) for other in others if key in _shares(other)]
    before = min([used, *(at for _, (_, at) in beside)])
    standing = [took for other, (took, _) in beside if other.reference not in reversed_ones]
    return own not in standing and item.paid + item.provisional == before + sum(standing)
