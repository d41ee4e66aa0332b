"""Where a person left a list: its order and its current row, kept for the next start."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSettings

from ui.list_view import ListView

_ORDER, _ROW = "order", "row"


class ListPlace:
    """Keeps and takes up the place of one list; rows behind its first page are not looked for."""

    def __init__(self, settings: QSettings, view: ListView) -> None:
        self._settings = settings
        self._view = view
        self._name = f"place/{view.spec.name}"
        self._key = ""
        view.model.replaced.connect(self._stand)

    def keep(self) -> None:
        """Note where the list stands now."""
        query, row = self._view.query, self._view.current_row()
        direction = "down" if query.descending else "up"
        self._settings.setValue(f"{self._name}/{_ORDER}", f"{query.order} {direction}")
        key = "" if row is None else str(row[self._view.spec.row_key])
        self._settings.setValue(f"{self._name}/{_ROW}", key)

    def take_up(self) -> None:
        """Begin in the order it was left in; before the first page is read."""
        order, _, direction = str(self._settings.value(f"{self._name}/{_ORDER}", "")).partition(" ")
        model = self._view.model
        if order in {column.sort_name for column in self._view.spec.columns if column.sort_name}:
            model.query = replace(model.query, order=order, descending=direction == "down")
        self._key = str(self._settings.value(f"{self._name}/{_ROW}", ""))

    def _stand(self, _is_new: bool) -> None:  # noqa: FBT001 - a signal's argument
        wanted, self._key = self._key, ""
        if not wanted:
            return
        model = self._view.model
        for number in range(model.rowCount()):
            key = model.key_at(number)
            if str(key) == wanted:
                self._view.select_key(key)
                return
