"""Shared strokes of the window: rounded boxes, rings, pills, bars, and text that is never cut.

Functions paint with the colours in force (`ui.theme`) and leave the painter as they found it, but
for pen, brush and font. Sizes are logical pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from ui import icons, theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
#: Radii (design.md 2).
CELL_RADIUS, CONTROL_RADIUS, BOX_RADIUS, CARD_RADIUS = 3.0, 5.0, 6.0, 8.0
PILL_RATIO = 0.95
_PILL_GAP, _PILL_LEFT, _PILL_RIGHT = 5, 7, 9


@dataclass(frozen=True, slots=True)
class PillLook:
    """What a pill shows. `is_filled` None: filled where a person must act (design.md 1.1)."""

    icon: str
    text: str
    kind: str
    is_filled: bool | None = None

    @property
    def has_fill(self) -> bool:
        """Whether the pill is painted on its tint."""
        return self.kind in theme.FILLED_KINDS if self.is_filled is None else self.is_filled


def rounded(
    painter: QPainter,
    box: QRectF,
    radius: float,
    fill: QColor | None = None,
    border: QColor | None = None,
    width: float = 1.0,
) -> None:
    """Paint a rounded box; the border lies wholly inside the rectangle and stays sharp."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if border is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, radius, radius)
        return
    painter.setPen(QPen(border, width))
    half = width / 2
    inner = box.adjusted(half, half, -half, -half)
    painter.drawRoundedRect(inner, max(0.0, radius - half), max(0.0, radius - half))


def ring_tone(*, is_selected: bool) -> str:
    """Tone of the ring in a list: a selection in high contrast has the colour of the accent."""
    return "selecttext" if is_selected and theme.tokens().is_high_contrast else "accent"


def focus_ring(
    painter: QPainter, box: QRectF, radius: float = CONTROL_RADIUS, tone: str = "accent"
) -> None:
    """Paint the ring of the focus, 2 wide, inside the edge."""
    rounded(painter, box, radius, border=theme.colour(tone), width=2.0)


def line(painter: QPainter, start: QPointF, end: QPointF, tone: str = "line") -> None:
    """Paint a straight hairline without smoothing: one device row or column wide and up."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    if start.y() == end.y():
        strip = QRectF(start.x(), start.y(), end.x() - start.x(), 1.0)
    else:
        strip = QRectF(start.x(), start.y(), 1.0, end.y() - start.y())
    painter.fillRect(strip, theme.colour(tone))


def text_width(text: str, font: QFont) -> float:
    """Width of one line of text, with nothing cut."""
    return QFontMetricsF(font).horizontalAdvance(text)


def elided(text: str, font: QFont, width: float) -> str:
    """Text that fits, with an ellipsis at its end; only names and reasons may be shortened."""
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)


def draw_text(
    painter: QPainter,
    box: QRectF,
    text: str,
    font: QFont,
    ink: QColor,
    align: Qt.AlignmentFlag = LEFT,
) -> None:
    """Paint one line of text; never shortened here, see `elided`."""
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(box, align | Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip, text)


def pill_width(look: PillLook, *, is_flush: bool = False) -> int:
    """Width a pill needs. `is_flush`: without the padding, its icon on the text edge."""
    room = theme.sizes()
    word = text_width(look.text, theme.font(PILL_RATIO, theme.Weight.Medium))
    inside = room.scaled(icons.CELL) + room.scaled(_PILL_GAP) + word
    padding = 0 if is_flush else room.scaled(_PILL_LEFT) + room.scaled(_PILL_RIGHT)
    return -int(-(inside + padding) // 1)


def pill_inset() -> int:
    """How far the fill of a pill begins left of its icon: list cells start their pill here."""
    return theme.sizes().scaled(_PILL_LEFT)


def paint_pill(
    painter: QPainter,
    at: QPointF,
    look: PillLook,
    *,
    is_flush: bool = False,
    is_selected: bool = False,
) -> None:
    """Paint a pill whose left end and middle line are given.

    Not filled, it is icon and word alone at the same place. `is_flush`: `at` is where the icon
    starts. In high contrast the fill becomes a border.
    """
    room = theme.sizes()
    left = at.x() - (room.scaled(_PILL_LEFT) if is_flush else 0)
    top = round(at.y() - room.pill / 2)  # between two pixels its border would be blurred
    box = QRectF(left, top, pill_width(look), room.pill)
    ink = theme.word(look.kind, is_selected=is_selected)
    if look.has_fill:
        is_plain = theme.tokens().is_high_contrast
        ink = theme.colour(look.kind)
        rounded(painter, box, room.pill / 2, theme.tint(look.kind), ink if is_plain else None)
    size = room.scaled(icons.CELL)
    start = box.left() + room.scaled(_PILL_LEFT)
    icons.paint(painter, look.icon, QRectF(start, at.y() - size / 2, size, size), ink)
    start += size + room.scaled(_PILL_GAP)
    word = QRectF(start, box.top(), box.right() - start, box.height())
    draw_text(painter, word, look.text, theme.font(PILL_RATIO, theme.Weight.Medium), ink)


def paint_disc(painter: QPainter, box: QRectF, icon: str, kind: str, size: int) -> None:
    """Paint an icon on a round tint of its kind."""
    is_plain = theme.tokens().is_high_contrast
    ink = theme.colour(kind)
    rounded(painter, box, box.height() / 2, theme.tint(kind), ink if is_plain else None)
    middle = QRectF(0, 0, size, size)
    middle.moveCenter(box.center())
    icons.paint(painter, icon, middle, ink)


def paint_bar(painter: QPainter, box: QRectF, share: float, tone: str = "accent") -> None:
    """Paint a bar filled to a share between 0 and 1."""
    radius = box.height() / 2
    is_plain = theme.tokens().is_high_contrast
    trough = theme.colour("base" if is_plain else "hair")
    rounded(painter, box, radius, trough, theme.colour("text") if is_plain else None)
    width = box.width() * min(1.0, max(0.0, share))
    if width > 0:
        filled = QRectF(box.left(), box.top(), max(width, box.height()), box.height())
        rounded(painter, filled, radius, theme.colour(tone))


def match_token(percent: float) -> str:
    """Colour of a match: accent at 95 and above, else the mark (design.md 3, "Evidence")."""
    sure = 95
    return "accent" if percent >= sure else "mark"
