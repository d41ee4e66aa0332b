"""Workspaces for the command line's tests, and a simulated site served by another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.cli_site import ROOT, Site, Workspace, child_environment


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """A data directory that does not exist yet."""
    return Workspace(tmp_path / "data", child_environment(tmp_path))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Both simulated systems with few invoices, in another process that keeps them in a file."""
    command = [
        sys.executable, str(ROOT / "main.py"), "sandbox", "serve", "--json", "--invoices", "30",
        "--data-dir", str(tmp_path / "site"),
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(tmp_path),
    ) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        try:
            yield Site(json.loads(served.stdout.readline()), tmp_path / "site" / "sandbox")
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
    empty.settings(Site(nowhere, empty.directory).settings())
    return empty
