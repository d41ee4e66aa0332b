"""The campaigns' ledger: rows in a Markdown file that several processes write."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaigns.ledger import ROOT, Table, core_hash

COLUMNS = ("day", "core hash", "failed")
_APPEND = """
import sys
from pathlib import Path
from tests.campaigns.ledger import Table
table = Table("Rows", "Words.", ("who", "count"), Path(sys.argv[1]))
for count in range(15):
    table.append(who=sys.argv[2], count=count)
"""


def table(path: Path, *columns: str) -> Table:
    return Table("Reading, seed by seed", "What it is.", columns or COLUMNS, path)


def test_what_was_appended_is_read_back_as_text(tmp_path: Path) -> None:
    one = table(tmp_path / "made.md")
    assert one.rows() == []
    one.append(day="2026-03-01", core_hash="abc", failed="none")
    one.append(failed="a|b\nc\\|", core_hash=7, day="")
    assert one.rows() == [
        {"day": "2026-03-01", "core_hash": "abc", "failed": "none"},
        {"day": "", "core_hash": "7", "failed": "a|b c\\|"},
    ]
    text = one.path.read_text(encoding="utf-8")
    assert text.startswith("## Reading, seed by seed\n\nWhat it is.\n\n| day | core hash | failed")


def test_the_rest_of_the_file_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "measurements.md"
    file.write_text("# Measurements\n\n## First\n\n| a |\n| --- |\n| 1 |\n", encoding="utf-8")
    one = table(file)
    one.append(day="1", core_hash="a", failed="none")
    whole = file.read_text(encoding="utf-8")
    file.write_text(f"{whole}\nA remark.\n\n## Last\n\n| day |\n| --- |\n", encoding="utf-8")
    one.append(day="2", core_hash="a", failed="none")
    assert [row["day"] for row in one.rows()] == ["1", "2"]
    after = file.read_text(encoding="utf-8")
    assert after.startswith("# Measurements\n\n## First\n\n| a |\n| --- |\n| 1 |\n\n## Reading")
    assert after.endswith("| 2 | a | none |\n\nA remark.\n\n## Last\n\n| day |\n| --- |\n")


def test_other_columns_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    one = table(tmp_path / "made.md")
    one.append(day="1", core_hash="a", failed="none")
    before = one.path.read_bytes()
    with pytest.raises(ValueError, match="other columns"):
        table(one.path, "day", "seeds").append(day="2", seeds="0 to 9")
    with pytest.raises(ValueError, match="seeds"):
        one.append(day="2", seeds="0 to 9")
    assert one.path.read_bytes() == before


def test_two_processes_that_append_at_once_lose_no_row(tmp_path: Path) -> None:
    file = tmp_path / "made.md"
    running = [
        subprocess.Popen([sys.executable, "-c", _APPEND, str(file), name], cwd=ROOT)
        for name in ("one", "two")
    ]
    assert [process.wait(timeout=50) for process in running] == [0, 0]
    rows = Table("Rows", "Words.", ("who", "count"), file).rows()
    for name in ("one", "two"):
        counts = [row["count"] for row in rows if row["who"] == name]
        assert counts == [str(count) for count in range(15)]


def test_the_hash_of_core_moves_with_its_python_files_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "core" / "domain", tmp_path / "core" / "domain")
    first = core_hash(tmp_path)
    (tmp_path / "core" / "note.txt").write_text("x", encoding="utf-8")
    assert core_hash(tmp_path) == first
    file = tmp_path / "core" / "domain" / "money.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert core_hash(tmp_path) == first
    file.write_bytes(file.read_bytes() + b"\n")
    assert core_hash(tmp_path) != first
    assert len(first) == len(core_hash()) == 12
