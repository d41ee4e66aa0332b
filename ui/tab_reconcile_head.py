"""Over a statement: which month, company and currency, and the equation it has to satisfy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from core.desk_reconcile_views import ChoicesView, StatementView
from core.words import area
from ui import formats, theme
from ui import tab_reconcile_words as words
from ui.widgets import Button, Combo, FigureCard, TextLabel

say = area(__name__)

_SIGN_RATIO = 1.35


class ChoiceRow(QWidget):
    """Month, company and currency with the commands on the whole statement.

    `chosen` tells of another month or company, `currency_chosen` of another currency. `run_wanted`
    has whether both sides are to be taken as they stand now.
    """

    chosen = Signal()
    currency_chosen = Signal()
    run_wanted = Signal(bool)
    export_wanted = Signal()
    evidence_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.period = Combo(say("month"), icon="calendar")
        self.company = Combo(say("company"))
        self.currency = Combo(say("currency"))
        self.fact = TextLabel("", tone="muted", is_wrapped=True)
        self.run_button = Button(say("run_again"), icon="refresh")
        self.export_button = Button(say("export"), icon="file-export")
        self.evidence_button = Button(say("evidence"), icon="package")
        self.evidence_button.setToolTip(say("what_an_auditor_takes_away_of_this"))
        self._menu = QMenu(self)
        self.turn_action = self._offer(
            say("balances_at_the_months_turn_where_they"), is_today=False
        )
        self.today_action = self._offer(say("balances_as_both_sides_stand_now"), is_today=True)
        self.run_button.set_menu(self._menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        row.setSpacing(room.unit * 2)
        for part in (self.period, self.company, self.currency):
            part.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            row.addWidget(part)
        row.addWidget(self.fact, 1)
        row.addWidget(self.run_button)
        row.addWidget(self.export_button)
        row.addWidget(self.evidence_button)
        self.fact.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.period.activated.connect(self._choose)
        self.company.activated.connect(self._choose)
        self.currency.activated.connect(self._choose_currency)
        self.export_button.clicked.connect(self.export_wanted)
        self.evidence_button.clicked.connect(self.evidence_wanted)

    def _offer(self, text: str, *, is_today: bool) -> QAction:
        action = self._menu.addAction(text)
        action.triggered.connect(lambda _=False: self.run_wanted.emit(is_today))
        return action

    # -- what can be chosen ------------------------------------------------------------------

    def show_choices(self, choices: ChoicesView) -> None:
        """Offer these months and companies; what was chosen stays where it is still there."""
        period = self.chosen_period or words.month_to_offer(choices.months)
        company = self.chosen_company
        _fill(self.period, [(words.month(name), name) for name in choices.months], period)
        several = [(words.ALL_COMPANIES, "")] if len(choices.companies) != 1 else []
        _fill(self.company, [*several, *((name, name) for name in choices.companies)], company)

    def show_currencies(self, names: Sequence[str]) -> None:
        """Offer these currencies; the one in sight stays where it is still there."""
        _fill(self.currency, [(name, name) for name in names], self.chosen_currency)
        self.currency.setVisible(bool(names))

    @property
    def chosen_period(self) -> str:
        """The month as `YYYY-MM`; empty before there are any."""
        return str(self.period.currentData() or "")

    @property
    def chosen_company(self) -> str:
        """The company; empty for all."""
        return str(self.company.currentData() or "")

    @property
    def chosen_currency(self) -> str:
        """The currency; empty while there is no statement."""
        return str(self.currency.currentData() or "")

    def choose(self, period: str, company: str = "") -> None:
        """Choose a month and a company as a person does."""
        self.period.setCurrentIndex(self.period.findData(period))
        self.company.setCurrentIndex(max(0, self.company.findData(company)))
        self.chosen.emit()

    def show_statement(self, view: StatementView | None, *, has_ended: bool) -> None:
        """Say which balances are in sight and what can be done with them."""
        self.fact.setText(words.read_fact(view) if view is not None else "")
        self.fact.setToolTip(words.read_tip(view) if view is not None else "")
        for part in (self.run_button, self.export_button, self.evidence_button):
            part.setVisible(view is not None)
        self.turn_action.setEnabled(has_ended)

    def show_running(self, *, is_running: bool) -> None:
        """While a statement is made nothing else is chosen."""
        self.run_button.set_busy(say("running") if is_running else "")
        for part in (self.period, self.company, self.export_button, self.evidence_button):
            part.setEnabled(not is_running)

    def _choose(self, _at: int) -> None:
        self.chosen.emit()

    def _choose_currency(self, _at: int) -> None:
        self.currency_chosen.emit()


def _fill(combo: Combo, pairs: Sequence[tuple[str, str]], chosen: str) -> None:
    combo.clear()
    for text, value in pairs:
        combo.addItem(text, value)
    combo.setCurrentIndex(max(0, combo.findData(chosen)) if pairs else -1)
    combo.updateGeometry()


class EquationRow(QWidget):
    """`X3 = AvidXchange + explained + unexplained`, or the same one step on, as figure cards."""

    def __init__(self) -> None:
        super().__init__()
        room = theme.sizes()
        self.cards = {
            name: FigureCard(title, formats.NONE, " ")
            for name, title in (
                ("x3", say("open_in_sage_x3")),
                ("avidxchange", say("open_in_avidxchange")),
                ("payments", say("still_to_leave_the_bank")),
                ("explained", say("explained_differences")),
                ("unexplained", say("unexplained")),
            )
        }
        self._signs = {name: TextLabel("", ratio=_SIGN_RATIO, tone="muted") for name in self.cards}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(room.unit * 2)
        for name, card in self.cards.items():
            row.addWidget(self._signs[name])
            row.addWidget(card, 1)

    def show_figures(self, sums: words.Equation, step: str) -> None:
        """The figures of one step."""
        is_first = step == words.STEPS[0]
        first, second = ("x3", "avidxchange") if is_first else ("avidxchange", "payments")
        for name, sign in (
            (first, ""), (second, "="), ("explained", "+"), ("unexplained", "+"),
        ):  # fmt: skip
            self._signs[name].setText(sign)
        for name, card in self.cards.items():
            is_in = name in {first, second, "explained", "unexplained"}
            card.setVisible(is_in)
            self._signs[name].setVisible(is_in and name != first)
        nouns = {"x3": say("open_item"), "avidxchange": "invoice", "payments": "payment"}
        for name, value, count in (
            (first, sums.first, sums.first_count), (second, sums.second, sums.second_count),
        ):  # fmt: skip
            note = formats.counted(count, nouns[name])
            self.cards[name].set_figure(sums.shown(value), note)
        causes = formats.counted(sums.causes, "cause")
        documents = formats.counted(sums.documents, "document")
        explained = f"{documents}, {causes}" if sums.causes else say("no_difference")
        self.cards["explained"].set_figure(sums.shown(sums.explained), explained)
        verb = "has" if sums.loose == 1 else "have"
        loose = say("no_cause", counted=formats.counted(sums.loose, "document"), verb=verb)
        self.cards["unexplained"].set_figure(
            sums.shown(sums.unexplained),
            loose if sums.loose else say("every_cent_has_a_cause"),
            tone="warn" if sums.loose else "ok",
        )
