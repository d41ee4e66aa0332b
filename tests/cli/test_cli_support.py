"""The bundle for support: what is in it, and that no planted secret is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from core.vault import SETTABLE_NAMES
from tests.cli.cli_site import Workspace

# Two planted values are spelt with signs that other forms of a text escape.
PLANTED = {name: f"planted-{place}-Ä&<{name}>" for place, name in enumerate(SETTABLE_NAMES)}


def plant(quiet: Workspace) -> None:
    for name, value in PLANTED.items():
        assert quiet.run("secret", "set", name, stdin=value.encode()).status == 0
    logs = quiet.directory / "logs"
    logs.mkdir(exist_ok=True)
    lines = [f"a line that should never have held {value}" for value in PLANTED.values()]
    (logs / "crossfoot-planted.log").write_text("\n".join(lines), encoding="utf-8")
    settings = quiet.directory / "settings.toml"
    text = settings.read_text(encoding="utf-8")
    more = '\npassword = "typed-into-the-file"\n' + f"# {PLANTED['x3.password']}\n"
    settings.write_text(text + more, encoding="utf-8")


def test_no_secret_leaves_with_the_bundle(quiet: Workspace, tmp_path: Path) -> None:
    plant(quiet)
    out = tmp_path / "bundle.zip"
    ran = quiet.run("support", "--json", "--out", str(out))
    assert (ran.status, ran.err) == (0, "")
    with zipfile.ZipFile(out) as archive:
        texts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert [one["name"] for one in ran.json["contents"]] == list(texts)
    assert {"about.txt", "facts.json", "settings.toml", "logs/crossfoot-planted.log"} <= set(texts)
    everything = "\n".join(texts.values())
    for value in (*PLANTED.values(), "typed-into-the-file"):
        assert value not in everything
    # What is kept is still of use.
    assert texts["logs/crossfoot-planted.log"].count("should never have held") == len(PLANTED)
    assert "base_url" in texts["settings.toml"]
    assert "token_url = " in texts["settings.toml"]
    assert json.loads(texts["facts.json"])["review"] == 0
    assert "Not opened" not in texts["about.txt"]


def test_without_a_file_it_is_only_shown(quiet: Workspace) -> None:
    before = sorted(quiet.directory.rglob("*.zip"))
    ran = quiet.run("support")
    assert ran.status == 0
    assert "settings.toml" in ran.out
    assert "Nothing was written" in ran.out
    assert sorted(quiet.directory.rglob("*.zip")) == before == []


def test_a_place_that_cannot_be_written_is_told(quiet: Workspace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    ran = quiet.run("support", "--out", str(tmp_path / "file" / "bundle.zip"))
    assert ran.status == 1
    assert "DSK-01" in ran.err
