"""The commands that make packages: what can be tried without building one."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`supply_chain`, which takes `build` from beside it as a script does."""
    monkeypatch.syspath_prepend(PACKAGING)
    for name in ("build", "supply_chain", "licences"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("supply_chain")


def test_every_locked_version_is_in_the_bill_and_tools_are_told_apart(tool: ModuleType) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    bill = tool.bill_of(tool.locked(lock))
    components = {one["purl"]: one for one in bill["components"]}
    assert len(components) == len(re.findall(r"^[A-Za-z0-9._-]+==", lock, re.MULTILINE))
    scopes = {one["name"]: one["scope"] for one in bill["components"]}
    for name in ("requests", "urllib3", "peewee", "pyside6-essentials", "shiboken6", "cffi"):
        assert scopes[name] == "required"
    for name in ("pytest", "ruff", "mypy", "trustme", "hypothesis"):
        assert scopes[name] == "excluded"
    hashes = sum(len(one["properties"]) for one in bill["components"])
    assert hashes > lock.count("--hash=sha256:")
    assert bill["specVersion"] == "1.5"
    assert set(bill["dependencies"][0]["dependsOn"]) == set(components)


def test_the_libraries_of_this_environment_may_all_be_packaged() -> None:
    done = subprocess.run(
        [sys.executable, str(PACKAGING / "licences.py")],
        capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "pydantic_core" in done.stdout
    assert "pytest" not in done.stdout


def test_a_licence_that_is_not_on_the_list_is_refused(tool: ModuleType, tmp_path: Path) -> None:
    licences = importlib.import_module("licences")
    text = tmp_path / "LICENSE"
    text.write_text("Read me", encoding="utf-8")
    strange = licences.Part("strange", "1.0", "Proprietary", "", (text,))
    assert not strange.is_allowed
    assert not licences.Part("silent", "1.0", "", "", ()).is_allowed
    assert not licences.Part("viral", "1.0", "AGPL-3.0-only", "", ()).is_allowed
    licences.write([strange], tmp_path / "out")
    assert "Read me" in (tmp_path / "out" / "strange.txt").read_text(encoding="utf-8")
    assert "strange 1.0: Proprietary" in (tmp_path / "out" / "licences.txt").read_text("utf-8")
    python = (tmp_path / "out" / "Python.txt").read_text("utf-8")
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in python
    assert tool.version()


def test_the_icon_holds_every_size(tmp_path: Path) -> None:
    file = tmp_path / "crossfoot.ico"
    subprocess.run([sys.executable, str(PACKAGING / "icon.py"), str(file)], check=True, timeout=50)
    content = file.read_bytes()
    _, kind, count = struct.unpack_from("<HHH", content)
    assert (kind, count) == (1, 7)
    for place in range(count):
        side, _, _, _, _, _, size, offset = struct.unpack_from("<BBBBHHII", content, 6 + 16 * place)
        picture = content[offset : offset + size]
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack_from(">I", picture, 16)[0] % 256 == side


def test_the_spec_names_files_that_are_there() -> None:
    tree = ast.parse((PACKAGING / "crossfoot.spec").read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree)
              if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
    assert {"Analysis", "PYZ", "EXE", "COLLECT"} <= called
    build = (PACKAGING / "build.py").read_text(encoding="utf-8")
    beside = re.search(r"BESIDE = \(([^)]*)\)", build)
    assert beside is not None
    for name in re.findall(r'"([^"]+)"', beside[1]):
        assert (ROOT / name).is_file()


def test_the_workflow_calls_commands_that_are_there() -> None:
    text = (ROOT / ".github" / "workflows" / "build.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert {"windows", "linux", "weaknesses", "release"} == set(jobs)
    called = re.findall(r"python (packaging/\w+\.py)", text)
    assert len(called) >= 4
    assert [name for name in called if not (ROOT / name).is_file()] == []


@pytest.mark.skipif(shutil.which("makensis") is None, reason="NSIS is not installed here")
def test_nsis_takes_the_installer(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(ROOT / "LICENSE", source)
    (source / "crossfoot-cli.exe").write_bytes(b"MZ")
    icon = tmp_path / "crossfoot.ico"
    subprocess.run([sys.executable, str(PACKAGING / "icon.py"), str(icon)], check=True, timeout=50)
    out = tmp_path / "Crossfoot-1.2.3-setup.exe"
    told = {"VERSION": "1.2.3", "NUMBERS": "1.2.3.0", "SOURCE": source, "OUT": out, "ICON": icon}
    defined = [f"-D{name}={value}" for name, value in told.items()]
    command = ["makensis", "-V2", "-WX", *defined, str(PACKAGING / "installer.nsi")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_bytes().startswith(b"MZ")


def test_a_wrong_command_says_how_it_is_used() -> None:
    for name in ("build.py", "supply_chain.py"):
        done = subprocess.run(
            [sys.executable, str(PACKAGING / name), "no-such-command"],
            capture_output=True, text=True, check=False, timeout=50,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.startswith("usage: ")
