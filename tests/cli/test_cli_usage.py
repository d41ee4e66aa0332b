"""Usage and settings: statuses, what is said where, and nothing on standard output on failure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.cli_site import ROOT, Workspace

STATUS_MEMBERS = ["workspace", "mode", "sides", "states", "invariants", "in_doubt", "review"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["reconcile", "--period", "2026-13"],
        ["selftest", "--part", "engine"],
        ["map", "suggest"],
        ["map", "suggest", "vendors", "--yes"],
        ["map", "suggest", "vendors", "--accept-at", "90"],
        ["sync", "--only", "nothing"],
        ["sync", "--wait", "601"],
        ["sync", "--wait", "soon"],
        ["sync", "--preview", "--plan", "x"],
        ["sync", "--seed", "3"],
        ["invoices", "--state", "lost"],
        ["explain"],
        ["review", "resolve", "one", "--how", "done", "--reason", "r"],
        ["review", "resolve", "1", "--how", "maybe", "--reason", "r"],
        ["review", "resolve", "1", "--how", "done"],
        ["review", "resolve", "1", "--how", "done", "--reason", " "],
        ["secret"],
        ["secret", "set"],
        ["map", "import", "suppliers", "f.csv"],
        ["map", "export", "vendors"],
        ["audit", "export", "--format", "pdf", "--out", "x.pdf"],
        ["backup"],
        ["sandbox", "serve", "--x3-port", "70000"],
    ],
)
def test_what_is_no_command_ends_with_2_and_touches_nothing(
    empty: Workspace, arguments: list[str]
) -> None:
    done = empty.run(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert "usage:" in done.err
    assert not empty.directory.exists()


def test_answers_without_a_command_show_the_help_and_end_with_2() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--json"],
        capture_output=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 2
    assert b"sync" in done.stdout


@pytest.mark.parametrize("command", ["sync", "status", "invoices", "payments", "runs", "review"])
def test_without_settings_a_command_names_the_missing_file(empty: Workspace, command: str) -> None:
    done = empty.run(command, "--json")
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("CFG-01 ")
    assert "settings.toml" in done.err


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("[x3]\nfolder = 1", "x3.folder"),
        ('[workspace]\nstart_date = 2026-01-01\nmode = "dry"', "workspace.mode"),
        ('[avidxchange]\nclient_secret = "hush-hush"', "secret set avidxchange.client_secret"),
        ("[workspace", "settings.toml"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    empty: Workspace, line: str, named: str
) -> None:
    empty.settings(line)
    done = empty.run("sync")
    assert done.status == 2
    assert done.out == ""
    assert named in done.err
    assert "hush-hush" not in done.err
    assert not (empty.directory / "crossfoot.db").exists()


def test_the_doctor_tells_of_wrong_settings_in_a_line_of_its_own(empty: Workspace) -> None:
    done = empty.run("doctor", "--json")
    assert done.status == 2
    assert done.json["ok"] is False
    assert done.json["code"] == "CFG-01"
    assert sorted(done.json) == ["cause", "check", "code", "ok", "remedy", "side"]


def test_status_has_every_member_before_anything_has_run(quiet: Workspace) -> None:
    done = quiet.run("status", "--json")
    assert done.status == 0
    assert done.err == ""
    assert list(done.json) == STATUS_MEMBERS
    assert done.json["workspace"] == "Test site"
    assert done.json["sides"]["x3"] == {"reachable": None, "last_contact": None, "next": None}
    assert set(done.json["invariants"]) == {f"I{number}" for number in range(1, 9)}
    assert set(done.json["invariants"].values()) == {"unknown"}
    assert set(done.json["states"].values()) == {0}
    assert "not asked yet" in quiet.run("status").out


def test_global_options_stand_before_or_after_the_command(quiet: Workspace) -> None:
    def run(*arguments: str) -> bytes:
        command = [sys.executable, str(ROOT / "main.py"), *arguments]
        return subprocess.run(
            command, capture_output=True, check=True, env=quiet.environment, timeout=50
        ).stdout

    where = ["--data-dir", str(quiet.directory)]
    answers = [
        run("--json", *where, "review", "list"),
        run("--json", "review", *where, "list"),
        run("review", "list", *where, "--json"),
        run(*where, "review", "--json"),
    ]
    assert set(answers) == {b""}
    assert json.loads(run(*where, "--json", "status"))["mode"] == "live"


@pytest.mark.parametrize("command", ["invoices", "payments", "runs", "review"])
def test_an_empty_list_is_no_line_in_json_and_a_sentence_otherwise(
    quiet: Workspace, command: str
) -> None:
    listed = quiet.run(command, "--json")
    assert (listed.status, listed.out, listed.err) == (0, "", "")
    told = quiet.run(command)
    assert told.status == 0
    assert len(told.out.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "NOPE"],
        ["review", "resolve", "7", "--how", "done", "--reason", "r"],
    ],
)
def test_an_unknown_number_or_id_ends_with_2(quiet: Workspace, arguments: list[str]) -> None:
    done = quiet.run(*arguments, "--json")
    assert done.status == 2
    assert done.out == ""
    assert "CFG-01" in done.err


def test_an_unknown_plan_ends_with_2_before_anything_is_asked(quiet: Workspace) -> None:
    done = quiet.run("sync", "--plan", "0" * 64, "--json")
    assert done.status == 2
    assert done.out == ""
    assert "0" * 64 in done.err


def test_a_run_without_its_secrets_names_the_command_that_sets_them(quiet: Workspace) -> None:
    done = quiet.run("sync", "--json")
    assert done.status == 2
    assert done.out == ""
    assert "secret set x3.password" in done.err
    assert quiet.run("runs", "--json").out == ""


def test_a_damaged_store_is_a_fault_with_the_log_that_tells_of_it(quiet: Workspace) -> None:
    assert quiet.run("status").status == 0
    (quiet.directory / "crossfoot.db").write_bytes(b"this is no store" * 1000)
    done = quiet.run("status", "--json")
    assert done.status == 1
    assert done.out == ""
    assert "STO-01" in done.err
    place = Path(done.err.rsplit("See ", 1)[1].strip())
    assert place.parent == quiet.directory / "logs"
    assert "STO-01" in place.read_text(encoding="utf-8")


def test_a_list_whose_reader_goes_away_ends_well(quiet: Workspace) -> None:
    process = quiet.start("secret", "list")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 0
    assert told == b""
