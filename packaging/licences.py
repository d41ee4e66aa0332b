"""Collects the licences of all parts that a package holds, and refuses one that is not on the list.

    python packaging/licences.py --out FOLDER     texts, one file a library, and an overview
    python packaging/licences.py                  the overview on standard output

Run with the Python of the environment that is packaged. Looked at are the libraries that
`pyproject.toml` names and what they need on this system; tools for tests and builds are not. Exit
status 1 when a licence is not on the list: a person reads it and adds it, or takes another library.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import argparse
import re
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
# Parts of a licence's name that may go into a package. LGPL is met by the one-folder form: the
# library lies beside the program as files of its own that anyone may replace.
ALLOWED = (
    "MIT", "BSD", "Apache", "Python Software Foundation", "PSF", "ISC", "MPL", "Mozilla", "LGPL",
    "Lesser General Public", "Unlicense", "HPND", "0BSD", "Zlib",
)  # fmt: skip
# Libraries that name no licence in their data; a person has read the text they bring.
READ = {"peewee": "MIT"}
TEXTS = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One library of the package: what it says of its licence, and the texts it brings."""

    name: str
    version: str
    licence: str
    home: str
    texts: tuple[Path, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether a word of the list is in what it says."""
        said = self.licence.casefold()
        return any(word.casefold() in said for word in ALLOWED)


def parts() -> list[Part]:
    """The libraries that the program needs on this system, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    found: dict[str, Part] = {}
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or not fits(wanted, ""):
            continue
        held = metadata.distribution(wanted.name)
        found[name] = part_of(held)
        needed = map(Requirement, held.requires or ())
        extras = ("", *wanted.extras)
        waiting += [one for one in needed if any(fits(one, extra) for extra in extras)]
    return [found[name] for name in sorted(found)]


def fits(wanted: Requirement, extra: str) -> bool:
    """Whether a requirement counts on this system, for this extra of who asks for it."""
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def part_of(held: metadata.Distribution) -> Part:
    """What a library says of itself: its expression, else its field, else its classifiers."""
    said = held.metadata
    named = [
        text.rpartition("::")[2].strip()
        for text in said.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    field = (said.get("License") or "").strip().splitlines()
    told = said.get("License-Expression") or ", ".join(named) or (field[0] if field else "")
    licence = told or READ.get(canonicalize_name(said["Name"]), "")
    texts = [
        Path(str(held.locate_file(file))) for file in held.files or () if TEXTS.search(str(file))
    ]
    links = [link.partition(",")[2].strip() for link in said.get_all("Project-URL") or ()]
    home = said.get("Home-page") or next(iter(links), "")
    return Part(said["Name"], held.version, licence, home, tuple(p for p in texts if p.is_file()))


def overview(found: list[Part]) -> str:
    """One line a library."""
    lines = [f"{one.name} {one.version}: {one.licence or 'says nothing'}" for one in found]
    python = f"Python {sys.version.split()[0]}: Python Software Foundation License"
    return "\n".join([python, *lines]) + "\n"


def text_of_python() -> str:
    """What Python itself is licensed by, with the libraries it holds.

    Raises:
        FileNotFoundError: this Python came without; a package must not.
    """
    places = [Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix)]
    for place in places:
        file = place / "LICENSE.txt"
        if file.is_file():
            return file.read_text(encoding="utf-8", errors="replace")
    raise FileNotFoundError(f"no LICENSE.txt of Python in {' or '.join(map(str, places))}")


def write(found: list[Part], folder: Path) -> None:
    """The overview and every text, made anew."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Python.txt").write_text(text_of_python(), encoding="utf-8")
    (folder / "licences.txt").write_text(overview(found), encoding="utf-8")
    for one in found:
        texts = [text.read_text(encoding="utf-8", errors="replace") for text in one.texts]
        body = "\n\n".join([f"{one.name} {one.version}\n{one.licence}\n{one.home}", *texts])
        (folder / f"{one.name}.txt").write_text(body + "\n", encoding="utf-8")


def main() -> int:
    """Writes or shows; 1 when a library may not be in a package."""
    parser = argparse.ArgumentParser(description="The licences of all parts of a package.")
    parser.add_argument("--out", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    found = parts()
    if options.out is not None:
        write(found, options.out)
    else:
        sys.stdout.write(overview(found))
    strange = [one for one in found if not one.is_allowed]
    for one in strange:
        sys.stderr.write(f"{one.name} {one.version}: {one.licence or 'no licence named'}\n")
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
