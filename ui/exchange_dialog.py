"""One request and its answer, as they were kept: the bytes made readable, secrets removed."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.desk_views import ExchangeView
from core.words import area
from ui import formats, theme
from ui.kept_text import CodeView, KeptTextDialog, quoted
from ui.painting import PillLook
from ui.widgets import Facts, PillLabel, TextLabel, group_heading

say = area(__name__)

_LABEL = 88
_SIDES = {"x3": say("sage_x3"), "avidxchange": "AvidXchange"}
_LOOKS = {
    "accepted": PillLook("circle-check", say("accepted"), "ok"),
    "found": PillLook("circle-check", say("found"), "ok"),
    "doubt": PillLook("zoom-question", say("no_answer"), "doubt"),
    "in_doubt": PillLook("zoom-question", say("no_answer"), "doubt"),
    "refused": PillLook("circle-x", say("refused"), "bad"),
    "rejected": PillLook("circle-x", say("refused"), "bad"),
}
_OBJECTS = {
    "approval": say("approval_level"),
    "withdraw": say("withdrawal"),
    "replace": say("changed_invoice"),
}
_DONE = {"send": "sent", "lookup": say("looked_up")}


class ExchangeDialog(KeptTextDialog):
    """Shows an exchange; *Copy* takes all of it as text, Escape closes."""

    def __init__(self, view: ExchangeView, parent: QWidget | None = None) -> None:
        super().__init__(say("request_and_answer", object=view.object), parent)
        self._view = view
        room, column = theme.sizes(), self.column
        column.addLayout(self._head())
        column.addWidget(Facts(self.facts(), label_width=_LABEL))
        column.addSpacing(room.unit)
        column.addWidget(group_heading(say("what_left_this_computer")))
        self.request = CodeView(say("request"), view.request or say("there_was_no_body"))
        column.addWidget(quoted(self.request), 3)
        column.addWidget(group_heading(say("what_came_back")))
        self.answer = CodeView(say("answer"), view.answer or say("no_readable_answer_came"))
        column.addWidget(quoted(self.answer), 2)
        self.end(
            say("secrets_were_removed_before_this_was"), say("copies_request_and_answer_as_text")
        )

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
        rows = [(say("object"), view.object)]
        if view.started:
            started = datetime.fromisoformat(view.started)
            when = f"{formats.moment(started, has_seconds=True)} · {formats.utc(started)}"
            rows.append(
                (
                    say("started"),
                    say("took", when=when, milliseconds=formats.milliseconds(view.took_s)),
                )
            )
        status = "none" if view.status is None else str(view.status)
        rows.append((say("http_status"), status))
        if view.request_id:
            rows.append((say("request_id"), view.request_id))
        if view.fingerprint:
            rows.append((say("fingerprint"), view.fingerprint))
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
    word = view.outcome.replace("_", " ").capitalize() or say("not_known")
    return PillLook("check" if view.status else "zoom-question", word, "wait")
