"""One request and its answer, as they were kept: the bytes made readable, secrets removed."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.desk_views import ExchangeView
from ui import formats, theme
from ui.kept_text import CodeView, KeptTextDialog, quoted
from ui.painting import PillLook
from ui.widgets import Facts, PillLabel, TextLabel, group_heading

_LABEL = 88
_SIDES = {"x3": "Sage X3", "avidxchange": "AvidXchange"}
_LOOKS = {
    "accepted": PillLook("circle-check", "Accepted", "ok"),
    "found": PillLook("circle-check", "Found", "ok"),
    "doubt": PillLook("zoom-question", "No answer", "doubt"),
    "in_doubt": PillLook("zoom-question", "No answer", "doubt"),
    "refused": PillLook("circle-x", "Refused", "bad"),
    "rejected": PillLook("circle-x", "Refused", "bad"),
}
_OBJECTS = {"approval": "Approval level", "withdraw": "Withdrawal", "replace": "Changed invoice"}
_DONE = {"send": "sent", "lookup": "looked up"}


class ExchangeDialog(KeptTextDialog):
    """Shows an exchange; *Copy* takes all of it as text, Escape closes."""

    def __init__(self, view: ExchangeView, parent: QWidget | None = None) -> None:
        super().__init__(f"Request and answer: {view.object}", parent)
        self._view = view
        room, column = theme.sizes(), self.column
        column.addLayout(self._head())
        column.addWidget(Facts(self.facts(), label_width=_LABEL))
        column.addSpacing(room.unit)
        column.addWidget(group_heading("What left this computer"))
        self.request = CodeView("Request", view.request or "There was no body.")
        column.addWidget(quoted(self.request), 3)
        column.addWidget(group_heading("What came back"))
        self.answer = CodeView("Answer", view.answer or "No readable answer came.")
        column.addWidget(quoted(self.answer), 2)
        self.end("Secrets were removed before this was kept.", "Copies request and answer as text")

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.sizes().unit * 2)
        weight = theme.Weight.DemiBold
        row.addWidget(TextLabel(title_of(self._view), ratio=1.25, weight=weight))
        row.addStretch(1)
        row.addWidget(PillLabel(look_of(self._view), is_flush=True))
        return row

    def facts(self) -> list[tuple[str, str]]:
        """What is known of the exchange beside its bytes."""
        view = self._view
        rows = [("Object", view.object)]
        if view.started:
            started = datetime.fromisoformat(view.started)
            when = f"{formats.moment(started, has_seconds=True)} · {formats.utc(started)}"
            rows.append(("Started", f"{when} · took {formats.milliseconds(view.took_s)}"))
        status = "none" if view.status is None else str(view.status)
        rows.append(("HTTP status", status))
        if view.request_id:
            rows.append(("Request id", view.request_id))
        if view.fingerprint:
            rows.append(("Fingerprint", view.fingerprint))
        return rows

    def as_text(self) -> str:
        """All of it as text."""
        facts = "\n".join(f"{name}: {value}" for name, value in self.facts())
        return f"{facts}\n\nRequest\n{self._view.request}\n\nAnswer\n{self._view.answer}\n"


def title_of(view: ExchangeView) -> str:
    """`Invoice sent · AvidXchange`."""
    kind, _, done = view.purpose.partition(" ")
    what = _OBJECTS.get(kind, kind.capitalize())
    side = _SIDES.get(view.system, view.system)
    return f"{what} {_DONE.get(done, done)} · {side}"


def look_of(view: ExchangeView) -> PillLook:
    """How it ended, as a state."""
    known = _LOOKS.get(view.outcome.casefold())
    if known is not None:
        return known
    word = view.outcome.replace("_", " ").capitalize() or "Not known"
    return PillLook("check" if view.status else "zoom-question", word, "wait")
