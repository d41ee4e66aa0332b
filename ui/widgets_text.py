"""Words on a surface: labels in a tone of the theme, eliding ones, pills, icons, hairlines, facts.

A tone is the name of a token or of a status kind; labels read its colour anew when the palette
changes. Text from data is always plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from ui import icons, painting, theme
from ui.painting import PillLook

#: Ratios of design.md 2 ("Type").
GROUP, CAPTION, SECOND, BODY, CARD, PANE, PAGE, FIGURE = 0.88, 0.92, 0.95, 1, 1.05, 1.35, 1.5, 1.6
_ELASTIC_LEAST = 140
_FIXED = QSizePolicy.Policy.Fixed


class TextLabel(QLabel):
    """A label in a tone, at a ratio and weight of the theme; plain text unless `set_parts`.

    With `is_wrapped` its height follows its width; otherwise it is never narrower than its text.
    """

    def __init__(
        self,
        text: str = "",
        *,
        tone: str = "text",
        ratio: float = BODY,
        weight: theme.Weight = theme.Weight.Normal,
        is_wrapped: bool = False,
        is_selectable: bool = False,
    ) -> None:
        super().__init__()
        self._tone = tone
        self._is_tinting = False
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(ratio, weight))
        self.setWordWrap(is_wrapped)
        if is_wrapped:
            self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        if is_selectable:
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        self.setText(text)
        self._colour()

    def set_tone(self, tone: str) -> None:
        """Show the text in another tone."""
        self._tone = tone
        self._colour()

    def set_parts(self, parts: Sequence[tuple[str, bool]]) -> None:
        """Show parts of a sentence, those with True in DemiBold; each part is escaped."""
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(
            "".join(
                f'<span style="font-weight:600">{escape(text)}</span>' if strong else escape(text)
                for text, strong in parts
            )
        )

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        if self.isVisible():
            self._keep_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Claim the height that all lines need at the new width: a layout would cut them."""
        super().resizeEvent(event)
        self._keep_height()

    def _keep_height(self) -> None:
        if not self.wordWrap():
            return
        # Qt never measures below the least height of before: it has to be given up first.
        self.setMinimumHeight(0)
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))

    def changeEvent(self, event: QEvent) -> None:
        """Take the new colour of the tone when the scheme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self._is_tinting:
            self._colour()

    def _colour(self) -> None:
        look = QPalette()
        for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
            look.setColor(group, QPalette.ColorRole.WindowText, theme.colour(self._tone))
        faint = theme.colour("disabled")
        look.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText, faint)
        self._is_tinting = True
        self.setPalette(look)
        self._is_tinting = False


def group_heading(text: str) -> TextLabel:
    """Heading over a group: small capitals, DemiBold, muted."""
    label = TextLabel(text.upper(), tone="muted", ratio=GROUP, weight=theme.Weight.DemiBold)
    label.setAccessibleName(text)
    return label


class ElidingLabel(TextLabel):
    """One line that is shortened with an ellipsis where room is short; tool tip shows it whole.

    Only for names and reasons (design.md 3, "List"); never for numbers, dates or amounts.
    """

    def __init__(
        self,
        text: str = "",
        *,
        tone: str = "text",
        ratio: float = BODY,
        weight: theme.Weight = theme.Weight.Normal,
        least: int = _ELASTIC_LEAST,
    ) -> None:
        super().__init__(text, tone=tone, ratio=ratio, weight=weight)
        self._least = least
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the least elastic width, or the text where that is shorter."""
        whole = self.sizeHint()
        return QSize(min(whole.width(), theme.sizes().scaled(self._least)), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer the whole text as tool tip exactly when it is shortened."""
        super().resizeEvent(event)
        shown = painting.elided(self.text(), self.font(), self.width())
        self.setToolTip(self.text() if shown != self.text() else "")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what fits."""
        painter = QPainter(self)
        shown = painting.elided(self.text(), self.font(), self.width())
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        painting.draw_text(painter, QRectF(self.rect()), shown, self.font(), ink)


class PillLabel(QLabel):
    """A state as icon and word, on its tint where a person must act (design.md 3, "Pill").

    `is_flush`: an unfilled one starts with its icon on the text edge, as in a pane.
    """

    def __init__(self, look: PillLook, *, is_flush: bool = False) -> None:
        super().__init__()
        self._look = look
        self._is_flush = is_flush
        self.setSizePolicy(_FIXED, _FIXED)
        self.set_look(look)

    def set_look(self, look: PillLook) -> None:
        """Show another state."""
        self._look = look
        self.setText(look.text)
        self.setAccessibleName(look.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the whole word."""
        flush = self._is_flush and not self._look.has_fill
        return QSize(painting.pill_width(self._look, is_flush=flush), theme.sizes().pill)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than the whole word."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pill in the colours in force."""
        flush = self._is_flush and not self._look.has_fill
        middle = QPointF(0, self.height() / 2)
        painting.paint_pill(QPainter(self), middle, self._look, is_flush=flush)


class IconLabel(QLabel):
    """An icon in a tone; with `disc` it stands on a round tint of that many pixels.

    It is decoration beside a word, so a screen reader passes it by unless a name is given.
    """

    def __init__(
        self,
        icon: str,
        *,
        tone: str = "muted",
        size: int = icons.CONTROL,
        disc: int = 0,
        name: str = "",
    ) -> None:
        super().__init__()
        self._icon, self._tone, self._size, self._disc = icon, tone, size, disc
        self.setAccessibleName(name)
        self.setSizePolicy(_FIXED, _FIXED)

    def set_icon(self, icon: str, tone: str) -> None:
        """Show another icon or tone."""
        self._icon, self._tone = icon, tone
        self.update()

    def sizeHint(self) -> QSize:
        """The disc, or the icon alone."""
        side = theme.sizes().scaled(self._disc or self._size)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """Never smaller than the picture."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the icon in the colours in force."""
        painter = QPainter(self)
        size = theme.sizes().scaled(self._size)
        if self._disc:
            painting.paint_disc(painter, QRectF(self.rect()), self._icon, self._tone, size)
            return
        ink = theme.colour(self._tone if self.isEnabled() else "disabled")
        place = QRectF(0, 0, size, size)
        place.moveCenter(QRectF(self.rect()).center())
        icons.paint(painter, self._icon, place, ink)


class Hairline(QFrame):
    """A separating line, 1 pixel; `is_upright` for one between things in a row."""

    def __init__(self, *, is_upright: bool = False, tone: str = "line") -> None:
        super().__init__()
        self._tone = tone
        self.setFrameShape(QFrame.Shape.NoFrame)
        if is_upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the line in the colour in force."""
        ink: QColor = theme.colour(self._tone)
        QPainter(self).fillRect(self.rect(), ink)


class Facts(QWidget):
    """Rows of a muted label and a value, as in a pane or a dialog; values can be selected."""

    def __init__(self, rows: Sequence[tuple[str, str]] = (), *, label_width: int = 64) -> None:
        super().__init__()
        self._label_width = label_width
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self.set_rows(rows)

    def set_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show other facts; a value may take several lines."""
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        room = theme.sizes()
        self._grid.setHorizontalSpacing(room.unit * 2)
        self._grid.setVerticalSpacing(room.unit)
        self._grid.setColumnMinimumWidth(0, room.scaled(self._label_width))
        for at, (label, value) in enumerate(rows):
            name = TextLabel(label, tone="muted")
            shown = TextLabel(value, is_wrapped=True, is_selectable=True)
            shown.setAccessibleName(f"{label}: {value}")
            name.setBuddy(shown)
            self._grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(shown, at, 1)
