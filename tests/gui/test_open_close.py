"""A few rounds of opening and closing every tab and dialog leave nothing behind."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.gui import open_close
from tests.gui.open_close import Result

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(300),
]
_ROUNDS = 5


def test_nothing_is_left_behind(qapp: QApplication, demo_copy: Path) -> None:
    found = open_close.play(qapp, demo_copy, _ROUNDS)
    assert len(found.widgets) == _ROUNDS
    assert {"sync", "connections", "plan", "wizard", "exchange", "import"} <= set(found.names)
    assert found.warnings == []
    assert found.left_behind == (0, 0), found.grown
    assert found.grown_mb < 20


def test_what_grows_is_seen() -> None:
    found = Result(
        names=["sync"], widgets=[10, 12, 12, 15], objects=[20, 20, 20, 20],
        memory_mb=[100.0, 100.0, 101.0, 104.5],
    )  # fmt: skip
    assert found.left_behind == (3, 0)
    assert found.grown_mb == 4.5
    assert "| widgets left behind | 3 |" in open_close.told(found)
