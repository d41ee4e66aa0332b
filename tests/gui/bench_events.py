"""What benchmarks of the window listen to: whether a surface was painted since they last asked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class Painted(QObject):
    """Whether a surface was painted while it had something to show."""

    def __init__(self, surface: QWidget, has_content: Callable[[], bool]) -> None:
        super().__init__(surface)
        self._has_content = has_content
        self.is_so = False
        surface.installEventFilter(self)

    def forget(self) -> None:
        """Wait for the next one."""
        self.is_so = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Note a paint event; nothing is held back."""
        if event.type() == QEvent.Type.Paint and self._has_content():
            self.is_so = True
        return super().eventFilter(watched, event)
