"""`map import` and `map export`: what is taken, what is refused, and codes as they are."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.cli.cli_site import Ran, Workspace

VENDORS = "x3_supplier,avid_vendor_code\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "map.csv"


def imported(workspace: Workspace, file: Path, *options: str, kind: str = "vendors") -> Ran:
    return workspace.run("map", "import", kind, str(file), "--json", *options)


def exported(workspace: Workspace, tmp_path: Path, kind: str = "vendors") -> str:
    out = tmp_path / "out.csv"
    assert workspace.run("map", "export", kind, str(out)).status == 0
    return out.read_bytes().decode("utf-8")


def test_a_file_is_laid_over_the_table(empty: Workspace, file: Path, tmp_path: Path) -> None:
    file.write_text(VENDORS + "0113,NORTH\n0114,SOUTH\n", encoding="utf-8")
    first = imported(empty, file)
    assert first.status == 0
    assert first.json == {"added": 2, "changed": 0, "same": 0, "refused": []}
    file.write_text(VENDORS + "0113,NORTH\n0114,EAST\n0115,-\n", encoding="utf-8")
    assert imported(empty, file).json == {"added": 1, "changed": 1, "same": 1, "refused": []}
    rows = exported(empty, tmp_path).splitlines()
    assert rows == ["x3_supplier,avid_vendor_code", "0113,NORTH", "0114,EAST", "0115,-"]


def test_zeros_blanks_quotes_mark_and_line_ends_are_no_obstacle(
    empty: Workspace, file: Path, tmp_path: Path
) -> None:
    text = '\ufeffx3_supplier,avid_vendor_code\r\n"000113","NORTH  STAR, Inc"\r\n'
    file.write_bytes(text.encode("utf-8"))
    assert imported(empty, file).json["added"] == 1
    assert '000113,"NORTH  STAR, Inc"' in exported(empty, tmp_path)


def test_a_bad_row_costs_only_itself_and_ends_with_3(empty: Workspace, file: Path) -> None:
    file.write_text(VENDORS + "0113,NORTH\n0114,\n0113,SOUTH\n0115,WEST,x\n", encoding="utf-8")
    done = imported(empty, file)
    assert done.status == 3
    assert done.json["added"] == 1
    assert [entry["row"] for entry in done.json["refused"]] == [3, 4, 5]
    assert all(entry["text"] for entry in done.json["refused"])
    told = empty.run("map", "import", "vendors", str(file))
    assert told.status == 3
    assert "3 refused" in told.out


def test_a_dry_run_tells_the_same_and_changes_nothing(
    empty: Workspace, file: Path, tmp_path: Path
) -> None:
    file.write_text(VENDORS + "0113,NORTH\n", encoding="utf-8")
    assert imported(empty, file, "--dry-run").json["added"] == 1
    assert exported(empty, tmp_path).splitlines() == ["x3_supplier,avid_vendor_code"]


def test_replace_removes_what_is_not_in_the_file(
    empty: Workspace, file: Path, tmp_path: Path
) -> None:
    file.write_text(VENDORS + "0113,NORTH\n0114,SOUTH\n", encoding="utf-8")
    imported(empty, file)
    file.write_text(VENDORS + "0114,SOUTH\n", encoding="utf-8")
    done = imported(empty, file, "--replace")
    assert done.json == {"added": 0, "changed": 0, "same": 1, "refused": []}
    assert "0113" not in exported(empty, tmp_path)


def test_replace_removes_nothing_while_a_row_cannot_be_read(
    empty: Workspace, file: Path, tmp_path: Path
) -> None:
    file.write_text(VENDORS + "0113,NORTH\n0114,SOUTH\n", encoding="utf-8")
    imported(empty, file)
    file.write_text(VENDORS + "0114,SOUTH\n0113,\n", encoding="utf-8")
    done = imported(empty, file, "--replace")
    assert done.status == 3
    assert "Nothing was removed" in done.err
    assert "0113,NORTH" in exported(empty, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "supplier,code\n0113,N\n", "x3_supplier\n0113\n", VENDORS + '"0113,N\n']
)
def test_an_unreadable_file_ends_with_2_and_changes_nothing(
    empty: Workspace, file: Path, text: str
) -> None:
    file.write_text(text, encoding="utf-8")
    done = imported(empty, file)
    assert done.status == 2
    assert done.out == ""
    assert "CFG-01" in done.err


def test_a_missing_file_ends_with_2(empty: Workspace, tmp_path: Path) -> None:
    assert imported(empty, tmp_path / "none.csv").status == 2


def test_further_columns_and_dimensions_come_back_as_they_were(
    empty: Workspace, file: Path, tmp_path: Path
) -> None:
    header = "dimension_type,x3_value,avid_group,avid_code,company,valid_from,valid_to,note"
    row = "DPT,ADM,Department,0010,US10,2026-01-01,2026-12-31,by hand"
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert imported(empty, file, kind="dimensions").json["added"] == 1
    assert exported(empty, tmp_path, "dimensions").splitlines() == [header, row]
    assert imported(empty, file, kind="dimensions").json["same"] == 1


def test_a_sheet_is_taken_and_given(empty: Workspace, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["chart", "x3_account", "avid_code"])
    sheet.append(["USA", "061100", "00611"])
    path = tmp_path / "gl.xlsx"
    book.save(path)
    assert imported(empty, path, kind="gl").json["added"] == 1
    out = tmp_path / "back.xlsx"
    assert empty.run("map", "export", "gl", "--out", str(out)).status == 0
    shown = openpyxl.load_workbook(out).worksheets[0]
    assert [cell.value for cell in shown[2]] == ["USA", "061100", "00611"]


def test_an_import_stands_in_the_audit_log(empty: Workspace, file: Path, tmp_path: Path) -> None:
    file.write_text(VENDORS + "0113,NORTH\n", encoding="utf-8")
    imported(empty, file)
    out = tmp_path / "log.jsonl"
    empty.run("audit", "export", "--format", "jsonl", "--out", str(out))
    text = out.read_text(encoding="utf-8")
    assert '"object":"vendors 0113"' in text
    assert '"action":"mapping imported"' in text


def test_an_edit_is_taken_back_and_made_again(empty: Workspace, file: Path, tmp_path: Path) -> None:
    file.write_text(VENDORS + "0113,NORTH\n0114,SOUTH\n", encoding="utf-8")
    imported(empty, file)
    undone = empty.run("map", "undo", "--json").json
    assert undone["changed"] == 2
    assert {"key": "0113", "before": "NORTH", "after": ""} in undone["rows"]
    assert exported(empty, tmp_path).splitlines() == ["x3_supplier,avid_vendor_code"]
    again = empty.run("map", "redo")
    assert again.out.splitlines()[0] == "Done again: 2 mapping rows."
    assert "0113,NORTH" in exported(empty, tmp_path)
    refused = empty.run("map", "redo")
    assert refused.status == 2
    assert "nothing to do again" in refused.err
