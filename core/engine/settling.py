"""What an answer means for a row of the outbox, and what follows from it in the same transaction.

Called on the engine thread inside `store.write()`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.domain.ap_documents import fold
from core.domain.canonical import parse_instant
from core.domain.timing import LookUps, lookup_schedule
from core.engine.verdicts import VendorSent, pending_change
from core.engine.work import (
    AP_LANE,
    AVIDXCHANGE,
    ENGINE,
    SECOND_PUBLICATION,
    WRITE_LANE,
    X3,
    Work,
)
from core.errors import AppError
from core.ports import Accepted, Doubt, Exchange, NotDone, Outcome, Refused
from core.store import attachments, reviews, values
from core.store.invoices import change_invoices, mark_dirty
from core.store.journal import OutboxRow, Settlement
from core.store.payments import change_payments
from core.store.records import store_documents
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.apply import Apply

_SIDE_KINDS = frozenset(("auth", "blocked", "unreachable", "throttled", "setup"))
_RETRY_THROTTLED_S = 120.0
_PROOF = ("name", "file", "size", "sha256")  # of a document, in the audit row that says it is there
FILE = "file"  # kind of NotDone: this computer could not read the document as it was planned
_BUSY = "busy"  # how often in all the far side said that the record is in use


def unexpected(error: AppError) -> Outcome:
    """A writer that raised instead of returning: in doubt unless nothing was sent."""
    if error.was_sent:
        return Doubt(error.why, error)
    return NotDone(error, "unreachable")


def schedule_of(work: Work, kind: str) -> LookUps:
    """When a write of this kind is looked up while in doubt (both contracts)."""
    config = work.tools.config
    if kind == "payment":
        return lookup_schedule(config.payment_lookup_s, at_least=2)
    if kind == "approval":
        return lookup_schedule((config.approval_reread_s,))
    return lookup_schedule(config.invoice_lookup_s)


def settle_all(apply: Apply, arrived: Iterable[tuple[OutboxRow, Outcome]]) -> None:
    """Move rows that were being sent to where their answers put them."""
    changes = apply.changes = {}
    try:
        for row, outcome in arrived:
            _settle(apply, row, outcome)
    finally:
        apply.changes = None
    change_invoices(apply.work.store, changes, apply.work.run, actor=ENGINE)


def _change(apply: Apply, number: str, change: dict[str, Any]) -> None:
    """Change an invoice; among answers that are settled together, with all of theirs."""
    if apply.changes is None:
        change_invoices(apply.work.store, {number: change}, apply.work.run, actor=ENGINE)
    else:
        apply.changes[number] = apply.changes.get(number, {}) | change


def _settle(apply: Apply, row: OutboxRow, outcome: Outcome) -> None:
    """Move one row to where its answer puts it."""
    if isinstance(outcome, Accepted):
        accept(apply, row, dict(outcome.values), outcome.exchange, "accepted")
    elif isinstance(outcome, Refused):
        _refuse(apply, row, outcome)
    elif isinstance(outcome, NotDone):
        _not_done(apply, row, outcome)
    else:
        _doubt(apply, row, outcome)


def accept(
    apply: Apply, row: OutboxRow, values: dict[str, Any], exchange: Exchange | None, word: str
) -> None:
    """The far side has it: settle the row and note what that means for its document."""
    if row.kind == "image":
        values = {name: row.info[name] for name in _PROOF} | values
    apply.move(row, Settlement("done", word, values, exchange))
    follow = {
        "invoice": _invoice_done,
        "replace": _replace_done,
        "withdraw": _withdraw_done,
        "vendor": _vendor_done,
        "payment": _payment_done,
        "approval": _approval_done,
        "image": _image_done,
    }[row.kind]
    follow(apply, row, values)


def _invoice_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    work = apply.work
    change = {
        "state": "sent",
        "why": say("avidxchange_has_received_it"),
        "codes": (),
        "external_id": row.reference,
        "avid_invoice_id": str(values.get("id", "")),
        "revision": row.revision,
        "sent_hash": str(row.info.get("document", "")),
        "live": 0,
        "dirty": 1,
    }
    _change(apply, row.key, change)
    work.tally.sent += 1


def _replace_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    del values
    work = apply.work
    change = {"sent_hash": str(row.info.get("document", "")), "dirty": 1}
    _change(apply, row.key, change)
    work.tally.replaced += 1


def _withdraw_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    del values
    mark_dirty(apply.work.store, numbers=[row.key])
    apply.work.tally.withdrawn += 1


def _vendor_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    del values
    work = apply.work
    sent = VendorSent(fold(row.key), str(row.info["content"]))
    store_documents(work.store, "vendor_sent", [sent], work.run, actor=ENGINE)
    work.tally.vendors += 1


def _payment_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    work = apply.work
    change = {
        "reference": row.reference,
        "x3_payment": str(values.get("number", "")),
        "posted": 1,
        "posted_hash": str(row.info.get("content", "")),
        "codes": (),
        "dirty": 1,
    }
    payment_id = str(row.info["payment_id"])
    change_payments(work.store, {payment_id: change}, work.run, actor=ENGINE)
    numbers = [str(number) for number in row.info["numbers"]]
    mark_dirty(work.store, numbers=numbers)
    apply.posted_touched |= set(numbers)
    work.tally.payments_posted += 1


def _approval_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    work = apply.work
    shown = values.get("level")
    note_level(apply, row, int(row.info["level"] if shown is None else shown))
    touched = apply.posted_touched if row.info.get("posted") else apply.header_touched
    touched.add(row.key)
    work.tally.approvals_written += 1


def note_level(apply: Apply, row: OutboxRow, level: int) -> None:
    """What we left in X3: another level there is a person's from now on."""
    change = {"level": level, "level_for": str(row.info["written_for"]), "dirty": 1}
    _change(apply, row.key, change)


