"""Which folder a workspace belongs to: tolerant of growth and of a new name, not of another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import ConfigError
from core.store import values
from core.store.sqlite import Store
from core.version import VERSION
from core.x3_folder import check_folder

FACTS = {
    "company US10": "Harbor Inc.", "company CA10": "Harbor Ltd", "site US011": "US10",
    "site US012": "US10", "site CA011": "CA10",
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path, version=VERSION, clock=SystemClock(), is_sandbox=False)
    with made.write():
        values.put_bookmark(made, "invoices", "2026-03-01T00:00:00Z")  # something has been read
    yield made
    made.close_thread()


def test_the_first_look_is_kept_and_the_same_folder_is_good(store: Store) -> None:
    assert check_folder(store, "PROD", FACTS) == ()
    assert check_folder(store, "PROD", FACTS) == ()


def test_a_folder_may_grow_and_what_is_new_then_counts(store: Store) -> None:
    check_folder(store, "PROD", {"company US10": "Harbor Inc."})
    assert check_folder(store, "PROD", FACTS) == ()
    with pytest.raises(ConfigError):
        check_folder(store, "PROD", {"company US10": "Harbor Inc."})


def test_a_company_may_get_another_name(store: Store) -> None:
    check_folder(store, "PROD", FACTS)
    renamed = FACTS | {"company US10": "Harbor Group Inc."}
    assert check_folder(store, "PROD", renamed) == ("company US10",)
    assert check_folder(store, "PROD", renamed) == ()


def test_another_folder_is_told_with_what_differs_and_not_kept(store: Store) -> None:
    check_folder(store, "PROD", FACTS)
    with pytest.raises(ConfigError) as caught:
        check_folder(store, "PROD", {"company ZZ1": "Somebody else", "site Z01": "ZZ1"})
    assert caught.value.code == "ENV-01"
    assert "5 of 5" in caught.value.why
    assert "company CA10 was Harbor Ltd and is not there" in caught.value.why
    assert check_folder(store, "PROD", FACTS) == ()


def test_another_endpoint_is_another_folder_even_with_the_same_companies(store: Store) -> None:
    check_folder(store, "PROD", FACTS)
    with pytest.raises(ConfigError) as caught:
        check_folder(store, "TEST", FACTS)
    assert caught.value.code == "ENV-01"
    assert "PROD" in caught.value.fix


def test_a_folder_that_shows_nothing_proves_nothing(store: Store) -> None:
    assert check_folder(store, "PROD", {}) == ()
    check_folder(store, "PROD", FACTS)
    assert check_folder(store, "PROD", {}) == ()


def test_until_something_is_read_the_folder_may_be_another(tmp_path: Path) -> None:
    store = Store.open(tmp_path, version=VERSION, clock=SystemClock(), is_sandbox=False)
    check_folder(store, "TEST", {"company ZZ1": "Somebody else"})
    assert check_folder(store, "PROD", FACTS) == ()
    with store.write():
        values.put_bookmark(store, "invoices", "2026-03-01T00:00:00Z")
    with pytest.raises(ConfigError):
        check_folder(store, "TEST", {"company ZZ1": "Somebody else"})
    store.close_thread()
