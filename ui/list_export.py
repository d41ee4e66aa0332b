"""From a list's view to a file: which columns, which file; the desk writes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from core.words import area
from ui.list_spec import ListSpec

say = area(__name__)

#: What a view can be written as.
FILTERS = {
    say("excel_workbook_xlsx"): ".xlsx",
    say("comma_separated_values_csv"): ".csv",
    say("json_one_object_a_line_json"): ".json",
}
#: Columns that show a stored member in words -> the member as it is stored: exports stay neutral.
_STORED = {
    "invoices_shown": "invoices", "method_shown": "method", "who": "actor", "was": "before",
    "outcome": "result", "chain": "hash", "object_shown": "object",
}  # fmt: skip
_BESIDE = {"was": ("after", say("after"))}
_TITLES = {"was": say("before")}


def columns(spec: ListSpec, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs (member, title) of the columns in sight; the currency goes with amounts."""
    found: list[tuple[str, str]] = []
    for name in names:
        column = spec.column(name)
        found.append((_STORED.get(name, name), _TITLES.get(name, column.title)))
        if name in _BESIDE:
            found.append(_BESIDE[name])
    has_amounts = any(spec.column(name).kind == "amount" for name in names)
    if has_amounts and "currency" not in names:
        found.append(("currency", say("currency")))
    return found


def ask(
    parent: QWidget,
    title: str,
    name: str,
    filters: dict[str, str],
    write: Callable[[Path], None],
) -> QFileDialog:
    """Asks for a file and hands it over; nothing happens when the person leaves it."""
    dialog = QFileDialog(parent, title, name)
    dialog.setObjectName("export")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(next(iter(filters.values())).lstrip("."))
    dialog.filterSelected.connect(partial(_set_suffix, dialog, filters))
    dialog.fileSelected.connect(partial(_hand_over, write))
    dialog.open()
    return dialog


def _set_suffix(dialog: QFileDialog, filters: dict[str, str], chosen: str) -> None:
    dialog.setDefaultSuffix(filters[chosen].lstrip("."))


def _hand_over(write: Callable[[Path], None], file: str) -> None:
    write(Path(file))
