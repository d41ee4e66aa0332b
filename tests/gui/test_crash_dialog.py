"""A fault of the program: what its dialog lists, saves, copies and opens, and which are told."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core import app
from core.errors import ConfigError
from core.redaction import SecretRegister
from tests.gui.window_site import WAIT_MS, nameless
from ui import problems
from ui.bridge import Bridge
from ui.crash_dialog import CrashDialog, Support, crash_of
from ui.dialogs import ErrorDialog
from ui.faults import FaultBox

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
SECRET = "open-sesame-42"


def fall(words: str) -> None:
    raise RuntimeError(words)


def fallen(words: str) -> BaseException:
    with pytest.raises(RuntimeError) as caught:
        fall(words)
    return caught.value


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders that the desktop was asked to show; the offscreen screen has no file manager."""
    places: list[str] = []

    def hear(url: QUrl) -> bool:
        places.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", hear)
    return places


@pytest.fixture
def support(tmp_path: Path) -> Iterator[Support]:
    """A workspace that was never set up: its bundle has a log and facts all the same."""
    with app.desk(app.Opening(tmp_path / "workspace")) as desk:
        bridge = Bridge()
        yield Support(desk, bridge)
        desk.close()
        bridge.close(desk.close_thread)


def test_a_bundle_is_listed_before_it_is_saved_and_holds_just_that(
    support: Support, qtbot: QtBot, tmp_path: Path, opened: list[str]
) -> None:
    register = SecretRegister()
    register.register(SECRET)
    dialog = CrashDialog(crash_of(fallen(f"with {SECRET}"), register.redact), support)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.do_button.isEnabled()
    assert list(tmp_path.rglob("*.zip")) == []
    qtbot.waitUntil(dialog.do_button.isEnabled, timeout=WAIT_MS)
    assert "facts.json" in dialog.contents.toPlainText()
    listed = [line.split()[-1] for line in dialog.contents.toPlainText().splitlines()]
    assert list(tmp_path.rglob("*.zip")) == []
    dialog.do_button.click()
    asked = dialog.findChild(QFileDialog)
    assert asked is not None
    asked.fileSelected.emit(str(tmp_path / "bundle.zip"))
    asked.close()
    qtbot.waitUntil(lambda: "bundle.zip" in dialog.said.text(), timeout=WAIT_MS)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert bundle.namelist() == listed
    dialog.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert "RuntimeError: with removed" in copied
    assert "test_crash_dialog.py" in copied
    dialog.logs_button.click()
    assert opened == [str(support.desk.directory / "logs")]
    assert nameless(dialog) == []


def test_a_place_that_cannot_be_written_is_told_in_the_dialog(
    support: Support, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = CrashDialog(crash_of(fallen("so"), str), support)
    qtbot.addWidget(dialog)
    dialog.show()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    qtbot.waitUntil(dialog.do_button.isEnabled, timeout=WAIT_MS)
    dialog.save(tmp_path / "file" / "bundle.zip")
    qtbot.waitUntil(lambda: "DSK-01" in dialog.said.text(), timeout=WAIT_MS)
    assert dialog.do_button.isEnabled()


class Frame(QMainWindow):
    """A window with a box of faults and a part of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.part = QPushButton("Fall")
        self.setCentralWidget(self.part)
        self.faults = FaultBox(self, str)


@pytest.fixture
def frame(qtbot: QtBot) -> Frame:
    made = Frame()
    qtbot.addWidget(made)
    made.show()
    return made


def told(frame: Frame) -> list[QWidget]:
    return [one for one in frame.findChildren(CrashDialog) if one.isVisible()]


def test_faults_of_parts_are_told_by_the_window_and_never_two(
    frame: Frame, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = fallen("first"), fallen("second")
    problems.show(frame.part, first)
    FaultBox(frame.part, str).tell(second)
    assert [one.accessibleDescription() for one in told(frame)] == ["RuntimeError: first"]
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [first, second]
    assert problems.show(frame.part, ConfigError("CFG-01", "a key is missing")) is not None
    assert len(frame.findChildren(ErrorDialog)) == 1


def test_a_fault_of_every_painting_is_told_once(frame: Frame) -> None:
    frame.faults.tell(fallen("in paint"))
    told(frame)[0].close()
    frame.faults.tell(fallen("in paint"))
    assert told(frame) == []
    frame.faults.tell(KeyError("elsewhere"))
    assert len(told(frame)) == 1


def test_a_dialog_that_went_with_its_window_does_not_silence_the_next(qtbot: QtBot) -> None:
    frame = Frame()
    qtbot.addWidget(frame)
    frame.faults.tell(fallen("first"))
    held = frame.faults.dialog
    assert held is not None
    held.deleteLater()
    QTest.qWait(10)
    frame.faults.tell(fallen("second"))
    assert [one.accessibleDescription() for one in frame.findChildren(CrashDialog)] == [
        "RuntimeError: second"
    ]


def test_without_a_workspace_there_is_no_bundle(qtbot: QtBot) -> None:
    dialog = CrashDialog(crash_of(fallen("early"), str))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.do_button.isVisible()
    assert not dialog.logs_button.isVisible()
    assert not dialog.contents.isVisible()
    assert dialog.copy_button.isVisible()


def test_a_long_trace_is_cut_in_its_middle() -> None:
    def deep(left: int) -> None:
        if left:
            return other(left - 1)
        raise ValueError("at the bottom")

    def other(left: int) -> None:
        return deep(left)

    with pytest.raises(ValueError, match="bottom") as caught:
        deep(200)
    lines = crash_of(caught.value, str).detail.splitlines()
    assert len(lines) < 220
    assert "…" in lines
    assert lines[-1] == "ValueError: at the bottom"
