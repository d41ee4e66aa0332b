# ruff: noqa: INP001 - packaging/ must never become a package, it would hide the library "packaging"
"""Sets up, starts and checks Crossfoot from a plain checkout.

Needs Python 3.11 to 3.13 and pip, nothing else; every other part comes from
``requirements.lock`` into ``.venv``. Two commands:

    python3 packaging/develop.py run [arguments of main.py]
    python3 packaging/develop.py test [arguments of pytest]

Standard library only: this file runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "crossfoot-stamp"
# One worker a core; a file stays on one worker, so that what it sets up is set up once. Files go
# out in their order, which begins with the long ones: no worker is left alone at the end.
PYTEST = ("-q", "-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
# A file system in memory, where the system has one: stores commit to it without waiting for a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - only folders of our own are made in it
MEMORY_NEEDED = 3 << 30  # bytes
USAGE = "usage: python3 packaging/develop.py run [arguments] | test [pytest arguments]\n"

# What Qt loads on Linux even when it draws off screen, and the Debian package that holds it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
FONT_DIRECTORY = Path("/usr/share/fonts")
FONT_PACKAGE = "fonts-dejavu-core"


class SetupError(Exception):
    """Something this machine lacks; the text names it in one sentence."""


def say(text: str) -> None:
    """Writes one line to standard error, so that standard output stays the program's own."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def execute(
    command: list[str],
    *,
    quiet: bool = False,
    directory: Path | None = ROOT,
    files: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command, by default in the root of the tree; ``quiet`` keeps its output.

    ``files`` is where it makes its temporary files.
    """
    return subprocess.run(  # noqa: S603 - every command is a fixed list of this file
        command,
        cwd=directory,
        env=environment() | ({"TMPDIR": files} if files else {}),
        check=False,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )


def environment() -> dict[str, str]:
    """Returns the environment of checks: where there is no display, Qt draws off screen."""
    found = own_environment()
    if not has_display():
        found.setdefault("QT_QPA_PLATFORM", "offscreen")
    return found


def own_environment() -> dict[str, str]:
    """Returns this process's environment without what would pull in foreign Python code."""
    drop = {
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
        "PYTHONDONTWRITEBYTECODE",
    }
    return {name: value for name, value in os.environ.items() if name not in drop}


def has_display() -> bool:
    """Tells whether a window could be shown here."""
    if platform.system() != "Linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def venv_program(name: str) -> Path:
    """Returns where the virtual environment keeps a program."""
    if os.name == "nt":
        return VENV / "Scripts" / f"{name}.exe"
    return VENV / "bin" / name


# --- the virtual environment -----------------------------------------------------------------


def set_up() -> Path:
    """Makes ``.venv`` agree with the lock and returns its Python; does nothing when it does.

    Raises:
        SetupError: the machine lacks a part, or the packages could not be installed.
    """
    check_version()
    python = venv_program("python")
    wanted = stamp_text()
    if python.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return python
    say("Setting up .venv (once, and again when requirements.lock changes) ...")
    STAMP.unlink(missing_ok=True)
    base = base_python()
    pip = make_venv(base, python)
    result = execute(
        [
            *pip,
            *("install", "--quiet", "--disable-pip-version-check", "--no-input"),
            *("--require-hashes", "-r", str(LOCK)),
        ],
        quiet=True,
    )
    if result.returncode:
        raise SetupError(f"The packages could not be installed:\n{tail(result.stdout)}")
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(wanted, encoding="utf-8")
    unfinished.replace(STAMP)
    return python


def check_version() -> None:
    """Raises SetupError unless this Python is one that Crossfoot is tested with."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise SetupError(
            f"Crossfoot needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}."
        )


def stamp_text() -> str:
    """Returns what the environment was made from: the lock's hash and the Python's version."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return f"{lock} {sys.version_info[0]}.{sys.version_info[1]} {sys.platform}\n"


def base_python() -> str:
    """Returns the Python outside ``.venv``, also when this script was started by the one inside."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return str(getattr(sys, "_base_executable", sys.executable))
    return sys.executable


def make_venv(base: str, python: Path) -> list[str]:
    """Creates ``.venv`` where it is missing or of another version; returns how to call its pip.

    Debian ships Python without ensurepip, so a pip of the base Python is preferred: it installs
    into an environment that holds none (``pip --python``, pip 22.3 and newer).
    """
    outer = [base, "-m", "pip", "--python", str(python)]
    inner = [str(python), "-m", "pip"]
    has_outer = works([base, "-m", "pip", "--python", base, "--version"])
    fits = works([str(python), "-c", same_version_test()])
    if fits and (has_outer or works([*inner, "--version"])):
        return outer if has_outer else inner
    if not works([base, "-c", "import venv"]):
        raise SetupError(
            "This Python lacks the module venv (Debian: apt-get install python3-venv)."
        )
    if not has_outer and not works([base, "-c", "import ensurepip"]):
        raise SetupError(
            "This Python has no pip, or one older than 22.3 (Debian: apt-get install python3-pip)."
        )
    options = ["--clear"] + (["--without-pip"] if has_outer else [])
    result = execute([base, "-m", "venv", *options, str(VENV)], quiet=True)
    if result.returncode:
        raise SetupError(f".venv could not be made:\n{tail(result.stdout)}")
    return outer if has_outer else inner


def same_version_test() -> str:
    """Returns a program that fails in an environment made by another Python version."""
    wanted = tuple(sys.version_info[:2])
    return f"import sys; sys.exit(sys.version_info[:2] != {wanted})"


def works(command: list[str]) -> bool:
    """Tells whether a command exists and ends with 0."""
    try:
        return execute(command, quiet=True).returncode == 0
    except OSError:
        return False


def tail(text: str, lines: int = 25) -> str:
    """Returns the last lines of an output: that is where tools say what went wrong."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


