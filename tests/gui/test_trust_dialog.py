"""Trusting an authority from Connections: the chain is read before anything is decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.campaigns import doctor_servers as servers
from tests.campaigns.doctor_servers import AUTHORITY, HOST, Keys, listening
from tests.gui.site_of_own import OwnSite, opened_own
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog, ErrorDialog
from ui.tab_connections import ConnectionsTab

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
_WAIT_MS = 30_000


class Shown:
    """Connections over a desk whose X3 shows keys that nobody knows."""

    def __init__(self, own: OwnSite, qtbot: QtBot, secure: int) -> None:
        self.desk, self.qtbot = own.desk, qtbot
        own.save_all(own.desk)
        own.desk.save_settings({"x3.base_url": f"https://{HOST}:{secure}"})
        self.bridge = Bridge()
        self.bridge.attach(own.desk.subscribe)
        self.window = QWidget()
        self.tab = ConnectionsTab(own.desk, self.bridge, self.window)
        column = QVBoxLayout(self.window)
        column.addWidget(self.tab)
        self.window.resize(1366, 768)
        self.window.show()
        qtbot.waitUntil(lambda: len(self.tab.pages) == 3, timeout=_WAIT_MS)

    def close(self) -> None:
        self.bridge.close(self.desk.close_thread)
        self.window.close()
        self.window.deleteLater()

    def check(self) -> None:
        self.tab.run_checks("x3")
        self.rest()

    def rest(self) -> None:
        self.qtbot.waitUntil(lambda: not self.tab.is_checking, timeout=_WAIT_MS)

    def ask(self) -> ConfirmDialog | ErrorDialog:
        self.tab.health.trust_button.click()
        trusting = self.tab.trusting
        assert trusting is not None
        self.qtbot.waitUntil(lambda: trusting.dialog is not None, timeout=_WAIT_MS)
        assert isinstance(trusting.dialog, ConfirmDialog | ErrorDialog)
        return trusting.dialog


def words(dialog: QWidget) -> str:
    return " ".join(part.text() for part in dialog.findChildren(QLabel))


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def shown(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, keys: Keys
) -> Shown:
    own = stack.enter_context(opened_own(tmp_path, monkeypatch))
    port = urlsplit(own.addresses.x3_url).port
    assert port is not None
    front = servers.relay(servers.tls_of(keys), port)
    made = Shown(own, qtbot, stack.enter_context(listening(front)))
    stack.callback(made.close)
    return made


def test_the_chain_is_read_and_trusted_and_the_checks_run_again(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    keys = servers.private(tmp_path / "keys", has_intermediate=True)
    made = shown(stack, tmp_path, monkeypatch, qtbot, keys)
    made.check()
    assert made.tab.health.trust_button.isVisible()
    dialog = made.ask()
    assert isinstance(dialog, ConfirmDialog)
    assert f"{AUTHORITY} (not sent)" in words(dialog)
    assert "SHA-256" in words(dialog)
    assert not dialog.confirm_button.isEnabled()
    dialog.reason.setText("Ann of IT, by telephone")
    dialog.confirm_button.click()
    qtbot.waitUntil(lambda: made.desk.settings.x3.ca_file != "", timeout=_WAIT_MS)
    qtbot.waitUntil(lambda: made.tab.trusting is None, timeout=_WAIT_MS)
    made.rest()
    assert made.tab.health.lists["x3"].failed is None
    assert not made.tab.health.trust_button.isVisible()


def test_leaving_the_dialog_changes_nothing(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    keys = servers.private(tmp_path / "keys", has_intermediate=True)
    made = shown(stack, tmp_path, monkeypatch, qtbot, keys)
    made.check()
    made.ask().reject()
    qtbot.waitUntil(lambda: made.tab.trusting is None, timeout=_WAIT_MS)
    assert made.desk.settings.x3.ca_file == ""


def test_what_cannot_be_trusted_is_told_with_its_chain(
    stack: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    made = shown(stack, tmp_path, monkeypatch, qtbot, servers.private(tmp_path / "keys"))
    made.check()
    dialog = made.ask()
    assert isinstance(dialog, ErrorDialog)
    assert AUTHORITY in words(dialog)
    dialog.reject()
    qtbot.waitUntil(lambda: made.tab.trusting is None, timeout=_WAIT_MS)
