"""Lists out: any table as csv, xlsx or jsonl by the file's extension, whole or not at all.

Codes stay text and what a spreadsheet would take for a formula is written so that it stays text.
Reading is ``core.sheets``; nothing here knows what a row means.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.config import replacing
from core.errors import ConfigError
from core.words import area

say = area(__name__)

Cell = str | int | Decimal | date | datetime | bool | None

#: What a spreadsheet takes for the begin of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_XLSX_MAX_ROWS = 1_048_575  # below the header; a limit of the format
_XLSX_MAX_TEXT = 32_767
_CUT = say("cut_csv_and_jsonl_hold_the_whole")


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Writes rows as csv, xlsx or jsonl by the extension; the file appears whole or not at all.

    Text stays text (formula signs are neutralised in csv, cells are strings in xlsx), whole numbers
    and decimals stay numbers; in jsonl a decimal is text, so that no digit is lost.

    Raises:
        ConfigError: the extension is not known, or xlsx cannot hold so many rows.
        LocalFault: DSK-01, the file could not be written.
    """
    writer = _WRITERS.get(path.suffix.casefold())
    if writer is None:
        raise ConfigError(
            "CFG-01",
            say("is_none_of_csv_xlsx_and_jsonl", name=path.name),
            title=say("nothing_was_exported"),
            fix=say("choose_one_of_these_extensions"),
        )
    with replacing(path) as file:
        writer(file, columns, rows)


def write_csv(
    file: BinaryIO,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    harmless: tuple[str, ...] = (),
) -> None:
    """Writes UTF-8 without a mark, CRLF, quoted where needed."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(cell, harmless) for cell in row])
    text.flush()
    text.detach()


def _csv_cell(cell: Cell, harmless: tuple[str, ...]) -> str:
    """Returns a cell's text; an apostrophe keeps a spreadsheet from computing it."""
    if isinstance(cell, str):
        is_formula = cell.startswith(FORMULA_SIGNS) and cell not in harmless
        return f"'{cell}" if is_formula else cell
    return _text(cell)


def _text(cell: Cell) -> str:
    """Returns the one text form of a cell that is no text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _write_jsonl(file: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Writes one object a line, members in the order of the columns."""
    for row in rows:
        values = (
            cell if cell is None or isinstance(cell, str | int) else _text(cell) for cell in row
        )
        line = json.dumps(dict(zip(columns, values, strict=True)), ensure_ascii=False)
        file.write(line.encode("utf-8") + b"\n")


def write_xlsx(
    file: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]], title: str = "Crossfoot"
) -> None:
    """Writes one sheet with a frozen header; texts are text cells whatever they begin with."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append([_xlsx_cell(sheet, name) for name in columns])
    try:
        for count, row in enumerate(rows, start=1):
            if count > _XLSX_MAX_ROWS:
                raise ConfigError(
                    "CFG-01",
                    say("an_xlsx_sheet_holds_at_most_rows", xlsx_max_rows=_XLSX_MAX_ROWS),
                    title=say("nothing_was_exported"),
                    fix=say("choose_csv_or_jsonl_or_filter_the"),
                )
            sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    finally:
        sheet.close()  # openpyxl's half-written stream would complain when it is collected
    book.save(file)


def _xlsx_cell(sheet: Any, cell: Cell) -> Any:
    """Returns a cell: numbers and dates as such, all else as text in format "@"."""
    if cell is None:
        return None
    is_date = isinstance(cell, date) and not isinstance(cell, datetime)
    if is_date or (isinstance(cell, int | Decimal) and not isinstance(cell, bool)):
        made: Any = WriteOnlyCell(sheet)
        made.value = cell
        made.number_format = "yyyy-mm-dd" if is_date else made.number_format
        return made
    # Instants are text: a spreadsheet knows no time zone.
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", cell if isinstance(cell, str) else _text(cell))
    if len(text) > _XLSX_MAX_TEXT:
        text = text[: _XLSX_MAX_TEXT - len(_CUT)] + _CUT
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"
    made.number_format = "@"
    return made


_WRITERS: Mapping[str, Callable[[BinaryIO, Sequence[str], Iterable[Sequence[Cell]]], None]] = {
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".jsonl": _write_jsonl,
}
