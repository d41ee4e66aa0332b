"""What `selftest` finds on this computer, and that it finds what is wrong."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from core import selftest
from core.cli_selftest import selftest_command
from core.clock import SystemClock
from core.store import migrate
from core.store.sqlite import Store
from core.version import VERSION
from tests.cli.cli_site import Workspace

CHECKS = [
    "program", "imports", "resources", "time zones", "keyring", "tls", "store", "sandbox", "qt",
    "window",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_all_parts_are_there_and_a_demo_goes_through(empty: Workspace, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    ran = empty.run("selftest", "--json", "--picture", str(picture), timeout=150)
    found = {line["check"]: line for line in ran.lines}
    assert [line["check"] for line in ran.lines] == CHECKS
    assert [line["text"] for line in ran.lines if not line["ok"]] == []
    assert ran.status == 0
    assert ran.err == ""
    assert "kept, gave and removed a key" in found["keyring"]["text"]
    assert "0 in doubt" in found["sandbox"]["text"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    # The keyring is as it was, and no workspace was made.
    assert (tmp_path / "keyring.json").read_text(encoding="utf-8") == "{}"
    assert not empty.directory.exists()


def test_a_window_that_cannot_be_drawn_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Qt ends the whole process when it finds no platform of that name.
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    found = list(selftest._window(tmp_path / "demo", None))
    assert [(check.name, check.ok) for check in found] == [("qt", False), ("window", False)]
    assert all("told nothing of it" in check.text for check in found)


def test_a_failed_check_is_one_line_with_its_cause(tmp_path: Path) -> None:
    def newer() -> str:
        return selftest._store(tmp_path)

    Store.open(tmp_path, version=VERSION, clock=SystemClock(), is_sandbox=True).close_thread()
    with sqlite3.connect(tmp_path / "crossfoot.db") as connection:
        connection.execute("INSERT INTO migration (name, at) VALUES ('9999_later', '')")
    connection.close()
    assert "9999_later" not in migrate.STEPS
    check = selftest._checked("store", newer)
    assert not check.ok
    assert check.text.startswith("STO-01 ")
    assert json.loads(json.dumps(check.members))["ok"] is False
    broken = selftest._checked("sums", lambda: str(1 // 0))
    assert (broken.ok, broken.text.partition(":")[0]) == (False, "ZeroDivisionError")


def test_a_failed_check_makes_the_status_1() -> None:
    from core.cli_arguments import parse

    # The part of the window without a window: the shortest command with a failed check.
    said: list[str] = []
    options = parse(["selftest", "--part", "window", "--data-dir", "nowhere"])
    assert selftest_command(options, None, said.append) == 1
    assert json.loads(said[0])["ok"] is False
