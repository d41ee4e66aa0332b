"""A sample of the reading campaign, and a seed for each guard that fails without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.reading_property import GUARDS, Stage, run_seed, simulated_x3

SAMPLE = range(15)
#: A history that goes wrong when the guard is taken away.
NEEDS = {"overlap": 24, "look_back": 1, "unfinished": 1, "whole": 2}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One simulated X3 for all seeds of this file."""
    with simulated_x3() as made:
        yield made


@pytest.mark.parametrize("seed", SAMPLE)
def test_whatever_happened_the_store_equals_x3_when_all_is_at_rest(
    stage: Stage, tmp_path: Path, seed: int
) -> None:
    outcome = run_seed(stage, tmp_path, seed)
    assert outcome.problems == []
    assert outcome.polls >= 6


def test_a_closed_item_whose_invoice_was_never_seen_is_missed_when_it_vanishes(
    stage: Stage, tmp_path: Path
) -> None:
    assert run_seed(stage, tmp_path, 1621, kind="datetime").problems == []


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_some_history_goes_wrong(stage: Stage, tmp_path: Path, guard: str) -> None:
    seed, kind = NEEDS[guard], "datetime" if guard == "overlap" else ""
    assert run_seed(stage, _made(tmp_path / "with"), seed, kind=kind).problems == []
    assert run_seed(stage, _made(tmp_path / "without"), seed, kind=kind, without=guard).problems


def _made(place: Path) -> Path:
    place.mkdir()
    return place
