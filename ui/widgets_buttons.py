"""Buttons of the four kinds, with icon and key hint, and buttons of an icon alone.

One primary button per window (design.md 1.2). The words say the result and the number. A disabled
button says why in its tool tip: use `refuse` and `allow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy

from ui import icons, painting, theme

ButtonKind = Literal["primary", "plain", "quiet", "link"]
_PADDING: dict[ButtonKind, int] = {"primary": 12, "plain": 12, "quiet": 10, "link": 6}
_SMALL_PADDING = 10
_GAP = 6
_KEY_RATIO = 0.9
_BUSY_ICON = "loader-2"


@dataclass(frozen=True, slots=True)
class _Inks:
    """Colours of a button in one state; None paints nothing."""

    text: QColor
    fill: QColor | None = None
    edge: QColor | None = None
    key: QColor | None = None
    icon: QColor | None = None


class Button(QPushButton):
    """A button of one kind. Its accessible name is its word; a key hint stands behind the word.

    `key` is only shown; the caller binds the shortcut. `set_busy` keeps the width.
    """

    def __init__(
        self,
        text: str,
        *,
        kind: ButtonKind = "plain",
        icon: str = "",
        key: str = "",
        is_small: bool = False,
    ) -> None:
        super().__init__()
        self._kind: ButtonKind = kind
        self._icon_name = icon
        self._key = key
        self._is_small = is_small
        self._word = ""
        self._busy_word = ""
        self._was_enabled = True
        self._kept_width = 0
        self._letter_at = -1
        self._shows_letter = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if kind == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another word; an ampersand is shown as such."""
        self._word = text
        self._letter_at = -1
        self.setText(text.replace("&", "&&"))
        self.updateGeometry()
        self.update()

    def set_mnemonic(self, letter: str) -> None:
        """Press it by Alt and this letter of its word, and show which; empty: none."""
        word = self._word
        self._letter_at = word.lower().find(letter) if letter else -1
        parts = (word[: self._letter_at], word[self._letter_at :]) if letter else (word,)
        self.setText("&".join(part.replace("&", "&&") for part in parts))
        self._shows_letter = self._letter_at >= 0
        self.update()

    def hide_mnemonic(self) -> None:
        """Show the letter no more; it goes on working."""
        if self._shows_letter:
            self._shows_letter = False
            self.update()

    def set_kind(self, kind: ButtonKind) -> None:
        """Turn primary or plain; only one button of a window is primary."""
        self._kind = kind
        self.updateGeometry()
        self.update()

    def word(self) -> str:
        """The word on the button, without key hint."""
        return self._busy_word or self._word

    def set_menu(self, menu: QMenu) -> None:
        """Open a menu; a chevron tells so."""
        self.setMenu(menu)
        self.updateGeometry()

    def refuse(self, why: str) -> None:
        """Disable the button and say why in its tool tip."""
        self.setEnabled(False)
        self.setToolTip(why)
        self.setAccessibleDescription(why)

    def allow(self, tip: str = "") -> None:
        """Enable the button, with an ordinary tool tip if there is one."""
        self.setEnabled(True)
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)

    def set_busy(self, word: str) -> None:
        """Show work under way by a word in the -ing form, disabled; empty: work is over."""
        if word and not self._busy_word:
            self._was_enabled = self.isEnabled()
            self._kept_width = self.sizeHint().width()
        self._busy_word = word
        self.setEnabled(not word and self._was_enabled)
        if self._word:
            self.setAccessibleName(word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for icon, word, key hint and chevron."""
        room = theme.sizes()
        height = room.small_button if self._is_small else room.control
        width = self._content_width() + 2 * self._padding()
        if not self._word:
            width = height
        if self._busy_word:
            width = max(width, self._kept_width)
        return QSize(width, height)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its word."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint fill, ring and content in the colours in force."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        inks = self._inks()
        if inks.fill is not None or inks.edge is not None:
            painting.rounded(painter, box, painting.CONTROL_RADIUS, inks.fill, inks.edge)
        if self.hasFocus():
            self._paint_ring(painter, box)
        self._paint_content(painter, inks)

    def _paint_ring(self, painter: QPainter, box: QRectF) -> None:
        if self._kind == "primary":
            inner = box.adjusted(2, 2, -2, -2)
            painting.rounded(painter, inner, 3.5, border=theme.colour("accenttext"), width=1.5)
        else:
            painting.focus_ring(painter, box)

    def _padding(self) -> int:
        is_tight = self._is_small and self._kind in ("plain", "primary")
        return theme.sizes().scaled(_SMALL_PADDING if is_tight else _PADDING[self._kind])

    def _content_width(self) -> int:
        room = theme.sizes()
        gap = room.scaled(_GAP)
        parts: list[float] = []
        if self._shown_icon():
            parts.append(room.scaled(icons.CONTROL))
        if self._word:
            parts.append(painting.text_width(self.word(), self._font()))
        if self._shows_key():
            parts.append(painting.text_width(self._key, theme.font(_KEY_RATIO)) + 2)
        if self.menu() is not None:
            parts.append(room.scaled(icons.CHEVRON) + 2)
        return -int(-(sum(parts) + gap * max(0, len(parts) - 1)) // 1)

    def _shown_icon(self) -> str:
        return _BUSY_ICON if self._busy_word and self._icon_name else self._icon_name

    def _shows_key(self) -> bool:
        return bool(self._key and self._word and not self._busy_word)

    @staticmethod
    def _font() -> QFont:
        return theme.font(1.0, theme.Weight.Medium)

    def _inks(self) -> _Inks:
        if not self.isEnabled():
            return self._disabled_inks()
        is_over = self.underMouse() or self.isDown()
        if self._kind == "primary":
            fill = theme.colour("accenthover" if is_over else "accent")
            return _Inks(theme.colour("accenttext"), fill, key=theme.colour("accenttext"))
        if self._kind == "link":
            return _Inks(theme.colour("link"))
        if self.isDown():
            text = theme.colour("selecttext")
            edge = theme.colour("edge") if self._kind == "plain" else None
            return _Inks(text, theme.colour("select"), edge, text)
        muted = theme.colour("muted")
        if self._kind == "quiet":
            # In high contrast a hairline is as strong as text: the fill becomes a border.
            is_plain = theme.tokens().is_high_contrast
            hover = theme.colour("hair") if is_over and not is_plain else None
            border = theme.colour("edge") if is_over and is_plain else None
            return _Inks(theme.colour("text"), hover, border, muted, muted)
        fill = theme.colour("hover" if is_over else "button")
        return _Inks(theme.colour("text"), fill, theme.colour("edge"), muted)

    def _disabled_inks(self) -> _Inks:
        text = theme.colour("disabled")
        if self._kind == "primary":
            edge = theme.colour("line") if theme.tokens().is_high_contrast else None
            return _Inks(text, theme.tint("wait"), edge, text)
        if self._kind == "plain":
            return _Inks(text, theme.colour("base"), theme.colour("line"), text)
        return _Inks(text, key=text)

    def _paint_content(self, painter: QPainter, inks: _Inks) -> None:
        room = theme.sizes()
        gap = room.scaled(_GAP)
        at = (self.width() - self._content_width()) / 2
        if name := self._shown_icon():
            size = room.scaled(icons.CONTROL)
            place = QRectF(round(at), (self.height() - size) / 2, size, size)
            icons.paint(painter, name, place, inks.icon or inks.text)
            at += size + gap
        if self._word:
            at = self._paint_word(painter, at, inks.text) + gap
        if self._shows_key():
            font = theme.font(_KEY_RATIO)
            width = painting.text_width(self._key, font)
            box = QRectF(at + 2, 0, width, self.height())
            painting.draw_text(painter, box, self._key, font, inks.key or inks.text)
            at += width + 2 + gap
        if self.menu() is not None:
            size = room.scaled(icons.CHEVRON)
            place = QRectF(at + 2, (self.height() - size) / 2, size, size)
            icons.paint(painter, "chevron-down", place, inks.text)

    def _paint_word(self, painter: QPainter, at: float, ink: QColor) -> float:
        font = self._font()
        is_over = self.underMouse() and self.isEnabled()
        font.setUnderline(self._kind == "link" and is_over)
        width = painting.text_width(self.word(), font)
        painting.draw_text(painter, QRectF(at, 0, width, self.height()), self.word(), font, ink)
        if self._shows_letter and not self._busy_word:
            before = painting.text_width(self._word[: self._letter_at], font)
            letter = painting.text_width(self._word[self._letter_at], font)
            below = (self.height() + theme.sizes().height) / 2 - 2
            painter.fillRect(QRectF(at + before, below, letter, 1), ink)
        return at + width


class IconButton(Button):
    """A square button of an icon alone; its name is the tool tip and the accessible name.

    Only for columns, export, close, open in own window, pause and the narrow toolbar (design.md 2).
    """

    def __init__(
        self, icon: str, name: str, *, kind: ButtonKind = "quiet", is_small: bool = False
    ) -> None:
        super().__init__("", kind=kind, icon=icon, is_small=is_small)
        self.set_name(name)

    def set_name(self, name: str) -> None:
        """Give the button another meaning."""
        self.setToolTip(name)
        self.setAccessibleName(name)

    def allow(self, tip: str = "") -> None:
        """Enable the button; without a tip its name is the tool tip again."""
        super().allow(tip or self.accessibleName())
