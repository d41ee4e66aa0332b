"""Settings and secrets as fields: what is shown when, what changed, and what is wrong, per field.

A secret is typed, never shown; an empty field leaves what is stored. Values are texts as the core
takes them. Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from core.desk_views import FieldView
from core.words import area
from ui import theme
from ui.widgets import (
    Button,
    Combo,
    Field,
    LineEdit,
    SecretEdit,
    Segment,
    TextLabel,
    group_heading,
)

say = area(__name__)

#: Words for secrets: name -> label.
SECRETS = {
    "x3.password": say("password"),
    "x3.client_secret": say("client_secret"),
    "x3.refresh_token": say("refresh_token"),
    "avidxchange.client_secret": say("client_secret"),
    "avidxchange.company_token": say("company_token"),
    "avidxchange.user_token": say("user_token"),
}
KEPT = say("kept_encrypted_the_systems_key_store")
#: Keys and secrets that matter only with some kinds of sign-in.
_WITH = {
    "x3.username": ("x3.auth", "basic", "connected_app"),
    "x3.client_id": ("x3.auth", "connected_app", "oauth2"),
    "x3.audience": ("x3.auth", "connected_app"),
    "x3.authorize_url": ("x3.auth", "oauth2"),
    "x3.token_url": ("x3.auth", "oauth2"),
    "x3.password": ("x3.auth", "basic"),
    "x3.client_secret": ("x3.auth", "connected_app", "oauth2"),
    "x3.refresh_token": ("x3.auth", "oauth2"),
    "avidxchange.token_url": ("avidxchange.auth", "client_credentials"),
    "avidxchange.client_id": ("avidxchange.auth", "client_credentials"),
    "avidxchange.scope": ("avidxchange.auth", "client_credentials"),
    "avidxchange.client_secret": ("avidxchange.auth", "client_credentials"),
    "avidxchange.company_token": ("avidxchange.auth", "static_tokens"),
    "avidxchange.user_token": ("avidxchange.auth", "static_tokens"),
}
_EXAMPLES = {
    "x3.base_url": "https://x3.example.com:8124",
    "avidxchange.base_url": "https://api.example.com",
    "workspace.start_date": "2026-01-31",
}
#: Choices that stand side by side; others open a list.
_SEGMENTS = frozenset(("x3.auth", "avidxchange.auth"))


@dataclass(frozen=True, slots=True)
class Group:
    """Keys under a heading; keys in one inner tuple stand in one row."""

    title: str
    rows: tuple[tuple[str, ...], ...]


class SettingsForm(QWidget):
    """Fields of some keys and secrets, in groups. `changed` comes with every edit."""

    changed = Signal()

    def __init__(
        self, groups: Sequence[Group], fields: Iterable[FieldView], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._views = {view.key: view for view in fields}
        self._stored: set[str] = set()
        self._controls: dict[str, QWidget] = {}
        self._parts: dict[str, QWidget] = {}
        self._headings: list[tuple[QWidget, tuple[str, ...]]] = []
        self._rows: list[tuple[QWidget, tuple[str, ...]]] = []
        self._is_filling = False
        self._problems: dict[str, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.sizes().unit * 3 - 2)
        for group in groups:
            self._add_group(column, group)
        self._show_fitting()

    def _add_group(self, column: QVBoxLayout, group: Group) -> None:
        keys = tuple(key for row in group.rows for key in row)
        if group.title:
            heading = group_heading(group.title)
            column.addSpacing(theme.sizes().unit)
            column.addWidget(heading)
            self._headings.append((heading, keys))
        for row in group.rows:
            made = [self._make(key) for key in row if key in SECRETS or key in self._views]
            if len(made) == 1:
                column.addWidget(made[0])
            elif made:
                place = QWidget()
                line = QHBoxLayout(place)
                line.setContentsMargins(0, 0, 0, 0)
                line.setSpacing(theme.sizes().unit * 3)
                for part in made:
                    line.addWidget(part, 1, Qt.AlignmentFlag.AlignTop)
                column.addWidget(place)
                self._rows.append((place, row))

    # -- one field ---------------------------------------------------------------------------

    def _make(self, key: str) -> QWidget:
        if key in SECRETS:
            secret = SecretEdit(SECRETS[key], is_stored=False)
            secret.textChanged.connect(self._edited)
            return self._keep(key, secret, Field(SECRETS[key], secret, KEPT))
        view = self._views[key]
        control = self._control(view)
        control.setEnabled(not view.is_locked)
        if isinstance(control, QCheckBox):
            box = QWidget()
            inside = QVBoxLayout(box)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(theme.sizes().unit)
            inside.addWidget(control)
            inside.addWidget(TextLabel(view.hint, tone="muted", ratio=0.92, is_wrapped=True))
            return self._keep(key, control, box)
        made = Field(view.label, self._with_browse(view, control), view.hint)
        control.setAccessibleName(view.label)
        return self._keep(key, control, made)

    def _keep(self, key: str, control: QWidget, part: QWidget) -> QWidget:
        self._controls[key] = control
        self._parts[key] = part
        return part

    def _control(self, view: FieldView) -> QWidget:
        if view.kind == "choice" and view.key in _SEGMENTS:
            segment = Segment(view.label, [_short(words) for _, words in view.choices])
            segment.setCurrentIndex(_place(view))
            segment.currentChanged.connect(self._edited)
            return segment
        if view.kind == "choice":
            combo = Combo(view.label, [words for _, words in view.choices])
            combo.setCurrentIndex(_place(view))
            combo.currentIndexChanged.connect(self._edited)
            return combo
        if view.kind == "bool":
            check = QCheckBox(view.label)
            check.setAccessibleDescription(view.hint)
            check.setChecked(view.value == "true")
            check.toggled.connect(self._edited)
            return check
        line = LineEdit(_EXAMPLES.get(view.key, ""), name=view.label)
        line.setText(view.value)
        line.setCursorPosition(0)
        line.textChanged.connect(self._edited)
        return line

    def _with_browse(self, view: FieldView, control: QWidget) -> QWidget:
        if view.kind != "path":
            return control
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.sizes().unit * 2)
        button = Button(say("browse"))
        button.setAccessibleName(say("browse_for", label=view.label))
        button.setProperty("key", view.key)
        button.setEnabled(not view.is_locked)
        button.clicked.connect(self._browse)
        row.addWidget(control, 1)
        row.addWidget(button)
        place.setFocusProxy(control)
        return place

    def _browse(self) -> None:
        key = str(self.sender().property("key"))
        dialog = QFileDialog(self, self._views[key].label)
        dialog.setObjectName(key)
        if key.endswith("folder"):
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._browsed)
        dialog.open()

    def _browsed(self, path: str) -> None:
        control = self._controls[self.sender().objectName()]
        if isinstance(control, LineEdit):
            control.setText(path)

    # -- values ------------------------------------------------------------------------------

    def value(self, key: str) -> str:
        """What stands in a field now, as the core takes it."""
        control = self._controls[key]
        if isinstance(control, LineEdit):
            return control.text()
        if isinstance(control, QCheckBox):
            return "true" if control.isChecked() else "false"
        choices = self._views[key].choices
        if isinstance(control, Segment | Combo) and 0 <= control.currentIndex() < len(choices):
            return choices[control.currentIndex()][0]
        return ""

    def set_value(self, key: str, value: str) -> None:
        """Put a value into a field, as a person would."""
        control = self._controls[key]
        if isinstance(control, LineEdit):
            control.setText(value)
        elif isinstance(control, QCheckBox):
            control.setChecked(value == "true")
        elif isinstance(control, Segment | Combo):
            found = [at for at, (name, _) in enumerate(self._views[key].choices) if name == value]
            control.setCurrentIndex(found[0] if found else 0)

    def changes(self) -> dict[str, str]:
        """Key -> new text of every setting that differs from what is saved."""
        return {
            key: self.value(key)
            for key in self._controls
            if key not in SECRETS
            and not self._views[key].is_locked
            and self.value(key).strip() != self._views[key].value
        }

    def secrets(self) -> dict[str, str]:
        """Name -> value of every secret that was typed and matters."""
        typed = {key: self.value(key) for key in self._controls if key in SECRETS}
        return {key: value for key, value in typed.items() if value and self._matters(key)}

    def secret_names(self) -> list[str]:
        """Secrets that the chosen sign-in needs."""
        return [key for key in self._controls if key in SECRETS and self._matters(key)]

    def is_stored(self, name: str) -> bool:
        """Whether a secret is kept."""
        return name in self._stored

    @property
    def problem_count(self) -> int:
        """How many settings here are wrong or missing as they are saved."""
        return sum(bool(self._views[key].problem) for key in self._controls if key in self._views)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return bool(self.changes() or self.secrets())

    def refill(self, fields: Iterable[FieldView], stored: Iterable[str]) -> None:
        """Show what is saved now; what was typed goes."""
        self._is_filling = True
        self._views = {view.key: view for view in fields}
        self.set_stored(stored)
        for key in self._controls:
            if key in self._views:
                self.set_value(key, self._views[key].value)
        self._is_filling = False
        self.set_problems({key: view.problem for key, view in self._views.items() if view.problem})
        self._edited()

    def set_stored(self, stored: Iterable[str]) -> None:
        """Say which secrets are kept; secret fields are emptied."""
        self._stored = set(stored)
        for key, control in self._controls.items():
            if isinstance(control, SecretEdit):
                control.set_stored(is_stored=key in self._stored)

    def set_problems(self, problems: Mapping[str, str]) -> list[str]:
        """Say under each field what is wrong; the keys of this form that have something wrong."""
        found = []
        self._problems = {key: _said(key, problems.get(key, "")) for key in self._parts}
        for key, part in self._parts.items():
            text = problems.get(key, "")
            if text:
                found.append(key)
            control = self._controls[key]
            if isinstance(part, Field):
                part.set_error(self._problems[key])
            if isinstance(control, LineEdit):
                control.set_error(is_wrong=bool(text))
        return found

    def error_of(self, key: str) -> str:
        """What is said to be wrong with a field now; empty when nothing is."""
        return self._problems.get(key, "")

    def focus_on(self, key: str) -> None:
        """The keyboard goes into this field."""
        self._controls[key].setFocus()

    @property
    def keys(self) -> list[str]:
        """Every key and secret that has a field here, in reading order."""
        return list(self._controls)

    # -- what is shown -----------------------------------------------------------------------

    def _edited(self, *_: object) -> None:
        if self._is_filling:
            return
        self._show_fitting()
        self.changed.emit()

    def _matters(self, key: str) -> bool:
        if key not in _WITH:
            return True
        by, *values = _WITH[key]
        return by not in self._controls or self.value(by) in values

    def _show_fitting(self) -> None:
        """Only what the chosen kind of sign-in needs."""
        for key, part in self._parts.items():
            part.setVisible(self._matters(key))
        for place, keys in (*self._headings, *self._rows):
            there = [key for key in keys if key in self._parts]
            place.setVisible(any(self._matters(key) for key in there))


def _short(words: str) -> str:
    """Words that stand side by side."""
    return words.replace("application", "app")


def _place(view: FieldView) -> int:
    found = [at for at, (name, _) in enumerate(view.choices) if name == view.value]
    return found[0] if found else 0


def _said(key: str, problem: str) -> str:
    """A problem without the key in front: the field has a label; with an example to type."""
    text = problem.removeprefix(key).strip()
    text = text[:1].upper() + text[1:]
    example = _EXAMPLES.get(key, "")
    if not text or not example or example in text:
        return text
    return say("for_example", text=text, example=example)
