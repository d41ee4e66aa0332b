"""A run archives what of the log is old enough, and goes on where that is not possible."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.store import archives, audit_file, history
from core.store.history import Entry
from core.store.sqlite import Store
from core.vault import FixedKey
from tests.benchmarks.quick_site import Workspace, quick_systems


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """One that was last at work eight years ago, beside both systems."""
    then = datetime.now(UTC).replace(year=datetime.now(UTC).year - 8, month=6, day=1)
    old = Store.open(tmp_path, version="0", clock=lambda: then, is_sandbox=True)
    with old.write():
        history.append(old, Entry("anna", "noted", "long ago"))
        history.seal(old, FixedKey().create(), None)
    old.close_thread()
    with quick_systems() as quick:
        quick.order("invoices", [0, 3])
        quick.order("reset", value=False)
        made = Workspace(tmp_path, quick.base, width=2, is_limit_known=True)
        yield made
        made.close()


def test_a_run_archives_old_years_once(workspace: Workspace) -> None:
    for _ in range(2):
        result, _ = workspace.sync()
        assert (result.exit_status, result.report["errors"]) == (0, [])
    (made,) = (workspace.directory / archives.FOLDER).iterdir()
    assert audit_file.verify_file(made)[0] == audit_file.GOOD
    assert "long ago" in made.read_text("utf-8")
    assert history.verify(workspace.store).ok


def test_an_archive_that_cannot_be_written_is_told_and_the_run_goes_on(
    workspace: Workspace,
) -> None:
    (workspace.directory / archives.FOLDER).write_text("in the way")
    result, _ = workspace.sync()
    assert result.report["sent"] == 3
    (error,) = result.report["errors"]
    assert error["code"] == "DSK-01"
    assert "archive" in error["text"]
