"""Every history of an invoice that was sent ends right: state, codes, what each side shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.histories import Played
from tests.engine.invoice_life import LIVES
from tests.engine.site import Site


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Every history, played once."""
    site = Site(tmp_path_factory.mktemp("lives"))
    try:
        yield Played(site, LIVES)
    finally:
        site.end()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [history.__name__ for history in LIVES])
def test_history_of_an_invoice_ends_right(played: Played, name: str) -> None:
    played.tell(name)


@pytest.mark.timeout(300)
def test_promises_hold_after_all_of_them(played: Played) -> None:
    played.conserves_amounts()
    played.site.check()
