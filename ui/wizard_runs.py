"""Pages of the first-run wizard that read: reference data, and a preview. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from core.desk import Desk
from core.desk_views import PlanView
from core.errors import CATALOGUE, Stopped
from core.facade import SyncOrder
from core.words import area
from ui import formats, mapping_lists, theme
from ui.bridge import Bridge, Ticket
from ui.details_pane import clear
from ui.list_spec import Query
from ui.mapping_lists import KINDS
from ui.widgets import (
    Facts,
    FigureCard,
    ProgressLine,
    QuotedBox,
    TextLabel,
)
from ui.wizard_start import WizardPage, safe_line

say = area(__name__)

_LOOK_MS = 400
_EVERY = 10**9
_SEVERAL = say("an_invoice_with_several_causes_counts")
_MEDIUM = theme.Weight.Medium


class RunPage(WizardPage):
    """A page whose test is a run that writes nothing; its progress stands on the page."""

    orders: Sequence[SyncOrder] = ()
    busy_word = say("reading")

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self._asked: Ticket | None = None
        self._is_good = False
        self.phase = TextLabel("", weight=theme.Weight.DemiBold, is_wrapped=True)
        self.bar = ProgressLine(say("progress"))
        self.bar.hide()
        self.found = QVBoxLayout()
        self.found.setSpacing(theme.sizes().unit * 3)
        self.body.addWidget(self.phase)
        self.body.addWidget(self.bar)
        self.body.addLayout(self.found)
        self.body.addStretch(1)
        self._tick = QTimer(self)
        self._tick.setInterval(_LOOK_MS)
        self._tick.timeout.connect(self._show_progress)

    def enter(self) -> None:
        """Says what will be done; what was found before is shown again."""
        self._say(self._words())
        self._set_good(is_good=self._is_good)
        if self._is_good:
            self._show_found()

    def leave(self) -> None:
        """The run goes on; its answer is not wanted here any more."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        self._end()

    def test(self) -> None:
        """The first time it runs, then it lets go on."""
        if self._is_good:
            self.passed.emit()
            return
        self.busy_changed.emit(self.busy_word)
        self.bar.show()
        self._tick.start()
        work = partial(_run_all, self.desk, self.orders)
        self._asked = self.bridge.call_later(self, work, self._ran, self._not_ran)

    def _ran(self, errors: list[str]) -> None:
        self._asked = None
        self._end()
        if errors:
            self._say(say("nothing_was_written", errors=errors[0]))
            return
        self._set_good(is_good=True)
        self._show_found()

    def _not_ran(self, error: BaseException) -> None:
        self._asked = None
        self._end()
        if isinstance(error, Stopped):
            self._say(say("stopped_nothing_was_written"))
            return
        self.failed(error)

    def _end(self) -> None:
        self._tick.stop()
        self.bar.hide()
        self.busy_changed.emit("")
        self._say(self._words())

    def _set_good(self, *, is_good: bool) -> None:
        self._is_good = is_good
        self.verb = say("continue") if is_good else type(self).verb
        self.verb_changed.emit(self.verb)

    def _show_progress(self) -> None:
        view = self.desk.progress()
        if view is None:
            return
        self.bar.setRange(0, max(1, view.total))
        self.bar.setValue(view.done)
        count = f": {formats.count(view.done)}" if view.done else ""
        of = say("of", count=formats.count(view.total)) if view.total else ""
        self._say(f"{view.phase}{count}{of}")

    def _say(self, words: str) -> None:
        self.phase.setText(words)
        self.phase.setVisible(bool(words))

    def _words(self) -> str:
        return ""

    def _show_found(self) -> None:
        """Show what the run found."""


class ReferencePage(RunPage):
    """Reads suppliers, vendors, accounts, dimensions and codes."""

    step = say("reference_data")
    question = say("what_do_both_systems_call_things")
    sentence = say("crossfoot_reads_suppliers_accounts_and")
    verb = say("read_now")
    orders = (
        SyncOrder(only="reference", preview=True),
        SyncOrder(only="suppliers", preview=True),
    )

    def enter(self) -> None:
        """What an earlier run has read counts as well."""
        super().enter()
        self.bridge.read_later(self, partial(_read_counts, self.desk), self._take, self.failed)

    def _take(self, counts: Counts) -> None:
        if any(counts.x3.values()):
            self._set_good(is_good=True)
            self._show_counts(counts)

    def _words(self) -> str:
        return "" if self._is_good else say("it_takes_a_minute_or_two_once")

    def _show_found(self) -> None:
        self.bridge.read_later(
            self, partial(_read_counts, self.desk), self._show_counts, self.failed
        )

    def _show_counts(self, counts: Counts) -> None:
        self._say("")
        clear(self.found)
        titles = zip(
            KINDS, (say("suppliers"), say("accounts"), say("dimension_values")), strict=True
        )
        self._add_figures(say("in_sage_x3"), [(title, counts.x3[kind]) for kind, title in titles])
        there = [(say("vendors"), counts.vendors), (say("account_codes"), counts.accounts),
                 (say("other_codes"), counts.codes)]  # fmt: skip
        self._add_figures(say("in_avidxchange"), there)
        self.said = formats.counted(counts.x3["vendors"], "supplier")

    def _add_figures(self, where: str, figures: Sequence[tuple[str, int]]) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.sizes().unit * 3)
        for title, count in figures:
            row.addWidget(FigureCard(title, formats.count(count), where), 1)
        self.found.addLayout(row)


