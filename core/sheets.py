"""Mapping files: read row by row so that a bad row costs only itself, written to be read again.

Codes stay text: leading zeros and inner blanks are never lost. Columns are those of
docs/settings.md. Nothing here knows what a row means; the mapping tables check that. Other lists
are written by ``core.exports``.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal, get_args
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from core.config import replacing
from core.errors import ConfigError
from core.exports import FORMULA_SIGNS, write_csv, write_table, write_xlsx
from core.words import area

say = area(__name__)

__all__ = [
    "COLUMNS",
    "EXTRA_COLUMNS",
    "MappingFile",
    "MappingKind",
    "MappingRow",
    "RefusedRow",
    "read_mapping",
    "write_mapping",
    "write_table",
]

MappingKind = Literal["vendors", "gl", "dimensions"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "vendors": ("x3_supplier", "avid_vendor_code"),
    "gl": ("chart", "x3_account", "avid_code"),
    "dimensions": ("dimension_type", "x3_value", "avid_group", "avid_code"),
}
EXTRA_COLUMNS = ("company", "valid_from", "valid_to", "note")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "vendors": ("x3_supplier",),
    "gl": ("chart", "x3_account"),
    "dimensions": ("dimension_type", "x3_value", "avid_group"),
}
_DATES = ("valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One accepted row; ``values`` holds the kind's own columns by name, none of them empty.

    ``row`` counts as a spreadsheet does, the header being row 1; 0 for rows not from a file.
    """

    values: Mapping[str, str]
    company: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that was not taken, and why."""

    row: int
    text: str


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file as read: every row that is not blank is in one of the two lists."""

    rows: list[MappingRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)


class _RowError(Exception):
    """A row cannot be taken; the text says why and becomes the refused row's."""


# --- mapping files in ------------------------------------------------------------------------


def read_mapping(kind: MappingKind, path: Path) -> MappingFile:
    """Returns the rows of a mapping file (csv or xlsx); a bad row costs only itself.

    Header names are exact but for their case and may stand in any order. Blank rows are passed
    over, blanks around a cell are cut.

    Raises:
        ConfigError: the file cannot be read as a table, or its columns are not those of the kind.
    """
    _check_kind(kind)
    records = _xlsx_records(kind, path) if _extension(path) == ".xlsx" else _csv_records(path)
    return read_records(kind, records, path)


def read_records(
    kind: MappingKind, records: Iterator[Sequence[object]], path: Path, *, first: int = 2
) -> MappingFile:
    """Returns the rows of a table that begins with its header; `first` numbers the row after it.

    Raises:
        ConfigError: its columns are not those of the kind; `path` names it.
    """
    header = _check_header(kind, next(records, []), path)
    result = MappingFile()
    seen: dict[tuple[object, ...], int] = {}
    for number, cells in enumerate(records, start=first):
        if all(cell is None or not str(cell).strip() for cell in cells):
            continue
        try:
            row = _mapping_row(kind, header, cells, number)
            key = (*(row.values[name] for name in _KEYS[kind]), row.company, *_dates(row))
            if key in seen:
                raise _RowError(say("repeats_row", seen=seen[key]))  # noqa: TRY301 - one place refuses
            seen[key] = number
            result.rows.append(row)
        except _RowError as error:
            result.refused.append(RefusedRow(number, str(error)))
    return result


def _dates(row: MappingRow) -> tuple[date | None, date | None]:
    """Returns the validity of a row."""
    return row.valid_from, row.valid_to


def _check_kind(kind: str) -> None:
    """Raises ConfigError for a kind of mapping that does not exist."""
    if kind not in get_args(MappingKind):
        raise ConfigError(
            "CFG-01", say("there_is_no_mapping_known_are", kind=kind, columns=", ".join(COLUMNS))
        )


def _unreadable(path: Path, why: str) -> ConfigError:
    """Returns the error for a file of which nothing was taken."""
    return ConfigError(
        "CFG-01",
        f"{path.name} {why}.",
        title=say("the_mapping_file_was_not_read"),
        fix=say("correct_the_file_and_import_it_again"),
    )


def _extension(path: Path) -> str:
    """Returns the file's extension in lower case; raises ConfigError for one not known."""
    extension = path.suffix.casefold()
    if extension not in {".csv", ".xlsx"}:
        raise _unreadable(path, say("is_neither_csv_nor_xlsx"))
    return extension


def _read_bytes(path: Path) -> bytes:
    """Returns a file's bytes; raises ConfigError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, say("cannot_be_opened", strerror=error.strerror)) from error


def _csv_records(path: Path) -> Iterator[list[object]]:
    """Yields the records of a CSV file; the separator is comma, semicolon or tab by its header."""
    try:
        text = _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(path, say("is_not_utf_8_save_it_as")) from None
    if "\x00" in text:
        raise _unreadable(path, say("is_not_text_save_it_as_csv"))
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for record in reader:
            yield [_without_apostrophe(cell) for cell in record]
    except csv.Error as error:
        raise _unreadable(
            path, say("is_not_readable_in_line", line_num=reader.line_num, error=error)
        ) from None


def _without_apostrophe(text: str) -> str:
    """Takes away the apostrophe that `write_mapping` sets before formula signs."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_SIGNS) else text


