"""Beside the documents: who made the statement, what changed since the last, and the sign-off."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QWidget

from core.desk_reconcile_views import StatementView
from core.words import area
from ui import formats, frame_words, list_text, theme
from ui import tab_reconcile_words as words
from ui.dialogs import ConfirmDialog, Question
from ui.widgets import Button, Card, ElidingLabel, Hairline, IconLabel, LineEdit, TextLabel

say = area(__name__)


class _Fact(QWidget):
    """A line of icon, words and a muted end."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self._icon = IconLabel("circle-dashed")
        self.text = ElidingLabel("")
        self.end = TextLabel("", tone="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(room.unit * 2)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.end)

    def show_fact(self, icon: str, tone: str, text: str, end: str) -> None:
        """Say something else."""
        self._icon.set_icon(icon, tone)
        self.text.setText(text)
        self.end.setText(end)


class SignCard(Card):
    """One statement's sign-off. `signed` has the reviewer's name and the note for the file."""

    signed = Signal(str, str)
    changes_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(say("sign_off"))
        self._view: StatementView | None = None
        self._figures: tuple[tuple[str, str], ...] = ()
        self.prepared, self.changed, self.reviewed = _Fact(), _Fact(), _Fact()
        self.changes_button = Button(say("show"), kind="link")
        self.sentence = TextLabel("", is_wrapped=True)
        self.looked_box = QCheckBox("")
        self.note = LineEdit(say("note_for_the_file"), name=say("note_for_the_file"))
        self.sign_button = Button(say("sign_off_2"), kind="primary", icon="signature")
        changed = QHBoxLayout()
        changed.setSpacing(theme.sizes().unit)
        changed.addWidget(self.changed, 1)
        changed.addWidget(self.changes_button)
        self.body.addWidget(self.prepared)
        self.body.addLayout(changed)
        self.body.addWidget(self.reviewed)
        self.body.addWidget(Hairline())
        for part in (self.sentence, self.looked_box, self.note, self.sign_button):
            self.body.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.changes_button.clicked.connect(self.changes_wanted)
        self.looked_box.toggled.connect(self._check)
        self.note.textChanged.connect(self._check)
        self.sign_button.clicked.connect(self.ask)

    def show_view(self, view: StatementView, figures: tuple[tuple[str, str], ...]) -> None:
        """Another statement, or the same one anew; `figures` stand in the confirmation."""
        is_other = self._view is None or view.id != self._view.id
        self._view, self._figures = view, figures
        self.set_title(say("sign_off_3", month=words.month(view.period)))
        made = formats.moment(frame_words.instant(view.made_at))
        self.prepared.show_fact("circle-check", "muted", say("prepared_by", by=view.by), made)
        self._show_changed(view)
        self._show_reviewed(view)
        if is_other:
            self.looked_box.setChecked(False)
            self.note.clear()
        self._check()

    def _show_changed(self, view: StatementView) -> None:
        counted = formats.counted(view.changed, "document")
        self.changed.show_fact("file-diff", "muted", say("changed", counted=counted), "")
        self.changed.setVisible(bool(view.before))
        self.changes_button.setVisible(bool(view.before and view.changed))

    def _show_reviewed(self, view: StatementView) -> None:
        is_signed = bool(view.signed_by)
        if is_signed:
            at = formats.moment(frame_words.instant(view.signed_at))
            self.reviewed.show_fact(
                "circle-check", "ok", say("reviewed_by", signed_by=view.signed_by), at
            )
            self.sentence.setText(view.note or say("signed_without_a_note"))
        else:
            self.reviewed.show_fact(
                "circle-dashed", "muted", say("reviewed_by_2"), say("nobody_yet")
            )
            self.sentence.setText(words.refusal(view) or words.promise(view))
        causes = len({words.key_of(line) for line in view.causes})
        self.looked_box.setText(
            say("i_have_looked_at_all", counted=formats.counted(causes, "cause"))
        )
        self.looked_box.setVisible(view.may_sign and causes > 0)
        self.note.setVisible(view.may_sign)
        self.sign_button.setVisible(not is_signed)

    def _check(self, *_: object) -> None:
        view = self._view
        if view is None:
            return
        if why := words.refusal(view):
            self.sign_button.refuse(why)
        elif view.causes and not self.looked_box.isChecked():
            self.sign_button.refuse(say("say_first_that_you_have_looked_at"))
        elif not view.is_explained and not self.note.text().strip():
            self.sign_button.refuse(say("say_in_the_note_why_what_is"))
        else:
            self.sign_button.allow(say("asks_for_the_reviewers_name"))

    def ask(self) -> ConfirmDialog | None:
        """Ask for the reviewer's name; signing cannot be taken back."""
        view = self._view
        if view is None:
            return None
        name = words.month(view.period)
        dialog = ConfirmDialog(
            Question(
                say("sign_off_4", name=name),
                say("the_statement_is_kept_as_it_is"),
                say("sign_off_5", name=name),
                facts=(*self._figures, (say("statement"), view.hash[:12])),
                icon="signature",
                reason_label=say("reviewers_name"),
                reason_hint=say("it_stands_under_the_statement_and_in"),
                safe=say("neither_system_is_written"),
                leave=say("not_now"),
            ),
            self,
        )
        dialog.confirmed.connect(self._confirmed)
        dialog.open()
        return dialog

    def _confirmed(self, reviewer: str) -> None:
        self.sign_button.set_busy(say("signing"))
        self.signed.emit(reviewer, self.note.text().strip())

    def show_idle(self) -> None:
        """What was asked for has ended."""
        self.sign_button.set_busy("")
        self._check()


def figures_of(view: StatementView) -> tuple[tuple[str, str], ...]:
    """The balances of a statement, one fact a currency."""
    found = []
    for currency in words.currencies(view):
        sums = words.equation(view, currency, words.STEPS[0])
        text = say(
            "in_x3_in_avidxchange_unexplained",
            sums=sums.shown(sums.first),
            sums2=sums.shown(sums.second),
            sums3=sums.shown(sums.unexplained),
        )
        found.append((say("in", currency=currency), text))
    return tuple(found) or ((say("open"), list_text.totals({"": "0.00"}).strip()),)
