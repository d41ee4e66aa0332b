"""Saved views of a list: filter, columns and order under a name, kept per user, as outlined chips.

The chips have what room the filter row leaves them; all views stand in the menu of *Filter* as
well, which also saves and removes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QSettings, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from core.words import area
from ui import measures
from ui.dialogs import ConfirmDialog, Question
from ui.find_syntax import Field, Term
from ui.widgets_choices import Chip

say = area(__name__)

if TYPE_CHECKING:
    from ui.list_view import ListView

_LONGEST_NAME = 40
_NAME_HINT = say("it_stands_above_this_list_a_view")


@dataclass(frozen=True, slots=True)
class SavedView:
    """One view: what is asked, in which order, and the columns from left to right."""

    name: str
    text: str = ""
    terms: tuple[Term, ...] = ()
    order: str = ""
    descending: bool = False
    columns: tuple[str, ...] = ()

    def is_same_as(self, other: SavedView) -> bool:
        """Whether both show the same, whatever they are called."""
        return replace(self, name="") == replace(other, name="")


class ViewChips(QWidget):
    """The views that fit, each an outlined chip; the one that is shown is marked.

    `chosen` has the name; `menu_wanted` the name and where its menu belongs.
    """

    chosen = Signal(str)
    menu_wanted = Signal(str, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self._chips: list[Chip] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2 * measures.sizes().unit)
        self.setAccessibleName(say("saved_views"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_names(self, names: Sequence[str], current: str) -> None:
        """Offer these views; `current` is the one that is shown, empty for none."""
        if [chip.name for chip in self._chips] != list(names):
            self._make(names)
        for chip in self._chips:
            chip.set_current(is_current=chip.name == current)

    def _make(self, names: Sequence[str]) -> None:
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for name in names:
            chip = Chip("", name, is_outlined=True)
            chip.setParent(self)
            chip.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            chip.setAccessibleDescription(say("saved_view_its_menu_replaces_or_removes"))
            chip.clicked.connect(partial(self._choose, name))
            chip.customContextMenuRequested.connect(partial(self._ask_menu, chip, name))
            self._row.addWidget(chip)
            self._chips.append(chip)

    def _choose(self, name: str, *_: object) -> None:
        self.chosen.emit(name)

    def _ask_menu(self, chip: Chip, name: str, at: QPoint) -> None:
        self.menu_wanted.emit(name, chip.mapToGlobal(at))

    def fold(self, room: int) -> None:
        """Show as many as fit into so many pixels, the first ones; without any, nothing."""
        width, shown, gap = 0, 0, self._row.spacing()
        for chip in self._chips:
            needed = chip.sizeHint().width() + (gap if shown else 0)
            if width + needed > room:
                break
            width, shown = width + needed, shown + 1
        for at, chip in enumerate(self._chips):
            chip.setVisible(at < shown)
        self.setFixedSize(QSize(width, measures.sizes().small_row))
        self.setVisible(shown > 0)


class SavedViews(QObject):
    """Keeps the views of one list and shows them; the list carries them out."""

    def __init__(self, view: ListView, settings: QSettings) -> None:
        super().__init__(view)
        self._view = view
        self._settings = settings
        self._key = f"lists/{view.spec.name}/views"
        self.kept = _read(str(settings.value(self._key, "")), view.spec.fields)
        chips = view.filter_row.views
        chips.chosen.connect(self.choose)
        chips.menu_wanted.connect(self._open_menu)
        view.filter_row.menu_opening.connect(self._add_to_menu)
        view.query_changed.connect(self.show)
        view.columns.changed.connect(self.show)
        self.show()

    @property
    def names(self) -> list[str]:
        """Of all views, in the order in which they were saved."""
        return [view.name for view in self.kept]

    def show(self, *_: object) -> None:
        """Mark the view that is shown now, if it is one."""
        now = self._view.as_view()
        current = next((view.name for view in self.kept if view.is_same_as(now)), "")
        self._view.filter_row.show_views(self.names, current)

    def choose(self, name: str) -> None:
        """Show this view."""
        for view in self.kept:
            if view.name == name:
                self._view.show_view(view)
                self.show()
                return

    def save(self, name: str) -> None:
        """Keep what is shown now under this name, in the place of one that has it."""
        name = name.strip()[:_LONGEST_NAME]
        made = replace(self._view.as_view(), name=name)
        if name in self.names:
            self.kept = [made if view.name == name else view for view in self.kept]
        else:
            self.kept.append(made)
        self._write()

    def remove(self, name: str) -> None:
        """Forget a view; what the list shows stays."""
        self.kept = [view for view in self.kept if view.name != name]
        self._write()

    def _write(self) -> None:
        self._settings.setValue(self._key, json.dumps([asdict(view) for view in self.kept]))
        self.show()

    # -- menus -------------------------------------------------------------------------------

    def ask_name(self) -> None:
        """Ask what the view is to be called."""
        question = Question(
            title=say("save_this_view"),
            sentence=say("filter_columns_and_order_are_kept_on"),
            verb=say("save"),
            kind="wait",
            icon="bookmark",
            reason_label=say("name"),
            reason_hint=_NAME_HINT,
            leave=say("cancel"),
        )
        dialog = ConfirmDialog(question, self._view)
        dialog.reason.setMaxLength(_LONGEST_NAME)
        dialog.confirmed.connect(self.save)
        dialog.open()

    def _add_to_menu(self, menu: QMenu) -> None:
        menu.addSeparator()
        _offer(menu, say("save_this_view_2"), self.ask_name)
        if not self.kept:
            return
        views = menu.addMenu(say("saved_views"))
        for name in self.names:
            _offer(views, name, partial(self.choose, name))
        removing = menu.addMenu(say("remove_a_view"))
        for name in self.names:
            _offer(removing, name, partial(self.remove, name))

    def _open_menu(self, name: str, at: QPoint) -> None:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        _offer(menu, say("show", name=name), partial(self.choose, name))
        _offer(menu, say("keep_what_is_shown_under_this_name"), partial(self.save, name))
        menu.addSeparator()
        _offer(menu, say("remove_this_view"), partial(self.remove, name))
        menu.popup(at)


def _offer(menu: QMenu, words: str, slot: Callable[[], object]) -> None:
    def chosen(*_: object) -> None:
        slot()

    menu.addAction(words.replace("&", "&&")).triggered.connect(chosen)


def _read(text: str, fields: Mapping[str, Field]) -> list[SavedView]:
    """What was kept; a view that an older program wrote otherwise is passed over."""
    try:
        kept = json.loads(text) if text else []
    except ValueError:
        return []  # written by a hand or another program
    found = [_view_of(one, fields) for one in kept if isinstance(one, dict)]
    return [view for view in found if view is not None]


def _view_of(kept: Mapping[str, Any], fields: Mapping[str, Field]) -> SavedView | None:
    try:
        terms = tuple(Term(**term) for term in kept["terms"])
        made = SavedView(
            name=str(kept["name"]),
            text=str(kept["text"]),
            terms=terms,
            order=str(kept["order"]),
            descending=bool(kept["descending"]),
            columns=tuple(str(name) for name in kept["columns"]),
        )
    except (KeyError, TypeError):
        return None
    return made if made.name and all(term.field in fields for term in terms) else None
