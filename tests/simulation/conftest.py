"""One pair of simulated systems for all seeds that a file plays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.campaign import stage_of_its_own
from tests.simulation.stage import Stage


@pytest.fixture(scope="module")
def staged() -> Iterator[tuple[Stage, Path]]:
    """Both systems, and a folder for the workspaces of seeds."""
    with stage_of_its_own() as made:
        yield made
