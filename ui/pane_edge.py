"""The edge between a list and its details: pulled, or moved by keys; its place is kept per user."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSettings, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QWidget

from core.words import area
from ui import theme

say = area(__name__)

_GRIP, _MARK, _LEAST, _LEAST_LIST = 7, 3, 300, 320
_STEPS = 5  # presses of an arrow that one of Page up or Page down is worth


class PaneEdge(QAbstractSlider):
    """Lies over the left edge of a pane. `moved` comes after each change of the width.

    `close_wanted` comes from Escape, as from the pane. Its value is the width of the pane: Left
    and Right move it where they point to, Home and End as far as it goes, Enter brings back the
    usual width.
    """

    moved = Signal()
    close_wanted = Signal()

    def __init__(self, settings: QSettings, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._key = f"pane/{name}/width"
        kept = str(settings.value(self._key, "0"))
        self._wanted = int(kept) if kept.isdigit() else 0
        self._grabbed = -1
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setInvertedControls(True)  # the pane stands at the right: Left makes it wider
        self.setSingleStep(theme.sizes().unit * 4)
        self.setPageStep(self.singleStep() * _STEPS)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setToolTip(say("pull_to_make_the_details_wider_a"))
        self.setAccessibleName(say("edge_of_the_details"))
        self.setAccessibleDescription(say("left_and_right_move_it_home_and"))
        self.valueChanged.connect(self._take)

    def width_in(self, room: int, usual: int) -> int:
        """How wide the pane is in so much room, `usual` when nobody has pulled it."""
        sizes = theme.sizes()
        least = sizes.scaled(_LEAST)
        most = min(max(least, room - sizes.scaled(_LEAST_LIST)), room)
        width = min(max(self._wanted or usual, least), most)
        with QSignalBlocker(self):
            self.setRange(min(least, most), most)
            self.setValue(width)
        return width

    def stand_at(self, left: int, height: int) -> None:
        """Lie over the edge at this place."""
        grip = theme.sizes().scaled(_GRIP)
        self.setGeometry(left - grip // 2, 0, grip, height)
        self.raise_()

    def _take(self, width: int) -> None:
        """Another width by a key, or by what reads the screen aloud; it is kept."""
        self._wanted = width
        self._settings.setValue(self._key, str(width))
        self.moved.emit()

    def _forget(self) -> None:
        self._wanted = 0
        self._settings.remove(self._key)
        self.moved.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter: the usual width; Escape closes. Arrows, pages, Home and End are Qt's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._forget()
        elif event.key() == Qt.Key.Key_Escape:
            self.close_wanted.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Belongs to the list and the pane below."""
        event.ignore()

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
        self._forget()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A line in the accent while the keyboard is here; otherwise nothing lies on the edge."""
        if self.hasFocus():
            wide = theme.sizes().scaled(_MARK)
            left = (self.width() - wide) // 2
            line = QRectF(left, 0, wide, self.height())
            QPainter(self).fillRect(line, theme.colour("accent"))
