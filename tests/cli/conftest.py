"""Real commands in processes of their own, and a simulated site served by another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PASSWORDS = ("x3.password", "avidxchange.client_secret")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON value that it is."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Workspace:
    """A data directory and the commands run on it."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable, str(ROOT / "main.py"), *arguments, "--data-dir", str(self.directory),
        ]  # fmt: skip

    def run(self, *arguments: str, stdin: bytes = b"", timeout: float = 50) -> Ran:
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            env=self.environment,
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )

    def settings(self, text: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "settings.toml").write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Site:
    """The simulated systems in another process, and their admin door."""

    addresses: dict[str, str]

    def settings(self, mode: str = "live", more: str = "") -> str:
        start = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
        at = self.addresses
        return f"""
[workspace]
name = "Test site"
start_date = {start}
mode = "{mode}"
[x3]
base_url = "{at["x3_url"]}"
endpoint = "{at["endpoint"]}"
username = "{at["x3_user"]}"
[x3.payment]
bank = {{ US10 = "USBNK", CA10 = "CABNK" }}
[avidxchange]
base_url = "{at["avid_url"]}"
token_url = "{at["token_url"]}"
client_id = "{at["client_id"]}"
company_id = "{at["company_id"]}"
{more}
"""

    @property
    def secrets(self) -> dict[str, str]:
        return {
            "x3.password": self.addresses["x3_password"],
            "avidxchange.client_secret": self.addresses["client_secret"],
        }

    def journal(self, side: str = "x3_url") -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.addresses[side]}/_sandbox/journal") as answer:
            found = json.load(answer)
        entries: list[dict[str, Any]] = found["entries"] if isinstance(found, dict) else found
        return entries


def child_environment(folder: Path) -> dict[str, str]:
    """This process's environment with a keyring of the test's own and no coverage of ours."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "FILE_KEYRING": str(folder / "keyring.json"),
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """A data directory that does not exist yet."""
    return Workspace(tmp_path / "data", child_environment(tmp_path))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Both simulated systems with few invoices, in memory of another process."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "sandbox", "serve", "--json", "--invoices", "30"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(tmp_path),
    ) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        try:
            yield Site(json.loads(served.stdout.readline()))
        finally:
            served.stdin.close()
            assert served.wait(15) == 0


@pytest.fixture
def connected(empty: Workspace, site: Site) -> Workspace:
    """A workspace in live mode with its secrets set."""
    empty.settings(site.settings())
    for name, value in site.secrets.items():
        assert empty.run("secret", "set", name, stdin=value.encode()).status == 0
    return empty


@pytest.fixture
def quiet(empty: Workspace) -> Workspace:
    """A workspace whose settings are good and lead nowhere."""
    nowhere = {
        "x3_url": "http://127.0.0.1:1", "avid_url": "http://127.0.0.1:1", "x3_user": "WS",
        "token_url": "http://127.0.0.1:1/token", "endpoint": "PROD", "client_id": "c",
        "company_id": "C-1",
    }  # fmt: skip
    empty.settings(Site(nowhere).settings())
    return empty
