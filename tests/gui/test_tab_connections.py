"""Connections over a real desk: fields and their faults, secrets, checks of both sides."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from tests.gui.site_of_own import OwnSite, opened_own
from tests.gui.window_site import nameless
from ui.bridge import Bridge
from ui.dialogs import ConfirmDialog
from ui.tab_connections import ConnectionsTab
from ui.widgets import SecretEdit

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(120),
]
_WAIT_MS = 20_000


class Shown:
    """The tab in a window of its own."""

    def __init__(self, desk: Desk, qtbot: QtBot, width: int = 1366) -> None:
        self.desk, self.qtbot = desk, qtbot
        self.bridge = Bridge()
        self.bridge.attach(desk.subscribe)
        self.window = QWidget()
        self.tab = ConnectionsTab(desk, self.bridge, self.window)
        column = QVBoxLayout(self.window)
        column.addWidget(self.tab)
        self.window.resize(width, 768)
        self.window.show()
        qtbot.waitUntil(lambda: len(self.tab.pages) == 3, timeout=_WAIT_MS)
        qtbot.wait(50)

    def check(self, side: str = "") -> None:
        self.tab.run_checks(side)
        self.qtbot.waitUntil(lambda: not self.tab.is_checking, timeout=_WAIT_MS)

    def save(self, name: str) -> None:
        page = self.tab.pages[name]
        page.save()
        self.qtbot.waitUntil(lambda: page.save_button.word() == "Save", timeout=_WAIT_MS)
        self.qtbot.wait(300)

    def close(self) -> None:
        self.bridge.close(self.desk.close_thread)
        self.window.close()
        self.window.deleteLater()


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def demo(desk_with_demo: Desk, qtbot: QtBot) -> Iterator[Shown]:
    made = Shown(desk_with_demo, qtbot)
    yield made
    made.close()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSite]:
    with opened_own(tmp_path, monkeypatch) as site:
        yield site


@pytest.fixture
def shown(own: OwnSite, qtbot: QtBot) -> Iterator[Shown]:
    made = Shown(own.desk, qtbot)
    yield made
    made.close()


def test_the_demo_is_checked_line_by_line_and_its_settings_are_locked(demo: Shown) -> None:
    page = demo.tab.pages["x3"]
    assert not page.save_button.isEnabled()
    assert not page.main.changes()
    demo.check()
    for side in ("workspace", "x3", "avidxchange"):
        found = demo.tab.health.lists[side].checks
        assert found
        assert all(check.ok for check in found)
    assert demo.tab.pages["x3"].pill.text() == "OK"
    assert demo.tab.pages["avidxchange"].pill.text() == "OK"
    assert nameless(demo.window) == []


def test_what_passed_with_a_warning_has_its_remedy_as_banner(demo: Shown) -> None:
    demo.check("workspace")
    banner = demo.tab.health.banner
    assert banner.isVisible()
    assert "payment_methods" in banner.sentence.text()
    demo.tab.health.copy_button.click()
    assert "CFG-01" in QGuiApplication.clipboard().text()


def test_missing_settings_are_counted_and_said_under_their_fields(shown: Shown) -> None:
    assert shown.tab.pages["x3"].problem_count >= 2
    assert shown.tab.pages["avidxchange"].problem_count >= 2
    shown.tab.show_key("avidxchange.company_id")
    assert shown.tab.segment.currentIndex() == 1
    assert not shown.tab.pages["avidxchange"].isHidden()


def test_an_address_that_is_none_stands_under_its_field_and_nothing_is_saved(shown: Shown) -> None:
    page = shown.tab.pages["x3"]
    page.main.set_value("x3.base_url", "ftp://x3.example.com")
    assert page.save_button.isEnabled()
    shown.save("x3")
    assert "https://" in page.main.error_of("x3.base_url")
    kept = {view.key: view.value for view in shown.desk.settings_form()}
    assert kept["x3.base_url"] == ""


def test_settings_and_secrets_are_saved_and_a_secret_is_never_shown(
    own: OwnSite, shown: Shown
) -> None:
    own.fill(shown.tab.pages["x3"].main, "x3")
    shown.save("x3")
    kept = {view.key: view.value for view in shown.desk.settings_form()}
    assert kept["x3.base_url"] == own.addresses.x3_url
    assert {row["name"]: row["set"] for row in shown.desk.secrets()}["x3.password"]
    page = shown.tab.pages["x3"]
    edit = page.findChild(SecretEdit)
    assert isinstance(edit, SecretEdit)
    assert edit.text() == ""
    assert edit.placeholderText().startswith("Stored")
    assert not page.save_button.isEnabled()
    file = (shown.desk.directory / "settings.toml").read_text(encoding="utf-8")
    assert own.addresses.x3_password not in file


def test_checks_stop_at_the_first_cause_with_its_remedy(own: OwnSite, shown: Shown) -> None:
    own.save_all(shown.desk)
    shown.check("x3")
    before = shown.tab.health.lists["x3"]
    assert before.failed is None
    whole = len(before.checks)
    shown.desk.set_secret("x3.password", "wrong")
    shown.check("x3")
    after = shown.tab.health.lists["x3"]
    assert [check.code for check in after.checks if not check.ok] == ["AUT-01"]
    assert len(after.checks) < whole
    assert shown.tab.health.banner.isVisible()
    assert "Nothing was sent" in shown.tab.health.banner.sentence.text()
    assert shown.tab.pages["x3"].pill.text() == "A check failed"


def test_a_secret_is_forgotten_only_after_a_question(own: OwnSite, shown: Shown) -> None:
    own.fill(shown.tab.pages["x3"].main, "x3")
    shown.save("x3")
    page = shown.tab.pages["x3"]
    shown.qtbot.waitUntil(page.forget_button.isEnabled, timeout=_WAIT_MS)
    page.forget_button.click()
    page.findChildren(ConfirmDialog)[0].confirm_button.click()

    def is_forgotten() -> bool:
        return not {row["name"]: row["set"] for row in shown.desk.secrets()}["x3.password"]

    shown.qtbot.waitUntil(is_forgotten, timeout=_WAIT_MS)
    shown.qtbot.waitUntil(lambda: not page.forget_button.isEnabled(), timeout=_WAIT_MS)


def test_only_what_the_chosen_sign_in_needs_is_shown(shown: Shown) -> None:
    form = shown.tab.pages["x3"].main
    assert form.secret_names() == ["x3.password"]
    form.set_value("x3.auth", "oauth2")
    assert form.secret_names() == ["x3.client_secret", "x3.refresh_token"]
    form.set_value("x3.auth", "basic")
    assert not form.changes()


def test_a_narrow_window_stacks_fields_and_checks(desk_with_demo: Desk, qtbot: QtBot) -> None:
    made = Shown(desk_with_demo, qtbot, width=911)
    health, page = made.tab.health, made.tab.pages["x3"]
    place = health.mapTo(made.window, health.rect().topLeft())
    assert place.y() >= page.mapTo(made.window, page.rect().bottomLeft()).y()
    assert place.x() < 60
    made.close()
