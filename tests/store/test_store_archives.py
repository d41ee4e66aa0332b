"""Old years of the audit log: extracts that verify on their own; nothing is removed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from core.store import archives, audit_file, history, queries
from core.store.history import Entry
from core.store.sqlite import Store

KEY = b"k" * 32


class Moving(Protocol):
    """The clock of conftest.py."""

    at: datetime


def live(store: Store, clock: Moving, *moments: tuple[int, int, int]) -> None:
    """Two rows and a seal at each of these days."""
    for year, month, day in moments:
        clock.at = datetime(year, month, day, 12, tzinfo=UTC)
        with store.write():
            history.append(store, Entry("anna", "noted", f"{year}-{month}"))
            history.append(store, Entry("anna", "noted", f"{year}-{month} again"))
            history.seal(store, KEY, 1)


def archived(store: Store, clock: Moving, years: int = 7) -> list[str]:
    """The names of the archives that are made now."""
    return [path.name for path in archives.archive(store, years, clock.at)]


def test_a_year_is_archived_when_it_ended_long_enough_ago(store: Store, clock: Moving) -> None:
    live(store, clock, (2019, 3, 1), (2019, 12, 31), (2020, 6, 1), (2026, 12, 31))
    assert archived(store, clock) == []
    live(store, clock, (2027, 1, 1))
    assert archived(store, clock) == ["audit-2019-1-6.jsonl"]
    assert archived(store, clock) == []
    live(store, clock, (2028, 1, 1))
    assert archived(store, clock) == ["audit-2020-7-9.jsonl"]


def test_each_archive_verifies_follows_the_one_before_and_stands_in_the_log(
    store: Store, clock: Moving
) -> None:
    live(store, clock, (2019, 3, 1), (2020, 6, 1), (2031, 1, 1))
    made = archives.archive(store, 7, clock.at)
    heads = {row["object"]: row["after"] for row in queries.audit_of(store, [p.name for p in made])}
    assert [path.name for path in made] == ["audit-2019-1-3.jsonl", "audit-2020-4-6.jsonl"]
    for path in made:
        head = path.read_text("utf-8").splitlines()[-1][9:73]
        assert audit_file.verify_file(path, head)[0] == audit_file.GOOD
        assert head in str(heads[path.name])
    assert made[0].read_text("utf-8").splitlines()[-1][9:73] in made[1].read_text("utf-8")
    whole = history.verify(store, key=KEY)
    assert whole.ok
    assert whole.rows == 9 + len(made)  # nothing was removed


def test_a_year_without_a_seal_goes_on_to_the_next_one(store: Store, clock: Moving) -> None:
    clock.at = datetime(2019, 12, 31, tzinfo=UTC)
    with store.write():
        history.append(store, Entry("anna", "noted", "late"))
    live(store, clock, (2020, 1, 2), (2030, 1, 1))
    assert archived(store, clock) == ["audit-2019-1-4.jsonl"]


def test_what_cannot_be_written_comes_up_again(store: Store, clock: Moving) -> None:
    live(store, clock, (2019, 3, 1), (2030, 1, 1))
    (store.directory / archives.FOLDER).write_text("in the way")
    with pytest.raises(FileExistsError):
        archived(store, clock)
    Path(store.directory / archives.FOLDER).unlink()
    assert archived(store, clock) == ["audit-2019-1-3.jsonl"]
