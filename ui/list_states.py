"""What lies over the rows of a list: "12 new", "Reading…", nothing found, not readable.

The header stays in sight below all of it. Words come from the list.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from core.words import area
from ui import icons, measures, painting, theme
from ui.list_table import ListTable
from ui.soon import Soon
from ui.widgets_buttons import Button
from ui.widgets_cards import EmptyState
from ui.widgets_text import TextLabel

say = area(__name__)

READING_MS = 300
_PADDING, _GAP = 11, 5


class NewsBar(QAbstractButton):
    """A button over the top of a scrolled list; a click shows the new rows."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # by keyboard: Home
        self.hide()

    def show_count(self, words: str) -> None:
        """`12 new`; empty hides the bar."""
        self.setText(words)
        self.setAccessibleName(say("show_them", words=words) if words else "")
        self.setVisible(bool(words))
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """As high as a chip."""
        sizes = measures.sizes()
        words = painting.text_width(self.text(), self._font())
        icon = sizes.scaled(icons.CELL) + sizes.scaled(_GAP)
        return QSize(int(words) + 1 + icon + 2 * sizes.scaled(_PADDING), sizes.small_row)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Accent, because it stands over rows and must not be taken for one."""
        painter = QPainter(self)
        sizes = measures.sizes()
        box = QRectF(self.rect())
        fill = theme.colour("accenthover" if self.underMouse() else "accent")
        painting.rounded(painter, box, box.height() / 2, fill)
        ink = theme.colour("accenttext")
        size = sizes.scaled(icons.CELL)
        spot = QRectF(sizes.scaled(_PADDING), (box.height() - size) / 2, size, size)
        icons.paint(painter, "chevron-up", spot, ink)
        words = box.adjusted(spot.right() + sizes.scaled(_GAP), 0, 0, 0)
        painting.draw_text(painter, words, self.text(), self._font(), ink)

    @staticmethod
    def _font() -> QFont:
        return measures.font(0.95, measures.Weight.Medium)


class TableArea(QWidget):
    """The table and what may cover it; nothing of this moves a row."""

    def __init__(self, table: ListTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(table)
        self.news = NewsBar(self)
        self.button = Button("")
        self.empty = EmptyState(
            "search", say("nothing_to_show"), say("nothing_to_show_2"), (self.button,)
        )
        self.empty.setParent(self)
        self.empty.setAutoFillBackground(True)
        self.empty.setBackgroundRole(self.empty.backgroundRole().Base)
        self.empty.hide()
        self.reading = TextLabel(say("reading"), tone="muted")
        self.reading.setParent(self)
        self.reading.hide()
        self._waiting = Soon(self, self._show_reading, READING_MS)

    def show_rows(self) -> None:
        """Takes every cover away."""
        self._waiting.stop()
        self.reading.hide()
        self.empty.hide()

    def show_reading(self) -> None:
        """Says "Reading…" if it takes longer than a blink; until then what was said stays."""
        if not self._waiting.isActive() and self.reading.isHidden():
            self._waiting.start()

    def show_words(self, icon: str, kind: str, title: str, sentence: str, button: str) -> None:
        """Says why there is nothing; a button when there is something to do about it."""
        self.show_rows()
        self.empty.set_look(icon, kind)
        self.empty.set_words(title, sentence)
        self.button.set_text(button)
        self.button.setVisible(bool(button))
        self.empty.show()
        self._place()

    def show_news(self, words: str) -> None:
        """New rows wait above; empty: none."""
        self.news.show_count(words)
        self._place()

    def _show_reading(self) -> None:
        self.empty.hide()
        self.reading.adjustSize()
        self.reading.show()
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Covers keep their place over the rows."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        sizes = measures.sizes()
        top = self._table.header.height()
        self.empty.setGeometry(0, top, self.width(), max(0, self.height() - top))
        self.reading.move(sizes.margin, top + (sizes.row - self.reading.height()) // 2)
        self.news.move((self.width() - self.news.width()) // 2, top + 2 * sizes.unit)
        self.news.raise_()
