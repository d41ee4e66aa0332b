"""Builds the packages and tries them: `python3 packaging/build.py linux | windows | wine`.

    linux     the one-folder program, self-tested, and how long its window takes
    windows   the same on Windows, then the installer: installed, upgraded and removed silently
    wine      the Windows program and installer under Wine: a smoke test, no proof

What is made lies in `dist/`; what is needed on the way in `.build/` (both are not kept by git).
Standard library only: it runs before anything is installed. Exit status 1 when a step fails.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build"
DIST = ROOT / "dist"
SPEC = ROOT / "packaging" / "crossfoot.spec"
LOCKS = (ROOT / "requirements.lock", ROOT / "packaging" / "build.lock")
# What a person looks for beside the program.
BESIDE = ("LICENSE", "CHANGELOG.md", "packaging/verify_audit.py")
USAGE = "usage: python3 packaging/build.py linux | windows | wine\n"
SELFTEST_S = 600


class StepError(Exception):
    """A step failed; the text says which and how."""


def say(text: str) -> None:
    """One line for the person who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def execute(
    command: list[str],
    *,
    more: Mapping[str, str] | None = None,
    timeout: float = 3600,
    good: tuple[int, ...] = (0,),
) -> str:
    """Runs a command in the tree; its output.

    Raises:
        StepError: it ended with a status that is not among `good`, or not in time.
    """
    drop = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands of this tree
            command,
            cwd=ROOT,
            env=kept | dict(more or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise StepError(f"{command[0]} did not end within {timeout:.0f} s") from None
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode not in good:
        tail = "\n".join(text.rstrip().splitlines()[-30:])
        raise StepError(f"{' '.join(command[:4])} ended with {done.returncode}:\n{tail}")
    return text


def version() -> str:
    """The program's version, from the one place that states it."""
    text = (ROOT / "core" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'VERSION = "([^"]+)"', text)
    if found is None:
        raise StepError("core/version.py states no version")
    return found[1]


def megabytes(path: Path) -> str:
    """Size of a file or of all files below a folder."""
    files = (
        [path]
        if path.is_file()
        else [one for one in path.rglob("*") if one.is_file() and not one.is_symlink()]
    )
    return f"{sum(one.stat().st_size for one in files) / 1e6:.1f} MB"


# --- the program -----------------------------------------------------------------------------


def python_of_build() -> str:
    """An environment of its own for builds, made anew when a lock has changed."""
    place = WORK / "venv"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = place / "crossfoot-stamp", "".join(map(_text, LOCKS)) + sys.version
    if python.exists() and stamp.exists() and _text(stamp) == wanted:
        return str(python)
    say("Setting up .build/venv ...")
    venv.create(place, clear=True, with_pip=True)
    install = [str(python), *("-m", "pip", "install", "--quiet", "--disable-pip-version-check")]
    for lock in LOCKS:
        execute([*install, "--require-hashes", "-r", str(lock)])
    stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def program(python: list[str], kind: str) -> Path:
    """Builds both programs with this Python; the folder that holds them.

    `kind` keeps what the packager remembers of one system apart from the other's.
    """
    made = DIST / "Crossfoot"
    # By this system: Wine cannot remove the links that a build for Linux holds.
    shutil.rmtree(made, ignore_errors=True)
    licences, icon = WORK / "licences", WORK / "crossfoot.ico"
    shutil.rmtree(licences, ignore_errors=True)
    execute([*python, "packaging/licences.py", "--out", str(licences)])
    shutil.copy(ROOT / "resources" / "fonts" / "LICENSE", licences / "fonts.txt")
    shutil.copy(ROOT / "resources" / "icons" / "LICENSE", licences / "icons.txt")
    execute([*python, "packaging/icon.py", str(icon)])
    began = time.monotonic()
    places = ["--distpath", str(DIST), "--workpath", str(WORK / f"work-{kind}")]
    execute(
        [*python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places, str(SPEC)],
        more={"CROSSFOOT_LICENCES": str(licences), "CROSSFOOT_ICON": str(icon)},
    )
    for name in BESIDE:
        shutil.copy(ROOT / name, made)
    say(f"Built {made.relative_to(ROOT)} in {time.monotonic() - began:.0f} s: {megabytes(made)}")
    return made


def selftest(command: list[str], picture: Path, *, beyond: tuple[str, ...] = ()) -> None:
    """Lets the program check itself; shows each check, and when its window stood.

    Checks named in `beyond` cannot be good here; they are shown and do not count.

    Raises:
        StepError: a check failed.
    """
    command = [*command, "selftest", "--json", "--picture", str(picture)]
    output = execute(command, timeout=SELFTEST_S, good=(0, 1) if beyond else (0,))
    checks = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    for check in checks:
        mark = "ok" if check["ok"] else "--" if check["check"] in beyond else "FAIL"
        say(f"  {mark:<5}{check['check']:<12}{check['text']}")
    failed = [one["check"] for one in checks if not one["ok"] and one["check"] not in beyond]
    if failed or not checks:
        raise StepError(f"selftest: {', '.join(failed) or 'no check was made'}")
    for check in checks:
        if check["check"] == "window":
            say(f"From start to usable window, drawn into memory: {check['ms'] / 1000:.1f} s")


def linux() -> None:
    """The Linux program, self-tested, and packed."""
    made = program([python_of_build()], "linux")
    selftest([str(made / "crossfoot-cli")], DIST / "window-linux.png")
    packed = DIST / f"crossfoot-{version()}-linux.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(made, arcname="Crossfoot")
    say(f"{packed.relative_to(ROOT)}: {megabytes(packed)}")


def windows() -> None:
    """The Windows program and its installer, made and tried on Windows."""
    if os.name != "nt":
        raise StepError("this is for Windows; `wine` makes a smoke test elsewhere")
    import installer

    made = program([python_of_build()], "windows")
    selftest([str(made / "crossfoot-cli.exe")], DIST / "window-windows.png")
    setup = installer.make(made, DIST / f"Crossfoot-{version()}-setup.exe", version())
    say(f"{setup.relative_to(ROOT)}: {megabytes(setup)}")
    home, picture = Path(os.environ["LOCALAPPDATA"]), setup.with_suffix(".png")
    installer.try_out(setup, installer.Site(home, picture))


def wine() -> None:
    """The same under Wine."""
    import wine_site

    wine_site.run()


def main(arguments: list[str]) -> int:
    """Runs one command; 1 when a step failed, 2 for a wrong command."""
    commands = {"linux": linux, "windows": windows, "wine": wine}
    if len(arguments) != 1 or arguments[0] not in commands:
        sys.stderr.write(USAGE)
        return 2
    DIST.mkdir(exist_ok=True)
    WORK.mkdir(exist_ok=True)
    try:
        commands[arguments[0]]()
    except StepError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    # The modules beside this one take `build` from here rather than make it a second time.
    sys.modules["build"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1:]))
