"""One page of Connections: the fields of a side with *Save* and *Test*.

*Save* is off until something differs. What was typed is checked by the core first, and each fault
stands under its field. Secrets go to the vault, everything else to the settings file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from core.desk import Desk
from core.desk_views import FieldView
from core.words import area
from ui import connection_fields, formats, icons, problems, theme
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog, Question
from ui.painting import PillLook
from ui.settings_form import SECRETS, SettingsForm
from ui.widgets import Box, Button, IconLabel, PillLabel, TextLabel

say = area(__name__)

_UNKNOWN = PillLook("circle-dashed", say("not_checked"), "wait")
Saved = tuple[list[FieldView], list[str]]


class ConnectionPage(Box):
    """Fields of one page. `saved` comes after a save, `test_wanted` asks for its checks."""

    saved = Signal()
    test_wanted = Signal()

    def __init__(
        self, desk: Desk, bridge: Bridge, name: str, fields: list[FieldView], stored: list[str]
    ) -> None:
        super().__init__()
        self._desk, self._bridge, self.name = desk, bridge, name
        self._tests_after = False
        title, icon = connection_fields.PAGES[name]
        self.setAccessibleName(title)
        self.pill = PillLabel(_UNKNOWN, is_flush=True)
        if name == "computer":  # never shown here: without a parent it would be a window
            self.pill.hide()
        main = connection_fields.MAIN[name]
        self.main = SettingsForm(main, fields)
        self.more = SettingsForm(connection_fields.MORE[name], fields)
        self.forms = (self.main, self.more)
        self.note = TextLabel("", tone="muted", ratio=0.95, is_wrapped=True)
        self.more_button = Button(say("more_settings"), kind="link", icon="chevron-right")
        self.more_button.setAccessibleDescription(say("settings_that_most_sites_leave_as_they"))
        self.save_button = Button(say("save"), icon="device-floppy")
        self.test_button = Button(say("test"), icon="plug-connected")
        self.forget_button = Button(say("forget"), kind="quiet", icon="trash")
        self._build(title, icon)
        self._connect()
        self.refill(fields, stored)

    def _build(self, title: str, icon: str) -> None:
        room = theme.sizes()
        head = QHBoxLayout()
        head.setSpacing(room.unit * 2 + 2)
        head.addWidget(IconLabel(icon, size=icons.HEAD))
        head.addWidget(TextLabel(title, ratio=1.2, weight=theme.Weight.DemiBold))
        head.addStretch(1)
        head.addWidget(self.pill)
        buttons = QHBoxLayout()
        buttons.setSpacing(room.unit * 2)
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.test_button)
        buttons.addStretch(1)
        buttons.addWidget(self.forget_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(room.unit * 4, room.margin, room.unit * 4, room.margin)
        column.setSpacing(room.unit * 3 - 2)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(self.main)
        column.addWidget(self.more_button)
        column.addWidget(self.more)
        column.addLayout(buttons)
        self.more.hide()
        self.note.hide()
        self.test_button.setVisible(True)
        self.forget_button.setVisible(self.name != "computer")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _connect(self) -> None:
        for form in self.forms:
            form.changed.connect(self._show_state)
        self.more_button.clicked.connect(self._toggle_more)
        self.save_button.clicked.connect(self.save)
        self.test_button.clicked.connect(self._test)
        self.forget_button.clicked.connect(self._ask_forget)

    # -- what is shown -----------------------------------------------------------------------

    def refill(self, fields: list[FieldView], stored: list[str]) -> None:
        """Show what is saved now."""
        for form in self.forms:
            form.refill(fields, stored)
        is_locked = any(field.is_locked for field in fields)
        self.note.setText(say("the_demos_settings_stay_as_they_are"))
        self.note.setVisible(is_locked)
        self._show_state()

    @property
    def problem_count(self) -> int:
        """How many of its settings are wrong or missing as they are saved."""
        return sum(form.problem_count for form in self.forms)

    def set_pill(self, look: PillLook) -> None:
        """Say how the side stands."""
        self.pill.set_look(look)

    def show_running(self, *, is_running: bool) -> None:
        """Checks of this side are under way, or not any more."""
        self.test_button.set_busy(say("testing") if is_running else "")

    @property
    def is_changed(self) -> bool:
        """Whether something typed is not saved."""
        return any(form.is_changed for form in self.forms)

    def show_key(self, key: str) -> None:
        """The keyboard goes into the field of a key."""
        for form in self.forms:
            if key in form.keys:
                if form is self.more:
                    self._show_more(is_shown=True)
                form.focus_on(key)

    def _show_state(self) -> None:
        if self.is_changed:
            self.save_button.allow()
        else:
            self.save_button.refuse(say("nothing_was_changed"))
        if any(self.main.is_stored(name) for name in self.main.secret_names()):
            self.forget_button.allow(say("removes_the_stored_secret_of_this_side"))
        else:
            self.forget_button.refuse(say("no_secret_of_this_side_is_stored"))

    def _toggle_more(self) -> None:
        self._show_more(is_shown=not self.more.isVisible())

    def _show_more(self, *, is_shown: bool) -> None:
        self.more.setVisible(is_shown)
        self.more_button.set_text(say("fewer_settings") if is_shown else say("more_settings"))

    # -- save --------------------------------------------------------------------------------

    def save(self) -> None:
        """Checks what was typed and saves it; faults stand under their fields."""
        changes = self.main.changes() | self.more.changes()
        secrets = self.main.secrets() | self.more.secrets()
        if not changes and not secrets:
            self._after_save()
            return
        self.save_button.set_busy(say("saving"))
        self._bridge.call_later(
            self,
            partial(save_all, self._desk, changes, secrets),
            self._take_saved,
            self._failed,
        )

    def _take_saved(self, problems_: Mapping[str, str]) -> None:
        self.save_button.set_busy("")
        if problems_:
            self._tests_after = False
            wrong = [key for form in self.forms for key in form.set_problems(problems_)]
            if wrong:
                self.show_key(wrong[0])
            return
        self.saved.emit()
        self._after_save()

    def _after_save(self) -> None:
        if self._tests_after:
            self._tests_after = False
            self.test_wanted.emit()

    def _test(self) -> None:
        """What was typed is saved first: checks go by what is saved."""
        self._tests_after = True
        self.save()

    def _failed(self, error: BaseException) -> None:
        self._tests_after = False
        self.save_button.set_busy("")
        problems.show(self, error)

    # -- forget ------------------------------------------------------------------------------

    def _ask_forget(self) -> None:
        names = [name for name in self.main.secret_names() if self.main.is_stored(name)]
        if not names:
            return
        words = " and ".join(SECRETS[name].lower() for name in names)
        title, _ = connection_fields.PAGES[self.name]
        dialog = ConfirmDialog(
            Question(
                title=say("forget_the_of", words=words, title=title),
                sentence=say("runs_stop_at_this_side_until_a"),
                verb=say("forget_2", counted=formats.counted(len(names), "secret")),
                safe=say("nothing_changes_in_what_was_sent_stays", title=title),
                icon="trash",
            ),
            self,
        )
        dialog.confirmed.connect(partial(self._forget, names))
        dialog.open()

    def _forget(self, names: list[str], _reason: str) -> None:
        self._bridge.call_later(
            self, partial(forget_all, self._desk, names), self._forgotten, self._failed
        )

    def _forgotten(self, _: Any) -> None:
        self.saved.emit()


def save_all(desk: Desk, changes: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """Key -> what is wrong with these changes; without any they and the secrets are saved.

    Keys that are not among the changes may still be missing: a set-up goes page by page.
    """
    found = desk.check_settings(changes) if changes else {}
    wrong = {key: why for key, why in found.items() if key in changes}
    if wrong:
        return wrong
    if changes:
        desk.save_settings(changes)
    for name, value in secrets.items():
        desk.set_secret(name, value)
    return {}


def forget_all(desk: Desk, names: list[str]) -> None:
    """Remove these secrets."""
    for name in names:
        desk.forget_secret(name)


def read_saved(desk: Desk) -> Saved:
    """What is saved: fields, and names of the secrets that are kept."""
    return desk.settings_form(), [row["name"] for row in desk.secrets() if row["set"]]
