"""Mapping tables from and to files: what a file would change, applied in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from core.sheets import (
    COLUMNS,
    MappingFile,
    MappingKind,
    MappingRow,
    read_mapping,
    read_records,
    write_mapping,
)
from core.store import history, rules
from core.store.rules import RuleDraft, RuleRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

#: Columns of each kind -> the members of a rule that they become.
_MEMBERS: dict[MappingKind, tuple[str, ...]] = {
    "vendors": ("key1", "code"),
    "gl": ("key1", "key2", "code"),
    "dimensions": ("key1", "key2", "avid_group", "code"),
}


KINDS: tuple[MappingKind, ...] = ("vendors", "gl", "dimensions")


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping that comes as rows of text, its header first; `first` numbers the row after it."""

    records: tuple[tuple[str, ...], ...]
    name: str
    first: int = 2


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; `refused` are pairs (row of the file, why), `note` a hint or empty.

    `differences` are triples (row, code before, code after), an empty code meaning no row.
    """

    added: int
    changed: int
    same: int
    removed: int
    refused: tuple[tuple[int, str], ...]
    note: str = ""
    differences: tuple[tuple[RuleDraft, str, str], ...] = ()

    @property
    def members(self) -> dict[str, Any]:
        """The members of `map import --json`."""
        return {
            "added": self.added,
            "changed": self.changed,
            "same": self.same,
            "refused": [{"row": row, "text": text} for row, text in self.refused],
        }


def import_file(
    store: Store,
    kind: MappingKind,
    path: Path | Table,
    *,
    replace: bool,
    dry_run: bool,
    actor: str,
) -> Imported:
    """Lay a file, or rows of text, over a mapping; a bad row costs only itself.

    With `replace`, rows that the file does not name end, unless a row of it could not be read: a
    slip in a file must not unmap what it meant to keep.

    Raises:
        ConfigError: the file cannot be read; nothing was changed.
    """
    file = _read(kind, path)
    drafts = [draft_of(kind, row) for row in file.rows]
    may_end = replace and not file.refused
    if dry_run:
        applied = rules.apply_rows(store, kind, drafts, replace=may_end, actor=actor, dry_run=True)
    else:
        with store.write():
            applied = rules.apply_rows(store, kind, drafts, replace=may_end, actor=actor)
            if applied.step:
                told = {
                    "file": path.name,
                    "added": applied.added,
                    "changed": applied.changed,
                    "removed": applied.ended,
                    "step": applied.step,
                }
                history.append(store, history.Entry(actor, "mapping imported", kind, after=told))
    unread = [(row.row, row.text) for row in file.refused]
    untaken = [(file.rows[place - 1].row, why) for place, why in applied.refused]
    note = "" if may_end or not replace else say("nothing_was_removed_because_rows_were")
    return Imported(
        applied.added,
        applied.changed,
        applied.same,
        applied.ended,
        tuple(sorted([*unread, *untaken])),
        note,
        applied.differences,
    )


def _read(kind: MappingKind, source: Path | Table) -> MappingFile:
    if isinstance(source, Table):
        return read_records(kind, iter(source.records), Path(source.name), first=source.first)
    return read_mapping(kind, source)


def export_file(store: Store, kind: MappingKind, path: Path) -> int:
    """Write a mapping as a file that `import_file` takes back unchanged; how many rows.

    Raises:
        ConfigError: the extension is neither .csv nor .xlsx.
        LocalFault: DSK-01, the file could not be written.
    """
    found = [_row(kind, row) for row in rules.current(store, kind)]
    write_mapping(kind, found, path)
    return len(found)


def draft_of(kind: MappingKind, row: MappingRow) -> RuleDraft:
    """A rule as the mapping tables take it."""
    named = dict(zip(_MEMBERS[kind], (row.values[name] for name in COLUMNS[kind]), strict=True))
    return RuleDraft(
        company=row.company,
        valid_from=_text(row.valid_from),
        valid_to=_text(row.valid_to),
        note=row.note,
        **named,
    )


def _row(kind: MappingKind, row: RuleRow) -> MappingRow:
    values = (str(getattr(row, name)) for name in _MEMBERS[kind])
    return MappingRow(
        values=dict(zip(COLUMNS[kind], values, strict=True)),
        company=row.company,
        valid_from=_day(row.valid_from),
        valid_to=_day(row.valid_to),
        note=row.note,
    )


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
