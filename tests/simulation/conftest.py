"""One pair of simulated systems for all seeds that a file plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.simulation.campaign import stage_of_its_own
from tests.simulation.play import Outcome, play
from tests.simulation.stage import Stage

Played = Callable[[int], Outcome]


@pytest.fixture(scope="module")
def staged() -> Iterator[tuple[Stage, Path]]:
    """Both systems, and a folder for the workspaces of seeds."""
    with stage_of_its_own() as made:
        yield made


@pytest.fixture
def played(staged: tuple[Stage, Path]) -> Played:
    """Plays a seed on them."""
    stage, folder = staged
    return lambda seed: play(stage, folder / str(seed), seed)
