"""What tests of the command line stand on: commands in processes of their own, a served site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
