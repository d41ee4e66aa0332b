"""Desks over a small demo: real store and engine, the simulated systems in their own process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import app, demo
from core.desk import Desk
from core.desk_lists import Query
from core.facade import SyncOrder
from core.sandbox import server

INVOICES = 150
# The longest one is left to a desk: the checks of record must stay under 20 minutes.
collect_ignore = ["test_every_code.py"] if os.environ.get("CI") else []


@dataclass
class Heard:
    """What a desk told its listener."""

    topics: list[tuple[str, int]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def __call__(self, topic: str, version: int) -> None:
        self.topics.append((topic, version))
        self.threads.add(threading.current_thread().name)


@contextmanager
def demo_desk(directory: Path, *, invoices: int = INVOICES) -> Iterator[Desk]:
    server.start(demo.folder(directory), seed=1, invoices=invoices).stop()
    with app.desk(app.Opening(directory, is_sandbox=True)) as opened:
        yield opened


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose demo has run a few times, so that every list has rows."""
    with demo_desk(tmp_path_factory.mktemp("worked")) as opened:
        opened.open()
        for _ in range(12):
            opened.sync_now(SyncOrder()).result(timeout=50)
            if opened.source("payments").count(Query()):
                break
        yield opened


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Desk]:
    """A desk that has not been opened yet."""
    with demo_desk(tmp_path / "demo") as made:
        yield made


@pytest.fixture
def open_demo() -> Callable[[Path], AbstractContextManager[Desk]]:
    return demo_desk
