"""Tells when a new day has begun where the person sits: what was put off until today wakes then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from PySide6.QtCore import QObject, QTimer, Signal

_LOOK_MS = 60_000  # the clock is looked at, so that a computer that slept is right, too


def today() -> date:
    """The day by the clock on the wall."""
    return datetime.now(UTC).astimezone().date()


class DayTurn(QObject):
    """`turned` comes within a minute of midnight, or of waking up on another day."""

    turned = Signal()

    def __init__(self, parent: QObject | None = None, read: Callable[[], date] = today) -> None:
        super().__init__(parent)
        self._read = read
        self._day = read()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Looks at the clock now."""
        day = self._read()
        if day != self._day:
            self._day = day
            self.turned.emit()
