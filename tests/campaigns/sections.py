"""Sections of docs/measurements.md that a campaign renews as a whole: one heading, one text.

A section runs from its heading to the next one of that level. Everything else is left as it is.
"""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASUREMENTS = ROOT / "docs" / "measurements.md"


def put(heading: str, text: str, path: Path = MEASUREMENTS) -> None:
    """Put a text under `## heading`: in the place of what stands there, else at the end."""
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    begin = f"## {heading}"
    written = [begin, "", *text.strip("\n").split("\n"), ""]
    if begin in lines:
        start = lines.index(begin)
        rest = range(start + 1, len(lines))
        end = next((at for at in rest if lines[at].startswith("## ")), len(lines))
        lines[start:end] = written
    else:
        lines += ["", *written]
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    fresh.replace(path)


def made_on() -> str:
    """The commit, the machine with its load, and the day, as sections name them."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, check=True, cwd=ROOT
    ).stdout.decode()
    load = f", load {os.getloadavg()[1]:.1f}" if hasattr(os, "getloadavg") else ""
    machine = f"{os.cpu_count()} cores{load}, {platform.system()}"
    python = f"CPython {platform.python_version()}"
    return f"commit `{commit.strip()}` · {machine}, {python} · {datetime.now(UTC):%F}"
