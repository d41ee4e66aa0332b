"""Pictures of the first-run wizard: the whole way is walked once, then each page is looked at.

Both simulated systems are real servers; only the addresses shown are those of a site that is not on
this computer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest

from core.desk import Desk, Query, RuleDraft
from tests.gui.site_of_own import OwnSite, opened_own

if TYPE_CHECKING:
    from ui.wizard import Wizard

WAY, X3, AVID, SCOPE, REFERENCE, MAPPINGS, PREVIEW, LIVE = range(8)
NAMES = ("way", "x3", "avidxchange", "scope", "reference", "mappings", "preview", "live")
_STEP_S = 60.0
_WIDE, _HIGH = 920, 640  # of the design; the offscreen screen is narrower
_SHOWN = {
    "x3.base_url": "https://x3.harborfoods.example:8124",
    "x3.endpoint": "PROD",
    "x3.username": "CROSSFOOT",
    "avidxchange.base_url": "https://api.avidxchange.net",
    "avidxchange.token_url": "https://login.avidxchange.net/connect/token",
    "avidxchange.client_id": "crossfoot-harborfoods",
    "avidxchange.company_id": "20417",
}


class NeverCame(Exception):
    """A page did not come within its time; says which."""


def pages(folder: Path, settle: Callable[[float], None]) -> Iterator[tuple[str, Wizard]]:
    """Each page of the wizard by name, in sight and filled."""
    keyring.get_keyring()  # chosen once, before the site brings its own
    with (
        pytest.MonkeyPatch.context() as patch,
        opened_own(folder, patch) as site,
        _opened(site) as wizard,
    ):
        walk = _Walk(wizard, settle)
        walk.to_the_end(site)
        for at, name in enumerate(NAMES):
            wizard.show_page(at)
            settle(0.4)
            _dress(wizard.page)
            settle(0.3)
            yield f"{at + 1}-{name}", wizard


@contextmanager
def _opened(site: OwnSite) -> Iterator[Wizard]:
    from PySide6.QtCore import QSettings

    from ui import theme
    from ui.bridge import Bridge
    from ui.wizard import Wizard

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    place = str(site.desk.directory.parent / "preferences")
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)
    bridge = Bridge()
    bridge.attach(site.desk.subscribe)
    wizard = Wizard(site.desk, bridge)
    wizard.show()
    wizard.resize(theme.sizes().scaled(_WIDE), theme.sizes().scaled(_HIGH))
    try:
        yield wizard
    finally:
        wizard.close()
        site.desk.close()
        bridge.close(site.desk.close_thread)


class _Walk:
    """A person who types what belongs on each page and goes on."""

    def __init__(self, wizard: Wizard, settle: Callable[[float], None]) -> None:
        self.wizard, self.settle = wizard, settle

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _STEP_S
        while not is_so():
            if time.monotonic() > end:
                raise NeverCame(f"The wizard: {what} within {_STEP_S:.0f} s")
            self.settle(0.05)

    def go_on(self, verb: str) -> None:
        button = self.wizard.next_button
        self.wait(lambda: button.word() == verb and button.isEnabled(), f"no button {verb}")
        button.click()

    def at(self, place: int) -> Any:
        self.wait(lambda: self.wizard.place == place, f"page {place + 1} never came")
        return self.wizard.page

    def form_at(self, place: int) -> Any:
        page = self.at(place)
        self.wait(lambda: page.form is not None, f"page {place + 1} was never filled")
        return page.form

    def to_the_end(self, site: OwnSite) -> None:
        from ui.tab_mappings import accept_sure

        self.wait(lambda: bool(self.wizard.title.text()), "it never began")
        self.at(WAY).connect_.click()
        self.go_on("Continue")
        site.fill(self.form_at(X3), "x3")
        self.go_on("Continue")
        site.fill(self.form_at(AVID), "avidxchange")
        self.go_on("Test and continue")
        scope = self.form_at(SCOPE)
        scope.set_value("workspace.name", "Harbor Foods")
        scope.set_value("workspace.start_date", "2026-01-01")
        scope.set_value("scope.currencies", "USD, CAD")
        self.go_on("Test and continue")
        self.go_on("Continue all the same")
        self.at(REFERENCE)
        self.go_on("Read now")
        self.go_on("Continue")
        mappings = self.at(MAPPINGS)
        self.wait(lambda: "gl" in mappings.buttons, "no mapping was counted")
        for kind in ("vendors", "gl"):
            accept_sure(site.desk, kind)
        _map_dimensions(site.desk)
        mappings.enter()
        self.settle(0.5)
        self.go_on("Continue")
        self.at(PREVIEW)
        self.go_on("Preview")
        self.go_on("Continue")
        self.at(LIVE)


def _map_dimensions(desk: Desk) -> None:
    """Every value whose code is alike is mapped, as by a file that was imported."""
    drafts = [
        RuleDraft(str(row["key1"]), str(row["key2"]), code=best.code, avid_group=best.group)
        for row in desk.source("dimensions").rows(Query())
        for best in desk.suggestions("dimensions", str(row["key1"]), str(row["key2"]), limit=1)
    ]
    desk.save_rule("dimensions", *drafts)


def _dress(page: Any) -> None:
    """Shows the addresses of a site of its own; nothing is saved."""
    form = getattr(page, "form", None)
    for key, value in _SHOWN.items():
        if form is not None and key in form.keys:
            form.set_value(key, value)
