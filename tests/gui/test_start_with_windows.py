"""What Windows starts with the session: the command made, and how setting and installer agree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from core import app
from core.desk import Desk
from tests.gui.window_site import WAIT_MS
from ui import start_with_windows
from ui.bridge import Bridge
from ui.start_with_windows import KEY, NAME, TOLD, Entry, StartWithWindows, entry_here, entry_of

PROGRAM = r"C:\Users\Ann Lee\AppData\Local\Programs\Crossfoot\Crossfoot.exe"
ENTRY = entry_of([PROGRAM], None)


def test_the_path_is_quoted_and_a_workspace_elsewhere_has_an_entry_of_its_own() -> None:
    assert Entry("Crossfoot", f'"{PROGRAM}"') == ENTRY
    one, two = (entry_of([PROGRAM], Path(place)) for place in ("/data/my plant", "/data/b"))
    assert one.command == f'"{PROGRAM}" --data-dir "/data/my plant"'
    assert two.command == f'"{PROGRAM}" --data-dir /data/b'
    assert len({ENTRY.name, one.name, two.name}) == 3
    assert one.name.startswith("Crossfoot ")


def test_this_start_is_told_again_by_its_own_arguments(tmp_path: Path) -> None:
    main = str(tmp_path / "main.py")
    plain = f'"{sys.executable}" "{main}"'
    assert entry_here([main]) == Entry("Crossfoot", plain)
    assert (
        entry_here([main, "--data-dir", str(tmp_path)]).command == f"{plain} --data-dir {tmp_path}"
    )
    assert entry_here([main, f"--data-dir={tmp_path}"]).name != NAME


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with app.desk(app.Opening(tmp_path / "workspace")) as desk:
        yield desk
        desk.close()


@pytest.fixture
def bridge(desk: Desk) -> Iterator[Bridge]:
    made = Bridge()
    made.attach(desk.subscribe)
    yield made
    made.close(desk.close_thread)


@pytest.fixture
def registry(tmp_path: Path) -> tuple[QSettings, QSettings]:
    """What Windows starts and what the installer noted, in files."""
    form = QSettings.Format.IniFormat
    return QSettings(str(tmp_path / "run.ini"), form), QSettings(str(tmp_path / "own.ini"), form)


def test_the_setting_puts_the_entry_and_takes_it_away(
    desk: Desk, bridge: Bridge, registry: tuple[QSettings, QSettings], qtbot: QtBot
) -> None:
    run, own = registry
    run.setValue("Another program", "stays")
    run.setValue(NAME, "of an older place")
    desk.save_settings({KEY: "true"})
    StartWithWindows(desk, bridge, ENTRY, run, own)
    qtbot.waitUntil(lambda: run.value(NAME) == f'"{PROGRAM}"', timeout=WAIT_MS)
    desk.save_settings({KEY: "false"})
    qtbot.waitUntil(lambda: not run.contains(NAME), timeout=WAIT_MS)
    assert run.value("Another program") == "stays"


@pytest.mark.parametrize(("told", "value"), [("1", "true"), ("0", "false")])
def test_what_the_installer_was_told_is_taken_over_once(
    desk: Desk,
    bridge: Bridge,
    registry: tuple[QSettings, QSettings],
    qtbot: QtBot,
    told: str,
    value: str,
) -> None:
    run, own = registry
    own.setValue(TOLD, told)
    own.setValue("InstallDir", "stays")
    desk.save_settings({KEY: "false" if told == "1" else "true"})
    StartWithWindows(desk, bridge, ENTRY, run, own)
    qtbot.waitUntil(lambda: not own.contains(TOLD), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: run.contains(NAME) == (told == "1"), timeout=WAIT_MS)
    assert [field.value for field in desk.settings_form() if field.key == KEY] == [value]
    assert own.value("InstallDir") == "stays"


def test_on_other_systems_nothing_is_kept(desk: Desk, bridge: Bridge) -> None:
    if sys.platform == "win32":
        pytest.skip("this is Windows")
    assert start_with_windows.begin(desk, bridge, ["main.py"]) is None
