"""A sample of the reading campaign, and a seed for each guard that fails without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.reading_property import GUARDS, Stage, run_seed, simulated_x3

SAMPLE = range(15)
#: Histories that go wrong when the guard is taken away; now and then threads hand over so that one
#: of them does not.
NEEDS = {
    "overlap": (57, 39, 47, 10), "look_back": (2, 16, 24), "unfinished": (1, 2), "whole": (9, 11),
}  # fmt: skip


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
    kind = "datetime" if guard == "overlap" else ""

    def goes_wrong(seed: int, without: str) -> bool:
        place = _made(tmp_path / f"{seed}{without}")
        return bool(run_seed(stage, place, seed, kind=kind, without=without).problems)

    assert not goes_wrong(NEEDS[guard][0], "")
    assert any(goes_wrong(seed, guard) for seed in NEEDS[guard])


def _made(place: Path) -> Path:
    place.mkdir()
    return place
