"""Mappings as the window shows and changes them: lines, evidence, candidates, edits and their undo.

Reading goes over documents, rules and review items that are stored; writing is one short
transaction each. No other system is ever asked or written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from core import desk_mapping_sides as sides
from core.desk_candidates import Candidates
from core.desk_reference import Reference
from core.domain import renames
from core.domain.ap_documents import Code, Vendor, fold
from core.domain.books import is_valid_on
from core.domain.mapping import DEFAULT_ACCOUNT, NOT_PAID_HERE
from core.domain.suggestions import Suggestion, evidence_text
from core.store import plans, queries_mappings, rules
from core.store.listing import Listing
from core.store.queries_mappings import Waiting
from core.store.rules import RuleRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

KINDS = ("vendors", "gl", "dimensions")
#: States in the order of work: what holds something up comes first.
STATES = ("conflict", "unmapped", "suggested", "planned", "inactive", "mapped", "excluded")
_CAUSES = {
    "vendors": ("MAP-01", "MAP-05"),
    "gl": ("MAP-02", "MAP-03", "MAP-05"),
    "dimensions": ("MAP-06", "MAP-05"),
}
_STEP = 10**15  # states lie further apart than any amount of minor units
_NOTHING = Waiting()
_SHOWN = 200
Line = dict[str, Any]
Pair = tuple[str, str]


class Mappings:
    """The three mapping lists; any thread. `version` tells when documents have moved."""

    def __init__(self, store: Store, reference: Reference, version: Callable[[], int]) -> None:
        self._store = store
        self._reference = reference
        self._version = version
        self.candidates = Candidates(store, reference)

    def listing(self, kind: str) -> Listing:
        """The list of a kind. Cost: milliseconds; after a change all lines are made anew once."""
        reference = self._reference.version
        stamp = f"{reference}.{self._version()}.{rules.last_step(self._store)}.{self._today()}"
        if kind == "vendors":
            stamp += f".{len(plans.previewed_vendors(self._store))}"
        return queries_mappings.mapping_list(self._store, kind, stamp, self.lines(kind))

    def lines(self, kind: str) -> Iterable[Line]:
        """Every line of a kind, in no order; read when the first one is taken."""
        held: dict[Pair, list[RuleRow]] = {}
        for rule in rules.current(self._store, kind):
            held.setdefault((rule.key1, rule.key2), []).append(rule)
        waiting = self._waiting(kind)
        carried = {key1 for key1, _ in held}
        today = self._today()
        planned = plans.previewed_vendors(self._store) if kind == "vendors" else frozenset()
        for pair in sorted({*self._x3_keys(kind), *held}):
            if pair[1] == DEFAULT_ACCOUNT and pair not in held:
                continue
            rows = held.get(pair, [])
            if not rows and kind == "gl":
                rows = [replace(r, note="By the chart's default.") for r in held.get(
                    (pair[0], DEFAULT_ACCOUNT), [])]  # fmt: skip
            if kind == "dimensions" and pair[0] not in carried:
                yield self._not_carried(pair)
            else:
                standing = _of_today(rows, today)
                held_up = self._held_up(kind, pair, standing, waiting)
                line = self._line(kind, pair, standing, held_up, rows=len(rows))
                if lapse := _lapse(rows, today, held_up):
                    line = _in_state(line, "conflict", lapse)
                is_planned = standing is not None and fold(standing.code) in planned
                yield _planned(line) if is_planned and self._lacks_vendor(line) else line

    def line(self, kind: str, key1: str, key2: str = "") -> Line | None:
        """One line as the list shows it, None when neither side knows the code."""
        key = _key(key1, key2)
        listing = self.listing(kind)
        query = listing.query.where(listing.key == key)
        found = listing.shape(self._store.rows(query.limit(1)))
        return found[0] if found else None

    def code_name(self, kind: str, group: str, code: str) -> str:
        """What AvidXchange calls a code; empty when it does not have it."""
        if kind == "vendors":
            return self._reference.vendor_name(code)
        found = self._reference.codes.get((group or self._reference.account_group, code))
        return found.description if found else ""

    def facts(
        self, kind: str, key1: str, key2: str, code: str, group: str
    ) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
        """What X3 and AvidXchange say of the two codes, as pairs (title, text)."""
        reference = self._reference
        if kind == "vendors":
            supplier = reference.suppliers.get(key1)
            address = reference.address_of(supplier) if supplier else None
            vendor = reference.vendors.get(fold(code))
            return (
                _pairs(supplier, sides.SUPPLIER) + _pairs(address, sides.ADDRESS),
                _pairs(vendor, sides.VENDOR)
                + _pairs(vendor.address if vendor else None, sides.POSTAL),
            )
        found: Any = reference.dimensions.get((key1, key2))
        if kind == "gl":
            found = reference.accounts.get((key1, key2))
        there = reference.codes.get((group or reference.account_group, code))
        return _pairs(found, sides.ACCOUNT), _pairs(there, sides.CODE)

    def waiting_invoices(self, kind: str, key1: str, key2: str) -> list[str]:
        """Numbers of at most 200 invoices that this code or its own code there holds up."""
        causes = [_cause(kind, (key1, key2))]
        if kind != "vendors":
            mine = (r for r in rules.current(self._store, kind, key1=key1) if r.key2 == key2)
            causes += [self._code_cause(rule) for rule in mine]
        found: dict[str, None] = {}
        for cause in dict.fromkeys(causes):
            numbers = queries_mappings.documents_of_cause(self._store, _CAUSES[kind], cause)
            found |= dict.fromkeys(numbers)
        return list(found)[:_SHOWN]

    # What stands where

    def _today(self) -> str:
        """The business day where the person sits."""
        return self._store.clock().astimezone().date().isoformat()

    def _x3_keys(self, kind: str) -> Iterable[Pair]:
        if kind == "vendors":
            return [(code, "") for code in self._reference.suppliers]
        if kind == "gl":
            return self._reference.accounts.keys()
        return self._reference.dimensions.keys()

    def _waiting(self, kind: str) -> dict[str, Waiting]:
        """Cause as findings name it -> what it holds up."""
        held = queries_mappings.waiting_by_cause(self._store, _CAUSES[kind])
        if kind != "vendors":
            return held
        # Suppliers have open invoices that wait for nothing of theirs: these count, no amount does.
        opened = queries_mappings.waiting_by_supplier(self._store)
        found = {f"supplier {code}": Waiting(entry.open) for code, entry in opened.items()}
        return found | {
            cause: replace(entry, open=max(entry.open, found.get(cause, _NOTHING).open))
            for cause, entry in held.items()
        }

    def _held_up(
        self, kind: str, pair: Pair, rule: RuleRow | None, waiting: dict[str, Waiting]
    ) -> Waiting:
        """What waits for an X3 code, or for the code that it is mapped to."""
        own = waiting.get(_cause(kind, pair), _NOTHING)
        if kind == "vendors" or rule is None:
            return own
        there = waiting.get(self._code_cause(rule), _NOTHING)
        return max(own, there, key=lambda entry: (entry.minor, entry.open))

    def _code_cause(self, rule: RuleRow) -> str:
        """The cause that findings give a code of AvidXchange."""
        return f"{rule.avid_group or self._reference.account_group} {rule.code}"

    def _not_carried(self, pair: Pair) -> Line:
        """A value of a dimension type that no row names."""
        line = self._line("dimensions", pair, None, _NOTHING, rows=0, with_candidate=False)
        evidence = say("is_not_carried", pair=pair[0])
        return _in_state(line, "excluded", evidence)

    def _line(
        self,
        kind: str,
        pair: Pair,
        rule: RuleRow | None,
        held: Waiting,
        *,
        rows: int,
        with_candidate: bool = True,
    ) -> Line:
        best = self.candidates.best(kind, *pair) if with_candidate and rule is None else None
        state, evidence = self._state(kind, pair, rule, best)
        name, city = self._named(kind, pair)
        code = rule.code if rule else best.code if best else ""
        group = rule.avid_group if rule else best.group if best else ""
        return {
            "key": _key(*pair),
            "rank": STATES.index(state) * _STEP - held.minor,
            "state": state,
            "key1": pair[0],
            "key2": pair[1],
            "name": name,
            "city": city,
            "code": code,
            "code_group": group,
            "code_name": self.code_name(kind, group, code) if code != NOT_PAID_HERE else "",
            "score": best.score if best else 0,
            "evidence": evidence,
            "open": held.open,
            "waiting": held.minor,
            "currency": held.currency,
            "company": rule.company if rule else "",
            "valid_from": rule.valid_from if rule else "",
            "valid_to": rule.valid_to if rule else "",
            "by": rule.by if rule else "",
            "at": rule.at if rule else "",
            "note": rule.note if rule else "",
            "rows": rows,
        }

    def _named(self, kind: str, pair: Pair) -> tuple[str, str]:
        """X3's name of a code, and the city of a supplier."""
        reference = self._reference
        if kind == "vendors":
            supplier = reference.suppliers.get(pair[0])
            address = reference.address_of(supplier) if supplier else None
            return (supplier.name if supplier else "", address.city if address else "")
        if kind == "gl":
            if pair[1] == DEFAULT_ACCOUNT:
                return say("every_other", pair=pair[0]), ""
            account = reference.accounts.get(pair)
            return (account.name if account else "", "")
        value = reference.dimensions.get(pair)
        return (value.name if value else "", "")

    def _state(
        self, kind: str, pair: Pair, rule: RuleRow | None, best: Suggestion | None
    ) -> tuple[str, str]:
        """State of a line and the sentence that explains it."""
        if rule is None:
            if best is not None:
                return "suggested", evidence_text(best)
            return "unmapped", say("nothing_in")
        if rule.code == NOT_PAID_HERE:
            return "excluded", rule.note or say("not_paid_through")
        is_known, is_active = self._x3_state(kind, pair)
        if not is_known and any(True for _ in self._x3_keys(kind)):
            return "conflict", say("x3_shows_no_such")
        problem = self._code_problem(kind, rule)
        if problem == "unknown":
            return "conflict", say("avidxchange_has", code=rule.code)
        if problem or not is_active:
            return "inactive", say("inactive_in", problem="AvidXchange" if problem else "X3")
        if expired := self._expired(kind, pair):
            return "inactive", expired
        if renamed := self._renamed(kind, pair, rule):
            return "conflict", renamed
        return "mapped", rule.note

    def _renamed(self, kind: str, pair: Pair, rule: RuleRow) -> str:
        """That AvidXchange calls it otherwise than when it was mapped; empty when it does not."""
        reference = self._reference
        key = (rule.avid_group or reference.account_group, rule.code)
        code: Code | Vendor | None = reference.codes.get(key)
        entity = "code"
        if kind == "vendors":
            entity, code = "vendor", reference.vendors.get(fold(rule.code))
        past = reference.renamed.get((entity, code.key)) if code else None
        now = self.code_name(kind, rule.avid_group, rule.code)
        is_ours = kind == "vendors" and fold(now) == fold(reference.supplier_name(pair[0]))
        was = renames.name_then(past, rule.at, now) if past and not is_ours else ""
        return say("avidxchange_calls", now=now, was=was) if was else ""

    def _expired(self, kind: str, pair: Pair) -> str:
        """Why X3 does not take an account or value today; empty when it does."""
        found: Any = None
        if kind == "gl":
            found = self._reference.accounts.get(pair)
        elif kind == "dimensions":
            found = self._reference.dimensions.get(pair)
        today = date.fromisoformat(self._today())
        if found is None or is_valid_on(today, found.valid_from, found.valid_to):
            return ""
        span = say(
            "to",
            valid_from=found.valid_from or say("any_day"),
            valid_to=found.valid_to or say("any_day"),
        )
        return say("x3_takes_it_from", span=span)

    def _x3_state(self, kind: str, pair: Pair) -> tuple[bool, bool]:
        """Whether X3 shows a code, and whether it is active."""
        reference = self._reference
        if kind == "gl" and pair[1] == DEFAULT_ACCOUNT:
            return True, True
        if kind == "vendors":
            supplier = reference.suppliers.get(pair[0])
            return supplier is not None, supplier is None or supplier.active is not False
        if kind == "gl":
            account = reference.accounts.get(pair)
            return account is not None, account is None or account.active is not False
        value = reference.dimensions.get(pair)
        return value is not None, value is None or value.active is not False

    def _code_problem(self, kind: str, rule: RuleRow) -> str:
        """`unknown` or `inactive` in AvidXchange; empty when it can be used or is not read yet."""
        reference = self._reference
        found: Any
        if kind == "vendors":
            if not reference.vendors:
                return ""
            found = reference.vendors.get(fold(rule.code))
        else:
            if not reference.codes:
                return ""
            found = reference.codes.get((rule.avid_group or reference.account_group, rule.code))
        if found is None:
            return "unknown"
        return "" if found.active else "inactive"

    def _lacks_vendor(self, line: Line) -> bool:
        """Whether a row is all right but for the vendor, which AvidXchange does not have yet."""
        is_known, is_active = self._x3_state("vendors", (str(line["key1"]), ""))
        is_there = fold(str(line["code"])) in self._reference.vendors
        return is_known and is_active and line["state"] == "conflict" and not is_there


