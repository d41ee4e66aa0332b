"""The same seed twice, and guards without which a seed turns red."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation import guards
from tests.simulation.play import play
from tests.simulation.stage import Stage

#: A seed that catches it when the guard is taken away; all of them: `--guards`.
NEEDS = {
    "intent_before_send": 16, "look_before_first_send": 0, "overlap": 1, "one_live_row": 7,
    "balance_before_payment": 4, "expected_level": 44, "one_token": 14, "compare_what_is_found": 19,
    "drift": 29, "look_before_payment": 69, "absent_together": 24,
}  # fmt: skip
#: Three threads at once without this one: whether they meet is by chance, in half of all plays.
BY_CHANCE = {"one_token": 25}


@pytest.mark.parametrize("guard", NEEDS)
def test_without_a_guard_a_seed_turns_red(staged: tuple[Stage, Path], guard: str) -> None:
    stage, folder = staged
    plays = (
        play(stage, folder / f"{guard}-{number}", NEEDS[guard], guard=guard)
        for number in range(BY_CHANCE.get(guard, 1))
    )
    assert any(outcome.problems for outcome in plays)


def test_a_seed_plays_the_same_way_again(staged: tuple[Stage, Path]) -> None:
    stage, folder = staged
    traces = [play(stage, folder / str(place), 7).trace for place in range(2)]
    assert traces[0] == traces[1]
    assert len(traces[0]) > 20


def test_every_guard_says_what_is_wrong_without_it_and_is_put_back() -> None:
    for name in guards.GUARDS:
        before = _kept()
        with guards.without(name):
            changed = _kept() != before
            assert changed or guards.meaning(name), name
        assert _kept() == before, name


def _kept() -> list[object]:
    """The functions that keep the promise, as they stand now."""
    from core.engine import clearing, lookups, pull
    from core.store import journal

    return [
        clearing._invoices, clearing._approvals, clearing._owed, clearing.balances_moved,
        lookups.start, pull.Walk.store, journal.claim, journal.settle, journal.recover,
    ]  # fmt: skip
