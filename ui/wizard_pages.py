"""Pages of the first-run wizard that ask: demo or connect, both systems, start date and scope.

A page is tested before it is left: what was typed is checked and saved, then the system is asked,
and what is found stands on the page as it is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from core.desk import Desk
from ui import connection_fields, icons, painting, problems, theme
from ui.bridge import Bridge
from ui.connection_page import Saved, read_saved, save_all
from ui.health_panel import Check, CheckList, CheckRun
from ui.settings_form import Group, SettingsForm
from ui.widgets import Banner, IconLabel, Panel, TextLabel
from ui.wrapping import Wrapping

_START = "workspace.start_date"
_SCOPE = (
    Group("", (("workspace.name", _START),)),
    Group(
        "What is meant for AvidXchange",
        (
            ("scope.currencies", "scope.payment_methods"),
            ("scope.supplier_categories", "scope.invoice_types"),
            ("x3.approval.approved", "workspace.ceiling"),
        ),
    ),
)


class WizardPage(QWidget):
    """One page. `passed` lets the wizard go on; `verb_changed` says what the button would do."""

    passed = Signal()
    busy_changed = Signal(str)
    verb_changed = Signal(str)

    step = ""
    question = ""
    sentence = ""
    verb = "Continue"

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__()
        self.desk, self.bridge = desk, bridge
        self.said = ""
        room = theme.sizes()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(room.unit * 3)
        self.setAccessibleName(self.question)
        self.setAccessibleDescription(self.sentence)
        Wrapping(self)

    def enter(self) -> None:
        """The page comes into sight; it reads what it shows."""

    def leave(self) -> None:
        """The page goes out of sight; what it was asking is not wanted any more."""

    def test(self) -> None:
        """Find out whether the page may be left, then emit `passed`."""
        self.passed.emit()

    def failed(self, error: BaseException) -> None:
        """Something could not be done; the page stays."""
        self.busy_changed.emit("")
        problems.show(self, error)


class Way(QAbstractButton):
    """A large choice: icon, title and what it means."""

    def __init__(self, icon: str, title: str, sentence: str) -> None:
        super().__init__()
        self._icon, self._title, self._sentence = icon, title, sentence
        self.setText(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Title, and two lines of a sentence."""
        room = theme.sizes()
        return QSize(room.scaled(480), room.scaled(88))

    def minimumSizeHint(self) -> QSize:
        """Words wrap, so it may be narrower."""
        return QSize(theme.sizes().scaled(300), theme.sizes().scaled(88))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as a card; the chosen one as chosen."""
        painter = QPainter(self)
        room = theme.sizes()
        box = QRectF(self.rect())
        is_strong = theme.tokens().is_high_contrast
        name = "select" if self.isChecked() and not is_strong else "base"
        if self.underMouse() and not self.isChecked():
            name = "hover"
        edge = theme.colour("accent" if self.isChecked() else "edge")
        painting.rounded(painter, box, painting.CARD_RADIUS, theme.colour(name), edge)
        if self.hasFocus():
            painting.focus_ring(painter, box, painting.CARD_RADIUS)
        size = room.scaled(icons.DIALOG)
        place = QRectF(room.unit * 5, (box.height() - size) / 2, size, size)
        icons.paint(painter, self._icon, place, theme.colour("accent"))
        left = place.right() + room.unit * 4
        words = QRectF(left, room.unit * 3, box.width() - left - room.unit * 4, room.height + 4)
        bold = theme.font(1.05, theme.Weight.DemiBold)
        painting.draw_text(painter, words, self._title, bold, theme.colour("text"))
        below = QRectF(words.left(), words.bottom() + 2, words.width(), box.height())
        painter.setFont(theme.font())
        painter.setPen(theme.colour("muted"))
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.drawText(below, int(flags), self._sentence)


class WayPage(WizardPage):
    """The demo, or the real systems. `demo_wanted` ends the wizard."""

    demo_wanted = Signal()
    step = "Demo or connect"
    question = "How do you want to begin?"
    sentence = "Nothing is written to any system before the last step of this set-up."
    verb = "Open the demo"

    def __init__(self, desk: Desk, bridge: Bridge) -> None:
        super().__init__(desk, bridge)
        self.demo = Way(
            "flask",
            "Try the demo",
            "A simulated Sage X3 and AvidXchange on this computer. Nothing leaves it.",
        )
        self.connect_ = Way(
            "plug-connected",
            "Connect Sage X3 and AvidXchange",
            "Has the two addresses and sign-ins at hand? It takes about ten minutes, and you can "
            "finish later.",
        )
        for way in (self.demo, self.connect_):
            way.toggled.connect(self._show_verb)
            self.body.addWidget(way)
        self.body.addStretch(1)
        self.demo.setChecked(True)

    def enter(self) -> None:
        """The demo stands first; the keyboard is on what is chosen."""
        (self.demo if self.demo.isChecked() else self.connect_).setFocus()
        self._show_verb()

    def test(self) -> None:
        """The demo ends the wizard; to connect goes on."""
        if self.demo.isChecked():
            self.demo_wanted.emit()
            return
        self.said = "Connect"
        self.passed.emit()

    def _show_verb(self, *_: object) -> None:
        self.verb = "Open the demo" if self.demo.isChecked() else "Continue"
        self.verb_changed.emit(self.verb)


class FormPage(WizardPage):
    """Fields that are saved and checked when the page is left."""

    groups: Sequence[Group] = ()
    sides: tuple[str, ...] = ()
    verb = "Test and continue"

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
        empty = {name: "Type it; it is not stored yet." for name in missing if not form.value(name)}
        form.set_problems(empty)
        if empty:
            form.focus_on(next(iter(empty)))
            return
        changes = form.changes()
        if not self._start and _START not in form.keys:
            # A page can only be tried with settings that are whole; the date is asked for later.
            changes = changes | {_START: first_of_month()}
        self.busy_changed.emit("Testing")
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
                self._tell("bad", f"{key} is not right", why)
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

    def _ended(self, is_good: bool) -> None:  # noqa: FBT001 - a signal's argument
        self._run = None
        self.busy_changed.emit("")
        for each in self.lists:
            each.end()
        failed = next((each.failed for each in self.lists if each.failed), None)
        warned = next((each.warned for each in self.lists if each.warned), None)
        if failed is not None:
            self._tell("bad", failed.cause, f"{failed.remedy} Nothing was written.".lstrip())
        elif warned is not None:
            self._tell("warn", warned.cause, warned.remedy)
            self._set_warned(is_warned=True)
        elif is_good:
            self._pass()

    def _set_warned(self, *, is_warned: bool) -> None:
        self._is_warned = is_warned
        self.verb = "Continue all the same" if is_warned else type(self).verb
        self.verb_changed.emit(self.verb)

    def _tell(self, kind: str, title: str, sentence: str) -> None:
        self.banner.set_look(kind, "shield-x" if kind == "bad" else "alert-triangle")
        self.banner.set_words(title, sentence)
        self.banner.show()

    def _pass(self) -> None:
        self.said = self.summary()
        self.passed.emit()

    def summary(self) -> str:
        """A few words for the rail."""
        return ""


class X3Page(FormPage):
    """Where Sage X3 is and who asks."""

    step = "Sage X3"
    question = "Where is your Sage X3?"
    sentence = "Paste the address you use in the browser. Crossfoot asks there and nowhere else."
    groups = connection_fields.MAIN["x3"]
    sides = ("x3",)

    def summary(self) -> str:
        """The folder."""
        return self.form.value("x3.endpoint") if self.form is not None else ""


class AvidPage(FormPage):
    """Where AvidXchange is and who asks; both systems are tried here."""

    step = "AvidXchange"
    question = "Where is your AvidXchange?"
    sentence = "As it stands in the letter with your keys. Both systems are tried before you go on."
    groups = connection_fields.MAIN["avidxchange"]
    sides = ("x3", "avidxchange")

    def summary(self) -> str:
        """The organisation."""
        return self.form.value("avidxchange.company_id") if self.form is not None else ""


class ScopePage(FormPage):
    """From when on, and what of it."""

    step = "Start date"
    question = "From which day on?"
    sentence = "Invoices accounted before the start date are never sent. Empty fields mean all."
    groups = _SCOPE
    sides = ("workspace",)

    def summary(self) -> str:
        """The day."""
        return self.form.value(_START) if self.form is not None else ""


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


def note(icon: str, words: str) -> QWidget:
    """A muted line with its icon."""
    from PySide6.QtWidgets import QHBoxLayout

    place = QWidget()
    row = QHBoxLayout(place)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.sizes().unit * 2)
    row.addWidget(IconLabel(icon), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(TextLabel(words, tone="muted", is_wrapped=True), 1)
    return place
