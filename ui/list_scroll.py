"""The scroll bar of a list: a quiet handle without arrows, in the colours in force."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollBar, QStyle, QStyleOptionSlider, QWidget

from ui import measures, painting, theme

_WIDTH, _MARGIN = 11, 2  # design.md 8, "HouseStyle"


class QuietScrollBar(QScrollBar):
    """11 wide; the handle turns darker under the pointer. Keys and wheel are Qt's."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self._is_over = False

    def sizeHint(self) -> QSize:
        """As wide as the design says, whichever way it lies."""
        width = measures.sizes().scaled(_WIDTH)
        if self.orientation() == Qt.Orientation.Vertical:
            return QSize(width, super().sizeHint().height())
        return QSize(super().sizeHint().width(), width)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The handle becomes plainer."""
        super().enterEvent(event)
        self._is_over = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The handle becomes quiet again."""
        super().leaveEvent(event)
        self._is_over = False
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints ground and handle; nothing when all is in sight."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("base"))
        if self.minimum() == self.maximum():
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_ScrollBar, option, QStyle.SubControl.SC_ScrollBarSlider, self
        )
        box = QRectF(handle)
        if self.orientation() == Qt.Orientation.Vertical:
            box.adjust(_MARGIN, 0, -_MARGIN, 0)
        else:
            box.adjust(0, _MARGIN, 0, -_MARGIN)
        tone = "control" if self._is_over or self.isSliderDown() else "edge"
        painting.rounded(painter, box, min(box.width(), box.height()) / 2, theme.colour(tone))
