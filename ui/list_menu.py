"""Menus of a list and its clipboard: copy, sort, filter by a cell, choose columns.

The list owns what happens; this file owns how it is offered.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from core.words import area
from ui import list_copy, list_text
from ui.find_syntax import Term
from ui.list_columns import ColumnLayout
from ui.list_spec import Column, ListSpec, Row

say = area(__name__)


def copied(rows: list[Row], columns: list[Column]) -> tuple[str, str]:
    """Rows as TSV and HTML; pure, so it may run off the GUI thread."""
    return (
        list_copy.as_tsv(columns, rows, list_text.shown),
        list_copy.as_html(columns, rows, list_text.shown),
    )


def put_on_clipboard(text: str, html: str = "") -> None:
    """GUI thread only."""
    data = QMimeData()
    data.setText(text)
    if html:
        data.setHtml(html)
    QGuiApplication.clipboard().setMimeData(data)


def add_copy(menu: QMenu, row: Row, column: Column, copy_rows: Callable[[], None]) -> None:
    """Copy the selected rows, or the one cell under the pointer."""
    action = menu.addAction(say("copy_rows"))
    action.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
    action.triggered.connect(lambda _=False: copy_rows())
    text = list_text.shown(row, column)
    if text:
        cell = menu.addAction(say("copy", short=_short(text)))
        cell.triggered.connect(lambda _=False: put_on_clipboard(text))


def add_filter(
    menu: QMenu, spec: ListSpec, row: Row, column: Column, add: Callable[[Term], None]
) -> None:
    """Show only rows with the value of this cell, where the find box has a field for it."""
    value = row.get(column.name)
    if value is None or not str(value):
        return
    for name, field in spec.fields.items():
        if field.member == column.name and field.kind in {"text", "word"}:
            term = Term(name, str(value), list_text.shown(row, column))
            action = menu.addAction(
                say("only", title=field.title.lower(), short=_short(term.shown))
            )
            action.triggered.connect(lambda _=False, chosen=term: add(chosen))


def add_sorting(menu: QMenu, spec: ListSpec, sort: Callable[[Column], None]) -> None:
    """The way to sort without a mouse."""
    below = menu.addMenu(say("sort_by"))
    for column in spec.columns:
        if column.sort_name:
            action = below.addAction(column.title)
            action.triggered.connect(lambda _=False, chosen=column: sort(chosen))


def add_columns(menu: QMenu, spec: ListSpec, layout: ColumnLayout) -> None:
    """A tick for each column that is wanted; those without room now say so."""
    seen = {column.name for column in layout.visible()}
    for column in spec.columns:
        is_wanted = layout.is_wanted(column.name)
        is_waiting = is_wanted and column.name not in seen
        action = menu.addAction(
            say("no_room_now", title=column.title) if is_waiting else column.title
        )
        action.setCheckable(True)
        action.setChecked(is_wanted)
        action.setEnabled(not (is_wanted and seen == {column.name}))
        action.toggled.connect(lambda is_on, name=column.name: layout.show(name, is_wanted=is_on))
    menu.addSeparator()
    menu.addAction(say("as_at_first")).triggered.connect(lambda _=False: layout.reset())


def _short(text: str) -> str:
    longest = 30
    return text if len(text) <= longest else f"{text[:longest]}…"
