"""The line above the audit log: whether the chain verifies, *Verify now*, *Export for the auditor*.

Verifying reads the whole log and therefore runs in the task pool, never by itself.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from core.desk_views import HealthView, InvariantView
from core.words import area
from ui import formats, icons, list_export, problems, theme
from ui.announce import announce
from ui.bridge import Bridge
from ui.widgets import Button, ElidingLabel, IconLabel, TextLabel

say = area(__name__)

_FILES = {
    say("verifies_itself_json_lines_jsonl"): ".jsonl",
    say("excel_workbook_xlsx"): ".xlsx",
    say("comma_separated_values_csv"): ".csv",
}
_LOOKS = {"ok": ("shield-check", "ok"), "broken": ("shield-x", "bad")}


class ChainLine(QWidget):
    """Says what was last known of the chain; `said` tells of a file that was written."""

    said = Signal(str)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._has_verified = False
        room = theme.sizes()
        self._icon = IconLabel("shield-check", tone="muted", size=icons.HEAD)
        self.text = ElidingLabel(say("the_chain_of_the_log"), weight=theme.Weight.DemiBold)
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._aside = TextLabel("", tone="muted")
        self.verify_button = Button(say("verify_now"), icon="shield-check")
        self.verify_button.clicked.connect(self.verify)
        self.export_button = Button(say("export_for_the_auditor"), icon="file-export")
        self.export_button.clicked.connect(self.ask_file)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, room.unit * 2 + 2, room.margin, 0)
        row.setSpacing(room.unit * 2)
        row.addWidget(self._icon)
        row.addWidget(self.text)
        row.addWidget(self._aside)
        row.addStretch(1)
        row.addWidget(self.verify_button)
        row.addWidget(self.export_button)

    def refresh(self) -> None:
        """Reads what the last evaluation found, while nobody has verified anew."""
        if not self._has_verified:
            self._bridge.read_later(self, self._desk.health, self.show_health, self._fail)

    def show_health(self, health: HealthView) -> None:
        """What the last evaluation said of the chain, while nobody has verified anew."""
        found = [one for one in health.invariants if one.name == "I8"]
        if found and not self._has_verified:
            self._show(found[0])

    def _show(self, invariant: InvariantView) -> None:
        icon, tone = _LOOKS.get(invariant.state, ("shield-check", "muted"))
        self._icon.set_icon(icon, tone)
        titles = {
            "ok": say("the_chain_verifies"),
            "broken": say("the_chain_does_not_verify"),
        }
        self.text.setText(titles.get(invariant.state, say("the_chain_was_not_verified_yet")))
        self._aside.setText(invariant.words if invariant.state in _LOOKS else "")

    def showEvent(self, event: Any) -> None:
        """What is known is read when the tab is shown."""
        super().showEvent(event)
        self.refresh()

    def verify(self) -> None:
        """Reads all of the log and its seals."""
        self.verify_button.set_busy(say("verifying"))
        began = time.monotonic()
        self._bridge.call_later(
            self, self._desk.verify_audit, lambda found: self._verified(found, began), self._fail
        )

    def _verified(self, found: dict[str, Any], began: float) -> None:
        self._has_verified = True
        self.verify_button.set_busy("")
        icon, tone = _LOOKS["ok" if found["ok"] else "broken"]
        self._icon.set_icon(icon, tone)
        entries = formats.counted(found["rows"], "entry", "entries")
        if found["ok"]:
            sealed = say("sealed_to_no", count=formats.count(found["sealed_to"]))
            text = say(
                "the_chain_verifies_2", entries=entries, sealed=sealed if found["sealed_to"] else ""
            )
        else:
            text = say("the_chain_does_not_verify_2", text=found["text"])
        self.text.setText(text)
        self.text.setToolTip(say("head", text=found["text"], head=found["head"]))
        took = formats.milliseconds(time.monotonic() - began)
        self._aside.setText(say("checked_in", clock=formats.clock(datetime.now(UTC)), took=took))
        announce(self, text)

    def ask_file(self) -> None:
        """Asks where the whole log is to be written."""
        title = say("export_the_audit_log_for_the_auditor")
        list_export.ask(self, title, "audit", _FILES, self.write)

    def write(self, path: Path) -> None:
        """Writes the whole log; as JSON lines it can be verified without this program."""
        self.export_button.set_busy(say("exporting"))
        form = path.suffix.casefold().lstrip(".") or "jsonl"
        form = "jsonl" if form == "json" else form
        self._bridge.call_later(
            self, lambda: self._desk.export_audit(form, path), self._written, self._fail
        )

    def _written(self, found: dict[str, Any]) -> None:
        self.export_button.set_busy("")
        entries = formats.counted(found["rows"], "entry", "entries")
        self.said.emit(
            say("written_to_head", entries=entries, file=found["file"], head=found["head"])
        )

    def _fail(self, error: BaseException) -> None:
        self.verify_button.set_busy("")
        self.export_button.set_busy("")
        problems.show(self, error)
