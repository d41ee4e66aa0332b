"""The other half of the sample: a file of its own, so that two workers share it."""

from __future__ import annotations

import pytest

from tests.simulation.conftest import Played

SEEDS = range(50, 100)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_is_kept_whatever_happens(played: Played, seed: int) -> None:
    outcome = played(seed)
    assert outcome.problems == [], "\n".join(outcome.trace)
    assert outcome.runs >= 7
