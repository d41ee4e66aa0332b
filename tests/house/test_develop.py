"""The set-up script: says what is missing, does nothing twice, runs the checks in order."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def develop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, pointed at an empty tree."""
    spec = importlib.util.spec_from_file_location("develop", ROOT / "packaging" / "develop.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "crossfoot-stamp")
    (tmp_path / "requirements.lock").write_text("# nothing is needed\n", encoding="utf-8")
    return module


def test_an_unknown_command_shows_the_two_known_ones(
    develop: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert develop.main([]) == 2
    assert develop.main(["build"]) == 2
    assert develop.main(["--help"]) == 0
    assert capsys.readouterr().err.count("run [arguments] | test [pytest arguments]") == 3


def test_another_python_version_is_named(
    develop: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(develop.sys, "version_info", (3, 14, 0))
    assert develop.main(["run"]) == 2
    assert "needs Python 3.11, 3.12 or 3.13" in capsys.readouterr().err


def test_a_python_without_pip_is_told_what_to_install(
    develop: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(develop, "works", lambda command: command[-1] == "import venv")
    assert develop.main(["test"]) == 2
    assert "apt-get install python3-pip" in capsys.readouterr().err


@pytest.mark.slow
def test_set_up_makes_an_environment_once(
    develop: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    python = develop.set_up()
    asked = subprocess.run(
        [str(python), "-c", "import sys; sys.stdout.write(sys.prefix)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(asked.stdout).resolve() == develop.VENV.resolve()
    assert "Setting up" in capsys.readouterr().err
    made = python.lstat().st_mtime_ns
    assert develop.set_up() == python
    assert capsys.readouterr().err == ""
    develop.LOCK.write_text("# changed\n", encoding="utf-8")
    develop.set_up()
    assert "Setting up" in capsys.readouterr().err
    assert python.lstat().st_mtime_ns == made
    assert develop.STAMP.read_text(encoding="utf-8") == develop.stamp_text()


@pytest.mark.slow
def test_a_failed_installation_leaves_no_stamp(
    develop: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    develop.LOCK.write_text("= no requirement =\n", encoding="utf-8")
    assert develop.main(["run"]) == 2
    assert "could not be installed" in capsys.readouterr().err
    assert not develop.STAMP.exists()


def test_the_bare_run_is_the_demo(develop: ModuleType) -> None:
    assert develop.default_arguments() == ["sync", "--sandbox"]


def test_foreign_python_paths_do_not_reach_the_program(
    develop: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    found = develop.environment()
    assert "PYTHONPATH" not in found
    assert found["HTTPS_PROXY"] == "http://127.0.0.1:9"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux needs packages for Qt")
def test_missing_qt_packages_are_named_in_one_line(
    develop: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(develop, "QT_LIBRARIES", {"libnone.so.9": "libnone9", "libc.so.6": "libc6"})
    monkeypatch.setattr(develop, "FONT_DIRECTORY", develop.ROOT / "no-fonts")
    develop.provide_qt_packages()
    shown = capsys.readouterr().err
    assert shown == "Missing for Qt (Debian names): libnone9 fonts-dejavu-core\n"


def test_style_types_and_imports_are_checked(develop: ModuleType) -> None:
    names = [name for name, _ in develop.checks("python")]
    assert names == ["ruff check", "ruff format", "mypy", "lint-imports"]


def test_temporary_files_lie_in_memory_where_there_is_room(
    develop: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(develop, "MEMORY", tmp_path)
    monkeypatch.setattr(develop, "MEMORY_NEEDED", 1)
    assert develop.memory() == tmp_path
    monkeypatch.setattr(develop, "MEMORY_NEEDED", 1 << 60)
    assert develop.memory() is None
    monkeypatch.setattr(develop, "MEMORY", tmp_path / "none")
    assert develop.memory() is None
    said = develop.execute(
        [sys.executable, "-c", "import os; print(os.environ['TMPDIR'])"],
        quiet=True,
        files=str(tmp_path),
    )
    assert said.stdout.strip() == str(tmp_path)


def test_every_check_that_fails_is_named(
    develop: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(status: int) -> list[str]:
        return [sys.executable, "-c", f"print('said {status}'); raise SystemExit({status})"]

    assert develop.run_checks([("one", ends(0)), ("two", ends(0))]) == 0
    assert capsys.readouterr().err == "one: ok\ntwo: ok\n"
    assert develop.run_checks([("one", ends(0)), ("two", ends(7)), ("three", ends(0))]) == 7
    assert capsys.readouterr().err == "one: ok\nsaid 7\ntwo: failed\nthree: ok\n"


@pytest.mark.skipif(os.name != "posix", reason="the check script is bash")
def test_the_check_script_is_correct_bash() -> None:
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
