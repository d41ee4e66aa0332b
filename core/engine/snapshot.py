"""Builds the snapshot a plan is made from, in one read transaction: what is open, and its books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from core.domain import absence
from core.domain.absence import Absence
from core.domain.ap_documents import ApInvoice, ApLine
from core.domain.approvals import LevelState, Submitted
from core.domain.canonical import decode
from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Acceptances
from core.domain.images import Attached
from core.domain.plan import Snapshot
from core.domain.policy import Policy
from core.domain.sent import SentInvoice, submitted_of
from core.domain.unsent import Refusal
from core.domain.validate import Candidate
from core.engine import peers, shelves
from core.engine.decoded import Decoded
from core.engine.payment_facts import Money
from core.engine.work import Work
from core.store import (
    attachments,
    holds,
    journal,
    plans,
    reversals,
    reviews,
    rules,
    unfinished,
    values,
    watched,
)
from core.store.invoices import InvoiceRow, invoice_rows, to_look_at
from core.store.payments import PaymentRow, payment_rows, settled_by
from core.store.records import documents
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_UNDER_WAY = ("ready", "sending", "in_doubt", "review")
#: Bookmarks that must have been read once before anything is sent.
NEEDED = (
    "x3:supplier", "x3:gl_account", "x3:invoice", "x3:open_item",
    "avidxchange:code_group", "avidxchange:code", "avidxchange:vendor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pending:
    """An invoice whose submission is under way or waits for a person.

    One that was not sent yet is judged anew (`core.engine.leftovers`).
    """

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
        gatherer = _Gatherer(store, policy, work.now.date(), work.decoded)
        return gatherer.gather(preview=preview)


class _Gatherer:
    def __init__(self, store: Store, policy: Policy, today: date, decoded: Decoded) -> None:
        self.store = store
        self.policy = policy
        self.today = today
        self.decided = reviews.decisions(store)
        self.absences = absences(store)
        self.decoded = decoded
        self.money = Money(store, policy, self.decided)
        self.vanished = watched.gone(store)

    def gather(self, *, preview: bool) -> Gathered:
        dirty = payment_rows(self.store, dirty=True)
        settled = settled_by(self.store, ids=[row.payment_id for row in dirty])
        may_send = self._may_send()
        rows = {row.number: row for row in to_look_at(self.store, with_live=may_send)}
        # What is missing among many is one sentence with a number in it: all of it is looked at.
        together = [number for number, found in self.absences.items() if found.together]
        rows |= {row.number: row for row in invoice_rows(self.store, numbers=together)}
        paid_numbers = {entry.number for entry in settled if entry.number}
        related = invoice_rows(self.store, numbers=paid_numbers - rows.keys())
        known = rows | {row.number: row for row in related}
        items = self._items(known)
        books = shelves.load(self.store, self.decoded)
        gathered = Gathered(
            Snapshot(
                policy=self.policy,
                books=books,
                today=self.today,
                acceptances=Acceptances(
                    frozenset((d.code, d.document, d.basis) for d in self.decided)
                ),
                payments=[self.money.facts(row) for row in dirty],
                paid=self.money.paid(known.values(), items, self.decoded) if dirty else {},
                vendors_sent=shelves.vendors_sent(self.store),
                vendors_refused=self._vendors_refused(),
                may_create=None if preview else plans.previewed_vendors(self.store),
                rules_stamp=str(rules.last_step(self.store)),
            ),
            rows=rows,
            payment_rows={row.payment_id: row for row in dirty},
            live_outbox=journal.live_rows(self.store),
        )
        self._invoices(gathered, items, may_send=may_send)
        return gathered

    def _may_send(self) -> bool:
        """Reference data of both sides was read once; before that nothing can be judged."""
        return all(values.setting(self.store, f"read.{name}") for name in NEEDED)

    def _items(self, rows: Mapping[str, InvoiceRow]) -> dict[str, tuple[OpenItem, ...]]:
        """Invoice number -> its open items, as the profile links them."""
        bodies = documents(self.store, "open_item", parents=rows)
        if not bodies:
            return {}
        by_link: dict[str, list[OpenItem]] = defaultdict(list)
        for item in (self.decoded.document(OpenItem, body) for body in bodies):
            by_link[self.policy.link_of(item)].append(item)
        found: dict[str, tuple[OpenItem, ...]] = {}
        for number, row in rows.items():
            invoice = self._invoice(row)
            candidates = by_link.get(self.policy.link_of(invoice), ())
            mine = tuple(item for item in candidates if self.policy.belongs(item, invoice))
            if mine:
                found[number] = mine
        return found

    def _invoice(self, row: InvoiceRow) -> Invoice:
        return self.decoded.document(Invoice, row.body)

    def _vendors_refused(self) -> dict[str, str]:
        """Payload hash -> what AvidXchange said, of vendors it refused."""
        rows = journal.outbox_rows(self.store, states=("rejected",))
        return {
            str(row.info["content"]): str(row.result.get("text", ""))
            for row in rows
            if row.kind == "vendor"
        }

    # Invoices

    def _invoices(
        self, gathered: Gathered, items: dict[str, tuple[OpenItem, ...]], *, may_send: bool
    ) -> None:
        """Sort every invoice into not sent, under way, and sent."""
        history = self._outbox_history(gathered.rows)
        exclusions = {d.document: d.reason for d in self.decided if _gives_up(d)}
        held = {d.document: holds.why(d.reason) for d in self.decided if d.how == holds.HOLD}
        refusals: dict[str, Refusal] = {}
        candidates: list[Candidate] = []
        standing: list[tuple[InvoiceRow, list[journal.OutboxRow]]] = []
        attached = self._attached(gathered.rows)
        for number, row in gathered.rows.items():
            entries = history.get(number, [])
            submission = next((e for e in reversed(entries) if e.kind == "invoice"), None)
            revision = row.revision
            if submission and submission.state == "done" and submission.revision >= revision:
                standing.append((row, entries))
                continue
            if submission and not submission.is_unsent and submission.state in _UNDER_WAY:
                gathered.pending.append(Pending(row, submission, items.get(number, ())))
                continue
            if submission and submission.state == "rejected":
                refusals[number] = _refusal(submission)
                revision = max(revision, submission.revision + 1)
            if may_send:
                candidates.append(
                    Candidate(
                        invoice=self._invoice(row),
                        items=items.get(number, ()),
                        revision=revision,
                        excluded_because=exclusions.get(number, "") or _gone(row),
                        held_because=held.get(number, ""),
                        absence=None
                        if number in exclusions or not row.gone
                        else self.absences.get(number),
                        turned_up=self._turned_up(entries),
                        attached=attached.get(number),
                    )
                )
        snapshot = gathered.snapshot
        gathered.snapshot = replace(
            snapshot,
            candidates=peers.with_peers(self.store, candidates, gathered.rows, snapshot.books),
            refusals=refusals,
            sent=self._sent(standing, items),
        )

    def _attached(self, numbers: Iterable[str]) -> dict[str, Attached]:
        """What the document folder holds for these invoices; nothing where none are sent."""
        rules = self.policy.images
        if rules.is_on:
            return attachments.attached(self.store, numbers)
        return dict.fromkeys(numbers, Attached()) if rules.is_required else {}

    def _turned_up(self, entries: list[journal.OutboxRow]) -> str:
        """The live AvidXchange invoice of a submission that was given up; empty when none is."""
        given_up = [e for e in entries if e.kind == "invoice" and e.state == "cancelled"]
        references = [e.reference for e in given_up if e.attempts]
        bodies = documents(self.store, "ap_invoice", parents=references) if references else []
        found = [decode(ApInvoice, body) for body in bodies]
        live = [f.invoice_id for f in found if f.state not in ("rejected", "deleted")]
        return live[0] if live else ""

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
        shares = self.money.shares([row.number for row, _ in standing])
        suppliers = {row.supplier for row, _ in standing}
        credit_memos = reversals.credits_of(self.store, suppliers, self.policy.credit_kinds)
        attached = self._attached([row.number for row, _ in standing])
        uploads = attachments.uploads(self.store, external_ids if attached else ())
        result = []
        for row, entries in standing:
            done = [e for e in entries if e.kind in ("invoice", "replace") and e.state == "done"]
            refused = [e for e in entries if e.kind == "approval" and e.state == "rejected"]
            submitted = submitted_of(done[-1].info)
            result.append(
                SentInvoice(
                    candidate=Candidate(
                        self._invoice(row), items.get(row.number, ()), (), row.revision
                    ),
                    submitted=submitted,
                    body=done[-1].body,
                    found=found.get(row.external_id) or _as_answered(row, done[-1], submitted),
                    shares=tuple(shares.get(row.number, ())),
                    level=LevelState(row.level, row.level_for),
                    last_state=row.state,
                    was_withdrawn=any(e.kind == "withdraw" and e.state == "done" for e in entries),
                    is_gone=bool(row.gone),
                    absence=self.absences.get(row.number),
                    refused_level=_refused_level(refused),
                    is_vanished=row.external_id in self.vanished,
                    reversed_by=_reversed_by(row, credit_memos.get(row.number, ())),
                    attached=attached.get(row.number, Attached()),
                    uploads=uploads.get(row.external_id, ()),
                )
            )
        return result


def absences(store: Store) -> dict[str, Absence]:
    """What X3 no longer shows, by invoice; many missing in one sweep share one sentence."""
    found: dict[str, Absence] = {}
    for what, gone in (
        (absence.ITEMS, unfinished.gone_items(store)),
        (absence.INVOICE, unfinished.gone_invoices(store)),
    ):
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for entry in gone:
            if entry.is_together:
                counts[entry.run][entry.company] += 1
        texts = {run: absence.sentence(counted, what) for run, counted in counts.items()}
        for entry in gone:
            text = texts.get(entry.run, "") if entry.is_together else ""
            found[entry.number] = Absence(what, text, entry.run)
    return found


def _reversed_by(row: InvoiceRow, credit_memos: Sequence[reversals.Credit]) -> str:
    """The credit memo over the whole of an invoice; one over a part of it is only netted."""
    whole = (row.supplier, row.currency, -row.amount)
    equal = [c.number for c in credit_memos if (c.supplier, c.currency, c.amount) == whole]
    return equal[0] if equal and row.amount > 0 else ""


def _gone(row: InvoiceRow) -> str:
    return say("x3_no_longer_shows_it_it_was") if row.gone else ""


def _gives_up(decision: reviews.DecisionRow) -> bool:
    """Whether a person said that the document is not to be sent, or not to be sent again."""
    return decision.how == "exclude" or (decision.how, decision.code) == ("withdraw", "DBT-01")


def _refusal(entry: journal.OutboxRow) -> Refusal:
    return Refusal(
        kind=str(entry.result.get("kind", "")),
        text=str(entry.result.get("text", "")),
        content=str(entry.info.get("content", "")),
    )


def _as_answered(row: InvoiceRow, entry: journal.OutboxRow, sent: Submitted) -> ApInvoice | None:
    """The invoice as its submission was answered, until a list shows it (visibility lag, 2.2)."""
    if not entry.result.get("state") or not row.avid_invoice_id:
        return None
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


def _refused_level(entries: list[journal.OutboxRow]) -> tuple[int, bool, str] | None:
    if not entries:
        return None
    last = entries[-1]
    return last.revision, bool(last.info.get("posted")), str(last.result.get("text", ""))
