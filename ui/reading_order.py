"""Tab and Shift+Tab go through a window in the order in which it is read.

Qt's own chain is the order in which parts were made, and breaks where parts are made again. Here
the order is taken from where parts stand, anew for each step: rows from top to bottom, columns of
a row from left to right, and a container as a whole before what stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QComboBox,
    QScrollArea,
    QWidget,
)

_Side = Callable[[QRect], int]
_OVERLAP = 3  # pixels that neighbours may share, as a pill's fill that hangs out does


class InReadingOrder:
    """Mixed into a window before its Qt class, it makes Tab follow the reading order.

    Alt shows the letters of its buttons (`ui.mnemonics`).
    """

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt alone: each button in sight gets its letter."""
        if event.key() == Qt.Key.Key_Alt and isinstance(self, QWidget):
            from ui import mnemonics

            mnemonics.give(self)
        super().keyPressEvent(event)  # type: ignore[misc] # of the Qt class it is mixed into

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The letters are shown as long as Alt is down."""
        if event.key() == Qt.Key.Key_Alt and isinstance(self, QWidget):
            from ui import mnemonics

            mnemonics.hide(self)
        super().keyReleaseEvent(event)  # type: ignore[misc] # of the Qt class it is mixed into

    def focusNextPrevChild(self, is_forward: bool, /) -> bool:  # noqa: FBT001 - Qt's signature
        """Hand the keyboard on; Qt asks the window whatever part of it has it."""
        return isinstance(self, QWidget) and step(self, is_forward=is_forward)


def step(window: QWidget, *, is_forward: bool) -> bool:
    """Give the keyboard to the next part of a window, after the last to the first.

    False when there is no other part to give it to.
    """
    parts = stops(window)
    at = QApplication.focusWidget()
    if not parts or (len(parts) == 1 and at is parts[0]):
        return False
    chosen = parts[_next_place(parts, at, is_forward=is_forward)]
    reason = Qt.FocusReason.TabFocusReason if is_forward else Qt.FocusReason.BacktabFocusReason
    chosen.setFocus(reason)
    bring_into_sight(chosen)
    return True


def stops(root: QWidget) -> list[QWidget]:
    """All parts that Tab stops at, in reading order."""
    return [part for part in in_reading_order(root) if _is_stop(part)]


def in_reading_order(root: QWidget) -> Iterator[QWidget]:
    """A part and all in it that are in sight; what a combo box is made of is not told apart."""
    yield root
    if isinstance(root, QComboBox):
        return
    for part in in_order(_shown(root)):
        yield from in_reading_order(part)


def in_order(parts: Sequence[QWidget]) -> list[QWidget]:
    """Parts of one container by where they stand in it."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to order
        return list(parts)
    for low, high in ((QRect.top, QRect.bottom), (QRect.left, QRect.right)):
        bands = _bands(parts, low, high)
        if len(bands) > 1:
            return [part for band in bands for part in in_order(band)]
    return sorted(parts, key=lambda part: (part.geometry().top(), part.geometry().left()))


def _bands(parts: Sequence[QWidget], low: _Side, high: _Side) -> list[list[QWidget]]:
    """Groups between which a straight line can be drawn without touching any part."""
    found: list[list[QWidget]] = []
    end = 0
    for part in sorted(parts, key=lambda each: low(each.geometry())):
        box = part.geometry()
        if not found or low(box) > end - _OVERLAP:
            found.append([])
            end = high(box)
        found[-1].append(part)
        end = max(end, high(box))
    return found


def _shown(root: QWidget) -> list[QWidget]:
    children = (child for child in root.children() if isinstance(child, QWidget))
    return [child for child in children if child.isVisible() and not child.isWindow()]


def _is_stop(part: QWidget) -> bool:
    takes = part.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    if not takes or not part.isEnabled() or part.focusProxy() is not None:
        return False
    if isinstance(part, QScrollArea):
        return part.verticalScrollBar().maximum() > 0  # else there is nothing to do in it
    return not isinstance(part, QAbstractButton) or _stands_for_its_group(part)


def _stands_for_its_group(button: QAbstractButton) -> bool:
    """Of buttons of which one is chosen, only that one: arrows go to the others."""
    if not button.isCheckable():
        return True
    group = _group_of(button)
    if group is not None and group.exclusive():
        others = [each for each in group.buttons() if each.isVisible()]
    elif group is None and button.autoExclusive():
        others = [each for each in _siblings(button) if each.autoExclusive()]
    else:
        return True
    chosen = [each for each in others if each.isChecked()]
    return button in chosen if chosen else not others or button is others[0]


def _group_of(button: QAbstractButton) -> QButtonGroup | None:
    return button.group()  # None where there is no group, whatever its declaration says


def _siblings(button: QAbstractButton) -> list[QAbstractButton]:
    parent = button.parentWidget()
    around = [] if parent is None else parent.children()
    return [one for one in around if isinstance(one, QAbstractButton) and one.isVisible()]


def _next_place(parts: Sequence[QWidget], at: QWidget | None, *, is_forward: bool) -> int:
    way = 1 if is_forward else -1
    if at is None:
        return 0 if is_forward else len(parts) - 1
    if at in parts:
        return (parts.index(at) + way) % len(parts)
    # The keyboard stands in what is no stop itself, as a selectable text: on from its place.
    inside = [place for place, part in enumerate(parts) if part.isAncestorOf(at)]
    if inside:
        return (inside[-1] + way) % len(parts)
    around: QWidget | None = at
    while around is not None:
        within = [place for place, part in enumerate(parts) if around.isAncestorOf(part)]
        if within:
            return within[0] if is_forward else within[-1]
        around = around.parentWidget()
    return 0


def bring_into_sight(part: QWidget) -> None:
    """Scroll every area around a part so that it is seen."""
    above = part.parentWidget()
    while above is not None and not above.isWindow():
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(part)
        above = above.parentWidget()