class PreviewPage(RunPage):
    """One run that plans and writes nothing."""

    step = say("preview")
    question = say("what_would_be_sent")
    sentence = say("crossfoot_reads_the_invoices_plans_and")
    verb = say("preview")
    busy_word = say("reading")
    orders = (SyncOrder(preview=True),)

    def _words(self) -> str:
        return "" if self._is_good else say("the_first_reading_of_all_invoices_may")

    def _show_found(self) -> None:
        self.bridge.read_later(self, self.desk.plan, self._show_plan, self.failed)

    def _show_plan(self, plan: PlanView | None) -> None:
        clear(self.found)
        if plan is None:
            self.found.addWidget(TextLabel(say("there_is_nothing_to_send_yet")))
            self.said = say("nothing_to_send")
            return
        self._say("")
        self.found.addLayout(_figures(plan))
        if plan.reasons:
            box = QuotedBox()
            waiting = sum(count for _, count in plan.left_out)
            title = say("not_in_this_plan_by_cause", counted=formats.counted(waiting, "invoice"))
            box.body.addWidget(TextLabel(title, weight=_MEDIUM))
            box.body.addWidget(Facts(_reasons(plan), label_width=40))
            if sum(count for _, count in plan.reasons) > waiting - _excluded(plan):
                box.body.addWidget(TextLabel(_SEVERAL, tone="muted"))
            self.found.addWidget(box)
        self.found.addWidget(safe_line(say("this_plan_is_kept_it_is_carried")))
        self.said = formats.counted(plan.actions, "action")


def _reasons(plan: PlanView) -> list[tuple[str, str]]:
    """How many invoices are left out for which reason, those that are excluded at the end."""
    counted = [(count, f"{CATALOGUE[code].title} ({code})") for code, count in plan.reasons[:6]]
    if excluded := _excluded(plan):
        counted.append((excluded, say("excluded_settled_before_out_of_scope_or")))
    width = max(len(formats.count(count)) for count, _ in counted)
    # Figures stand under each other: a figure space is as wide as a figure.
    return [(formats.count(count).rjust(width, "\u2007"), words) for count, words in counted]


def _excluded(plan: PlanView) -> int:
    return dict(plan.left_out).get("excluded", 0)


def _figures(plan: PlanView) -> QGridLayout:
    """The plan in figures: actions, invoices with their amounts, vendors, what is left out."""
    grid = QGridLayout()
    grid.setSpacing(theme.sizes().unit * 3)
    amounts = ", ".join(
        formats.money(mapping_lists.exact(total), currency)
        for currency, total in plan.amounts.items()
    )
    kinds = plan.kinds
    waiting = sum(count for _, count in plan.left_out)
    cards = (
        (say("invoices_to_send"), kinds.get("invoice", 0), amounts),
        (say("vendors_to_create_or_update"), kinds.get("vendor", 0), ""),
        (say("written_to_sage_x3"), kinds.get("approval", 0) + kinds.get("payment", 0), ""),
        (say("not_in_this_plan"), waiting, say("each_with_its_reason")),
    )
    for at, (title, count, words) in enumerate(cards):
        grid.addWidget(FigureCard(title, formats.count(count), words), at // 2, at % 2)
    return grid


def _run_all(desk: Desk, orders: Sequence[SyncOrder]) -> list[str]:
    """Carries out runs one after the other; sentences on what went wrong. On a pool's thread."""
    for order in orders:
        result = desk.sync(order)
        errors = [str(entry["text"]) for entry in result.report["errors"]]
        if errors:
            return errors
    return []


@dataclass(frozen=True, slots=True)
class Counts:
    """How many codes each system has shown; those of X3 by kind of mapping."""

    x3: Mapping[str, int]
    vendors: int
    accounts: int
    codes: int


def _read_counts(desk: Desk) -> Counts:
    """Counts what has been read; on the reader thread."""
    x3 = {kind: desk.source(kind).count(Query()) for kind in KINDS}
    there = (len(desk.search_codes(kind, "", _EVERY)) for kind in KINDS)
    return Counts(x3, *there)
