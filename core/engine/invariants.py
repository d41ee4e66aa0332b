"""The promises, evaluated on what is stored after each run (product.md 8)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.store import checks, history
from core.store.sqlite import Store

OK, BROKEN, UNKNOWN = "ok", "broken", "unknown"
_LAST_ROWS = 1000
_SHOWN = 5
#: Promises that need a side to have been read, and whose break stops only what it names.
_NEEDS = {"I1": "avidxchange", "I5": "x3"}
_STOPS_ALL = frozenset(("I2", "I3", "I6", "I7", "I8"))


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise as it stands: `ok`, `broken` or `unknown`, and what speaks against it."""

    name: str
    state: str
    evidence: tuple[str, ...] = ()


def evaluate(store: Store, *, read: Collection[str]) -> list[Invariant]:
    """I1 to I8 in one read transaction; `read` are the systems that answered in this run."""
    with store.read():
        log = history.verify(store, last=_LAST_ROWS)
        found = {
            "I1": checks.doubled_invoices(store),
            "I2": checks.unanswered(store),
            "I3": checks.sum_differences(store),
            "I4": checks.doubled_postings(store),
            "I5": checks.overpaid_items(store),
            "I6": checks.unaudited_states(store),
            "I7": checks.bookmarks_ahead(store),
            "I8": [] if log.ok else [log.text],
        }
    return [_stands(name, evidence, read) for name, evidence in found.items()]


def _stands(name: str, evidence: list[str], read: Collection[str]) -> Invariant:
    if evidence:
        return Invariant(name, BROKEN, tuple(evidence[:_SHOWN]))
    needed = _NEEDS.get(name)
    return Invariant(name, UNKNOWN if needed and needed not in read else OK)


def stops_all(found: Collection[Invariant]) -> bool:
    """Whether a broken promise stops all writing until it holds again or a person accepts it."""
    return any(entry.state == BROKEN and entry.name in _STOPS_ALL for entry in found)
