"""Fusion with the outlines of the theme: boxes, radios, fields, combos, buttons, menus, rings.

Fusion makes its outlines by darkening Window, so they vanish in dark, and paints the focus from
Highlight. Only what design.md 8 names is painted here; all else goes to Fusion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QPlainTextEdit,
    QProxyStyle,
    QStyle,
    QStyleHintReturn,
    QStyleOption,
    QStyleOptionComplex,
    QTextEdit,
    QWidget,
)

from ui import icons, painting, theme

if TYPE_CHECKING:
    from collections.abc import Callable

_Primitive = QStyle.PrimitiveElement
_Control = QStyle.ControlElement
_State = QStyle.StateFlag
_Contents = QStyle.ContentsType
_Complex = QStyle.ComplexControl
_Part = QStyle.SubControl
_INDICATOR = 16
_SPLITTER = 5
_AS_CONTROL = frozenset(
    (
        _Contents.CT_LineEdit,
        _Contents.CT_SpinBox,
        _Contents.CT_ComboBox,
        _Contents.CT_PushButton,
    )
)
_AS_TARGET = frozenset((_Contents.CT_CheckBox, _Contents.CT_RadioButton, _Contents.CT_MenuItem))
_FRAMED: dict[QStyle.ComplexControl, tuple[tuple[QStyle.SubControl, str], ...]] = {
    _Complex.CC_SpinBox: (
        (_Part.SC_SpinBoxUp, "chevron-up"),
        (_Part.SC_SpinBoxDown, "chevron-down"),
    ),
    _Complex.CC_ComboBox: ((_Part.SC_ComboBoxArrow, "chevron-down"),),
}


def _is(option: Any, flag: QStyle.StateFlag) -> bool:
    return bool(option.state & flag)


def _edge(option: Any) -> str:
    """Token of the border of a control in its state."""
    if not _is(option, _State.State_Enabled):
        return "line"
    return "control"


class HouseStyle(QProxyStyle):
    """Style of the application; keep a reference to it for as long as the application lives."""

    def drawPrimitive(
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
            _Primitive.PE_Frame: self._area,
            _Primitive.PE_FrameFocusRect: self._focus,
        }
        if (paint := own.get(element)) is None:
            super().drawPrimitive(element, option, painter, widget)
            return
        painter.save()
        paint(option, painter, widget)
        painter.restore()

    def drawControl(
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
        if element == _Control.CE_Splitter:
            self._splitter(option, painter)
            return
        super().drawControl(element, option, painter, widget)

    def drawComplexControl(
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Paint spin boxes, date fields and Qt's own combos like our fields."""
        parts = _FRAMED.get(control)
        if parts is None:
            super().drawComplexControl(control, option, painter, widget)
            return
        painter.save()
        self._frame(option, painter)
        ink = theme.colour("text" if _is(option, _State.State_Enabled) else "disabled")
        for part, icon in parts:
            of_part: Any = widget  # The stub forgets that a style may paint without a widget.
            place = QRectF(self.subControlRect(control, option, part, of_part))
            size = min(theme.sizes().scaled(icons.CHEVRON), round(place.height()))
            box = QRectF(0, 0, size, size)
            box.moveCenter(place.center())
            icons.paint(painter, icon, box, ink)
        painter.restore()

    def sizeFromContents(
        self,
        kind: QStyle.ContentsType,
        option: QStyleOption | None,
        size: QSize,
        widget: QWidget | None = None,
    ) -> QSize:
        """No control is lower than the design has it; every target is 24 high at least."""
        found = super().sizeFromContents(kind, option, size, widget)  # type: ignore[arg-type]  # the stub forgets None
        room = theme.sizes()
        if kind in _AS_CONTROL:
            return QSize(found.width(), room.control)
        if kind in _AS_TARGET:
            return QSize(found.width(), max(found.height(), room.small_button))
        return found

    def pixelMetric(
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
            QStyle.PixelMetric.PM_SplitterWidth: _SPLITTER,
            QStyle.PixelMetric.PM_ButtonShiftHorizontal: 0,
            QStyle.PixelMetric.PM_ButtonShiftVertical: 0,
        }
        found = own.get(metric)
        return found if found is not None else super().pixelMetric(metric, option, widget)

    def styleHint(
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
        off = "base" if theme.tokens().is_high_contrast else "line"
        edge = None if is_enabled else theme.colour("line")
        painting.rounded(painter, box, 3.5, theme.colour("accent" if is_enabled else off), edge)
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
        if isinstance(holder, (QAbstractSpinBox, QComboBox)):
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

    def _area(self, option: Any, painter: QPainter, widget: QWidget | None) -> None:
        is_field = isinstance(widget, (QPlainTextEdit, QTextEdit))
        box = QRectF(option.rect)
        tone = _edge(option) if is_field else "line"
        painting.rounded(painter, box, 0, border=theme.colour(tone))
        if is_field and _is(option, _State.State_HasFocus):
            painting.focus_ring(painter, box, 0)

    def _focus(self, option: Any, painter: QPainter, widget: QWidget | None) -> None:
        if not isinstance(widget, QAbstractItemView):
            painting.focus_ring(painter, QRectF(option.rect))

    def _frame(self, option: Any, painter: QPainter) -> None:
        is_enabled = _is(option, _State.State_Enabled)
        fill = theme.colour("base" if is_enabled else "window")
        box = QRectF(option.rect)
        painting.rounded(painter, box, painting.CONTROL_RADIUS, fill, theme.colour(_edge(option)))
        if _is(option, _State.State_HasFocus):
            painting.focus_ring(painter, box)

    def _splitter(self, option: Any, painter: QPainter) -> None:
        # Wide enough to be caught, seen as one line.
        box = QRectF(option.rect)
        painter.fillRect(box, theme.colour("base"))
        middle = box.center()
        is_upright = box.height() >= box.width()
        line = QRectF(int(middle.x()), box.top(), 1, box.height())
        if not is_upright:
            line = QRectF(box.left(), int(middle.y()), box.width(), 1)
        painter.fillRect(line, theme.colour("line"))

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
