"""A list whose current document can be held and released from its details."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ui.decisions import Action, question
from ui.dialogs import ConfirmDialog
from ui.list_tab import ListTab


class DecidingTab(ListTab):
    """Asks for the reason, then decides; `kind` is the document's as `Desk.decide` has it."""

    kind: str
    key: str  # the member of a row that names its document
    offered: Mapping[str, Action]

    def ask_to_decide(self, how: str) -> None:
        """Ask why the current document is decided so; nothing is written before."""
        row = self.list.current_row()
        if row is None:
            return
        action, document = self.offered[how], str(row[self.key])
        dialog = ConfirmDialog(question(action, self.named(document)), self)
        dialog.confirmed.connect(partial(self._decide, action, document))
        dialog.open()

    def named(self, document: str) -> str:
        """How a question names a document."""
        return document

    def _decide(self, action: Action, document: str, reason: str) -> None:
        def done(found: dict[str, Any]) -> None:
            done_text = action.done.format(counted=self.named(document))
            self.say(found["refused"].get(document) or done_text)

        self._bridge.call_later(
            self,
            lambda: self._desk.decide([document], action.how, reason=reason, kind=self.kind),
            done,
            self.show_fault,
        )
