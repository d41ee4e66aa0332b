"""The sign-in button of Connections over a real desk and the simulated gateway."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.domain.canonical import instant_text
from core.errors import CATALOGUE
from core.store import sign_in
from tests.gui.site_of_own import OwnSite, opened_own
from tests.gui.window_site import nameless
from ui.bridge import Bridge
from ui.dialogs import ErrorDialog
from ui.sign_in_dialog import SignInDialog
from ui.tab_connections import ConnectionsTab
from ui.widgets import TextLabel

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
_WAIT_MS = 20_000
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Shown:
    """The tab of a workspace that signs in at the gateway."""

    def __init__(self, own: OwnSite, qtbot: QtBot) -> None:
        self.own, self.qtbot, at = own, qtbot, own.addresses
        own.save_all(own.desk)
        changes = {
            "x3.auth": "oauth2",
            "x3.client_id": at.gateway_client_id,
            "x3.authorize_url": at.authorize_url,
            "x3.token_url": at.x3_token_url,
        }
        own.desk.save_settings(changes)
        own.desk.set_secret("x3.client_secret", at.gateway_client_secret)
        self.opened: list[str] = []
        self.bridge = Bridge()
        self.window = QWidget()
        self.tab = ConnectionsTab(own.desk, self.bridge, self.window)
        self.tab.open_browser = self.opened.append
        column = QVBoxLayout(self.window)
        column.addWidget(self.tab)
        self.window.resize(1366, 768)
        self.window.show()
        qtbot.waitUntil(lambda: len(self.tab.pages) == 3, timeout=_WAIT_MS)
        qtbot.waitUntil(self.tab.sign_in_button.isVisible, timeout=_WAIT_MS)

    def begin(self) -> SignInDialog:
        """Press the button and have the page's address."""
        before = len(self.opened)
        self.qtbot.wait(100)
        QTest.mouseClick(self.tab.sign_in_button, Qt.MouseButton.LeftButton)
        self.qtbot.waitUntil(self._has_answer, timeout=_WAIT_MS)
        faults = [dialog.accessibleDescription() for dialog in self.tab.findChildren(ErrorDialog)]
        assert faults == []
        self.qtbot.waitUntil(lambda: len(self.opened) > before, timeout=_WAIT_MS)
        dialog = self.tab.waiting
        assert dialog is not None
        return dialog

    def _has_answer(self) -> bool:
        return self.tab.waiting is not None or bool(self.tab.findChildren(ErrorDialog))

    def allow(self, *variants: str) -> None:
        """Do in a browser what lets Crossfoot in; the gateway plays these variants."""
        faults = [
            {"system": "x3", "operation": "authorize", "kind": kind}
            for kind in ("auto_allow", *variants)
        ]
        order = json.dumps(faults).encode()
        _DIRECT.open(f"{self.own.addresses.x3_url}/_sandbox/faults", order, timeout=10).close()
        threading.Thread(target=_visit, args=(self.opened[-1],)).start()

    def close(self) -> None:
        self.bridge.close(self.own.desk.close_thread)
        self.window.close()
        self.window.deleteLater()


def _visit(address: str) -> None:
    with _DIRECT.open(address, timeout=10) as page:
        page.read()


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[Shown]:
    with opened_own(tmp_path, monkeypatch) as site:
        made = Shown(site, qtbot)
        yield made
        made.close()


def test_a_sign_in_is_waited_for_and_its_end_is_shown(shown: Shown, qtbot: QtBot) -> None:
    assert not shown.own.desk.sign_in_view().is_there
    dialog = shown.begin()
    assert nameless(dialog) == []
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == shown.opened[0]
    with qtbot.waitSignal(dialog.signed_in, timeout=_WAIT_MS):
        shown.allow()
    view = shown.own.desk.sign_in_view()
    assert view.is_there
    assert view.days_left in (29, 30)
    assert [check.ok for check in shown.own.desk.test_side("x3")][:3] == [True] * 3
    qtbot.waitUntil(lambda: not shown.own.desk.health().side("x3").text, timeout=_WAIT_MS)


def test_an_end_that_is_near_is_told(shown: Shown, qtbot: QtBot) -> None:
    desk = shown.own.desk
    shown.own.desk.set_secret("x3.refresh_token", "a token that says nothing of its end")
    known = sign_in.facts(desk._store)
    ends = datetime.now(UTC) + timedelta(days=3, hours=1)
    with desk._store.write():
        sign_in.put_facts(desk._store, known | {"refresh_ends": instant_text(ends)})
    qtbot.waitUntil(lambda: desk.health().side("x3").code == "AUT-02", timeout=_WAIT_MS)
    side = desk.health().side("x3")
    assert (side.code, side.fix) == ("AUT-02", CATALOGUE["AUT-02"].fix)
    assert "ends in 3 days" in side.text
    shown.tab.pages["x3"].saved.emit()
    qtbot.waitUntil(lambda: "ends in 3 days" in _words(shown.tab.expiry), timeout=_WAIT_MS)


def _words(card: QWidget) -> str:
    return " ".join(label.text() for label in card.findChildren(TextLabel))


def test_a_pasted_code_is_taken_and_nonsense_is_not(shown: Shown, qtbot: QtBot) -> None:
    dialog = shown.begin()
    assert not dialog.use_button.isEnabled()
    dialog.code.setText("no code at all")
    QTest.mouseClick(dialog.use_button, Qt.MouseButton.LeftButton)
    assert "no code" in dialog.code.accessibleDescription()
    query = parse_qs(urlsplit(shown.opened[0]).query)
    with qtbot.waitSignal(dialog.failed, timeout=_WAIT_MS) as failed:
        dialog.code.setText(f"{query['redirect_uri'][0]}?code=x&state={query['state'][0]}")
        QTest.mouseClick(dialog.use_button, Qt.MouseButton.LeftButton)
    assert failed.args[0].code == "AUT-02"
    qtbot.waitUntil(lambda: bool(shown.tab.findChildren(ErrorDialog)), timeout=_WAIT_MS)
    shown.tab.findChildren(ErrorDialog)[0].reject()
    assert not shown.own.desk.sign_in_view().is_there


def test_escape_gives_it_up_and_it_can_be_begun_again(shown: Shown, qtbot: QtBot) -> None:
    dialog = shown.begin()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not shown.tab.findChildren(SignInDialog), timeout=_WAIT_MS)
    shown.tab.waiting = None
    again = shown.begin()
    assert shown.opened[0] != shown.opened[1]
    again.reject()