def _xlsx_records(kind: str, path: Path) -> Iterator[list[object]]:
    """Yields the rows of the sheet named like the kind, else of the first sheet."""
    data = io.BytesIO(_read_bytes(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl names features it does not read
            book = openpyxl.load_workbook(data, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, ParseError):
        raise _unreadable(path, say("is_not_a_readable_xlsx_workbook")) from None
    try:
        named = [sheet for sheet in book.worksheets if sheet.title.casefold() == kind]
        sheets = named or book.worksheets
        if not sheets:
            raise _unreadable(path, say("holds_no_sheet"))
        for cells in sheets[0].iter_rows(values_only=True):
            yield list(cells)
    except (zipfile.BadZipFile, KeyError, ValueError, ParseError):
        raise _unreadable(path, say("is_not_a_readable_xlsx_workbook")) from None
    finally:
        book.close()


def _check_header(kind: str, cells: Sequence[object], path: Path) -> list[str]:
    """Returns the column names in the file's order; raises ConfigError when one is off."""
    names = ["" if cell is None else str(cell).strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    known = (*COLUMNS[kind], *EXTRA_COLUMNS)
    if not names:
        raise _unreadable(path, say("has_no_header_expected_is", columns=",".join(COLUMNS[kind])))
    for name in names:
        if name not in known:
            shown = name or say("without_a_name")
            raise _unreadable(
                path, say("has_a_column_known_are", shown=shown, known=", ".join(known))
            )
        if names.count(name) > 1:
            raise _unreadable(path, say("has_the_column_twice", name=name))
    for name in COLUMNS[kind]:
        if name not in names:
            raise _unreadable(path, say("has_no_column", name=name))
    return names


def _mapping_row(
    kind: str, header: Sequence[str], cells: Sequence[object], number: int
) -> MappingRow:
    """Returns one row checked cell by cell; raises _RowError with the reason."""
    surplus = [cell for cell in cells[len(header) :] if cell is not None and str(cell).strip()]
    if surplus:
        raise _RowError(say("has_more_cells_than_the_header_has"))
    filled = [*cells, *[None] * (len(header) - len(cells))]
    given = dict(zip(header, filled, strict=False))
    values = {name: _code(name, given[name]) for name in COLUMNS[kind]}
    for name, value in values.items():
        if not value:
            raise _RowError(say("is_empty", name=name))
    valid_from, valid_to = (_day(name, given.get(name)) for name in _DATES)
    if valid_from and valid_to and valid_to < valid_from:
        raise _RowError(say("valid_to_lies_before_valid_from"))
    note = given.get("note")
    return MappingRow(
        values=values,
        company=_code("company", given.get("company")),
        valid_from=valid_from,
        valid_to=valid_to,
        note="" if note is None else str(note).strip(),
        row=number,
    )


def _code(name: str, cell: object) -> str:
    """Returns a code as its text; a number is refused, for its leading zeros may be gone."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        kind = say("a_date") if isinstance(cell, date) else say("a_number")
        raise _RowError(say("holds_not_text_so_that_leading_zeros", name=name, kind=kind))
    text = cell.strip()
    if not text.isprintable():
        raise _RowError(say("holds_a_control_character", name=name))
    if text.startswith("#") and text.rstrip("!?").isupper() and text.endswith(("!", "?", "/A")):
        raise _RowError(say("holds_a_spreadsheet_error", name=name, text=text))
    return text


def _day(name: str, cell: object) -> date | None:
    """Returns a date cell or an ISO date text; None when it is empty."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = "" if cell is None else str(cell).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _RowError(say("is_not_a_date_like_2026_01", name=name)) from None


# --- mapping files out -----------------------------------------------------------------------


def write_mapping(kind: MappingKind, rows: Sequence[MappingRow], path: Path) -> None:
    """Writes a mapping file that `read_mapping` reads back equal; csv or xlsx by extension.

    The columns company, valid_from, valid_to and note stand in it when a row uses them.

    Raises:
        ConfigError: the kind or the extension is not known.
        LocalFault: DSK-01, the file could not be written.
    """
    _check_kind(kind)
    extension = _extension(path)
    extras = [name for name in EXTRA_COLUMNS if any(getattr(row, name) for row in rows)]
    table = (
        [*(row.values[name] for name in COLUMNS[kind]), *(_plain(row, name) for name in extras)]
        for row in rows
    )
    columns = [*COLUMNS[kind], *extras]
    with replacing(path) as file:
        if extension == ".xlsx":
            write_xlsx(file, columns, table, title=kind)
        else:
            # A lone "-" is a mapping value (not paid through AvidXchange) and no formula.
            write_csv(file, columns, table, harmless=("-",))


def _plain(row: MappingRow, name: str) -> str:
    """Returns one of the extra columns as text."""
    value = getattr(row, name)
    return value.isoformat() if isinstance(value, date) else str(value or "")
