"""Writes what a plan decided into the store: states, codes, review items, what was seen first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.domain import plan as plans_made
from core.domain.actions import Action
from core.domain.findings import Finding
from core.domain.money import Money, total
from core.domain.unsent import Verdict
from core.engine.snapshot import Gathered, Pending
from core.engine.work import AVIDXCHANGE, ENGINE, X3, Work
from core.errors import AVIDXCHANGE_CODES, CATALOGUE
from core.store import plans, reviews
from core.store.invoices import InvoiceRow, change_invoices, invoice_rows
from core.store.payments import PaymentRow, change_payments, payment_rows
from core.store.records import store_documents
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class VendorSent:
    """The payload hash that AvidXchange is taken to have of a vendor; `vendor` is folded."""

    vendor: str
    content: str

    @property
    def key(self) -> str:
        """The folded vendor code."""
        return self.vendor


def record(work: Work, gathered: Gathered, plan: plans_made.Plan, *, is_preview: bool) -> None:
    """Keep the plan and all verdicts; inside `store.write()`."""
    store = work.store
    summary = summary_of(plan.actions)
    made = plans.PlanRecord(
        hash=plan.hash,
        run=work.run,
        mode="preview" if is_preview else "live",
        summary=summary,
        actions=tuple(_record(action) for action in plan.actions),
    )
    plans.store_plan(store, made, actor=ENGINE)
    if work.is_up(X3):
        # What was broken off in reading may lack the address: no change could be told from that.
        store_documents(store, "baseline", plan.baselines, work.run, actor=ENGINE)
    seen = [VendorSent(vendor, content) for vendor, content in plan.vendors_seen.items()]
    store_documents(store, "vendor_sent", seen, work.run, actor=ENGINE)
    sent = {entry.invoice.number for entry in gathered.snapshot.sent}
    changes = {v.number: _invoice_change(v, is_sent=v.number in sent) for v in plan.verdicts}
    pending = {p.row.number: pending_change(p.outbox) for p in gathered.pending}
    change_invoices(store, changes | pending, work.run, actor=ENGINE)
    payments = {v.payment_id: _payment_change(v, gathered) for v in plan.payments}
    change_payments(store, payments, work.run, actor=ENGINE)
    _review(work, gathered, plan)


def summary_of(actions: Iterable[Action]) -> dict[str, Any]:
    """Counts by kind and the total of what would be sent, per currency."""
    counts: dict[str, int] = defaultdict(int)
    sent: list[Money] = []
    for action in actions:
        counts[action.kind] += 1
        if action.kind == "invoice":
            amount = str(action.info["amount"])
            sent.append(_money(amount, str(action.info["currency"])))
    totals = {currency: Money(minor, currency).text for currency, minor in total(sent).items()}
    return {"actions": dict(counts), "invoices": totals}


def _money(amount: str, currency: str) -> Money:
    return Money.of(Decimal(amount), currency)


def _record(action: Action) -> plans.ActionRecord:
    return plans.ActionRecord(
        kind=action.kind,
        key=action.key,
        revision=action.revision,
        body=action.body,
        fingerprint=action.fingerprint,
        basis=dict(action.basis),
        remote=action.remote,
        reference=action.reference,
        info=dict(action.info),
    )


def _invoice_change(verdict: Verdict, *, is_sent: bool) -> dict[str, Any]:
    change: dict[str, Any] = {
        "state": verdict.state,
        "why": verdict.why,
        "codes": _codes(verdict.findings),
        "payment": verdict.payment,
        "approval": verdict.approval,
        "due_date": verdict.due_date,
        "open_x3": verdict.open_x3,
        "open_avidxchange": verdict.open_avidxchange,
        "live": int(verdict.is_live and not is_sent),
        # What is not written by this run, or only previewed, must be in the next plan again.
        "dirty": int(is_sent and verdict.action is not None),
    }
    if verdict.level is not None:
        change |= {"level": verdict.level, "level_for": verdict.written_for}
    return change


def _codes(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.code for finding in findings}))


_PENDING = {"ready": "ready", "sending": "sending", "in_doubt": "in_doubt"}
_PENDING_TEXT = {
    "ready": say("it_is_sent_with_the_next_run"),
    "sending": say("it_is_on_its_way"),
    "in_doubt": say("it_was_sent_and_no_answer_came"),
}


def pending_change(entry: Any) -> dict[str, Any]:
    """Columns of an invoice whose submission is under way or with a person."""
    if entry.state == "review":
        code = str(entry.result.get("code", "DBT-01"))
        state = "needs_review" if code == "DUP-01" else "in_doubt"
        return {"state": state, "why": str(entry.result.get("text", "")), "codes": (code,)}
    return {
        "state": _PENDING[entry.state],
        "why": _PENDING_TEXT[entry.state],
        "codes": (),
        "external_id": entry.reference,
        "live": 1,
    }


def _payment_change(verdict: plans_made.PaymentVerdict, gathered: Gathered) -> dict[str, Any]:
    """Look again at a payment as long as something of it is open."""
    facts = next(
        f for f in gathered.snapshot.payments if f.payment.payment_id == verdict.payment_id
    )
    is_open = bool(verdict.action or facts.outbox or any(f.asks_person for f in verdict.findings))
    # A failed payment that does not cure itself is told two days later, without any news of it.
    is_open |= facts.payment.state == "failed"
    return {"codes": _codes(verdict.findings), "dirty": int(is_open)}


# Review items


@dataclass(slots=True)
class _Cause:
    finding: Finding
    kind: str
    bases: dict[str, str]
    waits: bool


def _review(work: Work, gathered: Gathered, plan: plans_made.Plan) -> None:
    """Bring the list of what needs a person in line with what was found for these documents."""
    causes: dict[str, _Cause] = {}
    looked_at: set[str] = {f"supplier {rule}" for rule in gathered.snapshot.books.suppliers}
    for verdict in plan.verdicts:
        looked_at.add(verdict.number)
        _collect(causes, verdict.findings, "invoice")
    today = gathered.snapshot.today
    payments = {f.payment.payment_id: f.payment for f in gathered.snapshot.payments}
    for entry in plan.payments:
        looked_at.add(entry.payment_id)
        waiting = [
            f
            for f in entry.findings
            if not plans_made.is_patient(f, payments[entry.payment_id], today)
        ]
        _collect(causes, waiting, "payment")
    suppliers = [_of_supplier(finding) for finding in plan.findings]
    _collect(causes, suppliers, "supplier")
    looked_at |= {p.row.number for p in gathered.pending}
    _collect(causes, (f for p in gathered.pending for f in pending_findings(p)), "invoice")
    looked_at |= {e.reference for e in gathered.live_outbox if e.kind == "payment"}
    doubts = [f for e in gathered.live_outbox for f in _doubt_of(e)]
    _collect(causes, doubts, "payment")
    _merge(work, causes, looked_at)


def _of_supplier(finding: Finding) -> Finding:
    return replace(finding, document=f"supplier {finding.document}")


def pending_findings(pending: Pending) -> list[Finding]:
    """The item of a submission that waits for a person."""
    entry = pending.outbox
    if entry.state != "review":
        return []
    code = str(entry.result.get("code", "DBT-01"))
    text = str(entry.result.get("text", ""))
    return [Finding(code, pending.row.number, text, basis=entry.reference)]


def _doubt_of(entry: Any) -> list[Finding]:
    """The item of another write that waits for a person: a payment, an approval."""
    if entry.state != "review" or entry.kind in ("invoice", "vendor"):
        return []
    code = str(entry.result.get("code", "DBT-01"))
    document = str(entry.info.get("payment_id") or entry.key)
    how = ("link", "send_again", "done") if entry.kind == "payment" else ("send_again", "done")
    return [Finding(code, document, str(entry.result.get("text", "")), how=how)]


def _collect(causes: dict[str, _Cause], findings: Iterable[Finding], kind: str) -> None:
    for finding in findings:
        if not finding.asks_person:
            continue
        key = finding.cause_key
        cause = causes.get(key)
        if cause is None:
            waits = kind == "invoice" and finding.waits_by_itself
            cause = causes[key] = _Cause(finding, kind, {}, waits)
        cause.bases[finding.document] = finding.basis


def _merge(work: Work, causes: dict[str, _Cause], looked_at: set[str]) -> None:
    """Keep documents of an item that were not looked at, drop those whose cause is gone."""
    store = work.store
    standing = {row.cause: row for row in reviews.open_items(store)}
    for key, row in standing.items():
        if key not in causes and row.info.get("kind"):
            left = [name for name in row.documents if name not in looked_at or _stays(row)]
            if left:
                bases = {name: row.info.get("bases", {}).get(name, "") for name in left}
                waits = bool(row.info.get("waits"))
                kind = str(row.info["kind"])
                causes[key] = _Cause(_finding_of(row), kind, bases, waits)
        elif key in causes:
            bases = row.info.get("bases", {})
            kept = {n: bases.get(n, "") for n in row.documents if n not in looked_at}
            causes[key].bases = kept | causes[key].bases
    documents = {name for cause in causes.values() for name in cause.bases}
    rows: dict[str, InvoiceRow | PaymentRow] = {}
    rows |= {row.payment_id: row for row in payment_rows(store, ids=documents)}
    rows |= {row.number: row for row in invoice_rows(store, numbers=documents)}
    for key, cause in causes.items():
        reviews.open_item(store, _draft(key, cause, rows), work.run, actor=ENGINE)
    mine = [row.code for row in standing.values() if row.info.get("kind")]
    reviews.close_missing(store, set(causes), codes=set(mine), run=work.run, actor=ENGINE)


def _stays(row: reviews.ReviewRow) -> bool:
    """A possible duplicate was told before the send; it stands until a person has looked."""
    return row.code == "DUP-01" and bool(row.info.get("notes"))


def _finding_of(row: reviews.ReviewRow) -> Finding:
    cause = row.cause.partition("|")[2]
    return Finding(
        row.code,
        row.document,
        row.text,
        cause=cause,
        how=row.how,
        title=row.title,
        fix=row.fix,
        notes=bool(row.info.get("notes")),
    )


def _draft(
    key: str, cause: _Cause, rows: dict[str, InvoiceRow | PaymentRow]
) -> reviews.ReviewDraft:
    finding = cause.finding
    documents = tuple(sorted(cause.bases))
    amounts = [Money(rows[n].amount, rows[n].currency) for n in documents if n in rows]
    sums = total(amounts)
    currency, minor = next(iter(sums.items())) if len(sums) == 1 else ("", 0)
    more = say("documents", count=len(documents)) if len(documents) > 1 else ""
    entry = CATALOGUE[finding.code]
    return reviews.ReviewDraft(
        code=finding.code,
        cause=key,
        title=finding.title or entry.title,
        text=finding.text.removesuffix(more) + more,
        fix=finding.fix or entry.fix,
        document=documents[0],
        documents=documents,
        system=AVIDXCHANGE if finding.code in AVIDXCHANGE_CODES else X3,
        currency=currency,
        amount=minor,
        how=finding.resolutions,
        info={
            "kind": cause.kind,
            "bases": cause.bases,
            "waits": cause.waits,
            "notes": finding.notes,
        },
    )


def is_urgent(row: reviews.ReviewRow) -> bool:
    """Whether an open item makes a run end with status 3 (product.md 6, *Exit status*)."""
    return not row.info.get("waits")


def bases_of(row: reviews.ReviewRow) -> dict[str, str]:
    """Document -> what an acceptance of this item is given for."""
    found = dict(row.info.get("bases", {}))
    return found or dict.fromkeys(row.documents, "")
