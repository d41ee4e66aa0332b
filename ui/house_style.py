"""Fusion with the outlines of the theme: boxes, radios, fields, combos, buttons, menus, rings.

Fusion makes its outlines by darkening Window, so they vanish in dark, and paints the focus from
Highlight. Only what design.md 8 names is painted here; all else goes to Fusion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QWidget,
)

from ui import painting, theme

if TYPE_CHECKING:
    from collections.abc import Callable

_Primitive = QStyle.PrimitiveElement
_Control = QStyle.ControlElement
_State = QStyle.StateFlag
_INDICATOR = 16


def _is(option: Any, flag: QStyle.StateFlag) -> bool:
    return bool(option.state & flag)


def _edge(option: Any) -> str:
    """Token of the border of a control in its state."""
    if not _is(option, _State.State_Enabled):
        return "line"
    return "control"


class HouseStyle(QProxyStyle):
    """Style of the application; keep a reference to it for as long as the application lives."""

    def drawPrimitive(  # noqa: N802 Qt's name
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Paint outlines from the theme instead of a darkened Window."""
        own: dict[QStyle.PrimitiveElement, Callable[..., None]] = {
            _Primitive.PE_IndicatorCheckBox: self._check_box,
            _Primitive.PE_IndicatorRadioButton: self._radio,
            _Primitive.PE_PanelLineEdit: self._line_edit,
            _Primitive.PE_FrameLineEdit: self._line_edit,
            _Primitive.PE_FrameFocusRect: self._focus,
        }
        if (paint := own.get(element)) is None:
            super().drawPrimitive(element, option, painter, widget)
            return
        painter.save()
        paint(option, painter, widget)
        painter.restore()

    def drawControl(  # noqa: N802 Qt's name
        self,
        element: QStyle.ControlElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Paint plain push buttons of Qt's own dialogs like ours."""
        if element == _Control.CE_PushButtonBevel:
            painter.save()
            self._bevel(option, painter)
            painter.restore()
            return
        if element == _Control.CE_PushButtonLabel:
            self._label(option, painter, widget)
            return
        super().drawControl(element, option, painter, widget)

    def pixelMetric(  # noqa: N802 Qt's name
        self,
        metric: QStyle.PixelMetric,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> int:
        """Sizes that design.md 2 fixes."""
        room = theme.sizes()
        own = {
            QStyle.PixelMetric.PM_IndicatorWidth: room.scaled(_INDICATOR),
            QStyle.PixelMetric.PM_IndicatorHeight: room.scaled(_INDICATOR),
            QStyle.PixelMetric.PM_ExclusiveIndicatorWidth: room.scaled(_INDICATOR),
            QStyle.PixelMetric.PM_ExclusiveIndicatorHeight: room.scaled(_INDICATOR),
            QStyle.PixelMetric.PM_CheckBoxLabelSpacing: room.unit * 2,
            QStyle.PixelMetric.PM_RadioButtonLabelSpacing: room.unit * 2,
            QStyle.PixelMetric.PM_SplitterWidth: 1,
            QStyle.PixelMetric.PM_ButtonShiftHorizontal: 0,
            QStyle.PixelMetric.PM_ButtonShiftVertical: 0,
        }
        found = own.get(metric)
        return found if found is not None else super().pixelMetric(metric, option, widget)

    def styleHint(  # noqa: N802 Qt's name
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returnData: QStyleHintReturn | None = None,  # noqa: N803 Qt's name
    ) -> int:
        """Disabled text has its own colour and no embossed shadow."""
        if hint == QStyle.StyleHint.SH_EtchDisabledText:
            return 0
        return super().styleHint(hint, option, widget, returnData)

    def _box(self, option: Any) -> QRectF:
        size = theme.sizes().scaled(_INDICATOR)
        box = QRectF(0, 0, size, size)
        box.moveCenter(QRectF(option.rect).center())
        box.moveTopLeft(QPointF(round(box.left()), round(box.top())))
        return box

    def _check_box(self, option: Any, painter: QPainter, _widget: QWidget | None) -> None:
        box = self._box(option)
        is_enabled = _is(option, _State.State_Enabled)
        is_part = _is(option, _State.State_NoChange)
        if not (_is(option, _State.State_On) or is_part):
            fill = theme.colour(self._fill(option))
            painting.rounded(painter, box, 3.5, fill, theme.colour(_edge(option)))
            return
        painting.rounded(painter, box, 3.5, theme.colour("accent" if is_enabled else "line"))
        pen = QPen(theme.colour("accenttext" if is_enabled else "disabled"), box.width() / 8.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        unit = box.width() / 16
        marks = [(4.5, 8.0), (11.5, 8.0)] if is_part else [(4, 8.4), (6.9, 11.2), (12, 5.4)]
        painter.drawPolyline([QPointF(box.x() + x * unit, box.y() + y * unit) for x, y in marks])

    def _radio(self, option: Any, painter: QPainter, _widget: QWidget | None) -> None:
        box = self._box(option)
        is_enabled = _is(option, _State.State_Enabled)
        is_on = _is(option, _State.State_On)
        edge = "accent" if is_on and is_enabled else _edge(option)
        fill = theme.colour(self._fill(option))
        painting.rounded(painter, box, box.width() / 2, fill, theme.colour(edge), 1.5)
        if is_on:
            inset = box.width() / 4
            dot = box.adjusted(inset, inset, -inset, -inset)
            ink = theme.colour("accent" if is_enabled else "disabled")
            painting.rounded(painter, dot, dot.width() / 2, ink)

    def _fill(self, option: Any) -> str:
        if _is(option, _State.State_MouseOver) and _is(option, _State.State_Enabled):
            return "hover"
        return "base"

    def _line_edit(self, option: Any, painter: QPainter, widget: QWidget | None) -> None:
        # A spin box, a combo and a cell editor draw their own frame round the line edit in them.
        holder = widget.parentWidget() if widget is not None else None
        if isinstance(holder, QAbstractSpinBox):
            return
        is_enabled = _is(option, _State.State_Enabled)
        fill = theme.colour("base" if is_enabled else "window")
        box = QRectF(option.rect)
        if holder is not None and isinstance(holder.parentWidget(), QAbstractItemView):
            painter.fillRect(box, fill)
            painting.focus_ring(painter, box, painting.CELL_RADIUS)
            return
        painting.rounded(painter, box, painting.CONTROL_RADIUS, fill, theme.colour(_edge(option)))
        if _is(option, _State.State_HasFocus):
            painting.focus_ring(painter, box)

    def _focus(self, option: Any, painter: QPainter, widget: QWidget | None) -> None:
        if not isinstance(widget, QAbstractItemView):
            painting.focus_ring(painter, QRectF(option.rect))

    def _bevel(self, option: Any, painter: QPainter) -> None:
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        is_enabled = _is(option, _State.State_Enabled)
        is_down = _is(option, _State.State_Sunken)
        is_over = _is(option, _State.State_MouseOver)
        fill = "select" if is_down else "hover" if is_over and is_enabled else "button"
        edge = "edge" if is_enabled else "line"
        painting.rounded(
            painter, box, painting.CONTROL_RADIUS, theme.colour(fill), theme.colour(edge)
        )
        if _is(option, _State.State_HasFocus):
            painting.focus_ring(painter, box)

    def _label(self, option: Any, painter: QPainter, widget: QWidget | None) -> None:
        # Fusion gives the default button's label the text of Highlight; ours is on a plain button.
        look = QPalette(option.palette)
        is_enabled = _is(option, _State.State_Enabled)
        look.setColor(
            QPalette.ColorRole.ButtonText, theme.colour("text" if is_enabled else "disabled")
        )
        option.palette = look
        super().drawControl(_Control.CE_PushButtonLabel, option, painter, widget)
