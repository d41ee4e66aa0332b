"""Scroll bars and areas in the look of the house."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QFrame,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from ui import painting, theme

_WIDTH = 11


class ScrollBar(QScrollBar):
    """A scroll bar 11 wide: a round handle on the page, no arrows."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Vertical) -> None:
        super().__init__(orientation)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        """11 across at 100 %."""
        width = theme.sizes().scaled(_WIDTH)
        whole = super().sizeHint()
        if self.orientation() == Qt.Orientation.Vertical:
            return QSize(width, whole.height())
        return QSize(whole.width(), width)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the page and the handle where the style has it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("window"))
        if self.maximum() <= self.minimum():
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_ScrollBar,
            option,
            QStyle.SubControl.SC_ScrollBarSlider,
            self,
        )
        box = QRectF(handle).adjusted(2, 2, -2, -2)
        tone = "control" if self.underMouse() or self.isSliderDown() else "edge"
        painting.rounded(painter, box, min(box.width(), box.height()) / 2, theme.colour(tone))


def dress(area: QAbstractScrollArea) -> None:
    """Give a list or area both scroll bars of the house and take its frame away."""
    area.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
    area.setHorizontalScrollBar(ScrollBar(Qt.Orientation.Horizontal))
    area.setFrameShape(QFrame.Shape.NoFrame)


class FocusEdge(QWidget):
    """The ring of an area that has the keyboard itself; it lies over the area's edge."""

    def __init__(self, area: QWidget) -> None:
        super().__init__(area)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def follow(self, *, is_focused: bool, box: QRect | None = None) -> None:
        """Stand round the area as it is now, or round this part of it; or go."""
        area = self.parentWidget()
        if area is not None:
            self.setGeometry(box if box is not None else area.rect())
        self.setVisible(is_focused)
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ring alone."""
        painting.focus_ring(QPainter(self), QRectF(self.rect()))


class OwnFocusEdge(FocusEdge):
    """Comes and goes with the keyboard and keeps to the size of its area, by itself.

    The area is known as its parent alone: both holding each other would be taken apart by Python
    while Qt still asks this filter.
    """

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        area.installEventFilter(self)
        for bar in (area.verticalScrollBar(), area.horizontalScrollBar()):
            holder = bar.parentWidget()  # where Qt keeps the bar of the day
            if holder is not None:
                holder.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stand round an area that has just got the keyboard; go when it is gone."""
        kind = event.type()
        if kind in (QEvent.Type.FocusIn, QEvent.Type.FocusOut, QEvent.Type.Resize):
            area = self.parentWidget()
            if area is not None and watched is area:
                is_resized = kind == QEvent.Type.Resize
                has_come = kind == QEvent.Type.FocusIn
                self.follow(is_focused=area.hasFocus() if is_resized else has_come)
        elif kind == QEvent.Type.ZOrderChange:  # Qt lays a bar that comes over all else
            self.raise_()
        return False


class ScrollArea(QScrollArea):
    """Scrolls its content up and down when it does not fit; the surface below shines through.

    Tab stops at it only while there is something to scroll (`ui.reading_order`), a click never.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        OwnFocusEdge(self)
        dress(self)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setAutoFillBackground(False)
        self.setWidget(content)
        content.setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:
        """As wide as its content needs: words are not cut at the side."""
        content = self.widget()
        width = content.minimumSizeHint().width() if content is not None else 0
        return QSize(width + theme.sizes().scaled(_WIDTH), theme.sizes().row * 3)
