"""A small sample of the token campaign; the whole one is a command of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.tokens import campaign


@pytest.mark.timeout(240)
def test_killed_between_the_token_and_the_store_nothing_is_lost(tmp_path: Path) -> None:
    figures = campaign(1, 8, tmp_path, invoices=30)
    assert figures.problems == []
    assert (figures.kills_old_token_good, figures.kills_old_token_refused) == (1, 1)
    assert figures.sign_ins_needed == 1
    assert 0 < figures.renewals <= figures.renewals_at_most
    assert figures.old_tokens_used == 1
