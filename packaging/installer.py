"""Makes the installer for Windows with NSIS, and tries it: install, upgrade, roll back, uninstall.

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
from dataclasses import dataclass
from pathlib import Path

from build import ROOT, WORK, StepError, execute, say, selftest

SCRIPT = ROOT / "packaging" / "installer.nsi"
PATIENCE_S = 60
RUN_KEY = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"


def make(source: Path, out: Path, version: str, *, check: str = "") -> Path:
    """The installer of a built program; `check` is what it asks of the program, its selftest if "".

    Raises:
        StepError: there is no makensis, or it refused the script.
    """
    tool = shutil.which("makensis") or shutil.which(r"C:\Program Files (x86)\NSIS\makensis.exe")
    if tool is None:
        raise StepError("makensis is missing: install NSIS (Debian: nsis)")
    names = {
        "VERSION": version,
        "NUMBERS": f"{version}.0",
        "SOURCE": str(source),
        "OUT": str(out),
        "ICON": str(WORK / "crossfoot.ico"),
    }
    if check:
        names["CHECK"] = check
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


@dataclass(frozen=True, slots=True)
class Site:
    """Where an installer is tried.

    `runner` stands before a Windows program (empty on Windows); `home` is the folder that
    `%LOCALAPPDATA%` means; `beyond` are checks of the selftest that cannot be good there.
    """

    home: Path
    picture: Path
    runner: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()


def try_out(setup: Path, site: Site) -> None:
    """Install silently, check, upgrade, refuse while open, uninstall; data stays until asked for.

    Raises:
        StepError: a step did not do what it should.
    """
    runner = list(site.runner)
    place, data = site.home / "Programs" / "Crossfoot", site.home / "Crossfoot"
    if data.exists() or place.exists():
        raise StepError(f"{place} or {data} is there already; this is tried on a clean user only")
    console = [*runner, str(place / "crossfoot-cli.exe")]
    _silently([*runner, str(setup), "/S", "/AUTOSTART"], "install, to start with Windows")
    _check_start(runner, place, is_on=True)
    selftest(console, site.picture, beyond=site.beyond)
    # Serves until its input ends, which is at once: a demo of 20 invoices is left.
    execute([*console, "sandbox", "serve", "--invoices", "20"], timeout=600)
    execute([*console, "sync", "--sandbox"], timeout=600, good=(0, 3))
    say("  ok   a run on the simulated systems")
    (place / "of-the-old-one.txt").write_text("left by the version before", encoding="utf-8")
    _silently([*runner, str(setup), "/S"], "upgrade")
    if (place / "of-the-old-one.txt").exists() or place.with_name("Crossfoot.before").exists():
        raise StepError("the upgrade left files of the version before")
    execute([*console, "status", "--sandbox"], timeout=600)
    _check_start(runner, place, is_on=True)
    _roll_back(place, runner)
    execute([*console, "status", "--sandbox"], timeout=600)
    if runner:
        say(
            "  --   an upgrade under a running program: Wine holds no file, so it is not shown here"
        )
    else:
        _refuse_while_open(setup, place)
    _silently([*runner, str(place / "uninstall.exe"), "/S"], "uninstall")
    _wait_until(lambda: not place.exists(), "the program is gone")
    _check_start(runner, place, is_on=False)
    if not data.exists():
        raise StepError("the uninstaller took the data along, unasked")
    _silently([*runner, str(setup), "/S"], "install again")
    _silently([*runner, str(place / "uninstall.exe"), "/S", "/DATA"], "uninstall with the data")
    _wait_until(lambda: not place.exists() and not data.exists(), "program and data are gone")


def _check_start(runner: list[str], place: Path, *, is_on: bool) -> None:
    """Whether Windows would start the program, quoted, with the user's session."""
    entry = [*runner, "reg", "query", RUN_KEY, "/v", "Crossfoot"]
    said = execute(entry, timeout=120, good=(0,) if is_on else (1,))
    if is_on and f'{place.name}\\Crossfoot.exe"' not in said:
        raise StepError(f"what starts with Windows is not the program:\n{said}")
    say(f"  ok   the program {'starts' if is_on else 'does not start'} with Windows")


def _roll_back(place: Path, runner: list[str]) -> None:
    """An upgrade to a program that fails its own check ends with 4 and puts the old one back."""
    damaged = WORK / "damaged"
    shutil.rmtree(damaged, ignore_errors=True)
    damaged.mkdir()
    for name in ("crossfoot-cli.exe", "LICENSE"):  # all that it would load is missing
        shutil.copy(place / name, damaged)
    setup = make(damaged, WORK / "damaged-setup.exe", "9.9.9")
    before = sorted(file.name for file in place.iterdir())
    execute([*runner, str(setup), "/S"], timeout=1200, good=(4,))
    after = sorted(file.name for file in place.iterdir())
    if after != before or place.with_name("Crossfoot.before").exists():
        raise StepError(f"after a failed upgrade {place} holds {after}")
    say("  ok   an upgrade that fails its own check puts the old program back")


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
