"""Changes of mappings that a person makes in the window: one transaction each, each can be undone.

No other system is written: the next run takes up what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path

from core import mapping_files
from core.desk_views import ImportView, RuleView
from core.domain.mapping import NOT_PAID_HERE, Rule, RuleBook
from core.errors import ConfigError
from core.mapping_files import Imported, Table
from core.sheets import MappingKind
from core.store import rules
from core.store.rules import Identity, RuleDraft, RuleRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit as it can be taken back: pairs (row before, row after), None for no row."""

    kind: str
    changes: tuple[tuple[RuleDraft | None, RuleDraft | None], ...]


def save(store: Store, kind: str, drafts: Sequence[RuleDraft], actor: str) -> Edit:
    """Lay rows over a mapping: all of them or none.

    A row of the same key, company and dates is replaced; the old one stays in its history. One that
    is as it was is confirmed: it stands anew, so that what was renamed since is taken as it is.

    Raises:
        ConfigError: CFG-01, a row cannot be taken; the sentence says why, nothing was changed.
    """
    with store.write():
        before = _standing(store, kind)
        _lay(store, kind, drafts, actor, replace=False)
        same = [draft for draft in drafts if before.get(draft.identity) == draft]
        rules.confirm(store, kind, same, actor=actor)
        return _edit(kind, before, _standing(store, kind))


def end(store: Store, kind: str, draft: RuleDraft, actor: str) -> Edit:
    """End the row of this key, company and dates; its code is free again.

    Raises:
        ConfigError: CFG-01, there is no such row in force.
    """
    with store.write():
        before = _standing(store, kind)
        if draft.identity not in before:
            raise refused(f"{draft.key1} {draft.key2}".strip() + say("has_no_such_row_in_force"))
        kept = [row for identity, row in before.items() if identity != draft.identity]
        _lay(store, kind, kept, actor, replace=True)
        return _edit(kind, before, _standing(store, kind))


def exclude(store: Store, supplier: str, note: str, actor: str) -> Edit:
    """Say that a supplier is not paid through AvidXchange; its other rows end.

    Raises:
        ConfigError: CFG-01, no reason was given.
    """
    if not note.strip():
        raise refused(say("a_reason_is_needed"))
    with store.write():
        before = _standing(store, "vendors")
        kept = [row for row in before.values() if row.key1 != supplier]
        kept.append(RuleDraft(supplier, code=NOT_PAID_HERE, note=note.strip()))
        _lay(store, "vendors", kept, actor, replace=True)
        return _edit("vendors", before, _standing(store, "vendors"))


def undo(store: Store, edit: Edit, actor: str) -> str:
    """Take an edit back, as a new edit of its own; a sentence on what was undone.

    Raises:
        ConfigError: CFG-01, a row of it was changed again since; nothing was changed.
    """
    with store.write():
        rows = _standing(store, edit.kind)
        for before, after in edit.changes:
            identity = _identity(before, after)
            if rows.get(identity) != after:
                raise refused(say("a_row_of_that_edit_was_changed"))
            rows.pop(identity, None)
            if before is not None:
                rows[identity] = before
        _lay(store, edit.kind, list(rows.values()), actor, replace=True)
    return say("undone", named=_named(edit))


def redo(store: Store, edit: Edit, actor: str) -> str:
    """Make an edit again that was taken back; a sentence on what was done again.

    Raises:
        ConfigError: CFG-01, a row of it was changed again since; nothing was changed.
    """
    turned = Edit(edit.kind, tuple((after, before) for before, after in edit.changes))
    undo(store, turned, actor)
    return say("done_again", named=_named(edit))


def _named(edit: Edit) -> str:
    names = [_identity(*pair)[:2] for pair in edit.changes]
    return " ".join(names[0]).strip() if len(names) == 1 else say("mapping_rows", count=len(names))


def taken(
    store: Store,
    kind: MappingKind,
    path: Path | Table,
    *,
    replace: bool,
    dry_run: bool,
    actor: str,
) -> tuple[Imported, Edit]:
    """Lay a file over a mapping; what it did, and the edit. As `mapping_files.import_file`."""
    before = _standing(store, kind)
    found = mapping_files.import_file(
        store, kind, path, replace=replace, dry_run=dry_run, actor=actor
    )
    return found, _edit(kind, before, _standing(store, kind))


def _standing(store: Store, kind: str) -> dict[Identity, RuleDraft]:
    return {row.draft.identity: row.draft for row in rules.current(store, kind)}


def _edit(kind: str, before: dict[Identity, RuleDraft], after: dict[Identity, RuleDraft]) -> Edit:
    touched = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return Edit(kind, tuple((before.get(key), after.get(key)) for key in touched))


def _identity(before: RuleDraft | None, after: RuleDraft | None) -> Identity:
    found = after or before
    if found is None:
        raise ValueError(say("an_edit_names_a_row"))
    return found.identity


def _lay(
    store: Store, kind: str, drafts: Sequence[RuleDraft], actor: str, *, replace: bool
) -> None:
    applied = rules.apply_rows(store, kind, drafts, replace=replace, actor=actor)
    if applied.refused:
        raise refused(applied.refused[0][1])


def test(store: Store, chart: str, account: str, company: str, day: date) -> str:
    """What an account becomes for a company on a day, in one sentence; one indexed query."""
    book = RuleBook([_rule(row) for row in rules.current(store, "gl", key1=chart)])
    rule = book.account(chart, account, company, day)
    name = f"{chart}/{account}"
    where = say("for", company=company) if company else ""
    if rule is None:
        return say("has_no_avidxchange_code_on", name=name, where=where, day=day)
    by = say("its_own_row") if rule.key2 == account else say("the_default_of", chart=chart)
    limits = say("of", company=rule.company) if rule.company else ""
    return say(
        "becomes_on_by", name=name, code=rule.code, where=where, day=day, by=by, limits=limits
    )


def preview(store: Store, kind: MappingKind, path: Path | Table, *, replace: bool) -> ImportView:
    """What a file would change; nothing is written. Raises as `mapping_files.import_file`."""
    found = mapping_files.import_file(
        store, kind, path, replace=replace, dry_run=True, actor="preview"
    )
    return ImportView(
        added=found.added,
        changed=found.changed,
        same=found.same,
        removed=found.removed,
        refused=found.refused,
        differences=tuple(
            (f"{row.key1} {row.key2}".strip(), before, after)
            for row, before, after in found.differences
        ),
        note=found.note,
    )


def rule_views(rows: Sequence[RuleRow]) -> tuple[RuleView, ...]:
    """Stored rows as people see them."""
    names = [entry.name for entry in fields(RuleView)]
    made = []
    for row in rows:
        members = asdict(row) | {"group": row.avid_group}
        made.append(RuleView(**{name: members[name] for name in names}))
    return tuple(made)


def _rule(row: RuleRow) -> Rule:
    return Rule(
        kind=row.kind,
        key1=row.key1,
        key2=row.key2,
        code=row.code,
        group=row.avid_group,
        company=row.company,
        valid_from=date.fromisoformat(row.valid_from) if row.valid_from else None,
        valid_to=date.fromisoformat(row.valid_to) if row.valid_to else None,
    )


def refused(why: str) -> ConfigError:
    """The error that says why an edit was not made."""
    text = why[:1].upper() + why[1:]
    return ConfigError(
        "CFG-01",
        text if text.endswith(".") else f"{text}.",
        title=say("the_mapping_was_not_changed"),
        fix=say("change_the_row_and_save_it_again"),
    )
