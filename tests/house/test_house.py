"""The rules of the house that no linter knows, each with the reason it exists."""

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.settings import Settings
from core.vault import SETTABLE_NAMES
from core.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ("core", "ui")
MAX_LINES = 400
# Opens a connection that trusts nobody, to show a person what is wrong with a certificate.
SHOWS_CERTIFICATES = "core/certificates.py"

# Signs that make text read other than it is: writing direction, no width, byte order mark.
INVISIBLE = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Letters that look Latin and are not: Greek, Cyrillic, Armenian, Cherokee, full width.
LOOK_ALIKE = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff\uff01-\uff5e\u2010\u2011\u00ad]"
)


def python_files(*places: str) -> list[Path]:
    found = [path for place in places for path in sorted((ROOT / place).rglob("*.py"))]
    return [path for path in found if "__pycache__" not in path.parts]


def everything_python() -> list[Path]:
    top = [path for path in [ROOT / "main.py"] if path.exists()]
    return top + python_files(*PROGRAM, "packaging", "tests")


def program_python() -> list[Path]:
    top = [path for path in [ROOT / "main.py"] if path.exists()]
    return top + python_files(*PROGRAM, "packaging")


def text_files() -> Iterator[Path]:
    suffixes = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".lock", ".cfg", ".iss", ".spec"}
    for place in ("core", "ui", "packaging", "tests", "docs", "resources", ".ci", ".github"):
        for path in (ROOT / place).rglob("*"):
            if path.is_file() and (path.suffix in suffixes or path.parent.name == ".ci"):
                yield path
    yield from (path for path in ROOT.glob("*") if path.is_file() and path.suffix in suffixes)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def refuse(found: list[str], why: str) -> None:
    assert not found, f"{why}:\n  " + "\n  ".join(found)


def test_no_nested_event_loop_and_no_direct_connection() -> None:
    names = {"processEvents", "DirectConnection", "BlockingQueuedConnection"}
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in program_python()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.Name) and node.id in names)
    ]
    refuse(found, "slots re-enter half-done work, or run in the thread of the sender")


def test_no_thread_takes_the_frames_of_another() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in program_python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "_current_frames"
    ]
    refuse(found, "on Python 3.11 that ends a process whose window is being painted")


def test_certificates_are_always_verified() -> None:
    found = []
    for path in program_python():
        for node in ast.walk(tree(path)):
            is_switch = isinstance(node, ast.keyword) and node.arg in {"verify", "check_hostname"}
            is_off = (
                is_switch
                and isinstance(node, ast.keyword)
                and isinstance(node.value, ast.Constant)
                and node.value.value is False
            )
            is_named = isinstance(node, ast.Attribute) and node.attr in {
                "CERT_NONE",
                "_create_unverified_context",
            }
            if is_off or (is_named and name_of(path) != SHOWS_CERTIFICATES):
                found.append(f"{name_of(path)}:{getattr(node, 'lineno', '?')}")
    refuse(found, "no switch turns verification off, not even in the sandbox")


def test_what_shows_certificates_sends_nothing() -> None:
    path = ROOT / SHOWS_CERTIFICATES
    sends = {"send", "sendall", "sendfile", "sendto", "write", "makefile", "request"}
    found = [
        f"{name_of(path)}:{call.lineno}"
        for _, call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr in sends
    ]
    refuse(found, "a connection that trusts nobody is looked at and closed")
    named = [node for node in ast.walk(tree(path)) if is_attribute(node, "CERT_NONE")]
    assert len(named) == 1  # in `look`, and nowhere else


def test_only_the_command_line_prints() -> None:
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in python_files(*PROGRAM)
        if name_of(path) != "core/cli.py"
        for name, call in calls(path)
        if name in {"print", "pprint", "pprint.pprint"}
    ]
    refuse(found, "with --json standard output holds the answer and nothing else")


def is_attribute(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def is_empty(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )


def swallows(node: ast.AST) -> bool:
    """Tells whether a handler does nothing, or a suppress covers every exception."""
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or is_empty(node.body)
    if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
        return bool({dotted(given) for given in node.args} & {"Exception", "BaseException"})
    return False


def test_no_exception_is_swallowed() -> None:
    found = [
        f"{name_of(path)}:{getattr(node, 'lineno', '?')}"
        for path in program_python()
        for node in ast.walk(tree(path))
        if swallows(node)
    ]
    refuse(found, "nothing is ever silently skipped")


def test_no_clock_without_a_zone() -> None:
    naive = {"datetime.now", "datetime.datetime.now"}
    always = ("utcnow", "utcfromtimestamp", "datetime.today", "date.today")
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in everything_python()
        for name, call in calls(path)
        if (name in naive and not call.args and not call.keywords) or name.endswith(always)
    ]
    refuse(found, "an instant without a zone is another instant on the next computer")


def test_style_sheets_hold_no_colours() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{3}|rgba?\(|color\s*:")
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in python_files("ui")
        for name, call in calls(path)
        if name.endswith("setStyleSheet")
        for inner in ast.walk(call)
        if isinstance(inner, ast.Constant)
        and isinstance(inner.value, str)
        and colour.search(inner.value)
    ]
    refuse(found, "colours come from the palette, or dark mode breaks")


