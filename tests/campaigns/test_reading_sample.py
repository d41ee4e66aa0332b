"""The reading campaign's own parts: both kinds of each seed, rows, and where it goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.campaigns.ledger import ROOT, core_hash
from tests.campaigns.reading import Figures, Records, campaign

KINDS = ("datetime", "date")
_ROW_BY_ROW = """
from tests.campaigns import reading
reading._ROW_EVERY = 1
raise SystemExit(reading.main())
"""


def test_each_seed_is_played_with_both_kinds_and_kept_once(tmp_path: Path) -> None:
    said: list[str] = []
    kept: list[Figures] = []
    found = campaign(range(3, 5), said.append, keep=kept.append)
    assert [(one.kind, one.played, one.failed) for one in found] == [(k, 2, []) for k in KINDS]
    assert [(one.kind, one.first, one.next_seed) for one in kept] == [(k, 3, 5) for k in KINDS]
    assert said == []
    records = Records("abc", tmp_path / "made.md")
    for one in kept:
        records.add(one)
    assert records.next_seed(KINDS, 3) == 5


def test_it_goes_on_after_the_rows_of_the_same_product_alone(tmp_path: Path) -> None:
    mine, other = (Records(core, tmp_path / "made.md") for core in ("abc", "def"))
    assert mine.next_seed(KINDS, 0) == 0
    for kind, first, played in (
        ("datetime", 0, 200), ("date", 0, 200), ("datetime", 200, 30), ("date", 200, 29),
        ("date", 400, 100),
    ):  # fmt: skip
        mine.add(Figures(kind, first, played))
    other.add(Figures("datetime", 0, 999))
    assert mine.next_seed(KINDS, 0) == 229
    assert mine.next_seed(("datetime",), 0) == 230
    assert mine.next_seed(("datetime",), 1000) == 1000
    assert other.next_seed(("datetime",), 0) == 999
    assert other.next_seed(KINDS, 0) == 0


def test_ended_by_a_signal_it_keeps_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "made.md"
    command = [sys.executable, "-c", _ROW_BY_ROW, "--write", "--into", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=50)
    assert first == "1 seeds played; next is 1\n"
    assert process.returncode == 1
    assert "ended early; go on with --from " in said
    played = int(said.partition("--from ")[2].split()[0])
    assert played >= 1
    assert Records(core_hash(), file).next_seed(KINDS, 0) == played
