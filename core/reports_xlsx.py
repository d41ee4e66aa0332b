"""A month-end report as a workbook: one sheet a table, ready to print and to filter.

Texts are text cells whatever they begin with, so nothing in them is ever computed. Amounts are
numbers, and stand once more as exact text behind the last column, because a spreadsheet keeps 15
digits only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from core.domain.money import Money, digits
from core.reports import Pack
from core.reports_tables import Cell, Column, Row, Table
from core.words import area

say = area(__name__)

_MAX_ROWS = 1_048_000  # of a sheet, less the lines of ours
_MAX_TEXT = 32_767
_CUT = say("cut")
_FACE = "Calibri"
_HEAD = Font(name=_FACE, bold=True, color="FFFFFF")
_HEAD_FILL = PatternFill("solid", fgColor="1F3A5F")
_BOLD, _TITLE = Font(name=_FACE, bold=True), Font(name=_FACE, bold=True, size=14)
_MUTED = Font(name=_FACE, color="565F6E")
_ABOVE = Border(top=Side(style="thin"))
_WRAP = Alignment(wrap_text=True, vertical="top", indent=1)
_TOP = Alignment(vertical="top", indent=1)
_RIGHT = Alignment(horizontal="right", vertical="top", indent=1)
_HEAD_RIGHT = Alignment(horizontal="right", wrap_text=True, vertical="top", indent=1)
_NUMBERS = frozenset(("amount", "number"))


def write_workbook(pack: Pack, file: BinaryIO) -> None:
    """Write all tables; memory stays flat however many rows there are."""
    book = openpyxl.Workbook(write_only=True)
    book.properties.title = pack.view.title
    book.properties.creator = "Crossfoot"
    _summary(book, pack)
    for table in (pack.summary[1], *pack.tables):
        _sheet(book, pack, table)
    book.save(file)


def _summary(book: Any, pack: Pack) -> None:
    """The first sheet: what it is, who made and signed it, and the balances."""
    sheet = book.create_sheet(say("summary"))
    balances = pack.summary[0]
    _lay_out(sheet, pack, balances.columns)
    sheet.append([_text(sheet, pack.view.title, font=_TITLE)])
    for name, text in pack.facts[1:7]:
        sheet.append([_text(sheet, name, font=_MUTED), None, _text(sheet, text)])
    sheet.append([])
    sheet.append([_text(sheet, balances.title, font=_TITLE)])
    sheet.append([_text(sheet, balances.note, font=_MUTED)])
    _rows(sheet, balances)
    last = get_column_letter(len(balances.columns))
    sheet.print_area = f"A1:{last}{max(1, len(balances.rows)) + len(pack.facts[1:7]) + 5}"
    sheet.close()


def _sheet(book: Any, pack: Pack, table: Table) -> None:
    sheet = book.create_sheet(table.name)
    _lay_out(sheet, pack, table.columns)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    count = min(len(table.rows), _MAX_ROWS)
    last = get_column_letter(len(table.columns) + len(_exact(table.columns)))
    sheet.auto_filter.ref = f"A1:{last}{count + 1}"
    lines = max(1, count) + len(table.totals) + 3
    # What stands once more as exact text is for the screen and for other programs, not for paper.
    sheet.print_area = f"A1:{get_column_letter(len(table.columns))}{lines}"
    _rows(sheet, table)
    sheet.append([])
    sheet.append([_text(sheet, f"{table.title}. {table.note}", font=_MUTED)])
    sheet.close()


def _lay_out(sheet: Any, pack: Pack, columns: Sequence[Column]) -> None:
    """Widths, and how it prints: landscape, one page wide, the audit head at the foot."""
    for at, column in enumerate(columns, start=1):
        width = max(column.width, len(column.name) + 2) + 2
        sheet.column_dimensions[get_column_letter(at)].width = width
    for at, _ in enumerate(_exact(columns), start=len(columns) + 1):
        sheet.column_dimensions[get_column_letter(at)].width = 18
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    # & begins a code in headers and footers; doubled it is itself.
    sheet.oddHeader.left.text = pack.view.title.replace("&", "&&")
    sheet.oddFooter.left.text = pack.footer.replace("&", "&&")
    sheet.oddFooter.left.size = 7
    sheet.oddFooter.right.text = "&A, page &P of &N"


def _exact(columns: Sequence[Column]) -> list[int]:
    """Places of the amounts, which stand once more as text."""
    return [at for at, column in enumerate(columns) if column.kind == "amount"]


def _rows(sheet: Any, table: Table) -> None:
    heads = [(column.name.strip(), column.kind in _NUMBERS) for column in table.columns]
    heads += [(say("exact", heads=heads[at][0]), True) for at in _exact(table.columns)]
    sheet.append([_header(sheet, name, is_number=is_number) for name, is_number in heads])
    if not table.rows:
        sheet.append([_text(sheet, table.empty, font=_MUTED)])
    for row in table.rows[:_MAX_ROWS]:
        sheet.append(list(_cells(sheet, table.columns, row)))
    for row in table.totals:
        sheet.append(list(_cells(sheet, table.columns, row, is_total=True)))
    left = len(table.rows) - _MAX_ROWS
    if left > 0:
        text = say("rows_more_do_not_fit_a_sheet", left=left)
        sheet.append([_text(sheet, text, font=_BOLD)])


def _cells(
    sheet: Any, columns: Sequence[Column], row: Row, *, is_total: bool = False
) -> Iterator[Any]:
    for cell in row:
        made = _cell(sheet, cell)
        if is_total:
            made.font, made.border = _BOLD, _ABOVE
        yield made
    for at in _exact(columns):
        cell = row[at]
        yield _text(sheet, cell.text if isinstance(cell, Money) else "", alignment=_RIGHT)


def _cell(sheet: Any, cell: Cell) -> Any:
    if isinstance(cell, Money):
        made: Any = WriteOnlyCell(sheet)
        made.value = cell.amount
        places = digits(cell.currency)
        decimals = "." + "0" * places if places else ""
        made.number_format = f"#,##0{decimals};[Red]-#,##0{decimals}"
        made.alignment = _RIGHT
        return made
    if isinstance(cell, int):
        made = WriteOnlyCell(sheet, value=cell)
        made.number_format = "#,##0"
        made.alignment = _RIGHT
        return made
    return _text(sheet, cell or "", alignment=_TOP)


def _header(sheet: Any, name: str, *, is_number: bool) -> Any:
    made = _text(sheet, name, font=_HEAD, alignment=_HEAD_RIGHT if is_number else _WRAP)
    made.fill = _HEAD_FILL
    return made


def _text(sheet: Any, text: str, *, font: Font | None = None, alignment: Any = None) -> Any:
    """A text cell in format "@": neither a number nor a formula, whatever it looks like."""
    shown = ILLEGAL_CHARACTERS_RE.sub("\ufffd", re.sub(r"\r\n?", "\n", text))
    if len(shown) > _MAX_TEXT:
        shown = shown[: _MAX_TEXT - len(_CUT)] + _CUT
    made = WriteOnlyCell(sheet, value=shown)
    made.data_type = "s"
    made.number_format = "@"
    if font is not None:
        made.font = font
    if alignment is not None:
        made.alignment = alignment
    return made
