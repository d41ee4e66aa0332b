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

from core.sandbox import company_avid
from core.sandbox.state import State

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
    folder: Path

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

    def map_everything(self, workspace: Workspace) -> None:
        """Import the mappings that make most of the site's invoices go through."""
        state = State(self.folder / "sandbox.db")
        try:
            tables = company_avid.mapping_rows(state)
        finally:
            state.close()
        for kind, rows in tables.items():
            file = workspace.directory / f"{kind}.csv"
            lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            assert workspace.run("map", "import", kind, str(file)).status == 0

    def asked(self, side: str) -> list[dict[str, Any]]:
        """Every request that `x3` or `avid` has had."""
        found = self.admin("journal?limit=100000")
        return [entry for entry in found if entry["system"] == side]

    def admin(self, path: str, order: Any = None) -> Any:
        """What the admin door answers, to an order by POST."""
        body = None if order is None else json.dumps(order).encode()
        request = urllib.request.Request(f"{self.addresses['x3_url']}/_sandbox/{path}", body)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def child_environment(folder: Path) -> dict[str, str]:
    """This process's environment with a keyring of the test's own and no coverage of ours."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "FILE_KEYRING": str(folder / "keyring.json"),
        "PYTHONWARNINGS": "error",
    }
