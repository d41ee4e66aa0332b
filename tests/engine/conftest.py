"""Every test of the engine gets a fresh site, and the same promises are checked when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.documents import WithFolder
from tests.engine.site import Site

MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Make a site with other settings; it is checked and ended with the test."""
    made: list[Site] = []

    def make(**named: Any) -> Site:
        site = Site(tmp_path, **named)
        made.append(site)
        return site

    yield make
    try:
        for site in made:
            site.check()
    finally:
        for site in made:
            site.end()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A site as it is shipped, in live mode."""
    return make_site()


@pytest.fixture
def with_folder(make_site: MakeSite, tmp_path: Path) -> WithFolder:
    """A site whose document folder exists; further keys of `[attachments]` by name."""

    def make(**named: Any) -> tuple[Site, Path]:
        folder = tmp_path / "documents"
        folder.mkdir()
        return make_site(settings={"attachments": {"folder": str(folder), **named}}), folder

    return make
