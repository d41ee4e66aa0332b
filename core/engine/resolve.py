"""What a person decides about a review item, carried out on the ledger; engine thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import crash_points
from core.domain.actions import invoice_remote
from core.domain.canonical import decode
from core.domain.documents import Address, Supplier
from core.domain.remittance import details_of
from core.engine.verdicts import bases_of
from core.engine.work import Tools
from core.store import journal, plans, reviews
from core.store.invoices import InvoiceRow, change_invoices, invoice_rows, mark_dirty
from core.store.journal import OutboxRow, Settlement
from core.store.payments import change_payments, payment_rows, settled_by
from core.store.records import documents, store_documents
from core.store.reviews import ReviewRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on one item; `to` is what it is linked to."""

    item: int
    how: str
    reason: str
    to: str
    actor: str


def carry_out(tools: Tools, decision: Decision) -> dict[str, Any]:
    """Do it in one transaction; what was done, for the front end.

    Raises:
        KeyError: no open item of that id.
        ValueError: the item does not offer this resolution, or something it needs is missing.
    """
    store = tools.store
    with store.write():
        row = reviews.review_item(store, decision.item)
        if row is None or row.closed:
            raise KeyError(decision.item)
        if decision.how not in row.how:
            offered = ", ".join(row.how) or "nothing"
            raise ValueError(
                say("item_can_be_settled_by_not_by", id=row.id, offered=offered, how=decision.how)
            )
        if not decision.reason.strip():
            raise ValueError(say("a_reason_is_needed"))
        text = _WAYS[decision.how](store, row, decision)
        if decision.how != "reverse":
            reviews.resolve(
                store, row.id, how=decision.how, reason=decision.reason, actor=decision.actor
            )
        _look_again(store, row)
        crash_points.reach(crash_points.BEFORE_RESOLUTION)
    crash_points.reach(crash_points.AFTER_RESOLUTION)
    return {"id": row.id, "code": row.code, "how": decision.how, "text": text}


def _look_again(store: Store, row: ReviewRow) -> None:
    paid = [entry.number for entry in settled_by(store, ids=row.documents) if entry.number]
    mark_dirty(store, numbers=[*row.documents, *paid])
    known = [p.payment_id for p in payment_rows(store, ids=row.documents)]
    change_payments(store, {key: {"dirty": 1} for key in known}, None, actor="person")


def _decide(store: Store, row: ReviewRow, decision: Decision) -> None:
    """Note the decision for each document of the item, on the facts it was made on."""
    for document, basis in bases_of(row).items():
        reviews.decide(
            store,
            document,
            code=row.code,
            how=decision.how,
            basis=basis,
            reason=decision.reason,
            actor=decision.actor,
        )


def _note(store: Store, row: ReviewRow, decision: Decision) -> str:
    _decide(store, row, decision)
    if row.code == "BNK-01":
        _release_remittance(store, row, decision)
    if (row.code, decision.how) == ("VOI-01", "keep"):
        _keep_posting(store, row, decision)
    if row.code == "INV-01":  # its evidence is accepted; what else its documents wait for stays
        return say("noted_writing_goes_on_with_the_next")
    for entry in _open_rows(store, row, "review"):
        settlement = Settlement("cancelled", decision.how, actor=decision.actor)
        journal.settle(store, entry, settlement)
    return say("noted_the_documents_go_on_with_the")


def _keep_posting(store: Store, row: ReviewRow, decision: Decision) -> None:
    """The posting of a replaced payment stands for the one that replaces it (5.2, R2)."""
    posted = {p.x3_payment: p for p in payment_rows(store) if p.posted}
    for document, basis in bases_of(row).items():
        old = posted.get(basis)
        if old is None or old.payment_id == document:
            continue
        linked = {"posted": 1, "x3_payment": basis, "reference": old.reference, "dirty": 1}
        freed = {"posted": 0, "x3_payment": "", "dirty": 1}
        changes = {document: linked, old.payment_id: freed}
        change_payments(store, changes, None, actor=decision.actor)


def _release_remittance(store: Store, row: ReviewRow, decision: Decision) -> None:
    """What X3 shows now becomes what was released."""
    cause = row.cause.partition("|")[2]
    if not cause.startswith("supplier "):
        return
    code = cause.removeprefix("supplier ")
    for body in documents(store, "supplier", keys=[code]):
        supplier = decode(Supplier, body)
        key = f"{code}~{supplier.pay_to_address or supplier.default_address}"
        found = documents(store, "supplier_address", keys=[key])
        address = decode(Address, found[0]) if found else None
        details = details_of(supplier, address)
        store_documents(store, "baseline", [details], 0, actor=decision.actor)


def _exclude(store: Store, row: ReviewRow, decision: Decision) -> str:
    _decide(store, row, decision)
    for entry in _open_rows(store, row, "rejected", "review"):
        settlement = Settlement("cancelled", "excluded", actor=decision.actor)
        journal.settle(store, entry, settlement)
    return say("excluded_it_is_not_sent")


def _open_rows(store: Store, row: ReviewRow, *states: str) -> list[OutboxRow]:
    keys = set(row.documents)
    return [
        entry
        for entry in journal.outbox_rows(store, states=states)
        if keys & {entry.key, *_documents_of(entry)}
    ]


def _documents_of(entry: OutboxRow) -> set[str]:
    """How review items name what a row is about, where that is not its key."""
    if entry.kind == "vendor":
        return {f"supplier {entry.info.get('supplier', '')}"}
    name = {"payment": "payment_id", "image": "invoice"}.get(entry.kind, "")
    return {str(entry.info.get(name, ""))} - {""}


