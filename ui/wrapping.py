"""Wrapped labels keep the height of their lines after their first layout.

A label that was laid out in a narrow column first never claims less height than there, so a page
would show gaps. Each is asked once more when its width or its words have changed.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget

from ui.widgets import TextLabel

_SEEN = "wrapped_for"
_WHEN = frozenset({QEvent.Type.Show, QEvent.Type.Resize, QEvent.Type.LayoutRequest})


class Wrapping(QObject):
    """Watches a surface for as long as it lives."""

    def __init__(self, surface: QWidget) -> None:
        super().__init__(surface)
        self._surface = surface
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._claim)
        surface.installEventFilter(self)
        for area in surface.findChildren(QScrollArea):
            inside = area.widget()
            if inside is not None:
                inside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """After the layout has done its work the labels are asked."""
        if event.type() in _WHEN:
            self._soon.start()
        return super().eventFilter(watched, event)

    def _claim(self) -> None:
        for label in self._surface.findChildren(TextLabel):
            if not label.wordWrap() or not label.isVisible():
                continue
            seen = f"{label.width()} {label.text()}"
            if label.property(_SEEN) != seen:
                label.setProperty(_SEEN, seen)
                # Qt's height for a width is never below the least height that was claimed before.
                label.setMinimumHeight(0)
                label.setText(label.text())