def tokens(path: Path, kind: int) -> Iterator[tokenize.TokenInfo]:
    source = io.StringIO(path.read_text(encoding="utf-8"))
    return (token for token in tokenize.generate_tokens(source.readline) if token.type == kind)


def test_every_exemption_names_its_rule() -> None:
    noqa = r"#\s*(ruff:\s*|flake8:\s*)?noqa(?!:\s*[A-Z]+[0-9]+)"
    blanket = re.compile(noqa + r"|#\s*type:\s*ignore(?!\[)")
    found = [
        f"{name_of(path)}:{token.start[0]} {token.string}"
        for path in everything_python()
        for token in tokens(path, tokenize.COMMENT)
        if blanket.search(token.string)
    ]
    refuse(found, "a blanket exemption hides the next fault too")


def test_names_are_plain_letters() -> None:
    found = [
        f"{name_of(path)}:{token.start[0]} {token.string!r}"
        for path in everything_python()
        for token in tokens(path, tokenize.NAME)
        if not token.string.isascii()
    ]
    refuse(found, "two names that look alike must be alike")


def test_no_invisible_or_look_alike_signs() -> None:
    found = []
    for path in text_files():
        is_code = path.suffix in {".py", ".toml", ".yml", ".yaml", ".lock", ""}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if INVISIBLE.search(line) or (is_code and LOOK_ALIKE.search(line)):
                found.append(f"{name_of(path)}:{number}")
    refuse(found, "what a reviewer reads must be what runs (escape such signs where needed)")


def test_files_stay_small() -> None:
    found = []
    for path in python_files(*PROGRAM):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            found.append(f"{name_of(path)}: {lines} lines")
    refuse(found, f"a file over {MAX_LINES} lines holds two meanings: split it by meaning")


def test_packaging_is_no_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists(), "it would hide the library packaging"


def test_resources_hold_no_code() -> None:
    refuse([name_of(path) for path in python_files("resources")], "resources are data")


def test_test_folders_are_no_packages_and_file_names_are_unique() -> None:
    files = python_files("tests")
    refuse([name_of(path) for path in files if path.name == "__init__.py"], "importlib mode")
    names = [path.name for path in files if path.name != "conftest.py"]
    refuse(sorted({name for name in names if names.count(name) > 1}), "one name, one file")


@pytest.mark.parametrize(
    "name", ["sage-x3.md", "avidxchange.md", "avidxchange-connect.openapi.yaml"]
)
def test_the_contracts_are_in_the_tree(name: str) -> None:
    assert (ROOT / "docs" / "contracts" / name).stat().st_size > 1000


def test_the_lock_is_pinned_and_hashed_and_names_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text, "an address would bind every user to one package server"
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    packages = [block for block in blocks if not block.startswith("#")]
    assert packages
    refuse(
        [block.splitlines()[0] for block in packages if not re.match(r"[\w.\[\]-]+==\S+", block)],
        "every package has one version",
    )
    refuse(
        [block.splitlines()[0] for block in packages if "--hash=sha256:" not in block],
        "every package has its hashes",
    )


def test_the_readme_and_the_check_script_give_the_same_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", readme, flags=re.DOTALL)
    commands = [
        line
        for block in blocks
        for line in block.splitlines()
        if line.startswith("python3 packaging")
    ]
    assert commands[:2] == ["python3 packaging/develop.py run", "python3 packaging/develop.py test"]
    script = ROOT / ".ci" / "run"
    assert commands[1] in script.read_text(encoding="utf-8").splitlines()
    assert "packaging/develop.py test" in (ROOT / ".github/workflows/checks.yml").read_text(
        encoding="utf-8"
    )
    if os.name == "posix":
        assert os.access(script, os.X_OK)


def test_the_version_is_the_same_in_both_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {VERSION}" in changes


def setting_keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_keys(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_the_settings_page_names_every_key_and_every_secret() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    section = ""
    documented = set()
    for line in page.splitlines():
        heading = re.match(r"#+ `\[([\w.]+)\]`", line)
        row = re.match(r"\| `(\w+)` \|", line)
        section = heading[1] if heading else section
        if row and section:
            documented.add(f"{section}.{row[1]}")
    keys = set(setting_keys(Settings))
    refuse(sorted(keys - documented), "not on the settings page")
    refuse(sorted(documented - keys), "on the settings page only")
    refuse([name for name in SETTABLE_NAMES if f"`{name}`" not in page], "secret not documented")


IMPORT_ALL = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PySide6", "shiboken6", "qasync", "ui"}:
            raise ImportError(f"core asked for {name}")

sys.meta_path.insert(0, NoQt())
import core
count = 0
for module in pkgutil.walk_packages(core.__path__, "core.", onerror=lambda name: sys.exit(name)):
    # Migrations are data files with numbers for names: the store runs them, nobody imports them.
    if not module.name.rpartition(".")[2][0].isdigit():
        importlib.import_module(module.name)
        count += 1
sys.stdout.write(str(count))
"""


def test_core_needs_no_window_library() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", IMPORT_ALL],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= len(list((ROOT / "core").glob("*.py"))) - 1
