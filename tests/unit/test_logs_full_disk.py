"""A log that cannot be written costs its lines, and shows no traceback to anybody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no limit on a file's size")

# A limit on the size of files stands for a full disk: writing beyond it fails.
_FULL = """
import logging, resource, signal, sys
from pathlib import Path
from core import logs
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
logs.start(Path(sys.argv[1]), console=False)
log = logging.getLogger("crossfoot")
log.info("kept")
logs.stop()
logs.start(Path(sys.argv[1]), console=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
for number in range(3):
    log.info("lost %d", number)
logs.stop()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
logs.start(Path(sys.argv[1]), console=False)
log.info("kept again")
logs.stop()
"""
_IN_THE_WAY = """
import sys
from pathlib import Path
from core import logs
from core.errors import LocalFault
Path.touch = lambda place, mode: place.mkdir()  # nothing can be opened there
try:
    logs.start(Path(sys.argv[1]), console=False)
except LocalFault as error:
    print(error.code, logs.current_file())
"""


def run(code: str, place: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, str(place)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50
    )


def test_a_full_disk_costs_lines_and_shows_nothing(tmp_path: Path) -> None:
    done = run(_FULL, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    texts = [file.read_text() for file in sorted((tmp_path / "logs").iterdir())]
    assert [len(text.splitlines()) for text in texts] == [1, 0, 1]
    assert "kept" in texts[0]
    assert "kept again" in texts[2]


def test_a_file_that_cannot_be_opened_is_told_with_its_code(tmp_path: Path) -> None:
    done = run(_IN_THE_WAY, tmp_path)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "DSK-01 None", "")
