"""Which columns of a list are seen and how wide: measured once, fitted to the room, kept per user.

Elastic columns share what the others leave. When the room is too small, columns go by their
priority; one that the person chose stays. Qt's own `ResizeToContents` is never used: it asks a
thousand rows for each column.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from ui import measures
from ui.list_cells import Cell
from ui.list_header import ListHeader
from ui.list_spec import Column, ListSpec, Row
from ui.soon import Soon

_LEAST_ELASTIC = 140  # design.md 3, "List"
_MOST_MEASURED = 420  # one long name must not take the whole width
_SETTLE_MS = 300


class ColumnLayout(QObject):
    """Keeps the header of one list in shape. `fit` after each change of the room."""

    changed = Signal()

    def __init__(
        self,
        spec: ListSpec,
        header: ListHeader,
        cells: dict[str, Cell],
        settings: QSettings | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._header = header
        self._cells = cells
        self._settings = settings
        self._hidden = {column.name for column in spec.columns if column.hidden_at_first}
        self._chosen: set[str] = set()
        self._widths: dict[str, int] = {}
        self._needed: dict[str, int] = {}
        self._room = 0
        self._is_fitting = False
        self.has_measured = False
        self._settling = Soon(self, self._settle, _SETTLE_MS)
        self._restore()
        header.sectionResized.connect(self._resized)
        header.sectionMoved.connect(self._moved)

    # -- what is seen ------------------------------------------------------------------------

    def visible(self) -> list[Column]:
        """Columns on the screen, from left to right."""
        order = range(self._header.count())
        sections = (self._header.logicalIndex(place) for place in order)
        return [
            self._spec.columns[section]
            for section in sections
            if not self._header.isSectionHidden(section)
        ]

    def is_wanted(self, name: str) -> bool:
        """Whether the person has not switched this column off."""
        return name not in self._hidden

    def show(self, name: str, *, is_wanted: bool) -> None:
        """Switches a column on or off for good; one stays at least."""
        if is_wanted:
            self._hidden.discard(name)
            self._chosen.add(name)
        elif len(self._hidden) + 1 < len(self._spec.columns):
            self._hidden.add(name)
            self._chosen.discard(name)
        self._save()
        self.fit(self._room)

    def wanted(self) -> tuple[str, ...]:
        """Names of the columns that are not switched off, from left to right."""
        sections = (self._header.logicalIndex(place) for place in range(self._header.count()))
        names = (self._spec.columns[section].name for section in sections)
        return tuple(name for name in names if name not in self._hidden)

    def take(self, names: Iterable[str]) -> None:
        """Switch exactly these on, in this order from the left; at least one that is known."""
        known = [column.name for column in self._spec.columns]
        wanted = [name for name in names if name in known]
        if not wanted:
            return
        at_first = {column.name for column in self._spec.columns if column.hidden_at_first}
        self._hidden = set(known) - set(wanted)
        self._chosen = at_first & set(wanted)
        for place, name in enumerate(wanted):
            self._header.moveSection(self._header.visualIndex(known.index(name)), place)
        self._save()
        self.fit(self._room)

    def reset(self) -> None:
        """Columns as at first: order, widths and choice."""
        self._hidden = {column.name for column in self._spec.columns if column.hidden_at_first}
        self._chosen, self._widths = set(), {}
        for section in range(self._header.count()):
            self._header.moveSection(self._header.visualIndex(section), section)
        self._save()
        self.fit(self._room)

    # -- widths ------------------------------------------------------------------------------

    def measure(self, rows: Iterable[Row]) -> None:
        """Takes the width of each column from these rows, the first of a list.

        A later figure that needs more says so when it is painted, see `widen`.
        """
        self._needed = {
            column.name: self._header.width_for(section)
            for section, column in enumerate(self._spec.columns)
        }
        for row in rows:
            for name, cell in self._cells.items():
                width = cell.width_for(row)
                self._needed[name] = max(self._needed[name], width)
        self.has_measured = True
        self.fit(self._room)

    def forget(self) -> None:
        """Before measuring anew: the font has changed, so widths set by hand mean nothing."""
        self.has_measured = False
        self._widths = {}

    def widen(self, name: str, width: int) -> None:
        """A figure did not fit: figures are never shortened."""
        self._needed[name] = max(width, self._needed.get(name, 0))
        if self._widths.get(name, width) < width:
            del self._widths[name]
        self.fit(self._room)

    def fit(self, room: int) -> None:
        """Gives each column its width in this room (px) and hides what does not fit."""
        if room <= 0 or self._is_fitting:
            return
        self._room = room
        wanted = [column for column in self._spec.columns if column.name not in self._hidden]
        shown = self._that_fit(wanted, room)
        widths = self._shared(shown, room)
        self._is_fitting = True
        for section, column in enumerate(self._spec.columns):
            self._header.setSectionHidden(section, column.name not in widths)
            if column.name in widths:
                self._header.resizeSection(section, widths[column.name])
        self._is_fitting = False
        self._mark_first()
        self.changed.emit()

    def _that_fit(self, wanted: list[Column], room: int) -> list[Column]:
        shown = list(wanted)
        leaving = sorted(
            (c for c in wanted if c.priority_to_hide > 0 and c.name not in self._chosen),
            key=lambda column: column.priority_to_hide,
        )
        for column in leaving:
            if sum(self._least(one) for one in shown) <= room:
                break
            shown.remove(column)
        return shown

    def _least(self, column: Column) -> int:
        if column.name in self._widths:
            return self._widths[column.name]
        if column.is_elastic:
            return max(
                measures.sizes().scaled(_LEAST_ELASTIC),
                self._header.width_for(self._spec.columns.index(column)),
            )
        return self._natural(column)

    def _natural(self, column: Column) -> int:
        sizes = measures.sizes()
        least = column.least_characters * sizes.height // 2
        width = max(self._needed.get(column.name, sizes.scaled(100)), least)
        return min(width, sizes.scaled(_MOST_MEASURED))

    def _shared(self, shown: list[Column], room: int) -> dict[str, int]:
        """Name -> width; elastic columns get what they need, the last one all that is left."""
        widths = {column.name: self._least(column) for column in shown}
        elastic = [c for c in shown if c.is_elastic and c.name not in self._widths]
        left = room - sum(widths.values())
        lacking = {c.name: max(0, self._natural(c) - widths[c.name]) for c in elastic}
        all_lacking = sum(lacking.values())
        if left > 0 and all_lacking:
            share = min(1.0, left / all_lacking)
            for name, missing in lacking.items():
                given = int(missing * share)
                widths[name] += given
                left -= given
        stretching = [column for column in shown if column.is_elastic]
        if left > 0 and stretching:
            widths[stretching[-1].name] += left
        return widths

    def _mark_first(self) -> None:
        visible = self.visible()
        for name, cell in self._cells.items():
            cell.is_first = bool(visible) and visible[0].name == name

    # -- what the person does ----------------------------------------------------------------

    def _resized(self, section: int, _old: int, new: int) -> None:
        if self._is_fitting or new <= 0:
            return
        self._widths[self._spec.columns[section].name] = new
        self._settling.start()

    def _moved(self, _section: int, _old: int, _new: int) -> None:
        self._mark_first()
        self._settling.start()

    def _settle(self) -> None:
        self._save()
        self.fit(self._room)

    # -- kept per user -----------------------------------------------------------------------

    def _key(self) -> str:
        return f"lists/{self._spec.name}/columns"

    def _save(self) -> None:
        if self._settings is None:
            return
        order = [
            self._spec.columns[self._header.logicalIndex(place)].name
            for place in range(self._header.count())
        ]
        kept = {
            "order": order,
            "hidden": sorted(self._hidden),
            "chosen": sorted(self._chosen),
            "widths": self._widths,
        }
        self._settings.setValue(self._key(), json.dumps(kept))

    def _restore(self) -> None:
        """Takes over what was kept; names that no longer exist are passed over."""
        kept = _kept(self._settings, self._key())
        names = [column.name for column in self._spec.columns]
        if not kept:
            return
        self._hidden = {name for name in kept.get("hidden", ()) if name in names}
        self._chosen = {name for name in kept.get("chosen", ()) if name in names}
        widths = kept.get("widths", {})
        self._widths = {name: int(width) for name, width in widths.items() if name in names}
        order = [name for name in kept.get("order", ()) if name in names]
        for place, name in enumerate(order):
            self._header.moveSection(self._header.visualIndex(names.index(name)), place)


def _kept(settings: QSettings | None, key: str) -> dict[str, Any]:
    text = settings.value(key) if settings is not None else None
    if not isinstance(text, str):
        return {}
    try:
        kept = json.loads(text)
    except ValueError:
        return {}  # written by a hand or another program: columns as at first
    return kept if isinstance(kept, dict) else {}
