"""The audit log: what happened, chained so that any change of it shows, sealed and exportable.

Rows are appended in the transaction of what they tell; triggers refuse every other write. The form
of rows, chain, seal and export is product.md section 6, `audit export`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee

from core.domain.canonical import GENESIS, canonical, chain_hash
from core.store.sqlite import LOT, Store
from core.store.tables import Audit
from core.words import area

say = area(__name__)

SEAL = "seal"
#: The workspace key was lost and another one made; seals before this row are by an earlier one.
KEY_MADE = "key made anew"
_HEAD = 'SELECT "sequence", "hash" FROM "audit" ORDER BY "sequence" DESC LIMIT 1'
_HASHED = (
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `before` and `after`: None, a text, or a value kept as JSON."""

    actor: str
    action: str
    object: str = ""
    before: Any = None
    after: Any = None
    result: str = ""
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the log found; `first_bad` is a sequence, 0 when all is well."""

    ok: bool
    rows: int
    first_bad: int
    text: str
    head: str = GENESIS
    sealed_to: int = 0
    #: Seals by an earlier key of the workspace, which nobody holds any more.
    earlier_seals: int = 0


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else canonical(value)


def head(store: Store) -> tuple[int, str]:
    """Sequence and hash of the last row; (0, 64 zeros) for an empty log. One indexed row.

    Inside `store.write()` with what it has appended so far.
    """
    if store.held is not None and store.held.head is not None:
        return store.held.head
    rows = store.select(_HEAD)
    return (int(rows[0]["sequence"]), str(rows[0]["hash"])) if rows else (0, GENESIS)


def append(store: Store, entry: Entry) -> int:
    """Appends one row inside `store.write()`; its sequence."""
    return append_many(store, [entry])


def append_many(store: Store, entries: Iterable[Entry]) -> int:
    """Appends rows in order inside `store.write()`; the last sequence.

    They are chained at once; the transaction inserts all that it has appended at its end.
    """
    held = store.require_write()
    sequence, previous = head(store)
    time = store.now()
    for entry in entries:
        sequence += 1
        row: dict[str, Any] = {
            "sequence": sequence,
            "time": time,
            "actor": entry.actor,
            "action": entry.action,
            "object": entry.object,
            "before": _text(entry.before),
            "after": _text(entry.after),
            "result": entry.result,
            "run": entry.run,
            "version": store.version,
        }
        digest = chain_hash(previous, row)
        row["previous"], row["hash"] = previous, digest
        held.rows.append(row)
        previous = digest
    held.head = (sequence, previous)
    return sequence


def seal_text(key: bytes, head_hash: str) -> str:
    """Lower-case hex HMAC-SHA256 of a head under the workspace key."""
    return hmac.new(key, head_hash.encode("ascii"), hashlib.sha256).hexdigest()


def seal(store: Store, key: bytes, run: int | None, *, actor: str = "engine") -> int:
    """Appends a seal over everything so far, inside `store.write()`; its sequence."""
    sealed = seal_text(key, head(store)[1])
    return append(store, Entry(actor, SEAL, after=sealed, run=run))


def earlier_seals(store: Store) -> int:
    """Up to which sequence seals are by an earlier key; 0 when the first one is still in use."""
    query = Audit.select(peewee.fn.MAX(Audit.sequence)).where(Audit.action == KEY_MADE)
    return int(store.value(query) or 0)


def was_stopped(store: Store) -> bool:
    """Whether the last engine that began also ended, or none ever began; two indexed rows."""
    query = Audit.select(Audit.action).where(Audit.action.in_(("started", "stopped")))
    last = store.first(query.order_by(Audit.sequence.desc()).limit(1))
    return last is None or last["action"] == "stopped"


def first_since(store: Store, moment: str) -> int:
    """Sequence of the first row at or after an instant; the one after the last without one.

    Reads the whole log, as `last_before` does.
    """
    query = Audit.select(peewee.fn.MIN(Audit.sequence)).where(Audit.time >= moment)
    found = store.value(query)
    return int(found) if found else head(store)[0] + 1


def last_before(store: Store, moment: str) -> int:
    """Sequence of the last row before an instant, whatever a wrong clock wrote; 0 without one."""
    query = Audit.select(peewee.fn.MAX(Audit.sequence)).where(Audit.time < moment)
    return int(store.value(query) or 0)


def next_seal(store: Store, sequence: int) -> int:
    """The first seal behind a row; 0 without one. One indexed row."""
    query = Audit.select(peewee.fn.MIN(Audit.sequence))
    found = store.value(query.where(Audit.action == SEAL, Audit.sequence > sequence))
    return int(found or 0)


def stream(store: Store, *, first: int = 1, last: int | None = None) -> Iterator[dict[str, Any]]:
    """Rows in order with flat memory, all members; inside `store.read()` for one snapshot."""
    at = first - 1
    while True:
        query = Audit.select().where(Audit.sequence > at)
        if last is not None:
            query = query.where(Audit.sequence <= last)
        rows = store.rows(query.order_by(Audit.sequence).limit(LOT * 4))
        if not rows:
            return
        yield from rows
        at = rows[-1]["sequence"]


def verify(store: Store, *, last: int | None = None, key: bytes | None = None) -> Verification:
    """Whether the stored log is whole: no gap, every hash right, and with `key` every seal.

    Seals by an earlier key (`KEY_MADE`) are counted, not checked: the chain holds them.
    Cost: reads the last `last` rows, or all; flat memory; any thread.
    """
    with store.read():
        end, _ = head(store)
        start = max(1, end - last + 1) if last is not None else 1
        previous = GENESIS if start == 1 else ""
        earlier = earlier_seals(store) if key is not None else 0
        return _check(stream(store, first=start), start, previous, key, earlier)


def _check(
    rows: Iterable[dict[str, Any]], start: int, previous: str, key: bytes | None, earlier: int
) -> Verification:
    """Walks rows; an empty `previous` means the first row's own is taken as given."""
    count, sealed_to, by_earlier = 0, 0, 0
    for sequence, row in enumerate(rows, start):
        if count == 0 and not previous:
            previous = row["previous"]
        bad = fault(row, sequence, previous, key if sequence > earlier else None)
        if bad:
            return Verification(
                ok=False,
                rows=count,
                first_bad=sequence,
                text=say("row", sequence=sequence, bad=bad),
            )
        if row["action"] == SEAL:
            sealed_to = sequence
            by_earlier += sequence <= earlier
        previous = row["hash"]
        count += 1
    text = say("rows_whole_in_themselves_the_head_is", count=count, previous=previous or GENESIS)
    if by_earlier:
        text += say("seals_were_made_with_an_earlier_key", by_earlier=by_earlier)
    return Verification(
        ok=True,
        rows=count,
        first_bad=0,
        text=text,
        head=previous or GENESIS,
        sealed_to=sealed_to,
        earlier_seals=by_earlier,
    )


