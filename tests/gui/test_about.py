"""About: versions and the licences of all parts, of a checkout and of a package, as text."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from core.version import VERSION
from tests.gui.window_site import WAIT_MS, nameless
from ui import licences
from ui.about import AboutDialog
from ui.bridge import Bridge

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_all_parts_are_named_and_each_licence_can_be_read_and_copied(
    tmp_path: Path, qtbot: QtBot
) -> None:
    bridge = Bridge()
    dialog = AboutDialog(tmp_path, bridge)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.do_button.isEnabled, timeout=WAIT_MS)
    shown = dialog.text.toPlainText()
    for part in ("requests", "peewee", "cryptography", "urllib3", "shiboken6", "DejaVu fonts"):
        assert part in shown
    assert "pytest" not in shown
    dialog.choice.setCurrentText(f"requests {metadata.version('requests')}")
    assert "Apache License" in dialog.text.toPlainText()
    dialog.choice.setCurrentText("GNU Lesser General Public License")
    assert "Version 3, 29 June 2007" in dialog.text.toPlainText()
    dialog.do_button.click()
    copied = QGuiApplication.clipboard().text()
    assert f"Version: {VERSION}, from source" in copied
    assert str(tmp_path) in copied
    assert f"requests {metadata.version('requests')}: Apache" in copied
    assert nameless(dialog) == []
    bridge.close()


def test_a_package_is_read_as_it_was_built(tmp_path: Path) -> None:
    folder = tmp_path / "resources" / "licences"
    folder.mkdir(parents=True)
    (folder / "licences.txt").write_text("Python 3.12.1: PSF\nodd.part 2.0: MIT\n", "utf-8")
    (folder / "odd.part.txt").write_text("odd.part 2.0\nMIT\n\nthe words", "utf-8")
    found = {part.name: part for part in licences.parts(tmp_path)}
    assert (found["odd.part"].version, found["odd.part"].licence) == ("2.0", "MIT")
    assert found["odd.part"].text.endswith("the words")
    assert found["Python"].title == "Python 3.12.1"
    assert "requests" not in found


def test_every_part_of_a_checkout_says_its_licence() -> None:
    found = licences.parts()
    assert len(found) > 30
    assert [part.title for part in found if not part.licence and part.name != "peewee"] == []
    assert [part.title for part in found[:1]] == ["Crossfoot"]
    assert found[0].text.startswith("MIT License")
