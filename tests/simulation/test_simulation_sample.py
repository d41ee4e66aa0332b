"""Half of the sample of the simulation campaign, and seeds that once were red."""

from __future__ import annotations

import pytest

from tests.simulation.campaign import kept
from tests.simulation.conftest import Played

SEEDS = range(50)


@pytest.mark.parametrize("seed", [*SEEDS, *(seed for seed in kept() if seed >= 100)])
def test_every_promise_is_kept_whatever_happens(played: Played, seed: int) -> None:
    outcome = played(seed)
    assert outcome.problems == [], "\n".join(outcome.trace)
    assert outcome.runs >= 7
