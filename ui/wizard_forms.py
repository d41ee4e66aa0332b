"""Pages of the first-run wizard with fields: both systems, start date and scope.

A page is tested before it is left: what was typed is checked and saved, then the system is asked,
and what is found stands on the page as it is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain

from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from core.desk import Desk
from core.words import area
from ui import connection_fields, formats
from ui.bridge import Bridge
from ui.check_run import Check, CheckRun
from ui.connection_page import Saved, read_saved, save_all
from ui.health_panel import CheckList
from ui.settings_form import Group, SettingsForm
from ui.soon import Soon
from ui.widgets import Banner, Panel
from ui.wizard_start import WizardPage

say = area(__name__)

_LAID_OUT_MS = 60
_START = "workspace.start_date"
_SCOPE = (
    Group("", (("workspace.name", _START),)),
    Group(
        say("what_is_meant_for_avidxchange"),
        (
            ("scope.currencies", "scope.payment_methods"),
            ("scope.supplier_categories", "scope.invoice_types"),
            ("x3.approval.approved", "workspace.ceiling"),
        ),
    ),
)


class FormPage(WizardPage):
    """Fields that are saved and checked when the page is left."""

    groups: Sequence[Group] = ()
    sides: tuple[str, ...] = ()
    verb = say("test_and_continue")

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self.form: SettingsForm | None = None
        self._start = ""
        self._place = QVBoxLayout()
        self.body.addLayout(self._place)
        self.panel = Panel()
        self.lists = [CheckList(side) for side in self.sides]
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        for each in self.lists:
            lines.addWidget(each)
        self.panel.set_content(inside)
        self.panel.hide()
        self.banner = Banner("bad", "shield-x", " ", " ")
        self.banner.hide()
        self.body.addWidget(self.panel)
        self.body.addWidget(self.banner)
        self.body.addStretch(1)
        self._run: CheckRun | None = None
        self._is_warned = False
        self._soon = Soon(self, self._reveal, _LAID_OUT_MS)

    def enter(self) -> None:
        """Shows what is saved."""
        if self.form is None:
            read = partial(read_saved, self.desk)
            self.bridge.read_later(self, read, self._take_saved, self.failed)
        else:
            self.form.focus_on(self.form.keys[0])

    def leave(self) -> None:
        """No more is asked of the system."""
        if self._run is not None:
            self._run.cancel()
            self._run = None
        self.busy_changed.emit("")

    def _take_saved(self, saved: Saved) -> None:
        fields, stored = saved
        self._start = next((view.value for view in fields if view.key == _START), "")
        self.form = SettingsForm(self.groups, fields)
        self.form.set_stored(stored)
        self.form.changed.connect(self._edited)
        self._place.addWidget(self.form)
        if _START in self.form.keys and not self._start:
            self.form.set_value(_START, first_of_month())
        self.form.focus_on(self.form.keys[0])

    def _edited(self) -> None:
        self.banner.hide()
        self._set_warned(is_warned=False)

    def test(self) -> None:
        """Checks the fields, saves them, asks the system; `passed` when all of it is well."""
        form = self.form
        if form is None:
            return
        if self._is_warned:
            self._pass()
            return
        missing = [name for name in form.secret_names() if not form.is_stored(name)]
        empty = {
            name: say("type_it_it_is_not_stored_yet") for name in missing if not form.value(name)
        }
        form.set_problems(empty)
        if empty:
            form.focus_on(next(iter(empty)))
            return
        changes = form.changes()
        if not self._start and _START not in form.keys:
            # A page can only be tried with settings that are whole; the date is asked for later.
            changes = changes | {_START: first_of_month()}
        self.busy_changed.emit(say("testing"))
        save = partial(_save_page, self.desk, changes, form.secrets(), tuple(form.keys))
        self.bridge.call_later(self, save, self._saved, self.failed)

    def _saved(self, wrong: Mapping[str, str]) -> None:
        form = self.form
        if form is None:
            return
        found = form.set_problems(wrong)
        if wrong:
            self.busy_changed.emit("")
            if found:
                form.focus_on(found[0])
            else:
                key, why = next(iter(wrong.items()))
                self._tell("bad", say("is_not_right", key=key), why)
            return
        self._start = self._start or first_of_month()
        self.bridge.read_later(self, partial(read_saved, self.desk), self._refill, self.failed)

    def _refill(self, saved: Saved) -> None:
        fields, stored = saved
        if self.form is not None:
            self.form.changed.disconnect(self._edited)
            self.form.refill(fields, stored)
            self.form.set_problems({})
            self.form.changed.connect(self._edited)
        self._ask({view.key: view.problem for view in fields if view.problem})

    def _ask(self, missing: Mapping[str, str]) -> None:
        """Asks the systems of this page, as far as the settings let them be asked."""
        if missing:
            # The other system is asked for on the next page, and both are tried there.
            self.busy_changed.emit("")
            self._pass()
            return
        self.panel.show()
        self.banner.hide()
        for each in self.lists:
            each.begin()
        make = partial(_checks, self.desk, self.sides)
        self._run = CheckRun(self.bridge, make, self.sides[0], self)
        self._run.found.connect(self._found)
        self._run.ended.connect(self._ended)
        self._run.start()

    def _found(self, check: Check, took_s: float) -> None:
        for each in self.lists:
            if each.side == check.side:
                each.add(check, took_s)
        self._soon.start()

    def _ended(self, is_good: bool) -> None:  # noqa: FBT001 - a signal's argument
        self._run = None
        self.busy_changed.emit("")
        for each in self.lists:
            each.end()
        failed = next((each.failed for each in self.lists if each.failed), None)
        warned = next((each.warned for each in self.lists if each.warned), None)
        if failed is not None:
            self._tell(
                "bad", failed.cause, say("nothing_was_written", remedy=failed.remedy).lstrip()
            )
        elif warned is not None:
            self._tell("warn", warned.cause, warned.remedy)
            self._set_warned(is_warned=True)
        elif is_good:
            self._pass()

    def _set_warned(self, *, is_warned: bool) -> None:
        self._is_warned = is_warned
        self.verb = say("continue_all_the_same") if is_warned else type(self).verb
        self.verb_changed.emit(self.verb)

    def _tell(self, kind: str, title: str, sentence: str) -> None:
        self.banner.set_look(kind, "shield-x" if kind == "bad" else "alert-triangle")
        self.banner.set_words(title, sentence)
        self.banner.show()
        self._soon.start()

    def _reveal(self) -> None:
        """What was found is in sight, however small the window is."""
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QScrollArea):
            parent = parent.parentWidget()
        if parent is not None:
            shown = self.banner if self.banner.isVisible() else self.panel
            parent.ensureWidgetVisible(shown, 0, 8)

    def _pass(self) -> None:
        self.said = self.summary()
        self.passed.emit()

    def summary(self) -> str:
        """A few words for the rail."""
        return ""


class X3Page(FormPage):
    """Where Sage X3 is and who asks."""

    step = say("sage_x3")
    question = say("where_is_your_sage_x3")
    sentence = say("paste_the_address_you_use_in_the")
    verb = say("continue")
    groups = connection_fields.MAIN["x3"]
    sides = ("x3",)

    def summary(self) -> str:
        """The folder."""
        return self.form.value("x3.endpoint") if self.form is not None else ""


class AvidPage(FormPage):
    """Where AvidXchange is and who asks; both systems are tried here."""

    step = "AvidXchange"
    question = say("where_is_your_avidxchange")
    sentence = say("as_it_stands_in_the_letter_with")
    groups = connection_fields.MAIN["avidxchange"]
    sides = ("x3", "avidxchange")

    def summary(self) -> str:
        """The organisation."""
        return self.form.value("avidxchange.company_id") if self.form is not None else ""


class ScopePage(FormPage):
    """From when on, and what of it."""

    step = say("start_date")
    question = say("from_which_day_on")
    sentence = say("invoices_accounted_before_the_start")
    groups = _SCOPE
    sides = ("workspace",)

    def summary(self) -> str:
        """The day."""
        return day_words(self.form.value(_START)) if self.form is not None else ""


def day_words(text: str) -> str:
    """A day of the settings as people here write it."""
    try:
        return formats.day(date.fromisoformat(text))
    except ValueError:
        return text


def first_of_month() -> str:
    """The first day of this month where the person sits: no invoice of a closed month is sent."""
    return datetime.now(UTC).astimezone().date().replace(day=1).isoformat()


def _save_page(
    desk: Desk, changes: Mapping[str, str], secrets: Mapping[str, str], keys: tuple[str, ...]
) -> dict[str, str]:
    """Saves a page; key -> what is wrong among its fields, also those that were left empty."""
    if changes:
        found = desk.check_settings(changes)
        wrong = {key: why for key, why in found.items() if key in changes or key in keys}
        if wrong:
            return wrong
    elif not desk.is_demo:
        own = {view.key: view.problem for view in desk.settings_form() if view.problem}
        wrong = {key: why for key, why in own.items() if key in keys}
        if wrong:
            return wrong
    return save_all(desk, changes, secrets)


def _checks(desk: Desk, sides: tuple[str, ...]) -> Iterator[Check]:
    """The checks of these sides, one after the other."""
    if "workspace" in sides:
        made: Iterator[Check] = desk.doctor()
        yield from _until(made, "workspace")
        return
    yield from chain.from_iterable(desk.test_side(side) for side in sides)


def _until(checks: Iterator[Check], side: str) -> Iterator[Check]:
    """The first checks, which are those of this computer; no system is asked."""
    for check in checks:
        if check.side != side:
            return
        yield check
