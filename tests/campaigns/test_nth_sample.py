"""A sample of the Nth-failure campaign; the whole one is a command of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.campaigns.nth_failure import Place, one_kind


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One prepared site for all kinds."""
    made = Place(tmp_path_factory.mktemp("nth"))
    yield made
    made.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "every"),
    [("store", 400), ("network", 20), ("file", 30), ("keyring", 2), ("clock", 250)],
)
def test_a_call_that_fails_once_leaves_nothing_undone(place: Place, kind: str, every: int) -> None:
    found = one_kind(place, kind, start=every - 1, every=every)
    assert found.problems == []
    assert found.wrong_documents == 0
    assert found.runs >= 1
