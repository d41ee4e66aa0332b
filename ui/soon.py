"""Something that is done once, a while after it was asked for; asked again meanwhile, later.

PySide keeps some fifty bytes for ever of each connection to a method that is Qt's own, as a timer's
`start` is; of one to a method of ours nothing stays. So signals reach a timer by `begin_anew`, and
leave a dialog by `OwnDialog.leave`.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot


class Soon(QTimer):
    """Calls the slot once when the pause is over; without one, after all that is going on now."""

    def __init__(self, owner: QObject, slot: Any, pause_ms: int = 0) -> None:
        super().__init__(owner)
        self.setSingleShot(True)
        self.setInterval(pause_ms)
        self.timeout.connect(slot)

    @Slot()
    def begin_anew(self) -> None:
        """The pause begins, from its start if it was running; signals connect to this."""
        self.start()
