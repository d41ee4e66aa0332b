"""The benchmarks at a small size: what they compare is the same, and nothing is left to be done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import history
from core.store.invoices import invoice_rows
from tests.benchmarks import audit_entries, known, whole_way
from tests.benchmarks.quick_site import Quick, quick_systems

INVOICES = 25


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_systems() as systems:
        yield systems


def test_ours_and_the_bare_loop_send_the_same(quick: Quick) -> None:
    quick.order("invoices", [0, INVOICES])
    quick.order("reset", value=True)
    ours = whole_way.carry(quick.base, 4, is_limit_known=True)
    told = quick.order("counted")
    assert (ours["sent"], told["stored"]) == (INVOICES, INVOICES)
    assert told["counted"]["avid.POST invoices"] == INVOICES  # each once
    recorded = quick.order("recorded")
    quick.order("record", recorded)
    bare = whole_way.again(quick.base, 4, is_lean=True)
    told = quick.order("counted")
    assert (bare["requests"], told["stored"]) == (len(recorded), INVOICES)
    assert sum(told["counted"].values()) == len([one for one in recorded if one[1] != "/token"])


def test_what_is_made_known_leaves_nothing_to_be_done(quick: Quick, tmp_path: Path) -> None:
    count = known.CARRIED + 40
    workspace = known.make(tmp_path / "data", quick, count)
    result, _ = workspace.sync()
    rows = invoice_rows(workspace.store)
    log = history.verify(workspace.store)
    workspace.close()
    assert (result.report["planned"], result.report["review"], result.exit_status) == (0, 0, 0)
    assert [row.state for row in rows] == ["sent"] * count
    assert log.ok


def test_a_long_log_is_verified_in_processes_of_their_own() -> None:
    part, whole = audit_entries.measure(2000)
    assert (part.rows, whole.rows) == (200, 2000)
    assert whole.most_mb < part.most_mb * 1.3
    assert "2,000" in audit_entries.table((part, whole))
