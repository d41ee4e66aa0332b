"""Chips of a filter, segments, and the tabs of the window with their counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QTabBar

from core.words import area
from ui import formats, icons, painting, theme

say = area(__name__)

_CHIP_RATIO = 0.95
_COUNT_RATIO = 0.92
_FIXED = QSizePolicy.Policy.Fixed


class Chip(QPushButton):
    """One part of a filter: `key value` and a cross. A click on the words asks to edit it.

    The cross, Backspace and Delete emit `removed`; the caller takes the chip away.

    A saved view is an `is_outlined` chip: no cross, a click chooses it.
    """

    removed = Signal()

    def __init__(self, key: str, value: str, *, is_outlined: bool = False) -> None:
        super().__init__()
        self._key, self._value, self._is_outlined = key, value, is_outlined
        self._is_over_cross = False
        self._is_current = False
        self.setAutoDefault(False)
        self.setSizePolicy(_FIXED, _FIXED)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_words(key, value)

    def set_words(self, key: str, value: str) -> None:
        """Show another key and value; either may be empty."""
        self._key, self._value = key, value
        words = f"{key} {value}".strip()
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words)
        if not self._is_outlined:
            self.setToolTip(say("backspace_or_delete_removes_it"))
            self.setAccessibleDescription(say("filter_backspace_or_delete_removes_it"))
        self.updateGeometry()
        self.update()

    @property
    def name(self) -> str:
        """The value: of a saved view its name."""
        return self._value

    def set_current(self, *, is_current: bool) -> None:
        """Mark the saved view that is shown."""
        self._is_current = is_current
        state = say("shown_now") if is_current else ""
        self.setAccessibleName(f"{self._value}{state}")
        self.update()

    def sizeHint(self) -> QSize:
        """Room for key, value and cross."""
        room = theme.sizes()
        width = 2 * self._padding() + painting.text_width(self._value, self._value_font())
        if self._key:
            width += painting.text_width(self._key, theme.font(_CHIP_RATIO)) + room.unit
        if not self._is_outlined:
            width += self._cross_width() - self._padding()
        return QSize(-int(-width // 1), room.small_row)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its words."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Backspace and Delete remove the chip."""
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and not self._is_outlined:
            self.removed.emit()
            return
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that the cross is under the pointer."""
        super().mouseMoveEvent(event)
        self._is_over_cross = self._is_cross(event.position().x())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the cross."""
        super().leaveEvent(event)
        self._is_over_cross = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the cross removes, one elsewhere edits."""
        is_hit = self.rect().contains(event.position().toPoint())
        if is_hit and self.isDown() and self._is_cross(event.position().x()):
            self.setDown(False)
            self.removed.emit()
            return
        super().mouseReleaseEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the chip in the colours in force."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        self._paint_box(painter, box)
        at = float(self._padding())
        words = [(self._key, theme.font(_CHIP_RATIO), "muted")] if self._key else []
        words.append((self._value, self._value_font(), "text"))
        for text, font, tone in words:
            width = painting.text_width(text, font)
            ink = theme.colour(tone if self.isEnabled() else "disabled")
            painting.draw_text(painter, QRectF(at, 0, width, box.height()), text, font, ink)
            at += width + theme.sizes().unit
        if not self._is_outlined:
            size = theme.sizes().scaled(icons.CHEVRON)
            left = box.width() - self._padding() - size + 2
            is_over = self.underMouse()
            ink = theme.colour("text" if self._is_over_cross else "link" if is_over else "muted")
            icons.paint(painter, "x", QRectF(left, 0, size, box.height()), ink)

    def _paint_box(self, painter: QPainter, box: QRectF) -> None:
        radius = box.height() / 2
        is_over = self.underMouse()
        if self._is_outlined:
            fill = theme.colour("select" if self.isDown() else "hover" if is_over else "button")
            ring = theme.colour("accent" if self._is_current else "control")
            width = 2.0 if self._is_current else 1.0
            painting.rounded(painter, box, radius, fill, ring, width)
        else:
            is_plain = theme.tokens().is_high_contrast
            fill = theme.colour("select") if self.isDown() else theme.tint("go")
            edge = theme.colour("text") if is_plain else None
            painting.rounded(painter, box, radius, fill, edge)
        if self.hasFocus():
            painting.focus_ring(painter, box, radius)

    def _is_cross(self, x: float) -> bool:
        return not self._is_outlined and x >= self.width() - self._cross_width()

    def _cross_width(self) -> int:
        room = theme.sizes()
        return self._padding() + room.scaled(icons.CHEVRON) + room.unit - 1

    @staticmethod
    def _padding() -> int:
        return theme.sizes().scaled(11)

    @staticmethod
    def _value_font() -> QFont:
        return theme.font(_CHIP_RATIO, theme.Weight.Medium)


class _CountedTabs(QTabBar):
    """Words with counts, arrows to move; what segment and tabs have in common."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._counts: dict[int, int] = {}
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._over = -1

    def add(self, texts: Sequence[str]) -> None:
        """Add one tab per word."""
        for text in texts:
            at = self.addTab(text.replace("&", "&&"))
            self.setTabData(at, text)
            self.setAccessibleTabName(at, text)

    def set_count(self, at: int, value: int) -> None:
        """Show what needs a person behind the word; 0 shows nothing."""
        self._counts[at] = value
        word = str(self.tabData(at))
        self.setAccessibleTabName(at, f"{word}, {value}" if value else word)
        # A new text is what makes Qt ask for the sizes of tabs again.
        self.setTabText(at, "")
        self.setTabText(at, word.replace("&", "&&"))

    def minimumSizeHint(self) -> QSize:
        """Never narrower than all words."""
        return self.sizeHint()

    def minimumTabSizeHint(self, index: int) -> QSize:
        """No tab is squeezed."""
        return self.tabSizeHint(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer from tab to tab."""
        super().mouseMoveEvent(event)
        self._set_over(self.tabAt(event.position().toPoint()))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Begin to follow the pointer."""
        super().enterEvent(event)
        self._set_over(self.tabAt(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has gone."""
        super().leaveEvent(event)
        self._set_over(-1)

    def _set_over(self, at: int) -> None:
        if at != self._over:
            self._over = at
            self.update()

    def _count_text(self, at: int) -> str:
        value = self._counts.get(at, 0)
        return formats.count(value) if value else ""

    def _word(self, at: int) -> str:
        return str(self.tabData(at))


class Segment(_CountedTabs):
    """One choice of a few that stand side by side; arrows move, `currentChanged` tells."""

    def __init__(self, name: str, texts: Sequence[str]) -> None:
        super().__init__(name)
        self.setSizePolicy(_FIXED, _FIXED)
        self.add(texts)

    def tabSizeHint(self, index: int) -> QSize:
        """Room for word and count."""
        room = theme.sizes()
        width = painting.text_width(self._word(index), self._font()) + 2 * room.scaled(14)
        if text := self._count_text(index):
            width += painting.text_width(text, self._count_font()) + room.scaled(6)
        return QSize(-int(-width // 1), room.control)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint trough and the chosen word in the colours in force."""
        painter = QPainter(self)
        trough = QRectF(self.rect())
        is_plain = theme.tokens().is_high_contrast
        edge = theme.colour("text") if is_plain else None
        painting.rounded(painter, trough, painting.BOX_RADIUS, theme.tint("wait"), edge)
        for at in range(self.count()):
            self._paint_item(painter, at)

    def _paint_item(self, painter: QPainter, at: int) -> None:
        box = QRectF(self.tabRect(at)).adjusted(2, 2, -2, -2)
        is_chosen = at == self.currentIndex()
        if is_chosen:
            self._paint_chosen(painter, box)
            if self.hasFocus():
                painting.focus_ring(painter, box)
        tone = "text" if is_chosen or at == self._over else "muted"
        ink = theme.colour(tone if self.isEnabled() and self.isTabEnabled(at) else "disabled")
        room = theme.sizes()
        word = box.adjusted(room.scaled(12), 0, 0, 0)
        font = self._font() if is_chosen else theme.font()
        painting.draw_text(painter, word, self._word(at), font, ink)
        if text := self._count_text(at):
            right = box.adjusted(0, 0, -room.scaled(12), 0)
            font = self._count_font()
            painting.draw_text(painter, right, text, font, theme.colour("warn"), painting.RIGHT)

    @staticmethod
    def _paint_chosen(painter: QPainter, box: QRectF) -> None:
        look, radius = theme.tokens(), painting.CONTROL_RADIUS
        if look.is_high_contrast:
            painting.rounded(painter, box, radius, border=theme.colour("accent"), width=3)
        elif look.is_dark:
            painting.rounded(painter, box, radius, theme.colour("line"))
        else:
            painting.rounded(painter, box, radius, theme.colour("base"), theme.colour("edge"))

    @staticmethod
    def _font() -> QFont:
        return theme.font(1.0, theme.Weight.Medium)

    @staticmethod
    def _count_font() -> QFont:
        return theme.font(_COUNT_RATIO, theme.Weight.DemiBold)


class TabBar(_CountedTabs):
    """The tabs of the window: flat, the current one with a line; counts only for what needs you.

    `set_compact` narrows the padding below 1200 logical pixels (design.md 4, "Narrow").
    """

    def __init__(self, name: str, texts: Sequence[str]) -> None:
        super().__init__(name)
        self._padding = 12
        self.setSizePolicy(QSizePolicy.Policy.Preferred, _FIXED)
        self.add(texts)

    def set_compact(self, *, is_compact: bool) -> None:
        """Use the narrow padding, or the ordinary one."""
        padding = 8 if is_compact else 12
        if padding == self._padding:
            return
        self._padding = padding
        for at in range(self.count()):
            self.set_count(at, self._counts.get(at, 0))

    def tabSizeHint(self, index: int) -> QSize:
        """Room for the word in DemiBold, so that nothing moves when it becomes current."""
        room = theme.sizes()
        width = self._word_width(index) + 2 * room.scaled(self._padding)
        if text := self._count_text(index):
            width += room.unit * 2 + self._badge_width(text)
        return QSize(-int(-width // 1), room.tab)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint words, counts and the line of the current tab in the colours in force."""
        painter = QPainter(self)
        for at in range(self.count()):
            self._paint_tab(painter, at)

    def _paint_tab(self, painter: QPainter, at: int) -> None:
        room = theme.sizes()
        whole = QRectF(self.tabRect(at))
        padding = room.scaled(self._padding)
        box = whole.adjusted(padding, 0, -padding, 0)
        is_current = at == self.currentIndex()
        weight = theme.Weight.DemiBold if is_current else theme.Weight.Medium
        tone = "text" if is_current or at == self._over else "muted"
        painting.draw_text(
            painter, box, self._word(at), theme.font(1.0, weight), theme.colour(tone)
        )
        if text := self._count_text(at):
            self._paint_badge(painter, box, text)
        if is_current:
            line = QRectF(box.left() - 2, whole.bottom() - 3, box.width() + 4, 3)
            painting.rounded(painter, line, 1.5, theme.colour("accent"))
            if self.hasFocus():
                painting.focus_ring(painter, whole.adjusted(4, 5, -4, -6))

    def _paint_badge(self, painter: QPainter, box: QRectF, text: str) -> None:
        width, height = self._badge_width(text), theme.sizes().scaled(19)
        badge = QRectF(box.right() - width, box.center().y() - height / 2, width, height)
        edge = theme.colour("warn") if theme.tokens().is_high_contrast else None
        painting.rounded(painter, badge, height / 2, theme.tint("warn"), edge)
        font = theme.font(_COUNT_RATIO, theme.Weight.DemiBold)
        painting.draw_text(painter, badge, text, font, theme.colour("warn"), painting.CENTRE)

    def _word_width(self, at: int) -> float:
        return painting.text_width(self._word(at), theme.font(1.0, theme.Weight.DemiBold))

    @staticmethod
    def _badge_width(text: str) -> int:
        font = theme.font(_COUNT_RATIO, theme.Weight.DemiBold)
        return round(painting.text_width(text, font)) + theme.sizes().scaled(12)
