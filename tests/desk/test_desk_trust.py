"""*Trust this authority* on a real desk: what is shown, what is kept, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import keyring
import pytest

from core import app
from core.desk import Desk
from core.desk_lists import Query
from core.errors import ConfigError, TransientError
from core.sandbox import server
from core.sandbox.server import Addresses
from tests.campaigns import doctor_servers as servers
from tests.campaigns.doctor_servers import AUTHORITY, HOST, Keys, listening
from tests.cli.file_keyring import FileKeyring


@contextmanager
def own_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Desk, Addresses]]:
    monkeypatch.setenv("FILE_KEYRING", str(folder / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.cli.file_keyring.FileKeyring")
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())  # type: ignore[no-untyped-call] # of keyring's base class
    running = server.start(None, seed=1, invoices=0)
    try:
        with app.desk(app.Opening(folder / "workspace")) as desk:
            yield desk, running.addresses
    finally:
        running.stop()
        keyring.set_keyring(before)


class Place:
    """A desk, X3 behind TLS, and AvidXchange as it is."""

    def __init__(self, desk: Desk, at: Addresses, stack: ExitStack) -> None:
        self.desk, self._at, self._stack = desk, at, stack

    def connect(self, keys: Keys) -> None:
        """X3 shows these keys from now on."""
        port = urlsplit(self._at.x3_url).port
        assert port is not None
        front = servers.relay(servers.tls_of(keys), port)
        secure = self._stack.enter_context(listening(front))
        at = self._at
        self.desk.save_settings(
            {
                "workspace.start_date": "2026-01-01",
                "x3.base_url": f"https://{HOST}:{secure}",
                "x3.endpoint": at.endpoint,
                "x3.username": at.x3_user,
                "avidxchange.base_url": at.avid_url,
                "avidxchange.token_url": at.token_url,
                "avidxchange.client_id": at.client_id,
                "avidxchange.company_id": at.company_id,
            }
        )
        self.desk.set_secret("x3.password", at.x3_password)

    def ca_file(self) -> str:
        return self.desk.settings.x3.ca_file

    def failed(self) -> list[tuple[str, str]]:
        found = self.desk.test_side("x3")
        return [(check.check, check.code) for check in found if not check.ok]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with ExitStack() as stack:
        desk, at = stack.enter_context(own_desk(tmp_path, monkeypatch))
        yield Place(desk, at, stack)


def test_an_authority_is_shown_trusted_and_noted(place: Place, tmp_path: Path) -> None:
    place.connect(servers.private(tmp_path / "keys", has_intermediate=True))
    assert place.failed() == [("certificate", "TLS-01")]
    view = place.desk.chain("x3")
    assert [one.issuer for one in view.chain][-1] == AUTHORITY
    assert view.authority == view.chain[1].fingerprint
    assert view.problem == ""
    file = place.desk.trust("x3", view.authority, confirmed_by="Ann, by telephone")
    assert place.ca_file() == file.name
    assert file.parent == place.desk.directory
    assert place.failed() == []
    again = place.desk.chain("x3")
    assert (again.authority, again.problem) == ("", "It is trusted already.")
    rows = place.desk.source("audit").page(Query(), None, 50).rows
    noted = next(row for row in rows if row["action"] == "authority trusted")
    assert noted["object"] == "x3"


def test_a_server_that_signs_itself_can_be_trusted(place: Place, tmp_path: Path) -> None:
    place.connect(servers.self_signed(tmp_path / "keys"))
    view = place.desk.chain("x3")
    place.desk.trust("x3", view.authority, confirmed_by="Ann, by telephone")
    assert place.failed() == []


def test_only_what_was_seen_is_trusted(place: Place, tmp_path: Path) -> None:
    place.connect(servers.private(tmp_path / "first", has_intermediate=True))
    seen = place.desk.chain("x3").authority
    place.connect(servers.private(tmp_path / "second", has_intermediate=True))
    with pytest.raises(ConfigError) as caught:
        place.desk.trust("x3", seen, confirmed_by="Ann")
    assert caught.value.code == "TLS-01"
    assert place.ca_file() == ""
    assert not list(place.desk.directory.glob("*.pem"))


def test_authorities_that_were_trusted_before_stay(place: Place, tmp_path: Path) -> None:
    first = servers.private(tmp_path / "first", has_intermediate=True)
    place.connect(first)
    place.desk.trust("x3", place.desk.chain("x3").authority, confirmed_by="Ann")
    place.connect(servers.private(tmp_path / "second", has_intermediate=True))
    assert place.failed() == [("certificate", "TLS-01")]
    place.desk.trust("x3", place.desk.chain("x3").authority, confirmed_by="Ann")
    assert place.failed() == []
    place.connect(first)
    assert place.failed() == []


def test_dates_and_names_stay_verified(place: Place, tmp_path: Path) -> None:
    place.connect(servers.private(tmp_path / "a", hosts=("other.example",), has_intermediate=True))
    view = place.desk.chain("x3")
    assert "other.example" in view.problem
    place.desk.trust("x3", view.authority, confirmed_by="Ann, by telephone")
    assert place.failed() == [("certificate", "TLS-01")]
    view = place.desk.chain("x3")
    assert view.authority == ""  # its authority is trusted; the name stays wrong
    assert "other.example" in view.problem
    old = datetime.now(UTC) - timedelta(days=2)
    place.connect(servers.private(tmp_path / "b", ends=old, has_intermediate=True))
    place.desk.trust("x3", place.desk.chain("x3").authority, confirmed_by="Ann")
    assert place.failed() == [("certificate", "TLS-01")]


def test_an_authority_that_is_not_sent_cannot_be_trusted(place: Place, tmp_path: Path) -> None:
    place.connect(servers.private(tmp_path / "keys"))
    view = place.desk.chain("x3")
    assert view.authority == ""
    assert AUTHORITY in view.problem


def test_a_server_that_is_away_changes_nothing(place: Place, tmp_path: Path) -> None:
    place.connect(servers.private(tmp_path / "keys", has_intermediate=True))
    seen = place.desk.chain("x3").authority
    away = f"https://{HOST}:{servers.free_port()}"
    place.desk.save_settings({"x3.base_url": away})
    with pytest.raises(TransientError):
        place.desk.trust("x3", seen, confirmed_by="Ann")
    assert place.ca_file() == ""


def test_a_side_without_https_has_no_certificate(place: Place, tmp_path: Path) -> None:
    place.connect(servers.private(tmp_path / "keys"))
    with pytest.raises(ConfigError):
        place.desk.chain("avidxchange")
