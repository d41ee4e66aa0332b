"""Surfaces of a page: boxes, cards, figure cards, panels round a list, banners, the empty state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui import icons, painting, theme
from ui.widgets_text import (
    CAPTION,
    CARD,
    FIGURE,
    PAGE,
    SECOND,
    Hairline,
    IconLabel,
    TextLabel,
)

_MEDIUM, _DEMI = theme.Weight.Medium, theme.Weight.DemiBold
_SENTENCE_WIDTH = 440
_TOP = Qt.AlignmentFlag.AlignTop
_BLANK = "\N{NO-BREAK SPACE}"


class Box(QFrame):
    """A rounded box in tokens of the theme: `fill` and `edge` by name.

    `kind` paints the wash of a status and a border in its tint; in high contrast, in its word.
    """

    def __init__(
        self,
        *,
        fill: str = "base",
        edge: str = "line",
        kind: str = "",
        radius: float = painting.CARD_RADIUS,
    ) -> None:
        super().__init__()
        self._fill, self._edge, self._kind, self._radius = fill, edge, kind, radius
        self.setFrameShape(QFrame.Shape.NoFrame)

    def set_edge(self, edge: str) -> None:
        """Show another border."""
        self._edge = edge
        self.update()

    def set_kind(self, kind: str) -> None:
        """Show the wash of another status."""
        self._kind = kind
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the box in the colours in force."""
        fill, edge = theme.colour(self._fill), theme.colour(self._edge)
        if self._kind:
            is_plain = theme.tokens().is_high_contrast
            fill = theme.wash(self._kind)
            edge = theme.colour(self._kind) if is_plain else theme.tint(self._kind)
        painting.rounded(QPainter(self), QRectF(self.rect()), self._radius, fill, edge)


class QuotedBox(Box):
    """A box for what is quoted or explained, on the alternate base; add to `body`."""

    def __init__(self) -> None:
        super().__init__(fill="alt", edge="hair", radius=painting.BOX_RADIUS)
        unit = theme.sizes().unit
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(unit * 3, unit * 2 + 1, unit * 3, unit * 2 + 1)
        self.body.setSpacing(unit + 2)


class Card(Box):
    """A box with a title, at its right a muted fact and buttons or a pill; content goes to `body`.

    Its accessible name is the title. Content keeps to the top unless `is_filled`: then what expands
    (a plot, a list) takes all the room.
    """

    def __init__(self, title: str = "", fact: str = "", *, is_filled: bool = False) -> None:
        super().__init__()
        room = theme.sizes()
        self.title = TextLabel(title, ratio=CARD, weight=_DEMI)
        self.fact = TextLabel(fact, tone="muted")
        self.head = QHBoxLayout()
        self.head.setSpacing(room.unit * 2)
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        self.head.addWidget(self.fact)
        self.body = QVBoxLayout()
        self.body.setSpacing(room.unit * 2)
        column = QVBoxLayout(self)
        margin, above = room.margin, room.unit * 3
        column.setContentsMargins(margin, above, margin, above)
        column.setSpacing(room.unit * 2)
        column.addLayout(self.head)
        column.addLayout(self.body)
        if not is_filled:
            column.addStretch(1)
        self.title.setVisible(bool(title))
        self.fact.setVisible(bool(fact))
        self.setAccessibleName(title)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.setAccessibleName(title)

    def set_fact(self, fact: str, tone: str = "muted") -> None:
        """Show another fact at the right of the title."""
        self.fact.setText(fact)
        self.fact.set_tone(tone)
        self.fact.setVisible(bool(fact))

    def add_to_head(self, part: QWidget) -> None:
        """Put a button or a pill at the right end of the title's line."""
        self.head.addWidget(part)

    def set_fault(self, *, is_faulty: bool) -> None:
        """Give the card the border of a fault, or take it away."""
        self.set_edge("bad" if is_faulty else "line")


