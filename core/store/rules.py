"""Mapping rows: vendors, GL accounts, dimensions; versioned, never changed in place.

Kinds: `vendors` (key1 = X3 supplier), `gl` (key1 = chart, key2 = X3 account), `dimensions` (key1 =
dimension type, key2 = X3 value, with the AvidXchange group). A change ends the old row and adds one
with the next revision. Writes are called inside `store.write()` and append their audit rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee

from core.store import history
from core.store.sqlite import Store, lots
from core.store.tables import Rule
from core.words import area

say = area(__name__)

KINDS = ("vendors", "gl", "dimensions")
_LAST_DAY = "9999-12-31"
Identity = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A row as a person or a file gives it; empty company and dates mean any."""

    key1: str
    key2: str = ""
    code: str = ""
    avid_group: str = ""
    company: str = ""
    valid_from: str = ""
    valid_to: str = ""
    note: str = ""

    @property
    def identity(self) -> Identity:
        """What makes two rows the same row."""
        return (self.key1, self.key2, self.company, self.valid_from, self.valid_to)

    @property
    def scope(self) -> tuple[str, str, str]:
        """Rows of one scope must not overlap in time."""
        return (self.key1, self.key2, self.company)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A stored row; `ended` is empty while it is in force."""

    id: int
    kind: str
    key1: str
    key2: str
    avid_group: str
    code: str
    company: str
    valid_from: str
    valid_to: str
    note: str
    revision: int
    by: str
    at: str
    ended: str
    step: int
    ended_step: int

    @property
    def draft(self) -> RuleDraft:
        """The row without its history."""
        names = [field.name for field in dataclasses.fields(RuleDraft)]
        return RuleDraft(**{name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying rows did; `refused` are pairs (place in the list from 1, why).

    `ended` are rows taken out by `replace`. `step` undoes it all, 0 when nothing was written.
    `before` and `after` of `differences` are codes, for a preview.
    """

    added: int
    changed: int
    same: int
    ended: int
    refused: tuple[tuple[int, str], ...]
    step: int = 0
    differences: tuple[tuple[RuleDraft, str, str], ...] = ()


def current(store: Store, kind: str, *, key1: str | None = None) -> list[RuleRow]:
    """Rows in force, in order of keys, company and validity; one indexed query."""
    query = Rule.select().where(Rule.kind == kind, Rule.ended == "")
    if key1 is not None:
        query = query.where(Rule.key1 == key1)
    order = (Rule.key1, Rule.key2, Rule.company, Rule.valid_from, Rule.id)
    return [RuleRow(**row) for row in store.rows(query.order_by(*order))]


def standing(store: Store, kind: str, key1s: Collection[str], moment: str) -> list[RuleRow]:
    """Rows of these first keys that were in force at a moment (instant text), in order of id."""
    query = Rule.select().where(
        Rule.kind == kind,
        Rule.key1.in_(sorted(key1s)),
        Rule.at <= moment,
        (Rule.ended == "") | (Rule.ended > moment),
    )
    return [RuleRow(**row) for row in store.rows(query.order_by(Rule.id))]


def changed_between(store: Store, first: str, end: str) -> list[RuleRow]:
    """Rows made or ended from an instant to before another one, in order of id."""
    is_made = (Rule.at >= first) & (Rule.at < end)
    is_ended = (Rule.ended >= first) & (Rule.ended < end)
    return [
        RuleRow(**r) for r in store.rows(Rule.select().where(is_made | is_ended).order_by(Rule.id))
    ]


def past(store: Store, kind: str, key1: str, key2: str = "") -> list[RuleRow]:
    """All versions of the rows of one key, newest first."""
    query = Rule.select().where(Rule.kind == kind, Rule.key1 == key1, Rule.key2 == key2)
    return [RuleRow(**row) for row in store.rows(query.order_by(Rule.id.desc()))]


def last_step(store: Store) -> int:
    """The number of the last edit; grows with every change of any mapping. One query."""
    columns = (peewee.fn.MAX(Rule.step), peewee.fn.MAX(Rule.ended_step))
    row = store.first(Rule.select(columns[0].alias("made"), columns[1].alias("ended")))
    return max(row["made"] or 0, row["ended"] or 0) if row else 0


