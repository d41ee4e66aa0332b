"""Rows of a list in their states, painted with the shared strokes."""

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui import icons, painting, theme


class Rows(QWidget):
    """Rows of a list in their states, painted with the shared strokes."""

    rows = (
        (("approved", "Approved", "wait"), "PIH04214", "Ashgrove Landscaping", "1,658.49", ""),
        (("held", "Held", "warn"), "PIH04210", "Corvane Chemicals", "567.85", "hover"),
        (("in_doubt", "In doubt", "doubt"), "PIH04213", "Lakeshore Uniform", "6,222.61", "select"),
        (("paid", "Paid", "ok"), "PIH04211", "Northfield Calibration", "0.00", ""),
    )

    def sizeHint(self) -> QSize:  # noqa: N802 Qt's name
        return QSize(560, theme.sizes().row * len(self.rows))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 Qt's name
        painter = QPainter(self)
        height = theme.sizes().row
        for at, (state, number, who, amount, look) in enumerate(self.rows):
            row = QRectF(0, at * height, self.width(), height)
            painter.fillRect(row, theme.colour(look or "base"))
            painting.line(
                painter,
                QPointF(0, row.bottom() - 1),
                QPointF(self.width(), row.bottom() - 1),
                "hair",
            )
            if look == "select":
                painter.fillRect(QRectF(0, row.top(), 3, height), theme.colour("accent"))
            left = 14 - painting.pill_inset()
            pill = painting.PillLook(icons.STATES[state[0]], state[1], state[2])
            painting.paint_pill(painter, QPointF(left, row.center().y()), pill)
            ink, medium = theme.colour("text"), theme.font(1.0, theme.Weight.Medium)
            painting.draw_text(painter, row.adjusted(110, 0, 0, 0), number, medium, ink)
            painting.draw_text(painter, row.adjusted(200, 0, 0, 0), who, theme.font(), ink)
            tone = theme.colour("muted" if amount == "0.00" else "text")
            box = QRectF(340, row.top(), 110, height)
            painting.draw_text(painter, box, amount, theme.font(), tone, painting.RIGHT)
            if look == "select":
                cell = QRectF(102, row.top() + 1, 84, height - 3)
                painting.focus_ring(painter, cell, painting.CELL_RADIUS)
