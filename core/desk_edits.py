"""Changes of mappings that a person makes in the window: one transaction each, each can be undone.

No other system is written: the next run takes up what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path

from core import mapping_files
from core.desk_views import ImportView, RuleView
from core.domain.mapping import NOT_PAID_HERE, Rule, RuleBook
from core.errors import ConfigError
from core.mapping_files import draft_of
from core.sheets import MappingKind, read_mapping
from core.store import rules
from core.store.rules import Applied, RuleDraft, RuleRow
from core.store.sqlite import Store


def save(store: Store, kind: str, drafts: Sequence[RuleDraft], actor: str) -> Applied:
    """Lay rows over a mapping: all of them or none.

    A row of the same key, company and dates is replaced; the old one stays in its history.

    Raises:
        ConfigError: CFG-01, a row cannot be taken; the sentence says why, nothing was changed.
    """
    with store.write():
        applied = rules.apply_rows(store, kind, drafts, replace=False, actor=actor)
        if applied.refused:
            raise refused(applied.refused[0][1])
    return applied


def end(store: Store, kind: str, draft: RuleDraft, actor: str) -> Applied:
    """End the row of this key, company and dates; its code is free again.

    Raises:
        ConfigError: CFG-01, there is no such row in force.
    """
    with store.write():
        standing = rules.current(store, kind)
        kept = [row.draft for row in standing if row.draft.identity != draft.identity]
        if len(kept) == len(standing):
            raise refused(f"{draft.key1} {draft.key2}".strip() + " has no such row in force")
        return rules.apply_rows(store, kind, kept, replace=True, actor=actor)


def exclude(store: Store, supplier: str, note: str, actor: str) -> Applied:
    """Say that a supplier is not paid through AvidXchange; its other rows end.

    Raises:
        ConfigError: CFG-01, no reason was given.
    """
    if not note.strip():
        raise refused("a reason is needed")
    with store.write():
        standing = rules.current(store, "vendors")
        kept = [row.draft for row in standing if row.key1 != supplier]
        kept.append(RuleDraft(supplier, code=NOT_PAID_HERE, note=note.strip()))
        return rules.apply_rows(store, "vendors", kept, replace=True, actor=actor)


def undo(store: Store, step: int, actor: str) -> str:
    """Take one edit back; a sentence on what was undone.

    Raises:
        ConfigError: CFG-01, a row of it was changed again since.
    """
    with store.write():
        try:
            applied = rules.undo(store, step, actor=actor)
        except ValueError as error:
            raise refused(str(error)) from error
    count = len(applied.differences)
    first = applied.differences[0][0] if applied.differences else None
    name = f"{first.key1} {first.key2}".strip() if first else ""
    return f"Undone: {name}." if count == 1 else f"Undone: {count} mapping rows."


def test(store: Store, chart: str, account: str, company: str, day: date) -> str:
    """What an account becomes for a company on a day, in one sentence; one indexed query."""
    book = RuleBook([_rule(row) for row in rules.current(store, "gl", key1=chart)])
    rule = book.account(chart, account, company, day)
    name = f"{chart}/{account}"
    where = f" for {company}" if company else ""
    if rule is None:
        return f"{name} has no AvidXchange code{where} on {day}."
    by = "its own row" if rule.key2 == account else f"the default of {chart}"
    limits = f" of {rule.company}" if rule.company else ""
    return f"{name} becomes {rule.code}{where} on {day}, by {by}{limits}."


def preview(store: Store, kind: MappingKind, path: Path, *, replace: bool) -> ImportView:
    """What a file would change; nothing is written. Raises as `mapping_files.import_file`."""
    counted = mapping_files.import_file(
        store, kind, path, replace=replace, dry_run=True, actor="preview"
    )
    file = read_mapping(kind, path)
    drafts = [draft_of(kind, row) for row in file.rows]
    applied = rules.apply_rows(
        store,
        kind,
        drafts,
        replace=replace and not file.refused,
        actor="preview",
        dry_run=True,
    )
    return ImportView(
        added=counted.added,
        changed=counted.changed,
        same=counted.same,
        removed=counted.removed,
        refused=counted.refused,
        differences=tuple(
            (f"{row.key1} {row.key2}".strip(), before, after)
            for row, before, after in applied.differences
        ),
        note=counted.note,
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
        title="The mapping was not changed",
        fix="Change the row and save it again.",
    )
