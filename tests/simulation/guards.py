"""The guards of the promise, each removable from here: without one some seed must turn red.

Nothing in the product knows of this; a guard is taken away by putting another function in the
place of the one that keeps it, for the length of a `with` block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from core.avidxchange import token
from core.domain import absence, timing
from core.domain.approvals import shown_level
from core.domain.canonical import instant_text
from core.engine import apply as applying
from core.engine import clearing, lookups, pull, settling
from core.engine.matching import PaymentVerdict
from core.store import journal, values
from core.store.journal import OutboxRow, Settlement
from core.store.sqlite import Store

Undo = Callable[[], None]
Removal = Callable[["Surgery"], None]


@dataclass
class Surgery:
    """Puts functions in the place of others and puts the old ones back."""

    engine: dict[str, Any] = field(default_factory=dict)  # changes of EngineConfig
    settings: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)  # SQL at each start of a machine
    _undo: list[Undo] = field(default_factory=list)

    def put(self, owner: Any, name: str, made: Any) -> Any:
        """Replace an attribute; the one that was there."""
        old = getattr(owner, name)
        setattr(owner, name, made)
        self._undo.append(lambda: setattr(owner, name, old))
        return old

    def close(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()


def _send_before_intent(surgery: Surgery) -> None:
    """A row is claimed in memory only; its intent is written together with its answer."""
    pending: dict[int, tuple[Any, ...]] = {}

    def claim(
        store: Store,
        kinds: Any,
        limit: int,
        now: datetime,
        *,
        actor: str = "engine",
        among: Any = None,
    ) -> list[OutboxRow]:
        del store
        found = list(among or ())[:limit]
        for row in found:
            pending[row.id] = (row, kinds, now, actor)
        return [replace(row, state="sending") for row in found]

    def settle(store: Store, row: OutboxRow, settlement: Settlement) -> OutboxRow:
        if row.id in pending:
            ready, kinds, now, actor = pending.pop(row.id)
            (row,) = claim_now(store, kinds, 1, now, actor=actor, among=[ready])
        settled: OutboxRow = settle_now(store, row, settlement)
        return settled

    def recover(store: Store, now: datetime, *, run: int | None = None) -> int:
        pending.clear()
        found: int = recover_now(store, now, run=run)
        return found

    claim_now = surgery.put(journal, "claim", claim)
    settle_now = surgery.put(journal, "settle", settle)
    recover_now = surgery.put(journal, "recover", recover)


def _first_send_without_look(surgery: Surgery) -> None:
    """An invoice is sent without asking AvidXchange for its reference first."""

    def invoices(apply: applying.Apply, lot: list[OutboxRow]) -> None:
        clearing._looked(apply, lot)
        for row in lot:
            apply.claimable[row.kind].append(row.id)

    surgery.put(clearing, "_invoices", invoices)


def _again_without_look(surgery: Surgery) -> None:
    """What is in doubt is sent again without any look, and so is not looked at before either."""

    def start(apply: applying.Apply, rows: Sequence[OutboxRow]) -> None:
        with apply.work.store.write():
            for row in rows:
                if row.kind in ("invoice", "payment") and not (row.resent or row.must_exist):
                    settling.again(apply, row, "sent again")
        others = [row for row in rows if row.kind not in ("invoice", "payment")]
        start_now(apply, others)

    def invoices(apply: applying.Apply, lot: list[OutboxRow]) -> None:
        again = [row for row in lot if row.resent]
        clearing._looked(apply, again)
        apply.claimable["invoice"].extend(row.id for row in again)
        rest = [row for row in lot if not row.resent]
        if rest:
            invoices_now(apply, rest)

    start_now = surgery.put(lookups, "start", start)
    invoices_now = surgery.put(clearing, "_invoices", invoices)


def _two_rows_at_once(surgery: Surgery) -> None:
    """Nothing keeps a second live row of a document out of the outbox."""
    names = ("outbox_live", "outbox_reference", "outbox_sending")
    surgery.statements += [f'DROP INDEX IF EXISTS "{name}"' for name in names]

    def enqueue(store: Store, action_ids: Any, run: int, **named: Any) -> Any:
        live_rows = journal.live_rows
        journal.live_rows = lambda *_: []
        try:
            return enqueue_now(store, action_ids, run, **named)
        finally:
            journal.live_rows = live_rows

    enqueue_now = surgery.put(journal, "enqueue", enqueue)


def _bookmark_before_commit(surgery: Surgery) -> None:
    """A poll of X3 moves its bookmark with its first page, not behind its last."""

    def store(walk: pull.Walk, page: Any, rows: Any) -> None:
        if walk.flow.system == "x3" and page.next is not None and page.server_time:
            with walk.work.store.write():
                moment = _later(walk.bookmark(), page.server_time)
                values.put_bookmark(walk.work.store, walk.flow.name, instant_text(moment))
        store_now(walk, page, rows)

    def bookmark(old: datetime | None, _changed: Any, answer: datetime | None) -> datetime | None:
        return _later(old, answer) if answer else old

    store_now = surgery.put(pull.Walk, "store", store)
    surgery.put(pull.Walk, "may_resume", lambda _walk, _kept: False)
    surgery.put(timing, "erp_bookmark", bookmark)


def _later(old: datetime | None, new: datetime) -> datetime:
    return max(old, new) if old else new


def _no_overlap(surgery: Surgery) -> None:
    """X3 is read from the bookmark itself: what commits late is not found by the next poll."""
    surgery.engine["overlap"] = timedelta(0)


def _no_margin(surgery: Surgery) -> None:
    """AvidXchange is read up to now and from there: what lists show late is not found."""
    surgery.engine |= {"ap_lag": timedelta(0), "ap_overlap": timedelta(0)}


def _tokens_side_by_side(surgery: Surgery) -> None:
    """Every thread that finds no token asks for one of its own."""

    class Open:
        def acquire(self, timeout: float = 0) -> bool:
            del timeout
            return True

        def release(self) -> None:
            """Nothing is held."""

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing was held."""

    made = token.TokenSource.__init__

    def init(self: Any, *args: Any, **named: Any) -> None:
        made(self, *args, **named)
        self._lock = Open()

    surgery.put(token.TokenSource, "__init__", init)
    surgery.traits["concurrency"] = 3


