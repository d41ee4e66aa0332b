"""What speaks against the promises about the log and the bookmarks, I6 to I8; reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from core.domain.canonical import GENESIS, instant_text, loads, parse_instant
from core.store import history
from core.store.earlier import body_hash
from core.store.sqlite import Store, lots
from core.store.statements import by_key
from core.store.tables import ApPayment, Audit, Bookmark, Document, Invoice, Setting
from core.store.touched import AP_PAYMENT, INVOICE, Changed, Fact, lost
from core.words import area

say = area(__name__)

#: How far a server's clock may be ahead of this computer's before a bookmark is not believed.
_CLOCKS_DIFFER = timedelta(days=2)
_FIRST_STATE = "ready"
_TOLD = ("sequence", "object", "action", "before", "after")
_PAYMENT = ("payment_id", "state", "body", "hash", "posted", "x3_payment", "reference")


# I6


def unaudited_states(store: Store, changed: Changed) -> list[Fact]:
    """Invoices and payments that stand otherwise than the audit log tells last (I6)."""
    facts = []
    for lot in lots(changed.of(INVOICE)):
        rows = by_key(store, Invoice, "number", lot, columns=("number", "state"))
        told = _told(store, "state", [row["number"] for row in rows])
        for row in rows:
            number = row["number"]
            text = _silent(row["state"], told.get(number, []))
            if text:
                facts.append(Fact(number, f"{number} {text}", ((INVOICE, number),), (number,)))
    for lot in lots(changed.of(AP_PAYMENT)):
        facts += _payments(store, lot)
    return facts


def _told(store: Store, action: str, objects: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Object -> what each audit row of an action says was before and after; indexed by object."""
    found: dict[str, list[tuple[str, str]]] = {}
    rows = by_key(store, Audit, "object", objects, columns=_TOLD)
    # The action is looked at here: by the index of actions all rows of one would be read.
    mine = [row for row in rows if row["action"] == action]
    for row in sorted(mine, key=lambda row: int(row["sequence"])):
        change = (str(row["before"] or ""), str(row["after"] or ""))
        found.setdefault(row["object"], []).append(change)
    return found


def _silent(state: str, told: Iterable[tuple[str, str]]) -> str:
    """Which change of state was not written down; empty when each one was."""
    last = _FIRST_STATE
    for before, after in (*told, (state, state)):
        if before != last:
            return say("went_from_to_without_an_entry_in", last=last, before=before)
        last = after
    return ""


def _payments(store: Store, ids: list[str]) -> list[Fact]:
    """Payments whose state, or whose posting, is not what was last written down."""
    rows = by_key(store, ApPayment, "payment_id", ids, columns=_PAYMENT)
    received = _told(store, "received", [f"payment {row['payment_id']}" for row in rows])
    posted = _told(store, "posted", [_posting_name(row) for row in rows])
    facts = []
    for row in rows:
        key = row["payment_id"]
        text = _unlike(row, received.get(f"payment {key}", [("", "")])[-1][1])
        if not text:
            text = _posted_unlike(row, posted.get(_posting_name(row), []))
            text = "" if text and _is_shared(store, row["reference"]) else text
        if text:
            facts.append(Fact(key, f"payment {key} {text}", ((AP_PAYMENT, key),), (), (key,)))
    return facts


def _posting_name(row: dict[str, Any]) -> str:
    """Under which name the log tells of a payment's posting."""
    return str(row["reference"] or f"payment {row['payment_id']}")


def _is_shared(store: Store, reference: str) -> bool:
    """Whether two payments bear it: the posting of one was kept for the other (VOI-01)."""
    query = ApPayment.select(ApPayment.payment_id).where(ApPayment.reference == reference)
    return bool(reference) and len(store.rows(query.limit(2))) > 1


def _unlike(row: dict[str, Any], told: str) -> str:
    """What is wrong with the state of a payment; empty when nothing is."""
    if loads(row["body"]).get("state") != row["state"]:
        return say("is_unlike_what_was_read", state=row["state"])
    if row["hash"] != told or body_hash(row["body"], "last_modified") != told:
        return say("is_not_as_the_audit_log_says")
    return ""


def _posted_unlike(row: dict[str, Any], told: Sequence[tuple[str, str]]) -> str:
    """What is wrong with what a payment is posted as; empty when nothing is."""
    stands = row["x3_payment"] if row["posted"] else ""
    last = told[-1][1] if told else ""
    if stands == last and (told or not row["posted"]):
        return ""
    shown = "posted" if row["posted"] else "not posted"
    return say("is_the_audit_log_says", shown=shown, stands=stands, last=last or "nothing").replace(
        " ,", ","
    )


