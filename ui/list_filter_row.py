"""The row above a list: find box, chips, count and total, columns and export.

It turns what is typed into free text and terms and says what it did not understand; it asks no
source. Chips fold into one, and words into icons, when the row is too narrow for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import find_syntax, measures
from ui.find_syntax import Field, Found, Reading, Term
from ui.saved_views import ViewChips
from ui.soon import Soon
from ui.widgets_buttons import Button, IconButton
from ui.widgets_choices import Chip
from ui.widgets_fields import FindField
from ui.widgets_text import Hairline, TextLabel

say = area(__name__)

_PAUSE_MS = 250
_WIDE, _NARROW = 290, 220
_MENU_WORDS = 12


class FindBox(FindField):
    """The find field with the keys of the filter row; unused keys stay QLineEdit's."""

    committed = Signal()
    escaped = Signal()
    back_at_start = Signal()
    down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter makes chips, Backspace at the start removes one, Down goes into the list."""
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.committed.emit()
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif key == Qt.Key.Key_Down:
            self.down.emit()
        elif key == Qt.Key.Key_Backspace and not self.text():
            self.back_at_start.emit()
        else:
            super().keyPressEvent(event)


class FilterRow(QWidget):
    """Find box, chips and figures of one list."""

    asked = Signal(str, object)  # free text, tuple of terms
    left_downward = Signal()
    columns_wanted = Signal()
    export_wanted = Signal()
    menu_opening = Signal(object)  # the menu of *Filter*, to add to

    def __init__(self, fields: Mapping[str, Field], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = fields
        self._terms: list[Term] = []
        self._chips: list[Chip] = []
        self._escapes = 0
        self._said: tuple[str, tuple[Term, ...]] = ("", ())
        self._pause = Soon(self, self._say, _PAUSE_MS)
        self.box = FindBox()
        self.count = TextLabel("", weight=measures.Weight.Medium)
        self.total = TextLabel("", tone="muted")
        self.problem = TextLabel("", tone="bad", ratio=0.92)
        self.filter_button = Button(say("filter"), kind="quiet", icon="filter")
        self.columns_button = IconButton("columns-3", say("columns"))
        self.export_button = IconButton("table-export", say("export_this_view_ctrl_e"))
        self._filter_width = self.filter_button.sizeHint().width()
        self._folded = Chip("", "")
        self._rule = Hairline(is_upright=True)
        self.views = ViewChips()
        self._chip_row = QHBoxLayout()
        self._menu = QMenu(self)
        self._build()
        self._connect()

    def _build(self) -> None:
        sizes = measures.sizes()
        row = QHBoxLayout()
        row.setContentsMargins(sizes.margin, 0, sizes.scaled(8), 0)
        row.setSpacing(2 * sizes.unit)
        self._chip_row.setSpacing(2 * sizes.unit)
        self._chip_row.addWidget(self._folded)
        self._folded.hide()
        row.addWidget(self.box)
        row.addLayout(self._chip_row)
        row.addWidget(self.filter_button)
        row.addWidget(self.views)
        row.addStretch(1)
        row.addWidget(self.count)
        row.addWidget(self.total)
        row.addWidget(self._rule)
        row.addWidget(self.columns_button)
        row.addWidget(self.export_button)
        self._row = row
        self.problem.setContentsMargins(sizes.margin, 0, sizes.margin, 2 * sizes.unit)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * sizes.unit, 0, 2 * sizes.unit)
        column.setSpacing(sizes.unit)
        column.addLayout(row)
        column.addWidget(self.problem)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.filter_button.setVisible(bool(self._fields))
        self.box.setAccessibleDescription(
            say("words_or_a_field_and_its_value", fields=", ".join(self._fields))
        )

    def _connect(self) -> None:
        self.box.textChanged.connect(self._typed)
        self.box.committed.connect(self._commit)
        self.box.escaped.connect(self._escape)
        self.box.back_at_start.connect(self._remove_last)
        self.box.down.connect(self.left_downward)
        self.filter_button.clicked.connect(self._open_menu)
        self.columns_button.clicked.connect(self.columns_wanted)
        self.export_button.clicked.connect(self.export_wanted)
        self._folded.removed.connect(self.clear_chips)
        self._folded.clicked.connect(self._open_folded)

    # -- what is asked -----------------------------------------------------------------------

    @property
    def terms(self) -> tuple[Term, ...]:
        """The chips."""
        return tuple(self._terms)

    @property
    def asked_for(self) -> tuple[str, tuple[Term, ...]]:
        """Free text and all terms, as they were asked for last."""
        return self._said

    def show_views(self, names: Iterable[str], current: str) -> None:
        """Offer these saved views; `current` is the one that is shown."""
        self.views.show_names(list(names), current)
        self._fold()

    def without_tools(self, *, keeps_columns: bool = False) -> None:
        """Leave export out, and the choice of columns: for lists in a dialog."""
        self.export_button.hide()
        self.columns_button.setVisible(keeps_columns)
        self._rule.setVisible(keeps_columns)
        margins = self._row.contentsMargins()
        margins.setRight(margins.left())
        self._row.setContentsMargins(margins)

    def take(self, text: str, terms: Iterable[Term]) -> None:
        """Show this text and these chips without asking; the owner asks for more than them."""
        self._pause.stop()
        self._terms = list(terms)
        self.box.blockSignals(True)  # noqa: FBT003 - Qt's signature
        self.box.setText(text)
        self.box.blockSignals(False)  # noqa: FBT003 - Qt's signature
        found = self._read()
        self._said = (found.text, (*self._terms, *found.terms))
        self._show_chips()

    def set_terms(self, terms: Iterable[Term]) -> None:
        """Shows these chips instead of the present ones and asks for them."""
        self._terms = list(terms)
        self._show_chips()
        self._say()

    def say_again(self) -> None:
        """Asks for what stands here, also when it was asked before."""
        found = self._read()
        self._said = (found.text, (*self._terms, *found.terms))
        self.asked.emit(*self._said)

    def add_term(self, term: Term) -> None:
        """Adds a chip and asks; the same one twice is one."""
        if term not in self._terms:
            self.set_terms([*self._terms, term])

    def clear_chips(self) -> None:
        """Takes all chips away and asks."""
        self.set_terms(())
        self.box.setFocus()

    def clear(self) -> None:
        """Takes everything away that restricts the list."""
        self.box.clear()
        self.set_terms(())

    def _read(self) -> Found:
        locale = QLocale()
        short = locale.dateFormat(QLocale.FormatType.ShortFormat)
        letters = dict.fromkeys(letter for letter in short.lower() if letter in "dmy")
        order = "".join(letters) if len(letters) == len("dmy") else "ymd"
        return find_syntax.read(
            self.box.text(), self._fields, Reading(locale.decimalPoint(), order)
        )

    def _typed(self) -> None:
        self._escapes = 0
        found = self._read()
        self.problem.set_tone("bad" if found.problems else "muted")
        said = " ".join(found.problems) or found.hint
        self.problem.setText(said)
        self.problem.setVisible(bool(said))
        self.box.set_error(is_wrong=bool(found.problems))
        self._pause.start()

    def _say(self) -> None:
        """Asks, once for each thing asked."""
        self._pause.stop()
        found = self._read()
        said = (found.text, (*self._terms, *found.terms))
        if said != self._said:
            self._said = said
            self.asked.emit(*said)

    def _commit(self) -> None:
        """Turns what was understood into chips; what was not stays in the box."""
        found = self._read()
        if not found.problems and not found.hint:
            self._terms += [term for term in found.terms if term not in self._terms]
            self.box.setText(found.text)
            self._show_chips()
        self._say()

    def _escape(self) -> None:
        """The first Esc empties the box, the second takes the chips away."""
        if self.box.text():
            self.box.clear()
            self._escapes = 1
            self._say()
            return
        self._escapes += 1
        if self._escapes > 1 and self._terms:
            self.set_terms(())
        elif not self._terms:
            self.left_downward.emit()

    def _remove_last(self) -> None:
        if self._terms:
            self.set_terms(self._terms[:-1])

    def _remove(self, term: Term) -> None:
        self.set_terms([one for one in self._terms if one != term])
        self.box.setFocus()

    # -- chips -------------------------------------------------------------------------------

    def _show_chips(self) -> None:
        for chip in self._chips:
            self._chip_row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for term in self._terms:
            chip = Chip(self._fields[term.field].title.lower(), term.shown)
            chip.removed.connect(lambda gone=term: self._remove(gone))
            chip.clicked.connect(lambda _=False, changed=term: self._edit(changed))
            self._chip_row.addWidget(chip)
            self._chips.append(chip)
        count = len(self._terms)
        self._folded.set_words(
            "", say("filter_2", count=count) if count == 1 else say("filters", count=count)
        )
        self._fold()

    def _edit(self, term: Term) -> None:
        """Puts the chip back into the box, to be typed over."""
        typed = find_syntax.written(term.field, term.shown)
        self._remove(term)
        self.box.setText(f"{self.box.text()} {typed}".strip())

    def _open_folded(self) -> None:
        menu = self._fresh_menu()
        for term in self._terms:
            action = menu.addAction(
                say("remove", title=self._fields[term.field].title, shown=term.shown)
            )
            action.triggered.connect(lambda _=False, gone=term: self._remove(gone))
        menu.popup(self._folded.mapToGlobal(self._folded.rect().bottomLeft()))

    def _open_menu(self) -> None:
        menu = self._fresh_menu()
        for name, field in self._fields.items():
            if field.kind != "word" or len(field.words) > 2 * _MENU_WORDS:
                action = menu.addAction(f"{field.title}…")
                action.triggered.connect(lambda _=False, begun=name: self._begin(begun))
                continue
            words = menu.addMenu(field.title)
            for word, code in field.words.items():
                action = words.addAction(word)
                term = Term(name, code, word)
                action.triggered.connect(lambda _=False, chosen=term: self.add_term(chosen))
        self.menu_opening.emit(menu)
        menu.popup(self.filter_button.mapToGlobal(self.filter_button.rect().bottomLeft()))

    def _begin(self, name: str) -> None:
        self.box.setText(f"{self.box.text()} {name}:".strip())
        self.box.setFocus()

    def _fresh_menu(self) -> QMenu:
        self._menu.deleteLater()
        self._menu = QMenu(self)
        return self._menu

    # -- room --------------------------------------------------------------------------------

    def show_figures(self, count: str, total: str, tip: str = "") -> None:
        """Count and total as people read them; `tip` has what did not fit."""
        self.count.setText(count)
        self.total.setText(total)
        self.total.setToolTip(tip)
        self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Folds what the new width has no room for."""
        super().resizeEvent(event)
        self._fold()

    def minimumSizeHint(self) -> QSize:
        """The row folds, so it never holds a window wide."""
        return QSize(0, super().minimumSizeHint().height())

    def _fold(self) -> None:
        """Narrow find field first, then one chip for all, then icons, then without the total."""
        is_folded = is_iconic = is_bare = False
        find = _WIDE
        for find, is_folded, is_iconic, is_bare in (
            (_WIDE, False, False, False),
            (_NARROW, False, False, False),
            (_NARROW, True, False, False),
            (_NARROW, True, True, False),
            (_NARROW, True, True, True),
        ):
            if self._needed(find, is_folded=is_folded, is_iconic=is_iconic, is_bare=is_bare) <= (
                self.width()
            ):
                break
        self.box.set_width(find)
        is_folded = is_folded and bool(self._terms)
        for chip in self._chips:
            chip.setVisible(not is_folded)
        self._folded.setVisible(is_folded)
        self.filter_button.set_text("" if is_iconic else say("filter"))
        self.filter_button.setAccessibleName(say("filter"))
        self.filter_button.setToolTip(say("filter") if is_iconic else "")
        self.total.setVisible(not is_bare and bool(self.total.text()))
        folds = {"is_folded": is_folded, "is_iconic": is_iconic, "is_bare": is_bare}
        self.views.fold(self.width() - self._needed(find, **folds) - 2 * measures.sizes().unit)

    def _needed(self, find: int, *, is_folded: bool, is_iconic: bool, is_bare: bool) -> int:
        sizes = measures.sizes()
        filter_width = sizes.control if is_iconic else self._filter_width
        parts = [sizes.scaled(find), filter_width, self.count.sizeHint().width(), 1]
        parts += [self.columns_button.sizeHint().width(), self.export_button.sizeHint().width()]
        if self._terms and is_folded:
            parts.append(self._folded.sizeHint().width())
        elif self._terms:
            parts += [chip.sizeHint().width() for chip in self._chips]
        if not is_bare and self.total.text():
            parts.append(self.total.sizeHint().width())
        margins = self._row.contentsMargins()
        return sum(parts) + 2 * sizes.unit * len(parts) + margins.left() + margins.right()
