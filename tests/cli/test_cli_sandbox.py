"""The demo: simulated systems on their own, and a workspace with them inside one command."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.cli_site import ROOT, Workspace


def served(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "main.py"), "sandbox", "serve", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_one_line_tells_all_that_a_client_needs_until_the_input_closes() -> None:
    with served("--json", "--invoices", "0", "--seed", "7") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert set(told) == {
            "x3_url", "avid_url", "token_url", "endpoint", "x3_user", "x3_password", "client_id",
            "client_secret", "company_id", "company_token", "user_token", "x3_client_id",
            "x3_client_secret", "x3_audience", "authorize_url", "x3_token_url",
            "gateway_client_id", "gateway_client_secret",
        }  # fmt: skip
        assert all(told.values())
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{told['avid_url']}/v1/vendors", timeout=10)
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(15) == 0


def test_a_taken_port_ends_with_2() -> None:
    with served("--json", "--invoices", "0") as first:
        assert first.stdin is not None
        assert first.stdout is not None
        port = json.loads(first.stdout.readline())["x3_url"].rsplit(":", 1)[1]
        second = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), "sandbox", "serve", "--x3-port", port,
             "--invoices", "0"],
            capture_output=True,
            check=False,
            timeout=50,
        )  # fmt: skip
        first.stdin.close()
    assert second.returncode == 2
    assert second.stdout == b""
    assert b"CFG-01" in second.stderr


@pytest.mark.slow
def test_the_demo_works_without_any_set_up_and_goes_on(empty: Workspace) -> None:
    with served("--json", "--invoices", "30", "--data-dir", str(empty.directory)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdin.close()
    before = empty.run("status", "--sandbox", "--json")
    assert before.status == 0
    assert before.json["mode"] == "live"
    assert before.json["sandbox"]["invoices"] == 0
    first = empty.run("sync", "--sandbox", "--json")
    assert first.status in {0, 3}, first.err
    assert first.json["sent"] > 0
    counted = empty.run("status", "--sandbox", "--json").json["sandbox"]
    assert set(counted) == {"invoices", "vendors", "payments"}
    assert counted["invoices"] == first.json["sent"]
    second = empty.run("sync", "--sandbox", "--json")
    assert second.status in {0, 3}, second.err
    assert second.json["run"] == first.json["run"] + 1
    assert second.json["read"]["invoices"] > 0  # the demo moved on by itself
    secrets = empty.run("secret", "list", "--sandbox", "--json").lines
    assert [line["name"] for line in secrets if line["set"]] == [
        "x3.password", "avidxchange.client_secret",
    ]  # fmt: skip
    assert not Path(empty.environment["FILE_KEYRING"]).exists()
    shown = empty.run("sync", "--sandbox")
    assert "Run 3 (live)" in shown.out
    assert empty.run("audit", "verify", "--sandbox").status == 0
    real = empty.run("audit", "verify")
    assert real.status == 2
    assert "ENV-01" in real.err