def _image_done(apply: Apply, row: OutboxRow, values: dict[str, Any]) -> None:
    del values
    mark_documents(apply.work, row)


def _refuse(apply: Apply, row: OutboxRow, outcome: Refused) -> None:
    """The far side said no and stored nothing: the document waits for a correction."""
    work = apply.work
    result = {"kind": outcome.kind, "text": "; ".join(outcome.messages) or "no reason given"}
    if row.kind in ("replace", "withdraw") and outcome.kind == "closed":
        refused = apply.move(
            row, Settlement("rejected", "no longer open there", result, outcome.exchange)
        )
        apply.move(refused, Settlement("cancelled", "no longer open there"))
        mark_dirty(work.store, numbers=[row.key])
        ask_again(work, row)
        return
    if row.kind == "approval":
        # Posted or taken back meanwhile: read again, then written the other way (5.3, 5.4).
        touched = apply.posted_touched if row.info.get("posted") else apply.header_touched
        touched.add(row.key)
    refused = apply.move(row, Settlement("rejected", "refused", result, outcome.exchange))
    if _has_other_publication(work, row, outcome):
        apply.move(refused, Settlement("cancelled", "the other publication is asked"))
    if row.kind == "vendor":
        apply.give_up_invoices_of(row.key)
    mark_documents(work, row)


def _has_other_publication(work: Work, row: OutboxRow, outcome: Refused) -> bool:
    """Remember that the first publication lacks this type of invoice (sage-x3.md 10.18)."""
    if row.kind != "approval" or row.info.get("posted") or outcome.kind != "missing":
        return False
    known = json.loads(values.setting(work.store, SECOND_PUBLICATION, "[]"))
    kind = str(row.info.get("type", ""))
    if not work.tools.config.has_second_publication or kind in known:
        return False
    values.put_setting(work.store, SECOND_PUBLICATION, json.dumps(sorted([*known, kind])))
    return True


def ask_again(work: Work, row: OutboxRow) -> None:
    """A withdrawal that is not possible any more: its item comes back, nothing was withdrawn."""
    if row.kind != "withdraw":
        return
    for decision in reviews.decisions(work.store, [row.key]):
        if decision.how == "withdraw":
            why = say("it_is_no_longer_open_in_avidxchange")
            reviews.end_decision(work.store, decision.id, actor=ENGINE, reason=why)


def mark_documents(work: Work, row: OutboxRow) -> None:
    """Let the next plan look at the document of a row again."""
    if row.kind == "payment":
        change = {str(row.info["payment_id"]): {"dirty": 1}}
        change_payments(work.store, change, work.run, actor=ENGINE)
    elif row.kind == "image":
        mark_dirty(work.store, numbers=[str(row.info["invoice"])])
    elif row.kind != "vendor":
        mark_dirty(work.store, numbers=[row.key])


