"""What a document may be linked to, one below the other, each with both sides' facts to compare."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from core.desk_views import CandidateView, EvidenceView
from core.words import area
from ui import theme
from ui.details_pane import clear
from ui.review_words import shown_fact
from ui.widgets import Evidence, EvidenceRow, TextLabel

say = area(__name__)

_EVIDENCE_WIDTH = 720


class CandidateList(QWidget):
    """`chosen` has the id of the one that was taken; one alone is taken at once."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[CandidateView, ...] = ()
        self.buttons: list[QRadioButton] = []
        self._group = QButtonGroup(self)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(theme.sizes().unit * 2)
        self.setAccessibleName(say("what_it_may_be_linked_to"))
        self.hide()

    def show_candidates(self, candidates: Sequence[CandidateView]) -> None:
        """Shows these; the same again changes nothing, so that a choice stays."""
        if tuple(candidates) == self._shown:
            return
        self._shown = tuple(candidates)
        for button in self.buttons:
            self._group.removeButton(button)
        self.buttons = []
        clear(self._lines)
        for candidate in candidates:
            self._add(candidate)
        self.setVisible(bool(candidates))
        if len(self.buttons) == 1:
            self.buttons[0].setChecked(True)

    def forget(self) -> None:
        """Nothing is shown, for another item."""
        self.show_candidates(())

    def _add(self, candidate: CandidateView) -> None:
        if candidate.target:
            button = QRadioButton(candidate.title)
            button.setFont(theme.font(1.0, theme.Weight.Medium))
            button.setAccessibleDescription(candidate.note)
            button.setProperty("target", candidate.target)
            button.toggled.connect(self._take)
            self._group.addButton(button)
            self.buttons.append(button)
            self._lines.addWidget(button)
        else:
            self._lines.addWidget(TextLabel(candidate.title, weight=theme.Weight.Medium))
        if candidate.note:
            note = f"{candidate.note[:1].upper()}{candidate.note[1:]}."
            self._lines.addWidget(TextLabel(note, tone="muted", is_wrapped=True))
        if candidate.evidence:
            there = "AvidXchange" if candidate.target else say("the_other_one")
            self._lines.addWidget(evidence_table(candidate.evidence, (say("sage_x3"), there)))

    def _take(self, is_chosen: bool) -> None:  # noqa: FBT001 - a signal's argument
        if is_chosen:
            self.chosen.emit(str(self.sender().property("target")))


def evidence_table(
    facts: Sequence[EvidenceView], sides: tuple[str, str] = (say("sage_x3"), "AvidXchange")
) -> Evidence:
    """Both sides' facts as people read them, with what agrees."""
    rows = [
        EvidenceRow(
            one.name, shown_fact(one.name, one.x3), shown_fact(one.name, one.avidxchange),
            one.verdict,
        )
        for one in facts
    ]  # fmt: skip
    table = Evidence(rows, sides)
    table.setMaximumWidth(theme.sizes().scaled(_EVIDENCE_WIDTH))
    return table
