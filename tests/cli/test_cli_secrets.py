"""Secrets: from standard input into the sealed store, and into no other place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cli_site import Workspace

VALUE = "Pässword with  blanks & <signs> Zqx-4711"


def everything_written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_secret_is_kept_sealed_and_never_shown(empty: Workspace, tmp_path: Path) -> None:
    done = empty.run("secret", "set", "x3.password", stdin=VALUE.encode() + b"\r\n")
    assert done.status == 0
    told = empty.run("secret", "list", "--json")
    again = empty.run("secret", "list")
    assert {line["name"]: line["set"] for line in told.lines} == {
        "x3.password": True,
        "x3.client_secret": False,
        "x3.refresh_token": False,
        "avidxchange.client_secret": False,
        "avidxchange.company_token": False,
        "avidxchange.user_token": False,
    }
    for shown in (done, told, again):
        assert "Zqx-4711" not in shown.out + shown.err
    assert b"Zqx-4711" not in everything_written(tmp_path)


def test_the_audit_log_names_the_secret_only(empty: Workspace, tmp_path: Path) -> None:
    for _ in range(2):
        assert empty.run("secret", "set", "x3.password", stdin=VALUE.encode()).status == 0
    assert empty.run("secret", "forget", "x3.password").status == 0
    out = tmp_path / "log.jsonl"
    assert empty.run("audit", "export", "--format", "jsonl", "--out", str(out)).status == 0
    text = out.read_text(encoding="utf-8")
    assert [part in text for part in ('"secret set"', '"secret forgotten"')] == [True, True]
    assert text.count('"object":"x3.password"') == 3
    assert "Zqx-4711" not in text


def test_forgetting_what_is_not_there_is_no_error(empty: Workspace) -> None:
    done = empty.run("secret", "forget", "x3.password", "--json")
    assert done.status == 0
    assert done.json == {"name": "x3.password", "set": False, "was_set": False}


@pytest.mark.parametrize("name", ["x3.access_token", "password", "x3.passwort"])
@pytest.mark.parametrize("action", ["set", "forget"])
def test_a_name_that_no_person_sets_ends_with_2(empty: Workspace, action: str, name: str) -> None:
    done = empty.run("secret", action, name, stdin=VALUE.encode())
    assert done.status == 2
    assert done.out == ""
    assert "x3.password" in done.err
    assert "Zqx-4711" not in done.err


@pytest.mark.parametrize("value", [b"", b"\n", b"\r\n", b"\xff\xfeZqx-4711"])
def test_a_value_that_is_none_ends_with_2(empty: Workspace, value: bytes) -> None:
    done = empty.run("secret", "set", "x3.password", stdin=value)
    assert done.status == 2
    assert "Zqx-4711" not in done.err


def test_a_keyring_that_protects_nothing_is_refused(empty: Workspace) -> None:
    empty.environment["PYTHON_KEYRING_BACKEND"] = "file_keyring.WeakFileKeyring"
    done = empty.run("secret", "set", "x3.password", stdin=VALUE.encode())
    assert done.status == 2
    assert "keyring" in done.err
    assert "Zqx-4711" not in done.err
    assert not Path(empty.environment["FILE_KEYRING"]).exists()