def apply_rows(
    store: Store,
    kind: str,
    rows: Sequence[RuleDraft],
    *,
    replace: bool,
    actor: str,
    dry_run: bool = False,
) -> Applied:
    """Lays rows over the mapping; with `replace` what is not among them ends.

    A row that is refused costs only itself: an empty key or code, a date that is none, dates in
    the wrong order, the same row twice, a validity that overlaps another of its key and company.
    With `dry_run` nothing is written and `store.write()` is not needed.
    """
    _require_kind(kind)
    old = {row.draft.identity: row for row in current(store, kind)}
    taken, refused = _check(kind, rows, {} if replace else {i: r.draft for i, r in old.items()})
    fresh = [row for row in taken if row.identity not in old]
    edited = [row for row in taken if row.identity in old and row != old[row.identity].draft]
    kept = {row.identity for row in taken}
    gone = [row for i, row in old.items() if i not in kept] if replace else []
    if replace and refused:
        gone = _not_refused(gone, [rows[place - 1] for place, _ in refused])
    differences = [(row, "", row.code) for row in fresh]
    differences += [(row, old[row.identity].code, row.code) for row in edited]
    differences += [(row.draft, row.code, "") for row in gone]
    step = 0
    if differences and not dry_run:
        step = last_step(store) + 1
        _end(store, [old[row.identity] for row in edited] + gone, step)
        _add(store, kind, [(row, 1) for row in fresh], step=step, actor=actor)
        again = [(row, old[row.identity].revision + 1) for row in edited]
        _add(store, kind, again, step=step, actor=actor)
        _audit(store, kind, differences, actor)
    same = len(taken) - len(fresh) - len(edited)
    return Applied(
        len(fresh), len(edited), same, len(gone), tuple(refused), step, tuple(differences)
    )


def confirm(store: Store, kind: str, rows: Sequence[RuleDraft], *, actor: str) -> int:
    """Lets rows in force begin anew as they are, with the next revision; how many; one step."""
    wanted = {row.identity for row in rows}
    old = [row for row in current(store, kind) if row.draft.identity in wanted] if wanted else []
    if old:
        step = last_step(store) + 1
        _end(store, old, step)
        _add(store, kind, [(r.draft, r.revision + 1) for r in old], step=step, actor=actor)
        _audit(store, kind, [(row.draft, row.code, row.code) for row in old], actor)
    return len(old)


def undo(store: Store, step: int, *, actor: str) -> Applied:
    """Takes one edit back, as a new edit: rows it made end, rows it ended come back.

    Raises:
        ValueError: a row of that edit was changed again since, or there is no such edit.
    """
    made = [RuleRow(**row) for row in store.rows(Rule.select().where(Rule.step == step))]
    ended = [RuleRow(**row) for row in store.rows(Rule.select().where(Rule.ended_step == step))]
    kinds = {row.kind for row in made + ended}
    if not step or len(kinds) != 1:
        raise ValueError(say("there_is_no_edit_of_a_mapping", step=step))
    kind = kinds.pop()
    touched = {row.draft.identity for row in made}
    now = {row.draft.identity: row for row in current(store, kind)}
    others = [row.draft for identity, row in now.items() if identity not in touched]
    # A row that came back by the undo of a later edit is another one of the same content.
    standing = [now[i] for i in touched if i in now]
    is_as_made = {row.draft for row in standing} == {row.draft for row in made}
    if not is_as_made or any(_stands_against(r.draft, others) for r in ended):
        raise ValueError(say("a_row_of_that_edit_was_changed"))
    new = last_step(store) + 1
    revisions = {row.draft.identity: row.revision for row in standing}
    _end(store, standing, new)
    back = [
        (row.draft, max(row.revision, revisions.get(row.draft.identity, 0)) + 1) for row in ended
    ]
    _add(store, kind, back, step=new, actor=actor)
    before = {row.draft.identity: row.code for row in made}
    differences = [(d, before.pop(d.identity, ""), d.code) for d, _ in back]
    differences += [(row.draft, row.code, "") for row in made if row.draft.identity in before]
    _audit(store, kind, differences, actor)
    changed = len(touched & {draft.identity for draft, _ in back})
    return Applied(
        len(back) - changed, changed, 0, len(made) - changed, (), new, tuple(differences)
    )


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(say("is_no_mapping_there_are", kind=kind, kinds=", ".join(KINDS)))


