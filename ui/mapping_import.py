"""A mapping file before it is taken: what is new, changed, ended and refused, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import ImportView, Pasted
from core.words import area
from ui import formats, mapping_lists, theme
from ui.bridge import Bridge
from ui.list_spec import Column, ListSpec, Row
from ui.list_view import ListView
from ui.mapping_lists import GivenRows
from ui.painting import PillLook
from ui.sheet import Sheet
from ui.widgets import Segment

say = area(__name__)

_DIFFERENCES = {
    "added": PillLook("plus", say("new"), "go"),
    "changed": PillLook("replace", say("changed"), "warn", is_filled=False),
    "removed": PillLook("trash", say("ends"), "bad", is_filled=False),
}


class ImportDialog(Sheet):
    """What a file would change, row by row, before it does. `confirmed` says whether rows end.

    `preview_wanted` asks for the same with or without ending what the file does not name.
    """

    confirmed = Signal(bool)
    preview_wanted = Signal(bool)

    def __init__(
        self, bridge: Bridge, kind: str, path: Path | Pasted, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            say("import", name=path.name), say("reading"), say("import_2"), parent, has_list=True
        )
        room = theme.sizes()
        self._bridge, self._kind = bridge, kind
        self.segment = Segment(say("what_to_show"), [say("changes"), say("refused_rows")])
        self.segment.currentChanged.connect(self._show_list)
        self.replace_box = QCheckBox(say("end_the_rows_that_the_file_does"))
        self.replace_box.toggled.connect(self.preview_wanted)
        self.replace_box.setAccessibleDescription(say("without_it_they_stay_as_they_are"))
        line = QHBoxLayout()
        line.setContentsMargins(room.margin, 0, room.margin, 0)
        line.addWidget(self.segment)
        line.addStretch(1)
        line.addWidget(self.replace_box)
        self._place = QVBoxLayout()
        self.body.addLayout(line)
        self.body.addLayout(self._place, 1)
        self.lists: list[ListView] = []
        self.do_button.clicked.connect(self._confirm)
        self.do_button.refuse(say("the_file_is_being_read"))
        self.take_room(820, 560)

    def show_preview(self, view: ImportView) -> None:
        """Show what was found; a file with nothing to take can only be left."""
        count = view.added + view.changed + view.removed
        self.sentence.setText(_import_words(view))
        self.segment.set_count(1, len(view.refused))
        self._drop_lists()
        self.lists = [
            self._list(_change_spec(self._kind), tuple(map(_difference, view.differences))),
            self._list(_refused_spec(), tuple(map(_refused, view.refused))),
        ]
        self.lists[0].set_empty(say("nothing_changes"), say("every_row_of_the_file_stands_here"))
        self.lists[1].set_empty(say("no_row_was_refused"), say("every_row_could_be_read"))
        self._show_list(self.segment.currentIndex())
        self.do_button.set_text(
            say("import_3", counted=formats.counted(count, "change")) if count else say("import_2")
        )
        if count:
            self.do_button.allow()
            self.do_button.setFocus()
        else:
            self.do_button.refuse(say("nothing_would_change"))
        if view.refused and not count:
            self.segment.setCurrentIndex(1)

    def _list(self, spec: ListSpec, rows: tuple[Mapping[str, Any], ...]) -> ListView:
        view = ListView(spec, GivenRows(rows), self._bridge, parent=self)
        view.filter_row.without_tools()
        self._place.addWidget(view, 1)
        view.start()
        return view

    def _drop_lists(self) -> None:
        for view in self.lists:
            self._place.removeWidget(view)
            view.hide()
            view.deleteLater()

    def _show_list(self, at: int) -> None:
        for place, view in enumerate(self.lists):
            view.setVisible(place == at)

    def _confirm(self) -> None:
        self.accept()
        self.confirmed.emit(self.replace_box.isChecked())


def _import_words(view: ImportView) -> str:
    parts = [
        say("new_2", count=formats.count(view.added)),
        say("changed_2", count=formats.count(view.changed)),
        say("end", count=formats.count(view.removed)) if view.removed else "",
        say("the_same", count=formats.count(view.same)),
        say("refused_with_the_reason", count=formats.count(len(view.refused)))
        if view.refused
        else "",
    ]
    said = " · ".join(part for part in parts if part)
    return " ".join(part for part in (say("nothing_is_changed_yet", said=said), view.note) if part)


def _difference(change: tuple[str, str, str]) -> Row:
    code, before, after = change
    what = "added" if not before else "changed" if after else "removed"
    return {"key": f"{code}|{before}|{after}", "what": what, "code": code,
            "before": before, "after": after}  # fmt: skip


def _refused(row: tuple[int, str]) -> Row:
    return {"key": row[0], "row": row[0], "why": row[1]}


def _change_spec(kind: str) -> ListSpec:
    noun = mapping_lists.WORDS[kind]
    return ListSpec(
        name="import.changes",
        columns=(
            Column("what", say("what"), "icon_text", looks=_DIFFERENCES),
            Column("code", f"X3 {noun.x3}", "code", is_strong=True),
            Column("before", "Before → after", "change", second="after", is_elastic=True),
        ),
        noun=("change", "changes"),
        row_key="key",
        sentence=lambda row: say(
            "to", code=row["code"], before=row["before"] or "none", after=row["after"] or "none"
        ),
    )


def _refused_spec() -> ListSpec:
    return ListSpec(
        name="import.refused",
        columns=(
            Column("row", say("row"), "count"),
            Column("why", say("why_it_was_refused"), "text", is_elastic=True),
        ),
        noun=("row", "rows"),
        row_key="key",
        sentence=lambda row: say("row_2", row=row["row"], why=row["why"]),
    )
