"""A small sample of the kill campaign; the whole one is a command of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.kill import Plan, campaign


@pytest.mark.timeout(240)
def test_killed_at_random_moments_nothing_is_there_twice_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    figures = campaign(Plan(kills=6, invoices=40, seed=3, notches=3), tmp_path)
    assert figures.problems == []
    assert (figures.kills, figures.duplicates, figures.lost) == (6, 0, 0)
    assert figures.sent == figures.eligible > 0
