"""What lies over a scroll area's edge."""

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui.kept_text import CodeView, quoted
from ui.widgets_scroll import OwnFocusEdge


def _topmost(view: CodeView) -> QWidget:
    """The child that lies over all others; Qt keeps children from the lowest on."""
    shown = [c for c in view.children() if isinstance(c, QWidget) and c.isVisible()]
    return shown[-1]


def test_a_scroll_bar_that_comes_does_not_lie_over_the_ring(qtbot: QtBot) -> None:
    view = CodeView("Answer", "one line")
    qtbot.addWidget(view)
    view.resize(300, 120)
    view.show()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert isinstance(_topmost(view), OwnFocusEdge)
    view.setPlainText("\n".join(map(str, range(200))))
    qtbot.waitUntil(view.verticalScrollBar().isVisible)
    assert isinstance(_topmost(view), OwnFocusEdge)
    assert _topmost(view).geometry() == view.rect()


def test_the_ring_of_quoted_text_stands_on_the_line_of_its_box(qtbot: QtBot) -> None:
    view = CodeView("Answer", "one line")
    box = quoted(view)
    qtbot.addWidget(box)
    box.resize(300, 120)
    box.show()
    assert view.geometry() == box.rect().adjusted(1, 1, -1, -1)
    assert view.cursorRect().left() >= 6