def _send_again(store: Store, row: ReviewRow, decision: Decision) -> str:
    """From in doubt the same bytes; after a rejection or refusal a new revision."""
    for entry in _open_rows(store, row, "review"):
        journal.settle(
            store, entry, Settlement("ready", "sent again by a person", actor=decision.actor)
        )
    _post_again(store, row, decision)
    changes: dict[str, dict[str, Any]] = {}
    refused = _open_rows(store, row, "rejected")
    for entry in refused:
        journal.settle(store, entry, Settlement("cancelled", "sent again", actor=decision.actor))
        if entry.kind == "invoice":
            changes[entry.key] = {"revision": entry.revision + 1, "live": 1, "dirty": 1}
    for found in invoice_rows(store, numbers=row.documents):
        if row.code == "REJ-01":
            changes[found.number] = _next_revision(found)
        elif row.code == "LVL-01":
            changes[found.number] = {"level_for": "", "dirty": 1}
    change_invoices(store, changes, None, actor=decision.actor)
    return say("it_is_sent_with_the_next_run")


def _post_again(store: Store, row: ReviewRow, decision: Decision) -> None:
    """A payment whose posting a person reversed in X3 is posted under its next reference."""
    bases = bases_of(row)
    changes = {
        payment.payment_id: {"posted": 0, "x3_payment": "", "posted_hash": "", "dirty": 1}
        for payment in payment_rows(store, ids=row.documents)
        if payment.posted and bases.get(payment.payment_id) == payment.reference
    }
    change_payments(store, changes, None, actor=decision.actor)


def _next_revision(found: InvoiceRow) -> dict[str, Any]:
    return {
        "revision": found.revision + 1,
        "external_id": "",
        "avid_invoice_id": "",
        "approval": "",
        "level_for": "",
        "live": 1,
        "dirty": 1,
    }


def _link(store: Store, row: ReviewRow, decision: Decision) -> str:
    """Take what stands on the far side as this document."""
    if not decision.to:
        raise ValueError(say("link_needs_to_with_the_id_of"))
    linked = False
    for entry in _open_rows(store, row, "review"):
        _link_row(store, entry, decision)
        linked = True
    for payment in payment_rows(store, ids=row.documents):
        change = {"posted": 1, "x3_payment": decision.to, "reference": f"AVD{payment.payment_id}"}
        change_payments(store, {payment.payment_id: change}, None, actor=decision.actor)
        linked = True
    if row.code == "DBT-01" and not linked:
        return _take_back(store, row, decision)
    if not linked:
        reason = say("linked_to_avidxchange_invoice", to=decision.to, reason=decision.reason)
        for document, basis in bases_of(row).items():
            reviews.decide(
                store,
                document,
                code=row.code,
                how="exclude",
                basis=basis,
                reason=reason,
                actor=decision.actor,
            )
    return say("linked_to", to=decision.to)


def _take_back(store: Store, row: ReviewRow, decision: Decision) -> str:
    """What was given up and turned up counts again: the next run finds and links it."""
    for found in reviews.decisions(store, row.documents):
        reviews.end_decision(store, found.id, actor=decision.actor, reason=decision.reason)
    return say("it_is_linked_with_the_next_run")


def _link_row(store: Store, entry: OutboxRow, decision: Decision) -> None:
    name = "number" if entry.kind == "payment" else "id"
    result = {name: decision.to, "state": "received"}
    journal.settle(
        store, entry, Settlement("done", "linked by a person", result, actor=decision.actor)
    )
    if entry.kind == "invoice":
        change = {
            "external_id": entry.reference,
            "avid_invoice_id": decision.to,
            "revision": entry.revision,
            "sent_hash": str(entry.info.get("document", "")),
            "live": 0,
            "dirty": 1,
        }
        change_invoices(store, {entry.key: change}, None, actor=decision.actor)


def _withdraw(store: Store, row: ReviewRow, decision: Decision) -> str:
    """Take it back from AvidXchange with the next run; what may never have arrived is given up."""
    _decide(store, row, decision)
    for entry in _open_rows(store, row, "review"):
        journal.settle(store, entry, Settlement("cancelled", "given up", actor=decision.actor))
    # What was given up has no id of its own yet: the item names the invoice that turned up.
    turned_up = bases_of(row) if row.code == "DBT-01" else {}
    there = [
        (found, found.avid_invoice_id or turned_up.get(found.number, ""))
        for found in invoice_rows(store, numbers=row.documents)
    ]
    actions = [
        plans.ActionRecord(
            kind="withdraw",
            key=found.number,
            revision=found.revision,
            body=b"",
            fingerprint="",
            remote=invoice_remote(found.external_id),
            reference=found.external_id,
            info={"invoice_id": invoice_id, "reason": decision.reason},
        )
        for found, invoice_id in there
        if found.external_id and invoice_id.isdigit()
    ]
    if actions:
        name = f"withdraw-{row.id}"
        made = plans.PlanRecord(name, 0, "live", {"actions": {"withdraw": len(actions)}},
                                tuple(actions))  # fmt: skip
        plans.store_plan(store, made, actor=decision.actor)
        ids = plans.identities(store, name)
        journal.enqueue(store, ids, 0, due=store.clock(), actor=decision.actor)
    return say("it_is_withdrawn_with_the_next_run")


def _reverse(store: Store, row: ReviewRow, decision: Decision) -> str:
    """A person reverses the payment in X3; the item closes when X3 shows it."""
    reviews.put_info(store, row.id, {"reverse": decision.reason}, actor=decision.actor)
    return say("reverse_it_in_x3_the_item_closes")


_WAYS: dict[str, Callable[[Store, ReviewRow, Decision], str]] = {
    "accept": _note,
    "keep": _note,
    "done": _note,
    "exclude": _exclude,
    "send_again": _send_again,
    "link": _link,
    "withdraw": _withdraw,
    "reverse": _reverse,
}
