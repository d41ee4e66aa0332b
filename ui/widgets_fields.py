"""Where the clerk types and chooses: fields with icon and error, combos, labels above and hints.

Every control gets the label of its `Field` as accessible name and its hint or error as description.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from core.words import area
from ui import icons, painting, theme
from ui.widgets_text import CAPTION, IconLabel, TextLabel

say = area(__name__)

_PADDING, _ICON_GAP = 10, 7
_FIND_WIDTH = 290
_ELASTIC = QSizePolicy.Policy.Expanding
_FIXED = QSizePolicy.Policy.Fixed


class LineEdit(QLineEdit):
    """A line to type in, with an icon at its left; `set_error` gives it a red edge and sign."""

    def __init__(self, placeholder: str = "", *, icon: str = "", name: str = "") -> None:
        super().__init__()
        self._icon = icon
        self._is_wrong = False
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(name)
        self.setSizePolicy(_ELASTIC, _FIXED)
        self._set_margins()

    def set_error(self, *, is_wrong: bool) -> None:
        """Mark what was typed as wrong, or as right again."""
        self._is_wrong = is_wrong
        self._set_margins()
        self.update()

    def sizeHint(self) -> QSize:
        """The height of all controls."""
        return QSize(super().sizeHint().width(), theme.sizes().control)

    def minimumSizeHint(self) -> QSize:
        """As high as every control; its text scrolls, so it may be narrower."""
        return QSize(theme.sizes().scaled(60), theme.sizes().control)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, then icon and fault over it."""
        super().paintEvent(event)
        painter = QPainter(self)
        size = theme.sizes().scaled(icons.CONTROL)
        if self._icon:
            place = QRectF(theme.sizes().scaled(_PADDING), 0, size, self.height())
            ink = theme.colour("muted" if self.isEnabled() else "disabled")
            icons.paint(painter, self._icon, place, ink)
        if self._is_wrong:
            width = 2.0 if self.hasFocus() else 1.0
            edge = theme.colour("bad")
            box = QRectF(self.rect())
            painting.rounded(painter, box, painting.CONTROL_RADIUS, border=edge, width=width)
            left = self.width() - theme.sizes().scaled(_PADDING) - size
            icons.paint(painter, "alert-circle", QRectF(left, 0, size, self.height()), edge)

    def _set_margins(self) -> None:
        room = theme.sizes()
        beside = room.scaled(_PADDING) + room.scaled(icons.CONTROL)
        left = beside + room.scaled(_ICON_GAP) if self._icon else room.scaled(_PADDING + 1)
        right = beside if self._is_wrong else room.scaled(_PADDING)
        # Qt itself leaves 2 between margin and text.
        self.setTextMargins(left - 2, 0, right, 0)


class FindField(LineEdit):
    """The find field of a list; 290 wide, `set_width` for the narrow window."""

    def __init__(self, name: str = say("find")) -> None:
        super().__init__("Find   Ctrl+F", icon="search", name=name)
        self.set_width(_FIND_WIDTH)

    def set_width(self, pixels: int) -> None:
        """Give it this width at 100 %."""
        self.setFixedWidth(theme.sizes().scaled(pixels))


class SecretEdit(LineEdit):
    """A secret to type: never shown, never filled in. An empty one leaves what is stored."""

    def __init__(self, name: str, *, is_stored: bool) -> None:
        super().__init__("", icon="key", name=name)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self.set_stored(is_stored=is_stored)

    def set_stored(self, *, is_stored: bool) -> None:
        """Empty the field and say whether a value is kept."""
        self.clear()
        self.setPlaceholderText(
            say("stored_type_to_replace_it") if is_stored else say("not_stored_yet")
        )


class Combo(QComboBox):
    """A choice of texts; `currentIndexChanged` tells. Wide enough for its longest text."""

    def __init__(self, name: str, texts: Sequence[str] = (), *, icon: str = "") -> None:
        super().__init__()
        self._icon = icon
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, _FIXED)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.addItems(list(texts))

    def sizeHint(self) -> QSize:
        """Room for the longest text, icon and chevron."""
        room = theme.sizes()
        texts = [self.itemText(at) for at in range(self.count())] or [self.placeholderText()]
        widest = max(painting.text_width(text, self.font()) for text in texts)
        width = widest + 2 * room.scaled(11) + room.scaled(icons.CONTROL) + room.scaled(_ICON_GAP)
        if self._icon:
            width += room.scaled(icons.CONTROL) + room.scaled(_ICON_GAP)
        return QSize(-int(-width // 1), room.control)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its longest text."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint box, text and chevron in the colours in force."""
        painter = QPainter(self)
        room = theme.sizes()
        box = QRectF(self.rect())
        is_over = self.underMouse() and self.isEnabled()
        fill = theme.colour("hover" if is_over else "button" if self.isEnabled() else "base")
        edge = theme.colour("edge" if self.isEnabled() else "line")
        painting.rounded(painter, box, painting.CONTROL_RADIUS, fill, edge)
        if self.hasFocus():
            painting.focus_ring(painter, box)
        ink = theme.colour("text" if self.isEnabled() else "disabled")
        size, at = room.scaled(icons.CONTROL), room.scaled(10)
        if self._icon:
            icons.paint(painter, self._icon, QRectF(at, 0, size, box.height()), ink)
            at += size + room.scaled(_ICON_GAP)
        right = box.width() - room.scaled(9) - size
        icons.paint(painter, "chevron-down", QRectF(right, 0, size, box.height()), ink)
        words = QRectF(at, 0, right - at - room.unit, box.height())
        shown = self.currentText()
        if self.currentIndex() < 0:
            shown, ink = self.placeholderText(), theme.colour("muted")
        text = painting.elided(shown, self.font(), words.width())
        painting.draw_text(painter, words, text, self.font(), ink)


class Field(QWidget):
    """A control with its label above, a hint below, and below that what is wrong and an example."""

    def __init__(self, label: str, control: QWidget, hint: str = "") -> None:
        super().__init__()
        self.control = control
        self._hint_text = hint
        self.label = TextLabel(label, weight=theme.Weight.Medium)
        self.label.setBuddy(control)
        self._hint = TextLabel(hint, tone="muted", ratio=CAPTION, is_wrapped=True)
        if not hint:  # never shown here: without a parent it would be a window of its own
            self._hint.hide()
        self._error = TextLabel("", tone="bad", ratio=CAPTION, is_wrapped=True)
        self._error_row = QWidget()
        self._build()
        control.setAccessibleName(label)
        control.setAccessibleDescription(hint)

    def _build(self) -> None:
        unit = theme.sizes().unit
        row = QHBoxLayout(self._error_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(unit)
        sign = IconLabel("alert-circle", tone="bad", size=icons.CELL)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._error, 1)
        self._error_row.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit)
        for part in (self.label, self.control, self._hint, self._error_row):
            column.addWidget(part)

    def set_hint(self, hint: str) -> None:
        """Show another hint; empty: none."""
        self._hint_text = hint
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.control.setAccessibleDescription(self._error.text() or hint)

    def set_error(self, text: str) -> None:
        """Say what is wrong, what to type and an example; empty: all is right."""
        self._error.setText(text)
        self._error_row.setVisible(bool(text))
        self.control.setAccessibleDescription(text or self._hint_text)
        if isinstance(self.control, LineEdit):
            self.control.set_error(is_wrong=bool(text))
