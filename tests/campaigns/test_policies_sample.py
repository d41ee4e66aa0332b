"""A small sample of the campaign on lost answers; the whole one is a command of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.policies import Plan, campaign

PACE = 1 / 15  # the last look-up after 8 s, late submissions after 4 s


@pytest.mark.timeout(600)
def test_with_a_third_of_the_answers_lost_each_document_is_there_exactly_once(
    tmp_path: Path,
) -> None:
    cases = ("none", "payments, REF by query")
    found = campaign(cases, Plan(invoices=30, pace=PACE), tmp_path)
    assert [one.problems for one in found] == [[], []]
    for one in found:
        assert (one.eligible, one.there, one.duplicates, one.lost) == (30, 30, 0, 0)
        assert one.in_doubt_left == 0
        assert one.sent_again > 0
        assert one.answers_lost >= one.eligible // 4
