"""Mapping files and exports: codes stay text, bad rows are named, formulas stay text."""

import csv
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from core import exports, sheets
from core.errors import ConfigError, LocalFault
from core.sheets import MappingKind, MappingRow, read_mapping, write_mapping, write_table


def csv_file(folder: Path, text: str | bytes, name: str = "map.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def xlsx_file(folder: Path, rows: list[list[Any]], title: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    path = folder / "map.xlsx"
    book.save(path)
    book.close()
    return path


def test_codes_keep_zeros_and_inner_blanks(tmp_path: Path) -> None:
    text = (
        "\ufeffX3_Supplier,avid_vendor_code\r\n"
        '"0012","V  01"\r\n S2 ,-\r\n,\r\n"A,B","say ""x"""\r\n'
    )
    found = read_mapping("vendors", csv_file(tmp_path, text))
    assert found.refused == []
    assert [tuple(row.values.values()) for row in found.rows] == [
        ("0012", "V  01"),
        ("S2", "-"),
        ("A,B", 'say "x"'),
    ]
    assert [row.row for row in found.rows] == [2, 3, 5]


def test_columns_in_any_order_with_extras(tmp_path: Path) -> None:
    text = (
        "note,avid_code,valid_to,chart,company,x3_account,valid_from\n"
        "old one,6100,2026-12-31,US,US10,061000,2026-01-01\n"
        ",6200,,US,,*,\n"
    )
    first, second = read_mapping("gl", csv_file(tmp_path, text)).rows
    assert first.values == {"chart": "US", "x3_account": "061000", "avid_code": "6100"}
    assert (first.company, first.note) == ("US10", "old one")
    assert (first.valid_from, first.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert second.values["x3_account"] == "*"
    assert (second.company, second.valid_from, second.valid_to, second.note) == ("", None, None, "")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_of_spreadsheets_are_taken(tmp_path: Path, separator: str) -> None:
    text = f"x3_supplier{separator}avid_vendor_code\n001{separator}V,1\n"
    (row,) = read_mapping("vendors", csv_file(tmp_path, text)).rows
    assert row.values == {"x3_supplier": "001", "avid_vendor_code": "V,1"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("US,,6100", "x3_account is empty"),
        ("US,6100", "avid_code is empty"),
        ("US,6100,61,,,,,too,many", "more cells"),
        ("US,6100,61,,31/12/2026", "valid_from is not a date"),
        ("US,6100,61,,2026-02-01,2026-01-31", "before valid_from"),
        ("US,61\x0700,61", "control character"),
        ("US,#N/A,61", "spreadsheet error"),
        ("US,1000,62", "repeats row 2"),
    ],
)
def test_a_bad_row_costs_only_itself(tmp_path: Path, line: str, says: str) -> None:
    header = "chart,x3_account,avid_code,company,valid_from,valid_to,note"
    path = csv_file(tmp_path, f"{header}\nUS,1000,61\n{line}\nUS,2000,62\n")
    found = read_mapping("gl", path)
    assert [row.row for row in found.rows] == [2, 4]
    (refused,) = found.refused
    assert refused.row == 3
    assert says in refused.text


def test_the_same_code_at_other_times_or_companies_is_no_repetition(tmp_path: Path) -> None:
    text = (
        "x3_supplier,avid_vendor_code,company,valid_from\n"
        "S1,V1,,\nS1,V2,US10,\nS1,V3,US10,2026-01-01\n"
    )
    assert len(read_mapping("vendors", csv_file(tmp_path, text)).rows) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no header"),
        (b"\r\n", "has no header"),
        (b"x3_supplier\n1\n", "no column avid_vendor_code"),
        (b"x3_supplier,avid_vendor_code,colour\n", "column colour"),
        (b"x3_supplier,,avid_vendor_code\n", "without a name"),
        (b"x3_supplier,X3_SUPPLIER,avid_vendor_code\n", "twice"),
        (b"x3_supplier,avid_vendor_code\n\xe4,1\n", "not UTF-8"),
        ("x3_supplier,avid_vendor_code\n".encode("utf-16"), "not UTF-8"),
        ("x3_supplier,avid_vendor_code\n".encode("utf-16-le"), "not text"),
        (b'x3_supplier,avid_vendor_code\n"1"2,3\n', "line 2"),
        (b'x3_supplier,avid_vendor_code\n"1,3\n', "line"),
    ],
)
def test_an_unreadable_csv_file_is_refused_whole(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_mapping("vendors", csv_file(tmp_path, content))
    assert says in caught.value.why
    assert caught.value.title == "The mapping file was not read"


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        read_mapping("gl", tmp_path / "missing.csv")
    with pytest.raises(ConfigError, match="neither"):
        read_mapping("gl", csv_file(tmp_path, "a", "map.ods"))
    with pytest.raises(ConfigError, match="not a readable xlsx"):
        read_mapping("gl", csv_file(tmp_path, "no zip", "map.xlsx"))
    with zipfile.ZipFile(tmp_path / "zip.xlsx", "w") as archive:
        archive.writestr("a.txt", "no workbook")
    with pytest.raises(ConfigError, match="not a readable xlsx"):
        read_mapping("gl", tmp_path / "zip.xlsx")
    with pytest.raises(ConfigError, match="no mapping suppliers"):
        read_mapping("suppliers", tmp_path / "x.csv")  # type: ignore[arg-type]  # from a command line


def test_a_number_in_a_code_column_is_refused(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["x3_supplier", "avid_vendor_code", "valid_from", "note"],
        ["0012", "V1", datetime(2026, 1, 1), 5],  # noqa: DTZ001 - a sheet knows no zone
        [12, "V2", None, None],
        ["S3", True, None, None],
        [None, None, None, None],
        ["S4", date(2026, 1, 1), None, None],
        ["S5", "#REF!", None, None],
        ["S6", "V6", "2026-02-01", None],
    ]
    found = read_mapping("vendors", xlsx_file(tmp_path, rows))
    assert [row.values["x3_supplier"] for row in found.rows] == ["0012", "S6"]
    assert found.rows[0].valid_from == date(2026, 1, 1)
    assert found.rows[0].note == "5"
    assert [(refused.row, refused.text.split(",")[0]) for refused in found.refused] == [
        (3, "x3_supplier holds a number"),
        (4, "avid_vendor_code holds a number"),
        (6, "avid_vendor_code holds a date"),
        (7, "avid_vendor_code holds a spreadsheet error (#REF!)"),
    ]


def test_the_sheet_named_like_the_kind_goes_before_the_first(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, [["something else"]])
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("GL")
    sheet.append(["chart", "x3_account", "avid_code"])
    sheet.append(["US", "0100", "61"])
    book.save(path)
    (row,) = read_mapping("gl", path).rows
    assert row.values["x3_account"] == "0100"


ROWS = [
    MappingRow({"x3_supplier": "0012", "avid_vendor_code": "-"}),
    MappingRow({"x3_supplier": "+A", "avid_vendor_code": "=V 1"}, note='@home, "x"'),
    MappingRow(
        {"x3_supplier": "Ünï", "avid_vendor_code": "-5"},
        "US10",
        date(2026, 1, 1),
        date(2026, 6, 30),
    ),
]


@pytest.mark.parametrize("name", ["out.csv", "out.XLSX"])
def test_what_is_written_is_read_back_equal(tmp_path: Path, name: str) -> None:
    write_mapping("vendors", ROWS, tmp_path / name)
    found = read_mapping("vendors", tmp_path / name)
    assert found.refused == []
    assert [replace(row, row=0) for row in found.rows] == ROWS


def test_extra_columns_stand_only_when_used(tmp_path: Path) -> None:
    write_mapping("vendors", ROWS[:1], tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == b"x3_supplier,avid_vendor_code\r\n0012,-\r\n"


@pytest.mark.parametrize("kind", ["vendors", "gl", "dimensions"])
@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_an_empty_mapping_is_a_header(tmp_path: Path, kind: MappingKind, extension: str) -> None:
    path = tmp_path / f"out.{extension}"
    write_mapping(kind, [], path)
    assert read_mapping(kind, path) == sheets.MappingFile()


COLUMNS = ("code", "amount", "count", "day", "time", "flag", "none")
TABLE: list[list[exports.Cell]] = [
    ["007", Decimal("-1.50"), -3, date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), True, None],
    ["=1+1", Decimal(0), 0, None, None, False, None],
    ["+a", None, None, None, None, None, None],
    ["-b", None, None, None, None, None, None],
    ["@c", None, None, None, None, None, None],
    ["\td", None, None, None, None, None, None],
    ['two\nlines, "x"', None, None, None, None, None, None],
]


def test_csv_neutralises_text_and_leaves_numbers(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_table(path, COLUMNS, TABLE)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["007", "-1.50", "-3", "2026-01-02", "2026-01-02T00:00:00+00:00", "true", ""]
    assert [row[0] for row in rows[2:]] == ["'=1+1", "'+a", "'-b", "'@c", "'\td", 'two\nlines, "x"']


def test_xlsx_holds_text_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_table(path, COLUMNS, [*TABLE, ["bell\x07", "x" * 40_000, *[None] * 5]])
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    code, amount, count, day, time, flag, none = sheet[2]
    assert (code.value, code.data_type, code.number_format) == ("007", "s", "@")
    assert (amount.value, amount.data_type) == (-1.5, "n")
    assert count.value == -3
    assert day.value == datetime(2026, 1, 2)  # noqa: DTZ001 - a sheet knows no zone
    assert (time.value, flag.value, none.value) == ("2026-01-02T00:00:00+00:00", "true", None)
    formula = sheet["A3"]
    assert (formula.value, formula.data_type) == ("=1+1", "s")
    assert sheet["A9"].value == "bell\ufffd"
    assert str(sheet["B9"].value).endswith("hold the whole)")
    book.close()


def test_jsonl_keeps_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_table(path, COLUMNS, [*TABLE[:2], ["ü", Decimal("12345678901234567.89"), *[None] * 5]])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {
        "code": "007",
        "amount": "-1.50",
        "count": -3,
        "day": "2026-01-02",
        "time": "2026-01-02T00:00:00+00:00",
        "flag": True,
        "none": None,
    }
    assert json.loads(lines[1])["code"] == "=1+1"
    assert '"ü", "amount": "12345678901234567.89"' in lines[2]


def test_an_export_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_XLSX_MAX_ROWS", 2)
    for name in ("out.xlsx", "out.csv", "out.jsonl"):
        (tmp_path / name).write_bytes(b"old")
    with pytest.raises(ConfigError, match="at most 2 rows"):
        write_table(tmp_path / "out.xlsx", ["a"], [["1"], ["2"], ["3"]])

    def broken() -> Any:
        yield ["1"]
        raise LocalFault("STO-01", "the list broke")

    for name in ("out.csv", "out.jsonl", "out.xlsx"):
        with pytest.raises(LocalFault, match="the list broke"):
            write_table(tmp_path / name, ["a"], broken())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "out.xlsx": b"old",
        "out.csv": b"old",
        "out.jsonl": b"old",
    }
    with pytest.raises(ConfigError, match="none of"):
        write_table(tmp_path / "out.ods", ["a"], [])
