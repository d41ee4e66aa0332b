"""What was read goes into the store, and what hangs on it is marked to be looked at again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.domain.ap_documents import AP_ENTITIES
from core.domain.canonical import instant_text
from core.domain.documents import OpenItem
from core.engine.work import AVIDXCHANGE, ENGINE, SYSTEMS, X3, Work
from core.store import journal, payments, posting_numbers, records
from core.store.invoices import (
    mark_dirty,
    mark_gone,
    numbers_of_external_ids,
    of_suppliers,
)
from core.store.payments import change_payments, payment_rows
from core.store.records import document_keys, documents, store_documents, store_invoices
from core.store.values import put_contact
from core.words import area

say = area(__name__)

_log = logging.getLogger("crossfoot.engine")
#: States that an X3 change of the supplier can still matter to.
_OPEN_STATES = frozenset(("sent", "in_approval", "approved", "payment_scheduled"))


def keep(
    work: Work, entity: str, rows: Iterable[Any], *, read_at: datetime | None = None
) -> records.Changes:
    """Store documents of one entity and mark what depends on them; inside `store.write()`.

    `read_at` is the server's time when they were read. What changed is the result (nothing is told
    of AvidXchange's payments).
    """
    store, run, rows = work.store, work.run, tuple(rows)
    if not rows:
        return records.Changes()
    if entity == "invoice":
        return _keep_invoices(work, rows, read_at)
    if entity == "ap_payment":
        endpoint = work.tools.policy.endpoint
        payments.store_payments(store, rows, run, endpoint=endpoint, actor=ENGINE)
        return records.Changes()
    parent_of = None
    if entity == "ap_invoice":
        rows = _not_older(work, entity, rows)
    elif entity == "open_item" and work.tools.policy.open_item_link == "accnum":
        parents = posting_numbers.parents_of(store, rows)
        parent_of = _by_key(parents)
    changes = store_documents(store, entity, rows, run, actor=ENGINE, parent_of=parent_of)
    _mark(work, entity, changes)
    return changes


def make_ready(work: Work, entity: str, keys: Sequence[str]) -> None:
    """Make the open items that were kept while the next page is waited for: the plan asks."""
    if entity == "open_item":
        work.decoded.prepare(OpenItem, documents(work.store, entity, keys=keys))


def _by_key(parents: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda document: parents[document.key]


def _keep_invoices(work: Work, rows: tuple[Any, ...], read_at: datetime | None) -> records.Changes:
    """Store invoices; with them their posting numbers, where open items hang on these."""
    store, run, policy = work.store, work.run, work.tools.policy
    kinds = policy.credit_kinds
    changes = store_invoices(store, rows, run, credit_kinds=kinds, actor=ENGINE, read_at=read_at)
    fresh = set(changes.keys)
    originals = [row.original_invoice for row in rows if row.number in fresh]
    mark_dirty(store, numbers=[number for number in originals if number])
    if policy.open_item_link == "accnum":
        claimed = posting_numbers.learn(store, rows, run, actor=ENGINE)
        mark_dirty(store, numbers=claimed)
        _wake_payments(work, claimed)
    return changes


def _not_older(work: Work, entity: str, rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without what is older than what is stored: lists lag behind single looks (2.2)."""
    stamps = records.stamps(work.store, entity, [row.key for row in rows])
    return tuple(
        row
        for row in rows
        if row.last_modified is None or instant_text(row.last_modified) >= stamps.get(row.key, "")
    )


def keep_found(
    work: Work, entity: str, rows: Iterable[Any], bound: datetime | None, read_at: datetime | None
) -> None:
    """Store what a sweep read, and count what a poll from `bound` on would not have brought.

    New is late, changed is changed unseen. Inside `store.write()`.
    """
    young: list[Any] = []
    old: list[Any] = []
    for row in rows:
        is_young = bound is None or (row.changed is not None and row.changed >= bound)
        (young if is_young else old).append(row)
    keep(work, entity, young, read_at=read_at)
    changes = keep(work, entity, old, read_at=read_at)
    work.tally.sweep["late"] += changes.new
    work.tally.sweep["changed"] += changes.changed
    if changes.keys:
        _log.info("%s: %d came late, %d changed unseen", entity, changes.new, changes.changed)


def _mark(work: Work, entity: str, changes: records.Changes) -> None:
    """Let the next plan look at what a change may matter to."""
    store = work.store
    if not changes.keys:
        return
    if entity == "open_item":
        mark_dirty(store, numbers=changes.parents)
        _wake_payments(work, changes.parents)
    elif entity == "ap_invoice":
        numbers = set(numbers_of_external_ids(store, changes.parents).values())
        # Given up or not, what we once sent under a reference is looked at when it moves.
        sent = journal.rows_by_reference(store, changes.parents)
        numbers |= {entry.key for entries in sent.values() for entry in entries}
        # So is what another copy sent, or this one before a restored backup.
        numbers |= {work.tools.policy.number_of(reference) for reference in changes.parents}
        mark_dirty(store, numbers=numbers)
    elif entity == "payment":
        _wake_postings(work, changes.parents)
    elif entity == "supplier":
        rows = of_suppliers(store, changes.keys)
        mark_dirty(store, numbers=[row.number for row in rows if row.state in _OPEN_STATES])


def _wake_payments(work: Work, numbers: Iterable[str]) -> None:
    """Payments of these invoices are looked at again: X3's balances moved."""
    ids = {entry.payment_id for entry in payments.settled_by(work.store, numbers=numbers)}
    _make_dirty(work, ids)


def _wake_postings(work: Work, references: Iterable[str]) -> None:
    """Payments whose X3 posting changed are looked at again; `AVD{id}[-n]` names them."""
    ids = {
        reference.removeprefix("AVD").partition("-")[0]
        for reference in references
        if reference.startswith("AVD")
    }
    _make_dirty(work, ids)


def _make_dirty(work: Work, ids: set[str]) -> None:
    known = [row.payment_id for row in payment_rows(work.store, ids=ids) if not row.dirty]
    change_payments(work.store, {key: {"dirty": 1} for key in known}, work.run, actor=ENGINE)


def forget_missing(work: Work, entity: str, keys: set[str]) -> None:
    """Mark what a whole read, complete and readable, no longer showed as gone.

    Nothing is deleted. A list that has become empty is not believed: a right that was taken away
    looks like that.
    """
    missing = set(document_keys(work.store, entity)) - keys
    if missing and not keys:
        text = say("the_list_of_is_empty_now_stood", entity=entity, count=len(missing))
        text += say("rights_or_folder_changed_nothing_was")
        work.tally.error("UNK-01", AVIDXCHANGE if entity in AP_ENTITIES else X3, text)
        return
    if missing:
        mark_gone(work.store, entity, missing, work.run, actor=ENGINE)
        work.tally.sweep["gone"] += len(missing)


def note_contacts(work: Work) -> None:
    """Keep when each side answered last and what it said, for `status`."""
    for system in SYSTEMS:
        failure = work.failures.get(system)
        members: dict[str, Any] = {"reachable": failure is None}
        members["code"] = failure.code if failure else ""
        members["text"] = failure.why if failure else ""
        if work.answered.get(system):
            members["last_contact"] = instant_text(work.answered[system])
        put_contact(work.store, system, members)
