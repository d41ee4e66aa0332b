"""Licences, bill of materials and known weaknesses of what is packaged.

    python3 packaging/supply_chain.py licences | sbom | audit      one of them; without: all three

`dist/licences.txt` and `dist/crossfoot-VERSION.cdx.json` (CycloneDX 1.5) are written; `audit` asks
the advisory database about `requirements.lock` by pip-audit. Exit status 1 when a licence is not on
the list or a weakness is known. Standard library only.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
import venv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from build import DIST, ROOT, WORK, StepError, execute, python_of_build, say, version

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
PARENT = re.compile(r"^    # (?:via|  ) ?(\S.*?)\s*$")
PROJECT = "crossfoot (pyproject.toml)"
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def licences() -> bool:
    """The licences of all parts, to dist/licences.txt; whether all are on the list."""
    done = subprocess.run(  # noqa: S603 - our own command
        [python_of_build(), "packaging/licences.py"],
        cwd=ROOT, stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    (DIST / "licences.txt").write_bytes(done.stdout)
    say(f"licences: {len(done.stdout.splitlines())} parts, see dist/licences.txt")
    return done.returncode == 0


def sbom() -> bool:
    """The bill of materials, to dist/; always good."""
    place = DIST / f"crossfoot-{version()}.cdx.json"
    bill = bill_of(locked((ROOT / "requirements.lock").read_text(encoding="utf-8")))
    place.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    needed = sum(one["scope"] == "required" for one in bill["components"])
    tools = len(bill["components"]) - needed
    say(f"sbom: {needed} parts and {tools} tools in {place.relative_to(ROOT)}")
    return True


@dataclass(slots=True)
class Entry:
    """One entry of a lock; `parents` are those that ask for it, as the lock names them."""

    name: str
    version: str
    marker: str
    hashes: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)


def locked(text: str) -> list[Entry]:
    """The entries of a lock, in its order."""
    entries: list[Entry] = []
    for line in text.splitlines():
        if match := PINNED.match(line):
            entries.append(Entry(match[1], match[2], match[3] or ""))
        elif entries:
            entries[-1].hashes += HASH.findall(line)
            if match := PARENT.match(line):
                entries[-1].parents.append(match[1])
    return entries


def packaged(entries: list[Entry]) -> set[str]:
    """Names of what the program itself needs; the others are tools for tests and checks."""
    found, before = {PROJECT}, 0
    while len(found) > before:
        before = len(found)
        found |= {entry.name for entry in entries if found & set(entry.parents)}
    return found - {PROJECT}


def bill_of(entries: list[Entry]) -> dict[str, Any]:
    """A CycloneDX document of a lock; a component's files are told by their hashes."""
    needed = packaged(entries)
    components = [_component(entry, is_needed=entry.name in needed) for entry in entries]
    own = {"type": "application", "bom-ref": "crossfoot", "name": "crossfoot", "version": version()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": own,
        },
        "components": components,
        "dependencies": [{"ref": "crossfoot", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _component(entry: Entry, *, is_needed: bool) -> dict[str, Any]:
    told = [{"name": "crossfoot:file-sha256", "value": value} for value in entry.hashes]
    if entry.marker:
        told.append({"name": "crossfoot:marker", "value": entry.marker})
    purl = f"pkg:pypi/{entry.name}@{entry.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": entry.name,
        "version": entry.version,
        "scope": "required" if is_needed else "excluded",
        "purl": purl,
        "properties": told,
    }


def audit() -> bool:
    """Asks for known weaknesses of every locked version; whether there are none."""
    place = WORK / "audit"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(place, clear=True, with_pip=True)
        install = [str(python), *("-m", "pip", "install", "--quiet", "--disable-pip-version-check")]
        execute([*install, "--require-hashes", "-r", "packaging/audit.lock"])
    # Strict: a version that could not be looked up is no version without weaknesses.
    asked = ["--strict", "--requirement", "requirements.lock", "--require-hashes", "--disable-pip"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        [str(python), "-m", "pip_audit", *asked], cwd=ROOT, check=False
    )
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Runs what was asked for, all of it even when one is not good."""
    commands = {"licences": licences, "sbom": sbom, "audit": audit}
    if any(name not in commands for name in arguments):
        sys.stderr.write("usage: python3 packaging/supply_chain.py [licences] [sbom] [audit]\n")
        return 2
    DIST.mkdir(exist_ok=True)
    WORK.mkdir(exist_ok=True)
    try:
        good = [commands[name]() for name in arguments or commands]
    except StepError as error:
        say(str(error))
        return 1
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
