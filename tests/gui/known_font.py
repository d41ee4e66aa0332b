"""The font of tests and pictures, so that every machine measures and draws the same."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase

from core.words import resources

# They come with the program. At this size and stretch they are as high as the design's font, and
# as wide for their height as the one of Windows.
_FILES = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")
_POINTS, _STRETCH = 10.3, 80
# What the design was drawn in, for pictures where it is installed.
_DESIGN, _DESIGN_POINTS = "Inter", 9.5


def known_font() -> QFont:
    """The font that comes with the program; needs an application."""
    for name in _FILES:
        file = QFontDatabase.addApplicationFont(str(resources() / "fonts" / name))
        family = QFontDatabase.applicationFontFamilies(file)[-1]  # the first is the wide one's
    return _dressed(family, _POINTS, _STRETCH)


def picture_font() -> QFont:
    """The font of the design where it is installed, else the known one."""
    if _DESIGN in QFontDatabase.families():
        return _dressed(_DESIGN, _DESIGN_POINTS)
    return known_font()


def _dressed(family: str, points: float, stretch: int = 0) -> QFont:
    font = QFont(family)
    font.setPointSizeF(points)
    font.setStretch(stretch)
    # Widths then scale evenly, as they do in the pictures of the design.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
