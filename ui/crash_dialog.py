"""Tells a fault of the program itself, with what helps whoever mends it (design.md 3).

Errors of the catalogue that the program knows are told by `ui.dialogs`. Nothing here decides what a
bundle holds or what is a secret: the desk and the redaction do.
"""

from __future__ import annotations

import platform
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.desk import Desk
from core.errors import AppError
from core.version import VERSION
from core.words import area
from ui import formats, list_export, theme
from ui.bridge import Bridge
from ui.dialogs import Problem
from ui.kept_text import CodeView, quoted
from ui.sheet import Sheet
from ui.widgets import Button, IconLabel, TextLabel, group_heading

say = area(__name__)

CODE = "BUG-01"
_TITLE = say("something_in_crossfoot_went_wrong")
_SAFE = say("what_was_stored_is_safe_nothing_is")
_REMEDY = say("you_can_go_on_if_it_happens")
_WIDTH, _HEIGHT = 680, 600
_MOST_LINES = 200
_FILTERS = {say("zip_archive_zip"): ".zip"}


@dataclass(frozen=True, slots=True)
class Crash:
    """A fault as it is told; `detail` is all of it as text, `place` tells two of them apart."""

    problem: Problem
    detail: str
    place: str


@dataclass(frozen=True, slots=True)
class Support:
    """What makes a bundle: the workspace, and the way off the GUI thread."""

    desk: Desk
    bridge: Bridge

    @property
    def logs(self) -> Path:
        """Where this workspace's logs lie."""
        return self.desk.directory / "logs"


def crash_of(error: BaseException, redact: Callable[[str], str]) -> Crash:
    """What is told of a fault; everything passes through `redact`, for it may quote a secret."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES // 2], "…", *lines[-_MOST_LINES // 2 :]]
    name = type(error).__name__
    why = redact(f"{name}: {error}" if str(error) else say("without_a_word_of_why", name=name))
    problem = Problem(code=CODE, title=_TITLE, why=why, safe=_SAFE, remedy=_REMEDY)
    head = f"{CODE}: {_TITLE}\n{why}\n{versions()}\n{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{name} {frames[-1].filename}:{frames[-1].lineno}" if frames else name
    return Crash(problem, head + "\n" + redact("\n".join(lines)) + "\n", place)


def versions() -> str:
    """The program and what it stands on, in one line."""
    kind = "packaged" if getattr(sys, "frozen", False) else say("from_source")
    python = say("python", python_version=platform.python_version())
    return say(
        "crossfoot_qt",
        version=VERSION,
        kind=kind,
        python=python,
        qversion=qVersion(),
        platform=platform.platform(),
    )


def open_folder(folder: Path) -> None:
    """Show a folder in the file manager of the desktop."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class CrashDialog(Sheet):
    """Tells one fault. *Save a bundle* is off until what it would hold is listed.

    Without `support` (the workspace did not open) there is no bundle; without `logs` no folder.
    """

    def __init__(
        self,
        crash: Crash,
        support: Support | None = None,
        logs: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        problem = crash.problem
        super().__init__(problem.title, problem.why, say("save_a_bundle"), parent)
        self.crash, self._support = crash, support
        self._logs = support.logs if support is not None else logs
        self.detail = CodeView(say("detail"), crash.detail)
        self.contents = CodeView(say("what_a_bundle_holds"), say("looking_at_what_it_would_hold"))
        self.said = TextLabel("", tone="muted", is_wrapped=True)
        self.copy_button = Button(say("copy_detail"), kind="link", icon="copy")
        self.logs_button = Button(say("open_log_folder"), kind="link", icon="external-link")
        self._fill()
        self.cancel_button.set_text(say("close"))
        self.copy_button.clicked.connect(self._copy)
        self.logs_button.clicked.connect(self._open_logs)
        self.do_button.clicked.connect(self._ask_where)
        self._look()
        self.take_room(_WIDTH, _HEIGHT)

    def _fill(self) -> None:
        problem = self.crash.problem
        safe = QHBoxLayout()
        safe.setSpacing(theme.sizes().unit * 2)
        safe.addWidget(IconLabel("shield-check"), 0, Qt.AlignmentFlag.AlignTop)
        safe.addWidget(TextLabel(f"{problem.safe} {problem.remedy}", is_wrapped=True), 1)
        wide = theme.sizes().unit * 5
        self.body.setContentsMargins(wide, 0, wide, wide)
        self.body.addLayout(safe)
        self.body.addWidget(quoted(self.detail), 3)
        has_bundle = self._support is not None
        heading = group_heading(say("a_bundle_for_support_would_hold_without"))
        box = quoted(self.contents)
        self.body.addWidget(heading)
        self.body.addWidget(box, 2)
        self.body.addWidget(self.said)
        heading.setVisible(has_bundle)
        box.setVisible(has_bundle)
        self.said.setVisible(has_bundle)
        self.do_button.setVisible(has_bundle)
        self.logs_button.setVisible(self._logs is not None)
        self.footer.addWidget(TextLabel(problem.code, tone="muted", is_selectable=True))
        self.footer.addWidget(self.copy_button)
        self.footer.addWidget(self.logs_button)
        self.cancel_button.setFocus()

    # -- what it offers ----------------------------------------------------------------------

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.crash.detail)

    def _open_logs(self) -> None:
        if self._logs is not None:
            open_folder(self._logs)

    def _look(self) -> None:
        """List what a bundle would hold; writes nothing."""
        if self._support is None:
            return
        self.do_button.refuse(say("what_it_would_hold_is_not_listed"))
        work = partial(self._support.desk.support_bundle, None)
        self._support.bridge.call_later(self, work, self._list, self._not_listed)

    def _list(self, found: Mapping[str, Any]) -> None:
        self.contents.setPlainText(
            "\n".join(
                say("bytes", bytes=one["bytes"], name=one["name"]) for one in found["contents"]
            )
        )
        self.do_button.allow()

    def _not_listed(self, error: BaseException) -> None:
        self.contents.setPlainText(say("there_can_be_no_bundle_now", words=_words(error)))
        self.do_button.refuse(say("there_can_be_no_bundle_now_the"))

    def _ask_where(self) -> None:
        name = f"crossfoot-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
        list_export.ask(self, say("save_a_bundle_for_support"), name, _FILTERS, self.save)

    def save(self, file: Path) -> None:
        """Write the bundle; says in the dialog how that went."""
        if self._support is None:
            return
        self.do_button.set_busy(say("saving"))
        work = partial(self._support.desk.support_bundle, file)
        self._support.bridge.call_later(self, work, self._saved, self._not_saved)

    def _saved(self, done: Mapping[str, Any]) -> None:
        self.do_button.set_busy("")
        said = say("in", counted=formats.counted(len(done["contents"]), "file"), file=done["file"])
        self.said.setText(say("look_at_it_before_you_send_it", said=said))

    def _not_saved(self, error: BaseException) -> None:
        self.do_button.set_busy("")
        self.said.setText(say("nothing_was_saved", words=_words(error)))


def _words(error: BaseException) -> str:
    if isinstance(error, AppError):
        return f"{error.code}: {error.why} {error.fix}".strip()
    return f"{type(error).__name__}: {error}"
