"""Every history of a payment ends right: state, X3 postings, review items, amounts.

The life cycle of avidxchange.md 5.2 and product.md 3, 4, played through the real engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.histories import History, Played
from tests.engine.payment_life import LIFE
from tests.engine.payment_shares import CLEARED, SHARES
from tests.engine.payment_turns import TURNS
from tests.engine.site import Site

WORLDS: dict[str, tuple[History, ...]] = {
    "issued": (*LIFE, *SHARES),
    "issued, turned": TURNS,
    "cleared": CLEARED,
}
CASES = [(world, history.__name__) for world, some in WORLDS.items() for history in some]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Played]]:
    """Every history of each setting, played once."""
    made: dict[str, Played] = {}
    try:
        for world, histories in WORLDS.items():
            path: Path = tmp_path_factory.mktemp("world")
            when = world.partition(",")[0]
            site = Site(path, settings={"x3": {"payment": {"post_when": when}}})
            made[world] = Played(site, histories)
        yield made
    finally:
        for entry in made.values():
            entry.site.end()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("world", "name"), CASES)
def test_history_of_a_payment_ends_right(played: dict[str, Played], world: str, name: str) -> None:
    played[world].tell(name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("world", WORLDS)
def test_amounts_are_conserved_over_all_histories(played: dict[str, Played], world: str) -> None:
    played[world].conserves_amounts()
    played[world].site.check()
