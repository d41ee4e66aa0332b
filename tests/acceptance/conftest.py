"""Sites and desks for the acceptance tests; every program runs in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.accept_site import Desk, Served, connect, desk_in, serving


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with secrets and mappings of the company of seed 1; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("prepared")
    with serving(folder / "site", invoices=0, seed=1) as served:
        connect(desk_in(folder / "desk"), served)
    return folder / "desk"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Served]:
    """Both systems with master data and no invoice; a test enters what it needs."""
    with serving(tmp_path / "site", invoices=0, seed=1) as served:
        yield served


@pytest.fixture
def new_desk(tmp_path: Path, prepared: Path) -> Callable[..., Desk]:
    """Makes a desk connected to a site of seed 1, with the settings given over the usual ones."""

    def make(served: Served, **more: str) -> Desk:
        shutil.copytree(prepared, tmp_path / "desk")
        desk = desk_in(tmp_path / "desk")
        desk.write_settings(served, **more)
        return desk

    return make


@pytest.fixture
def desk(bare: Served, new_desk: Callable[..., Desk]) -> Desk:
    """A desk connected to the systems without invoices."""
    return new_desk(bare)
