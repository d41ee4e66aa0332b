"""The plots of the month-end PDF, drawn as vectors; their figures stand in tables beside them."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor

from core.domain.money import Money
from core.domain.reconcile_parts import CAUSES, UNEXPLAINED
from core.reports_tables import Table
from core.words import area

say = area(__name__)

_INK, _MUTED, _LINE = HexColor(0x1A1E26), HexColor(0x565F6E), HexColor(0xBCC3CE)
_MORE, _LESS, _LOOSE = HexColor(0x2F66B5), HexColor(0xC47A10), HexColor(0xAE1E2A)
_ROW, _SIZE, _NAMES = 15.0, 7.5, 0.34
_AGES = 5


def cause_plot(
    causes: Sequence[tuple[str, str, int]], width: float, fonts: tuple[str, str]
) -> Drawing:
    """Bars from a common zero, one a cause (title, place and currency, minor units)."""
    plain, bold = fonts
    drawing = Drawing(width, len(causes) * _ROW + 6)
    left, room = width * _NAMES, width * (1 - _NAMES)
    largest = max(1, *(abs(amount) for _, _, amount in causes))
    has_minus = any(amount < 0 for _, _, amount in causes)
    half = (room - 150) / 2 if has_minus else room - 90
    zero = left + half + 75 if has_minus else left
    for row, (title, place, amount) in enumerate(causes):
        y = drawing.height - (row + 1) * _ROW
        drawing.add(String(0, y + 4, title, fontName=plain, fontSize=_SIZE, fillColor=_INK))
        length = half * abs(amount) / largest
        color = _LOOSE if title == CAUSES[UNEXPLAINED] else _MORE if amount >= 0 else _LESS
        start = zero if amount >= 0 else zero - length
        drawing.add(_bar(start, y + 2, length, _ROW - 5, color))
        text = f"{Money(amount, place[-3:])}".replace("-", "\u2212")
        label = String(zero + length + 4, y + 4, text, fontName=bold, fontSize=_SIZE)
        if amount < 0:
            label.x, label.textAnchor = start - 4, "end"
        label.fillColor = _MUTED
        drawing.add(label)
    drawing.add(Line(zero, 0, zero, drawing.height, strokeColor=_LINE, strokeWidth=0.8))
    return drawing


def ageing_plot(table: Table, width: float, fonts: tuple[str, str]) -> Drawing | None:
    """One bar a currency, cut by how long it is overdue; None where a part of it is a credit."""
    plain, bold = fonts
    totals = [row for row in table.totals if not _has_credit(row[4 : 4 + _AGES])]
    if not totals:
        return None
    drawing = Drawing(width, len(totals) * 34.0 + 18)
    names = [column.name for column in table.columns[4 : 4 + _AGES]]
    for row, total in enumerate(totals):
        y = drawing.height - 14 - (row + 1) * 34.0
        amounts = [cell.minor for cell in total[4 : 4 + _AGES] if isinstance(cell, Money)]
        whole = sum(amounts) or 1
        x = 0.0
        for place, amount in enumerate(amounts):
            length = width * amount / whole
            drawing.add(_bar(x, y + 8, length, 16, _SHADES[place]))
            if length > _ROW * 2:
                share = f"{100 * amount / whole:.0f} %"
                ink = HexColor(0xFFFFFF) if place else _INK
                label = String(x + 4, y + 13, share, fontName=bold, fontSize=7, fillColor=ink)
                drawing.add(label)
            x += length
        title = say("open_in_x3_by_age", total=total[3])
        drawing.add(String(0, y + 27, title, fontName=bold, fontSize=_SIZE, fillColor=_INK))
    x = 0.0
    for place, name in enumerate(names):
        drawing.add(_bar(x, 1, 8, 8, _SHADES[place]))
        drawing.add(String(x + 11, 2, name, fontName=plain, fontSize=7, fillColor=_MUTED))
        x += 74
    return drawing


_SHADES = (
    HexColor(0xC9D8EF), HexColor(0x7FA3D9), HexColor(0x2F66B5), HexColor(0xC47A10),
    HexColor(0xAE1E2A),
)  # fmt: skip


def _bar(x: float, y: float, width: float, height: float, color: Color) -> Rect:
    made = Rect(x, y, width, height)
    made.fillColor, made.strokeColor = color, None
    return made


def _has_credit(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, Money) and cell.minor < 0 for cell in cells)
