"""Builds the snapshot a plan is made from, in one read transaction: what is open, and its books."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.domain.ap_documents import ApInvoice, ApLine, ApPayment, Code, CodeGroup, Vendor, fold
from core.domain.approvals import LevelState
from core.domain.books import Books
from core.domain.canonical import decode
from core.domain.documents import (
    Address,
    Dimension,
    FiscalPeriod,
    GlAccount,
    Invoice,
    OpenItem,
    PaymentTerm,
    PurchaseOrder,
    Supplier,
)
from core.domain.findings import Acceptances
from core.domain.mapping import Rule, RuleBook
from core.domain.plan import PaymentFacts, Snapshot
from core.domain.policy import Policy
from core.domain.postings import PaidInvoice, reference_of
from core.domain.remittance import RemitDetails
from core.domain.sent import SentInvoice, submitted_of
from core.domain.states import PaymentShare
from core.domain.unsent import Refusal
from core.domain.validate import Candidate, Peer
from core.engine.work import Work
from core.store import journal, plans, reviews, rules, values
from core.store.invoices import InvoiceRow, invoice_rows, of_suppliers
from core.store.payments import PaymentRow, payment_rows, settled_by
from core.store.records import documents
from core.store.sqlite import Store

#: Bookmarks that must have been read once before anything is sent.
NEEDED = (
    "x3:supplier", "x3:gl_account", "x3:invoice", "x3:open_item",
    "avidxchange:code_group", "avidxchange:code", "avidxchange:vendor",
)  # fmt: skip
_MOST_REISSUES = 10  # postings of one payment id that are looked for
_NOT_STANDING = frozenset(("excluded", "rejected"))


@dataclass(frozen=True, slots=True)
class Pending:
    """An invoice whose submission is under way or waits for a person."""

    row: InvoiceRow
    outbox: journal.OutboxRow
    items: tuple[OpenItem, ...]


@dataclass(slots=True)
class Gathered:
    """A snapshot with the rows behind it; `pending` are not planned, only shown."""

    snapshot: Snapshot
    rows: dict[str, InvoiceRow] = field(default_factory=dict)
    payment_rows: dict[str, PaymentRow] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    live_outbox: list[journal.OutboxRow] = field(default_factory=list)


def gather(work: Work, *, preview: bool) -> Gathered:
    """Everything a plan needs; reads only what is open, changed, or belongs to such."""
    store, policy = work.store, work.tools.policy
    with store.read():
        return _Gatherer(store, policy, work.now.date()).gather(preview=preview)


class _Gatherer:
    def __init__(self, store: Store, policy: Policy, today: date) -> None:
        self.store = store
        self.policy = policy
        self.today = today
        self.decided = reviews.decisions(store)

    def gather(self, *, preview: bool) -> Gathered:
        dirty = payment_rows(self.store, dirty=True)
        settled = settled_by(self.store, ids=[row.payment_id for row in dirty])
        rows = {row.number: row for row in invoice_rows(self.store, dirty=True)}
        if self._may_send():
            rows |= {row.number: row for row in invoice_rows(self.store, live=True)}
        paid_numbers = {entry.number for entry in settled if entry.number}
        related = invoice_rows(self.store, numbers=paid_numbers - rows.keys())
        known = rows | {row.number: row for row in related}
        items = self._items(known)
        books = self._books()
        gathered = Gathered(
            Snapshot(
                policy=self.policy,
                books=books,
                today=self.today,
                acceptances=Acceptances(
                    frozenset((d.code, d.document, d.basis) for d in self.decided)
                ),
                payments=[self._facts(row) for row in dirty],
                paid=self._paid(known.values(), items),
                vendors_sent=self._vendors_sent(),
                may_create=None if preview else plans.previewed_vendors(self.store),
                rules_stamp=str(rules.last_step(self.store)),
            ),
            rows=rows,
            payment_rows={row.payment_id: row for row in dirty},
            live_outbox=journal.live_rows(self.store),
        )
        self._invoices(gathered, items)
        return gathered

    def _may_send(self) -> bool:
        """Reference data of both sides was read once; before that nothing can be judged."""
        return all(values.setting(self.store, f"read.{name}") for name in NEEDED)

    def _items(self, rows: Iterable[str]) -> dict[str, tuple[OpenItem, ...]]:
        found: dict[str, list[OpenItem]] = defaultdict(list)
        for body in documents(self.store, "open_item", parents=rows):
            item = decode(OpenItem, body)
            found[item.number].append(item)
        return {number: tuple(items) for number, items in found.items()}

    # Invoices

    def _invoices(self, gathered: Gathered, items: dict[str, tuple[OpenItem, ...]]) -> None:
        """Sort every invoice into not sent, under way, and sent."""
        history = self._outbox_history(gathered.rows)
        exclusions = {d.document: d.reason for d in self.decided if d.how == "exclude"}
        refusals: dict[str, Refusal] = {}
        candidates: list[Candidate] = []
        standing: list[tuple[InvoiceRow, list[journal.OutboxRow]]] = []
        may_send = self._may_send()
        for number, row in gathered.rows.items():
            entries = history.get(number, [])
            submission = next((e for e in reversed(entries) if e.kind == "invoice"), None)
            revision = row.revision
            if submission and submission.state == "done" and submission.revision >= revision:
                standing.append((row, entries))
                continue
            if submission and submission.state in ("ready", "sending", "in_doubt", "review"):
                gathered.pending.append(Pending(row, submission, items.get(number, ())))
                continue
            if submission and submission.state == "rejected":
                refusals[number] = _refusal(submission)
                revision = max(revision, submission.revision + 1)
            if may_send:
                candidates.append(
                    Candidate(
                        invoice=decode(Invoice, row.body),
                        items=items.get(number, ()),
                        revision=revision,
                        excluded_because=exclusions.get(number, ""),
                    )
                )
        snapshot = gathered.snapshot
        gathered.snapshot = replace(
            snapshot,
            candidates=self._with_peers(candidates, gathered.rows, snapshot.books),
            refusals=refusals,
            sent=self._sent(standing, items),
        )

    def _outbox_history(self, rows: Iterable[str]) -> dict[str, list[journal.OutboxRow]]:
        kinds = ("invoice", "replace", "withdraw", "approval")
        found: dict[str, list[journal.OutboxRow]] = defaultdict(list)
        for entry in journal.rows_of(self.store, rows, kinds):
            found[entry.key].append(entry)
        return found

    def _sent(
        self,
        standing: Sequence[tuple[InvoiceRow, list[journal.OutboxRow]]],
        items: dict[str, tuple[OpenItem, ...]],
    ) -> list[SentInvoice]:
        external_ids = [row.external_id for row, _ in standing]
        found: dict[str, ApInvoice] = {}
        for body in documents(self.store, "ap_invoice", parents=external_ids):
            invoice = decode(ApInvoice, body)
            found[invoice.external_id] = invoice
        shares = self._shares([row.number for row, _ in standing])
        result = []
        for row, entries in standing:
            done = [e for e in entries if e.kind in ("invoice", "replace") and e.state == "done"]
            refused = [e for e in entries if e.kind == "approval" and e.state == "rejected"]
            result.append(
                SentInvoice(
                    candidate=Candidate(
                        decode(Invoice, row.body), items.get(row.number, ()), (), row.revision
                    ),
                    submitted=submitted_of(done[-1].info),
                    body=done[-1].body,
                    found=found.get(row.external_id) or _as_answered(row, done[-1]),
                    shares=tuple(shares.get(row.number, ())),
                    level=LevelState(row.level, row.level_for),
                    last_state=row.state,
                    was_withdrawn=any(e.kind == "withdraw" and e.state == "done" for e in entries),
                    is_gone=bool(row.gone),
                    refused_level=_refused_level(refused),
                )
            )
        return result

    def _shares(self, numbers: list[str]) -> dict[str, list[PaymentShare]]:
        settled = settled_by(self.store, numbers=numbers)
        rows = {
            row.payment_id: row
            for row in payment_rows(self.store, ids={e.payment_id for e in settled})
        }
        undone = self._undone([row.reference for row in rows.values() if row.posted])
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

    def _undone(self, references: list[str]) -> set[str]:
        """References whose X3 payment is reversed (STA 11)."""
        rows = documents(self.store, "payment", parents=references)
        found = (json.loads(body) for body in rows)
        return {body["reference"] for body in found if body.get("status") == 11}  # noqa: PLR2004

    # Peers

    def _with_peers(
        self, candidates: list[Candidate], rows: dict[str, InvoiceRow], books: Books
    ) -> list[Candidate]:
        """Give every candidate the documents that may be the same bill."""
        rivals = of_suppliers(self.store, {c.invoice.supplier for c in candidates})
        by_document: dict[tuple[str, str], list[InvoiceRow]] = defaultdict(list)
        by_amount: dict[tuple[str, str, int], list[InvoiceRow]] = defaultdict(list)
        for rival in rivals:
            if rival.state in _NOT_STANDING:
                continue
            vendor = self._vendor_of(rival, books)
            by_document[(vendor, rival.document_folded)].append(rival)
            by_amount[(rival.supplier, rival.currency, rival.amount)].append(rival)
        foreign = self._foreign()
        created = {r.number: _created(r) for group in by_document.values() for r in group}
        result = []
        for candidate in candidates:
            row = rows[candidate.invoice.number]
            vendor = self._vendor_of(row, books)
            mine = (_created(row), row.number)
            peers = [
                Peer(
                    f"Invoice {rival.number}",
                    is_exact=True,
                    goes_first=bool(rival.external_id)
                    or (created[rival.number], rival.number) < mine,
                )
                for rival in by_document.get((vendor, row.document_folded), ())
                if vendor and row.document_folded and rival.number != row.number
            ]
            exact = {peer.name for peer in peers}
            peers += [
                Peer(f"AvidXchange invoice {found.invoice_id}", is_exact=True, goes_first=True)
                for found in foreign.get((vendor, row.document_folded), ())
            ]
            peers += [
                Peer(
                    f"Invoice {rival.number}",
                    is_exact=False,
                    goes_first=True,
                    document_date=_day(rival.document_date),
                )
                for rival in by_amount.get((row.supplier, row.currency, row.amount), ())
                if row.amount
                and rival.number != row.number
                and f"Invoice {rival.number}" not in exact
            ]
            result.append(replace(candidate, peers=tuple(peers)))
        return result

    def _vendor_of(self, row: InvoiceRow, books: Books) -> str:
        day = _day(row.accounting_date) or date.max
        pay_to = str(json.loads(row.body).get("pay_to", ""))
        rule = books.vendor_rule(row.supplier, pay_to, row.company, day)
        return fold(rule.code) if rule else ""

    def _foreign(self) -> dict[tuple[str, str], list[ApInvoice]]:
        """Invoices of AvidXchange that did not come from Crossfoot and still count there."""
        found: dict[tuple[str, str], list[ApInvoice]] = defaultdict(list)
        for body in documents(self.store, "ap_invoice", parents=[""]):
            invoice = decode(ApInvoice, body)
            if invoice.state not in ("rejected", "deleted"):
                found[(fold(invoice.vendor_code), fold(invoice.number))].append(invoice)
        return found

    # Payments

    def _facts(self, row: PaymentRow) -> PaymentFacts:
        payment = decode(ApPayment, row.body)
        keys = [reference_of(payment, sequence) for sequence in range(_MOST_REISSUES)]
        entries = [
            entry
            for entry in journal.rows_of(self.store, keys, ("payment",))
            if entry.state != "cancelled"
        ]
        last = entries[-1] if entries else None
        is_undone = bool(row.posted) and row.reference in self._undone([row.reference])
        open_state = last.state if last and last.state != "done" else ""
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
            accepted_period=any(
                d.document == payment.payment_id and d.code == "PER-01" for d in self.decided
            ),
        )

    def _rivals(self, payment: ApPayment) -> tuple[str, ...]:
        """Postings that stand in X3 for another payment with the same external id (5.2, R2)."""
        if not payment.external_ids:
            return ()
        found = []
        for row in payment_rows(self.store, ids=self._same_money(payment)):
            other = decode(ApPayment, row.body)
            shares_id = set(other.external_ids) & set(payment.external_ids)
            if row.posted and shares_id and row.payment_id != payment.payment_id:
                found.append(row)
        undone = self._undone([row.reference for row in found])
        return tuple(row.x3_payment for row in found if row.reference not in undone)

    def _same_money(self, payment: ApPayment) -> set[str]:
        """Ids of payments that settle one of the same invoices."""
        mine = settled_by(self.store, ids=[payment.payment_id])
        others = settled_by(self.store, numbers={e.number for e in mine if e.number})
        return {entry.payment_id for entry in others} - {payment.payment_id}

    def _paid(
        self, rows: Iterable[InvoiceRow], items: dict[str, tuple[OpenItem, ...]]
    ) -> dict[str, PaidInvoice]:
        return {
            row.external_id: PaidInvoice(
                decode(Invoice, row.body),
                items.get(row.number, ()),
                row.kind in self.policy.credit_kinds,
            )
            for row in rows
            if row.external_id
        }

    # Books

    def _books(self) -> Books:
        suppliers = self._all(Supplier, "supplier")
        terms: dict[str, list[PaymentTerm]] = defaultdict(list)
        for term in self._all(PaymentTerm, "payment_term"):
            terms[term.code].append(term)
        periods: dict[str, list[FiscalPeriod]] = defaultdict(list)
        for period in self._all(FiscalPeriod, "fiscal_period"):
            periods[period.company].append(period)
        addresses = self._all(Address, "supplier_address")
        return Books(
            rules=RuleBook([_rule(row) for kind in rules.KINDS for row in
                            rules.current(self.store, kind)]),
            suppliers={s.code: s for s in suppliers},
            addresses={(a.supplier, a.code): a for a in addresses},
            accounts={(a.chart, a.account): a for a in self._all(GlAccount, "gl_account")},
            dimensions={(d.type, d.value): d for d in self._all(Dimension, "dimension")},
            orders={o.number: o for o in self._all(PurchaseOrder, "purchase_order")},
            terms={code: tuple(lines) for code, lines in terms.items()},
            periods={company: tuple(found) for company, found in periods.items()},
            vendors={vendor.key: vendor for vendor in self._all(Vendor, "vendor")},
            groups={group.name: group for group in self._all(CodeGroup, "code_group")},
            codes={(code.group, code.value): code for code in self._all(Code, "code")},
            baselines={b.supplier: b for b in self._all(RemitDetails, "baseline")},
        )  # fmt: skip

    def _all(self, kind: type[Any], entity: str) -> list[Any]:
        return [decode(kind, body) for body in documents(self.store, entity)]

    def _vendors_sent(self) -> dict[str, str]:
        found = (json.loads(body) for body in documents(self.store, "vendor_sent"))
        return {body["supplier"]: body["content"] for body in found}


def _refusal(entry: journal.OutboxRow) -> Refusal:
    return Refusal(
        kind=str(entry.result.get("kind", "")),
        text=str(entry.result.get("text", "")),
        content=str(entry.info.get("content", "")),
    )


def _as_answered(row: InvoiceRow, entry: journal.OutboxRow) -> ApInvoice | None:
    """The invoice as its submission was answered, until a list shows it (visibility lag, 2.2)."""
    if not entry.result.get("state") or not row.avid_invoice_id:
        return None
    sent = submitted_of(entry.info)
    return ApInvoice(
        invoice_id=row.avid_invoice_id,
        external_id=row.external_id,
        state=str(entry.result["state"]),
        status_text=str(entry.result.get("status_text", "")),
        vendor_code=sent.vendor_code,
        number=sent.number,
        amount=sent.amount,
        currency=sent.currency,
        lines=tuple(
            ApLine(at, amount, "", tuple(sorted(codes)))
            for at, (amount, codes) in enumerate(sent.lines, start=1)
        ),
    )


def _refused_level(entries: list[journal.OutboxRow]) -> tuple[int, str] | None:
    if not entries:
        return None
    last = entries[-1]
    return last.revision, str(last.result.get("text", ""))


def _created(row: InvoiceRow) -> str:
    return str(json.loads(row.body).get("created", ""))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rule(row: Any) -> Rule:
    return Rule(
        kind=row.kind,
        key1=row.key1,
        key2=row.key2,
        code=row.code,
        group=row.avid_group,
        company=row.company,
        valid_from=_day(row.valid_from),
        valid_to=_day(row.valid_to),
        revision=row.revision,
    )
