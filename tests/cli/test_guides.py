"""README and guides: links lead somewhere, and what they tell to type is typed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from core import cli
from core.cli_arguments import parse
from core.sandbox import server
from tests.cli.cli_site import ROOT

GUIDES = ("controller-guide.md", "user-guide.md", "it-guide.md")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"python3? -m (tests\.[\w.]+)")
SCRIPT = re.compile(r"python3? (packaging/[\w/]+\.py)")
PROGRAM = "crossfoot-cli"
GOOD = {0, 3}  # settled, or done and something needs a person: a demo always has such documents


def commands(page: Path) -> Iterator[list[str]]:
    """The lines of a page's shell blocks, as words."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        yield from (shlex.split(line, comments=True) for line in block.splitlines() if line.strip())


def arguments_of(words: list[str]) -> list[str] | None:
    """What goes to the program, whichever way it is started; None for another one."""
    for start in ([PROGRAM], ["python3", "main.py"], ["python3", "packaging/develop.py", "run"]):
        if words[: len(start)] == start:
            return words[len(start) :]
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    dead = [
        target
        for target in LINK.findall(text)
        if not target.startswith(("http://", "https://", "#"))
        and not (page.parent / unquote(target.partition("#")[0])).exists()
    ]
    modules = [name.replace(".", "/") for name in MODULE.findall(text)]
    dead += [
        name
        for name in modules
        if not (ROOT / f"{name}.py").exists() and not (ROOT / name / "__main__.py").exists()
    ]
    dead += [name for name in SCRIPT.findall(text) if not (ROOT / name).exists()]
    assert dead == []


def test_every_command_is_one_the_program_knows() -> None:
    known = 0
    for page in PAGES:
        for words in commands(page):
            given = arguments_of(words)
            if given and "<" not in given:
                parse(given)  # ends the process with its usage when it is not
                known += 1
    assert known >= 20


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_what_the_guides_tell_to_type_does_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line that works on the simulated systems, in the order of a reader."""
    server.start(tmp_path / "data" / "sandbox", invoices=20).stop()
    monkeypatch.chdir(tmp_path)
    last_month = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    ended: dict[str, int] = {}
    for name in GUIDES:
        for words in commands(ROOT / "docs" / name):
            given, line = arguments_of(words), shlex.join(words)
            if given and ("--sandbox" in given or given[:2] == ["audit", "verify"]):
                typed = [re.sub(r"^\d{4}-\d\d$", last_month, word) for word in given]
                ended[line] = cli.main([*typed, "--data-dir", "data"])
            elif words[1:2] == ["packaging/verify_audit.py"]:
                script = [sys.executable, str(ROOT / words[1]), *words[2:]]
                ended[line] = subprocess.run(script, check=False, timeout=30).returncode
    assert {line: status for line, status in ended.items() if status not in GOOD} == {}
    assert len(ended) >= 12
    written = ("statement.xlsx", "statement.pdf", "audit.jsonl", "vendors.xlsx")
    assert [name for name in written if not (tmp_path / name).stat().st_size] == []
