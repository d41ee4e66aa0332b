"""Cells copied out of a spreadsheet as a mapping table: the columns are told by how many there are.

A header is taken as it is. Without one a vendor row is supplier and vendor code; an account row is
account and code, or chart, account and code; a value row is type, value, group and code.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection

from core.desk_views import Pasted
from core.errors import ConfigError
from core.mapping_files import Table
from core.sheets import COLUMNS, EXTRA_COLUMNS, MappingKind
from core.words import area

say = area(__name__)

_WITHOUT_CHART = ("x3_account", "avid_code")
Row = tuple[str, ...]


def table_of(kind: MappingKind, pasted: Pasted, accounts: Collection[tuple[str, str]]) -> Table:
    """The rows with a header; `accounts` are X3's pairs (chart, account).

    An account that no chart or several have keeps an empty chart, so that its row is refused.

    Raises:
        ConfigError: CFG-01, nothing is there, or the columns are not those of the kind.
    """
    rows = _cells(pasted.text)
    if not rows:
        raise _unreadable(say("there_are_no_cells_on_the_clipboard"), kind)
    columns = COLUMNS[kind]
    known = {*columns, *EXTRA_COLUMNS}
    if {cell.strip().casefold() for cell in rows[0] if cell.strip()} <= known:
        return Table(tuple(rows), pasted.name)
    width = max(len(row) for row in rows)
    if width == len(columns):
        return Table((columns, *rows), pasted.name, first=1)
    if kind == "gl" and width == len(_WITHOUT_CHART):
        found = (_with_chart(row, accounts) for row in rows)
        return Table((columns, *found), pasted.name, first=1)
    raise _unreadable(
        say("the_cells_have", width=width, which="column" if width == 1 else "columns"), kind
    )


def _cells(text: str) -> list[Row]:
    """Rows of cells less empty columns at the right; quoted cells may hold line ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    rows = [tuple(row) for row in reader]
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    width = max((len(row) - _empty_at_end(row) for row in rows), default=0)
    return [row[:width] for row in rows]


def _empty_at_end(row: Row) -> int:
    count = 0
    for cell in reversed(row):
        if cell.strip():
            break
        count += 1
    return count


def _with_chart(row: Row, accounts: Collection[tuple[str, str]]) -> Row:
    wanted = row[0].strip() if row else ""
    charts = {chart for chart, account in accounts if account == wanted}
    return (charts.pop() if len(charts) == 1 else "", *row)


def _unreadable(why: str, kind: MappingKind) -> ConfigError:
    wanted = ", ".join(COLUMNS[kind])
    if kind == "gl":
        wanted = say("or", without_chart=", ".join(_WITHOUT_CHART), wanted=wanted)
    return ConfigError(
        "CFG-01",
        why,
        title=say("nothing_was_pasted"),
        fix=say("copy_the_columns_and_paste_again", wanted=wanted),
    )