def _planned(line: Line) -> Line:
    """The same line once a preview has shown its vendor: the next run creates it."""
    evidence = say("a_preview_has", code=line["code"])
    return _in_state(line, "planned", evidence)


def _in_state(line: Line, state: str, evidence: str) -> Line:
    rank = STATES.index(state) * _STEP - int(line["waiting"])
    return line | {"state": state, "evidence": evidence, "rank": rank}


def _pairs(thing: Any, names: Iterable[Pair]) -> tuple[Pair, ...]:
    """The members of a document that have a value, as people read them."""
    if thing is None:
        return ()
    found = []
    for title, name in names:
        value = getattr(thing, name)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if value not in (None, ""):
            found.append((title, str(value)))
    return tuple(found)


def _of_today(rows: list[RuleRow], today: str) -> RuleRow | None:
    """The row that holds today: for any company before one company's; else the newest."""
    holding = [
        row
        for row in rows
        if row.valid_from <= today and (not row.valid_to or row.valid_to >= today)
    ]
    ordered = sorted(holding or rows, key=lambda row: (row.company != "", row.company, -row.id))
    return ordered[0] if ordered else None


def _lapse(rows: list[RuleRow], today: str, held_up: Waiting) -> str:
    """Why rows that are there do not do today; empty when one does, or when there is none."""
    if not rows or any(row.code == NOT_PAID_HERE for row in rows):
        return ""
    ended = max((row.valid_to for row in rows if row.valid_to), default="")
    if all(row.valid_to and row.valid_to < today for row in rows):
        return say("its_row_ended_on", ended=ended)
    if all(row.valid_from > today for row in rows):
        return say("its_row_begins_on", min=min(row.valid_from for row in rows))
    is_limited = all(row.company or row.valid_from or row.valid_to for row in rows)
    if is_limited and held_up.minor:
        return say("invoices_wait_no")
    return ""


def _key(key1: str, key2: str) -> str:
    """The key of a line in its list."""
    return f"{key1}~{key2}" if key2 else key1


def _cause(kind: str, pair: Pair) -> str:
    """The cause that findings give a code."""
    if kind == "vendors":
        return f"supplier {pair[0]}"
    return f"account {pair[0]}/{pair[1]}" if kind == "gl" else f"dimension {pair[0]} {pair[1]}"
