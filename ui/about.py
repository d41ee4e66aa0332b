"""What this program is: versions of all it stands on, and the licences of all its parts."""

from __future__ import annotations

import platform
import sqlite3
import sys
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.version import VERSION
from core.words import area
from ui import licences, theme
from ui.bridge import Bridge
from ui.kept_text import CodeView, quoted
from ui.sheet import Sheet
from ui.widgets import Combo, Facts, group_heading

say = area(__name__)

_SENTENCE = say("carries_supplier_invoices_from_sage_x3")
_ALL = say("all_parts")
_NO_TEXT = say("it_brings_no_text_of_its_own")
_LABEL, _WIDTH, _HEIGHT = 88, 660, 580


class AboutDialog(Sheet):
    """Versions, and the licence of every part to read. *Copy* takes the versions and the list."""

    def __init__(self, directory: Path, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(say("crossfoot", version=VERSION), _SENTENCE, say("copy"), parent)
        self._facts = facts(directory)
        self._parts: list[licences.Part] = []
        self.choice = Combo(say("part"), [_ALL])
        self.text = CodeView(say("licence"), "Reading …")
        self.cancel_button.set_text(say("close"))
        wide = theme.sizes().unit * 5
        self.body.setContentsMargins(wide, 0, wide, wide)
        self.body.addWidget(Facts(self._facts, label_width=_LABEL))
        self.body.addWidget(group_heading(say("licences_of_all_parts")))
        self.body.addWidget(self.choice)
        self.body.addWidget(quoted(self.text), 1)
        self.do_button.refuse(say("the_parts_are_not_read_yet"))
        self.do_button.clicked.connect(self._copy)
        self.choice.currentIndexChanged.connect(self._show)
        bridge.call_later(self, licences.parts, self._take, self._failed)
        self.take_room(_WIDTH, _HEIGHT)

    def as_text(self) -> str:
        """Versions and the list of parts with their licences."""
        known = "\n".join(f"{name}: {value}" for name, value in self._facts)
        return f"{known}\n\n{licences.overview(self._parts)}"

    def _take(self, parts: list[licences.Part]) -> None:
        self._parts = parts
        self.choice.addItems([part.title for part in parts])
        self.choice.updateGeometry()
        self.do_button.allow()
        self._show()

    def _failed(self, error: BaseException) -> None:
        self.text.setPlainText(say("the_licences_cannot_be_read", error=error))
        raise error

    def _show(self, *_: object) -> None:
        at = self.choice.currentIndex()
        part = self._parts[at - 1] if at > 0 else None
        self.text.setPlainText(
            f"{part.title}\n{part.licence}\n\n{part.text or _NO_TEXT}"
            if part is not None
            else licences.overview(self._parts)
        )

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.as_text())


def facts(directory: Path) -> list[tuple[str, str]]:
    """Name and value of every version, and where the workspace lies."""
    kind = "packaged" if getattr(sys, "frozen", False) else say("from_source")
    return [
        (say("version"), f"{VERSION}, {kind}"),
        (say("python"), platform.python_version()),
        (say("qt"), qVersion()),
        ("SQLite", sqlite3.sqlite_version),
        (say("system"), f"{platform.platform()}, {platform.machine()}"),
        (say("workspace"), str(directory)),
    ]
