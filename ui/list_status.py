"""What a list says about itself: counts and totals, nothing found, not readable.

Only words and which of them stand; the rows are the model's.
"""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.words import area
from ui import formats, list_text, measures
from ui.list_filter_row import FilterRow
from ui.list_spec import Figures
from ui.list_states import TableArea
from ui.models import PagedModel
from ui.widgets_buttons import Button
from ui.widgets_cards import Banner

say = area(__name__)


class ListStatus(QObject):
    """Follows the model and keeps filter row, cover and fault banner true to it.

    `place` holds the banner and belongs between filter row and table.
    """

    def __init__(
        self, model: PagedModel, filter_row: FilterRow, area: TableArea, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._spec = model.spec
        self._filter_row = filter_row
        self._area = area
        self._problem: BaseException | None = None
        self._empty_words = (
            say("no_yet", noun=self._spec.noun[1]),
            say("they_stand_here_as_soon_as_there"),
        )
        again = Button(say("try_again"))
        again.clicked.connect(model.reload)
        self.fault = Banner("bad", "alert-circle", say("not_read"), say("not_read_2"), (again,))
        sizes = measures.sizes()
        self.place = QWidget()
        inset = QVBoxLayout(self.place)
        inset.setContentsMargins(sizes.margin, 0, sizes.margin, 3 * sizes.unit)
        inset.addWidget(self.fault)
        self.place.hide()
        model.busy_changed.connect(self.show)
        model.problem_changed.connect(self._take_problem)
        model.figures_changed.connect(self._show_figures)
        area.button.clicked.connect(self._help_out)

    def set_empty(self, title: str, sentence: str) -> None:
        """What a list without any row says."""
        self._empty_words = (title, sentence)
        self.show()

    def show(self, *_: object) -> None:
        """Says what holds now; rows that are there are never covered."""
        has_rows = self._model.rowCount() > 0
        self.place.setVisible(self._problem is not None and has_rows)
        if self._problem is not None:
            title, sentence = self._words_of(self._problem)
            self.fault.set_words(title, sentence)
            if not has_rows:
                self._area.show_words("alert-circle", "bad", title, sentence, say("try_again"))
                return
        if has_rows:
            self._area.show_rows()
        elif self._model.is_busy or not self._model.has_read:
            self._area.show_reading()
        elif self._model.query.is_restricted:
            title = say("no_match", noun=self._spec.noun[1])
            self._area.show_words("search", "wait", title, self._searched(), say("show_all"))
        else:
            self._area.show_words("list-details", "wait", *self._empty_words, "")

    def _take_problem(self, error: BaseException | None) -> None:
        self._problem = error
        self.show()

    def _searched(self) -> str:
        everything = self._model.figures.everything
        if everything is None:
            return say("nothing_matches_what_was_asked")
        counted = self._spec.counted(everything, formats.count(everything))
        return say("searched_nothing_matches_what_was_asked", counted=counted)

    def _help_out(self) -> None:
        if self._problem is not None:
            self._model.reload()
        else:
            self._filter_row.clear()

    def _show_figures(self, figures: Figures) -> None:
        if figures.matched is None:
            return
        shown = formats.count(figures.matched)
        if self._model.query.is_restricted and figures.everything is not None:
            said = say("of", shown=shown, count=formats.count(figures.everything))
        else:
            said = self._spec.counted(figures.matched, shown)
        sums = list_text.totals(figures.totals)
        self._filter_row.show_figures(said, sums, sums)
        if not self._model.rowCount():
            self.show()

    def _words_of(self, error: BaseException) -> tuple[str, str]:
        """What could not be read, and why; an `AppError` says itself what to do."""
        title = say("the_could_not_be_read", noun=self._spec.noun[1])
        why = str(getattr(error, "why", "") or error).rstrip(".")
        fix = str(getattr(error, "fix", ""))
        return title, " ".join(
            part for part in (f"{why}.", fix, say("nothing_was_changed")) if part
        )
