"""A workspace of one's own, not set up yet, with both simulated systems to connect it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keyring
import pytest

from core import app
from core.desk import Desk
from core.sandbox import server
from core.sandbox.server import Addresses
from tests.cli.file_keyring import FileKeyring
from ui.settings_form import SettingsForm

_INVOICES = 40


@dataclass
class OwnSite:
    """The desk of an empty directory, and where the systems are."""

    desk: Desk
    addresses: Addresses

    def values(self, side: str) -> dict[str, str]:
        """What a person types on the page of a side; secrets by their names."""
        at = self.addresses
        every = {
            "x3.base_url": at.x3_url,
            "x3.endpoint": at.endpoint,
            "x3.username": at.x3_user,
            "x3.password": at.x3_password,
            "avidxchange.base_url": at.avid_url,
            "avidxchange.token_url": at.token_url,
            "avidxchange.client_id": at.client_id,
            "avidxchange.company_id": at.company_id,
            "avidxchange.client_secret": at.client_secret,
        }
        return {key: value for key, value in every.items() if key.startswith(f"{side}.")}

    def fill(self, form: SettingsForm, side: str) -> None:
        """Types it."""
        for key, value in self.values(side).items():
            form.set_value(key, value)

    def save_all(self, desk: Desk) -> None:
        """Everything that a live workspace needs."""
        every = self.values("x3") | self.values("avidxchange")
        secrets = {"x3.password", "avidxchange.client_secret"}
        changes = {key: value for key, value in every.items() if key not in secrets}
        desk.save_settings(changes | {"workspace.start_date": "2026-01-01"})
        for name in secrets:
            desk.set_secret(name, every[name])


@contextmanager
def opened_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSite]:
    """Both systems and a desk that knows neither; the keyring is a file of this test."""
    monkeypatch.setenv("FILE_KEYRING", str(folder / "keyring.json"))
    # The engine's process finds the same one.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.cli.file_keyring.FileKeyring")
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())  # type: ignore[no-untyped-call] # of keyring's base class
    running = server.start(folder / "systems", seed=1, invoices=_INVOICES)
    try:
        with app.desk(app.Opening(folder / "workspace")) as desk:
            desk.open()
            yield OwnSite(desk, running.addresses)
    finally:
        running.stop()
        keyring.set_keyring(before)
