"""The promises, evaluated on what is stored before and after each writing (product.md 8).

A promise is `ok` when nothing speaks against it but what a person has accepted, word for word; new
evidence breaks it again. Only what changed is looked at, and once a day all there is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.domain.canonical import canonical, instant_text, parse_instant
from core.engine.payment_facts import Money
from core.engine.work import Work
from core.store import checks, checks_doubled, checks_log, reviews, touched, values
from core.store.promised import ACCEPTED, WHOLE
from core.store.sqlite import Store
from core.store.touched import Changed, Fact

OK, BROKEN, UNKNOWN = "ok", "broken", "unknown"
CODE = "INV-01"
_LAST_ROWS = 1000
_WHOLE_EVERY = timedelta(days=1)
_BAD_ROWS_KEPT = 1000  # of the audit log, looked at again until they are mended
#: Promises that need a side to have been read.
_NEEDS = {"I1": "avidxchange", "I5": "x3"}
_STOPS_ALL = frozenset(("I2", "I3", "I6", "I7", "I8"))
_STATES, _BAD = "invariants", "invariants.bad_rows"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise as it stands: `ok`, `broken` or `unknown`, and what speaks against it.

    `facts` are what nobody has accepted, `accepted` counts the others.
    """

    name: str
    state: str
    facts: tuple[Fact, ...] = ()
    accepted: int = 0

    @property
    def stops_all(self) -> bool:
        """Whether its break stops all writing; else only that for what it names."""
        return self.name in _STOPS_ALL

    @property
    def evidence(self) -> tuple[str, ...]:
        """What speaks against it, in sentences without a full stop."""
        return tuple(fact.text for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All promises, with what `keep` needs to take what holds off the list."""

    promises: tuple[Invariant, ...]
    seen: Changed
    standing: tuple[touched.Note, ...]
    bad_rows: tuple[int, ...]

    @property
    def broken(self) -> tuple[Invariant, ...]:
        """Those that are broken, in order."""
        return tuple(entry for entry in self.promises if entry.state == BROKEN)


def evaluate(work: Work, *, read: Collection[str]) -> Evaluation:
    """I1 to I8 in one read transaction; `read` are the systems that answered in this run.

    The seals are checked where all of the log is, which may ask the keyring.
    """
    store, is_whole = work.store, whole_is_due(work)
    key = work.tools.seal_key() if is_whole else None
    with store.read():
        seen = touched.everything(store) if is_whole else touched.changed(store)
        undone = Money(store, work.tools.policy, ()).undone
        endpoint = work.tools.config.endpoint
        bad = checks_log.chain_faults(
            store,
            last=None if is_whole else _LAST_ROWS,
            known_bad=json.loads(values.setting(store, _BAD) or "[]"),
            key=key,
        )
        found = {
            "I1": checks_doubled.doubled_invoices(store, seen, endpoint),
            "I2": checks.unanswered(store, seen),
            "I3": checks.sum_differences(store, seen),
            "I4": checks.doubled_postings(store, seen, undone),
            "I5": checks.overpaid_items(store, seen, undone),
            "I6": checks_log.unaudited_states(store, seen),
            "I7": checks_log.bookmarks_ahead(store, seen),
            "I8": [Fact(f"row {at}", f"row {at} {_told(text)}") for at, text in bad.items()],
        }
        promises = tuple(_stands(store, name, facts, read) for name, facts in found.items())
    standing = tuple(note for facts in found.values() for fact in facts for note in fact.notes)
    return Evaluation(promises, seen, standing, tuple(bad)[:_BAD_ROWS_KEPT])


def _told(fault: str) -> str:
    return f"is {fault}" if fault.startswith("missing") else fault


def whole_is_due(work: Work) -> bool:
    """Whether all there is, is to be looked at: daily, and when it never was."""
    last = values.setting(work.store, WHOLE)
    return not last or not timedelta(0) <= work.now - parse_instant(last) < _WHOLE_EVERY


def _stands(store: Store, name: str, facts: Sequence[Fact], read: Collection[str]) -> Invariant:
    fresh = _not_accepted(store, name, facts)
    accepted = len(facts) - len(fresh)
    if fresh:
        return Invariant(name, BROKEN, fresh, accepted)
    needed = _NEEDS.get(name)
    return Invariant(name, UNKNOWN if needed and needed not in read else OK, (), accepted)


def _not_accepted(store: Store, name: str, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Facts less those a person has accepted as they are."""
    if not facts:
        return ()
    names = [decided_as(name, fact) for fact in facts]
    accepted = {(d.document, d.basis) for d in reviews.decisions(store, names) if d.code == CODE}
    return tuple(f for f in facts if (decided_as(name, f), f.text) not in accepted)


def decided_as(name: str, fact: Fact) -> str:
    """Under which name an acceptance of a fact is kept."""
    return f"{name} {fact.key}"


def keep(work: Work, found: Evaluation) -> None:
    """Note how the promises stand, for `status`; inside `store.write()`."""
    store = work.store
    states = {entry.name: entry.state for entry in found.promises}
    accepted = {entry.name: entry.accepted for entry in found.promises if entry.accepted}
    values.put_setting(store, _STATES, canonical(states))
    values.put_setting(store, ACCEPTED, canonical(accepted))


def take_off(work: Work, found: Evaluation) -> None:
    """Do not look again at what was evaluated and holds; inside `store.write()`."""
    store = work.store
    if found.bad_rows or values.setting(store, _BAD):
        values.put_setting(store, _BAD, json.dumps(found.bad_rows) if found.bad_rows else "")
    if found.seen.is_all:
        values.put_setting(store, WHOLE, instant_text(work.now))
    touched.forget(store, found.seen, found.standing)


def by_what_it_stops(entry: Invariant) -> dict[str, list[Fact]]:
    """Cause of an item -> its facts: one for a promise that stops all, else one for each supplier.

    A fact that names no supplier stands alone.
    """
    if entry.stops_all:
        return {f"{CODE}|{entry.name}": list(entry.facts)}
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in entry.facts:
        what = ",".join(fact.suppliers) or fact.key
        found[f"{CODE}|{entry.name}|{what}"].append(fact)
    return found


def stops_all(found: Iterable[Invariant]) -> bool:
    """Whether a broken promise stops all writing until it holds again or a person accepts it."""
    return any(entry.state == BROKEN and entry.stops_all for entry in found)