class FigureCard(Box):
    """One figure with its label above and a note; `aside` stands right of the figure, muted.

    Where `aside` has no room for a line it takes two, parted at a comma and never in an amount.
    It reads as one sentence to a screen reader.
    """

    def __init__(
        self, label: str, figure: str, note: str = "", *, aside: str = "", tone: str = "text"
    ) -> None:
        super().__init__()
        room = theme.sizes()
        self._label = TextLabel(label, tone="muted", ratio=SECOND)
        self._figure = TextLabel("", ratio=FIGURE, weight=_DEMI)
        self._aside = TextLabel("", tone="muted", is_wrapped=True)
        self._aside.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        self._note = TextLabel("", tone="muted", ratio=CAPTION)
        row = QHBoxLayout()
        row.setSpacing(room.unit * 2)
        row.addWidget(self._figure, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._aside, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        column.setSpacing(round(room.unit / 2))
        column.addWidget(self._label)
        column.addLayout(row)
        column.addWidget(self._note)
        column.addStretch(1)
        # Both stand on one line of writing.
        large, plain = (QFontMetrics(part.font()) for part in (self._figure, self._aside))
        self._aside.setContentsMargins(0, 0, 0, large.descent() - plain.descent())
        self.set_figure(figure, note, aside=aside, tone=tone)

    def set_figure(
        self, figure: str, note: str = "", *, aside: str = "", tone: str = "text"
    ) -> None:
        """Show other values; `tone` colours the figure alone."""
        self._figure.setText(figure)
        self._figure.set_tone(tone)
        self._aside.setText(aside.replace(" ", _BLANK).replace(f",{_BLANK}", ", "))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        said = [f"{self._label.text()}: {figure}", aside, note]
        self.setAccessibleName(", ".join(part for part in said if part))


class _Corners(QWidget):
    """Paints corners and border over a list, and lets the mouse through.

    A mask or a clip on the list would cost its smooth edges.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, radius = QRectF(self.rect()), painting.CARD_RADIUS
        outside, inside = QPainterPath(), QPainterPath()
        outside.addRect(box)
        inside.addRoundedRect(box, radius, radius)
        painter.fillPath(outside.subtracted(inside), theme.colour("window"))
        painting.rounded(painter, box, radius, border=theme.colour("line"))


class Panel(Box):
    """A card round a list or table that reaches its edges; `set_content` takes the list.

    `head` is the line of title, fact and buttons; without a title there is none.
    """

    def __init__(self, title: str = "", fact: str = "") -> None:
        super().__init__()
        room = theme.sizes()
        self._head = QWidget()
        self.title = TextLabel(title, ratio=CARD, weight=_DEMI)
        self.fact = TextLabel(fact, tone="muted")
        self.head = QHBoxLayout(self._head)
        self.head.setContentsMargins(room.margin, room.unit, room.unit * 2, room.unit)
        self.head.setSpacing(room.unit * 2)
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        self.head.addWidget(self.fact)
        self._head.setMinimumHeight(room.control + room.unit * 2)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self._column.addWidget(self._head)
        self._line = Hairline()
        self._column.addWidget(self._line)
        self._head.setVisible(bool(title))
        self._line.setVisible(bool(title))
        self._corners = _Corners(self)
        self.setAccessibleName(title)
        self.installEventFilter(self)

    def set_content(self, content: QWidget) -> None:
        """Put the list under the head, edge to edge."""
        self._column.addWidget(content, 1)
        self._corners.raise_()

    def add_to_head(self, part: QWidget) -> None:
        """Put a button at the right end of the head."""
        self.head.addWidget(part)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the corners over everything that the panel holds."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._corners.setGeometry(self.rect())
            self._corners.raise_()
        return super().eventFilter(watched, event)


class Banner(Box):
    """What is wrong on this page, in a sentence, with up to two buttons at the right.

    At most one per tab, the worst. Hidden by the caller when there is nothing.
    """

    def __init__(
        self,
        kind: str,
        icon: str,
        title: str,
        sentence: str,
        buttons: Sequence[QPushButton] = (),
    ) -> None:
        super().__init__(kind=kind)
        room = theme.sizes()
        self._icon = IconLabel(icon, tone=kind, size=icons.HEAD)
        self._title = TextLabel(title, weight=_DEMI, is_wrapped=True)
        self.sentence = TextLabel(sentence, is_wrapped=True)
        words = QVBoxLayout()
        words.setSpacing(round(room.unit / 2))
        words.addWidget(self._title)
        words.addWidget(self.sentence)
        row = QHBoxLayout(self)
        row.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 3)
        row.setSpacing(room.unit * 3)
        row.addWidget(self._icon, 0, _TOP)
        row.addLayout(words, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(room.unit * 2)
        row.addLayout(self._buttons)
        for button in buttons:
            self._buttons.addWidget(button)
        self.set_words(title, sentence)

    def set_words(self, title: str, sentence: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self.sentence.setText(sentence)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)

    def set_look(self, kind: str, icon: str) -> None:
        """Show another kind."""
        self.set_kind(kind)
        self._icon.set_icon(icon, kind)


class EmptyState(QWidget):
    """Nothing to show: what was asked, when and how many, centred, with one or two buttons."""

    def __init__(
        self,
        icon: str,
        title: str,
        sentence: str,
        buttons: Sequence[QPushButton] = (),
        *,
        kind: str = "wait",
    ) -> None:
        super().__init__()
        room = theme.sizes()
        self._disc = IconLabel(icon, tone=kind, size=icons.EMPTY, disc=64)
        self._title = TextLabel(title, ratio=PAGE, weight=_DEMI)
        self._sentence = TextLabel(sentence, tone="muted", is_wrapped=True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter | _TOP)
        self._sentence.setFixedWidth(room.scaled(_SENTENCE_WIDTH))
        row = QHBoxLayout()
        row.setSpacing(room.unit * 2)
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(room.margin, room.margin, room.margin, room.margin)
        column.setSpacing(0)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addStretch(2)
        column.addWidget(self._disc, 0, centre)
        column.addSpacing(room.unit * 3)
        column.addWidget(self._title, 0, centre)
        column.addSpacing(room.unit)
        column.addWidget(self._sentence, 0, centre)
        column.addSpacing(room.unit * 3)
        column.addLayout(row)
        column.addStretch(3)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_words(title, sentence)

    def set_words(self, title: str, sentence: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        needed = self._sentence.heightForWidth(self._sentence.maximumWidth())
        self._sentence.setMinimumHeight(max(0, needed))
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)

    def set_look(self, icon: str, kind: str) -> None:
        """Show another icon in the tint of another kind."""
        self._disc.set_icon(icon, kind)

    def minimumSizeHint(self) -> QSize:
        """Room for all of it."""
        return self.sizeHint()
