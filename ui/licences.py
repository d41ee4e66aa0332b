"""The parts this program is made of, with their licences: from the package, else as installed.

A package holds what `packaging/licences.py` wrote when it was built. A checkout asks the libraries
themselves. No Qt here; reads files, so it belongs on no GUI thread.
"""

from __future__ import annotations

import platform
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from core.words import area

say = area(__name__)

_ROOT = Path(__file__).resolve().parent.parent
_OVERVIEW = "licences.txt"
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_TEXTS = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
#: What is no library: name, licence, and where its text lies below the program's folder.
_OWN = (
    (say("dejavu_fonts"), say("bitstream_vera_licence"), "resources/fonts/LICENSE"),
    (say("tabler_icons"), say("mit"), "resources/icons/LICENSE"),
    (
        say("gnu_lesser_general_public_license"),
        say("the_text_for_qt"),
        "resources/licences/LGPL-3.0.txt",
    ),
    (say("gnu_general_public_license"), say("the_text_for_qt"), "resources/licences/GPL-3.0.txt"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what it is called, its version (empty for some), its licence, and the text."""

    name: str
    version: str
    licence: str
    text: str

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".rstrip()


def parts(root: Path = _ROOT) -> list[Part]:
    """All parts by name, Crossfoot first; reads some hundred small files."""
    packaged = root / "resources" / "licences"
    found = _packaged(packaged) if (packaged / _OVERVIEW).exists() else _installed(root)
    own = [Part(name, "", kind, _read(root / place)) for name, kind, place in _OWN]
    first = Part(
        "Crossfoot",
        "",
        say("mit"),
        _read(root / "LICENSE") or _read(root.parent / "LICENSE"),
    )
    return [first, *sorted([*found, *own], key=lambda part: part.name.casefold())]


def overview(found: list[Part]) -> str:
    """One line a part."""
    return (
        "\n".join(f"{part.title}: {part.licence or say('says_nothing')}" for part in found) + "\n"
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _packaged(folder: Path) -> Iterator[Part]:
    for line in _read(folder / _OVERVIEW).splitlines():
        title, _, licence = line.partition(": ")
        name, _, version = title.rpartition(" ")
        yield Part(name, version, licence, _read(folder / f"{name}.txt"))


def _installed(root: Path) -> Iterator[Part]:
    """Python and the libraries that `pyproject.toml` names, with all they need and have here."""
    yield Part(
        say("python"), platform.python_version(), say("python_software_foundation_license"), ""
    )
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting, seen = list(project["dependencies"]), set[str]()
    while waiting:
        wanted = str(waiting.pop())
        named = _NAME.match(wanted)
        name = re.sub(r"[-_.]+", "-", named[0]).casefold() if named else ""
        if not name or name in seen or "extra ==" in wanted:
            continue
        seen.add(name)
        try:
            held = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # it is for another system or another Python
        waiting += held.requires or ()
        yield _part_of(held)


def _part_of(held: metadata.Distribution) -> Part:
    said = held.metadata
    classified = [
        line.rpartition("::")[2].strip()
        for line in said.get_all("classifier") or ()
        if line.startswith("License ::")
    ]
    named = (said.get_all("License-Expression") or [""])[0] or ", ".join(classified)
    lines = (said.get_all("license") or [""])[0].strip().splitlines()
    licence = named or (lines or [""])[0]
    files = [file for file in held.files or () if _TEXTS.search(str(file))]
    texts = [_read(Path(str(held.locate_file(file)))) for file in files]
    return Part(held.name, held.version, licence, "\n\n".join(filter(None, texts)))
