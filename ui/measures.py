"""Sizes and fonts of the window, all from the application's font (design.md 2, "Sizes")."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication

Weight = QFont.Weight

_fonts: dict[tuple[str, float, QFont.Weight], QFont] = {}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in logical pixels, all from the height of the font (design.md 2, "Sizes")."""

    height: int
    unit: int

    @property
    def row(self) -> int:
        """Row of a list, and the status bar."""
        return self.height + 12

    @property
    def small_row(self) -> int:
        """Row of a small table, a chip, the environment strip."""
        return self.height + 10

    @property
    def control(self) -> int:
        """List header, button, field, combo, segment."""
        return self.height + 14

    @property
    def small_button(self) -> int:
        """Small button; no target is lower."""
        return self.height + 8

    @property
    def pill(self) -> int:
        """Pill of a state."""
        return self.height + 5

    @property
    def tab(self) -> int:
        """Row of the tabs."""
        return self.height + 24

    @property
    def progress(self) -> int:
        """Progress strip."""
        return self.height + 22

    @property
    def margin(self) -> int:
        """Page margin, card padding and the inset of a first column."""
        return round(self.unit * 3.5)

    def scaled(self, pixels: float) -> int:
        """Pixels of design.md at 100 % (font height 16), grown with the font."""
        return max(1, round(pixels * self.height / 16))


def sizes(base: QFont | None = None) -> Sizes:
    """Sizes for a font, as a rule the application's."""
    height = QFontMetrics(base if base is not None else QApplication.font()).height()
    return Sizes(height, round(height / 4))


def font(ratio: float = 1.0, weight: Weight = Weight.Normal) -> QFont:
    """The application's font at a ratio of design.md 2 ("Type") with tabular figures."""
    base = QApplication.font()
    key = (base.key(), ratio, weight)
    if (found := _fonts.get(key)) is None:
        found = QFont(base)
        found.setPointSizeF(max(1.0, base.pointSizeF() * ratio))
        found.setWeight(weight)
        make_tabular(found)
        _fonts[key] = found
    return QFont(found)


def make_tabular(made: QFont) -> None:
    """Figures of equal width: columns of amounts run down one edge (design.md 1.3)."""
    made.setFeature(QFont.Tag("tnum"), 1)
