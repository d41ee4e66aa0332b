"""A sample of the simulation campaign, and seeds that once were red."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.campaign import kept
from tests.simulation.play import play
from tests.simulation.stage import Stage

SEEDS = range(10)


@pytest.mark.parametrize("seed", [*SEEDS, *(seed for seed in kept() if seed >= 100)])
def test_every_promise_is_kept_whatever_happens(staged: tuple[Stage, Path], seed: int) -> None:
    stage, folder = staged
    outcome = play(stage, folder / str(seed), seed)
    assert outcome.problems == [], "\n".join(outcome.trace)
    assert outcome.runs >= 7
