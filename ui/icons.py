"""Tabler icons in any colour of the theme, sharp on every screen, cached.

Files lie in `resources/icons`, drawn in `currentColor`. Which icon stands for which word is said in
`STATES`, `MAPPINGS`, `CHECKS` and `COMMANDS` (design.md 2, "Icons").
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ui import theme

_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons"
_DRAWN_STROKE = 'stroke-width="2"'
_FULL_SIZE = 16
_CACHE_LIMIT = 1_000

#: Sizes at 100 %: `CHEVRON` also for a cross, `CELL` in pills, `CONTROL`, card `HEAD`, and so on.
CHEVRON, CELL, CONTROL, HEAD, DIALOG, EMPTY = 13, 14, 16, 20, 22, 30

#: State of an invoice or payment -> icon.
STATES = {
    "ready": "circle-dashed",
    "needs_mapping": "link-plus",
    "needs_review": "alert-triangle",
    "held": "player-pause",
    "sending": "send",
    "in_doubt": "zoom-question",
    "sent": "send",
    "in_approval": "hourglass",
    "approved": "check",
    "rejected": "circle-x",
    "payment_scheduled": "calendar-due",
    "payment_issued": "credit-card",
    "part_paid": "circle-half-2",
    "paid": "circle-check",
    "payment_voided": "ban",
    "payment_returned": "arrow-back-up",
    "changed_after_sending": "file-diff",
    "excluded": "circle-minus",
}
#: State of a mapping rule -> icon and kind.
MAPPINGS = {
    "mapped": ("link", "wait"),
    "suggested": ("bulb", "go"),
    "unmapped": ("link-plus", "warn"),
    "conflict": ("circle-x", "bad"),
    "inactive": ("circle-minus", "wait"),
}
#: State of a check, a side or a run -> icon and kind.
CHECKS = {
    "ok": ("circle-check", "ok"),
    "not_reached": ("plug-connected-x", "bad"),
    "failed": ("circle-x", "bad"),
    "not_checked": ("circle-dashed", "wait"),
    "running": ("refresh", "go"),
    "stopped": ("player-stop", "wait"),
    "done": ("check", "wait"),
    "needs_you": ("alert-triangle", "warn"),
}
#: Command -> icon.
COMMANDS = {
    "sync": "refresh",
    "preview": "eye",
    "stop": "player-stop",
    "pause": "player-pause",
    "find": "search",
    "filter": "filter",
    "columns": "columns-3",
    "export": "table-export",
    "import": "file-import",
    "verify": "shield-check",
    "safe": "shield-check",
    "history": "history",
    "copy": "copy",
    "secret": "key",
    "test": "plug-connected",
    "doctor": "stethoscope",
    "close": "x",
    "open": "external-link",
}

_pixmaps: dict[tuple[str, int, int, float], QPixmap] = {}


def names() -> list[str]:
    """Names of all icons that can be painted."""
    return sorted(path.stem for path in _FOLDER.glob("*.svg"))


@cache
def _drawing(name: str) -> str:
    return (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, ink: QColor, size: int, ratio: float = 1.0) -> QPixmap:
    """Picture of an icon, `size` logical pixels wide, for a device of this pixel ratio.

    Raises:
        FileNotFoundError: no icon has this name; a test walks all names used.
    """
    key = (name, ink.rgba(), size, ratio)
    if (found := _pixmaps.get(key)) is not None:
        return found
    if len(_pixmaps) >= _CACHE_LIMIT:
        _pixmaps.clear()
    stroke = "1.75" if size >= _FULL_SIZE else "2"
    text = _drawing(name).replace(_DRAWN_STROKE, f'stroke-width="{stroke}"')
    text = text.replace("currentColor", ink.name())
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(made.rect()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    _pixmaps[key] = made
    return made


def paint(painter: QPainter, name: str, place: QRectF, ink: QColor) -> None:
    """Paint an icon centred in a rectangle, as large as its lower side.

    The ratio is that of the device painted on: windows move between screens.
    """
    size = round(min(place.width(), place.height()))
    made = pixmap(name, ink, size, painter.device().devicePixelRatio())
    left = place.left() + (place.width() - size) / 2
    top = place.top() + (place.height() - size) / 2
    painter.drawPixmap(QRectF(left, top, size, size), made, QRectF(made.rect()))


def icon(name: str, tone: str = "text", size: int = CONTROL) -> QIcon:
    """Icon for menus and the tray, in the colour of a token now; made anew when that changes."""
    made = QIcon()
    for ratio in (1.0, 1.5, 2.0):
        made.addPixmap(pixmap(name, theme.colour(tone), size, ratio))
        faint = pixmap(name, theme.colour("disabled"), size, ratio)
        made.addPixmap(faint, QIcon.Mode.Disabled)
    return made


def clear_cache() -> None:
    """Forget all pictures; after a change of scheme the old colours are not asked for again."""
    _pixmaps.clear()
