"""Copied rows as a spreadsheet must read them: tab-separated text and an HTML table.

Pure. Codes stay text (leading zeros kept), amounts are numbers, and what a spreadsheet would take
for a formula is written so that it stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from ui.list_spec import FIGURES, Column, Row

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
# Excel reads the first, LibreOffice the second: a cell that is text whatever it looks like.
_TEXT_OF = {"style": "mso-number-format:'\\@'", "sdnum": "0;0;@"}
_AS_TEXT = "".join(f' {name}="{value}"' for name, value in _TEXT_OF.items())

#: The text of a cell as it is shown: state words, dates of the locale.
Shown = Callable[[Row, Column], str]


def plain_value(row: Row, column: Column, shown: Shown) -> str:
    """A cell's text for copying: amounts and counts neutral (`-1224.00`), all else as shown."""
    if column.kind in FIGURES:
        value = row.get(column.name)
        return "" if value is None else str(value)
    return shown(row, column)


def neutralised(text: str, *, is_figure: bool = False) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it as a formula."""
    if is_figure and _NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def as_tsv(columns: Sequence[Column], rows: Iterable[Row], shown: Shown) -> str:
    """A line of titles, then a line a row; tabs and line ends inside a cell become spaces."""
    lines = ["\t".join(neutralised(_one_line(column.title)) for column in columns)]
    for row in rows:
        cells = (
            neutralised(
                _one_line(plain_value(row, column, shown)), is_figure=column.kind in FIGURES
            )
            for column in columns
        )
        lines.append("\t".join(cells))
    return "\r\n".join(lines) + "\r\n"


def as_html(columns: Sequence[Column], rows: Iterable[Row], shown: Shown) -> str:
    """The same as a table; figures carry their value apart from how they look."""
    head = "".join(f"<th>{escape(column.title)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(_cell(row, column, shown) for column in columns) + "</tr>" for row in rows
    )
    return (
        '<html><head><meta charset="utf-8"></head><body><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></body></html>"
    )


def _cell(row: Row, column: Column, shown: Shown) -> str:
    text = plain_value(row, column, shown)
    if column.kind in FIGURES and _NUMBER.fullmatch(text):
        return f'<td align="right" x:num="{text}" sdval="{text}">{text}</td>'
    return f"<td{_AS_TEXT}>{escape(neutralised(text))}</td>"


def _one_line(text: str) -> str:
    """The text without what would start a cell or a row."""
    return re.sub(r"[\t\r\n\x0b\x0c\u2028\u2029]+", " ", text)