def _check(
    kind: str, rows: Sequence[RuleDraft], standing: Mapping[Identity, RuleDraft]
) -> tuple[list[RuleDraft], list[tuple[int, str]]]:
    """Rows that can be taken, and pairs (place, why) of those that cannot."""
    by_scope: dict[tuple[str, str, str], list[RuleDraft]] = {}
    for row in standing.values():
        by_scope.setdefault(row.scope, []).append(row)
    seen: set[Identity] = set()
    taken: list[RuleDraft] = []
    refused: list[tuple[int, str]] = []
    for place, row in enumerate(rows, 1):
        others = [r for r in by_scope.get(row.scope, ()) if r.identity != row.identity]
        why = _fault(kind, row) or _clash(row, others)
        if not why and row.identity in seen:
            why = say("stands_twice_in_the_list", name=_name(row))
        if why:
            refused.append((place, why))
            continue
        seen.add(row.identity)
        taken.append(row)
        by_scope[row.scope] = [*others, row]
    return taken, refused


def _fault(kind: str, row: RuleDraft) -> str:
    """What is wrong with a row by itself; empty when nothing is."""
    if not row.key1.strip() or (kind != "vendors" and not row.key2.strip()):
        return say("the_x3_side_is_empty")
    if not row.code.strip():
        return say("has_no_avidxchange_code", name=_name(row))
    if kind == "dimensions" and not row.avid_group.strip():
        return say("has_no_avidxchange_group", name=_name(row))
    for day in (row.valid_from, row.valid_to):
        if day and not _is_day(day):
            return say("is_no_date_of_the_form_yyyy", day=day)
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        return say(
            "ends_on_before_it_begins_on",
            name=_name(row),
            valid_to=row.valid_to,
            valid_from=row.valid_from,
        )
    return ""


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _clash(row: RuleDraft, others: Iterable[RuleDraft]) -> str:
    """The row of the same key and company whose validity overlaps; empty when none does."""
    for other in others:
        starts_before_end = row.valid_from <= (other.valid_to or _LAST_DAY)
        ends_after_start = (row.valid_to or _LAST_DAY) >= other.valid_from
        if starts_before_end and ends_after_start:
            span = say(
                "to", valid_from=other.valid_from or "any day", valid_to=other.valid_to or "any day"
            )
            return say("is_mapped_to_from_already", name=_name(row), code=other.code, span=span)
    return ""


def _stands_against(row: RuleDraft, standing: Iterable[RuleDraft]) -> bool:
    return bool(_clash(row, [other for other in standing if other.scope == row.scope]))


def _not_refused(gone: list[RuleRow], refused: Iterable[RuleDraft]) -> list[RuleRow]:
    """Rows to end less those whose key was refused: a mistake in a file unmaps nothing."""
    scopes = {row.scope for row in refused}
    return [row for row in gone if row.draft.scope not in scopes]


def _name(row: RuleDraft) -> str:
    keys = f"{row.key1} {row.key2}".strip()
    return say("of", keys=keys, company=row.company) if row.company else keys


def _end(store: Store, rows: Iterable[RuleRow], step: int) -> None:
    for lot in lots(row.id for row in rows):
        change = Rule.update(ended=store.now(), ended_step=step)
        store.change(change.where(Rule.id.in_(lot)))


def _add(
    store: Store, kind: str, rows: Iterable[tuple[RuleDraft, int]], *, step: int, actor: str
) -> None:
    now = store.now()
    extra: dict[str, Any] = {"kind": kind, "by": actor, "at": now, "step": step}
    store.put(Rule, [dataclasses.asdict(d) | {"revision": n} | extra for d, n in rows])


def _audit(
    store: Store, kind: str, differences: Iterable[tuple[RuleDraft, str, str]], actor: str
) -> None:
    history.append_many(
        store,
        [
            history.Entry(actor, "mapping", f"{kind} {_name(row)}", old or None, new or None)
            for row, old, new in differences
        ],
    )
