"""What all dialogs of ours have in common: surface, order of reading, and how they are left."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QWidget

from ui import theme
from ui.reading_order import InReadingOrder


class OwnDialog(InReadingOrder, QDialog):
    """A dialog on the surface of a card; once closed it is gone."""

    def __init__(self, parent: QWidget | None, title: str, name: str = "") -> None:
        """`name` is what a screen reader says; without one it is the title."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(name or title)

    def leave(self) -> None:
        """As Escape does; buttons connect to this and not to Qt's own `reject` (see `ui.soon`)."""
        self.reject()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the surface of a card."""
        QPainter(self).fillRect(self.rect(), theme.colour("base"))
