"""Speaks to a screen reader what changed by itself: a run ended, a cause came, a side is lost.

One announcement each, politely, and never for what the clerk has just done (design.md 6).
"""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def announce(source: QWidget, text: str) -> None:
    """Have a screen reader say the text when it is next silent; does nothing where none runs."""
    if not QAccessible.isActive():
        return
    event = QAccessibleAnnouncementEvent(source, text)
    event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
    QAccessible.updateAccessibility(event)
