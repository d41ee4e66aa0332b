"""A small sample of the kill campaign; the whole one is a command of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.kill import Plan, series
from tests.campaigns.kill_shots import POINTS


@pytest.mark.timeout(600)
def test_killed_at_named_places_and_random_moments_nothing_is_there_twice_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    figures = series(Plan(kills=30, seed=3, invoices=10, random_share=0.2), tmp_path)
    assert figures.problems == []
    assert (figures.kills, figures.duplicates, figures.lost) == (30, 0, 0)
    assert figures.sent == figures.eligible > 0
    assert figures.posted > 0
    assert figures.kills_with_a_write_under_way >= 5
    assert len(figures.named) >= len(POINTS) * 3 // 4
    assert figures.compared > 0
