"""The first-run wizard over real systems: every page tested, left, taken up again, turned on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.desk import Desk
from tests.gui.site_of_own import OwnSite, opened_own
from tests.gui.window_site import nameless
from ui.bridge import Bridge
from ui.widgets import TextLabel
from ui.wizard import Wizard
from ui.wizard_forms import AvidPage, FormPage, X3Page
from ui.wizard_start import WayPage

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.timeout(180),
]
_WAIT_MS = 60_000
WAY, X3, AVID, SCOPE, REFERENCE, MAPPINGS, PREVIEW, LIVE = range(8)


class Guide:
    """A person with the wizard open."""

    def __init__(self, desk: Desk, qtbot: QtBot) -> None:
        self.desk, self.qtbot = desk, qtbot
        self.bridge = Bridge()
        self.bridge.attach(desk.subscribe)
        self.parent = QWidget()
        self.heard: list[str] = []
        self.wizard = self.open()

    def open(self) -> Wizard:
        wizard = Wizard(self.desk, self.bridge, self.parent)
        wizard.demo_wanted.connect(self._hear_demo)
        wizard.turned_on.connect(self._hear_on)
        wizard.show()
        self.wizard = wizard
        self.qtbot.waitUntil(lambda: bool(wizard.title.text()), timeout=_WAIT_MS)
        self.settle()
        return wizard

    def _hear_demo(self) -> None:
        self.heard.append("demo")

    def _hear_on(self) -> None:
        self.heard.append("on")

    def settle(self) -> None:
        page = self.wizard.page
        if isinstance(page, FormPage):
            self.qtbot.waitUntil(lambda: page.form is not None, timeout=_WAIT_MS)
        self.qtbot.wait(100)

    def at(self, place: int) -> Any:
        """The page of this place, once it is in sight."""
        self.qtbot.waitUntil(lambda: self.wizard.place == place, timeout=_WAIT_MS)
        self.settle()
        return self.wizard.page

    def go_on(self) -> None:
        self.qtbot.waitUntil(self.wizard.next_button.isEnabled, timeout=_WAIT_MS)
        self.wizard.next_button.click()

    def verb(self, word: str) -> None:
        button = self.wizard.next_button
        self.qtbot.waitUntil(lambda: button.word() == word and button.isEnabled(), timeout=_WAIT_MS)

    def close(self) -> None:
        self.desk.close()
        self.bridge.close(self.desk.close_thread)
        self.parent.deleteLater()
        self.qtbot.wait(20)


@pytest.fixture(autouse=True)
def preferences(tmp_path: Path) -> None:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(tmp_path / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSite]:
    with opened_own(tmp_path, monkeypatch) as site:
        yield site


@pytest.fixture
def guide(own: OwnSite, qtbot: QtBot) -> Iterator[Guide]:
    made = Guide(own.desk, qtbot)
    yield made
    made.close()


def begin(guide: Guide) -> X3Page:
    way = guide.at(WAY)
    assert isinstance(way, WayPage)
    way.connect_.click()
    guide.verb("Continue")
    guide.go_on()
    page = guide.at(X3)
    assert isinstance(page, X3Page)
    return page


def form_of(page: FormPage) -> Any:
    assert page.form is not None
    return page.form


def test_the_demo_stands_first_and_ends_the_wizard(guide: Guide) -> None:
    assert Wizard.is_needed(guide.desk)
    guide.verb("Open the demo")
    assert nameless(guide.wizard) == []
    QTest.keyClick(guide.wizard, Qt.Key.Key_Return)
    assert guide.heard == ["demo"]


def test_a_page_with_faults_is_not_left_and_says_them_under_the_fields(
    guide: Guide, own: OwnSite
) -> None:
    page = begin(guide)
    own.fill(form_of(page), "x3")
    form_of(page).set_value("x3.base_url", "x3 somewhere")
    guide.go_on()
    guide.qtbot.waitUntil(lambda: bool(form_of(page).error_of("x3.base_url")), timeout=_WAIT_MS)
    assert guide.wizard.place == X3
    assert guide.wizard.next_button.isEnabled()
    form_of(page).set_value("x3.base_url", own.addresses.x3_url)
    form_of(page).set_value("x3.password", "")
    guide.go_on()
    assert "not stored" in form_of(page).error_of("x3.password")
    assert guide.wizard.place == X3


def test_a_refused_sign_in_is_found_before_the_page_is_left(guide: Guide, own: OwnSite) -> None:
    page = begin(guide)
    own.fill(form_of(page), "x3")
    guide.go_on()
    avid = guide.at(AVID)
    assert isinstance(avid, AvidPage)
    own.fill(form_of(avid), "avidxchange")
    form_of(avid).set_value("avidxchange.client_secret", "wrong")
    guide.go_on()
    guide.qtbot.waitUntil(avid.banner.isVisible, timeout=_WAIT_MS)
    assert avid.lists[0].failed is None
    failed = avid.lists[1].failed
    assert failed is not None
    assert failed.code == "AUT-01"
    assert guide.wizard.place == AVID
    assert Wizard.is_needed(guide.desk) is False


def test_the_whole_way_from_nothing_to_live_and_finish_later_in_between(
    guide: Guide, own: OwnSite
) -> None:
    page = begin(guide)
    own.fill(form_of(page), "x3")
    guide.go_on()
    guide.at(AVID)
    guide.wizard.later_button.click()
    guide.qtbot.wait(50)
    guide.open()
    avid = guide.at(AVID)
    own.fill(form_of(avid), "avidxchange")
    guide.go_on()
    scope = guide.at(SCOPE)
    form_of(scope).set_value("workspace.start_date", "2026-01-01")
    guide.go_on()
    guide.verb("Continue all the same")
    assert scope.banner.isVisible()
    guide.go_on()
    reference = guide.at(REFERENCE)
    guide.verb("Read now")
    assert guide.wizard.focusWidget() is guide.wizard.next_button
    guide.go_on()
    assert guide.wizard.focusWidget() is not guide.wizard.later_button
    guide.verb("Continue")
    assert guide.wizard.focusWidget() is guide.wizard.next_button
    guide.qtbot.waitUntil(lambda: reference.found.count() == 2, timeout=_WAIT_MS)
    assert guide.desk.source("vendors").count(_query()) > 0
    guide.go_on()
    mappings = guide.at(MAPPINGS)
    guide.qtbot.waitUntil(lambda: set(mappings.buttons) == {"vendors", "gl"}, timeout=_WAIT_MS)
    words = [label.text() for label in mappings.findChildren(TextLabel)]
    assert any("None is carried over yet" in text for text in words)
    assert guide.wizard.focusWidget() is guide.wizard.next_button
    guide.go_on()
    guide.at(PREVIEW)
    guide.verb("Preview")
    guide.go_on()
    guide.verb("Continue")
    plan = guide.desk.plan()
    assert plan is not None
    assert plan.mode == "preview"
    kept = {view.key: view.value for view in guide.desk.settings_form()}
    assert kept["workspace.mode"] == "preview"
    assert kept["workspace.start_date"] == "2026-01-01"
    guide.go_on()
    guide.at(LIVE)
    guide.verb("Turn on")
    assert nameless(guide.wizard) == []
    guide.go_on()
    guide.qtbot.waitUntil(lambda: guide.heard == ["on"], timeout=_WAIT_MS)
    kept = {view.key: view.value for view in guide.desk.settings_form()}
    assert kept["workspace.mode"] == "live"


def _query() -> Any:
    from ui.list_spec import Query

    return Query()
