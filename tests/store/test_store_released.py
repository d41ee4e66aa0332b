"""Stores of every version ever released open, are upgraded and verify."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.store import history, migrate
from core.store.sqlite import Store
from core.version import VERSION

KEPT = Path(__file__).resolve().parent / "released"
#: The steps that were the last one of a release; today's is only told by the running program.
EARLIER = migrate.STEPS[:-1]


def test_a_store_is_kept_of_every_step_before_the_last() -> None:
    assert sorted(file.stem for file in KEPT.glob("*.db")) == sorted(EARLIER)
    assert (KEPT / "README.md").is_file()


@pytest.mark.parametrize("step", EARLIER)
def test_a_kept_store_is_upgraded_and_whole(step: str, tmp_path: Path) -> None:
    shutil.copy(KEPT / f"{step}.db", tmp_path / "crossfoot.db")
    store = Store.open(tmp_path, version=VERSION, clock=SystemClock(), is_sandbox=True)
    try:
        assert migrate.applied(store) == list(migrate.STEPS)
        assert store.problems() == []
        assert history.verify(store).ok
    finally:
        store.close_thread()
