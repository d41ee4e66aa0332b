"""A small sample of the reconciliation campaign; the whole one is a command of its own."""

from __future__ import annotations

from pathlib import Path

from core.domain.reconcile_parts import CAUSES
from tests.campaigns.planted_books import PLANTS
from tests.campaigns.reconciling import campaign


def test_planted_differences_are_found_to_the_cent(tmp_path: Path) -> None:
    assert list(PLANTS) == list(CAUSES)  # every cause that a statement knows is planted
    figures = campaign(6, 40, [60], tmp_path, seed=3)
    assert figures.problems == []
    assert figures.clean_lines == 0
    assert all(figures.planted[cause] >= 6 for cause in CAUSES)
    assert figures.found_minor == figures.planted_minor
    (timed,) = figures.timed
    assert (timed.invoices, timed.status) == (60, 3)
