"""A workbook of 10,000 rows with 200 faults: each refused with its reason, the rest is one step."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core import desk_edits
from core.mapping_files import export_file
from core.store import queries, rules
from core.store.rules import RuleDraft
from core.store.sqlite import Store

ROWS, FAULTS, KEPT = 10_000, 200, 400
HEADER = ("chart", "x3_account", "avid_code", "company", "valid_from", "valid_to", "note")
#: What is planted -> what the reason must say.
REASONS = {
    "no code": "avid_code is empty",
    "no account": "x3_account is empty",
    "a number": "x3_account holds a number",
    "no day": "valid_from is not a date",
    "turned days": "valid_to lies before valid_from",
    "a cell too many": "more cells",
    "twice": "repeats row",
    "spreadsheet error": "spreadsheet error",
    "overlap": "is mapped to KEPT from any day to any day already",
    "control sign": "control character",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(
        tmp_path / "data", version="1", clock=lambda: datetime(2026, 3, 1, tzinfo=UTC),
        is_sandbox=False,
    )  # fmt: skip
    yield opened
    opened.close_thread()


def planted(kind: str, number: int, good: list[Any]) -> list[Any]:
    """A row with one fault; the rest of it is good."""
    row: dict[str, Any] = dict(zip(HEADER, good, strict=True))
    changes: dict[str, dict[str, Any]] = {
        "no code": {"avid_code": None},
        "no account": {"x3_account": "  "},
        "a number": {"x3_account": number},
        "no day": {"valid_from": "31.12.2026"},
        "turned days": {"valid_from": "2026-05-01", "valid_to": "2026-04-30"},
        "twice": {"x3_account": "000000"},
        "spreadsheet error": {"avid_code": "#N/A"},
        "overlap": {"x3_account": f"K{200 + number // 50}", "valid_from": "2026-01-01"},
        "control sign": {"avid_code": "A\tB"},
    }
    row |= changes.get(kind, {})
    return [*row.values(), *(["x"] if kind == "a cell too many" else [])]


def workbook(path: Path) -> dict[int, str]:
    """Writes the file; row of the sheet -> the fault planted there."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("gl")
    sheet.append(HEADER)
    faults: dict[int, str] = {}
    kinds = list(REASONS)
    for number in range(ROWS):
        cells = ["US", f"{number:06d}", f"0{number}", "", None, None, None]
        if number % (ROWS // FAULTS) == 7:
            kind = kinds[len(faults) % len(kinds)]
            faults[number + 2] = kind
            cells = planted(kind, number, cells)
        elif number % 100 == 1:
            cells[1:3] = [f"K{number // 100}", f"NEW{number}"]  # changes a row that is there
        sheet.append(cells)
    book.save(path)
    return faults


def table(store: Store) -> set[tuple[str, ...]]:
    return {(*row.draft.identity, row.code) for row in rules.current(store, "gl")}


def test_each_fault_is_refused_with_its_reason_and_the_rest_is_one_step(
    store: Store, tmp_path: Path
) -> None:
    with store.write():
        kept = [RuleDraft("US", f"K{n}", "KEPT") for n in range(KEPT)]
        rules.apply_rows(store, "gl", kept, replace=False, actor="anna")
    before = table(store)
    path = tmp_path / "gl.xlsx"
    faults = workbook(path)
    assert len(faults) == FAULTS

    began = time.perf_counter()
    shown = desk_edits.preview(store, "gl", path, replace=False)
    assert table(store) == before
    found, edit = desk_edits.taken(store, "gl", path, replace=False, dry_run=False, actor="anna")
    took = time.perf_counter() - began

    assert faults == {
        row: next(kind for kind, reason in REASONS.items() if reason in text)
        for row, text in found.refused
    }
    assert Counter(faults.values()) == dict.fromkeys(REASONS, FAULTS // len(REASONS))
    assert (found.added, found.changed, found.same) == (ROWS - FAULTS - 100, 100, 0)
    assert (shown.added, shown.changed, shown.refused) == (
        found.added, found.changed, found.refused,
    )  # fmt: skip
    assert len(shown.differences) == ROWS - FAULTS
    assert len({row.step for row in rules.current(store, "gl") if row.code != "KEPT"}) == 1
    assert len(queries.audit_of(store, ["gl US 000000"])) == 1

    out = tmp_path / "out.csv"
    assert export_file(store, "gl", out) == len(before) + found.added
    assert "US,000000,00\n" in out.read_text(encoding="utf-8").replace("\r\n", "\n")

    began = time.perf_counter()
    said = desk_edits.undo(store, edit, "anna")
    took += time.perf_counter() - began
    assert said == f"Undone: {ROWS - FAULTS} mapping rows."
    assert table(store) == before
    assert took < 40, f"{took:.1f} s"  # 3 s on a machine at rest
