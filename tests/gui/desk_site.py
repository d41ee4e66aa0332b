"""A real desk on a demo that has been worked with, for every test of a tab.

The data directory is made once a session (300 invoices, six runs) and copied for each test; the
simulated systems run in their own process. No Qt here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import app, demo
from core.desk import Desk
from core.facade import SyncOrder
from core.sandbox import server

INVOICES = 300
NOTCHES = 6
_RUN_S = 50
_NEVER_MINUTES = 24 * 60


def make_demo(directory: Path, *, invoices: int = INVOICES, notches: int = NOTCHES) -> Path:
    """Fills a data directory by so many runs of the demo; seconds."""
    server.start(demo.folder(directory), seed=1, invoices=invoices).stop()
    if notches:
        with app.desk(app.Opening(directory, is_sandbox=True)) as desk:
            desk.open()
            for _ in range(notches):
                desk.sync_now(SyncOrder()).result(timeout=_RUN_S)
    return directory


@contextmanager
def opened(directory: Path) -> Iterator[Desk]:
    """The desk of a data directory, its engine standing; `desk.open()` starts it."""
    with app.desk(app.Opening(directory, is_sandbox=True)) as desk:
        yield desk


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked-with demo; only ever copied."""
    return make_demo(tmp_path_factory.mktemp("demo") / "workspace")


@pytest.fixture
def demo_copy(demo_folder: Path, tmp_path: Path) -> Path:
    """A data directory of this test's own."""
    return Path(shutil.copytree(demo_folder, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def desk_to_read(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all tests that change nothing: its engine is started once and never runs."""
    folder = shutil.copytree(demo_folder, tmp_path_factory.mktemp("to_read") / "workspace")
    with opened(Path(folder)) as desk:
        desk.open()
        desk.pause(_NEVER_MINUTES)
        yield desk


@pytest.fixture
def desk_with_demo(demo_copy: Path) -> Iterator[Desk]:
    """A desk with 300 invoices after six runs; its engine is started."""
    with opened(demo_copy) as desk:
        desk.open()
        yield desk


@pytest.fixture
def empty_desk(tmp_path: Path) -> Iterator[Desk]:
    """A demo that has never run, with a few invoices waiting in X3; its engine is started."""
    with opened(make_demo(tmp_path / "workspace", invoices=40, notches=0)) as desk:
        desk.open()
        yield desk