def fault(row: dict[str, Any], sequence: int, previous: str, key: bytes | None) -> str:
    """What is wrong with one row of the log; empty when nothing is."""
    if row["sequence"] != sequence:
        return say("missing_row_stands_in_its_place", sequence=row["sequence"])
    if row["previous"] != previous:
        return say("does_not_follow_from_the_row_before")
    if chain_hash(previous, {name: row[name] for name in _HASHED}) != row["hash"]:
        return say("was_changed_after_it_was_written")
    if key is not None and row["action"] == SEAL:
        wanted = seal_text(key, previous)
        if not hmac.compare_digest(wanted.encode(), str(row["after"]).encode()):
            return say("the_seal_was_not_made_with_this")
    return ""


def export_jsonl(
    store: Store, path: Path, *, first: int = 1, last: int | None = None
) -> tuple[int, str]:
    """Writes the log from row `first` to `last` or the end as JSON lines; (rows, head).

    With `first` above 1 it is an extract. The file appears whole or not at all. One snapshot, flat
    memory, any thread.
    """
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with store.read(), part.open("w", encoding="utf-8", newline="\n") as file:
            count, digest, sealed_to = 0, GENESIS, 0
            for row in stream(store, first=first, last=last):
                if count == 0 and first > 1:
                    file.write(_line({"from": first, "previous": row["previous"]}))
                file.write(_line(row))
                count, digest = count + 1, row["hash"]
                if row["action"] == SEAL:
                    sealed_to = row["sequence"]
            file.write(_line({"head": digest, "rows": count, "sealed_to": sealed_to}))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count, digest


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
