"""The icon beside the clock: a short menu, and word only of what needs a person.

Made only where the desktop has a place for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from core.words import area
from ui import formats, icons, theme
from ui.notices import Notice, Notices

say = area(__name__)

if TYPE_CHECKING:
    from ui.window import Window

_SIZES = (16, 24, 32, 64, 128, 256)
_SHOWN_MS = 10_000


def program_icon() -> QIcon:
    """The mark of the program, for window and tray: two arrows on the accent."""
    made = QIcon()
    for size in _SIZES:
        picture = QPixmap(QSize(size, size))
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        painter.drawRoundedRect(QRectF(0, 0, size, size), size * 0.22, size * 0.22)
        inset = size * 0.18
        place = QRectF(inset, inset, size - 2 * inset, size - 2 * inset)
        icons.paint(painter, "refresh", place, theme.colour("accenttext"))
        painter.end()
        made.addPixmap(picture)
    return made


class Tray(QObject):
    """Icon with Open, Sync now and Quit; `hear` tells when more needs a person than before.

    With it the window may be closed and go on; a click on a notice opens what it is about.
    """

    open_asked = Signal()
    sync_asked = Signal()
    quit_asked = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.notices = Notices(window)
        self.notices.told.connect(self._tell)
        window.closing.has_tray = True
        self._menu = QMenu(window)
        self._menu.setAccessibleName("Crossfoot")
        for words, signal in (
            (say("open_crossfoot"), self.open_asked),
            (say("sync_now"), self.sync_asked),
            (say("quit"), self.quit_asked),
        ):
            self._menu.addAction(words).triggered.connect(signal)
        self._icon = QSystemTrayIcon(program_icon(), self)
        self._icon.setToolTip("Crossfoot")
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.notices.open)
        self._icon.show()

    @staticmethod
    def is_possible() -> bool:
        """Whether this desktop has a place for such icons."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def hear(self, needs_you: int) -> None:
        """Take the new count; what is more than before is told to who does not look."""
        said = say("needs_you", count=formats.count(needs_you))
        self._icon.setToolTip(say("crossfoot_2", said=said) if needs_you else "Crossfoot")
        self.notices.hear(needs_you)

    def _tell(self, notice: Notice) -> None:
        self._icon.showMessage(notice.title, notice.text, program_icon(), _SHOWN_MS)

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.open_asked.emit()