# I7


def bookmarks_ahead(store: Store, changed: Changed) -> list[Fact]:
    """Flows whose bookmark lies past what is stored, and stored records that were lost (I7)."""
    read = {
        row["name"].removeprefix("read."): str(row["value"])
        for row in store.rows(Setting.select().where(Setting.name.startswith("read.")))
    }
    rows = store.rows(Bookmark.select(Bookmark.flow, Bookmark.value).where(Bookmark.value != ""))
    facts = []
    for row in rows:
        text = _ahead(store, row["flow"], row["value"], read.get(row["flow"], ""))
        if text:
            facts.append(Fact(row["flow"], f"{row['flow']} {text}"))
    for note in changed.lost:
        if not _is_there(store, *note):
            name = " ".join(note)
            text = say("was_stored_and_is_no_longer_bookmarks", name=name)
            facts.append(Fact(name, text, (lost(note),)))
    return facts


def _ahead(store: Store, flow: str, value: str, read: str) -> str:
    """What is wrong with a bookmark; empty when nothing is."""
    if not read:
        return say("is_read_up_to_yet_no_reading", value=value)
    if value <= instant_text(parse_instant(read) + _CLOCKS_DIFFER):
        return ""
    if value <= _newest(store, flow.partition(":")[2]):
        return ""
    return say("is_read_up_to_which_lies_ahead", value=value)


def _newest(store: Store, entity: str) -> str:
    """The youngest change stamp of what is stored of an entity; a scan, made only in suspicion."""
    table: Any = {"invoice": Invoice, "ap_payment": ApPayment}.get(entity, Document)
    column = ApPayment.last_modified if table is ApPayment else table.changed
    query = table.select(column.alias("stamp")).order_by(column.desc()).limit(1)
    if table is Document:
        query = query.where(Document.entity == entity)
    return str(store.value(query) or "none")


def _is_there(store: Store, what: str, key: str) -> bool:
    """Whether a record that was deleted has been stored again."""
    query: Any
    if what == INVOICE:
        query = Invoice.select(Invoice.number).where(Invoice.number == key)
    elif what == AP_PAYMENT:
        query = ApPayment.select(ApPayment.payment_id).where(ApPayment.payment_id == key)
    else:
        query = Document.select(Document.key).where(Document.entity == what, Document.key == key)
    return store.first(query) is not None


# I8


def chain_faults(
    store: Store, *, last: int | None, known_bad: Iterable[int] = (), key: bytes | None = None
) -> dict[int, str]:
    """Sequence -> what is wrong with that row of the audit log (I8).

    Looks at the last rows, or with None at all, and again at those that are `known_bad`. Behind a
    bad row it goes on with what that row says of itself, so that each fault is told. With `key`
    the seals are looked at too. Cost: as many rows, flat memory.
    """
    end, _ = history.head(store)
    start = 1 if last is None else max(1, end - last + 1)
    found: dict[int, str] = {}
    for at in sorted(n for n in known_bad if n < start):
        found |= _faults(store, at, at, key)
    found |= _faults(store, start, None, key)
    return found


def _faults(store: Store, first: int, last: int | None, key: bytes | None) -> dict[int, str]:
    """Faults of a stretch of rows; the row before it is taken as it is."""
    found: dict[int, str] = {}
    previous, earlier = _before(store, first), history.earlier_seals(store)
    wanted = first
    for row in history.stream(store, first=first, last=last):
        sequence = int(row["sequence"])
        if sequence > wanted:
            found[wanted] = say("missing_row_stands_in_its_place", sequence=sequence)
        seal_key = key if sequence > earlier else None
        bad = history.fault(row, sequence, previous, seal_key)
        if bad:
            found[sequence] = bad
        previous, wanted = str(row["hash"]), sequence + 1
    if last is not None and wanted == first:
        found[first] = "missing"
    return found


def _before(store: Store, sequence: int) -> str:
    """Hash of the row before one; of the row itself what it says where that one is missing."""
    if sequence <= 1:
        return GENESIS
    query = Audit.select(Audit.hash).where(Audit.sequence == sequence - 1)
    found = store.value(query)
    if found is None:
        query = Audit.select(Audit.previous).where(Audit.sequence == sequence)
        found = store.value(query)
    return str(found or "")