# --- what Qt needs on Linux ------------------------------------------------------------------


def missing_qt_packages() -> list[str]:
    """Returns the Debian packages that Qt needs and this machine does not have."""
    if platform.system() != "Linux":
        return []
    missing = [package for name, package in QT_LIBRARIES.items() if not loads(name)]
    if not FONT_DIRECTORY.is_dir() or not any(FONT_DIRECTORY.rglob("*.ttf")):
        missing.append(FONT_PACKAGE)
    return missing


def loads(library: str) -> bool:
    """Tells whether the system's loader finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def provide_qt_packages() -> None:
    """Installs what Qt needs on a check machine (CI=true); elsewhere names it in one line."""
    missing = missing_qt_packages()
    if missing and os.environ.get("CI") == "true" and shutil.which("apt-get"):
        install_debian(missing)
        missing = missing_qt_packages()
    if missing:
        say("Missing for Qt (Debian names): " + " ".join(missing))


def install_debian(packages: list[str]) -> None:
    """Installs Debian packages quietly as root, or by sudo where it asks for no password."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    prefix = [] if is_root else ["sudo", "-n"]
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    for command in (["update"], ["install", "--no-install-recommends", *packages]):
        if not works([*quiet, *command]):
            say(f"apt-get {command[0]} did not succeed.")


# --- the commands ----------------------------------------------------------------------------


def run(arguments: list[str]) -> int:
    """Starts Crossfoot; without arguments, its window on the demo of two simulated systems.

    The person's working directory is kept, so that relative paths mean what they say.
    """
    python = set_up()
    command = [str(python), str(ROOT / "main.py"), *(arguments or default_arguments())]
    if os.name != "nt":
        # Replacing this process lets signals reach the program itself.
        os.execve(command[0], command, own_environment())  # noqa: S606 - a fixed program of this tree
    return execute(command, directory=None).returncode


def default_arguments() -> list[str]:
    """Returns what a bare ``run`` does: the window on the demo, one run of it without a display."""
    return ["--sandbox"] if has_display() else ["sync", "--sandbox"]


def test(arguments: list[str]) -> int:
    """Runs every check, then the tests if none failed; pytest's closing line comes last."""
    provide_qt_packages()
    python = str(set_up())
    failed = run_checks(checks(python))
    if failed:
        return failed
    with tempfile.TemporaryDirectory(prefix="crossfoot-tests-", dir=memory()) as files:
        return execute([python, "-m", "pytest", *PYTEST, *arguments], files=files).returncode


def memory() -> Path | None:
    """Returns a folder in memory with room for all that the tests write, or None."""
    is_there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    return MEMORY if is_there and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED else None


def checks(python: str) -> list[tuple[str, list[str]]]:
    """Returns the checks before the tests."""
    return [
        ("ruff check", [python, "-m", "ruff", "check", "--quiet", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "--quiet", "."]),
        ("mypy", [python, "-m", "mypy", "--no-error-summary"]),
        ("lint-imports", [str(venv_program("lint-imports"))]),
    ]


def run_checks(commands: list[tuple[str, list[str]]]) -> int:
    """Runs named commands side by side; returns 0, or the status of the first that failed.

    Those that failed are named with their output.
    """
    with ThreadPoolExecutor() as side_by_side:
        results = side_by_side.map(lambda one: execute(one[1], quiet=True), commands)
        failed = 0
        for (name, _), result in zip(commands, results, strict=True):
            if result.returncode:
                say(f"{result.stdout.rstrip()}\n{name}: failed")
                failed = failed or result.returncode
            else:
                say(f"{name}: ok")
    return failed


def main(arguments: list[str]) -> int:
    """Runs one command and returns its exit status; 2 for a wrong command or a missing part."""
    commands = {"run": run, "test": test}
    if not arguments or arguments[0] not in commands:
        sys.stderr.write(USAGE)
        return 0 if arguments in (["--help"], ["-h"]) else 2
    try:
        return commands[arguments[0]](arguments[1:])
    except SetupError as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
