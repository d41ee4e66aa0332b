"""The edge between a list and its details: pulled to make the pane wider; kept per user."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from core.words import area
from ui import theme

say = area(__name__)

_GRIP, _LEAST, _LEAST_LIST = 7, 300, 320


class PaneEdge(QWidget):
    """Lies over the left edge of a pane. `moved` comes after each change of the width."""

    moved = Signal()

    def __init__(self, settings: QSettings, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._key = f"pane/{name}/width"
        kept = str(settings.value(self._key, "0"))
        self._wanted = int(kept) if kept.isdigit() else 0
        self._grabbed = -1
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setToolTip(say("pull_to_make_the_details_wider_a"))
        self.setAccessibleName(say("edge_of_the_details"))

    def width_in(self, room: int, usual: int) -> int:
        """How wide the pane is in so much room, `usual` when nobody has pulled it."""
        sizes = theme.sizes()
        most = max(sizes.scaled(_LEAST), room - sizes.scaled(_LEAST_LIST))
        wanted = self._wanted or usual
        return min(max(wanted, sizes.scaled(_LEAST)), most, room)

    def stand_at(self, left: int, height: int) -> None:
        """Lie over the edge at this place."""
        grip = theme.sizes().scaled(_GRIP)
        self.setGeometry(left - grip // 2, 0, grip, height)
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the edge."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = round(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The pane follows."""
        parent = self.parentWidget()
        if self._grabbed < 0 or parent is None:
            return
        at = self.mapTo(parent, event.position().toPoint()).x()
        self._wanted = max(1, parent.width() - at)
        self.moved.emit()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go; the width is kept."""
        if self._grabbed >= 0:
            self._grabbed = -1
            self._settings.setValue(self._key, str(self._wanted))

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Back to the usual width."""
        self._grabbed = -1
        self._wanted = 0
        self._settings.remove(self._key)
        self.moved.emit()
