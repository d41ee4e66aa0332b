"""Makes the installer for Windows with NSIS, and tries it: install, upgrade, refuse, uninstall.

For `packaging/build.py`. A certificate is all that signing needs: `CROSSFOOT_SIGN` holds the
command that signs the file whose path is put after it; without it nothing is signed.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from build import ROOT, WORK, StepError, execute, say, selftest

SCRIPT = ROOT / "packaging" / "installer.nsi"
PATIENCE_S = 60


def make(source: Path, out: Path, version: str, *, at: Callable[[Path], str] = str) -> Path:
    """The installer of a built program; `at` says a path as makensis takes it.

    Raises:
        StepError: there is no makensis, or it refused the script.
    """
    tool = shutil.which("makensis") or shutil.which(r"C:\Program Files (x86)\NSIS\makensis.exe")
    if tool is None:
        raise StepError("makensis is missing: install NSIS (Debian: nsis)")
    names = {
        "VERSION": version,
        "NUMBERS": f"{version}.0",
        "SOURCE": at(source),
        "OUT": at(out),
        "ICON": at(WORK / "crossfoot.ico"),
    }
    signing = os.environ.get("CROSSFOOT_SIGN")
    if signing:
        names["SIGN"] = signing
    flag = "/D" if os.name == "nt" else "-D"
    quiet = ["/V2"] if os.name == "nt" else ["-V2"]
    # A 32-bit installer runs everywhere; under Wine it would exit with 0 and install nothing.
    target = [] if os.name == "nt" else ["-XTarget amd64-unicode"]
    told = [f"{flag}{name}={value}" for name, value in names.items()]
    execute([tool, *quiet, *target, *told, str(SCRIPT)])
    if not out.exists():
        raise StepError(f"makensis made no {out.name}")
    return out


def try_out(
    setup: Path, runner: list[str], *, home: Path | None = None, picture: Path | None = None
) -> None:
    """Install silently, check, upgrade, refuse while open, uninstall; data stays until asked for.

    `runner` stands before a Windows program (empty on Windows); `home` is the folder that
    `%LOCALAPPDATA%` means.

    Raises:
        StepError: a step did not do what it should.
    """
    local = home or Path(os.environ["LOCALAPPDATA"])
    place, data = local / "Programs" / "Crossfoot", local / "Crossfoot"
    if data.exists() or place.exists():
        raise StepError(f"{place} or {data} is there already; this is tried on a clean user only")
    console = [*runner, str(place / "crossfoot-cli.exe")]
    _silently([*runner, str(setup), "/S"], "install")
    selftest(console, picture or setup.with_suffix(".png"))
    execute([*console, "sync", "--sandbox", "--seed", "7"], timeout=600, good=(0, 3))
    say("  ok   a run on the simulated systems")
    (place / "of-the-old-one.txt").write_text("left by the version before", encoding="utf-8")
    _silently([*runner, str(setup), "/S"], "upgrade")
    if (place / "of-the-old-one.txt").exists() or place.with_name("Crossfoot.before").exists():
        raise StepError("the upgrade left files of the version before")
    execute([*console, "status", "--sandbox"], timeout=600)
    if runner:
        say(
            "  --   an upgrade under a running program: Wine holds no file, so it is not shown here"
        )
    else:
        _refuse_while_open(setup, place)
    _silently([*runner, str(place / "uninstall.exe"), "/S"], "uninstall")
    _wait_until(lambda: not place.exists(), "the program is gone")
    if not data.exists():
        raise StepError("the uninstaller took the data along, unasked")
    _silently([*runner, str(setup), "/S"], "install again")
    _silently([*runner, str(place / "uninstall.exe"), "/S", "/DATA"], "uninstall with the data")
    _wait_until(lambda: not place.exists() and not data.exists(), "program and data are gone")


def _silently(command: list[str], name: str) -> None:
    began = time.monotonic()
    execute(command, timeout=1200)
    say(f"  ok   {name}, silently, {time.monotonic() - began:.0f} s")


def _refuse_while_open(setup: Path, place: Path) -> None:
    """An upgrade under a running program changes nothing and ends with 3."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [str(place / "crossfoot-cli.exe"), "sandbox", "serve", "--invoices", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        if running.stdout is None or running.stdin is None:
            raise StepError("the simulated systems have no input or output")
        running.stdout.readline()
        execute([str(setup), "/S"], timeout=1200, good=(3,))
        running.stdin.close()
    if not (place / "crossfoot-cli.exe").exists():
        raise StepError("the refused upgrade changed the folder")
    say("  ok   an upgrade under a running program is refused")


def _wait_until(is_so: Callable[[], bool], what: str) -> None:
    """The uninstaller works on from a copy of itself after it has answered."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise StepError(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.5)
    say(f"  ok   {what}")
