"""Looks at every control of a window as somebody without mouse or without sight meets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QMenu,
    QScrollBar,
    QWidget,
)

from tests.gui.keyboard import name_of
from ui.reading_order import bring_into_sight, stops
from ui.widgets_buttons import Button

_MOST = 200


def controls(root: QWidget) -> Iterator[QWidget]:
    """What takes the keyboard or a click, as far as it is in sight."""
    for part in root.findChildren(QWidget):
        if not part.isVisible() or part.window() is not root:
            continue
        if isinstance(part, (QScrollBar, QLabel)):  # the text of a label is its name
            continue
        takes = part.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(part, QAbstractButton)
        if takes and not isinstance(part.parentWidget(), QAbstractScrollArea):
            yield part


def nameless(root: QWidget) -> list[str]:
    """Controls that a screen reader has no word for."""
    return [_told(part) for part in controls(root) if not name_of(part).strip()]


def silent(root: QWidget) -> list[str]:
    """Buttons that cannot be pressed and do not say why; icons alone without a tool tip."""
    found = []
    for part in controls(root):
        if not isinstance(part, QAbstractButton) or part.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        says = part.toolTip() or part.accessibleDescription()
        if not says and (not part.isEnabled() or not part.text()):
            found.append(_told(part))
    return found


def alike(root: QWidget) -> list[str]:
    """Names that two controls of one container have: nobody can tell them apart by ear."""
    counted = Counter(
        (id(part.parentWidget()), name_of(part), part.accessibleDescription())
        for part in stops(root)
    )
    return [name for (_, name, _), times in counted.items() if times > 1]


def walked(root: QWidget) -> list[QWidget]:
    """Where Tab stops, one round, beginning at the first stop."""
    parts = stops(root)
    if not parts:
        return []
    parts[0].setFocus(Qt.FocusReason.TabFocusReason)
    found: list[QWidget] = []
    for _ in range(_MOST):
        at = QApplication.focusWidget()
        if at is None or at in found:
            break
        found.append(at)
        QTest.keyClick(at, Qt.Key.Key_Tab)
    return found


def backwards(parts: Iterable[QWidget]) -> list[str]:
    """Steps against the reading order: up without going right, or left without going down."""
    found = []
    for first, second in pairwise(parts):
        if first.parentWidget() is not second.parentWidget():
            continue
        here, there = first.geometry(), second.geometry()
        is_above = there.bottom() <= here.top() and there.left() < here.right()
        is_before = there.right() <= here.left() and there.top() < here.bottom()
        if is_above or is_before:
            found.append(f"{_told(first)} → {_told(second)}")
    return found


def ringless(parts: Iterable[QWidget]) -> list[str]:
    """Stops that look the same with the keyboard as without it."""
    found = []
    for part in parts:
        part.setFocus(Qt.FocusReason.TabFocusReason)
        bring_into_sight(part)
        if not part.hasFocus():
            found.append(f"{_told(part)} takes no focus")
            continue
        with_ring = _picture(part)
        part.clearFocus()
        if _picture(part) == with_ring:
            found.append(_told(part))
    return found


def cut(root: QWidget) -> list[str]:
    """Controls narrower or lower than they ask to be at least."""
    found = []
    for part in controls(root):
        if isinstance(part, QAbstractScrollArea):  # it scrolls
            continue
        least, size = part.minimumSizeHint(), part.size()
        if size.width() < least.width() or size.height() < least.height():
            found.append(f"{_told(part)}: {size.toTuple()} of {least.toTuple()}")
    return found


def letters_wrong(root: QWidget) -> list[str]:
    """Buttons without a letter while Alt is down, and letters that two of them share."""
    QTest.keyPress(root, Qt.Key.Key_Alt, Qt.KeyboardModifier.AltModifier)
    buttons = [part for part in controls(root) if isinstance(part, Button) and part.isEnabled()]
    keys = [(one.shortcut().toString(), one.word()) for one in buttons if one.word()]
    QTest.keyRelease(root, Qt.Key.Key_Alt)
    counted = Counter(key for key, _ in keys)
    return [f"{word!r} has {key!r}" for key, word in keys if not key or counted[key] > 1]


def mnemonics_twice(menus: Iterable[QMenu]) -> list[str]:
    """Letters that two lines of one menu share."""
    found = []
    for menu in menus:
        letters = Counter(letter_of(action.text()) for action in menu.actions())
        found += [f"{menu.title()}: {letter}" for letter, n in letters.items() if letter and n > 1]
    return found


def letter_of(text: str) -> str:
    """The letter behind a single ampersand; empty without one."""
    plain = text.replace("&&", "")
    _, found, behind = plain.partition("&")
    return behind[:1].lower() if found else ""


def _picture(part: QWidget) -> QImage:
    """The part with a little around it, as it is on the screen."""
    window = part.window()
    box = QRect(part.mapTo(window, QPoint(0, 0)), part.size()).adjusted(-3, -3, 3, 3)
    return window.grab(box.intersected(window.rect())).toImage()


def _told(part: QWidget) -> str:
    return f"{type(part).__name__} {name_of(part)!r}"