def _not_done(apply: Apply, row: OutboxRow, outcome: NotDone) -> None:
    """Known not done: the row is ready again, later; a fault of the whole side stops the side."""
    work, config = apply.work, apply.work.tools.config
    system = X3 if row.kind in ("approval", "payment") else AVIDXCHANGE
    # Only answers of "busy" use the pauses up: a row may have been tried before for other reasons.
    busy = int(row.result.get(_BUSY, 0)) + 1 if outcome.kind == "busy" else 0
    pauses = config.busy_write_s if busy else (0.0,)
    pause = pauses[min(max(busy, 1), len(pauses)) - 1] if pauses else 0.0
    if outcome.error.retry_after_s is not None:
        pause = outcome.error.retry_after_s
    due = work.now + timedelta(seconds=pause)
    told = {_BUSY: busy} if busy else {}
    settlement = Settlement("ready", outcome.kind or "not done", told, outcome.exchange, due)
    row = apply.move(row, settlement)
    if outcome.kind == FILE:
        _file_not_read(apply, row, outcome)
        return
    lane = WRITE_LANE if system == X3 else AP_LANE
    if outcome.kind == "throttled":
        work.lanes[lane].trouble(work.tools.clock.monotonic())
    if outcome.kind == "busy":
        _busy(apply, row, outcome, busy, len(pauses))
    is_long = outcome.kind != "throttled" or pause > _RETRY_THROTTLED_S
    if outcome.kind in _SIDE_KINDS and is_long:
        work.fail_side(system, outcome.error)
    elif outcome.kind == "throttled":
        work.note_error(system, outcome.error)


def _file_not_read(apply: Apply, row: OutboxRow, outcome: NotDone) -> None:
    """The folder does not answer: the document waits. The file is another: it is planned anew."""
    work, error = apply.work, outcome.error
    if error.code == "ATT-01":
        apply.move(row, Settlement("cancelled", f"drifted: {error.why}"))
        attachments.forget(work.store, str(row.info["invoice"]), str(row.info["file"]), work.run)
        work.tally.drifted += 1
    else:
        work.is_folder_unreadable = True
        work.tally.error(error.code, "", f"{error.why} {error.fix}")


def _busy(apply: Apply, row: OutboxRow, outcome: NotDone, busy: int, pauses: int) -> None:
    """A record in use is tried again quietly; after the last pause a person is told (5.2)."""
    work = apply.work
    if busy <= pauses:
        work.tally.error("LCK-01", X3, outcome.error.why)
        return
    code = "LVL-01" if row.kind == "approval" else "PAY-01"
    text = say("x3_said_times_that_the_record_is", busy=busy, why=outcome.error.why)
    to_person(apply, row, code, text)


def _doubt(apply: Apply, row: OutboxRow, outcome: Doubt) -> None:
    """Nobody knows: it is looked up, never sent again blindly."""
    work = apply.work
    first = schedule_of(work, row.kind).next_after(0, 0) or 0
    due = work.now + timedelta(seconds=first)
    result = {"text": outcome.why}
    found = apply.move(
        row,
        Settlement(
            "in_doubt", "in doubt", result, outcome.exchange, due, must_exist=outcome.must_exist
        ),
    )
    if row.kind == "invoice":
        _change(apply, row.key, pending_change(found))
    elif row.kind == "payment":
        mark_documents(work, row)
    system = X3 if row.kind in ("approval", "payment") else AVIDXCHANGE
    lane = WRITE_LANE if system == X3 else AP_LANE
    work.lanes[lane].trouble(work.tools.clock.monotonic())


def to_person(
    apply: Apply, row: OutboxRow, code: str, text: str, exchange: Exchange | None = None
) -> None:
    """Looking did not settle it: a person decides, with what was found."""
    result: dict[str, Any] = {"code": code, "text": text}
    if row.result.get(_BUSY):
        result[_BUSY] = 0
    apply.move(row, Settlement("review", "needs a person", result, exchange))
    mark_documents(apply.work, row)


def again(apply: Apply, row: OutboxRow, word: str, exchange: Exchange | None = None) -> None:
    """It did not arrive: the same bytes may go once more."""
    due = apply.work.now
    apply.move(row, Settlement("ready", word, {}, exchange, due))


def anew(apply: Apply, row: OutboxRow, word: str, exchange: Exchange) -> None:
    """It did not arrive, and may be written again and again: as what is wanted stands now.

    What this run planned goes once more; what an earlier one planned is planned anew, because the
    document may have moved on since.
    """
    if row.run == apply.work.run:
        again(apply, row, word, exchange)
        return
    apply.move(row, Settlement("cancelled", f"{word}; planned anew", {}, exchange))
    mark_documents(apply.work, row)


def look_again(apply: Apply, row: OutboxRow, exchange: Exchange) -> bool:
    """Put the next look-up on the schedule; False when the schedule has ended."""
    work = apply.work
    since = parse_instant(row.doubt_since)
    elapsed = (work.now - since).total_seconds()
    # What is looked up late counts for the earlier times; the schedule counts from the attempt.
    following = schedule_of(work, row.kind).next_after(elapsed, row.lookups + 1)
    if following is None:
        return False
    due = since + timedelta(seconds=following)
    apply.move(row, Settlement("in_doubt", "not found yet", {}, exchange, due))
    return True