def _levels_without_look(surgery: Surgery) -> None:
    """A level is written to X3 without reading it first."""

    def approvals(apply: applying.Apply, lot: list[OutboxRow]) -> None:
        clearing._looked(apply, lot)
        for row in lot:
            apply.claimable[row.kind].append(row.id)

    surgery.put(clearing, "_approvals", approvals)


def _levels_whatever_is_shown(surgery: Surgery) -> None:
    """A level is read, and written whatever was expected to be there."""

    def found(apply: applying.Apply, lot: Any, headers: Any, items: Any) -> None:
        belongs = apply.work.tools.policy.belongs
        listed: dict[str, str] = {}
        for header in headers.found:
            mine = [item for item in items.found if belongs(item, header)]
            shown = sorted(shown_level(header, mine))
            listed[header.number] = ",".join(str(level) for level in shown)
        rows = [replace(row, basis={**row.basis, "shown": listed.get(row.key, "")}) for row in lot]
        found_now(apply, rows, headers, items)

    found_now = surgery.put(clearing, "_approvals_found", found)


def _payment_without_look(surgery: Surgery) -> None:
    """A payment is posted whatever the look-up by its REF has shown."""
    surgery.put(clearing, "payment_verdict", lambda _row, _lookup: PaymentVerdict())


def _payment_whatever_is_open(surgery: Surgery) -> None:
    """A payment is posted though the balance it was planned on has moved."""
    surgery.put(clearing, "balances_moved", lambda _row, _items: False)


def _send_what_is_paid(surgery: Surgery) -> None:
    """An invoice is sent without asking X3 whether it is still owed."""

    def owed(apply: applying.Apply, lot: list[OutboxRow]) -> None:
        clearing._invoices(apply, lot)

    surgery.put(clearing, "_owed", owed)


def _start_without_recovery(surgery: Surgery) -> None:
    """What was being sent when the program ended is not looked at by the next start."""
    surgery.put(journal, "recover", lambda _store, _now, run=None: 0)  # noqa: ARG005 - as recover


def _link_whatever_is_found(surgery: Surgery) -> None:
    """What stands under our reference counts as ours, whatever vendor or amount it has."""
    surgery.put(clearing, "difference_of_invoice", lambda _row, _found: "")


def _each_absence_alone(surgery: Surgery) -> None:
    """Many that vanish together are asked about one by one, with a withdrawal each."""
    surgery.put(absence, "are_missing_together", lambda _missing, _asked: False)


def _apply_what_was_shown(surgery: Surgery) -> None:
    """A plan that a person approved is applied though it would no longer be made so."""
    enqueue_now = applying.Apply.enqueue

    def enqueue(apply: applying.Apply, plan_hash: str, wanted: Any) -> None:
        del wanted
        enqueue_now(apply, plan_hash, None)

    surgery.put(applying.Apply, "enqueue", enqueue)


#: Name -> what takes the guard away.
GUARDS: dict[str, Removal] = {
    "intent_before_send": _send_before_intent,
    "look_before_first_send": _first_send_without_look,
    "look_before_sending_again": _again_without_look,
    "one_live_row": _two_rows_at_once,
    "bookmark_after_commit": _bookmark_before_commit,
    "overlap": _no_overlap,
    "window_margin": _no_margin,
    "one_token": _tokens_side_by_side,
    "read_before_level": _levels_without_look,
    "expected_level": _levels_whatever_is_shown,
    "look_before_payment": _payment_without_look,
    "balance_before_payment": _payment_whatever_is_open,
    "owed_before_send": _send_what_is_paid,
    "recovery_at_start": _start_without_recovery,
    "compare_what_is_found": _link_whatever_is_found,
    "absent_together": _each_absence_alone,
    "drift": _apply_what_was_shown,
}


@contextmanager
def without(name: str) -> Iterator[Surgery]:
    """Take a guard away for the length of the block; with an empty name nothing happens."""
    surgery = Surgery()
    try:
        if name:
            GUARDS[name](surgery)
        yield surgery
    finally:
        surgery.close()


def meaning(name: str) -> str:
    """What is done wrong without the guard."""
    return (GUARDS[name].__doc__ or "").partition("\n")[0]
